//! SNES, separable natural evolution strategy: a mean and a deviation a coordinate, moved along the natural gradient.
//!
//! ```text
//! ask     x = m + s z
//! tell    m = m + s sum_i w_i z_i
//!         s = s exp(r / 2 sum_i w_i (z_i^2 - 1))              r = (3 + ln D) / (5 sqrt D)
//! ```
//!
//! with weights by rank `i` = 0 .. P-1, best first: `max(0, ln(P/2 + 1) - ln(i + 1))`, made to sum to 1, less `1/P`. With
//! a temperature `t` above 0 they are `softmax(-t (i / (P-1) - 1/2))`, less `1/P`.
//!
//! Source: Schaul, Glasmachers and Schmidhuber, "High dimensions and heavy tails for natural evolution strategies"
//! (2011); Wierstra et al., "Natural evolution strategies" (2014). The temperature is the published code's.
//!
//! Departures of the published code ([`Quirks`]): with a temperature it does not subtract `1/P` (`snes_no_baseline`).

use serde::{Deserialize, Serialize};

use crate::execution::kernel;
use crate::population::Spread;
use crate::real::{Real, exp, ln};
use crate::sample::Sample;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::{Checkpoint, NoDeviation, Strategy};

/// Settings of SNES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SnesSettings {
    /// Standard deviation of every coordinate at the start.
    pub deviation: f64,
    /// 0 for the weights of the papers, or how sharply the softmax prefers the best.
    pub temperature: f64,
}

impl Default for SnesSettings {
    fn default() -> Self {
        SnesSettings { deviation: 1.0, temperature: 0.0 }
    }
}

impl SnesSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")?;
        check("temperature", self.temperature, self.temperature >= 0.0, "at least 0")
    }
}

/// SNES at work.
#[derive(Clone, Debug)]
pub(crate) struct Snes<T> {
    weights: Vec<f64>,
    rate: f64,
    deviations: Vec<T>,
}

impl<T: Real> Snes<T> {
    pub(crate) fn new(settings: SnesSettings, quirks: Quirks, population: usize, dims: usize) -> Snes<T> {
        let wide = dims as f64;
        Snes {
            weights: weights(settings.temperature, quirks, population),
            rate: (3.0 + ln(wide)) / (5.0 * wide.sqrt()),
            deviations: vec![T::of(settings.deviation).as_deviation(); dims],
        }
    }
}

/// The weight of each rank.
pub(crate) fn weights(temperature: f64, quirks: Quirks, population: usize) -> Vec<f64> {
    let count = population as f64;
    let raw = |rank: usize| {
        if temperature > 0.0 {
            // The best rank has the largest exponent, which is taken out so that nothing overflows.
            exp(-temperature * rank as f64 / (count - 1.0))
        } else {
            (ln(count / 2.0 + 1.0) - ln(rank as f64 + 1.0)).max(0.0)
        }
    };
    let raw: Vec<f64> = (0..population).map(raw).collect();
    let sum: f64 = raw.iter().sum();
    let baseline = if temperature > 0.0 && quirks.snes_no_baseline { 0.0 } else { 1.0 / count };
    raw.iter().map(|weight| weight / sum - baseline).collect()
}

impl<T: Real> Strategy<T> for Snes<T> {
    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn published_sigma(&self, _: Checkpoint) -> Result<Vec<T>, NoDeviation> {
        Ok(self.deviations.clone())
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let weights = fitness.by_rank(&self.weights);
        let spread = Spread { mean, deviation: &self.deviations };
        let moments = sample.moments(spread, &weights, Some(&weights));
        let constants = [0.5 * self.rate, weights.iter().sum()].map(T::of);
        let block = sample.execution.block();
        let moved = mean.chunks_mut(block).zip(self.deviations.chunks_mut(block));
        let parts = moments.slope.chunks(block).zip(moments.curvature.chunks(block)).zip(moved);
        sample.execution.threads.for_each(parts, |((slope, curvature), (mean, deviations))| {
            ascend(sample.execution.isa, constants, slope, curvature, mean, deviations);
        });
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.vector("sigma", &mut self.deviations);
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

kernel! {
    fn ascend<'a, T>(
        constants: [T; 2],
        slope: &'a [T],
        curvature: &'a [T],
        mean: &'a mut [T],
        deviations: &'a mut [T],
    ) {
        let [half_rate, total] = constants;
        for (((&slope, &curvature), mean), deviation) in slope.iter().zip(curvature).zip(mean).zip(deviations) {
            *mean = mean.moved_by(*deviation * slope);
            *deviation = (*deviation * (half_rate * (curvature - total)).exponential()).as_deviation();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_zero_and_fall_with_rank() {
        for temperature in [0.0, 1.0, 20.0, 5000.0] {
            for population in [2, 3, 8, 129] {
                let weights = weights(temperature, Quirks::NONE, population);
                assert!(weights.is_sorted_by(|a, b| a >= b), "{temperature}, {population}: {weights:?}");
                // A sum of P terms, each below 1.
                assert!(weights.iter().sum::<f64>().abs() < population as f64 * f64::EPSILON);
            }
        }
    }

    #[test]
    fn weights_of_a_hand_worked_case() {
        // ln 2 - ln 1, and ln 2 - ln 2 = 0, less one half.
        assert_eq!(weights(0.0, Quirks::NONE, 2), [0.5, -0.5]);
        let sum: f64 = weights(3.0, Quirks::ALL, 10).iter().sum();
        assert!((sum - 1.0).abs() < 10.0 * f64::EPSILON);
    }
}
