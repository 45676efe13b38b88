//! What a search is: strategy, population, goal, randomness, and which departures of the published code it copies.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ars::ArsSettings;
use crate::cma_es::CmaEsSettings;
use crate::des::DesSettings;
use crate::open_es::OpenEsSettings;
use crate::optimizer::Optimizer;
use crate::pgpe::PgpeSettings;
use crate::sep_cma_es::SepCmaEsSettings;
use crate::shaping::Shaping;
use crate::snes::SnesSettings;

/// A strategy with its own settings. One file each has the equations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// Mirrored steps of one size, a gradient step. See [`crate::open_es`].
    OpenEs(OpenEsSettings),
    /// Mirrored steps, a gradient step, and a deviation a coordinate. See [`crate::pgpe`].
    Pgpe(PgpeSettings),
    /// Mirrored steps of one size, a gradient step from the best directions. See [`crate::ars`].
    Ars(ArsSettings),
    /// Natural gradient for a mean and a deviation a coordinate. See [`crate::snes`].
    Snes(SnesSettings),
    /// Weights found by meta-learning. See [`crate::des`].
    Des(DesSettings),
    /// Step size and a variance a coordinate, with evolution paths. See [`crate::sep_cma_es`].
    SepCmaEs(SepCmaEsSettings),
    /// Step size and a full covariance, with evolution paths. See [`crate::cma_es`].
    CmaEs(CmaEsSettings),
}

impl Method {
    /// The name of every strategy.
    pub const NAMES: [&'static str; 7] = ["open-es", "pgpe", "ars", "snes", "des", "sep-cma-es", "cma-es"];

    /// The strategy of this name, with its default settings.
    ///
    /// ```
    /// use strategies::Method;
    ///
    /// assert_eq!(Method::named("snes")?.name(), "snes");
    /// let error = Method::named("snse").unwrap_err().to_string();
    /// assert_eq!(error, "there is no strategy `snse`; did you mean `snes`?");
    /// # Ok::<(), strategies::UnknownStrategy>(())
    /// ```
    pub fn named(name: &str) -> Result<Method, UnknownStrategy> {
        Ok(match name {
            "open-es" => Method::OpenEs(OpenEsSettings::default()),
            "pgpe" => Method::Pgpe(PgpeSettings::default()),
            "ars" => Method::Ars(ArsSettings::default()),
            "snes" => Method::Snes(SnesSettings::default()),
            "des" => Method::Des(DesSettings::default()),
            "sep-cma-es" => Method::SepCmaEs(SepCmaEsSettings::default()),
            "cma-es" => Method::CmaEs(CmaEsSettings::default()),
            _ => return Err(UnknownStrategy { name: name.to_owned() }),
        })
    }

    /// The name in commands, files and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Method::OpenEs(_) => "open-es",
            Method::Pgpe(_) => "pgpe",
            Method::Ars(_) => "ars",
            Method::Snes(_) => "snes",
            Method::Des(_) => "des",
            Method::SepCmaEs(_) => "sep-cma-es",
            Method::CmaEs(_) => "cma-es",
        }
    }

    /// Changes the standard deviation at the start.
    pub fn set_deviation(&mut self, deviation: f64) {
        match self {
            Method::OpenEs(settings) => settings.deviation.initial = deviation,
            Method::Pgpe(settings) => settings.deviation.initial = deviation,
            Method::Ars(settings) => settings.deviation.initial = deviation,
            Method::Snes(settings) => settings.deviation = deviation,
            Method::Des(settings) => settings.deviation = deviation,
            Method::SepCmaEs(settings) => settings.deviation = deviation,
            Method::CmaEs(settings) => settings.deviation = deviation,
        }
    }

    /// Puts the published code's adam in place of the usual one: a constant, not one of the [`Quirks`].
    ///
    /// ```
    /// use strategies::{Method, Optimizer};
    ///
    /// let mut method = Method::named("ars")?;
    /// method.use_published_adam();
    /// assert!(matches!(method, Method::Ars(own) if own.optimizer == Optimizer::PUBLISHED_ADAM));
    /// # Ok::<(), strategies::UnknownStrategy>(())
    /// ```
    pub fn use_published_adam(&mut self) {
        let optimizer = match self {
            Method::OpenEs(settings) => &mut settings.optimizer,
            Method::Pgpe(settings) => &mut settings.optimizer,
            Method::Ars(settings) => &mut settings.optimizer,
            _ => return,
        };
        if *optimizer == Optimizer::ADAM {
            *optimizer = Optimizer::PUBLISHED_ADAM;
        }
    }

    /// Whether an increasing map of the fitness changes nothing, whatever the shaping.
    pub fn is_rank_based(&self) -> bool {
        matches!(self, Method::Snes(_) | Method::Des(_) | Method::SepCmaEs(_) | Method::CmaEs(_))
    }

    /// Whether members come in mirrored pairs, so that their number must be even.
    pub fn is_mirrored(&self) -> bool {
        matches!(self, Method::OpenEs(_) | Method::Pgpe(_) | Method::Ars(_))
    }

    fn check(&self) -> Result<(), SettingError> {
        match self {
            Method::OpenEs(settings) => settings.check(),
            Method::Pgpe(settings) => settings.check(),
            Method::Ars(settings) => settings.check(),
            Method::Snes(settings) => settings.check(),
            Method::Des(settings) => settings.check(),
            Method::SepCmaEs(settings) => settings.check(),
            Method::CmaEs(settings) => settings.check(),
        }
    }
}

