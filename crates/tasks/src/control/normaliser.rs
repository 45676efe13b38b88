//! Observations on one scale: less their running mean, over their running deviation, cut off at 5.
//!
//! Of the count `c`, the mean `m` and the sum of squares `s` of an observation, all 0 at the start:
//!
//! ```text
//! while a generation runs   x = clip((o - m) / sqrt(v), -5, 5),   v = clip(s / (c + 1), 1e-6, 1e6)
//! after it                  c' = c + n                            n observations o were seen
//!                           m' = m + sum (o - m) / c'
//!                           s' = s + sum (o - m') (o - m)
//! ```
//!
//! as in EvoJAX 0.2.16 (`ObsNormalizer`). In the first generation `v` is thus 1e-6 everywhere, and a policy sees little
//! more than signs. The last sum is `sum (o - m)^2 - (m' - m) sum (o - m)`, so one pass over the observations will do. It
//! is made in `f64`, where what cancels are 16 digits.
//!
//! Sums are those of each member, in the order of its steps and in each step of its episodes; then the members are added
//! in their order. No block, thread or register is part of that.

use networks::Normaliser;
use numerics::{Kernel, LANES, Simd};

/// Largest size of a normalised observation.
const LIMIT: f32 = 5.0;
/// Bounds of a variance.
const VARIANCE: [f64; 2] = [1e-6, 1e6];

/// What normalises, while a generation runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    mean: Vec<f32>,
    /// One over the deviation.
    factor: Vec<f32>,
    /// What sums are taken from.
    origin: Vec<f64>,
}

impl Scale {
    /// By what was seen until now.
    pub fn new(normaliser: &Normaliser) -> Scale {
        let Normaliser { count, mean, squares } = normaliser;
        let factor = |squares: &f64| {
            let variance = (squares / (count + 1.0)).clamp(VARIANCE[0], VARIANCE[1]);
            (1.0 / variance.sqrt()) as f32
        };
        Scale {
            mean: mean.iter().map(|&mean| mean as f32).collect(),
            factor: squares.iter().map(factor).collect(),
            origin: mean.clone(),
        }
    }

    /// One observation, by definition.
    pub fn of(&self, index: usize, observation: f32) -> f32 {
        let scaled = (observation - self.mean[index]) * self.factor[index];
        // as registers do it: what is no number becomes the lower bound
        let above = if scaled > -LIMIT { scaled } else { -LIMIT };
        if above < LIMIT { above } else { LIMIT }
    }
}

/// Sums over observations: how many there were, and for each its differences from an origin and their squares.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    count: f64,
    differences: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    /// Nothing yet.
    pub fn new(observations: usize) -> Sums {
        Sums { count: 0.0, differences: vec![0.0; observations], squares: vec![0.0; observations] }
    }

    /// Adds what one copy saw, by definition.
    pub fn add(&mut self, scale: &Scale, observation: &[f32]) {
        self.count += 1.0;
        for (index, &seen) in observation.iter().enumerate() {
            let difference = f64::from(seen) - scale.origin[index];
            self.differences[index] += difference;
            self.squares[index] += difference * difference;
        }
    }

    /// Adds other sums from the same origin.
    pub fn merge(&mut self, other: &Sums) {
        self.count += other.count;
        let add = |mine: &mut [f64], other: &[f64]| {
            mine.iter_mut().zip(other).for_each(|(mine, other)| *mine += other);
        };
        add(&mut self.differences, &other.differences);
        add(&mut self.squares, &other.squares);
    }

    /// Takes the sums, whose origin was the mean, into account.
    pub fn settle(&self, normaliser: &mut Normaliser) {
        let Normaliser { count, mean, squares } = normaliser;
        *count += self.count;
        if self.count == 0.0 {
            return;
        }
        for (index, (mean, squares)) in mean.iter_mut().zip(squares).enumerate() {
            let step = self.differences[index] / *count;
            *mean += step;
            // never below zero but for rounding
            *squares = (*squares + (self.squares[index] - step * self.differences[index])).max(0.0);
        }
    }
}

