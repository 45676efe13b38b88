//! `tombola anatomy`: what the networks of a results folder look like inside.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::shown::Reader;
use super::specs::SpecArguments;
use super::units::OutArguments;
use super::{CommandError, shown};
use crate::anatomy;
use crate::grid::Cell;
use crate::rows::{self, LayerRow, LevelRow};
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
    tombola anatomy mine.toml --csv > layers.csv\n  tombola anatomy mine.toml --rows layers.csv")]
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
}

pub(super) fn run(arguments: &AnatomyArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let study = arguments.specs.study()?;
    let (rows, ended) = match &arguments.rows {
        Some(file) => (shown::layers_of_file(file)?, Ok(())),
        None => {
            let folder = arguments.out.folder(&study)?;
            let mut reader = Reader::new(&folder);
            let rows = rows_of_folder(&mut reader, &study.cells)?;
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

/// The layers of every level of all cells that are done.
fn rows_of_folder(reader: &mut Reader, cells: &[Cell]) -> Result<Vec<LayerRow>, CommandError> {
    let mut all = Vec::new();
    'cells: for (index, levels) in shown::by_cell(reader.rows(cells)?) {
        let mut own = Vec::new();
        // what diverged has left no ticket
        for row in levels.iter().filter(|row| row.score.is_some()) {
            let Some(ticket) = reader.ticket(&cells[index], row.level)? else { continue 'cells };
            own.extend(anatomy::layers(&ticket).into_iter().map(|layer| told(row, layer)));
        }
        all.extend(own);
    }
    Ok(all)
}

/// A layer of a level's network as a row.
fn told(row: &LevelRow, layer: anatomy::Layer) -> LayerRow {
    let LevelRow { task, strategy, criterion, seed, level, density, .. } = row.clone();
    let anatomy::Layer { name, weights, kept, effective, mean, size, correlation, multiply_adds, bytes } =
        layer;
    let (linear, ranked) = correlation.unzip();
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
    }
}
