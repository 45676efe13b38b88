//! `tombola data import`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tasks::vision::files;
use tasks::vision::sets::{Fingerprint, KnownFile, KnownSet, SETS};

use super::places::Places;
use crate::commands::CommandError;
use crate::store;

/// Take the files of published sets from a folder, whatever they are called there.
///
/// Files are recognised by their length and SHA-256, packed or not, in the folder and up to three folders below it, as
/// other programs keep them; those of EMNIST, whose checksums are not published, by their names. They are copied to
/// --data DIR, or TOMBOLA_DATA, or the data folder of the user. What is there already stays as it is.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tombola data import --from ~/Downloads")]
pub(super) struct ImportArguments {
    /// The folder to look in
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

/// How many folders deep to look.
const DEPTH: usize = 3;

/// Most of a file that is copied: as much as an image set can have.
const LARGEST: u64 = 1 << 31;

/// A file that was found, and what it is.
struct Find {
    path: PathBuf,
    set: &'static KnownSet,
    name: &'static str,
}

pub(super) fn run(
    arguments: &ImportArguments,
    places: &Places,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let request = |message: String, hint: Option<String>| CommandError::Request { message, hint };
    let from = &arguments.from;
    let mut paths = Vec::new();
    collect(from, DEPTH, &mut paths)
        .map_err(|error| request(format!("cannot read {}: {error}", from.display()), None))?;
    let mut finds: Vec<Find> = Vec::new();
    for path in &paths {
        finds.extend(recognise(path));
    }
    if finds.is_empty() {
        let names: Vec<String> = paths.iter().filter_map(|path| looks_known(path)).collect();
        let mut message = format!("no file of a published data set is in {}", from.display());
        names.iter().for_each(|name| message += &format!("\n  {name}"));
        let hint =
            "`tombola data fetch NAME` downloads a set; a set of your own needs no import: name its folder";
        return Err(request(message, Some(hint.to_owned())));
    }
    let Some(home) = places.home() else {
        return Err(request(
            "there is no folder to import to".into(),
            Some("say one with `--data DIR`".into()),
        ));
    };
    for find in finds {
        let to = home.join(find.set.name).join(find.name);
        if to.exists() {
            writeln!(out, "{}: was there already", to.display())?;
            continue;
        }
        store::make_folder(&home.join(find.set.name))?;
        store::write_whole(&to, &store::read_whole(&find.path, LARGEST)?)?;
        writeln!(out, "{}: from {}", to.display(), find.path.display())?;
    }
    Ok(())
}

/// The files of a folder and of those below it, sorted.
fn collect(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_file() {
            paths.push(path);
        } else if depth > 0 && path.is_dir() {
            // a folder below that cannot be read is not what was asked for
            let _ = collect(&path, depth - 1, paths);
        }
    }
    Ok(())
}

/// What a file is, by its checksum; of sets without checksums by its name.
fn recognise(path: &Path) -> Option<Find> {
    let bytes = path.metadata().ok()?.len();
    let name = path.file_name()?.to_str()?;
    let is = |fingerprint: Option<Fingerprint>| {
        fingerprint.is_some_and(|print| print.bytes == bytes && files::check(path, print).is_ok())
    };
    let of_file = |set: &'static KnownSet, file: &'static KnownFile| {
        let unpublished = file.packed.is_none();
        let known_as = if is(file.packed) || (unpublished && name == file.name) {
            file.name
        } else if is(file.plain) || (unpublished && name == file.plain_name()) {
            file.plain_name()
        } else {
            return None;
        };
        Some(Find { path: path.to_owned(), set, name: known_as })
    };
    SETS.iter().find_map(|set| set.files.iter().find_map(|file| of_file(set, file)))
}

/// A file that has the name of a published one and is none, with what it should be.
fn looks_known(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let mut meant = SETS.iter().flat_map(|set| set.files.iter().map(move |file| (set, file)));
    meant.find(|(_, file)| name == file.name || name == file.plain_name())?;
    Some(format!("{} has the name of one, but neither length nor SHA-256", path.display()))
}
