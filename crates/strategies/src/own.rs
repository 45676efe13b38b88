//! A strategy of one's own: what it takes, without touching this crate.
//!
//! Whoever implements [`OwnStrategy`] gets everything that a search gives: named noise, mirrored goals, shaped fitness,
//! failed evaluations, mean decay, the best candidate, states that are saved and restored. This one follows the
//! best member, with a deviation that shrinks:
//!
//! ```
//! use strategies::own::{Generation, OwnStrategy};
//! use strategies::{Execution, Method, Population, PopulationMut, Search, Settings};
//!
//! #[derive(Clone, Debug)]
//! struct FollowTheBest {
//!     deviations: Vec<f32>,
//! }
//!
//! impl OwnStrategy<f32> for FollowTheBest {
//!     fn deviations(&self) -> &[f32] {
//!         &self.deviations
//!     }
//!     fn tell(&mut self, told: &Generation<'_, f32>, mean: &mut [f32]) {
//!         mean.copy_from_slice(told.member(told.best_first[0]));
//!         self.deviations.iter_mut().for_each(|deviation| *deviation *= 0.97);
//!     }
//!     fn numbers(&mut self) -> Vec<(&'static str, &mut Vec<f32>)> {
//!         vec![("deviations", &mut self.deviations)]
//!     }
//!     fn boxed(&self) -> Box<dyn OwnStrategy<f32>> {
//!         Box::new(self.clone())
//!     }
//! }
//!
//! let here = Execution::default();
//! let own = || Box::new(FollowTheBest { deviations: vec![0.5; 4] });
//! let mut search = Search::with_own(Settings::new(Method::named("snes")?, 24), own(), &[1.0; 4])?;
//! let mut rows = [0.0; 24 * 4];
//! for _ in 0..150 {
//!     search.ask(&here, PopulationMut::Rows(&mut rows))?;
//!     let cost: Vec<f64> = rows.chunks(4).map(|x| x.iter().map(|x| f64::from(x * x)).sum()).collect();
//!     search.tell(&here, Population::Rows(&rows), &cost)?;
//! }
//! assert!(search.best().expect("something was told").fitness < 1e-3);
//! let again = Search::restore_own(&search.state(), own())?;
//! assert_eq!(again.mean(), search.mean());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Members are `mean + deviation * normal deviate`, a coordinate at a time. A strategy that correlates coordinates belongs
//! into this crate.

use std::fmt;

use crate::population::Spread;
use crate::real::Real;
use crate::sample::Sample;
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::strategy::Strategy;

/// A strategy of one's own.
pub trait OwnStrategy<T: Real>: fmt::Debug + Send + Sync {
    /// The standard deviation of each coordinate, as it is sampled next.
    fn deviations(&self) -> &[T];

    /// Learns from one generation: moves the mean and everything of its own. A function of its arguments.
    fn tell(&mut self, told: &Generation<'_, T>, mean: &mut [T]);

    /// Everything that the next generation depends on, by name. Lengths may not change.
    fn numbers(&mut self) -> Vec<(&'static str, &mut Vec<T>)>;

    /// A copy.
    fn boxed(&self) -> Box<dyn OwnStrategy<T>>;
}

/// What was told: members and what they cost, in the order in which they were asked for.
#[derive(Clone, Copy, Debug)]
pub struct Generation<'a, T> {
    /// `[member][coordinate]`
    pub rows: &'a [T],
    /// To be made small, as the settings shape it; of a failed evaluation no better than the worst.
    pub costs: &'a [f64],
    /// Members from the best to the worst.
    pub best_first: &'a [usize],
}

impl<'a, T> Generation<'a, T> {
    /// The coordinates of one member.
    ///
    /// # Panics
    ///
    /// If there is no such member.
    pub fn member(&self, member: usize) -> &'a [T] {
        let dims = self.rows.len() / self.costs.len();
        &self.rows[member * dims..][..dims]
    }
}

/// One's own strategy among those of the crate.
#[derive(Debug)]
pub(crate) struct Adapted<T>(pub(crate) Box<dyn OwnStrategy<T>>);

impl<T: Real> Strategy<T> for Adapted<T> {
    fn deviations(&self) -> &[T] {
        self.0.deviations()
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let rows = sample.rows(Spread { mean, deviation: self.0.deviations() });
        let told = Generation { rows: &rows, costs: fitness.costs(), best_first: fitness.best_first() };
        self.0.tell(&told, mean);
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        for (name, numbers) in self.0.numbers() {
            fields.vector(&format!("own.{name}"), numbers);
        }
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(Adapted(self.0.boxed()))
    }
}
