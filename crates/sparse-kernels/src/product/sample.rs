//! Products of rows where a pattern has entries, and nowhere else.
//!
//! Lanes go along the rows: a *line* is as many numbers as a cache line holds, the same for every instruction set.
//! Several entries of a row of the pattern go together and share its row of `Y`, or where all rows are short entries of any
//! rows; one column is one number a line:
//!
//! ```text
//!     line[l] = y[row][n] * x[column k][n] + line[l]            n = l, l + LINE, l + 2 LINE, ..
//!     value[k] = sum of line, halves first, then neighbours
//! ```

mod short_rows;

use std::ops::Range;

use numerics::{Kernel, Simd};

use super::pack::pack;
use super::plan::{ProductPlan, Slabs};
use super::view::Shape;
use super::{Number, View};
use crate::Threads;
use crate::length::{length, total, whole_lines};

/// A matrix by rows.
#[derive(Clone, Copy)]
struct Lines<T> {
    first: *const T,
    stride: usize,
}

// SAFETY: it stands for a shared borrow of numbers that are `Sync`.
unsafe impl<T: Sync> Send for Lines<T> {}

/// The entries of some rows. Lengths were checked.
struct Part<'a, T> {
    plan: &'a ProductPlan,
    y: Lines<T>,
    x: Lines<T>,
    /// Numbers of a row. The last line is read in part, and filled up with zeros.
    columns: usize,
    rows: Range<usize>,
    /// The values of these rows.
    values: &'a mut [T],
    add: bool,
}

/// What is read and written for the entries of a part.
///
/// PERF: a copy, and not the part itself, which would be read again after each value that is written.
#[derive(Clone, Copy)]
struct Entries<'a, T> {
    indices: &'a [u32],
    y: Lines<T>,
    x: Lines<T>,
    columns: usize,
    /// Where the value of the first entry of all would be.
    values: *mut T,
    add: bool,
}

impl ProductPlan {
    /// Numbers of scratch that products of rows need. None, where both matrices lie by rows.
    ///
    /// # Panics
    ///
    /// If so many numbers do not fit the address space: a view whose elements share places can have as many columns.
    pub fn sample_scratch_len<T: Number>(&self, y: View<'_, T>, x: View<'_, T>) -> usize {
        total("scratch", [y, x].map(|view| copied_len::<T>(view.shape())))
    }

    /// `values[k] = Y[row k] . X[column k]` for every entry `k` of the pattern: the product of `Y` and the transpose of `X`
    /// where the pattern has entries. It is how values change a product: if `Y = A X`, the gradient with respect to the
    /// values of `A` is this, of the gradient with respect to `Y` and of `X`.
    ///
    /// ```
    /// use numerics::Isa;
    /// use sparse_kernels::product::{ProductPlan, View};
    /// use sparse_kernels::{Pattern, Threads};
    ///
    /// let pattern = Pattern::from_triplets(2, 2, &[(0, 1), (1, 0)])?;
    /// let plan = ProductPlan::new(Isa::detected(), &pattern);
    /// let (y, x) = ([1.0_f32, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
    /// let (y, x) = (View::by_rows(&y, 2, 2), View::by_rows(&x, 2, 2));
    /// let mut values = [0.0; 2];
    /// plan.sample_into(Threads::Sequential, y, x, &mut values, &mut []);
    /// assert_eq!(values, [1.0 * 7.0 + 2.0 * 8.0, 3.0 * 5.0 + 4.0 * 6.0]);
    /// # Ok::<(), sparse_kernels::PatternError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `y` has not a row for each row and `x` not one for each column of the pattern, their columns differ, there is
    /// not one value an entry, or the scratch is shorter than [`sample_scratch_len`](Self::sample_scratch_len), or cannot
    /// be as long.
    pub fn sample_into<T: Number>(
        &self,
        threads: Threads<'_>,
        y: View<'_, T>,
        x: View<'_, T>,
        values: &mut [T],
        scratch: &mut [T],
    ) {
        self.sample(threads, [y, x], values, scratch, false);
    }

    /// `values[k] = values[k] + Y[row k] . X[column k]`: the products are added when they are done.
    ///
    /// # Panics
    ///
    /// As [`sample_into`](Self::sample_into).
    pub fn sample_acc<T: Number>(
        &self,
        threads: Threads<'_>,
        y: View<'_, T>,
        x: View<'_, T>,
        values: &mut [T],
        scratch: &mut [T],
    ) {
        self.sample(threads, [y, x], values, scratch, true);
    }

