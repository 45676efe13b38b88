//! What decides which weights stay, and how the next level begins: the papers' criteria and their controls.
//!
//! A criterion is three decisions that are kept apart: what is scored ([`Score`]), what happens to the mask that the best
//! scores make ([`Shape`]), and where the next level starts ([`Start`]).
//!
//! | name | scored | the mask | the next start | in the published code |
//! |---|---|---|---|---|
//! | `magnitude` | size of the mean | as scored | rewound | `final-ticket` |
//! | `snr` | size of the mean over its deviation | as scored | rewound | `sig2noise` |
//! | `movement` | distance of the mean from the start | as scored | rewound | `movement`, which cannot be selected there |
//! | `random` | nothing | any, of the whole network | drawn anew | `random-reinit` |
//! | `layer-random` | nothing | any, with the layers of the mask of `magnitude` | drawn anew | |
//! | `mask-reinitialised` | size of the mean | as scored | drawn anew | `mask-reinit` |
//! | `permuted-weights` | size of the mean | as scored | rewound, shuffled in each tensor | `final-ticket_permute` |
//! | `permuted-mask-and-weights` | size of the mean | shuffled in each tensor | the same | `final_permute-ticket_permute` |
//! | `transferred` | nothing | that of another task's or strategy's ticket | rewound | a run file of its own |
//!
//! `random` keeps as many weights as the others, but not as many in each layer, so it can cut a layer off: it differs from
//! a ticket in three ways at once. `layer-random` has the layers of the magnitude ticket of the same seed, and leaves
//! mask and weights as the only difference.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which weights stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Criterion {
    /// Those of large mean.
    Magnitude,
    /// Those whose sign is surest: large mean, small deviation.
    #[default]
    #[serde(rename = "snr", alias = "sig2noise")]
    SignalToNoise,
    /// Those that moved far from the start.
    Movement,
    /// Any; started anew.
    Random,
    /// Any, with as many in each layer as [`Magnitude`](Criterion::Magnitude) keeps; started anew.
    LayerRandom,
    /// Those of large mean; started anew.
    MaskReinitialised,
    /// Those of large mean; starts change places within each tensor.
    PermutedWeights,
    /// As many in each tensor as have a large mean, anywhere in it; starts change places.
    PermutedMaskAndWeights,
    /// Those of a ticket that was found on another task, or by another strategy, from the same start.
    Transferred,
}

/// What is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// `|mean|`.
    Magnitude,
    /// `|mean| / deviation`.
    SignalToNoise,
    /// `|mean - start|`.
    Movement,
    /// Nothing: chance decides, or another ticket.
    Chance,
}

/// What becomes of the mask that the scores make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It stays.
    AsScored,
    /// It changes places within each tensor.
    Shuffled,
    /// Any with as many weights.
    Anywhere,
    /// Any with as many weights in each tensor as the ticket of magnitude has.
    LikeMagnitude,
    /// It is that of another ticket.
    Given,
}

/// Where the next level starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Where the first level did.
    Rewound,
    /// The same numbers, in other places of their tensors.
    Shuffled,
    /// Drawn for this level.
    Fresh,
}

impl Criterion {
    /// All, in the order of the table.
    pub const ALL: [Criterion; 9] = [
        Criterion::Magnitude,
        Criterion::SignalToNoise,
        Criterion::Movement,
        Criterion::Random,
        Criterion::LayerRandom,
        Criterion::MaskReinitialised,
        Criterion::PermutedWeights,
        Criterion::PermutedMaskAndWeights,
        Criterion::Transferred,
    ];

