//! Products of matrices of the `sprs` package (feature `sprs`).

use std::borrow::Cow;
use std::ops::Deref;

use numerics::Isa;
use sprs::{CsMatBase, SpIndex};

use super::{Number, ProductPlan, View, ViewMut};
use crate::{Pattern, PatternError, Threads};

/// What `&CsMat * &dense` is in `sprs`, by these kernels: for one product, or with a plan for many.
///
/// What stands for what is on a page of its own: [`from_sprs`](super::from_sprs).
///
/// ```
/// use numerics::Isa;
/// use sparse_kernels::Threads;
/// use sparse_kernels::product::{SparseProduct, View, ViewMut};
/// use sprs::CsMat;
///
/// // [ . 2 ]
/// // [ 3 4 ]
/// let matrix = CsMat::new((2, 2), vec![0, 1, 3], vec![1, 0, 1], vec![2.0_f32, 3.0, 4.0]);
/// let x = [1.0, 10.0, 2.0, 20.0];
/// let x = View::by_rows(&x, 2, 2);
///
/// // once
/// assert_eq!(matrix.times(Threads::Sequential, x)?, [4.0, 40.0, 11.0, 110.0]);
///
/// // often: plan and scratch are made before, the values are those of the matrix
/// let (plan, values) = matrix.plan(Isa::detected())?;
/// let mut y = [0.0; 4];
/// let mut scratch =
///     vec![0.0; plan.scratch_len(Threads::Sequential, x, &ViewMut::by_rows(&mut y, 2, 2))];
/// for _ in 0..3 {
///     plan.multiply_acc(Threads::Sequential, &values, x, ViewMut::by_rows(&mut y, 2, 2), &mut scratch);
/// }
/// assert_eq!(y, [12.0, 120.0, 33.0, 330.0]);
/// # Ok::<(), sparse_kernels::PatternError>(())
/// ```
pub trait SparseProduct<T: Number> {
    /// A plan for this matrix, and its values in the plan's order: where it is stored by rows the matrix's own, else a copy.
    ///
    /// # Errors
    ///
    /// If it was made unchecked and is malformed, or is too large for indices of 32 bits.
    fn plan(&self, isa: Isa) -> Result<(ProductPlan, Cow<'_, [T]>), PatternError>;

    /// The product with a dense matrix, row after row. Plans for this once, which takes longer than the product unless there are
    /// many columns ([`ProductPlan::new`]).
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    ///
    /// # Panics
    ///
    /// If `x` has not a row for each column.
    fn times(&self, threads: Threads<'_>, x: View<'_, T>) -> Result<Vec<T>, PatternError> {
        let (plan, values) = self.plan(Isa::detected())?;
        let (rows, columns) = (plan.pattern().rows(), x.columns());
        let mut y = vec![T::ZERO; rows * columns];
        once(&plan, threads, &values, x, ViewMut::by_rows(&mut y, rows, columns));
        Ok(y)
    }

    /// The same, written to a place of the caller's, in any layout: to an array of `ndarray`, say.
    ///
    /// ```
    /// # #[cfg(feature = "ndarray")] {
    /// use ndarray::{Array2, array};
    /// use sparse_kernels::Threads;
    /// use sparse_kernels::product::SparseProduct;
    /// use sprs::CsMat;
    ///
    /// let matrix = CsMat::new((2, 2), vec![0, 1, 3], vec![1, 0, 1], vec![2.0, 3.0, 4.0]);
    /// let x = array![[1.0, 10.0], [2.0, 20.0]];
    /// let mut y = Array2::zeros((2, 2));
    /// matrix.times_into(Threads::Sequential, x.view().into(), y.view_mut().into())?;
    /// assert_eq!(y, &matrix * &x);
    /// # }
    /// # Ok::<(), sparse_kernels::PatternError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan); then nothing is written.
    ///
    /// # Panics
    ///
    /// If `x` has not a row for each column or `y` not one for each row, or their columns differ.
    fn times_into(
        &self,
        threads: Threads<'_>,
        x: View<'_, T>,
        y: ViewMut<'_, T>,
    ) -> Result<(), PatternError> {
        let (plan, values) = self.plan(Isa::detected())?;
        once(&plan, threads, &values, x, y);
        Ok(())
    }
}

/// One product, with scratch of its own.
fn once<T: Number>(
    plan: &ProductPlan,
    threads: Threads<'_>,
    values: &[T],
    x: View<'_, T>,
    y: ViewMut<'_, T>,
) {
    let mut scratch = vec![T::ZERO; plan.scratch_len(threads, x, &y)];
    plan.multiply_into(threads, values, x, y, &mut scratch);
}

impl<T, I, Iptr, Starts, Indices, Data> SparseProduct<T> for CsMatBase<T, I, Starts, Indices, Data, Iptr>
where
    T: Number,
    I: SpIndex,
    Iptr: SpIndex,
    Starts: Deref<Target = [Iptr]>,
    Indices: Deref<Target = [I]>,
    Data: Deref<Target = [T]>,
{
    fn plan(&self, isa: Isa) -> Result<(ProductPlan, Cow<'_, [T]>), PatternError> {
        if self.is_csr() {
            return Ok((ProductPlan::new(isa, &Pattern::try_from(self)?), Cow::Borrowed(self.data())));
        }
        let (pattern, values) = Pattern::from_sprs(self)?;
        Ok((ProductPlan::new(isa, &pattern), Cow::Owned(values)))
    }
}

#[cfg(test)]
mod tests {
    use sprs::{CsMat, TriMat};

    use super::*;
    use crate::naive;
    use crate::tests::draw::Draw;

    #[test]
    fn matrices_of_either_storage_have_the_product_of_their_pattern() {
        for seed in 0..100 {
            let mut draw = Draw::new(seed);
            let (rows, middle, density, columns) = (draw.size(), draw.size(), draw.density(), draw.below(12));
            let pattern = draw.pattern(rows, middle, density);
            let (values, x) = (draw.values(pattern.nnz()), draw.values(middle * columns));
            let x = View::by_rows(&x, middle, columns);
            let mut expected = vec![0.0; rows * columns];
            let view = &mut ViewMut::by_rows(&mut expected, rows, columns);
            naive::product(&pattern, &values, x, view, false);
            let mut triplets = TriMat::new((rows, middle));
            for row in 0..rows {
                for entry in pattern.row_range(row) {
                    triplets.add_triplet(row, pattern.indices()[entry] as usize, values[entry]);
                }
            }
            let (by_rows, by_columns): (CsMat<f32>, CsMat<f32>) = (triplets.to_csr(), triplets.to_csc());
            assert!(matches!(by_rows.plan(Isa::detected()), Ok((_, Cow::Borrowed(_)))));
            for matrix in [by_rows, by_columns] {
                assert_eq!(matrix.times(Threads::Sequential, x).unwrap(), expected, "seed {seed}");
                // by columns, so that the layout is the caller's
                let mut found = vec![f32::NAN; rows * columns];
                let view = ViewMut::by_columns(&mut found, rows, columns);
                matrix.times_into(Threads::Sequential, x, view).unwrap();
                let view = View::by_columns(&found, rows, columns);
                let by_rows = (0..rows).flat_map(|row| (0..columns).map(move |column| view.get(row, column)));
                assert!(by_rows.eq(expected.iter().copied()), "seed {seed}");
            }
        }
    }
}
