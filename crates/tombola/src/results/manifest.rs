//! The manifest of a unit that is done: size and SHA-256 of each of its files. Without it, or with one that does not fit,
//! a folder is no result.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tasks::vision::checksum::Checksum;

use super::{Damage, MANIFEST, MOST_BYTES, ResultsError, State};
use crate::store::{self, StoreError, disk};

/// The form of manifests. Older ones stay readable.
const FORMAT: u32 = 1;

/// A file of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Entry {
    pub(super) fn of(name: &str, bytes: &[u8]) -> Entry {
        Entry { name: name.to_owned(), size: bytes.len() as u64, sha256: Checksum::of(bytes) }
    }

    /// The entry in a line.
    pub(super) fn line(&self) -> String {
        format!("{} {} {}", self.sha256, self.size, self.name)
    }

    pub(super) fn parse(line: &str) -> Option<Entry> {
        let mut parts = line.split(' ');
        let (sha256, size, name) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let is_whole = sha256.len() == 64 && is_plain(name) && parts.next().is_none();
        is_whole.then(|| Entry { name: name.to_owned(), size, sha256: sha256.to_owned() })
    }

    /// The file in `folder`, if it is what the entry says. One that is there and cannot be read is not damaged for that.
    pub(super) fn read(&self, folder: &Path) -> Result<Vec<u8>, ResultsError> {
        self.has_length(folder)?;
        let path = folder.join(&self.name);
        let bytes = store::read_whole(&path, self.size).map_err(unread)?;
        let found = Entry::of(&self.name, &bytes);
        if found != *self {
            let problem = format!("expected SHA-256 {}, found {}", self.sha256, found.sha256);
            return Err(Damage { path, problem }.into());
        }
        Ok(bytes)
    }

    /// Whether the file in `folder` has the length that the entry says.
    fn has_length(&self, folder: &Path) -> Result<(), ResultsError> {
        let path = folder.join(&self.name);
        match disk::length(&path)? {
            Some(length) if length == self.size => Ok(()),
            Some(length) => {
                let problem = format!("it has {length} bytes and should have {}", self.size);
                Err(Damage { path, problem }.into())
            }
            None => Err(Damage::missing(&path).into()),
        }
    }
}

/// All files of a unit that is done, in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    unit: String,
    files: Vec<Entry>,
    /// SHA-256 of the manifest with nothing here.
    checksum: String,
}

impl Manifest {
    pub(super) fn new(unit: &str, mut files: Vec<Entry>) -> Manifest {
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let mut manifest = Manifest { format: FORMAT, unit: unit.to_owned(), files, checksum: String::new() };
        manifest.checksum = manifest.sum();
        manifest
    }

    /// The files, in the order of their names.
    pub fn files(&self) -> &[Entry] {
        &self.files
    }

    /// A file by its name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.files.iter().find(|entry| entry.name == name)
    }

    fn sum(&self) -> String {
        let empty = Manifest { checksum: String::new(), ..self.clone() };
        Checksum::of(&empty.encode())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("manifests are data");
        text.push(b'\n');
        text
    }

    /// A manifest of the unit, or what is wrong with it.
    pub(super) fn decode(bytes: &[u8], unit: &str) -> Result<Manifest, String> {
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let Manifest { format, unit: found, files, checksum } = &manifest;
        if *format != FORMAT {
            return Err(format!("its format is {format}; this program reads format {FORMAT}"));
        }
        if found != unit {
            return Err(format!("it belongs to the unit {found}"));
        }
        if *checksum != manifest.sum() {
            return Err(format!("its checksum is {checksum}, and of what it says {}", manifest.sum()));
        }
        match files.iter().find(|entry| !is_plain(&entry.name)) {
            Some(entry) => Err(format!("`{}` is no name of a result", entry.name)),
            None if manifest.encode() != bytes => Err("it is not as this program writes it".to_owned()),
            None => Ok(manifest),
        }
    }
}

/// Whether a result may have this name: letters, digits, `.`, `_` and `-`, and no file that hides.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) && name != MANIFEST
}

/// What the folder of a unit is; with the checksum of every file where `deep`.
pub(super) fn state(folder: &Path, unit: &str, deep: bool) -> Result<State, ResultsError> {
    match checked(folder, unit, deep) {
        Ok(manifest) => Ok(State::Done(manifest)),
        // it never was, or somebody has moved it aside meanwhile
        Err(ResultsError::Damaged(_)) if !disk::is_there(folder)? => Ok(State::Missing),
        Err(ResultsError::Damaged(damage)) => Ok(State::Damaged(damage)),
        Err(trouble) => Err(trouble),
    }
}

fn checked(folder: &Path, unit: &str, deep: bool) -> Result<Manifest, ResultsError> {
    let path = folder.join(MANIFEST);
    let bytes = store::read_whole(&path, MOST_BYTES).map_err(unread)?;
    let manifest = Manifest::decode(&bytes, unit).map_err(|problem| Damage { path, problem })?;
    for entry in &manifest.files {
        if deep {
            entry.read(folder)?;
        } else {
            entry.has_length(folder)?;
        }
    }
    Ok(manifest)
}

/// A file that is gone, or longer than any, is damaged; one that cannot be read now may be whole.
fn unread(error: StoreError) -> ResultsError {
    let path = error.path();
    if error.is_missing() {
        Damage::missing(path).into()
    } else if error.is_too_long() {
        Damage { path: path.to_owned(), problem: error.to_string() }.into()
    } else {
        error.into()
    }
}
