//! Steps down an estimated gradient, shared by the strategies that estimate one.
//!
//! With gradient `g` of the cost, learning rate `r`, and `k` counting steps from 1:
//!
//! ```text
//! adam      M = b1 M + (1 - b1) g    V = b2 V + (1 - b2) g^2
//!           m = m - r M / (1 - b1^k) / (sqrt(V / (1 - b2^k)) + e)
//! adamw     adam, and m = m - r decay m                                (decay apart from the moments)
//! sgd       M = momentum M + g       m = m - r M
//! rmsprop   V = d V + (1 - d) g^2    M = momentum M + g / (sqrt V + e)    m = m - r M
//! clipup    M = momentum M + r g / (|g| + e), shortened to the greatest speed    m = m - M
//! adan      d = g - g_previous    M = b1 M + (1 - b1) g    V = b2 V + (1 - b2) d    N = b3 N + (1 - b3)(g + b2 d)^2
//!           m = m - r (M' + b2 V') / (sqrt N' + e)             (primes: divided by 1 - b^k of their own b)
//! ```
//!
//! The first `g_previous` of adan is 0, as in the reference: its first change `d` is the whole gradient.
//!
//! Sources: Kingma and Ba (2015); Loshchilov and Hutter (2019); Tieleman and Hinton (2012); Toklu, Liskowski and
//! Srivastava (2020); Xie et al. (2022), with the constants of the reference implementation. Its departures are the
//! flags `sgd_late` and `clipup_rate_twice` (which does not count its steps either) of [`Quirks`], and a default `b1`
//! of 0.99 in adam ([`Optimizer::PUBLISHED_ADAM`]).

use serde::{Deserialize, Serialize};

use crate::execution::{Execution, kernel};
use crate::real::{Real, norm, power};
use crate::schedule::Schedule;
use crate::settings::{Quirks, SettingError, check};
use crate::state::Fields;

/// A rule for steps, and its constants. The learning rate is apart, in a [`Schedule`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
#[allow(missing_docs, reason = "the equations at the top name the constants")]
pub enum Optimizer {
    Adam { beta1: f64, beta2: f64, epsilon: f64 },
    AdamW { beta1: f64, beta2: f64, epsilon: f64, decay: f64 },
    Sgd { momentum: f64 },
    RmsProp { decay: f64, momentum: f64, epsilon: f64 },
    ClipUp { momentum: f64, max_speed: f64, epsilon: f64 },
    Adan { beta1: f64, beta2: f64, beta3: f64, epsilon: f64 },
}

