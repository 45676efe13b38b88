//! Starting again: a search that can go no further is followed by another, elsewhere, with other members or other steps.
//!
//! ```text
//! same     as the first
//! ipop     each run has twice as many members as the one before
//! bipop    whichever of two kinds has spent less:
//!          large   twice as many members as the large run before
//!          small   P (n / 2 P)^(u^2) members, n those of the last large run, and a deviation of 10^(-2 v) of the usual one;
//!                  it may spend half of what the last large run has spent
//! ```
//!
//! with `P` the usual population and `u`, `v` uniform. Sources: Auger and Hansen, "A restart CMA evolution strategy with
//! increasing population size" (2005); Hansen, "Benchmarking a bi-population CMA-ES on the BBOB-2009 function testbed"
//! (2009). Every strategy that can stop ([`Search::stop`]) can be started again.
//!
//! ```
//! use strategies::{Criteria, Execution, Method, Policy, Population, PopulationMut, Restarts, Settings};
//!
//! // Many hollows, of which one is deepest.
//! let rastrigin = |x: &[f64]| -> f64 { x.iter().map(|x| 10.0 + x * x - 10.0 * (6.2831853 * x).cos()).sum() };
//! let criteria = Criteria { target: Some(1e-8), evaluations: Some(60_000), ..Criteria::default() };
//! let settings = Settings::new(Method::named("cma-es")?, 10);
//! let mut restarts = Restarts::new(settings, Policy::Ipop, criteria, &[3.0, -2.0], Some([-5.0, 5.0]))?;
//! let here = Execution::default();
//! while restarts.ended().is_none() {
//!     let mut rows = vec![0.0; restarts.search().members() * 2];
//!     restarts.search().ask(&here, PopulationMut::Rows(&mut rows))?;
//!     let costs: Vec<f64> = rows.chunks(2).map(rastrigin).collect();
//!     restarts.tell(&here, Population::Rows(&rows), &costs)?;
//! }
//! assert!(restarts.best().is_some_and(|best| best.fitness <= 1e-8));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use numerics::Isa;
use numerics::random::Stream;
use serde::{Deserialize, Serialize};

use crate::arrivals::Arrivals;
use crate::execution::Execution;
use crate::outcome::{Best, SearchError, StopReason, Told};
use crate::population::Population;
use crate::real::{Real, exp, ln};
use crate::search::Search;
use crate::settings::{Goal, Settings};
use crate::state::{STATE_VERSION, State, StateError};
use crate::stopping::{Criteria, History};

/// What follows a run that has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Nothing: the first run is the last.
    Never,
    /// The same again, elsewhere.
    Same,
    /// Twice as many members each time.
    Ipop,
    /// Large runs that double, and small ones between them.
    Bipop,
}

impl Policy {
    /// Every name.
    pub const NAMES: [&'static str; 4] = ["never", "same", "ipop", "bipop"];

    /// The policy of a name.
    ///
    /// ```
    /// use strategies::Policy;
    ///
    /// assert_eq!(Policy::named("bipop"), Some(Policy::Bipop));
    /// assert_eq!(Policy::named("sometimes"), None);
    /// ```
    pub fn named(name: &str) -> Option<Policy> {
        [Policy::Never, Policy::Same, Policy::Ipop, Policy::Bipop]
            .into_iter()
            .zip(Policy::NAMES)
            .find_map(|(policy, known)| (known == name).then_some(policy))
    }
}

/// Numbers that the next run depends on, beside the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    /// Runs that have ended.
    runs: u64,
    /// What they have spent: all, those of the large kind, those of the small kind, and the last large one.
    spent: u64,
    large: u64,
    small: u64,
    last_large: u64,
    failures: u64,
    /// Times the population was doubled.
    doublings: u32,
    /// Whether the run at work is of the small kind.
    is_small: bool,
}

/// One search after the other. See the module's text.
#[derive(Clone, Debug)]
pub struct Restarts<T: Real> {
    usual: Settings,
    policy: Policy,
    criteria: Criteria,
    region: Option<[f64; 2]>,
    start: Vec<T>,
    ledger: Ledger,
    search: Search<T>,
    history: History,
    best: Option<(f64, Vec<T>)>,
    stopped: Vec<StopReason>,
    ended: Option<StopReason>,
}

