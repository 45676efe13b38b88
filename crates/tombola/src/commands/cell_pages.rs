//! Pages of cells, beside the page of their report.

use std::path::{Path, PathBuf};

use clap::Args;
use networks::{Tensor, Ticket};
use tasks::control::scoring::Control;

use super::shown::{Reader, Rows};
use super::{CommandError, report, shown, watch};
use crate::anatomy;
use crate::grid::Cell;
use crate::report::{CellLink, Network, NetworkLayer, Portrait, cell_page, shown_levels};
use crate::rows::LevelRow;
use crate::store;
use crate::tables::densities::{number, percent};

/// The folder of the pages, beside the report.
const FOLDER: &str = "cells";

/// Whether cells have pages.
#[derive(Args, Debug)]
pub(super) struct CellPageArguments {
    /// Write also a page for each cell that is done, into `cells` beside the page: its curves, what is left of its networks,
    /// and for bodies that move a film
    #[arg(long, conflicts_with_all = ["csv", "rows", "check"])]
    cells: bool,
}

/// Where pages of cells belong.
pub(super) struct Place<'a> {
    /// The page of the report.
    pub(super) report: &'a Path,
    /// The command that makes the cells again.
    pub(super) command: &'a str,
}

impl CellPageArguments {
    /// Refuses a place that is none, before anything is told.
    pub(super) fn check_place(&self, report: Option<&Path>) -> Result<(), CommandError> {
        report.filter(|_| self.cells).map_or(Ok(()), |report| folder(report).map(drop))
    }

    /// Writes the pages if they were asked for and there is a folder to read; the way to each.
    pub(super) fn serve(
        &self,
        place: &Place<'_>,
        cells: &[Cell],
        rows: Rows,
        reader: Option<&mut Reader>,
    ) -> Result<Vec<CellLink>, CommandError> {
        match reader {
            Some(reader) if self.cells => write(place, cells, rows, reader),
            _ => Ok(Vec::new()),
        }
    }
}

/// Writes a page for each cell that is done, and whole; the way to each.
pub(super) fn write(
    place: &Place<'_>,
    cells: &[Cell],
    rows: Rows,
    reader: &mut Reader,
) -> Result<Vec<CellLink>, CommandError> {
    let folder = folder(place.report)?;
    let (levels, settings) = (shown::by_cell(rows), report::distinctions(cells));
    if !levels.is_empty() {
        store::make_folder(&folder).map_err(|error| CommandError::Failed(error.into()))?;
    }
    let mut links = Vec::new();
    for (index, levels) in levels {
        if let Some(file) = write_one(place, reader, &folder, &cells[index], &levels)? {
            links.push(link(&file, &settings[index], &cells[index], &levels));
        }
    }
    Ok(links)
}

/// Where pages of cells go.
fn folder(report: &Path) -> Result<PathBuf, CommandError> {
    let folder = report.parent().unwrap_or(Path::new("")).join(FOLDER);
    if !folder.exists() || folder.is_dir() {
        return Ok(folder);
    }
    let message = format!("{} is a file, where the pages of cells belong", folder.display());
    Err(CommandError::Request {
        message,
        hint: Some("move the file away, or name another --page".to_owned()),
    })
}

/// Writes the page of a cell, and its film if it can have one; the name of the page. None of a cell that is damaged.
fn write_one(
    place: &Place<'_>,
    reader: &mut Reader,
    folder: &Path,
    cell: &Cell,
    levels: &[LevelRow],
) -> Result<Option<String>, CommandError> {
    let write = |name: &str, text: &str| {
        store::write_whole(&folder.join(name), text.as_bytes())
            .map_err(|error| CommandError::Failed(error.into()))
    };
    let Some(curves) = reader.curves(cell)? else { return Ok(None) };
    let Some(tickets) = tickets(reader, cell, levels)? else { return Ok(None) };
    let film = film(cell, &tickets)?.map(|page| (format!("{}-film.html", cell.id()), page));
    if let Some((name, page)) = &film {
        write(name, page)?;
    }
    let file = format!("{}.html", cell.id());
    let portrait = Portrait {
        canonical: cell.canonical(),
        command: place.command.to_owned(),
        film: film.map(|(name, _)| name),
        networks: tickets.iter().map(|(row, ticket)| network(row, ticket)).collect(),
    };
    let report =
        place.report.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    write(&file, &cell_page(&format!("../{report}"), levels, &curves, &portrait))?;
    Ok(Some(file))
}

/// The tickets of the levels that are shown, if all are whole; what diverged has left none.
fn tickets<'a>(
    reader: &mut Reader,
    cell: &Cell,
    levels: &'a [LevelRow],
) -> Result<Option<Vec<(&'a LevelRow, Ticket)>>, CommandError> {
    let mut tickets = Vec::new();
    let shown_rows = shown_levels(levels.len()).into_iter().map(|level| &levels[level as usize]);
    for row in shown_rows.filter(|row| row.score.is_some()) {
        let Some(ticket) = reader.ticket(cell, row.level)? else { return Ok(None) };
        tickets.push((row, ticket));
    }
    Ok(Some(tickets))
}

/// The film of the first and the last network of a cell whose task is one of motion.
fn film(cell: &Cell, tickets: &[(&LevelRow, Ticket)]) -> Result<Option<String>, CommandError> {
    let (Some(task), Some(first), Some(last)) =
        (Control::named(&cell.run.task), tickets.first(), tickets.last())
    else {
        return Ok(None);
    };
    let label = |(row, _): &(&LevelRow, Ticket)| format!("{} of the weights", percent(row.density));
    let mut shown = vec![(label(first), &first.1)];
    if last.0.level > first.0.level {
        shown.push((label(last), &last.1));
    }
    watch::film(&task, &shown).map(Some)
}

/// What a network looks like.
fn network(row: &LevelRow, ticket: &Ticket) -> Network {
    let layer = |tensor: &Tensor| NetworkLayer {
        name: tensor.name.clone(),
        kept: ticket.indices().iter().filter(|index| tensor.range().contains(&(**index as usize))).count(),
        weights: tensor.len(),
        picture: anatomy::picture(ticket, tensor),
    };
    Network {
        level: row.level,
        density: row.density,
        layers: anatomy::tensors(ticket.network()).map(layer).collect(),
    }
}

fn link(file: &str, settings: &str, cell: &Cell, levels: &[LevelRow]) -> CellLink {
    let last = levels.last().expect("a cell that is done has levels");
    let score = last.score.map_or("diverged".to_owned(), number);
    let criterion = cell.criterion();
    CellLink {
        names: [cell.run.task.clone(), cell.strategy().to_owned(), criterion, cell.run.seed.to_string()],
        settings: settings.to_owned(),
        last: [percent(last.density), score],
        page: format!("{FOLDER}/{file}"),
    }
}
