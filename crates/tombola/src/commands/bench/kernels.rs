//! `tombola bench kernels`: each kernel at the papers' sizes, beside the peak of the same minute.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use numerics::Isa;
use rayon::ThreadPool;
use serde::Serialize;
use sparse_kernels::Threads;

use crate::commands::CommandError;
use crate::roofs::multiply_add::{self, OPERATIONS};
use crate::roofs::threads;
use crate::suggest::nearest;
use crate::timing::{BURST, Effort, Routine, alternate};
use crate::workers;
use crate::workloads::{Prepared, Step, Unit, Workload, all};

/// Print each kernel at the papers' sizes: its time, and its share of what this machine can do.
///
/// GFLOP/s counts useful work: two operations for each entry of the mask and evaluation; biases, activations and losses
/// are done and not counted. Compiled rows count the entries of the mask as given, and products with padding count,
/// though some are left out. The peak is multiply-adds in
/// registers, timed in turns with the kernel, on as many threads. Each row is checked against its definition first.
///
/// Long work is timed in parts of some milliseconds, the best of which is multiplied.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola bench kernels --filter paper-cnn\n  \
    tombola bench kernels --filter paper-mlp/0.05 --isa avx2 --json\n  \
    tombola bench kernels --threads 2 --seconds 2")]
pub(super) struct KernelsArguments {
    /// Only rows whose name contains this.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Threads to compute on.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// Instruction set [default: the fastest that there is].
    #[arg(long, value_name = "NAME", value_parser = super::instruction_set)]
    isa: Option<Isa>,
    /// One JSON object a line instead of a table; `gflops` is null where the work is not made of multiply-adds.
    #[arg(long)]
    json: bool,
    /// How long each row is timed.
    #[arg(long, value_name = "S", default_value_t = 0.5, value_parser = seconds)]
    seconds: f64,
    /// One burst a row: shows that everything runs; the figures are rough.
    #[arg(long, conflicts_with = "seconds")]
    quick: bool,
    /// Print the names of the rows and measure nothing.
    #[arg(long)]
    list: bool,
}

/// A duration that a person can wait for.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0 to 3600 is needed".to_owned()),
    }
}

pub(super) fn run(arguments: &KernelsArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let workloads = chosen(all(), arguments.filter.as_deref())?;
    if arguments.list {
        for workload in workloads {
            writeln!(out, "{}", workload.name)?;
        }
        return Ok(());
    }
    let isa = arguments.isa.unwrap_or(Isa::detected());
    let count = usize::from(arguments.threads);
    let cores = workers::available();
    if count > cores {
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(
            std::io::stderr(),
            "warning: {count} threads on {cores} cores take turns, and times are of turns; use --threads {cores}"
        );
    }
    let pool = if count == 1 { None } else { Some(threads::pool(count)) };
    let pool = pool.transpose().map_err(|error| CommandError::Failed(error.into()))?;
    let effort = if arguments.quick {
        Effort::ONE
    } else {
        Effort { time: Duration::from_secs_f64(arguments.seconds), turns: 5 }
    };
    let mut timer = Timer::new(isa, pool.as_ref(), effort);
    if !arguments.json {
        let heading = format!("{isa}, threads: {count}");
        writeln!(out, "{heading:44} {:>10} {:>9} {:>7}", "time", "GFLOP/s", "peak")?;
    }
    for workload in workloads {
        let prepared = workload.prepare(isa).map_err(|error| CommandError::Failed(error.into()))?;
        let line = timer.line(&workload, prepared);
        if arguments.json {
            writeln!(out, "{}", serde_json::to_string(&line).map_err(std::io::Error::from)?)?;
        } else {
            writeln!(out, "{}", table_row(&line))?;
        }
    }
    Ok(())
}

/// The workloads that the filter lets through: at least one.
fn chosen(workloads: Vec<Workload>, filter: Option<&str>) -> Result<Vec<Workload>, CommandError> {
    let Some(filter) = filter else { return Ok(workloads) };
    let (chosen, others): (Vec<_>, Vec<_>) =
        workloads.into_iter().partition(|workload| workload.name.contains(filter));
    if chosen.is_empty() {
        // Somebody may have wanted a whole family: what stands before the last slash.
        let families = others.iter().filter_map(|other| Some(other.name.rsplit_once('/')?.0));
        let like = nearest(filter, families.chain(others.iter().map(|other| other.name.as_str())));
        let list = "`tombola bench kernels --list` prints all names";
        let hint = like.map_or(list.to_owned(), |like| format!("did you mean `{like}`? {list}"));
        let message = format!("no row's name contains `{filter}`");
        return Err(CommandError::Request { message, hint: Some(hint) });
    }
    Ok(chosen)
}

