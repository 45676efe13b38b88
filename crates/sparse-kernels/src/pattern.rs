//! Which weights a network has.
//!
//! A [`Pattern`] says where the entries of a sparse matrix lie, and nothing of their values. A population under
//! evolution shares one pattern, so it is checked once, planned for once, and then only read; values come as slices
//! with one element (or one block of lanes) for each entry.
//!
//! ```text
//!            column 0 1 2 3
//!     row 0       [ . a . b ]      starts  = [0, 2, 2, 4]     row r owns entries starts[r] .. starts[r + 1]
//!     row 1       [ . . . . ]      indices = [1, 3, 0, 3]     entry k lies in column indices[k]
//!     row 2       [ c . . d ]      values  = [a, b, c, d]     apart, and the caller's
//! ```
//!
//! This is CSR. *Row order*, in which entries are counted everywhere in this crate, is from left to right, then from
//! top to bottom. It is also the order in which kernels add: a sum depends on its row alone.
//!
//! # Invariants
//!
//! Every safe constructor ends in one check, and the fields are private, so whoever holds a pattern holds the proof
//! that kernels rely on when they do not check an index again:
//!
//! - starts: one more than there are rows; the first 0, the last the number of entries, none smaller than the one
//!   before;
//! - indices: each below the number of columns, strictly increasing within a row (so sorted, and none twice);
//! - rows, columns and entries each fit 32 bits, and a buffer of [`LANES`] values an entry fits the address space.
//!
//! Zero rows, zero columns and rows without entries are patterns like any other. But memory is taken for what the caller
//! brings, not for a number: where rows come without starts, there can be 2^24 more of them than entries.

use std::ops::Range;

use numerics::LANES;

use crate::product::Number;

mod error;
#[cfg(feature = "sprs")]
mod sprs;

pub use error::{Line, PatternError};

/// The most entries of a pattern: an index of 32 bits, and a block of lanes an entry, must reach them all.
const MOST_ENTRIES: usize = {
    let addressable = isize::MAX as usize / (LANES * size_of::<f32>());
    if addressable < u32::MAX as usize { addressable } else { u32::MAX as usize }
};

/// The most rows that a pattern made without starts has beyond its entries; a start is four bytes.
const MOST_EMPTY_ROWS: usize = 1 << 24;

/// The integers that index slices may consist of: `u32`, `usize`, and what other libraries use (`i32`, `i64`, ...).
///
/// Every number is converted once and then checked, negative ones included.
pub trait Index: Copy + TryInto<i128> {}

impl<I: Copy + TryInto<i128>> Index for I {}

/// The places of the entries of a sparse matrix, in row order (CSR); checked, and never changed.
///
/// ```
/// use sparse_kernels::Pattern;
///
/// let pattern = Pattern::from_csr(3, 4, &[0, 2, 2, 4], &[1, 3, 0, 3])?;
/// assert_eq!(pattern.nnz(), 4);
/// assert_eq!(pattern.row(2), [0, 3]);
/// assert!(pattern.row(1).is_empty());
///
/// let error = Pattern::from_csr(3, 4, &[0, 2, 2, 4], &[1, 3, 0, 4]).unwrap_err();
/// assert_eq!(error.to_string(), "entry 3, in row 2, is in column 4; there are 4 columns");
/// # Ok::<(), sparse_kernels::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    rows: usize,
    columns: usize,
    starts: Box<[u32]>,
    indices: Box<[u32]>,
}

impl Pattern {
    /// From compressed sparse rows: row `r` has entries in the columns `indices[starts[r]..starts[r + 1]]`.
    pub fn from_csr<I: Index>(
        rows: usize,
        columns: usize,
        starts: &[I],
        indices: &[I],
    ) -> Result<Pattern, PatternError> {
        check_sizes(rows, columns)?;
        from_lines(Line::Row, rows, columns, starts, indices)
    }

