//! What the papers claim, as checks on rows: each a difference of two criteria over a range of densities, and what it should be.
//!
//! A claim is checked for each task and strategy, over seeds, and for all together. Differences count in units of the range
//! that a task's scores span (see [`aggregate`](mod@crate::tables::aggregate)), so that no task outweighs others; together they
//! are averaged within each seed first, for a seed draws the same masks and starts for all.
//!
//! | verdict | for "more" | for "no difference" |
//! |---|---|---|
//! | supported | the 95 % interval lies above 0 | it lies within the margin |
//! | not supported | it lies below 0 | it lies outside the margin |
//! | undecided | it holds 0, or there is none (fewer than three seeds) | it holds an end of the margin, or there is none |
//! | not run | a criterion or every such level is missing | the same |
//!
//! # Invariants
//!
//! - **A claim is data:** a row of [`CLAIMS`].
//! - **Every verdict stands with its interval,** the number of seeds, and how many diverged.
//! - **Absent:** files, searches.

mod text;

use std::collections::BTreeMap;

use crate::stats::{self, Mean};
use crate::tables::aggregate::{by_seed, criteria, scale};
use crate::tables::pairs::{Group, Paired, Range};

pub use text::{ALONE, TOGETHER, alone, text, together};

/// What a difference should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Above 0.
    More,
    /// Within [`MARGIN`] of 0.
    NoDifference,
}

/// What counts as no difference, as a share of the range of a task's scores.
pub const MARGIN: f64 = 0.05;

/// One claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// Short and fixed.
    pub name: &'static str,
    /// In words.
    pub says: &'static str,
    /// The criterion that scores more.
    pub of: &'static str,
    /// Than this one.
    pub against: &'static str,
    /// On the mean of these densities.
    pub range: Range,
    /// By how much.
    pub expected: Expected,
}

/// The claims of the main paper that compare magnitude, signal to noise and random networks, at the densities of the levels
/// that they are about. M3 is the gap of curves, not their area. Not here: M4 (which tasks gain: each alone says), and what needs
/// gradients, transfer, curvature or other controls.
pub const CLAIMS: [Claim; 6] = [
    Claim {
        name: "M1",
        says: "tickets exist: magnitude beats random networks that are sparse",
        of: "magnitude",
        against: "random",
        range: Range { from: 0.0, to: 0.057 },
        expected: Expected::More,
    },
    Claim {
        name: "M1, snr",
        says: "so does signal to noise",
        of: "snr",
        against: "random",
        range: Range { from: 0.0, to: 0.057 },
        expected: Expected::More,
    },
    Claim {
        name: "M2",
        says: "with few weights gone, magnitude and random do not differ",
        of: "magnitude",
        against: "random",
        range: Range { from: 0.4, to: 0.99 },
        expected: Expected::NoDifference,
    },
    Claim {
        name: "M2, snr",
        says: "nor do signal to noise and random, down to a third",
        of: "snr",
        against: "random",
        range: Range { from: 0.32, to: 0.99 },
        expected: Expected::NoDifference,
    },
    Claim {
        name: "figure 1",
        says: "from a fifth of the weights to a tenth, random is behind already",
        of: "snr",
        against: "random",
        range: Range { from: 0.1, to: 0.215 },
        expected: Expected::More,
    },
    Claim {
        name: "M3",
        says: "signal to noise trains sparser networks than magnitude does",
        of: "snr",
        against: "magnitude",
        range: Range { from: 0.0, to: 0.088 },
        expected: Expected::More,
    },
];

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rows show it.
    Supported,
    /// The rows show otherwise.
    NotSupported,
    /// The rows do not say.
    Undecided,
    /// There are no rows for it.
    NotRun,
}

impl Verdict {
    /// Of differences in units of a scale.
    fn of(expected: Expected, differences: &Differences) -> Verdict {
        if differences.mean.is_none() && differences.diverged == 0 {
            return Verdict::NotRun;
        }
        let Some((mean, half)) = differences.mean.and_then(|mean| Some((mean.mean, mean.half?))) else {
            return Verdict::Undecided;
        };
        match expected {
            Expected::More if mean - half > 0.0 => Verdict::Supported,
            Expected::More if mean + half < 0.0 => Verdict::NotSupported,
            Expected::NoDifference if mean.abs() + half <= MARGIN => Verdict::Supported,
            Expected::NoDifference if mean.abs() - half > MARGIN => Verdict::NotSupported,
            _ => Verdict::Undecided,
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::NotSupported => "not supported",
            Verdict::Undecided => "undecided",
            Verdict::NotRun => "not run",
        }
    }
}

