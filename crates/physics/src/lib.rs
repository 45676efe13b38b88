//! Rigid bodies held together by springs: many copies of a world at once, one lane a copy.
//!
//! The bodies of a [`Model`] carry positions, rotations and velocities of their own (maximal coordinates); joints are
//! stiff springs between them, contacts are impulses. That is the engine with "legacy springs" of Brax 1 (Freeman et al.
//! 2021), which most papers on these tasks ran on and which no maintained program holds any more.
//!
//! A model is plain values or JSON, checked when built. [`models`] has those of the papers.
//!
//! ```
//! use numerics::Isa;
//! use physics::{Engine, State, models, naive};
//!
//! let model = models::named("ant").expect("an ant");
//! let engine = Engine::new(Isa::detected(), &model);
//!
//! // twenty ants in two blocks of sixteen lanes, all half a metre above the ground
//! let mut start = naive::start(&model, &model.rest(), &vec![0.0; model.axis_count()]);
//! start.iter_mut().take(9).for_each(|body| body.position.0[2] += 0.5);
//! let mut state = State::new(&model, 20);
//! (0..20).for_each(|copy| state.set(copy, &start));
//! engine.step(&mut state, &vec![0.0; 2 * engine.actions_len()]);
//!
//! // the definition of a step, in double precision
//! let mut world = start.clone();
//! naive::step(&model, &mut world, &[0.0; 8]);
//! assert!((state.motion(19, 0).position - world[0].position).norm() < 1e-5);
//! assert!(world[0].position.0[2] < start[0].position.0[2], "an ant falls");
//! ```
//!
//! # What is where
//!
//! | module | what |
//! |---|---|
//! | [`description`], [`Model`] | bodies, joints, actuators, shapes and contacts; what is checked |
//! | [`Variation`] | models that differ by a factor: mass, friction, gravity, strength |
//! | [`naive`] | the step and the start by definition |
//! | [`Engine`] | the step for many copies, as a list of stages: kinematics, joints, velocities, contacts |
//! | [`State`], [`Layout`] | what changes; snapshots of copies |
//!
//! # Invariants
//!
//! - **Definition first.** [`naive`] is the step in `f64`, written from the equations, with the bits of plain arithmetic;
//!   the engine is tested against it, and it against the reference's records.
//! - **Same bits** on every instruction set, in any number and order of blocks, beside any neighbours: a copy's numbers
//!   depend on its own alone. A copy whose numbers are no numbers any more stays alone with that.
//! - **What may not move is never written,** so a task may move it between steps (a target, a hand on rails). Planes lie
//!   where the model has them.
//! - **Checked once.** A [`Model`] can only be had from numbers that were checked: indices, masses, limits, the tree.
//! - **Absent:** tasks, rewards, observations, randomness, files, clocks, threads, global state, unsafe code.

#![forbid(unsafe_code)]

pub mod description;
mod engine;
mod model;
pub mod models;
pub mod naive;
mod state;
mod variation;
pub mod vector;

pub use description::Description;
pub use engine::Engine;
pub use model::{ContactGroup, Model, ModelError, Pair, Segment, Touch};
pub use state::{Layout, State};
pub use variation::{Variation, VariationError};
