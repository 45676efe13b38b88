//! The networks of the papers, by name.
//!
//! | name | layers | start | source |
//! |---|---|---|---|
//! | `cnn` | 5x5 convolutions of 8 and 16 channels, each relu and 2x2 maximum; dense | LeCun normal, biases `[0, 0.05)`, last 0 | the main paper's image classifier: 11,240 weights and 34 biases at 28x28 |
//! | `mlp-32`, `mlp-H-H...` | dense relu layers of these widths; dense | as `cnn` | a small classifier: 784-32-10 |
//! | `lenet-300-100` | 300 and 100 relu; dense, never pruned | Kaiming normal, biases `±1/sqrt(fan in)` | LeNet-300-100 of the sibling papers |
//! | `conv-2`, `conv-2-C` | two 3x3 convolutions of C (64) channels, maximum; dense 4C, 4C; no biases | Kaiming constant | edge-popup and weight recycling |
//! | `conv-4`, `conv-4-C` | the same and two of 2C channels, maximum | Kaiming constant | the same |
//! | `policy-32-32`, `policy-H-H...` | tanh layers of these widths, tanh outputs | LeCun normal, biases `[0, 0.05)` | the main paper's Brax policies |
//! | `policy-64-64-linear`, `policy-H-H...-linear` | the same with linear outputs | the same | its classic control policies |
//! | `minatar-cnn` | 3x3 convolution of 16 channels, relu; dense 48 relu; dense | as `cnn` | its MinAtar policies |
//! | `conv 4 5x5 same pool relu; dense 10` | the layers that the name says, as in the text of an [`Architecture`] | as `cnn` | |
//!
//! Departure: the papers' Conv-2 and Conv-4 read 32x32 colour images; here they read what the task has.

use std::fmt;

use sparse_kernels::Activation;

use crate::architecture::{Architecture, ArchitectureError, Input, Layer};
use crate::initial::{Initialiser, Start};

/// One example of each name that is known, for lists and suggestions.
pub const NAMES: [&str; 8] = [
    "cnn",
    "mlp-32",
    "lenet-300-100",
    "conv-2",
    "conv-4",
    "policy-32-32",
    "policy-64-64-linear",
    "minatar-cnn",
];

/// A network of the papers: its architecture and how it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// As it was asked for.
    pub name: String,
    /// Its layers.
    pub architecture: Architecture,
    /// Its start.
    pub start: Start,
}

/// Why there is no such network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresetError {
    /// The name is none of those known.
    Unknown {
        /// As it was given.
        name: String,
    },
    /// Its last layer gives another number of outputs than the task has.
    Outputs {
        /// The network.
        name: String,
        /// Outputs of its last layer.
        found: usize,
        /// Outputs that are needed.
        expected: usize,
    },
    /// The network does not fit its input or its size.
    Architecture {
        /// The network.
        name: String,
        /// Why not.
        error: ArchitectureError,
    },
}

impl fmt::Display for PresetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PresetError::Unknown { name } => {
                let name: String = name.chars().take(60).collect();
                let known = NAMES.map(|name| format!("`{name}`")).join(", ");
                write!(f, "there is no network `{name}`; known are {known}, with other widths too")
            }
            PresetError::Outputs { name, found, expected } => {
                write!(f, "the network `{name}` gives {found} numbers; expected {expected}")
            }
            PresetError::Architecture { name, .. } => write!(f, "no network `{name}` fits this task"),
        }
    }
}

impl std::error::Error for PresetError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            PresetError::Unknown { .. } | PresetError::Outputs { .. } => None,
            PresetError::Architecture { error, .. } => Some(error),
        }
    }
}

/// LeCun normal weights and biases in `[0, 0.05)`.
const PAPER: Start = Start {
    weights: Initialiser::LecunNormal,
    biases: Initialiser::Uniform { low: 0.0, high: 0.05 },
    last_biases: Initialiser::Uniform { low: 0.0, high: 0.05 },
};

/// The same, and zero in the last layer.
const PAPER_ZERO: Start = Start { last_biases: Initialiser::Constant(0.0), ..PAPER };

/// Of LeNet-300-100.
const LENET: Start = Start {
    weights: Initialiser::KaimingNormal,
    biases: Initialiser::FanInUniform,
    last_biases: Initialiser::FanInUniform,
};

/// Of networks whose weights are never trained.
const SIGNED: Start = Start {
    weights: Initialiser::KaimingConstant,
    biases: Initialiser::Constant(0.0),
    last_biases: Initialiser::Constant(0.0),
};