impl Optimizer {
    /// Every name, in the order of the table above.
    pub const NAMES: [&'static str; 6] = ["adam", "adamw", "sgd", "rmsprop", "clipup", "adan"];

    /// Adam as its authors recommend it.
    pub const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// Adam with the memory of the published implementation: a first moment over a hundred generations, not ten.
    pub const PUBLISHED_ADAM: Optimizer = Optimizer::Adam { beta1: 0.99, beta2: 0.999, epsilon: 1e-8 };

    /// An optimiser with its usual constants.
    ///
    /// ```
    /// use strategies::Optimizer;
    ///
    /// assert_eq!(Optimizer::named("adam"), Some(Optimizer::ADAM));
    /// assert_eq!(Optimizer::named("newton"), None);
    /// ```
    pub fn named(name: &str) -> Option<Optimizer> {
        let epsilon = 1e-8;
        Some(match name {
            "adam" => Optimizer::ADAM,
            "adamw" => Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon, decay: 0.01 },
            "sgd" => Optimizer::Sgd { momentum: 0.0 },
            "rmsprop" => Optimizer::RmsProp { decay: 0.99, momentum: 0.9, epsilon },
            "clipup" => Optimizer::ClipUp { momentum: 0.9, max_speed: 0.3, epsilon },
            "adan" => Optimizer::Adan { beta1: 0.98, beta2: 0.92, beta3: 0.99, epsilon },
            _ => return None,
        })
    }

    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let memory =
            |name, value: f64| check(name, value, (0.0..1.0).contains(&value), "at least 0, below 1");
        let positive = |name, value: f64| check(name, value, value > 0.0, "above 0");
        match *self {
            Optimizer::Adam { beta1, beta2, epsilon } | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
                memory("optimizer.beta1", beta1)?;
                memory("optimizer.beta2", beta2)?;
                positive("optimizer.epsilon", epsilon)?;
            }
            Optimizer::Sgd { momentum } => memory("optimizer.momentum", momentum)?,
            Optimizer::RmsProp { decay, momentum, epsilon } => {
                memory("optimizer.decay", decay)?;
                memory("optimizer.momentum", momentum)?;
                positive("optimizer.epsilon", epsilon)?;
            }
            Optimizer::ClipUp { momentum, max_speed, epsilon } => {
                memory("optimizer.momentum", momentum)?;
                positive("optimizer.max_speed", max_speed)?;
                positive("optimizer.epsilon", epsilon)?;
            }
            Optimizer::Adan { beta1, beta2, beta3, epsilon } => {
                memory("optimizer.beta1", beta1)?;
                memory("optimizer.beta2", beta2)?;
                memory("optimizer.beta3", beta3)?;
                positive("optimizer.epsilon", epsilon)?;
            }
        }
        match *self {
            Optimizer::AdamW { decay, .. } => {
                check("optimizer.decay", decay, (0.0..1.0).contains(&decay), "at least 0, below 1")
            }
            _ => Ok(()),
        }
    }

    /// Which of the four vectors it keeps.
    fn keeps(&self) -> [bool; 4] {
        match self {
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } | Optimizer::RmsProp { .. } => {
                [true, true, false, false]
            }
            Optimizer::Sgd { .. } | Optimizer::ClipUp { .. } => [true, false, false, false],
            Optimizer::Adan { .. } => [true; 4],
        }
    }
}

/// An optimiser at work: its learning rate and what it remembers.
///
/// Strategies step down gradients that they estimate; whoever knows one steps down it in the same way:
///
/// ```
/// use strategies::{Descent, Execution, Optimizer, Schedule};
///
/// // half the square of the distance from (3, -1)
/// let mut descent = Descent::start(Optimizer::ADAM, Schedule::constant(0.1), 2)?;
/// let mut place = [0.0_f64, 0.0];
/// for _ in 0..500 {
///     let gradient = [place[0] - 3.0, place[1] + 1.0];
///     descent.step(&Execution::default(), &mut place, &gradient);
/// }
/// assert!((place[0] - 3.0).abs() < 0.01 && (place[1] + 1.0).abs() < 0.01);
/// # Ok::<(), strategies::SettingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Descent<T> {
    optimizer: Optimizer,
    schedule: Schedule,
    quirks: Quirks,
    rate: f64,
    steps: u64,
    first: Vec<T>,
    second: Vec<T>,
    third: Vec<T>,
    previous: Vec<T>,
}

impl<T: Real> Descent<T> {
    /// Checks the constants and begins with no memory, as the optimisers are published (no [`Quirks`]).
    ///
    /// # Errors
    ///
    /// If a constant of the optimiser or of the learning rate is out of range.
    pub fn start(
        optimizer: Optimizer,
        learning_rate: Schedule,
        dims: usize,
    ) -> Result<Descent<T>, SettingError> {
        optimizer.check()?;
        learning_rate.check("learning_rate")?;
        Ok(Descent::new(optimizer, learning_rate, Quirks::NONE, dims))
    }

    pub(crate) fn new(optimizer: Optimizer, schedule: Schedule, quirks: Quirks, dims: usize) -> Descent<T> {
        let [first, second, third, previous] =
            optimizer.keeps().map(|kept| vec![T::ZERO; if kept { dims } else { 0 }]);
        Descent {
            optimizer,
            schedule,
            quirks,
            rate: schedule.initial,
            steps: 0,
            first,
            second,
            third,
            previous,
        }
    }

