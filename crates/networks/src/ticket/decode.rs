//! From a file to a ticket: who wrote it, whether it is whole, what it holds. In this order, so that a newer file is no
//! damaged one, and nothing of a damaged one is believed.

use super::{Contents, FORMAT, File, Normaliser, Ticket, TicketError, VERSION, checksum};
use crate::architecture::{Architecture, Tensor};
use crate::safetensors::{Array, Dtype};

const TEXTS: [&str; 6] = ["format", "version", "network", "preset", "task", "checksum"];
const ARRAYS: [&str; 7] =
    ["indices", "start", "mean", "deviation", "normaliser.count", "normaliser.mean", "normaliser.squares"];

/// What begins the keys of provenance.
const PROVENANCE: &str = "provenance.";

pub(super) fn ticket(file: &File<'_>) -> Result<Ticket, TicketError> {
    let format = file.text("format");
    if format != Some(FORMAT) {
        let array = file.arrays.first().map(|array| array.name.clone());
        return Err(TicketError::Foreign { format: format.map(str::to_owned), array });
    }
    let text = |key: &'static str| file.text(key).ok_or(TicketError::NoText { key });
    let version = text("version")?;
    if version.parse() != Ok(VERSION) {
        return Err(TicketError::Newer { found: version.to_owned() });
    }
    let texts: Vec<(&str, &str)> =
        file.metadata.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let (expected, found) = (text("checksum")?, checksum::of(&texts, &file.arrays));
    if expected != found {
        return Err(TicketError::Checksum { expected: expected.to_owned(), found });
    }
    let is_known = |key: &str| key.starts_with(PROVENANCE) || TEXTS.contains(&key);
    let mut names = texts.iter().map(|(key, _)| *key).filter(|key| !is_known(key));
    let mut arrays =
        file.arrays.iter().map(|array| array.name.as_str()).filter(|name| !ARRAYS.contains(name));
    if let Some(name) = names.next().or_else(|| arrays.next()) {
        return Err(TicketError::Unknown { name: name.to_owned() });
    }

    let network: Architecture = text("network")?.parse().map_err(TicketError::Network)?;
    let indices = indices(&network, typed(file, "indices", Dtype::I32, 1, Array::to_i32)?)?;
    let needed = |array| floats(file, array)?.ok_or(TicketError::NoArray { array });
    let provenance = file.metadata.iter().filter_map(|(key, text)| {
        let key = key.strip_prefix(PROVENANCE)?;
        Some((key.to_owned(), text.clone()))
    });
    let contents = Contents {
        preset: file.text("preset").map(str::to_owned),
        task: text("task")?.to_owned(),
        start: needed("start")?,
        mean: needed("mean")?,
        deviation: floats(file, "deviation")?,
        normaliser: normaliser(file)?,
        provenance: provenance.collect(),
    };
    let ticket = Ticket { network, indices, contents };
    ticket.check()?;
    Ok(ticket)
}

/// Checks a type and a number of axes, and converts.
fn typed<'a, T>(
    file: &File<'a>,
    name: &'static str,
    dtype: Dtype,
    axes: usize,
    convert: impl Fn(&Array<'a>) -> Option<T>,
) -> Result<T, TicketError> {
    let array = file.array(name).ok_or(TicketError::NoArray { array: name })?;
    let converted = if array.shape.len() == axes { convert(array) } else { None };
    converted.ok_or_else(|| TicketError::Type {
        array: name,
        expected: match (dtype, axes) {
            (Dtype::I32, _) => "I32 with one axis",
            (Dtype::F32, _) => "F32 with one axis",
            (_, 0) => "one F64",
            _ => "F64 with one axis",
        },
        found: format!("{} with {} axes", array.dtype.name(), array.shape.len()),
    })
}

/// Values of the free coordinates, if the file has this array.
fn floats(file: &File<'_>, name: &'static str) -> Result<Option<Vec<f32>>, TicketError> {
    let convert = |array: &Array<'_>| if array.dtype == Dtype::F32 { array.to_f32() } else { None };
    file.array(name).map(|_| typed(file, name, Dtype::F32, 1, convert)).transpose()
}

fn normaliser(file: &File<'_>) -> Result<Option<Normaliser>, TicketError> {
    if !ARRAYS[4..].iter().any(|name| file.array(name).is_some()) {
        return Ok(None);
    }
    let count = typed(file, "normaliser.count", Dtype::F64, 0, Array::to_f64)?;
    let mean = typed(file, "normaliser.mean", Dtype::F64, 1, Array::to_f64)?;
    let squares = typed(file, "normaliser.squares", Dtype::F64, 1, Array::to_f64)?;
    Ok(Some(Normaliser { count: count[0], mean, squares }))
}

/// Ascending coordinates that hold every one that no mask removes.
fn indices(network: &Architecture, found: Vec<i32>) -> Result<Vec<u32>, TicketError> {
    let parameters = network.parameters();
    let mut previous = -1;
    for (place, &index) in found.iter().enumerate() {
        if index <= previous || index as usize >= parameters {
            return Err(TicketError::Index { place, found: index, parameters });
        }
        previous = index;
    }
    let indices: Vec<u32> = found.into_iter().map(|index| index as u32).collect();
    let held = |tensor: &Tensor| {
        let begin = indices.partition_point(|&index| (index as usize) < tensor.start);
        let end = indices.partition_point(|&index| (index as usize) < tensor.range().end);
        end - begin
    };
    let missing = network.tensors().iter().find(|tensor| !tensor.prunable && held(tensor) < tensor.len());
    match missing {
        Some(tensor) => Err(TicketError::Missing { tensor: tensor.name.clone() }),
        None => Ok(indices),
    }
}
