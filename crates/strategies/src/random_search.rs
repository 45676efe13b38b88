//! Random search: points of a box around the start, which learn from nothing. The mark that every other strategy must pass.
//!
//! ```text
//! ask     x = a + sqrt(12) d (u - 1/2)                        u uniform in 0 .. 1, a the start, d the deviation
//! tell    m = the best member so far
//! ```
//!
//! Source: the reference implementation (evosax 0.1.4), whose box is from 0 to 1 wherever it starts: a setting here.
//!
//! Departures of the published code ([`Quirks`]): it takes the best of this generation if its cost is below the best fitness
//! as that was told (`signs_mixed`), which under rewards it always or never is, and compares shaped costs (`shaped_compared`).

use serde::{Deserialize, Serialize};

use crate::execution::Execution;
use crate::population::{PopulationMut, Spread};
use crate::real::Real;
use crate::sample::{Plan, Sample};
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::{NoDeviation, Strategy};

/// Settings of random search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomSearchSettings {
    /// The standard deviation of every coordinate: the box is `sqrt(12)` times as wide.
    pub deviation: f64,
}

impl Default for RandomSearchSettings {
    /// A box of width 2.
    fn default() -> Self {
        RandomSearchSettings { deviation: 1.0 / 3f64.sqrt() }
    }
}

impl RandomSearchSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")
    }
}

/// Why there is none.
pub(crate) const NO_DEVIATION: NoDeviation =
    NoDeviation("random search draws from a box, and not around its mean");

/// Random search at work.
#[derive(Clone, Debug)]
pub(crate) struct RandomSearch<T> {
    quirks: Quirks,
    width: T,
    /// What the best member cost; the largest number before there is one.
    least: f64,
    centre: Vec<T>,
    deviations: Vec<T>,
}

impl<T: Real> RandomSearch<T> {
    pub(crate) fn new(settings: RandomSearchSettings, quirks: Quirks, start: &[T]) -> RandomSearch<T> {
        let deviation = T::of(settings.deviation).as_deviation();
        RandomSearch {
            quirks,
            least: f64::MAX,
            width: T::of(12f64.sqrt() * deviation.wide()),
            centre: start.to_vec(),
            deviations: vec![deviation; start.len()],
        }
    }
}

impl<T: Real> Strategy<T> for RandomSearch<T> {
    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn no_deviation(&self) -> Option<NoDeviation> {
        Some(NO_DEVIATION)
    }

    fn away(&self, plan: &Plan<'_, T>) -> Option<Vec<bool>> {
        Some(vec![true; plan.members])
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let half = T::of(0.5);
        plan.write_members(execution, false, mean, out, |drawn, row| {
            plan.draws.uniform(execution.isa, drawn.member, row);
            for (x, &centre) in row.iter_mut().zip(&self.centre) {
                *x = self.width.mul_add(*x - half, centre);
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let best = fitness.order[0];
        let cost = fitness.compared(self.quirks.shaped_compared)[best];
        let before = if self.quirks.signs_mixed { sample.told_best() } else { self.least };
        let mut found = vec![T::ZERO; mean.len()];
        sample.member(best, Spread { mean, deviation: &self.deviations }, &mut found);
        if cost < before && found.iter().all(|x| x.is_finite()) {
            mean.copy_from_slice(&found);
        } else if let (true, Some(best)) = (self.quirks.signs_mixed, sample.best) {
            mean.copy_from_slice(best.member);
        }
        self.least = self.least.min(cost);
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.vector("centre", &mut self.centre);
        fields.scalar("least_cost", &mut self.least);
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}
