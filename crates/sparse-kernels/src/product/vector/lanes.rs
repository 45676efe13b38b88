//! Rows in lanes: eight rows at a time, four to a register.

use numerics::{Kernel, Simd};

use super::super::Number;
use super::super::panel::Panel;
use super::Vector;
use super::words::FOUR;

/// Rows that go together: two registers, for an addition takes as long as the loads of two.
pub(super) const ROWS: usize = 2 * FOUR;

/// The computation, for a panel of one column whose inputs follow each other, and values that are read in their order. The
/// sums begin with the output where they are to `ADD`.
///
/// # Safety of who makes it
///
/// As for [`Rows`](super::super::panel::Rows); the rows are whole blocks of [`Words`](super::words::Words), and the words are
/// theirs.
pub(in super::super) struct Lanes<'a, T, const ADD: bool> {
    pub(in super::super) panel: Panel<'a, T>,
    pub(in super::super) words: &'a [u64],
}

impl<T: Number, const ADD: bool> Kernel for Lanes<'_, T, ADD> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Panel { rows, starts, ends, values, input, output, output_stride, .. } = self.panel;
        let (starts, ends) = (starts.as_ptr(), ends.as_ptr());
        // PERF: what the loops need, in registers: for all the compiler knows, a store could change it
        let numbers = Numbers::<T, ADD> { starts, ends, values, input, output, output_stride };
        let mut words = self.words.as_ptr();
        let (eights, rest) = rows.as_chunks::<ROWS>();
        // SAFETY: who makes this promises it.
        unsafe {
            for rows in eights {
                words = numbers.eight(simd, rows, words);
            }
            if !rest.is_empty() {
                simd.apart(Vector::<T, true, false>(Panel { rows: rest, ..self.panel }));
            }
        }
    }
}

/// Where numbers are. Words are read one after the other: whoever reads some tells which is the next.
#[derive(Clone, Copy)]
struct Numbers<T, const ADD: bool> {
    starts: *const u32,
    ends: *const u32,
    values: *const T,
    input: *const T,
    output: *mut T,
    output_stride: usize,
}

