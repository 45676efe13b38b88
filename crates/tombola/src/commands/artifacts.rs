//! Artifacts in a folder: written from rows, or compared with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::shown::layers_of_file;
use super::{CommandError, must_be_no_file, must_differ};
use crate::artifacts::{self, Evidence, LOTTERY};
use crate::grid::Cell;
use crate::rows::LayerRow;
use crate::store::{self, disk};

/// Where artifacts go, and whether they are there.
#[derive(Args, Debug)]
pub(super) struct ArtifactArguments {
    /// Write each table as CSV, Markdown and LaTeX and each figure as SVG and PNG into this folder (`tombola papers lottery` lists them)
    #[arg(long, value_name = "DIR", conflicts_with = "csv")]
    artifacts: Option<PathBuf>,
    /// Write nothing: fail if a file of --artifacts is missing or differs from what the rows give
    #[arg(long, requires = "artifacts", conflicts_with = "page")]
    check: bool,
    /// Say also what networks look like inside: rows of layers that `tombola anatomy --csv` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    layers: Option<PathBuf>,
}

/// The largest artifact that is compared.
const MOST_BYTES: u64 = 1 << 28;

impl ArtifactArguments {
    /// Refuses a place that is none, or where artifacts or a page would be written over what is read, before anything is told.
    pub(super) fn check_place(&self, page: Option<&Path>, rows: Option<&Path>) -> Result<(), CommandError> {
        if let (Some(page), Some(layers)) = (page, &self.layers) {
            must_differ("--page", page, layers)?;
        }
        let Some(folder) = &self.artifacts else { return Ok(()) };
        must_be_no_file("--artifacts", folder)?;
        for read in [rows, self.layers.as_deref()].into_iter().flatten() {
            if let Some(name) = read.file_name() {
                must_differ("--artifacts", &folder.join(name), read)?;
            }
        }
        Ok(())
    }

    /// The file of rows of layers, where one was named.
    pub(super) fn layers_file(&self) -> Option<&Path> {
        self.layers.as_deref()
    }

    /// The rows of layers that were named, which must be of these cells; none else.
    pub(super) fn layers(&self, cells: &[Cell]) -> Result<Vec<LayerRow>, CommandError> {
        let Some(file) = self.layers.as_deref() else { return Ok(Vec::new()) };
        let rows = layers_of_file(file)?;
        let known: BTreeSet<_> = cells.iter().map(names).collect();
        let is_strange = |row: &&LayerRow| {
            !known.contains(&(&row.task[..], row.strategy.clone(), row.criterion.clone(), row.seed))
        };
        let Some(row) = rows.iter().find(is_strange) else { return Ok(rows) };
        let LayerRow { task, strategy, criterion, seed, .. } = row;
        Err(CommandError::Request {
            message: format!(
                "{}: {task}, {strategy}, {criterion}, seed {seed} is no cell of this grid",
                file.display()
            ),
            hint: Some("name the spec that the rows are of: `tombola list` shows its cells".to_owned()),
        })
    }

    /// Whether nothing is written.
    pub(super) fn is_check(&self) -> bool {
        self.check
    }

    /// Writes or compares the artifacts of some evidence.
    pub(super) fn serve(&self, evidence: &Evidence<'_>) -> Result<(), CommandError> {
        let Some(folder) = &self.artifacts else { return Ok(()) };
        let files = artifacts::files(&LOTTERY, evidence);
        if self.check {
            return check(folder, &files);
        }
        store::make_folder(folder).map_err(|error| CommandError::Failed(error.into()))?;
        for (name, bytes) in &files {
            store::write_whole(&folder.join(name), bytes)
                .map_err(|error| CommandError::Failed(error.into()))?;
        }
        Ok(())
    }
}

/// What rows of layers call a cell.
fn names(cell: &Cell) -> (&str, String, String, u64) {
    (&cell.run.task, cell.strategy().to_owned(), cell.criterion(), cell.run.seed)
}

/// Fails where a file is not what it should be, or belongs to no artifact, and names all such.
fn check(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), CommandError> {
    let problem = |(name, wanted): &(String, Vec<u8>)| match store::read_whole(&folder.join(name), MOST_BYTES)
    {
        Ok(found) if found == *wanted => None,
        Ok(_) => Some(format!("{name} differs from its rows")),
        Err(error) if error.is_missing() => Some(format!("{name} is missing")),
        Err(error) => Some(error.to_string()),
    };
    let mut problems: Vec<String> = files.iter().filter_map(problem).collect();
    let is_known = |name: &String| files.iter().any(|(known, _)| known == name);
    let others = disk::names(folder).unwrap_or_default().into_iter().filter(|name| !is_known(name));
    problems.extend(others.map(|name| format!("{name} belongs to no artifact")));
    if problems.is_empty() {
        return Ok(());
    }
    let (count, all) = (problems.len(), files.len());
    let message = format!(
        "{count} of {all} artifacts in {} are not what the rows give: {}",
        folder.display(),
        problems.join("; ")
    );
    Err(CommandError::Unfinished {
        message,
        hint: "the same command without --check writes them, and leaves alone what belongs to none"
            .to_owned(),
        was_asked: false,
    })
}
