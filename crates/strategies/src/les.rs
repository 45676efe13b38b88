//! LES, the learned evolution strategy: a small network weighs members, and another says how far to follow them.
//!
//! ```text
//! ask     x = m + s z                                         s a vector
//! tell    F_i = (1 if f_i is below all before, else 0; centred rank of f_i; (f_i - mean f) / (std f + 1e-10))
//!         w = softmax(softmax(Q K' / sqrt P) V)               K, Q, V linear in F, with 8, 8 and 1 outputs
//!         c = sum_i w_i (x_i - m),  e = sum_i w_i (x_i - m) / s
//!         p_t = (1 - t) p_t + t c,  q_t = (1 - t) q_t + t e   for t = 0.1, 0.5, 0.9
//!         h = max(0, dense(p, q, tanh(n / u - 1)))            n generations, u = 1, 3, 10, 30, .., 2000; 8 outputs
//!         m = m + a c,  s = s + b (sqrt(sum_i w_i (x_i - m)^2 + floor) - s)    a, b = sigmoid(dense(h)), around the old m
//! ```
//!
//! The networks have 246 numbers in all ([`Network`]), the same for every coordinate and every problem. They were found by
//! meta-evolution and are not part of this crate: without them a search is refused, and none are invented here. Whoever has
//! the published ones gives them with [`LesSettings::network`]; `tombola optimize --weights` reads them from a file.
//!
//! Source: Lange et al., "Discovering evolution strategies via meta-black-box optimization" (2023), section 3 and appendix;
//! layer sizes and features as the reference has them.
//!
//! Departures of the published code ([`Quirks`]): its paths take `1 - t` of the new step too (`les_paths`), and "below all
//! before" mixes up signs where fitness is maximised (`signs_mixed`). Its later release has a floor of 1e-8: a setting here.

use serde::{Deserialize, Serialize};

use crate::population::Spread;
use crate::real::{Real, exp};
use crate::sample::Sample;
use crate::settings::{Quirks, SettingError, check};
use crate::shaping::{Fitness, mean_and_deviation};
use crate::state::Fields;
use crate::strategy::Strategy;

/// Features of a member, outputs of keys, queries and the hidden layer.
const FEATURES: usize = 3;
const WIDTH: usize = 8;

/// Time scales of the paths, and of the generations.
const MEMORIES: [f64; 3] = [0.1, 0.5, 0.9];
const TIMES: [f64; 13] =
    [1.0, 3.0, 10.0, 30.0, 50.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 1250.0, 1500.0, 2000.0];
const INPUTS: usize = 2 * MEMORIES.len() + TIMES.len();

/// A layer of the network: name, inputs, outputs. Its matrix comes first, by inputs, then its bias.
const LAYERS: [(&str, usize, usize); 6] = [
    ("k", FEATURES, WIDTH),
    ("q", FEATURES, WIDTH),
    ("v", FEATURES, 1),
    ("h", INPUTS, WIDTH),
    ("mean", WIDTH, 1),
    ("sigma", WIDTH, 1),
];

/// Numbers of all layers.
const NUMBERS: usize = 246;

/// The trained numbers: matrices `[input][output]` and biases of keys `k`, queries `q`, values `v`, the hidden layer `h`, and
/// the two heads `mean` and `sigma`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Network([f64; NUMBERS]);

impl Network {
    /// The names of the parts, `W` for matrices and `b` for biases, each with its count of inputs (1 for a bias) and outputs.
    ///
    /// ```
    /// use strategies::les::Network;
    ///
    /// let parts = Network::parts();
    /// assert_eq!(parts[0], ("Wk".to_owned(), 3, 8));
    /// assert_eq!(parts[11], ("bsigma".to_owned(), 1, 1));
    /// ```
    pub fn parts() -> Vec<(String, usize, usize)> {
        let of = |(name, inputs, outputs)| {
            [(format!("W{name}"), inputs, outputs), (format!("b{name}"), 1, outputs)]
        };
        LAYERS.into_iter().flat_map(of).collect()
    }

    /// Of all numbers, part by part. None if they are not as many as the parts need, or one is not finite.
    ///
    /// ```
    /// use strategies::les::Network;
    ///
    /// assert!(Network::new(&[0.5; 246]).is_some() && Network::new(&[0.5; 245]).is_none());
    /// ```
    pub fn new(numbers: &[f64]) -> Option<Network> {
        let numbers: [f64; NUMBERS] = numbers.try_into().ok()?;
        numbers.iter().all(|number| number.is_finite()).then_some(Network(numbers))
    }

