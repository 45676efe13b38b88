//! Criteria beside each other, seed by seed.
//!
//! The same seed starts the criteria of a task and strategy that go back to their start at the same weights, and gives all of
//! them the same dense network, so their scores rise and fall together and their differences scatter less than they do. A
//! difference is taken within a seed, over a range of densities, and then averaged over seeds.

use std::collections::BTreeMap;

use super::densities;
use crate::rows::LevelRow;
use crate::stats::{self, Mean};

/// Densities from the least to the largest, both counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least.
    pub from: f64,
    /// The largest.
    pub to: f64,
}

impl Range {
    /// Whether a density lies in it.
    pub fn holds(self, density: f64) -> bool {
        (self.from..=self.to).contains(&density)
    }
}

/// Density and score of each level of a cell; no score where it diverged.
type Levels = Vec<(f64, Option<f64>)>;

/// The cells of a task and a strategy that differ in criterion and seed only.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What was solved.
    pub task: String,
    /// Settings in which its cells differ from others of the same task, strategy and criterion; mostly nothing.
    pub settings: String,
    /// By which strategy.
    pub strategy: String,
    /// By criterion and seed.
    cells: BTreeMap<String, BTreeMap<u64, Levels>>,
}

/// The groups of rows of cells, each row with the settings of its cell.
pub fn groups<'a>(rows: impl IntoIterator<Item = (&'a str, &'a LevelRow)>) -> Vec<Group> {
    let mut groups = BTreeMap::new();
    for (settings, row) in rows {
        let name = (row.task.as_str(), settings, row.strategy.as_str());
        let cells: &mut BTreeMap<String, BTreeMap<u64, BTreeMap<u32, _>>> = groups.entry(name).or_default();
        let levels = cells.entry(row.criterion.clone()).or_default().entry(row.seed).or_default();
        levels.insert(row.level, (row.density, row.score));
    }
    let in_order = |(seed, levels): (u64, BTreeMap<u32, _>)| (seed, levels.into_values().collect::<Levels>());
    let group =
        |((task, settings, strategy), cells): ((&str, &str, &str), BTreeMap<String, BTreeMap<_, _>>)| {
            let cells = cells.into_iter();
            Group {
                task: task.to_owned(),
                settings: settings.to_owned(),
                strategy: strategy.to_owned(),
                cells: cells.map(|(name, seeds)| (name, seeds.into_iter().map(in_order).collect())).collect(),
            }
        };
    groups.into_iter().map(group).collect()
}

/// Differences of two criteria, by seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paired {
    /// Of each seed that has scores of both at all levels of the range.
    pub by_seed: BTreeMap<u64, f64>,
    /// Seeds of both of which one diverged before it had such scores.
    pub diverged: usize,
    /// How many levels each difference is the mean of.
    pub levels: usize,
}

impl Paired {
    /// Over seeds; none where there are none.
    pub fn mean(&self) -> Option<Mean> {
        stats::mean(&self.by_seed.values().copied().collect::<Vec<f64>>())
    }

    /// How much more these differences are than others, seed by seed. Of seeds that diverged, those of the side that has more:
    /// a criterion of both sides diverged once.
    pub fn less(&self, other: &Paired) -> Paired {
        if self.is_empty() || other.is_empty() {
            return Paired::default();
        }
        let both = |(seed, own): (&u64, &f64)| Some((*seed, own - other.by_seed.get(seed)?));
        Paired {
            by_seed: self.by_seed.iter().filter_map(both).collect(),
            diverged: self.diverged.max(other.diverged),
            levels: self.levels.max(other.levels),
        }
    }

    /// Whether there was nothing to take a difference of: neither seeds nor such that diverged.
    pub fn is_empty(&self) -> bool {
        self.by_seed.is_empty() && self.diverged == 0
    }
}

impl Group {
    /// What was solved, and the settings if there are any.
    pub fn what(&self) -> String {
        densities::what(&self.task, &self.settings)
    }

    /// What it is, for people.
    pub fn name(&self) -> String {
        format!("{}, {}", self.what(), self.strategy)
    }

    /// Whether it has cells of a criterion.
    pub fn has(&self, criterion: &str) -> bool {
        self.cells.contains_key(criterion)
    }

