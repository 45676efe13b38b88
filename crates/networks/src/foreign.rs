//! Weights in the names and shapes of PyTorch and of flax: written for them, and read from them.
//!
//! | | PyTorch | flax |
//! |---|---|---|
//! | names end in | `weight`, `bias` | `kernel`, `bias` |
//! | a convolution | `[out, in, height, width]` | `[height, width, in, out]` |
//! | a dense layer | `[out, in]` | `[in, out]` |
//! | images before it | channel, row, column | row, column, channel |
//!
//! Ours are those of PyTorch ([`architecture`](crate::architecture)), flax's are in [`order`]. A name is a
//! path with dots or slashes; what comes before its end names the layer. Layers of a file go to those of a network in the
//! *natural order* of their names, in which numbers count (`fc2` before `fc10`), those of one shape in turn. So a file
//! needs no names of ours, as long as layers of equal shape are named in their order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use crate::architecture::{Architecture, Role, Tensor};
use crate::order;
use crate::safetensors::short;

/// Whose names and shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Convention {
    /// Outputs first, `weight`.
    PyTorch,
    /// Inputs first, `kernel`.
    Flax,
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Convention::PyTorch => "PyTorch",
            Convention::Flax => "flax",
        })
    }
}

/// A named array of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// `fc1.weight`
    pub name: String,
    /// Lengths of the axes, the last fastest.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: Vec<f32>,
}

/// Why arrays are not the weights of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignError {
    /// An array whose name ends in nothing that is known.
    Name {
        /// Its name.
        name: String,
    },
    /// Both `weight` and `kernel`, or neither.
    Convention,
    /// A layer without weights.
    NoWeights {
        /// What precedes the end of its names.
        layer: String,
    },
    /// Another number of layers.
    Layers {
        /// Of the network.
        expected: usize,
        /// Names of those in the file.
        found: Vec<String>,
    },
    /// No layer of the file that is not taken has the shape.
    Shape {
        /// The layer of the network.
        layer: String,
        /// The shape of its weights.
        expected: Vec<usize>,
        /// Names and shapes of the layers that are left.
        found: Vec<(String, Vec<usize>)>,
        /// Whose shapes were looked for.
        convention: Convention,
    },
    /// Biases that are missing, or have another shape.
    Bias {
        /// The layer of the file.
        layer: String,
        /// How many there should be.
        expected: usize,
        /// The shape that is there; none where there are no biases.
        found: Option<Vec<usize>>,
    },
    /// A value is not finite.
    Value {
        /// The array.
        name: String,
        /// Its element.
        index: usize,
    },
}

impl fmt::Display for ForeignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForeignError::Name { name } => write!(
                f,
                "array `{}` is no `weight`, `kernel` or `bias`; leave out what is no layer of the network",
                short(name)
            ),
            ForeignError::Convention => write!(
                f,
                "names end in `weight` (PyTorch) or in `kernel` (flax), and all in one of the two; say which by `--layout`"
            ),
            ForeignError::NoWeights { layer } => {
                write!(f, "layer `{}` of the file has no weights", short(layer))
            }
            ForeignError::Layers { expected, found } => {
                let names: Vec<String> =
                    found.iter().take(20).map(|name| format!("`{}`", short(name))).collect();
                let (count, names) = (found.len(), names.join(", "));
                write!(f, "the file has {count} layers ({names}), the network {expected}")
            }
            ForeignError::Shape { layer, expected, found, convention } => {
                let shapes =
                    found.iter().take(20).map(|(name, shape)| format!("`{}` {shape:?}", short(name)));
                let shapes = shapes.collect::<Vec<_>>().join(", ");
                write!(
                    f,
                    "`{layer}` of the network has weights of {expected:?} in {convention}; left are {shapes}"
                )
            }
            ForeignError::Bias { layer, expected: 0, found: _ } => write!(
                f,
                "layer `{}` of the file has biases, the network's has none; leave out `unbiased`",
                short(layer)
            ),
            ForeignError::Bias { layer, expected, found: None } => write!(
                f,
                "layer `{}` of the file has no biases, the network's has {expected}; write `unbiased` to its layer",
                short(layer)
            ),
            ForeignError::Bias { layer, expected, found: Some(found) } => {
                write!(
                    f,
                    "layer `{}` of the file has biases of {found:?}, expected [{expected}]",
                    short(layer)
                )
            }
            ForeignError::Value { name, index } => {
                write!(f, "element {index} of `{}` is not finite", short(name))
            }
        }
    }
}

impl std::error::Error for ForeignError {}

/// The flat vector as named arrays.
///
/// # Panics
///
/// If `flat` is not as long as the flat vector.
pub fn export(architecture: &Architecture, flat: &[f32], convention: Convention) -> Vec<Weights> {
    assert_eq!(flat.len(), architecture.parameters(), "numbers of a flat vector");
    match convention {
        Convention::PyTorch => {
            let ours = |tensor: &Tensor| Weights {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                values: flat[tensor.range()].to_vec(),
            };
            architecture.tensors().iter().map(ours).collect()
        }
        Convention::Flax => {
            let order = order::flax(architecture);
            let theirs = |tensor: order::FlaxTensor| Weights {
                values: order[tensor.range].iter().map(|&coordinate| flat[coordinate as usize]).collect(),
                name: tensor.name,
                shape: tensor.shape,
            };
            order::flax_tensors(architecture).into_iter().map(theirs).collect()
        }
    }
}

