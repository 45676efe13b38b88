//! `tombola papers`: the grids that ship with the program.

use std::io::Write;

use clap::{Args, Subcommand};

use super::{CommandError, specs};
use crate::artifacts::LOTTERY;
use crate::grid;
use crate::papers::{PAPERS, Paper, Scale};

/// List the grids of the papers, or what one paper's report shows, or print a grid as a spec.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  tombola papers\n  tombola papers lottery\n  \
    tombola papers show lottery --scale small > mine.toml\n  tombola plan mine.toml"
)]
pub(super) struct PapersArguments {
    /// One paper alone, with the tables and figures that `tombola report --artifacts` makes of its rows
    #[arg(value_name = "NAME")]
    paper: Option<String>,
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
        None => match &arguments.paper {
            None => PAPERS.iter().try_for_each(|paper| list(paper, out)),
            Some(name) => {
                list(specs::paper(name)?, out)?;
                let width = LOTTERY.iter().map(|artifact| artifact.name.len()).max().unwrap_or(0);
                LOTTERY.iter().try_for_each(|artifact| {
                    writeln!(out, "  {:width$}  {}", artifact.name, artifact.shows)
                })?;
                Ok(())
            }
        },
        Some(PapersCommand::Show { paper, scale }) => {
            write!(out, "{}", specs::paper(paper)?.text(*scale))?;
            Ok(())
        }
    }
}

/// A paper's grids, and how large they are.
fn list(paper: &Paper, out: &mut dyn Write) -> Result<(), CommandError> {
    writeln!(out, "{}: {}", paper.name, paper.title)?;
    for scale in Scale::ALL {
        let cells = grid::cells(&paper.spec(scale, &[])?)?;
        let levels: u64 = cells.iter().map(|cell| u64::from(cell.pruning.levels)).sum();
        writeln!(out, "  {:<6} {:>5} cells, {levels:>6} levels", scale.name(), cells.len())?;
    }
    Ok(())
}