    /// How much more one criterion scores than another, on the mean of the levels in a range, seed by seed.
    pub fn differences(&self, of: &str, against: &str, range: Range) -> Paired {
        let mut paired = Paired::default();
        let (Some(ones), Some(others)) = (self.cells.get(of), self.cells.get(against)) else { return paired };
        for (seed, one, other) in ones.iter().filter_map(|(seed, one)| Some((seed, one, others.get(seed)?))) {
            let holds =
                |levels: &Levels, level: usize| levels.get(level).is_some_and(|(at, _)| range.holds(*at));
            let levels: Vec<usize> = (0..one.len().max(other.len()))
                .filter(|&level| holds(one, level) || holds(other, level))
                .collect();
            let score = |levels: &Levels, level: usize| levels.get(level)?.1;
            let difference = |&level: &usize| Some(score(one, level)? - score(other, level)?);
            let differences: Option<Vec<f64>> = levels.iter().map(difference).collect();
            match differences.as_deref().and_then(stats::mean) {
                Some(mean) => {
                    paired.by_seed.insert(*seed, mean.mean);
                }
                // a grid that does not reach the range says nothing of it; a cell that ended before it does
                None if levels.is_empty() && !is_ended(one) && !is_ended(other) => {}
                None => paired.diverged += 1,
            }
            paired.levels = paired.levels.max(levels.len());
        }
        paired
    }

    /// What a criterion loses from its dense score to that of its sparsest network in a range, seed by seed.
    pub fn losses(&self, of: &str, range: Range) -> Paired {
        let mut losses = Paired { levels: 1, ..Paired::default() };
        for (seed, levels) in self.cells.get(of).into_iter().flatten() {
            let dense = levels.first().and_then(|(_, score)| *score);
            match levels.iter().rfind(|(density, _)| range.holds(*density)) {
                Some((_, Some(sparse))) if dense.is_some() => {
                    losses.by_seed.extend(dense.map(|dense| (*seed, dense - sparse)));
                }
                // a grid that does not come as far says nothing of it
                None if !is_ended(levels) => {}
                _ => losses.diverged += 1,
            }
        }
        losses
    }

    /// How much more one criterion scores than another at each level, over the seeds that have both; with the level's density.
    pub fn by_level(&self, of: &str, against: &str) -> Vec<(f64, Option<Mean>)> {
        let densities = [of, against].map(|criterion| self.densities(criterion));
        let [ones, others] = densities;
        let longest = if ones.len() > others.len() { ones } else { others };
        let difference = |(level, density): (usize, f64)| {
            let others = self.scores(against, level);
            let ones = self.scores(of, level).into_iter();
            let found: Vec<f64> = ones.filter_map(|(seed, one)| Some(one - others.get(&seed)?)).collect();
            (density, stats::mean(&found))
        };
        longest.into_iter().enumerate().map(difference).collect()
    }

    /// The criteria that it has cells of, by name.
    pub fn criteria(&self) -> impl Iterator<Item = &str> {
        self.cells.keys().map(String::as_str)
    }

    /// The scores of a criterion's seeds at a level, without those that diverged.
    pub fn scores(&self, criterion: &str, level: usize) -> BTreeMap<u64, f64> {
        let seeds = self.cells.get(criterion).into_iter().flatten();
        seeds.filter_map(|(seed, levels)| Some((*seed, levels.get(level)?.1?))).collect()
    }

    /// How many seeds of a criterion diverged at a level or before it.
    pub fn diverged(&self, criterion: &str, level: usize) -> usize {
        let seeds = self.cells.get(criterion).into_iter().flat_map(BTreeMap::values);
        seeds.filter(|levels| is_ended(levels) && levels.len() <= level + 1).count()
    }

    /// The density of a criterion's levels, a mean over seeds.
    pub fn densities(&self, criterion: &str) -> Vec<f64> {
        let seeds: Vec<&Levels> = self.cells.get(criterion).into_iter().flat_map(BTreeMap::values).collect();
        let levels = seeds.iter().map(|levels| levels.len()).max().unwrap_or(0);
        let density = |level: usize| {
            let here: Vec<f64> = seeds.iter().filter_map(|levels| Some(levels.get(level)?.0)).collect();
            here.iter().sum::<f64>() / here.len() as f64
        };
        (0..levels).map(density).collect()
    }

    /// The mean score of a criterion at each of its levels, where there is one.
    pub fn curve(&self, criterion: &str) -> Vec<Option<Mean>> {
        let levels = self.densities(criterion).len();
        let mean = |level| stats::mean(&self.scores(criterion, level).into_values().collect::<Vec<f64>>());
        (0..levels).map(mean).collect()
    }
}

