//! Kernels for populations of networks that share one fixed sparsity pattern and differ in their values.
//!
//! # Invariants
//!
//! - **Absent:** randomness, input and output, clocks, global state.

#![expect(clippy::needless_range_loop, reason = "arrays of registers are indexed together")]

pub mod compile;
pub mod naive;
pub mod network;
pub mod pattern;

mod activation;
mod chunks;
mod convolution;
mod dense;
mod groups;
mod head;
mod image;
mod plan_error;
mod plane;
mod population;
mod threads;
mod tile;

pub use activation::Activation;
pub use image::{ImagePlan, Images, Members, Score};
pub use pattern::{Pattern, PatternError};
pub use plan_error::PlanError;
pub use population::{CopyPlan, Values};
pub use threads::Threads;

#[cfg(test)]
mod tests;
