//! Eigenvalues and eigenvectors of a symmetric matrix, in `f64`, with the same bits everywhere.
//!
//! First reflections make the matrix tridiagonal, `A = Q T Q'`, a column at a time (Householder 1958):
//!
//! ```text
//! A = H A H,   H = I - 2 v v',   computed as A - 2 (v w' + w v') with w = A v - (v' A v) v
//! ```
//!
//! then plane rotations with implicit shifts make `T` diagonal (QL; Dubrulle, Martin and Wilkinson 1968). Eigenvectors
//! are kept as rows, so that every inner loop runs along memory. About `6 D^3` multiply-adds. Errors are a small multiple
//! of the unit roundoff times the largest eigenvalue; the tests hold it to `10 D`.

use numerics::{Isa, LANES};

use crate::execution::kernel;
use crate::lanes::in_halves;
use crate::real::Real;

/// Eigenvalues, ascending, and their eigenvectors as rows.
#[derive(Clone, Debug)]
pub(crate) struct Eigen {
    pub(crate) values: Vec<f64>,
    pub(crate) vectors: Vec<f64>,
}

/// Decomposes a symmetric matrix, given by rows. None if a number is not finite.
pub(crate) fn decompose(isa: Isa, matrix: &[f64], dims: usize) -> Option<Eigen> {
    let largest = matrix.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    if !matrix.iter().all(|value| value.is_finite()) {
        return None;
    }
    // A power of two, so that nothing is rounded and no square overflows.
    let scale = if largest > 0.0 { f64::from_bits(largest.to_bits() & 0x7ff0_0000_0000_0000) } else { 1.0 };
    let scale = if scale > 0.0 { scale } else { f64::MIN_POSITIVE };
    let mut work: Vec<f64> = matrix.iter().map(|value| value / scale).collect();
    let mut vectors = identity(dims);
    let (mut diagonal, mut beside) = tridiagonal(isa, &mut work, &mut vectors, dims);
    diagonalise(isa, &mut diagonal, &mut beside, &mut vectors, dims)?;

    let mut order: Vec<usize> = (0..dims).collect();
    order.sort_by(|&a, &b| diagonal[a].total_cmp(&diagonal[b]));
    let values = order.iter().map(|&index| diagonal[index] * scale).collect();
    let vectors = order.iter().flat_map(|&index| vectors[index * dims..][..dims].iter().copied()).collect();
    Some(Eigen { values, vectors })
}

/// The unit matrix.
pub(crate) fn identity(dims: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; dims * dims];
    matrix.iter_mut().step_by(dims + 1).for_each(|entry| *entry = 1.0);
    matrix
}

/// Reflects until only the diagonal and its neighbours are left; `vectors` becomes the product of the reflections.
fn tridiagonal(isa: Isa, matrix: &mut [f64], vectors: &mut [f64], dims: usize) -> (Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; dims];
    let mut product = vec![0.0; dims];
    for column in 0..dims.saturating_sub(2) {
        let rest = column + 1..dims;
        let mut v: Vec<f64> = matrix[column * dims..][rest.clone()].to_vec();
        let length = dot(isa, &v, &v).sqrt();
        beside[column] = if v[0] > 0.0 { -length } else { length };
        v[0] -= beside[column];
        let squared = dot(isa, &v, &v);
        if squared <= f64::MIN_POSITIVE {
            // Nothing to reflect: the column has its form already.
            beside[column] = matrix[column * dims + column + 1];
            continue;
        }
        let inverse = 1.0 / squared.sqrt();
        v.iter_mut().for_each(|entry| *entry *= inverse);

        let mut w: Vec<f64> =
            rest.clone().map(|row| dot(isa, &matrix[row * dims..][rest.clone()], &v)).collect();
        let along = dot(isa, &w, &v);
        add(isa, -along, &v, &mut w);
        for (index, row) in rest.clone().enumerate() {
            let row = &mut matrix[row * dims..][rest.clone()];
            add(isa, -2.0 * v[index], &w, row);
            add(isa, -2.0 * w[index], &v, row);
        }

        product.fill(0.0);
        for (row, &weight) in rest.clone().zip(&v) {
            add(isa, weight, &vectors[row * dims..][..dims], &mut product);
        }
        for (row, &weight) in rest.zip(&v) {
            add(isa, -2.0 * weight, &product, &mut vectors[row * dims..][..dims]);
        }
    }
    if dims >= 2 {
        beside[dims - 2] = matrix[(dims - 2) * dims + dims - 1];
    }
    (matrix.iter().copied().step_by(dims + 1).collect(), beside)
}

