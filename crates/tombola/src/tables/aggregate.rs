//! Score against density over all tasks and strategies at once, as the paper's first figure has it.
//!
//! Scores of different tasks have different units. So the scores of each task and strategy are mapped to 0..1 first: its
//! least mean over criteria and levels to 0, the largest to 1. These ends are taken as given, though they are means of the same
//! seeds. Then scores are averaged: within each seed over tasks and strategies, for a seed draws the same masks, starts and
//! batches for all of them, and then over seeds. What is missing a criterion or a level is left out of the average, and said.

use std::collections::BTreeMap;

use super::densities::{aligned, fewer, percent};
use super::pairs::Group;
use super::reference;
use crate::stats::{self, Between, Mean, Seeds};

/// The criteria of the figure, in its order.
pub const CRITERIA: [&str; 3] = ["snr", "magnitude", "random"];

/// Criteria whose seeds are compared, the first with the second.
pub const RIVALS: [(&str, &str); 2] = [("snr", "random"), ("snr", "magnitude")];

/// What groups say together; nothing where they share no seed that did not diverge.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// How many groups it is of.
    pub groups: usize,
    /// Names of the groups that are left out.
    pub missing: Vec<String>,
    /// Density of each level.
    pub densities: Vec<f64>,
    /// Of each criterion, the score at each level.
    pub scores: Vec<Vec<Option<Mean>>>,
    /// Of each criterion, the interquartile mean of all seeds of all groups at each level.
    pub middles: Vec<Vec<Option<Between>>>,
    /// Of each of [`RIVALS`], the share of pairs of seeds in which the first scores more, at each level.
    pub shares: Vec<Vec<Option<f64>>>,
    /// Of each criterion, the scaled score of every seed of every group at each level; of what diverged below all others.
    pub runs: Vec<Vec<Vec<f64>>>,
    /// Of each criterion, how many seeds of all groups diverged: no mean counts them.
    pub diverged: Vec<usize>,
}

/// A group's least and largest mean score over the criteria of the figure that it has, and their levels; none where nothing
/// differs.
pub fn scale(group: &Group) -> Option<(f64, f64)> {
    let means = CRITERIA.iter().flat_map(|criterion| group.curve(criterion)).flatten().map(|mean| mean.mean);
    let (least, largest) =
        means.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(mean), high.max(mean)));
    (least < largest).then_some((least, largest))
}

/// How many criteria of the figure a group has.
pub fn criteria(group: &Group) -> usize {
    CRITERIA.iter().filter(|criterion| group.has(criterion)).count()
}

/// By seed, the mean over groups of what each has for it; of the seeds that all have.
pub fn by_seed(groups: &[BTreeMap<u64, f64>]) -> BTreeMap<u64, f64> {
    let Some((first, others)) = groups.split_first() else { return BTreeMap::new() };
    let sum = |(seed, number): (&u64, &f64)| {
        let rest: Option<f64> = others.iter().map(|group| group.get(seed)).sum();
        Some((*seed, (number + rest?) / groups.len() as f64))
    };
    first.iter().filter_map(sum).collect()
}

