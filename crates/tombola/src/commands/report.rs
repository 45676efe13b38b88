//! `tombola report`: what a results folder shows so far, as one page and as a table.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use super::specs::SpecArguments;
use super::units::OutArguments;
use crate::cells::{self, LEVELS};
use crate::grid::Cell;
use crate::report::{self, Said, Words};
use crate::results::{Owner, Results, State};
use crate::rows::{self, LevelRow};
use crate::store;
use crate::tables::densities::{self, Line};
use crate::tables::pairs;

/// Show what is done of a grid: a page (report.html in the results folder), tables, and what they say of the papers' claims.
///
/// May be asked for at any time, also while others work in the folder.
#[derive(Args, Debug)]
pub struct ReportArguments {
    #[command(flatten)]
    specs: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    /// Print the rows of all levels as CSV instead, each behind the id of its cell
    #[arg(long)]
    csv: bool,
    /// Take the rows from a file that --csv wrote, instead of from a results folder
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "csv"])]
    rows: Option<PathBuf>,
    /// Where the page goes [default: report.html in the results folder; with --rows nowhere]
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    page: Option<PathBuf>,
}

pub(super) fn run(arguments: &ReportArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    if arguments.page.is_some() && arguments.page == arguments.rows {
        return Err(CommandError::Request {
            message: "--page and --rows name the same file, and the page would take the place of the rows"
                .to_owned(),
            hint: None,
        });
    }
    let study = arguments.specs.study()?;
    let folder = arguments.out.folder(&study)?;
    let rows = match &arguments.rows {
        Some(file) => rows_of_file(file, &study.cells)?,
        None if folder.is_dir() => rows(&folder, &study.cells)?,
        None => {
            return Err(CommandError::Request {
                message: format!("there is no folder {}", folder.display()),
                hint: Some(format!(
                    "`{}` does the cells; --out names where results are",
                    arguments.specs.command(&folder)
                )),
            });
        }
    };
    if arguments.csv {
        // rows of two cells may differ in nothing but their numbers: each stands behind the name of its cell
        let named: Vec<_> =
            rows.iter().map(|(index, row)| (study.cells[*index].id().to_string(), row)).collect();
        out.write_all(&rows::write_with_cells(&named))?;
        return Ok(());
    }
    let done = rows.iter().filter(|(_, row)| row.level == 0).count();
    let words = Words {
        title: study.name.clone(),
        about: vec![format!("{done} of {} cells are done.", study.cells.len())],
        command: arguments.specs.command(&folder),
    };
    let (lines, said) = shown(&study.cells, &rows);
    // whoever may only read the folder has the table all the same
    write!(out, "{}{}", densities::text(&lines), said.text())?;
    out.flush()?;
    let is_of_folder = arguments.rows.is_none() && !rows.is_empty();
    let page = arguments.page.clone().or_else(|| is_of_folder.then(|| folder.join("report.html")));
    if let Some(page) = &page {
        let written = store::write_whole(page, report::page(&words, &lines, &said).as_bytes());
        written.map_err(|error| CommandError::Failed(error.into()))?;
    }
    let place = page.or_else(|| arguments.rows.clone()).unwrap_or(folder);
    // a closed stderr leaves nobody to tell
    let _ =
        writeln!(std::io::stderr(), "{done} of {} cells are done: {}", study.cells.len(), place.display());
    Ok(())
}

/// Rows, each with the place of its cell in the list of cells.
type Rows = Vec<(usize, LevelRow)>;

/// The rows of all cells that are done, in the order of the cells.
fn rows(folder: &Path, cells: &[Cell]) -> Result<Rows, CommandError> {
    let results = Results::at(folder, Owner::this_process(1.0));
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

/// The largest file of rows that is read: a hundred thousand cells of twenty levels.
const MOST_ROW_BYTES: u64 = 1 << 29;

/// The rows of a file, which must be of these cells; in the order of the cells.
fn rows_of_file(file: &Path, cells: &[Cell]) -> Result<Rows, CommandError> {
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

/// What the cells say that are done: line by line, and together.
pub(super) fn done(folder: &Path, cells: &[Cell]) -> Result<(Vec<Line>, Said), CommandError> {
    Ok(shown(cells, &rows(folder, cells)?))
}

/// What rows of cells say line by line; and of all tasks and strategies together, and of the papers' claims.
fn shown(cells: &[Cell], rows: &[(usize, LevelRow)]) -> (Vec<Line>, Said) {
    let names = distinctions(cells);
    let named = || rows.iter().map(|(index, row)| (names[*index].as_str(), row));
    (densities::lines_by_settings(named()), Said::of(pairs::groups(named())))
}

/// Of each cell the settings that not all cells of its task, strategy and criterion have.
fn distinctions(cells: &[Cell]) -> Vec<String> {
    let settings: Vec<Vec<String>> = cells.iter().map(Cell::settings).collect();
    let name = |cell: &Cell| (cell.run.task.clone(), cell.strategy(), cell.pruning.criterion.name());
    let mut groups: BTreeMap<_, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for (cell, settings) in cells.iter().zip(&settings) {
        let (size, counts) = groups.entry(name(cell)).or_default();
        *size += 1;
        settings.iter().for_each(|setting| *counts.entry(setting).or_default() += 1);
    }
    let distinction = |(cell, settings): (&Cell, &Vec<String>)| {
        let (size, counts) = &groups[&name(cell)];
        let own = settings.iter().map(String::as_str).filter(|setting| counts[setting] < *size);
        own.collect::<Vec<_>>().join(", ")
    };
    cells.iter().zip(&settings).map(distinction).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;
    use crate::spec::Spec;

    #[test]
    fn cells_are_told_apart_by_the_settings_in_which_they_differ() {
        let told = |text: &str| {
            let spec = Spec::parse("x", text, &[]).expect("a spec");
            let mut names = distinctions(&grid::cells(&spec).expect("cells"));
            names.sort();
            names.dedup();
            names
        };
        let base = "task=['mnist','glyphs']\nstrategy=['snes','pgpe']\nseeds=2\ngenerations=10\n";
        assert_eq!(told(base), [""]);
        assert_eq!(told(&format!("{base}keep=[0.5,0.8]")), ["", "pruning.keep=0.5"]);
        let expected = ["pruning.keep=0.5", "pruning.keep=0.6"];
        assert_eq!(told(&format!("{base}keep=[0.5,0.6]")), expected);
        let one = told(&format!("{base}snes.temperature=[3,4]"));
        assert_eq!(one, ["", "run.plan.search.method.temperature=3", "run.plan.search.method.temperature=4"]);
    }
}
