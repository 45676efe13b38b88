//! What the papers claim, as checks on rows: each a difference of two criteria, or of two such differences, over a range of
//! densities, and what it should be.
//!
//! A claim is checked for each task and strategy, over seeds, and for all together. Differences count in units of the range
//! that a task's scores span (see [`aggregate`](mod@crate::tables::aggregate)), so that no task outweighs others; together they
//! are averaged within each seed first, for a seed draws the same masks and starts for all.
//!
//! | verdict | for "more" | for "no difference" | for "more in some alone" |
//! |---|---|---|---|
//! | supported | the 95 % interval lies above 0 | it lies within the margin | one alone does when corrected for all (Holm), and one lies below the margin's end |
//! | not supported | it lies below 0 | it lies outside the margin | all do, or all lie below |
//! | undecided | it holds 0, or there is none (fewer than three seeds) | it holds an end of the margin, or there is none | else |
//! | not run | a criterion or every such level is missing | the same | there are not two to compare |
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
    /// Above 0 in some tasks and strategies, and not in others.
    MoreInSome,
}

/// What counts as no difference, as a share of the range of a task's scores.
pub const MARGIN: f64 = 0.05;

/// How much a criterion scores more than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gain {
    /// The one.
    pub of: &'static str,
    /// The other.
    pub against: &'static str,
}

/// One claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// Short and fixed.
    pub name: &'static str,
    /// In words.
    pub says: &'static str,
    /// How much one criterion scores more than another.
    pub gain: Gain,
    /// Less how much another pair does, where parts are compared.
    pub less: Option<Gain>,
    /// On the mean of these densities.
    pub range: Range,
    /// By how much.
    pub expected: Expected,
}

/// The claims of the main paper that compare magnitude, signal to noise and random networks, at the densities of the levels
/// that they are about. M3 is the gap of curves, not their area. What is not here is in [`UNCHECKED`].
pub const CLAIMS: [Claim; 9] = [
    Claim {
        name: "M1",
        says: "tickets exist: magnitude beats random networks that are sparse",
        gain: Gain { of: "magnitude", against: "random" },
        less: None,
        range: Range { from: 0.0, to: 0.057 },
        expected: Expected::More,
    },
    Claim {
        name: "M1, snr",
        says: "so does signal to noise",
        gain: Gain { of: "snr", against: "random" },
        less: None,
        range: Range { from: 0.0, to: 0.057 },
        expected: Expected::More,
    },
    Claim {
        name: "M2",
        says: "with few weights gone, magnitude and random do not differ",
        gain: Gain { of: "magnitude", against: "random" },
        less: None,
        range: Range { from: 0.4, to: 0.99 },
        expected: Expected::NoDifference,
    },
    Claim {
        name: "M2, snr",
        says: "nor do signal to noise and random, down to a third",
        gain: Gain { of: "snr", against: "random" },
        less: None,
        range: Range { from: 0.32, to: 0.99 },
        expected: Expected::NoDifference,
    },
    Claim {
        name: "figure 1",
        says: "from a fifth of the weights to a tenth, random is behind already",
        gain: Gain { of: "snr", against: "random" },
        less: None,
        range: Range { from: 0.1, to: 0.215 },
        expected: Expected::More,
    },
    Claim {
        name: "M3",
        says: "signal to noise trains sparser networks than magnitude does",
        gain: Gain { of: "snr", against: "magnitude" },
        less: None,
        range: Range { from: 0.0, to: 0.088 },
        expected: Expected::More,
    },
    Claim {
        name: "M4",
        says: "on some tasks only",
        gain: Gain { of: "snr", against: "magnitude" },
        less: None,
        range: Range { from: 0.0, to: 0.088 },
        expected: Expected::MoreInSome,
    },
    Claim {
        name: "M18, weights",
        says: "of the effect more is the mask's than the weights'",
        gain: MASK,
        less: Some(Gain { of: "magnitude", against: "permuted-weights" }),
        range: Range { from: 0.0, to: 0.057 },
        expected: Expected::More,
    },
    Claim {
        name: "M18, layers",
        says: "and more than how many weights each layer has",
        gain: MASK,
        less: Some(Gain { of: "permuted-mask-and-weights", against: "random" }),
        range: Range { from: 0.0, to: 0.057 },
        expected: Expected::More,
    },
];

/// Where in a layer the weights are that stay.
const MASK: Gain = Gain { of: "permuted-weights", against: "permuted-mask-and-weights" };