    /// One output of a layer.
    fn output(&self, layer: usize, output: usize, inputs: &[f64]) -> f64 {
        let size = |(_, inputs, outputs): &(&str, usize, usize)| (inputs + 1) * outputs;
        let first: usize = LAYERS[..layer].iter().map(size).sum();
        let (_, count, outputs) = LAYERS[layer];
        let bias = self.0[first + count * outputs + output];
        let weight = |input: usize| self.0[first + input * outputs + output];
        inputs.iter().enumerate().fold(bias, |sum, (index, x)| weight(index).mul_add(*x, sum))
    }

    /// All outputs of a layer.
    fn outputs<const COUNT: usize>(&self, layer: usize, inputs: &[f64]) -> [f64; COUNT] {
        std::array::from_fn(|output| self.output(layer, output, inputs))
    }
}

impl TryFrom<Vec<f64>> for Network {
    type Error = String;

    fn try_from(numbers: Vec<f64>) -> Result<Network, String> {
        Network::new(&numbers)
            .ok_or_else(|| format!("a network has {NUMBERS} finite numbers; found {}", numbers.len()))
    }
}

impl From<Network> for Vec<f64> {
    fn from(network: Network) -> Vec<f64> {
        network.0.to_vec()
    }
}

/// Settings of LES.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LesSettings {
    /// The trained numbers; without them there is no search.
    pub network: Option<Network>,
    /// Standard deviation of every coordinate at the start.
    pub deviation: f64,
    /// What is added to a variance before its root is taken; at least 0.
    pub floor: f64,
}

/// The floor of the later release of the published code.
pub const LATER_FLOOR: f64 = 1e-8;

impl Default for LesSettings {
    fn default() -> Self {
        LesSettings { network: None, deviation: 0.1, floor: 1e-10 }
    }
}

impl LesSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        check("deviation", self.deviation, self.deviation > 0.0, "above 0")?;
        check("floor", self.floor, self.floor >= 0.0, "at least 0")?;
        let expected =
            "the 246 numbers of a trained network, which are not part of this program: import published ones";
        check("network", 0.0, self.network.is_some(), expected)
    }
}

/// LES at work.
#[derive(Clone, Debug)]
pub(crate) struct Les<T> {
    settings: LesSettings,
    quirks: Quirks,
    /// The least cost so far.
    least: f64,
    deviations: Vec<T>,
    /// `[coordinate][time scale]`
    mean_paths: Vec<T>,
    deviation_paths: Vec<T>,
}

impl<T: Real> Les<T> {
    pub(crate) fn new(settings: LesSettings, quirks: Quirks, dims: usize) -> Les<T> {
        Les {
            settings,
            quirks,
            least: f64::MAX,
            deviations: vec![T::of(settings.deviation).as_deviation(); dims],
            mean_paths: vec![T::ZERO; MEMORIES.len() * dims],
            deviation_paths: vec![T::ZERO; MEMORIES.len() * dims],
        }
    }

    /// The weight of each member.
    fn weights(&self, network: &Network, fitness: &Fitness, before: f64) -> Vec<f64> {
        let costs = &fitness.unshaped;
        let ranks = fitness.ranks_of(0..costs.len());
        let (mean, deviation) = mean_and_deviation(costs);
        let features = |(&cost, &rank): (&f64, &f64)| {
            [f64::from(u8::from(cost < before)), rank, (cost - mean) / (deviation + 1e-10)]
        };
        let features: Vec<[f64; FEATURES]> = costs.iter().zip(&ranks).map(features).collect();
        let keys: Vec<[f64; WIDTH]> = features.iter().map(|features| network.outputs(0, features)).collect();
        let values: Vec<f64> = features.iter().map(|features| network.output(2, 0, features)).collect();
        let scale = 1.0 / (costs.len() as f64).sqrt();
        let attended = |features: &[f64; FEATURES]| {
            let query: [f64; WIDTH] = network.outputs(1, features);
            let product =
                |key: &[f64; WIDTH]| key.iter().zip(&query).map(|(k, q)| k * q).sum::<f64>() * scale;
            let shares = softmax(&keys.iter().map(product).collect::<Vec<f64>>());
            shares.iter().zip(&values).map(|(share, value)| share * value).sum()
        };
        softmax(&features.iter().map(attended).collect::<Vec<f64>>())
    }
}

