//! What a network consists of, as a table.

use std::fmt::{self, Write};

use sparse_kernels::network::{Layer, Network};

use crate::Mask;
use crate::architecture::{Architecture, Role};

/// One layer of a network and what a mask leaves of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSummary {
    /// `conv_0`
    pub name: String,
    /// Kind, sizes and activation, as in the text of the architecture.
    pub kind: String,
    /// What it gives.
    pub output: String,
    /// Weights of the dense layer.
    pub weights: usize,
    /// Weights that are kept.
    pub kept: usize,
    /// Biases.
    pub biases: usize,
}

/// All layers of a network.
///
/// ```
/// use networks::{Mask, Preset, Summary};
/// use numerics::random::Stream;
///
/// let cnn = Preset::named("cnn", "1x28x28".parse()?, 10)?.architecture;
/// let summary = Summary::new(&cnn, &Mask::random(cnn.prunable(), 562, Stream::new(0, "mask")));
/// println!("{summary}");
/// assert_eq!(summary.to_string().lines().count(), 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// First to last.
    pub layers: Vec<LayerSummary>,
}

impl Summary {
    /// Counts what a mask leaves of each layer.
    ///
    /// # Panics
    ///
    /// If the mask is for another network.
    pub fn new(architecture: &Architecture, mask: &Mask) -> Summary {
        assert_eq!(mask.len(), architecture.prunable(), "bits of the mask");
        let mut kept = mask.iter().peekable();
        let mut end = 0;
        let mut layers = Vec::new();
        for (index, layer) in architecture.layers().iter().enumerate() {
            let weight = architecture.tensor(index, Role::Weight).expect("every layer has weights");
            let mut count = weight.len();
            if weight.prunable {
                end += weight.len();
                count = std::iter::from_fn(|| kept.next_if(|&bit| bit < end)).count();
            }
            layers.push(LayerSummary {
                name: architecture.name(index).to_owned(),
                kind: layer.to_string(),
                output: architecture.gives(index).to_string(),
                weights: weight.len(),
                kept: count,
                biases: architecture.tensor(index, Role::Bias).map_or(0, |bias| bias.len()),
            });
        }
        Summary { layers }
    }

    /// Weights, kept weights and biases of all layers.
    pub fn totals(&self) -> (usize, usize, usize) {
        self.layers.iter().fold((0, 0, 0), |(weights, kept, biases), layer| {
            (weights + layer.weights, kept + layer.kept, biases + layer.biases)
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (weights, kept, biases) = self.totals();
        let row = |name: &str, kind: &str, output: &str, [weights, kept, biases]: [usize; 3]| {
            let density = if weights == 0 { 1.0 } else { kept as f64 / weights as f64 };
            [
                name.to_owned(),
                kind.to_owned(),
                output.to_owned(),
                weights.to_string(),
                kept.to_string(),
                format!("{density:.4}"),
                biases.to_string(),
            ]
        };
        let header = ["layer", "kind", "output", "weights", "kept", "density", "biases"].map(str::to_owned);
        let mut rows = vec![header];
        let layers = self.layers.iter();
        rows.extend(layers.map(|layer| {
            row(&layer.name, &layer.kind, &layer.output, [layer.weights, layer.kept, layer.biases])
        }));
        rows.push(row("all", "", "", [weights, kept, biases]));
        let widths: Vec<usize> =
            (0..7).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
        for (index, row) in rows.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                match column {
                    0..3 => write!(line, "{gap}{cell:<width$}")?,
                    _ => write!(line, "{gap}{cell:>width$}")?,
                }
            }
            let end = if index + 1 == rows.len() { "" } else { "\n" };
            write!(f, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Multiply-adds of one input, of the entries that there are.
pub fn multiply_adds(network: &Network) -> usize {
    let each = |layer: &Layer| match layer {
        Layer::Convolution(layer) => layer.pattern().nnz().saturating_mul(layer.sums().pixels()),
        Layer::Dense(layer) => layer.pattern().nnz(),
    };
    network.layers().iter().map(each).fold(0, usize::saturating_add)
}
