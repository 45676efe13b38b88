//! The sparsest networks that are still near dense ones, for each task, strategy and criterion.
//!
//! A level is near where its mean score is below the dense one's by no more than a twentieth of the range that the
//! scores of its task and strategy span, and so do all denser levels: one lucky level in a falling curve is none. A chance
//! test would call every level near that has few seeds; this rule does not depend on how many there are, and the
//! difference stands beside it with its interval.

use super::aggregate::{CRITERIA, criteria, scale};
use super::densities::percent;
use super::effects::number;
use super::pairs::Group;
use crate::stats::{self, Mean};

/// What counts as near, as a share of the range of a task's scores.
pub const MARGIN: f64 = 0.05;

/// What the table shows.
pub const CAPTION: &str = "The sparsest networks near dense ones: their mean score, and that of all denser levels, is at most a \
                           twentieth of the range of scores below; where the interval lies below 0 that is less all the same";

/// The sparsest level of a criterion that is near the dense one, by the seeds that have both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparsest {
    /// Its density; 1 where no pruned level is near.
    pub density: f64,
    /// Its score minus the dense one's, seed by seed.
    pub difference: Mean,
    /// Whether it is the last level: sparser ones might be near too.
    pub is_last: bool,
}

/// Of a criterion of a group; none where no seed has a dense score, or the group has not all criteria of figure 1: its range
/// would be another one.
pub fn sparsest(group: &Group, criterion: &str) -> Option<Sparsest> {
    let (least, largest) = scale(group).filter(|_| criteria(group) == CRITERIA.len())?;
    let dense = group.scores(criterion, 0);
    let densities = group.densities(criterion);
    let difference = |level: usize| {
        let scores = group.scores(criterion, level).into_iter();
        let found: Vec<f64> = scores.filter_map(|(seed, score)| Some(score - dense.get(&seed)?)).collect();
        stats::mean(&found)
    };
    let as_good = (0..densities.len())
        .map(|level| Some((level, difference(level)?)))
        .take_while(|found| {
            found.is_some_and(|(_, difference)| difference.mean >= -MARGIN * (largest - least))
        })
        .flatten()
        .last();
    as_good.map(|(level, difference)| Sparsest {
        density: densities[level],
        difference,
        is_last: level + 1 == densities.len(),
    })
}

/// A row a task, strategy and criterion, the first row the head; none where there is nothing to tell.
pub fn table(groups: &[Group]) -> Option<Vec<Vec<String>>> {
    let head = ["task", "strategy", "criterion", "near down to", "score minus the dense one's"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for group in groups {
        for criterion in group.criteria() {
            let Some(Sparsest { density, difference, is_last }) = sparsest(group, criterion) else {
                continue;
            };
            let or_less = if is_last { ", the last level" } else { "" };
            rows.push(vec![
                group.what(),
                group.strategy.clone(),
                criterion.to_owned(),
                format!("{}{or_less}", percent(density)),
                format!("{} (n = {})", number(difference), difference.n),
            ]);
        }
    }
    (rows.len() > 1).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    #[test]
    fn a_level_counts_where_it_and_all_denser_ones_do_as_well() {
        // of a range of 1: 0.05 is the margin
        let curves = [
            ("snr", [1.0, 1.02, 0.96, 0.94, 1.0]),
            ("magnitude", [1.0, 0.5, 1.0, 1.0, 1.0]),
            ("random", [1.0, 0.99, 0.98, 0.97, 0.02]),
            ("movement", [1.0, 1.0, 1.0, 1.0, 0.96]),
        ];
        let rows: Vec<_> = curves
            .iter()
            .flat_map(|(criterion, scores)| {
                scores.iter().enumerate().flat_map(move |(level, score)| {
                    (0..3).map(move |seed| row(criterion, seed, level as u32, Some(score + seed as f64)))
                })
            })
            .collect();
        let group = &groups(rows.iter().map(|row| ("", row)))[0];
        let density = |criterion| sparsest(group, criterion).map(|found| (found.density, found.is_last));
        assert_eq!(density("snr"), Some((0.25, false)));
        assert_eq!(density("magnitude"), Some((1.0, false)));
        assert_eq!(density("random"), Some((0.125, false)));
        assert_eq!(density("movement"), Some((0.062, true)));
        assert_eq!(density("layer-random"), None);
        let table = table(std::slice::from_ref(group)).expect("four criteria");
        assert_eq!(table.len(), 5);
        assert!(table.iter().any(|row| row[3] == "6.20 %, the last level"), "{table:?}");
    }
}
