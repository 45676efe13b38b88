//! From a spec to cells: the product of its lists, each cell with the name that it keeps for ever.
//!
//! ```
//! use tombola::grid::{self, Cell};
//! use tombola::spec::Spec;
//!
//! let text = "task = 'glyphs'\nstrategy = 'snes'\ncriterion = ['snr', 'random']\ntemperature = 8";
//! let cells = grid::cells(&Spec::parse("mine.toml", text, &[])?)?;
//! assert_eq!(cells.len(), 2);
//! assert_eq!(
//!     cells[1].canonical(),
//!     "cell task=glyphs strategy=snes seed=0 criterion=random run.plan.search.method.temperature=8"
//! );
//! // both begin with the same dense network, which is trained once
//! assert_eq!(cells[0].dense_id(), cells[1].dense_id());
//! # Ok::<(), tombola::spec::SpecError>(())
//! ```
//!
//! | file | what |
//! |---|---|
//! | `cell` | a cell, its canonical text, its id |
//! | `streams` | the sources of randomness of a cell: which of them cells share, and why |
//! | `expand` | spec to cells |
//! | `check` | what no cell can have |
//! | `donor` | what a spec says of the cell whose tickets another one takes |
//! | `unknown` | what was meant by a setting that no cell has |
//! | `shape` | what the networks of a task read and give |
//!
//! # Invariants
//!
//! - **An id is for ever.** It hashes a text in which defaults do not stand, so that a new setting renames nothing.
//! - **Two cells with the same text are one,** in whichever grids they stand.
//! - **Pure:** nothing here runs, or reads anything.

mod cell;
mod check;
mod donor;
mod expand;
mod shape;
mod streams;
mod unknown;

pub use cell::{Cell, CellId};
pub use expand::{MOST_CELLS, cells};
pub use shape::{Shape, shape};

#[cfg(test)]
mod tests;
