//! Units of work on a results folder: some at once, each with its threads, in the order in which they need each other.
//!
//! ```text
//!   units ──► for each: done? ── take its lease ── take up what is there ── run ── commit
//!                        │              │
//!                      next       another's: come back later
//! ```
//!
//! Any number of processes and hosts may do the same list on one folder ([`crate::results`]); every unit is done by one of
//! them. A unit that fails is noted and stops no other; one that another process holds is come back to, and taken over when
//! its owner shows no sign of life for [`BEATS`] beats of its own. A disk that is full stops all, with what is on it still
//! good.
//!
//! # Invariants
//!
//! - **Threads, jobs, processes and order change no byte of a result:** a unit sees only itself and the unit it needs.
//! - **Absent:** strategies, tasks, and what a unit computes.

mod crew;
mod desk;
#[cfg(test)]
mod fake;
#[cfg(unix)]
#[cfg(test)]
mod processes;
mod signals;
mod table;
#[cfg(test)]
mod tests;
mod threads;
mod watch;

use std::error::Error;
use std::fmt;

use sparse_kernels::Threads;

use crate::results::{Manifest, ResultsError};

pub use crew::{How, Summary, Workers, other_data};
pub use signals::Stop;
pub use table::width;
pub use threads::{Split, available};
pub use watch::{BEATS, who_and_when};

/// Name of the result that says in words what a unit is.
pub const TEXT: &str = "unit.txt";

/// How a line of a unit's text begins that says with which data it is done, where its name does not.
pub const DATA: &str = "data ";

/// A piece of work that leaves results. What it leaves is a function of itself and of the units it needs.
pub trait Unit: Sync {
    /// The name of its folder; 16 hexadecimal digits.
    fn id(&self) -> &str;

    /// What it is, for people; the first of its results. One that is done under the same name with another text was done
    /// with other [`DATA`], and is not believed.
    fn text(&self) -> String;

    /// The units that must be done before.
    fn needs(&self) -> &[String];

    /// Whether the unit, which is done, diverged: told by the files that it left.
    fn has_diverged(&self, files: &Manifest) -> bool {
        let _ = files;
        false
    }

    /// Does the work, or what is left of it.
    ///
    /// What is there already ([`Desk::read`]) need not be done again. When [`Desk::saving_is_due`] it should
    /// [`Desk::save`], and when [`Desk::is_stopping`] then also answer [`End::Stopped`].
    fn run(&self, desk: &mut dyn Desk, threads: Threads<'_>) -> Result<End, UnitError>;
}

/// How the work at a unit ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All results are written.
    Done,
    /// All results are written, and they say that what was computed diverged.
    Diverged,
    /// Somebody wants the process to stop; the last checkpoint is where to go on.
    Stopped,
}

/// What a unit at work sees of its folder and of the process.
pub trait Desk {
    /// A result that this unit wrote earlier, in this process or another.
    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ResultsError>;

    /// A result of a unit that it needs.
    fn read_needed(&mut self, unit: &str, name: &str) -> Result<Vec<u8>, ResultsError>;

    /// Leaves a result: a function of the unit, and nothing else.
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ResultsError>;

    /// Where an earlier process was, when it saved. All results that were written before that save are there; later ones
    /// may be.
    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, ResultsError>;

    /// Keeps where the work is.
    fn save(&mut self, checkpoint: &[u8]) -> Result<(), ResultsError>;

    /// Whether some time has passed since the last save, or the process is to stop.
    fn saving_is_due(&self) -> bool;

    /// Whether somebody wants the process to stop, or the unit is another's by now.
    fn is_stopping(&self) -> bool;

    /// Something that people should know of how the unit ended: told, and kept in the record of its runs.
    fn remark(&mut self, text: &str);

    /// Tells people of something odd that happened in the work, as soon as it does. It is kept nowhere.
    fn event(&mut self, text: &str);

    /// Tells people that so many of so many steps are done, and what came of it.
    fn progress(&mut self, done: u64, of: u64, note: &str);
}

/// Why a unit did not end well.
#[derive(Debug)]
pub enum UnitError {
    /// The folder did not serve; what is there is still good.
    Results(ResultsError),
    /// The work itself failed, and would fail again.
    Failed(Box<dyn Error + Send + Sync>),
}

impl From<ResultsError> for UnitError {
    fn from(error: ResultsError) -> UnitError {
        UnitError::Results(error)
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnitError::Results(error) => error.fmt(f),
            UnitError::Failed(error) => {
                write!(f, "{error}")?;
                let mut cause = error.source();
                while let Some(inner) = cause {
                    write!(f, ": {inner}")?;
                    cause = inner.source();
                }
                Ok(())
            }
        }
    }
}

impl Error for UnitError {}
