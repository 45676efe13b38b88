//! What can be wrong with a ticket.

use std::fmt;

use crate::architecture::ArchitectureError;
use crate::safetensors::{SafetensorsError, short};

/// Why there is no ticket.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TicketError {
    /// The bytes are no safetensors file.
    File(SafetensorsError),
    /// A safetensors file of somebody else.
    Foreign {
        /// What its `format` is, if it has one.
        format: Option<String>,
        /// The name of its first array.
        array: Option<String>,
    },
    /// Written by a newer program.
    Newer {
        /// Its version.
        found: String,
    },
    /// Something is not what was written.
    Checksum {
        /// As the file says.
        expected: String,
        /// Of what it holds.
        found: String,
    },
    /// A text that every ticket has is missing.
    NoText {
        /// Its key.
        key: &'static str,
    },
    /// An array that every ticket has is missing.
    NoArray {
        /// Its name.
        array: &'static str,
    },
    /// A text or an array that no ticket of this version has.
    Unknown {
        /// Its name.
        name: String,
    },
    /// An array has another type or number of axes.
    Type {
        /// Its name.
        array: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The text of the network is none.
    Network(ArchitectureError),
    /// The mask is for another network.
    Mask {
        /// Prunable weights of the network.
        expected: usize,
        /// Bits of the mask.
        found: usize,
    },
    /// An index is not above the one before it, or not below the number of parameters.
    Index {
        /// Which.
        place: usize,
        /// Its value.
        found: i32,
        /// Parameters of the network.
        parameters: usize,
    },
    /// A coordinate that no mask removes is missing.
    Missing {
        /// The tensor in which it is.
        tensor: String,
    },
    /// An array has another length.
    Length {
        /// Its name.
        array: &'static str,
        /// As it should be.
        expected: usize,
        /// As it is.
        found: usize,
    },
    /// A value is not finite, or negative where none can be.
    Value {
        /// The array.
        array: &'static str,
        /// Its element.
        index: usize,
        /// What it is.
        found: f64,
    },
}

impl fmt::Display for TicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TicketError::File(_) => write!(f, "no ticket, or a damaged one"),
            TicketError::Foreign { format: Some(format), .. } => {
                write!(f, "a safetensors file of format `{}`, not `{}`", short(format), super::FORMAT)
            }
            TicketError::Foreign { format: None, array } => {
                let array =
                    array.as_deref().map_or("no arrays".to_owned(), |name| format!("`{}`", short(name)));
                write!(
                    f,
                    "a safetensors file with {array}, but no ticket; \
                     weights of other programs are read by `tombola import-weights`"
                )
            }
            TicketError::Newer { found } => write!(
                f,
                "a ticket of version {}; this program reads up to version {}: take a newer one",
                short(found),
                super::VERSION
            ),
            TicketError::Checksum { expected, found } => write!(
                f,
                "the ticket is damaged: its checksum is {}, of what it holds {found}; \
                 if it was edited on purpose, read its weights by `tombola import-weights`",
                short(expected)
            ),
            TicketError::NoText { key } => write!(f, "the ticket lacks the text `{key}`"),
            TicketError::NoArray { array } => write!(f, "the ticket lacks the array `{array}`"),
            TicketError::Unknown { name } => {
                let name = short(name);
                write!(f, "the ticket has `{name}`, which no ticket of version {} has", super::VERSION)
            }
            TicketError::Type { array, expected, found } => {
                write!(f, "array `{array}` is {found}; a ticket has {expected}")
            }
            TicketError::Network(_) => write!(f, "the network of the ticket cannot be"),
            TicketError::Mask { expected, found } => {
                write!(f, "a mask of {found} weights for a network with {expected} that can be pruned")
            }
            TicketError::Index { place, found, parameters } => write!(
                f,
                "element {place} of `indices` is {found}; they ascend and are below {parameters}, the parameters of the network"
            ),
            TicketError::Missing { tensor } => {
                write!(f, "`indices` lack a coordinate of `{tensor}`, from which no mask removes any")
            }
            TicketError::Length { array, expected, found } => {
                write!(f, "array `{array}` has {found} elements, expected {expected}")
            }
            TicketError::Value { array, index, found } => {
                write!(f, "element {index} of `{array}` is {found}, which no ticket holds")
            }
        }
    }
}

impl std::error::Error for TicketError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TicketError::File(error) => Some(error),
            TicketError::Network(error) => Some(error),
            _ => None,
        }
    }
}
