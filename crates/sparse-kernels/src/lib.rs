//! Kernels for populations of networks that share one fixed sparsity pattern and differ in their values.
//!
//! # Invariants
//!
//! - **Absent:** randomness, input and output, clocks, global state.
