//! When a search ends: a target, a budget, and signs that it will find nothing more.
//!
//! ```text
//! target       the best fitness is as good as this
//! budget       so many evaluations were told
//! flatness     the best costs of the last 10 + 30 D / P generations, and all of the last, differ by no more than 1e-12,
//!              relative or absolute
//! behind       they differ by no more than a thousandth of what they are worse than the best of the runs before: what a
//!              run still gains is about what it gained, so it will not get there
//! stagnation   over the last 20 %, at least 120 + 30 D / P and at most 20,000 generations: the median of the newer 30 %
//!              of best costs and of medians is no better than that of the older 30 %
//! ```
//!
//! and what [`Search::stop`] knows of its distribution: numbers too small or too large, a condition, no fitness at all. Source
//! of flatness and stagnation: Hansen, "Benchmarking a bi-population CMA-ES on the BBOB-2009 function testbed" (2009). That
//! a run is given up behind others is our own: where there are many hollows, more of them are tried.

use serde::{Deserialize, Serialize};

use crate::outcome::{SearchError, StopReason};
use crate::real::Real;
use crate::search::Search;
use crate::settings::{Goal, SettingError, check};

/// When to end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Criteria {
    /// End when the best fitness is as good as this.
    pub target: Option<f64>,
    /// End after so many evaluations.
    pub evaluations: Option<u64>,
    /// End where costs no longer differ, or no longer fall.
    pub stagnation: bool,
}

impl Default for Criteria {
    /// No target, no budget, but stagnation.
    fn default() -> Self {
        Criteria { target: None, evaluations: None, stagnation: true }
    }
}

impl Criteria {
    pub(crate) fn check(&self) -> Result<(), SearchError> {
        let target = self.target.unwrap_or(0.0);
        // Infinity is a target that everything, or nothing, reaches.
        let result: Result<(), SettingError> =
            check("target", if target.is_nan() { target } else { 0.0 }, true, "a number");
        result.map_err(SearchError::Setting)
    }

    /// Whether there is nothing more to do.
    pub fn reached(&self, goal: Goal, best: Option<f64>, evaluations: u64) -> Option<StopReason> {
        let is_good = |(best, target): (f64, f64)| match goal {
            Goal::Minimise => best <= target,
            Goal::Maximise => best >= target,
        };
        if best.zip(self.target).is_some_and(is_good) {
            Some(StopReason::Target)
        } else if self.evaluations.is_some_and(|budget| evaluations >= budget) {
            Some(StopReason::Budget)
        } else {
            None
        }
    }

    /// Whether a search will find nothing more.
    pub fn stalled<T: Real>(&self, history: &History, search: &Search<T>) -> Option<StopReason> {
        search.stop().or_else(|| {
            let longer = (30 * search.dims()).div_ceil(search.members());
            if self.stagnation { history.stalls(longer) } else { None }
        })
    }
}

/// Costs of the generations of a run, as far as [`Criteria`] look back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Generations, those that are forgotten among them.
    generations: u64,
    /// The best and the median of each, to be minimised; only where one was finite.
    best: Vec<f64>,
    median: Vec<f64>,
    /// Best and worst of the last.
    last: [f64; 2],
    /// The least cost of the runs before this one.
    #[serde(default)]
    known: Option<f64>,
}

/// No further back.
const LONGEST: usize = 20_000;

/// Costs that differ by less, relative or absolute, are equal.
const EQUAL: f64 = 1e-12;

/// The share of what a run is behind that it must still gain.
const CATCHING_UP: f64 = 1e-3;

impl History {
    /// Of a run that follows others, whose best fitness is this.
    pub fn after(best: Option<f64>, goal: Goal) -> History {
        History { known: best.map(|fitness| cost(goal, fitness)), ..History::default() }
    }

    /// Adds a generation.
    pub fn push<T: Real>(&mut self, fitness: &[f64], goal: Goal, search: &Search<T>) {
        let sound = fitness.iter().filter(|fitness| fitness.is_finite());
        let mut costs: Vec<f64> = sound.map(|&fitness| cost(goal, fitness)).collect();
        costs.sort_by(f64::total_cmp);
        self.generations = search.generation();
        let (Some(&first), Some(&last)) = (costs.first(), costs.last()) else { return };
        self.best.push(first);
        self.median.push(costs[costs.len() / 2]);
        self.last = [first, last];
        // Half is thrown away at a time, so that it costs nothing to speak of.
        if self.best.len() > 2 * LONGEST {
            self.best.drain(..LONGEST);
            self.median.drain(..LONGEST);
        }
    }

    fn stalls(&self, longer: usize) -> Option<StopReason> {
        let flat = self.flatness(10 + longer);
        flat.or_else(|| self.stagnates(120 + longer).then_some(StopReason::Stagnation))
    }