/// Whether small or large fitness is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Small is good: a cost.
    Minimise,
    /// Large is good: a reward.
    Maximise,
}

/// Which departures of the published code from the published algorithms a search copies.
///
/// [`Quirks::NONE`] is the default and follows the algorithms' own papers. [`Quirks::ALL`] replays the reference
/// implementation (evosax 0.1.4) to its rounding. Each can be chosen alone, to see what it does.
///
/// | flag | what the published code does | effect |
/// |---|---|---|
/// | `ties_by_index` | members of equal fitness are ranked by their index, and not given their ranks' average; ranks are those of shaped fitness, so what the range normalisation cuts off at 1e10 is equal | equal members get different weights; the result depends on their order |
/// | `range_one_to_three` | the range normalisation goes to 1 .. 3, and not to -1 .. 1 | none in mirrored strategies, which take differences |
/// | `limits_lift` | a step size or learning rate that starts below its limit jumps up to it after one generation | a smaller start than the limit (0.01 by default) is not possible, and no deviation of PGPE stays below it; corrected, the limit stops the decay alone, and what PGPE learns may go below |
/// | `sgd_late` | plain gradient descent steps along the gradient of the generation before | no move in the first generation |
/// | `clipup_rate_twice` | the learning rate scales the velocity, and the step again; steps are not counted | far slower; the greatest speed is no speed; the count, which nothing else reads, stays 0 |
/// | `pgpe_deviation_upward` | PGPE moves its deviations against the estimated descent: sign turned | deviations grow where they should shrink |
/// | `pgpe_pairs_mixed` | PGPE multiplies fitness in order of rank with steps in order of sampling | what it learns about deviations is noise |
/// | `pgpe_neighbours` | the members of a PGPE pair are neighbours, and not half a population apart | none but the order |
/// | `snes_no_baseline` | SNES with a temperature does not subtract the mean weight | a bias of the deviations where the squared steps of a sample are not 1 on average |
/// | `des_floor` | DES adds 1e-6 under the root of its new deviation | deviations never fall below about 0.001 |
/// | `sep_cma_constants` | Sep-CMA-ES has the rank-one rate of full CMA-ES, no bound on the sum of rates, and takes at most 40,000 dimensions into account | learns slowly from its path; above 40,000 dimensions the rates no longer fall as they should |
/// | `cma_ridge` | CMA-ES adds 1e-10 to every entry of the first covariance (not only to its diagonal), decomposes in every generation, and goes on with the product of the parts | a slight correlation of all coordinates, and more time |
/// | `cma_weights_cut` | CMA-ES cuts the mean's weights off at the elite without making them sum to 1 | with an elite other than half, steps that are too short or too long |
/// | none: a setting, [`Method::use_published_adam`] | adam's first moment keeps 0.99 of itself, and not 0.9 | slower to start and to turn |
/// | none: not copied | PGPE with an elite below 1 raises an error | none; here it runs in both variants |
/// | none: [`Search::published_sigma`](crate::Search::published_sigma) | pruning calls a variance of Sep-CMA-ES a deviation | other weights are pruned |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the table above says what each flag does")]
pub struct Quirks {
    pub ties_by_index: bool,
    pub range_one_to_three: bool,
    pub limits_lift: bool,
    pub sgd_late: bool,
    pub clipup_rate_twice: bool,
    pub pgpe_deviation_upward: bool,
    pub pgpe_pairs_mixed: bool,
    pub pgpe_neighbours: bool,
    pub snes_no_baseline: bool,
    pub des_floor: bool,
    pub sep_cma_constants: bool,
    pub cma_ridge: bool,
    pub cma_weights_cut: bool,
}

