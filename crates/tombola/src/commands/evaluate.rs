//! `tombola evaluate`: how good the network of a ticket is.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use numerics::Isa;
use numerics::random::Stream;
use serde::Serialize;
use sparse_kernels::Threads;
use tasks::How;

use super::{CommandError, task, tickets, train};
use crate::roofs::threads;

/// Test the network of a ticket.
///
/// Prints a line a number: the score, the weights that the mask keeps, and the density. Test episodes in which a body blew
/// up count with their task's penalty; a line on stderr says how many there were.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola evaluate --ticket runs/glyphs-snes-0/ticket.safetensors\n  \
    tombola evaluate --ticket ticket.safetensors --task glyphs+noise-3")]
pub(super) struct EvaluateArguments {
    /// The ticket
    #[arg(long, value_name = "FILE")]
    ticket: PathBuf,
    /// Another task than the ticket's
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Test the start, not the trained network
    #[arg(long)]
    start: bool,
    /// Where to look for image files first
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Threads to compute on; changes no result
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Told<'a> {
    task: &'a str,
    network: String,
    measure: &'static str,
    score: f64,
    weights: usize,
    density: f64,
    /// Test episodes in which a body blew up.
    lost: u64,
}

pub(super) fn run(arguments: &EvaluateArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let ticket = tickets::read(&arguments.ticket)?;
    let name = arguments.task.as_ref().unwrap_or(&ticket.contents().task);
    let task = task::of_ticket(name, &ticket, arguments.data.as_deref())?;
    let network = ticket.masked().map_err(|error| CommandError::refused(&error))?;
    if let Some(mismatch) = tickets::mismatch(ticket.network(), &*task, name) {
        return Err(CommandError::Request { message: format!("the {mismatch}"), hint: None });
    }
    let how = How { isa: Isa::detected(), compile: None, stream: Stream::new(0, "fitness") };
    let mut trial = task.trial(&network, how).map_err(|error| CommandError::refused(&error))?;
    let contents = ticket.contents();
    let member = if arguments.start { &contents.start } else { &contents.mean };
    // a start has seen nothing yet
    let learned = contents.normaliser.as_ref().filter(|_| !arguments.start);
    if let (Some(normaliser), Some(fresh)) = (learned, trial.normaliser()) {
        if !normaliser.is_of(fresh.mean.len()) {
            let (found, expected) = (normaliser.mean.len(), fresh.mean.len());
            let message = format!("the ticket normalises {found} observations; the task has {expected}");
            return Err(CommandError::Request { message, hint: None });
        }
        trial.restore(normaliser);
    }
    let pool = threads::pool(arguments.threads.into()).map_err(|error| CommandError::Failed(error.into()))?;
    let score = trial.test(Threads::Pool(&pool), member);
    let (mask, lost) = (ticket.mask(), trial.lost());
    if let Some(told) = lost.told_of_tests() {
        train::tell(&told);
    }
    if !score.is_finite() {
        let message = format!("the network has no {}: a number of it is none", task.score_name());
        return Err(CommandError::Failed(message.into()));
    }
    if arguments.json {
        let (network, measure) = (ticket.network().to_string(), task.score_name());
        let (weights, density) = (mask.kept(), mask.density());
        let told = Told { task: name, network, measure, score, weights, density, lost: lost.tests };
        writeln!(out, "{}", serde_json::to_string(&told).map_err(std::io::Error::from)?)?;
        return Ok(());
    }
    writeln!(out, "task {name}\nnetwork {}", ticket.network())?;
    writeln!(out, "{} {score}\nweights {}\ndensity {}", task.score_name(), mask.kept(), mask.density())?;
    Ok(())
}