    /// The name in commands, files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Criterion::Magnitude => "magnitude",
            Criterion::SignalToNoise => "snr",
            Criterion::Movement => "movement",
            Criterion::Random => "random",
            Criterion::LayerRandom => "layer-random",
            Criterion::MaskReinitialised => "mask-reinitialised",
            Criterion::PermutedWeights => "permuted-weights",
            Criterion::PermutedMaskAndWeights => "permuted-mask-and-weights",
            Criterion::Transferred => "transferred",
        }
    }

    /// The name in the published code, where it has another one.
    pub fn published_name(self) -> Option<&'static str> {
        Some(match self {
            Criterion::Magnitude => "final-ticket",
            Criterion::SignalToNoise => "sig2noise",
            Criterion::Random => "random-reinit",
            Criterion::MaskReinitialised => "mask-reinit",
            Criterion::PermutedWeights => "final-ticket_permute",
            Criterion::PermutedMaskAndWeights => "final_permute-ticket_permute",
            Criterion::Movement | Criterion::LayerRandom | Criterion::Transferred => return None,
        })
    }

    /// The criterion of a name, ours or the published code's.
    ///
    /// ```
    /// use lottery::Criterion;
    ///
    /// assert_eq!(Criterion::named("snr")?, Criterion::named("sig2noise")?);
    /// assert!(Criterion::named("srn").is_err());
    /// # Ok::<(), lottery::UnknownCriterion>(())
    /// ```
    pub fn named(name: &str) -> Result<Criterion, UnknownCriterion> {
        let is = |criterion: &Criterion| criterion.name() == name || criterion.published_name() == Some(name);
        let unknown = || UnknownCriterion { name: name.to_owned() };
        Criterion::ALL.into_iter().find(is).ok_or_else(unknown)
    }

    /// What is scored.
    pub fn score(self) -> Score {
        match self {
            Criterion::SignalToNoise => Score::SignalToNoise,
            Criterion::Movement => Score::Movement,
            Criterion::Random | Criterion::LayerRandom | Criterion::Transferred => Score::Chance,
            Criterion::Magnitude
            | Criterion::MaskReinitialised
            | Criterion::PermutedWeights
            | Criterion::PermutedMaskAndWeights => Score::Magnitude,
        }
    }

    /// What becomes of the mask.
    pub fn shape(self) -> Shape {
        match self {
            Criterion::Random => Shape::Anywhere,
            Criterion::LayerRandom => Shape::LikeMagnitude,
            Criterion::PermutedMaskAndWeights => Shape::Shuffled,
            Criterion::Transferred => Shape::Given,
            _ => Shape::AsScored,
        }
    }

    /// Where the next level starts.
    pub fn start(self) -> Start {
        match self {
            Criterion::Random | Criterion::LayerRandom | Criterion::MaskReinitialised => Start::Fresh,
            Criterion::PermutedWeights | Criterion::PermutedMaskAndWeights => Start::Shuffled,
            Criterion::Magnitude
            | Criterion::SignalToNoise
            | Criterion::Movement
            | Criterion::Transferred => Start::Rewound,
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no criterion of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCriterion {
    /// As it was given.
    pub name: String,
}

impl fmt::Display for UnknownCriterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Criterion::ALL.map(Criterion::name).join(", ");
        write!(f, "there is no criterion `{}`; known are {known}", self.name)
    }
}

impl std::error::Error for UnknownCriterion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_one_criterion() {
        for criterion in Criterion::ALL {
            assert_eq!(Criterion::named(criterion.name()), Ok(criterion));
            let text = serde_json::to_string(&criterion).unwrap();
            assert_eq!(text, format!("\"{criterion}\""));
            assert_eq!(serde_json::from_str::<Criterion>(&text).unwrap(), criterion);
            if let Some(published) = criterion.published_name() {
                assert_eq!(Criterion::named(published), Ok(criterion));
            }
        }
        let error = Criterion::named("snip").unwrap_err().to_string();
        assert!(error.contains("`snip`") && error.contains("layer-random"), "{error}");
    }

    #[test]
    fn the_table_of_the_module_names_every_criterion() {
        let table: Vec<&str> =
            include_str!("criterion.rs").lines().filter(|line| line.starts_with("//! |")).collect();
        for criterion in Criterion::ALL {
            let row = table.iter().find(|row| row.starts_with(&format!("//! | `{criterion}` |"))).unwrap();
            let published = criterion.published_name().unwrap_or("");
            assert!(row.contains(published), "{row}");
        }
    }
}
