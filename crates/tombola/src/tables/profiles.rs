//! Performance profiles: of how many runs the score is above a threshold, whatever the threshold.
//!
//! A mean may be of runs that are all middling, or of some that fail and others that do not; a profile tells. Scores are those
//! of [`aggregate`](super::aggregate): of each task and strategy the least mean is 0 and the largest 1. As in Agarwal et al.,
//! "Deep Reinforcement Learning at the Edge of the Statistical Precipice" (2021), section 4.2.

use super::aggregate::{Aggregate, CRITERIA};
use super::densities::{ABOUT, nearest, percent};
use crate::stats;

/// What the table shows.
pub const CAPTION: &str = "Performance profiles: the share of runs (tasks, strategies and seeds) whose scaled score is above a \
                           threshold, by density";

/// The thresholds of the table.
const THRESHOLDS: [f64; 10] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// The profile of a criterion at a level.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Density of the level.
    pub density: f64,
    /// Which weights stayed.
    pub criterion: &'static str,
    /// Scores that it is of.
    pub runs: usize,
    /// Of each threshold, the share above it.
    pub shares: Vec<f64>,
}

/// The profiles at the densities of which the paper speaks, in their order, for some thresholds.
pub fn profiles(aggregate: &Aggregate, thresholds: &[f64]) -> Vec<Profile> {
    let levels = ABOUT.iter().filter_map(|about| nearest(&aggregate.densities, *about));
    let at = |level: usize| {
        let of = move |(criterion, runs): (&'static str, &Vec<Vec<f64>>)| {
            let shares = stats::profile(&runs[level], thresholds)?;
            let (density, runs) = (aggregate.densities[level], runs[level].len());
            Some(Profile { density, criterion, runs, shares })
        };
        CRITERIA.into_iter().zip(&aggregate.runs).filter_map(of)
    };
    levels.flat_map(at).collect()
}

/// A row a density and criterion, a column a threshold, the first row the head.
pub fn table(aggregate: &Aggregate) -> Vec<Vec<String>> {
    let head = ["density", "criterion", "runs"].map(str::to_owned).into_iter();
    let mut rows =
        vec![head.chain(THRESHOLDS.map(|threshold| format!("> {threshold:.1}"))).collect::<Vec<String>>()];
    for Profile { density, criterion, runs, shares } in profiles(aggregate, &THRESHOLDS) {
        let words = [percent(density), criterion.to_owned(), runs.to_string()].into_iter();
        rows.push(words.chain(shares.iter().map(|share| format!("{share:.2}"))).collect());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::aggregate::aggregate;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    #[test]
    fn profiles_are_of_all_seeds_of_all_groups_at_the_densities_that_are_there() {
        let mut rows = Vec::new();
        for task in ["glyphs", "ant"] {
            for (criterion, loss) in [("snr", 0.0), ("magnitude", 0.1), ("random", 0.2)] {
                for (seed, level) in (0..4).flat_map(|seed| (0..6).map(move |level| (seed, level))) {
                    let mut row = row(criterion, seed, level, Some(1.0 - loss * f64::from(level)));
                    row.task = task.into();
                    rows.push(row);
                }
            }
        }
        let aggregate = aggregate(&groups(rows.iter().map(|row| ("", row)))).expect("two groups");
        let found = profiles(&aggregate, &[0.0, 0.5]);
        // levels keep halves: 100 %, 25 % near 32.8 %, 12.5 % near 10.7 %, 3.1 % near 3.52 %
        let densities: Vec<f64> = found.iter().step_by(3).map(|profile| profile.density).collect();
        assert_eq!(densities, [1.0, 0.25, 0.125, 0.031]);
        assert!(found.iter().all(|profile| profile.runs == 8));
        // at the last level random has lost all of its range, and magnitude half
        let last: Vec<&[f64]> = found[9..].iter().map(|profile| &profile.shares[..]).collect();
        assert_eq!(last, [&[1.0, 1.0][..], &[1.0, 0.0], &[0.0, 0.0]]);
        let table = table(&aggregate);
        assert_eq!((table.len(), table[0].len(), table[1][0].as_str()), (13, 13, "100 %"));
    }
}
