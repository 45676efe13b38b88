//! Criteria beside each other, seed by seed.
//!
//! The same seed starts all criteria of a task and strategy at the same weights, so their scores rise and fall together and
//! their differences scatter less than they do. A difference is taken within a seed, over a range of densities, and then
//! averaged over seeds.

use std::collections::BTreeMap;

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
    fn holds(self, density: f64) -> bool {
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

impl Group {
    /// What it is, for people.
    pub fn name(&self) -> String {
        let mut name = format!("{}, {}", self.task, self.strategy);
        if !self.settings.is_empty() {
            name = format!("{name}, {}", self.settings);
        }
        name
    }

    /// How much more one criterion scores than another, on the mean of the levels in a range: over the seeds that have
    /// scores of both at all of these levels. None where there are none.
    pub fn difference(&self, of: &str, against: &str, range: Range) -> Option<Mean> {
        let (ones, others) = (self.cells.get(of)?, self.cells.get(against)?);
        let pairs = ones.iter().filter_map(|(seed, levels)| Some((levels, others.get(seed)?)));
        let differences: Vec<f64> =
            pairs.filter_map(|(one, other)| Some(within(one, range)? - within(other, range)?)).collect();
        stats::mean(&differences)
    }

    /// The scores of a criterion's seeds at a level, without those that diverged.
    pub fn scores(&self, criterion: &str, level: usize) -> Vec<f64> {
        let seeds = self.cells.get(criterion).into_iter().flat_map(BTreeMap::values);
        seeds.filter_map(|levels| levels.get(level)?.1).collect()
    }

    /// The mean score of a criterion at each of its levels; none unless there is one at every level.
    pub fn curve(&self, criterion: &str) -> Option<Vec<(f64, Mean)>> {
        let seeds: Vec<&Levels> = self.cells.get(criterion)?.values().collect();
        let levels = seeds.iter().map(|levels| levels.len()).max()?;
        let at = |level: usize| {
            let here: Vec<(f64, Option<f64>)> =
                seeds.iter().filter_map(|levels| levels.get(level).copied()).collect();
            let scores: Vec<f64> = here.iter().filter_map(|(_, score)| *score).collect();
            let density = here.iter().map(|(density, _)| density).sum::<f64>() / here.len() as f64;
            Some((density, stats::mean(&scores)?))
        };
        (0..levels).map(at).collect()
    }
}

/// The mean score of a cell's levels in a range; none where there is no level, where one diverged, or where the cell ended
/// before it came to the range's end.
fn within(levels: &Levels, range: Range) -> Option<f64> {
    let scores: Option<Vec<f64>> =
        levels.iter().filter(|(density, _)| range.holds(*density)).map(|(_, score)| *score).collect();
    let ended_early = levels.last().is_some_and(|(_, score)| score.is_none());
    stats::mean(&scores.filter(|_| !ended_early)?).map(|mean| mean.mean)
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
        let difference = |from, to| group.difference("snr", "random", Range { from, to });
        let sparse = difference(0.2, 0.5).expect("two levels of three seeds");
        assert!((sparse.mean - 0.15).abs() < 1e-12 && sparse.n == 3);
        assert!(sparse.half.expect("three seeds") < 1e-12, "that seeds differ makes no interval wider");
        assert_eq!(difference(1.0, 1.0).map(|mean| mean.mean), Some(0.0));
        assert_eq!(difference(0.3, 0.4), None, "no level is there");
        assert_eq!(group.difference("snr", "movement", Range { from: 0.0, to: 1.0 }), None);
    }

    #[test]
    fn seeds_that_diverged_are_left_out_of_pairs() {
        let mut group = group();
        let levels = group.cells.get_mut("snr").and_then(|seeds| seeds.get_mut(&1)).expect("a cell");
        levels.truncate(2);
        levels[1].1 = None;
        let found = group.difference("snr", "random", Range { from: 0.2, to: 0.5 }).expect("two seeds");
        assert_eq!((found.n, found.half), (2, None));
        let curve = group.curve("snr").expect("a curve");
        assert_eq!(curve.iter().map(|(_, mean)| mean.n).collect::<Vec<_>>(), [3, 2, 2]);
    }
}
