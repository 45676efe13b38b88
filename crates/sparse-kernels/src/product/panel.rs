//! One panel of a product: some rows, and as many adjacent columns as a register tile holds.
//!
//! Lanes are columns of the dense matrices, so no lane gathers: an entry `k` of a row costs one broadcast of its value and
//! a multiply-add for each register of the panel,
//!
//! ```text
//!     sums[row][c] = values[k] * input[column k][c] + sums[row][c]          c < C registers of columns
//! ```
//!
//! Where a panel is narrow, several rows take turns, so that none waits for its own previous addition; where rows have
//! equal entries ([`equal_rows`](crate::groups)), [`TOGETHER`] share each load. Every sum adds the entries of its row in
//! their order all the same.

use numerics::{Kernel, Simd};

use super::Number;

/// Widths of panels, in registers: what one row keeps in sixteen registers beside a value and an input.
pub(super) const WIDTHS: &[usize] = &[8, 6, 4, 3, 2, 1];

/// Rows with equal entries that share their loads.
const TOGETHER: usize = 4;

/// Rows and columns, and where their numbers are.
#[derive(Debug)]
pub(super) struct Panel<'a, T> {
    /// Rows in the order in which they go.
    pub(super) rows: &'a [u32],
    /// Whether each has the entries of the one before it.
    pub(super) same: &'a [bool],
    /// For every row of the pattern its first entry, and the one behind its last.
    pub(super) starts: &'a [u32],
    pub(super) ends: &'a [u32],
    /// Column of each entry of the pattern.
    pub(super) indices: &'a [u32],
    /// Value of entry 0, if there were no offset; only entries of the rows are read.
    pub(super) values: *const T,
    /// Which of the values each entry has, where they are read out of order; else nowhere.
    pub(super) order: *const u32,
    /// Column 0 of the panel in row 0 of the input, and from there to row 1.
    pub(super) input: *const T,
    pub(super) input_stride: usize,
    /// Column 0 of the panel in row `row_base` of the output, and from there to the next row.
    pub(super) output: *mut T,
    pub(super) output_stride: usize,
    pub(super) row_base: usize,
    /// Columns in the last register of the panel.
    pub(super) part: usize,
    /// The sums begin with the output, and not with zero.
    pub(super) add: bool,
}

impl<T> Clone for Panel<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Panel<'_, T> {}

/// The computation, for panels of `C` registers of which the last is read in `PART`, and `K` rows in turns; values are read
/// out of order where they are `ORDERED`, and the rows of the input follow each other without a gap where they are `TIGHT`.
///
/// # Safety of who makes it
///
/// The rows are rows of the pattern that starts, ends and indices are of; values, inputs and outputs are there for
/// them, and nobody else reads or writes the outputs.
pub(super) struct Rows<
    'a,
    T,
    const K: usize,
    const C: usize,
    const PART: bool,
    const ORDERED: bool,
    const TIGHT: bool,
>(pub(super) Panel<'a, T>);

impl<T: Number, const K: usize, const C: usize, const PART: bool, const ORDERED: bool, const TIGHT: bool>
    Kernel for Rows<'_, T, K, C, PART, ORDERED, TIGHT>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        if TIGHT {
            // PERF: known when it is compiled, so that no place is multiplied
            self.0.input_stride = C * T::lanes::<S>();
        }
        let rows = self.0.rows;
        let mut next = 0;
        while next < rows.len() {
            // SAFETY: who makes this promises it.
            unsafe {
                if self.0.same_from(next) {
                    self.shared(simd, std::array::from_fn(|g| rows[next + g] as usize));
                    next += TOGETHER;
                } else if next + K <= rows.len() {
                    self.turns::<S, K>(simd, std::array::from_fn(|k| rows[next + k] as usize));
                    next += K;
                } else {
                    self.turns::<S, 1>(simd, [rows[next] as usize]);
                    next += 1;
                }
            }
        }
    }
}

/// The columns of an entry and of the next.
///
/// # Safety
///
/// Both are there.
#[inline(always)]
pub(super) unsafe fn two_columns(from: *const u32) -> [usize; 2] {
    // PERF: one load for two columns, where loads are what limits
    // SAFETY: the caller's promise.
    let both = unsafe { from.cast::<u64>().read_unaligned() };
    let both = if cfg!(target_endian = "big") { both.rotate_left(32) } else { both };
    [both as u32 as usize, (both >> 32) as usize]
}

