//! One column: a product with a vector.
//!
//! There are no columns for the lanes, and a sum keeps its order, so numbers go one by one; several rows take turns, so
//! that the next loads and additions begin before the last are done. Loads are what limits: an entry has three, its
//! column, its value and a number of the input, so columns are read two at a time.

use numerics::{Kernel, Simd};

use super::Number;
use super::panel::Panel;

/// Rows in turns: as many as hide the time of an addition.
const TURNS: usize = 4;

/// The computation, for a panel of one column. The strides of the panel are those of the vectors.
///
/// # Safety of who makes it
///
/// As for [`Rows`](super::panel::Rows).
/// `SIDE_BY_SIDE`: the numbers of the input follow each other. `ORDERED`: values are read out of order.
pub(super) struct Vector<'a, T, const SIDE_BY_SIDE: bool, const ORDERED: bool>(pub(super) Panel<'a, T>);

impl<T: Number, const SIDE_BY_SIDE: bool, const ORDERED: bool> Kernel
    for Vector<'_, T, SIDE_BY_SIDE, ORDERED>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let (several, rest) = self.0.rows.as_chunks::<TURNS>();
        // SAFETY: who makes this promises it.
        unsafe {
            for rows in several {
                self.turns(rows);
            }
            for &row in rest {
                self.turns(&[row]);
            }
        }
    }
}

impl<T: Number, const SIDE_BY_SIDE: bool, const ORDERED: bool> Vector<'_, T, SIDE_BY_SIDE, ORDERED> {
    /// # Safety
    ///
    /// As for [`Vector`].
    #[inline(always)]
    unsafe fn turns<const N: usize>(&self, rows: &[u32; N]) {
        let mut panel = self.0;
        if SIDE_BY_SIDE {
            // PERF: known when it is compiled, so that no place is multiplied
            panel.input_stride = 1;
        }
        let (mut first, mut len, mut sums) = ([0; N], [0; N], [T::ZERO; N]);
        let (mut fewest, mut most) = (usize::MAX, 0);
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            for k in 0..N {
                (first[k], len[k]) = panel.entries(rows[k] as usize);
                (fewest, most) = (fewest.min(len[k]), most.max(len[k]));
            }
            if panel.add {
                if most == 0 {
                    return;
                }
                for k in 0..N {
                    sums[k] = *panel.output(rows[k] as usize);
                }
            }
            let in_pairs = fewest - fewest % 2;
            for entry in (0..in_pairs).step_by(2) {
                for k in 0..N {
                    for (value, input) in panel.two_terms::<ORDERED>(first[k] + entry) {
                        sums[k] = value.fused(*input, sums[k]);
                    }
                }
            }
            for k in 0..N {
                for entry in in_pairs..len[k] {
                    let (value, input) = panel.term::<ORDERED>(first[k] + entry);
                    sums[k] = value.fused(*input, sums[k]);
                }
            }
            for k in 0..N {
                *panel.output(rows[k] as usize) = sums[k];
            }
        }
    }
}
