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

use std::fmt;

use numerics::AlignedBuffer;
use serde::{Deserialize, Serialize};
use strategies::{
    Execution, Population, PopulationMut, Search, SearchError, Settings, State, StateError, StopReason,
};
use tasks::Trial;

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
}

/// A test, and what the generations before it were like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Generations that were told.
    pub generation: u64,
    /// Evaluations that were told.
    pub evaluations: u64,
    /// Evaluations that gave no finite fitness.
    pub failures: u64,
    /// Mean over the finite fitness of the last generation; none at the start, or where all failed.
    pub fitness_mean: Option<f64>,
    /// The largest of it.
    pub fitness_best: Option<f64>,
    /// Mean over the coordinates of the deviations, as sampled next; none where a strategy has none.
    pub deviation: Option<f64>,
    /// The task's score of the mean.
    pub score: f64,
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

/// A run, somewhere between its start and its end.
pub struct Training<'a> {
    plan: Plan,
    trial: Box<dyn Trial + 'a>,
    search: Search<f32>,
    curve: Vec<Point>,
    population: AlignedBuffer,
    fitness: Vec<f64>,
}

/// Everything that is needed to go on, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    plan: Plan,
    search: State<f32>,
    curve: Vec<Point>,
}

/// Why a run cannot go on from a checkpoint.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is damaged, or of another version.
    State(StateError),
    /// It is of another run.
    Plan,
    /// It is of another network.
    Coordinates {
        /// Of the network.
        expected: usize,
        /// Of the checkpoint.
        found: usize,
    },
    /// Its curve ends elsewhere than its search.
    Curve {
        /// Generations that the search was told.
        generation: u64,
        /// Tests in the curve.
        tests: usize,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::State(error) => error.fmt(f),
            CheckpointError::Plan => f.write_str("the checkpoint is of a run with other settings"),
            CheckpointError::Coordinates { expected, found } => {
                write!(f, "the checkpoint has {found} coordinates and the network {expected} free ones")
            }
            CheckpointError::Curve { generation, tests } => {
                write!(
                    f,
                    "the checkpoint is of generation {generation} and has {tests} tests, which cannot be"
                )
            }
        }
    }
}

impl std::error::Error for CheckpointError {}

impl<'a> Training<'a> {
    /// Begins around `start`: one number a free coordinate.
    pub fn new(plan: &Plan, trial: Box<dyn Trial + 'a>, start: &[f32]) -> Result<Training<'a>, SearchError> {
        let search = Search::new(plan.search.clone(), start)?;
        Ok(Training::of(plan, trial, search, Vec::new()))
    }

    /// Goes on from where [`checkpoint`](Training::checkpoint) was called.
    pub fn resume(
        plan: &Plan,
        trial: Box<dyn Trial + 'a>,
        dims: usize,
        checkpoint: &Checkpoint,
    ) -> Result<Training<'a>, CheckpointError> {
        let search = Search::restore(&checkpoint.search).map_err(CheckpointError::State)?;
        if checkpoint.plan != *plan || *search.settings() != plan.search {
            return Err(CheckpointError::Plan);
        }
        if search.dims() != dims {
            return Err(CheckpointError::Coordinates { expected: dims, found: search.dims() });
        }
        let training = Training::of(plan, trial, search, checkpoint.curve.clone());
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
        regular as usize + usize::from(last)
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
        let Training { trial, search, population, fitness, .. } = self;
        let threads = execution.threads;
        search.ask(execution, PopulationMut::Rows(population)).expect(FITS);
        ended(Phase::Ask);
        trial.prepare(threads, search.generation());
        ended(Phase::Prepare);
        trial.fitness(threads, population, fitness);
        ended(Phase::Evaluate);
        search.tell(execution, Population::Rows(population), fitness).expect(FITS);
        ended(Phase::Tell);

        let told = self.search.generation();
        if told.is_multiple_of(self.plan.test_every.max(1)) || self.is_done() {
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
        self.curve.push(Point {
            generation: search.generation(),
            evaluations: search.evaluations(),
            failures: search.failures(),
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

    /// The search distribution.
    pub fn search(&self) -> &Search<f32> {
        &self.search
    }

    /// The plan it was made with.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Everything that is needed to go on from here.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { plan: self.plan.clone(), search: self.search.state(), curve: self.curve.clone() }
    }
}

impl Checkpoint {
    /// The plan of the run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

#[cfg(test)]
mod tests;
