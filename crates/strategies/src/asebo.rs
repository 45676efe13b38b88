//! ASEBO, adaptive sampling for evolution strategies: mirrored steps of which a part lies where recent gradients differ.
//!
//! ```text
//! ask     x = m + d  and  m - d,   d = s C^1/2 z,   C = a / D I + (1 - a) / h V V'
//! tell    g = 1/2 sum over pairs of (f_plus - f_minus) (x_plus - m) / s
//!         a = |g off V| / |g along V|, at most 1;   1 until k gradients are known
//!         m = m - step(g / (|g| / D)),  s = max(s decay, limit)
//!         V = the first h principal directions of the last k gradients
//! ```
//!
//! with `k` = min(50, D), `h` = min(P/2, k), and `s` the deviation times `sqrt(D)`; and
//!
//! ```text
//! C^1/2 z = sqrt(a/D) z + (sqrt(a/D + (1-a)/h) - sqrt(a/D)) V V' z
//! ```
//!
//! Source: Choromanski et al., "From complexity to simplicity: adaptive ES-active subspaces for blackbox optimization"
//! (2019), with `g` as the reference has it.
//!
//! Departures of the published code ([`Quirks`]), `asebo_unit_steps`, which are one method: the covariance is `s C`, its
//! Cholesky factor makes the steps, and each is scaled to length 1, so that `s` says nothing; the directions off `V` are
//! the other principal ones, and `a` may be above 1, where the covariance is no longer positive. There the published code
//! goes on with numbers that are none, and this one with `a` = 1. Its covariance is a matrix, so memory grows with `D^2`.

use serde::{Deserialize, Serialize};

use crate::basis::{length, principal, product};
use crate::eigen::{dot, identity};
use crate::execution::Execution;
use crate::guided_es::{lengthened, shortened};
use crate::matrix::cholesky;
use crate::open_es::Isotropic;
use crate::optimizer::{Descent, Optimizer};
use crate::population::{Pairing, PopulationMut, Spread};
use crate::real::Real;
use crate::sample::{Plan, Sample};
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::{NoDeviation, Strategy};

/// Settings of ASEBO.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AseboSettings {
    /// At most so many gradients are remembered.
    pub subspace: usize,
    /// What a gradient becomes.
    pub optimizer: Optimizer,
    /// Its learning rate.
    pub learning_rate: Schedule,
    /// Standard deviation of every coordinate where steps go anywhere: `s` is `sqrt(D)` times as long.
    pub deviation: Schedule,
}

impl Default for AseboSettings {
    fn default() -> Self {
        AseboSettings {
            subspace: 50,
            optimizer: Optimizer::ADAM,
            learning_rate: Schedule { initial: 0.05, decay: 1.0, limit: 0.001 },
            deviation: Schedule { initial: 0.03, decay: 1.0, limit: 0.01 },
        }
    }
}

impl AseboSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let count = self.subspace as f64;
        check("subspace", count, (1..=1000).contains(&self.subspace), "from 1 to 1000 gradients")?;
        self.optimizer.check()?;
        self.learning_rate.check("learning_rate")?;
        self.deviation.check("deviation")
    }
}

/// Why there is none.
pub(crate) const NO_DEVIATION: NoDeviation =
    NoDeviation("the published ASEBO scales each step to length 1, and has no deviation");

/// ASEBO at work.
#[derive(Clone, Debug)]
pub(crate) struct Asebo<T> {
    published: bool,
    /// `h`
    half: usize,
    /// `k`
    remembered: usize,
    sigma: Isotropic<T>,
    descent: Descent<T>,
    alpha: f64,
    /// The last gradients, oldest first, `[gradient][coordinate]`.
    archive: Vec<T>,
    /// Generations that were told.
    told: u64,
    /// `V`, `[direction][coordinate]`; empty until enough gradients are known.
    along: Vec<Vec<f64>>,
    /// The other principal directions, in the published form.
    off: Vec<Vec<f64>>,
    /// The published form's Cholesky factor.
    root: Vec<f64>,
    deviations: Vec<T>,
}

