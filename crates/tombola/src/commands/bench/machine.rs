//! `tombola bench machine`: the roofs of this machine, as a table or as JSON.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use numerics::Isa;
use serde::Serialize;
use sparse_kernels::Threads;

use crate::commands::CommandError;
use crate::roofs::multiply_add::PEAK;
use crate::roofs::processor::{Processor, processor};
use crate::roofs::{Roof, memory, multiply_add, threads};
use crate::timing::{Effort, Routine, alternate};
use crate::workloads;

/// Print what this machine can do at best: multiply-adds, memory, functions, threads.
///
/// Each figure is the best of many short bursts, so other programs disturb it little. Takes some seconds.
///
/// Reading and writing are measured in buffers of half of each cache, and of four times the last one for memory.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola bench machine\n  tombola bench machine --isa avx2\n  \
    tombola bench machine --json > machine.jsonl")]
pub(super) struct MachineArguments {
    /// One JSON object a line instead of a table: the processor, then one a figure.
    #[arg(long)]
    json: bool,
    /// Only this instruction set [default: all that there are].
    #[arg(long, value_name = "NAME", value_parser = super::instruction_set)]
    isa: Option<Isa>,
    /// One burst a figure: shows that everything runs; the figures are rough.
    #[arg(long)]
    quick: bool,
}

pub(super) fn run(arguments: &MachineArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let processor = processor();
    let sets = arguments.isa.map_or(processor.sets.clone(), |isa| vec![isa]);
    let effort = |milliseconds| {
        let thorough = Effort { time: Duration::from_millis(milliseconds), turns: 3 };
        if arguments.quick { Effort::ONE } else { thorough }
    };
    let mut printer: Box<dyn Printer> =
        if arguments.json { Box::new(Json) } else { Box::new(Table { sets: sets.clone() }) };

    printer.processor(&processor, out)?;
    printer.section("fused multiply-add, one thread", &multiply_add::roofs(&sets, effort(1000)), out)?;
    for (index, level) in processor.levels.iter().enumerate() {
        let heading = if index == 0 { "reading and writing, one thread" } else { "" };
        printer.section(heading, &memory::roofs(level, &sets, effort(600)), out)?;
    }
    printer.section("functions and deviates, one thread", &functions(&sets, effort(60))?, out)?;
    let mut heading = "the peak on several threads";
    for count in threads::steps(processor.cores) {
        let pool = threads::pool(count).map_err(|error| CommandError::Failed(error.into()))?;
        let mut roofs = Vec::new();
        for &isa in &sets {
            roofs.extend(threads::roofs(isa, &pool, effort(300)));
        }
        printer.section(heading, &roofs, out)?;
        heading = "";
    }
    Ok(())
}

/// Numbers that each function brings forth, and each kind of deviate.
fn functions(sets: &[Isa], effort: Effort) -> Result<Vec<Roof>, CommandError> {
    let mut roofs = Vec::new();
    for workload in workloads::functions() {
        let mut routines = Vec::new();
        for &isa in sets {
            let prepared = workload.prepare(isa).map_err(|error| CommandError::Failed(error.into()))?;
            let bursts = prepared.steps.into_iter().map(|step| step.burst);
            let mut bursts: Vec<_> = bursts.collect();
            let whole =
                move |repeats| bursts.iter_mut().for_each(|burst| burst(Threads::Sequential, repeats));
            routines.push((isa, prepared.units.0, Routine::repeated(whole)));
        }
        alternate(&mut routines.iter_mut().map(|(_, _, routine)| routine).collect::<Vec<_>>(), effort);
        for (isa, count, routine) in routines {
            let (name, value) = (workload.name.clone(), count / routine.seconds() * 1e-9);
            roofs.push(Roof { name, isa, threads: 1, value, unit: "values/ns" });
        }
    }
    Ok(roofs)
}

