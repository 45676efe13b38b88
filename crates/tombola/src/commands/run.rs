//! `tombola run`: the cells of a grid, in a results folder that many processes may share.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::CommandError;
use super::sources::Tasks;
use super::specs::SpecArguments;
use super::units::OutArguments;
use super::working::{WorkingArguments, listening};

/// Run all cells of a grid, or those that are left.
///
/// End it when you like (Ctrl-C once: it saves and stops): the same command goes on, and leaves the same bytes. Any number of
/// processes, also on other machines, may run the same command on one folder, and share the work.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola run --paper lottery --scale smoke\n  \
    tombola papers show lottery --scale small > mine.toml && tombola run mine.toml --threads 8")]
pub struct RunArguments {
    #[command(flatten)]
    specs: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    /// Where to look for image files first
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    working: WorkingArguments,
}

pub(super) fn run(arguments: &RunArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let stop = listening()?;
    let study = arguments.specs.study()?;
    let folder = arguments.out.folder(&study)?;
    let tasks = Tasks::new(arguments.data.clone());
    let summary = arguments.working.work(&study.cells, &tasks, &folder, stop)?;
    writeln!(
        out,
        "{} units done, {} of them now, {} diverged: {}",
        summary.done,
        summary.done_here,
        summary.diverged,
        folder.display()
    )?;
    Ok(())
}
