//! `tombola anatomy`: what the networks of a results folder look like inside.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use lottery::{Plan, Training};
use networks::Ticket;
use sparse_kernels::compile::Mode;
use strategies::Execution;
use tasks::How;

use super::shown::Reader;
use super::sources::Tasks;
use super::specs::SpecArguments;
use super::units::OutArguments;
use super::{CommandError, shown};
use crate::anatomy;
use crate::cells::Source;
use crate::grid::Cell;
use crate::progress::Timer;
use crate::rows::{self, LayerRow, LevelRow, WHOLE};
use crate::tables::densities::aligned;
use crate::tables::layers::{self, Quantity};

/// Show what the networks of a grid look like inside: what each layer keeps, how much of it an output depends on, how large its
/// weights are, whether large ones are those that the search is sure of (supplement 11 and figure 7 of the main paper), and what
/// a network costs.
///
/// Reads the ticket of every level of the cells that are done; may be asked for at any time. Cells that are damaged are left
/// out and named, and the exit status is 1.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola anatomy --paper lottery --scale smoke\n  \
    tombola anatomy mine.toml --seconds --csv > layers.csv\n  tombola anatomy mine.toml --rows layers.csv")]
pub struct AnatomyArguments {
    #[command(flatten)]
    specs: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    /// Print the rows of all layers as CSV instead
    #[arg(long)]
    csv: bool,
    /// Take the rows from a file that --csv wrote, instead of from a results folder
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "csv"])]
    rows: Option<PathBuf>,
    /// Measure too how long a generation takes with each network: the best of three, on one thread of this machine, which should
    /// do nothing else
    #[arg(long, conflicts_with = "rows")]
    seconds: bool,
    /// Where to look for image files first
    #[arg(long, value_name = "DIR", requires = "seconds")]
    data: Option<PathBuf>,
}

pub(super) fn run(arguments: &AnatomyArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let study = arguments.specs.study()?;
    let (rows, ended) = match &arguments.rows {
        Some(file) => (shown::layers_of_file(file)?, Ok(())),
        None => {
            let folder = arguments.out.folder(&study)?;
            let mut reader = Reader::new(&folder);
            let tasks = arguments.seconds.then(|| Tasks::new(arguments.data.clone()));
            let rows = rows_of_folder(&mut reader, &study.cells, tasks.as_ref())?;
            (rows, reader.end(&arguments.specs.command(&folder)))
        }
    };
    if arguments.csv {
        out.write_all(&rows::write(&rows))?;
        return ended;
    }
    if rows.is_empty() {
        writeln!(out, "Nothing is done yet.")?;
    }
    for quantity in Quantity::ALL {
        if let Some(table) = layers::table(&rows, quantity) {
            writeln!(out, "{}:\n\n{}", quantity.caption(), aligned(&table))?;
        }
    }
    out.flush()?;
    ended
}

/// The layers of every level of all cells that are done; with their seconds where tasks are given.
fn rows_of_folder(
    reader: &mut Reader,
    cells: &[Cell],
    tasks: Option<&Tasks>,
) -> Result<Vec<LayerRow>, CommandError> {
    let mut all = Vec::new();
    'cells: for (index, levels) in shown::by_cell(reader.rows(cells)?) {
        let mut own = Vec::new();
        // what diverged has left no ticket
        for row in levels.iter().filter(|row| row.score.is_some()) {
            let Some(ticket) = reader.ticket(&cells[index], row.level)? else { continue 'cells };
            let seconds = tasks.map(|tasks| seconds(&cells[index], row.level, &ticket, tasks)).transpose();
            let seconds = seconds.map_err(|error| CommandError::Failed(error))?;
            own.extend(anatomy::layers(&ticket).into_iter().map(|layer| told(row, layer, seconds)));
        }
        all.extend(own);
    }
    Ok(all)
}

/// How long a generation of a level takes with its network: the best of three, after one to warm up, without tests.
fn seconds(
    cell: &Cell,
    level: u32,
    ticket: &Ticket,
    tasks: &Tasks,
) -> Result<f64, Box<dyn Error + Send + Sync>> {
    const TIMES: u64 = 3;
    let run = cell.level_run(level);
    let (task, execution) = (tasks.task(&run)?, Execution::default());
    let compile = run.compile.then_some(Mode::Fold);
    let how = How { isa: execution.isa, compile, stream: cell.fitness_stream(level) };
    let plan = Plan { generations: TIMES + 2, test_every: TIMES + 2, ..run.plan };
    let mut training = Training::of_ticket(&plan, &*task, ticket, how, None)?;
    training.generation(&execution);
    let mut best = f64::INFINITY;
    for _ in 0..TIMES {
        let timer = Timer::start();
        training.generation(&execution);
        best = best.min(timer.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// A layer of a level's network as a row.
fn told(row: &LevelRow, layer: anatomy::Layer, seconds: Option<f64>) -> LayerRow {
    let LevelRow { task, strategy, criterion, seed, level, density, .. } = row.clone();
    let anatomy::Layer { name, weights, kept, effective, mean, size, correlation, multiply_adds, bytes } =
        layer;
    let (linear, ranked) = correlation.unzip();
    let seconds = seconds.filter(|_| name == WHOLE);
    LayerRow {
        task,
        strategy,
        criterion,
        seed,
        level,
        density,
        layer: name,
        weights,
        kept,
        mean,
        size,
        linear,
        ranked,
        effective,
        multiply_adds,
        bytes,
        seconds,
    }
}