/// A form of output.
trait Printer {
    fn processor(&mut self, processor: &Processor, out: &mut dyn Write) -> io::Result<()>;
    /// Rows of one kind, instruction sets in the same order within each name. No heading: more of the last section.
    fn section(&mut self, heading: &str, roofs: &[Roof], out: &mut dyn Write) -> io::Result<()>;
}

/// For people: a line a name, a column an instruction set.
struct Table {
    sets: Vec<Isa>,
}

impl Printer for Table {
    fn processor(&mut self, processor: &Processor, out: &mut dyn Write) -> io::Result<()> {
        let sets: Vec<&str> = processor.sets.iter().map(|isa| isa.name()).collect();
        let levels = processor.levels.iter().map(|level| format!("{} {}", level.name, size(level.bytes)));
        writeln!(out, "processor   {}, {} cores", processor.name, processor.cores)?;
        writeln!(out, "kernels     {}", sets.join(", "))?;
        writeln!(out, "flags       {}", processor.flags.join(" "))?;
        writeln!(out, "buffers     {}", levels.collect::<Vec<_>>().join(", "))
    }

    fn section(&mut self, heading: &str, roofs: &[Roof], out: &mut dyn Write) -> io::Result<()> {
        if !heading.is_empty() {
            let columns: String = self.sets.iter().map(|isa| format!("{isa:>10}      ")).collect();
            writeln!(out, "\n{heading:34}{}", columns.trim_end())?;
        }
        let mut names: Vec<(&str, usize)> =
            roofs.iter().map(|roof| (roof.name.as_str(), roof.threads)).collect();
        names.sort_by_key(|&(name, _)| roofs.iter().position(|roof| roof.name == name));
        names.dedup();
        for (name, threads) in names {
            let label = if threads > 1 { format!("{name}, {threads} threads") } else { name.to_owned() };
            let mine = || roofs.iter().filter(|roof| roof.name == name && roof.threads == threads);
            let values: String = mine().map(|roof| cell(roof, roofs)).collect();
            writeln!(out, "  {label:32}{values} {}", mine().next().map_or("", |roof| roof.unit))?;
        }
        Ok(())
    }
}

/// The value, and its share of the peak where the section has one that it is not.
fn cell(roof: &Roof, section: &[Roof]) -> String {
    let peak = section.iter().find(|other| other.name == PEAK && other.isa == roof.isa);
    let share = match peak {
        Some(peak) if roof.name != PEAK => format!("{:3.0} %", 100.0 * roof.value / peak.value),
        _ => String::new(),
    };
    format!("{:10.2} {share:5}", roof.value)
}

/// Bytes in the unit in which they are a whole number.
fn size(bytes: usize) -> String {
    if bytes.is_multiple_of(1 << 20) {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{} KiB", bytes >> 10)
    }
}

/// For programs: an object a line.
struct Json;

/// The first line.
#[derive(Serialize)]
struct ProcessorLine<'a> {
    name: &'static str,
    model: &'a str,
    cores: usize,
    isa: Vec<&'static str>,
    flags: &'a [&'static str],
}

/// Every other line.
#[derive(Serialize)]
struct RoofLine<'a> {
    name: &'a str,
    isa: &'static str,
    threads: usize,
    value: f64,
    unit: &'static str,
}

impl Printer for Json {
    fn processor(&mut self, processor: &Processor, out: &mut dyn Write) -> io::Result<()> {
        let line = ProcessorLine {
            name: "processor",
            model: &processor.name,
            cores: processor.cores,
            isa: processor.sets.iter().map(|isa| isa.name()).collect(),
            flags: &processor.flags,
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)
    }

    fn section(&mut self, _: &str, roofs: &[Roof], out: &mut dyn Write) -> io::Result<()> {
        for Roof { name, isa, threads, value, unit } in roofs {
            let line = RoofLine { name, isa: isa.name(), threads: *threads, value: *value, unit };
            writeln!(out, "{}", serde_json::to_string(&line)?)?;
        }
        Ok(())
    }
}
