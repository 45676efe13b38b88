//! `tombola report`: what a results folder shows so far, as one page and as a table.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use super::specs::SpecArguments;
use crate::cells::LEVELS;
use crate::grid::Cell;
use crate::report::{self, Words};
use crate::results::{Owner, Results, State};
use crate::rows::{self, LevelRow};
use crate::store;
use crate::tables::densities;

/// Show what is done of a grid: a page (report.html in the results folder), and a table.
///
/// May be asked for at any time, also while others work in the folder.
#[derive(Args, Debug)]
pub struct ReportArguments {
    #[command(flatten)]
    specs: SpecArguments,
    /// The folder of the results [default: runs/NAME-OF-THE-SPEC]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the rows of all levels as CSV instead
    #[arg(long)]
    csv: bool,
}

pub(super) fn run(arguments: &ReportArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let study = arguments.specs.study()?;
    let folder = arguments.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&study.name));
    let rows = rows(&folder, &study.cells)?;
    if arguments.csv {
        out.write_all(&rows::write(&rows))?;
        return Ok(());
    }
    let lines = densities::lines(&rows);
    let done = rows.iter().filter(|row| row.level == 0).count();
    let words = Words {
        title: study.name.clone(),
        about: vec![format!("{done} of {} cells are done.", study.cells.len())],
        command: format!("tombola run --out {}", folder.display()),
    };
    let page = folder.join("report.html");
    if !rows.is_empty() {
        store::write_whole(&page, report::page(&words, &lines).as_bytes())?;
        let _ = writeln!(std::io::stderr(), "{done} of {} cells: {}", study.cells.len(), page.display());
    }
    write!(out, "{}", densities::text(&lines))?;
    Ok(())
}

/// The rows of all cells that are done, in the order of the cells.
pub(super) fn rows(folder: &Path, cells: &[Cell]) -> Result<Vec<LevelRow>, CommandError> {
    let results = Results::at(folder, Owner::this_process(1.0));
    let mut all = Vec::new();
    for cell in cells {
        let id = cell.id().to_string();
        if !matches!(results.glance(&id), State::Done(_)) {
            continue;
        }
        let refused = |error: &dyn std::error::Error| CommandError::refused(error);
        let bytes = results.read(&id, LEVELS).map_err(|error| refused(&error))?;
        let file = folder.join("results").join(&id).join(LEVELS);
        all.extend(rows::levels(&file.display().to_string(), &bytes).map_err(|error| refused(&error))?);
    }
    Ok(all)
}
