//! The transposed product with few columns, without the transpose: every entry adds to the sum of its column.
//!
//! ```text
//!     output[column k] = values[k] * input[row] + output[column k]            for the rows from the top, their entries in order
//! ```
//!
//! These are the sums of the transpose in its order, so the bits are the same. Values are read as they lie; an entry costs
//! a store, which is less than finding its value where a row of the output is one register, and more where it is several.

use numerics::{Kernel, Simd};

use super::Number;
use crate::Pattern;

/// The computation, for one register of columns of which `part` are there, or for one column.
///
/// # Safety of who makes it
///
/// There is a value for each entry; so many numbers as there are columns are readable in the input for each row of the
/// pattern, and writable in the output for each column of it.
pub(super) struct Scatter<'a, T> {
    pub(super) pattern: &'a Pattern,
    pub(super) values: &'a [T],
    pub(super) input: *const T,
    pub(super) input_stride: usize,
    pub(super) output: *mut T,
    pub(super) output_stride: usize,
    pub(super) part: usize,
    /// The sums begin with the output, and not with zero.
    pub(super) add: bool,
}

impl<T: Number> Kernel for Scatter<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if !self.add {
            for column in 0..self.pattern.columns() {
                for n in 0..self.part {
                    // SAFETY: who makes this promises it.
                    unsafe { self.output.add(column * self.output_stride + n).write(T::ZERO) };
                }
            }
        }
        // SAFETY: who makes this promises it.
        unsafe {
            if self.part == 1 {
                self.vector();
            } else if self.part == T::lanes::<S>() {
                self.register::<S, false>(simd);
            } else {
                self.register::<S, true>(simd);
            }
        }
    }
}

impl<T: Number> Scatter<'_, T> {
    /// # Safety
    ///
    /// As for [`Scatter`].
    // PERF: what the loops need in registers: for all the compiler knows, a store could change it
    #[inline(always)]
    unsafe fn vector(&self) {
        let Scatter { pattern, values, input, input_stride, output, output_stride, .. } = *self;
        let (values, indices) = (values.as_ptr(), pattern.indices().as_ptr());
        for row in 0..pattern.rows() {
            // SAFETY: the caller's promise; columns of the pattern are rows of the output.
            unsafe {
                let input = *input.add(row * input_stride);
                for entry in pattern.row_range(row) {
                    let sum = output.add(*indices.add(entry) as usize * output_stride);
                    *sum = (*values.add(entry)).fused(input, *sum);
                }
            }
        }
    }

    /// # Safety
    ///
    /// As for [`Scatter`].
    // PERF: as above
    #[inline(always)]
    unsafe fn register<S: Simd, const PART: bool>(&self, simd: S) {
        let Scatter { pattern, values, input, input_stride, output, output_stride, part, .. } = *self;
        let (values, indices) = (values.as_ptr(), pattern.indices().as_ptr());
        for row in 0..pattern.rows() {
            // SAFETY: the caller's promise; columns of the pattern are rows of the output.
            unsafe {
                let input = load::<S, T, PART>(simd, input.add(row * input_stride), part);
                for entry in pattern.row_range(row) {
                    let output = output.add(*indices.add(entry) as usize * output_stride);
                    let value = T::splat(simd, *values.add(entry));
                    let sum = T::mul_add(simd, value, input, load::<S, T, PART>(simd, output, part));
                    if PART {
                        T::store_part(simd, sum, output, part);
                    } else {
                        T::store(simd, sum, output);
                    }
                }
            }
        }
    }
}

/// # Safety
///
/// The register is there: all of it, or its part.
#[inline(always)]
unsafe fn load<S: Simd, T: Number, const PART: bool>(simd: S, from: *const T, part: usize) -> T::Register<S> {
    // SAFETY: the caller's promise.
    unsafe { if PART { T::load_part(simd, from, part) } else { T::load(simd, from) } }
}
