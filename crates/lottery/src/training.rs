//! One run of a strategy on one masked network: ask, evaluate, tell, and a test now and then.
//!
//! ```text
//!   curve[0]                 curve[1]                            curve[n]
//!      |  generation 0 .. e-1   |  generation e .. 2e-1   ...       |
//!    test                     test                              test: done
//!    the start                the mean after e generations      the mean after all
//! ```
//!
//! What is tested is the mean of the search distribution, as the papers do. The best candidate that was ever told is kept
//! by the search; its fitness belongs to the batch that it met.

use std::collections::BTreeMap;

use networks::ticket::Contents;
use networks::{Normaliser, Ticket, TicketError};
use numerics::AlignedBuffer;
use serde::{Deserialize, Deserializer, Serialize};
use strategies::own::OwnStrategy;
use strategies::{Execution, Population, PopulationMut, Search, SearchError, Settings, State, StopReason};
use tasks::{How, Lost, Task, Trial};

use crate::aliases::{Aliased, Aliases};

mod errors;

pub use errors::{CheckpointError, TrainingError};

/// How a network is to be trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Strategy, population, seed.
    pub search: Settings,
    /// Generations in all.
    pub generations: u64,
    /// Generations between two tests; one more test comes first and one last.
    pub test_every: u64,
    /// Whether there is a test after the first generation too, as in the published code.
    #[serde(default)]
    pub test_first: bool,
    /// Which mean counts as the trained network.
    #[serde(default)]
    pub checkpoint: Which,
    /// Copy the published code's biases that are not searched ([`Aliases`]).
    #[serde(default)]
    pub alias: bool,
}

impl Plan {
    /// The mean after the last generation counts, and all coordinates are searched.
    pub fn new(search: Settings, generations: u64, test_every: u64) -> Plan {
        let (checkpoint, test_first, alias) = (Which::default(), false, false);
        Plan { search, generations, test_every, test_first, checkpoint, alias }
    }
}

/// Which mean counts as the trained network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// That after the last generation, as in the papers.
    #[default]
    Final,
    /// That of the best test; of equal ones the first.
    Best,
}

/// The trained network at its best test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Best {
    score: f64,
    mean: Vec<f32>,
    deviation: Option<Vec<f32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    normaliser: Option<Normaliser>,
}

/// A test, and what the generations before it were like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Generations that were told.
    pub generation: u64,
    /// Evaluations that were told.
    pub evaluations: u64,
    /// Evaluations that gave no finite fitness, or of which an episode was lost ([`Lost`]).
    pub failures: u64,
    /// Mean over the finite fitness of the last generation; none at the start, or where all failed.
    pub fitness_mean: Option<f64>,
    /// The largest of it.
    pub fitness_best: Option<f64>,
    /// Mean over the coordinates of the deviations, as sampled next; none where a strategy has none.
    pub deviation: Option<f64>,
    /// The task's score of the mean; no number where it has none.
    #[serde(deserialize_with = "number_or_none")]
    pub score: f64,
}

/// JSON has null for what is no number.
fn number_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// The parts of a generation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Candidates are written.
    Ask,
    /// What they share is made ready.
    Prepare,
    /// They are evaluated.
    Evaluate,
    /// The strategy learns.
    Tell,
}

/// How a search left what can be computed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Generations that were told.
    pub generation: u64,
    /// What is wrong.
    pub why: String,
    /// The free coordinate of the network where it is first seen, or worst; none where it is of no coordinate.
    pub coordinate: Option<usize>,
}

impl Divergence {
    /// The same for people, with the layer of a ticket's network.
    pub fn told(&self, ticket: &Ticket) -> String {
        let network = ticket.network();
        let layer = || {
            let free = ticket.masked().ok()?;
            let place = *free.free().get(self.coordinate?)? as usize;
            let tensor = network.tensors().iter().find(|tensor| tensor.range().contains(&place))?;
            Some(format!(" in layer {}", network.name(tensor.layer)))
        };
        let Divergence { generation, why, .. } = self;
        format!("diverged in generation {generation}: {why}{}", layer().unwrap_or_default())
    }
}

/// A run, somewhere between its start and its end.
pub struct Training<'a> {
    plan: Plan,
    trial: Box<dyn Trial + 'a>,
    search: Search<f32>,
    curve: Vec<Point>,
    /// Where the plan asks for it.
    best: Option<Best>,
    aliases: Option<Aliases>,
    population: AlignedBuffer,
    fitness: Vec<f64>,
    /// Members of which an episode was lost, in all generations.
    lost: u64,
}

