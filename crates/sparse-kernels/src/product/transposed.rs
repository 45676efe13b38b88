//! The transpose of a sparse matrix times a dense one.

use numerics::Isa;

use super::scatter::Scatter;
use super::view::Shape;
use super::{Number, ProductPlan, View, ViewMut};
use crate::{Pattern, Threads};

/// Entries of a row from which on the end of its loop is worth guessing.
const LONG_ROW: usize = 12;

/// `Y = Aᵀ X` and `Y = Y + Aᵀ X` for one pattern of `A`, whose values stay in the order of `A`.
///
/// A plan of the transposed pattern, and the order that brings values to it: each is read where it lies, or, where there
/// are several panels of columns, put in order first, in scratch. So rows of `Y` are shared out among threads, never
/// columns, and sums have their order: entries of a column of `A` from top to bottom. With one column, or as many as
/// a register holds, whose rows follow each other without gaps, one thread adds each entry to the row of `Y` that it
/// belongs to, in the same order.
///
/// ```
/// use numerics::Isa;
/// use sparse_kernels::product::{TransposedPlan, View, ViewMut};
/// use sparse_kernels::{Pattern, Threads};
///
/// // [ . 2 . ]
/// // [ 3 . 4 ]
/// let pattern = Pattern::from_csr(2, 3, &[0, 1, 3], &[1, 0, 2])?;
/// let plan = TransposedPlan::new(Isa::detected(), &pattern);
/// let (x, mut y) = ([1.0_f64, 10.0], [0.5; 3]);
/// let (x, view) = (View::by_rows(&x, 2, 1), ViewMut::by_rows(&mut y, 3, 1));
/// let mut scratch = vec![0.0; plan.scratch_len(Threads::Sequential, x, &view)];
/// plan.multiply_acc(Threads::Sequential, &[2.0, 3.0, 4.0], x, view, &mut scratch);
/// assert_eq!(y, [30.5, 2.5, 40.5]);
/// # Ok::<(), sparse_kernels::PatternError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TransposedPlan {
    transposed: ProductPlan,
    pattern: Pattern,
    /// Entry `k` of the transpose is entry `order[k]`.
    order: Box<[u32]>,
    /// Row of each entry, where rows are short; else nothing.
    rows: Box<[u32]>,
}

impl TransposedPlan {
    /// Plans for the transpose of a pattern: what [`ProductPlan::new`] takes, and the transpose.
    ///
    /// # Panics
    ///
    /// As [`Pattern::transpose`].
    pub fn new(isa: Isa, pattern: &Pattern) -> TransposedPlan {
        let (transposed, order) = pattern.transpose();
        let transposed = ProductPlan::new(isa, &transposed);
        TransposedPlan {
            transposed,
            pattern: pattern.clone(),
            order: order.into(),
            rows: rows_of_entries(pattern),
        }
    }

    /// The plan of the transpose, for values that are in its order already: what it holds for products with a vector serves
    /// these alone.
    pub fn transposed(&self) -> &ProductPlan {
        &self.transposed
    }

    /// For each entry of the transpose, which entry of the pattern it is.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// Bytes that the plan holds.
    pub fn size(&self) -> usize {
        let pattern = size_of_val(self.pattern.starts()) + size_of_val(self.pattern.indices());
        self.transposed.size() + pattern + size_of_val(&*self.order) + size_of_val(&*self.rows)
    }

    /// Numbers of scratch that a product of these matrices needs; what they hold does not matter.
    ///
    /// # Panics
    ///
    /// If so many numbers do not fit the address space.
    pub fn scratch_len<T: Number>(&self, threads: Threads<'_>, x: View<'_, T>, y: &ViewMut<'_, T>) -> usize {
        self.transposed.scratch::<T>(threads, x.shape(), y.shape(), true)
    }

    /// `Y = Aᵀ X`, whatever `Y` was.
    ///
    /// # Panics
    ///
    /// If there is not one value an entry, `x` has not a row for each row or `y` not one for each column of the pattern,
    /// their columns differ, or the scratch is shorter than [`scratch_len`](Self::scratch_len).
    pub fn multiply_into<T: Number>(
        &self,
        threads: Threads<'_>,
        values: &[T],
        x: View<'_, T>,
        y: ViewMut<'_, T>,
        scratch: &mut [T],
    ) {
        self.run(threads, values, x, y, scratch, false);
    }

    /// `Y = Y + Aᵀ X`: each sum begins with what is there.
    ///
    /// # Panics
    ///
    /// As [`multiply_into`](Self::multiply_into).
    pub fn multiply_acc<T: Number>(
        &self,
        threads: Threads<'_>,
        values: &[T],
        x: View<'_, T>,
        y: ViewMut<'_, T>,
        scratch: &mut [T],
    ) {
        self.run(threads, values, x, y, scratch, true);
    }

    fn run<T: Number>(
        &self,
        threads: Threads<'_>,
        values: &[T],
        x: View<'_, T>,
        y: ViewMut<'_, T>,
        scratch: &mut [T],
        add: bool,
    ) {
        let columns = x.columns();
        let one_register = columns == 1 || columns == self.transposed.lanes::<T>(columns);
        let without_gaps =
            |shape: Shape| shape.row_stride == columns && (columns == 1 || shape.column_stride == 1);
        let side_by_side = without_gaps(x.shape()) && without_gaps(y.shape());
        // a sum is one thread's, so several threads take columns of the pattern, which is the transpose's part
        if threads.count() > 1 || !one_register || !side_by_side {
            return self.transposed.run(threads, (values, Some(&self.order)), x, y, scratch, add);
        }
        self.transposed.check(threads, values.len(), x, &y, scratch.len(), true);
        if columns == 1 {
            self.scatter::<T, true>(values, x, y, add);
        } else {
            self.scatter::<T, false>(values, x, y, add);
        }
    }

    fn scatter<T: Number, const ONE: bool>(
        &self,
        values: &[T],
        x: View<'_, T>,
        mut y: ViewMut<'_, T>,
        add: bool,
    ) {
        self.transposed.isa::<T>(x.columns()).run(Scatter::<T, ONE> {
            pattern: &self.pattern,
            rows: &self.rows,
            values,
            input: x.pointer(),
            output: y.pointer(),
            add,
        });
    }
}

/// Row of each entry, where rows are short.
fn rows_of_entries(pattern: &Pattern) -> Box<[u32]> {
    if pattern.nnz() >= pattern.rows() * LONG_ROW {
        return Box::default();
    }
    (0..pattern.rows()).flat_map(|row| std::iter::repeat_n(row as u32, pattern.row(row).len())).collect()
}