impl<T: Number, const ADD: bool> Numbers<T, ADD> {
    /// Eight rows, the longest first.
    ///
    /// # Safety
    ///
    /// As for [`Lanes`]; the words are those of these rows.
    // PERF: loops over arrays, never closures, which would be compiled without the instructions.
    #[inline(always)]
    unsafe fn eight<S: Simd>(self, simd: S, rows: &[u32; ROWS], mut words: *const u64) -> *const u64 {
        let (mut first, mut sums) = ([0; ROWS], [T::ZERO; ROWS]);
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            let (most, fewest) = (self.len(rows[0] as usize), self.len(rows[ROWS - 1] as usize));
            if ADD && most == 0 {
                return words;
            }
            for k in 0..ROWS {
                first[k] = *self.starts.add(rows[k] as usize) as usize;
                sums[k] = self.begin(rows[k] as usize);
            }
            let common = fewest / FOUR * FOUR;
            if common > 0 {
                words = self.common(simd, &first, common, &mut sums, words);
            }
            if fewest < most {
                for k in 0..ROWS {
                    words = self.rest(rows[k] as usize, common, sums[k], words);
                }
                return words;
            }
            // PERF: rows of one length have no loop whose end could be guessed wrong
            match most - common {
                0 => (),
                1 => words = self.few::<1>(&first, common, &mut sums, words),
                2 => words = self.few::<2>(&first, common, &mut sums, words),
                _ => words = self.few::<3>(&first, common, &mut sums, words),
            }
            for k in 0..ROWS {
                *self.output(rows[k] as usize) = sums[k];
            }
        }
        words
    }

    /// The first entries of eight rows, as many as `common`, four by four.
    ///
    /// # Safety
    ///
    /// As for [`eight`](Self::eight); each of the rows has so many entries.
    #[inline(always)]
    unsafe fn common<S: Simd>(
        self,
        simd: S,
        first: &[usize; ROWS],
        common: usize,
        sums: &mut [T; ROWS],
        mut words: *const u64,
    ) -> *const u64 {
        let [a, b, c, d, e, f, g, h] = *sums;
        let mut fours = [T::four(simd, [a, b, c, d]), T::four(simd, [e, f, g, h])];
        let mut rows = [self.values; ROWS];
        for k in 0..ROWS {
            rows[k] = rows[k].wrapping_add(first[k]);
        }
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            for entry in (0..common).step_by(FOUR) {
                for half in 0..2 {
                    let mut from = [self.values; FOUR];
                    for k in 0..FOUR {
                        from[k] = rows[FOUR * half + k].add(entry);
                    }
                    let values = T::load_across(simd, from);
                    for n in 0..FOUR {
                        let inputs = T::load_scattered(simd, self.input, columns(*words));
                        fours[half] = T::mul_add_four(simd, values[n], inputs, fours[half]);
                        words = words.add(1);
                    }
                }
            }
        }
        for half in 0..2 {
            let numbers = T::numbers(simd, fours[half]);
            for k in 0..FOUR {
                sums[FOUR * half + k] = numbers[k];
            }
        }
        words
    }

    /// The last `N` entries of eight rows, fewer than four, from one on.
    ///
    /// # Safety
    ///
    /// As for [`eight`](Self::eight); each of the rows has so many entries.
    #[inline(always)]
    unsafe fn few<const N: usize>(
        self,
        first: &[usize; ROWS],
        from: usize,
        sums: &mut [T; ROWS],
        words: *const u64,
    ) -> *const u64 {
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            for k in 0..ROWS {
                let columns = columns(*words.add(k));
                for n in 0..N {
                    sums[k] = self.added(first[k] + from + n, columns[n], sums[k]);
                }
            }
            words.add(ROWS)
        }
    }

    /// The entries of one row from one on, and its sum stored.
    ///
    /// # Safety
    ///
    /// As for [`eight`](Self::eight), of this row.
    #[inline(always)]
    unsafe fn rest(self, row: usize, from: usize, mut sum: T, mut words: *const u64) -> *const u64 {
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            let (mut entry, end) = (*self.starts.add(row) as usize + from, *self.ends.add(row) as usize);
            while entry + FOUR <= end {
                let columns = columns(*words);
                for n in 0..FOUR {
                    sum = self.added(entry + n, columns[n], sum);
                }
                (entry, words) = (entry + FOUR, words.add(1));
            }
            if entry < end {
                let columns = columns(*words);
                for n in 0..end - entry {
                    sum = self.added(entry + n, columns[n], sum);
                }
                words = words.add(1);
            }
            *self.output(row) = sum;
        }
        words
    }

    /// A sum and one entry.
    ///
    /// # Safety
    ///
    /// The entry is there, and this is its column.
    #[inline(always)]
    unsafe fn added(self, entry: usize, column: usize, sum: T) -> T {
        // SAFETY: the caller's promise.
        unsafe { (*self.values.wrapping_add(entry)).fused(*self.input.add(column), sum) }
    }

    /// Entries of a row.
    ///
    /// # Safety
    ///
    /// The pattern has such a row.
    #[inline(always)]
    unsafe fn len(self, row: usize) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*self.ends.add(row) - *self.starts.add(row)) as usize }
    }

    /// What the sum of a row begins with.
    ///
    /// # Safety
    ///
    /// As for [`output`](Self::output).
    #[inline(always)]
    unsafe fn begin(self, row: usize) -> T {
        // SAFETY: the caller's promise.
        if ADD { unsafe { *self.output(row) } } else { T::ZERO }
    }

    /// Where the output of a row is.
    ///
    /// # Safety
    ///
    /// The row is one of the panel.
    #[inline(always)]
    unsafe fn output(self, row: usize) -> *mut T {
        // SAFETY: the caller's promise.
        unsafe { self.output.add(row * self.output_stride) }
    }
}

/// The columns of a word.
#[inline(always)]
fn columns(word: u64) -> [usize; FOUR] {
    let column = |n: u32| (word >> (n * u16::BITS)) as u16 as usize;
    [column(0), column(1), column(2), column(3)]
}
