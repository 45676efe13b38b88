//! The training of one level, as a unit does it: with checkpoints, and an ear for whoever wants it to stop.

use lottery::{Point, Training};
use networks::Ticket;
use sparse_kernels::Threads;
use sparse_kernels::compile::Mode;
use strategies::Execution;
use tasks::{How, Task};

use super::saved::Saved;
use super::{CURVES, LEVELS, Source, ticket_name};
use crate::grid::Cell;
use crate::rows::{self, CurveRow, Key, LevelRow, Status};
use crate::workers::{Desk, UnitError};

/// What the levels of a unit have in common.
pub(super) struct Bench<'a> {
    pub(super) cell: &'a Cell,
    pub(super) key: Key,
    pub(super) task: &'a dyn Task,
    pub(super) source: &'a dyn Source,
    /// Levels that the unit trains.
    pub(super) levels: std::ops::Range<u32>,
}

/// How the training of a level ended.
pub(super) enum Ended {
    /// It is done, and its ticket is a result.
    Trained,
    /// Its row says that it diverged.
    Diverged,
    /// Somebody wants to stop; where it was is saved.
    Stopped,
}

/// Any error of the work itself.
pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> UnitError {
    UnitError::Failed(Box::new(error))
}

impl Bench<'_> {
    /// Trains a level from its start, or goes on from what is saved. Its row and its tests go to what is saved, its ticket
    /// to the results.
    pub(super) fn train(
        &self,
        level: u32,
        (start, threshold): (&Ticket, Option<f32>),
        saved: &mut Saved,
        (desk, threads): (&mut dyn Desk, Threads<'_>),
    ) -> Result<Ended, UnitError> {
        let execution = Execution { threads, ..Execution::default() };
        let run = self.cell.level_run(level);
        let how = How {
            isa: execution.isa,
            compile: run.compile.then_some(Mode::Fold),
            stream: self.cell.fitness_stream(level),
        };
        let own = |coordinates| self.source.strategy(&self.cell.run, coordinates);
        let begin = |from| Training::of_ticket_by(&run.plan, self.task, start, how, from, &own);
        // what cannot be gone on with is redone
        let mut training = begin(saved.training.as_ref()).or_else(|_| begin(None)).map_err(failed)?;
        while !training.is_done() && !training.is_diverged() {
            let tests = training.curve().len();
            training.generation(&execution);
            self.tell(level, &training, desk);
            // rows have no column for it: failures are of members, and all rows that were ever written stay comparable
            if let Some(lost) = training.lost().told_of_tests().filter(|_| training.curve().len() > tests) {
                let tested = training.curve().last().expect("it was tested").generation;
                desk.event(&format!("level {level}, test after generation {tested}: {lost}"));
            }
            if desk.saving_is_due() {
                saved.training = Some(training.checkpoint());
                desk.save(&saved.write())?;
                if desk.is_stopping() {
                    return Ok(Ended::Stopped);
                }
            }
        }
        let row = self.row(level, start, threshold, &training);
        let is_diverged = row.status == Status::Diverged;
        if let Some(divergence) = training.divergence() {
            let good = match level.checked_sub(1) {
                Some(before) => format!("; {} is the last good ticket", ticket_name(before)),
                None => String::new(),
            };
            desk.remark(&format!("level {level} {}{good}", divergence.told(start)));
        }
        let curve = training.curve().iter().map(|point| self.curve_row(level, point));
        saved.curves.extend(curve);
        saved.training = None;
        let ended = if is_diverged {
            Ended::Diverged
        } else {
            let ticket = self.ticket(level, start, &training)?;
            desk.write(&ticket_name(level), &ticket.encode())?;
            Ended::Trained
        };
        saved.levels.push(row);
        desk.save(&saved.write())?;
        Ok(ended)
    }

    /// The rows of all levels, as results.
    pub(super) fn finish(&self, saved: &Saved, desk: &mut dyn Desk) -> Result<(), UnitError> {
        desk.write(CURVES, &rows::write(&saved.curves))?;
        desk.write(LEVELS, &rows::write(&saved.levels))?;
        Ok(())
    }

    fn tell(&self, level: u32, training: &Training<'_>, desk: &mut dyn Desk) {
        let each = self.cell.run.plan.generations;
        let before = u64::from(level - self.levels.start) * each;
        let all = u64::from(self.levels.end - self.levels.start) * each;
        let score = training.curve().last().map_or(f64::NAN, |point| point.score);
        let note = format!("level {level}, {} {score:.4}", self.task.score_name());
        desk.progress(before + training.search().generation(), all, &note);
    }

    fn ticket(&self, level: u32, start: &Ticket, training: &Training<'_>) -> Result<Ticket, UnitError> {
        let name = if self.levels.start == 0 { self.cell.canonical_dense() } else { self.cell.canonical() };
        // of the mean that it has, which need not be the last
        let score = training.ticket_score().map_or(String::new(), |score| score.to_string());
        let told = [("cell", name), ("level", level.to_string()), (self.task.score_name(), score)];
        let provenance = told.map(|(key, value)| (key.to_owned(), value)).into();
        training.ticket(start, provenance).map_err(failed)
    }

    fn row(&self, level: u32, start: &Ticket, threshold: Option<f32>, training: &Training<'_>) -> LevelRow {
        let finite = |score: f64| score.is_finite().then_some(score);
        let (mask, search, curve) = (start.mask(), training.search(), training.curve());
        let is_diverged = training.is_diverged();
        let later = curve.iter().filter(|point| point.generation > 0);
        let status = if is_diverged { Status::Diverged } else { Status::Done };
        LevelRow {
            searched: search.dims(),
            generations: search.generation(),
            evaluations: search.evaluations(),
            failures: training.failures(),
            start: curve.first().and_then(|point| finite(point.score)),
            score: curve.last().filter(|_| !is_diverged).and_then(|point| finite(point.score)),
            best: later.filter_map(|point| finite(point.score)).reduce(f64::max),
            threshold: threshold.map(f64::from).and_then(finite),
            deviation: curve.last().and_then(|point| point.deviation).and_then(finite),
            ..self.untrained(level, (mask.kept(), mask.len()), status)
        }
    }

    /// The row of a level that there is nothing to match with, because the magnitude cell has diverged: so has the pair.
    pub(super) fn unmatched(&self, level: u32, before: &Ticket) -> LevelRow {
        let weights = before.mask().len();
        self.untrained(level, (self.cell.pruning.kept(level, weights), weights), Status::Diverged)
    }

    /// The row of a level with so many of its weights kept, of which nothing was trained.
    fn untrained(&self, level: u32, (kept, weights): (usize, usize), status: Status) -> LevelRow {
        let Key { task, strategy, criterion, seed } = self.key.clone();
        LevelRow {
            task,
            strategy,
            criterion,
            seed,
            level,
            density: rows::density(kept, weights),
            kept,
            weights,
            searched: 0,
            generations: 0,
            evaluations: 0,
            failures: 0,
            measure: self.task.score_name().to_owned(),
            start: None,
            score: None,
            best: None,
            threshold: None,
            deviation: None,
            status,
        }
    }

    fn curve_row(&self, level: u32, point: &Point) -> CurveRow {
        let Key { task, strategy, criterion, seed } = self.key.clone();
        let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
        CurveRow {
            task,
            strategy,
            criterion,
            seed,
            level,
            generation: point.generation,
            evaluations: point.evaluations,
            failures: point.failures,
            fitness_mean: finite(point.fitness_mean),
            fitness_best: finite(point.fitness_best),
            deviation: finite(point.deviation),
            score: finite(Some(point.score)),
        }
    }
}
