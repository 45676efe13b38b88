//! SV-OpenES: several searches of the kind of OpenAI-ES at once, which learn from each other and keep apart.
//!
//! ```text
//! ask     x = m_j + s z  and  m_j - s z                       each of n particles has P/n members, P/2n draws z
//! tell    g_j = 1 / (P/n s) sum_i f_i (x_i - m_j) / s         f the centred ranks among the members of j
//!         k(a, b) = exp(-|a - b|^2 / (2 h^2))
//!         m_i = m_i - step(1/n sum_j k(m_j, m_i) (g_j + a (m_j - m_i) / h^2))
//!         m = the particle whose members were best
//! ```
//!
//! with `h` the kernel's width, `a` the repulsion. All particles start as the start; their noise drives them apart. Where
//! the members are no multiple of `2 n`, there are fewer particles.
//!
//! Fitness is ranked here, within each particle, so the search's shaping has no effect. Members of a generation are one
//! particle after the other, and of each the plus half, then the minus half.
//!
//! Source: Liu et al., "Stein variational policy gradient" (2017), as the reference has it from release 0.3 on. The reported
//! mean, the start and the mean decay, which takes its share off every particle, are this crate's.
//!
//! Departures of the published code: none known.

use serde::{Deserialize, Serialize};

use crate::basis::product;
use crate::execution::Execution;
use crate::optimizer::{Descent, Optimizer};
use crate::population::{Pairing, PopulationMut, Spread};
use crate::real::{Real, exp};
use crate::sample::{Plan, Sample};
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::Strategy;

/// Settings of SV-OpenES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SvOpenEsSettings {
    /// At most so many particles.
    pub particles: usize,
    /// How near particles must be to learn from each other.
    pub width: f64,
    /// How strongly they keep apart; at least 0.
    pub repulsion: f64,
    /// What a gradient becomes.
    pub optimizer: Optimizer,
    /// Its learning rate.
    pub learning_rate: Schedule,
    /// Standard deviation of every coordinate around a particle.
    pub deviation: f64,
}

impl Default for SvOpenEsSettings {
    /// As [`open_es`](crate::open_es), with four particles that keep apart a little; the reference has plain descent at a
    /// rate of 0.001, a deviation of 1 and a repulsion of 1.
    fn default() -> Self {
        SvOpenEsSettings {
            particles: 4,
            width: 1.0,
            repulsion: 0.1,
            optimizer: Optimizer::ADAM,
            learning_rate: Schedule { initial: 0.05, decay: 1.0, limit: 0.001 },
            deviation: 0.1,
        }
    }
}

impl SvOpenEsSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let count = self.particles as f64;
        check("particles", count, (1..=10_000).contains(&self.particles), "from 1 to 10,000 particles")?;
        check("width", self.width, self.width > 0.0, "above 0")?;
        check("repulsion", self.repulsion, self.repulsion >= 0.0, "at least 0")?;
        self.optimizer.check()?;
        self.learning_rate.check("learning_rate")?;
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")
    }

    /// How many particles so many members make: as many as divide the pairs.
    pub(crate) fn used(&self, population: usize) -> usize {
        let pairs = population / 2;
        (1..=self.particles.min(pairs).max(1)).rev().find(|&count| pairs.is_multiple_of(count)).unwrap_or(1)
    }
}

/// SV-OpenES at work.
#[derive(Clone, Debug)]
pub(crate) struct SvOpenEs<T> {
    settings: SvOpenEsSettings,
    count: usize,
    /// `[particle][coordinate]`
    particles: Vec<T>,
    /// The particle that the search's mean is.
    leader: u64,
    descent: Descent<T>,
    deviations: Vec<T>,
}

impl<T: Real> SvOpenEs<T> {
    pub(crate) fn new(
        settings: SvOpenEsSettings,
        quirks: Quirks,
        population: usize,
        start: &[T],
    ) -> SvOpenEs<T> {
        let count = settings.used(population);
        SvOpenEs {
            settings,
            count,
            particles: start.repeat(count),
            leader: 0,
            descent: Descent::new(settings.optimizer, settings.learning_rate, quirks, count * start.len()),
            deviations: vec![T::of(settings.deviation).as_deviation(); start.len()],
        }
    }

    fn dims(&self) -> usize {
        self.deviations.len()
    }

