//! Orthonormal bases of a few long vectors.

use numerics::Isa;

use crate::eigen::decompose;
use crate::real::Real;

/// A vector that keeps less than this of its length is a sum of those before it.
const LEFT: f64 = 1e-6;

/// An orthonormal basis of vectors, `[vector][coordinate]`, in their order; vectors that are sums of those before them, or
/// nothing, add no direction. By Gram and Schmidt's process, twice over, which leaves products of rounding alone.
pub(crate) fn orthonormal<T: Real>(vectors: &[T], dims: usize) -> Vec<T> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for vector in vectors.chunks(dims) {
        let largest = vector.iter().fold(0.0f64, |largest, x| largest.max(x.wide().abs()));
        if !(largest > 0.0 && largest.is_finite()) {
            continue;
        }
        let mut left: Vec<f64> = vector.iter().map(|x| x.wide() / largest).collect();
        let before = length(&left);
        for _ in 0..2 {
            for direction in &basis {
                let along = product(direction, &left);
                left.iter_mut().zip(direction).for_each(|(left, q)| *left = (-along).mul_add(*q, *left));
            }
        }
        let after = length(&left);
        if after > LEFT * before {
            left.iter_mut().for_each(|left| *left /= after);
            basis.push(left);
        }
        if basis.len() == dims {
            break;
        }
    }
    basis.iter().flatten().map(|&q| T::of(q)).collect()
}

/// The directions in which vectors are furthest from their mean, furthest first, `[direction][coordinate]`: at most so
/// many, and none in which they do not differ. From the eigenvectors of their products with each other.
pub(crate) fn principal<T: Real>(isa: Isa, vectors: &[T], dims: usize, most: usize) -> Vec<Vec<f64>> {
    let count = vectors.len() / dims;
    let mut mean = vec![0.0; dims];
    for vector in vectors.chunks(dims) {
        mean.iter_mut().zip(vector).for_each(|(mean, x)| *mean += x.wide() / count as f64);
    }
    let away: Vec<Vec<f64>> = vectors
        .chunks(dims)
        .map(|vector| vector.iter().zip(&mean).map(|(x, mean)| x.wide() - mean).collect())
        .collect();
    let products: Vec<f64> =
        (0..count * count).map(|index| product(&away[index / count], &away[index % count])).collect();
    let Some(eigen) = decompose(isa, &products, count) else { return Vec::new() };
    let mut directions: Vec<Vec<f64>> = Vec::new();
    let largest = eigen.values.last().copied().unwrap_or(0.0);
    for (value, shares) in eigen.values.iter().zip(eigen.vectors.chunks(count)).rev() {
        if directions.len() == most || *value <= largest * count as f64 * f64::EPSILON || *value <= 0.0 {
            break;
        }
        let mut sum = vec![0.0; dims];
        for (share, away) in shares.iter().zip(&away) {
            sum.iter_mut().zip(away).for_each(|(sum, x)| *sum = share.mul_add(*x, *sum));
        }
        // Small ones are nearly lost in the rounding of large ones.
        for direction in &directions {
            let along = product(direction, &sum);
            sum.iter_mut().zip(direction).for_each(|(sum, q)| *sum = (-along).mul_add(*q, *sum));
        }
        let length = length(&sum);
        sum.iter_mut().for_each(|x| *x /= length);
        directions.push(sum);
    }
    directions
}

/// A scalar product in the order of coordinates, in sixteen lanes.
pub(crate) fn product(a: &[f64], b: &[f64]) -> f64 {
    crate::eigen::dot(Isa::detected(), a, b)
}

pub(crate) fn length(a: &[f64]) -> f64 {
    product(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use numerics::random::Stream;

    use super::*;

    fn vectors(count: usize, dims: usize) -> Vec<f64> {
        let stream = Stream::new(2, "vectors");
        (0..count * dims).map(|index| stream.normal(index as u64).into()).collect()
    }

    #[test]
    fn a_basis_is_orthonormal_spans_its_vectors_and_keeps_their_order() {
        for (count, dims) in [(1, 1), (1, 5), (3, 5), (5, 5), (9, 5), (4, 100)] {
            let vectors = vectors(count, dims);
            let basis = orthonormal(&vectors, dims);
            assert_eq!(basis.len(), count.min(dims) * dims);
            let rows: Vec<&[f64]> = basis.chunks(dims).collect();
            for (i, a) in rows.iter().enumerate() {
                for (j, b) in rows.iter().enumerate() {
                    let expected = f64::from(u8::from(i == j));
                    assert!((product(a, b) - expected).abs() < dims as f64 * 8.0 * f64::EPSILON);
                }
                // Nothing of a vector is outside the directions up to its own.
                let vector = &vectors[i * dims..][..dims];
                let within: f64 = rows[..=i].iter().map(|row| product(row, vector).powi(2)).sum();
                assert!((within.sqrt() / length(vector) - 1.0).abs() < dims as f64 * 8.0 * f64::EPSILON);
                assert!(product(a, vector) > 0.0);
            }
        }
        assert!(orthonormal(&[0.0, 0.0], 2).is_empty());
        assert_eq!(orthonormal(&[3.0, 4.0, 6.0, 8.0], 2), [0.6, 0.8], "the second is twice the first");
    }

    #[test]
    fn principal_directions_of_a_hand_worked_case() {
        // Around (1, 1): 4 to each side along the first axis, 1 along the second.
        let vectors = [5.0, 1.0, -3.0, 1.0, 1.0, 2.0, 1.0, 0.0];
        let found = principal(Isa::detected(), &vectors, 2, 5);
        assert_eq!(found.len(), 2);
        assert!(
            (found[0][0].abs() - 1.0).abs() < 8.0 * f64::EPSILON && found[0][1].abs() < 8.0 * f64::EPSILON
        );
        assert!((found[1][1].abs() - 1.0).abs() < 8.0 * f64::EPSILON);
        assert_eq!(principal(Isa::detected(), &vectors, 2, 1).len(), 1);
        assert!(principal(Isa::detected(), &[1.0, 2.0, 1.0, 2.0], 2, 5).is_empty());
    }
}
