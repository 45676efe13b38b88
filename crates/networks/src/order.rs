//! The flat vector of JAX and flax, for what came from there or goes there.
//!
//! The reference flattens a tree of parameters whose leaves are sorted by name: in each layer first the bias, then the
//! kernel; convolutions before dense layers. Kernels have their inputs first:
//!
//! ```text
//!   here                                          flax
//!   conv_0.weight   [out, in, height, width]      params/Conv_0/kernel   [height, width, in, out]
//!   dense_0.weight  [out, in]                     params/Dense_0/kernel  [in, out]
//! ```
//!
//! and a dense layer that reads images counts their elements row, column, channel, where here it is channel, row, column.

use std::ops::Range;

use crate::Input;
use crate::architecture::{Architecture, Role, Tensor};
use sparse_kernels::network::Image;

/// A tensor as flax has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlaxTensor {
    /// `params/Conv_0/kernel`
    pub name: String,
    /// Lengths of the axes, the last fastest.
    pub shape: Vec<usize>,
    /// Which of the architecture's tensors it is.
    pub tensor: usize,
    /// Its part of flax's flat vector.
    pub range: Range<usize>,
}

/// The tensors in flax's order.
pub fn flax_tensors(architecture: &Architecture) -> Vec<FlaxTensor> {
    let mut tensors: Vec<FlaxTensor> = Vec::with_capacity(architecture.tensors().len());
    let numbered = |(index, tensor): (usize, &Tensor)| {
        let layer = architecture.name(tensor.layer);
        let (kind, number) = layer.split_once('_').expect("names of layers end in a number");
        let kind = if kind == "conv" { "Conv" } else { "Dense" };
        let (leaf, shape) = match tensor.role {
            Role::Bias => ("bias", tensor.shape.clone()),
            Role::Weight => ("kernel", flax_shape(&tensor.shape)),
        };
        FlaxTensor { name: format!("params/{kind}_{number}/{leaf}"), shape, tensor: index, range: 0..0 }
    };
    tensors.extend(architecture.tensors().iter().enumerate().map(numbered));
    // as text, like the keys of a tree: `Dense_10` comes before `Dense_2`
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    let mut start = 0;
    for tensor in &mut tensors {
        let len: usize = tensor.shape.iter().product();
        tensor.range = start..start + len;
        start += len;
    }
    tensors
}

/// For each place of flax's flat vector, the coordinate of the flat vector that stands there.
///
/// ```
/// use networks::{Architecture, order};
///
/// let architecture: Architecture = "2: dense 3 relu".parse()?;
/// // here: 6 weights, output by output, then 3 biases
/// assert_eq!(order::flax(&architecture), [6, 7, 8, 0, 2, 4, 1, 3, 5]);
/// # Ok::<(), networks::ArchitectureError>(())
/// ```
pub fn flax(architecture: &Architecture) -> Vec<u32> {
    let mut order = Vec::with_capacity(architecture.parameters());
    for flax in flax_tensors(architecture) {
        let tensor = &architecture.tensors()[flax.tensor];
        order.extend(within(architecture, tensor).into_iter().map(|place| (tensor.start + place) as u32));
    }
    order
}

/// For each place of a flax tensor, the place of the element in ours.
pub(crate) fn within(architecture: &Architecture, tensor: &Tensor) -> Vec<usize> {
    let mut places = Vec::with_capacity(tensor.len());
    match (tensor.role, &tensor.shape[..]) {
        (Role::Weight, &[outputs, inputs, height, width]) => {
            for y in 0..height {
                for x in 0..width {
                    for input in 0..inputs {
                        for output in 0..outputs {
                            places.push(((output * inputs + input) * height + y) * width + x);
                        }
                    }
                }
            }
        }
        (Role::Weight, &[outputs, inputs]) => {
            let columns = columns(architecture.reads(tensor.layer), inputs);
            for column in columns {
                places.extend((0..outputs).map(|output| output * inputs + column));
            }
        }
        _ => places.extend(0..tensor.len()),
    }
    places
}

/// Inputs of a dense layer in flax's order.
fn columns(reads: Input, inputs: usize) -> Vec<usize> {
    match reads {
        Input::Vector(_) => (0..inputs).collect(),
        Input::Image(Image { channels, height, width }) => {
            let mut columns = Vec::with_capacity(inputs);
            for pixel in 0..height * width {
                columns.extend((0..channels).map(|channel| channel * height * width + pixel));
            }
            columns
        }
    }
}

/// The shape of a kernel in flax, from that of our weight.
fn flax_shape(shape: &[usize]) -> Vec<usize> {
    match *shape {
        [outputs, inputs, height, width] => vec![height, width, inputs, outputs],
        _ => shape.iter().rev().copied().collect(),
    }
}

#[cfg(test)]
mod tests;