/// Weights that sum to 1. What is not finite counts as 0.
fn softmax(values: &[f64]) -> Vec<f64> {
    let sound: Vec<f64> = values.iter().map(|value| if value.is_finite() { *value } else { 0.0 }).collect();
    let most = sound.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let raw: Vec<f64> = sound.iter().map(|value| exp(value - most)).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|value| value / sum).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

fn tanh(x: f64) -> f64 {
    let twice = exp(2.0 * x.clamp(-20.0, 20.0));
    (twice - 1.0) / (twice + 1.0)
}

impl<T: Real> Strategy<T> for Les<T> {
    fn deviations(&self) -> &[T] {
        &self.deviations
    }

    fn tell(&mut self, sample: &Sample<'_, T>, fitness: &Fitness, mean: &mut [T]) {
        let Some(network) = self.settings.network else { return };
        let before = if self.quirks.signs_mixed { sample.told_best() } else { self.least };
        let weights = self.weights(&network, fitness, before);
        self.least = self.least.min(fitness.unshaped[fitness.order[0]]);
        let spread = Spread { mean, deviation: &self.deviations };
        let moments = sample.moments(spread, &weights, Some(&weights));
        let times = TIMES.map(|scale| tanh(sample.generation as f64 / scale - 1.0));

        let dims = mean.len();
        let floor = self.settings.floor;
        for coordinate in 0..dims {
            let (slope, old) = (moments.slope[coordinate].wide(), self.deviations[coordinate].wide());
            let mut inputs = [0.0; INPUTS];
            for (index, memory) in MEMORIES.into_iter().enumerate() {
                let take = if self.quirks.les_paths { 1.0 - memory } else { memory };
                let both =
                    [&mut self.mean_paths, &mut self.deviation_paths].into_iter().zip([old * slope, slope]);
                for (kind, (paths, step)) in both.enumerate() {
                    let path = &mut paths[coordinate * MEMORIES.len() + index];
                    *path = T::of((1.0 - memory).mul_add(path.wide(), take * step)).bounded_or_zero();
                    inputs[kind * MEMORIES.len() + index] = path.wide();
                }
            }
            inputs[2 * MEMORIES.len()..].copy_from_slice(&times);
            let hidden: [f64; WIDTH] = network.outputs(3, &inputs);
            let hidden = hidden.map(|x| x.max(0.0));
            let [follow, widen] = [4, 5].map(|head| sigmoid(network.output(head, 0, &hidden)));
            mean[coordinate] = mean[coordinate].moved_by(T::of(follow * (old * slope)));
            let seen = (old * old).mul_add(moments.curvature[coordinate].wide(), floor).max(0.0).sqrt();
            self.deviations[coordinate] = T::of(widen.mul_add(seen - old, old)).as_deviation();
        }
    }

    fn fields(&mut self, fields: &mut dyn Fields<T>) {
        fields.vector("sigma", &mut self.deviations);
        fields.vector("mean_paths", &mut self.mean_paths);
        fields.vector("deviation_paths", &mut self.deviation_paths);
        fields.scalar("least_cost", &mut self.least);
    }

    fn boxed(&self) -> Box<dyn Strategy<T>> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_have_as_many_numbers_as_there_are() {
        let all: usize = Network::parts().iter().map(|(_, inputs, outputs)| inputs * outputs).sum();
        assert_eq!(all, NUMBERS);
    }

    #[test]
    fn outputs_of_a_hand_worked_case() {
        // The first layer's matrix is 0, 1, 2, .. by inputs; its bias 24, 25, ..
        let mut numbers = [0.0; NUMBERS];
        numbers.iter_mut().zip(0..).for_each(|(number, index)| *number = f64::from(index));
        let network = Network::new(&numbers).expect("as many as there are");
        let found: [f64; WIDTH] = network.outputs(0, &[1.0, 10.0, 100.0]);
        assert_eq!(found[0], 24.0 + 80.0 + 1600.0);
        assert_eq!(found[7], 31.0 + 7.0 + 150.0 + 2300.0);
        assert_eq!(network.output(5, 0, &[0.0; WIDTH]), 245.0, "the last is the last head's bias");
    }

    #[test]
    fn functions_of_hand_worked_cases() {
        assert_eq!((sigmoid(0.0), tanh(0.0), tanh(-1e9)), (0.5, 0.0, tanh(-20.0)));
        assert!((tanh(-1.0) + 1f64.tanh()).abs() < 4.0 * f64::EPSILON);
        assert_eq!(softmax(&[f64::NAN, 0.0]), [0.5, 0.5]);
    }
}
