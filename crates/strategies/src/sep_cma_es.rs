//! Sep-CMA-ES: a step size, and a variance a coordinate that learns from an evolution path and from the best half.
//!
//! ```text
//! ask     x = m + s sqrt(C) z                                 C a vector
//! tell    y_i = (x_i - m) / s, best first;  w = sum_{i <= mu} w_i y_i
//!         m = m + s w
//!         step size by the path of w / sqrt(C)                (see `step_size`)
//!         p = (1 - c) p + h sqrt(c (2 - c) mu_eff) w          c = 4 / (D + 4)
//!         C = (1 + c1 (1 - h) c (2 - c) - c1 - cm) C + c1 p^2 + cm sum_{i <= mu} w_i y_i^2
//! ```
//!
//! with weights `ln(mu + 1) - ln i`, made to sum to 1, `mu` = P/2, and, for `mu` the effective count of parents,
//!
//! ```text
//! full = 2 / (mu (D + sqrt 2)^2) + (1 - 1/mu) min(1, (2 mu - 1) / ((D + 2)^2 + mu))
//! rate = min(1, (D + 2) / 3 full)     c1 = rate / mu     cm = rate (1 - 1/mu)
//! ```
//!
//! Source: Ros and Hansen, "A simple modification in CMA-ES achieving linear time and space complexity" (2008).
//!
//! **The deviation is `s sqrt(C)`.** What the published pruning code calls sigma is `C`, a variance without the step
//! size ([`Search::published_sigma`](crate::Search::published_sigma)).
//!
//! Absent: step sizes from two points, which depend on the length of a member, while here coordinates are drawn alone.
//!
//! Departures of the published code ([`Quirks`]): `c1 = 2 / ((D + 1.3)^2 + mu)`, without the factor that a diagonal can
//! afford, `cm = (D + 2) / 3 full`, no bound on their sum, and constants that know of no more than 40,000 dimensions
//! (`sep_cma_constants`).

use serde::{Deserialize, Serialize};

use crate::execution::{Execution, kernel};
use crate::population::Spread;
use crate::real::{Real, ln, norm};
use crate::sample::{Moments, Sample};
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::step_size::{StepSize, blend, effective};
use crate::strategy::{Checkpoint, NoDeviation, Strategy};

/// Settings of Sep-CMA-ES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SepCmaEsSettings {
    /// The step size at the start.
    pub deviation: f64,
    /// Share of the members that are learned from; above 0, at most 1.
    pub elite_ratio: f64,
}

impl Default for SepCmaEsSettings {
    fn default() -> Self {
        SepCmaEsSettings { deviation: 1.0, elite_ratio: 0.5 }
    }
}

impl SepCmaEsSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")?;
        check(
            "elite_ratio",
            self.elite_ratio,
            self.elite_ratio > 0.0 && self.elite_ratio <= 1.0,
            "above 0, at most 1",
        )
    }
}

/// Sep-CMA-ES at work.
#[derive(Clone, Debug)]
pub(crate) struct SepCmaEs<T> {
    weights: Vec<f64>,
    parents: f64,
    rates: Rates,
    step: StepSize,
    variances: Vec<T>,
    step_path: Vec<T>,
    variance_path: Vec<T>,
    deviations: Vec<T>,
}

/// Learning rates of the variances.
#[derive(Clone, Copy, Debug)]
struct Rates {
    path: f64,
    one: f64,
    many: f64,
}

impl Rates {
    fn new(dims: usize, known: usize, parents: f64, quirks: Quirks) -> Rates {
        let (dims, known) = (dims as f64, known as f64);
        let near = known + std::f64::consts::SQRT_2;
        let many = ((2.0 * parents - 1.0) / ((known + 2.0) * (known + 2.0) + parents)).min(1.0);
        let full = 2.0 / parents / (near * near) + (1.0 - 1.0 / parents) * many;
        let rate = (dims + 2.0) / 3.0 * full;
        let path = 4.0 / (dims + 4.0);
        if quirks.sep_cma_constants {
            let one = 2.0 / ((known + 1.3) * (known + 1.3) + parents);
            Rates { path, one, many: rate }
        } else {
            let rate = rate.min(1.0);
            Rates { path, one: rate / parents, many: rate * (1.0 - 1.0 / parents) }
        }
    }
}

impl<T: Real> SepCmaEs<T> {
    pub(crate) fn new(
        settings: SepCmaEsSettings,
        quirks: Quirks,
        population: usize,
        dims: usize,
    ) -> SepCmaEs<T> {
        let weights = weights(settings.elite_ratio, population);
        let parents = effective(&weights);
        let known = if quirks.sep_cma_constants { dims.min(40_000) } else { dims };
        let mut start = SepCmaEs {
            weights,
            parents,
            rates: Rates::new(dims, known, parents, quirks),
            step: StepSize::new(settings.deviation, dims, known, parents, 3.0),
            variances: vec![T::ONE; dims],
            step_path: vec![T::ZERO; dims],
            variance_path: vec![T::ZERO; dims],
            deviations: vec![T::ZERO; dims],
        };
        start.restored();
        start
    }

