//! Copies of panels: columns that lie apart brought side by side, aligned, and filled up with zeros.

use super::Number;
use super::view::Shape;

/// Rows that are copied together where a matrix lies by columns, so that lines of both sides are used while they are near.
const ROWS: usize = 16;

/// Copies `columns` columns, from one on, of `rows` rows, from one on, to a panel of `width` columns.
///
/// # Safety
///
/// The elements are readable from `from` by `shape`, and `rows` times `width` numbers are writable at `to`.
#[inline(always)]
pub(super) unsafe fn pack<T: Number>(
    from: *const T,
    shape: Shape,
    [first_row, rows]: [usize; 2],
    [first, columns]: [usize; 2],
    to: *mut T,
    width: usize,
) {
    for start in (0..rows).step_by(ROWS) {
        let rows = start..rows.min(start + ROWS);
        // SAFETY: the caller's promise.
        unsafe {
            for row in rows.clone() {
                let to = to.add(row * width);
                if shape.column_stride == 1 {
                    std::ptr::copy_nonoverlapping(from.add(shape.place(first_row + row, first)), to, columns);
                }
                for column in columns..width {
                    *to.add(column) = T::ZERO;
                }
            }
            if shape.column_stride != 1 {
                for column in 0..columns {
                    for row in rows.clone() {
                        *to.add(row * width + column) =
                            *from.add(shape.place(first_row + row, first + column));
                    }
                }
            }
        }
    }
}

/// Copies a panel back: the inverse of [`pack`], padding left out.
///
/// # Safety
///
/// `rows` times `width` numbers are readable at `from`, the elements are writable from `to` by `shape`, and nobody else
/// reads or writes them.
#[inline(always)]
pub(super) unsafe fn unpack<T: Number>(
    from: *const T,
    width: usize,
    to: *mut T,
    shape: Shape,
    [first_row, rows]: [usize; 2],
    [first, columns]: [usize; 2],
) {
    for start in (0..rows).step_by(ROWS) {
        for column in 0..columns {
            for row in start..rows.min(start + ROWS) {
                // SAFETY: the caller's promise.
                unsafe {
                    *to.add(shape.place(first_row + row, first + column)) = *from.add(row * width + column);
                }
            }
        }
    }
}
