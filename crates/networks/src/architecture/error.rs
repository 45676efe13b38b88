//! What can be wrong with an architecture or with its text.

use std::fmt;

use sparse_kernels::network::Image;

/// Why an [`Architecture`](super::Architecture) could not be built. Layers are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// There are no layers.
    Empty,
    /// A size that cannot be zero is.
    Zero {
        /// The layer; none for the input.
        layer: Option<usize>,
        /// Which size.
        what: &'static str,
    },
    /// A convolution reads what is no image.
    NoImages {
        /// The convolution.
        layer: usize,
    },
    /// Nothing is left of the images.
    NothingLeft {
        /// The convolution.
        layer: usize,
        /// What it reads.
        input: Image,
    },
    /// There are more parameters, or more numbers between layers, than can be written down.
    TooLarge {
        /// The layer at which there are.
        layer: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A function of one's own has no name.
    Activation {
        /// The layer.
        layer: usize,
    },
    /// A text that is no architecture.
    Text {
        /// The layer; none for the input.
        layer: Option<usize>,
        /// The word that was found; empty where one is missing.
        found: String,
        /// What would do.
        expected: String,
    },
}

impl fmt::Display for ArchitectureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArchitectureError::Empty => write!(f, "a network needs at least one layer"),
            ArchitectureError::Zero { layer, what } => {
                at(f, *layer)?;
                write!(f, "the {what} must be at least 1")
            }
            ArchitectureError::NoImages { layer } => write!(
                f,
                "layer {layer} is a convolution but reads no images; write the input as CHANNELSxHEIGHTxWIDTH \
                 and convolutions before dense layers"
            ),
            ArchitectureError::NothingLeft { layer, input } => write!(
                f,
                "layer {layer} leaves nothing of {input}; use `same`, a smaller kernel or no `pool`"
            ),
            ArchitectureError::TooLarge { layer, limit } => {
                write!(f, "layer {layer} makes the network larger than {limit} numbers")
            }
            ArchitectureError::Activation { layer } => {
                write!(f, "layer {layer} has a function without a name; take one that is built in")
            }
            ArchitectureError::Text { layer, found, expected } => {
                at(f, *layer)?;
                match found.as_str() {
                    "" => write!(f, "expected {expected}, found nothing"),
                    found => write!(f, "expected {expected}, found `{found}`"),
                }
            }
        }
    }
}

fn at(f: &mut fmt::Formatter<'_>, layer: Option<usize>) -> fmt::Result {
    match layer {
        None => write!(f, "the input of the network: "),
        Some(layer) => write!(f, "layer {layer} of the network: "),
    }
}

impl std::error::Error for ArchitectureError {}
