//! `tombola data`: which image sets there are, whether their files are right, and how to get them.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use tasks::vision::images::ImageSet;

use super::CommandError;

mod export;
mod fetch;
mod import;
mod list;
mod places;
mod set;
mod verify;

use places::Places;

/// List, check, fetch and export image sets.
///
/// A set is sought in --data DIR, then in the folder that the environment variable TOMBOLA_DATA names, then in the data
/// folder of the user (of this system: `tombola data list` prints it). In each, its files lie in a folder of its name, or
/// directly.
#[derive(Args, Debug)]
pub(super) struct DataArguments {
    /// Where to look first, and where to put what is fetched or imported
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Print every set: how large it is, its licence, and where it was found
    List,
    Verify(verify::VerifyArguments),
    Import(import::ImportArguments),
    Fetch(fetch::FetchArguments),
    Export(export::ExportArguments),
}

pub(super) fn run(arguments: &DataArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let places = Places::new(arguments.data.as_deref());
    match &arguments.command {
        DataCommand::List => list::run(&places, out),
        DataCommand::Verify(arguments) => verify::run(arguments, &places, out),
        DataCommand::Import(arguments) => import::run(arguments, &places, out),
        DataCommand::Fetch(arguments) => fetch::run(arguments, &places, out),
        DataCommand::Export(arguments) => export::run(arguments, &places, out),
    }
}

/// The image set that a request names, with `data` as the first place to look: an embedded one (`glyphs`), a published one
/// (`mnist`), or the folder of any other; and `+noise-3` or the like for a corrupted variant of it.
pub fn image_set(name: &str, data: Option<&Path>) -> Result<ImageSet, CommandError> {
    if let Some(message) = tasks::control::refusal(name) {
        return Err(CommandError::Request { message, hint: super::task::meant(name) });
    }
    set::named(name, &Places::new(data))
}
