//! `tombola replay`: recorded runs of reference implementations, done again.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use strategies::Quirks;

use super::{CommandError, Variant, must_differ, task, with_causes};
use crate::episodes::{self, EpisodesError, Precision, Replayed, Request};
use crate::npz;
use crate::store;
use crate::suggest::nearest;
use crate::traces::{Mode, Trace};

/// Do recorded runs of reference implementations again, and say how far apart they are.
#[derive(Args, Debug)]
pub(super) struct ReplayArguments {
    #[command(subcommand)]
    command: ReplayCommand,
}

#[derive(Debug, Subcommand)]
enum ReplayCommand {
    Strategy(StrategyArguments),
    Env(EnvironmentArguments),
}

/// Redo a recorded run of an evolution strategy with its draws and its fitness.
///
/// Prints the largest error of each array, relative to its largest number, and writes what was redone under the names
/// of the record.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tombola replay strategy --trace tests/traces/\
    CMA_ES__mnist__d5_p8__ellipsoid__f64.npz --out redone.npz")]
struct StrategyArguments {
    /// The record: a `.npz` file
    #[arg(long, value_name = "FILE")]
    trace: PathBuf,
    /// Where to write what was redone, as `.npz`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Start each generation from the recorded state, or only the first
    #[arg(long, value_enum, default_value = "free-run")]
    mode: ModeName,
    /// Copy the departures of the published code, or not
    #[arg(long, value_enum, default_value = "as-published")]
    variant: Variant,
}

/// Redo recorded episodes of a control task with their actions and their targets.
///
/// Prints the largest error of each array, and writes what was redone under the names of the record. An error is the
/// difference divided by one more than the number recorded, as limits of acceptance have it; beside it is the largest
/// difference divided by the largest number. Arrays that are not redone are named on stderr.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tombola replay env --task ant --trace tests/physics/records/ant.npz --out redone.npz\n  \
    tombola replay env --task ant --precision f64 --trace tests/physics/records/ant.npz --out redone.npz"
)]
struct EnvironmentArguments {
    /// The task
    #[arg(long, value_name = "NAME")]
    task: String,
    /// The record: a `.npz` file
    #[arg(long, value_name = "FILE")]
    trace: PathBuf,
    /// Where to write what was redone, as `.npz`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Which run of the record, such as `rand0`; all of them where this is not given
    #[arg(long, value_name = "NAME")]
    prefix: Option<String>,
    /// Start each step from the recorded state, or only the first
    #[arg(long, value_enum, default_value = "one-step")]
    mode: ModeName,
    /// Redo it as training does, or by the definitions in double precision; games are the same in both
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionName,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrecisionName {
    F32,
    F64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeName {
    OneStep,
    FreeRun,
}

pub(super) fn run(arguments: &ReplayArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    match &arguments.command {
        ReplayCommand::Strategy(arguments) => strategy(arguments, out),
        ReplayCommand::Env(arguments) => environment(arguments, out),
    }
}

fn environment(arguments: &EnvironmentArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let path = &arguments.trace;
    must_differ("--out", &arguments.out, path)?;
    let bytes = store::read_whole(path, episodes::MOST_BYTES as u64)?;
    let request = Request {
        task: &arguments.task,
        prefix: arguments.prefix.as_deref(),
        mode: match arguments.mode {
            ModeName::OneStep => episodes::Mode::OneStep,
            ModeName::FreeRun => episodes::Mode::FreeRun,
        },
        precision: match arguments.precision {
            PrecisionName::F32 => Precision::Single,
            PrecisionName::F64 => Precision::Double,
        },
    };
    let Replayed { redone, left } =
        episodes::replay(&path.display().to_string(), bytes, &request).map_err(|error| {
            let hint = match &*error.problem {
                EpisodesError::Task { found } => task::meant(found),
                EpisodesError::Prefix { found, known, .. } => {
                    let like = nearest(found, known.iter().map(String::as_str));
                    like.map(|name| format!("did you mean `{name}`?"))
                }
                _ => None,
            };
            CommandError::Request { message: error.to_string(), hint }
        })?;
    let (arrays, errors): (Vec<npz::Array>, Vec<[f64; 2]>) =
        redone.into_iter().map(|redone| (redone.array, [redone.mixed_error, redone.error])).unzip();
    store::write_whole(&arguments.out, &npz::write(&arrays))?;
    writeln!(out, "{:<28} {:>12} {:>12}", "array", "error", "of largest")?;
    for (array, [mixed, of_largest]) in arrays.iter().zip(errors) {
        writeln!(out, "{:<28} {mixed:>12.1e} {of_largest:>12.1e}", array.name)?;
    }
    if !left.is_empty() {
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "note: not redone: {}", left.join(", "));
    }
    Ok(())
}

fn strategy(arguments: &StrategyArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let path = &arguments.trace;
    let refused = |problem: &dyn std::fmt::Display| CommandError::Request {
        message: format!("cannot replay {}: {problem}", path.display()),
        hint: None,
    };
    let mode = match arguments.mode {
        ModeName::OneStep => Mode::OneStep,
        ModeName::FreeRun => Mode::FreeRun,
    };
    must_differ("--out", &arguments.out, path)?;
    let bytes = store::read_whole(path, npz::MOST_BYTES)?;
    let trace = npz::read(&bytes).map_err(|error| refused(&error))?;
    let trace = Trace::new(trace).map_err(|error| refused(&with_causes(&error)))?;
    let quirks = match arguments.variant {
        Variant::Corrected => Quirks::NONE,
        // Of the release that recorded it.
        Variant::AsPublished => trace.published(),
        Variant::Later => Quirks::LATER,
    };
    let redone = trace.replay(mode, quirks).map_err(|error| refused(&with_causes(&error)))?;

    let arrays: Vec<npz::Array> = redone.iter().map(|redone| redone.array.clone()).collect();
    store::write_whole(&arguments.out, &npz::write(&arrays))?;
    writeln!(out, "{:<28} {:>12}", "array", "error")?;
    for redone in redone {
        if let Some(error) = redone.error {
            writeln!(out, "{:<28} {error:>12.1e}", redone.array.name)?;
        }
    }
    Ok(())
}
