//! Cells at work: the only room where a strategy meets a task in a grid. It reads like the method section of the paper.
//!
//! ```text
//!   dense unit     first() ──train──► level-00.safetensors                     needed by all cells of its run
//!   cell unit      level 0 ──next──► train ──► level-01.safetensors ──next──► train ──► ...
//! ```
//!
//! | result | of | holds |
//! |---|---|---|
//! | `level-00.safetensors` | the dense unit | the trained dense network |
//! | `level-KK.safetensors` | the cell | the trained network of level `KK` |
//! | `levels.csv`, `curves.csv` | both | [`rows`](crate::rows), of all levels |
//!
//! A cell that is matched to the magnitude ticket of its seed ([`lottery::Criterion::LayerRandom`]) needs that cell, which
//! is done whether or not the grid asked for it.
//!
//! # Invariants
//!
//! - **A unit is a function of its cell:** it draws from the streams that the cell names, and from nothing else.
//! - **A search that diverges is a result:** its level says so, and the levels after it are missing.
//! - **Absent:** names of folders, clocks, printing; where image files lie.

mod chain;
mod level;
mod saved;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use lottery::{Criterion, Pruning};
use tasks::Task;

use crate::grid::Cell;
use crate::run::settings::RunSettings;
use crate::workers::Unit;
use chain::{Chain, Dense};

/// Where units get their tasks from.
pub trait TaskSource: Sync {
    /// The task of a run, evaluated as its settings say.
    fn task(&self, run: &RunSettings) -> Result<Arc<dyn Task + Send + Sync>, Box<dyn Error + Send + Sync>>;
}

/// A task of one's own, for all cells.
impl TaskSource for Arc<dyn Task + Send + Sync> {
    fn task(&self, _: &RunSettings) -> Result<Arc<dyn Task + Send + Sync>, Box<dyn Error + Send + Sync>> {
        Ok(Arc::clone(self))
    }
}

/// The units of a list of cells, each before those that need it: dense levels, cells that others are matched to, the cells.
pub fn units<'a>(cells: &[Cell], source: &'a dyn TaskSource) -> Vec<Box<dyn Unit + 'a>> {
    let mut seen = BTreeSet::new();
    let mut units: Vec<Box<dyn Unit + 'a>> = Vec::new();
    for cell in cells {
        let matched = (cell.pruning.criterion == Criterion::LayerRandom).then(|| magnitude(cell));
        for cell in matched.iter().chain([cell]) {
            if seen.insert(cell.dense_id()) {
                units.push(Box::new(Dense::new(cell, source)));
            }
            if seen.insert(cell.id()) {
                units.push(Box::new(Chain::new(cell, source)));
            }
        }
    }
    units
}

/// The cell that a cell's layers are matched to.
fn magnitude(cell: &Cell) -> Cell {
    let pruning = Pruning { criterion: Criterion::Magnitude, ..cell.pruning.clone() };
    Cell { run: cell.run.clone(), pruning }
}

/// The file of a level's ticket.
pub fn ticket_name(level: u32) -> String {
    format!("level-{level:02}.safetensors")
}

/// The file of the rows of levels.
pub const LEVELS: &str = "levels.csv";

/// The file of the rows of tests.
pub const CURVES: &str = "curves.csv";
