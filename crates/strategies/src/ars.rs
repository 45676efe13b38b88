//! ARS, augmented random search: mirrored steps of one size, and a gradient step from the best directions alone.
//!
//! ```text
//! ask     x = m + s z  and  m - s z                           P/2 draws z
//! tell    e = the k directions with the best min(f_plus, f_minus)
//!         d = std of the 2 k values f of e, + 1e-5
//!         g = 1 / (k d) sum over e of (f_plus - f_minus) (x_plus - m) / s
//!         m = m - step(g),  s = max(s decay, limit)
//! ```
//!
//! with `k = max(1, floor(P/2 elite_ratio))`. Source: Mania, Guy and Recht, "Simple random search provides a competitive
//! approach to reinforcement learning" (2018), version V1-t (observations are the task's business). There the step is
//! plain: `optimizer = sgd`; the default here is adam, as in the published code.
//!
//! Departures: none but those that OpenAI-ES shares (`limits_lift`, the optimisers; [`Quirks`]).

use serde::{Deserialize, Serialize};

use crate::open_es::Isotropic;
use crate::optimizer::{Descent, Optimizer};
use crate::population::{Pairing, Spread};
use crate::real::Real;
use crate::sample::Sample;
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::{Fitness, mean_and_deviation};
use crate::state::Fields;
use crate::strategy::Strategy;

/// Settings of augmented random search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArsSettings {
    /// Share of the directions that are learned from; above 0, at most 1.
    pub elite_ratio: f64,
    /// What a gradient becomes.
    pub optimizer: Optimizer,
    /// Its learning rate.
    pub learning_rate: Schedule,
    /// Standard deviation of every coordinate.
    pub deviation: Schedule,
}

impl Default for ArsSettings {
    fn default() -> Self {
        ArsSettings {
            elite_ratio: 0.1,
            optimizer: Optimizer::ADAM,
            learning_rate: Schedule { initial: 0.05, decay: 1.0, limit: 0.001 },
            deviation: Schedule { initial: 0.03, decay: 1.0, limit: 0.01 },
        }
    }
}

impl ArsSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check(
            "elite_ratio",
            self.elite_ratio,
            self.elite_ratio > 0.0 && self.elite_ratio <= 1.0,
            "above 0, at most 1",
        )?;
        self.optimizer.check()?;
        self.learning_rate.check("learning_rate")?;
        self.deviation.check("deviation")
    }
}

/// Augmented random search at work.
#[derive(Clone, Debug)]
pub(crate) struct Ars<T> {
    elite_ratio: f64,
    deviation: Isotropic<T>,
    descent: Descent<T>,
}

impl<T: Real> Ars<T> {
    pub(crate) fn new(settings: ArsSettings, quirks: Quirks, dims: usize) -> Ars<T> {
        Ars {
            elite_ratio: settings.elite_ratio,
            deviation: Isotropic::new(settings.deviation, quirks, dims),
            descent: Descent::new(settings.optimizer, settings.learning_rate, quirks, dims),
        }
    }
}

impl<T: Real> Strategy<T> for Ars<T> {
    fn pairing(&self) -> Pairing {
        Pairing::Halves
    }

    fn deviations(&self) -> &[T] {
        &self.deviation.each
    }

    fn shared_deviation(&self) -> Option<T> {
        Some(T::of(self.deviation.sigma))
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let costs = &fitness.values;
        let elite = best_pairs(fitness, Pairing::Halves, self.elite_ratio);
        let used: Vec<f64> = elite.iter().flat_map(|&(plus, minus)| [costs[plus], costs[minus]]).collect();
        let (_, deviation) = mean_and_deviation(&used);
        let scale = 1.0 / (elite.len() as f64 * (deviation + 1e-5));
        let mut weights = vec![0.0; costs.len()];
        for (plus, minus) in elite {
            weights[plus] = (costs[plus] - costs[minus]) * scale;
        }
        let gradient = sample.moments(Spread { mean, deviation: &self.deviation.each }, &weights, None).slope;
        self.descent.step(&sample.execution, mean, &gradient);
        self.deviation.shrink();
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.deviation.sigma);
        self.descent.fields(fields);
    }

    fn restored(&mut self) {
        self.deviation.spread_out();
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

/// The share of pairs with the best better member, best first and of equals the first; at least one.
pub(crate) fn best_pairs(fitness: &Fitness, pairing: Pairing, share: f64) -> Vec<(usize, usize)> {
    let members = fitness.values.len();
    let count = ((members / 2) as f64 * share) as usize;
    let places = fitness.places();
    let mut pairs: Vec<_> = (0..members / 2).map(|draw| pairing.pair(draw, members)).collect();
    pairs.sort_by_key(|&(plus, minus)| places[plus].min(places[minus]));
    pairs.truncate(count.max(1));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shaping::Shaping;

    /// By the better member of each pair; whether that is the one with the draw or its mirror image counts for nothing.
    #[test]
    fn of_equally_good_pairs_the_first_is_taken() {
        let costs = vec![5.0, 1.0, 1.0, 9.0, 1.0, 7.0, 8.0, 2.0];
        for quirks in [Quirks::NONE, Quirks::ALL] {
            let fitness = Fitness::new(costs.clone(), Shaping::Raw, quirks).expect("finite");
            let pairs = |pairing, share| best_pairs(&fitness, pairing, share);
            assert_eq!(pairs(Pairing::Halves, 1.0), [(0, 4), (1, 5), (2, 6), (3, 7)]);
            assert_eq!(pairs(Pairing::Halves, 0.5), [(0, 4), (1, 5)]);
            assert_eq!(pairs(Pairing::Neighbours, 0.75), [(0, 1), (2, 3), (4, 5)]);
            assert_eq!(pairs(Pairing::Neighbours, 0.1), [(0, 1)]);
        }
    }
}
