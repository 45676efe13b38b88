//! `tombola export events`: what cells have left, for TensorBoard.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cells::CURVES;
use crate::commands::specs::SpecArguments;
use crate::commands::units::OutArguments;
use crate::commands::{CommandError, must_be_no_file, shown};
use crate::events;
use crate::grid::Cell;
use crate::results::{Owner, Results};
use crate::rows::{self, CurveRow, LevelRow};
use crate::store;

/// Write what is done of a grid as TensorBoard reads it: a run for each cell, with its levels and its curves.
///
/// May be asked for at any time, also while others work in the folder.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  tombola export events mine.toml --to events; tensorboard --logdir events"
)]
pub(super) struct EventArguments {
    #[command(flatten)]
    specs: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(super) fn run(arguments: &EventArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let study = arguments.specs.study()?;
    let folder = arguments.out.folder(&study)?;
    must_be_no_file(&arguments.to)?;
    let mut levels: BTreeMap<usize, Vec<LevelRow>> = BTreeMap::new();
    for (index, row) in shown::rows(&folder, &study.cells)? {
        levels.entry(index).or_default().push(row);
    }
    for (index, levels) in &levels {
        let (cell, row) = (&study.cells[*index], &levels[0]);
        let curves = curves(&folder, cell)?;
        let name = [&row.task, &row.strategy, cell.pruning.criterion.name(), &row.seed.to_string()].join("-");
        let place = arguments.to.join(format!("{name}-{}", cell.id()));
        store::make_folder(&place).map_err(|error| CommandError::Failed(error.into()))?;
        store::write_whole(&place.join(events::FILE), &events::file(levels, &curves))
            .map_err(|error| CommandError::Failed(error.into()))?;
        writeln!(out, "{}", place.display())?;
    }
    if levels.is_empty() {
        writeln!(std::io::stderr(), "nothing is done yet")?;
    }
    Ok(())
}

/// The tests of all levels of a cell that is done.
fn curves(folder: &Path, cell: &Cell) -> Result<Vec<CurveRow>, CommandError> {
    let results = Results::at(folder, Owner::this_process(1.0));
    let id = cell.id().to_string();
    let bytes = results.read(&id, CURVES).map_err(|error| CommandError::refused(&error))?;
    let file = results.done_path(&id).join(CURVES);
    rows::curves(&file.display().to_string(), &bytes).map_err(|error| CommandError::refused(&error))
}
