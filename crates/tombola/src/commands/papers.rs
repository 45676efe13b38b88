//! `tombola papers`: the grids that ship with the program.

use std::io::Write;

use clap::{Args, Subcommand};

use super::{CommandError, specs};
use crate::grid;
use crate::papers::{PAPERS, Scale};

/// List the grids of the papers, or print one as a spec.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tombola papers\n  tombola papers show lottery --scale small > mine.toml\n  \
    tombola plan mine.toml"
)]
pub(super) struct PapersArguments {
    #[command(subcommand)]
    command: Option<PapersCommand>,
}

#[derive(Debug, Subcommand)]
enum PapersCommand {
    /// Print the spec of a paper's grid, to be changed and run
    Show {
        /// Which paper
        #[arg(value_name = "NAME")]
        paper: String,
        /// How much of it: smoke, small or paper
        #[arg(long, value_name = "SCALE", default_value = "smoke", value_parser = specs::scale)]
        scale: Scale,
    },
}

pub(super) fn run(arguments: &PapersArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    match &arguments.command {
        None => list(out),
        Some(PapersCommand::Show { paper, scale }) => {
            write!(out, "{}", specs::paper(paper)?.text(*scale))?;
            Ok(())
        }
    }
}

fn list(out: &mut dyn Write) -> Result<(), CommandError> {
    for paper in PAPERS {
        writeln!(out, "{}: {}", paper.name, paper.title)?;
        for scale in Scale::ALL {
            let cells = grid::cells(&paper.spec(scale, &[])?)?;
            let levels: u64 = cells.iter().map(|cell| u64::from(cell.pruning.levels)).sum();
            writeln!(out, "  {:<6} {:>5} cells, {levels:>6} levels", scale.name(), cells.len())?;
        }
    }
    Ok(())
}
