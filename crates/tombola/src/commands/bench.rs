//! `tombola bench`: how fast this machine is, and how near the kernels come.

use std::io::Write;
use std::str::FromStr;

use clap::{Args, Subcommand};
use numerics::Isa;

use super::CommandError;
use crate::suggest::nearest;

mod ask_tell;
mod convergence;
mod generation;
mod kernels;
mod machine;
mod rollout;

/// Measure this machine, and the kernels on it.
#[derive(Args, Debug)]
pub(super) struct BenchArguments {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    AskTell(ask_tell::AskTellArguments),
    Convergence(convergence::ConvergenceArguments),
    Generation(Box<generation::GenerationArguments>),
    Machine(machine::MachineArguments),
    Kernels(kernels::KernelsArguments),
    Rollout(rollout::RolloutArguments),
}

pub(super) fn run(arguments: &BenchArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    match &arguments.command {
        BenchCommand::AskTell(arguments) => ask_tell::run(arguments, out),
        BenchCommand::Convergence(arguments) => convergence::run(arguments, out),
        BenchCommand::Generation(arguments) => generation::run(arguments, out),
        BenchCommand::Machine(arguments) => machine::run(arguments, out),
        BenchCommand::Kernels(arguments) => kernels::run(arguments, out),
        BenchCommand::Rollout(arguments) => rollout::run(arguments, out),
    }
}

/// The instruction set of an argument.
pub(super) fn instruction_set(name: &str) -> Result<Isa, String> {
    Isa::from_str(name).map_err(|error| {
        let sets = Isa::available();
        match nearest(name, sets.iter().map(|isa| isa.name())) {
            Some(like) => format!("{error}; did you mean `{like}`?"),
            None => error.to_string(),
        }
    })
}
