//! Dense matrices in memory of the caller's: by rows, by columns, or with any strides.

use std::marker::PhantomData;

use super::Number;

/// A dense matrix to read.
///
/// ```
/// use sparse_kernels::product::View;
///
/// let numbers = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0];
/// assert_eq!(View::by_rows(&numbers, 2, 3).get(1, 0), 4.0);
/// assert_eq!(View::by_columns(&numbers, 2, 3).get(1, 0), 2.0);
/// // the first two columns of the matrix by rows
/// assert_eq!(View::strided(&numbers, 2, 2, [3, 1]).get(1, 1), 5.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    first: *const T,
    shape: Shape,
    borrowed: PhantomData<&'a T>,
}

/// A dense matrix to write.
#[derive(Debug)]
pub struct ViewMut<'a, T> {
    first: *mut T,
    shape: Shape,
    borrowed: PhantomData<&'a mut T>,
}

// SAFETY: a view stands for shared borrows of its elements.
unsafe impl<T: Sync> Send for View<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for View<'_, T> {}
// SAFETY: a view to write stands for exclusive borrows of its elements.
unsafe impl<T: Send> Send for ViewMut<'_, T> {}
// SAFETY: as above; through a shared reference it only reads.
unsafe impl<T: Sync> Sync for ViewMut<'_, T> {}

/// Element `(row, column)` lies at `row * row_stride + column * column_stride`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) row_stride: usize,
    pub(crate) column_stride: usize,
}

impl Shape {
    fn by_rows(rows: usize, columns: usize) -> Shape {
        Shape { rows, columns, row_stride: columns, column_stride: 1 }
    }

    fn by_columns(rows: usize, columns: usize) -> Shape {
        Shape { rows, columns, row_stride: 1, column_stride: rows }
    }

    /// The same elements; strides that lead to none are those of a matrix by rows. So no place is computed from a stride
    /// that was never checked, and a matrix whose columns are not side by side has several of them, and rows.
    fn settled(self) -> Shape {
        let Shape { rows, columns, row_stride, column_stride } = self;
        Shape {
            row_stride: if rows <= 1 || columns == 0 { columns } else { row_stride },
            column_stride: if columns <= 1 || rows == 0 { 1 } else { column_stride },
            ..self
        }
    }

    /// Elements from the first to the last, both included; [`None`] if they do not fit the address space.
    fn span(self) -> Option<usize> {
        if self.rows == 0 || self.columns == 0 {
            return Some(0);
        }
        let last_row = (self.rows - 1).checked_mul(self.row_stride)?;
        let last_column = (self.columns - 1).checked_mul(self.column_stride)?;
        last_row.checked_add(last_column)?.checked_add(1)
    }

    /// # Panics
    ///
    /// If so many numbers are not exactly this matrix.
    fn check_whole(self, found: usize) {
        let Shape { rows, columns, .. } = self;
        assert!(
            rows.checked_mul(columns) == Some(found),
            "{found} numbers for a matrix of {rows} rows of {columns} columns"
        );
    }

    /// # Panics
    ///
    /// If an element lies beyond so many numbers.
    fn check_inside(self, found: usize) {
        let Shape { rows, columns, row_stride, column_stride } = self;
        let Some(needed) = self.span() else {
            panic!(
                "{rows} rows, {row_stride} apart, of {columns} columns, {column_stride} apart, do not fit the \
                 address space"
            );
        };
        assert!(
            needed <= found,
            "{rows} rows, {row_stride} apart, of {columns} columns, {column_stride} apart, need {needed} numbers; \
             there are {found}"
        );
    }

    /// # Panics
    ///
    /// If two elements can lie in one place.
    fn check_apart(self) {
        let Shape { rows, columns, row_stride, column_stride } = self;
        let fits = |inner: usize, step: usize, outer: usize, stride: usize| {
            (inner <= 1 || step > 0) && (outer <= 1 || stride > inner.saturating_sub(1).saturating_mul(step))
        };
        assert!(
            rows == 0
                || columns == 0
                || fits(columns, column_stride, rows, row_stride)
                || fits(rows, row_stride, columns, column_stride),
            "{rows} rows, {row_stride} apart, and {columns} columns, {column_stride} apart, overlap; what is written \
             must not"
        );
    }

