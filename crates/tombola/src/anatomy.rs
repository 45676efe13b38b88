//! What trained networks look like inside, in numbers and pictures: how many weights each layer keeps, how many of those an
//! output depends on, how large they are, whether large weights are those that the search is sure of, and what the network
//! costs.
//!
//! ```text
//! effective              weights that are left when units without inputs or readers are (`sparse_kernels::compile`)
//! size   = mean of |w|                                over the weights that are kept
//! linear = correlation of |w| and |w| / deviation     Pearson's
//! ranked = the same of their ranks                    Spearman's; equal numbers share their ranks' mean
//! ```
//!
//! After supplement 11 and figure 7 of Lange and Sprekeler (2023): where both criteria rank weights alike, choosing by signal
//! to noise can gain nothing over choosing by magnitude.
//!
//! # Invariants
//!
//! - **Weights that masks may remove** are looked at, and no biases.
//! - **Absent:** files, searches, scores.

mod weights;

use std::ops::Range;

use networks::{Architecture, Role, Tensor, Ticket, multiply_adds};
use sparse_kernels::compile::{CompiledNetwork, Mode};

use crate::rows::WHOLE;
use crate::stats::{pearson, ranks};

pub use weights::picture;

/// A layer of a trained network, or all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its name, or [`WHOLE`].
    pub name: String,
    /// How many weights may be removed.
    pub weights: usize,
    /// How many are kept.
    pub kept: usize,
    /// How many of those an output depends on; none where the network is too large to be looked at.
    pub effective: Option<usize>,
    /// Mean of the weights that are kept; none where none is.
    pub mean: Option<f64>,
    /// Mean of their sizes.
    pub size: Option<f64>,
    /// Correlation of their sizes and their signal to noise: of the numbers, and of their ranks. None where a strategy has no
    /// deviations, and where all are equal.
    pub correlation: Option<(f64, f64)>,
    /// Multiply-adds of one input, of all layers together.
    pub multiply_adds: Option<u64>,
    /// Bytes of the ticket, likewise.
    pub bytes: Option<u64>,
}

/// The layers of a ticket that have weights which may be removed, and all together first.
pub fn layers(ticket: &Ticket) -> Vec<Layer> {
    let network = ticket.network();
    let (ranges, matters) = (ranges(network), effective(ticket));
    let one = |name: &str, ranges: &[Range<usize>]| layer(ticket, matters.as_deref(), name, ranges);
    let parts = ranges.iter().map(|(name, range)| one(name, std::slice::from_ref(range)));
    let all: Vec<Range<usize>> = ranges.iter().map(|(_, range)| range.clone()).collect();
    let whole = Layer {
        multiply_adds: ticket.masked().ok().map(|masked| multiply_adds(masked.network()) as u64),
        bytes: Some(ticket.encode().len() as u64),
        ..one(WHOLE, &all)
    };
    std::iter::once(whole).chain(parts).collect()
}

/// For each free coordinate whether an output depends on it.
fn effective(ticket: &Ticket) -> Option<Vec<bool>> {
    let masked = ticket.masked().ok()?;
    let compiled = CompiledNetwork::new(masked.network(), Mode::Fold).ok()?;
    let parameters: Vec<f32> =
        compiled.effective().into_iter().map(|matters| f32::from(u8::from(matters))).collect();
    let mut free = vec![0.0; masked.dims()];
    masked.pick(&parameters, &mut free);
    Some(free.into_iter().map(|matters| matters > 0.0).collect())
}

/// The weights that masks may remove, layer by layer.
pub fn tensors(network: &Architecture) -> impl Iterator<Item = &Tensor> {
    network.tensors().iter().filter(|tensor| tensor.role == Role::Weight && tensor.prunable)
}

/// Where they are in the flat vector.
fn ranges(network: &Architecture) -> Vec<(String, Range<usize>)> {
    tensors(network).map(|tensor| (tensor.name.clone(), tensor.range())).collect()
}

