//! Output channels with few taps: the weights stay in registers and the sums pass through.
//!
//! A tile loads each weight once for all its sums, but begins and ends once a row; where a row has a few taps only, that
//! costs more than the taps. Here a row is computed from end to end of the strip with its weights and the places of its
//! taps in registers.

use numerics::{Kernel, Simd};

use super::plan::Row;
use super::strip::{Strip, finish};

/// Most taps of a row: one general register each.
const MOST: u32 = 8;

/// Whether rows of `len` taps are short: their weights, of all streams, leave registers for sums and inputs.
pub(super) fn fits(len: u32, streams: u32, registers: usize) -> bool {
    len <= MOST && (len * streams) as usize * 2 <= registers
}

/// The short rows of a strip, for `G` streams that share the loads.
pub(super) struct ShortRows<'a, const G: usize, const R: usize, const UNIT: bool> {
    pub(super) strip: Strip<'a, G>,
    pub(super) rows: &'a [[Row; G]],
}

impl<const G: usize, const R: usize, const UNIT: bool> Kernel for ShortRows<'_, G, R, UNIT> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for rows in self.rows {
            // SAFETY: the plan's taps, values and places are inside the planes and parameters that the strip was made of.
            unsafe {
                match rows[0].len {
                    0 => self.row::<S, 0>(simd, rows),
                    1 => self.row::<S, 1>(simd, rows),
                    2 => self.row::<S, 2>(simd, rows),
                    3 => self.row::<S, 3>(simd, rows),
                    4 => self.row::<S, 4>(simd, rows),
                    5 if G * 5 * 2 <= S::REGISTERS => self.row::<S, 5>(simd, rows),
                    6 if G * 6 * 2 <= S::REGISTERS => self.row::<S, 6>(simd, rows),
                    7 if G * 7 * 2 <= S::REGISTERS => self.row::<S, 7>(simd, rows),
                    8 if G * 8 * 2 <= S::REGISTERS => self.row::<S, 8>(simd, rows),
                    _ => unreachable!("longer rows are no short rows"),
                }
            }
        }
    }
}

impl<const G: usize, const R: usize, const UNIT: bool> ShortRows<'_, G, R, UNIT> {
    /// One row of `LEN` taps.
    ///
    /// # Safety
    ///
    /// The row is one of the plan that the strip was made of.
    #[inline(always)]
    unsafe fn row<S: Simd, const LEN: usize>(&self, simd: S, rows: &[Row; G]) {
        let Strip { plan, input, parameters, outputs, y } = self.strip;
        let pitch = if UNIT { S::LANES } else { plan.stride.1 * S::LANES };
        let row_pitch = plan.stride.0 * plan.input.width * S::LANES;
        let mut taps = [0; LEN];
        let mut weights = [[simd.zero(); LEN]; G];
        let mut begin = [simd.zero(); G];
        let mut initial = parameters;
        // SAFETY: the caller's promise.
        unsafe {
            for k in 0..LEN {
                taps[k] = *plan.taps.get_unchecked(rows[0].first as usize + k) as usize;
            }
            for g in 0..G {
                for k in 0..LEN {
                    weights[g][k] = simd.splat(*parameters[g].add(rows[g].first as usize + k));
                }
                initial[g] = parameters[g]
                    .add(rows[g].initial as usize + y * plan.map_width * usize::from(rows[g].map));
                begin[g] = simd.splat(*parameters[g].add(rows[g].initial as usize));
            }
            let mut x = 0;
            while x < plan.computed.1 {
                let mut sums = [[[simd.zero(); R]; R]; G];
                for g in 0..G {
                    for r in 0..R {
                        for c in 0..R {
                            sums[g][r][c] = begin[g];
                            if rows[g].map {
                                sums[g][r][c] = simd.splat(*initial[g].add(r * plan.map_width + x + c));
                            }
                        }
                    }
                }
                for k in 0..LEN {
                    let first = input.add(x * pitch).add(taps[k]);
                    for r in 0..R {
                        for c in 0..R {
                            let value = simd.load_pointer(first.add(r * row_pitch + c * pitch));
                            for g in 0..G {
                                sums[g][r][c] = simd.mul_add(weights[g][k], value, sums[g][r][c]);
                            }
                        }
                    }
                }
                for g in 0..G {
                    let output = outputs[g].add((rows[g].output as usize + x / R) * S::LANES);
                    finish(simd, plan.activation, &sums[g], output);
                }
                x += R;
            }
        }
    }
}