/// Times workloads in turns with the peak, the best of which over all rows counts.
struct Timer<'a> {
    isa: Isa,
    pool: Option<&'a ThreadPool>,
    peak: Routine<'a>,
    effort: Effort,
}

impl<'a> Timer<'a> {
    fn new(isa: Isa, pool: Option<&'a ThreadPool>, effort: Effort) -> Timer<'a> {
        let mut peak = match pool {
            None => Routine::repeated(move |repeats| multiply_add::peak(isa, repeats)),
            Some(pool) => threads::peak_of_all(isa, pool),
        };
        // so that the first row too meets a peak that was seen undisturbed
        alternate(&mut [&mut peak], effort);
        Timer { isa, pool, peak, effort }
    }

    fn line<'w>(&mut self, workload: &'w Workload, prepared: Prepared) -> Line<'w> {
        let count = self.pool.map_or(1, ThreadPool::current_num_threads);
        let threads = self.pool.map_or(Threads::Sequential, Threads::Pool);
        // threads take time to wake
        let lasting = BURST * if count > 1 { 4 } else { 1 };
        let mut seconds = 0.0;
        for Step { items, bursts, mut burst } in prepared.steps {
            let mut routine = Routine::lasting(lasting, move |repeats| burst(threads, repeats));
            alternate(&mut [&mut self.peak, &mut routine], self.effort);
            // A burst is one item a thread; where items are left over, some threads wait for the others.
            seconds += routine.seconds() * (items.div_ceil(count as u64) * bursts) as f64;
        }
        let (units, unit) = prepared.units;
        let per_second = |kind| (unit == kind).then_some(units / seconds);
        let peak_gflops = OPERATIONS * count as f64 / self.peak.seconds() * 1e-9;
        let gflops = prepared.multiply_adds.map(|multiply_adds| 2.0 * multiply_adds / seconds * 1e-9);
        Line {
            name: &workload.name,
            isa: self.isa.name(),
            threads: count,
            density: workload.density,
            effective_density: prepared.effective_density,
            seconds,
            gflops,
            peak_percent: gflops.map(|gflops| 100.0 * gflops / peak_gflops),
            peak_gflops,
            member_forwards_per_second: per_second(Unit::MemberForwards),
            values_per_second: per_second(Unit::Values),
            of: &workload.of,
        }
    }
}

/// What is known of a row in the end.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    isa: &'static str,
    threads: usize,
    /// Fraction of the entries that the mask keeps.
    density: f64,
    /// The same after compilation.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_density: Option<f64>,
    /// Of the whole work that `of` describes.
    seconds: f64,
    /// None where the work is not made of multiply-adds.
    gflops: Option<f64>,
    peak_percent: Option<f64>,
    peak_gflops: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_forwards_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values_per_second: Option<f64>,
    of: &'a str,
}

fn table_row(line: &Line<'_>) -> String {
    let gflops = line.gflops.map_or("-".to_owned(), |gflops| format!("{gflops:.1}"));
    let percent = line.peak_percent.map_or("-".to_owned(), |percent| format!("{percent:.1} %"));
    let mut rate = String::new();
    if let Some(forwards) = line.member_forwards_per_second {
        rate = format!("{:.2} M member-forwards/s", forwards * 1e-6);
    }
    if let Some(values) = line.values_per_second {
        rate = format!("{:.2} values/ns", values * 1e-9);
    }
    let effective =
        line.effective_density.map_or(String::new(), |density| format!(", effective density {density:.5}"));
    format!("{:44} {:>10} {gflops:>9} {percent:>7}  {rate}{effective}", line.name, time(line.seconds))
}

/// Seconds with a unit in which they are above one.
fn time(seconds: f64) -> String {
    let (factor, unit) = match seconds {
        1.0.. => (1.0, "s"),
        1e-3.. => (1e3, "ms"),
        1e-6.. => (1e6, "us"),
        _ => (1e9, "ns"),
    };
    format!("{:.2} {unit}", seconds * factor)
}
