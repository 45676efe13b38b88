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
//! A cell that is matched to the magnitude ticket of its seed ([`lottery::Criterion::LayerRandom`]) needs that cell, and one
//! that takes the tickets of another task or strategy ([`lottery::Criterion::Transferred`]) needs theirs: they are done whether
//! or not the grid asked for them.
//!
//! # A task, a criterion and a strategy of one's own
//!
//! A [`Source`] gives units their tasks, and may say what weights are worth, and who searches
//! ([`strategies::own`]). This one has a task without data, in which
//! only the first twenty weights matter, and keeps the weights that have come nearest to 1:
//!
//! ```
//! use std::error::Error;
//! use std::sync::Arc;
//!
//! use networks::{Input, MaskedNetwork, Ticket};
//! use sparse_kernels::{Threads, compile::Summary};
//! use strategies::{Method, Quirks};
//! use tasks::{How, Task, Trial, TrialError};
//! use tombola::cells::{self, Source};
//! use tombola::grid::Cell;
//! use tombola::run::settings::RunSettings;
//!
//! /// All weights should be 1; those behind the twentieth do not count.
//! struct Ones;
//! struct Distance {
//!     counts: Vec<bool>,
//! }
//!
//! impl Task for Ones {
//!     fn name(&self) -> &str { "ones" }
//!     fn input(&self) -> Input { Input::Vector(8) }
//!     fn outputs(&self) -> usize { 2 }
//!     fn score_name(&self) -> &'static str { "minus_distance" }
//!     fn trial(&self, network: &MaskedNetwork, _: How) -> Result<Box<dyn Trial + '_>, TrialError> {
//!         Ok(Box::new(Distance { counts: network.free().iter().map(|&at| at < 20).collect() }))
//!     }
//! }
//!
//! impl Trial for Distance {
//!     fn prepare(&mut self, _: Threads<'_>, _generation: u64) {}
//!     fn fitness(&mut self, threads: Threads<'_>, members: &[f32], fitness: &mut [f64]) {
//!         for (fitness, member) in fitness.iter_mut().zip(members.chunks(self.counts.len())) {
//!             *fitness = self.test(threads, member);
//!         }
//!     }
//!     fn test(&mut self, _: Threads<'_>, member: &[f32]) -> f64 {
//!         let counted = member.iter().zip(&self.counts).filter(|(_, counts)| **counts);
//!         -counted.map(|(weight, _)| f64::from((weight - 1.0).powi(2))).sum::<f64>()
//!     }
//!     fn compiled(&self) -> Option<Summary> { None }
//! }
//!
//! struct Mine;
//!
//! impl Source for Mine {
//!     fn task(&self, _: &RunSettings) -> Result<Arc<dyn Task + Send + Sync>, Box<dyn Error + Send + Sync>> {
//!         Ok(Arc::new(Ones))
//!     }
//!     /// Keep the weights nearest to 1.
//!     fn scores(&self, _: &Cell, trained: &Ticket) -> Option<Vec<f32>> {
//!         let flat = trained.dense();
//!         let prunable = trained.network().tensors().iter().filter(|tensor| tensor.prunable);
//!         Some(prunable.flat_map(|tensor| flat[tensor.range()].iter().map(|weight| -(weight - 1.0).abs())).collect())
//!     }
//! }
//!
//! let mut run = RunSettings::paper("ones", Method::named("snes")?, Quirks::NONE);
//! (run.network, run.density) = ("mlp-4".to_owned(), 1.0);
//! (run.plan.search.population, run.plan.generations) = (16, 30);
//! let pruning = lottery::Pruning { levels: 3, keep: 0.5, ..lottery::Pruning::default() };
//! let cell = Cell { run, pruning, donor: None };
//!
//! // To be done by `workers::Workers` on a results folder, like any other.
//! let units = cells::units(&[cell], &Mine);
//! assert_eq!(units.len(), 2, "the dense level, and the chain");
//! # Ok::<(), Box<dyn Error>>(())
//! ```
//!
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

use lottery::{Criterion, Procedure, Pruning, Scope, Selection};
use networks::Ticket;
use serde::Serialize;
use strategies::own::OwnStrategy;
use tasks::Task;

