//! Why a description is no model.

use std::fmt;

/// Why a description is no model.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum ModelError {
    Json(serde_json::Error),
    Number { place: String, found: f64, expected: &'static str },
    Index { place: String, found: usize, count: usize, list: &'static str },
    Mask { place: String },
    Axes { joint: String, limits: usize, rest: usize },
    SameBody { place: String },
    TwoParents { body: String },
    Circle { body: String },
    Actions { actuator: usize, found: usize, expected: usize },
    TwoActuators { joint: String },
    ActionUnused { action: usize, actions: usize },
    MovingPlane { body: String },
    Contact { contact: usize, first: &'static str, second: &'static str },
    ContactOfFixed { contact: usize, body: String },
    TooMany { list: &'static str, found: usize, most: usize },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelError::Json(error) => {
                let (line, column) = (error.line(), error.column());
                write!(f, "the model is not written as it must be, at line {line} column {column}")
            }
            ModelError::Number { place, found, expected } => {
                write!(f, "{place} is {found}; it must be {expected}")
            }
            ModelError::Index { place, found, count, list } => {
                write!(f, "{place} is {found}, but there are {count} {list}, counted from 0")
            }
            ModelError::Mask { place } => write!(f, "{place} must be made of 0 and 1"),
            ModelError::Axes { joint, limits, rest } => {
                write!(
                    f,
                    "joint `{joint}` has {limits} limits and {rest} angles of rest; it must have as many of both, 1 to 3"
                )
            }
            ModelError::SameBody { place } => write!(f, "{place} names the same body twice"),
            ModelError::TwoParents { body } => {
                write!(f, "body `{body}` is the child of two joints; it can hang on one")
            }
            ModelError::Circle { body } => {
                write!(f, "body `{body}` hangs on itself, through its joint and those above")
            }
            ModelError::Actions { actuator, found, expected } => {
                write!(
                    f,
                    "actuator {actuator} has {found} actions, but its joint has {expected} axes: one for each"
                )
            }
            ModelError::TwoActuators { joint } => {
                write!(f, "joint `{joint}` has two actuators; it can have one")
            }
            ModelError::ActionUnused { action, actions } => {
                write!(
                    f,
                    "action {action} of {actions} drives nothing: actions are counted from 0 without gaps"
                )
            }
            ModelError::MovingPlane { body } => {
                write!(f, "body `{body}` is a plane and may move or turn; planes stand still")
            }
            ModelError::Contact { contact, first, second } => {
                write!(
                    f,
                    "contact {contact} is of a {first} and a {second}; known are spheres, capsules and boxes on planes, \
                     and capsules on capsules"
                )
            }
            ModelError::ContactOfFixed { contact, body } => {
                write!(
                    f,
                    "contact {contact} pushes body `{body}` first, which cannot move; turn the pair round"
                )
            }
            ModelError::TooMany { list, found, most } => {
                write!(f, "the model has {found} {list}; at most {most} are possible")
            }
        }
    }
}

impl std::error::Error for ModelError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ModelError::Json(error) => Some(error),
            _ => None,
        }
    }
}

impl From<serde_json::Error> for ModelError {
    fn from(error: serde_json::Error) -> ModelError {
        ModelError::Json(error)
    }
}
