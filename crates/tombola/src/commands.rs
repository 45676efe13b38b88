//! What the program understands: one subcommand a file, one line of wiring each.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use strategies::{Method, Quirks};

use crate::store::{StoreError, disk};

pub mod anatomy;
mod artifacts;
pub mod bench;
mod beside;
mod cell_pages;
pub mod data;
pub mod describe;
pub mod evaluate;
pub mod export;
pub mod import_weights;
pub mod list;
mod memory;
pub mod optimize;
pub mod papers;
pub mod plan;
mod provenance;
pub mod quickstart;
pub mod quirks;
pub mod replay;
pub mod report;
pub mod run;
mod shown;
mod sources;
mod specs;
pub mod status;
mod task;
mod tickets;
pub mod train;
mod units;
pub mod watch;
mod working;

/// Find, train and study sparse trainable networks with evolution strategies.
#[derive(Debug, Parser)]
#[command(name = "tombola", version, arg_required_else_help = true)]
#[command(after_help = "Exit status: 0 done, 1 the work failed, 2 the request was wrong, 130 interrupted.\n\
    `tombola help COMMAND` shows a command with examples.")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Anatomy(anatomy::AnatomyArguments),
    Bench(bench::BenchArguments),
    Data(data::DataArguments),
    Describe(describe::DescribeArguments),
    Evaluate(evaluate::EvaluateArguments),
    Export(export::ExportArguments),
    ImportWeights(import_weights::ImportArguments),
    List(list::ListArguments),
    Optimize(Box<optimize::OptimizeArguments>),
    Papers(papers::PapersArguments),
    Plan(plan::PlanArguments),
    Quickstart(quickstart::QuickstartArguments),
    Quirks(Box<quirks::QuirksArguments>),
    Replay(replay::ReplayArguments),
    Report(report::ReportArguments),
    Run(run::RunArguments),
    Status(status::StatusArguments),
    Train(Box<train::TrainArguments>),
    Watch(watch::WatchArguments),
}

/// What there is to choose from.
fn strategy_help() -> String {
    format!("One of {}, {}", Method::NAMES.join(", "), Method::NEEDS_MORE.join(", "))
}

/// Which form of a strategy runs.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Variant {
    /// Follows the algorithm's own paper.
    Corrected,
    /// Follows the published code, departures included.
    AsPublished,
    /// Follows the later release of that code, where it has departures of its own.
    Later,
}

impl From<Variant> for Quirks {
    fn from(variant: Variant) -> Quirks {
        match variant {
            Variant::Corrected => Quirks::NONE,
            Variant::AsPublished => Quirks::ALL,
            Variant::Later => Quirks::LATER,
        }
    }
}

/// Does what the arguments say; data goes to `out`.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<(), CommandError> {
    match &arguments.command {
        Command::Anatomy(arguments) => anatomy::run(arguments, out),
        Command::Bench(arguments) => bench::run(arguments, out),
        Command::Data(arguments) => data::run(arguments, out),
        Command::Describe(arguments) => describe::run(arguments, out),
        Command::Evaluate(arguments) => evaluate::run(arguments, out),
        Command::Export(arguments) => export::run(arguments, out),
        Command::ImportWeights(arguments) => import_weights::run(arguments, out),
        Command::List(arguments) => list::run(arguments, out),
        Command::Optimize(arguments) => optimize::run(arguments, out),
        Command::Papers(arguments) => papers::run(arguments, out),
        Command::Plan(arguments) => plan::run(arguments, out),
        Command::Quickstart(arguments) => quickstart::run(arguments, out),
        Command::Quirks(arguments) => quirks::run(arguments, out),
        Command::Replay(arguments) => replay::run(arguments, out),
        Command::Report(arguments) => report::run(arguments, out),
        Command::Run(arguments) => run::run(arguments, out),
        Command::Status(arguments) => status::run(arguments, out),
        Command::Train(arguments) => train::run(arguments, out),
        Command::Watch(arguments) => watch::run(arguments),
    }
}

