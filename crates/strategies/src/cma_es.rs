//! CMA-ES: a step size and a full covariance, which learn from evolution paths and from all members.
//!
//! ```text
//! ask     C = B L^2 B';   x = m + s B (L z)
//! tell    y_i = (x_i - m) / s, best first;  w = sum_{i <= mu} w_i y_i
//!         m = m + s w
//!         step size by the path of B L^-1 B' w                (see `step_size`)
//!         p = (1 - c) p + h sqrt(c (2 - c) mu_eff) w          c = (4 + mu_eff / D) / (D + 4 + 2 mu_eff / D)
//!         C = (1 + c1 (1 - h) c (2 - c) - c1 - cm sum w) C + c1 p p' + cm sum_i w_i' y_i y_i'
//! ```
//!
//! over all members in the last sum; where `w_i` is negative, `w_i' = w_i D / |C^-1/2 y_i|^2`. Raw weights are
//! `ln((P + 1) / 2) - ln i`; the positive ones sum to 1, and the negative ones to no more than keeps `C` positive. Where it
//! is not `active`, there are no negative ones. The step size can learn from two members instead (`step_size`).
//!
//! Everything here is `f64`, whatever the parameters are: `C` loses its positive eigenvalues in less. Memory and time
//! grow with `D^2` and `P D^2`, the decomposition with `D^3`; it is renewed when `C` has changed by about a tenth.
//!
//! Source: Hansen, "The CMA evolution strategy: a tutorial" (2016), with active covariance update.
//!
//! Departures of the published code ([`Quirks`]): it adds 1e-10 to every entry of the first `C`, decomposes in every
//! generation, and goes on with the product of the parts (`cma_ridge`); it does not make the weights of an elite other
//! than half sum to 1 (`cma_weights_cut`).

use std::fmt;

use numerics::{Isa, LANES};
use serde::{Deserialize, Serialize};

use crate::eigen::{add, decompose, dot, identity};
use crate::execution::{Execution, kernel};
use crate::population::{Layout, PopulationMut, Spread};
use crate::real::{Real, ln, norm};
use crate::sample::{Plan, Sample};
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::step_size::{LONGEST, StepRule, StepSize, blend, effective};
use crate::strategy::Strategy;

/// Settings of CMA-ES.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CmaEsSettings {
    /// The step size at the start.
    pub deviation: f64,
    /// Share of the members that move the mean; above 0, at most 1.
    pub elite_ratio: f64,
    /// Whether the covariance learns from bad members what to avoid.
    pub active: bool,
    /// What the step size learns from.
    pub step_size: StepRule,
}

impl Default for CmaEsSettings {
    fn default() -> Self {
        CmaEsSettings { deviation: 1.0, elite_ratio: 0.5, active: true, step_size: StepRule::Cumulative }
    }
}

impl fmt::Debug for CmaEsSettings {
    /// Settings that came after the first saved states are written where they are not the usual: the checksum of a state
    /// is made of this text, and must not change.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("CmaEsSettings");
        text.field("deviation", &self.deviation).field("elite_ratio", &self.elite_ratio);
        if !self.active {
            text.field("active", &false);
        }
        if self.step_size != StepRule::Cumulative {
            text.field("step_size", &self.step_size);
        }
        text.finish()
    }
}