    fn sample<T: Number>(
        &self,
        threads: Threads<'_>,
        [y, x]: [View<'_, T>; 2],
        values: &mut [T],
        scratch: &mut [T],
        add: bool,
    ) {
        assert_eq!(y.rows(), self.pattern.rows(), "a row of the left matrix for each row of the pattern");
        assert_eq!(
            x.rows(),
            self.pattern.columns(),
            "a row of the right matrix for each column of the pattern"
        );
        assert_eq!(y.columns(), x.columns(), "columns of the left and of the right matrix");
        assert_eq!(values.len(), self.pattern.nnz(), "one value an entry");
        let needed = self.sample_scratch_len(y, x);
        assert!(scratch.len() >= needed, "scratch of {} numbers, {needed} are needed", scratch.len());
        // of scratch that is longer the rest stays as it is
        let (first, second) = scratch[..needed].split_at_mut(copied_len::<T>(y.shape()));
        let columns = y.columns();
        let (y, x) = (lines(threads, y, first), lines(threads, x, second));
        let mut rest = values;
        let starts = self.pattern.starts();
        let parts = (0..threads.count()).map(move |part| {
            let rows = self.share_of_samples(threads, part, columns);
            let entries = (starts[rows.end] - starts[rows.start]) as usize;
            let (values, after) = std::mem::take(&mut rest).split_at_mut(entries);
            rest = after;
            Part { plan: self, y, x, columns, rows, values, add }
        });
        threads
            .for_each(parts.filter(|part| !part.values.is_empty()), |part| self.isa::<T>(columns).run(part));
    }
}

/// Whether rows are read from a copy: several numbers that do not lie side by side.
fn is_copied(shape: Shape) -> bool {
    shape.column_stride != 1
}

/// Numbers of a copy whose rows are whole lines; none where a matrix lies by rows.
fn copied_len<T: Number>(shape: Shape) -> usize {
    if !is_copied(shape) {
        return 0;
    }
    length("scratch", [shape.rows, whole_lines("scratch of a row", shape.columns, T::LINE)])
}

/// A matrix by rows: the view, or a copy of it, for which there is exactly the room that it takes.
fn lines<T: Number>(threads: Threads<'_>, view: View<'_, T>, copy: &mut [T]) -> Lines<T> {
    let shape = view.shape();
    assert_eq!(copy.len(), copied_len::<T>(shape), "numbers of a copy");
    if !is_copied(shape) {
        return Lines { first: view.pointer(), stride: shape.row_stride };
    }
    let stride = copy.len() / shape.rows;
    let share = threads.share(shape.rows);
    threads.for_each(copy.chunks_mut(share * stride).enumerate(), |(part, to)| {
        let rows = [part * share, to.len() / stride];
        // SAFETY: the rows of the view, to as many rows of the copy.
        unsafe { pack(view.pointer(), shape, rows, [0, shape.columns], to.as_mut_ptr(), stride) };
    });
    Lines { first: copy.as_ptr(), stride }
}

impl<T: Number> Kernel for Part<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let few = self.columns <= T::lanes::<S>();
        // SAFETY: lengths were checked; the rows belong to this part.
        unsafe {
            match self.plan.vector.sampled_places(self.columns) {
                None if self.columns == 1 => return self.numbers(),
                None => (),
                Some(places) if self.columns == 1 => return self.numbers_at(places),
                // PERF: a condition in a `const` block, so that lines of the wrong width are not compiled.
                Some(places) if const { S::LANES == numerics::LANES } || few => {
                    return self.at::<S, 1>(simd, places);
                }
                Some(places) => return self.at::<S, 2>(simd, places),
            }
        }
        let (plan, rows) = (self.plan, self.rows.clone());
        let bytes = self.columns.next_multiple_of(T::LINE).max(T::LINE) * size_of::<T>();
        let all = self.entries();
        for (starts, ends) in plan.slabs(bytes, Slabs::Samples) {
            for row in rows.clone() {
                let entries = starts[row] as usize..ends[row] as usize;
                // SAFETY: as above.
                unsafe {
                    if const { S::LANES == numerics::LANES } || few {
                        all.row::<S, 8, 4, 1>(simd, row, entries);
                    } else {
                        all.row::<S, 4, 4, 2>(simd, row, entries);
                    }
                }
            }
        }
    }
}

