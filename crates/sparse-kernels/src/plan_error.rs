//! Why a network cannot be planned.

use std::fmt;

use numerics::LANES;

/// Why a network cannot be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// A place in the inputs of a layer does not fit 32 bits.
    TooLarge {
        /// Which layer.
        layer: usize,
    },
    /// A layer is no dense one.
    NotDense {
        /// Which layer.
        layer: usize,
    },
    /// A layer's activation is a function of one's own, whose gradient nobody knows.
    NoGradient {
        /// Which layer.
        layer: usize,
    },
    /// Sums of a layer begin with planes, as compilation makes them.
    Planes {
        /// Which layer.
        layer: usize,
    },
    /// A plan for no inputs.
    NoCopies,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::TooLarge { layer } => {
                write!(
                    f,
                    "the inputs of layer {layer} are too many for 32-bit places in blocks of {LANES} lanes"
                )
            }
            PlanError::NotDense { layer } => {
                write!(
                    f,
                    "layer {layer} is a convolution; members with inputs of their own need dense layers"
                )
            }
            PlanError::NoGradient { layer } => {
                write!(
                    f,
                    "layer {layer} has an activation of one's own, whose gradient nobody knows; those that are built in \
                     have one"
                )
            }
            PlanError::Planes { layer } => {
                write!(f, "layer {layer} is compiled: its sums begin with planes; train the network as given")
            }
            PlanError::NoCopies => write!(f, "a plan needs at least one input a member"),
        }
    }
}

impl std::error::Error for PlanError {}
