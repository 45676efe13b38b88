//! The two kinds of units: the dense level that cells share, and the chain of levels that is a cell.

use std::error::Error;
use std::sync::Arc;

use lottery::{Criterion, Procedure, Pruning, PruningQuirks};
use networks::{Preset, Ticket};
use sparse_kernels::Threads;
use strategies::Method;
use tasks::Task;

use super::level::{Bench, Ended, failed};
use super::saved::Saved;
use super::{CURVES, Kind, LEVELS, Source, ticket_name};
use crate::grid::{Cell, CellId};
use crate::results::Manifest;
use crate::rows::{self, Key, Status};
use crate::run::settings::RunSettings;
use crate::workers::{DATA, Desk, End, Unit, UnitError};

/// The dense level of all cells with one run.
pub(super) struct Dense<'a> {
    id: String,
    cell: Cell,
    source: &'a dyn Source,
}

/// The levels of a cell after the first.
pub(super) struct Chain<'a> {
    id: String,
    needs: Vec<String>,
    cell: Cell,
    source: &'a dyn Source,
}

/// The task of a run, and what makes its levels.
fn begin(
    run: &RunSettings,
    pruning: Pruning,
    source: &dyn Source,
) -> Result<(Arc<dyn Task + Send + Sync>, Procedure), UnitError> {
    let task = source.task(run).map_err(UnitError::Failed)?;
    let procedure = procedure(run, pruning, &*task).map_err(UnitError::Failed)?;
    Ok((task, procedure))
}

/// What makes the levels of a run on a task, or why none can be made.
pub(super) fn procedure(
    run: &RunSettings,
    pruning: Pruning,
    task: &dyn Task,
) -> Result<Procedure, Box<dyn Error + Send + Sync>> {
    let preset = Preset::named(&run.network, task.input(), task.outputs())?;
    let has_variances = matches!(run.plan.search.method, Method::SepCmaEs(_));
    let quirks = pruning.quirks;
    // only one strategy's variances were taken for deviations
    let quirks = PruningQuirks { variance: quirks.variance && has_variances, ..quirks };
    Ok(Procedure::new(preset, &run.task, Pruning { quirks, ..pruning }, run.seed)?)
}

/// What a unit is: its name, and the data where that does not say them.
fn text(name: String, cell: &Cell, source: &dyn Source) -> String {
    match source.data(&cell.run) {
        None => name,
        Some(data) => format!("{name}\n{DATA}{data}"),
    }
}

/// What the rows of a unit begin with.
pub(super) fn key(cell: &Cell, criterion: &str) -> Key {
    Key {
        task: cell.run.task.clone(),
        strategy: cell.strategy().to_owned(),
        criterion: criterion.to_owned(),
        seed: cell.run.seed,
    }
}

impl<'a> Dense<'a> {
    pub(super) fn new(cell: Cell, source: &'a dyn Source) -> Dense<'a> {
        Dense { id: Kind::Dense.id(&cell).to_string(), cell, source }
    }
}

impl Unit for Dense<'_> {
    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> String {
        text(self.cell.canonical_dense(), &self.cell, self.source)
    }

    fn needs(&self) -> &[String] {
        &[]
    }

    fn has_diverged(&self, files: &Manifest) -> bool {
        Kind::Dense.has_diverged(&self.cell, files)
    }

    fn run(&self, desk: &mut dyn Desk, threads: Threads<'_>) -> Result<End, UnitError> {
        // cells that prune in other ways share this level, so it knows of none
        let (task, procedure) = begin(&self.cell.run, Pruning::default(), self.source)?;
        let key = key(&self.cell, "dense");
        let bench = Bench { cell: &self.cell, key, task: &*task, source: self.source, levels: 0..1 };
        let mut saved = Saved::read(desk.checkpoint()?.as_deref());
        if saved.levels.is_empty() {
            let start = procedure.first();
            if let Ended::Stopped = bench.train(0, (&start, None), &mut saved, (desk, threads))? {
                return Ok(End::Stopped);
            }
        }
        bench.finish(&saved, desk)?;
        Ok(end(&saved))
    }
}

