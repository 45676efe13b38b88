//! Lottery tickets: where strategies and tasks meet, and how networks lose their weights, level by level.
//!
//! | room | says |
//! |---|---|
//! | [`Training`] | how one masked network is trained: ask, evaluate, tell, and a test now and then |
//! | [`Procedure`] | how a trained ticket becomes the next level's: score, select, rewind |
//! | [`Criterion`] | which weights stay: the papers' criteria and their controls, a row each |
//! | [`score`], [`selection`], [`rewind`] | the three decisions, each by itself |
//! | [`Pruning`] | all settings of the levels, and what the published code does otherwise |
//! | [`aliases`] | one of these departures: biases that are not searched |
//!
//! [`Training`] searches the free coordinates of one masked network on one task, generation by generation, and can be
//! taken down and put up again after any of them:
//!
//! ```
//! use lottery::{Plan, Training};
//! use networks::{Mask, MaskedNetwork, Preset};
//! use numerics::random::Stream;
//! use strategies::{Execution, Goal, Method, Settings};
//! use tasks::vision::classification::Classification;
//! use tasks::vision::glyphs::{self, Kind};
//! use tasks::{How, Task};
//!
//! // A tenth of a small network, on 200 glyphs.
//! let task = Classification::new(glyphs::draw(Kind::Digits, 0, 200, 50)).with_batch(64);
//! let preset = Preset::named("mlp-16", task.input(), task.outputs())?;
//! let prunable = preset.architecture.prunable();
//! let mask = Mask::random(prunable, prunable / 10, Stream::new(1, "mask"));
//! let network = MaskedNetwork::new(&preset.architecture, &mask)?;
//! let start = preset.start.draw(&preset.architecture, Stream::new(1, "start"));
//!
//! let search = Settings { goal: Goal::Maximise, ..Settings::new(Method::named("snes")?, 16) };
//! let plan = Plan::new(search, 20, 10);
//! let how = How { isa: Execution::default().isa, compile: None, stream: Stream::new(1, "fitness") };
//! let mut training = Training::new(&plan, task.trial(&network, how)?, &network.gather(&start))?;
//! while !training.is_done() {
//!     training.generation(&Execution::default());
//! }
//! // At the start, in the middle, at the end.
//! assert_eq!(training.curve().len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//!
//! - **A run is a function** of its plan, its task, its network, its start and its streams. Threads, instruction sets,
//!   interruptions and the machine change no bit of what it leaves.
//! - **A pruned weight is not searched:** strategies see the free coordinates only.
//! - **A level is a function of the ticket before it:** no count, no seed and no memory of how it was trained.
//! - **Failures are kept:** a member without a finite fitness is counted, and never wins.
//! - **Absent:** files, clocks, terminals, global state, unsafe code.

#![forbid(unsafe_code)]

pub mod aliases;
pub mod criterion;
mod procedure;
mod pruning;
pub mod rewind;
pub mod score;
pub mod selection;
mod training;

pub use criterion::{Criterion, UnknownCriterion};
pub use procedure::{Procedure, PruneError, Pruned};
pub use pruning::{Pruning, PruningQuirks, Scope, Selection};
pub use training::{
    Checkpoint, CheckpointError, Divergence, Phase, Plan, Point, Training, TrainingError, Which,
};