impl CmaEsSettings {
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

/// Weights by rank, and the learning rates that follow from them.
#[derive(Clone, Debug)]
struct Learning {
    /// Of the mean.
    mean: Vec<f64>,
    /// Of the covariance; negative for the worse half.
    all: Vec<f64>,
    parents: f64,
    path: f64,
    one: f64,
    many: f64,
}

impl Learning {
    fn new(settings: CmaEsSettings, quirks: Quirks, population: usize, dims: usize) -> Learning {
        let wide = dims as f64;
        let elite = ((population as f64 * settings.elite_ratio) as usize).max(1);
        let middle = ln((population as f64 + 1.0) / 2.0);
        let mut raw: Vec<f64> = (1..=population).map(|place| middle - ln(place as f64)).collect();
        if !quirks.cma_weights_cut {
            // Beyond the elite nothing pulls the mean: weights there are negative, or nothing.
            raw[elite..].iter_mut().for_each(|weight| *weight = weight.min(0.0));
        }
        let used =
            if quirks.cma_weights_cut { elite } else { raw.iter().filter(|&&w| w > 0.0).count().min(elite) };
        let parents = effective(&raw[..used]);
        let against = if used < population { effective(&raw[used..]) } else { 0.0 };
        let one = 2.0 / ((wide + 1.3) * (wide + 1.3) + parents);
        let many = 2.0 * (parents - 2.0 + 1.0 / parents) / ((wide + 2.0) * (wide + 2.0) + parents);
        let many = many.min(1.0 - one - 1e-8).max(0.0);
        let bounds =
            [1.0 + one / many, 1.0 + 2.0 * against / (parents + 2.0), (1.0 - one - many) / (wide * many)];
        let bound = bounds.into_iter().filter(|bound| bound.is_finite()).fold(f64::INFINITY, f64::min);
        let bound = if settings.active { bound } else { 0.0 };
        let positive: f64 = raw.iter().filter(|&&weight| weight > 0.0).sum();
        let negative: f64 = raw.iter().filter(|&&weight| weight < 0.0).sum();
        let share = |&weight: &f64| {
            if weight >= 0.0 { weight / positive } else { bound * weight / negative.abs() }
        };
        let all: Vec<f64> = raw.iter().map(share).collect();
        let mean =
            all.iter().enumerate().map(|(rank, &weight)| if rank < used { weight } else { 0.0 }).collect();
        let path = (4.0 + parents / wide) / (wide + 4.0 + 2.0 * parents / wide);
        Learning { mean, all, parents, path, one, many }
    }
}

/// CMA-ES at work.
#[derive(Clone, Debug)]
pub(crate) struct CmaEs<T> {
    learning: Learning,
    quirks: Quirks,
    dims: usize,
    step: StepSize,
    covariance: Vec<f64>,
    step_path: Vec<f64>,
    covariance_path: Vec<f64>,
    /// `B`, eigenvectors in columns.
    vectors: Vec<f64>,
    /// The diagonal of `L`.
    axes: Vec<f64>,
    /// Generations since the decomposition.
    age: u64,
    points: Option<TwoPoints>,
    deviations: Vec<T>,
}

/// What the rule of two points remembers.
#[derive(Clone, Debug)]
struct TwoPoints {
    /// The mean's last step, in units of the step size; zeros before the first.
    step: Vec<f64>,
    /// The average of differences in rank.
    average: f64,
}

impl<T: Real> CmaEs<T> {
    pub(crate) fn new(settings: CmaEsSettings, quirks: Quirks, population: usize, dims: usize) -> CmaEs<T> {
        let learning = Learning::new(settings, quirks, population, dims);
        let mut start = CmaEs {
            step: StepSize::new(settings.deviation, dims, dims, learning.parents, 5.0),
            learning,
            quirks,
            dims,
            covariance: identity(dims),
            step_path: vec![0.0; dims],
            covariance_path: vec![0.0; dims],
            vectors: identity(dims),
            axes: vec![1.0; dims],
            age: 0,
            points: (settings.step_size == StepRule::TwoPoint && population > 2)
                .then(|| TwoPoints { step: vec![0.0; dims], average: 0.0 }),
            deviations: vec![T::ZERO; dims],
        };
        if quirks.cma_ridge {
            let ridged: Vec<f64> = start.covariance.iter().map(|entry| entry + 1e-10).collect();
            start.decompose(Isa::detected(), &ridged);
        }
        start.restored();
        start
    }

    /// Renews `B` and `L`; keeps the old ones if the matrix is none.
    fn decompose(&mut self, isa: Isa, matrix: &[f64]) {
        let dims = self.dims;
        let Some(eigen) = decompose(isa, matrix, dims) else { return };
        for (column, vector) in eigen.vectors.chunks(dims).enumerate() {
            for (row, &entry) in vector.iter().enumerate() {
                self.vectors[row * dims + column] = entry;
            }
        }
        // Eigenvalues that rounding made negative count as 1e-20.
        self.axes = eigen
            .values
            .iter()
            .map(|&value| if value < 0.0 { 1e-10 } else { value.sqrt().max(1e-150) })
            .collect();
        self.age = 0;
    }