impl<T: Number> Panel<'_, T> {
    /// Whether [`TOGETHER`] rows from this one on have the same entries.
    #[inline(always)]
    fn same_from(&self, next: usize) -> bool {
        next + TOGETHER <= self.rows.len()
            && self.same[next + 1]
            && self.same[next + 2..next + TOGETHER].iter().all(|&same| same)
    }

    /// First entry of a row, and how many follow.
    ///
    /// # Safety
    ///
    /// The pattern has such a row.
    #[inline(always)]
    pub(super) unsafe fn entries(&self, row: usize) -> (usize, usize) {
        // SAFETY: the caller's promise.
        let (start, end) = unsafe { (*self.starts.get_unchecked(row), *self.ends.get_unchecked(row)) };
        (start as usize, (end - start) as usize)
    }

    /// A value, and where its inputs begin.
    ///
    /// # Safety
    ///
    /// The pattern has such an entry, in one of the rows of the panel.
    #[inline(always)]
    pub(super) unsafe fn term<const ORDERED: bool>(&self, entry: usize) -> (T, *const T) {
        // SAFETY: the caller's promise; a column of the pattern is a row of the input.
        unsafe {
            let column = *self.indices.get_unchecked(entry) as usize;
            (self.value::<ORDERED>(entry), self.input.add(column * self.input_stride))
        }
    }

    /// A value and where its inputs begin, of an entry and of the next.
    ///
    /// # Safety
    ///
    /// The pattern has both entries, in one of the rows of the panel.
    #[inline(always)]
    pub(super) unsafe fn two_terms<const ORDERED: bool>(&self, entry: usize) -> [(T, *const T); 2] {
        // SAFETY: the caller's promise; a column of the pattern is a row of the input.
        unsafe {
            let [first, second] = two_columns(self.indices.as_ptr().add(entry));
            [
                (self.value::<ORDERED>(entry), self.input.add(first * self.input_stride)),
                (self.value::<ORDERED>(entry + 1), self.input.add(second * self.input_stride)),
            ]
        }
    }

    /// The value of an entry.
    ///
    /// # Safety
    ///
    /// The pattern has such an entry, in one of the rows of the panel.
    #[inline(always)]
    unsafe fn value<const ORDERED: bool>(&self, entry: usize) -> T {
        // SAFETY: the caller's promise; there is an order where there should be one, and a value for all that is in it.
        unsafe {
            let entry = if ORDERED { *self.order.add(entry) as usize } else { entry };
            *self.values.wrapping_add(entry)
        }
    }

    /// Where the outputs of a row begin.
    ///
    /// # Safety
    ///
    /// The row is one of the panel.
    #[inline(always)]
    pub(super) unsafe fn output(&self, row: usize) -> *mut T {
        // SAFETY: the caller's promise.
        unsafe { self.output.add((row - self.row_base) * self.output_stride) }
    }

    /// What the sums of `W` registers begin with; `last` tells that the last is the panel's last.
    ///
    /// # Safety
    ///
    /// So many registers of outputs are there.
    #[inline(always)]
    unsafe fn begin<S: Simd, const W: usize>(
        &self,
        simd: S,
        output: *const T,
        last: bool,
    ) -> [T::Register<S>; W] {
        let mut sums = [T::splat(simd, T::ZERO); W];
        if self.add {
            for c in 0..W {
                // SAFETY: the caller's promise.
                unsafe {
                    let from = output.add(c * T::lanes::<S>());
                    let whole = !(last && c + 1 == W) || self.part == T::lanes::<S>();
                    sums[c] = if whole { T::load(simd, from) } else { T::load_part(simd, from, self.part) };
                }
            }
        }
        sums
    }

    /// Stores `W` registers.
    ///
    /// # Safety
    ///
    /// So many registers of outputs are there.
    #[inline(always)]
    unsafe fn finish<S: Simd, const W: usize>(
        &self,
        simd: S,
        sums: [T::Register<S>; W],
        output: *mut T,
        last: bool,
    ) {
        for c in 0..W {
            // SAFETY: the caller's promise.
            unsafe {
                let to = output.add(c * T::lanes::<S>());
                if !(last && c + 1 == W) || self.part == T::lanes::<S>() {
                    T::store(simd, sums[c], to);
                } else {
                    T::store_part(simd, sums[c], to, self.part);
                }
            }
        }
    }

    /// One input register.
    ///
    /// # Safety
    ///
    /// It is there: all of it, or its part.
    #[inline(always)]
    unsafe fn load<S: Simd, const PART: bool>(&self, simd: S, from: *const T) -> T::Register<S> {
        // SAFETY: the caller's promise.
        unsafe { if PART { T::load_part(simd, from, self.part) } else { T::load(simd, from) } }
    }
}

