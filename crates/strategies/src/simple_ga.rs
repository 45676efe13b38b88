//! A simple genetic algorithm: the best members so far are parents, and children are mutated parents.
//!
//! ```text
//! ask     x = p_b + s z, where u <= r p_a + s z               p_a, p_b two parents by chance; u uniform, a coordinate each
//! tell    the k best of members and parents are parents       k = max(1, floor(P elite_ratio)); of equals members first
//!         m = the best parent,  s = max(s decay, limit)
//! ```
//!
//! All parents start as the start. A rate `r` of 0 (the default) leaves no chance to `p_a`, and then `u` is not drawn.
//!
//! Source: Such et al., "Deep neuroevolution: genetic algorithms are a competitive alternative" (2017), with parents that
//! stay until they are beaten and a deviation that shrinks, as in the reference implementation (evosax 0.1.4).
//!
//! Departures of the published code ([`Quirks`]): it compares shaped fitness of one generation with that of another
//! (`shaped_compared`), and takes the best parent for the mean only if its cost is below the best fitness as that was told
//! (`signs_mixed`). A mean decay is taken off the mean that is reported, and not off the parents.

use serde::{Deserialize, Serialize};

use crate::execution::Execution;
use crate::noise::MoreDraws;
use crate::open_es::Isotropic;
use crate::population::{PopulationMut, Spread};
use crate::real::Real;
use crate::sample::{Plan, Sample};
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::{NoDeviation, Strategy};

/// Settings of the genetic algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimpleGaSettings {
    /// How many parents there are, as a share of the members; above 0, at most 1.
    pub elite_ratio: f64,
    /// Share of a child's coordinates that are its first parent's; at least 0, at most 1.
    pub crossover_rate: f64,
    /// Standard deviation of a mutation, of every coordinate.
    pub deviation: Schedule,
}

impl Default for SimpleGaSettings {
    fn default() -> Self {
        SimpleGaSettings {
            elite_ratio: 0.5,
            crossover_rate: 0.0,
            deviation: Schedule { initial: 0.1, decay: 1.0, limit: 0.01 },
        }
    }
}

impl SimpleGaSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let ratio = self.elite_ratio;
        check("elite_ratio", ratio, ratio > 0.0 && ratio <= 1.0, "above 0, at most 1")?;
        let rate = self.crossover_rate;
        check("crossover_rate", rate, (0.0..=1.0).contains(&rate), "at least 0, at most 1")?;
        self.deviation.check("deviation")
    }
}

/// Why there is none.
pub(crate) const NO_DEVIATION: NoDeviation =
    NoDeviation("members of a genetic algorithm are drawn around their parents, and not around its mean");

/// The genetic algorithm at work.
#[derive(Clone, Debug)]
pub(crate) struct SimpleGa<T> {
    quirks: Quirks,
    crossover_rate: T,
    deviation: Isotropic<T>,
    /// `[parent][coordinate]`, best first.
    parents: Vec<T>,
    /// What each costs; the largest number where nobody was told.
    costs: Vec<f64>,
}

impl<T: Real> SimpleGa<T> {
    pub(crate) fn new(
        settings: SimpleGaSettings,
        quirks: Quirks,
        population: usize,
        start: &[T],
    ) -> SimpleGa<T> {
        let parents = ((population as f64 * settings.elite_ratio) as usize).max(1);
        SimpleGa {
            quirks,
            crossover_rate: T::of(settings.crossover_rate),
            deviation: Isotropic::new(settings.deviation, quirks, start.len()),
            parents: start.repeat(parents),
            costs: vec![f64::MAX; parents],
        }
    }

    fn parent(&self, index: usize) -> &[T] {
        let dims = self.deviation.each.len();
        &self.parents[index * dims..][..dims]
    }
}

impl<T: Real> Strategy<T> for SimpleGa<T> {
    fn deviations(&self) -> &[T] {
        &self.deviation.each
    }

    fn no_deviation(&self) -> Option<NoDeviation> {
        Some(NO_DEVIATION)
    }

    fn away(&self, plan: &Plan<'_, T>) -> Option<Vec<bool>> {
        Some(vec![true; plan.members])
    }

    fn more_draws(&self, members: usize, dims: usize) -> MoreDraws {
        MoreDraws { others: members * dims, chosen: [(members, self.costs.len()); 2] }
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let sigma = T::of(self.deviation.sigma);
        plan.write_members(execution, true, mean, out, |drawn, row| {
            let [a, b] = [0, 1].map(|kind| plan.draws.below(kind, drawn.member, self.costs.len()));
            let (first, second) = (self.parent(a), self.parent(b));
            if self.crossover_rate > T::ZERO {
                plan.draws.further_uniform(execution.isa, drawn.member, row);
                for (x, (&a, &b)) in row.iter_mut().zip(first.iter().zip(second)) {
                    *x = if *x > self.crossover_rate { b } else { a };
                }
            } else {
                row.copy_from_slice(second);
            }
            for (x, &deviate) in row.iter_mut().zip(drawn.deviates) {
                *x = sigma.mul_add(deviate, *x);
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let (dims, count) = (mean.len(), self.costs.len());
        let costs = fitness.compared(self.quirks.shaped_compared);
        let spread = Spread { mean, deviation: &self.deviation.each };
        let (mut parents, mut next) = (Vec::with_capacity(self.parents.len()), Vec::with_capacity(count));
        let (mut children, mut kept) = (fitness.sound_first().iter().peekable(), 0);
        let mut child = vec![T::ZERO; dims];
        while next.len() < count {
            if let Some(&&member) = children.peek()
                && costs[member] <= self.costs[kept]
            {
                children.next();
                sample.member(member, spread, &mut child);
                // One that is nowhere has no children.
                if child.iter().all(|x| x.is_finite()) {
                    parents.extend_from_slice(&child);
                    next.push(costs[member]);
                }
            } else {
                parents.extend_from_slice(self.parent(kept));
                next.push(self.costs[kept]);
                kept += 1;
            }
        }
        (self.parents, self.costs) = (parents, next);
        let taken = !self.quirks.signs_mixed || self.costs[0] < sample.told_best();
        match sample.best {
            Some(best) if !taken => mean.copy_from_slice(best.member),
            _ => mean.copy_from_slice(self.parent(0)),
        }
        self.deviation.shrink();
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.deviation.sigma);
        fields.vector("parents", &mut self.parents);
        fields.wide_vector("parent_costs", &mut self.costs);
    }

    fn restored(&mut self) {
        self.deviation.spread_out();
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}
