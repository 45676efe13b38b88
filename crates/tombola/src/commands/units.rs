//! The units of work of a study, and how far each is in a results folder.

use std::path::{Path, PathBuf};

use clap::Args;

use super::specs::Study;
use super::{CommandError, must_be_no_file};
use crate::cells::{self, Kind};
use crate::grid::{Cell, CellId};
use crate::results::{Found, Owner, Results, ResultsError, State as Stored};
use crate::workers::{available, who_and_when};

/// Where results are.
#[derive(Args, Debug)]
pub(super) struct OutArguments {
    /// The results folder [default: runs/NAME, the name of the spec]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl OutArguments {
    /// The folder of a study, which need not be there.
    pub(super) fn folder(&self, study: &Study) -> Result<PathBuf, CommandError> {
        let folder = self.out.clone().unwrap_or_else(|| Path::new("runs").join(&study.name));
        must_be_no_file("--out", &folder)?;
        Ok(folder)
    }
}

/// A piece of work: what is trained in one go, and is done or not.
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) cell: Cell,
    /// The units that must be done before.
    pub(super) needs: Vec<String>,
}

/// The units of a study, in the order in which they are done.
pub(super) fn units(study: &Study) -> Vec<Unit> {
    let unit = |(kind, cell): (Kind, Cell)| Unit {
        id: kind.id(&cell).to_string(),
        needs: kind.needs(&cell).iter().map(CellId::to_string).collect(),
        kind,
        cell,
    };
    cells::pieces(&study.cells).into_iter().map(unit).collect()
}

impl Unit {
    /// Task, strategy, criterion and seed, for people.
    pub(super) fn label(&self) -> String {
        label(self.kind, &self.cell)
    }

    /// How many levels it trains.
    pub(super) fn levels(&self) -> u32 {
        if self.kind == Kind::Dense { 1 } else { self.cell.pruning.levels - 1 }
    }
}

/// Task, strategy, criterion and seed of a unit, for people.
pub(super) fn label(kind: Kind, cell: &Cell) -> String {
    let run = &cell.run;
    let what = if kind == Kind::Dense { "dense".to_owned() } else { cell.criterion() };
    format!("{}/{}/{what}/{}", run.task, cell.strategy(), run.seed)
}

/// How far a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Done {
        diverged: bool,
    },
    /// Who has it.
    Running(String),
    /// Somebody began it, and does not work at it any more.
    Begun,
    /// What its last owner said.
    Failed(String),
    /// What is wrong with its results.
    Damaged(String),
    New,
}

impl State {
    /// Every name, in the order in which they are counted.
    pub(super) const NAMES: [&'static str; 6] = ["done", "running", "begun", "new", "failed", "damaged"];

    /// The name in tables and JSON.
    pub(super) fn name(&self) -> &'static str {
        match self {
            State::Done { .. } => "done",
            State::Running(_) => "running",
            State::Begun => "begun",
            State::New => "new",
            State::Failed(_) => "failed",
            State::Damaged(_) => "damaged",
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self, State::Done { .. })
    }

    /// Whether it is done, and what it did diverged.
    pub(super) fn has_diverged(&self) -> bool {
        *self == State::Done { diverged: true }
    }

    /// Why it will run, or not.
    pub(super) fn why(&self) -> String {
        match self {
            State::Done { .. } => "is done: never runs again".to_owned(),
            State::Running(who) => format!("runs: {who}"),
            State::Begun => "was interrupted: goes on from its last checkpoint".to_owned(),
            State::New => "was never begun".to_owned(),
            State::Failed(error) => format!("failed: {error}; runs again with --retry-failed"),
            State::Damaged(problem) => format!("runs again: {problem}"),
        }
    }
}

/// Looks at a results folder, and changes nothing there.
pub(super) struct Watcher {
    results: Option<Results>,
}

impl Watcher {
    /// Of a folder, which need not be there yet.
    pub(super) fn new(folder: &Path) -> Watcher {
        let results = folder.is_dir().then(|| Results::at(folder, Owner::this_process(0.0)));
        Watcher { results }
    }

    /// How far each unit is. Threads share them: a study has thousands, and each is some files.
    pub(super) fn states(&self, units: &[Unit]) -> Result<Vec<State>, CommandError> {
        if self.results.is_none() {
            return Ok(vec![State::New; units.len()]);
        }
        let share = units.len().div_ceil(available()).max(1);
        std::thread::scope(|scope| {
            let look = |units| scope.spawn(move || self.some_states(units));
            let parts: Vec<_> = units.chunks(share).map(look).collect();
            let mut states = Vec::with_capacity(units.len());
            for part in parts {
                let part = part.join().expect("a look does not panic");
                states.extend(part.map_err(|error| CommandError::Failed(error.into()))?);
            }
            Ok(states)
        })
    }

    fn some_states(&self, units: &[Unit]) -> Result<Vec<State>, ResultsError> {
        units.iter().map(|unit| self.state(unit)).collect()
    }

    /// How far a unit is.
    fn state(&self, unit: &Unit) -> Result<State, ResultsError> {
        let Some(results) = &self.results else { return Ok(State::New) };
        let id = &unit.id;
        match results.glance(id)? {
            Stored::Done(files) => {
                return Ok(State::Done { diverged: unit.kind.has_diverged(&unit.cell, &files) });
            }
            Stored::Damaged(damage) => return Ok(State::Damaged(damage.to_string())),
            Stored::Missing => {}
        }
        let found = results.look(id)?;
        if let Found::Held(holding) = &found
            && !results.is_dead(holding)
        {
            return Ok(State::Running(who_and_when(holding)));
        }
        if let Some(turn) = results.record(id).failure() {
            let error = turn.error.clone().unwrap_or_else(|| "for an unknown reason".to_owned());
            return Ok(State::Failed(error));
        }
        Ok(if found == Found::Nothing { State::New } else { State::Begun })
    }

    /// Seconds on one core that a unit took, if that is known.
    pub(super) fn taken(&self, id: &str) -> Option<f64> {
        let seconds = self.results.as_ref()?.record(id).thread_seconds();
        (seconds > 0.0).then_some(seconds)
    }
}
