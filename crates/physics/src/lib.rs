//! Rigid bodies held together by springs: many copies of a world at once, one lane a copy.
//!
//! The bodies of a [`Model`] carry positions, rotations and velocities of their own (maximal coordinates); joints are
//! stiff springs between them, contacts are impulses. That is the engine with "legacy springs" of Brax 1 (Freeman et al.
//! 2021), which most papers on these tasks ran on and which no maintained program holds any more.
//!
//! A model is plain values or JSON, checked when built. [`models`] has those of the papers.
//!
//! ```
//! use physics::{models, naive};
//!
//! let model = models::named("ant").expect("an ant");
//! let mut world = naive::start(&model, &model.rest(), &vec![0.0; model.axis_count()]);
//! let height = |world: &[naive::Motion]| world[0].position.0[2];
//! let before = height(&world);
//! naive::step(&model, &mut world, &[0.0; 8]);
//! assert!(height(&world) < before, "it sinks into its springs");
//! ```
//!
//! # Invariants
//!
//! - **Definition first.** [`naive`] is the step in `f64`, written from the equations, with the bits of plain arithmetic;
//!   everything fast is tested against it.
//! - **Checked once.** A [`Model`] can only be had from numbers that were checked: indices, masses, limits, the tree.
//! - **Absent:** tasks, rewards, observations, randomness, files, clocks, threads, global state.

pub mod description;
mod model;
pub mod models;
pub mod naive;
pub mod vector;

pub use description::Description;
pub use model::{ContactGroup, Model, ModelError, Pair, Segment, Touch};
