//! From rows of levels to tables: pure functions, one artifact a file.
//!
//! | file | artifact |
//! |---|---|
//! | `densities` | score against density: a row a task, strategy and criterion; a column a level |
//! | `pairs` | differences of criteria, seed by seed |
//! | `attribution` | the ticket effect in parts: curvature, weights, mask, layers |
//! | `agreement` | whether large weights are those that the search is sure of, in networks of many weights and of few |
//! | `layers` | kept shares, sizes and correlations, layer by layer |
//! | `sparsest` | the sparsest networks that are near dense ones |
//! | `strategies` | all tasks beside each other at a few densities: a row a strategy and criterion |
//! | `effects` | what departures of the published code do: differences of two sides, level by level |
//! | `profiles` | of how many runs the score is above a threshold |
//! | `gradients` | figure 5 as printed, beside the tickets that it is about |
//! | `reference` | what the papers printed, at the densities of a grid |
//! | `aggregate` | score against density over all tasks and strategies, as in the papers' first figure |
//!
//! # Invariants
//!
//! - **A table is a function of its rows,** in whichever order they come.
//! - **Every cell says how many seeds it is of,** and what diverged is counted, not left out in silence.
//! - **Absent:** files, searches, and anything that could start one.

pub mod aggregate;
pub mod agreement;
pub mod attribution;
pub mod densities;
pub mod effects;
pub mod gradients;
pub mod layers;
pub mod pairs;
pub mod profiles;
pub mod reference;
#[cfg(test)]
pub(crate) mod sample;
pub mod sparsest;
pub mod strategies;
