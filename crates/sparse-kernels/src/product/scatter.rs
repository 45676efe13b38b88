//! The transposed product with few columns, without the transpose: every entry adds to the sum of its column.
//!
//! ```text
//!     output[column k] = values[k] * input[row] + output[column k]            for the rows from the top, their entries in order
//! ```
//!
//! These are the sums of the transpose in its order, so the bits are the same. Values are read as they lie; an entry costs
//! a store, which is less than finding its value where a row of the output is one register, and more where it is several.
//! A register that is not whole is never stored so: it would be read before it is written, half by the next entry.

use std::ops::Range;

use numerics::{Kernel, Simd};

use super::Number;
use super::panel::two_columns;
use crate::Pattern;

/// The computation, for `ONE` column, or for one register of columns.
///
/// # Safety of who makes it
///
/// There is a value for each entry; so many numbers as there are columns are readable in the input for each row of the
/// pattern, and writable in the output for each column of it.
#[derive(Clone, Copy)]
pub(super) struct Scatter<'a, T, const ONE: bool> {
    pub(super) pattern: &'a Pattern,
    /// Row of each entry, or nothing.
    pub(super) rows: &'a [u32],
    pub(super) values: &'a [T],
    pub(super) input: *const T,
    pub(super) output: *mut T,
    /// The sums begin with the output, and not with zero.
    pub(super) add: bool,
}

impl<T: Number, const ONE: bool> Kernel for Scatter<'_, T, ONE> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let columns = if ONE { 1 } else { T::lanes::<S>() };
        if !self.add {
            for column in 0..self.pattern.columns() {
                for n in 0..columns {
                    // SAFETY: who makes this promises it.
                    unsafe { self.output.add(column * columns + n).write(T::ZERO) };
                }
            }
        }
        if self.rows.is_empty() { simd.apart(ByRow(self)) } else { simd.apart(ByEntry(self)) }
    }
}

/// A loop for each row.
struct ByRow<'a, T, const ONE: bool>(Scatter<'a, T, ONE>);

/// One loop for all entries: no end of a short row is guessed wrong.
struct ByEntry<'a, T, const ONE: bool>(Scatter<'a, T, ONE>);

impl<T: Number, const ONE: bool> Kernel for ByRow<'_, T, ONE> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let columns = if ONE { 1 } else { T::lanes::<S>() };
        // PERF: what the loops need in registers: for all the compiler knows, a store could change it
        let Scatter { pattern, values, input, output, .. } = self.0;
        let (values, indices) = (values.as_ptr(), pattern.indices().as_ptr());
        for row in 0..pattern.rows() {
            // SAFETY: who makes this promises it; columns of the pattern are rows of the output.
            unsafe {
                let input = input.add(row * columns);
                if ONE {
                    let input = *input;
                    let Range { start: mut entry, end } = pattern.row_range(row);
                    while entry + 4 <= end {
                        for first in [entry, entry + 2] {
                            // PERF: two columns by one load, and four entries a turn
                            let places = two_columns(indices.add(first));
                            for n in 0..2 {
                                let sum = output.add(places[n]);
                                *sum = (*values.add(first + n)).fused(input, *sum);
                            }
                        }
                        entry += 4;
                    }
                    for entry in entry..end {
                        let sum = output.add(*indices.add(entry) as usize);
                        *sum = (*values.add(entry)).fused(input, *sum);
                    }
                } else {
                    let input = T::load(simd, input);
                    for entry in pattern.row_range(row) {
                        let sum = output.add(*indices.add(entry) as usize * columns);
                        let value = T::splat(simd, *values.add(entry));
                        T::store(simd, T::mul_add(simd, value, input, T::load(simd, sum)), sum);
                    }
                }
            }
        }
    }
}

impl<T: Number, const ONE: bool> Kernel for ByEntry<'_, T, ONE> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let columns = if ONE { 1 } else { T::lanes::<S>() };
        let Scatter { pattern, rows, values, input, output, .. } = self.0;
        let (values, indices, rows) = (values.as_ptr(), pattern.indices().as_ptr(), rows.as_ptr());
        for entry in 0..pattern.nnz() {
            // SAFETY: who makes this promises it; there is a row for each entry.
            unsafe {
                let input = input.add(*rows.add(entry) as usize * columns);
                let sum = output.add(*indices.add(entry) as usize * columns);
                if ONE {
                    *sum = (*values.add(entry)).fused(*input, *sum);
                } else {
                    let (value, input) = (T::splat(simd, *values.add(entry)), T::load(simd, input));
                    T::store(simd, T::mul_add(simd, value, input, T::load(simd, sum)), sum);
                }
            }
        }
    }
}
