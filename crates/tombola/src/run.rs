//! Training runs of the program: what decides one, and the folder it lives in.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | everything that decides a run, the papers' values, and changes by `key=value` |
//! | [`folder`] | the files of a run, and who may write them |

pub mod folder;
pub mod settings;
