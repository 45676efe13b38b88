//! OpenAI-ES: mirrored Gaussian steps of one size around a mean, and a gradient step.
//!
//! ```text
//! ask     x = m + s z  and  m - s z                           P/2 draws z
//! tell    g = 1 / (P s) sum_i f_i (x_i - m) / s               over all members
//!         m = m - step(g),  s = max(s decay, limit)
//! ```
//!
//! Source: Salimans et al., "Evolution strategies as a scalable alternative to reinforcement learning" (2017), algorithm
//! 2, with centred ranks for `f` and without virtual batch normalisation.
//!
//! Departures: the two members of a pair have opposite steps, so the sum is taken over pairs, with `f_plus - f_minus` as
//! the weight of the first member's step: half the work, equal but for rounding. Where candidates have bounds, steps need
//! not be opposite, and the sum is taken over members. So it is in the published variant as a whole ([`Quirks::ALL`]):
//! where fitness is large beside its differences, the rounding of candidates shows in that sum, and in the records. The
//! published code differs by `limits_lift` and by what its optimisers do ([`Quirks`]).

use serde::{Deserialize, Serialize};

use crate::optimizer::{Descent, Optimizer};
use crate::population::{Pairing, Spread};
use crate::real::Real;
use crate::sample::Sample;
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::Strategy;

/// Settings of OpenAI-ES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenEsSettings {
    /// What a gradient becomes.
    pub optimizer: Optimizer,
    /// Its learning rate.
    pub learning_rate: Schedule,
    /// Standard deviation of every coordinate.
    pub deviation: Schedule,
}

impl Default for OpenEsSettings {
    fn default() -> Self {
        OpenEsSettings {
            optimizer: Optimizer::ADAM,
            learning_rate: Schedule { initial: 0.05, decay: 1.0, limit: 0.001 },
            deviation: Schedule { initial: 0.03, decay: 1.0, limit: 0.01 },
        }
    }
}

impl OpenEsSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        self.optimizer.check()?;
        self.learning_rate.check("learning_rate")?;
        self.deviation.check("deviation")
    }
}

/// OpenAI-ES at work.
#[derive(Clone, Debug)]
pub(crate) struct OpenEs<T> {
    /// Whether members are summed even where their steps are opposite.
    sums_members: bool,
    deviation: Isotropic<T>,
    descent: Descent<T>,
}

impl<T: Real> OpenEs<T> {
    pub(crate) fn new(settings: OpenEsSettings, quirks: Quirks, dims: usize) -> OpenEs<T> {
        OpenEs {
            sums_members: quirks.are_published(),
            deviation: Isotropic::new(settings.deviation, quirks, dims),
            descent: Descent::new(settings.optimizer, settings.learning_rate, quirks, dims),
        }
    }
}

impl<T: Real> Strategy<T> for OpenEs<T> {
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
        let members = fitness.values.len();
        let scale = 1.0 / (members as f64 * self.deviation.sigma);
        let mut weights: Vec<f64> = fitness.values.iter().map(|value| value * scale).collect();
        if sample.plan.bounds.is_none() && !self.sums_members {
            for pair in 0..members / 2 {
                let (plus, minus) = Pairing::Halves.pair(pair, members);
                weights[plus] = (fitness.values[plus] - fitness.values[minus]) * scale;
                weights[minus] = 0.0;
            }
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

/// One deviation for all coordinates, on a schedule.
#[derive(Clone, Debug)]
pub(crate) struct Isotropic<T> {
    schedule: Schedule,
    lift: bool,
    pub(crate) sigma: f64,
    pub(crate) each: Vec<T>,
}

impl<T: Real> Isotropic<T> {
    pub(crate) fn new(schedule: Schedule, quirks: Quirks, dims: usize) -> Isotropic<T> {
        let mut isotropic = Isotropic {
            schedule,
            lift: quirks.limits_lift,
            sigma: schedule.initial,
            each: vec![T::ZERO; dims],
        };
        isotropic.spread_out();
        isotropic
    }

    /// One generation along the schedule.
    pub(crate) fn shrink(&mut self) {
        let next = self.schedule.after(self.sigma, self.lift);
        if next != self.sigma {
            self.sigma = next;
            self.spread_out();
        }
    }

    /// Gives every coordinate the deviation.
    pub(crate) fn spread_out(&mut self) {
        self.sigma = T::of(self.sigma).as_deviation().wide();
        self.each.fill(T::of(self.sigma));
    }
}