/// Rotates until the matrix is diagonal. None if it does not converge, which no finite matrix is known to do.
fn diagonalise(
    isa: Isa,
    diagonal: &mut [f64],
    beside: &mut [f64],
    vectors: &mut [f64],
    dims: usize,
) -> Option<()> {
    const MOST_SWEEPS: usize = 100;
    let norm = diagonal.iter().chain(&*beside).fold(0.0f64, |norm, value| norm.max(value.abs()));
    // Far below what rounding has done to the matrix already, and far from where squares underflow.
    let nothing = f64::EPSILON * f64::EPSILON * norm;
    for first in 0..dims {
        for sweep in 0.. {
            let negligible = |index: usize| {
                let near = diagonal[index].abs() + diagonal[index + 1].abs();
                beside[index].abs() <= (f64::EPSILON * near).max(nothing)
            };
            let last = (first..dims - 1).find(|&index| negligible(index)).unwrap_or(dims - 1);
            if last == first {
                break;
            }
            if sweep == MOST_SWEEPS {
                return None;
            }
            rotate_up(isa, (first, last), diagonal, beside, vectors, dims);
        }
    }
    Some(())
}

/// One QL step on the block `first..=last`: a shift near an eigenvalue, and rotations that chase it upward.
fn rotate_up(
    isa: Isa,
    (first, last): (usize, usize),
    diagonal: &mut [f64],
    beside: &mut [f64],
    vectors: &mut [f64],
    dims: usize,
) {
    let slope = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
    let root = slope.mul_add(slope, 1.0).sqrt();
    let shift = beside[first] / (slope + root.copysign(slope));
    let mut chased = diagonal[last] - diagonal[first] + shift;
    let (mut sine, mut cosine, mut moved) = (1.0, 1.0, 0.0);
    for index in (first..last).rev() {
        let (far, near) = (sine * beside[index], cosine * beside[index]);
        let length = far.mul_add(far, chased * chased).sqrt();
        beside[index + 1] = length;
        if length == 0.0 {
            diagonal[index + 1] -= moved;
            beside[last] = 0.0;
            return;
        }
        (sine, cosine) = (far / length, chased / length);
        let base = diagonal[index + 1] - moved;
        let turned = (diagonal[index] - base).mul_add(sine, 2.0 * cosine * near);
        moved = sine * turned;
        diagonal[index + 1] = base + moved;
        chased = cosine.mul_add(turned, -near);
        let (low, high) = vectors[index * dims..][..2 * dims].split_at_mut(dims);
        rotate(isa, sine, cosine, low, high);
    }
    diagonal[first] -= moved;
    beside[first] = chased;
    beside[last] = 0.0;
}

/// Scalar product in `f64`: sixteen lanes, added in halves.
pub(crate) fn dot<T: Real>(isa: Isa, a: &[T], b: &[T]) -> f64 {
    let mut lanes = [0.0; LANES];
    dot_kernel(isa, a, b, &mut lanes);
    in_halves(lanes)
}

/// `y = y + factor x`
pub(crate) fn add(isa: Isa, factor: f64, x: &[f64], y: &mut [f64]) {
    add_kernel(isa, factor, x, y);
}

fn rotate(isa: Isa, sine: f64, cosine: f64, low: &mut [f64], high: &mut [f64]) {
    rotate_kernel(isa, sine, cosine, low, high);
}

kernel! {
    fn dot_kernel<'a, T>(a: &'a [T], b: &'a [T], lanes: &'a mut [f64; 16]) {
        let (heads, rest) = a.as_chunks::<16>();
        let (others, other_rest) = b.as_chunks::<16>();
        let mut sums = *lanes;
        for (a, b) in heads.iter().zip(others) {
            for lane in 0..16 {
                sums[lane] = a[lane].wide().mul_add(b[lane].wide(), sums[lane]);
            }
        }
        for ((a, b), sum) in rest.iter().zip(other_rest).zip(&mut sums) {
            *sum = a.wide().mul_add(b.wide(), *sum);
        }
        *lanes = sums;
    }
}