/// The average over groups; none where no group has all criteria, or no seed is in all of them. What diverged is in no mean; where
/// seeds are compared with others or with a threshold, it is below all.
pub fn aggregate(groups: &[Group]) -> Option<Aggregate> {
    let densities = shared_densities(groups)?;
    let (mut whole, mut missing) = (Whole(Vec::new()), Vec::new());
    for group in groups {
        match scale(group).filter(|_| has_all(group, &densities)) {
            Some(range) => whole.0.push((group, range)),
            None => missing.push(group.name()),
        }
    }
    let levels = densities.len();
    let score = |criterion: &&str, level| {
        stats::mean(&by_seed(&whole.scaled(criterion, level)).into_values().collect::<Vec<f64>>())
    };
    let middle = |criterion: &&str, level| {
        let groups = whole.scaled(criterion, level);
        let shared = by_seed(&groups);
        let of_shared = |group: &BTreeMap<u64, f64>| shared.keys().map(|seed| group[seed]).collect();
        stats::interquartile_mean(&groups.iter().map(of_shared).collect::<Vec<Vec<f64>>>(), Seeds::Shared)
    };
    let share = |(one, other): &(&str, &str), level| {
        let lists = |criterion| whole.with_failures(criterion, level);
        stats::probability_of_improvement(&lists(one), &lists(other))
    };
    let runs = |criterion: &&str, level| -> Vec<f64> { whole.with_failures(criterion, level).concat() };
    let diverged =
        |criterion: &&str| whole.0.iter().map(|(group, _)| group.diverged(criterion, levels - 1)).sum();
    let scores = by_level(&CRITERIA, levels, score);
    scores.iter().flatten().any(Option::is_some).then(|| Aggregate {
        groups: whole.0.len(),
        missing,
        densities: (0..levels).map(|level| whole.density(level)).collect(),
        scores,
        middles: by_level(&CRITERIA, levels, middle),
        shares: by_level(&RIVALS, levels, share),
        runs: by_level(&CRITERIA, levels, runs),
        diverged: CRITERIA.iter().map(diverged).collect(),
    })
}

/// Groups that have all criteria and all levels, each with the range of its scores.
struct Whole<'a>(Vec<(&'a Group, (f64, f64))>);

impl Whole<'_> {
    /// Scores of each group at a level, in units of its range, by seed.
    fn scaled(&self, criterion: &str, level: usize) -> Vec<BTreeMap<u64, f64>> {
        let of_group = |(group, (least, largest)): &(&Group, (f64, f64))| {
            let scores = group.scores(criterion, level).into_iter();
            scores.map(|(seed, score)| (seed, (score - least) / (largest - least))).collect()
        };
        self.0.iter().map(of_group).collect()
    }

    /// The same without the seeds, and with those that diverged, below all.
    fn with_failures(&self, criterion: &str, level: usize) -> Vec<Vec<f64>> {
        let of_group = |((group, _), scores): (&(&Group, _), BTreeMap<u64, f64>)| {
            let failures = std::iter::repeat_n(f64::NEG_INFINITY, group.diverged(criterion, level));
            scores.into_values().chain(failures).collect()
        };
        self.0.iter().zip(self.scaled(criterion, level)).map(of_group).collect()
    }

    /// The density of a level, a mean over groups.
    fn density(&self, level: usize) -> f64 {
        let of_group = |(group, _): &(&Group, _)| longest(group).get(level).copied();
        let all: Vec<f64> = self.0.iter().filter_map(of_group).collect();
        all.iter().sum::<f64>() / all.len() as f64
    }
}

/// The densities of the criterion of the figure that comes farthest; others may have diverged before.
fn longest(group: &Group) -> Vec<f64> {
    let all = CRITERIA.map(|criterion| group.densities(criterion));
    all.into_iter().rev().max_by_key(Vec::len).unwrap_or_default()
}

/// Of the groups with all criteria that come farthest the densities that most of them have; none where there are none.
fn shared_densities(groups: &[Group]) -> Option<Vec<f64>> {
    let of_all = groups.iter().filter(|group| criteria(group) == CRITERIA.len()).map(longest);
    let all: Vec<Vec<f64>> = of_all.collect();
    let levels = all.iter().map(Vec::len).max()?;
    let like =
        |own: &&Vec<f64>| all.iter().filter(|other| are_alike(own, other) && other.len() == levels).count();
    // of as many, the first
    all.iter().rev().filter(|own| own.len() == levels).max_by_key(like).cloned()
}

/// Whether a group has all criteria, each at all of these densities, or as far as none of its seeds diverged.
fn has_all(group: &Group, densities: &[f64]) -> bool {
    let has = |criterion: &&str| {
        let own = group.densities(criterion);
        let is_ended = || group.diverged(criterion, own.len().saturating_sub(1)) > 0;
        are_alike(&own, densities) && !own.is_empty() && (own.len() == densities.len() || is_ended())
    };
    CRITERIA.iter().all(has)
}