fn layer(ticket: &Ticket, matters: Option<&[bool]>, name: &str, ranges: &[Range<usize>]) -> Layer {
    let contents = ticket.contents();
    let is_here = |index: u32| ranges.iter().any(|range| range.contains(&(index as usize)));
    let places = ticket.indices().iter().enumerate().filter(|(_, index)| is_here(**index));
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    let values: Vec<f64> = places.iter().map(|&place| f64::from(contents.mean[place])).collect();
    let sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    let ratios = contents.deviation.as_ref().map(|deviations| -> Vec<f64> {
        let deviations = places.iter().map(|&place| f64::from(deviations[place]));
        sizes.iter().zip(deviations).map(|(size, deviation)| size / deviation).collect()
    });
    let correlation = ratios.filter(|ratios| ratios.iter().all(|ratio| ratio.is_finite()));
    Layer {
        name: name.to_owned(),
        weights: ranges.iter().map(Range::len).sum(),
        kept: values.len(),
        effective: matters.map(|matters| places.iter().filter(|&&place| matters[place]).count()),
        mean: mean(&values),
        size: mean(&sizes),
        correlation: correlation
            .and_then(|ratios| Some((pearson(&sizes, &ratios)?, pearson(&ranks(&sizes), &ranks(&ratios))?))),
        multiply_adds: None,
        bytes: None,
    }
}

fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

#[cfg(test)]
mod tests {
    use networks::ticket::Contents;
    use networks::{Mask, MaskedNetwork};

    use super::*;

    /// 3 inputs, 2 units, 1 output: 8 weights, of which the mask keeps every other.
    fn ticket(deviation: Option<Vec<f32>>) -> Ticket {
        let network: Architecture = "3: dense 2 tanh; dense 1".parse().expect("a network");
        let mask = Mask::from_fn(8, |place| place % 2 == 0);
        let masked = MaskedNetwork::new(&network, &mask).expect("a mask of the network");
        let values: Vec<f32> = (0..masked.dims()).map(|place| place as f32 - 2.0).collect();
        let contents = Contents { start: values.clone(), mean: values, deviation, ..Contents::default() };
        Ticket::new(network, &mask, contents).expect("a ticket")
    }

    #[test]
    fn layers_are_told_apart_and_biases_left_out() {
        let layers = layers(&ticket(None));
        let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, [WHOLE, "dense_0.weight", "dense_1.weight"]);
        let counts: Vec<(usize, usize)> = layers.iter().map(|layer| (layer.kept, layer.weights)).collect();
        assert_eq!(counts, [(4, 8), (3, 6), (1, 2)]);
        // the first layer's weights are the first three free coordinates: -2, -1, 0
        assert_eq!((layers[1].mean, layers[1].size), (Some(-1.0), Some(1.0)));
        assert!(layers.iter().all(|layer| layer.correlation.is_none()));
        // Places 0, 2, 4 of the first layer and 0 of the second: the second unit, of inputs 1, has no reader.
        let effective: Vec<_> = layers.iter().map(|layer| layer.effective).collect();
        assert_eq!(effective, [Some(3), Some(2), Some(1)]);
        assert_eq!(layers[0].multiply_adds, Some(4));
        assert_eq!(layers[0].bytes, Some(ticket(None).encode().len() as u64));
        assert_eq!((layers[1].multiply_adds, layers[1].bytes), (None, None));
    }

    #[test]
    fn equal_deviations_leave_the_order_of_sizes_and_others_can_turn_it() {
        let count = ticket(None).indices().len();
        let found =
            |deviations: Vec<f32>| layers(&ticket(Some(deviations)))[1].correlation.expect("they vary");
        let (linear, ranked) = found(vec![0.5; count]);
        assert!((linear - 1.0).abs() < 1e-12 && (ranked - 1.0).abs() < 1e-12);
        // sizes 2, 1, 0 over deviations 40, 1, 1: ratios 0.05, 1, 0
        let mut deviations = vec![1.0; count];
        deviations[0] = 40.0;
        let (linear, ranked) = found(deviations);
        assert!((ranked - 0.5).abs() < 1e-12, "ranks 2 1 0 and 1 2 0: {ranked}");
        assert!(linear < 0.1, "{linear}");
        let all_equal = layers(&ticket(Some(vec![0.0; count])))[1].correlation;
        assert_eq!(all_equal, None, "no deviation, no ratio");
    }
}
