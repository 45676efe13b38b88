//! How far each unit is, and which one is next.

use std::collections::HashMap;
use std::time::Duration;

use super::Unit;
use super::watch::Watch;
use crate::progress::Timer;

/// How often a unit is begun anew because something it read was damaged.
const TRIES: u32 = 3;

/// How far a unit is, as far as this process knows.
#[derive(Debug)]
pub(super) enum Status {
    /// Nothing is known, or nothing is in the way.
    Waiting,
    /// A job of this process has it.
    Working,
    /// Another process has it, which `who` is about.
    Elsewhere { watch: Watch, looked: Timer, who: String },
    /// Done, by whomever.
    Done,
    /// Failed, and why.
    Failed(String),
    /// The unit that it needs is not going to be done.
    Blocked,
}

/// How many units can be worked at together at most, once those are done that need fewer before them: two for a unit that
/// two others need.
pub fn width(units: &[&dyn Unit]) -> usize {
    let listed = listed(units);
    // how many must be done one after the other before each; units that need each other are never done, and end the count
    let mut before = vec![0; units.len()];
    for _ in 0..units.len() {
        let next: Vec<usize> = listed
            .iter()
            .map(|needs| needs.iter().map(|&need| before[need] + 1).max().unwrap_or(0))
            .collect();
        if next == before {
            break;
        }
        before = next;
    }
    let mut together: HashMap<usize, usize> = HashMap::new();
    before.into_iter().for_each(|count| *together.entry(count).or_default() += 1);
    together.into_values().max().unwrap_or(0)
}

/// Of each unit the places of those that it needs; without such as are not among them.
fn listed(units: &[&dyn Unit]) -> Vec<Vec<usize>> {
    let index: HashMap<&str, usize> =
        units.iter().enumerate().map(|(index, unit)| (unit.id(), index)).collect();
    let needs = |unit: &&dyn Unit| unit.needs().iter().filter_map(|id| index.get(&id[..]).copied()).collect();
    units.iter().map(needs).collect()
}

/// All units, in order.
#[derive(Debug)]
pub(super) struct Table {
    statuses: Vec<Status>,
    needs: Vec<Vec<usize>>,
    tries: Vec<u32>,
}

/// What a job does next.
#[derive(Debug)]
pub(super) enum Pick {
    /// A unit; `is_new` where nobody here has looked at it.
    Work { index: usize, watch: Watch, is_new: bool },
    /// Something else must come first.
    Wait,
    /// Nothing is left.
    End,
}

impl Table {
    pub(super) fn new(units: &[&dyn Unit]) -> Table {
        Table {
            statuses: units.iter().map(|_| Status::Waiting).collect(),
            needs: listed(units),
            tries: vec![0; units.len()],
        }
    }

    /// The first unit that nothing is in the way of; else the first held by others that was not looked at for `pause`.
    pub(super) fn pick(&mut self, pause: Duration) -> Pick {
        let mut later = None;
        let mut is_over = true;
        for index in 0..self.statuses.len() {
            let needs = || self.needs[index].iter().map(|&need| &self.statuses[need]);
            let ready = needs().all(|status| matches!(status, Status::Done));
            let is_lost = needs().any(|status| matches!(status, Status::Failed(_) | Status::Blocked));
            if is_lost && matches!(self.statuses[index], Status::Waiting) {
                self.statuses[index] = Status::Blocked;
            }
            match &self.statuses[index] {
                Status::Waiting if ready => return self.give(index),
                Status::Elsewhere { looked, .. } if later.is_none() && looked.elapsed() >= pause => {
                    later = Some(index);
                }
                Status::Working | Status::Elsewhere { .. } => is_over = false,
                // what waits for another unit is over when that one is
                Status::Waiting | Status::Done | Status::Failed(_) | Status::Blocked => {}
            }
        }
        match later {
            Some(index) => self.give(index),
            None if is_over => Pick::End,
            None => Pick::Wait,
        }
    }

    fn give(&mut self, index: usize) -> Pick {
        let before = std::mem::replace(&mut self.statuses[index], Status::Working);
        let is_new = matches!(before, Status::Waiting) && self.tries[index] == 0;
        let watch = if let Status::Elsewhere { watch, .. } = before { watch } else { Watch::default() };
        self.tries[index] += u32::from(is_new);
        Pick::Work { index, watch, is_new }
    }

    pub(super) fn set(&mut self, index: usize, status: Status) {
        self.statuses[index] = status;
    }

    /// Something that the unit read was damaged, or gone: the units it needs, and then itself, are looked at again. Answers whether
    /// that makes sense still.
    pub(super) fn again(&mut self, index: usize) -> bool {
        self.tries[index] += 1;
        for &need in &self.needs[index] {
            if matches!(self.statuses[need], Status::Done) {
                self.statuses[need] = Status::Waiting;
            }
        }
        self.statuses[index] = Status::Waiting;
        self.tries[index] <= TRIES
    }

    /// Who holds units, without repetitions, and how many units that is.
    pub(super) fn holders(&self) -> (usize, Vec<String>) {
        let held = self.statuses.iter().filter_map(|status| match status {
            Status::Elsewhere { who, .. } => Some(who),
            _ => None,
        });
        let mut names: Vec<String> = held.clone().cloned().collect();
        names.sort_unstable();
        names.dedup();
        (held.count(), names)
    }

    pub(super) fn statuses(&self) -> &[Status] {
        &self.statuses
    }
}
