//! Where strategies and tasks meet: the training of a masked network, and nowhere else.
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
//! let plan = Plan { search, generations: 20, test_every: 10 };
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
//! - **Failures are kept:** a member without a finite fitness is counted, and never wins.
//! - **Absent:** files, clocks, terminals, global state, unsafe code.

#![forbid(unsafe_code)]

mod training;

pub use training::{Checkpoint, CheckpointError, Phase, Plan, Point, Training};