impl<'a, T: Number> Part<'a, T> {
    /// Its entries.
    #[inline(always)]
    fn entries(self) -> Entries<'a, T> {
        let Part { plan, y, x, columns, rows, values, add } = self;
        let base = plan.pattern.starts()[rows.start] as usize;
        let values = values.as_mut_ptr().wrapping_sub(base);
        Entries { indices: plan.pattern.indices(), y, x, columns, values, add }
    }

    /// All entries, where there is one column: a line has one number, and zeros.
    ///
    /// # Safety
    ///
    /// The rows belong to this part, and their numbers are there.
    #[inline(always)]
    unsafe fn numbers(self) {
        let Part { plan, y, x, rows, values, add, .. } = self;
        let (starts, indices) = (plan.pattern.starts(), plan.pattern.indices());
        let base = starts[rows.start] as usize;
        for row in rows {
            let entries = starts[row] as usize..starts[row + 1] as usize;
            // SAFETY: the caller's promise.
            let y = unsafe { *y.first.add(row * y.stride) };
            let values = &mut values[entries.start - base..entries.end - base];
            for (value, &column) in values.iter_mut().zip(&indices[entries]) {
                // SAFETY: the caller's promise: columns of the pattern are rows of the right matrix.
                let product =
                    y.fused(unsafe { *x.first.add(column as usize * x.stride) }, T::ZERO).plus(T::ZERO);
                *value = if add { value.plus(product) } else { product };
            }
        }
    }
}

