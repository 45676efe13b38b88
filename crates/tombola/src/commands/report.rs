//! `tombola report`: what a results folder shows so far, as one page and as a table.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use clap::Args;

use super::artifacts::ArtifactArguments;
use super::cell_pages::{CellPageArguments, Place};
use super::shown::{Reader, ShownArguments, rows_of_file, write_csv};
use super::specs::{SpecArguments, Study, quoted};
use super::units::OutArguments;
use super::{CommandError, beside, provenance};
use crate::artifacts::Evidence;
use crate::grid::Cell;
use crate::quirks;
use crate::report::{self, Said, Words};
use crate::rows::{LayerRow, LevelRow};
use crate::store;
use crate::tables::densities::{self, Line};
use crate::tables::layers::{self, Quantity};
use crate::tables::pairs;

/// Show what is done of a grid: a page (report.html in the results folder), tables, and what they say of the papers' claims.
///
/// May be asked for at any time, also while others work in the folder. Cells that are damaged are left out and named, and the
/// exit status is 1.
#[derive(Args, Debug)]
pub struct ReportArguments {
    #[command(flatten)]
    specs: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    #[command(flatten)]
    shown: ShownArguments,
    #[command(flatten)]
    cells: CellPageArguments,
    #[command(flatten)]
    artifacts: ArtifactArguments,
}

impl ReportArguments {
    /// Refuses places that are none, and such as would be written over what is read.
    fn check_places(&self) -> Result<(), CommandError> {
        self.shown.check()?;
        self.specs.check_page(self.shown.page.as_deref())?;
        self.artifacts.check_place(self.shown.page.as_deref())
    }

    /// The command that writes what the page shows as files.
    fn again(&self, folder: &Path) -> String {
        let mut words = match &self.shown.rows {
            Some(rows) => self.specs.command_with("report", "--rows", rows),
            None => self.specs.command_with("report", "--out", folder),
        };
        if let Some(layers) = self.artifacts.layers_file() {
            words += &format!(" --layers {}", quoted(&[layers.display().to_string()]));
        }
        words + " --artifacts DIR"
    }
}

pub(super) fn run(arguments: &ReportArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    arguments.check_places()?;
    let study = arguments.specs.study()?;
    let folder = arguments.out.folder(&study)?;
    arguments.cells.check_place(arguments.shown.page(&folder, "report.html").as_deref())?;
    let command = arguments.specs.command(&folder);
    let mut reader = None;
    let rows = match &arguments.shown.rows {
        Some(file) => rows_of_file(file, &study.cells)?,
        None if folder.is_dir() => reader.insert(Reader::new(&folder)).rows(&study.cells)?,
        None => {
            return Err(CommandError::Request {
                message: format!("there is no folder {}", folder.display()),
                hint: Some(format!("`{command}` does the cells; --out names where results are")),
            });
        }
    };
    if arguments.shown.csv {
        write_csv(out, &study.cells, &rows)?;
        return ended(reader, &command);
    }
    let done = rows.iter().filter(|(_, row)| row.level == 0).count();
    let layers = arguments.artifacts.layers(&study.cells)?;
    let (lines, mut said) = shown(&study.cells, &rows, &layers);
    for quantity in Quantity::ALL {
        let table = layers::table(&layers, quantity);
        table.into_iter().for_each(|table| said.push(quantity.artifact(), quantity.caption(), table));
    }
    let evidence = Evidence {
        lines: &lines,
        groups: said.groups(),
        average: said.average(),
        findings: said.findings(),
        layers: &layers,
    };
    let page = arguments.shown.page(&folder, "report.html");
    // a folder without rows is left as it is
    let page = page.filter(|_| arguments.shown.page.is_some() || !rows.is_empty());
    let others = [page.as_deref(), arguments.shown.rows.as_deref(), arguments.specs.file()];
    let files = arguments.artifacts.files(&evidence, &others)?;
    if arguments.artifacts.is_check() {
        // what is damaged is the first thing to mend
        ended(reader, &command)?;
        return arguments.artifacts.serve(&files);
    }
    // whoever may only read the folder has the table all the same
    write!(out, "{}{}", densities::text(&lines), said.text())?;
    out.flush()?;
    if let Some(page) = &page {
        let provenance = provenance::table(&study.cells, &rows, reader.as_ref().map(Reader::results));
        let artifacts = arguments.again(&folder);
        let place = Place { report: page, command: &command };
        let cells = arguments.cells.serve(&place, &study.cells, rows, reader.as_mut())?;
        let about = vec![format!("{done} of {} cells are done.", study.cells.len())];
        let (title, command) = (study.name.clone(), command.clone());
        let departures = quirks::table(&study.cells);
        let settings = beside::table(&study.cells)?;
        let words =
            Words { title, about, command, artifacts, settings, departures, provenance, cells, refresh: 0 };
        let written = store::write_whole(page, report::page(&words, &lines, &said).as_bytes());
        written.map_err(|error| CommandError::Failed(error.into()))?;
    }
    arguments.artifacts.serve(&files)?;
    let place = page.or_else(|| arguments.shown.rows.clone()).unwrap_or(folder);
    // a closed stderr leaves nobody to tell
    let _ =
        writeln!(std::io::stderr(), "{done} of {} cells are done: {}", study.cells.len(), place.display());
    ended(reader, &command)
}

/// Fails where cells of the folder that was read, if one was, are damaged.
fn ended(reader: Option<Reader>, command: &str) -> Result<(), CommandError> {
    reader.map_or(Ok(()), |reader| reader.end(command))
}

/// The page of what is done in a folder so far, which a browser looks at again after some seconds, if any.
pub(super) fn live_page(
    study: &Study,
    folder: &Path,
    (about, command): (Vec<String>, String),
    refresh: u32,
) -> Result<String, CommandError> {
    let mut reader = Reader::new(folder);
    let rows = reader.rows(&study.cells)?;
    let (lines, said) = shown(&study.cells, &rows, &[]);
    let provenance = provenance::table(&study.cells, &rows, Some(reader.results()));
    let departures = quirks::table(&study.cells);
    let title = study.name.clone();
    let settings = beside::table(&study.cells)?;
    let words =
        Words { title, about, command, settings, departures, provenance, refresh, ..Words::default() };
    Ok(report::page(&words, &lines, &said))
}

/// What rows of cells say line by line; and of all tasks and strategies together, and of the papers' claims.
pub(super) fn shown(cells: &[Cell], rows: &[(usize, LevelRow)], layers: &[LayerRow]) -> (Vec<Line>, Said) {
    let names = distinctions(cells);
    let named = || rows.iter().map(|(index, row)| (names[*index].as_str(), row));
    (densities::lines_by_settings(named()), Said::of(pairs::groups(named()), layers))
}

/// Of each cell the settings that not all cells of its task, strategy and criterion have.
pub(super) fn distinctions(cells: &[Cell]) -> Vec<String> {
    let settings: Vec<Vec<String>> = cells.iter().map(Cell::settings).collect();
    let name = |cell: &Cell| (cell.run.task.clone(), cell.strategy(), cell.criterion());
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
