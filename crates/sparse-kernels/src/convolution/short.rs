//! Output channels with few taps: the weights stay in registers and the sums pass through.
//!
//! A tile loads each weight once for all its sums, but begins and ends once a row; where a row has a few taps only, that
//! costs more than the taps. Here a row is computed from end to end of the strip with its weights and the places of its
//! taps in registers.

use numerics::{Kernel, Simd};

use super::rows::Row;
use super::strip::{Strip, pooled};
use crate::Activation;

/// Most taps of a row: one general register each.
const MOST: usize = 8;

/// Whether rows of `len` taps are short: their weights, of all streams, leave registers for sums and inputs.
pub(super) const fn fits(len: usize, streams: usize, registers: usize) -> bool {
    len <= MOST && len * streams * 5 <= registers * 2
}

/// The short rows of a strip whose outputs are adjacent, for `G` streams that share the loads.
pub(super) struct ShortRows<'a, const G: usize, const R: usize> {
    pub(super) strip: Strip<'a, G>,
    pub(super) rows: &'a [[Row; G]],
}

impl<const G: usize, const R: usize> Kernel for ShortRows<'_, G, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        macro_rules! choose {
            ($rows:ident, $($LEN:literal)*) => {
                $(if const { fits($LEN, G, S::REGISTERS) } && $rows[0].len == $LEN {
                    // SAFETY: the plan's taps, values and places are inside the planes and parameters that the strip
                    // was made of.
                    unsafe { self.row::<S, $LEN>(simd, $rows) };
                })*
            };
        }
        for rows in self.rows {
            choose!(rows, 0 1 2 3 4 5 6 7 8);
        }
    }
}

impl<const G: usize, const R: usize> ShortRows<'_, G, R> {
    /// One row of `LEN` taps.
    ///
    /// # Safety
    ///
    /// The row is one of the plan that the strip was made of.
    #[inline(always)]
    unsafe fn row<S: Simd, const LEN: usize>(&self, simd: S, rows: &[Row; G]) {
        let Strip { plan, input, parameters, outputs, y } = self.strip;
        let row_pitch = plan.stride * plan.input.width * S::LANES;
        // PERF: what the loop needs of the plan in registers: for all the compiler knows, a store could change it.
        let (columns, map_width) = (plan.computed.1, plan.map_width);
        let (relu, map) = (plan.activation == Activation::Relu, rows[0].map);
        let mut taps = [0; LEN];
        let mut weights = [[simd.zero(); LEN]; G];
        let mut begin = [simd.zero(); G];
        let mut initial = parameters;
        let mut channels = outputs;
        // SAFETY: the caller's promise.
        unsafe {
            for k in 0..LEN {
                taps[k] = plan.rows.taps.get_unchecked(rows[0].first as usize + k).place as usize;
            }
            for g in 0..G {
                for k in 0..LEN {
                    weights[g][k] = simd.splat(*parameters[g].add(rows[g].values as usize + k));
                }
                initial[g] = parameters[g]
                    .add(rows[g].initial as usize + y * plan.map_width * usize::from(rows[g].map));
                channels[g] = outputs[g].add(rows[g].output as usize * S::LANES);
                begin[g] = simd.splat(*parameters[g].add(rows[g].initial as usize));
            }
            let mut x = 0;
            while x < columns {
                let mut sums = [[[simd.zero(); R]; R]; G];
                for g in 0..G {
                    for r in 0..R {
                        for c in 0..R {
                            sums[g][r][c] = begin[g];
                            if map {
                                sums[g][r][c] = simd.splat(*initial[g].add(r * map_width + x + c));
                            }
                        }
                    }
                }
                for k in 0..LEN {
                    let first = input.add(x * S::LANES).add(taps[k]);
                    for r in 0..R {
                        for c in 0..R {
                            let value = simd.load_pointer(first.add(r * row_pitch + c * S::LANES));
                            for g in 0..G {
                                sums[g][r][c] = simd.mul_add(weights[g][k], value, sums[g][r][c]);
                            }
                        }
                    }
                }
                for g in 0..G {
                    let output = channels[g].add(x / R * S::LANES);
                    simd.store_pointer(pooled(simd, relu, &sums[g], 0), output);
                }
                x += R;
            }
        }
    }
}