impl Preset {
    /// The network of this name for an input and a number of outputs.
    ///
    /// ```
    /// use networks::{Input, Preset};
    ///
    /// let ant = Preset::named("policy-32-32", Input::Vector(87), 8)?;
    /// assert_eq!(ant.architecture.parameters(), 4136);
    /// assert_eq!(ant.architecture.to_string(), "87: dense 32 tanh; dense 32 tanh; dense 8 tanh");
    /// # Ok::<(), networks::PresetError>(())
    /// ```
    pub fn named(name: &str, input: Input, outputs: usize) -> Result<Preset, PresetError> {
        // no other name has a space
        if name.contains(' ') {
            return Preset::of_layers(name, input, outputs);
        }
        let unknown = || PresetError::Unknown { name: name.to_owned() };
        let (layers, start) = layers(name, outputs).ok_or_else(unknown)?;
        let architecture = Architecture::new(input, layers)
            .map_err(|error| PresetError::Architecture { name: name.to_owned(), error })?;
        Ok(Preset { name: name.to_owned(), architecture, start })
    }

    /// The network whose name is its layers.
    fn of_layers(name: &str, input: Input, outputs: usize) -> Result<Preset, PresetError> {
        let wrong = |error| PresetError::Architecture { name: name.chars().take(60).collect(), error };
        let architecture: Architecture = format!("{input}: {name}").parse().map_err(wrong)?;
        let found = architecture.outputs();
        if found != outputs {
            return Err(PresetError::Outputs { name: name.to_owned(), found, expected: outputs });
        }
        Ok(Preset { name: name.to_owned(), architecture, start: PAPER_ZERO })
    }
}

/// Layers and start of a name.
fn layers(name: &str, outputs: usize) -> Option<(Vec<Layer>, Start)> {
    use Activation::{Identity, Relu, Tanh};
    if name == "cnn" {
        let layers = vec![
            Layer::convolution(8, 5, true, Relu),
            Layer::convolution(16, 5, true, Relu),
            Layer::dense(outputs, Identity),
        ];
        return Some((layers, PAPER_ZERO));
    }
    match name.split_once('-')? {
        ("minatar", "cnn") => {
            let layers = vec![
                Layer::convolution(16, 3, false, Relu),
                Layer::dense(48, Relu),
                Layer::dense(outputs, Identity),
            ];
            Some((layers, PAPER_ZERO))
        }
        ("lenet", "300-100") => {
            let mut layers = perceptron(&[300, 100], Relu, outputs, Identity);
            layers[2].prunable = false;
            Some((layers, LENET))
        }
        ("mlp", widths) => Some((perceptron(&parsed(widths)?, Relu, outputs, Identity), PAPER_ZERO)),
        ("policy", widths) => {
            let (widths, last) = match widths.strip_suffix("-linear") {
                Some(widths) => (widths, Identity),
                None => (widths, Tanh),
            };
            Some((perceptron(&parsed(widths)?, Tanh, outputs, last), PAPER))
        }
        ("conv", sizes) => {
            let (depth, channels) = match parsed(sizes)?[..] {
                [depth] => (depth, 64),
                [depth, channels] => (depth, channels),
                _ => return None,
            };
            let mut layers = Vec::new();
            let blocks = match depth {
                2 => 1..2,
                4 => 1..3,
                _ => return None,
            };
            for channels in blocks.map(|factor: usize| channels.saturating_mul(factor)) {
                layers.push(Layer::convolution(channels, 3, false, Relu));
                layers.push(Layer::convolution(channels, 3, true, Relu));
            }
            let width = channels.saturating_mul(4);
            layers.extend(perceptron(&[width, width], Relu, outputs, Identity));
            layers.iter_mut().for_each(|layer| layer.biased = false);
            Some((layers, SIGNED))
        }
        _ => None,
    }
}

/// Sizes between dashes.
fn parsed(sizes: &str) -> Option<Vec<usize>> {
    let is_number = |size: &str| !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
    sizes.split('-').map(|size| size.parse().ok().filter(|_| is_number(size))).collect()
}

/// Dense layers of these widths, and one of outputs.
fn perceptron(widths: &[usize], activation: Activation, outputs: usize, last: Activation) -> Vec<Layer> {
    let hidden = widths.iter().map(|&width| Layer::dense(width, activation));
    hidden.chain([Layer::dense(outputs, last)]).collect()
}

#[cfg(test)]
mod tests;
