//! `tombola bench ask-tell`: what a generation costs beside its evaluation, as a table or as JSON.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use numerics::AlignedBuffer;
use serde::Serialize;
use strategies::{Execution, Layout, Method, Population, PopulationMut, Search, Settings, Threads};

use crate::commands::CommandError;
use crate::commands::optimize::check_memory;
use crate::roofs::{memory, threads};
use crate::timing::{Effort, Routine, alternate};

/// Time asking and telling, beside writing and reading as many numbers once.
///
/// Each figure is the best of many generations in turns, so other programs disturb it little.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola bench ask-tell\n  \
    tombola bench ask-tell --strategies snes,pgpe --dims 1000000 --seconds 5 --json")]
pub(super) struct AskTellArguments {
    /// Strategies, separated by commas
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = Method::named,
        default_value = "open-es,pgpe,ars,snes,des,sep-cma-es"
    )]
    strategies: Vec<Method>,
    /// Numbers of coordinates, separated by commas
    #[arg(long, value_name = "D", value_delimiter = ',', default_value = "11274,100000,1000000")]
    dims: Vec<usize>,
    /// Members of a generation
    #[arg(long, value_name = "P", default_value_t = 128)]
    population: usize,
    /// Threads
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// Time for each case
    #[arg(long, value_name = "S", default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=3600))]
    seconds: u16,
    /// One JSON object a case instead of a table
    #[arg(long)]
    json: bool,
}

/// The golden ratio: its multiples are spread evenly, without order.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// One case.
#[derive(Serialize)]
struct Line {
    strategy: &'static str,
    dims: usize,
    population: usize,
    threads: u16,
    /// Of a generation whose population is kept between asking and telling.
    seconds: f64,
    /// Of the telling alone, where it draws the population again.
    seconds_drawn_again: f64,
    /// Of writing the population's numbers once, and reading them once.
    seconds_memory: f64,
}

pub(super) fn run(arguments: &AskTellArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let pool = threads::pool(arguments.threads.into()).map_err(|error| CommandError::Failed(error.into()))?;
    let here = Execution { threads: Threads::Pool(&pool), ..Execution::default() };
    for (&dims, &method) in
        arguments.dims.iter().flat_map(|d| arguments.strategies.iter().map(move |m| (d, m)))
    {
        let settings = Settings::new(method, arguments.population);
        settings.check(dims).map_err(|error| CommandError::refused(&error))?;
        check_memory(&settings, dims)?;
    }
    if !arguments.json {
        writeln!(out, "strategy            D   ask + tell, ms   drawn again, ms   write + read, ms   ratio")?;
    }
    for &dims in &arguments.dims {
        for &method in &arguments.strategies {
            let line = time(method, dims, arguments, &here)?;
            if arguments.json {
                serde_json::to_writer(&mut *out, &line)
                    .map_err(|error| CommandError::Output(error.into()))?;
                writeln!(out)?;
            } else {
                let milliseconds =
                    [line.seconds, line.seconds_drawn_again, line.seconds_memory].map(|s| 1e3 * s);
                let [kept, again, memory] = milliseconds;
                let ratio = kept / memory;
                writeln!(
                    out,
                    "{:12} {dims:8} {kept:16.3} {again:17.3} {memory:18.3} {ratio:7.2}",
                    line.strategy
                )?;
            }
            out.flush()?;
        }
    }
    Ok(())
}

fn time(
    method: Method,
    dims: usize,
    arguments: &AskTellArguments,
    here: &Execution<'_>,
) -> Result<Line, CommandError> {
    let members = arguments.population;
    let mut kept = Search::new(Settings::new(method, members), &vec![0.1f32; dims])
        .map_err(|error| CommandError::refused(&error))?;
    let mut again = kept.clone();
    // Fitness that costs nothing and has no ties.
    let fitness: Vec<f64> = (0..members).map(|member| (member as f64 * GOLDEN).fract()).collect();
    let mut lanes = AlignedBuffer::new(Layout::Lanes.len(members, dims));
    let mut numbers = AlignedBuffer::new(lanes.len());
    let mut failure = None;
    let mut generation = Routine::once(|| {
        let told = kept
            .ask(here, PopulationMut::Lanes(&mut lanes))
            .and_then(|()| kept.tell(here, Population::Lanes(&lanes), &fitness));
        failure = failure.take().or(told.err());
    });
    let mut drawn_again = Routine::once(|| _ = again.tell(here, Population::AsAsked, &fitness));
    let mut written = Routine::once(|| memory::write_and_read(here.threads, &mut numbers));
    let effort = Effort { time: Duration::from_secs(arguments.seconds.into()), turns: 2 };
    alternate(&mut [&mut generation, &mut drawn_again, &mut written], effort);
    let seconds = [&generation, &drawn_again, &written].map(Routine::seconds);
    drop((generation, drawn_again, written));
    if let Some(error) = failure {
        return Err(CommandError::refused(&error));
    }
    let [seconds, seconds_drawn_again, seconds_memory] = seconds;
    let (strategy, threads) = (method.name(), arguments.threads);
    Ok(Line { strategy, dims, population: members, threads, seconds, seconds_drawn_again, seconds_memory })
}