/// Whether levels have the densities of others, as far as both go; networks of few weights cannot keep exactly the same
/// fraction.
fn are_alike(ones: &[f64], others: &[f64]) -> bool {
    ones.iter().zip(others).all(|(one, other)| *one <= other * 1.1 && *other <= one * 1.1)
}

/// A row for each of `things`, with what is said of it at each level.
fn by_level<T, S>(things: &[T], levels: usize, say: impl Fn(&T, usize) -> S) -> Vec<Vec<S>> {
    things.iter().map(|thing| (0..levels).map(|level| say(thing, level)).collect()).collect()
}

/// As Markdown.
pub fn text(aggregate: &Aggregate) -> String {
    let mut text = format!("{}:\n\n{}\n{NOTE}\n", aggregate.title(), aligned(&table(aggregate)));
    if !aggregate.left_out().is_empty() {
        text += &format!("\n{}\n", aggregate.left_out());
    }
    text
}

/// Ours, and below each line the paper's where the grid comes as far as its figure.
pub fn table(aggregate: &Aggregate) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = |name: &str, of: String, entries: Vec<String>| {
        rows.push([name.to_owned(), of].into_iter().chain(entries).collect::<Vec<String>>());
    };
    row("criterion", "of".to_owned(), aggregate.densities.iter().map(|density| percent(*density)).collect());
    let most = aggregate.seeds();
    for (criterion, scores) in CRITERIA.iter().zip(&aggregate.scores) {
        row(criterion, "here".to_owned(), scores.iter().map(|mean| entry(*mean, most)).collect());
        if let Some(paper) = reference::figure_1(criterion, &aggregate.densities) {
            let said =
                paper.iter().map(|place| place.map_or(String::new(), |printed| reference::told(printed, 3)));
            row(criterion, "the paper, 12 tasks".to_owned(), said.collect());
        }
    }
    for (criterion, middles) in CRITERIA.iter().zip(&aggregate.middles) {
        row(criterion, "here, interquartile mean".to_owned(), middles.iter().map(middle).collect());
    }
    for ((one, other), shares) in RIVALS.iter().zip(&aggregate.shares) {
        let share = |share: &Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.2}"));
        row(one, format!("share of pairs won over {other}"), shares.iter().map(share).collect());
    }
    rows
}

/// What the numbers are.
pub const NOTE: &str = "A seed draws the same for all tasks and strategies, so scores are averaged within seeds first. \
                        Intervals of means are Student's over seeds; those of interquartile means are a bootstrap's over \
                        seeds, which in a trial with four tasks covered 73 of 100 times with three and 84 with five. The range of each is taken as \
                        given, so ends at 0 and 1 are no finding.";

impl Aggregate {
    /// The most seeds that a mean is of.
    pub fn seeds(&self) -> usize {
        self.scores.iter().flatten().flatten().map(|mean| mean.n).max().unwrap_or(0)
    }

    /// What it is.
    pub fn title(&self) -> String {
        let what = if self.groups == 1 { "task and strategy" } else { "tasks and strategies, each" };
        let (groups, seeds) = (self.groups, self.seeds());
        format!(
            "Mean of {groups} {what} with its least and largest mean score at 0 and 1, n = {seeds} seeds unless said, by \
             density"
        )
    }

    /// What is not in it; empty where nothing is missing.
    pub fn left_out(&self) -> String {
        let mut said = Vec::new();
        if !self.missing.is_empty() {
            said.push(format!(
                "Left out, for want of a criterion, a level or the same densities: {}.",
                self.missing.join("; ")
            ));
        }
        let diverged = CRITERIA.iter().zip(&self.diverged).filter(|(_, count)| **count > 0);
        let diverged: Vec<String> =
            diverged.map(|(criterion, count)| format!("{count} of {criterion}")).collect();
        if !diverged.is_empty() {
            said.push(format!(
                "Diverged: {}. No mean has such a seed, of any task; in shares and profiles it is below all others.",
                diverged.join(", ")
            ));
        }
        said.join(" ")
    }
}

