//! What the papers claim, as checks on rows: each a difference of two criteria over a range of densities, and what it should be.
//!
//! A claim is checked for each task and strategy, over seeds, and for all together. Together, differences count in units of
//! the range that a task's scores span (see [`aggregate`](mod@crate::tables::aggregate)), so that no task outweighs others.
//!
//! | verdict | for "more" | for "no difference" |
//! |---|---|---|
//! | supported | the 95 % interval lies above 0 | it holds 0 |
//! | not supported | it lies below 0 | it does not hold 0 |
//! | undecided | it holds 0, or there is none (fewer than three seeds) | there is none |
//! | not run | a criterion or every such level is missing | the same |
//!
//! "No difference" can only fail to be seen: how small it must be for that is the width of the interval, which is always told.
//!
//! # Invariants
//!
//! - **A claim is data:** a row of [`CLAIMS`].
//! - **Every verdict stands with its interval** and the number of seeds.
//! - **Absent:** files, searches.

mod text;

use crate::stats::{self, Mean};
use crate::tables::aggregate::{scale, scaled};
use crate::tables::pairs::{Group, Range};

pub use text::{ALONE, TOGETHER, alone, text, together};

/// What a difference should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Above 0.
    More,
    /// Nothing that is seen.
    NoDifference,
}

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

/// The claims of the main paper that compare criteria, with the densities of the levels of its first figure.
pub const CLAIMS: [Claim; 5] = [
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
        says: "down to a third of the weights, criteria do not differ",
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
    fn of(expected: Expected, difference: Option<Mean>) -> Verdict {
        let Some(Mean { mean, half, .. }) = difference else { return Verdict::NotRun };
        let Some(half) = half else { return Verdict::Undecided };
        let (is_above, is_below) = (mean - half > 0.0, mean + half < 0.0);
        match expected {
            Expected::More if is_above => Verdict::Supported,
            Expected::More if is_below => Verdict::NotSupported,
            Expected::More => Verdict::Undecided,
            Expected::NoDifference if is_above || is_below => Verdict::NotSupported,
            Expected::NoDifference => Verdict::Supported,
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

/// A claim, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which.
    pub claim: &'static Claim,
    /// The difference of all groups together, in units of their scales; none where no group has it.
    pub difference: Option<Mean>,
    /// By that difference.
    pub verdict: Verdict,
    /// The difference of each group, in the unit of its scores, and what it says.
    pub groups: Vec<(Option<Mean>, Verdict)>,
    /// How many groups bear the claim out by themselves.
    pub alone: usize,
    /// How many still do when chance is corrected for as many looks (Holm); as many where no difference is expected.
    pub corrected: usize,
}

/// All claims, checked on the rows of some groups.
pub fn check(groups: &[Group]) -> Vec<Finding> {
    CLAIMS.iter().map(|claim| finding(claim, groups)).collect()
}

fn finding(claim: &'static Claim, groups: &[Group]) -> Finding {
    let difference = |group: &Group| group.difference(claim.of, claim.against, claim.range);
    let in_units = |group: &Group| Some(scaled(difference(group)?, 0.0, scale(group)?));
    let parts: Vec<Mean> = groups.iter().filter_map(in_units).collect();
    let together = stats::average(&parts);
    let one = |group: &Group| (difference(group), Verdict::of(claim.expected, difference(group)));
    let groups: Vec<_> = groups.iter().map(one).collect();
    let is_supported = |(_, verdict): &&(_, Verdict)| *verdict == Verdict::Supported;
    let alone = groups.iter().filter(is_supported).count();
    let values: Vec<Option<f64>> = groups.iter().map(|(mean, _)| stats::p_value((*mean)?)).collect();
    let corrected = stats::holm(&values.iter().flatten().copied().collect::<Vec<f64>>());
    let tested = groups.iter().zip(&values).filter(|(_, value)| value.is_some()).map(|(group, _)| group);
    let still = tested.zip(corrected).filter(|(group, value)| is_supported(group) && *value < 0.05).count();
    Finding {
        claim,
        difference: together,
        verdict: Verdict::of(claim.expected, together),
        groups,
        alone,
        corrected: if claim.expected == Expected::NoDifference { alone } else { still },
    }
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
        assert_eq!(found, [Supported, Supported, NotSupported, Supported, Supported]);
        let reversed = [0.1, 0.03, 0.01];
        let found = verdicts(&[group(reversed, 1e-5, 3)]);
        assert_eq!(found, [NotSupported, NotSupported, NotSupported, NotSupported, NotSupported]);
        let drowned = verdicts(&[group(as_in_the_paper, 1.0, 3)]);
        assert_eq!(drowned, [Undecided, Undecided, Supported, Undecided, Undecided]);
        let few = verdicts(&[group(as_in_the_paper, 1e-5, 2)]);
        assert_eq!(few, [Undecided; 5]);
        assert_eq!(verdicts(&[]), [NotRun; 5]);
    }

    #[test]
    fn groups_have_verdicts_of_their_own() {
        let both = [group([0.01, 0.03, 0.1], 1e-5, 3), group([0.03, 0.01, 0.1], 1e-5, 3)];
        let sparser = check(&both).pop().expect("a claim");
        assert_eq!(sparser.claim.name, "M3");
        let alone: Vec<Verdict> = sparser.groups.iter().map(|(_, verdict)| *verdict).collect();
        assert_eq!(alone, [Verdict::Supported, Verdict::NotSupported]);
        assert_eq!(sparser.difference.map(|mean| mean.n), Some(6));
        assert_eq!((sparser.alone, sparser.corrected), (1, 1));
    }
}
