//! `tombola import-weights`: a ticket from the weights of another program.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use networks::foreign::{self, Weights};
use networks::safetensors::{self, Array};
use networks::ticket::Contents;
use networks::{Architecture, Mask, MaskedNetwork, Summary, Ticket};

use super::describe::{Asked, NetworkArguments};
use super::export::Layout;
use super::{CommandError, tickets, with_causes};
use crate::npz;
use crate::store;

/// Make a ticket of weights that PyTorch or flax has saved, as safetensors or npz.
///
/// Layers of the file go to those of the network by shape, layers of one shape in the order of their names (`fc2` before
/// `fc10`). PyTorch's names end in `weight` and `bias`, flax's in `kernel` and `bias`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tombola import-weights --from model.safetensors --network cnn --to ticket.safetensors\n  \
    tombola import-weights --from policy.npz --network policy-32-32 --input 87 --outputs 8 --to ant.safetensors\n\n\
    In Python: `safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")`,\n\
    `safetensors.flax.save_file(flax.traverse_util.flatten_dict(params, sep=\"/\"), \"model.safetensors\")`."
)]
pub(super) struct ImportArguments {
    /// The weights: a file of safetensors, or of NumPy if its name ends in `.npz`
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The ticket to write
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    network: NetworkArguments,
    /// Whose shapes [default: by the ends of the names]
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    /// Remove the prunable weights that are exactly zero
    #[arg(long)]
    mask_zeros: bool,
    /// What the weights were trained for
    #[arg(long, value_name = "TASK", default_value = "imported")]
    task: String,
}

pub(super) fn run(arguments: &ImportArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let request = |message: String, hint: Option<&str>| CommandError::Request {
        message,
        hint: hint.map(str::to_owned),
    };
    let Some(Asked { architecture, preset }) = arguments.network.asked()? else {
        return Err(request(
            "the network of the weights is not named".into(),
            Some("`--network cnn`, or another name or text; `tombola help describe` shows both"),
        ));
    };
    let from = arguments.from.display();
    let arrays = arrays(&arguments.from)?;
    let layout = arguments.layout.map(Into::into);
    let flat = foreign::import(&architecture, &arrays, layout)
        .map_err(|error| request(format!("{from}: {}", with_causes(&error)), None))?;

    let mask = mask(&architecture, &flat, arguments.mask_zeros);
    let failed = |error: &dyn std::error::Error| request(with_causes(error), None);
    let free = MaskedNetwork::new(&architecture, &mask).map_err(|error| failed(&error))?.gather(&flat);
    let name = arguments.from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let contents = Contents {
        preset,
        task: arguments.task.clone(),
        start: free.clone(),
        mean: free,
        provenance: BTreeMap::from([("imported from".to_owned(), name)]),
        ..Contents::default()
    };
    let ticket = Ticket::new(architecture, &mask, contents).map_err(|error| failed(&error))?;
    store::write_whole(&arguments.to, &ticket.encode())?;
    writeln!(out, "{}", Summary::new(ticket.network(), &mask))?;
    Ok(())
}

/// Everything, or what is not zero.
fn mask(architecture: &Architecture, flat: &[f32], without_zeros: bool) -> Mask {
    let prunable = architecture.tensors().iter().filter(|tensor| tensor.prunable);
    let values: Vec<f32> = prunable.flat_map(|tensor| flat[tensor.range()].iter().copied()).collect();
    Mask::from_fn(values.len(), |index| !without_zeros || values[index] != 0.0)
}

/// The float arrays of a file.
fn arrays(path: &Path) -> Result<Vec<Weights>, CommandError> {
    let refused = |problem: String| CommandError::Request {
        message: format!("{}: {problem}", path.display()),
        hint: None,
    };
    let bytes = store::read_whole(path, tickets::MOST_BYTES)?;
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz")) {
        let arrays = npz::read(&bytes).map_err(|error| refused(with_causes(&error)))?;
        let weights = |npz::Array { name, shape, values }| match values {
            npz::Values::F32(values) => Ok(Weights { name, shape, values }),
            npz::Values::F64(wide) => {
                Ok(Weights { name, shape, values: wide.into_iter().map(|value| value as f32).collect() })
            }
            _ => Err(refused(format!("array `{name}` holds no floats"))),
        };
        return arrays.into_iter().map(weights).collect();
    }
    let file = safetensors::read(&bytes).map_err(|error| refused(with_causes(&error)))?;
    let weights = |array: &Array<'_>| match array.to_f32() {
        Some(values) => Ok(Weights { name: array.name.clone(), shape: array.shape.clone(), values }),
        None => Err(refused(format!("array `{}` is {}, no floats", array.name, array.dtype.name()))),
    };
    file.arrays.iter().map(weights).collect()
}