use crate::grid::{Cell, CellId};
use crate::results::Manifest;
use crate::rows::{Key, LevelRow, Status};
use crate::run::settings::RunSettings;
use crate::workers::Unit;
use chain::{Chain, Dense};

/// Where units get what the program does not know: tasks with their data, criteria and strategies of one's own.
pub trait Source: Sync {
    /// The task of a run, evaluated as its settings say.
    fn task(&self, run: &RunSettings) -> Result<Arc<dyn Task + Send + Sync>, Box<dyn Error + Send + Sync>>;

    /// What the data of a run are, in a line, where the name of its task does not say it: a checksum. Units that are done
    /// with other data are not these.
    fn data(&self, run: &RunSettings) -> Option<String> {
        let _ = run;
        None
    }

    /// What each weight that can be pruned is worth after a level; none to go by the cell's criterion. The answer must be a
    /// function of its arguments. Cells are named by the criterion of their settings all the same, so take a folder of
    /// its own.
    fn scores(&self, cell: &Cell, trained: &Ticket) -> Option<Vec<f32>> {
        let _ = (cell, trained);
        None
    }

    /// The strategy that searches so many coordinates; none to go by that of the settings. The same holds for names.
    fn strategy(&self, run: &RunSettings, coordinates: usize) -> Option<Box<dyn OwnStrategy<f32>>> {
        let _ = (run, coordinates);
        None
    }
}

/// A task of one's own, for all cells.
impl Source for Arc<dyn Task + Send + Sync> {
    fn task(&self, _: &RunSettings) -> Result<Arc<dyn Task + Send + Sync>, Box<dyn Error + Send + Sync>> {
        Ok(Arc::clone(self))
    }
}

/// What one unit does of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The dense level of all cells that differ in their pruning only.
    Dense,
    /// All other levels.
    Cell,
}

impl Kind {
    /// The name of the unit.
    pub fn id(self, cell: &Cell) -> CellId {
        match self {
            Kind::Dense => cell.dense_id(),
            Kind::Cell => cell.id(),
        }
    }

    /// The units that must be done before.
    pub fn needs(self, cell: &Cell) -> Vec<CellId> {
        match (self, model(cell)) {
            (Kind::Dense, _) => Vec::new(),
            (Kind::Cell, None) => vec![cell.dense_id()],
            // whose first level is the same
            (Kind::Cell, Some(Model::Matched(matched))) => vec![matched.id()],
            (Kind::Cell, Some(Model::Donor(donor))) => vec![cell.dense_id(), donor.id()],
        }
    }

    /// Whether what the unit left, when it was done, says that it diverged: the network of its last level is not there. A
    /// cell of one level has trained none.
    pub fn has_diverged(self, cell: &Cell, files: &Manifest) -> bool {
        let last = match self {
            Kind::Dense => Some(0),
            Kind::Cell => cell.pruning.levels.checked_sub(1).filter(|last| *last > 0),
        };
        last.is_some_and(|last| files.entry(&ticket_name(last)).is_none())
    }
}

/// Complains about a cell that cannot be on its task: a network that does not fit, a layer that is not there. Only the task
/// itself knows, where it is an image set of one's own.
pub fn check(cell: &Cell, source: &dyn Source) -> Result<(), Box<dyn Error + Send + Sync>> {
    let made = |cell: &Cell| -> Result<Procedure, Box<dyn Error + Send + Sync>> {
        chain::procedure(&cell.run, cell.pruning.clone(), &*source.task(&cell.run)?)
    };
    let own = made(cell)?.first();
    if let Some(donor) = &cell.donor {
        let theirs = made(donor)?.first();
        if own.network() != theirs.network() {
            let (own, theirs) = (own.network(), theirs.network());
            return Err(format!("tickets are of `{theirs}`, and its network is `{own}`").into());
        }
    }
    Ok(())
}

