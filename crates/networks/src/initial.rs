//! Where training begins.
//!
//! | rule | a weight is drawn from | source |
//! |---|---|---|
//! | [`LecunNormal`](Initialiser::LecunNormal) | normal, cut at two deviations, variance 1 / fan in | flax's default; the paper's networks |
//! | [`LecunUniform`](Initialiser::LecunUniform) | uniform, variance 1 / fan in | the paper's policies of PPO |
//! | [`HeNormal`](Initialiser::HeNormal) | normal, cut at two deviations, variance 2 / fan in | He et al. 2015, as in flax |
//! | [`KaimingNormal`](Initialiser::KaimingNormal) | normal, variance 2 / fan in | He et al. 2015, as in PyTorch |
//! | [`KaimingConstant`](Initialiser::KaimingConstant) | plus or minus `sqrt(2 / fan in)` | Ramanujan et al. 2020, "signed constant" |
//! | [`GlorotNormal`](Initialiser::GlorotNormal) | normal, cut at two deviations, variance 2 / (fan in + fan out) | Glorot and Bengio 2010; Frankle and Carbin 2019 |
//! | [`FanInUniform`](Initialiser::FanInUniform) | uniform in `±1 / sqrt(fan in)` | PyTorch's default of weights and biases |
//! | [`Uniform`](Initialiser::Uniform) | uniform from `low` to below `high` | the paper's biases: 0 to 0.05 |
//! | [`Constant`](Initialiser::Constant) | always the same | |
//!
//! A normal distribution that is cut at two deviations has a deviation of 0.87962566103423978 only, so the normal one
//! before the cut is made wider by that much, and no weight exceeds 2.27 times the deviation wanted. A deviate beyond the cut is
//! drawn again; so what is drawn is the conditional distribution, exactly.
//!
//! Element `k` of tensor `t` is a function of the stream, `t` and `k` alone: a mask changes no start, and a tensor can be
//! drawn without the others.

use numerics::Isa;
use numerics::random::Stream;

use crate::architecture::{Architecture, Role, Tensor};

/// The deviation of a normal deviate that is between -2 and 2.
const CUT_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// How the elements of a tensor are drawn. Fan in is how many inputs a sum has.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Initialiser {
    /// Normal, cut at two deviations, variance 1 / fan in.
    LecunNormal,
    /// Uniform, variance 1 / fan in.
    LecunUniform,
    /// Normal, cut at two deviations, variance 2 / fan in.
    HeNormal,
    /// Normal, variance 2 / fan in.
    KaimingNormal,
    /// `sqrt(2 / fan in)` with either sign.
    KaimingConstant,
    /// Normal, cut at two deviations, variance 2 / (fan in + fan out).
    GlorotNormal,
    /// Uniform between `-1 / sqrt(fan in)` and `1 / sqrt(fan in)`.
    FanInUniform,
    /// Uniform in `[low, high)`.
    Uniform {
        /// Least value.
        low: f32,
        /// Just above the largest.
        high: f32,
    },
    /// One value for all.
    Constant(f32),
}

/// How a whole network begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Of all weights.
    pub weights: Initialiser,
    /// Of the biases of every layer but the last.
    pub biases: Initialiser,
    /// Of the biases of the last layer.
    pub last_biases: Initialiser,
}

impl Start {
    /// The flat vector of a network at its start.
    ///
    /// ```
    /// use networks::Preset;
    /// use numerics::random::Stream;
    ///
    /// let cnn = Preset::named("cnn", "1x28x28".parse()?, 10)?;
    /// let start = cnn.start.draw(&cnn.architecture, Stream::new(0, "initial weights"));
    /// assert_eq!(start.len(), 11_274);
    /// assert!(start[200..208].iter().all(|bias| (0.0..0.05).contains(bias)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn draw(&self, architecture: &Architecture, stream: Stream) -> Vec<f32> {
        let last = architecture.layers().len() - 1;
        let mut flat = vec![0.0; architecture.parameters()];
        for (index, tensor) in architecture.tensors().iter().enumerate() {
            let initialiser = match tensor.role {
                Role::Weight => self.weights,
                Role::Bias if tensor.layer == last => self.last_biases,
                Role::Bias => self.biases,
            };
            initialiser.draw(tensor, stream.child(index as u64), &mut flat[tensor.range()]);
        }
        flat
    }
}

impl Initialiser {
    /// Overwrites `out` with the elements of a tensor.
    ///
    /// # Panics
    ///
    /// If `out` has not the length of the tensor.
    pub fn draw(self, tensor: &Tensor, stream: Stream, out: &mut [f32]) {
        assert_eq!(out.len(), tensor.len(), "elements of `{}`", tensor.name);
        let (fan_in, fan_out) = (tensor.fan_in as f64, tensor.fan_out as f64);
        match self {
            Initialiser::LecunNormal => cut_normal(stream, 1.0 / fan_in, out),
            Initialiser::HeNormal => cut_normal(stream, 2.0 / fan_in, out),
            Initialiser::GlorotNormal => cut_normal(stream, 2.0 / (fan_in + fan_out), out),
            Initialiser::KaimingNormal => {
                stream.normal_into(Isa::detected(), 0, out);
                let deviation = (2.0 / fan_in).sqrt() as f32;
                out.iter_mut().for_each(|value| *value *= deviation);
            }
            Initialiser::KaimingConstant => {
                let size = (2.0 / fan_in).sqrt() as f32;
                for (element, value) in (0..).zip(out) {
                    *value = if stream.bits(element) >> 31 == 0 { size } else { -size };
                }
            }
            Initialiser::LecunUniform => symmetric(stream, (3.0 / fan_in).sqrt() as f32, out),
            Initialiser::FanInUniform => symmetric(stream, (1.0 / fan_in).sqrt() as f32, out),
            Initialiser::Uniform { low, high } => uniform(stream, low, high, out),
            Initialiser::Constant(constant) => out.fill(constant),
        }
    }
}

/// Normal deviates between -2 and 2, scaled to a variance. Try number `t` at an element is element `k` of child `t`.
fn cut_normal(stream: Stream, variance: f64, out: &mut [f32]) {
    let scale = (variance.sqrt() / CUT_DEVIATION) as f32;
    stream.child(0).normal_into(Isa::detected(), 0, out);
    for (element, value) in (0..).zip(out) {
        let mut tries = 1;
        while value.abs() > 2.0 {
            *value = stream.child(tries).normal(element);
            tries += 1;
        }
        *value *= scale;
    }
}

fn symmetric(stream: Stream, bound: f32, out: &mut [f32]) {
    uniform(stream, -bound, bound, out);
}

fn uniform(stream: Stream, low: f32, high: f32, out: &mut [f32]) {
    stream.uniform_into(Isa::detected(), 0, out);
    let width = high - low;
    for value in out {
        let drawn = value.mul_add(width, low);
        // rounding can reach the upper end
        *value = if drawn < high || width <= 0.0 { drawn } else { high.next_down() };
    }
}

#[cfg(test)]
mod tests;
