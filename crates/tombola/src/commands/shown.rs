//! Rows of cells for commands that show them: from a results folder, or from a file that was taken along.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use networks::Ticket;

use super::{CommandError, must_differ, tickets};
use crate::cells::{self, CURVES, Kind, LEVELS};
use crate::grid::Cell;
use crate::results::{Owner, Results, State};
use crate::rows::{self, CurveRow, LayerRow, LevelRow};
use crate::store;

/// Where rows come from, and where what they show goes.
#[derive(Args, Debug)]
pub(super) struct ShownArguments {
    /// Print the rows of all levels as CSV instead, each behind the id of its cell
    #[arg(long)]
    pub(super) csv: bool,
    /// Take the rows from a file that --csv wrote, instead of from a results folder
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "csv"])]
    pub(super) rows: Option<PathBuf>,
    /// Where the page goes [default: in the results folder; with --rows nowhere]
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    pub(super) page: Option<PathBuf>,
}

impl ShownArguments {
    /// Refuses places that are one.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match (&self.page, &self.rows) {
            (Some(page), Some(rows)) => must_differ("--page", page, rows),
            _ => Ok(()),
        }
    }

    /// Where the page goes, if anywhere: as it was said, or `name` in the results folder.
    pub(super) fn page(&self, folder: &Path, name: &str) -> Option<PathBuf> {
        self.page.clone().or_else(|| self.rows.is_none().then(|| folder.join(name)))
    }
}

/// Rows as CSV: of two cells they may differ in nothing but their numbers, so each stands behind the name of its cell.
pub(super) fn write_csv(out: &mut dyn Write, cells: &[Cell], rows: &Rows) -> Result<(), CommandError> {
    let named: Vec<_> = rows.iter().map(|(index, row)| (cells[*index].id().to_string(), row)).collect();
    Ok(out.write_all(&rows::write_with_cells(&named))?)
}

/// Rows, each with the place of its cell in the list of cells.
pub(super) type Rows = Vec<(usize, LevelRow)>;

/// The rows of all cells that are done, in the order of the cells.
pub(super) fn rows(folder: &Path, cells: &[Cell]) -> Result<Rows, CommandError> {
    let results = reader(folder);
    let mut all = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let id = cell.id().to_string();
        if !matches!(results.glance(&id), State::Done(_)) {
            continue;
        }
        let refused = |error: &dyn std::error::Error| CommandError::refused(error);
        let bytes = results.read(&id, LEVELS).map_err(|error| refused(&error))?;
        let file = folder.join("results").join(&id).join(LEVELS);
        let rows = rows::levels(&file.display().to_string(), &bytes).map_err(|error| refused(&error))?;
        check(&file, cell, &rows)?;
        all.extend(rows.into_iter().map(|row| (index, row)));
    }
    Ok(all)
}

/// The rows of layers of a file.
pub(super) fn layers_of_file(file: &Path) -> Result<Vec<LayerRow>, CommandError> {
    let bytes = store::read_whole(file, MOST_ROW_BYTES)?;
    rows::layers(&file.display().to_string(), &bytes).map_err(|error| CommandError::refused(&error))
}

/// Refuses rows that a cell cannot have left.
fn check(file: &Path, cell: &Cell, rows: &[LevelRow]) -> Result<(), CommandError> {
    cells::mismatch(cell, rows).map_or(Ok(()), |mismatch| {
        Err(CommandError::Request {
            message: format!("{}: cell {}: {mismatch}", file.display(), cell.id()),
            hint: Some(
                "rows must stand as `tombola report --csv` printed them, each behind its own cell".to_owned(),
            ),
        })
    })
}

/// A results folder, to read in.
pub(super) fn reader(folder: &Path) -> Results {
    Results::at(folder, Owner::this_process(1.0))
}

/// The rows of each cell, by its place in the list of cells.
pub(super) fn by_cell(rows: Rows) -> BTreeMap<usize, Vec<LevelRow>> {
    let mut levels: BTreeMap<usize, Vec<LevelRow>> = BTreeMap::new();
    for (index, row) in rows {
        levels.entry(index).or_default().push(row);
    }
    levels
}

/// The tests of all levels of a cell that is done.
pub(super) fn curves(results: &Results, cell: &Cell) -> Result<Vec<CurveRow>, CommandError> {
    let id = cell.id().to_string();
    let bytes = results.read(&id, CURVES).map_err(|error| CommandError::refused(&error))?;
    let file = results.done_path(&id).join(CURVES);
    rows::curves(&file.display().to_string(), &bytes).map_err(|error| CommandError::refused(&error))
}

/// The ticket of a level of a cell that is done and did not diverge there.
pub(super) fn ticket(results: &Results, cell: &Cell, level: u32) -> Result<Ticket, CommandError> {
    // the dense level is another unit's
    let kind = if level == 0 { Kind::Dense } else { Kind::Cell };
    let (unit, name) = (kind.id(cell).to_string(), cells::ticket_name(level));
    let bytes = results.read(&unit, &name).map_err(|error| CommandError::refused(&error))?;
    Ticket::decode(&bytes).map_err(|error| tickets::refused(&results.done_path(&unit).join(&name), &error))
}

/// The largest file of rows that is read: a hundred thousand cells of twenty levels.
pub(super) const MOST_ROW_BYTES: u64 = 1 << 29;

/// The rows of a file, which must be of these cells; in the order of the cells.
pub(super) fn rows_of_file(file: &Path, cells: &[Cell]) -> Result<Rows, CommandError> {
    let bytes = store::read_whole(file, MOST_ROW_BYTES)?;
    let named = rows::levels_with_cells(&file.display().to_string(), &bytes);
    let named = named.map_err(|error| CommandError::refused(&error))?;
    let places: BTreeMap<String, usize> =
        cells.iter().enumerate().map(|(index, cell)| (cell.id().to_string(), index)).collect();
    let mut all = Vec::new();
    for (cell, rows) in named {
        let Some(&index) = places.get(&cell) else {
            return Err(CommandError::Request {
                message: format!("{}: the cell {cell} is none of this grid", file.display()),
                hint: Some(
                    "name the spec that the rows are of: `tombola list` shows the ids of its cells"
                        .to_owned(),
                ),
            });
        };
        check(file, &cells[index], &rows)?;
        all.extend(rows.into_iter().map(|row| (index, row)));
    }
    all.sort_by_key(|(index, row)| (*index, row.level));
    Ok(all)
}
