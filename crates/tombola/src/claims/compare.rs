//! The differences that claims are about.

use std::collections::BTreeMap;

use super::list::{About, Gain};
use crate::stats::{self, RankCorrelation};
use crate::tables::agreement::Agreements;
use crate::tables::pairs::{Group, Paired, Range};
use crate::tables::reference;

/// The sparsest level of the paper; small networks cannot keep exactly its fraction.
const SPARSEST: Range = Range { from: 0.0141, to: 0.0148 };

/// What a guess scores on ten classes, and how much more a dense network must score for its losses to say anything.
const GUESS: f64 = 0.1;
const LEARNT: f64 = 0.4;

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
        let one = |(group, unit): (&Group, &f64)| match about {
            About::Gain { gain, less, range } => (gained(group, gain, less, range), *unit),
            About::Loss { of } => (lost(group, of), 1.0),
            About::Agreement { of, many, few } => (self.agreement_lost(group, of, many, few), 1.0),
            About::Prediction { .. } => (Paired::default(), 1.0),
        };
        self.groups.iter().zip(self.units).map(one).collect()
    }

    /// The correlation of a prediction's two sides over groups; none where they do not vary, and for other claims.
    pub(super) fn correlation(&self, about: About) -> Option<RankCorrelation> {
        let About::Prediction { of, many, few, gain, range } = about else { return None };
        let both = |(group, unit): (&Group, &f64)| {
            let loss = self.agreement_lost(group, of, many, few).mean()?.mean;
            Some((loss, difference(group, gain, range).mean()?.mean / unit))
        };
        let pairs: Vec<(f64, f64)> = self.groups.iter().zip(self.units).filter_map(both).collect();
        stats::rank_correlation(&pairs)
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
    match [of, against].map(|name| criterion(group, name)) {
        [Some(of), Some(against)] => group.differences(of, against, range),
        _ => Paired::default(),
    }
}

/// The criterion of a name in a group, which says of transferred tickets also from whom they are; none where there are several.
fn criterion<'g>(group: &'g Group, name: &'g str) -> Option<&'g str> {
    let mut found = group
        .criteria()
        .filter(|own| *own == name || own.split_once(" from ").is_some_and(|(of, _)| of == name));
    found.next().filter(|_| found.next().is_none())
}

/// How much one criterion gains over another, less how much another pair does.
fn gained(group: &Group, gain: Gain, less: Option<Gain>, range: Range) -> Paired {
    let gained = difference(group, gain, range);
    match less {
        Some(less) => gained.less(&difference(group, less, range)),
        None => gained,
    }
}

/// How much more of what a dense network has learnt the printed curve of gradients loses than a criterion does. The printed
/// curve is given two of its standard errors. Where a seed has learnt little, nothing is said.
fn lost(group: &Group, of: &str) -> Paired {
    let Some((dense, sparse)) = reference::gradients(&group.task) else { return Paired::default() };
    let printed = (dense - sparse) / (dense - GUESS);
    let mut losses = group.losses(of, SPARSEST);
    let learnt = group.scores(of, 0);
    if learnt.values().any(|dense| dense - GUESS < LEARNT) {
        return Paired::default();
    }
    for (seed, loss) in &mut losses.by_seed {
        *loss = printed - *loss / (learnt[seed] - GUESS);
    }
    losses
}
