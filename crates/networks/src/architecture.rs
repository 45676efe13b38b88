//! What a network is before any mask and any value: an input and a list of layers.
//!
//! An [`Architecture`] fixes the *flat vector* of a network, in which starts, means and masks are written: layer by layer
//! its weights, then its biases, where it has any.
//!
//! ```text
//!   tensor          shape                                      order of the elements
//!   conv_0.weight   [out channels, in channels, height, width]   the last axis fastest
//!   conv_0.bias     [out channels]
//!   dense_0.weight  [outputs, inputs]      inputs of images in the order channel, row, column
//!   dense_0.bias    [outputs]
//! ```
//!
//! These are the names' order, the shapes and the element order of a PyTorch `state_dict`, and also the order of
//! [`sparse_kernels::network`], so that a vector with all weights is read by the kernels as it stands. Another order,
//! that of JAX and flax, is in [`order`](crate::order).
//!
//! Layers are numbered by kind: `conv_0`, `conv_1`, `dense_0`. An architecture has a text, which tickets carry:
//!
//! ```
//! use networks::Architecture;
//!
//! let text = "1x28x28: conv 8 5x5 same pool relu; conv 16 5x5 same pool relu; dense 10";
//! let cnn: Architecture = text.parse()?;
//! assert_eq!((cnn.parameters(), cnn.prunable()), (11_240 + 34, 11_240));
//! assert_eq!(cnn.to_string(), text);
//! assert_eq!(cnn.tensors()[2].name, "conv_1.weight");
//! assert_eq!(cnn.tensors()[2].shape, [16, 8, 5, 5]);
//! # Ok::<(), networks::ArchitectureError>(())
//! ```

use std::ops::Range;

use sparse_kernels::Activation;
use sparse_kernels::network::{Image, Padding, Window};

mod error;
mod text;

pub use error::ArchitectureError;

/// Most numbers in a flat vector: indices fit 32 bits with a sign, and a mask of them 32 MiB.
pub const MOST_PARAMETERS: usize = 1 << 28;

/// What a network reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// So many numbers.
    Vector(usize),
    /// An image, `[channel][row][column]`.
    Image(Image),
}

impl Input {
    /// Numbers in all.
    #[allow(clippy::len_without_is_empty, reason = "an input without numbers is refused")]
    pub fn len(self) -> usize {
        match self {
            Input::Vector(len) => len,
            Input::Image(image) => image.len(),
        }
    }
}

/// A layer, apart from what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layer {
    /// Convolution or dense.
    pub kind: Kind,
    /// What follows the sums.
    pub activation: Activation,
    /// Whether sums begin with a bias of their own, or with zero.
    pub biased: bool,
    /// Whether masks may remove its weights. Biases are never removed.
    pub prunable: bool,
}

/// What connects a layer to what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// So many channels, each a window moved over images.
    Convolution {
        /// Output channels.
        channels: usize,
        /// Kernel, steps, borders, pooling.
        window: Window,
    },
    /// So many units, each reading everything.
    Dense {
        /// Outputs.
        units: usize,
    },
}

impl Layer {
    /// A dense layer with biases, prunable.
    pub fn dense(units: usize, activation: Activation) -> Layer {
        Layer { kind: Kind::Dense { units }, activation, biased: true, prunable: true }
    }

    /// A convolution with zeros around its images, steps of one, biases, prunable.
    pub fn convolution(channels: usize, kernel: usize, pool: bool, activation: Activation) -> Layer {
        let window = Window { kernel: (kernel, kernel), stride: (1, 1), padding: Padding::Same, pool };
        Layer { kind: Kind::Convolution { channels, window }, activation, biased: true, prunable: true }
    }
}

/// What a tensor is to its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Multiplied with inputs.
    Weight,
    /// What sums begin with.
    Bias,
}

/// A named part of the flat vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// `conv_0.weight`
    pub name: String,
    /// Of which layer.
    pub layer: usize,
    /// What it is there.
    pub role: Role,
    /// Lengths of the axes, the last fastest.
    pub shape: Vec<usize>,
    /// First coordinate in the flat vector.
    pub start: usize,
    /// Whether masks may remove its elements.
    pub prunable: bool,
    /// Inputs of one sum.
    pub fan_in: usize,
    /// Sums that read one input: outputs, times the places of a kernel.
    pub fan_out: usize,
}

impl Tensor {
    /// Elements.
    #[allow(clippy::len_without_is_empty, reason = "a tensor without elements is refused")]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Coordinates in the flat vector.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.len()
    }
}

/// An input and layers that fit it and each other; checked, and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    input: Input,
    layers: Box<[Layer]>,
    names: Box<[String]>,
    /// What each layer reads, and what the last gives.
    shapes: Box<[Input]>,
    tensors: Box<[Tensor]>,
    parameters: usize,
    prunable: usize,
}