fn entry(mean: Option<Mean>, most: usize) -> String {
    let Some(Mean { n, mean, half }) = mean else { return "-".to_owned() };
    let half = half.map_or(String::new(), |half| format!(" ±{half:.3}"));
    format!("{mean:.3}{half}{}", fewer(n, most))
}

fn middle(middle: &Option<Between>) -> String {
    match middle {
        None => "-".to_owned(),
        Some(Between { mean, low, .. }) if low.is_nan() => format!("{mean:.3}"),
        Some(Between { mean, low, high }) => format!("{mean:.3} ({low:.3} to {high:.3})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    /// Two tasks whose scores differ in unit and sign, and not in shape.
    fn two_tasks() -> Vec<Group> {
        let mut rows = Vec::new();
        for (task, unit, zero) in [("glyphs", 1.0, 0.0), ("ant", 4000.0, -500.0)] {
            for (criterion, loss) in [("snr", 0.1), ("magnitude", 0.2), ("random", 0.45)] {
                for (seed, level) in (0..3).flat_map(|seed| (0..3).map(move |level| (seed, level))) {
                    let score = 0.9 + 0.01 * seed as f64 - loss * f64::from(level);
                    let mut row = row(criterion, seed, level, Some(zero + unit * score));
                    row.task = task.into();
                    rows.push(row);
                }
            }
        }
        groups(rows.iter().map(|row| ("", row)))
    }

    #[test]
    fn tasks_count_the_same_whatever_their_units() {
        let both = aggregate(&two_tasks()).expect("two groups");
        let one = aggregate(&two_tasks()[..1]).expect("a group");
        assert_eq!((both.groups, one.groups), (2, 1));
        let means = |aggregate: &Aggregate| -> Vec<Mean> {
            aggregate.scores.iter().flatten().map(|mean| mean.expect("three seeds")).collect()
        };
        let (both_means, one_means) = (means(&both), means(&one));
        assert!((both_means[0].mean - 1.0).abs() < 1e-12 && both_means[8].mean.abs() < 1e-12);
        for (both, one) in both_means.iter().zip(&one_means) {
            assert!((both.mean - one.mean).abs() < 1e-12);
            let halves = [both.half, one.half].map(|half| half.expect("three seeds"));
            assert!((halves[0] - halves[1]).abs() < 1e-12, "the same seeds again make nothing surer");
        }
        // where seeds start alike they are even, and where losses differ more than seeds do, always ahead
        assert_eq!(
            [both.shares[0][0], both.shares[0][2], both.shares[1][2]],
            [Some(0.5), Some(1.0), Some(1.0)]
        );
        let middle = both.middles[0][0].expect("three seeds");
        assert!((middle.mean - 1.0).abs() < 1e-12 && middle.low < 1.0 && middle.high > 1.0);
    }

    #[test]
    fn what_diverged_is_in_no_mean_and_below_all_others_in_shares() {
        let mut rows: Vec<_> = [("snr", 0.1), ("magnitude", 0.2), ("random", 0.45)]
            .into_iter()
            .flat_map(|(criterion, loss)| {
                (0..5).flat_map(move |seed| (0..3).map(move |level| (criterion, loss, seed, level)))
            })
            .map(|(criterion, loss, seed, level)| {
                row(criterion, seed, level, Some(0.9 + 0.001 * seed as f64 - loss * f64::from(level)))
            })
            .collect();
        // two seeds end at the second level, and have no third
        rows.retain(|row| row.criterion != "snr" || row.seed > 1 || row.level < 2);
        for lost in rows.iter_mut().filter(|row| row.criterion == "snr" && row.seed < 2 && row.level == 1) {
            (lost.score, lost.status) = (None, crate::rows::Status::Diverged);
        }
        let found = aggregate(&groups(rows.iter().map(|row| ("", row)))).expect("a group");
        assert_eq!(found.diverged, [2, 0, 0]);
        let seeds = |criterion: usize| found.scores[criterion][2].map(|mean| mean.n);
        assert_eq!([seeds(0), seeds(1)], [Some(3), Some(5)]);
        // those that are left win against all, those that are not against none
        assert_eq!(found.shares[0][2], Some(0.6));
        assert_eq!(found.runs[0][2].iter().filter(|score| **score == f64::NEG_INFINITY).count(), 2);
        assert!(text(&found).contains("Diverged: 2 of snr. No mean has"), "{}", text(&found));
    }

    #[test]
    fn levels_of_other_densities_are_left_out() {
        let mut all = two_tasks();
        let rows: Vec<_> = CRITERIA
            .into_iter()
            .flat_map(|criterion| {
                (0..3).flat_map(move |seed| (0..3).map(move |level| (criterion, seed, level)))
            })
            .map(|(criterion, seed, level)| {
                let mut row = row(criterion, seed, level, Some(0.9 - 0.1 * f64::from(level)));
                (row.task, row.density) = ("hopper".into(), 0.1_f64.powi(level as i32));
                row
            })
            .collect();
        // whichever comes first, most of them count
        all.splice(0..0, groups(rows.iter().map(|row| ("", row))));
        let found = aggregate(&all).expect("two groups");
        assert_eq!((found.groups, found.missing.as_slice()), (2, &["hopper, snes".to_owned()][..]));
    }

    #[test]
    fn a_criterion_that_failed_with_all_seeds_is_below_the_others_and_not_left_out() {
        let mut rows: Vec<_> = CRITERIA
            .into_iter()
            .flat_map(|criterion| {
                (0..3).flat_map(move |seed| (0..3).map(move |level| (criterion, seed, level)))
            })
            .map(|(criterion, seed, level)| row(criterion, seed, level, Some(0.9 - 0.1 * f64::from(level))))
            .collect();
        rows.retain(|row| row.criterion != "snr" || row.level < 2);
        for lost in rows.iter_mut().filter(|row| row.criterion == "snr" && row.level == 1) {
            (lost.score, lost.status) = (None, crate::rows::Status::Diverged);
        }
        let mut all = groups(rows.iter().map(|row| ("", row)));
        all.extend(two_tasks().into_iter().take(1));
        let found = aggregate(&all).expect("two groups");
        assert_eq!((found.groups, found.diverged.as_slice()), (2, &[3, 0, 0][..]));
        assert_eq!(found.scores[0][2], None, "no seed has a score with both tasks");
        assert!(found.shares[0][2].is_some_and(|share| (share - 0.5).abs() < 1e-12), "one wins, one loses");
    }

    #[test]
    fn groups_without_a_common_seed_have_no_average() {
        let mut rows = Vec::new();
        for (task, seeds) in [("ant", 0..3), ("glyphs", 3..6)] {
            for (criterion, seed) in
                CRITERIA.into_iter().flat_map(|name| seeds.clone().map(move |seed| (name, seed)))
            {
                for level in 0..2 {
                    let mut row = row(criterion, seed, level, Some(0.9 - 0.1 * f64::from(level)));
                    row.task = task.into();
                    rows.push(row);
                }
            }
        }
        assert_eq!(aggregate(&groups(rows.iter().map(|row| ("", row)))), None);
    }

    #[test]
    fn only_seeds_that_all_have_count() {
        let groups = [[(0, 1.0), (1, 3.0)].into(), [(1, 5.0), (2, 7.0)].into()];
        assert_eq!(by_seed(&groups), [(1, 4.0)].into());
        assert_eq!(by_seed(&[]), BTreeMap::new());
    }

    #[test]
    fn what_is_missing_a_criterion_is_left_out_and_said() {
        let mut rows: Vec<_> = (0..3).map(|level| row("snr", 0, level, Some(0.5))).collect();
        rows.iter_mut().for_each(|row| row.task = "hopper".into());
        let mut all = two_tasks();
        all.extend(groups(rows.iter().map(|row| ("", row))));
        let found = aggregate(&all).expect("two whole groups");
        assert_eq!((found.groups, found.missing.as_slice()), (2, &["hopper, snes".to_owned()][..]));
        assert!(
            text(&found)
                .contains("Left out, for want of a criterion, a level or the same densities: hopper, snes.")
        );
        assert_eq!(aggregate(&all[2..]), None);
    }
}