/// A mean difference, and what is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Differences {
    /// Over seeds; none where there are none.
    pub mean: Option<Mean>,
    /// Seeds that diverged.
    pub diverged: usize,
}

/// A claim, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which.
    pub claim: &'static Claim,
    /// The difference of all groups together, in units of their scales.
    pub together: Differences,
    /// Of how many groups that is: those that have as many criteria of the figure as any.
    pub of: usize,
    /// By that difference.
    pub verdict: Verdict,
    /// The difference of each group, in the unit of its scores, and what it says.
    pub groups: Vec<(Differences, Verdict)>,
    /// How many groups bear the claim out by themselves.
    pub alone: usize,
    /// How many still do when chance is corrected for as many tasks and strategies (Holm); none where no difference is expected.
    pub corrected: Option<usize>,
}

impl Finding {
    /// Whether no group has what the claim compares.
    pub fn is_not_run(&self) -> bool {
        self.groups.iter().all(|(_, verdict)| *verdict == Verdict::NotRun)
    }
}

/// All claims, checked on the rows of some groups.
pub fn check(groups: &[Group]) -> Vec<Finding> {
    let units: Vec<f64> = groups.iter().map(unit).collect();
    CLAIMS.iter().map(|claim| finding(claim, groups, &units)).collect()
}

fn finding(claim: &'static Claim, groups: &[Group], units: &[f64]) -> Finding {
    let pairs: Vec<Paired> =
        groups.iter().map(|group| group.differences(claim.of, claim.against, claim.range)).collect();
    // the range of a group that has not all criteria yet is another one
    let most = groups.iter().map(criteria).max().unwrap_or(0);
    let in_units = |(paired, unit): (&Paired, &f64)| {
        paired.by_seed.iter().map(|(seed, difference)| (*seed, difference / unit)).collect()
    };
    let parts: Vec<BTreeMap<u64, f64>> = pairs
        .iter()
        .zip(units)
        .zip(groups)
        .filter(|((paired, _), group)| !paired.by_seed.is_empty() && criteria(group) == most)
        .map(|(part, _)| in_units(part))
        .collect();
    let shared: Vec<f64> = by_seed(&parts).into_values().collect();
    let diverged = pairs.iter().map(|paired| paired.diverged).sum();
    let together = Differences { mean: stats::mean(&shared), diverged };
    let alone = |(paired, unit): (&Paired, &f64)| {
        let own = Differences { mean: paired.mean(), diverged: paired.diverged };
        let scaled = own.mean.map(|Mean { n, mean, half }| Mean {
            n,
            mean: mean / unit,
            half: half.map(|half| half / unit),
        });
        (own, Verdict::of(claim.expected, &Differences { mean: scaled, ..own }))
    };
    let groups: Vec<_> = pairs.iter().zip(units).map(alone).collect();
    Finding {
        claim,
        together,
        of: parts.len(),
        verdict: Verdict::of(claim.expected, &together),
        alone: groups.iter().filter(|(_, verdict)| *verdict == Verdict::Supported).count(),
        corrected: (claim.expected == Expected::More).then(|| still_supported(&groups)),
        groups,
    }
}

/// The range of a group's mean scores; 1 where they do not differ.
fn unit(group: &Group) -> f64 {
    scale(group).map_or(1.0, |(least, largest)| largest - least)
}

