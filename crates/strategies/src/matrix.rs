//! Square matrices in `f64`, given by rows, with the same bits everywhere: inverses, and roots of positive ones.

use numerics::Isa;

use crate::eigen::{add, dot, identity};

/// The inverse, by elimination with the largest pivot of each column. None if there is none, or a number is not finite.
pub(crate) fn inverse(isa: Isa, matrix: &[f64], dims: usize) -> Option<Vec<f64>> {
    let mut rows = matrix.to_vec();
    let mut inverse = identity(dims);
    for column in 0..dims {
        let size = |row: &usize| rows[row * dims + column].abs();
        let pivot = (column..dims).reduce(|best, row| if size(&row) > size(&best) { row } else { best })?;
        let largest = size(&pivot);
        if !(largest > 0.0 && largest.is_finite()) {
            return None;
        }
        for part in [&mut rows, &mut inverse] {
            if pivot != column {
                let (above, below) = part.split_at_mut(pivot * dims);
                above[column * dims..][..dims].swap_with_slice(&mut below[..dims]);
            }
        }
        let scale = 1.0 / rows[column * dims + column];
        for part in [&mut rows, &mut inverse] {
            part[column * dims..][..dims].iter_mut().for_each(|entry| *entry *= scale);
        }
        let own = [rows[column * dims..][..dims].to_vec(), inverse[column * dims..][..dims].to_vec()];
        for row in (0..dims).filter(|&row| row != column) {
            let factor = -rows[row * dims + column];
            if factor != 0.0 {
                add(isa, factor, &own[0], &mut rows[row * dims..][..dims]);
                add(isa, factor, &own[1], &mut inverse[row * dims..][..dims]);
            }
        }
    }
    inverse.iter().all(|entry| entry.is_finite()).then_some(inverse)
}

/// The lower triangle `L` with `L L' = A`, by rows. None where `A` is not positive definite.
pub(crate) fn cholesky(isa: Isa, matrix: &[f64], dims: usize) -> Option<Vec<f64>> {
    let mut lower = vec![0.0; dims * dims];
    for row in 0..dims {
        for column in 0..=row {
            let (done, own) = lower.split_at(row * dims);
            let other = if column == row { own } else { &done[column * dims..] };
            let known = dot(isa, &own[..column], &other[..column]);
            let rest = matrix[row * dims + column] - known;
            lower[row * dims + column] = if column < row {
                rest / lower[column * dims + column]
            } else if rest > 0.0 && rest.is_finite() {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(lower)
}

/// `A x`
pub(crate) fn times(isa: Isa, matrix: &[f64], x: &[f64]) -> Vec<f64> {
    matrix.chunks(x.len()).map(|row| dot(isa, row, x)).collect()
}

/// `A B`
pub(crate) fn product(isa: Isa, a: &[f64], b: &[f64], dims: usize) -> Vec<f64> {
    let mut out = vec![0.0; dims * dims];
    for (out, row) in out.chunks_mut(dims).zip(a.chunks(dims)) {
        for (&entry, other) in row.iter().zip(b.chunks(dims)) {
            add(isa, entry, other, out);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use numerics::random::Stream;

    use super::*;

    fn random(dims: usize, seed: u64) -> Vec<f64> {
        let stream = Stream::new(seed, "matrices");
        (0..dims * dims).map(|index| stream.normal(index as u64).into()).collect()
    }

    fn apart(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    fn largest(matrix: &[f64]) -> f64 {
        matrix.iter().fold(0.0, |largest, entry| entry.abs().max(largest))
    }

    #[test]
    fn a_matrix_times_its_inverse_is_the_unit() {
        let isa = Isa::detected();
        for dims in [1, 2, 3, 8, 17, 40] {
            for seed in 0..5 {
                let matrix = random(dims, seed);
                let found = inverse(isa, &matrix, dims).expect("random matrices have one");
                let unit = product(isa, &matrix, &found, dims);
                // Elimination errs by the condition times D^2 units of roundoff.
                let condition = largest(&matrix) * largest(&found);
                let bound = condition * (dims * dims * dims) as f64 * 8.0 * f64::EPSILON;
                assert!(apart(&unit, &identity(dims)) < bound, "{dims}, {seed}");
            }
        }
        assert!(inverse(isa, &[1.0, 2.0, 2.0, 4.0], 2).is_none());
        assert!(inverse(isa, &[f64::NAN], 1).is_none());
        assert_eq!(inverse(isa, &[0.0, 2.0, 4.0, 0.0], 2), Some(vec![0.0, 0.25, 0.5, 0.0]));
    }

    #[test]
    fn a_root_times_itself_turned_is_the_matrix() {
        let isa = Isa::detected();
        for dims in [1, 2, 3, 8, 17, 40] {
            let factor = random(dims, 9);
            let transposed: Vec<f64> =
                (0..dims * dims).map(|at| factor[at % dims * dims + at / dims]).collect();
            let matrix: Vec<f64> = product(isa, &factor, &transposed, dims)
                .iter()
                .zip(identity(dims))
                .map(|(entry, unit)| entry + unit)
                .collect();
            let lower = cholesky(isa, &matrix, dims).expect("it is positive");
            let turned: Vec<f64> = (0..dims * dims).map(|at| lower[at % dims * dims + at / dims]).collect();
            let again = product(isa, &lower, &turned, dims);
            let bound = largest(&matrix) * (dims * dims) as f64 * 4.0 * f64::EPSILON;
            assert!(apart(&again, &matrix) < bound, "{dims}");
        }
        assert!(cholesky(isa, &[1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(cholesky(isa, &[0.0], 1).is_none());
        assert_eq!(times(isa, &[1.0, 2.0, 3.0, 4.0], &[1.0, 10.0]), [21.0, 43.0]);
    }
}
