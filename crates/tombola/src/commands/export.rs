//! `tombola export`: a ticket's weights, or what cells have left, for other programs.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use networks::Ticket;
use networks::foreign::{self, Convention, Weights};
use networks::safetensors::{self, Owned};

use super::{CommandError, tickets};
use crate::npz;
use crate::store;

mod events;

/// Write a ticket's weights for other programs, in the names and shapes of PyTorch or flax.
///
/// Dense, each tensor is whole, with zeros where the mask removed a weight. Sparse, a tensor of weights is three: its
/// `.shape`, and of the weights that are kept the `.indices` in the flattened tensor and the `.values`; biases are whole.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tombola export --ticket ticket.safetensors --to model.safetensors\n  \
    tombola export --ticket ticket.safetensors --to model.npz --layout flax --sparse\n\n\
    In Python: `model.load_state_dict(safetensors.torch.load_file(\"model.safetensors\"))` with layers named\n\
    conv_0, conv_1, dense_0; `flax.traverse_util.unflatten_dict(dict(numpy.load(\"model.npz\")), sep=\"/\")`.",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(super) struct ExportArguments {
    #[command(subcommand)]
    others: Option<Others>,
    #[command(flatten)]
    ticket: Option<TicketArguments>,
}

#[derive(Debug, Subcommand)]
enum Others {
    Events(events::EventArguments),
}

/// Which ticket, and how.
#[derive(Args, Debug)]
struct TicketArguments {
    /// The ticket
    #[arg(long, value_name = "FILE")]
    ticket: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Kind of file [default: by the end of its name, else safetensors]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Whose names and shapes
    #[arg(long, value_enum, default_value = "pytorch")]
    layout: Layout,
    /// Which values
    #[arg(long, value_enum, default_value = "mean")]
    what: What,
    /// Whole tensors, with zeros (this is the default)
    #[arg(long, conflicts_with = "sparse")]
    dense: bool,
    /// Indices and values of the weights that are kept
    #[arg(long)]
    sparse: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Safetensors,
    Npz,
}

/// Whose names and shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Layout {
    Pytorch,
    Flax,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// The trained network
    Mean,
    /// Where training began
    Start,
    /// Deviations of the search
    Deviation,
}

impl From<Layout> for Convention {
    fn from(layout: Layout) -> Convention {
        match layout {
            Layout::Pytorch => Convention::PyTorch,
            Layout::Flax => Convention::Flax,
        }
    }
}

/// An array of either kind of file.
enum Exported {
    Floats(Weights),
    Integers { name: String, values: Vec<i32> },
}

pub(super) fn run(arguments: &ExportArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    match (&arguments.others, &arguments.ticket) {
        (Some(Others::Events(arguments)), _) => events::run(arguments, out),
        (None, Some(arguments)) => weights(arguments, out),
        (None, None) => Err(CommandError::Request {
            message: "nothing to export is named".to_owned(),
            hint: Some(
                "`--ticket FILE --to FILE` for weights, `events SPEC --to DIR` for TensorBoard".into(),
            ),
        }),
    }
}

fn weights(arguments: &TicketArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let ticket = tickets::read(&arguments.ticket)?;
    let contents = ticket.contents();
    let values = match arguments.what {
        What::Mean => &contents.mean,
        What::Start => &contents.start,
        What::Deviation => contents.deviation.as_ref().ok_or_else(|| CommandError::Request {
            message: format!("{}: the ticket has no deviation", arguments.ticket.display()),
            hint: Some("`--what mean` or `--what start`".into()),
        })?,
    };
    let convention = Convention::from(arguments.layout);
    let arrays = if arguments.sparse {
        sparse(&ticket, values, convention)
    } else {
        let dense = foreign::export(ticket.network(), &scattered(&ticket, values), convention);
        dense.into_iter().map(Exported::Floats).collect()
    };
    let is_npz = arguments.to.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz"));
    let bytes = match arguments.format.unwrap_or(if is_npz { Format::Npz } else { Format::Safetensors }) {
        Format::Npz => npz::write(&arrays.iter().map(npz_array).collect::<Vec<_>>()),
        Format::Safetensors => {
            let format = if convention == Convention::PyTorch { "pt" } else { "flax" };
            let network = ticket.network().to_string();
            let texts = [("format", format), ("network", network.as_str())];
            safetensors::write(&texts, &arrays.iter().map(safetensors_array).collect::<Vec<_>>())
        }
    };
    store::write_whole(&arguments.to, &bytes)?;
    for array in &arrays {
        match array {
            Exported::Floats(Weights { name, shape, .. }) => writeln!(out, "{name} {shape:?}")?,
            Exported::Integers { name, values } => writeln!(out, "{name} [{}]", values.len())?,
        }
    }
    Ok(())
}

/// Free coordinates in their places, zero elsewhere.
fn scattered(ticket: &Ticket, values: &[f32]) -> Vec<f32> {
    let mut flat = vec![0.0; ticket.network().parameters()];
    for (&coordinate, &value) in ticket.indices().iter().zip(values) {
        flat[coordinate as usize] = value;
    }
    flat
}

/// Biases whole, weights as shape, indices and values.
fn sparse(ticket: &Ticket, values: &[f32], convention: Convention) -> Vec<Exported> {
    let network = ticket.network();
    let marks = vec![1.0; ticket.indices().len()];
    let marks = foreign::export(network, &scattered(ticket, &marks), convention);
    let dense = foreign::export(network, &scattered(ticket, values), convention);
    let mut arrays = Vec::new();
    for (Weights { name, shape, values }, marks) in dense.into_iter().zip(marks) {
        if shape.len() == 1 {
            arrays.push(Exported::Floats(Weights { name, shape, values }));
            continue;
        }
        let kept: Vec<usize> = (0..values.len()).filter(|&index| marks.values[index] != 0.0).collect();
        let integers =
            |end: &str, values: Vec<i32>| Exported::Integers { name: format!("{name}.{end}"), values };
        arrays.push(integers("shape", shape.iter().map(|&axis| axis as i32).collect()));
        arrays.push(integers("indices", kept.iter().map(|&index| index as i32).collect()));
        let values = kept.iter().map(|&index| values[index]).collect();
        arrays.push(Exported::Floats(Weights {
            name: format!("{name}.values"),
            shape: vec![kept.len()],
            values,
        }));
    }
    arrays
}

fn npz_array(array: &Exported) -> npz::Array {
    match array {
        Exported::Floats(Weights { name, shape, values }) => {
            npz::Array { name: name.clone(), shape: shape.clone(), values: npz::Values::F32(values.clone()) }
        }
        Exported::Integers { name, values } => npz::Array {
            name: name.clone(),
            shape: vec![values.len()],
            values: npz::Values::I32(values.clone()),
        },
    }
}

fn safetensors_array(array: &Exported) -> Owned {
    match array {
        Exported::Floats(Weights { name, shape, values }) => Owned::f32(name.clone(), shape, values),
        Exported::Integers { name, values } => Owned::i32(name.clone(), &[values.len()], values),
    }
}