/// Everything that is needed to go on, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    plan: Plan,
    search: State<f32>,
    curve: Vec<Point>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    best: Option<Best>,
    /// What the task has learned, where it learns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    normaliser: Option<Normaliser>,
    /// Members of which an episode was lost.
    #[serde(default, skip_serializing_if = "is_none")]
    lost: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

impl<'a> Training<'a> {
    /// Begins around `start`: one number a free coordinate.
    pub fn new(plan: &Plan, trial: Box<dyn Trial + 'a>, start: &[f32]) -> Result<Training<'a>, SearchError> {
        let search = Search::new(plan.search.clone(), start)?;
        Ok(Training::of(plan, trial, search, Vec::new()))
    }

    /// Trains a ticket: its network, from its start, on a task. Goes on from a checkpoint where there is one.
    pub fn of_ticket(
        plan: &Plan,
        task: &'a dyn Task,
        ticket: &Ticket,
        how: How,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Training<'a>, TrainingError> {
        Training::of_ticket_by(plan, task, ticket, how, checkpoint, &|_| None)
    }

    /// The same by a strategy of one's own, which `make` gives for a number of searched coordinates; where it gives none,
    /// by the strategy of the plan.
    pub fn of_ticket_by(
        plan: &Plan,
        task: &'a dyn Task,
        ticket: &Ticket,
        how: How,
        checkpoint: Option<&Checkpoint>,
        make: &dyn Fn(usize) -> Option<Box<dyn OwnStrategy<f32>>>,
    ) -> Result<Training<'a>, TrainingError> {
        let network = ticket.masked().map_err(TrainingError::Masked)?;
        let mut trial = task.trial(&network, how).map_err(TrainingError::Task)?;
        let start = &ticket.contents().start;
        let aliases = if plan.alias { Aliases::of(ticket.network(), &network, start) } else { None };
        let mut reduced = None;
        if let Some(aliases) = &aliases {
            trial = Box::new(Aliased { trial, aliases: aliases.clone(), members: Vec::new() });
            reduced = Some(Aliases::reduce(start));
        }
        let start = reduced.as_ref().unwrap_or(start);
        let training = match (checkpoint, make(start.len())) {
            (None, None) => Training::new(plan, trial, start).map_err(TrainingError::Search)?,
            (None, Some(own)) => {
                let search =
                    Search::with_own(plan.search.clone(), own, start).map_err(TrainingError::Search)?;
                Training::of(plan, trial, search, Vec::new())
            }
            (Some(checkpoint), None) => {
                Training::resume(plan, trial, start.len(), checkpoint).map_err(TrainingError::Checkpoint)?
            }
            (Some(checkpoint), Some(own)) => {
                let search = Search::restore_own(&checkpoint.search, own).map_err(CheckpointError::State);
                let resumed =
                    search.and_then(|search| Training::resumed(plan, trial, start.len(), checkpoint, search));
                resumed.map_err(TrainingError::Checkpoint)?
            }
        };
        Ok(Training { aliases, ..training })
    }

