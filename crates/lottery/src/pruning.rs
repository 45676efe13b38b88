//! How the levels of a cell are made, as data.
//!
//! Level 0 is dense, and level `k` keeps a fraction `keep^k` of the weights that can be pruned: with the paper's 20 levels
//! and 0.8, down to 1.44 %.
//!
//! What the published code does otherwise than the paper says, or than one would want, is switched one by one:
//!
//! | setting | the published code | effect | default here |
//! |---|---|---|---|
//! | `selection = "percentile"` | keeps scores at or above an interpolated percentile | ties are all kept, so counts can exceed the target | exact counts |
//! | `quirks.variance` | with Sep-CMA-ES it divides means by variances where deviations are meant | another order of weights: `snr` prunes those of large variance too eagerly | off |
//! | `quirks.rows` | it permutes masks along their first axis only | whole rows of a kernel move together, so the control is less random than it seems | off |
//! | `Plan::alias` | the last layer's biases, which start at zero, drop out of the search and are read from the weights after them | biases are not free: 10 coordinates fewer in the paper's network | off |
//! | `Plan::test_first` | it also tests after the first generation | a row more in curves; with the best checkpoint, one more mean to choose from | off, also in `as-published` |
//! | criterion `random` | does not match the layers of the tickets | it mixes bad layer ratios with bad masks; `layer-random` does not | as published |
//! | strategies' `quirks` | see [`strategies::Quirks`] | PGPE's deviations grow where they should shrink, and more | off |
//!
//! Streams of random numbers are named and hashed here; the published code adds the level to the seed.

use serde::{Deserialize, Serialize};

use crate::Criterion;

/// How the levels of a cell are made. The default is the paper's, corrected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pruning {
    /// What decides which weights stay.
    pub criterion: Criterion,
    /// How many networks are trained, the first of them dense.
    pub levels: u32,
    /// The fraction of weights that stay from one level to the next.
    pub keep: f64,
    /// How scores become a mask.
    pub selection: Selection,
    /// Among which weights the best are looked for.
    pub scope: Scope,
    /// Layers that are never pruned, by name.
    pub excluded: Vec<String>,
    /// Departures of the published code that are copied.
    pub quirks: PruningQuirks,
}

/// How scores become a mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// The best so many; of equal scores the first.
    #[default]
    Count,
    /// All at or above an interpolated percentile, as published.
    Percentile,
}

/// Among which weights the best are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All of the network: layers lose different fractions.
    #[default]
    Network,
    /// Each layer by itself: all layers lose the same fraction.
    Layer,
}

/// Which departures of the published pruning code are copied; the table of the module says what they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PruningQuirks {
    /// Divide by variances where the strategy is Sep-CMA-ES.
    pub variance: bool,
    /// Permute masks along their first axis only.
    pub rows: bool,
}

impl PruningQuirks {
    /// Nothing is copied: the variant called `corrected`.
    pub const NONE: PruningQuirks = PruningQuirks { variance: false, rows: false };
    /// Everything is: the variant called `as-published`.
    pub const ALL: PruningQuirks = PruningQuirks { variance: true, rows: true };
}

impl Default for Pruning {
    fn default() -> Pruning {
        Pruning {
            criterion: Criterion::default(),
            levels: 20,
            keep: 0.8,
            selection: Selection::default(),
            scope: Scope::default(),
            excluded: Vec::new(),
            quirks: PruningQuirks::NONE,
        }
    }
}

impl Pruning {
    /// As the published code has it.
    pub fn published(criterion: Criterion) -> Pruning {
        let (selection, quirks) = (Selection::Percentile, PruningQuirks::ALL);
        Pruning { criterion, selection, quirks, ..Pruning::default() }
    }

    /// The fraction of weights that level `level` keeps.
    ///
    /// ```
    /// let paper = lottery::Pruning::default();
    /// assert_eq!((paper.density(0), paper.density(1)), (1.0, 0.8));
    /// assert_eq!(format!("{:.4}", paper.density(19)), "0.0144");
    /// ```
    pub fn density(&self, level: u32) -> f64 {
        // products in order: the library's power may differ between machines
        (0..level).fold(1.0, |density, _| density * self.keep)
    }

    /// How many of `weights` a level keeps where all scores differ.
    pub fn kept(&self, level: u32, weights: usize) -> usize {
        match self.selection {
            Selection::Count => (self.density(level) * weights as f64).round() as usize,
            Selection::Percentile => crate::selection::above_percentile(1.0 - self.density(level), weights),
        }
    }

    /// Complains about numbers that no cell can have: the key, what is there, and what is expected.
    pub fn check(&self) -> Result<(), (&'static str, String, &'static str)> {
        if self.levels == 0 || self.levels > 1000 {
            return Err(("levels", self.levels.to_string(), "1 to 1000, the first of them dense"));
        }
        if !(self.keep > 0.0 && self.keep < 1.0) {
            return Err((
                "keep",
                self.keep.to_string(),
                "a fraction above 0 and below 1: what stays of the weights from level to level",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_levels_are_the_default() {
        let paper = Pruning::default();
        let percents: Vec<String> =
            (0..paper.levels).map(|level| format!("{:.2}", 100.0 * paper.density(level))).collect();
        assert_eq!(percents[..6], ["100.00", "80.00", "64.00", "51.20", "40.96", "32.77"]);
        assert_eq!(percents[14..], ["4.40", "3.52", "2.81", "2.25", "1.80", "1.44"]);
        assert_eq!([0, 1, 19].map(|level| paper.kept(level, 11_240)), [11_240, 8992, 162]);
        let published = Pruning::published(Criterion::SignalToNoise);
        assert_eq!([0, 1, 19].map(|level| published.kept(level, 11_240)), [11_240, 8992, 162]);
        assert_eq!(paper.check(), Ok(()));
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        let check = |pruning: Pruning| pruning.check().unwrap_err().0;
        for keep in [0.0, 1.0, -0.5, 2.0, f64::NAN] {
            assert_eq!(check(Pruning { keep, ..Pruning::default() }), "keep");
        }
        for levels in [0, 1001] {
            assert_eq!(check(Pruning { levels, ..Pruning::default() }), "levels");
        }
        assert!(serde_json::from_str::<Pruning>(r#"{"level": 3}"#).is_err());
        assert_eq!(serde_json::from_str::<Pruning>("{}").unwrap(), Pruning::default());
    }
}
