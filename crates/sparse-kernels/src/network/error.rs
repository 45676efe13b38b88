//! What can be wrong with a network.

use std::fmt;

use numerics::LANES;

use super::Image;

/// Why a [`Network`](super::Network) or one of its layers could not be built. Layers are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkError {
    /// There are no layers.
    Empty,
    /// A dense layer reads another number of inputs than there are.
    Inputs {
        /// The layer.
        layer: usize,
        /// Columns of its pattern.
        expected: usize,
        /// Outputs of the layer before.
        found: usize,
    },
    /// A convolution reads other images than there are.
    Images {
        /// The layer.
        layer: usize,
        /// What it reads.
        expected: Image,
        /// What the layer before gives.
        found: Image,
    },
    /// A convolution follows a dense layer, which gives no images.
    NoImages {
        /// The convolution.
        layer: usize,
    },
    /// The columns of a convolution's pattern are not channels x kernel height x kernel width.
    Columns {
        /// The product; `None` where it overflows.
        expected: Option<usize>,
        /// Columns of the pattern.
        found: usize,
    },
    /// A size that cannot be zero is.
    Zero {
        /// Which one.
        what: &'static str,
    },
    /// Nothing is left of the images.
    NothingLeft {
        /// The images that are read.
        input: Image,
        /// Height and width after convolution, before pooling.
        sums: (usize, usize),
    },
    /// Images, or what convolution makes of them, do not fit the address space.
    TooLarge {
        /// The images that are read.
        input: Image,
    },
    /// One block of members' parameters does not fit the address space.
    TooManyParameters,
    /// Not one answer for each output channel on whether its sums begin with a plane.
    Planes {
        /// Output channels.
        expected: usize,
        /// Length of the slice.
        found: usize,
    },
}

/// Whether a buffer of so many blocks of lanes can exist.
pub(super) fn fits_lanes(len: usize) -> bool {
    len <= isize::MAX as usize / (LANES * size_of::<f32>())
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            NetworkError::Empty => write!(f, "a network needs at least one layer"),
            NetworkError::Inputs { layer, expected, found } => write!(
                f,
                "layer {layer} has a pattern of {expected} columns, but layer {} gives {found} outputs",
                layer - 1
            ),
            NetworkError::Images { layer, expected, found } => {
                write!(f, "layer {layer} reads images of {expected}, but layer {} gives {found}", layer - 1)
            }
            NetworkError::NoImages { layer } => write!(
                f,
                "layer {layer} is a convolution and layer {} dense; convolutions come before dense layers",
                layer - 1
            ),
            NetworkError::Columns { expected: Some(expected), found } => write!(
                f,
                "a pattern of {found} columns for a convolution; channels x kernel height x kernel width make {expected}"
            ),
            NetworkError::Columns { expected: None, found } => write!(
                f,
                "a pattern of {found} columns for a convolution; channels x kernel height x kernel width overflow"
            ),
            NetworkError::Zero { what } => write!(f, "the {what} of a convolution must be at least 1"),
            NetworkError::NothingLeft { input, sums: (height, width) } => write!(
                f,
                "images of {input} give {height} x {width} sums, and after pooling nothing is left; \
                 pad, or use a smaller kernel or no pooling"
            ),
            NetworkError::TooLarge { input } => {
                write!(f, "images of {input} do not fit the address space")
            }
            NetworkError::TooManyParameters => {
                write!(f, "a block of {LANES} members' parameters does not fit the address space")
            }
            NetworkError::Planes { expected, found } => {
                write!(f, "{found} answers on planes for {expected} output channels")
            }
        }
    }
}

impl std::error::Error for NetworkError {}
