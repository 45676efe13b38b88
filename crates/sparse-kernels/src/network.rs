//! What a network computes, without its values.
//!
//! A [`Network`] is a chain of layers; each has a [`Pattern`], and a convolution also its geometry. Like the pattern
//! it is checked once and shared by a population. The values of one member are a flat slice, its *parameters*:
//!
//! ```text
//!     layer 0                                  layer 1                      ...
//!     [ one an entry, in row order | initial ] [ entries | initial ] ...
//! ```
//!
//! where `initial` is what the sums of the layer begin with, row by row: one number a row, its bias. (The planes of a
//! compiled convolution are the exception.) Biases are never pruned.
//!
//! # The definition of every sum
//!
//! ```text
//!     sum = initial;   for each entry of the row, in order:   sum = fma(value, input, sum)
//! ```
//!
//! where `fma` rounds once. A convolution does this for each pixel and multiplies padding like any input, as the number
//! zero. Then a layer that pools keeps `max(max(sum00, sum01), max(sum10, sum11))` of each 2x2 square, where `max(a, b)`
//! is `a` if `a > b`, else `b`; last comes the activation. Kernels keep to this to the bit, on every instruction set and
//! for any number of threads; [`naive`](crate::naive) is its text in loops.
//!
//! ```
//! use sparse_kernels::network::{Dense, Layer, Network};
//! use sparse_kernels::{Activation, Pattern};
//!
//! let hidden = Dense::new(Pattern::from_csr(2, 3, &[0, 2, 3], &[0, 2, 1])?, Activation::Relu);
//! let output = Dense::new(Pattern::dense(1, 2)?, Activation::Identity);
//! let network = Network::new(vec![Layer::Dense(hidden), Layer::Dense(output)])?;
//! assert_eq!(network.parameters(), (3 + 2) + (2 + 1));
//! assert_eq!(network.range(1), 5..8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::ops::Range;

use crate::{Activation, Pattern};

mod convolution;
mod error;

pub(crate) use convolution::Seen;
pub use convolution::{Convolution, Image, Padding, Window};
pub use error::NetworkError;

/// A layer in which every unit may read every input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dense {
    pattern: Pattern,
    activation: Activation,
}

impl Dense {
    /// A row for each output, a column for each input.
    pub fn new(pattern: Pattern, activation: Activation) -> Dense {
        Dense { pattern, activation }
    }

    /// Rows are outputs, columns inputs.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// What follows the sums.
    pub fn activation(&self) -> Activation {
        self.activation
    }
}

/// One step of a [`Network`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Reads windows of images.
    Convolution(Convolution),
    /// Reads a vector; of images, the elements in the order channel, row, column.
    Dense(Dense),
}

impl Layer {
    /// The entries.
    pub fn pattern(&self) -> &Pattern {
        match self {
            Layer::Convolution(layer) => layer.pattern(),
            Layer::Dense(layer) => layer.pattern(),
        }
    }

    /// What follows the sums.
    pub fn activation(&self) -> Activation {
        match self {
            Layer::Convolution(layer) => layer.activation(),
            Layer::Dense(layer) => layer.activation(),
        }
    }

    /// Numbers that one input of the layer consists of.
    pub fn inputs(&self) -> usize {
        match self {
            Layer::Convolution(layer) => layer.input().len(),
            Layer::Dense(layer) => layer.pattern().columns(),
        }
    }

    /// Numbers that one output of the layer consists of.
    pub fn outputs(&self) -> usize {
        match self {
            Layer::Convolution(layer) => layer.output().len(),
            Layer::Dense(layer) => layer.pattern().rows(),
        }
    }

    /// Values and initial values of one member.
    pub fn parameters(&self) -> usize {
        match self {
            Layer::Convolution(layer) => layer.parameters(),
            Layer::Dense(layer) => layer.pattern().nnz() + layer.pattern().rows(),
        }
    }

    /// What the sums of a row begin with, among the layer's parameters.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn initial(&self, row: usize) -> Range<usize> {
        match self {
            Layer::Convolution(layer) => layer.initial(row),
            Layer::Dense(layer) => {
                let rows = layer.pattern().rows();
                assert!(row < rows, "row {row} of {rows}");
                let place = layer.pattern().nnz() + row;
                place..place + 1
            }
        }
    }
}

/// Layers that fit each other, without values; checked, and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    layers: Box<[Layer]>,
    /// Where the parameters of each layer begin, and where those of the last end.
    starts: Box<[usize]>,
}

impl Network {
    /// Checks that each layer reads what the one before gives: a convolution images of the same channels, height and
    /// width, a dense layer as many numbers.
    pub fn new(layers: impl Into<Box<[Layer]>>) -> Result<Network, NetworkError> {
        let layers = layers.into();
        if layers.is_empty() {
            return Err(NetworkError::Empty);
        }
        for (number, pair) in layers.windows(2).enumerate() {
            let layer = number + 1;
            match &pair[1] {
                Layer::Convolution(next) => {
                    let found = match &pair[0] {
                        Layer::Convolution(previous) => previous.output(),
                        Layer::Dense(_) => return Err(NetworkError::NoImages { layer }),
                    };
                    if next.input() != found {
                        return Err(NetworkError::Images { layer, expected: next.input(), found });
                    }
                }
                Layer::Dense(next) => {
                    let (expected, found) = (next.pattern().columns(), pair[0].outputs());
                    if expected != found {
                        return Err(NetworkError::Inputs { layer, expected, found });
                    }
                }
            }
        }
        let mut starts = vec![0_usize];
        for layer in &layers {
            let end = starts[starts.len() - 1].checked_add(layer.parameters());
            starts.push(end.filter(|&end| error::fits_lanes(end)).ok_or(NetworkError::TooManyParameters)?);
        }
        Ok(Network { layers, starts: starts.into() })
    }

    /// First to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Numbers of one input.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    /// Numbers of one output.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    /// Length of one member's parameters.
    pub fn parameters(&self) -> usize {
        self.starts[self.layers.len()]
    }

    /// The part of the parameters that belongs to a layer.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn range(&self, layer: usize) -> Range<usize> {
        assert!(layer < self.layers.len(), "layer {layer} of {}", self.layers.len());
        self.starts[layer]..self.starts[layer + 1]
    }
}

#[cfg(test)]
mod tests;