    pub(crate) fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.scalar("learning_rate", &mut self.rate);
        fields.count("optimizer_steps", &mut self.steps);
        for (name, values) in [
            ("optimizer_first", &mut self.first),
            ("optimizer_second", &mut self.second),
            ("optimizer_third", &mut self.third),
            ("optimizer_gradient", &mut self.previous),
        ] {
            if !values.is_empty() {
                fields.vector(name, values);
            }
        }
    }

    /// Moves the mean against the gradient, and the learning rate along its schedule.
    ///
    /// # Panics
    ///
    /// If the lengths are not those that the descent began with.
    pub fn step(&mut self, execution: &Execution<'_>, mean: &mut [T], gradient: &[T]) {
        assert_eq!(mean.len(), self.first.len(), "coordinates");
        assert_eq!(gradient.len(), self.first.len(), "gradients, one a coordinate");
        // The published clipup does not count its steps; nothing reads them there.
        if !(self.quirks.clipup_rate_twice && matches!(self.optimizer, Optimizer::ClipUp { .. })) {
            self.steps += 1;
        }
        let corrections = |beta: f64| 1.0 / (1.0 - power(beta, self.steps));
        let block = execution.block();
        let isa = execution.isa;
        let rate = self.rate;
        let first = self.first.chunks_mut(block);
        let parts = mean.chunks_mut(block).zip(gradient.chunks(block)).zip(first);
        match self.optimizer {
            Optimizer::Adam { beta1, beta2, epsilon } | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
                let decay = if let Optimizer::AdamW { decay, .. } = self.optimizer { decay } else { 0.0 };
                let constants = [
                    beta1,
                    1.0 - beta1,
                    beta2,
                    1.0 - beta2,
                    epsilon,
                    rate * corrections(beta1),
                    corrections(beta2),
                    rate * decay,
                ]
                .map(T::of);
                let parts = parts.zip(self.second.chunks_mut(block));
                execution.threads.for_each(parts, |(((mean, g), first), second)| {
                    adam(isa, constants, mean, g, first, second);
                });
            }
            Optimizer::Sgd { momentum } => {
                let constants = [momentum, rate].map(T::of);
                let late = self.quirks.sgd_late;
                execution
                    .threads
                    .for_each(parts, |((mean, g), first)| sgd(isa, constants, late, mean, g, first));
            }
            Optimizer::RmsProp { decay, momentum, epsilon } => {
                let constants = [decay, 1.0 - decay, momentum, epsilon, rate].map(T::of);
                let parts = parts.zip(self.second.chunks_mut(block));
                execution.threads.for_each(parts, |(((mean, g), first), second)| {
                    rmsprop(isa, constants, mean, g, first, second);
                });
            }
            Optimizer::ClipUp { momentum, max_speed, epsilon } => {
                let pull = T::of(rate / (norm(gradient) + epsilon));
                let momentum = T::of(momentum);
                for (first, &g) in self.first.iter_mut().zip(gradient) {
                    // An epsilon that is 0 in these numbers makes an infinite pull, and no gradient no pull at all.
                    *first = momentum.mul_add(*first, pull * g).finite_or_zero();
                }
                let speed = norm(&self.first);
                let shorten = if speed > max_speed { max_speed / (speed + epsilon) } else { 1.0 };
                let again = if self.quirks.clipup_rate_twice { rate } else { 1.0 };
                for (mean, first) in mean.iter_mut().zip(&mut self.first) {
                    *first = *first * T::of(shorten);
                    *mean = mean.moved_by(-(T::of(again) * *first));
                }
            }
            Optimizer::Adan { beta1, beta2, beta3, epsilon } => {
                let constants = [
                    beta1,
                    1.0 - beta1,
                    beta2,
                    1.0 - beta2,
                    beta3,
                    1.0 - beta3,
                    epsilon,
                    rate * corrections(beta1),
                    rate * beta2 * corrections(beta2),
                    corrections(beta3),
                ]
                .map(T::of);
                let others = self.third.chunks_mut(block).zip(self.previous.chunks_mut(block));
                let parts = parts.zip(self.second.chunks_mut(block).zip(others));
                execution.threads.for_each(parts, |(((mean, g), first), (second, (third, previous)))| {
                    adan(isa, constants, mean, g, first, second, third, previous);
                });
            }
        }
        self.rate = self.schedule.after(self.rate, self.quirks.limits_lift);
    }
}