    /// Place of an element.
    #[inline(always)]
    pub(crate) fn place(self, row: usize, column: usize) -> usize {
        row * self.row_stride + column * self.column_stride
    }

    fn checked_place(self, row: usize, column: usize) -> usize {
        let Shape { rows, columns, .. } = self;
        assert!(row < rows, "row {row} of {rows}");
        assert!(column < columns, "column {column} of {columns}");
        self.place(row, column)
    }
}

impl<'a, T: Number> View<'a, T> {
    /// # Safety
    ///
    /// The elements of the shape are readable from `first`, and borrowed for as long.
    pub(crate) unsafe fn of(first: *const T, shape: Shape) -> View<'a, T> {
        View { first, shape: shape.settled(), borrowed: PhantomData }
    }

    /// Row after row.
    ///
    /// # Panics
    ///
    /// If there are not `rows` times `columns` numbers.
    pub fn by_rows(data: &'a [T], rows: usize, columns: usize) -> View<'a, T> {
        let shape = Shape::by_rows(rows, columns);
        shape.check_whole(data.len());
        // SAFETY: the elements of the shape are those of the slice.
        unsafe { View::of(data.as_ptr(), shape) }
    }

    /// Column after column.
    ///
    /// # Panics
    ///
    /// If there are not `rows` times `columns` numbers.
    pub fn by_columns(data: &'a [T], rows: usize, columns: usize) -> View<'a, T> {
        let shape = Shape::by_columns(rows, columns);
        shape.check_whole(data.len());
        // SAFETY: the elements of the shape are those of the slice.
        unsafe { View::of(data.as_ptr(), shape) }
    }

    /// With strides from a row to the next and from a column to the next. Elements may share places.
    ///
    /// # Panics
    ///
    /// If an element lies beyond the numbers.
    pub fn strided(data: &'a [T], rows: usize, columns: usize, strides: [usize; 2]) -> View<'a, T> {
        let shape = Shape { rows, columns, row_stride: strides[0], column_stride: strides[1] };
        shape.check_inside(data.len());
        // SAFETY: the elements of the shape are some of the slice's.
        unsafe { View::of(data.as_ptr(), shape) }
    }

    /// Rows.
    pub fn rows(self) -> usize {
        self.shape.rows
    }

    /// Columns.
    pub fn columns(self) -> usize {
        self.shape.columns
    }

    /// One element.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn get(self, row: usize, column: usize) -> T {
        // SAFETY: there is such an element.
        unsafe { *self.first.add(self.shape.checked_place(row, column)) }
    }

    pub(crate) fn shape(self) -> Shape {
        self.shape
    }

    pub(crate) fn pointer(self) -> *const T {
        self.first
    }
}

impl<'a, T: Number> ViewMut<'a, T> {
    /// # Safety
    ///
    /// The elements of the shape are writable from `first`, each in a place of its own, and borrowed for as long.
    pub(crate) unsafe fn of(first: *mut T, shape: Shape) -> ViewMut<'a, T> {
        ViewMut { first, shape: shape.settled(), borrowed: PhantomData }
    }

    /// Row after row.
    ///
    /// # Panics
    ///
    /// If there are not `rows` times `columns` numbers.
    pub fn by_rows(data: &'a mut [T], rows: usize, columns: usize) -> ViewMut<'a, T> {
        let shape = Shape::by_rows(rows, columns);
        shape.check_whole(data.len());
        // SAFETY: the elements of the shape are those of the slice.
        unsafe { ViewMut::of(data.as_mut_ptr(), shape) }
    }

    /// Column after column.
    ///
    /// # Panics
    ///
    /// If there are not `rows` times `columns` numbers.
    pub fn by_columns(data: &'a mut [T], rows: usize, columns: usize) -> ViewMut<'a, T> {
        let shape = Shape::by_columns(rows, columns);
        shape.check_whole(data.len());
        // SAFETY: the elements of the shape are those of the slice.
        unsafe { ViewMut::of(data.as_mut_ptr(), shape) }
    }

    /// With strides from a row to the next and from a column to the next.
    ///
    /// # Panics
    ///
    /// If an element lies beyond the numbers, or two could share a place.
    pub fn strided(data: &'a mut [T], rows: usize, columns: usize, strides: [usize; 2]) -> ViewMut<'a, T> {
        let shape = Shape { rows, columns, row_stride: strides[0], column_stride: strides[1] };
        shape.check_inside(data.len());
        shape.check_apart();
        // SAFETY: the elements of the shape are some of the slice's, each of its own.
        unsafe { ViewMut::of(data.as_mut_ptr(), shape) }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.shape.rows
    }

    /// Columns.
    pub fn columns(&self) -> usize {
        self.shape.columns
    }

    /// One element.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn get(&self, row: usize, column: usize) -> T {
        // SAFETY: there is such an element.
        unsafe { *self.first.add(self.shape.checked_place(row, column)) }
    }

    /// Writes one element.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn set(&mut self, row: usize, column: usize, value: T) {
        // SAFETY: there is such an element.
        unsafe { *self.first.add(self.shape.checked_place(row, column)) = value };
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn pointer(&mut self) -> *mut T {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_that_nest_are_taken() {
        let mut numbers = [0.0_f32; 24];
        for (rows, columns, strides) in
            [(2, 3, [3, 1]), (2, 3, [1, 2]), (3, 2, [8, 3]), (1, 5, [0, 4]), (5, 1, [2, 0]), (0, 9, [0, 0])]
        {
            let view = ViewMut::strided(&mut numbers, rows, columns, strides);
            assert_eq!((view.rows(), view.columns()), (rows, columns));
        }
        // what is only read may share places: one row for all
        assert_eq!(View::strided(&numbers, 9, 4, [0, 1]).get(8, 3), 0.0);
    }

    #[test]
    fn strides_that_lead_to_no_element_are_those_of_a_matrix_by_rows() {
        let most = usize::MAX;
        for (rows, columns, strides, settled) in [
            (1, 4, [most, 1], [4, 1]),
            (4, 1, [1, most], [1, 1]),
            (1, most, [most, 0], [most, 0]),
            (5, 0, [most, most], [0, 1]),
            (0, 5, [most, most], [5, 1]),
            (2, 2, [0, 3], [0, 3]),
        ] {
            let shape = View::strided(&[0.0_f32; 4], rows, columns, strides).shape();
            assert_eq!((shape.rows, shape.columns), (rows, columns));
            assert_eq!([shape.row_stride, shape.column_stride], settled, "{rows} x {columns}, {strides:?}");
        }
    }

    #[test]
    #[should_panic(expected = "11 numbers for a matrix of 3 rows of 4 columns")]
    fn a_length_that_does_not_fit_is_refused() {
        View::by_rows(&[0.0_f32; 11], 3, 4);
    }

    #[test]
    #[should_panic(expected = "3 rows, 5 apart, of 4 columns, 1 apart, need 14 numbers; there are 13")]
    fn a_view_beyond_its_numbers_is_refused() {
        View::strided(&[0.0_f64; 13], 3, 4, [5, 1]);
    }

    #[test]
    #[should_panic(expected = "do not fit the address space")]
    fn a_view_beyond_the_address_space_is_refused() {
        View::strided(&[0.0_f64; 13], usize::MAX, 4, [usize::MAX, 1]);
    }

    #[test]
    #[should_panic(expected = "3 rows, 3 apart, and 4 columns, 1 apart, overlap")]
    fn rows_to_write_that_overlap_are_refused() {
        ViewMut::strided(&mut [0.0_f32; 20], 3, 4, [3, 1]);
    }
}
