//! From told fitness to what a strategy minimises.
//!
//! In this order: the sign is turned where fitness is maximised; `fitness_decay` times the mean square of the member is
//! added; evaluations that failed (NaN, infinities) take the worst place, and its value; at most one normalisation:
//!
//! ```text
//! raw             f
//! centred rank    rank / (P - 1) - 1/2                        best -1/2, worst 1/2
//! z-score         (f - mean f) / (std f + 1e-10)
//! range           2 (f - min f) / (max f - min f + 1e-10) - 1
//! ```
//!
//! Members with equal fitness share their ranks' average, and so their ranks' average weight. Source: the strategies'
//! papers name the rank forms; the constants are those of the reference implementation (evosax 0.1.4), whose departures
//! are the flags `ties_by_index` and `range_one_to_three` of [`Quirks`].

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::settings::Quirks;

/// How fitness values become weights, for strategies that use their size.
///
/// Strategies that only rank (SNES, DES, CMA-ES and Sep-CMA-ES) do the same under all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shaping {
    /// As told.
    Raw,
    /// Ranks, centred on 0.
    CentredRank,
    /// Centred on the mean, in units of the deviation.
    ZScore,
    /// Scaled to -1 .. 1.
    Range,
}

/// Fitness so large that its square is nearly infinite is cut off here.
const LARGEST: f64 = 1e140;

/// The fitness of one generation, to be minimised.
#[derive(Clone, Debug)]
pub(crate) struct Fitness {
    /// After the normalisation.
    pub(crate) values: Vec<f64>,
    /// Before it, with the worst in place of what failed.
    pub(crate) unshaped: Vec<f64>,
    /// Evaluations that did not fail: the first of `order`.
    pub(crate) sound: usize,
    /// Members, best first; of equals the first.
    pub(crate) order: Vec<usize>,
    /// Where runs of members with equal fitness end in `order`.
    ends: Vec<usize>,
    flat: bool,
    quirks: Quirks,
}

impl Fitness {
    /// Shapes finite and failed costs; none if all failed.
    pub(crate) fn new(mut costs: Vec<f64>, shaping: Shaping, quirks: Quirks) -> Option<Fitness> {
        let worst = costs.iter().copied().filter(|cost| cost.is_finite()).max_by(f64::total_cmp)?;
        let failed: Vec<bool> = costs.iter().map(|cost| !cost.is_finite()).collect();
        for (cost, &failed) in costs.iter_mut().zip(&failed) {
            *cost = if failed { worst } else { *cost }.clamp(-LARGEST, LARGEST);
        }
        let mut fitness = Fitness {
            unshaped: costs.clone(),
            values: costs,
            sound: failed.iter().filter(|&&failed| !failed).count(),
            order: Vec::new(),
            ends: Vec::new(),
            flat: false,
            quirks,
        };
        fitness.rank(&failed);
        fitness.flat = fitness.ends.len() == 1;
        fitness.normalise(shaping);
        if quirks.ties_by_index {
            // The published code sorts what it has shaped: values that were cut off are equal there, and no ranks are.
            fitness.rank(&failed);
        }
        Some(fitness)
    }

