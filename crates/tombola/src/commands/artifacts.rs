//! Artifacts in a folder: written from rows, or compared with them.

use std::path::{Path, PathBuf};

use clap::Args;

use super::shown::layers_of_file;
use super::{CommandError, must_be_no_file};
use crate::artifacts::{self, Evidence, LOTTERY};
use crate::rows::LayerRow;
use crate::store;

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
    /// Refuses a place that is none, before anything is told.
    pub(super) fn check_place(&self) -> Result<(), CommandError> {
        self.artifacts.as_deref().map_or(Ok(()), must_be_no_file)
    }

    /// The file of rows of layers, where one was named.
    pub(super) fn layers_file(&self) -> Option<&Path> {
        self.layers.as_deref()
    }

    /// The rows of layers that were named; none else.
    pub(super) fn layers(&self) -> Result<Vec<LayerRow>, CommandError> {
        self.layers.as_deref().map_or(Ok(Vec::new()), layers_of_file)
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

/// Fails where a file is not what it should be, and names all that are not.
fn check(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), CommandError> {
    let problem = |(name, wanted): &(String, Vec<u8>)| match store::read_whole(&folder.join(name), MOST_BYTES)
    {
        Ok(found) if found == *wanted => None,
        Ok(_) => Some(format!("{name} differs from its rows")),
        Err(error) if error.is_missing() => Some(format!("{name} is missing")),
        Err(error) => Some(error.to_string()),
    };
    let problems: Vec<String> = files.iter().filter_map(problem).collect();
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
        hint: "the same command without --check writes them".to_owned(),
        was_asked: false,
    })
}