impl<T: Number, const K: usize, const C: usize, const PART: bool, const ORDERED: bool, const TIGHT: bool>
    Rows<'_, T, K, C, PART, ORDERED, TIGHT>
{
    /// Rows with entries of their own, in turns.
    ///
    /// # Safety
    ///
    /// As for [`Rows`].
    // PERF: loops over arrays of registers, never closures, which would be compiled without the instructions.
    #[inline(always)]
    unsafe fn turns<S: Simd, const N: usize>(&self, simd: S, rows: [usize; N]) {
        let panel = &self.0;
        let (mut first, mut len) = ([0; N], [0; N]);
        let (mut fewest, mut most) = (usize::MAX, 0);
        for k in 0..N {
            // SAFETY: the caller's promise.
            (first[k], len[k]) = unsafe { panel.entries(rows[k]) };
            (fewest, most) = (fewest.min(len[k]), most.max(len[k]));
        }
        if panel.add && most == 0 {
            return;
        }
        let mut sums = [[T::splat(simd, T::ZERO); C]; N];
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            if panel.add {
                for k in 0..N {
                    sums[k] = panel.begin::<S, C>(simd, panel.output(rows[k]), true);
                }
            }
            for entry in 0..fewest {
                for k in 0..N {
                    self.entry(simd, first[k] + entry, &mut sums[k]);
                }
            }
            if N > 1 {
                for k in 0..N {
                    for entry in fewest..len[k] {
                        self.entry(simd, first[k] + entry, &mut sums[k]);
                    }
                }
            }
            for k in 0..N {
                panel.finish(simd, sums[k], panel.output(rows[k]), true);
            }
        }
    }

    /// Adds one entry to the sums of its row.
    ///
    /// # Safety
    ///
    /// As for [`Rows`]; the entry is one of its row.
    #[inline(always)]
    unsafe fn entry<S: Simd>(&self, simd: S, entry: usize, sums: &mut [T::Register<S>; C]) {
        // SAFETY: the caller's promise.
        unsafe {
            let (value, input) = self.0.term::<ORDERED>(entry);
            let value = T::splat(simd, value);
            for c in 0..C - 1 {
                let input = T::load(simd, input.add(c * T::lanes::<S>()));
                sums[c] = T::mul_add(simd, value, input, sums[c]);
            }
            let input = self.0.load::<S, PART>(simd, input.add((C - 1) * T::lanes::<S>()));
            sums[C - 1] = T::mul_add(simd, value, input, sums[C - 1]);
        }
    }

    /// Rows with the same entries: two registers of columns at a time.
    ///
    /// # Safety
    ///
    /// As for [`Rows`].
    #[inline(always)]
    unsafe fn shared<S: Simd>(&self, simd: S, rows: [usize; TOGETHER]) {
        let mut column = 0;
        // SAFETY: the caller's promise.
        unsafe {
            while column + 2 < C {
                self.grid::<S, 2, false>(simd, rows, column, false);
                column += 2;
            }
            if C.is_multiple_of(2) {
                self.grid::<S, 2, PART>(simd, rows, column, true);
            } else {
                self.grid::<S, 1, PART>(simd, rows, column, true);
            }
        }
    }

    /// `W` registers of columns, from one on, of rows with the same entries.
    ///
    /// # Safety
    ///
    /// As for [`Rows`].
    #[inline(always)]
    unsafe fn grid<S: Simd, const W: usize, const LAST: bool>(
        &self,
        simd: S,
        rows: [usize; TOGETHER],
        column: usize,
        last: bool,
    ) {
        let panel = &self.0;
        let offset = column * T::lanes::<S>();
        let mut first = [0; TOGETHER];
        let mut sums = [[T::splat(simd, T::ZERO); W]; TOGETHER];
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            let (_, len) = panel.entries(rows[0]);
            for g in 0..TOGETHER {
                first[g] = panel.entries(rows[g]).0;
                sums[g] = panel.begin::<S, W>(simd, panel.output(rows[g]).add(offset), last);
            }
            for entry in 0..len {
                let (_, input) = panel.term::<ORDERED>(first[0] + entry);
                let input = input.add(offset);
                let mut inputs = [T::splat(simd, T::ZERO); W];
                for c in 0..W - 1 {
                    inputs[c] = T::load(simd, input.add(c * T::lanes::<S>()));
                }
                inputs[W - 1] = panel.load::<S, LAST>(simd, input.add((W - 1) * T::lanes::<S>()));
                for g in 0..TOGETHER {
                    let value = T::splat(simd, panel.value::<ORDERED>(first[g] + entry));
                    for c in 0..W {
                        sums[g][c] = T::mul_add(simd, value, inputs[c], sums[g][c]);
                    }
                }
            }
            for g in 0..TOGETHER {
                panel.finish(simd, sums[g], panel.output(rows[g]).add(offset), last);
            }
        }
    }
}