    fn particle(&self, index: usize) -> &[T] {
        &self.particles[index * self.dims()..][..self.dims()]
    }

    /// The gradients of all particles, `[particle][coordinate]`.
    fn gradients(&self, sample: &Sample<'_, T>, fitness: &Fitness) -> Vec<f64> {
        let dims = self.dims();
        let each = fitness.values.len() / self.count;
        let sigma = self.deviations[0].wide();
        let mut gradients = vec![0.0; self.particles.len()];
        let parts = gradients.chunks_mut(dims).enumerate();
        sample.execution.threads.for_each(parts, |(index, gradient)| {
            let centre = self.particle(index);
            let ranks = fitness.ranks_of(index * each..(index + 1) * each);
            let mut row = vec![T::ZERO; dims];
            for (offset, rank) in ranks.iter().enumerate() {
                let spread = Spread { mean: centre, deviation: &self.deviations };
                sample.member(index * each + offset, spread, &mut row);
                for ((gradient, x), centre) in gradient.iter_mut().zip(&row).zip(centre) {
                    let step = ((*x - *centre).wide() / sigma).clamp(-1e100, 1e100);
                    *gradient = rank.mul_add(if step.is_nan() { 0.0 } else { step }, *gradient);
                }
            }
            gradient.iter_mut().for_each(|gradient| *gradient /= each as f64 * sigma);
        });
        gradients
    }
}

impl<T: Real> Strategy<T> for SvOpenEs<T> {
    fn pairing(&self) -> Pairing {
        Pairing::HalvesOf(self.count)
    }

    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn shared_deviation(&self) -> Option<T> {
        self.deviations.first().copied()
    }

    fn away(&self, plan: &Plan<'_, T>) -> Option<Vec<bool>> {
        let each = plan.members / self.count;
        Some((0..plan.members).map(|member| (member / each) as u64 != self.leader).collect())
    }

    fn draws_whole_members(&self) -> bool {
        true
    }

    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        let each = plan.members / self.count;
        plan.write_members(execution, true, mean, out, |drawn, row| {
            let index = drawn.member / each;
            let parts = row.iter_mut().zip(drawn.deviates).zip(self.particle(index)).zip(&self.deviations);
            for (((x, &deviate), &centre), &deviation) in parts {
                *x = (drawn.sign * deviation).mul_add(deviate, centre);
            }
        });
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let dims = self.dims();
        let gradients = self.gradients(sample, fitness);
        let wide: Vec<f64> = self.particles.iter().map(|x| x.wide()).collect();
        let square = self.settings.width * self.settings.width;
        let mut directions = vec![T::ZERO; self.particles.len()];
        let parts = directions.chunks_mut(dims).zip(wide.chunks(dims));
        sample.execution.threads.for_each(parts, |(direction, own)| {
            let mut sum = vec![0.0; dims];
            for (other, gradient) in wide.chunks(dims).zip(gradients.chunks(dims)) {
                let away: Vec<f64> = other.iter().zip(own).map(|(other, own)| other - own).collect();
                let near = exp(-0.5 * product(&away, &away) / square);
                if near > 0.0 {
                    let apart = self.settings.repulsion / square;
                    for ((sum, gradient), away) in sum.iter_mut().zip(gradient).zip(&away) {
                        *sum = near.mul_add(apart.mul_add(*away, *gradient), *sum);
                    }
                }
            }
            for (direction, sum) in direction.iter_mut().zip(sum) {
                *direction = T::of(sum / self.count as f64).bounded_or_zero();
            }
        });
        self.descent.step(&sample.execution, &mut self.particles, &directions);
        let each = fitness.values.len() / self.count;
        self.leader = (fitness.order[0] / each) as u64;
        mean.copy_from_slice(self.particle(self.leader as usize));
    }

    fn decay(&mut self, keep: T) {
        self.particles.iter_mut().for_each(|x| *x = keep * *x);
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.vector("particles", &mut self.particles);
        fields.count("leader", &mut self.leader);
        self.descent.fields(fields);
    }

    fn restored(&mut self) {
        self.leader = self.leader.min(self.count as u64 - 1);
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_divide_the_pairs() {
        let used = |population| SvOpenEsSettings::default().used(population);
        assert_eq!([2, 4, 6, 8, 10, 12, 24, 32].map(used), [1, 2, 3, 4, 1, 3, 4, 4]);
    }
}
