//! `tombola bench convergence`: evaluations to 1e-8, as a table or as JSON.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use strategies::{Method, Settings};

use crate::commands::CommandError;
use crate::commands::optimize::check_memory;
use crate::convergence::{Function, Run, population, run as search, start, table};
use crate::store;

/// Longest file of runs that is read.
const MOST_BYTES: u64 = 1 << 26;

/// Count the evaluations that strategies need to reach 1e-8 on three functions.
///
/// Medians and quartiles over seeds, of runs with 10^5 D evaluations; one that is too slow to arrive with those that are
/// left counts as missed. All of it takes half an hour.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola bench convergence > crates/tombola/reports/convergence.md\n  \
    tombola bench convergence --strategies cma-es,sep-cma-es --dims 10 --seeds 5\n  \
    tombola bench convergence --runs runs.jsonl --json >> runs.jsonl   # goes on where it was stopped")]
pub(super) struct ConvergenceArguments {
    /// Strategies, separated by commas; those of the papers unless said
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = Method::named,
        default_value = "open-es,pgpe,ars,snes,des,sep-cma-es,cma-es"
    )]
    strategies: Vec<Method>,
    /// Numbers of coordinates, separated by commas
    #[arg(long, value_name = "D", value_delimiter = ',', default_value = "10,100")]
    dims: Vec<usize>,
    /// Functions, separated by commas; the ellipsoid is turned for strategies that learn correlations
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = ["sphere", "rosenbrock", "ellipsoid"],
        default_value = "sphere,rosenbrock,ellipsoid"
    )]
    functions: Vec<String>,
    /// Runs of each case
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Runs that `--json` wrote: they count as done
    #[arg(long, value_name = "FILE")]
    runs: Option<PathBuf>,
    /// One JSON object a run instead of a table, for runs that were not done yet
    #[arg(long)]
    json: bool,
    /// Print where runs start instead, one JSON object for each number of coordinates and seed
    #[arg(long, conflicts_with_all = ["json", "runs", "strategies", "functions"])]
    starts: bool,
}

/// Where all runs of a seed start, whatever their strategy and function.
#[derive(Serialize)]
struct Start {
    dims: usize,
    seed: u64,
    start: Vec<f64>,
}

pub(super) fn run(arguments: &ConvergenceArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let methods = &arguments.strategies;
    check_dims(arguments, methods)?;
    if arguments.starts {
        let cases =
            arguments.dims.iter().flat_map(|&dims| (0..arguments.seeds).map(move |seed| (dims, seed)));
        for (dims, seed) in cases {
            let start = Start { dims, seed, start: start(dims, seed) };
            serde_json::to_writer(&mut *out, &start).map_err(|error| CommandError::Output(error.into()))?;
            writeln!(out)?;
        }
        return Ok(());
    }
    let known = arguments.runs.as_deref().map_or(Ok(Vec::new()), known)?;
    let mut runs: Vec<Run> = Vec::new();
    for method in methods {
        for &dims in &arguments.dims {
            let wanted =
                |function: &Function| arguments.functions.iter().any(|name| function.name().ends_with(name));
            for function in Function::of(method).into_iter().filter(wanted) {
                for seed in 0..arguments.seeds {
                    if let Some(run) = known.iter().find(|run| run.is_of(method, function, dims, seed)) {
                        runs.push(run.clone());
                        continue;
                    }
                    let run = search(*method, function, dims, seed)
                        .map_err(|error| CommandError::Request { message: error.to_string(), hint: None })?;
                    if arguments.json {
                        serde_json::to_writer(&mut *out, &run)
                            .map_err(|error| CommandError::Output(error.into()))?;
                        writeln!(out)?;
                    }
                    runs.push(run);
                }
            }
        }
    }
    if !arguments.json {
        writeln!(out, "# Evaluations to 1e-8\n")?;
        writeln!(
            out,
            "`tombola bench convergence`: {} seeds, corrected variant, defaults but for",
            arguments.seeds
        )?;
        writeln!(
            out,
            "deviation 0.5 at the start; `crates/tombola/src/convergence.rs` has the functions and rules."
        )?;
        writeln!(
            out,
            "A run has 10^5 D evaluations. One that has not halved its best value in 4000 D of them is given up where, at\n\
             that pace, those that are left do not reach 1e-8; it has missed.\n"
        )?;
        write!(out, "{}", table(&runs))?;
    }
    Ok(())
}

/// Refuses functions that there are not, and searches that no memory holds.
fn check_dims(arguments: &ConvergenceArguments, methods: &[Method]) -> Result<(), CommandError> {
    let refused = |message: &str, hint: Option<&str>| {
        Err(CommandError::Request { message: message.to_owned(), hint: hint.map(str::to_owned) })
    };
    let is_valley = arguments.functions.iter().any(|name| name == "rosenbrock");
    // A start is as long as a member; the first strategy keeps no matrices.
    let methods = if arguments.starts { &methods[..1] } else { methods };
    for &dims in &arguments.dims {
        if dims == 0 {
            return refused("there are no functions of 0 coordinates", None);
        }
        if dims == 1 && is_valley && !arguments.starts {
            return refused(
                "rosenbrock's function of 1 coordinate is 0 everywhere",
                Some("add `--functions sphere,ellipsoid`"),
            );
        }
        for &method in methods {
            let settings = Settings::new(method, population(dims));
            settings.check(dims).map_err(|error| CommandError::refused(&error))?;
            check_memory(&settings, dims)?;
        }
    }
    Ok(())
}

/// Runs of a file that `--json` wrote. What follows its last line break was cut off, and is no run.
fn known(path: &Path) -> Result<Vec<Run>, CommandError> {
    let bytes = store::read_whole(path, MOST_BYTES).map_err(|error| CommandError::refused(&error))?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let parse = |(index, line)| {
        serde_json::from_str(line).map_err(|error| CommandError::Request {
            message: format!("{}, line {}: this is no run: {error}", path.display(), index + 1),
            hint: Some("give a file that `tombola bench convergence --json` wrote".to_owned()),
        })
    };
    whole.lines().enumerate().map(parse).collect()
}
