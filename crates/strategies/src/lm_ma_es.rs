//! LM-MA-ES, limited-memory matrix adaptation: a step size and a few directions that stand for a covariance, for problems
//! too large for one.
//!
//! ```text
//! ask     x = m + s d,   d = z, then d = (1 - a_j) d + a_j v_j (v_j' d) for j = 1 .. min(t, k)
//! tell    w = sum_{i <= mu} w_i z_i, best first;  m = m + s sum w_i d_i
//!         p = (1 - c) p + sqrt(c (2 - c) mu_eff) w
//!         v_j = (1 - c_j) v_j + sqrt(c_j (2 - c_j) mu_eff) w
//!         s = s exp(c / 2 (|p|^2 / D - 1))
//! ```
//!
//! with weights `ln(mu + 1/2) - ln i`, made to sum to 1, `mu` = P/2, `k = 4 + floor(3 ln D)`, `c = 2 P / D`,
//! `a_j = 1 / (1.5^(j-1) D)`, `c_j = P / (4^(j-1) D)`, and `t` the generations that were told.
//!
//! `k + 2` vectors are kept; a generation costs `2 P k D`, and `k^2 D` for the products of directions and the deviations.
//! Members change sixteen at a time (`directions`). `z` is not kept: `w` is solved for, direction by
//! direction, from the mean of what was told.
//!
//! Source: Loshchilov, Glasmachers and Beyer, "Large scale black-box optimization by limited-memory matrix adaptation"
//! (2019).
//!
//! Departures: the paper is about many dimensions; `c`, `a_j` and `c_j` are at most 1/2 here, which matters below some dozen,
//! and a step size grows by no more than e in a generation.

use std::ops::Range;

use numerics::LANES;
use serde::{Deserialize, Serialize};

use crate::directions::{BLOCK, Directions, products};
use crate::eigen::dot;
use crate::execution::{Execution, kernel};
use crate::population::{PopulationMut, Spread};
use crate::real::{Real, exp, ln};
use crate::sample::{Plan, Sample};
use crate::settings::{SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::step_size::{LEAST, MOST, blend, effective};
use crate::strategy::Strategy;

/// Settings of LM-MA-ES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LmMaEsSettings {
    /// The step size at the start.
    pub deviation: f64,
    /// Directions that are kept; 0 for `4 + 3 ln D`.
    pub directions: usize,
}

impl Default for LmMaEsSettings {
    fn default() -> Self {
        LmMaEsSettings { deviation: 1.0, directions: 0 }
    }
}

impl LmMaEsSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")?;
        let count = self.directions as f64;
        check("directions", count, self.directions <= 1000, "at most 1000, or 0 for the usual number")
    }

    /// How many directions are kept.
    pub fn kept(&self, dims: usize) -> usize {
        if self.directions > 0 { self.directions } else { 4 + (3.0 * ln(dims as f64)) as usize }
    }
}

/// Rates are at most this.
const FASTEST: f64 = 0.5;

/// LM-MA-ES at work.
#[derive(Clone, Debug)]
pub(crate) struct LmMaEs<T> {
    dims: usize,
    weights: Vec<f64>,
    parents: f64,
    /// `c`
    rate: f64,
    /// `a_j` and `c_j`
    rates: Vec<[f64; 2]>,
    sigma: f64,
    told: u64,
    path: Vec<T>,
    /// `v_j`, `[direction][coordinate]`
    directions: Vec<T>,
    /// `v_i' v_j`
    products: Vec<f64>,
    deviations: Vec<T>,
}

impl<T: Real> LmMaEs<T> {
    pub(crate) fn new(settings: LmMaEsSettings, population: usize, dims: usize) -> LmMaEs<T> {
        let (wide, members) = (dims as f64, population as f64);
        let half = (population / 2).max(1);
        let raw = |rank: usize| {
            if rank < half { ln(half as f64 + 0.5) - ln(rank as f64 + 1.0) } else { 0.0 }
        };
        let raw: Vec<f64> = (0..population).map(raw).collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
        let count = settings.kept(dims);
        let (mut narrow, mut long) = (1.0 / wide, members / wide);
        let mut rates = Vec::with_capacity(count);
        for _ in 0..count {
            rates.push([narrow, long].map(|rate: f64| rate.min(FASTEST)));
            (narrow, long) = (narrow / 1.5, long / 4.0);
        }
        let mut start = LmMaEs {
            dims,
            parents: effective(&weights),
            weights,
            rate: (2.0 * members / wide).min(FASTEST),
            rates,
            sigma: settings.deviation.clamp(LEAST, MOST),
            told: 0,
            path: vec![T::ZERO; dims],
            directions: vec![T::ZERO; count * dims],
            products: Vec::new(),
            deviations: vec![T::ZERO; dims],
        };
        start.spread_out(&Execution::default());
        start
    }

    /// The directions that are in use, each with its rate.
    fn used(&self) -> impl DoubleEndedIterator<Item = (&[T], f64)> + ExactSizeIterator {
        let count = self.rates.len().min(self.told as usize);
        self.directions.chunks(self.dims).zip(self.rates.iter().map(|[rate, _]| *rate)).take(count)
    }

    /// `z` of a `d`, or of a sum of them: each direction's change is undone, the last first.
    fn undone(&self, execution: &Execution<'_>, d: &mut [T]) {
        for (direction, rate) in self.used().rev() {
            let square = dot(execution.isa, direction, direction);
            let along = dot(execution.isa, direction, d);
            // of (keep I + rate v v'), by Sherman and Morrison
            let keep = 1.0 - rate;
            let share = rate * along / (rate.mul_add(square, keep) * keep);
            let factors = [1.0 / keep, -share].map(|factor| T::of(factor).bounded_or_zero());
            let parts = d.chunks_mut(execution.block()).zip(direction.chunks(execution.block()));
            execution.threads.for_each(parts, |(d, v)| change(execution.isa, factors, v, d));
        }
    }

