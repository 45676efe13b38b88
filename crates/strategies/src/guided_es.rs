//! GuidedES: mirrored steps of which a part lies in the space of recent gradients, and a gradient step.
//!
//! ```text
//! ask     x = m + d  and  m - d,   d = s sqrt(a / D) e + s sqrt((1 - a) / k) Q e'       e normal in D, e' in k dimensions
//! tell    g = b / (2 s^2 n) sum over n pairs of (f_plus - f_minus) (x_plus - m)
//!         m = m - step(g),  s = max(s decay, limit)
//!         Q = an orthonormal basis of the last k gradients
//! ```
//!
//! with `a` = 1/2, `b` = 1, `n` = P/2, and `s` the deviation times `sqrt(D)`. Gradients are those that somebody knows beside the search ([`Search::guide`]), or else
//! the `g` of the generations before. Before the first one is known, steps go anywhere: `d = s sqrt(1 / D) e`; before `k`
//! are, `k` is how many are.
//!
//! Source: Maheswaranathan et al., "Guided evolutionary strategies: augmenting random search with surrogate gradients"
//! (2019), with an optimiser in place of plain descent.
//!
//! Departures of the published code ([`Quirks`]): it decomposes the transposed matrix, so that `k` can only be 1 and `Q` is
//! the number 1: the same number is added to all coordinates (`guided_everywhere`); its `g` is `s` times as long
//! (`guided_short`); it keeps the smallest fitness as the best, whatever the goal, and forgets the mean decay
//! (`guided_forgets_goal`). A later release sums over pairs where an average belongs (`guided_sum`).
//!
//! [`Search::guide`]: crate::Search::guide

use serde::{Deserialize, Serialize};

use crate::basis::orthonormal;
use crate::execution::Execution;
use crate::noise::MoreDraws;
use crate::open_es::Isotropic;
use crate::optimizer::{Descent, Optimizer};
use crate::population::{Pairing, PopulationMut, Spread};
use crate::real::Real;
use crate::sample::{Plan, Sample};
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::Strategy;

/// Settings of GuidedES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuidedEsSettings {
    /// Gradients whose space is searched: `k`.
    pub subspace: usize,
    /// Share of a step's variance that goes anywhere; above 0, at most 1.
    pub alpha: f64,
    /// Factor of the gradient; above 0.
    pub beta: f64,
    /// What a gradient becomes.
    pub optimizer: Optimizer,
    /// Its learning rate.
    pub learning_rate: Schedule,
    /// Standard deviation of every coordinate where steps go anywhere: `s` is `sqrt(D)` times as long.
    pub deviation: Schedule,
}

impl Default for GuidedEsSettings {
    /// As [`open_es`](crate::open_es); the reference has plain descent at a rate of 0.01.
    fn default() -> Self {
        GuidedEsSettings {
            subspace: 1,
            alpha: 0.5,
            beta: 1.0,
            optimizer: Optimizer::ADAM,
            learning_rate: Schedule { initial: 0.05, decay: 1.0, limit: 0.001 },
            deviation: Schedule { initial: 0.03, decay: 1.0, limit: 0.01 },
        }
    }
}

impl GuidedEsSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let count = self.subspace as f64;
        check("subspace", count, (1..=1000).contains(&self.subspace), "from 1 to 1000 gradients")?;
        check("alpha", self.alpha, self.alpha > 0.0 && self.alpha <= 1.0, "above 0, at most 1")?;
        check("beta", self.beta, self.beta > 0.0, "above 0")?;
        self.optimizer.check()?;
        self.learning_rate.check("learning_rate")?;
        self.deviation.check("deviation")
    }
}

/// A schedule of lengths of steps, from one of deviations.
pub(crate) fn lengthened(deviation: Schedule, dims: usize) -> Schedule {
    let root = (dims as f64).sqrt();
    Schedule { initial: deviation.initial * root, limit: deviation.limit * root, ..deviation }
}

/// A deviation of steps of this length; the largest where the length is, so that a search that explodes is seen to.
pub(crate) fn shortened<T: Real>(deviation: T, length: f64) -> T {
    let is_largest = length >= 0.99 * T::LARGEST.wide();
    if is_largest { T::LARGEST } else { deviation.as_deviation() }
}

/// GuidedES at work.
#[derive(Clone, Debug)]
pub(crate) struct GuidedEs<T> {
    settings: GuidedEsSettings,
    quirks: Quirks,
    sigma: Isotropic<T>,
    descent: Descent<T>,
    /// The last gradients, oldest first, `[gradient][coordinate]`.
    subspace: Vec<T>,
    /// How many of them are known: the last ones.
    known: u64,
    /// 1 if somebody else says the gradients.
    is_guided: u64,
    /// `Q`, `[direction][coordinate]`.
    basis: Vec<T>,
    deviations: Vec<T>,
}