    /// Generations that a decomposition serves: until a tenth of `C` is new.
    fn patience(&self) -> u64 {
        if self.quirks.cma_ridge {
            return 1;
        }
        (0.1 / ((self.learning.one + self.learning.many) * self.dims as f64)).max(1.0) as u64
    }

    /// `B L^-1 B' y`
    fn whiten(&self, isa: Isa, y: &[f64]) -> Vec<f64> {
        let mut inner = self.along_axes(isa, y);
        inner.iter_mut().zip(&self.axes).for_each(|(inner, axis)| *inner /= axis);
        self.vectors.chunks(self.dims).map(|row| dot(isa, row, &inner)).collect()
    }

    /// `B' y`
    fn along_axes(&self, isa: Isa, y: &[f64]) -> Vec<f64> {
        let mut inner = vec![0.0; self.dims];
        for (row, &y) in self.vectors.chunks(self.dims).zip(y) {
            add(isa, y, row, &mut inner);
        }
        inner
    }

    /// `|C^-1/2 y|^2`
    fn squared_length(&self, isa: Isa, y: &[f64]) -> f64 {
        let inner = self.along_axes(isa, y);
        inner.iter().zip(&self.axes).map(|(inner, axis)| (inner / axis) * (inner / axis)).sum()
    }

    /// The mean's last step in the coordinates of `B`, as long as a deviate of length 1; none without two points.
    fn direction(&self, isa: Isa) -> Option<Vec<f64>> {
        let mut inner = self.along_axes(isa, &self.points.as_ref()?.step);
        let parts = inner.iter().zip(&self.axes).map(|(inner, axis)| inner / axis);
        let length = parts.map(|part| part * part).sum::<f64>().sqrt();
        inner.iter_mut().for_each(|inner| *inner /= length);
        inner.iter().all(|inner| inner.is_finite()).then_some(inner)
    }

    /// `B L^2 B'`
    fn composed(&self, execution: &Execution<'_>) -> Vec<f64> {
        let dims = self.dims;
        let mut matrix = vec![0.0; dims * dims];
        execution.threads.for_each(matrix.chunks_mut(dims).zip(self.vectors.chunks(dims)), |(out, row)| {
            let scaled: Vec<f64> =
                row.iter().zip(&self.axes).map(|(entry, axis)| entry * axis * axis).collect();
            for (out, other) in out.iter_mut().zip(self.vectors.chunks(dims)) {
                *out = dot(execution.isa, &scaled, other);
            }
        });
        matrix
    }