impl Architecture {
    /// Checks that layers fit each other and that the flat vector is not too long. Allocates nothing that grows with it.
    pub fn new(input: Input, layers: impl Into<Box<[Layer]>>) -> Result<Architecture, ArchitectureError> {
        let layers = layers.into();
        if layers.is_empty() {
            return Err(ArchitectureError::Empty);
        }
        checked_input(input)?;
        let (mut shapes, mut names, mut tensors) = (vec![input], Vec::new(), Vec::new());
        let (mut parameters, mut prunable) = (0_usize, 0_usize);
        let mut counts = [0_usize; 2];
        for (index, layer) in layers.iter().enumerate() {
            if text::name_of(layer.activation).is_none() {
                return Err(ArchitectureError::Activation { layer: index });
            }
            let (kind, count) = match layer.kind {
                Kind::Convolution { .. } => ("conv", &mut counts[0]),
                Kind::Dense { .. } => ("dense", &mut counts[1]),
            };
            let name = format!("{kind}_{count}");
            *count += 1;
            let Sizes { weight, fan_in, fan_out, output } = sizes(index, layer, shapes[index])?;
            for (role, shape) in [(Role::Weight, weight.clone()), (Role::Bias, vec![weight[0]])] {
                if role == Role::Bias && !layer.biased {
                    continue;
                }
                let len = shape.iter().try_fold(1_usize, |len, &axis| len.checked_mul(axis));
                let end = len.and_then(|len| parameters.checked_add(len));
                let end = end
                    .filter(|&end| end <= MOST_PARAMETERS)
                    .ok_or(ArchitectureError::TooLarge { layer: index, limit: MOST_PARAMETERS })?;
                let removable = role == Role::Weight && layer.prunable;
                let role_name = if role == Role::Weight { "weight" } else { "bias" };
                tensors.push(Tensor {
                    name: format!("{name}.{role_name}"),
                    layer: index,
                    role,
                    shape,
                    start: parameters,
                    prunable: removable,
                    fan_in,
                    fan_out,
                });
                prunable += if removable { end - parameters } else { 0 };
                parameters = end;
            }
            names.push(name);
            shapes.push(output);
        }
        Ok(Architecture {
            input,
            layers,
            names: names.into(),
            shapes: shapes.into(),
            tensors: tensors.into(),
            parameters,
            prunable,
        })
    }

    /// What the first layer reads.
    pub fn input(&self) -> Input {
        self.input
    }

    /// First to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The name of a layer: `conv_0`, `dense_1`.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn name(&self, layer: usize) -> &str {
        &self.names[layer]
    }

    /// What a layer reads.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn reads(&self, layer: usize) -> Input {
        assert!(layer < self.layers.len(), "layer {layer} of {}", self.layers.len());
        self.shapes[layer]
    }

    /// What a layer gives.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn gives(&self, layer: usize) -> Input {
        self.shapes[layer + 1]
    }

    /// Numbers that the last layer gives.
    pub fn outputs(&self) -> usize {
        self.shapes[self.layers.len()].len()
    }

    /// The parts of the flat vector, in order and without gaps.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensor of a layer, if it has one of this kind.
    pub fn tensor(&self, layer: usize, role: Role) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.layer == layer && tensor.role == role)
    }

    /// Length of the flat vector.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// How many of the parameters a mask may remove: length of every [`Mask`](crate::Mask) for this network.
    pub fn prunable(&self) -> usize {
        self.prunable
    }
}

/// What a layer makes of its input.
struct Sizes {
    weight: Vec<usize>,
    fan_in: usize,
    fan_out: usize,
    output: Input,
}

fn checked_input(input: Input) -> Result<(), ArchitectureError> {
    let axes = match input {
        Input::Vector(len) => [len, 1, 1],
        Input::Image(Image { channels, height, width }) => [channels, height, width],
    };
    let len = axes.iter().try_fold(1_usize, |len, &axis| len.checked_mul(axis));
    match len {
        Some(0) => Err(ArchitectureError::Zero { layer: None, what: "size of the input" }),
        Some(len) if len <= MOST_PARAMETERS => Ok(()),
        _ => Err(ArchitectureError::TooLarge { layer: 0, limit: MOST_PARAMETERS }),
    }
}

fn sizes(index: usize, layer: &Layer, reads: Input) -> Result<Sizes, ArchitectureError> {
    let zero = |what| ArchitectureError::Zero { layer: Some(index), what };
    let too_large = || ArchitectureError::TooLarge { layer: index, limit: MOST_PARAMETERS };
    match layer.kind {
        Kind::Dense { units: 0 } => Err(zero("number of units")),
        Kind::Dense { units } => Ok(Sizes {
            weight: vec![units, reads.len()],
            fan_in: reads.len(),
            fan_out: units,
            output: Input::Vector(units),
        }),
        Kind::Convolution { channels, window } => {
            let Input::Image(image) = reads else { return Err(ArchitectureError::NoImages { layer: index }) };
            let (height, width) = window.kernel;
            for (what, size) in [
                ("number of channels", channels),
                ("height of the kernel", height),
                ("width of the kernel", width),
                ("vertical step", window.stride.0),
                ("horizontal step", window.stride.1),
            ] {
                if size == 0 {
                    return Err(zero(what));
                }
            }
            let places = height.checked_mul(width).filter(|&places| places <= MOST_PARAMETERS);
            let places = places.ok_or_else(too_large)?;
            let fan_in = places.checked_mul(image.channels).ok_or_else(too_large)?;
            let fan_out = places.checked_mul(channels).ok_or_else(too_large)?;
            let along = |size: usize, kernel: usize, stride: usize| {
                let sums = match window.padding {
                    Padding::Same => size.div_ceil(stride),
                    Padding::Valid => size.checked_sub(kernel).map_or(0, |rest| rest / stride + 1),
                };
                if window.pool { sums / 2 } else { sums }
            };
            let output = Image {
                channels,
                height: along(image.height, height, window.stride.0),
                width: along(image.width, width, window.stride.1),
            };
            if output.height == 0 || output.width == 0 {
                return Err(ArchitectureError::NothingLeft { layer: index, input: image });
            }
            let len = output.height.checked_mul(output.width).and_then(|len| len.checked_mul(channels));
            if len.is_none_or(|len| len > MOST_PARAMETERS) {
                return Err(too_large());
            }
            Ok(Sizes {
                weight: vec![channels, image.channels, height, width],
                fan_in,
                fan_out,
                output: Input::Image(output),
            })
        }
    }
}

#[cfg(test)]
mod tests;
