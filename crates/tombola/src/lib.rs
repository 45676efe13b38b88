//! The `tombola` program as a library.
//!
//! # Invariants
//!
//! - **Absent:** unsafe code, global state.

#![forbid(unsafe_code)]