impl<T: Real> Asebo<T> {
    pub(crate) fn new(settings: AseboSettings, quirks: Quirks, population: usize, dims: usize) -> Asebo<T> {
        let remembered = settings.subspace.min(dims);
        let mut start = Asebo {
            published: quirks.asebo_unit_steps,
            half: (population / 2).min(remembered),
            remembered,
            sigma: Isotropic::new(lengthened(settings.deviation, dims), quirks, dims),
            descent: Descent::new(settings.optimizer, settings.learning_rate, quirks, dims),
            alpha: 1.0,
            archive: vec![T::ZERO; remembered * dims],
            told: 0,
            along: Vec::new(),
            off: Vec::new(),
            root: Vec::new(),
            deviations: vec![T::ZERO; dims],
        };
        start.restored();
        start
    }

    fn dims(&self) -> usize {
        self.deviations.len()
    }

    /// Whether the directions are known.
    fn is_ready(&self) -> bool {
        !self.along.is_empty()
    }

    /// The share of the variance that goes anywhere.
    fn share(&self) -> f64 {
        if self.is_ready() { self.alpha } else { 1.0 }
    }

    /// Of a step of the sound form, in units of `s`: what multiplies `z`, and what its part along `V` is multiplied by
    /// beside that.
    fn factors(&self) -> [f64; 2] {
        let share = self.share();
        let anywhere = share / self.dims() as f64;
        let within = (1.0 - share) / self.along.len().max(1) as f64;
        [anywhere.sqrt(), (anywhere + within).sqrt() - anywhere.sqrt()]
    }

    /// Finds the directions of the archive.
    fn look_back(&mut self) {
        let dims = self.dims();
        let enough = self.remembered as u64 + u64::from(self.published);
        if self.told < enough {
            (self.along, self.off) = (Vec::new(), Vec::new());
            return;
        }
        let mut all = principal(numerics::Isa::detected(), &self.archive, dims, self.remembered);
        self.off = all.split_off(self.half.min(all.len()));
        self.along = all;
    }

    /// The published form's factor of `s (a / D I + (1 - a) / h V V')`.
    fn published_root(&self) -> Vec<f64> {
        let (dims, share, sigma) = (self.dims(), self.share(), self.sigma.sigma);
        let isa = numerics::Isa::detected();
        let part = (1.0 - share) / self.half as f64;
        let entry = |index: usize| {
            let (row, column) = (index / dims, index % dims);
            let projected: f64 = self.along.iter().map(|v| v[row] * v[column]).sum();
            let diagonal = if row == column { sigma * share / dims as f64 } else { 0.0 };
            part.mul_add(projected, diagonal)
        };
        let matrix: Vec<f64> = (0..dims * dims).map(entry).collect();
        cholesky(isa, &matrix, dims).unwrap_or_else(|| identity(dims))
    }

    /// `|g off V| / |g along V|`
    fn ratio(&self, gradient: &[f64]) -> f64 {
        let shares = |directions: &[Vec<f64>]| -> Vec<f64> {
            directions.iter().map(|v| product(v, gradient)).collect()
        };
        let inside = shares(&self.along);
        let within = length(&inside);
        let complete = self.along.len() + self.off.len() + 1 >= self.dims();
        let without = if self.published && !complete {
            length(&shares(&self.off))
        } else {
            let mut rest = gradient.to_vec();
            for (share, v) in inside.iter().zip(&self.along) {
                rest.iter_mut().zip(v).for_each(|(rest, v)| *rest -= share * v);
            }
            length(&rest)
        };
        if within > 0.0 { without / within } else { f64::INFINITY }
    }
}

impl<T: Real> Strategy<T> for Asebo<T> {
    fn pairing(&self) -> Pairing {
        Pairing::Halves
    }

    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn no_deviation(&self) -> Option<NoDeviation> {
        self.published.then_some(NO_DEVIATION)
    }

