//! Uniform deviates.
//!
//! | function | from | grid | interval |
//! |---|---|---|---|
//! | [`uniform`](Stream::uniform) | the upper 24 bits of word `i` | multiples of 2^-24 | `[0, 1)` |
//! | [`uniform_f64`](Stream::uniform_f64) | the upper 53 bits of two words | multiples of 2^-53 | `[0, 1)` |
//!
//! All points of a grid are equally likely, and each is exact: no rounding, so `1.0` never comes. `1.0 - u` is exact
//! too and lies in `(0, 1]`.

use super::Stream;
use super::group::{GROUP, fill};
use super::normal_f64::{GROUP_F64, Pairs};
use crate::{Isa, Kernel, LANES, Simd};

/// The distance of neighbours on the grid of `f32`.
const STEP: f32 = 1.0 / (1 << 24) as f32;

/// The distance of neighbours on the grid of `f64`.
const STEP_F64: f64 = 1.0 / (1u64 << 53) as f64;

impl Stream {
    /// A uniform deviate: element `element` of this stream, a multiple of 2^-24 in `[0, 1)`.
    pub fn uniform(self, element: u64) -> f32 {
        (self.bits(element) >> 8) as f32 * STEP
    }

    /// Overwrites `out` with the [`uniform`](Stream::uniform) deviates from element `first` on.
    ///
    /// # Panics
    ///
    /// If an index does not fit 64 bits.
    pub fn uniform_into(self, isa: Isa, first: u64, out: &mut [f32]) {
        fill::<_, GROUP>(first, out, |group, out| isa.run(Uniform { stream: self, group, out }));
    }

    /// A uniform deviate in double precision: element `element` of this stream, counted in `f64`; a multiple of 2^-53
    /// in `[0, 1)`. Elements are ordered as those of [`normal_f64`](Stream::normal_f64).
    pub fn uniform_f64(self, element: u64) -> f64 {
        let (group, within) = (element / GROUP_F64 as u64, element as usize % GROUP_F64);
        pair(self.block(group * LANES as u64 + (within % LANES) as u64))[within / LANES]
    }

    /// Overwrites `out` with the [`uniform_f64`](Stream::uniform_f64) deviates from element `first` on.
    ///
    /// # Panics
    ///
    /// If an index does not fit 64 bits.
    pub fn uniform_f64_into(self, isa: Isa, first: u64, out: &mut [f64]) {
        fill::<_, GROUP_F64>(first, out, |group, out| isa.run(Pairs { stream: self, group, out, pair }));
    }

    /// Uniform deviates in registers, in the order of [`bits_lanes`](Stream::bits_lanes).
    #[inline(always)]
    pub fn uniform_lanes<S: Simd>(self, simd: S, group: u64, part: usize) -> [S::F; 4] {
        let step = simd.splat(STEP);
        self.bits_lanes(simd, group, part)
            .map(|word| simd.mul(simd.float_of_int(simd.shift_right::<8>(word)), step))
    }
}

/// Whole groups of uniform deviates.
struct Uniform<'a> {
    stream: Stream,
    group: u64,
    out: &'a mut [f32],
}

impl Kernel for Uniform<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (index, group) in (0u64..).zip(self.out.as_chunks_mut::<GROUP>().0) {
            for part in 0..LANES / S::LANES {
                let deviates = self.stream.uniform_lanes(simd, self.group + index, part);
                for (deviate, line) in deviates.into_iter().zip(group.as_chunks_mut::<LANES>().0) {
                    simd.store(deviate, &mut line[part * S::LANES..]);
                }
            }
        }
    }
}

/// Two uniform deviates from a block.
#[inline(always)]
fn pair(words: [u32; 4]) -> [f64; 2] {
    let [word0, word1, word2, word3] = words.map(u64::from);
    [word0 << 32 | word1, word2 << 32 | word3].map(|word| (word >> 11) as i64 as f64 * STEP_F64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_lie_on_their_grid_and_are_made_of_the_upper_bits() {
        let stream = Stream::new(1, "grid");
        for element in 0..10_000 {
            let (single, double) = (stream.uniform(element), stream.uniform_f64(element));
            assert!((0.0..1.0).contains(&single) && (0.0..1.0).contains(&double));
            assert_eq!((single * 16_777_216.0) as u32, stream.bits(element) >> 8);
            assert_eq!((double * (1u64 << 53) as f64).fract(), 0.0);
        }
        let pinned =
            [0, 16].map(|element| Stream::new(42, "mutation").child(3).uniform_f64(element) / STEP_F64);
        assert_eq!(pinned, [8_942_476_245_601_665.0, 2_366_217_583_367_657.0]);
        assert_eq!(pair([0; 4]), [0.0; 2]);
        assert_eq!(pair([u32::MAX; 4]), [1.0 - f64::EPSILON / 2.0; 2]);
        // Word 0 is the upper half: 2^32 of 2^64.
        assert_eq!(pair([1, 0, 1 << 31, 0]), [1.0 / 4_294_967_296.0, 0.5]);
    }
}
