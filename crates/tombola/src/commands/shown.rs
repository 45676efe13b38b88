//! Rows of cells for commands that show them: from a results folder, or from a file that was taken along.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use networks::Ticket;

use super::units::label;
use super::{CommandError, must_differ, tickets};
use crate::cells::{self, CURVES, Kind, LEVELS};
use crate::grid::Cell;
use crate::results::{Owner, Results, ResultsError, State};
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
    /// Refuses places that are one, and a page in a folder that is not there.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        let folder = self.page.as_deref().and_then(Path::parent).filter(|folder| *folder != Path::new(""));
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(CommandError::Request {
                message: format!("--page is to be in {}, and there is no such folder", folder.display()),
                hint: Some(format!("`mkdir -p {}` makes it", folder.display())),
            });
        }
        if let Some(page) = self.page.as_deref().filter(|page| page.is_dir()) {
            return Err(CommandError::Request {
                message: format!("--page names a file, and {} is a folder", page.display()),
                hint: Some(format!("`--page {}` is in it", page.join("report.html").display())),
            });
        }
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

/// A results folder to read in. Cells that are damaged are left out, and named in the end.
pub(super) struct Reader {
    results: Results,
    /// A cell, and what is wrong with it.
    damaged: Vec<String>,
}

impl Reader {
    pub(super) fn new(folder: &Path) -> Reader {
        Reader { results: Results::at(folder, Owner::this_process(1.0)), damaged: Vec::new() }
    }

    /// The folder.
    pub(super) fn results(&self) -> &Results {
        &self.results
    }

    /// The rows of all cells that are done, in the order of the cells.
    pub(super) fn rows(&mut self, cells: &[Cell]) -> Result<Rows, CommandError> {
        let mut all = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let id = cell.id().to_string();
            let state = self.results.glance(&id);
            if matches!(state, Ok(State::Missing)) {
                continue;
            }
            let read = state.and_then(|_| self.results.read(&id, LEVELS));
            let Some(bytes) = self.whole(cell, read)? else { continue };
            let file = self.results.done_path(&id).join(LEVELS);
            let rows = rows::levels(&file.display().to_string(), &bytes);
            let rows = rows.map_err(|error| CommandError::refused(&error))?;
            check(&file, cell, &rows)?;
            all.extend(rows.into_iter().map(|row| (index, row)));
        }
        Ok(all)
    }

    /// The tests of all levels of a cell that is done, unless it is damaged.
    pub(super) fn curves(&mut self, cell: &Cell) -> Result<Option<Vec<CurveRow>>, CommandError> {
        let id = cell.id().to_string();
        let Some(bytes) = self.whole(cell, self.results.read(&id, CURVES))? else { return Ok(None) };
        let file = self.results.done_path(&id).join(CURVES);
        let rows = rows::curves(&file.display().to_string(), &bytes);
        rows.map(Some).map_err(|error| CommandError::refused(&error))
    }

    /// The ticket of a level of a cell that is done and did not diverge there, unless it is damaged.
    pub(super) fn ticket(&mut self, cell: &Cell, level: u32) -> Result<Option<Ticket>, CommandError> {
        // the dense level is another unit's
        let kind = if level == 0 { Kind::Dense } else { Kind::Cell };
        let (unit, name) = (kind.id(cell).to_string(), cells::ticket_name(level));
        let Some(bytes) = self.whole(cell, self.results.read(&unit, &name))? else { return Ok(None) };
        let file = self.results.done_path(&unit).join(&name);
        Ticket::decode(&bytes).map(Some).map_err(|error| tickets::refused(&file, &error))
    }

    /// What was read of a cell; where it is damaged, or not there, that is noted.
    fn whole<T>(&mut self, cell: &Cell, read: Result<T, ResultsError>) -> Result<Option<T>, CommandError> {
        match read {
            Ok(found) => Ok(Some(found)),
            Err(problem @ (ResultsError::Damaged(_) | ResultsError::Missing { .. })) => {
                self.damaged.push(format!("{} {}: {problem}", cell.id(), label(Kind::Cell, cell)));
                Ok(None)
            }
            Err(trouble) => Err(CommandError::Failed(trouble.into())),
        }
    }

    /// Fails where cells were left out, and names them; `command` does them anew.
    pub(super) fn end(self, command: &str) -> Result<(), CommandError> {
        const MOST: usize = 10;
        let count = self.damaged.len();
        if count == 0 {
            return Ok(());
        }
        let mut message = format!("left out what is damaged, {count} cells:");
        self.damaged.iter().take(MOST).for_each(|cell| message += &format!("\n  {cell}"));
        if count > MOST {
            message += &format!("\n  and {} more", count - MOST);
        }
        let hint = format!("`{command}` does them anew");
        Err(CommandError::Unfinished { message, hint, was_asked: false })
    }
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

/// The rows of each cell, by its place in the list of cells.
pub(super) fn by_cell(rows: Rows) -> BTreeMap<usize, Vec<LevelRow>> {
    let mut levels: BTreeMap<usize, Vec<LevelRow>> = BTreeMap::new();
    for (index, row) in rows {
        levels.entry(index).or_default().push(row);
    }
    levels
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