/// Restarts at a moment, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real", deny_unknown_fields)]
pub struct RestartsState<T> {
    version: u32,
    usual: Settings,
    policy: Policy,
    criteria: Criteria,
    region: Option<[f64; 2]>,
    start: Vec<T>,
    ledger: Ledger,
    search: State<T>,
    history: History,
    best: Option<(f64, Vec<T>)>,
    stopped: Vec<StopReason>,
    ended: Option<StopReason>,
}

impl<T: Real> RestartsState<T> {
    /// Whether both are of the same searches at some moment: they began alike, and are to end alike.
    pub fn is_of(&self, other: &RestartsState<T>) -> bool {
        let began = |state: &RestartsState<T>| {
            (state.usual.clone(), state.policy, state.criteria, state.region, state.start.clone())
        };
        self.version == other.version && began(self) == began(other)
    }
}

impl<T: Real> Restarts<T> {
    /// The first run starts at `start`; those after it anywhere in the middle four fifths of `region`, lowest and highest,
    /// the same for each coordinate, or at `start` again where there is none. Each run but the first has a stream of its
    /// own: the settings' name, a space, and its number.
    pub fn new(
        usual: Settings,
        policy: Policy,
        criteria: Criteria,
        start: &[T],
        region: Option<[f64; 2]>,
    ) -> Result<Restarts<T>, SearchError> {
        if let Some(region) = region {
            Settings { bounds: Some(region), ..usual.clone() }.check(start.len())?;
        }
        criteria.check()?;
        Ok(Restarts {
            search: Search::new(usual.clone(), start)?,
            usual,
            policy,
            criteria,
            region,
            start: start.to_vec(),
            ledger: Ledger::default(),
            history: History::default(),
            best: None,
            stopped: Vec::new(),
            ended: None,
        })
    }

    /// The search at work: it is asked; who tells it must tell it here.
    pub fn search(&self) -> &Search<T> {
        &self.search
    }

    /// Why it has ended for good: a target, a budget, or that nothing follows.
    pub fn ended(&self) -> Option<StopReason> {
        self.ended
    }

    /// Why each run that has ended did.
    pub fn stopped(&self) -> &[StopReason] {
        &self.stopped
    }

    /// Evaluations of all runs.
    pub fn evaluations(&self) -> u64 {
        self.ledger.spent + self.search.evaluations()
    }

    /// Failed evaluations of all runs.
    pub fn failures(&self) -> u64 {
        self.ledger.failures + self.search.failures()
    }

