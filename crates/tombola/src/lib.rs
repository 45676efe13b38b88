//! The `tombola` program as a library: what its commands do, without a process around them.
//!
//! The work is in the crates below ([`numerics`], [`sparse_kernels`]); here they meet and are measured.
//!
//! # Invariants
//!
//! - **Commands are functions** of their arguments and an output: data goes to the output they are given, messages for
//!   people to stderr, and nothing ends the process.
//! - **No panic on a request,** however wrong: it is a [`CommandError`](commands::CommandError) with an exit code, and
//!   names what was found and what would do.
//! - **A clock decides no result.** Times are measured and printed; nothing is chosen by them.
//! - **Absent:** unsafe code, global state.

#![forbid(unsafe_code)]

pub mod anatomy;
pub mod artifacts;
pub mod base64;
pub mod cells;
pub mod claims;
pub mod commands;
pub mod convergence;
pub mod cost;
#[cfg(feature = "fetch")]
pub mod download;
pub mod episodes;
pub mod events;
pub mod figures;
pub mod grid;
pub mod memory;
pub mod npz;
pub mod papers;
pub mod progress;
pub mod quirks;
pub mod report;
pub mod results;
pub mod roofs;
pub mod rows;
pub mod run;
pub mod spec;
pub mod stats;
pub mod store;
pub mod suggest;
pub mod tables;
pub mod timing;
pub mod traces;
pub mod watch;
pub mod workers;
pub mod workloads;
