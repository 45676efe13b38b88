//! `tombola data verify`.

use std::io::Write;

use clap::Args;
use tasks::vision::files::{self, DataError};
use tasks::vision::sets::{KnownSet, SETS};

use super::places::Places;
use super::set;
use crate::commands::CommandError;

/// Compare files with what was published, and read them.
///
/// Prints a line a file, and exits with status 1 if one of them is wrong.
#[derive(Args, Debug)]
pub(super) struct VerifyArguments {
    /// Names of sets; all that are found unless said
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

pub(super) fn run(
    arguments: &VerifyArguments,
    places: &Places,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let named: Vec<&KnownSet> =
        arguments.names.iter().map(|name| set::published(name)).collect::<Result<_, _>>()?;
    let mut chosen = Vec::new();
    if named.is_empty() {
        chosen.extend(SETS.iter().filter(|set| files::find(set, places.roots()).is_ok()));
    } else {
        for set in named {
            files::find(set, places.roots()).map_err(|error| set::refused(error, Some(set), places))?;
            chosen.push(set);
        }
    }
    if chosen.is_empty() {
        return Err(CommandError::Request {
            message: "no published data set was found".to_owned(),
            hint: Some("`tombola data list` shows which there are and where it looked".to_owned()),
        });
    }
    let mut wrong = 0;
    for set in chosen {
        wrong += verify(set, places, out)?;
    }
    match wrong {
        0 => Ok(()),
        _ => Err(CommandError::Failed(format!("{wrong} of the files are not what they must be").into())),
    }
}

/// Prints a line a file of a set, and says how many are wrong.
fn verify(set: &KnownSet, places: &Places, out: &mut dyn Write) -> Result<usize, CommandError> {
    let found = files::find(set, places.roots()).map_err(|error| set::refused(error, Some(set), places))?;
    let mut wrong = 0;
    for file in &found {
        let path = file.path.display();
        match file.expected.map(|expected| files::check(&file.path, expected)) {
            Some(Ok(())) => writeln!(out, "{path}: as published")?,
            Some(Err(error)) => {
                wrong += 1;
                writeln!(out, "{}", with_cause(&error))?;
            }
            None => writeln!(out, "{path}: no checksum is published")?,
        }
    }
    if wrong == 0 {
        match files::load(set, places.roots()) {
            Ok(images) => {
                let (train, test) = (images.train().len(), images.test().len());
                writeln!(out, "{}: {train} and {test} images, {} classes", set.name, images.classes())?;
            }
            Err(error) => {
                wrong += 1;
                writeln!(out, "{}", with_cause(&error))?;
            }
        }
    }
    Ok(wrong)
}

fn with_cause(error: &DataError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
