//! What the papers claim, as checks on rows: each a difference, and what it should be.
//!
//! Most are differences of two criteria, or of two such differences, over a range of densities. Others compare a loss with that
//! of a printed curve, or networks of many weights with those of few; see [`About`].
//!
//! A claim is checked for each task and strategy, over seeds, and for all together. Differences count in units of the range
//! that a task's scores span (see [`aggregate`](mod@crate::tables::aggregate)), so that no task outweighs others; together they
//! are averaged within each seed first, for a seed draws the same masks and starts for all.
//!
//! | verdict | for "more" | for "no difference" | for "more in some alone" |
//! |---|---|---|---|
//! | supported | the 95 % interval lies above 0 | it lies within the margin | one alone does when corrected for all (Holm), another lies below the margin's end, and two such differ, seed by seed, when corrected for all pairs |
//! | not supported | it lies below 0 | it lies outside the margin | all do, or all lie below |
//! | undecided | it holds 0, or there is none (fewer than three seeds), or a seed diverged | it holds an end of the margin, or the same | else |
//! | not run | a criterion or every such level is missing, or too little was learnt to be lost | the same | there are not two to compare |
//!
//! # Invariants
//!
//! - **A claim is data:** a row of [`CLAIMS`].
//! - **Every verdict stands with its interval,** the number of seeds, and how many diverged.
//! - **Absent:** files, searches.

mod compare;
mod list;
mod text;

use std::collections::BTreeMap;

use crate::stats::{self, Mean, RankCorrelation};
use crate::tables::aggregate::{by_seed, criteria, scale};
use crate::tables::agreement::Agreements;
use crate::tables::pairs::{Group, Paired};
use compare::Compared;

pub use list::{About, CLAIMS, Claim, Expected, Gain, MARGIN, UNCHECKED};
pub use text::{ALONE, TOGETHER, alone, text, together};

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
        // what a seed that diverged would have said is anybody's guess
        if differences.diverged > 0 {
            return Verdict::Undecided;
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
    /// The chance of such a correlation where there is none, if the claim is about one.
    pub chance: Option<f64>,
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
        self.verdict == Verdict::NotRun && self.groups.iter().all(|(_, verdict)| *verdict == Verdict::NotRun)
    }
}

/// All claims, checked on the rows of some groups, and on what is known of the insides of their networks.
pub fn check(groups: &[Group], agreements: &Agreements) -> Vec<Finding> {
    let units: Vec<f64> = groups.iter().map(unit).collect();
    let compared = Compared::new(groups, &units, agreements);
    CLAIMS.iter().map(|claim| finding(claim, groups, &compared)).collect()
}

fn finding(claim: &'static Claim, groups: &[Group], compared: &Compared<'_>) -> Finding {
    let each = compared.each(claim.about);
    let (pairs, units): (Vec<Paired>, Vec<f64>) = each.into_iter().unzip();
    let correlation = compared.correlation(claim.about);
    let counted = counted(claim, groups, &pairs);
    let of_counted = || pairs.iter().zip(&units).zip(&counted).filter(|(_, counted)| **counted);
    let parts: Vec<BTreeMap<u64, f64>> = of_counted()
        .filter(|((paired, _), _)| !paired.by_seed.is_empty())
        .map(|((paired, unit), _)| in_units(paired, *unit))
        .collect();
    let shared: Vec<f64> = by_seed(&parts).into_values().collect();
    let diverged = of_counted().map(|((paired, _), _)| paired.diverged).sum();
    let mean = match correlation {
        Some(RankCorrelation { n, rho, .. }) => Some(Mean { n, mean: rho, half: None }),
        None => stats::mean(&shared),
    };
    let together = Differences { mean, diverged };
    let groups: Vec<_> =
        pairs.iter().zip(&units).map(|(paired, unit)| alone_verdict(claim, paired, *unit)).collect();
    let is_of_groups =
        claim.expected != Expected::NoDifference && !matches!(claim.about, About::Prediction { .. });
    let gains = still_supported(&groups);
    let verdict = match (claim.expected, correlation) {
        (_, Some(correlation)) => of_correlation(correlation),
        (Expected::MoreInSome, None) => in_some(&groups, &pairs, &units, &gains),
        _ => Verdict::of(claim.expected, &together),
    };
    // groups that share no seed, or lack what makes up a range, say something each, and nothing together
    let is_run = groups.iter().any(|(_, verdict)| *verdict != Verdict::NotRun);
    let is_apart = verdict == Verdict::NotRun && is_run && claim.expected != Expected::MoreInSome;
    let verdict = if is_apart { Verdict::Undecided } else { verdict };
    Finding {
        claim,
        together,
        of: correlation.map_or(parts.len(), |correlation| correlation.n),
        chance: correlation.map(|correlation| correlation.chance),
        verdict,
        alone: groups.iter().filter(|(_, verdict)| *verdict == Verdict::Supported).count(),
        corrected: is_of_groups.then(|| gains.iter().filter(|gains| **gains).count()),
        groups,
    }
}