impl Quirks {
    /// The algorithms as their papers give them: the variant called `corrected`.
    pub const NONE: Quirks = Quirks {
        ties_by_index: false,
        range_one_to_three: false,
        limits_lift: false,
        sgd_late: false,
        clipup_rate_twice: false,
        pgpe_deviation_upward: false,
        pgpe_pairs_mixed: false,
        pgpe_neighbours: false,
        snes_no_baseline: false,
        des_floor: false,
        sep_cma_constants: false,
        cma_ridge: false,
        cma_weights_cut: false,
    };

    /// The reference implementation: the variant called `as-published`.
    pub const ALL: Quirks = Quirks {
        ties_by_index: true,
        range_one_to_three: true,
        limits_lift: true,
        sgd_late: true,
        clipup_rate_twice: true,
        pgpe_deviation_upward: true,
        pgpe_pairs_mixed: true,
        pgpe_neighbours: true,
        snes_no_baseline: true,
        des_floor: true,
        sep_cma_constants: true,
        cma_ridge: true,
        cma_weights_cut: true,
    };
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
            Method::OpenEs(_) | Method::Pgpe(_) => Shaping::CentredRank,
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
        if matches!(self.method, Method::CmaEs(_)) {
            let fits = dims.checked_mul(dims).is_some_and(|count| count < 1 << 60);
            check("dims", dims as f64, fits, "a number whose square can be counted: cma-es keeps a matrix")?;
        }
        check("fitness_decay", self.fitness_decay, self.fitness_decay >= 0.0, "at least 0")?;
        check("mean_decay", self.mean_decay, (0.0..1.0).contains(&self.mean_decay), "at least 0, below 1")?;
        if let Some([low, high]) = self.bounds {
            check("bounds", low, true, "a finite lower bound")?;
            check("bounds", high, high > low, "a finite upper bound above the lower one")?;
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

/// A name that no strategy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStrategy {
    name: String,
}

impl fmt::Display for UnknownStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no strategy `{}`; ", self.name)?;
        let distances = Method::NAMES.map(|name| (edits(&self.name, name), name));
        match distances.into_iter().min() {
            // Half of the letters right is more likely a slip than another name.
            Some((distance, name)) if distance <= name.len() / 2 => write!(f, "did you mean `{name}`?"),
            _ => write!(f, "there are {}", Method::NAMES.join(", ")),
        }
    }
}

impl std::error::Error for UnknownStrategy {}

/// Letters to insert, delete or replace to make one name the other.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, &other) in b.iter().enumerate() {
            let replaced = corner + usize::from(letter != other);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_methods_belong_together() {
        for name in Method::NAMES {
            assert_eq!(Method::named(name).expect("a name of the list").name(), name);
        }
        let message = |name: &str| Method::named(name).expect_err("no such name").to_string();
        assert_eq!(message("sepcma"), "there is no strategy `sepcma`; did you mean `sep-cma-es`?");
        assert!(
            message("gradient descent").ends_with("sep-cma-es, cma-es"),
            "{}",
            message("gradient descent")
        );
    }

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
    fn edits_of_hand_worked_cases() {
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("snse", "snes"), 2);
        assert_eq!(edits("ars", "ars"), 0);
        assert_eq!(edits("abc", "xabd"), 2);
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
