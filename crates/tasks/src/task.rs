//! The contract: what whoever searches asks of a task, and all that a task is told.
//!
//! A task says what its networks read and give, and makes a [`Trial`] of a masked network. A trial evaluates populations
//! of free coordinates, generation by generation, and tests single members. Large fitness is good.
//!
//! ```text
//!   generation g:   prepare(g)        what all members of g share: a batch, the starts of worlds
//!                   fitness(members)  how good each is
//!                   learn()           what the task itself takes from the generation: how observations are normalised
//!   now and then:   test(member)      the score that reports show
//! ```
//!
//! # Invariants
//!
//! - **A function of its arguments:** the fitness of a member depends on the task, the network, the stream, the generation,
//!   the member, and the normaliser as the last `learn` or `restore` left it. Not on other members of its generation, on
//!   threads, or on the machine.
//! - **All state is one normaliser,** where there is one, and changes in `learn` and `restore` only: with it and a
//!   generation a trial goes on from anywhere.
//! - **Absent:** who asks, and why.

use std::fmt;

use networks::{EvaluatorError, Input, MaskedNetwork, Normaliser, PolicyError};
use numerics::Isa;
use numerics::random::Stream;
use sparse_kernels::Threads;
use sparse_kernels::compile::{Mode, Summary};

/// Something that networks can be good at.
pub trait Task {
    /// The name in commands, files and reports.
    fn name(&self) -> &str;

    /// What a network reads.
    fn input(&self) -> Input;

    /// How many numbers a network gives.
    fn outputs(&self) -> usize;

    /// What [`Trial::test`] gives, in words: a column of tables.
    fn score_name(&self) -> &'static str;

    /// Makes ready to evaluate one masked network. All that is random in fitness is drawn from the stream.
    fn trial(&self, network: &MaskedNetwork, how: How) -> Result<Box<dyn Trial + '_>, TrialError>;
}

/// Why a network cannot be tried on a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrialError {
    /// It cannot look at images.
    Images(EvaluatorError),
    /// It cannot act in worlds.
    Policy(PolicyError),
}

impl fmt::Display for TrialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrialError::Images(_) => write!(f, "the network cannot look at images"),
            TrialError::Policy(_) => write!(f, "the network cannot act"),
        }
    }
}

impl std::error::Error for TrialError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TrialError::Images(error) => Some(error),
            TrialError::Policy(error) => Some(error),
        }
    }
}

impl From<EvaluatorError> for TrialError {
    fn from(error: EvaluatorError) -> TrialError {
        TrialError::Images(error)
    }
}

impl From<PolicyError> for TrialError {
    fn from(error: PolicyError) -> TrialError {
        TrialError::Policy(error)
    }
}

/// What a trial needs to be told besides the network.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// With which instructions; changes no bit.
    pub isa: Isa,
    /// Whether and how the mask is compiled; may change bits, so it belongs to the settings of a run.
    pub compile: Option<Mode>,
    /// What fitness draws from.
    pub stream: Stream,
}

/// What was lost of worlds that blew up: it counts in fitness and score, with a penalty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Members of the last generation of which an episode was lost.
    pub members: u64,
    /// Episodes of the last test that were lost.
    pub tests: u64,
}

impl Lost {
    /// What people are told of the episodes of the last test that were lost; nothing, where none was.
    pub fn told_of_tests(self) -> Option<String> {
        let (episodes, count) = match self.tests {
            0 => return None,
            1 => ("episode was", "counts"),
            _ => ("episodes were", "count"),
        };
        Some(format!(
            "{} {episodes} lost, for a body blew up, and {count} with the task's penalty for each missing step",
            self.tests
        ))
    }
}

/// A masked network on a task, ready to be evaluated.
pub trait Trial {
    /// Makes ready what all members of a generation share.
    fn prepare(&mut self, threads: Threads<'_>, generation: u64);

    /// The fitness of each member in the generation that was prepared last, from `[member][free coordinate]`.
    ///
    /// # Panics
    ///
    /// If there are not as many numbers as members have coordinates.
    fn fitness(&mut self, threads: Threads<'_>, members: &[f32], fitness: &mut [f64]);

    /// Takes what the members of the last generation saw into account, from the next generation on. Most tasks take
    /// nothing.
    fn learn(&mut self) {}

    /// How observations are normalised, in tasks that learn it.
    fn normaliser(&self) -> Option<&Normaliser> {
        None
    }

    /// Goes on with a normaliser that an earlier trial had.
    ///
    /// # Panics
    ///
    /// If the task learns none, or one of other observations.
    fn restore(&mut self, _: &Normaliser) {
        panic!("this task learns no normaliser");
    }

    /// The score of one member by what the task keeps for tests.
    ///
    /// # Panics
    ///
    /// If there is not one number a free coordinate.
    fn test(&mut self, threads: Threads<'_>, member: &[f32]) -> f64;

    /// What the last generation and the last test lost, in tasks that can lose something.
    fn lost(&self) -> Lost {
        Lost::default()
    }

    /// What compiling the mask came to, if it was compiled.
    fn compiled(&self) -> Option<Summary>;
}
