//! A network with a mask: what kernels compute, and which numbers a strategy may search.
//!
//! The *free coordinates* of a masked network are those of the flat vector that a mask leaves: kept weights, weights that
//! are never pruned, and all biases, in ascending order. A strategy searches vectors of just these. [`MaskedNetwork`]
//! defines them once, together with the [`Network`] of the kernels. Its parameters are the same numbers in the same
//! order:
//!
//! ```text
//!   flat vector        conv_0.weight ........ | conv_0.bias | dense_0.weight .......... | dense_0.bias     (all)
//!   free coordinates   the kept ones          | all         | the kept ones             | all
//!   kernel parameters  entries, row by row    | initial     | entries, row by row       | initial
//! ```
//!
//! So a population of rows as a strategy writes it, `[member][free]`, *is* what [`sparse_kernels::Members`] reads, and one
//! of lanes, `[group][free][16]`, what [`sparse_kernels::Values::Lanes`] reads: nothing is copied. The exception are layers
//! without biases, whose kernels still begin their sums with a number, here zero: [`MaskedNetwork::is_direct`] tells, and
//! [`MaskedNetwork::place`] writes one into the other.

use std::fmt;

use sparse_kernels::network::{Convolution, Dense, Layer, Network, NetworkError};
use sparse_kernels::{Pattern, PatternError};

use crate::architecture::{Architecture, Kind, Role};
use crate::{Input, Mask};

/// The network that a mask leaves of an architecture; checked, and never changed.
#[derive(Clone, Debug)]
pub struct MaskedNetwork {
    network: Network,
    /// Coordinate in the flat vector of each free one.
    free: Box<[u32]>,
    parameters: usize,
    /// For each free coordinate its place among the kernels' parameters, unless that is its own number.
    places: Option<Box<[u32]>>,
}

/// Why a mask does not make a network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaskedError {
    /// The mask is for another network.
    Length {
        /// Prunable weights of the architecture.
        expected: usize,
        /// Bits of the mask.
        found: usize,
    },
    /// A layer's entries cannot be held.
    Pattern {
        /// Which layer.
        layer: usize,
        /// Why.
        error: PatternError,
    },
    /// The kernels refuse the network.
    Network(NetworkError),
}

impl fmt::Display for MaskedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaskedError::Length { expected, found } => {
                write!(f, "a mask of {found} weights for a network with {expected} that can be pruned")
            }
            MaskedError::Pattern { layer, .. } => write!(f, "the mask of layer {layer} cannot be held"),
            MaskedError::Network(_) => write!(f, "the masked network cannot be computed"),
        }
    }
}

impl std::error::Error for MaskedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            MaskedError::Length { .. } => None,
            MaskedError::Pattern { error, .. } => Some(error),
            MaskedError::Network(error) => Some(error),
        }
    }
}