    /// From compressed sparse columns: column `c` has entries in the rows `indices[starts[c]..starts[c + 1]]`.
    ///
    /// Values that are in column order are brought to row order by [`transpose`](Self::transpose):
    ///
    /// ```
    /// use sparse_kernels::Pattern;
    ///
    /// // [ . a ]
    /// // [ b c ]
    /// let pattern = Pattern::from_csc(2, 2, &[0, 1, 3], &[1, 0, 1])?;
    /// let by_column = ['b', 'a', 'c'];
    /// let mut by_row = [' '; 3];
    /// let (_, order) = pattern.transpose();
    /// for (&value, &entry) in by_column.iter().zip(&order) {
    ///     by_row[entry as usize] = value;
    /// }
    /// assert_eq!(by_row, ['a', 'b', 'c']);
    /// # Ok::<(), sparse_kernels::PatternError>(())
    /// ```
    pub fn from_csc<I: Index>(
        rows: usize,
        columns: usize,
        starts: &[I],
        indices: &[I],
    ) -> Result<Pattern, PatternError> {
        check_sizes(rows, columns)?;
        let transposed = from_lines(Line::Column, columns, rows, starts, indices)?;
        Ok(transposed.try_transpose()?.0)
    }

    /// From a row-major mask: an entry wherever it is true.
    pub fn from_mask(rows: usize, columns: usize, mask: &[bool]) -> Result<Pattern, PatternError> {
        check_sizes(rows, columns)?;
        if rows.checked_mul(columns) != Some(mask.len()) {
            return Err(PatternError::MaskLength { rows, columns, found: mask.len() });
        }
        let nnz = mask.iter().filter(|&&kept| kept).count();
        check_entries(Some(nnz))?;
        let mut starts = no_starts(rows, nnz)?;
        let mut indices = with_capacity(nnz)?;
        for row in 0..rows {
            let kept = &mask[row * columns..][..columns];
            indices.extend((0..columns as u32).filter(|&column| kept[column as usize]));
            starts[row + 1] = indices.len() as u32;
        }
        Ok(Pattern { rows, columns, starts: starts.into(), indices: indices.into() })
    }

