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
use crate::{Isa, Kernel, LANES, Simd};

/// The distance of neighbours on the grid of `f32`.
const STEP: f32 = 1.0 / (1 << 24) as f32;

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