/// What a correlation over groups says.
fn of_correlation(correlation: RankCorrelation) -> Verdict {
    match correlation {
        RankCorrelation { chance, .. } if chance >= 0.05 => Verdict::Undecided,
        RankCorrelation { rho, .. } if rho > 0.0 => Verdict::Supported,
        _ => Verdict::NotSupported,
    }
}

/// Which groups count together: the range of a group that has not all criteria yet is another one; a correlation has no such
/// range.
fn counted(claim: &Claim, groups: &[Group], pairs: &[Paired]) -> Vec<bool> {
    let most = groups.iter().map(criteria).max().unwrap_or(0);
    let has_range = matches!(claim.about, About::Gain { .. });
    let is_whole = |group: &Group| criteria(group) == most || !has_range;
    groups.iter().zip(pairs).map(|(group, paired)| !paired.is_empty() && is_whole(group)).collect()
}

/// Differences as shares of a range.
fn in_units(paired: &Paired, unit: f64) -> BTreeMap<u64, f64> {
    paired.by_seed.iter().map(|(seed, difference)| (*seed, difference / unit)).collect()
}

/// The difference of one group, and what it says by itself.
fn alone_verdict(claim: &Claim, paired: &Paired, unit: f64) -> (Differences, Verdict) {
    let own = Differences { mean: paired.mean(), diverged: paired.diverged };
    let scaled = own.mean.map(|Mean { n, mean, half }| Mean {
        n,
        mean: mean / unit,
        half: half.map(|half| half / unit),
    });
    (own, Verdict::of(claim.expected, &Differences { mean: scaled, ..own }))
}

/// Whether some groups have a difference and others none: `gains` says which have one when chance is corrected for.
fn in_some(groups: &[(Differences, Verdict)], pairs: &[Paired], units: &[f64], gains: &[bool]) -> Verdict {
    let is_run = |place: &usize| groups[*place].1 != Verdict::NotRun;
    let run: Vec<usize> = (0..groups.len()).filter(is_run).collect();
    let lacks = |place: &usize| {
        let own = groups[*place].0;
        let highest = own.mean.and_then(|Mean { mean, half, .. }| Some(mean + half?));
        own.diverged == 0 && highest.is_some_and(|highest| highest <= MARGIN * units[*place])
    };
    let (gaining, others): (Vec<usize>, Vec<usize>) = run.iter().partition(|place| gains[**place]);
    let lacking: Vec<usize> = others.into_iter().filter(lacks).collect();
    let scaled = |places: Vec<usize>| -> Vec<BTreeMap<u64, f64>> {
        places.into_iter().map(|place| in_units(&pairs[place], units[place])).collect()
    };
    match run.len() {
        0 | 1 => Verdict::NotRun,
        many if gaining.len() == many || run.iter().all(lacks) => Verdict::NotSupported,
        _ if differ(&scaled(gaining), &scaled(lacking)) => Verdict::Supported,
        _ => Verdict::Undecided,
    }
}

/// Whether one of some groups has larger differences than one of others: Student's paired test over the seeds of both,
/// corrected for all pairs (Holm).
fn differ(ones: &[BTreeMap<u64, f64>], others: &[BTreeMap<u64, f64>]) -> bool {
    let chance = |one: &BTreeMap<u64, f64>, other: &BTreeMap<u64, f64>| {
        let both = one.iter().filter_map(|(seed, own)| Some(own - other.get(seed)?));
        stats::p_value(stats::mean(&both.collect::<Vec<f64>>())?)
    };
    let chances: Vec<f64> =
        ones.iter().flat_map(|one| others.iter().filter_map(move |other| chance(one, other))).collect();
    stats::holm(&chances).into_iter().any(|chance| chance < 0.05)
}

/// The range of a group's mean scores; 1 where they do not differ.
fn unit(group: &Group) -> f64 {
    scale(group).map_or(1.0, |(least, largest)| largest - least)
}

/// Which groups bear a claim out after the correction for as many.
fn still_supported(groups: &[(Differences, Verdict)]) -> Vec<bool> {
    let chances: Vec<Option<f64>> = groups.iter().map(|(own, _)| own.mean.and_then(stats::p_value)).collect();
    let mut corrected = stats::holm(&chances.iter().copied().flatten().collect::<Vec<f64>>()).into_iter();
    let is_left = |(chance, (_, verdict)): (&Option<f64>, &(Differences, Verdict))| {
        let value = chance.and_then(|_| corrected.next());
        *verdict == Verdict::Supported && value.is_some_and(|value| value < 0.05)
    };
    chances.iter().zip(groups).map(is_left).collect()
}

