//! DES, the evolution strategy that was discovered by meta-evolution: a weighted mean and weighted deviations.
//!
//! ```text
//! ask     x = m + s z
//! tell    m = m + (sum_i w_i x_i - m)
//!         s = s + 0.1 (sqrt(sum_i w_i (x_i - m)^2) - s)       around the old mean
//! ```
//!
//! with weights by rank `i` = 0 .. P-1, best first: `softmax(-20 sigmoid(t (i / (P-1) - 1/2)))`, `t` = 12.5.
//!
//! Source: Lange et al., "Discovering evolution strategies via meta-black-box optimization" (2023), appendix.
//!
//! Departures of the published code ([`Quirks`]): it adds 1e-6 under the root (`des_floor`).

use serde::{Deserialize, Serialize};

use crate::execution::kernel;
use crate::population::Spread;
use crate::real::{Real, exp};
use crate::sample::Sample;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::{Checkpoint, NoDeviation, Strategy};

/// Settings of DES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DesSettings {
    /// Standard deviation of every coordinate at the start.
    pub deviation: f64,
    /// How sharply the better half is preferred.
    pub temperature: f64,
    /// Learning rate of the mean.
    pub mean_rate: f64,
    /// Learning rate of the deviations.
    pub deviation_rate: f64,
}

impl Default for DesSettings {
    fn default() -> Self {
        DesSettings { deviation: 0.1, temperature: 12.5, mean_rate: 1.0, deviation_rate: 0.1 }
    }
}

impl DesSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")?;
        check("temperature", self.temperature, self.temperature >= 0.0, "at least 0")?;
        let share = |rate: f64| (0.0..=1.0).contains(&rate);
        check("mean_rate", self.mean_rate, share(self.mean_rate), "from 0 to 1")?;
        check("deviation_rate", self.deviation_rate, share(self.deviation_rate), "from 0 to 1")
    }
}

/// DES at work.
#[derive(Clone, Debug)]
pub(crate) struct Des<T> {
    settings: DesSettings,
    floor: f64,
    weights: Vec<f64>,
    deviations: Vec<T>,
}

impl<T: Real> Des<T> {
    pub(crate) fn new(settings: DesSettings, quirks: Quirks, population: usize, dims: usize) -> Des<T> {
        Des {
            settings,
            floor: if quirks.des_floor { 1e-6 } else { 0.0 },
            weights: weights(settings.temperature, population),
            deviations: vec![T::of(settings.deviation).as_deviation(); dims],
        }
    }
}

/// The weight of each rank.
fn weights(temperature: f64, population: usize) -> Vec<f64> {
    let last = (population - 1) as f64;
    let exponent = |rank: usize| -20.0 / (1.0 + exp(-temperature * (rank as f64 / last - 0.5)));
    let raw: Vec<f64> = (0..population).map(|rank| exp(exponent(rank))).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|weight| weight / sum).collect()
}

impl<T: Real> Strategy<T> for Des<T> {
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
        let constants = [self.settings.mean_rate, self.settings.deviation_rate, self.floor].map(T::of);
        let block = sample.execution.block();
        let moved = mean.chunks_mut(block).zip(self.deviations.chunks_mut(block));
        let parts = moments.slope.chunks(block).zip(moments.curvature.chunks(block)).zip(moved);
        sample.execution.threads.for_each(parts, |((slope, curvature), (mean, deviations))| {
            follow(sample.execution.isa, constants, slope, curvature, mean, deviations);
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
    fn follow<'a, T>(
        constants: [T; 3],
        slope: &'a [T],
        curvature: &'a [T],
        mean: &'a mut [T],
        deviations: &'a mut [T],
    ) {
        let [mean_rate, rate, floor] = constants;
        for (((&slope, &curvature), mean), deviation) in slope.iter().zip(curvature).zip(mean).zip(deviations) {
            let old = *deviation;
            *mean = mean.moved_by(mean_rate * old * slope);
            // In units of the old deviation where nothing is added, so that tiny deviations keep all digits.
            let seen = if floor > T::ZERO {
                (old * old).mul_add(curvature, floor).sqrt()
            } else {
                old * curvature.sqrt()
            };
            *deviation = rate.mul_add(seen - old, old).as_deviation();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_fall_with_rank() {
        for population in [2, 3, 8, 129] {
            let weights = weights(12.5, population);
            assert!(weights.is_sorted_by(|a, b| a >= b), "{population}: {weights:?}");
            // A sum of P terms, each below 1.
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < population as f64 * f64::EPSILON);
        }
    }
}