    /// The path of the step size, and the mean.
    fn move_mean(&mut self, execution: &Execution<'_>, moments: &Moments<T>, mean: &mut [T]) {
        let block = execution.block();
        let constants = self.step.path().map(T::of);
        let moved = mean.chunks_mut(block).zip(self.step_path.chunks_mut(block));
        let parts = moments.slope.chunks(block).zip(self.deviations.chunks(block)).zip(moved);
        execution.threads.for_each(parts, |((slope, deviations), (mean, path))| {
            walk(execution.isa, constants, slope, deviations, mean, path);
        });
    }

    /// The path of the variances, and the variances.
    fn learn_variances(&mut self, execution: &Execution<'_>, moments: &Moments<T>, grows: bool) {
        let block = execution.block();
        let Rates { path, one, many } = self.rates;
        let [keep, take] = blend(path, self.parents);
        let stall = if grows { 0.0 } else { one * path * (2.0 - path) };
        let constants =
            [keep, if grows { take } else { 0.0 }, 1.0 + stall - one - many, one, many, self.step.sigma]
                .map(T::of);
        let learned = self.variances.chunks_mut(block).zip(self.variance_path.chunks_mut(block));
        let parts = moments.slope.chunks(block).zip(moments.curvature.chunks(block)).zip(learned);
        execution.threads.for_each(parts.zip(self.deviations.chunks_mut(block)), |(parts, deviations)| {
            let ((slope, curvature), (variances, path)) = parts;
            learn(execution.isa, constants, slope, curvature, variances, path, deviations);
        });
    }
}

/// The weight of each rank.
fn weights(elite_ratio: f64, population: usize) -> Vec<f64> {
    let elite = ((population as f64 * elite_ratio) as usize).max(1);
    let raw = |rank: usize| if rank < elite { ln(elite as f64 + 1.0) - ln(rank as f64 + 1.0) } else { 0.0 };
    let raw: Vec<f64> = (0..population).map(raw).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|weight| weight / sum).collect()
}

impl<T: Real> Strategy<T> for SepCmaEs<T> {
    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn published_sigma(&self, checkpoint: Checkpoint) -> Result<Vec<T>, NoDeviation> {
        let scale = match checkpoint {
            Checkpoint::Final => T::ONE,
            Checkpoint::Best => T::of(self.step.sigma),
        };
        Ok(self.variances.iter().map(|&variance| scale * variance).collect())
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let weights = fitness.by_rank(&self.weights);
        let spread = Spread { mean, deviation: &self.deviations };
        let moments = sample.moments(spread, &weights, Some(&weights));
        self.move_mean(&sample.execution, &moments, mean);
        let grows = self.step.adapt(norm(&self.step_path), sample.generation);
        self.learn_variances(&sample.execution, &moments, grows);
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.step.sigma);
        fields.vector("variances", &mut self.variances);
        fields.vector("step_path", &mut self.step_path);
        fields.vector("variance_path", &mut self.variance_path);
    }

    fn restored(&mut self) {
        let sigma = T::of(self.step.sigma);
        for (deviation, &variance) in self.deviations.iter_mut().zip(&self.variances) {
            *deviation = (sigma * root(variance)).as_deviation();
        }
    }

    fn condition(&self) -> Option<f64> {
        let wide = self.variances.iter().map(|variance| variance.wide());
        let (least, most) = wide.fold((f64::INFINITY, 0.0f64), |(a, b), v| (a.min(v), b.max(v)));
        Some(most / least.max(1e-300))
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

/// Root of a variance; one below zero counts as 1e-20.
#[inline(always)]
fn root<T: Real>(variance: T) -> T {
    let variance = if variance < T::ZERO { T::of(1e-20) } else { variance };
    variance.sqrt().as_deviation()
}

kernel! {
    fn walk<'a, T>(
        constants: [T; 2],
        slope: &'a [T],
        deviations: &'a [T],
        mean: &'a mut [T],
        path: &'a mut [T],
    ) {
        let [keep, take] = constants;
        for (((&slope, &deviation), mean), path) in slope.iter().zip(deviations).zip(mean).zip(path) {
            *mean = mean.moved_by(deviation * slope);
            *path = keep.mul_add(*path, take * slope);
        }
    }
}

kernel! {
    fn learn<'a, T>(
        constants: [T; 6],
        slope: &'a [T],
        curvature: &'a [T],
        variances: &'a mut [T],
        path: &'a mut [T],
        deviations: &'a mut [T],
    ) {
        let [keep_path, take, keep, one, many, sigma] = constants;
        let learned = variances.iter_mut().zip(path).zip(deviations);
        for ((&slope, &curvature), ((variance, path), deviation)) in slope.iter().zip(curvature).zip(learned) {
            let old = root(*variance);
            *path = keep_path.mul_add(*path, take * old * slope).bounded_or_zero();
            let from_path = one * *path * *path;
            let from_members = many * old * old * curvature;
            let new = keep.mul_add(*variance, from_path + from_members);
            *variance = if new.is_finite() { new } else { *variance };
            *deviation = (sigma * root(*variance)).as_deviation();
        }
    }
}