/// Writes what a policy sees of a block: `[observation][copy]` to `[observation][place of places][copy]`.
pub(super) struct Show<'a> {
    pub(super) scale: Option<&'a Scale>,
    pub(super) sight: &'a [f32],
    pub(super) inputs: &'a mut [f32],
    pub(super) place: usize,
    pub(super) places: usize,
}

impl Kernel for Show<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (lowest, highest) = (simd.splat(-LIMIT), simd.splat(LIMIT));
        let rows = self.inputs.chunks_exact_mut(self.places * LANES);
        for (index, (from, to)) in self.sight.chunks_exact(LANES).zip(rows).enumerate() {
            let to = &mut to[self.place * LANES..][..LANES];
            let Some(scale) = self.scale else {
                to.copy_from_slice(from);
                continue;
            };
            let (mean, factor) = (simd.splat(scale.mean[index]), simd.splat(scale.factor[index]));
            for lane in (0..LANES).step_by(S::LANES) {
                let scaled = simd.mul(simd.sub(simd.load(&from[lane..]), mean), factor);
                let cut = simd.min(simd.max(scaled, lowest), highest);
                simd.store(cut, &mut to[lane..]);
            }
        }
    }
}

/// The sums of each of sixteen lanes: `[observation][differences, squares][lane]`.
#[derive(Clone, Debug)]
pub(super) struct LaneSums {
    counts: [f64; LANES],
    sums: Vec<[[f64; LANES]; 2]>,
}

impl LaneSums {
    pub(super) fn new(observations: usize) -> LaneSums {
        LaneSums { counts: [0.0; LANES], sums: vec![[[0.0; LANES]; 2]; observations] }
    }

    /// Moves the sums of a lane, which is empty after it.
    pub(super) fn take(&mut self, lane: usize, sums: &mut Sums) {
        sums.count = std::mem::take(&mut self.counts[lane]);
        for (index, both) in self.sums.iter_mut().enumerate() {
            sums.differences[index] = std::mem::take(&mut both[0][lane]);
            sums.squares[index] = std::mem::take(&mut both[1][lane]);
        }
    }
}

/// What the lanes of a block saw, and of which it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saw<'a> {
    pub(super) sight: &'a [f32],
    pub(super) counts: &'a [bool; LANES],
}

/// Blocks of which rows are added together; more of them are taken in turn.
const MOST_BLOCKS: usize = 16;

