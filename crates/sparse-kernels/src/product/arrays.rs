//! Views of arrays of the `ndarray` package (feature `ndarray`), without a copy.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use super::view::Shape;
use super::{Number, View, ViewMut};

/// # Panics
///
/// If the axis runs backwards.
fn stride(axis: usize, stride: isize, len: usize) -> usize {
    // of an axis that is not moved along, the stride does not matter
    if len <= 1 {
        return 1;
    }
    usize::try_from(stride).unwrap_or_else(|_| panic!("axis {axis} runs backwards, in steps of {stride}"))
}

fn shape(rows: usize, columns: usize, strides: &[isize]) -> Shape {
    Shape {
        rows,
        columns,
        row_stride: stride(0, strides[0], rows),
        column_stride: stride(1, strides[1], columns),
    }
}

/// # Panics
///
/// If an axis runs backwards.
impl<'a, T: Number> From<ArrayView2<'a, T>> for View<'a, T> {
    fn from(array: ArrayView2<'a, T>) -> View<'a, T> {
        let (rows, columns) = array.dim();
        // SAFETY: the elements of the array, which is borrowed for as long.
        unsafe { View::of(array.as_ptr(), shape(rows, columns, array.strides())) }
    }
}

/// A vector is a matrix of one column.
///
/// # Panics
///
/// If it runs backwards.
impl<'a, T: Number> From<ArrayView1<'a, T>> for View<'a, T> {
    fn from(array: ArrayView1<'a, T>) -> View<'a, T> {
        // SAFETY: as above.
        unsafe { View::of(array.as_ptr(), shape(array.len(), 1, &[array.strides()[0], 1])) }
    }
}

/// # Panics
///
/// If an axis runs backwards.
impl<'a, T: Number> From<ArrayViewMut2<'a, T>> for ViewMut<'a, T> {
    fn from(mut array: ArrayViewMut2<'a, T>) -> ViewMut<'a, T> {
        let (rows, columns) = array.dim();
        let shape = shape(rows, columns, array.strides());
        // SAFETY: the elements of the array, borrowed for as long; those of an array that is written are apart.
        unsafe { ViewMut::of(array.as_mut_ptr(), shape) }
    }
}

/// A vector is a matrix of one column.
///
/// # Panics
///
/// If it runs backwards.
impl<'a, T: Number> From<ArrayViewMut1<'a, T>> for ViewMut<'a, T> {
    fn from(mut array: ArrayViewMut1<'a, T>) -> ViewMut<'a, T> {
        let shape = shape(array.len(), 1, &[array.strides()[0], 1]);
        // SAFETY: as above.
        unsafe { ViewMut::of(array.as_mut_ptr(), shape) }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, Axis, s};
    use numerics::Isa;

    use super::*;
    use crate::product::ProductPlan;
    use crate::{Pattern, Threads};

    #[test]
    fn views_of_arrays_have_their_elements() {
        let array = Array2::from_shape_fn((4, 6), |(row, column)| (10 * row + column) as f32);
        let transposed = array.t();
        let some = array.slice(s![1..4;2, ..;3]);
        for (view, array) in
            [(View::from(array.view()), array.view()), (transposed.into(), transposed), (some.into(), some)]
        {
            assert_eq!((view.rows(), view.columns()), array.dim());
            for ((row, column), &number) in array.indexed_iter() {
                assert_eq!(view.get(row, column), number);
            }
        }
        let mut vector = Array1::from(vec![1.0_f64, 2.0, 3.0]);
        assert_eq!(View::from(vector.view()).get(2, 0), 3.0);
        ViewMut::from(vector.view_mut()).set(1, 0, 7.0);
        assert_eq!(vector[1], 7.0);
        let mut changed = array.clone();
        let (_, right) = changed.view_mut().split_at(Axis(1), 2);
        ViewMut::from(right).set(3, 0, -1.0);
        assert_eq!(changed[(3, 2)], -1.0);
    }

    /// One half of an array is read and the other written, as an interpreter of memory can see.
    #[test]
    fn products_read_and_write_the_elements_of_arrays() {
        let pattern = Pattern::from_triplets(4, 4, &[(0, 1), (1, 0), (1, 3), (3, 2)]).expect("a pattern");
        let values = [2.0_f64, 3.0, 4.0, 5.0];
        let mut array = Array2::from_shape_fn((4, 6), |(row, column)| (10 * row + column) as f64);
        let (left, right) = array.view_mut().split_at(Axis(1), 3);
        let (x, y) = (View::from(left.view()), ViewMut::from(right));
        let plan = ProductPlan::new(Isa::detected(), &pattern);
        let mut scratch = vec![0.0; plan.scratch_len(Threads::Sequential, x, &y)];
        plan.multiply_into(Threads::Sequential, &values, x, y, &mut scratch);
        for column in 0..3 {
            let x = |row: usize| (10 * row + column) as f64;
            let expected = [2.0 * x(1), 3.0 * x(0) + 4.0 * x(3), 0.0, 5.0 * x(2)];
            assert_eq!(array.column(3 + column).to_vec(), expected);
        }

        // of a column of an array by rows, and of an array by columns
        let mut samples = [0.0; 4];
        let (y, x) = (View::from(array.column(0)), View::from(array.column(1)));
        plan.sample_into(Threads::Sequential, y, x, &mut samples, &mut []);
        assert_eq!(samples, [0.0, 10.0, 310.0, 630.0]);
        let by_columns = array.t();
        let x = View::from(by_columns.slice(s![..4, ..]));
        let mut scratch = vec![0.0; plan.sample_scratch_len(x, x)];
        plan.sample_into(Threads::Sequential, x, x, &mut samples, &mut scratch);
        assert_eq!(samples[0], array.column(0).dot(&array.column(1)));
    }

    #[test]
    #[should_panic(expected = "axis 0 runs backwards, in steps of -6")]
    fn an_axis_that_runs_backwards_is_refused() {
        let array = Array2::<f32>::zeros((4, 6));
        let _ = View::from(array.slice(s![..;-1, ..]));
    }
}
