//! What is being solved.
//!
//! [`vision`] holds image sets: loaders of the MNIST family, batches, corrupted variants, and `glyphs`, a set of
//! handwritten-like digits that is drawn by the program itself and needs no file:
//!
//! ```
//! use numerics::random::Stream;
//! use tasks::vision::batches::{Batches, Order};
//! use tasks::vision::glyphs::{self, Kind};
//! use tasks::vision::normalise::Normalisation;
//!
//! let set = glyphs::draw(Kind::Digits, 0, 200, 50);
//! assert_eq!((set.classes(), set.train().len(), set.test().len()), (10, 200, 50));
//!
//! // The batch that all members of generation 7 see, as the kernels for images read it.
//! let mut batches = Batches::new(Stream::new(42, "batches"), set.train().len(), 64, Order::Each);
//! let batch = batches.of(7);
//! let mut pixels = vec![0.0; Normalisation::blocks_len(batch.len(), set.pixels_each())];
//! Normalisation::PAPER.blocks_into(set.train(), batch, &mut pixels);
//! ```
//!
//! [`control`] holds worlds in which a network acts: walking bodies, arms, and the classics.
//!
//! [`Task`] is the contract with whoever searches: fitness for populations, a score for one network
//! ([`vision::classification`]).
//!
//! # Invariants
//!
//! - **A set is a function** of the files' bytes, or of a kind and a seed: the same on every machine and instruction set.
//! - **A file is believed only as far as it is checked.** Shape against length before anything is allocated, every byte
//!   accounted for, labels against classes, published files against their SHA-256. Whatever the bytes: an error or the
//!   right data, never a panic.
//! - **One room reads files:** [`vision::files`]. All else computes.
//! - **Absent:** strategies and whoever asks, writing, downloading, the environment, clocks,
//!   threads, unsafe code.

#![forbid(unsafe_code)]

pub mod control;
mod task;
pub mod vision;

pub use task::{How, Lost, Task, Trial, TrialError};