    /// Goes on from where [`checkpoint`](Training::checkpoint) was called.
    pub fn resume(
        plan: &Plan,
        trial: Box<dyn Trial + 'a>,
        dims: usize,
        checkpoint: &Checkpoint,
    ) -> Result<Training<'a>, CheckpointError> {
        let search = Search::restore(&checkpoint.search).map_err(CheckpointError::State)?;
        Training::resumed(plan, trial, dims, checkpoint, search)
    }

    fn resumed(
        plan: &Plan,
        mut trial: Box<dyn Trial + 'a>,
        dims: usize,
        checkpoint: &Checkpoint,
        search: Search<f32>,
    ) -> Result<Training<'a>, CheckpointError> {
        if checkpoint.plan != *plan || *search.settings() != plan.search {
            return Err(CheckpointError::Plan);
        }
        if search.dims() != dims {
            return Err(CheckpointError::Coordinates { expected: dims, found: search.dims() });
        }
        match (&checkpoint.normaliser, trial.normaliser().map(|fresh| fresh.mean.len())) {
            (None, None) => {}
            (Some(normaliser), Some(size)) if normaliser.is_of(size) => trial.restore(normaliser),
            _ => return Err(CheckpointError::Normaliser),
        }
        if let Some(best) = &checkpoint.best {
            let fits =
                |values: &Vec<f32>| values.len() == dims && values.iter().all(|value| value.is_finite());
            let normalises = match (&best.normaliser, &checkpoint.normaliser) {
                (None, None) => true,
                (Some(best), Some(last)) => best.is_of(last.mean.len()),
                _ => false,
            };
            if !fits(&best.mean) || !best.deviation.as_ref().is_none_or(fits) || !normalises {
                return Err(CheckpointError::Best);
            }
        }
        let mut training = Training::of(plan, trial, search, checkpoint.curve.clone());
        training.best.clone_from(&checkpoint.best);
        training.lost = checkpoint.lost;
        let (generation, tests) = (training.search.generation(), training.curve.len());
        let last = training.curve.last().map(|point| point.generation);
        if tests != training.tests_until(generation) || last.is_some_and(|last| last > generation) {
            return Err(CheckpointError::Curve { generation, tests });
        }
        Ok(training)
    }

    fn of(plan: &Plan, trial: Box<dyn Trial + 'a>, search: Search<f32>, curve: Vec<Point>) -> Training<'a> {
        let members = search.members();
        Training {
            plan: plan.clone(),
            trial,
            population: AlignedBuffer::new(members * search.dims()),
            fitness: vec![0.0; members],
            curve,
            best: None,
            aliases: None,
            lost: 0,
            search,
        }
    }

    /// Tests that a curve has when so many generations were told.
    fn tests_until(&self, generation: u64) -> usize {
        if generation == 0 {
            return self.curve.len().min(1);
        }
        let every = self.plan.test_every.max(1);
        let regular = generation / every + 1;
        let last = generation >= self.plan.generations && !generation.is_multiple_of(every);
        let first = self.plan.test_first && every > 1 && self.plan.generations > 1;
        regular as usize + usize::from(last) + usize::from(first)
    }

    /// One generation; before the first one, and after every `test_every`th and the last, a test.
    pub fn generation(&mut self, execution: &Execution<'_>) {
        self.generation_watched(execution, &mut |_| ());
    }

    /// The same; says when a part of the generation has ended. Tests are no part of it.
    ///
    /// # Panics
    ///
    /// If the run is done.
    pub fn generation_watched(&mut self, execution: &Execution<'_>, ended: &mut dyn FnMut(Phase)) {
        assert!(!self.is_done(), "all {} generations are done", self.plan.generations);
        if self.curve.is_empty() {
            self.test(execution, None);
        }
        const FITS: &str = "the population was made for this search";
        let Training { trial, search, population, fitness, lost, .. } = self;
        let threads = execution.threads;
        search.ask(execution, PopulationMut::Rows(population)).expect(FITS);
        ended(Phase::Ask);
        trial.prepare(threads, search.generation());
        ended(Phase::Prepare);
        trial.fitness(threads, population, fitness);
        *lost += trial.lost().members;
        ended(Phase::Evaluate);
        search.tell(execution, Population::Rows(population), fitness).expect(FITS);
        trial.learn();
        ended(Phase::Tell);

        let told = self.search.generation();
        let is_first = self.plan.test_first && told == 1;
        if is_first || told.is_multiple_of(self.plan.test_every.max(1)) || self.is_done() {
            let finite = self.fitness.iter().copied().filter(|fitness| fitness.is_finite());
            let (count, sum) =
                finite.clone().fold((0_u32, 0.0), |(count, sum), next| (count + 1, sum + next));
            let best = finite.reduce(f64::max);
            self.test(execution, best.map(|best| (sum / f64::from(count), best)));
        }
    }

    fn test(&mut self, execution: &Execution<'_>, fitness: Option<(f64, f64)>) {
        let search = &self.search;
        let dims = search.dims();
        let deviation = search.deviation().ok().map(|deviation| {
            let sum: f64 = (0..dims).map(|coordinate| f64::from(deviation.at(coordinate))).sum();
            sum / dims.max(1) as f64
        });
        let score = self.trial.test(execution.threads, search.mean());
        let is_best = self.best.as_ref().is_none_or(|best| score > best.score);
        if self.plan.checkpoint == Which::Best && search.generation() > 0 && is_best && score.is_finite() {
            let (mean, deviation) = (search.mean().to_vec(), deviations(search));
            let normaliser = self.trial.normaliser().cloned();
            self.best = Some(Best { score, mean, deviation, normaliser });
        }
        self.curve.push(Point {
            generation: search.generation(),
            evaluations: search.evaluations(),
            failures: self.failures(),
            fitness_mean: fitness.map(|(mean, _)| mean),
            fitness_best: fitness.map(|(_, best)| best),
            deviation,
            score,
        });
    }

    /// Whether all generations were told.
    pub fn is_done(&self) -> bool {
        self.search.generation() >= self.plan.generations
    }

    /// Whether it is of no use to go on; a run goes on all the same, as the published ones do.
    pub fn stop(&self) -> Option<StopReason> {
        self.search.stop()
    }

    /// The tests so far, in order.
    pub fn curve(&self) -> &[Point] {
        &self.curve
    }

    /// Evaluations that gave no finite fitness, or of which an episode was lost.
    pub fn failures(&self) -> u64 {
        self.search.failures() + self.lost
    }

    /// What the last generation and the last test lost.
    pub fn lost(&self) -> Lost {
        self.trial.lost()
    }

    /// The search distribution.
    pub fn search(&self) -> &Search<f32> {
        &self.search
    }

    /// What the task has learned of observations, where it learns.
    pub fn normaliser(&self) -> Option<&Normaliser> {
        self.trial.normaliser()
    }

    /// The plan it was made with.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the search has left what can be computed with: numbers that are none, a deviation without bounds, or ten
    /// generations without a finite fitness. A result, not an error.
    pub fn is_diverged(&self) -> bool {
        self.divergence().is_some()
    }

    /// How and where it has.
    pub fn divergence(&self) -> Option<Divergence> {
        let search = &self.search;
        let whole = |values: Vec<f32>| match &self.aliases {
            Some(aliases) => aliases.expand(&values),
            None => values,
        };
        let deviations = deviations(search);
        let lost = |values: &[f32]| values.iter().any(|value| !value.is_finite());
        let first = |values: Vec<f32>| whole(values).iter().position(|value| !value.is_finite());
        let (why, coordinate) = match search.stop() {
            _ if lost(search.mean()) => ("the mean is no number".to_owned(), first(search.mean().to_vec())),
            _ if deviations.as_deref().is_some_and(lost) => {
                ("a deviation is no number".to_owned(), deviations.and_then(first))
            }
            Some(reason @ StopReason::DeviationExploded) => {
                let deviations = deviations.map(whole).unwrap_or_default();
                let largest = (0..deviations.len()).max_by(|&a, &b| deviations[a].total_cmp(&deviations[b]));
                (reason.to_string(), largest)
            }
            Some(reason @ StopReason::NoFitness) => (reason.to_string(), None),
            _ => return None,
        };
        Some(Divergence { generation: search.generation(), why, coordinate })
    }

    /// The score of the mean that the ticket has; none where it was never tested with a finite one.
    pub fn ticket_score(&self) -> Option<f64> {
        let last = || self.curve.last().map(|point| point.score);
        self.best.as_ref().map(|best| best.score).or_else(last).filter(|score| score.is_finite())
    }

    /// The trained ticket of the one that it began with. `provenance` says how it came about.
    ///
    /// # Errors
    ///
    /// If the ticket is not the one that it began with, or the search has [diverged](Training::is_diverged).
    pub fn ticket(
        &self,
        start: &Ticket,
        provenance: BTreeMap<String, String>,
    ) -> Result<Ticket, TicketError> {
        let Best { mean, deviation, normaliser, .. } = self.best.clone().unwrap_or_else(|| Best {
            score: f64::NAN,
            mean: self.search.mean().to_vec(),
            deviation: deviations(&self.search),
            normaliser: self.normaliser().cloned(),
        });
        let whole = |values: Vec<f32>| match &self.aliases {
            Some(aliases) => aliases.expand(&values),
            None => values,
        };
        let old = start.contents();
        let contents = Contents {
            preset: old.preset.clone(),
            task: old.task.clone(),
            start: old.start.clone(),
            mean: whole(mean),
            deviation: deviation.map(whole),
            normaliser,
            provenance,
        };
        Ticket::new(start.network().clone(), &start.mask(), contents)
    }

    /// Everything that is needed to go on from here.
    pub fn checkpoint(&self) -> Checkpoint {
        let (plan, curve, best) = (self.plan.clone(), self.curve.clone(), self.best.clone());
        let (normaliser, lost) = (self.normaliser().cloned(), self.lost);
        Checkpoint { plan, search: self.search.state(), curve, best, normaliser, lost }
    }
}

impl Checkpoint {
    /// The plan of the run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// The deviation of each searched coordinate, where the strategy has one.
fn deviations(search: &Search<f32>) -> Option<Vec<f32>> {
    let deviation = search.deviation().ok()?;
    Some((0..search.dims()).map(|coordinate| deviation.at(coordinate)).collect())
}

#[cfg(test)]
mod control_tests;
#[cfg(test)]
mod tests;
