//! The contract: what whoever searches asks of a task, and all that a task is told.
//!
//! A task says what its networks read and give, and makes a [`Trial`] of a masked network. A trial evaluates populations
//! of free coordinates, generation by generation, and tests single members. Large fitness is good.
//!
//! ```text
//!   generation g:   prepare(g)        what all members of g share: a batch, the starts of worlds
//!                   fitness(members)  how good each is
//!   now and then:   test(member)      the score that reports show
//! ```
//!
//! # Invariants
//!
//! - **A function of its arguments:** the fitness of a member depends on the task, the network, the stream, the generation
//!   and the member. Not on other members, on what was asked before, on threads, or on the machine.
//! - **Absent:** who asks, and why.

use networks::{EvaluatorError, Input, MaskedNetwork};
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
    fn trial(&self, network: &MaskedNetwork, how: How) -> Result<Box<dyn Trial + '_>, EvaluatorError>;
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

    /// The score of one member by what the task keeps for tests.
    ///
    /// # Panics
    ///
    /// If there is not one number a free coordinate.
    fn test(&mut self, threads: Threads<'_>, member: &[f32]) -> f64;

    /// What compiling the mask came to, if it was compiled.
    fn compiled(&self) -> Option<Summary>;
}