    /// Sorts members by value, failed ones last.
    fn rank(&mut self, failed: &[bool]) {
        let values = &self.values;
        // Minus zero equals zero here, and a stable sort leaves equals in their order.
        let compare = |a: usize, b: usize| {
            failed[a].cmp(&failed[b]).then(values[a].partial_cmp(&values[b]).unwrap_or(Ordering::Equal))
        };
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| compare(a, b));
        let ends = (1..=order.len())
            .filter(|&end| end == order.len() || compare(order[end - 1], order[end]) == Ordering::Less)
            .collect();
        (self.order, self.ends) = (order, ends);
    }

    fn normalise(&mut self, shaping: Shaping) {
        let count = self.values.len() as f64;
        match shaping {
            Shaping::Raw => {}
            Shaping::CentredRank => {
                let last = (count - 1.0).max(1.0);
                let ranks: Vec<f64> = (0..self.order.len()).map(|rank| rank as f64 / last - 0.5).collect();
                self.values = self.by_rank(&ranks);
            }
            Shaping::ZScore => {
                let (mean, deviation) = mean_and_deviation(&self.values);
                self.values.iter_mut().for_each(|value| *value = (*value - mean) / (deviation + 1e-10));
            }
            Shaping::Range => {
                self.values.iter_mut().for_each(|value| *value = value.clamp(-1e10, 1e10));
                let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
                let most = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let shift = if self.quirks.range_one_to_three { 1.0 } else { -1.0 };
                let scale = 2.0 / (most - least + 1e-10);
                self.values.iter_mut().for_each(|value| *value = (*value - least) * scale + shift);
            }
        }
    }

    /// Gives each member the weight of its rank; equals share the average of theirs.
    pub(crate) fn by_rank(&self, weights: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; weights.len()];
        let mut start = 0;
        for &end in &self.ends {
            let average = weights[start..end].iter().sum::<f64>() / (end - start) as f64;
            for rank in start..end {
                let own = end == start + 1 || self.quirks.ties_by_index;
                out[self.order[rank]] = if own { weights[rank] } else { average };
            }
            start = end;
        }
        out
    }

    /// The members whose evaluation did not fail, best first.
    pub(crate) fn sound_first(&self) -> &[usize] {
        &self.order[..self.sound]
    }

    /// What is compared with fitness of other generations: costs as they are, or as they were shaped.
    pub(crate) fn compared(&self, shaped: bool) -> &[f64] {
        if shaped { &self.values } else { &self.unshaped }
    }

    /// Centred ranks of some members among themselves; equals share the average of theirs, failed ones are worst.
    pub(crate) fn ranks_of(&self, members: std::ops::Range<usize>) -> Vec<f64> {
        let last = (members.len() as f64 - 1.0).max(1.0);
        let mut ranks = vec![0.0; members.len()];
        let (mut start, mut below) = (0, 0.0);
        for &end in &self.ends {
            let run = self.order[start..end].iter().filter(|member| members.contains(member));
            let own = run.clone().count() as f64;
            for (place, member) in run.enumerate() {
                let within = if self.quirks.ties_by_index { place as f64 } else { 0.5 * (own - 1.0) };
                ranks[member - members.start] = (below + within) / last - 0.5;
            }
            (start, below) = (end, below + own);
        }
        ranks
    }

    /// What each member costs, shaped.
    pub(crate) fn costs(&self) -> &[f64] {
        &self.values
    }

    /// Members from the best to the worst.
    pub(crate) fn best_first(&self) -> &[usize] {
        &self.order
    }

    /// How many are better than each member.
    pub(crate) fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.order.len()];
        let mut start = 0;
        for &end in &self.ends {
            self.order[start..end].iter().for_each(|&member| places[member] = start);
            start = end;
        }
        places
    }

    /// Whether all members are equally good.
    pub(crate) fn is_flat(&self) -> bool {
        self.flat
    }
}