/// Why a command ended early.
#[derive(Debug)]
#[non_exhaustive]
pub enum CommandError {
    /// The request cannot be served: exit code 2.
    Request {
        /// What is wrong with which argument.
        message: String,
        /// What would do instead.
        hint: Option<String>,
    },
    /// The work was done and failed: exit code 1.
    Failed(Box<dyn Error>),
    /// The work ended before all was done, and what is there is good: exit code 1, or 130 where somebody asked for that.
    Unfinished {
        /// What is done, and why not all is.
        message: String,
        /// How to go on.
        hint: String,
        /// Whether somebody asked.
        was_asked: bool,
    },
    /// The output could not be written: exit code 1, or 0 where the reader had enough.
    Output(io::Error),
}

impl CommandError {
    /// A request that cannot be served, with all causes in one line.
    fn refused(error: &dyn Error) -> CommandError {
        CommandError::Request { message: with_causes(error), hint: None }
    }

    /// What the process returns.
    pub fn exit_code(&self) -> u8 {
        match self {
            CommandError::Request { .. } => 2,
            CommandError::Unfinished { was_asked: true, .. } => 130,
            CommandError::Failed(_) | CommandError::Output(_) | CommandError::Unfinished { .. } => 1,
        }
    }

    /// Whether the reader of the output has gone, which is no error of anybody.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, CommandError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Writes `error:`, one `cause:` a line, and the hint.
    pub fn report(&self, to: &mut dyn Write) -> io::Result<()> {
        let is_error = !matches!(self, CommandError::Unfinished { was_asked: true, .. });
        writeln!(to, "{}{self}", if is_error { "error: " } else { "" })?;
        let mut cause = self.source();
        while let Some(inner) = cause {
            writeln!(to, "  cause: {inner}")?;
            cause = inner.source();
        }
        match self {
            CommandError::Request { hint: Some(hint), .. } | CommandError::Unfinished { hint, .. } => {
                writeln!(to, "\nhint: {hint}")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::Request { message, .. } | CommandError::Unfinished { message, .. } => {
                f.write_str(message)
            }
            CommandError::Failed(error) => error.fmt(f),
            CommandError::Output(_) => f.write_str("cannot write the output"),
        }
    }
}

impl Error for CommandError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            CommandError::Request { .. } | CommandError::Unfinished { .. } => None,
            CommandError::Failed(error) => error.source(),
            CommandError::Output(error) => Some(error),
        }
    }
}

/// A file that was named cannot be read or written.
impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> CommandError {
        CommandError::Request { message: error.to_string(), hint: None }
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        CommandError::Output(error)
    }
}

/// Refuses a file where a folder is meant, or above it, and a link that leads nowhere.
fn must_be_no_file(flag: &str, path: &Path) -> Result<(), CommandError> {
    // a slash at the end would hide it
    let path: PathBuf = path.components().collect();
    let Some(there) = path.ancestors().find(|place| disk::exists(place)) else { return Ok(()) };
    if there.is_dir() {
        return Ok(());
    }
    let (kind, leads) = if there.exists() { ("file", "") } else { ("link", " that leads nowhere") };
    let place = if there == path { String::new() } else { format!(" in it, {}", path.display()) };
    let message = format!("{} is a {kind}{leads}, and {flag} names a folder{place}", there.display());
    Err(CommandError::Request { message, hint: Some(format!("name another place, or move the {kind} away")) })
}

/// Refuses to write `written`, which `to` names, over what is read.
fn must_differ(to: &str, written: &Path, read: &Path) -> Result<(), CommandError> {
    // as they are spelled, or as they lead there
    let places = [written, read].map(|path| path.canonicalize().ok());
    if written != read && (places[0].is_none() || places[0] != places[1]) {
        return Ok(());
    }
    let message = format!("{to} names {}, which is read and would be lost", read.display());
    Err(CommandError::Request { message, hint: Some("name another place".to_owned()) })
}

/// A message with its causes, for one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_report_says_what_why_and_what_to_do() {
        let mut text = Vec::new();
        let closed = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        closed.report(&mut text).expect("a vector takes all");
        assert!(closed.is_closed_pipe() && closed.exit_code() == 1);
        let request =
            CommandError::Request { message: "no row `x`".into(), hint: Some("did you mean `y`?".into()) };
        request.report(&mut text).expect("a vector takes all");
        assert_eq!(request.exit_code(), 2);
        let text = String::from_utf8(text).expect("it was text");
        assert_eq!(
            text,
            "error: cannot write the output\n  cause: broken pipe\nerror: no row `x`\n\nhint: did you mean `y`?\n"
        );
    }
}
