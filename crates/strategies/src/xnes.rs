//! xNES, exponential natural evolution strategy: a mean, a step size and a full matrix, moved along the natural gradient.
//!
//! ```text
//! ask     x = m + s B z                                       B starts as the unit matrix
//! tell    z_i = B^-1 (x_i - m) / s
//!         G = sum_i w_i (z_i z_i' - I);  g = trace G / D
//!         m = m + s B sum_i w_i z_i
//!         s = s exp(r / 2 g)                                  r = (9 + 3 ln D) / (5 D sqrt D)
//!         B = B expm(r / 2 (G - g I))
//! ```
//!
//! with the weights of [`snes`]: `max(0, ln(P/2 + 1) - ln(i + 1))` by rank, made to sum to 1, less `1/P`.
//!
//! Everything here is `f64`, whatever the parameters are. Memory grows with `D^2`, time with `P D^2` and `D^3` in each
//! generation.
//!
//! Source: Glasmachers et al., "Exponential natural evolution strategies" (2010); Wierstra et al., "Natural evolution
//! strategies" (2014). Absent: adaptation sampling of the learning rate.
//!
//! Departures: an eigenvalue of the exponent beyond 20 is cut off, and a matrix that is no longer finite or has no inverse
//! is not taken; neither happens in a search that is told what it asked for. The published code ([`Quirks`]) is another
//! method (`xnes_isotropic`): `z z'` is the number `|z|^2` in every place, and `expm` is taken of each entry by itself, so
//! that `B`, which starts as the deviation times the unit matrix, never changes.

use serde::{Deserialize, Serialize};

use crate::eigen::{add, decompose, dot, identity};
use crate::execution::Execution;
use crate::matrix::{inverse, product, times};
use crate::population::{PopulationMut, Spread};
use crate::real::{Real, exp, ln};
use crate::sample::{Plan, Sample};
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::snes;
use crate::state::Fields;
use crate::step_size::{LEAST, LONGEST, MOST};
use crate::strategy::Strategy;

/// Settings of xNES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XnesSettings {
    /// The step size at the start.
    pub deviation: f64,
}

impl Default for XnesSettings {
    fn default() -> Self {
        XnesSettings { deviation: 1.0 }
    }
}

impl XnesSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")
    }
}

/// Exponents beyond this are cut off.
const STEEPEST: f64 = 20.0;

/// Entries of the matrix beyond this are not taken.
pub(crate) const WIDEST: f64 = 1e100;

/// xNES at work.
#[derive(Clone, Debug)]
pub(crate) struct Xnes<T> {
    dims: usize,
    isotropic: bool,
    weights: Vec<f64>,
    rate: f64,
    sigma: f64,
    /// `B`
    transform: Vec<f64>,
    /// `B^-1`
    inverse: Vec<f64>,
    deviations: Vec<T>,
}

impl<T: Real> Xnes<T> {
    pub(crate) fn new(settings: XnesSettings, quirks: Quirks, population: usize, dims: usize) -> Xnes<T> {
        let wide = dims as f64;
        let sigma = settings.deviation.clamp(LEAST, MOST);
        let mut start = Xnes {
            dims,
            isotropic: quirks.xnes_isotropic,
            weights: snes::weights(0.0, quirks, population),
            rate: (9.0 + 3.0 * ln(wide)) / (5.0 * wide * wide.sqrt()),
            sigma,
            transform: identity(dims),
            inverse: identity(dims),
            deviations: vec![T::ZERO; dims],
        };
        if quirks.xnes_isotropic {
            let scale = sigma.clamp(1.0 / WIDEST, WIDEST);
            start.transform.iter_mut().for_each(|entry| *entry *= scale);
        }
        start.restored();
        start
    }

    /// `B^-1 (x - m) / s` of each member.
    fn standardised(&self, sample: &Sample<'_, T>, mean: &[T]) -> Vec<f64> {
        let rows = sample.rows(Spread { mean, deviation: &self.deviations });
        let mut steps = vec![0.0; rows.len()];
        let execution = &sample.execution;
        execution.threads.for_each(steps.chunks_mut(self.dims).zip(rows.chunks(self.dims)), |(step, row)| {
            let away: Vec<f64> = row
                .iter()
                .zip(mean)
                .map(|(x, mean)| {
                    let found = (x.wide() - mean.wide()) / self.sigma;
                    if found.abs() <= LONGEST { found } else { 0.0 }
                })
                .collect();
            for (step, row) in step.iter_mut().zip(self.inverse.chunks(self.dims)) {
                let found = dot(execution.isa, row, &away);
                *step = if found.abs() <= LONGEST { found } else { 0.0 };
            }
        });
        steps
    }

