//! The strategies by name, each with its own settings.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ars::ArsSettings;
use crate::asebo::{self, AseboSettings};
use crate::cma_es::CmaEsSettings;
use crate::des::DesSettings;
use crate::directions;
use crate::guided_es::GuidedEsSettings;
use crate::iamalgam::IamalgamSettings;
use crate::les::LesSettings;
use crate::lm_ma_es::LmMaEsSettings;
use crate::open_es::OpenEsSettings;
use crate::optimizer::Optimizer;
use crate::pgpe::PgpeSettings;
use crate::quirks::Quirks;
use crate::random_search::{self, RandomSearchSettings};
use crate::sep_cma_es::SepCmaEsSettings;
use crate::settings::SettingError;
use crate::simple_ga::{self, SimpleGaSettings};
use crate::snes::SnesSettings;
use crate::strategy::NoDeviation;
use crate::sv_open_es::SvOpenEsSettings;
use crate::xnes::XnesSettings;

/// Writes the list of strategies, and what follows from it.
macro_rules! methods {
    (
        plain { $($(#[$doc:meta])* $variant:ident($settings:ident) $name:literal;)* }
        needs_more { $($(#[$more_doc:meta])* $more:ident($more_settings:ident) $more_name:literal;)* }
    ) => {
        /// A strategy with its own settings. One file each has the equations.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", rename_all = "kebab-case")]
        #[non_exhaustive]
        #[expect(clippy::large_enum_variant, reason = "two thousand bytes of a network, copied a few times in a run")]
        pub enum Method {
            $($(#[$doc])* $variant($settings),)*
            $($(#[$more_doc])* $more($more_settings),)*
        }

        impl Method {
            /// The name of every strategy that needs nothing but its name.
            pub const NAMES: [&'static str; [$($name),*].len()] = [$($name),*];

            /// The names of those that are refused without something that is not part of this crate.
            pub const NEEDS_MORE: [&'static str; [$($more_name),*].len()] = [$($more_name),*];

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
                match name {
                    $($name => Ok(Method::$variant($settings::default())),)*
                    $($more_name => Ok(Method::$more($more_settings::default())),)*
                    _ => Err(UnknownStrategy { name: name.to_owned() }),
                }
            }

            /// The name in commands, files and reports.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Method::$variant(_) => $name,)*
                    $(Method::$more(_) => $more_name,)*
                }
            }

            pub(crate) fn check(&self) -> Result<(), SettingError> {
                match self {
                    $(Method::$variant(settings) => settings.check(),)*
                    $(Method::$more(settings) => settings.check(),)*
                }
            }
        }
    };
}

methods! {
    plain {
        /// Mirrored steps of one size, a gradient step. See [`crate::open_es`].
        OpenEs(OpenEsSettings) "open-es";
        /// Mirrored steps, a gradient step, and a deviation a coordinate. See [`crate::pgpe`].
        Pgpe(PgpeSettings) "pgpe";
        /// Mirrored steps of one size, a gradient step from the best directions. See [`crate::ars`].
        Ars(ArsSettings) "ars";
        /// Natural gradient for a mean and a deviation a coordinate. See [`crate::snes`].
        Snes(SnesSettings) "snes";
        /// Weights found by meta-learning. See [`crate::des`].
        Des(DesSettings) "des";
        /// Step size and a variance a coordinate, with evolution paths. See [`crate::sep_cma_es`].
        SepCmaEs(SepCmaEsSettings) "sep-cma-es";
        /// Step size and a full covariance, with evolution paths. See [`crate::cma_es`].
        CmaEs(CmaEsSettings) "cma-es";
        /// Natural gradient for a mean, a step size and a full matrix. See [`crate::xnes`].
        Xnes(XnesSettings) "xnes";
        /// Mutated children of the best members so far. See [`crate::simple_ga`].
        SimpleGa(SimpleGaSettings) "simple-ga";
        /// Points of a box, which learn from nothing. See [`crate::random_search`].
        RandomSearch(RandomSearchSettings) "random-search";
        /// Several OpenAI-ES that keep apart. See [`crate::sv_open_es`].
        SvOpenEs(SvOpenEsSettings) "sv-open-es";
        /// Mirrored steps, many of them along recent gradients. See [`crate::guided_es`].
        GuidedEs(GuidedEsSettings) "guided-es";
        /// Mirrored steps, many of them where recent gradients differ. See [`crate::asebo`].
        Asebo(AseboSettings) "asebo";
        /// A distribution fitted to the elite, a variance a coordinate. See [`crate::iamalgam`].
        IamalgamIndep(IamalgamSettings) "iamalgam-indep";
        /// A distribution fitted to the elite, with a full covariance. See [`crate::iamalgam`].
        IamalgamFull(IamalgamSettings) "iamalgam-full";
        /// Step size and a few directions that stand for a covariance. See [`crate::lm_ma_es`].
        LmMaEs(LmMaEsSettings) "lm-ma-es";
    }
    needs_more {
        /// Weights and rates by a trained network, which somebody must give. See [`crate::les`].
        Les(LesSettings) "les";
    }
}

impl Method {
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
            Method::Xnes(settings) => settings.deviation = deviation,
            Method::SimpleGa(settings) => settings.deviation.initial = deviation,
            Method::RandomSearch(settings) => settings.deviation = deviation,
            Method::SvOpenEs(settings) => settings.deviation = deviation,
            Method::GuidedEs(settings) => settings.deviation.initial = deviation,
            Method::Asebo(settings) => settings.deviation.initial = deviation,
            Method::IamalgamIndep(settings) | Method::IamalgamFull(settings) => {
                settings.deviation = deviation;
            }
            Method::LmMaEs(settings) => settings.deviation = deviation,
            Method::Les(settings) => settings.deviation = deviation,
        }
    }

    /// The standard deviation at the start.
    pub fn deviation(&self) -> f64 {
        match self {
            Method::OpenEs(settings) => settings.deviation.initial,
            Method::Pgpe(settings) => settings.deviation.initial,
            Method::Ars(settings) => settings.deviation.initial,
            Method::Snes(settings) => settings.deviation,
            Method::Des(settings) => settings.deviation,
            Method::SepCmaEs(settings) => settings.deviation,
            Method::CmaEs(settings) => settings.deviation,
            Method::Xnes(settings) => settings.deviation,
            Method::SimpleGa(settings) => settings.deviation.initial,
            Method::RandomSearch(settings) => settings.deviation,
            Method::SvOpenEs(settings) => settings.deviation,
            Method::GuidedEs(settings) => settings.deviation.initial,
            Method::Asebo(settings) => settings.deviation.initial,
            Method::IamalgamIndep(settings) | Method::IamalgamFull(settings) => settings.deviation,
            Method::LmMaEs(settings) => settings.deviation,
            Method::Les(settings) => settings.deviation,
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
        self.change_optimizer(Optimizer::ADAM, Optimizer::PUBLISHED_ADAM);
    }

    /// Adam as its paper has it, where the strategy has it as published.
    pub fn use_adam(&mut self) {
        self.change_optimizer(Optimizer::PUBLISHED_ADAM, Optimizer::ADAM);
    }

    /// Whether the strategy's steps are Adam's, in either variant.
    pub fn has_adam(&self) -> bool {
        let mut corrected = *self;
        corrected.use_adam();
        let mut published = corrected;
        published.use_published_adam();
        published != corrected
    }

    fn change_optimizer(&mut self, from: Optimizer, to: Optimizer) {
        let optimizer = match self {
            Method::OpenEs(settings) => &mut settings.optimizer,
            Method::Pgpe(settings) => &mut settings.optimizer,
            Method::Ars(settings) => &mut settings.optimizer,
            Method::GuidedEs(settings) => &mut settings.optimizer,
            Method::Asebo(settings) => &mut settings.optimizer,
            _ => return,
        };
        if *optimizer == from {
            *optimizer = to;
        }
    }

    /// Whether an increasing map of the fitness changes nothing, whatever the shaping.
    pub fn is_rank_based(&self) -> bool {
        use Method::{Ars, Asebo, GuidedEs, Les, OpenEs, Pgpe};
        !matches!(self, OpenEs(_) | Pgpe(_) | Ars(_) | GuidedEs(_) | Asebo(_) | Les(_))
    }

    /// Whether members come in mirrored pairs, so that their number must be even.
    pub fn is_mirrored(&self) -> bool {
        use Method::{Ars, Asebo, GuidedEs, OpenEs, Pgpe, SvOpenEs};
        matches!(self, OpenEs(_) | Pgpe(_) | Ars(_) | SvOpenEs(_) | GuidedEs(_) | Asebo(_))
    }

    /// Whether it keeps a square of the coordinates, so that not many of them fit memory.
    pub fn is_square(&self) -> bool {
        matches!(self, Method::CmaEs(_) | Method::Xnes(_) | Method::IamalgamFull(_))
    }

    /// Whether it draws members whole, because a coordinate depends on others or on the member: such a population is in
    /// memory once more while it is told.
    pub fn draws_whole_members(&self) -> bool {
        use Method::{Ars, Des, Les, OpenEs, Pgpe, SepCmaEs, Snes};
        !matches!(self, OpenEs(_) | Pgpe(_) | Ars(_) | Snes(_) | Des(_) | SepCmaEs(_) | Les(_))
    }

    /// Vectors of the coordinates that it keeps beside a few, at most: parents, particles, gradients, directions.
    ///
    /// ```
    /// use strategies::Method;
    ///
    /// assert_eq!(Method::named("snes")?.remembers(100.0, 1e6), 0.0);
    /// assert_eq!(Method::named("simple-ga")?.remembers(100.0, 1e6), 100.0);
    /// # Ok::<(), strategies::UnknownStrategy>(())
    /// ```
    pub fn remembers(&self, members: f64, dims: f64) -> f64 {
        match self {
            // the old ones, while new ones are put together
            Method::SimpleGa(own) => 2.0 * (members * own.elite_ratio).max(1.0),
            // a gradient in f64, and what the optimiser keeps
            Method::SvOpenEs(own) => 8.0 * (own.particles as f64).min(members / 2.0),
            Method::GuidedEs(own) => 3.0 * own.subspace as f64,
            // directions are f64, and so is what they are made of
            Method::Asebo(own) => 7.0 * (own.subspace as f64).min(dims),
            Method::IamalgamIndep(own) => 4.0 * (members * own.elite_ratio).max(1.0),
            Method::IamalgamFull(own) => 4.0 * (members * own.elite_ratio).max(1.0),
            Method::LmMaEs(own) => {
                let kept = own.kept(dims.max(1.0) as usize) as f64;
                // and their products, each block's apart and in f64, until they are summed
                kept + 2.0 * kept * kept / directions::BLOCK as f64
            }
            Method::Les(_) => 6.0,
            _ => 0.0,
        }
    }

    /// Why it has no deviation to prune by, where it has none.
    ///
    /// ```
    /// use strategies::{Method, Quirks};
    ///
    /// assert!(Method::named("simple-ga")?.no_deviation(Quirks::NONE).is_some());
    /// assert!(Method::named("xnes")?.no_deviation(Quirks::NONE).is_none());
    /// # Ok::<(), strategies::UnknownStrategy>(())
    /// ```
    pub fn no_deviation(&self, quirks: Quirks) -> Option<NoDeviation> {
        match self {
            Method::SimpleGa(_) => Some(simple_ga::NO_DEVIATION),
            Method::RandomSearch(_) => Some(random_search::NO_DEVIATION),
            Method::Asebo(_) if quirks.asebo_unit_steps => Some(asebo::NO_DEVIATION),
            _ => None,
        }
    }

    /// Whether it asks if something is better than the best so far.
    pub fn compares_with_best(&self) -> bool {
        use Method::{IamalgamFull, IamalgamIndep, Les, RandomSearch, SimpleGa};
        matches!(self, SimpleGa(_) | RandomSearch(_) | IamalgamIndep(_) | IamalgamFull(_) | Les(_))
    }

    /// Equal parts of a population that have a centre each: one, but for SV-OpenES.
    pub fn parts(&self, population: usize) -> usize {
        if let Method::SvOpenEs(settings) = self { settings.used(population) } else { 1 }
    }
}

/// A name that no strategy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStrategy {
    name: String,
}

impl fmt::Display for UnknownStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no strategy `{}`; ", self.name)?;
        let names = || Method::NAMES.into_iter().chain(Method::NEEDS_MORE);
        match names().map(|name| (edits(&self.name.to_lowercase(), name), name)).min() {
            // Half of the letters right is more likely a slip than another name.
            Some((distance, name)) if distance <= name.len() / 2 => write!(f, "did you mean `{name}`?"),
            _ => write!(f, "there are {}", names().collect::<Vec<_>>().join(", ")),
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
        for name in Method::NAMES.into_iter().chain(Method::NEEDS_MORE) {
            assert_eq!(Method::named(name).expect("a name of the list").name(), name);
        }
        let les = Method::named("les").expect("it has a name").check().expect_err("it has no network");
        assert!(les.to_string().starts_with("setting `network` is 0; expected the 246 numbers"), "{les}");
        let message = |name: &str| Method::named(name).expect_err("no such name").to_string();
        assert_eq!(message("sepcma"), "there is no strategy `sepcma`; did you mean `sep-cma-es`?");
        assert_eq!(message("lee"), "there is no strategy `lee`; did you mean `les`?");
        assert_eq!(message("Les"), "there is no strategy `Les`; did you mean `les`?");
        let all = message("gradient descent");
        assert!(all.ends_with(&format!("{}, les", Method::NAMES.join(", "))), "{all}");
    }

    #[test]
    fn edits_of_hand_worked_cases() {
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("snse", "snes"), 2);
        assert_eq!(edits("ars", "ars"), 0);
        assert_eq!(edits("abc", "xabd"), 2);
    }
}
