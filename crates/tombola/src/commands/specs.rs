//! Which cells a command is about: those of a spec, or of a paper's grid.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CommandError, must_differ};
use crate::grid::{self, Cell};
use crate::papers::{PAPERS, Paper, Scale};
use crate::spec::{self, Spec, SpecError};
use crate::store::{self, StoreError, disk};
use crate::suggest::nearest;

/// A spec, with changes.
#[derive(Args, Debug)]
pub(super) struct SpecArguments {
    /// A spec: which cells there are (`tombola papers show lottery` prints one to begin with)
    #[arg(value_name = "SPEC", conflicts_with = "paper")]
    spec: Option<PathBuf>,
    /// The grid of a paper instead (`tombola papers` lists them)
    #[arg(long, value_name = "NAME")]
    paper: Option<String>,
    /// How much of the paper: smoke, small or paper
    #[arg(long, value_name = "SCALE", default_value = "smoke", value_parser = scale)]
    scale: Scale,
    /// Change a key in all cells; may be given many times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    changes: Vec<String>,
}

/// Cells, and what they are called together.
#[derive(Debug)]
pub(super) struct Study {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
}

impl SpecArguments {
    /// Refuses to write a page over the spec.
    pub(super) fn check_page(&self, page: Option<&Path>) -> Result<(), CommandError> {
        match (page, &self.spec) {
            (Some(page), Some(spec)) => must_differ("--page", page, spec),
            _ => Ok(()),
        }
    }

    /// The spec, if it is a file.
    pub(super) fn file(&self) -> Option<&Path> {
        self.spec.as_deref()
    }

    /// Reads the spec, and makes its cells.
    pub(super) fn study(&self) -> Result<Study, CommandError> {
        self.study_or(None)
    }

    /// The same; where neither a spec nor a paper is named, one that the program has: its name and its text.
    pub(super) fn study_or(&self, own: Option<(&str, &str)>) -> Result<Study, CommandError> {
        let spec = match (&self.spec, &self.paper) {
            (Some(path), _) => Spec::parse(&path.display().to_string(), &read(path)?, &self.changes)?,
            (None, Some(name)) => paper(name)?.spec(self.scale, &self.changes)?,
            (None, None) => match own {
                Some((name, text)) => Spec::parse(name, text, &self.changes)?,
                None => {
                    let message = "which cells? Name a spec, or a paper with --paper".to_owned();
                    let hint = Some("`tombola papers` lists the papers' grids".to_owned());
                    return Err(CommandError::Request { message, hint });
                }
            },
        };
        Ok(Study { name: spec.name().to_owned(), cells: grid::cells(&spec)? })
    }

    /// The command that does these cells in a folder.
    pub(super) fn command(&self, folder: &Path) -> String {
        self.command_of("run", folder)
    }

    /// The command of a name, about these cells in a folder.
    pub(super) fn command_of(&self, name: &str, folder: &Path) -> String {
        self.command_with(name, "--out", folder)
    }

    /// The command of a name, about these cells, with a flag and its path.
    pub(super) fn command_with(&self, name: &str, flag: &str, path: &Path) -> String {
        let mut words = vec!["tombola".to_owned(), name.to_owned()];
        words.extend(self.spec.iter().map(|path| path.display().to_string()));
        if let Some(paper) = &self.paper {
            words.extend(["--paper", paper, "--scale", self.scale.name()].map(str::to_owned));
        }
        words.extend(self.changes.iter().flat_map(|change| ["--set".to_owned(), change.clone()]));
        words.extend([flag.to_owned(), path.display().to_string()]);
        quoted(&words)
    }
}

/// Words as a shell takes them.
pub(super) fn quoted(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// The scale of a name, for arguments.
pub(super) fn scale(name: &str) -> Result<Scale, String> {
    let names = Scale::ALL.map(Scale::name).join(", ");
    Scale::named(name).ok_or_else(|| format!("there is no scale `{name}`; there are {names}"))
}

/// The paper of a name.
pub(super) fn paper(name: &str) -> Result<&'static Paper, CommandError> {
    let names = PAPERS.map(|paper| paper.name);
    Paper::named(name).ok_or_else(|| CommandError::Request {
        message: format!("there is no paper `{name}`; there are {}", names.join(", ")),
        hint: nearest(name, names).map(|like| format!("did you mean `{like}`?")),
    })
}

fn read(path: &Path) -> Result<String, CommandError> {
    let bytes = store::read_whole(path, spec::MOST_BYTES).map_err(|error| unread(path, &error))?;
    String::from_utf8(bytes).map_err(|error| CommandError::Request {
        message: format!(
            "{} is no text: the byte at {} is not UTF-8",
            path.display(),
            error.utf8_error().valid_up_to()
        ),
        hint: Some("a spec is a TOML file: `tombola papers show lottery` prints one".to_owned()),
    })
}

/// A spec that cannot be read; where it is not there, which one is, and what makes one.
fn unread(path: &Path, error: &StoreError) -> CommandError {
    let hint = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let names = disk::names(folder).unwrap_or_default();
        let specs = names.iter().map(String::as_str).filter(|name| name.ends_with(".toml"));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let like = nearest(&name, specs)
            .map(|like| format!("did you mean `{}`? ", path.with_file_name(like).display()));
        let like = like.unwrap_or_default();
        format!("{like}`tombola papers show lottery --scale smoke > mine.toml` makes one to begin with")
    };
    CommandError::Request { message: error.to_string(), hint: error.is_missing().then(hint) }
}

impl From<SpecError> for CommandError {
    fn from(error: SpecError) -> CommandError {
        CommandError::Request { hint: error.hint(), message: error.to_string() }
    }
}
