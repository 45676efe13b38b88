//! `tombola export events`: what cells have left, for TensorBoard.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::commands::shown::Reader;
use crate::commands::specs::SpecArguments;
use crate::commands::units::OutArguments;
use crate::commands::{CommandError, must_be_no_file, shown};
use crate::events;
use crate::store;

/// Write what is done of a grid as TensorBoard reads it: a run for each cell, with its levels and its curves.
///
/// May be asked for at any time, also while others work in the folder. Cells that are damaged are left out and named, and the
/// exit status is 1.
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
    must_be_no_file("--to", &arguments.to)?;
    let mut reader = Reader::new(&folder);
    let levels = shown::by_cell(reader.rows(&study.cells)?);
    for (index, levels) in &levels {
        let (cell, row) = (&study.cells[*index], &levels[0]);
        let Some(curves) = reader.curves(cell)? else { continue };
        let criterion = cell.criterion().replace(' ', "-");
        let name = format!("{}-{}-{criterion}-{}", row.task, row.strategy, row.seed);
        let place = arguments.to.join(format!("{name}-{}", cell.id()));
        store::make_folder(&place).map_err(|error| CommandError::Failed(error.into()))?;
        store::write_whole(&place.join(events::FILE), &events::file(levels, &curves))
            .map_err(|error| CommandError::Failed(error.into()))?;
        writeln!(out, "{}", place.display())?;
    }
    if levels.is_empty() {
        writeln!(std::io::stderr(), "nothing is done yet")?;
    }
    reader.end(&arguments.specs.command(&folder))
}
