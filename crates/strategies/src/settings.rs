//! What a search is: strategy, population, goal, randomness, and which departures of the published code it copies.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::method::Method;
pub(crate) use crate::quirks::Quirks;
use crate::shaping::Shaping;

/// Whether small or large fitness is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Small is good: a cost.
    Minimise,
    /// Large is good: a reward.
    Maximise,
}

/// Everything that a search is made of, but for its start.
///
/// ```
/// use strategies::{Goal, Method, Settings};
///
/// let settings = Settings { goal: Goal::Maximise, seed: 3, ..Settings::new(Method::named("pgpe")?, 128) };
/// settings.check(11_274)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The strategy and its own settings.
    pub method: Method,
    /// Members of a generation: at least 2, even where pairs are mirrored.
    pub population: usize,
    /// Whether small or large fitness is good.
    pub goal: Goal,
    /// What fitness becomes before a strategy sees it.
    pub shaping: Shaping,
    /// Times the mean of the squares of a member's coordinates is added to its cost.
    pub fitness_decay: f64,
    /// Share of the mean that is taken off after every generation; below 1.
    pub mean_decay: f64,
    /// Candidates are clipped to these, lowest and highest, coordinate by coordinate; a clipped step is learned from as
    /// it was evaluated (by PGPE and ARS that of the first of each pair, as their equations have it). None for no bounds.
    #[serde(default)]
    pub bounds: Option<[f64; 2]>,
    /// The seed of the draws.
    pub seed: u64,
    /// The name of the stream of the draws: two searches of one seed and different names have nothing in common.
    pub stream: String,
    /// What is copied from the published code.
    pub quirks: Quirks,
}

impl Settings {
    /// Minimises with a strategy: seed 0, no decay, corrected, and the shaping that the strategy's paper uses.
    pub fn new(method: Method, population: usize) -> Settings {
        let shaping = match method {
            Method::OpenEs(_) | Method::Pgpe(_) | Method::GuidedEs(_) | Method::Asebo(_) => {
                Shaping::CentredRank
            }
            _ => Shaping::Raw,
        };
        Settings {
            method,
            population,
            goal: Goal::Minimise,
            shaping,
            fitness_decay: 0.0,
            mean_decay: 0.0,
            bounds: None,
            seed: 0,
            stream: "search".to_owned(),
            quirks: Quirks::NONE,
        }
    }

    /// Whether the search keeps a square of the coordinates: by its strategy, or by what its published code does.
    pub fn is_square(&self) -> bool {
        let is_published = matches!(self.method, Method::Asebo(_)) && self.quirks.asebo_unit_steps;
        self.method.is_square() || is_published
    }

    /// Whether a search of so many dimensions can be made of this.
    pub fn check(&self, dims: usize) -> Result<(), SettingError> {
        let members = self.population as f64;
        check("dims", dims as f64, dims > 0, "at least one coordinate")?;
        check(
            "population",
            members,
            self.population >= 2,
            "at least 2 members, because fitness is compared",
        )?;
        if self.method.is_mirrored() {
            let even = self.population.is_multiple_of(2);
            check("population", members, even, "an even number, because members are mirrored in pairs")?;
        }
        let lanes = self.population.checked_next_multiple_of(16);
        let numbers = lanes.and_then(|lanes| dims.checked_mul(lanes));
        let fits = numbers.is_some_and(|count| count < 1 << 60);
        check("population", members, fits, "a population whose numbers can be counted")?;
        if self.is_square() {
            let fits = dims.checked_mul(dims).is_some_and(|count| count < 1 << 60);
            check(
                "dims",
                dims as f64,
                fits,
                "a number whose square can be counted: the strategy keeps a matrix",
            )?;
        }
        check("fitness_decay", self.fitness_decay, self.fitness_decay >= 0.0, "at least 0")?;
        check("mean_decay", self.mean_decay, (0.0..1.0).contains(&self.mean_decay), "at least 0, below 1")?;
        if let Some([low, high]) = self.bounds {
            check("bounds", low, true, "a finite lower bound")?;
            check("bounds", high, high > low, "a finite upper bound above the lower one")?;
        }
        if let Method::GuidedEs(own) = self.method {
            let allowed = own.subspace == 1 || !self.quirks.guided_everywhere;
            check("subspace", own.subspace as f64, allowed, "1: the published code runs with no other")?;
        }
        self.method.check()
    }
}

/// A setting that no search can have.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingError {
    name: &'static str,
    found: f64,
    expected: &'static str,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "setting `{}` is {}; expected {}", self.name, self.found, self.expected)
    }
}

impl std::error::Error for SettingError {}

/// `Ok` where the setting is finite and allowed.
pub(crate) fn check(
    name: &'static str,
    found: f64,
    allowed: bool,
    expected: &'static str,
) -> Result<(), SettingError> {
    if found.is_finite() && allowed { Ok(()) } else { Err(SettingError { name, found, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_no_search_can_have_are_refused_by_name() {
        let message = |change: &dyn Fn(&mut Settings), name: &str| {
            let mut settings = Settings::new(Method::named(name).expect("a name of the list"), 8);
            change(&mut settings);
            settings.check(3).expect_err("no search has this").to_string()
        };
        for name in Method::NAMES {
            for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0] {
                let found = message(&|settings| settings.method.set_deviation(wild), name);
                assert!(found.starts_with(&format!("setting `deviation` is {wild}")), "{name}: {found}");
            }
            for population in [0, 1, usize::MAX, usize::MAX - 15, 1 << 59] {
                let found = message(&|settings| settings.population = population, name);
                assert!(found.starts_with("setting `population` is"), "{name}: {found}");
            }
            for wild in [f64::NAN, f64::INFINITY, -0.1] {
                let found = message(&|settings| settings.fitness_decay = wild, name);
                assert!(found.starts_with("setting `fitness_decay` is"), "{name}: {found}");
            }
            for wild in [f64::NAN, 1.0, -0.1] {
                let found = message(&|settings| settings.mean_decay = wild, name);
                assert!(found.starts_with("setting `mean_decay` is"), "{name}: {found}");
            }
            let method = Method::named(name).expect("a name of the list");
            assert!(Settings::new(method, 8).check(0).is_err() && Settings::new(method, 8).check(1).is_ok());
            assert_eq!(Settings::new(method, 7).check(3).is_err(), method.is_mirrored(), "{name}");
        }
    }

    #[test]
    fn bad_settings_are_named() {
        let good = Settings::new(Method::named("open-es").expect("a name"), 4);
        good.check(1).expect("the smallest search");
        let message = |settings: Settings, dims| settings.check(dims).expect_err("not allowed").to_string();
        assert!(message(good.clone(), 0).contains("`dims` is 0"));
        let matrix = Settings::new(Method::named("cma-es").expect("a name"), 4);
        assert!(message(matrix, 1 << 31).contains("`dims` is 2147483648; expected a number whose square"));
        assert!(message(Settings { population: 0, ..good.clone() }, 5).contains("`population` is 0"));
        assert!(message(Settings { population: 7, ..good.clone() }, 5).contains("even"));
        assert!(
            message(Settings { mean_decay: f64::NAN, ..good.clone() }, 5).contains("`mean_decay` is NaN")
        );
        assert!(message(Settings { fitness_decay: f64::INFINITY, ..good.clone() }, 5).contains("inf"));
        assert!(message(Settings { population: usize::MAX / 2 + 1, ..good }, 5).contains("counted"));
    }
}
