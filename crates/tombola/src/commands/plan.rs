//! `tombola plan`: what a spec makes, what of it is done, and what the rest takes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::CommandError;
use super::specs::{SpecArguments, Study};
use crate::cost::{Cost, Estimator};
use crate::grid::Cell;

/// Say which cells a spec makes, what is done, why each other will run, and what that takes.
///
/// Nothing is run. Times are of one core: from cells of the same kind that are done, else from a model of one machine.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tombola plan mine.toml\n  tombola plan --paper lottery --scale paper\n  \
    tombola plan mine.toml --set generations=100 --json"
)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    spec: SpecArguments,
    /// One JSON object for each unit of work: a dense level, or a cell's other levels
    #[arg(long)]
    json: bool,
}

/// A unit of work: what is trained in one go, and is done or not.
struct Unit<'a> {
    id: String,
    kind: Kind,
    cell: &'a Cell,
    cost: Cost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The dense level of cells that differ in their pruning only.
    Dense,
    /// All other levels of a cell.
    Cell,
}

pub(super) fn run(arguments: &PlanArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let study = arguments.spec.study()?;
    let units = units(&study, &mut Estimator::default());
    if arguments.json { json(&units, out) } else { table(&study, &units, out) }
}

/// The units of a study, each dense level once.
fn units<'a>(study: &'a Study, estimator: &mut Estimator) -> Vec<Unit<'a>> {
    let mut seen = BTreeSet::new();
    let mut units = Vec::new();
    for cell in &study.cells {
        let dense = cell.dense_id();
        if seen.insert(dense) {
            units.push(Unit { id: dense.to_string(), kind: Kind::Dense, cell, cost: estimator.dense(cell) });
        }
        units.push(Unit { id: cell.id().to_string(), kind: Kind::Cell, cell, cost: estimator.chain(cell) });
    }
    units
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    unit: Kind,
    task: &'a str,
    strategy: &'static str,
    /// None of a dense level.
    criterion: Option<&'static str>,
    seed: u64,
    levels: u32,
    core_seconds: f64,
    multiply_adds: f64,
    bytes: f64,
}

fn json(units: &[Unit<'_>], out: &mut dyn Write) -> Result<(), CommandError> {
    for Unit { id, kind, cell, cost } in units {
        let line = Line {
            id,
            unit: *kind,
            task: &cell.run.task,
            strategy: cell.strategy(),
            criterion: (*kind == Kind::Cell).then(|| cell.pruning.criterion.name()),
            seed: cell.run.seed,
            levels: if *kind == Kind::Dense { 1 } else { cell.pruning.levels - 1 },
            core_seconds: cost.seconds,
            multiply_adds: cost.multiply_adds,
            bytes: cost.bytes,
        };
        writeln!(out, "{}", serde_json::to_string(&line).map_err(std::io::Error::from)?)?;
    }
    Ok(())
}

/// What a row of the table sums.
#[derive(Default)]
struct Sum {
    cells: u64,
    levels: u64,
    cost: Cost,
}

impl Sum {
    fn add(&mut self, unit: &Unit<'_>) {
        self.cost = self.cost.and(unit.cost);
        match unit.kind {
            Kind::Dense => self.levels += 1,
            Kind::Cell => {
                self.cells += 1;
                self.levels += u64::from(unit.cell.pruning.levels - 1);
            }
        }
    }
}

fn table(study: &Study, units: &[Unit<'_>], out: &mut dyn Write) -> Result<(), CommandError> {
    let mut order: Vec<(&str, &str)> = Vec::new();
    let mut sums: BTreeMap<(&str, &str), Sum> = BTreeMap::new();
    let mut all = Sum::default();
    for unit in units {
        let key = (unit.cell.run.task.as_str(), unit.cell.strategy());
        if !sums.contains_key(&key) {
            order.push(key);
        }
        sums.entry(key).or_default().add(unit);
        all.add(unit);
    }
    let dense = units.iter().filter(|unit| unit.kind == Kind::Dense).count();
    writeln!(
        out,
        "{}: {} cells and {dense} dense levels that they share, {} levels in all",
        study.name, all.cells, all.levels
    )?;
    writeln!(
        out,
        "\n{:<16} {:<11} {:>6} {:>7} {:>12} {:>9}",
        "task", "strategy", "cells", "levels", "core time", "memory"
    )?;
    let mut row = |task: &str, strategy: &str, sum: &Sum| {
        let (time, memory) = (duration(sum.cost.seconds), size(sum.cost.bytes));
        writeln!(out, "{task:<16} {strategy:<11} {:>6} {:>7} {time:>12} {memory:>9}", sum.cells, sum.levels)
    };
    for key in order {
        row(key.0, key.1, &sums[&key])?;
    }
    row("all", "", &all)?;
    Ok(())
}

/// A time in two digits or so.
fn duration(seconds: f64) -> String {
    let (number, unit) = match seconds {
        ..120.0 => (seconds, "s"),
        ..7200.0 => (seconds / 60.0, "min"),
        ..172_800.0 => (seconds / 3600.0, "h"),
        _ => (seconds / 86_400.0, "days"),
    };
    format!("{number:.digits$} {unit}", digits = usize::from(number < 10.0))
}

/// Bytes in two digits or so.
fn size(bytes: f64) -> String {
    let (number, unit) = match bytes {
        ..1e9 => (bytes / 1e6, "MB"),
        ..1e12 => (bytes / 1e9, "GB"),
        _ => (bytes / 1e12, "TB"),
    };
    format!("{number:.digits$} {unit}", digits = usize::from(number < 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_said_in_a_few_digits() {
        for (seconds, expected) in
            [(0.25, "0.2 s"), (100.0, "100 s"), (600.0, "10 min"), (9000.0, "2.5 h"), (1e6, "12 days")]
        {
            assert_eq!(duration(seconds), expected);
        }
        for (bytes, expected) in [(2e5, "0.2 MB"), (5e7, "50 MB"), (1.5e9, "1.5 GB"), (3e13, "30 TB")] {
            assert_eq!(size(bytes), expected);
        }
    }
}
