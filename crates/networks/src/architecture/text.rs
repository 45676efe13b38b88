//! The text of an architecture.
//!
//! ```text
//! architecture = input ":" layer { ";" layer }
//! input        = N | CHANNELSxHEIGHTxWIDTH
//! layer        = "conv" CHANNELS HEIGHTxWIDTH ("same" | "valid") { word }  |  "dense" UNITS { word }
//! word         = "pool" | "step" AxB (convolutions) | "unbiased" | "kept" | an activation
//! activation   = "relu" | "tanh" | "sigmoid" | "softplus" | "swish"        none: identity
//! ```
//!
//! `kept` layers are never pruned. The text that is written has its words in the order step, pool, unbiased, kept,
//! activation; read are all orders.

use std::fmt;
use std::str::FromStr;

use sparse_kernels::Activation;
use sparse_kernels::network::{Image, Padding, Window};

use super::{Architecture, ArchitectureError, Input, Kind, Layer};

/// Activations that have a name; the identity is not written.
const ACTIVATIONS: [(&str, Activation); 6] = [
    ("", Activation::Identity),
    ("relu", Activation::Relu),
    ("tanh", Activation::Tanh),
    ("sigmoid", Activation::Sigmoid),
    ("softplus", Activation::Softplus),
    ("swish", Activation::Swish),
];

/// The name of an activation, if it has one.
pub(super) fn name_of(activation: Activation) -> Option<&'static str> {
    ACTIVATIONS.iter().find(|(_, known)| *known == activation).map(|(name, _)| *name)
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Vector(len) => write!(f, "{len}"),
            Input::Image(Image { channels, height, width }) => write!(f, "{channels}x{height}x{width}"),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Dense { units } => write!(f, "dense {units}")?,
            Kind::Convolution { channels, window } => {
                let padding = match window.padding {
                    Padding::Same => "same",
                    Padding::Valid => "valid",
                };
                write!(f, "conv {channels} {}x{} {padding}", window.kernel.0, window.kernel.1)?;
                if window.stride != (1, 1) {
                    write!(f, " step {}x{}", window.stride.0, window.stride.1)?;
                }
                if window.pool {
                    write!(f, " pool")?;
                }
            }
        }
        let words = [(!self.biased, "unbiased"), (!self.prunable, "kept")];
        for (_, word) in words.into_iter().filter(|(written, _)| *written) {
            write!(f, " {word}")?;
        }
        match name_of(self.activation) {
            None | Some("") => Ok(()),
            Some(name) => write!(f, " {name}"),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.input)?;
        for (index, layer) in self.layers.iter().enumerate() {
            write!(f, "{} {layer}", if index == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}

impl FromStr for Input {
    type Err = ArchitectureError;

    fn from_str(text: &str) -> Result<Input, ArchitectureError> {
        let wrong = || wrong(None, text, "a number of inputs or CHANNELSxHEIGHTxWIDTH");
        let sizes: Vec<usize> = text.split('x').map(number).collect::<Option<_>>().ok_or_else(wrong)?;
        let input = match sizes[..] {
            [len] => Input::Vector(len),
            [channels, height, width] => Input::Image(Image { channels, height, width }),
            _ => return Err(wrong()),
        };
        super::checked_input(input)?;
        Ok(input)
    }
}

impl FromStr for Architecture {
    type Err = ArchitectureError;

    fn from_str(text: &str) -> Result<Architecture, ArchitectureError> {
        let (input, layers) =
            text.split_once(':').ok_or_else(|| wrong(None, text.trim(), "INPUT: LAYER; LAYER; ..."))?;
        let input = input.trim().parse()?;
        let layers: Vec<Layer> = layers
            .split(';')
            .enumerate()
            .map(|(index, text)| layer(index, text))
            .collect::<Result<_, _>>()?;
        Architecture::new(input, layers)
    }
}

fn wrong(layer: Option<usize>, found: &str, expected: &str) -> ArchitectureError {
    // a text without end is not repeated in full
    let found = found.chars().take(60).collect();
    ArchitectureError::Text { layer, found, expected: expected.to_owned() }
}

/// A size in decimal digits and nothing else.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Two sizes: `5x3`.
fn pair(text: &str) -> Option<(usize, usize)> {
    let (one, two) = text.split_once('x')?;
    Some((number(one)?, number(two)?))
}

/// One layer of the text.
fn layer(index: usize, text: &str) -> Result<Layer, ArchitectureError> {
    let mut words = text.split_whitespace();
    let mut next = || words.next().unwrap_or_default();
    let wrong = |found: &str, expected: &str| wrong(Some(index), found, expected);
    let kind = next();
    let size = next();
    let units = || number(size).ok_or_else(|| wrong(size, "a number of units or channels"));
    let mut layer = match kind {
        "dense" => Layer::dense(units()?, Activation::Identity),
        "conv" => {
            let (kernel, padding) = (next(), next());
            let window = Window {
                kernel: pair(kernel).ok_or_else(|| wrong(kernel, "a kernel, HEIGHTxWIDTH"))?,
                stride: (1, 1),
                padding: match padding {
                    "same" => Padding::Same,
                    "valid" => Padding::Valid,
                    found => return Err(wrong(found, "`same` or `valid`")),
                },
                pool: false,
            };
            let kind = Kind::Convolution { channels: units()?, window };
            Layer { kind, ..Layer::dense(1, Activation::Identity) }
        }
        found => return Err(wrong(found, "`conv` or `dense`")),
    };
    while let Some(word) = words.next() {
        match (word, &mut layer.kind) {
            ("unbiased", _) => layer.biased = false,
            ("kept", _) => layer.prunable = false,
            ("pool", Kind::Convolution { window, .. }) => window.pool = true,
            ("step", Kind::Convolution { window, .. }) => {
                let step = words.next().unwrap_or_default();
                window.stride = pair(step).ok_or_else(|| wrong(step, "a step, VERTICALxHORIZONTAL"))?;
            }
            _ => match ACTIVATIONS.iter().find(|(name, _)| *name == word) {
                Some((_, activation)) => layer.activation = *activation,
                None => {
                    let known = "`relu`, `tanh`, `sigmoid`, `softplus`, `swish`, `unbiased` or `kept`";
                    let more = " (of a convolution `pool` or `step` too)";
                    return Err(wrong(word, &format!("{known}{more}")));
                }
            },
        }
    }
    Ok(layer)
}