/// Adds what the lanes of some blocks saw, where it counts, in the order of blocks.
pub(super) struct Add<'a> {
    pub(super) scale: &'a Scale,
    pub(super) blocks: &'a [Saw<'a>],
    pub(super) sums: &'a mut LaneSums,
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let mut keep = [[0_u64; LANES]; MOST_BLOCKS];
        for blocks in self.blocks.chunks(MOST_BLOCKS) {
            for (keep, seen) in keep.iter_mut().zip(blocks) {
                for ((keep, &counts), count) in keep.iter_mut().zip(seen.counts).zip(&mut self.sums.counts) {
                    *keep = if counts { u64::MAX } else { 0 };
                    *count += if counts { 1.0 } else { 0.0 };
                }
            }
            // PERF: a row's sums are read and written once for all blocks; those of many observations fill a cache
            for (index, (origin, both)) in self.scale.origin.iter().zip(&mut self.sums.sums).enumerate() {
                let [mut differences, mut squares] = *both;
                for (keep, seen) in keep.iter().zip(blocks) {
                    let row = &seen.sight.as_chunks::<LANES>().0[index];
                    // PERF: bits and no branch, so that the loop becomes registers
                    for lane in 0..LANES {
                        let difference = f64::from(row[lane]) - origin;
                        let difference = f64::from_bits(difference.to_bits() & keep[lane]);
                        differences[lane] += difference;
                        squares[lane] += difference * difference;
                    }
                }
                *both = [differences, squares];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use numerics::Isa;
    use numerics::random::Stream;

    use super::*;

    const SIZE: usize = 3;

    /// Observations around 2, 0 and 1000; the second hardly varies.
    fn drawn(index: u64) -> Vec<f32> {
        let stream = Stream::new(4, "observations").child(index);
        let [a, b, c] = [0, 1, 2].map(|element| 2.0 * stream.uniform(element) - 1.0);
        vec![2.0 + a, 1e-3 * b, 1000.0 + 20.0 * c]
    }

    #[test]
    fn statistics_are_those_of_all_that_was_seen() {
        let mut normaliser = Normaliser::new(SIZE);
        let mut seen: Vec<Vec<f32>> = Vec::new();
        for generation in 0..3 {
            let scale = Scale::new(&normaliser);
            let mut sums = Sums::new(SIZE);
            for index in 0..200 {
                let observation = drawn(200 * generation + index);
                sums.add(&scale, &observation);
                seen.push(observation);
            }
            sums.settle(&mut normaliser);
        }
        assert!(normaliser.is_of(SIZE) && normaliser.count == 600.0);
        for index in 0..SIZE {
            let numbers = || seen.iter().map(|seen| f64::from(seen[index]));
            let mean = numbers().sum::<f64>() / 600.0;
            let largest = numbers().map(f64::abs).fold(0.0, f64::max);
            let rounding = 1200.0 * f64::EPSILON * largest;
            assert!((normaliser.mean[index] - mean).abs() <= rounding);
            // an update takes sums from the mean before it: the sum of squares is exact, however the mean moved
            let squares: f64 = numbers().map(|number| (number - mean).powi(2)).sum();
            let off = (normaliser.squares[index] - squares).abs();
            assert!(off <= 1200.0 * rounding * largest, "{index}: {off:e} of {squares}");
        }
    }

    #[test]
    fn nothing_seen_changes_nothing_and_the_first_scale_shows_signs() {
        let mut normaliser = Normaliser::new(SIZE);
        Sums::new(SIZE).settle(&mut normaliser);
        assert_eq!(normaliser, Normaliser::new(SIZE));
        let scale = Scale::new(&normaliser);
        assert_eq!([-2.0, -0.001, 0.0, 0.002, 7.0].map(|x| scale.of(0, x)), [-5.0, -1.0, 0.0, 2.0, 5.0]);
        assert_eq!(scale.of(1, f32::NAN), -5.0);
    }

    #[test]
    fn blocks_are_shown_and_added_as_by_definition() {
        let normaliser =
            Normaliser { count: 10.0, mean: vec![1.9, 1e-4, 1001.0], squares: vec![3.0, 0.0, 9e3] };
        let scale = Scale::new(&normaliser);
        let copies: Vec<Vec<f32>> = (0..LANES as u64).map(drawn).collect();
        let sight: Vec<f32> = (0..SIZE).flat_map(|row| copies.iter().map(move |copy| copy[row])).collect();
        let counts: [bool; LANES] = std::array::from_fn(|lane| lane % 3 != 1);
        for isa in Isa::available() {
            let mut inputs = vec![0.0; SIZE * 2 * LANES];
            isa.run(Show { scale: Some(&scale), sight: &sight, inputs: &mut inputs, place: 1, places: 2 });
            let mut lanes = LaneSums::new(SIZE);
            let seen = Saw { sight: &sight, counts: &counts };
            isa.run(Add { scale: &scale, blocks: &[seen; 2], sums: &mut lanes });
            for (lane, copy) in copies.iter().enumerate() {
                for row in 0..SIZE {
                    let found = inputs[(row * 2 + 1) * LANES + lane];
                    assert_eq!(found.to_bits(), scale.of(row, copy[row]).to_bits(), "{isa}");
                }
                let (mut found, mut expected) = (Sums::new(SIZE), Sums::new(SIZE));
                lanes.take(lane, &mut found);
                (0..2).filter(|_| counts[lane]).for_each(|_| expected.add(&scale, copy));
                assert_eq!(found, expected, "{isa}");
                lanes.take(lane, &mut found);
                assert_eq!(found, Sums::new(SIZE), "a lane that was taken is empty");
            }
        }
    }
}