#[cfg(test)]
mod tests {
    use numerics::random::Stream;

    use super::*;
    use crate::rows::{LayerRow, LevelRow};
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
        check(groups, &Agreements::default()).iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn claims_are_supported_where_rows_show_them_and_only_there() {
        use Verdict::{NotRun, NotSupported, Supported, Undecided};
        let as_in_the_paper = [0.01, 0.03, 0.1];
        let found = verdicts(&[group(as_in_the_paper, 1e-5, 3)]);
        // at a half random has lost a fifth of the range already: not so in the paper
        assert_eq!(found[..6], [Supported, Supported, NotSupported, NotSupported, Supported, Supported]);
        assert_eq!(found[6..], [NotRun; 10], "one group, no printed curve, no layers, no other controls");
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
        assert_eq!(verdicts(&[]), [NotRun; 16]);
    }

    #[test]
    fn groups_have_verdicts_of_their_own_and_share_their_seeds() {
        let both = [group([0.01, 0.03, 0.1], 1e-5, 3), group([0.03, 0.01, 0.1], 1e-5, 3)];
        let found = |groups: &[Group], name: &str| {
            check(groups, &Agreements::default())
                .into_iter()
                .find(|finding| finding.claim.name == name)
                .expect("a claim")
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
    fn tasks_that_gain_alike_are_not_some_that_do_and_some_that_do_not() {
        // a gain of a fiftieth of the range with every task, which noise hides with some of them
        let group = |place: u64| {
            let mut rows = Vec::new();
            for (criterion, loss) in [("snr", 0.03), ("magnitude", 0.034), ("random", 0.18)] {
                for (seed, level) in (0..3).flat_map(|seed| (0..6).map(move |level| (seed, level))) {
                    let noise = Stream::new(11, criterion).with(&[place, seed]).normal_f64(u64::from(level));
                    let score = 0.9 - loss * f64::from(level) + 0.008 * noise * f64::from(level.min(1));
                    rows.push(LevelRow {
                        task: format!("task {place}"),
                        ..row(criterion, seed, level, Some(score))
                    });
                }
            }
            groups(rows.iter().map(|row| ("", row))).remove(0)
        };
        let alike: Vec<Group> = (0..9).map(group).collect();
        let found = |groups: &[Group]| found(groups, &[], "M4").verdict;
        assert_eq!(found(&alike), Verdict::Undecided);
        let mut others = alike;
        others.extend([self::group([0.01, 0.1, 0.2], 1e-5, 3), self::group([0.1, 0.01, 0.2], 1e-5, 3)]);
        assert_eq!(found(&others), Verdict::Supported, "one gains much, and one loses");
    }

    #[test]
    fn tasks_without_a_common_seed_say_nothing_together() {
        let of = |task: &str, seeds: std::ops::Range<u64>| {
            let rows: Vec<_> = ["snr", "magnitude", "random"]
                .into_iter()
                .flat_map(|criterion| {
                    seeds.clone().flat_map(move |seed| (0..6).map(move |level| (criterion, seed, level)))
                })
                .map(|(criterion, seed, level)| {
                    let loss = if criterion == "random" { 0.1 } else { 0.01 };
                    let score = 0.9 - loss * f64::from(level) + 1e-5 * seed as f64;
                    LevelRow { task: task.into(), ..row(criterion, seed, level, Some(score)) }
                })
                .collect();
            groups(rows.iter().map(|row| ("", row))).remove(0)
        };
        let found = found(&[of("ant", 0..3), of("glyphs", 3..6)], &[], "M1");
        assert_eq!((found.verdict, found.together.mean, found.alone), (Verdict::Undecided, None, 2));
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
            let found = check(&groups(rows.iter().map(|row| ("", row))), &Agreements::default());
            found[14..].iter().map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        // Steps of weights, mask and layers are 1, 3 and 2 hundredths a level, and then 2, 1 and 3.
        assert_eq!(of([0.01, 0.02, 0.05, 0.07]), [Verdict::Supported; 2]);
        assert_eq!(of([0.01, 0.03, 0.04, 0.07]), [Verdict::NotSupported; 2]);
    }

    fn found(groups: &[Group], layers: &[LayerRow], name: &str) -> Finding {
        check(groups, &Agreements::of(layers))
            .into_iter()
            .find(|finding| finding.claim.name == name)
            .expect("a claim")
    }

    #[test]
    fn losses_are_compared_with_those_of_the_printed_curve() {
        let task = |task: &str, loss: f64| {
            let levels = (0..3).flat_map(|seed| (0..20).map(move |level| (seed, level)));
            let score = |(seed, level): (u64, u32)| 0.95 - loss * f64::from(level) + 0.001 * seed as f64;
            let of = |at: (u64, u32)| LevelRow {
                task: task.into(),
                density: 0.8_f64.powi(at.1 as i32),
                ..row("snr", at.0, at.1, Some(score(at)))
            };
            let rows: Vec<LevelRow> = levels.map(of).collect();
            groups(rows.iter().map(|row| ("", row))).remove(0)
        };
        // on these digits gradients go from 0.989 to 0.842, with an error of 0.010
        let little = found(&[task("mnist", 0.001)], &[], "M5");
        assert_eq!(little.verdict, Verdict::Supported);
        let mean = little.groups[0].0.mean.expect("three seeds");
        let printed = (0.989 - 0.842 - 0.02) / 0.889;
        assert!((mean.mean - (printed - 0.019 / 0.85)).abs() < 2e-3, "{mean:?}");
        assert_eq!(found(&[task("mnist", 0.01)], &[], "M5").verdict, Verdict::NotSupported);
        assert_eq!(found(&[task("ant", 0.001)], &[], "M5").verdict, Verdict::NotRun, "no images");
        let of = |dense: f64, keep: f64| {
            let levels = (0..3).flat_map(|seed| (0..20).map(move |level| (seed, level)));
            let of = |(seed, level): (u64, u32)| LevelRow {
                task: "mnist".into(),
                density: keep.powi(level as i32),
                ..row("snr", seed, level, Some(dense - 1e-4 * f64::from(level)))
            };
            let rows: Vec<LevelRow> = levels.map(of).collect();
            found(&groups(rows.iter().map(|row| ("", row))), &[], "M5").verdict
        };
        assert_eq!(of(0.12, 0.8), Verdict::NotRun, "who has learnt nothing loses nothing");
        assert_eq!(of(0.95, 0.5), Verdict::NotRun, "no level is the paper's sparsest");
    }

    /// Networks of a task whose agreement falls by so much, seed by seed a little less.
    fn layers(task: &str, loss: f64) -> Vec<LayerRow> {
        let levels = (0..3).flat_map(|seed| (0..20).map(move |level| (seed, level)));
        let of = |(seed, level): (u64, u32)| LayerRow {
            task: task.into(),
            density: 0.8_f64.powi(level as i32),
            ranked: Some(0.9 - (loss - 0.001 * seed as f64) * f64::from(level)),
            ..crate::tables::sample::layer("magnitude", seed, level)
        };
        levels.map(of).collect()
    }

    #[test]
    fn agreement_is_lost_and_gains_go_with_it() {
        // with more losses there is more of a gain: 0, 0.001, .. a level
        let study = |gains: [u32; 5]| {
            let (mut levels, mut inside) = (Vec::new(), Vec::new());
            for (place, gain) in gains.into_iter().enumerate() {
                let task = format!("task {place}");
                inside.extend(layers(&task, 0.01 * (place + 1) as f64));
                for (criterion, bonus) in [("snr", 1.0), ("magnitude", 0.0)] {
                    for (seed, level) in (0..3).flat_map(|seed| (0..20).map(move |level| (seed, level))) {
                        let score = 0.9 - f64::from(level) * (0.02 - bonus * 0.001 * f64::from(gain));
                        let row = row(criterion, seed, level, Some(score));
                        levels.push(LevelRow {
                            task: task.clone(),
                            density: 0.8_f64.powi(level as i32),
                            ..row
                        });
                    }
                }
            }
            let groups = groups(levels.iter().map(|row| ("", row)));
            let found = |name| found(&groups, &inside, name);
            (found("M17"), found("M17, snr").verdict, found("M17, gain"))
        };
        let (lost, of_snr, with) = study([0, 1, 2, 3, 4]);
        assert_eq!((lost.verdict, lost.of, of_snr), (Verdict::Supported, 5, Verdict::NotRun));
        assert_eq!((with.verdict, with.of, with.corrected), (Verdict::Supported, 5, None));
        assert!((with.together.mean.expect("five tasks").mean - 1.0).abs() < 1e-9);
        assert_eq!(study([4, 3, 2, 1, 0]).2.verdict, Verdict::NotSupported);
        assert_eq!(study([0, 2, 1, 3, 4]).2.verdict, Verdict::Undecided, "0.9 of five is too little");
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
        let findings = check(&groups(rows.iter().map(|row| ("", row))), &Agreements::default());
        assert_eq!((findings[0].verdict, findings[0].together.diverged), (Verdict::Undecided, 3));
        assert_ne!(findings[5].verdict, Verdict::NotRun, "signal to noise and magnitude are there");
    }
}