    /// The best candidate of all runs.
    pub fn best(&self) -> Option<Best<'_, T>> {
        self.best.as_ref().map(|(fitness, member)| Best { fitness: *fitness, member })
    }

    /// Tells the search at work what has arrived member by member, if all have, and begins with its next generation, or with
    /// the first of the next search; nothing happens before.
    ///
    /// # Errors
    ///
    /// If these are arrivals of another generation, or of another count of members.
    pub fn tell_arrivals(
        &mut self,
        execution: &Execution<'_>,
        arrivals: &mut Arrivals,
    ) -> Result<Option<Told>, SearchError> {
        arrivals.check(&self.search)?;
        let Some(fitness) = arrivals.fitness() else { return Ok(None) };
        let told = self.tell(execution, Population::AsAsked, &fitness)?;
        *arrivals = Arrivals::of(&self.search);
        Ok(Some(told))
    }

    /// Tells the search at work, and puts the next one in its place if it can go no further.
    ///
    /// # Errors
    ///
    /// If a length is wrong, or the next search cannot be had; nothing was told then.
    pub fn tell(
        &mut self,
        execution: &Execution<'_>,
        population: Population<'_, T>,
        fitness: &[f64],
    ) -> Result<Told, SearchError> {
        let told = self.search.tell(execution, population, fitness)?;
        let goal = self.usual.goal;
        self.history.push(fitness, goal, &self.search);
        if let Some(found) = self.search.best() {
            let better = self.best.as_ref().is_none_or(|(known, _)| match goal {
                Goal::Minimise => found.fitness < *known,
                Goal::Maximise => found.fitness > *known,
            });
            if better {
                self.best = Some((found.fitness, found.member.to_vec()));
            }
        }
        let best = self.best.as_ref().map(|(fitness, _)| *fitness);
        self.ended = self.criteria.reached(goal, best, self.evaluations());
        if self.ended.is_none()
            && let Some(reason) = self.run_over()
        {
            self.stopped.push(reason);
            if self.policy == Policy::Never {
                self.ended = Some(reason);
            } else {
                self.next()?;
            }
        }
        Ok(told)
    }

    /// Why the run at work can go no further.
    fn run_over(&self) -> Option<StopReason> {
        let ledger = &self.ledger;
        let spends = ledger.is_small && self.search.evaluations() > ledger.last_large / 2;
        self.criteria.stalled(&self.history, &self.search).or(spends.then_some(StopReason::Budget))
    }

    /// Closes the run at work, and opens the next.
    fn next(&mut self) -> Result<(), SearchError> {
        let spent = self.search.evaluations();
        let mut ledger = self.ledger;
        ledger.runs += 1;
        ledger.spent += spent;
        ledger.failures += self.search.failures();
        if ledger.is_small {
            ledger.small += spent;
        } else {
            (ledger.large, ledger.last_large) = (ledger.large + spent, spent);
        }
        let draws = Stream::new(self.usual.seed, &stream(&self.usual, ledger.runs)).child(0);
        // The first two numbers of a child of their own: the start takes those of this one.
        let [u, v] = [0, 1].map(|index| f64::from(draws.child(0).uniform(index)));
        let usual = self.usual.population as f64;
        // Further than this no machine goes.
        let most = usual * power_of_two(ledger.doublings);
        let (mut method, mut population) = (self.usual.method, usual);
        ledger.is_small = self.policy == Policy::Bipop && ledger.runs > 1 && ledger.small < ledger.large;
        if ledger.is_small {
            population = usual * exp(u * u * ln((0.5 * most / usual).max(1.0)));
            method.set_deviation(self.usual.method.deviation() * exp(-2.0 * v * std::f64::consts::LN_10));
        } else if matches!(self.policy, Policy::Ipop | Policy::Bipop) {
            ledger.doublings += u32::from(ledger.doublings < 20);
            population = usual * power_of_two(ledger.doublings);
        }
        let even = if method.is_mirrored() { 2 } else { 1 };
        let population = (population as usize).next_multiple_of(even);
        let stream = stream(&self.usual, ledger.runs);
        let settings = Settings { method, population, stream, ..self.usual.clone() };
        self.search = Search::new(settings, &self.start_of(draws))?;
        let best = self.best.as_ref().map(|(fitness, _)| *fitness);
        (self.ledger, self.history) = (ledger, History::after(best, self.usual.goal));
        Ok(())
    }

    fn start_of(&self, draws: Stream) -> Vec<T> {
        let Some([low, high]) = self.region else { return self.start.clone() };
        let mut uniform = vec![0.0; self.start.len()];
        draws.uniform_into(Isa::detected(), 0, &mut uniform);
        let width = high - low;
        uniform.iter().map(|&u| T::of(low + width * (0.1 + 0.8 * f64::from(u)))).collect()
    }

    /// Everything that is needed to go on, as data.
    pub fn state(&self) -> RestartsState<T> {
        RestartsState {
            version: STATE_VERSION,
            usual: self.usual.clone(),
            policy: self.policy,
            criteria: self.criteria,
            region: self.region,
            start: self.start.clone(),
            ledger: self.ledger,
            search: self.search.state(),
            history: self.history.clone(),
            best: self.best.clone(),
            stopped: self.stopped.clone(),
            ended: self.ended,
        }
    }

    /// The restarts that a state was taken from, at that moment.
    ///
    /// # Errors
    ///
    /// If the state of the search at work is none.
    pub fn restore(state: &RestartsState<T>) -> Result<Restarts<T>, StateError> {
        let RestartsState { usual, policy, criteria, region, .. } = state;
        if state.version != STATE_VERSION {
            return Err(StateError::Version { found: state.version });
        }
        let search = Search::restore(&state.search)?;
        let dims = search.dims();
        for (name, found) in [
            ("start", state.start.len()),
            ("best", state.best.as_ref().map_or(dims, |(_, member)| member.len())),
        ] {
            if found != dims {
                return Err(StateError::Length { name: name.to_owned(), found, expected: dims });
            }
        }
        usual.check(dims).map_err(StateError::Setting)?;
        Ok(Restarts {
            usual: usual.clone(),
            policy: *policy,
            criteria: *criteria,
            region: *region,
            start: state.start.clone(),
            ledger: state.ledger,
            search,
            history: state.history.clone(),
            best: state.best.clone(),
            stopped: state.stopped.clone(),
            ended: state.ended,
        })
    }
}

/// The name of a run's stream, where it is not the first.
fn stream(usual: &Settings, run: u64) -> String {
    format!("{} {run}", usual.stream)
}

fn power_of_two(exponent: u32) -> f64 {
    (1u64 << exponent.min(40)) as f64
}