    /// `B expm(E)`, unless that leaves what can be computed with.
    fn turn(&mut self, execution: &Execution<'_>, exponent: &[f64]) {
        let (isa, dims) = (execution.isa, self.dims);
        let Some(eigen) = decompose(isa, exponent, dims) else { return };
        // V e^L V', with the eigenvectors in rows
        let mut scaled = eigen.vectors.clone();
        for (row, value) in scaled.chunks_mut(dims).zip(&eigen.values) {
            let factor = exp(value.clamp(-STEEPEST, STEEPEST));
            row.iter_mut().for_each(|entry| *entry *= factor);
        }
        let mut power = vec![0.0; dims * dims];
        for (vector, scaled) in eigen.vectors.chunks(dims).zip(scaled.chunks(dims)) {
            for (&entry, out) in vector.iter().zip(power.chunks_mut(dims)) {
                add(isa, entry, scaled, out);
            }
        }
        let next = product(isa, &self.transform, &power, dims);
        if next.iter().all(|entry| entry.abs() <= WIDEST)
            && let Some(inverse) = inverse(isa, &next, dims)
        {
            (self.transform, self.inverse) = (next, inverse);
        }
    }
}

impl<T: Real> Strategy<T> for Xnes<T> {
    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        plan.write_members(execution, true, mean, out, |drawn, row| {
            let deviates: Vec<f64> = drawn.deviates.iter().map(|deviate| deviate.wide()).collect();
            for ((x, mean), row) in row.iter_mut().zip(mean).zip(self.transform.chunks(self.dims)) {
                *x = T::of(self.sigma.mul_add(dot(execution.isa, row, &deviates), mean.wide()));
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let (dims, execution) = (self.dims, sample.execution);
        let isa = execution.isa;
        let weights = fitness.by_rank(&self.weights);
        let steps = self.standardised(sample, mean);
        let mut centre = vec![0.0; dims];
        for (&weight, step) in weights.iter().zip(steps.chunks(dims)) {
            add(isa, weight, step, &mut centre);
        }
        let total: f64 = weights.iter().sum();
        let mut gradient = vec![0.0; if self.isotropic { 0 } else { dims * dims }];
        execution.threads.for_each(gradient.chunks_mut(dims).enumerate(), |(row, out)| {
            out[row] = -total;
            for (&weight, step) in weights.iter().zip(steps.chunks(dims)) {
                add(isa, weight * step[row], step, out);
            }
        });
        let along: f64 = if self.isotropic {
            let squares = steps.chunks(dims).map(|step| dot(isa, step, step) - 1.0);
            weights.iter().zip(squares).map(|(weight, square)| weight * square).sum()
        } else {
            gradient.iter().step_by(dims + 1).sum::<f64>() / dims as f64
        };

        for (mean, step) in mean.iter_mut().zip(times(isa, &self.transform, &centre)) {
            let there = T::of(self.sigma.mul_add(step, mean.wide()));
            *mean = if there.is_finite() { there } else { *mean };
        }
        let grown = self.sigma * exp((0.5 * self.rate * along).clamp(-STEEPEST, STEEPEST));
        self.sigma = grown.clamp(LEAST, MOST);
        if !self.isotropic {
            gradient.iter_mut().step_by(dims + 1).for_each(|entry| *entry -= along);
            gradient.iter_mut().for_each(|entry| *entry *= 0.5 * self.rate);
            self.turn(&execution, &gradient);
        }
        self.spread_out();
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.sigma);
        fields.wide_vector("transform", &mut self.transform);
    }

    fn restored(&mut self) {
        // A matrix without an inverse is of no search; it learns nothing.
        let nothing = || vec![0.0; self.dims * self.dims];
        self.inverse = inverse(numerics::Isa::detected(), &self.transform, self.dims).unwrap_or_else(nothing);
        self.spread_out();
    }

    /// Of the sums of squares of all its axes and their inverses: between the condition over `D^2` and the condition.
    fn condition(&self) -> Option<f64> {
        let square = |matrix: &[f64]| matrix.iter().map(|entry| entry * entry).sum::<f64>();
        let wide = self.dims as f64;
        Some(square(&self.transform) / wide * (square(&self.inverse) / wide))
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

impl<T: Real> Xnes<T> {
    fn spread_out(&mut self) {
        for (deviation, row) in self.deviations.iter_mut().zip(self.transform.chunks(self.dims)) {
            let square: f64 = row.iter().map(|entry| entry * entry).sum();
            *deviation = T::of(self.sigma * square.sqrt()).as_deviation();
        }
    }
}
