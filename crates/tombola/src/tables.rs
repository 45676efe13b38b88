//! From rows of levels to tables: pure functions, one artifact a file.
//!
//! | file | artifact |
//! |---|---|
//! | `densities` | score against density: a row a task, strategy and criterion; a column a level |
//! | `pairs` | differences of criteria, seed by seed |
//! | `aggregate` | score against density over all tasks and strategies, as in the papers' first figure |
//!
//! # Invariants
//!
//! - **A table is a function of its rows,** in whichever order they come.
//! - **Every cell says how many seeds it is of,** and what diverged is counted, not left out in silence.
//! - **Absent:** files, searches, and anything that could start one.

pub mod aggregate;
pub mod densities;
pub mod pairs;
#[cfg(test)]
pub(crate) mod sample;