impl<T: Real> GuidedEs<T> {
    pub(crate) fn new(settings: GuidedEsSettings, quirks: Quirks, dims: usize) -> GuidedEs<T> {
        let mut start = GuidedEs {
            settings,
            quirks,
            sigma: Isotropic::new(lengthened(settings.deviation, dims), quirks, dims),
            descent: Descent::new(settings.optimizer, settings.learning_rate, quirks, dims),
            subspace: vec![T::ZERO; settings.subspace * dims],
            known: 0,
            is_guided: 0,
            basis: Vec::new(),
            deviations: vec![T::ZERO; dims],
        };
        start.restored();
        start
    }

    fn dims(&self) -> usize {
        self.deviations.len()
    }

    /// How many numbers of the subspace a step has.
    fn directions(&self) -> usize {
        if self.quirks.guided_everywhere { self.settings.subspace } else { self.basis.len() / self.dims() }
    }

    /// The deviations anywhere, and in each direction.
    fn parts(&self) -> [T; 2] {
        let (sigma, alpha) = (self.sigma.sigma, self.settings.alpha);
        let (dims, directions) = (self.dims() as f64, self.directions() as f64);
        let alpha = if self.directions() == 0 { 1.0 } else { alpha };
        [sigma * (alpha / dims).sqrt(), sigma * ((1.0 - alpha) / directions.max(1.0)).sqrt()].map(T::of)
    }

    /// Puts a gradient behind the others.
    fn push(&mut self, gradient: &[T]) {
        let dims = self.dims();
        self.subspace.copy_within(dims.., 0);
        let last = self.subspace.len() - dims;
        self.subspace[last..].copy_from_slice(gradient);
        self.known = (self.known + 1).min(self.settings.subspace as u64);
    }
}

impl<T: Real> Strategy<T> for GuidedEs<T> {
    fn pairing(&self) -> Pairing {
        Pairing::Halves
    }

    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn more_draws(&self, members: usize, _: usize) -> MoreDraws {
        MoreDraws { others: members / 2 * self.directions(), ..MoreDraws::default() }
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let [anywhere, within] = self.parts();
        let (dims, count) = (self.dims(), self.directions());
        plan.write_members(execution, true, mean, out, |drawn, row| {
            let steps = plan.draws.few(execution.isa, drawn.draw, count);
            for (x, &deviate) in row.iter_mut().zip(drawn.deviates) {
                *x = anywhere * deviate;
            }
            for (index, &step) in steps.iter().enumerate() {
                let step = within * step;
                if self.quirks.guided_everywhere {
                    row.iter_mut().for_each(|x| *x += step);
                } else {
                    let direction = &self.basis[index * dims..][..dims];
                    row.iter_mut().zip(direction).for_each(|(x, &q)| *x = step.mul_add(q, *x));
                }
            }
            for (x, &mean) in row.iter_mut().zip(mean) {
                *x = drawn.sign.mul_add(*x, mean);
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let (members, sigma) = (fitness.values.len(), self.sigma.sigma);
        let pairs = members / 2;
        let scale = self.settings.beta / (2.0 * sigma * if self.quirks.guided_short { 1.0 } else { sigma });
        let scale = if self.quirks.guided_sum { scale } else { scale / pairs as f64 };
        let mut weights = vec![0.0; members];
        for pair in 0..pairs {
            let (plus, minus) = Pairing::Halves.pair(pair, members);
            weights[plus] = (fitness.values[plus] - fitness.values[minus]) * scale;
        }
        let spread = Spread { mean, deviation: &self.deviations };
        let mut gradient = sample.moments(spread, &weights, None).slope;
        for (gradient, &deviation) in gradient.iter_mut().zip(&self.deviations) {
            *gradient = (*gradient * deviation).bounded_or_zero();
        }
        if self.is_guided == 0 {
            self.push(&gradient);
        }
        self.descent.step(&sample.execution, mean, &gradient);
        self.sigma.shrink();
        self.restored();
    }

    fn guide(&mut self, gradient: &[T]) -> bool {
        self.is_guided = 1;
        self.push(gradient);
        self.restored();
        true
    }

    fn forgets_goal(&self) -> bool {
        self.quirks.guided_forgets_goal
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.sigma.sigma);
        fields.vector("subspace", &mut self.subspace);
        fields.count("subspace_known", &mut self.known);
        fields.count("is_guided", &mut self.is_guided);
        self.descent.fields(fields);
    }

    fn restored(&mut self) {
        self.sigma.spread_out();
        let dims = self.dims();
        if !self.quirks.guided_everywhere {
            let unknown = self.settings.subspace - (self.known as usize).min(self.settings.subspace);
            self.basis = orthonormal(&self.subspace[unknown * dims..], dims);
        }
        let [anywhere, within] = self.parts().map(|part| part.wide());
        let everywhere = if self.quirks.guided_everywhere { self.settings.subspace as f64 } else { 0.0 };
        for (coordinate, deviation) in self.deviations.iter_mut().enumerate() {
            let along = self.basis.iter().skip(coordinate).step_by(dims).map(|q| q.wide() * q.wide());
            let square: f64 = along.sum::<f64>() + everywhere;
            let found = if square > 0.0 {
                T::of(anywhere.mul_add(anywhere, within * within * square).sqrt())
            } else {
                T::of(anywhere)
            };
            *deviation = shortened(found, self.sigma.sigma);
        }
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}