    fn away(&self, plan: &Plan<'_, T>) -> Option<Vec<bool>> {
        self.published.then(|| vec![true; plan.members])
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let dims = self.dims();
        let [anywhere, within] = self.factors();
        let sigma = self.sigma.sigma;
        plan.write_members(execution, true, mean, out, |drawn, row| {
            let deviates: Vec<f64> = drawn.deviates.iter().map(|deviate| deviate.wide()).collect();
            let mut step: Vec<f64>;
            if self.published {
                let rows = self.root.chunks(dims).enumerate();
                step = rows
                    .map(|(index, row)| dot(execution.isa, &row[..=index], &deviates[..=index]))
                    .collect();
                let length = length(&step).max(f64::MIN_POSITIVE);
                step.iter_mut().for_each(|step| *step /= length);
            } else {
                step = deviates.iter().map(|deviate| sigma * anywhere * deviate).collect();
                for v in &self.along {
                    let share = sigma * within * dot(execution.isa, v, &deviates);
                    step.iter_mut().zip(v).for_each(|(step, v)| *step = share.mul_add(*v, *step));
                }
            }
            for ((x, mean), step) in row.iter_mut().zip(mean).zip(step) {
                *x = T::of(drawn.sign.wide().mul_add(step, mean.wide()));
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let (members, dims) = (fitness.values.len(), self.dims());
        let mut weights = vec![0.0; members];
        for pair in 0..members / 2 {
            let (plus, minus) = Pairing::Halves.pair(pair, members);
            weights[plus] = 0.5 * (fitness.values[plus] - fitness.values[minus]);
        }
        let spread = Spread { mean, deviation: &self.deviations };
        let slope = sample.moments(spread, &weights, None).slope;
        let inverse = 1.0 / self.sigma.sigma;
        let steps = slope.iter().zip(&self.deviations);
        let gradient: Vec<f64> = steps
            .map(|(slope, deviation)| {
                T::of(slope.wide() * deviation.wide() * inverse).bounded_or_zero().wide()
            })
            .collect();
        if self.is_ready() {
            let ratio = self.ratio(&gradient);
            let bound = if self.published { 1e100 } else { 1.0 };
            self.alpha = if ratio < bound { ratio } else { bound };
        } else {
            self.alpha = 1.0;
        }
        self.archive.copy_within(dims.., 0);
        let last = self.archive.len() - dims;
        for (kept, &gradient) in self.archive[last..].iter_mut().zip(&gradient) {
            *kept = T::of(gradient);
        }
        let scale = 1.0 / (length(&gradient) / dims as f64 + 1e-8);
        let unit: Vec<T> = gradient.iter().map(|g| T::of(g * scale).bounded_or_zero()).collect();
        self.descent.step(&sample.execution, mean, &unit);
        self.sigma.shrink();
        self.told += 1;
        self.restored();
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("sigma", &mut self.sigma.sigma);
        fields.scalar("alpha", &mut self.alpha);
        fields.vector("archive", &mut self.archive);
        fields.count("told_generations", &mut self.told);
        self.descent.fields(fields);
    }

    fn restored(&mut self) {
        self.sigma.spread_out();
        self.look_back();
        if self.published {
            self.root = self.published_root();
            // What a step of length 1 is on average; steps are told in units of these, and nothing else reads them.
            let deviation = T::of(1.0 / (self.dims() as f64).sqrt()).as_deviation();
            self.deviations.fill(deviation);
            return;
        }
        let [anywhere, within] = self.factors();
        let sigma = self.sigma.sigma;
        for (coordinate, deviation) in self.deviations.iter_mut().enumerate() {
            let along: f64 = self.along.iter().map(|v| v[coordinate] * v[coordinate]).sum();
            let more = (2.0 * anywhere).mul_add(within, within * within) * along;
            let plain = sigma * anywhere;
            let found = if more > 0.0 {
                T::of(plain.mul_add(plain, sigma * sigma * more).sqrt())
            } else {
                T::of(plain)
            };
            *deviation = shortened(found, sigma);
        }
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}
