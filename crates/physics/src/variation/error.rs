//! Why there is no such other world.

use std::fmt;
use std::ops::RangeInclusive;

use super::Variation;
use crate::description::Description;

/// Why a text is no variation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariationError {
    /// There is none of this name.
    Unknown {
        /// As it was given.
        found: String,
    },
    /// It is there more than once.
    Twice {
        /// What is.
        name: &'static str,
    },
    /// It is no factor that a world can have.
    Factor {
        /// Of what.
        name: &'static str,
        /// As it was given.
        found: String,
        /// The least and the most that there can be.
        range: [String; 2],
    },
    /// The model does not bear the factor.
    Range {
        /// The model.
        model: String,
        /// Of what.
        name: &'static str,
        /// The factor.
        found: String,
        /// The least and the most that it bears.
        range: [String; 2],
    },
    /// The model does not bear so much mass in so much gravity.
    Weight {
        /// The model.
        model: String,
        /// The whole variation.
        text: String,
        /// Mass times gravity.
        found: String,
        /// The most that it bears.
        most: String,
    },
    /// It changes nothing.
    Idle {
        /// The model.
        model: String,
        /// What changes nothing.
        text: String,
        /// Why.
        why: &'static str,
    },
}

impl VariationError {
    /// The same for who asked for a variation of this model: with the range that it bears, if it is a range that is said.
    pub fn of_model(self, model: &Description) -> VariationError {
        let VariationError::Factor { name, found, range } = self else { return self };
        let borne = Variation::ranges(model).into_iter().find(|(borne, _)| *borne == name);
        let range = borne.map_or(range, |(_, range)| ends(&range));
        VariationError::Factor { name, found, range }
    }
}

/// The ends of a range as they are written.
pub(super) fn ends(range: &RangeInclusive<f64>) -> [String; 2] {
    [range.start().to_string(), range.end().to_string()]
}

impl fmt::Display for VariationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VariationError::Unknown { found } => write!(
                f,
                "there is no variation `{found}`; there are mass-F, friction-F, gravity-F, strength-F and corrected"
            ),
            VariationError::Twice { name } => write!(f, "`{name}` is given more than once"),
            VariationError::Factor { name, found, range: [least, most] } => {
                write!(
                    f,
                    "`{found}` is no factor of {name}; expected a number from {least} to {most}, such as {name}-1.5"
                )
            }
            VariationError::Range { model, name, found, range: [least, most] } => {
                write!(
                    f,
                    "`{model}` does not hold together with {name}-{found}: its {name} can be varied by {least} to {most}"
                )
            }
            VariationError::Weight { model, text, found, most } => {
                write!(
                    f,
                    "`{model}{text}` weighs {found} times what `{model}` weighs, and its joints bear {most} times: less mass or less gravity will do"
                )
            }
            VariationError::Idle { model, text, why } => {
                write!(f, "`{model}` is the same with and without {text}: {why}")
            }
        }
    }
}

impl std::error::Error for VariationError {}