/// Mean and population standard deviation.
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(costs: &[f64], shaping: Shaping, quirks: Quirks) -> Vec<f64> {
        Fitness::new(costs.to_vec(), shaping, quirks).expect("one is finite").values
    }

    #[test]
    fn normalisations_of_a_hand_worked_case() {
        let costs = [3.0, 1.0, 2.0, 6.0];
        assert_eq!(shaped(&costs, Shaping::Raw, Quirks::NONE), costs);
        let ranks = shaped(&costs, Shaping::CentredRank, Quirks::NONE);
        assert_eq!(ranks, [2.0 / 3.0 - 0.5, -0.5, 1.0 / 3.0 - 0.5, 0.5]);
        // Mean 3, squares 0 + 4 + 1 + 9 over 4.
        let deviation = 3.5f64.sqrt() + 1e-10;
        assert_eq!(
            shaped(&costs, Shaping::ZScore, Quirks::NONE),
            [0.0, -2.0, -1.0, 3.0].map(|d| d / deviation)
        );
        let scale = 2.0 / (5.0 + 1e-10);
        assert_eq!(shaped(&costs, Shaping::Range, Quirks::NONE)[2], 1.0 * scale - 1.0);
        assert_eq!(shaped(&costs, Shaping::Range, Quirks::ALL)[2], 1.0 * scale + 1.0);
    }

    #[test]
    fn equals_share_their_ranks_and_the_published_order_does_not() {
        let costs = [1.0, 0.0, 1.0, 1.0, 5.0];
        let corrected = shaped(&costs, Shaping::CentredRank, Quirks::NONE);
        assert_eq!(corrected, [0.0, -0.5, 0.0, 0.0, 0.5]);
        let published = shaped(&costs, Shaping::CentredRank, Quirks::ALL);
        assert_eq!(published, [-0.25, -0.5, 0.0, 0.25, 0.5]);
    }

    #[test]
    fn ranks_of_some_are_those_of_a_generation_of_their_own() {
        let costs = [4.0, 1.0, 1.0, 9.0, 2.0, 1.0, f64::NAN, 4.0];
        for quirks in [Quirks::NONE, Quirks::ALL] {
            let all = Fitness::new(costs.to_vec(), Shaping::Raw, quirks).expect("most are finite");
            for members in [0..8, 0..4, 2..6, 3..8, 1..3] {
                let alone = shaped(&costs[members.clone()], Shaping::CentredRank, quirks);
                for (found, expected) in all.ranks_of(members).into_iter().zip(alone) {
                    // An average of ranks, and ranks of averages: a rounding or two.
                    assert!((found - expected).abs() <= 2.0 * f64::EPSILON, "{found}, alone {expected}");
                }
            }
        }
    }

    #[test]
    fn a_failed_evaluation_is_worst_and_never_wins() {
        for failure in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let fitness =
                Fitness::new(vec![failure, 7.0, -2.0], Shaping::Raw, Quirks::NONE).expect("two are finite");
            assert_eq!(fitness.order, [2, 1, 0]);
            assert_eq!(fitness.values, [7.0, 7.0, -2.0]);
            assert_eq!(fitness.by_rank(&[1.0, 2.0, 3.0]), [3.0, 2.0, 1.0], "worse than an equal value");
        }
        assert!(Fitness::new(vec![f64::NAN, f64::INFINITY], Shaping::Raw, Quirks::NONE).is_none());
    }

    #[test]
    fn huge_fitness_stays_finite() {
        for shaping in [Shaping::Raw, Shaping::CentredRank, Shaping::ZScore, Shaping::Range] {
            for quirks in [Quirks::NONE, Quirks::ALL] {
                let values = shaped(&[f64::MAX, f64::MIN, 0.0, 1e300], shaping, quirks);
                assert!(values.iter().all(|value| value.is_finite()), "{shaping:?}: {values:?}");
            }
        }
    }

    #[test]
    fn what_the_published_range_cuts_off_is_equal_and_equals_share_their_place() {
        let costs = [3.0, 4e10, 2e10, 3.0, -1.0];
        let corrected = Fitness::new(costs.to_vec(), Shaping::Range, Quirks::NONE).expect("finite");
        assert_eq!((&corrected.order[..], corrected.places()), (&[4, 0, 3, 2, 1][..], vec![1, 4, 3, 1, 0]));
        let published = Fitness::new(costs.to_vec(), Shaping::Range, Quirks::ALL).expect("finite");
        assert_eq!((&published.order[..], published.places()), (&[4, 0, 3, 1, 2][..], vec![1, 3, 3, 1, 0]));
        // Published ranks are all different, and the generation is flat all the same.
        let flat = Fitness::new(vec![2.0; 4], Shaping::CentredRank, Quirks::ALL).expect("finite");
        assert_eq!((flat.places(), flat.is_flat()), (vec![0, 1, 2, 3], true));
    }

    #[test]
    fn order_is_the_same_under_increasing_maps() {
        let costs: Vec<f64> = (0..40).map(|i| f64::from(i * 37 % 41) - 20.0).collect();
        let plain = Fitness::new(costs.clone(), Shaping::Raw, Quirks::NONE).expect("finite");
        let mapped = costs.iter().map(|cost| cost.powi(3) * 1e-3 + 5.0).collect();
        let mapped = Fitness::new(mapped, Shaping::Raw, Quirks::NONE).expect("finite");
        assert_eq!(plain.order, mapped.order);
    }
}