kernel! {
    fn adam<'a, T>(
        constants: [T; 8],
        mean: &'a mut [T],
        gradient: &'a [T],
        first: &'a mut [T],
        second: &'a mut [T],
    ) {
        let [keep1, take1, keep2, take2, epsilon, rate, correction, decay] = constants;
        for (((mean, &g), first), second) in mean.iter_mut().zip(gradient).zip(first).zip(second) {
            *first = keep1.mul_add(*first, take1 * g);
            *second = keep2.mul_add(*second, take2 * g * g);
            let step = rate * *first / ((*second * correction).sqrt() + epsilon);
            *mean = mean.moved_by(-decay.mul_add(*mean, step));
        }
    }
}

kernel! {
    fn sgd<'a, T>(constants: [T; 2], late: bool, mean: &'a mut [T], gradient: &'a [T], first: &'a mut [T]) {
        let [momentum, rate] = constants;
        for ((mean, &g), first) in mean.iter_mut().zip(gradient).zip(first) {
            let before = *first;
            *first = momentum.mul_add(before, g);
            let along = if late { before } else { *first };
            *mean = mean.moved_by(-(rate * along));
        }
    }
}

kernel! {
    fn rmsprop<'a, T>(
        constants: [T; 5],
        mean: &'a mut [T],
        gradient: &'a [T],
        first: &'a mut [T],
        second: &'a mut [T],
    ) {
        let [keep, take, momentum, epsilon, rate] = constants;
        for (((mean, &g), first), second) in mean.iter_mut().zip(gradient).zip(first).zip(second) {
            *second = keep.mul_add(*second, take * g * g);
            *first = momentum.mul_add(*first, g / (second.sqrt() + epsilon)).finite_or_zero();
            *mean = mean.moved_by(-(rate * *first));
        }
    }
}