    /// What the directions in use make of members.
    fn directions(&self) -> Directions<'_, T> {
        let (vectors, rates) = self.used().unzip();
        Directions::new(vectors, rates, &self.products)
    }

    /// What follows from the directions: their products, and the deviation of each coordinate.
    fn spread_out(&mut self, execution: &Execution<'_>) {
        self.products = products(execution, &self.directions, self.dims);
        let mut deviations = std::mem::take(&mut self.deviations);
        let (directions, sigma) = (self.directions(), self.sigma);
        let form = directions.form();
        let parts = (0..self.dims).step_by(BLOCK).zip(deviations.chunks_mut(BLOCK));
        execution.threads.for_each(parts, |(start, out)| {
            directions.squares(execution.isa, &form, start, out);
            for deviation in out {
                *deviation = T::of(sigma * deviation.wide().max(0.0).sqrt()).as_deviation();
            }
        });
        self.deviations = deviations;
    }
}

impl<T: Real> Strategy<T> for LmMaEs<T> {
    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let (sigma, directions) = (T::of(self.sigma), self.directions());
        let look = |block: Range<usize>, deviates: &[T]| directions.along(execution.isa, block, deviates);
        plan.write_groups(
            execution,
            mean,
            out,
            look,
            |parts| directions.shares(parts),
            |shares, block, lanes| {
                directions.change(execution.isa, shares, block.clone(), lanes);
                settle(execution.isa, sigma, &mean[block], lanes);
            },
        );
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let execution = sample.execution;
        let weights = fitness.by_rank(&self.weights);
        let spread = Spread { mean, deviation: &self.deviations };
        let mut step = sample.moments(spread, &weights, None).slope;
        let inverse = T::of(1.0 / self.sigma);
        for ((step, mean), &deviation) in step.iter_mut().zip(mean).zip(&self.deviations) {
            let moved = *step * deviation;
            *mean = mean.moved_by(moved);
            *step = (moved * inverse).bounded_or_zero();
        }
        self.undone(&execution, &mut step);
        let longest = T::of(LONGEST_DRAW);
        for step in &mut step {
            let sound = step.finite_or_zero();
            let below = if sound < longest { sound } else { longest };
            *step = if below > -longest { below } else { -longest };
        }

        let block = execution.block();
        let factors = blend(self.rate, self.parents).map(T::of);
        let parts = self.path.chunks_mut(block).zip(step.chunks(block));
        execution.threads.for_each(parts, |(path, step)| change(execution.isa, factors, step, path));
        for (direction, [_, rate]) in self.directions.chunks_mut(self.dims).zip(&self.rates) {
            let factors = blend(*rate, self.parents).map(T::of);
            let parts = direction.chunks_mut(block).zip(step.chunks(block));
            execution.threads.for_each(parts, |(direction, step)| {
                change(execution.isa, factors, step, direction);
            });
        }
        let square = dot(execution.isa, &self.path, &self.path) / self.dims as f64;
        let grown = self.sigma * exp((0.5 * self.rate * (square - 1.0)).min(1.0));
        self.sigma = grown.clamp(LEAST, MOST);
        self.told += 1;
        self.spread_out(&execution);
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.sigma);
        fields.count("told_generations", &mut self.told);
        fields.vector("step_path", &mut self.path);
        fields.vector("directions", &mut self.directions);
    }

    fn restored(&mut self) {
        self.spread_out(&Execution::default());
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

/// No mean of normal draws is longer than this in any coordinate; what was told beside what was asked for may be.
const LONGEST_DRAW: f64 = 1e3;

kernel! {
    /// `out = keep out + take x`
    fn change<'a, T>(factors: [T; 2], x: &'a [T], out: &'a mut [T]) {
        let [keep, take] = factors;
        for (out, &x) in out.iter_mut().zip(x) {
            *out = keep.mul_add(*out, take * x);
        }
    }
}

kernel! {
    /// `x = mean + sigma x`, for sixteen members.
    fn settle<'a, T>(sigma: T, mean: &'a [T], lanes: &'a mut [T]) {
        let (lanes, _) = lanes.as_chunks_mut::<LANES>();
        for (lanes, &mean) in lanes.iter_mut().zip(mean) {
            for x in lanes {
                *x = sigma.mul_add(*x, mean);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use numerics::Isa;
    use numerics::random::Stream;

    use super::*;

    #[test]
    fn what_a_direction_changes_can_be_undone() {
        let mut search = LmMaEs::<f64>::new(LmMaEsSettings::default(), 12, 9);
        let stream = Stream::new(8, "directions");
        search.directions.iter_mut().zip(0..).for_each(|(entry, index)| *entry = stream.normal(index).into());
        search.told = 100;
        let before: Vec<f64> = (0..9).map(|index| stream.normal(1000 + index).into()).collect();
        let mut there = before.clone();
        for (direction, rate) in search.used() {
            let share = rate * dot(Isa::detected(), direction, &there);
            change(Isa::detected(), [1.0 - rate, share], direction, &mut there);
        }
        assert!(there.iter().zip(&before).any(|(there, before)| (there - before).abs() > 0.1));
        search.undone(&Execution::default(), &mut there);
        for (there, before) in there.iter().zip(&before) {
            // Ten changes, each with a condition of about ten.
            assert!((there - before).abs() < 1e6 * f64::EPSILON, "{there}, not {before}");
        }
    }
}
