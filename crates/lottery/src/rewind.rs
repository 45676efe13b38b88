//! Where the next level starts, and masks that change places: the random parts of the controls.
//!
//! | | numbers of the flat vector | streams |
//! |---|---|---|
//! | rewound | those of the first level | |
//! | shuffled | those of the first level that the old mask kept .. see below | `shuffled start`, level, tensor |
//! | fresh | drawn as the first level's were | `fresh start`, level |
//!
//! A *shuffled* start takes the first level's numbers at the weights that the *scored* mask keeps, and puts them, within each
//! tensor, in random order on the weights that the *new* mask keeps. Where masks are not shuffled the two are one. Biases
//! stay.
//!
//! A *shuffled* mask keeps as many weights of each tensor, anywhere in it. As published, only whole slices along the
//! first axis of flax's kernels change places: rows of a dense kernel's inputs, rows of a convolution's window.

use networks::{Architecture, Mask, order};
use numerics::random::Stream;

/// The prunable tensors, each with its first coordinate in the flat vector, its first prunable weight, and its length.
fn prunable(architecture: &Architecture) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
    let tensors = architecture.tensors().iter().filter(|tensor| tensor.prunable);
    tensors.scan(0, |first, tensor| {
        let here = *first;
        *first += tensor.len();
        Some((tensor.start, here, tensor.len()))
    })
}

/// How many weights a mask keeps in each prunable tensor.
pub fn kept_in_tensors(architecture: &Architecture, mask: &Mask) -> Vec<usize> {
    let count = |(_, first, len)| (first..first + len).filter(|&weight| mask.keeps(weight)).count();
    prunable(architecture).map(count).collect()
}

/// As many weights in each tensor, anywhere.
///
/// # Panics
///
/// If a tensor has not that many.
pub fn anywhere_in_tensors(architecture: &Architecture, kept: &[usize], stream: Stream) -> Mask {
    let tensors = prunable(architecture).zip(kept).enumerate();
    let weights = tensors.flat_map(|(index, ((_, first, len), &kept))| {
        let mask = Mask::random(len, kept, stream.child(index as u64));
        mask.iter().map(|weight| first + weight).collect::<Vec<_>>()
    });
    Mask::from_kept(architecture.prunable(), weights)
}

/// Slices along the first axis of flax's kernels change places, as published.
pub fn permuted_rows(architecture: &Architecture, mask: &Mask, stream: Stream) -> Mask {
    let flax = order::flax(architecture);
    let mut keeps = vec![false; architecture.parameters()];
    let mut weight_of = vec![usize::MAX; architecture.parameters()];
    for (start, first, len) in prunable(architecture) {
        for weight in 0..len {
            keeps[start + weight] = mask.keeps(first + weight);
            weight_of[start + weight] = first + weight;
        }
    }
    let mut kept = Vec::with_capacity(mask.kept());
    for (index, tensor) in order::flax_tensors(architecture).iter().enumerate() {
        if !architecture.tensors()[tensor.tensor].prunable {
            continue;
        }
        let places = &flax[tensor.range.clone()];
        let row = places.len() / tensor.shape[0];
        let mut rows = vec![0; tensor.shape[0]];
        stream.child(index as u64).permutation_into(&mut rows);
        for (to, from) in places.chunks_exact(row).zip(rows) {
            let from = &places[from as usize * row..][..row];
            let moved = to.iter().zip(from).filter(|(_, from)| keeps[**from as usize]);
            kept.extend(moved.map(|(&to, _)| weight_of[to as usize]));
        }
    }
    Mask::from_kept(mask.len(), kept)
}

/// The flat vector `original` with the numbers at the weights of `from` put, in random order within each tensor, on the
/// weights of `onto`.
///
/// # Panics
///
/// If the two masks keep different numbers of weights in a tensor.
pub fn shuffled(
    architecture: &Architecture,
    original: &[f32],
    from: &Mask,
    onto: &Mask,
    stream: Stream,
) -> Vec<f32> {
    let mut flat = original.to_vec();
    for (index, (start, first, len)) in prunable(architecture).enumerate() {
        let weights =
            |mask: &Mask| -> Vec<usize> { (0..len).filter(|&weight| mask.keeps(first + weight)).collect() };
        let (sources, targets) = (weights(from), weights(onto));
        assert_eq!(sources.len(), targets.len(), "a shuffled mask keeps as many weights of each tensor");
        let mut values: Vec<f32> = sources.iter().map(|&weight| original[start + weight]).collect();
        stream.child(index as u64).shuffle(&mut values);
        for (weight, value) in targets.into_iter().zip(values) {
            flat[start + weight] = value;
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Architecture {
        "1x8x8: conv 3 3x3 same pool relu; dense 5 relu; dense 4".parse().unwrap()
    }

    fn sorted(mut values: Vec<f32>) -> Vec<f32> {
        values.sort_unstable_by(f32::total_cmp);
        values
    }

    #[test]
    fn masks_change_places_within_their_tensors_only() {
        let network = network();
        for seed in 0..20 {
            let stream = Stream::new(seed, "test");
            let mask = Mask::random(network.prunable(), 90, stream.child(0));
            let kept = kept_in_tensors(&network, &mask);
            assert_eq!(kept.iter().sum::<usize>(), 90);
            let anywhere = anywhere_in_tensors(&network, &kept, stream.child(1));
            let rows = permuted_rows(&network, &mask, stream.child(2));
            for other in [&anywhere, &rows] {
                assert_eq!(kept_in_tensors(&network, other), kept);
                assert_ne!(*other, mask);
            }
            // in the last layer a row of flax is what one input sends: a column here, weights 267 to 286, four outputs
            let columns = |mask: &Mask| {
                let column = |input: usize| {
                    (0..4).map(|output| mask.keeps(267 + output * 5 + input)).collect::<Vec<_>>()
                };
                let mut columns: Vec<Vec<bool>> = (0..5).map(column).collect();
                columns.sort();
                columns
            };
            assert_eq!(network.prunable(), 267 + 20);
            assert_eq!(columns(&rows), columns(&mask), "whole rows move");
        }
    }

    #[test]
    fn shuffled_starts_have_the_same_numbers_in_each_tensor() {
        let network = network();
        let original: Vec<f32> = (0..network.parameters()).map(|index| index as f32).collect();
        let stream = Stream::new(1, "test");
        let from = Mask::random(network.prunable(), 100, stream.child(0));
        let onto = anywhere_in_tensors(&network, &kept_in_tensors(&network, &from), stream.child(1));
        let flat = shuffled(&network, &original, &from, &onto, stream.child(2));
        let values = |flat: &[f32], mask: &Mask, (start, first, len): (usize, usize, usize)| -> Vec<f32> {
            (0..len).filter(|&weight| mask.keeps(first + weight)).map(|weight| flat[start + weight]).collect()
        };
        for tensor in prunable(&network) {
            let before = values(&original, &from, tensor);
            let after = values(&flat, &onto, tensor);
            assert_ne!(before, after);
            assert_eq!(sorted(before), sorted(after));
        }
        for tensor in network.tensors().iter().filter(|tensor| !tensor.prunable) {
            assert_eq!(flat[tensor.range()], original[tensor.range()], "biases stay");
        }
    }
}