/// Why rows are not those that a finished cell leaves; none where they are.
pub fn mismatch(cell: &Cell, rows: &[LevelRow]) -> Option<String> {
    let wanted = chain::key(cell, &cell.criterion());
    let told = |Key { task, strategy, criterion, seed }: &Key| {
        format!("task={task} strategy={strategy} criterion={criterion} seed={seed}")
    };
    let found = rows.first()?.key();
    if found != wanted {
        return Some(format!("its rows are of {}, and the cell is {}", told(&found), told(&wanted)));
    }
    let (found, levels) = (rows.len(), cell.pruning.levels.max(1) as usize);
    let is_ended = rows.last().is_some_and(|row| row.status == Status::Diverged);
    if found > levels || (found < levels && !is_ended) {
        return Some(format!("it has {found} levels, and the cell has {levels}"));
    }
    rows.iter().find_map(|row| Some(format!("level {}: {}", row.level, impossible(cell, row)?)))
}

/// What no level of a cell can say.
fn impossible(cell: &Cell, row: &LevelRow) -> Option<String> {
    let (pruning, generations) = (&cell.pruning, cell.run.plan.generations);
    if row.status == Status::Done && row.generations != generations {
        return Some(format!("it has {} generations, and the cell has {generations}", row.generations));
    }
    let is_counted = pruning.selection == Selection::Count
        && pruning.scope == Scope::Network
        && pruning.excluded.is_empty();
    let kept = pruning.kept(row.level, row.weights);
    if is_counted && row.kept != kept {
        return Some(format!("it keeps {} weights of {}, and the cell {kept}", row.kept, row.weights));
    }
    if let (Some(score), Some(best)) = (row.score, row.best)
        && score > best
    {
        return Some(format!("its score {score} is above its best, {best}"));
    }
    let is_share = row.measure == "test_accuracy";
    let beyond = |score: &f64| is_share && !(0.0..=1.0).contains(score);
    let score = [row.start, row.score, row.best].into_iter().flatten().find(beyond)?;
    Some(format!("an accuracy of {score} is none between 0 and 1"))
}

/// What there is to do for a list of cells, each before what needs it: dense levels once, cells that others are matched to or
/// take their tickets from, the cells.
pub fn pieces(cells: &[Cell]) -> Vec<(Kind, Cell)> {
    let mut seen = BTreeSet::new();
    let mut pieces = Vec::new();
    for cell in cells {
        for cell in model(cell).iter().map(Model::cell).chain([cell]) {
            for kind in [Kind::Dense, Kind::Cell] {
                if seen.insert(kind.id(cell)) {
                    pieces.push((kind, cell.clone()));
                }
            }
        }
    }
    pieces
}

/// The units of a list of cells, in the order of [`pieces`].
pub fn units<'a>(cells: &[Cell], source: &'a dyn Source) -> Vec<Box<dyn Unit + 'a>> {
    let unit = |(kind, cell): (Kind, Cell)| -> Box<dyn Unit + 'a> {
        match kind {
            Kind::Dense => Box::new(Dense::new(cell, source)),
            Kind::Cell => Box::new(Chain::new(cell, source)),
        }
    };
    pieces(cells).into_iter().map(unit).collect()
}

/// The cell after which another is made.
enum Model {
    /// The magnitude cell, to which layers are matched.
    Matched(Cell),
    /// The cell whose tickets are taken.
    Donor(Cell),
}

impl Model {
    fn cell(&self) -> &Cell {
        match self {
            Model::Matched(cell) | Model::Donor(cell) => cell,
        }
    }
}

/// The cell after which this one is made, if it is made after one.
fn model(cell: &Cell) -> Option<Model> {
    match cell.pruning.criterion {
        Criterion::LayerRandom => {
            let pruning = Pruning { criterion: Criterion::Magnitude, ..cell.pruning.clone() };
            Some(Model::Matched(Cell { pruning, ..cell.clone() }))
        }
        Criterion::Transferred => cell.donor.as_deref().cloned().map(Model::Donor),
        _ => None,
    }
}

/// The file of a level's ticket.
pub fn ticket_name(level: u32) -> String {
    format!("level-{level:02}.safetensors")
}

/// The file of the rows of levels.
pub const LEVELS: &str = "levels.csv";

/// The file of the rows of tests.
pub const CURVES: &str = "curves.csv";