impl MaskedNetwork {
    /// The network without the weights that the mask removes.
    pub fn new(architecture: &Architecture, mask: &Mask) -> Result<MaskedNetwork, MaskedError> {
        if mask.len() != architecture.prunable() {
            return Err(MaskedError::Length { expected: architecture.prunable(), found: mask.len() });
        }
        let mut free: Vec<u32> = Vec::new();
        let mut places: Vec<u32> = Vec::new();
        let mut layers = Vec::with_capacity(architecture.layers().len());
        let mut kept = mask.iter().peekable();
        let (mut prunable, mut parameters) = (0, 0_u32);
        for (index, layer) in architecture.layers().iter().enumerate() {
            let weight = architecture.tensor(index, Role::Weight).expect("every layer has weights");
            let (rows, columns) = (weight.shape[0], weight.len() / weight.shape[0]);
            let failed = |error| MaskedError::Pattern { layer: index, error };
            let pattern = if weight.prunable {
                let end = prunable + weight.len();
                let mut starts = vec![0_u32];
                let mut indices = Vec::new();
                for row in 0..rows {
                    let first = prunable + row * columns;
                    while let Some(bit) = kept.next_if(|&bit| bit < first + columns) {
                        indices.push((bit - first) as u32);
                    }
                    starts.push(indices.len() as u32);
                }
                prunable = end;
                Pattern::from_csr(rows, columns, &starts, &indices).map_err(failed)?
            } else {
                Pattern::dense(rows, columns).map_err(failed)?
            };
            for row in 0..rows {
                let first = (weight.start + row * columns) as u32;
                free.extend(pattern.row(row).iter().map(|column| first + column));
            }
            if let Some(bias) = architecture.tensor(index, Role::Bias) {
                free.extend(bias.range().map(|coordinate| coordinate as u32));
            }
            let used = (pattern.nnz() + if layer.biased { rows } else { 0 }) as u32;
            places.extend(parameters..parameters + used);
            parameters += (pattern.nnz() + rows) as u32;
            layers.push(match (layer.kind, architecture.reads(index)) {
                (Kind::Convolution { window, .. }, Input::Image(image)) => {
                    Convolution::new(pattern, image, window, layer.activation)
                        .map(Layer::Convolution)
                        .map_err(MaskedError::Network)?
                }
                _ => Layer::Dense(Dense::new(pattern, layer.activation)),
            });
        }
        let network = Network::new(layers).map_err(MaskedError::Network)?;
        let is_direct = places.len() == network.parameters();
        Ok(MaskedNetwork {
            network,
            free: free.into(),
            parameters: architecture.parameters(),
            places: (!is_direct).then(|| places.into()),
        })
    }

    /// What the kernels compute.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Dimensions of a search: how many coordinates are free.
    pub fn dims(&self) -> usize {
        self.free.len()
    }

    /// For each free coordinate its place in the flat vector; ascending.
    pub fn free(&self) -> &[u32] {
        &self.free
    }

    /// Length of the flat vector.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Whether free coordinates are the kernels' parameters as they stand.
    pub fn is_direct(&self) -> bool {
        self.places.is_none()
    }

    /// The free coordinates of a flat vector.
    ///
    /// # Panics
    ///
    /// If `flat` is not as long as the flat vector.
    pub fn gather(&self, flat: &[f32]) -> Vec<f32> {
        assert_eq!(flat.len(), self.parameters, "numbers of a flat vector");
        self.free.iter().map(|&coordinate| flat[coordinate as usize]).collect()
    }

    /// The flat vector with these free coordinates, and zero elsewhere.
    ///
    /// # Panics
    ///
    /// If there is not one value a free coordinate.
    pub fn scatter(&self, values: &[f32]) -> Vec<f32> {
        assert_eq!(values.len(), self.dims(), "one value a free coordinate");
        let mut flat = vec![0.0; self.parameters];
        for (&coordinate, &value) in self.free.iter().zip(values) {
            flat[coordinate as usize] = value;
        }
        flat
    }

    /// Writes free coordinates, each a block of `width` numbers (one, or 16 lanes), to the kernels' parameters; missing
    /// biases become zero.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `values` the free coordinates, `parameters` those of [`network`](Self::network).
    pub fn place(&self, width: usize, values: &[f32], parameters: &mut [f32]) {
        assert_eq!(values.len(), self.dims() * width, "a block of {width} a free coordinate");
        assert_eq!(parameters.len(), self.network.parameters() * width, "a block of {width} a parameter");
        let Some(places) = &self.places else { return parameters.copy_from_slice(values) };
        parameters.fill(0.0);
        for (&place, value) in places.iter().zip(values.chunks_exact(width)) {
            parameters[place as usize * width..][..width].copy_from_slice(value);
        }
    }

    /// Reads the free coordinates from what belongs to the kernels' parameters, such as their gradient.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `values` the free coordinates, `parameters` those of [`network`](Self::network).
    pub fn pick(&self, parameters: &[f32], values: &mut [f32]) {
        assert_eq!(values.len(), self.dims(), "one value a free coordinate");
        assert_eq!(parameters.len(), self.network.parameters(), "one number a parameter");
        let Some(places) = &self.places else { return values.copy_from_slice(parameters) };
        values.iter_mut().zip(places).for_each(|(value, &place)| *value = parameters[place as usize]);
    }
}

#[cfg(test)]
mod tests;
