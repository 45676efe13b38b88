//! Training runs of the program: what decides one, and the folder it lives in.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | everything that decides a run |
//! | [`change`] | settings as a tree, changed by `key=value` |
//! | [`paper`] | the published runs: their numbers, task by task |
//! | `tuned` | what the authors tuned of each strategy |
//! | [`folder`] | the files of a run, and who may write them |

pub mod change;
pub mod folder;
pub mod paper;
pub mod settings;
mod tuned;