    /// The new covariance, a row a task. Weights and steps are by member.
    fn learn_covariance(&mut self, execution: &Execution<'_>, weights: &[f64], steps: &[f64], grows: bool) {
        let Learning { path, one, many, .. } = self.learning;
        let dims = self.dims;
        let stall = if grows { 0.0 } else { one * path * (2.0 - path) };
        let keep = 1.0 + stall - one - many * self.learning.all.iter().sum::<f64>();
        if self.quirks.cma_ridge {
            self.covariance = self.composed(execution);
        }
        let isa = execution.isa;
        let rows = self.covariance.chunks_mut(dims).enumerate();
        execution.threads.for_each(rows, |(row, out)| {
            out.iter_mut().for_each(|entry| *entry *= keep);
            add(isa, one * self.covariance_path[row], &self.covariance_path, out);
            for (&weight, step) in weights.iter().zip(steps.chunks(dims)) {
                if weight != 0.0 {
                    add(isa, many * weight * step[row], step, out);
                }
            }
        });
    }
}

impl<T: Real> Strategy<T> for CmaEs<T> {
    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn away(&self, plan: &Plan<'_, T>) -> Option<Vec<bool>> {
        let has_points = self.direction(Isa::detected()).is_some();
        self.points.as_ref().map(|_| (0..plan.members).map(|member| has_points && member < 2).collect())
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let dims = self.dims;
        let (layout, values) = match out {
            PopulationMut::Rows(values) => (Layout::Rows, values),
            PopulationMut::Lanes(values) => (Layout::Lanes, values),
        };
        let direction = self.direction(execution.isa);
        let groups = values.chunks_mut(dims * LANES).enumerate();
        execution.threads.for_each(groups, |(group, out)| {
            let mut draws = vec![T::ZERO; dims * LANES];
            plan.draws.fill(execution.isa, group, 0..dims, dims, &mut draws);
            let mut scaled = vec![0.0; dims * LANES];
            for ((out, draw), axis) in scaled.chunks_mut(LANES).zip(draws.chunks(LANES)).zip(&self.axes) {
                out.iter_mut().zip(draw).for_each(|(out, draw)| *out = axis * draw.wide());
            }
            if let Some(direction) = direction.as_ref().filter(|_| group == 0) {
                put_points(direction, &draws, &mut scaled);
            }
            let used = plan.members.saturating_sub(group * LANES).min(LANES);
            for (coordinate, row) in self.vectors.chunks(dims).enumerate() {
                let mut sums = [0.0; LANES];
                turn(execution.isa, row, &scaled, &mut sums);
                let centre = mean[coordinate];
                for (lane, sum) in sums.iter().enumerate().take(used) {
                    let x = T::of(self.step.sigma.mul_add(*sum, centre.wide()));
                    out[layout.index(lane, coordinate, dims)] = plan.clipped(x);
                }
                if layout == Layout::Lanes {
                    out[coordinate * LANES..][used..LANES].fill(centre);
                }
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let (dims, isa, sigma) = (self.dims, sample.execution.isa, self.step.sigma);
        let spread = Spread { mean, deviation: &self.deviations };
        let mut steps: Vec<f64> = sample.rows(spread).iter().map(|x| x.wide()).collect();
        for step in steps.chunks_mut(dims) {
            for (entry, mean) in step.iter_mut().zip(&*mean) {
                let found = (*entry - mean.wide()) / sigma;
                *entry = if found.abs() <= LONGEST { found } else { 0.0 };
            }
        }
        let mut centre = vec![0.0; dims];
        for (&weight, step) in fitness.by_rank(&self.learning.mean).iter().zip(steps.chunks(dims)) {
            add(isa, weight, step, &mut centre);
        }
        for (mean, centre) in mean.iter_mut().zip(&centre) {
            let there = T::of(sigma.mul_add(*centre, mean.wide()));
            *mean = if there.is_finite() { there } else { *mean };
        }

        let [keep, take] = self.step.path();
        let white = self.whiten(isa, &centre);
        for (path, white) in self.step_path.iter_mut().zip(white) {
            *path = keep.mul_add(*path, take * white);
        }
        // The published deviation of a negative weight uses the decomposition of this ask, and so does this one.
        let mut weights = fitness.by_rank(&self.learning.all);
        for (weight, step) in weights.iter_mut().zip(steps.chunks(dims)) {
            if *weight < 0.0 {
                *weight *= dims as f64 / (self.squared_length(isa, step) + 1e-20);
            }
        }
        let length = norm(&self.step_path);
        let had_points = self.direction(isa).is_some();
        let grows = match &mut self.points {
            None => self.step.adapt(length, sample.generation),
            Some(points) => {
                if had_points {
                    points.average = 0.7f64.mul_add(points.average, 0.3 * lead(fitness));
                    self.step.adapt_to_points(points.average);
                }
                points.step.copy_from_slice(&centre);
                self.step.grows(length, sample.generation)
            }
        };
        let [keep, take] = blend(self.learning.path, self.learning.parents);
        let take = if grows { take } else { 0.0 };
        for (path, centre) in self.covariance_path.iter_mut().zip(&centre) {
            *path = keep.mul_add(*path, take * centre);
        }
        self.learn_covariance(&sample.execution, &weights, &steps, grows);
        self.age += 1;
        if self.age >= self.patience() {
            let symmetric = symmetrised(&self.covariance, dims);
            self.decompose(isa, &symmetric);
        }
        self.restored();
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.step.sigma);
        fields.wide_vector("covariance", &mut self.covariance);
        fields.wide_vector("step_path", &mut self.step_path);
        fields.wide_vector("covariance_path", &mut self.covariance_path);
        fields.wide_vector("eigenvectors", &mut self.vectors);
        fields.wide_vector("axes", &mut self.axes);
        fields.count("decomposition_age", &mut self.age);
        if let Some(points) = &mut self.points {
            fields.wide_vector("last_step", &mut points.step);
            fields.scalar("rank_difference", &mut points.average);
        }
    }

    fn restored(&mut self) {
        // As sampled: from the decomposition, which may be some generations old.
        for (deviation, row) in self.deviations.iter_mut().zip(self.vectors.chunks(self.dims)) {
            let parts = row.iter().zip(&self.axes).map(|(entry, axis)| entry * axis);
            let variance: f64 = parts.map(|part| part * part).sum();
            *deviation = T::of(self.step.sigma * variance.sqrt()).as_deviation();
        }
    }

    fn condition(&self) -> Option<f64> {
        let least = self.axes.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.axes.iter().copied().fold(0.0, f64::max);
        Some((most / least) * (most / least))
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

/// Puts two points in place of the first two members: as far along a direction as the deviates of the first are long.
fn put_points<T: Real>(direction: &[f64], draws: &[T], scaled: &mut [f64]) {
    let first = draws.chunks(LANES).map(|draw| draw[0].wide());
    let length = first.fold(0.0f64, |sum, draw| draw.mul_add(draw, sum)).sqrt();
    for (out, direction) in scaled.chunks_mut(LANES).zip(direction) {
        (out[0], out[1]) = (length * direction, -length * direction);
    }
}

/// How much better the first member is than the second: the difference of their ranks, of at most 1. Nothing where one of
/// them failed, which says nothing of its distance.
fn lead(fitness: &Fitness) -> f64 {
    let count = fitness.costs().len();
    if !(0..2).all(|point| fitness.sound_first().contains(&point)) {
        return 0.0;
    }
    let ranks: Vec<f64> = (0..count).map(|rank| rank as f64 / (count - 1) as f64).collect();
    let ranks = fitness.by_rank(&ranks);
    ranks[1] - ranks[0]
}

/// `(C + C') / 2`
fn symmetrised(matrix: &[f64], dims: usize) -> Vec<f64> {
    let entry = |index: usize| 0.5 * (matrix[index] + matrix[index % dims * dims + index / dims]);
    (0..dims * dims).map(entry).collect()
}

kernel! {
    /// A row of a matrix times sixteen vectors.
    fn turn<'a, T>(row: &'a [T], vectors: &'a [T], sums: &'a mut [T; LANES]) {
        let mut totals = *sums;
        for (&entry, vector) in row.iter().zip(vectors.as_chunks::<LANES>().0) {
            for lane in 0..LANES {
                totals[lane] = entry.mul_add(vector[lane], totals[lane]);
            }
        }
        *sums = totals;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positive_weights_sum_to_one_and_the_covariance_keeps_its_scale() {
        for (population, dims) in [(2, 1), (3, 1), (4, 100), (10, 5), (31, 7), (128, 30)] {
            for elite_ratio in [0.1, 0.3, 0.5, 1.0] {
                let settings = CmaEsSettings { elite_ratio, ..CmaEsSettings::default() };
                let learning = Learning::new(settings, Quirks::NONE, population, dims);
                let sum: f64 = learning.mean.iter().sum();
                assert!(
                    (sum - 1.0).abs() < population as f64 * f64::EPSILON,
                    "{population}, {elite_ratio}: {sum}"
                );
                let negative: f64 = learning.all.iter().filter(|&&weight| weight < 0.0).sum();
                // What is taken away is never more than what is kept.
                let rates =
                    learning.one + learning.many * (1.0 + negative) - learning.many * dims as f64 * negative;
                assert!(rates <= 1.0 + 1e-12, "{population} members, {dims} dimensions: {rates}");
                assert!(learning.all.is_sorted_by(|a, b| a >= b));
            }
        }
    }
}
