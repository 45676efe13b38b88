//! What one strategy is to the search that runs it: how it samples, what it learns, what it remembers.
//!
//! A search keeps the mean, the draws, the shaping and the best; a strategy keeps the rest. A new strategy is a file
//! with one of these and a line in [`Method`].

use std::fmt;

use crate::execution::Execution;
use crate::method::Method;
use crate::noise::MoreDraws;
use crate::population::{Pairing, PopulationMut, Spread};
use crate::real::Real;
use crate::sample::{Plan, Sample};
use crate::settings::Settings;
use crate::shaping::Fitness;
use crate::state::Fields;
use crate::{ars, asebo, cma_es, des, guided_es, iamalgam, les, lm_ma_es, open_es, pgpe, random_search};
use crate::{sep_cma_es, simple_ga, snes, sv_open_es, xnes};

/// How a strategy samples and learns.
pub(crate) trait Strategy<T: Real>: fmt::Debug + Send + Sync {
    /// How members share draws.
    fn pairing(&self) -> Pairing {
        Pairing::None
    }

    /// The standard deviation of each coordinate, as it is sampled.
    fn deviations(&self) -> &[T];

    /// That deviation where it is one number by construction.
    fn shared_deviation(&self) -> Option<T> {
        None
    }

    /// Why there is no deviation to speak of, where members are not drawn around the mean.
    fn no_deviation(&self) -> Option<NoDeviation> {
        None
    }

    /// Members that are not drawn around the mean, where there are some.
    fn away(&self, _: &Plan<'_, T>) -> Option<Vec<bool>> {
        None
    }

    /// What is drawn beside a number for each coordinate.
    fn more_draws(&self, _members: usize, _dims: usize) -> MoreDraws {
        MoreDraws::default()
    }

    /// What the published pruning code reads as the deviation; see [`Search::published_sigma`](crate::Search::published_sigma).
    fn published_sigma(&self, _: Checkpoint) -> Result<Vec<T>, NoDeviation> {
        Err(NoDeviation(
            "the published pruning code knows no deviation of this strategy, and raises an error",
        ))
    }

    /// Draws a population. A strategy that correlates coordinates has its own way.
    fn write(&self, plan: &Plan<'_, T>, mean: &[T], execution: &Execution<'_>, out: PopulationMut<'_, T>) {
        plan.write(execution, Spread { mean, deviation: self.deviations() }, 0..plan.dims, out);
    }

    /// Whether coordinates are correlated, so that members can only be drawn whole.
    fn draws_whole_members(&self) -> bool {
        false
    }

    /// Learns from one generation: moves the mean and everything of its own. `fitness` is to be minimised.
    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]);

    /// Takes off its share of whatever is a mean beside the search's.
    fn decay(&mut self, _keep: T) {}

    /// Takes a gradient that somebody knows. Whether it has any use for one.
    fn guide(&mut self, _gradient: &[T]) -> bool {
        false
    }

    /// Whether it copies a published mistake: the best is the smallest, whatever the goal, and no mean decays.
    fn forgets_goal(&self) -> bool {
        false
    }

    /// Everything that the next generation depends on.
    fn fields(&mut self, fields: &mut dyn Fields<T>);

    /// Makes what follows from the fields.
    fn restored(&mut self) {}

    /// A copy.
    fn boxed(&self) -> Box<dyn Strategy<T>>;

    /// Ratio of the largest to the smallest variance, where it is known.
    fn condition(&self) -> Option<f64> {
        None
    }
}

/// When the published code looked at a deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// At the end of training.
    Final,
    /// At the generation with the best test score.
    Best,
}

/// Why there is no deviation to prune by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDeviation(pub(crate) &'static str);

impl fmt::Display for NoDeviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NoDeviation {}

/// A strategy at its start.
pub(crate) fn start<T: Real>(settings: &Settings, start: &[T]) -> Box<dyn Strategy<T>> {
    let (population, quirks, dims) = (settings.population, settings.quirks, start.len());
    match settings.method {
        Method::OpenEs(own) => Box::new(open_es::OpenEs::new(own, quirks, dims)),
        Method::Pgpe(own) => Box::new(pgpe::Pgpe::new(own, quirks, dims)),
        Method::Ars(own) => Box::new(ars::Ars::new(own, quirks, dims)),
        Method::Snes(own) => Box::new(snes::Snes::new(own, quirks, population, dims)),
        Method::Des(own) => Box::new(des::Des::new(own, quirks, population, dims)),
        Method::SepCmaEs(own) => Box::new(sep_cma_es::SepCmaEs::new(own, quirks, population, dims)),
        Method::CmaEs(own) => Box::new(cma_es::CmaEs::new(own, quirks, population, dims)),
        Method::Xnes(own) => Box::new(xnes::Xnes::new(own, quirks, population, dims)),
        Method::SimpleGa(own) => Box::new(simple_ga::SimpleGa::new(own, quirks, population, start)),
        Method::RandomSearch(own) => Box::new(random_search::RandomSearch::new(own, quirks, start)),
        Method::SvOpenEs(own) => Box::new(sv_open_es::SvOpenEs::new(own, quirks, population, start)),
        Method::GuidedEs(own) => Box::new(guided_es::GuidedEs::new(own, quirks, dims)),
        Method::Asebo(own) => Box::new(asebo::Asebo::new(own, quirks, population, dims)),
        Method::IamalgamIndep(own) => Box::new(iamalgam::Independent::new(own, quirks, population, dims)),
        Method::IamalgamFull(own) => Box::new(iamalgam::Full::new(own, quirks, population, dims)),
        Method::Les(own) => Box::new(les::Les::new(own, quirks, dims)),
        Method::LmMaEs(own) => Box::new(lm_ma_es::LmMaEs::new(own, population, dims)),
    }
}