impl<T: Number> Entries<'_, T> {
    /// Some entries of a row, `E` at a time, and at last `F`, two or one; a line is `H` registers, or no longer than one.
    ///
    /// # Safety
    ///
    /// The entries are of that row, which is one of the part's, and the lines of both matrices are there.
    #[inline(always)]
    unsafe fn row<S: Simd, const E: usize, const F: usize, const H: usize>(
        self,
        simd: S,
        row: usize,
        entries: Range<usize>,
    ) {
        let whole = entries.end - entries.len() % E;
        // SAFETY: the caller's promise.
        unsafe {
            for first in (entries.start..whole).step_by(E) {
                self.some::<S, E, H>(simd, row, first, E);
            }
            let rest = entries.end - whole;
            // PERF: a few are not worth all the sums
            match rest {
                0 => (),
                1 => self.some::<S, 1, H>(simd, row, whole, rest),
                2 => self.some::<S, 2, H>(simd, row, whole, rest),
                rest if rest <= F => self.some::<S, F, H>(simd, row, whole, rest),
                _ => self.some::<S, E, H>(simd, row, whole, rest),
            }
        }
    }

    /// At most `E` entries of a row, from one on.
    ///
    /// # Safety
    ///
    /// As for [`row`](Self::row).
    // PERF: inlined twice, so that nothing is asked where all of them are there.
    #[inline(always)]
    unsafe fn some<S: Simd, const E: usize, const H: usize>(
        self,
        simd: S,
        row: usize,
        first: usize,
        count: usize,
    ) {
        let mut x = [self.x.first; E];
        for e in 0..E {
            // PERF: where entries run out the last is taken again: as fast as fewer sums that wait for each other
            let entry = first + if e < count { e } else { count - 1 };
            // SAFETY: the caller's promise: these are entries.
            let column = unsafe { *self.indices.get_unchecked(entry) } as usize;
            x[e] = self.x.first.wrapping_add(column * self.x.stride);
        }
        // SAFETY: the caller's promise.
        unsafe {
            let y = self.y.first.wrapping_add(row * self.y.stride);
            let sums = self.sums::<S, E, H, true>(simd, [y; E], x);
            for (e, sum) in sums.into_iter().enumerate().take(count) {
                self.put(first + e, sum);
            }
        }
    }

    /// Writes the sum of an entry, or adds it.
    ///
    /// # Safety
    ///
    /// The entry is one of the part's.
    #[inline(always)]
    unsafe fn put(self, entry: usize, sum: T) {
        let value = self.values.wrapping_add(entry);
        // SAFETY: the caller's promise: the value of that entry.
        unsafe { *value = if self.add { (*value).plus(sum) } else { sum } };
    }

    /// The products of rows with others, or of `ONE` row with several.
    ///
    /// # Safety
    ///
    /// Each pointer leads to as many numbers as there are columns.
    #[inline(always)]
    unsafe fn sums<S: Simd, const E: usize, const H: usize, const ONE: bool>(
        self,
        simd: S,
        y: [*const T; E],
        x: [*const T; E],
    ) -> [T; E] {
        let lanes = T::lanes::<S>();
        if H * lanes < T::LINE {
            // SAFETY: the caller's promise: the columns are no more than one register.
            return unsafe { self.short_sums::<S, E, ONE>(simd, y, x) };
        }
        let mut lines = [[T::splat(simd, T::ZERO); H]; E];
        let whole = self.columns - self.columns % T::LINE;
        for start in (0..whole).step_by(T::LINE) {
            for h in 0..H {
                let place = start + h * lanes;
                // SAFETY: the caller's promise; whole lines.
                unsafe {
                    let mut left = T::load(simd, y[0].add(place));
                    for e in 0..E {
                        if !ONE {
                            left = T::load(simd, y[e].add(place));
                        }
                        lines[e][h] = T::mul_add(simd, left, T::load(simd, x[e].add(place)), lines[e][h]);
                    }
                }
            }
        }
        if whole < self.columns {
            for h in 0..H {
                let place = whole + h * lanes;
                let count = self.columns.saturating_sub(place).min(lanes);
                // PERF: nothing but zeros would be added to zeros
                if count == 0 {
                    break;
                }
                // SAFETY: the caller's promise: so many numbers are there.
                unsafe {
                    // PERF: a register that is whole is loaded faster
                    if count == lanes {
                        let mut left = T::load(simd, y[0].add(place));
                        for e in 0..E {
                            if !ONE {
                                left = T::load(simd, y[e].add(place));
                            }
                            lines[e][h] = T::mul_add(simd, left, T::load(simd, x[e].add(place)), lines[e][h]);
                        }
                        continue;
                    }
                    let mut left = T::load_part(simd, y[0].wrapping_add(place), count);
                    for e in 0..E {
                        if !ONE {
                            left = T::load_part(simd, y[e].wrapping_add(place), count);
                        }
                        let x = T::load_part(simd, x[e].wrapping_add(place), count);
                        lines[e][h] = T::mul_add(simd, left, x, lines[e][h]);
                    }
                }
            }
        }
        let mut sums = [T::ZERO; E];
        for four in 0..E.div_ceil(4) {
            let count = if E < 4 { E } else { 4 };
            let mut registers = [lines[4 * four][0]; 4];
            for e in 0..count {
                registers[e] = lines[4 * four + e][0];
                if H == 2 {
                    registers[e] = T::add(simd, registers[e], lines[4 * four + e][H - 1]);
                }
            }
            let four_sums = T::sums(simd, registers);
            sums[4 * four..][..count].copy_from_slice(&four_sums[..count]);
        }
        sums
    }

    /// The same where no row is longer than a register, which is half of a line.
    ///
    /// # Safety
    ///
    /// As for [`sums`](Self::sums).
    #[inline(always)]
    unsafe fn short_sums<S: Simd, const E: usize, const ONE: bool>(
        self,
        simd: S,
        y: [*const T; E],
        x: [*const T; E],
    ) -> [T; E] {
        let zero = T::splat(simd, T::ZERO);
        let mut lines = [zero; E];
        // SAFETY: the caller's promise.
        unsafe {
            if self.columns == T::lanes::<S>() {
                let mut left = T::load(simd, y[0]);
                for e in 0..E {
                    if !ONE {
                        left = T::load(simd, y[e]);
                    }
                    lines[e] = T::mul_add(simd, left, T::load(simd, x[e]), zero);
                }
            } else {
                let mut left = T::load_part(simd, y[0], self.columns);
                for e in 0..E {
                    if !ONE {
                        left = T::load_part(simd, y[e], self.columns);
                    }
                    lines[e] = T::mul_add(simd, left, T::load_part(simd, x[e], self.columns), zero);
                }
            }
        }
        let mut sums = [T::ZERO; E];
        for four in 0..E.div_ceil(4) {
            let count = if E < 4 { E } else { 4 };
            let mut registers = [zero; 4];
            for e in 0..count {
                // the other half of the line, which turns a sum of nothing but negative zeros
                registers[e] = T::add(simd, lines[4 * four + e], zero);
            }
            sums[4 * four..][..count].copy_from_slice(&T::sums(simd, registers)[..count]);
        }
        sums
    }
}
