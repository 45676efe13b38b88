//! How far `f32` results can be from the exact ones: the derivation is in [`compile`](crate::compile).

use crate::Activation;
use crate::network::{Convolution, Dense, Layer, Network};
use numerics::functions::{Function, Sigmoid, Softplus, Swish, Tanh};

/// Half a unit in the last place of 1.
const U: f64 = 1.0 / (1 << 24) as f64;
/// Half the smallest subnormal number.
const H: f64 = f32::MIN_POSITIVE as f64 * U;

/// A number in double precision, and how far a computation in single precision, in any order of its sums, can be from
/// the exact one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounded {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

impl Bounded {
    fn exact(value: f32) -> Bounded {
        Bounded { value: value.into(), error: 0.0 }
    }

    fn sum(bias: f32, terms: &[(f32, Bounded)]) -> Bounded {
        let n = terms.len() as f64;
        let g = n * U / (1.0 - n * U);
        let mut sum = Bounded::exact(bias);
        let mut magnitude = f64::from(bias).abs() + n * H;
        for &(value, input) in terms {
            let value = f64::from(value);
            sum.value += value * input.value;
            sum.error += value.abs() * input.error;
            magnitude += value.abs() * (input.value.abs() + input.error);
        }
        // Double precision is not exact either: two roundings a term here, and as many in the error.
        sum.error += (g + 4.0 * n * f64::EPSILON) * magnitude + n * H;
        sum
    }

    fn larger(self, other: Bounded) -> Bounded {
        Bounded { value: self.value.max(other.value), error: self.error.max(other.error) }
    }

    fn activated(self, activation: Activation) -> Bounded {
        let Bounded { value, error } = self;
        // The exact function, the largest slope, the largest error in units in the last place.
        let (value, slope, units) = match activation {
            Activation::Identity => (value, 1.0, 0.0),
            Activation::Relu => (value.max(0.0), 1.0, 0.0),
            Activation::Tanh => (value.tanh(), 1.0, Tanh::ULP),
            Activation::Sigmoid => (1.0 / (1.0 + (-value).exp()), 0.25, Sigmoid::ULP),
            Activation::Softplus => (value.max(0.0) + (-value.abs()).exp().ln_1p(), 1.0, Softplus::ULP),
            // Steepest where x tanh(x / 2) = 2.
            Activation::Swish => (value / (1.0 + (-value).exp()), 1.0999, Swish::ULP),
            #[cfg(feature = "wide")]
            Activation::Wide(_) => unreachable!("nothing is known of functions of one's own"),
        };
        let size = value.abs() + slope * error;
        let rounding = units * (2.0 * U * size + 2.0 * H) + 8.0 * f64::EPSILON * size;
        Bounded { value, error: slope * error + rounding }
    }
}

/// The outputs of a network as given, all of whose sums begin with one number a row.
pub(crate) fn network(network: &Network, parameters: &[f32], input: &[f32]) -> Vec<Bounded> {
    let mut values: Vec<Bounded> = input.iter().map(|&value| Bounded::exact(value)).collect();
    for (number, layer) in network.layers().iter().enumerate() {
        let parameters = &parameters[network.range(number)];
        values = match layer {
            Layer::Convolution(layer) => convolution(layer, parameters, &values),
            Layer::Dense(layer) => dense(layer, parameters, &values),
        };
    }
    values
}

fn dense(layer: &Dense, parameters: &[f32], input: &[Bounded]) -> Vec<Bounded> {
    let pattern = layer.pattern();
    let unit = |row: usize| {
        let terms: Vec<(f32, Bounded)> = pattern
            .row_range(row)
            .map(|entry| (parameters[entry], input[pattern.indices()[entry] as usize]))
            .collect();
        Bounded::sum(parameters[pattern.nnz() + row], &terms).activated(layer.activation())
    };
    (0..pattern.rows()).map(unit).collect()
}

fn convolution(layer: &Convolution, parameters: &[f32], image: &[Bounded]) -> Vec<Bounded> {
    let (pattern, input, stride) = (layer.pattern(), layer.input(), layer.window().stride);
    let (top, left) = layer.before();
    let sum = |channel: usize, y: usize, x: usize| {
        let terms: Vec<(f32, Bounded)> = pattern
            .row_range(channel)
            .map(|entry| {
                let (from, dy, dx) = layer.tap(pattern.indices()[entry] as usize);
                let y = (y * stride.0 + dy).checked_sub(top).filter(|&y| y < input.height);
                let x = (x * stride.1 + dx).checked_sub(left).filter(|&x| x < input.width);
                let pixel = y.zip(x).map(|(y, x)| image[(from * input.height + y) * input.width + x]);
                (parameters[entry], pixel.unwrap_or_default())
            })
            .collect();
        Bounded::sum(parameters[pattern.nnz() + channel], &terms)
    };
    let output = layer.output();
    let mut result = Vec::with_capacity(output.len());
    for channel in 0..output.channels {
        for y in 0..output.height {
            for x in 0..output.width {
                let kept = if layer.window().pool {
                    let (y, x) = (2 * y, 2 * x);
                    let upper = sum(channel, y, x).larger(sum(channel, y, x + 1));
                    upper.larger(sum(channel, y + 1, x)).larger(sum(channel, y + 1, x + 1))
                } else {
                    sum(channel, y, x)
                };
                result.push(kept.activated(layer.activation()));
            }
        }
    }
    result
}