/// Whether a cell diverged.
fn is_ended(levels: &Levels) -> bool {
    levels.last().is_some_and(|(_, score)| score.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::sample::row;

    fn group() -> Group {
        let mut all = Vec::new();
        for (criterion, bonus) in [("snr", 0.1), ("random", 0.0)] {
            for seed in 0..3 {
                for level in 0..3_u32 {
                    // seeds differ much, and criteria by the same in each, the more the sparser
                    let score = 0.3 * seed as f64 + bonus * f64::from(level);
                    all.push(row(criterion, seed, level, Some(score)));
                }
            }
        }
        groups(all.iter().map(|row| ("", row))).remove(0)
    }

    #[test]
    fn differences_are_taken_seed_by_seed() {
        let group = group();
        let differences = |from, to| group.differences("snr", "random", Range { from, to });
        let sparse = differences(0.2, 0.5);
        let mean = sparse.mean().expect("two levels of three seeds");
        assert!((mean.mean - 0.15).abs() < 1e-12 && mean.n == 3 && sparse.levels == 2);
        assert!(mean.half.expect("three seeds") < 1e-12, "that seeds differ makes no interval wider");
        assert_eq!(differences(1.0, 1.0).mean().map(|mean| mean.mean), Some(0.0));
        assert!(differences(0.3, 0.4).is_empty(), "no level is there");
        assert!(group.differences("snr", "movement", Range { from: 0.0, to: 1.0 }).is_empty());
    }

    #[test]
    fn levels_have_a_difference_each() {
        let found = group().by_level("snr", "random");
        let means: Vec<f64> = found.iter().map(|(_, mean)| mean.expect("three seeds").mean).collect();
        assert_eq!(found.iter().map(|(density, _)| *density).collect::<Vec<_>>(), [1.0, 0.5, 0.25]);
        assert!(means.iter().zip([0.0, 0.1, 0.2]).all(|(found, expected)| (found - expected).abs() < 1e-12));
        let ended = diverged_at(1).by_level("snr", "random");
        assert_eq!(ended.iter().map(|(_, mean)| mean.expect("seeds").n).collect::<Vec<_>>(), [3, 2, 2]);
        assert!(group().by_level("snr", "movement").iter().all(|(_, mean)| mean.is_none()));
    }

    /// Seed 1 of snr diverges at a level, and its rows end there.
    fn diverged_at(level: usize) -> Group {
        let mut group = group();
        let levels = group.cells.get_mut("snr").and_then(|seeds| seeds.get_mut(&1)).expect("a cell");
        levels.truncate(level + 1);
        levels[level].1 = None;
        group
    }

    #[test]
    fn losses_are_of_seeds_that_come_as_far() {
        let lost = |group: &Group, criterion, to| group.losses(criterion, Range { from: 0.0, to });
        let snr = lost(&group(), "snr", 0.3);
        assert!(snr.by_seed.len() == 3 && snr.by_seed.values().all(|loss| (loss + 0.2).abs() < 1e-12));
        assert!(lost(&group(), "snr", 0.2).is_empty(), "no level is as sparse");
        assert!(lost(&group(), "movement", 0.3).is_empty());
        let ended = lost(&diverged_at(1), "snr", 0.3);
        assert_eq!((ended.by_seed.len(), ended.diverged), (2, 1));
    }

    #[test]
    fn seeds_that_diverged_before_a_range_ends_are_counted_and_no_pairs() {
        let found = |level, from, to| {
            let paired = diverged_at(level).differences("snr", "random", Range { from, to });
            (paired.by_seed.len(), paired.diverged)
        };
        assert_eq!(found(1, 0.2, 0.5), (2, 1), "within it");
        assert_eq!(found(1, 0.2, 0.3), (2, 1), "before it");
        assert_eq!(found(2, 0.5, 1.0), (3, 0), "after it");
        let curve = diverged_at(1).curve("snr");
        assert_eq!(curve.iter().flatten().map(|mean| mean.n).collect::<Vec<_>>(), [3, 2, 2]);
    }

    #[test]
    fn other_levels_are_never_compared() {
        let mut group = group();
        let levels = group.cells.get_mut("snr").and_then(|seeds| seeds.get_mut(&1)).expect("a cell");
        levels.pop();
        let paired = group.differences("snr", "random", Range { from: 0.2, to: 0.5 });
        assert_eq!((paired.by_seed.len(), paired.diverged), (2, 1));
    }
}
