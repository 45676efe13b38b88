//! What a search says: its best candidate, its deviations, how a generation went, why to end, and what it cannot use.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::real::Real;
use crate::settings::SettingError;

/// The best candidate that was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best<'a, T> {
    /// As it was told, with its sign.
    pub fitness: f64,
    /// Where it is.
    pub member: &'a [T],
}

/// A standard deviation per coordinate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deviation<'a, T> {
    /// One for all: pruning by signal to noise is pruning by magnitude.
    Shared(T),
    /// One each.
    Each(&'a [T]),
}

impl<T: Real> Deviation<'_, T> {
    /// Of one coordinate.
    pub fn at(&self, coordinate: usize) -> T {
        match self {
            Deviation::Shared(deviation) => *deviation,
            Deviation::Each(deviations) => deviations[coordinate],
        }
    }
}

/// What a generation was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Evaluations that gave no finite fitness. They took the worst place; if all did, nothing was learned.
    pub failed: usize,
    /// Whether one was better than all before.
    pub improved: bool,
}

/// Why it is of no use to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StopReason {
    /// The best is as good as was wanted.
    Target,
    /// As many evaluations as were allowed were told.
    Budget,
    /// Costs no longer differ, or no longer fall; see [`Criteria`](crate::Criteria).
    Stagnation,
    /// Costs hardly fall any more, and are far from the best of the runs before; see [`Criteria`](crate::Criteria).
    Behind,
    /// No evaluation of ten generations gave a finite fitness.
    NoFitness,
    /// All members of thirty generations were equally good.
    FlatFitness,
    /// All deviations are below what the mean's numbers can resolve.
    DeviationVanished,
    /// A deviation has reached the largest that is kept.
    DeviationExploded,
    /// The covariance is so lopsided (condition above 1e14) that its small axes are lost.
    Condition,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StopReason::Target => "the target was reached",
            StopReason::Budget => "the evaluations are spent",
            StopReason::Stagnation => "costs no longer differ, or no longer fall",
            StopReason::Behind => "costs hardly fall any more, far from the best of the runs before",
            StopReason::NoFitness => "no evaluation of ten generations gave a finite fitness",
            StopReason::FlatFitness => "all members of thirty generations were equally good",
            StopReason::DeviationVanished => "all deviations are below what the mean's numbers can resolve",
            StopReason::DeviationExploded => "a deviation has reached the largest number that is kept",
            StopReason::Condition => "the condition of the covariance is above 1e14",
        })
    }
}

/// What a search was given that it cannot use.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum SearchError {
    Setting(SettingError),
    Start { coordinate: usize, found: f64 },
    Length { what: &'static str, found: usize, expected: usize },
    Member { member: usize, members: usize },
    Coordinates { coordinates: Range<usize>, dims: usize },
    Gradient { coordinate: usize, found: f64 },
    Guided { strategy: &'static str },
    Generation { found: u64, expected: u64 },
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SearchError::Setting(error) => error.fmt(f),
            SearchError::Start { coordinate, found } => {
                write!(f, "coordinate {coordinate} of the start is {found}; expected a finite number")
            }
            SearchError::Gradient { coordinate, found } => {
                write!(f, "coordinate {coordinate} of the gradient is {found}; expected a finite number")
            }
            SearchError::Guided { strategy } => {
                write!(f, "{strategy} has no use for a gradient; guided-es has")
            }
            SearchError::Generation { found, expected } => {
                write!(f, "members of generation {found} arrived; the search is in generation {expected}")
            }
            SearchError::Length { what, found, expected } => {
                write!(f, "the {what} has {found} numbers; expected {expected}")
            }
            SearchError::Member { member, members } => {
                write!(f, "there is no member {member} among {members}, counted from 0")
            }
            SearchError::Coordinates { coordinates, dims } => {
                write!(f, "there are no coordinates {coordinates:?} among {dims}, counted from 0")
            }
        }
    }
}

impl std::error::Error for SearchError {}

impl From<SettingError> for SearchError {
    fn from(error: SettingError) -> SearchError {
        SearchError::Setting(error)
    }
}
