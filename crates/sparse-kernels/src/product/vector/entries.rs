//! Entry by entry: for rows so short that ends of rows would be what a product spends its time on.
//!
//! ```text
//!     output[row k] = values[k] * input[column k] + output[row k]            the entries of each row in their order
//! ```
//!
//! First of every row of a window its first entry, then the second of those that have one, and so on: so a sum waits for the
//! store of the entry before it only where all other rows of the window have ended.

use std::ops::Range;

use numerics::{Kernel, Simd};

use super::super::Number;
use super::super::panel::Panel;
use super::WINDOW;
use super::words::MOST;
use crate::Pattern;

/// Where the numbers of each entry are, window after window: which entry it is, its row in the window, its column.
#[derive(Clone, Debug)]
pub(in super::super) struct Places(Box<[u64]>);

const _: () = assert!(WINDOW <= 1 << u16::BITS, "a row of a window has sixteen bits");

impl Places {
    /// The places of a pattern that has no more than [`MOST`] columns.
    pub(super) fn new(pattern: &Pattern) -> Places {
        debug_assert!(pattern.columns() <= MOST);
        let mut places = Vec::with_capacity(pattern.nnz());
        for first in (0..pattern.rows()).step_by(WINDOW) {
            let mut rows: Vec<usize> = (first..pattern.rows().min(first + WINDOW)).collect();
            for number in 0.. {
                rows.retain(|&row| number < pattern.row(row).len());
                if rows.is_empty() {
                    break;
                }
                places.extend(rows.iter().map(|&row| {
                    let entry = pattern.row_range(row).start + number;
                    let column = pattern.row(row)[number];
                    (entry as u64) << 32 | ((row - first) as u64) << u16::BITS | u64::from(column)
                }));
            }
        }
        Places(places.into())
    }

    /// Windows of these rows, the first of which begins one, and the places of each; rows begin and end with these entries.
    #[inline(always)]
    pub(in super::super) fn windows<'a>(
        &'a self,
        [starts, ends]: [&'a [u32]; 2],
        rows: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, &'a [u64])> {
        rows.clone().step_by(WINDOW).map(move |first| {
            let rows = first..rows.end.min(first + WINDOW);
            let entries = starts[first] as usize..ends[rows.end - 1] as usize;
            (rows, &self.0[entries])
        })
    }

    /// The entry at a place, its row in the window, its column.
    #[inline(always)]
    pub(in super::super) fn parts(place: u64) -> [usize; 3] {
        [(place >> 32) as usize, (place >> u16::BITS) as u16 as usize, place as u16 as usize]
    }

    /// Bytes that they take.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.0)
    }
}

/// The computation, for a panel of one column with values that are read in their order. `SIDE_BY_SIDE`: numbers of the input
/// follow each other, and those of the output.
///
/// # Safety of who makes it
///
/// As for [`Rows`](super::super::panel::Rows), of these rows, which are whole windows; the places are those of the pattern.
pub(in super::super) struct Entries<'a, T, const SIDE_BY_SIDE: bool> {
    pub(in super::super) panel: Panel<'a, T>,
    pub(in super::super) rows: Range<usize>,
    pub(in super::super) places: &'a Places,
}

impl<T: Number, const SIDE_BY_SIDE: bool> Kernel for Entries<'_, T, SIDE_BY_SIDE> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        // PERF: what the loops need, in registers: for all the compiler knows, a store could change it
        let Panel { starts, ends, values, input, input_stride, output, output_stride, add, .. } = self.panel;
        // PERF: known when it is compiled, so that no place is multiplied
        let [input_stride, output_stride] = if SIDE_BY_SIDE { [1; 2] } else { [input_stride, output_stride] };
        for (rows, places) in self.places.windows([starts, ends], self.rows) {
            // SAFETY: who makes this promises it.
            unsafe {
                let output = output.add(rows.start * output_stride);
                if !add {
                    for row in 0..rows.len() {
                        *output.add(row * output_stride) = T::ZERO;
                    }
                }
                for &place in places {
                    let [entry, row, column] = Places::parts(place);
                    let sum = output.add(row * output_stride);
                    let input = *input.add(column * input_stride);
                    *sum = (*values.add(entry)).fused(input, *sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_window_go_by_their_number_in_their_row() {
        // rows of two, none, and one; in the next window one of one
        let pattern =
            Pattern::from_triplets(WINDOW + 1, 9, &[(0, 3), (0, 5), (2, 8), (WINDOW, 1)]).expect("a pattern");
        let place = |entry: u64, row: u64, column: u64| entry << 32 | row << 16 | column;
        let expected = [place(0, 0, 3), place(2, 2, 8), place(1, 0, 5), place(3, 0, 1)];
        assert_eq!(*Places::new(&pattern).0, expected);
    }
}