impl<'a> Chain<'a> {
    pub(super) fn new(cell: Cell, source: &'a dyn Source) -> Chain<'a> {
        let needs = Kind::Cell.needs(&cell).iter().map(CellId::to_string).collect();
        Chain { id: Kind::Cell.id(&cell).to_string(), needs, cell, source }
    }

    /// Whether masks are made after those of another cell.
    fn has_model(&self) -> bool {
        matches!(self.cell.pruning.criterion, Criterion::LayerRandom | Criterion::Transferred)
    }

    /// The unit that leaves level 0: the first that is needed.
    fn first(&self) -> &str {
        &self.needs[0]
    }

    /// The cell after which masks are made: the last that is needed.
    fn model(&self) -> &str {
        &self.needs[self.needs.len() - 1]
    }

    /// The rows of level 0, which another unit has trained, under the name of this cell.
    fn begun(&self, key: &Key, desk: &mut dyn Desk) -> Result<Saved, UnitError> {
        let mut levels = rows::levels(LEVELS, &desk.read_needed(self.first(), LEVELS)?).map_err(failed)?;
        let mut curves = rows::curves(CURVES, &desk.read_needed(self.first(), CURVES)?).map_err(failed)?;
        levels.truncate(1);
        curves.retain(|row| row.level == 0);
        levels.iter_mut().for_each(|row| row.criterion.clone_from(&key.criterion));
        curves.iter_mut().for_each(|row| row.criterion.clone_from(&key.criterion));
        Ok(Saved { levels, curves, training: None })
    }

    /// The trained ticket of a level that is done.
    fn trained(&self, level: u32, procedure: &Procedure, desk: &mut dyn Desk) -> Result<Ticket, UnitError> {
        let name = ticket_name(level);
        let bytes = match level {
            // a cell that is made after another needs no weights of its dense level, only its network
            0 if self.has_model() => return Ok(procedure.first()),
            0 => desk.read_needed(self.first(), &name)?,
            _ => desk.read(&name)?.ok_or_else(|| UnitError::Failed(format!("{name} is missing").into()))?,
        };
        Ticket::decode(&bytes).map_err(failed)
    }
}

impl Unit for Chain<'_> {
    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> String {
        text(self.cell.canonical(), &self.cell, self.source)
    }

    fn needs(&self) -> &[String] {
        &self.needs
    }

    fn has_diverged(&self, files: &Manifest) -> bool {
        Kind::Cell.has_diverged(&self.cell, files)
    }

    fn run(&self, desk: &mut dyn Desk, threads: Threads<'_>) -> Result<End, UnitError> {
        if self.cell.pruning.criterion == Criterion::Transferred && self.cell.donor.is_none() {
            return Err(UnitError::Failed("the cell takes tickets, and names no cell that has them".into()));
        }
        let (task, procedure) = begin(&self.cell.run, self.cell.pruning.clone(), self.source)?;
        let key = key(&self.cell, &self.cell.criterion());
        let levels = self.cell.pruning.levels;
        let bench = Bench {
            cell: &self.cell,
            key: key.clone(),
            task: &*task,
            source: self.source,
            levels: 1..levels.max(1),
        };
        let mut saved = Saved::read(desk.checkpoint()?.as_deref());
        if saved.levels.is_empty() {
            saved = self.begun(&key, desk)?;
        }
        while is_going_on(&saved) && saved.levels.len() < levels as usize {
            let level = saved.levels.len() as u32;
            let before = self.trained(level - 1, &procedure, desk)?;
            let like = if self.has_model() { self.like(level, desk)? } else { None };
            if self.has_model() && like.is_none() {
                let remark = match self.cell.pruning.criterion {
                    Criterion::Transferred => "no ticket to take: the cell that it is of",
                    _ => "nothing to match: the magnitude cell",
                };
                desk.remark(&format!("level {level} has {remark} diverged there"));
                saved.levels.push(bench.unmatched(level, &before));
                break;
            }
            let like = like.map(|ticket| ticket.mask());
            let pruned = match self.source.scores(&self.cell, &before) {
                Some(scores) => procedure.next_by(level, &before, &scores),
                None => procedure.next(level, &before, like.as_ref()),
            };
            let pruned = pruned.map_err(failed)?;
            let start = (&pruned.ticket, pruned.threshold);
            if let Ended::Stopped = bench.train(level, start, &mut saved, (desk, threads))? {
                return Ok(End::Stopped);
            }
        }
        bench.finish(&saved, desk)?;
        Ok(end(&saved))
    }
}

impl Chain<'_> {
    /// The ticket of a level after which this one is made, unless that cell ended before.
    fn like(&self, level: u32, desk: &mut dyn Desk) -> Result<Option<Ticket>, UnitError> {
        let rows = rows::levels(LEVELS, &desk.read_needed(self.model(), LEVELS)?).map_err(failed)?;
        let is_there = rows.get(level as usize).is_some_and(|row| row.status == Status::Done);
        let read = |desk: &mut dyn Desk| -> Result<Ticket, UnitError> {
            Ticket::decode(&desk.read_needed(self.model(), &ticket_name(level))?).map_err(failed)
        };
        is_there.then(|| read(desk)).transpose()
    }
}

fn is_going_on(saved: &Saved) -> bool {
    saved.levels.last().is_some_and(|row| row.status == Status::Done)
}

fn end(saved: &Saved) -> End {
    if is_going_on(saved) { End::Done } else { End::Diverged }
}