    /// From pairs of row and column, in any order; none may be there twice.
    ///
    /// [`position`](Self::position) tells where an entry went.
    pub fn from_triplets(
        rows: usize,
        columns: usize,
        triplets: &[(usize, usize)],
    ) -> Result<Pattern, PatternError> {
        check_sizes(rows, columns)?;
        check_entries(Some(triplets.len()))?;
        for (entry, &(row, column)) in triplets.iter().enumerate() {
            if row >= rows {
                let found = row as i128;
                return Err(PatternError::OutOfRange {
                    line: Line::Column(column),
                    entry,
                    found,
                    limit: rows,
                });
            }
            if column >= columns {
                let found = column as i128;
                return Err(PatternError::OutOfRange { line: Line::Row(row), entry, found, limit: columns });
            }
        }

        let mut starts = no_starts(rows, triplets.len())?;
        for &(row, _) in triplets {
            starts[row + 1] += 1;
        }
        accumulate(&mut starts);
        // (column, position among the triplets), so that a duplicate can be named.
        let mut entries = with_capacity(triplets.len())?;
        entries.resize(triplets.len(), (0, 0));
        let mut next = starts.clone();
        for (position, &(row, column)) in triplets.iter().enumerate() {
            entries[next[row] as usize] = (column as u32, position as u32);
            next[row] += 1;
        }
        for row in 0..rows {
            let entries = &mut entries[starts[row] as usize..starts[row + 1] as usize];
            entries.sort_unstable();
            if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let (found, entry) = (pair[1].0 as usize, pair[1].1 as usize);
                return Err(PatternError::Duplicate { line: Line::Row(row), entry, found });
            }
        }
        let indices = entries.into_iter().map(|(column, _)| column).collect();
        Ok(Pattern { rows, columns, starts: starts.into(), indices })
    }

    /// Every entry there can be.
    pub fn dense(rows: usize, columns: usize) -> Result<Pattern, PatternError> {
        check_sizes(rows, columns)?;
        let nnz = check_entries(rows.checked_mul(columns))?;
        let mut starts = no_starts(rows, nnz)?;
        for (row, start) in starts.iter_mut().enumerate() {
            *start = (row * columns) as u32;
        }
        let mut indices = with_capacity(nnz)?;
        for _ in 0..rows {
            indices.extend(0..columns as u32);
        }
        Ok(Pattern { rows, columns, starts: starts.into(), indices: indices.into() })
    }

    /// From compressed sparse rows that are known to be right; for patterns too large to check twice.
    ///
    /// # Safety
    ///
    /// The invariants at the top of [this module](crate::pattern) must hold: kernels read and write memory by them.
    pub unsafe fn from_csr_unchecked(
        rows: usize,
        columns: usize,
        starts: Box<[u32]>,
        indices: Box<[u32]>,
    ) -> Pattern {
        debug_assert!(Pattern::from_csr(rows, columns, &starts, &indices).is_ok(), "a malformed pattern");
        Pattern { rows, columns, starts, indices }
    }

    /// Rows: outputs of a layer.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns: inputs of a layer.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Entries.
    pub fn nnz(&self) -> usize {
        self.indices.len()
    }

    /// Entries over places; 1 where there are no places, since none is missing.
    pub fn density(&self) -> f64 {
        let places = self.rows as f64 * self.columns as f64;
        if places == 0.0 { 1.0 } else { self.nnz() as f64 / places }
    }

    /// First entry of each row, and the number of entries.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Column of each entry.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// Columns of a row's entries.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[u32] {
        &self.indices[self.row_range(row)]
    }

    /// Entries of a row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row_range(&self, row: usize) -> Range<usize> {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        self.starts[row] as usize..self.starts[row + 1] as usize
    }

    /// The entry at a place, if there is one.
    pub fn position(&self, row: usize, column: usize) -> Option<usize> {
        if row >= self.rows {
            return None;
        }
        let range = self.row_range(row);
        let column = u32::try_from(column).ok()?;
        self.row(row).binary_search(&column).ok().map(|offset| range.start + offset)
    }

    /// The pattern with rows for columns, and the order of its entries: entry `k` of the transpose is entry
    /// `order[k]` of this pattern.
    ///
    /// # Panics
    ///
    /// If there is no memory for it, or too many columns without entries ([`PatternError::Hollow`]).
    pub fn transpose(&self) -> (Pattern, Vec<u32>) {
        self.try_transpose().unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_transpose(&self) -> Result<(Pattern, Vec<u32>), PatternError> {
        let mut starts = no_starts(self.columns, self.nnz())?;
        for &column in &self.indices {
            starts[column as usize + 1] += 1;
        }
        accumulate(&mut starts);
        let mut next = with_capacity(self.columns)?;
        next.extend_from_slice(&starts[..self.columns]);
        let mut indices = zeros(self.nnz())?;
        let mut order = zeros(self.nnz())?;
        for row in 0..self.rows {
            for entry in self.row_range(row) {
                let place = &mut next[self.indices[entry] as usize];
                indices[*place as usize] = row as u32;
                order[*place as usize] = entry as u32;
                *place += 1;
            }
        }
        let (rows, columns) = (self.columns, self.rows);
        Ok((Pattern { rows, columns, starts: starts.into(), indices: indices.into() }, order))
    }

    /// The values at the entries of a row-major dense matrix.
    ///
    /// # Panics
    ///
    /// If `dense` is not rows x columns long, or `values` has not one element an entry.
    pub fn compress<T: Number>(&self, dense: &[T], values: &mut [T]) {
        self.check_values(dense.len(), values.len());
        for row in 0..self.rows {
            let from = &dense[row * self.columns..][..self.columns];
            for (value, &column) in values[self.row_range(row)].iter_mut().zip(self.row(row)) {
                *value = from[column as usize];
            }
        }
    }

    /// The row-major dense matrix of these values: zero where there is no entry.
    ///
    /// # Panics
    ///
    /// If `dense` is not rows x columns long, or `values` has not one element an entry.
    pub fn expand<T: Number>(&self, values: &[T], dense: &mut [T]) {
        self.check_values(dense.len(), values.len());
        dense.fill(T::ZERO);
        for row in 0..self.rows {
            let to = &mut dense[row * self.columns..][..self.columns];
            for (&value, &column) in values[self.row_range(row)].iter().zip(self.row(row)) {
                to[column as usize] = value;
            }
        }
    }

    /// Bytes that it holds.
    pub(crate) fn size(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.indices)
    }

    fn check_values(&self, dense: usize, values: usize) {
        let (rows, columns) = (self.rows, self.columns);
        assert!(
            rows.checked_mul(columns) == Some(dense),
            "a dense matrix of {dense} elements for {rows} rows of {columns} columns"
        );
        assert_eq!(values, self.nnz(), "one value an entry");
    }
}