kernel! {
    fn adan<'a, T>(
        constants: [T; 10],
        mean: &'a mut [T],
        gradient: &'a [T],
        first: &'a mut [T],
        second: &'a mut [T],
        third: &'a mut [T],
        previous: &'a mut [T],
    ) {
        let [keep1, take1, keep2, take2, keep3, take3, epsilon, rate1, rate2, correction] = constants;
        let moments = first.iter_mut().zip(second).zip(third).zip(previous);
        for ((mean, &g), (((first, second), third), previous)) in mean.iter_mut().zip(gradient).zip(moments) {
            let change = g - *previous;
            *previous = g;
            *first = keep1.mul_add(*first, take1 * g);
            *second = keep2.mul_add(*second, take2 * change);
            let ahead = keep2.mul_add(change, g);
            *third = keep3.mul_add(*third, take3 * ahead * ahead);
            let along = rate1.mul_add(*first, rate2 * *second);
            *mean = mean.moved_by(-(along / ((*third * correction).sqrt() + epsilon)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(optimizer: Optimizer, quirks: Quirks, gradients: &[f64]) -> Vec<f64> {
        let mut descent = Descent::<f64>::new(optimizer, Schedule::constant(0.1), quirks, 1);
        let mut mean = [1.0];
        let steps = gradients.iter().map(|&g| {
            descent.step(&Execution::default(), &mut mean, &[g]);
            mean[0]
        });
        steps.collect()
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            // A dozen operations on numbers near 1.
            assert!((found - expected).abs() < 12.0 * f64::EPSILON, "{found} is not {expected}");
        }
    }

    #[test]
    fn hand_worked_steps() {
        // The first step of adam is the learning rate, whatever the gradient's size.
        close(&run(Optimizer::ADAM, Quirks::NONE, &[5.0]), &[1.0 - 0.1 * 5.0 / (5.0 + 1e-8)]);
        let sgd = Optimizer::Sgd { momentum: 0.5 };
        close(&run(sgd, Quirks::NONE, &[1.0, 1.0]), &[0.9, 0.75]);
        close(&run(sgd, Quirks::ALL, &[1.0, 1.0]), &[1.0, 0.9]);
        let rmsprop = Optimizer::RmsProp { decay: 0.75, momentum: 0.0, epsilon: 1e-8 };
        close(&run(rmsprop, Quirks::NONE, &[2.0]), &[1.0 - 0.1 * 2.0 / (1.0 + 1e-8)]);
        let clipup = Optimizer::ClipUp { momentum: 0.0, max_speed: 0.05, epsilon: 1e-8 };
        close(
            &run(clipup, Quirks::NONE, &[-3.0]),
            &[1.0 + 0.05 * (0.1 * 3.0 / (3.0 + 1e-8)) / (0.1 * 3.0 / (3.0 + 1e-8) + 1e-8)],
        );
        let free = Optimizer::ClipUp { momentum: 0.0, max_speed: 9.0, epsilon: 1e-8 };
        close(&run(free, Quirks::ALL, &[-3.0]), &[1.0 + 0.1 * 0.1 * 3.0 / (3.0 + 1e-8)]);
        let adamw = Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.5 };
        close(&run(adamw, Quirks::NONE, &[5.0]), &[1.0 - 0.1 * 5.0 / (5.0 + 1e-8) - 0.05]);
        // The change of the first gradient counts from zero, so both parts point along it.
        let adan = Optimizer::named("adan").expect("a name of the list");
        close(&run(adan, Quirks::NONE, &[2.0]), &[1.0 - 0.1 * (2.0 + 0.92 * 2.0) / (1.92 * 2.0 + 1e-8)]);
    }

    #[test]
    fn every_name_makes_an_optimizer_that_descends() {
        for name in Optimizer::NAMES {
            let optimizer = Optimizer::named(name).expect("a name of the list");
            optimizer.check().expect("usual constants are allowed");
            let path = run(optimizer, Quirks::NONE, &[1.0; 5]);
            assert!(path.is_sorted_by(|a, b| a > b) && path[0] < 1.0, "{name}: {path:?}");
        }
    }

    /// An epsilon below the smallest number of `f32` is 0 there, and 0 / 0 is no number.
    #[test]
    fn no_gradient_leaves_no_trace_that_is_no_number() {
        let epsilon = 1e-60;
        for optimizer in [
            Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon },
            Optimizer::RmsProp { decay: 0.99, momentum: 0.9, epsilon },
            Optimizer::ClipUp { momentum: 0.9, max_speed: 0.3, epsilon },
            Optimizer::Adan { beta1: 0.98, beta2: 0.92, beta3: 0.99, epsilon },
        ] {
            optimizer.check().expect("above 0");
            let mut descent = Descent::<f32>::new(optimizer, Schedule::constant(0.1), Quirks::NONE, 1);
            let mut mean = [1.0];
            for gradient in [0.0, 1e-30, 1.0] {
                descent.step(&Execution::default(), &mut mean, &[gradient]);
                let kept = [&descent.first, &descent.second, &descent.third, &descent.previous];
                let numbers = kept.into_iter().flatten().chain(&mean);
                assert!(numbers.copied().all(f32::is_finite), "{descent:?}");
            }
            assert!(mean[0] < 1.0, "{optimizer:?}: {mean:?}");
        }
    }

    #[test]
    fn infinite_steps_are_not_taken() {
        let sgd = Optimizer::Sgd { momentum: 0.9 };
        let path = run(sgd, Quirks::NONE, &[f64::MAX, f64::MAX, f64::MAX]);
        assert!(path.iter().all(|mean| mean.is_finite()), "{path:?}");
    }
}
