//! `tombola describe`: what a ticket holds, or what a network consists of.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use networks::presets::{self, Preset};
use networks::{Architecture, Input, Mask, MaskedNetwork, Summary, Ticket, multiply_adds};
use sparse_kernels::compile::{CompiledNetwork, Mode};

use super::{CommandError, tickets, with_causes};
use crate::suggest::nearest;

/// Show what a ticket holds, or what a network consists of.
///
/// Prints a line a text, then a table of the layers: weights, kept weights, density, biases; last what remains when
/// units that do nothing are left out.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola describe --ticket ticket.safetensors\n  \
    tombola describe --network cnn --input 1x28x28 --outputs 10\n  \
    tombola describe --network '4: dense 8 tanh; dense 2'")]
pub(super) struct DescribeArguments {
    /// A ticket
    #[arg(long, value_name = "FILE", conflicts_with = "network", required_unless_present = "network")]
    ticket: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArguments,
}

/// A network by name or by text.
#[derive(Args, Debug)]
pub(super) struct NetworkArguments {
    /// A name (cnn, mlp-32, lenet-300-100, conv-2, conv-4, policy-32-32, policy-64-64-linear, minatar-cnn) or a text
    /// such as `1x28x28: conv 8 5x5 same pool relu; dense 10`
    #[arg(long, value_name = "NETWORK")]
    network: Option<String>,
    /// What a named network reads: a number, or CHANNELSxHEIGHTxWIDTH
    #[arg(long, value_name = "SIZE", default_value = "1x28x28")]
    input: String,
    /// What a named network gives
    #[arg(long, value_name = "N", default_value_t = 10)]
    outputs: usize,
}

/// A network that was asked for.
pub(super) struct Asked {
    pub(super) architecture: Architecture,
    /// Its name, if it was asked for by name.
    pub(super) preset: Option<String>,
}

impl NetworkArguments {
    /// The network, if one was named.
    pub(super) fn asked(&self) -> Result<Option<Asked>, CommandError> {
        let Some(network) = &self.network else { return Ok(None) };
        let refused = |error: &dyn std::error::Error, hint| CommandError::Request {
            message: format!("--network: {}", with_causes(error)),
            hint,
        };
        if network.contains(':') {
            let architecture = network.parse().map_err(|error| refused(&error, None))?;
            return Ok(Some(Asked { architecture, preset: None }));
        }
        let input: Input = self.input.parse().map_err(|error| refused(&error, None))?;
        let preset = Preset::named(network, input, self.outputs).map_err(|error| {
            let near = nearest(network, presets::NAMES);
            refused(&error, near.map(|name| format!("did you mean `{name}`?")))
        })?;
        Ok(Some(Asked { architecture: preset.architecture, preset: Some(preset.name) }))
    }
}

pub(super) fn run(arguments: &DescribeArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    if let Some(path) = &arguments.ticket {
        let ticket = tickets::read(path)?;
        texts(&ticket, out)?;
        return table(ticket.network(), &ticket.mask(), out);
    }
    match arguments.network.asked()? {
        Some(Asked { architecture, .. }) => {
            writeln!(out, "network      {architecture}")?;
            table(&architecture, &Mask::full(architecture.prunable()), out)
        }
        None => Err(CommandError::Request { message: "neither a ticket nor a network".into(), hint: None }),
    }
}

/// The texts of a ticket and what arrays it has.
fn texts(ticket: &Ticket, out: &mut dyn Write) -> Result<(), CommandError> {
    let contents = ticket.contents();
    let mut line = |name: &str, text: &str| writeln!(out, "{name:<12} {text}");
    line("network", &ticket.network().to_string())?;
    contents.preset.iter().try_for_each(|preset| line("preset", preset))?;
    line("task", &contents.task)?;
    line("coordinates", &ticket.indices().len().to_string())?;
    line("deviation", if contents.deviation.is_some() { "yes" } else { "no" })?;
    if let Some(normaliser) = &contents.normaliser {
        line("normaliser", &format!("{} observations of {}", normaliser.count, normaliser.mean.len()))?;
    }
    contents.provenance.iter().try_for_each(|(key, text)| line(key, text))?;
    Ok(())
}

/// The layers, and what compilation leaves of them.
fn table(architecture: &Architecture, mask: &Mask, out: &mut dyn Write) -> Result<(), CommandError> {
    writeln!(out, "\n{}", Summary::new(architecture, mask))?;
    let failed =
        |error: &dyn std::error::Error| CommandError::Request { message: with_causes(error), hint: None };
    let masked = MaskedNetwork::new(architecture, mask).map_err(|error| failed(&error))?;
    let compiled = CompiledNetwork::new(masked.network(), Mode::Fold).map_err(|error| failed(&error))?;
    let summary = compiled.summary();
    writeln!(
        out,
        "\nan input costs {} multiply-adds; {} of {} units do something, with {} weights and {} multiply-adds",
        multiply_adds(masked.network()),
        summary.units - summary.dropped - summary.folded,
        summary.units,
        summary.effective_nnz,
        multiply_adds(compiled.network()),
    )?;
    Ok(())
}