/// The check: lines are rows of CSR or columns of CSC, `across` is how many of the others there are.
fn from_lines<I: Index>(
    line: fn(usize) -> Line,
    lines: usize,
    across: usize,
    starts: &[I],
    indices: &[I],
) -> Result<Pattern, PatternError> {
    let nnz = check_entries(Some(indices.len()))?;
    if starts.len().checked_sub(1) != Some(lines) {
        // Saturates only where `lines` is the whole address space, and then no slice is as long.
        return Err(PatternError::StartsLength { expected: lines.saturating_add(1), found: starts.len() });
    }

    let mut checked_starts = with_capacity(lines + 1)?;
    let mut previous = 0;
    for (number, &start) in starts.iter().enumerate() {
        let start = widened(start);
        if number == 0 && start != 0 {
            return Err(PatternError::FirstStart { line: line(0), found: start });
        }
        if start < previous {
            return Err(PatternError::Decreasing { line: line(number - 1), start: previous, end: start });
        }
        if start > nnz as i128 || (number == lines && start != nnz as i128) {
            return Err(PatternError::LastStart {
                line: line(number.max(1) - 1),
                expected: nnz,
                found: start,
            });
        }
        checked_starts.push(start as u32);
        previous = start;
    }

    let mut checked_indices: Vec<u32> = with_capacity(nnz)?;
    for number in 0..lines {
        let line = line(number);
        for entry in checked_starts[number] as usize..checked_starts[number + 1] as usize {
            let found = widened(indices[entry]);
            if !(0..across as i128).contains(&found) {
                return Err(PatternError::OutOfRange { line, entry, found, limit: across });
            }
            let found = found as u32;
            if entry > checked_starts[number] as usize && found <= checked_indices[entry - 1] {
                let (previous, found) = (checked_indices[entry - 1] as usize, found as usize);
                return Err(if found == previous {
                    PatternError::Duplicate { line, entry, found }
                } else {
                    PatternError::Unsorted { line, entry, previous, found }
                });
            }
            checked_indices.push(found);
        }
    }
    Ok(Pattern {
        rows: lines,
        columns: across,
        starts: checked_starts.into(),
        indices: checked_indices.into(),
    })
}

/// The number as it was found; what does not even fit 128 bits is out of every range.
fn widened<I: Index>(index: I) -> i128 {
    index.try_into().unwrap_or(i128::MAX)
}

fn check_sizes(rows: usize, columns: usize) -> Result<(), PatternError> {
    // One less than 2^32, so that the number of starts fits too.
    let limit = u32::MAX as usize - 1;
    for (what, found) in [("rows", rows), ("columns", columns)] {
        if found > limit {
            return Err(PatternError::TooMany { what, found: Some(found), limit });
        }
    }
    Ok(())
}

fn check_entries(found: Option<usize>) -> Result<usize, PatternError> {
    match found {
        Some(nnz) if nnz <= MOST_ENTRIES => Ok(nnz),
        found => Err(PatternError::TooMany { what: "entries", found, limit: MOST_ENTRIES }),
    }
}

/// Turns counts, kept one place late, into starts.
fn accumulate(starts: &mut [u32]) {
    let mut sum = 0;
    for start in starts {
        sum += *start;
        *start = sum;
    }
}

fn with_capacity<T>(len: usize) -> Result<Vec<T>, PatternError> {
    let mut vector = Vec::new();
    vector
        .try_reserve_exact(len)
        .map_err(|_| PatternError::Memory { bytes: len.saturating_mul(size_of::<T>()) })?;
    Ok(vector)
}

/// Starts of so many rows, to be filled in.
fn no_starts(rows: usize, entries: usize) -> Result<Vec<u32>, PatternError> {
    if rows > entries.saturating_add(MOST_EMPTY_ROWS) {
        return Err(PatternError::Hollow { rows, entries, limit: MOST_EMPTY_ROWS });
    }
    zeros(rows + 1)
}

fn zeros(len: usize) -> Result<Vec<u32>, PatternError> {
    let mut vector = with_capacity(len)?;
    vector.resize(len, 0);
    Ok(vector)
}

#[cfg(test)]
mod tests;
