//! The differences that claims are about.

use std::collections::BTreeMap;

use super::list::{About, Gain};
use crate::stats::{self, Mean};
use crate::tables::agreement::Agreements;
use crate::tables::pairs::{Group, Paired, Range};
use crate::tables::reference;

/// The sparsest level of the paper, and a little more: small networks cannot keep exactly its fraction.
const SPARSEST: Range = Range { from: 0.0, to: 0.0155 };

/// What can be compared: groups, and what their networks look like inside.
pub(super) struct Compared<'a> {
    groups: &'a [Group],
    /// The range of each group's mean scores.
    units: &'a [f64],
    agreements: &'a Agreements,
    /// How many groups each task and strategy has.
    counts: BTreeMap<[&'a str; 2], usize>,
}

impl<'a> Compared<'a> {
    pub(super) fn new(groups: &'a [Group], units: &'a [f64], agreements: &'a Agreements) -> Compared<'a> {
        let mut counts = BTreeMap::new();
        groups.iter().for_each(|group| *counts.entry([&group.task[..], &group.strategy]).or_default() += 1);
        Compared { groups, units, agreements, counts }
    }

    /// The difference of each group, seed by seed, and the unit that it counts in when groups are taken together.
    pub(super) fn each(&self, about: About) -> Vec<(Paired, f64)> {
        let scored = |paired: fn(&Group, About) -> Paired| -> Vec<(Paired, f64)> {
            let units = self.groups.iter().zip(self.units);
            units.map(|(group, unit)| (paired(group, about), *unit)).collect()
        };
        match about {
            About::Gain { .. } => scored(gained),
            About::Loss { .. } => scored(lost),
            About::Agreement { of, many, few } => {
                let loss = |group: &Group| (self.agreement_lost(group, of, many, few), 1.0);
                self.groups.iter().map(loss).collect()
            }
            About::Prediction { .. } => self.groups.iter().map(|_| (Paired::default(), 1.0)).collect(),
        }
    }

    /// The correlation of a prediction's two sides over groups; none where they do not vary, and for other claims.
    pub(super) fn correlation(&self, about: About) -> Option<(Mean, usize)> {
        let About::Prediction { of, many, few, gain, range } = about else { return None };
        let both = |(group, unit): (&Group, &f64)| {
            let loss = self.agreement_lost(group, of, many, few).mean()?.mean;
            Some((loss, difference(group, gain, range).mean()?.mean / unit))
        };
        let pairs: Vec<(f64, f64)> = self.groups.iter().zip(self.units).filter_map(both).collect();
        Some((stats::rank_correlation(&pairs)?, pairs.len()))
    }

    /// Rows of layers do not tell settings apart, so a group that has its task and strategy for itself has one, and others
    /// have none.
    fn agreement_lost(&self, group: &Group, of: &str, many: Range, few: Range) -> Paired {
        let Group { task, strategy, .. } = group;
        if self.counts[&[&task[..], strategy]] > 1 {
            return Paired::default();
        }
        self.agreements.losses([task, strategy, of], many, few)
    }
}

fn difference(group: &Group, Gain { of, against }: Gain, range: Range) -> Paired {
    group.differences(of, against, range)
}

/// How much one criterion gains over another, less how much another pair does.
fn gained(group: &Group, about: About) -> Paired {
    let About::Gain { gain, less, range } = about else { return Paired::default() };
    let gained = difference(group, gain, range);
    less.map_or_else(|| gained.clone(), |less| gained.less(&difference(group, less, range)))
}

/// How much more the printed curve of gradients loses than a criterion.
fn lost(group: &Group, about: About) -> Paired {
    let (About::Loss { of }, Some(printed)) = (about, reference::gradients_lose(&group.task)) else {
        return Paired::default();
    };
    let mut losses = group.losses(of, SPARSEST);
    losses.by_seed.values_mut().for_each(|loss| *loss = printed - *loss);
    losses
}
