//! What cells cost before they are run: work, time, memory.
//!
//! ```text
//! of a level    images     members x generations x batch  +  tests x test images          times a network of its density
//!               control    (members x generations x episodes  +  tests x test episodes) x steps     the same, and a step
//!               strategy   members x coordinates x generations; CMA-ES: squares and cubes of coordinates
//! seconds       multiply-adds / rate(density)  +  steps x seconds of a step  +  a constant a generation and a level
//! ```
//!
//! The work is counted; the time is estimated, from rates that were measured on one core of one machine ([`Rates`]), or
//! from what cells of the same kind took that are done. It decides nothing.
//!
//! | file | what |
//! |---|---|
//! | `work` | what is done at a level: counts |
//! | `memory` | what a search holds at once, at most |
//! | `rates` | how long counts take |
//!
//! # Invariants
//!
//! - **A plan costs next to nothing:** no data, no network of numbers, a few sums a level.
//! - **Absent:** clocks and files. Who has measured something brings it.

mod memory;
mod rates;
mod work;

use std::collections::BTreeMap;

use crate::grid::Cell;

pub use memory::Memory;
pub use rates::{REFERENCE_GFLOPS, Rates};
pub(crate) use work::OF_PARAMETER;
pub use work::{Work, Worker};

/// An estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Of networks; a multiplication with its addition is one.
    pub multiply_adds: f64,
    /// On one core.
    pub seconds: f64,
    /// That a process needs while it works on it.
    pub bytes: f64,
}

impl Cost {
    /// Both, one after the other.
    #[must_use]
    pub fn and(self, other: Cost) -> Cost {
        Cost {
            multiply_adds: self.multiply_adds + other.multiply_adds,
            seconds: self.seconds + other.seconds,
            bytes: self.bytes.max(other.bytes),
        }
    }
}

/// Estimates cells, and remembers what it looked up.
#[derive(Default)]
pub struct Estimator {
    rates: Rates,
    worker: Worker,
    /// Seconds on one core that units of a kind took, and how many there were.
    taken: BTreeMap<String, (f64, u32)>,
}

impl Estimator {
    /// With rates of its own.
    pub fn new(rates: Rates) -> Estimator {
        Estimator { rates, ..Estimator::default() }
    }

    /// Learns what a unit took that is done.
    pub fn learn(&mut self, kind: String, core_seconds: f64) {
        let (sum, count) = self.taken.entry(kind).or_default();
        *sum += core_seconds;
        *count += 1;
    }

    /// The dense level.
    pub fn dense(&mut self, cell: &Cell) -> Cost {
        let cost = self.levels(cell, 0..1);
        self.corrected(cost, || dense_kind(cell))
    }

    /// All levels but the dense one.
    pub fn chain(&mut self, cell: &Cell) -> Cost {
        let cost = self.levels(cell, 1..cell.pruning.levels);
        self.corrected(cost, || chain_kind(cell))
    }

    /// What a process holds at most while it works at a level, and how many members and coordinates that is for.
    pub fn memory(&mut self, cell: &Cell, level: u32) -> (Memory, f64, f64) {
        let Work { memory, members, coordinates, .. } = self.worker.level(cell, level);
        (memory, members, coordinates)
    }

    fn levels(&mut self, cell: &Cell, levels: std::ops::Range<u32>) -> Cost {
        let of_level = |level| {
            let work = self.worker.level(cell, level);
            let (multiply_adds, bytes) = (work.dense_multiply_adds * work.density, work.memory.bytes());
            Cost { multiply_adds, seconds: self.rates.seconds(&work), bytes }
        };
        levels.map(of_level).fold(Cost::default(), Cost::and)
    }

    /// With the time that units of its kind took, where some are done.
    fn corrected(&self, cost: Cost, kind: impl Fn() -> String) -> Cost {
        if self.taken.is_empty() {
            return cost;
        }
        match self.taken.get(&kind()) {
            Some(&(sum, count)) => Cost { seconds: sum / f64::from(count), ..cost },
            None => cost,
        }
    }
}

/// Dense levels that take as long: all but the seed is equal.
pub fn dense_kind(cell: &Cell) -> String {
    Cell { run: first_seed(cell), ..cell.clone() }.canonical_dense()
}

/// Chains that take as long: all but the seed is equal.
pub fn chain_kind(cell: &Cell) -> String {
    Cell { run: first_seed(cell), donor: None, ..cell.clone() }.canonical()
}

fn first_seed(cell: &Cell) -> crate::run::settings::RunSettings {
    let mut run = cell.run.clone();
    (run.seed, run.plan.search.seed) = (0, 0);
    run
}

#[cfg(test)]
mod tests;