    /// Why to end where the costs of so many generations are equal, or nearly so and too high.
    fn flatness(&self, generations: usize) -> Option<StopReason> {
        let start = self.best.len().checked_sub(generations)?;
        let recent = self.best[start..].iter().chain(&self.last);
        let least = recent.clone().copied().fold(f64::INFINITY, f64::min);
        let most = recent.copied().fold(f64::NEG_INFINITY, f64::max);
        if most - least <= EQUAL * least.abs().max(most.abs()).clamp(1.0, 1e300) {
            return Some(StopReason::Stagnation);
        }
        let is_behind = self.known.is_some_and(|known| most - least <= CATCHING_UP * (least - known));
        is_behind.then_some(StopReason::Behind)
    }

    fn stagnates(&self, least: usize) -> bool {
        let count = ((self.generations / 5) as usize).max(least).min(LONGEST);
        let Some(start) = self.best.len().checked_sub(count) else { return false };
        let part = (3 * count / 10).max(1);
        let is_no_better = |costs: &[f64]| {
            let costs = &costs[start..];
            middle(&costs[count - part..]) >= middle(&costs[..part])
        };
        is_no_better(&self.best) && is_no_better(&self.median)
    }
}

/// Fitness to be minimised.
fn cost(goal: Goal, fitness: f64) -> f64 {
    if goal == Goal::Minimise { fitness } else { -fitness }
}

fn middle(costs: &[f64]) -> f64 {
    let mut sorted = costs.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Method, Settings};

    /// The generation at which a history of costs is said to stall, and why.
    fn stalls_at(dims: usize, costs: impl Fn(u64) -> [f64; 2]) -> Option<(u64, StopReason)> {
        stalls_after(None, dims, costs)
    }

    /// The same after runs that have found so much.
    fn stalls_after(
        known: Option<f64>,
        dims: usize,
        costs: impl Fn(u64) -> [f64; 2],
    ) -> Option<(u64, StopReason)> {
        let settings = Settings::new(Method::named("snes").expect("a name of the list"), 10);
        let mut search = Search::<f64>::new(settings, &vec![1.0; dims]).expect("good settings");
        let mut history = History::after(known, Goal::Minimise);
        (1..1000).find_map(|generation| {
            let [best, worst] = costs(generation);
            let mut fitness = [worst; 10];
            fitness[3] = best;
            let here = crate::Execution::default();
            search.tell(&here, crate::Population::AsAsked, &fitness).expect("lengths are right");
            history.push(&fitness, Goal::Minimise, &search);
            history.stalls(30 * dims / 10).map(|reason| (generation, reason))
        })
    }

    #[test]
    fn flat_and_stagnant_costs_stall_and_falling_ones_do_not() {
        let stagnant = |generation| Some((generation, StopReason::Stagnation));
        assert_eq!(stalls_at(5, |_| [3.0, 3.0]), stagnant(25), "10 + 30 * 5 / 10 generations");
        assert_eq!(stalls_at(5, |generation| [1.0 / generation as f64, 2.0 / generation as f64]), None);
        // Up and down, and never better: half of the values are above any.
        let wobble = |generation| [1.0 + (generation % 7) as f64, 10.0];
        assert_eq!(stalls_at(5, wobble), stagnant(135), "120 + 30 * 5 / 10 generations");
    }

    #[test]
    fn a_run_behind_others_that_hardly_gains_is_given_up_and_no_other() {
        // It halves its distance from 3 in each generation: 2^-n and 2^-(n + 25) are 1 / 1000 of 1 apart at n = 10.
        let falls = |generation: u64| {
            [3.0 + 0.5f64.powi(generation as i32), 3.0 + 0.5f64.powi(generation as i32 - 1)]
        };
        let behind = Some((10 + 24, StopReason::Behind));
        assert_eq!(stalls_after(Some(2.0), 5, falls), behind);
        // At the end nothing differs, and nothing can be worse than the best that is known.
        for known in [None, Some(3.0), Some(3.5)] {
            let stopped = stalls_after(known, 5, falls);
            assert!(
                stopped.is_some_and(|(at, reason)| at > 60 && reason == StopReason::Stagnation),
                "{stopped:?}"
            );
        }
    }

    #[test]
    fn targets_and_budgets_are_reached_on_their_side() {
        let criteria = Criteria { target: Some(2.0), evaluations: Some(100), stagnation: false };
        let reached = |goal, best, evaluations| criteria.reached(goal, best, evaluations);
        assert_eq!(reached(Goal::Minimise, Some(2.0), 5), Some(StopReason::Target));
        assert_eq!(reached(Goal::Minimise, Some(2.1), 5), None);
        assert_eq!(reached(Goal::Maximise, Some(2.1), 5), Some(StopReason::Target));
        assert_eq!(reached(Goal::Maximise, None, 99), None);
        assert_eq!(reached(Goal::Maximise, None, 100), Some(StopReason::Budget));
        assert!(Criteria { target: Some(f64::NAN), ..criteria }.check().is_err());
    }
}
