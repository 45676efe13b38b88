//! Artifacts in a folder: written from rows, or compared with them.

use std::collections::{BTreeMap, BTreeSet};
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
    /// Write nothing: fail if a file of --artifacts is missing, differs from what the rows give, or is not given by them
    #[arg(long, requires = "artifacts", conflicts_with = "page")]
    check: bool,
    /// Say also what networks look like inside: rows of layers that `tombola anatomy --csv` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    layers: Option<PathBuf>,
}

/// A name and what is in it.
pub(super) type File = (String, Vec<u8>);

/// The largest artifact that is compared.
const MOST_BYTES: u64 = 1 << 28;

impl ArtifactArguments {
    /// Refuses a place that is none, or a page over what is read, before anything is told.
    pub(super) fn check_place(&self, page: Option<&Path>) -> Result<(), CommandError> {
        if let (Some(page), Some(layers)) = (page, &self.layers) {
            must_differ("--page", page, layers)?;
        }
        self.artifacts.as_deref().map_or(Ok(()), |folder| must_be_no_file("--artifacts", folder))
    }

    /// The file of rows of layers, where one was named.
    pub(super) fn layers_file(&self) -> Option<&Path> {
        self.layers.as_deref()
    }

    /// The rows of layers that were named, which must be of these cells; none else.
    pub(super) fn layers(&self, cells: &[Cell]) -> Result<Vec<LayerRow>, CommandError> {
        let Some(file) = self.layers.as_deref() else { return Ok(Vec::new()) };
        let rows = layers_of_file(file)?;
        let mut known: BTreeMap<_, usize> = BTreeMap::new();
        cells.iter().for_each(|cell| *known.entry(names(cell)).or_default() += 1);
        let mut seen = BTreeSet::new();
        for row in &rows {
            let LayerRow { task, strategy, criterion, seed, level, layer, .. } = row;
            let name = (&task[..], strategy.clone(), criterion.clone(), *seed);
            let problem = match known.get(&name) {
                None => "is no cell of this grid",
                // rows of layers do not tell settings apart: only of a cell with one setting is the second wrong
                Some(1) if !seen.insert((name, level, layer)) => "has a layer of a level twice",
                Some(_) => continue,
            };
            let cell = format!("{task}, {strategy}, {criterion}, seed {seed}");
            return Err(CommandError::Request {
                message: format!("{}: {cell} {problem}", file.display()),
                hint: Some("rows must be those that `tombola anatomy --csv` printed of this spec".to_owned()),
            });
        }
        Ok(rows)
    }

    /// Whether nothing is written.
    pub(super) fn is_check(&self) -> bool {
        self.check
    }

    /// The artifacts of some evidence, if there is a place for them. `others` are read, or written too, and must be none of
    /// them.
    pub(super) fn files(
        &self,
        evidence: &Evidence<'_>,
        others: &[Option<&Path>],
    ) -> Result<Vec<File>, CommandError> {
        let Some(folder) = &self.artifacts else { return Ok(Vec::new()) };
        let files = artifacts::files(&LOTTERY, evidence);
        let others = || others.iter().copied().flatten().chain(self.layers.as_deref());
        if !self.check {
            for path in files.iter().map(|(name, _)| folder.join(name)) {
                others().try_for_each(|other| must_differ("--artifacts", &path, other))?;
            }
        }
        Ok(files)
    }

    /// Writes or compares them.
    pub(super) fn serve(&self, files: &[File]) -> Result<(), CommandError> {
        let Some(folder) = &self.artifacts else { return Ok(()) };
        if self.check {
            return check(folder, files);
        }
        store::make_folder(folder).map_err(|error| CommandError::Failed(error.into()))?;
        for (name, bytes) in files {
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

/// Whether a file looks like an artifact: it has the beginning and the ending of one.
fn is_artifact(name: &str) -> bool {
    let has_ending = [".csv", ".md", ".tex", ".svg", ".png"].iter().any(|ending| name.ends_with(ending));
    has_ending && LOTTERY.iter().any(|artifact| name.starts_with(artifact.name))
}

/// Fails where a file is not what it should be, or looks like an artifact and is none, and names all such.
fn check(folder: &Path, files: &[File]) -> Result<(), CommandError> {
    let problem = |(name, wanted): &File| match store::read_whole(&folder.join(name), MOST_BYTES) {
        Ok(found) if found == *wanted => None,
        Ok(_) => Some(format!("{name} differs from its rows")),
        Err(error) if error.is_missing() => Some(format!("{name} is missing")),
        Err(error) => Some(error.to_string()),
    };
    let problems: Vec<String> = files.iter().filter_map(problem).collect();
    let is_stale = |name: &String| is_artifact(name) && files.iter().all(|(known, _)| known != name);
    // a folder that is not there was told file by file
    let stale: Vec<String> = disk::names(folder).unwrap_or_default().into_iter().filter(is_stale).collect();
    if problems.is_empty() && stale.is_empty() {
        return Ok(());
    }
    let (count, all, place) = (problems.len(), files.len(), folder.display());
    let mut message = Vec::new();
    if count > 0 {
        let problems = problems.join("; ");
        message.push(format!("{count} of {all} artifacts in {place} are not what the rows give: {problems}"));
    }
    if !stale.is_empty() {
        message.push(format!("{place} has artifacts that the rows do not give: {}", stale.join("; ")));
    }
    Err(CommandError::Unfinished {
        message: message.join("\n"),
        hint: "the same command without --check writes those that the rows give; remove the others"
            .to_owned(),
        was_asked: false,
    })
}