/// The claims of the main paper that rows of levels cannot bear out: name, what it says, and what would.
pub const UNCHECKED: [[&str; 3]; 13] = [
    ["M5", "evolution loses accuracy later than gradients do", "training by gradients"],
    ["M6", "at 1.4 % evolution is ahead of gradients on the whole", "training by gradients"],
    ["M7", "dense networks of images do better with gradients", "training by gradients"],
    ["M8", "a ticket serves a task of the same kind", "tickets that change tasks"],
    ["M9", "though not as well as that task's own", "tickets that change tasks"],
    ["M10", "another strategy is nearer than another task", "tickets that change tasks and strategies"],
    ["M11", "tickets of evolution help gradients", "tickets that change to gradients"],
    ["M12", "neighbours of a chain by gradients are connected", "losses between networks, gradients"],
    ["M13", "those by evolution are not, at first", "losses between networks"],
    ["M14", "nor are networks of one with networks of the other", "losses between networks, gradients"],
    ["M15", "evolution ends where the loss is flatter", "curvatures, gradients"],
    ["M16", "gradients leave larger weights, and more in the first layer", "training by gradients"],
    [
        "M17",
        "size and signal to noise agree less in sparse networks",
        "`tombola anatomy`, which shows it by layer",
    ],
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
            Expected::More | Expected::MoreInSome if mean - half > 0.0 => Verdict::Supported,
            Expected::More | Expected::MoreInSome if mean + half < 0.0 => Verdict::NotSupported,
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
    let gain = |group: &Group, Gain { of, against }: Gain| group.differences(of, against, claim.range);
    let paired = |group: &Group| match claim.less {
        Some(less) => gain(group, claim.gain).less(&gain(group, less)),
        None => gain(group, claim.gain),
    };
    let pairs: Vec<Paired> = groups.iter().map(paired).collect();
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
    let corrected = (claim.expected != Expected::NoDifference).then(|| still_supported(&groups));
    let verdict = match (claim.expected, corrected) {
        (Expected::MoreInSome, Some(corrected)) => in_some(&groups, units, corrected),
        _ => Verdict::of(claim.expected, &together),
    };
    Finding {
        claim,
        together,
        of: parts.len(),
        verdict,
        alone: groups.iter().filter(|(_, verdict)| *verdict == Verdict::Supported).count(),
        corrected,
        groups,
    }
}

/// Whether some groups have a difference and others none; `corrected` of them have one when chance is corrected for.
fn in_some(groups: &[(Differences, Verdict)], units: &[f64], corrected: usize) -> Verdict {
    let run: Vec<_> =
        groups.iter().zip(units).filter(|((_, verdict), _)| *verdict != Verdict::NotRun).collect();
    let lacks = |((own, _), unit): &&(&(Differences, Verdict), &f64)| {
        let highest = own.mean.and_then(|Mean { mean, half, .. }| Some(mean + half?));
        highest.is_some_and(|highest| highest <= MARGIN * **unit)
    };
    let lacking = run.iter().filter(lacks).count();
    match run.len() {
        0 | 1 => Verdict::NotRun,
        _ if corrected > 0 && lacking > 0 => Verdict::Supported,
        many if corrected == many || lacking == many => Verdict::NotSupported,
        _ => Verdict::Undecided,
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
        assert_eq!(found[..6], [Supported, Supported, NotSupported, NotSupported, Supported, Supported]);
        assert_eq!(found[6..], [NotRun; 3], "one group, and no other controls");
        let reversed = [0.1, 0.03, 0.01];
        let found = verdicts(&[group(reversed, 1e-5, 3)]);
        // magnitude and random are a twenty-fifth of the range apart there
        let worse = [NotSupported, NotSupported, Supported, NotSupported, NotSupported, NotSupported];
        assert_eq!(found[..6], worse);
        let equal = verdicts(&[group([0.1; 3], 1e-5, 3)]);
        assert_eq!((equal[2], equal[3]), (Supported, Supported));
        let drowned = verdicts(&[group(as_in_the_paper, 1.0, 3)]);
        assert_eq!(drowned[..6], [Undecided; 6], "noise shows nothing, and no equality either");
        let few = verdicts(&[group(as_in_the_paper, 1e-5, 2)]);
        assert_eq!(few[..6], [Undecided; 6]);
        assert_eq!(verdicts(&[]), [NotRun; 9]);
    }

    #[test]
    fn groups_have_verdicts_of_their_own_and_share_their_seeds() {
        let both = [group([0.01, 0.03, 0.1], 1e-5, 3), group([0.03, 0.01, 0.1], 1e-5, 3)];
        let found = |groups: &[Group], name: &str| {
            check(groups).into_iter().find(|finding| finding.claim.name == name).expect("a claim")
        };
        let sparser = found(&both, "M3");
        assert_eq!(found(&both, "M4").verdict, Verdict::Supported, "one gains and one loses");
        assert_eq!(
            found(&[both[0].clone(), both[0].clone()], "M4").verdict,
            Verdict::NotSupported,
            "both gain"
        );
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
        let sparser = found(&more, "M3");
        assert!(sparser.groups.iter().all(|(own, _)| own.mean.is_some()), "all three have this difference");
        assert_eq!(sparser.of, 2, "a group without random has another range");
    }

    #[test]
    fn parts_of_the_effect_are_compared_within_seeds() {
        let of = |losses: [f64; 4]| {
            let criteria = ["magnitude", "permuted-weights", "permuted-mask-and-weights", "random"];
            let mut rows = Vec::new();
            for (criterion, loss) in criteria.into_iter().zip(losses) {
                for (seed, level) in (0..3).flat_map(|seed| (0..20).map(move |level| (seed, level))) {
                    // What a seed adds to all criteria is in no difference.
                    let score = 0.9 - loss * f64::from(level) + 0.01 * seed as f64;
                    rows.push(row(criterion, seed, level, Some(score)));
                }
            }
            let found = check(&groups(rows.iter().map(|row| ("", row))));
            found[7..].iter().map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        // Steps of weights, mask and layers are 1, 3 and 2 hundredths a level, and then 2, 1 and 3.
        assert_eq!(of([0.01, 0.02, 0.05, 0.07]), [Verdict::Supported; 2]);
        assert_eq!(of([0.01, 0.03, 0.04, 0.07]), [Verdict::NotSupported; 2]);
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