/// How many groups bear a claim out after the correction for as many.
fn still_supported(groups: &[(Differences, Verdict)]) -> usize {
    let tested = groups.iter().filter_map(|(own, verdict)| Some((stats::p_value(own.mean?)?, verdict)));
    let (values, verdicts): (Vec<f64>, Vec<&Verdict>) = tested.unzip();
    let corrected = stats::holm(&values).into_iter().zip(verdicts);
    corrected.filter(|(value, verdict)| **verdict == Verdict::Supported && *value < 0.05).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    /// Six levels down to 3 %, three seeds that differ; signal to noise loses `losses.0` a level, and so on.
    fn group(losses: [f64; 3], scatter: f64, seeds: u64) -> Group {
        let mut rows = Vec::new();
        for (which, (criterion, loss)) in ["snr", "magnitude", "random"].into_iter().zip(losses).enumerate() {
            for (seed, level) in (0..seeds).flat_map(|seed| (0..6).map(move |level| (seed, level))) {
                let noise =
                    scatter * ((seed * 7 + which as u64 * 5) % 11) as f64 * f64::from(level.min(1_u32));
                let score = 0.9 - loss * f64::from(level) + noise;
                rows.push(row(criterion, seed, level, Some(score)));
            }
        }
        groups(rows.iter().map(|row| ("", row))).remove(0)
    }

    fn verdicts(groups: &[Group]) -> Vec<Verdict> {
        check(groups).iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn claims_are_supported_where_rows_show_them_and_only_there() {
        use Verdict::{NotRun, NotSupported, Supported, Undecided};
        let as_in_the_paper = [0.01, 0.03, 0.1];
        let found = verdicts(&[group(as_in_the_paper, 1e-5, 3)]);
        // at a half random has lost a fifth of the range already: not so in the paper
        assert_eq!(found, [Supported, Supported, NotSupported, NotSupported, Supported, Supported]);
        let reversed = [0.1, 0.03, 0.01];
        let found = verdicts(&[group(reversed, 1e-5, 3)]);
        // magnitude and random are a twenty-fifth of the range apart there
        assert_eq!(found, [NotSupported, NotSupported, Supported, NotSupported, NotSupported, NotSupported]);
        let equal = verdicts(&[group([0.1; 3], 1e-5, 3)]);
        assert_eq!((equal[2], equal[3]), (Supported, Supported));
        let drowned = verdicts(&[group(as_in_the_paper, 1.0, 3)]);
        assert_eq!(drowned, [Undecided; 6], "noise shows nothing, and no equality either");
        let few = verdicts(&[group(as_in_the_paper, 1e-5, 2)]);
        assert_eq!(few, [Undecided; 6]);
        assert_eq!(verdicts(&[]), [NotRun; 6]);
    }

    #[test]
    fn groups_have_verdicts_of_their_own_and_share_their_seeds() {
        let both = [group([0.01, 0.03, 0.1], 1e-5, 3), group([0.03, 0.01, 0.1], 1e-5, 3)];
        let sparser = check(&both).pop().expect("a claim");
        assert_eq!(sparser.claim.name, "M3");
        let alone: Vec<Verdict> = sparser.groups.iter().map(|(_, verdict)| *verdict).collect();
        assert_eq!(alone, [Verdict::Supported, Verdict::NotSupported]);
        assert_eq!(
            sparser.together.mean.map(|mean| mean.n),
            Some(3),
            "two groups have no more seeds than one"
        );
        assert_eq!((sparser.of, sparser.alone, sparser.corrected), (2, 1, Some(1)));
        let levels = |seed: u64| (0..6).map(move |level| (seed, level, 0.5 - 0.01 * f64::from(level)));
        let rows: Vec<_> = ["snr", "magnitude"]
            .into_iter()
            .flat_map(|criterion| {
                (0..3)
                    .flat_map(levels)
                    .map(move |(seed, level, score)| row(criterion, seed, level, Some(score)))
            })
            .map(|row| crate::rows::LevelRow { task: "ant".into(), ..row })
            .collect();
        let mut more = both.to_vec();
        more.extend(groups(rows.iter().map(|row| ("", row))));
        let sparser = check(&more).pop().expect("a claim");
        assert!(sparser.groups.iter().all(|(own, _)| own.mean.is_some()), "all three have this difference");
        assert_eq!(sparser.of, 2, "a group without random has another range");
    }

    #[test]
    fn what_diverged_was_run() {
        let rows: Vec<_> = ["snr", "magnitude", "random"]
            .into_iter()
            .flat_map(|criterion| {
                (0..3).flat_map(move |seed| (0..6).map(move |level| (criterion, seed, level)))
            })
            .filter(|(criterion, _, level)| *criterion != "random" || *level < 3)
            .map(|(criterion, seed, level)| {
                let is_lost = criterion == "random" && level == 2;
                row(criterion, seed, level, (!is_lost).then_some(0.9 - 0.1 * f64::from(level)))
            })
            .collect();
        let findings = check(&groups(rows.iter().map(|row| ("", row))));
        assert_eq!((findings[0].verdict, findings[0].together.diverged), (Verdict::Undecided, 3));
        assert_ne!(findings[5].verdict, Verdict::NotRun, "signal to noise and magnitude are there");
    }
}
