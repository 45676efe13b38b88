//! `tombola bench generation`: where the time of a generation goes.

use std::io::Write;
use std::time::Instant;

use clap::Args;
use lottery::Phase;
use serde::Serialize;

use crate::commands::CommandError;
use crate::commands::train::RunArguments;
use crate::run::settings::Evaluation;

/// Time whole generations of a training run, part by part.
///
/// The best generation counts: whatever else the machine does can only add time. `kernels` is the evaluation of all
/// members on the batch; `seconds / kernels` is what everything else costs.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  tombola bench generation --task glyphs --set network=cnn --population 128 \
    --batch 1024 --density 0.2 --threads 2 --json"
)]
pub(super) struct GenerationArguments {
    #[command(flatten)]
    run: RunArguments,
    /// Members of a generation [default: of the run's settings, which are the papers' unless changed]
    #[arg(long, value_name = "P")]
    population: Option<usize>,
    /// Images of a batch [default: of the run's settings]
    #[arg(long, value_name = "B")]
    batch: Option<usize>,
    /// Generations to time
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    generations: u64,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What one generation took, in seconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Times {
    ask: f64,
    evaluate: f64,
    tell: f64,
    seconds: f64,
    parts: Parts,
}

/// What evaluating took.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Parts {
    batch: f64,
    kernels: f64,
}

/// What is printed.
#[derive(Serialize)]
struct Line<'a> {
    task: &'a str,
    network: &'a str,
    strategy: &'static str,
    population: usize,
    /// None in control.
    batch: Option<usize>,
    density: f64,
    threads: usize,
    isa: &'static str,
    generations: u64,
    #[serde(flatten)]
    times: Times,
    /// Of the whole to the kernels.
    ratio: f64,
}

pub(super) fn run(arguments: &GenerationArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut settings = arguments.run.settings()?;
    settings.plan.search.population = arguments.population.unwrap_or(settings.plan.search.population);
    match (settings.batch(), arguments.batch) {
        (Some(batch), told) => settings.evaluation = Evaluation::Images { batch: told.unwrap_or(batch) },
        (None, None) => {}
        (None, Some(_)) => {
            return Err(CommandError::Request {
                message: format!("--batch counts images, and {} has none", settings.task),
                hint: None,
            });
        }
    }
    // one more to warm up, and no test among those that count
    settings.plan.generations = arguments.generations + 2;
    settings.plan.test_every = arguments.generations + 2;
    let prepared = arguments.run.prepare(settings)?;
    let execution = prepared.execution();
    let mut training = prepared.training(None).map_err(|error| CommandError::refused(&error))?;
    training.generation(&execution);
    let mut best = Times { seconds: f64::INFINITY, ..Times::default() };
    for _ in 0..arguments.generations {
        let mut marks = vec![clock()];
        training.generation_watched(&execution, &mut |_: Phase| marks.push(clock()));
        let took = |part: usize| (marks[part + 1] - marks[part]).as_secs_f64();
        let parts = Parts { batch: took(1), kernels: took(2) };
        let evaluate = parts.batch + parts.kernels;
        let times =
            Times { ask: took(0), evaluate, tell: took(3), seconds: took(0) + evaluate + took(3), parts };
        if times.seconds < best.seconds {
            best = times;
        }
    }
    let settings = &prepared.settings;
    let line = Line {
        task: &settings.task,
        network: &settings.network,
        strategy: settings.plan.search.method.name(),
        population: settings.plan.search.population,
        batch: settings.batch(),
        density: prepared.start.mask().density(),
        threads: execution.threads.count(),
        isa: execution.isa.name(),
        generations: arguments.generations,
        ratio: best.seconds / best.parts.kernels,
        times: best,
    };
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&line).map_err(std::io::Error::from)?)?;
        return Ok(());
    }
    let Times { ask, tell, seconds, parts, .. } = best;
    writeln!(out, "{} {} {}, {} threads", line.task, line.network, line.strategy, line.threads)?;
    for (name, time) in
        [("ask", ask), ("batch", parts.batch), ("kernels", parts.kernels), ("tell", tell), ("all", seconds)]
    {
        writeln!(out, "{name:8} {:10.3} ms {:6.1} %", time * 1e3, time / seconds * 100.0)?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a command that measures time")]
fn clock() -> Instant {
    Instant::now()
}
