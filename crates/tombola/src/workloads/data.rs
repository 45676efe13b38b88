//! Masks, values and inputs of workloads, from named streams.

use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::network::Network;
use sparse_kernels::{Images, Pattern};

/// The seed of all workloads.
const SEED: u64 = 0;

/// A stream of the workloads.
pub fn stream(name: &str) -> Stream {
    Stream::new(SEED, name)
}

/// A uniformly random pattern with exactly `density` of the entries, rounded, and at least one.
///
/// Entry `index` of the first layers of a shuffle: it changes places with one from itself on.
pub fn mask(rows: usize, columns: usize, density: f64, stream: Stream) -> Pattern {
    let places = rows * columns;
    let kept = ((places as f64 * density).round() as usize).clamp(1, places);
    let mut order: Vec<usize> = (0..places).collect();
    let mut mask = vec![false; places];
    for index in 0..kept {
        let left = (places - index) as u64;
        let other = index + ((u64::from(stream.bits(index as u64)) * left) >> 32) as usize;
        order.swap(index, other);
        mask[order[index]] = true;
    }
    Pattern::from_mask(rows, columns, &mask).expect("a mask of the papers' sizes is a pattern")
}

/// The parameters of one member, such that sums keep the scale of the inputs: `sqrt(2 / entries a row)` times normal
/// deviates, and biases of a tenth.
pub fn parameters(network: &Network, stream: Stream) -> Vec<f32> {
    let mut parameters = vec![0.0; network.parameters()];
    stream.normal_into(Isa::detected(), 0, &mut parameters);
    for (index, layer) in network.layers().iter().enumerate() {
        let pattern = layer.pattern();
        let entries = (pattern.nnz() as f32 / pattern.rows() as f32).max(1.0);
        let (values, initial) = parameters[network.range(index)].split_at_mut(pattern.nnz());
        values.iter_mut().for_each(|value| *value *= (2.0 / entries).sqrt());
        initial.iter_mut().for_each(|value| *value *= 0.1);
    }
    parameters
}

/// A buffer of uniform deviates in `[-1/2, 1/2)`.
pub fn inputs(len: usize, stream: Stream) -> AlignedBuffer {
    let mut inputs = AlignedBuffer::new(len);
    stream.uniform_into(Isa::detected(), 0, &mut inputs);
    inputs.iter_mut().for_each(|input| *input -= 0.5);
    inputs
}

/// Packed images with mean and deviation like those of a normalised data set: `(uniform - 0.1307) / 0.3081`.
pub fn pixels(images: usize, each: usize, stream: Stream) -> AlignedBuffer {
    let mut buffer = AlignedBuffer::new(Images::buffer_len(images, each));
    let mut image = vec![0.0; each];
    for index in 0..images {
        stream.child(index as u64).uniform_into(Isa::detected(), 0, &mut image);
        image.iter_mut().for_each(|pixel| *pixel = (*pixel - 0.1307) / 0.3081);
        Images::pack(index, &image, &mut buffer);
    }
    buffer
}

/// The numbers of one lane of `[..][width]`.
pub fn column(numbers: &[f32], lane: usize, width: usize) -> Vec<f32> {
    numbers.iter().skip(lane).step_by(width).copied().collect()
}

/// The values of [`LANES`] members side by side: `[parameter][lane]`, lane `l` with the parameters of `members[l]`.
pub fn side_by_side(members: &[Vec<f32>]) -> AlignedBuffer {
    assert_eq!(members.len(), LANES, "a member a lane");
    let mut values = AlignedBuffer::new(members[0].len() * LANES);
    for (lane, member) in members.iter().enumerate() {
        for (place, &value) in values.iter_mut().skip(lane).step_by(LANES).zip(member) {
            *place = value;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_have_exact_counts_and_depend_on_their_stream_alone() {
        for (density, expected) in [(1.0, 4064), (0.05, 203), (0.0144, 59), (0.0, 1)] {
            let pattern = mask(32, 127, density, stream("test"));
            assert_eq!(pattern.nnz(), expected);
            assert_eq!(pattern, mask(32, 127, density, stream("test")));
        }
        assert_ne!(mask(32, 127, 0.05, stream("test")), mask(32, 127, 0.05, stream("another")));
    }

    #[test]
    fn masks_are_uniform() {
        // 2000 draws of 8 of 40 entries: each is kept 400 times, with a deviation of sqrt(2000 * 0.2 * 0.8) = 18.
        let mut counts = [0_u32; 40];
        for draw in 0..2000 {
            for &column in mask(1, 40, 0.2, stream("test").child(draw)).indices() {
                counts[column as usize] += 1;
            }
        }
        // five deviations: a right mask fails with a chance below 1 in 40 000, and always or never, by the fixed seed
        assert!(counts.iter().all(|count| (310..=490).contains(count)), "{counts:?}");
    }
}
