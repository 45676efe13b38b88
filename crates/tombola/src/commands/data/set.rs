//! From a name to an image set, and from what went wrong to a message with a cure.

use std::path::{Path, PathBuf};

use numerics::random::Stream;
use tasks::control;
use tasks::vision::corruption::{Change, Corruption};
use tasks::vision::files::{self, DataError};
use tasks::vision::glyphs::{self, Kind};
use tasks::vision::images::ImageSet;
use tasks::vision::sets::{self, KnownSet};

use super::places::Places;
use crate::commands::CommandError;
use crate::suggest::nearest;

/// The set of this name, with its corruption if it names one.
pub(super) fn named(name: &str, places: &Places) -> Result<ImageSet, CommandError> {
    let (base, corruptions) = match name.split_once('+') {
        // a folder may have such a name
        Some(_) if Path::new(name).is_dir() => (name, ""),
        Some((base, corruptions)) => (base, corruptions),
        None => (name, ""),
    };
    if !is_set(base) {
        return Err(no_task(base));
    }
    let corruptions: Vec<Corruption> = corruptions
        .split('+')
        .filter(|_| base.len() < name.len())
        .map(corruption)
        .collect::<Result<_, _>>()?;
    let set = whole(base, places)?;
    // each has a stream of its own, so that two of a kind are not one twice
    let stream = Stream::new(glyphs::SEED, "corruption");
    let corrupt = |set, (index, corruption): (u64, Corruption)| corruption.of(&set, stream.child(index));
    Ok((0..).zip(corruptions).fold(set, corrupt))
}

/// Whether a name is one of a set, or of a folder.
fn is_set(name: &str) -> bool {
    let is_folder = Path::new(name).is_dir() || name.contains(['/', '\\']);
    is_folder || Kind::named(name).is_some() || sets::named(name).is_ok()
}

fn whole(name: &str, places: &Places) -> Result<ImageSet, CommandError> {
    if let Some(kind) = Kind::named(name) {
        return Ok(glyphs::embedded(kind));
    }
    if let Ok(set) = sets::named(name) {
        return files::load(set, places.roots()).map_err(|error| refused(error, Some(set), places));
    }
    let folder = Path::new(name);
    if folder.is_dir() || name.contains(['/', '\\']) {
        return files::load_folder(folder, None).map_err(|error| refused(error, None, places));
    }
    Err(no_task(name))
}

/// Nothing that networks can be good at has this name.
fn no_task(name: &str) -> CommandError {
    let sets = || Kind::ALL.map(Kind::name).into_iter().chain(sets::SETS.iter().map(|set| set.name));
    let like = nearest(name, sets().chain(control::NAMES)).map(|like| format!("did you mean `{like}`?"));
    let (sets, worlds) = (sets().collect::<Vec<_>>().join(", "), control::NAMES.join(", "));
    CommandError::Request {
        message: format!(
            "there is no task `{name}`; there are the data sets {sets}, and the control tasks {worlds}"
        ),
        hint: like.or_else(|| Some("any other data set is named by its folder, such as ./my-set".to_owned())),
    }
}

fn corruption(name: &str) -> Result<Corruption, CommandError> {
    name.parse().map_err(|error: tasks::vision::corruption::UnknownCorruption| CommandError::Request {
        message: error.to_string(),
        hint: nearest(name, Change::ALL.map(Change::name)).map(|like| format!("did you mean `{like}`?")),
    })
}

/// A published set by its name.
pub(super) fn published(name: &str) -> Result<&'static KnownSet, CommandError> {
    if let Some(kind) = Kind::named(name) {
        let message = format!("`{kind}` is part of the program: it has no files");
        return Err(CommandError::Request { message, hint: None });
    }
    sets::named(name).map_err(|_| unknown(name, sets::SETS.iter().map(|set| set.name)))
}

fn unknown<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone) -> CommandError {
    let like = nearest(name, names.clone()).map(|like| format!("did you mean `{like}`?"));
    let names: Vec<&str> = names.collect();
    CommandError::Request {
        message: format!("there is no data set `{name}`; there are {}", names.join(", ")),
        hint: like.or_else(|| Some("any other set is named by its folder, such as ./my-set".to_owned())),
    }
}

/// What went wrong, and what to do about it.
pub(super) fn refused(error: DataError, set: Option<&KnownSet>, places: &Places) -> CommandError {
    let hint = match (&error, set) {
        (DataError::Missing { .. }, Some(set)) => Some(how_to_get(set, places)),
        (DataError::Missing { .. }, None) => {
            Some("a set is four files: images and labels, to train with and to test with".to_owned())
        }
        (DataError::Size { path, .. } | DataError::Checksum { path, .. }, Some(set)) => Some(format!(
            "{} is not the published file: remove it and run `tombola data fetch {}`; a set of your own goes into a \
             folder of another name and is named by its path",
            path.display(),
            set.name
        )),
        _ => None,
    };
    let mut message = error.to_string();
    if let Some(cause) = std::error::Error::source(&error) {
        message = format!("{message}: {cause}");
    }
    CommandError::Request { message, hint }
}

/// The ways to the files of a set.
pub(super) fn how_to_get(set: &KnownSet, places: &Places) -> String {
    let mut ways = String::new();
    if !set.mirrors.is_empty() {
        ways = format!("`tombola data fetch {}` downloads the files,\n", set.name);
    }
    format!(
        "{ways}`tombola data import --from DIR` takes them from a folder;\n{}\n`--task glyphs` needs no file",
        by_hand(set, places)
    )
}

/// Where a person finds the files, and where to put them.
pub(super) fn by_hand(set: &KnownSet, places: &Places) -> String {
    let folder = places.home().map_or(PathBuf::from(set.name), |home| home.join(set.name));
    let mut text = format!("by hand: put these files into {}", folder.display());
    for file in &set.files {
        text += &format!("\n  {}", file.name);
        if let Some(packed) = file.packed {
            text += &format!("  {} bytes, SHA-256 {}", packed.bytes, packed.sha256);
        }
    }
    text += &format!("\nfrom {}", set.page);
    set.mirrors.iter().for_each(|mirror| text += &format!("\n  or {mirror}"));
    text
}
