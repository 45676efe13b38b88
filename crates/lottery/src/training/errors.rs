//! Why a training cannot begin, or go on.

use std::fmt;

use networks::MaskedError;
use strategies::{SearchError, StateError};
use tasks::TrialError;

/// Why a level cannot be trained.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrainingError {
    /// The mask makes no network.
    Masked(MaskedError),
    /// The task refuses the network.
    Task(TrialError),
    /// The strategy refuses its settings or the start.
    Search(SearchError),
    /// The checkpoint is of another run, or damaged.
    Checkpoint(CheckpointError),
}

impl fmt::Display for TrainingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainingError::Masked(error) => error.fmt(f),
            TrainingError::Task(error) => error.fmt(f),
            TrainingError::Search(error) => error.fmt(f),
            TrainingError::Checkpoint(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrainingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TrainingError::Masked(error) => error.source(),
            TrainingError::Task(error) => error.source(),
            TrainingError::Search(error) => error.source(),
            TrainingError::Checkpoint(error) => error.source(),
        }
    }
}

/// Why a run cannot go on from a checkpoint.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is damaged, or of another version.
    State(StateError),
    /// It is of another run.
    Plan,
    /// It is of another network.
    Coordinates {
        /// Of the network.
        expected: usize,
        /// Of the checkpoint.
        found: usize,
    },
    /// Its normaliser is of another task, or damaged.
    Normaliser,
    /// The best network that it holds is of another network or task, or damaged.
    Best,
    /// Its curve ends elsewhere than its search.
    Curve {
        /// Generations that the search was told.
        generation: u64,
        /// Tests in the curve.
        tests: usize,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::State(error) => error.fmt(f),
            CheckpointError::Plan => f.write_str("the checkpoint is of a run with other settings"),
            CheckpointError::Coordinates { expected, found } => {
                write!(f, "the checkpoint has {found} coordinates and the network {expected} free ones")
            }
            CheckpointError::Normaliser => {
                f.write_str("the checkpoint's normaliser is damaged, or of another task")
            }
            CheckpointError::Best => {
                f.write_str("the checkpoint's best network is damaged, or of another network or task")
            }
            CheckpointError::Curve { generation, tests } => {
                write!(
                    f,
                    "the checkpoint is of generation {generation} and has {tests} tests, which cannot be"
                )
            }
        }
    }
}

impl std::error::Error for CheckpointError {}