/// The flat vector from named arrays; without a convention, that of their names.
///
/// # Panics
///
/// If an array has not as many values as its shape has elements.
///
/// ```
/// use networks::Architecture;
/// use networks::foreign::{self, Weights};
///
/// let network: Architecture = "2: dense 1 relu; dense 1 unbiased".parse()?;
/// let array = |name: &str, shape: &[usize], values: &[f32]| {
///     Weights { name: name.to_owned(), shape: shape.to_vec(), values: values.to_vec() }
/// };
/// let file = [
///     array("model.10.weight", &[1, 1], &[7.0]),
///     array("model.2.weight", &[1, 2], &[1.0, 2.0]),
///     array("model.2.bias", &[1], &[0.5]),
/// ];
/// assert_eq!(foreign::import(&network, &file, None)?, [1.0, 2.0, 0.5, 7.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn import(
    architecture: &Architecture,
    arrays: &[Weights],
    convention: Option<Convention>,
) -> Result<Vec<f32>, ForeignError> {
    let layers = layers(arrays)?;
    let convention = convention.or_else(|| named_convention(arrays)).ok_or(ForeignError::Convention)?;
    let mut left: Vec<(&str, Found<'_>)> = layers.into_iter().collect();
    left.sort_by(|(a, _), (b, _)| natural(a, b));
    let expected = architecture.layers().len();
    if left.len() != expected {
        let found = left.into_iter().map(|(name, _)| name.to_owned()).collect();
        return Err(ForeignError::Layers { expected, found });
    }
    let flax = order::flax_tensors(architecture);
    let mut flat = vec![0.0; architecture.parameters()];
    for index in 0..expected {
        let ours = architecture.tensor(index, Role::Weight).expect("every layer has weights");
        let shape = match convention {
            Convention::PyTorch => &ours.shape,
            Convention::Flax => {
                let same = |tensor: &&order::FlaxTensor| architecture.tensors()[tensor.tensor] == *ours;
                &flax.iter().find(same).expect("every tensor is one of flax's").shape
            }
        };
        let fits =
            left.iter().position(|(_, found)| found.weights.is_some_and(|array| array.shape == *shape));
        let Some(place) = fits else {
            let shape_of = |(name, found): &(&str, Found<'_>)| {
                let shape = found.weights.map(|array| array.shape.clone()).unwrap_or_default();
                ((*name).to_owned(), shape)
            };
            return Err(ForeignError::Shape {
                layer: architecture.name(index).to_owned(),
                expected: shape.clone(),
                found: left.iter().map(shape_of).collect(),
                convention,
            });
        };
        let (name, found) = left.remove(place);
        let weights = found.weights.expect("a layer was found by its weights");
        match convention {
            Convention::PyTorch => flat[ours.range()].copy_from_slice(&weights.values),
            Convention::Flax => {
                let places = order::within(architecture, ours);
                for (place, &value) in places.into_iter().zip(&weights.values) {
                    flat[ours.start + place] = value;
                }
            }
        }
        let bias = architecture.tensor(index, Role::Bias);
        let expected = bias.map_or(0, Tensor::len);
        match (bias, found.biases) {
            (None, None) => {}
            (Some(bias), Some(array)) if array.shape == bias.shape => {
                flat[bias.range()].copy_from_slice(&array.values);
            }
            (_, found) => {
                let found = found.map(|array| array.shape.clone());
                return Err(ForeignError::Bias { layer: name.to_owned(), expected, found });
            }
        }
    }
    Ok(flat)
}

/// The arrays of one layer.
#[derive(Clone, Copy, Default)]
struct Found<'a> {
    weights: Option<&'a Weights>,
    biases: Option<&'a Weights>,
}

/// The parts of a name: of a layer, and its end.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(['.', '/']).unwrap_or(("", name))
}

/// Arrays by layer, with shapes that fit their values and values that are finite.
fn layers(arrays: &[Weights]) -> Result<BTreeMap<&str, Found<'_>>, ForeignError> {
    let mut layers: BTreeMap<&str, Found<'_>> = BTreeMap::new();
    for array in arrays {
        let expected: usize = array.shape.iter().product();
        assert_eq!(array.values.len(), expected, "values of `{}` in its shape", array.name);
        let (layer, end) = split(&array.name);
        let found = layers.entry(layer).or_default();
        let place = match end {
            "weight" | "kernel" => &mut found.weights,
            "bias" => &mut found.biases,
            _ => return Err(ForeignError::Name { name: array.name.clone() }),
        };
        if place.replace(array).is_some() {
            return Err(ForeignError::Name { name: array.name.clone() });
        }
        if let Some(index) = array.values.iter().position(|value| !value.is_finite()) {
            return Err(ForeignError::Value { name: array.name.clone(), index });
        }
    }
    match layers.iter().find(|(_, found)| found.weights.is_none()) {
        Some((layer, _)) => Err(ForeignError::NoWeights { layer: (*layer).to_owned() }),
        None => Ok(layers),
    }
}

/// The convention that the names' ends tell.
fn named_convention(arrays: &[Weights]) -> Option<Convention> {
    let has = |end: &str| arrays.iter().any(|array| split(&array.name).1 == end);
    match (has("weight"), has("kernel")) {
        (true, false) => Some(Convention::PyTorch),
        (false, true) => Some(Convention::Flax),
        _ => None,
    }
}

/// Order of names in which runs of digits count as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (parts(a), parts(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (one, other) => one.cmp(&other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Runs of digits without leading zeros, by length and then as text, and runs of the rest.
fn parts(name: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        let number = part.trim_start_matches('0');
        Some(if is_digit { (number.len(), number) } else { (usize::MAX, part) })
    })
}

#[cfg(test)]
mod tests;