kernel! {
    fn add_kernel<'a, T>(factor: T, x: &'a [T], y: &'a mut [T]) {
        for (x, y) in x.iter().zip(y) {
            *y = factor.mul_add(*x, *y);
        }
    }
}

kernel! {
    fn rotate_kernel<'a, T>(sine: T, cosine: T, low: &'a mut [T], high: &'a mut [T]) {
        for (low, high) in low.iter_mut().zip(high) {
            let (a, b) = (*low, *high);
            *high = sine.mul_add(a, cosine * b);
            *low = cosine.mul_add(a, -(sine * b));
        }
    }
}

#[cfg(test)]
mod tests {
    use numerics::random::Stream;

    use super::*;

    /// `sum_k value_k v_k v_k'`
    fn compose(eigen: &Eigen, dims: usize) -> Vec<f64> {
        let mut matrix = vec![0.0; dims * dims];
        for (value, vector) in eigen.values.iter().zip(eigen.vectors.chunks(dims)) {
            for row in 0..dims {
                add(Isa::PORTABLE, value * vector[row], vector, &mut matrix[row * dims..][..dims]);
            }
        }
        matrix
    }

    fn check(matrix: &[f64], dims: usize, what: &str) {
        let eigen = decompose(Isa::PORTABLE, matrix, dims).unwrap_or_else(|| panic!("{what}, {dims}"));
        assert!(eigen.values.is_sorted(), "{what}: {:?}", eigen.values);
        let largest = eigen.values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let bound = 10.0 * dims as f64 * f64::EPSILON;
        for (found, expected) in compose(&eigen, dims).iter().zip(matrix) {
            assert!((found - expected).abs() <= bound * largest, "{what}: {found} is not {expected}");
        }
        for (i, a) in eigen.vectors.chunks(dims).enumerate() {
            for (j, b) in eigen.vectors.chunks(dims).enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((dot(Isa::PORTABLE, a, b) - expected).abs() <= bound, "{what}: vectors {i} and {j}");
            }
        }
        for isa in Isa::available() {
            let again = decompose(isa, matrix, dims).expect("finite");
            assert_eq!(again.values, eigen.values, "{isa}");
            assert_eq!(again.vectors, eigen.vectors, "{isa}");
        }
    }

    #[test]
    fn matrices_are_the_sums_of_their_parts() {
        for dims in [1, 2, 3, 4, 7, 16, 17, 40] {
            check(&identity(dims), dims, "identity");
            check(&vec![0.0; dims * dims], dims, "zero");
            check(&vec![1.0; dims * dims], dims, "rank one");
            for seed in 0..5 {
                let stream = Stream::new(seed, "matrices");
                let draw = |row: usize, column: usize| {
                    f64::from(stream.normal((row.max(column) * dims + row.min(column)) as u64))
                };
                let entries = || (0..dims * dims).map(|index| (index / dims, index % dims));
                let dense: Vec<f64> = entries().map(|(row, column)| draw(row, column)).collect();
                check(&dense, dims, "dense");
                // Scales from 1 to 1e-12, as a badly conditioned search has them.
                let scale = |index: usize| 10f64.powf(-6.0 * index as f64 / dims as f64);
                let graded: Vec<f64> = entries().map(|(i, j)| draw(i, j) * scale(i) * scale(j)).collect();
                check(&graded, dims, "graded");
                let banded = |(i, j): (usize, usize)| if i.abs_diff(j) == 1 { 1.0 } else { 0.0 };
                check(&entries().map(banded).collect::<Vec<_>>(), dims, "chain");
                check(&dense.iter().map(|value| value * 1e200).collect::<Vec<_>>(), dims, "huge");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        assert!(decompose(Isa::PORTABLE, &[1.0, f64::NAN, f64::NAN, 1.0], 2).is_none());
        assert!(decompose(Isa::PORTABLE, &[f64::INFINITY], 1).is_none());
    }
}
