//! Patterns from matrices of the `sprs` package, and back (feature `sprs`).

use std::ops::Deref;

use sprs::{CsMat, CsMatBase, SpIndex};

use super::{Pattern, PatternError};

impl Pattern {
    /// The pattern of a matrix, stored by rows or by columns, and its values in row order.
    ///
    /// An entry that is stored is an entry, whatever its value.
    ///
    /// ```
    /// use sparse_kernels::Pattern;
    /// use sprs::CsMat;
    ///
    /// // [ . 2 ]
    /// // [ 3 4 ]
    /// let matrix = CsMat::new_csc((2, 2), vec![0, 1, 3], vec![1, 0, 1], vec![3.0, 2.0, 4.0]);
    /// let (pattern, values) = Pattern::from_sprs(&matrix)?;
    /// assert_eq!(values, [2.0, 3.0, 4.0]);
    /// assert_eq!(pattern.to_sprs(&values), matrix.to_csr());
    /// # Ok::<(), sparse_kernels::PatternError>(())
    /// ```
    pub fn from_sprs<N, I, Iptr, S, T, V>(
        matrix: &CsMatBase<N, I, S, T, V, Iptr>,
    ) -> Result<(Pattern, Vec<N>), PatternError>
    where
        N: Clone,
        I: SpIndex,
        Iptr: SpIndex,
        S: Deref<Target = [Iptr]>,
        T: Deref<Target = [I]>,
        V: Deref<Target = [N]>,
    {
        let pattern = Pattern::try_from(matrix)?;
        let mut values = matrix.data().to_vec();
        if matrix.is_csc() {
            // Entry `k` by columns is entry `order[k]` by rows.
            let (_, order) = pattern.try_transpose()?;
            for (value, &entry) in matrix.data().iter().zip(&order) {
                values[entry as usize] = value.clone();
            }
        }
        Ok((pattern, values))
    }

    /// The matrix, stored by rows, with a copy of these values.
    ///
    /// # Panics
    ///
    /// If there is not one value an entry.
    pub fn to_sprs<N: Clone>(&self, values: &[N]) -> CsMat<N> {
        assert_eq!(values.len(), self.nnz(), "one value an entry");
        self.with_values(values.to_vec())
    }

    /// The matrix, stored by rows, with these values, of which none is copied. Indices are: they are wider there.
    ///
    /// ```
    /// use sparse_kernels::Pattern;
    ///
    /// let pattern = Pattern::from_triplets(2, 2, &[(0, 1), (1, 0)])?;
    /// let values = vec!["a".to_owned(), "b".to_owned()];
    /// let first = values[0].as_ptr();
    /// let matrix = pattern.into_sprs(values);
    /// assert_eq!(matrix.data()[0].as_ptr(), first);
    /// # Ok::<(), sparse_kernels::PatternError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is not one value an entry.
    pub fn into_sprs<N>(self, values: Vec<N>) -> CsMat<N> {
        assert_eq!(values.len(), self.nnz(), "one value an entry");
        self.with_values(values)
    }

    fn with_values<N>(&self, values: Vec<N>) -> CsMat<N> {
        let widened = |numbers: &[u32]| numbers.iter().map(|&number| number as usize).collect::<Vec<_>>();
        CsMat::new((self.rows(), self.columns()), widened(self.starts()), widened(self.indices()), values)
    }
}

/// Checks a matrix, or a view of one, again: its package has constructors that do not.
impl<N, I, Iptr, S, T, V> TryFrom<&CsMatBase<N, I, S, T, V, Iptr>> for Pattern
where
    I: SpIndex,
    Iptr: SpIndex,
    S: Deref<Target = [Iptr]>,
    T: Deref<Target = [I]>,
    V: Deref<Target = [N]>,
{
    type Error = PatternError;

    fn try_from(matrix: &CsMatBase<N, I, S, T, V, Iptr>) -> Result<Pattern, PatternError> {
        let starts = numbers(&matrix.proper_indptr());
        let indices = numbers(matrix.indices());
        if matrix.is_csr() {
            Pattern::from_csr(matrix.rows(), matrix.cols(), &starts, &indices)
        } else {
            Pattern::from_csc(matrix.rows(), matrix.cols(), &starts, &indices)
        }
    }
}

/// What is no `usize` is out of every range, and stays so.
fn numbers<I: SpIndex>(indices: &[I]) -> Vec<usize> {
    indices.iter().map(|index| index.try_index().unwrap_or(usize::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use sprs::{CsMatI, TriMat};

    use super::*;
    use crate::tests::draw::Draw;

    #[test]
    fn matrices_of_either_storage_come_and_go_unchanged() {
        for seed in 0..300 {
            let mut draw = Draw::new(seed);
            let (rows, columns, density) = (draw.size(), draw.size(), draw.density());
            let pattern = draw.pattern(rows, columns, density);
            let values = draw.values(pattern.nnz());
            let mut triplets = TriMat::new((rows, columns));
            for row in 0..rows {
                for entry in pattern.row_range(row) {
                    triplets.add_triplet(row, pattern.indices()[entry] as usize, values[entry]);
                }
            }
            let by_rows: CsMat<f32> = triplets.to_csr();
            let by_columns: CsMat<f32> = triplets.to_csc();
            for matrix in [&by_rows, &by_columns] {
                let (found, in_row_order) = Pattern::from_sprs(matrix).unwrap();
                assert_eq!((found, in_row_order), (pattern.clone(), values.clone()), "seed {seed}");
            }
            assert_eq!(pattern.to_sprs(&values), by_rows, "seed {seed}");
            let place = values.as_ptr();
            let matrix = pattern.into_sprs(values);
            assert_eq!((&matrix, matrix.data().as_ptr()), (&by_rows, place), "seed {seed}");
        }
    }

    #[test]
    fn a_view_of_some_rows_is_a_matrix() {
        let matrix = CsMat::new((3, 2), vec![0, 1, 2, 4], vec![1, 0, 0, 1], vec![1.0, 2.0, 3.0, 4.0]);
        let (pattern, values) = Pattern::from_sprs(&matrix.slice_outer(1..3)).unwrap();
        assert_eq!(pattern, Pattern::from_csr(2, 2, &[0, 1, 3], &[0, 0, 1]).unwrap());
        assert_eq!(values, [2.0, 3.0, 4.0]);
    }

    #[test]
    fn a_matrix_that_nobody_checked_is_checked() {
        let shape = (1, 2);
        // SAFETY: nothing is read through the matrix but its slices.
        let unsorted: CsMatI<f32, i32> = unsafe {
            CsMatI::new_unchecked(sprs::CompressedStorage::CSR, shape, vec![0, 2], vec![1, 0], vec![0.0; 2])
        };
        let error = Pattern::try_from(&unsorted).unwrap_err();
        assert!(matches!(error, PatternError::Unsorted { previous: 1, found: 0, .. }), "{error}");
        // SAFETY: as above.
        let negative: CsMatI<f32, i32> = unsafe {
            CsMatI::new_unchecked(sprs::CompressedStorage::CSC, shape, vec![0, 0, 1], vec![-1], vec![0.0])
        };
        assert!(matches!(Pattern::try_from(&negative), Err(PatternError::OutOfRange { limit: 1, .. })));
    }
}
