//! PGPE, policy gradients with parameter-based exploration: mirrored steps, a gradient step, and a deviation a coordinate.
//!
//! ```text
//! ask     x = m + s z  and  m - s z                           P/2 draws z, s a vector
//! tell    e = the pairs with the best min(f_plus, f_minus);  d = x_plus - m
//!         g = mean over e of (f_plus - f_minus) / 2 d
//!         h = mean over e of ((f_plus + f_minus) / 2 - mean of all f) (d^2 - s^2) / s
//!         m = m - step(g)
//!         s = s - rate h, changed by no more than a fifth; then s = max(s decay, limit) where s is above the limit
//! ```
//!
//! Source: Sehnke et al., "Parameter-exploring policy gradients" (2010), with symmetric sampling; the bound on the change
//! is from Toklu et al. (2020).
//!
//! Decay and limit are the reference implementation's. The limit ends the decay and nothing else: what is learned may take
//! a deviation below it, and there it no longer decays.
//!
//! Departures of the published code ([`Quirks`]): it pairs fitness in order of rank with steps in order of sampling
//! (`pgpe_pairs_mixed`), moves deviations the wrong way (`pgpe_deviation_upward`), puts the members of a pair side by
//! side (`pgpe_neighbours`), holds every deviation at the limit or above (`limits_lift`), and cannot run with an elite.

use serde::{Deserialize, Serialize};

use crate::ars::best_pairs;
use crate::execution::kernel;
use crate::optimizer::{Descent, Optimizer};
use crate::population::{Pairing, Spread};
use crate::real::Real;
use crate::sample::Sample;
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::{Checkpoint, NoDeviation, Strategy};

/// Settings of PGPE.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PgpeSettings {
    /// Share of the pairs that are learned from; above 0, at most 1.
    pub elite_ratio: f64,
    /// What a gradient of the mean becomes.
    pub optimizer: Optimizer,
    /// Its learning rate.
    pub learning_rate: Schedule,
    /// Standard deviation of every coordinate at the start. Each decays down to the limit; what is learned may take it
    /// below.
    pub deviation: Schedule,
    /// Learning rate of the deviations.
    pub deviation_rate: f64,
    /// The largest change of a deviation in a generation, relative to itself; above 0, below 1.
    pub deviation_max_change: f64,
}

impl Default for PgpeSettings {
    fn default() -> Self {
        PgpeSettings {
            elite_ratio: 1.0,
            optimizer: Optimizer::ADAM,
            learning_rate: Schedule { initial: 0.15, decay: 1.0, limit: 0.001 },
            deviation: Schedule { initial: 0.1, decay: 1.0, limit: 0.01 },
            deviation_rate: 0.1,
            deviation_max_change: 0.2,
        }
    }
}

impl PgpeSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check(
            "elite_ratio",
            self.elite_ratio,
            self.elite_ratio > 0.0 && self.elite_ratio <= 1.0,
            "above 0, at most 1",
        )?;
        self.optimizer.check()?;
        self.learning_rate.check("learning_rate")?;
        self.deviation.check("deviation")?;
        check("deviation_rate", self.deviation_rate, self.deviation_rate >= 0.0, "at least 0")?;
        let change = self.deviation_max_change;
        check("deviation_max_change", change, change > 0.0 && change < 1.0, "above 0, below 1")
    }
}

/// PGPE at work.
#[derive(Clone, Debug)]
pub(crate) struct Pgpe<T> {
    settings: PgpeSettings,
    quirks: Quirks,
    deviations: Vec<T>,
    descent: Descent<T>,
}

impl<T: Real> Pgpe<T> {
    pub(crate) fn new(settings: PgpeSettings, quirks: Quirks, dims: usize) -> Pgpe<T> {
        Pgpe {
            settings,
            quirks,
            deviations: vec![T::of(settings.deviation.initial).as_deviation(); dims],
            descent: Descent::new(settings.optimizer, settings.learning_rate, quirks, dims),
        }
    }

    /// The weights of the squared steps: what each pair's average is above the baseline.
    fn deviation_weights(&self, costs: &[f64], elite: &[(usize, usize)]) -> Vec<f64> {
        let baseline = costs.iter().sum::<f64>() / costs.len() as f64;
        let mut weights = vec![0.0; costs.len()];
        for (position, &(plus, minus)) in elite.iter().enumerate() {
            let owner = if self.quirks.pgpe_pairs_mixed {
                self.pairing().pair(position, costs.len()).0
            } else {
                plus
            };
            weights[owner] = (0.5 * (costs[plus] + costs[minus]) - baseline) / elite.len() as f64;
        }
        weights
    }
}

impl<T: Real> Strategy<T> for Pgpe<T> {
    fn pairing(&self) -> Pairing {
        if self.quirks.pgpe_neighbours { Pairing::Neighbours } else { Pairing::Halves }
    }

    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn published_sigma(&self, _: Checkpoint) -> Result<Vec<T>, NoDeviation> {
        Ok(self.deviations.clone())
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let costs = &fitness.values;
        let elite = best_pairs(fitness, self.pairing(), self.settings.elite_ratio);
        let mut slopes = vec![0.0; costs.len()];
        for &(plus, minus) in &elite {
            slopes[plus] = 0.5 * (costs[plus] - costs[minus]) / elite.len() as f64;
        }
        let squares = self.deviation_weights(costs, &elite);
        let spread = Spread { mean, deviation: &self.deviations };
        let mut moments = sample.moments(spread, &slopes, Some(&squares));

        // Moments are of standardised steps; PGPE's are in units of the parameters.
        let block = sample.execution.block();
        let isa = sample.execution.isa;
        let rate = self.settings.deviation_rate;
        let constants = [
            if self.quirks.pgpe_deviation_upward { rate } else { -rate },
            squares.iter().sum(),
            1.0 - self.settings.deviation_max_change,
            1.0 + self.settings.deviation_max_change,
            self.settings.deviation.decay,
            self.settings.deviation.limit,
        ]
        .map(T::of);
        let lift = self.quirks.limits_lift;
        let parts = moments.slope.chunks_mut(block).zip(moments.curvature.chunks(block));
        sample.execution.threads.for_each(parts.zip(self.deviations.chunks_mut(block)), |parts| {
            let ((slope, curvature), deviations) = parts;
            change_deviations(isa, constants, lift, slope, curvature, deviations);
        });
        self.descent.step(&sample.execution, mean, &moments.slope);
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.vector("sigma", &mut self.deviations);
        self.descent.fields(fields);
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

kernel! {
    /// `slope = s slope`, the gradient of the mean, and the new deviations.
    fn change_deviations<'a, T>(
        constants: [T; 6],
        lift: bool,
        slope: &'a mut [T],
        curvature: &'a [T],
        deviations: &'a mut [T],
    ) {
        let [rate, total, least, most, decay, limit] = constants;
        for ((slope, &curvature), deviation) in slope.iter_mut().zip(curvature).zip(deviations) {
            let old = *deviation;
            *slope = (*slope * old).bounded_or_zero();
            let moved = (rate * old).mul_add(curvature - total, old);
            let (low, high) = (least * old, most * old);
            let moved = if moved > low { moved } else { low };
            let moved = if moved < high { moved } else { high };
            let floor = if lift || moved > limit { limit } else { moved };
            let next = moved * decay;
            *deviation = (if next > floor { next } else { floor }).as_deviation();
        }
    }
}
