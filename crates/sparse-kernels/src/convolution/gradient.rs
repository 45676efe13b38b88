//! Gradients of a convolution's values: of each the products of what it was multiplied with and the gradient of the sum
//! that this went to, added over the sums of an image, an image a lane.
//!
//! A load of a gradient serves all values of a tile, each of which has a load and a multiply-add of its own for it. No image
//! is taken apart into columns first.

use std::ops::Range;

use numerics::{Kernel, LANES, Simd};

use super::plan::ConvolutionPlan;
use super::rows::Tap;
use crate::chunks::chunks;

/// Values of a tile, widest first: ten keep their sums and places in registers, and eight are enough for none to wait for
/// its own addition.
const WIDTHS: &[usize] = &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1];

/// Gradients of the sums of one channel.
#[derive(Clone, Copy)]
pub(crate) struct OfSums {
    pub(crate) first: *const f32,
    /// Floats from one row to the next, and from one sum of a row to the next.
    pub(crate) pitch: (usize, usize),
    /// Rows, and sums of a row.
    pub(crate) extent: (usize, usize),
}

impl ConvolutionPlan {
    /// Overwrites a register of each of some values of one channel, [`LANES`] floats apart, beginning at `lanes`.
    ///
    /// # Safety
    ///
    /// `input` is readable as the input planes of the plan, which was made for `S`; `of_sums` where it says, which is no
    /// more than the sums of the plan; the entries are of one row of its pattern, and a register of each is writable.
    #[inline(always)]
    pub(crate) unsafe fn of_values<S: Simd>(
        &self,
        simd: S,
        entries: Range<usize>,
        input: *const f32,
        of_sums: OfSums,
        lanes: *mut f32,
    ) {
        let pitch = self.stride * self.input.width * S::LANES;
        macro_rules! choose {
            ($chunk:ident, $taps:ident, $lanes:ident, $($N:literal)*) => {
                $(if $chunk.width == $N {
                    simd.apart(Tile::<$N> { input, pitch, of_sums, taps: $taps, lanes: $lanes });
                })*
            };
        }
        for chunk in chunks(entries.len(), WIDTHS) {
            let taps = &self.rows.taps[entries.start + chunk.start..][..chunk.width];
            // SAFETY: the caller's promise: there are lanes for each entry.
            let lanes = unsafe { lanes.add(chunk.start * LANES) };
            choose!(chunk, taps, lanes, 1 2 3 4 5 6 7 8 9 10);
        }
    }
}

/// Values that share the loads of gradients.
struct Tile<'a, const N: usize> {
    input: *const f32,
    /// Floats from the inputs of one row of sums to those of the next.
    pitch: usize,
    of_sums: OfSums,
    taps: &'a [Tap],
    lanes: *mut f32,
}

impl<const N: usize> Kernel for Tile<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let OfSums { first, pitch: (down, right), extent: (rows, columns) } = self.of_sums;
        let mut sums = [simd.zero(); N];
        for y in 0..rows {
            // SAFETY: the promise of `of_values`.
            unsafe {
                let gradients = first.add(y * down);
                let mut from = [self.input; N];
                for n in 0..N {
                    from[n] = self.input.add(self.taps[n].place as usize + y * self.pitch);
                }
                for x in 0..columns {
                    let gradient = simd.load_pointer(gradients.add(x * right));
                    for n in 0..N {
                        let input = simd.load_pointer(from[n].add(x * S::LANES));
                        sums[n] = simd.mul_add(gradient, input, sums[n]);
                    }
                }
            }
        }
        for n in 0..N {
            // SAFETY: as above.
            unsafe { simd.store_pointer(sums[n], self.lanes.add(n * LANES)) };
        }
    }
}
