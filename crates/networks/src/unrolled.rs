//! Convolutions written out as dense layers, for members that each see images of their own.
//!
//! The kernels that take a member a lane read dense layers. A convolution is one whose entries repeat: the sum at a
//! pixel has an entry for each tap that sees the image there, with the value of that tap.
//!
//! ```text
//!   sum[channel][y][x] = initial + sum over taps k that see the image:  value[k] * input[pixel that k sees from (y, x)]
//! ```
//!
//! Entries stay in the order of the taps. What is left out is padding, a product with zero: so sums have the same bits,
//! but for the sign of a sum that is zero, and but for values that are not finite (whose product with padding is NaN).

use sparse_kernels::network::{Convolution, Dense, Layer, Network};
use sparse_kernels::{Pattern, PatternError};

/// Why convolutions cannot be written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A maximum of sums is no dense layer.
    Pooled { layer: usize },
    /// There are too many entries.
    Pattern { layer: usize, error: PatternError },
}

/// Dense layers that compute what a network does.
#[derive(Clone, Debug)]
pub(crate) struct Unrolled {
    pub(crate) network: Network,
    /// For each parameter, the parameter of the network as given that is its value.
    pub(crate) sources: Box<[u32]>,
}

impl Unrolled {
    /// Writes the convolutions out; none if there are none.
    pub(crate) fn new(network: &Network) -> Result<Option<Unrolled>, Refusal> {
        if network.layers().iter().all(|layer| matches!(layer, Layer::Dense(_))) {
            return Ok(None);
        }
        let (mut layers, mut sources) = (Vec::new(), Vec::new());
        for (index, layer) in network.layers().iter().enumerate() {
            let start = network.range(index).start;
            match layer {
                Layer::Dense(dense) => {
                    sources.extend(network.range(index).map(|source| source as u32));
                    layers.push(Layer::Dense(dense.clone()));
                }
                Layer::Convolution(convolution) if convolution.window().pool => {
                    return Err(Refusal::Pooled { layer: index });
                }
                Layer::Convolution(convolution) => {
                    let written = written(convolution, start as u32, &mut sources);
                    let pattern = written.map_err(|error| Refusal::Pattern { layer: index, error })?;
                    layers.push(Layer::Dense(Dense::new(pattern, convolution.activation())));
                }
            }
        }
        let network = Network::new(layers).expect("layers written out fit as the convolutions did");
        Ok(Some(Unrolled { network, sources: sources.into() }))
    }

    /// Writes the parameters, each a block of `width` numbers, from those of the network as given.
    pub(crate) fn place(&self, width: usize, given: &[f32], parameters: &mut [f32]) {
        assert_eq!(parameters.len(), self.sources.len() * width, "a block of {width} a parameter");
        for (&source, block) in self.sources.iter().zip(parameters.chunks_exact_mut(width)) {
            block.copy_from_slice(&given[source as usize * width..][..width]);
        }
    }
}

/// One convolution's entries; its parameters begin at `start`.
fn written(layer: &Convolution, start: u32, sources: &mut Vec<u32>) -> Result<Pattern, PatternError> {
    let (sums, input, taps) = (layer.sums(), layer.input(), layer.pattern());
    let ((top, left), (down, right)) = (layer.before(), layer.window().stride);
    let (mut starts, mut indices) = (vec![0_u32], Vec::<u32>::new());
    for channel in 0..sums.channels {
        for y in 0..sums.height {
            for x in 0..sums.width {
                for entry in taps.row_range(channel) {
                    let (from, kernel_y, kernel_x) = layer.tap(taps.indices()[entry] as usize);
                    let row = (y * down + kernel_y).checked_sub(top).filter(|&row| row < input.height);
                    let column =
                        (x * right + kernel_x).checked_sub(left).filter(|&column| column < input.width);
                    if let (Some(row), Some(column)) = (row, column) {
                        indices.push(((from * input.height + row) * input.width + column) as u32);
                        sources.push(start + entry as u32);
                    }
                }
                starts.push(indices.len() as u32);
            }
        }
    }
    for channel in 0..sums.channels {
        let initial = layer.initial(channel);
        for pixel in 0..sums.pixels() {
            let place = if initial.len() == 1 { initial.start } else { initial.start + pixel };
            sources.push(start + place as u32);
        }
    }
    Pattern::from_csr(sums.len(), input.len(), &starts, &indices)
}
