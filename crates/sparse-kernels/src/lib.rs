//! Kernels for populations of networks that share one fixed sparsity pattern and differ in their values.
//!
//! # Invariants
//!
//! - **Absent:** randomness, input and output, clocks, global state.

pub mod compile;
pub mod naive;
pub mod network;
pub mod pattern;

mod activation;

pub use activation::Activation;
pub use pattern::{Pattern, PatternError};

#[cfg(test)]
mod tests;
