//! `tombola plan`: what a spec makes, what of it is done, and what the rest takes.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use numerics::Isa;
use serde::Serialize;

use super::CommandError;
use super::specs::{SpecArguments, Study};
use super::units::{OutArguments, State, Unit, Watcher, units};
use crate::cells::Kind;
use crate::cost::{self, Cost, Estimator, REFERENCE_GFLOPS, Rates};
use crate::memory::free;
use crate::progress::Timer;
use crate::roofs::multiply_add;
use crate::workers::available;

/// Say which cells a spec makes, what is done, why each other will run, and what that takes.
///
/// Nothing is run. A unit of work is a dense level, which cells share, or all other levels of a cell. Times are of one core:
/// those of units of the same kind that are done, else from a model of one machine.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tombola plan mine.toml\n  tombola plan --paper lottery --scale paper --probe\n  \
    tombola plan mine.toml --set generations=100 --json"
)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    spec: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    /// Measure for a second how fast a core of this machine is
    #[arg(long)]
    probe: bool,
    /// One JSON object a line for each unit of work
    #[arg(long)]
    json: bool,
}

/// A unit with what is known of it.
struct Planned {
    unit: Unit,
    state: State,
    cost: Cost,
}

pub(super) fn run(arguments: &PlanArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let study = arguments.spec.study()?;
    let watcher = Watcher::new(&arguments.out.folder(&study)?);
    let speed = if arguments.probe { measured_gflops() / REFERENCE_GFLOPS } else { 1.0 };
    let mut estimator = Estimator::new(Rates { speed });
    let units = units(&study);
    let states = watcher.states(&units)?;
    let mut learned = 0;
    for (unit, _) in units.iter().zip(&states).filter(|(_, state)| state.is_done()) {
        if let Some(seconds) = watcher.taken(&unit.id) {
            let kind = if unit.kind == Kind::Dense { cost::dense_kind } else { cost::chain_kind };
            estimator.learn(kind(&unit.cell), seconds);
            learned += 1;
        }
    }
    let planned: Vec<Planned> = units
        .into_iter()
        .zip(states)
        .map(|(unit, state)| {
            let cost = match unit.kind {
                Kind::Dense => estimator.dense(&unit.cell),
                Kind::Cell => estimator.chain(&unit.cell),
            };
            Planned { unit, state, cost }
        })
        .collect();
    if arguments.json {
        return json(&planned, out);
    }
    let source = match (learned, arguments.probe) {
        (0, false) => "from a model of one machine; --probe asks this one".to_owned(),
        (0, true) => {
            format!("from a model; a core of this machine is {speed:.2} times as fast as the one there")
        }
        (_, _) => format!("where {learned} units are done, from what they took; else from a model"),
    };
    table(&study, &planned, &source, out)
}

/// Billions of operations a second of one core, at best.
fn measured_gflops() -> f64 {
    const BURSTS: u32 = 20;
    const REPEATS: u64 = 50_000;
    let burst = |_| {
        let timer = Timer::start();
        multiply_add::peak(Isa::detected(), REPEATS);
        REPEATS as f64 * multiply_add::OPERATIONS / timer.elapsed().as_secs_f64() / 1e9
    };
    (0..BURSTS).map(burst).fold(0.0, f64::max)
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
    needs: &'a [String],
    state: &'static str,
    why: String,
    core_seconds: f64,
    multiply_adds: f64,
    bytes: f64,
}

fn json(planned: &[Planned], out: &mut dyn Write) -> Result<(), CommandError> {
    for Planned { unit, state, cost } in planned {
        let line = Line {
            id: &unit.id,
            unit: unit.kind,
            task: &unit.cell.run.task,
            strategy: unit.cell.strategy(),
            criterion: (unit.kind == Kind::Cell).then(|| unit.cell.pruning.criterion.name()),
            seed: unit.cell.run.seed,
            levels: unit.levels(),
            needs: &unit.needs,
            state: state.name(),
            why: state.why(),
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
    units: u64,
    done: u64,
    /// Of what is not done.
    cost: Cost,
}

impl Sum {
    fn add(&mut self, planned: &Planned) {
        let Planned { unit, state, cost } = planned;
        self.units += 1;
        self.levels += u64::from(unit.levels());
        self.cells += u64::from(unit.kind == Kind::Cell);
        if state.is_done() {
            self.done += 1;
        } else {
            self.cost = self.cost.and(*cost);
        }
    }
}

fn table(study: &Study, planned: &[Planned], source: &str, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut order: Vec<(&str, &str)> = Vec::new();
    let mut sums: BTreeMap<(&str, &str), Sum> = BTreeMap::new();
    let mut all = Sum::default();
    for one in planned {
        let key = (one.unit.cell.run.task.as_str(), one.unit.cell.strategy());
        if !sums.contains_key(&key) {
            order.push(key);
        }
        sums.entry(key).or_default().add(one);
        all.add(one);
    }
    let (cells, dense) = (all.cells, all.units - all.cells);
    let name = &study.name;
    writeln!(
        out,
        "{name}: {cells} cells and {dense} dense levels that they share, {} levels in all",
        all.levels
    )?;
    writeln!(
        out,
        "\n{:<21} {:<11} {:>6} {:>7} {:>6} {:>6} {:>10} {:>8}",
        "task", "strategy", "cells", "levels", "units", "done", "core time", "memory"
    )?;
    let mut row = |task: &str, strategy: &str, sum: &Sum| {
        let (time, memory) = (duration(sum.cost.seconds), size(sum.cost.bytes));
        let Sum { cells, levels, units, done, cost: _ } = sum;
        writeln!(
            out,
            "{task:<21} {strategy:<11} {cells:>6} {levels:>7} {units:>6} {done:>6} {time:>10} {memory:>8}"
        )
    };
    for key in order {
        row(key.0, key.1, &sums[&key])?;
    }
    row("all", "", &all)?;
    reasons(planned, out)?;
    let cores = available();
    let time = duration(all.cost.seconds / cores as f64);
    writeln!(out, "\nabout {time} on {cores} cores that do nothing else, {source}")?;
    if let Some(free) = free().filter(|free| all.cost.bytes > *free) {
        let needed = size(all.cost.bytes);
        writeln!(
            out,
            "too much for this machine: a unit takes {needed} of memory, and {} are free",
            size(free)
        )?;
    }
    Ok(())
}

/// Why units will run or not, and how many for each reason.
fn reasons(planned: &[Planned], out: &mut dyn Write) -> Result<(), CommandError> {
    const MOST: usize = 10;
    writeln!(out)?;
    for name in State::NAMES {
        let of_state: Vec<&Planned> = planned.iter().filter(|one| one.state.name() == name).collect();
        match (&of_state[..], name) {
            ([], _) => {}
            // where all have the same reason
            ([first, ..], "done" | "begun" | "new") => {
                writeln!(out, "{:>6} {name}: {}", of_state.len(), first.state.why())?;
            }
            _ => {
                writeln!(out, "{:>6} {name}", of_state.len())?;
                for Planned { unit, state, .. } in of_state.iter().take(MOST) {
                    writeln!(out, "       {} {}: {}", unit.id, unit.label(), state.why())?;
                }
                if of_state.len() > MOST {
                    writeln!(out, "       and {} more: see --json", of_state.len() - MOST)?;
                }
            }
        }
    }
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
pub(super) fn size(bytes: f64) -> String {
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

    #[test]
    fn a_probe_finds_a_machine_that_computes() {
        assert!(measured_gflops() > 0.1);
    }
}
