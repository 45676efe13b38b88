//! What a product must be, by the definition of our kernels, and how far from it another order of its sums may lead.
//!
//! A sum of `n` products in any order, each of them rounded or fused, is within `n e (1 + n e) sum |terms|` of the exact one,
//! with `e` half an `EPSILON`: every term passes at most `n` roundings. The definition is, and so is a peer; so two are at
//! most `n EPSILON (1 + n EPSILON) sum |terms|` apart. The sum of sizes is itself rounded like that, and `n` is 4096 at most,
//! so `n + 3` for `n` covers what is of second order. Terms are multiples of `2^-48`, so none is lost below the smallest
//! number. Zeros that a dense peer adds round nothing.

use std::path::Path;

use sparse_kernels::product::{View, ViewMut};
use sparse_kernels::{Pattern, naive};

use crate::matrix::{Case, floats};

/// The products of a case.
pub struct Products {
    /// `A X`
    pub plain: Expected,
    /// `Aᵀ G`
    pub transposed: Expected,
    /// `G Xᵀ` where `A` has entries
    pub sampled: Expected,
}

impl Products {
    pub fn of(case: &Case) -> Products {
        let Case { pattern, values, x, g, columns } = case;
        Products {
            plain: Expected::of_product(pattern, values, x, *columns),
            transposed: Expected::of_transposed(pattern, values, g, *columns),
            sampled: Expected::of_samples(pattern, g, x, *columns),
        }
    }

    /// Leaves of each product what is expected and how far from it a system may be.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let all = [("spmm", &self.plain), ("transposed", &self.transposed), ("sampled", &self.sampled)];
        for (name, product) in all {
            std::fs::write(folder.join(name), floats(&product.numbers))?;
            std::fs::write(folder.join(format!("{name}-bounds")), floats(&product.bounds))?;
        }
        Ok(())
    }
}

/// A product, number by number.
pub struct Expected {
    /// By definition: to the bit what our kernels compute.
    numbers: Vec<f32>,
    /// How far from it others may be.
    bounds: Vec<f32>,
}

impl Expected {
    /// `A X`, row after row.
    fn of_product(pattern: &Pattern, values: &[f32], x: &[f32], columns: usize) -> Expected {
        let product = |values: &[f32], x: &[f32]| {
            let mut y = vec![0.0; pattern.rows() * columns];
            let x = View::by_rows(x, pattern.columns(), columns);
            naive::product(pattern, values, x, &mut ViewMut::by_rows(&mut y, pattern.rows(), columns), false);
            y
        };
        let (numbers, sizes) = (product(values, x), product(&absolute(values), &absolute(x)));
        let terms = |place: usize| pattern.row(place / columns).len();
        Expected { numbers, bounds: bounds(&sizes, terms) }
    }

    /// `Aᵀ G`, row after row.
    fn of_transposed(pattern: &Pattern, values: &[f32], g: &[f32], columns: usize) -> Expected {
        let (transpose, order) = pattern.transpose();
        let values: Vec<f32> = order.iter().map(|&entry| values[entry as usize]).collect();
        Expected::of_product(&transpose, &values, g, columns)
    }

    /// `G Xᵀ` where the pattern has entries.
    fn of_samples(pattern: &Pattern, g: &[f32], x: &[f32], columns: usize) -> Expected {
        let product = |g: &[f32], x: &[f32]| {
            let mut values = vec![0.0; pattern.nnz()];
            let g = View::by_rows(g, pattern.rows(), columns);
            naive::sample(pattern, g, View::by_rows(x, pattern.columns(), columns), &mut values, false);
            values
        };
        let (numbers, sizes) = (product(g, x), product(&absolute(g), &absolute(x)));
        Expected { numbers, bounds: bounds(&sizes, |_| columns) }
    }

    /// Panics where a number is not the one expected, to the bit.
    pub fn check_bits(&self, found: &[f32], who: &str) {
        assert_eq!(found.len(), self.numbers.len(), "{who}");
        for (place, (found, expected)) in found.iter().zip(&self.numbers).enumerate() {
            assert_eq!(found.to_bits(), expected.to_bits(), "{who}: {found} at {place}, expected {expected}");
        }
    }

    /// Panics where a number is further from the one expected than another order of its sum explains.
    pub fn check(&self, found: impl IntoIterator<Item = f32>, who: &str) {
        let mut count = 0;
        for (place, found) in found.into_iter().enumerate() {
            let (expected, bound) = (self.numbers[place], self.bounds[place]);
            assert!(
                (found - expected).abs() <= bound,
                "{who}: {found} at {place}, ours {expected}, bound {bound}"
            );
            count += 1;
        }
        assert_eq!(count, self.numbers.len(), "{who}");
    }
}

fn absolute(numbers: &[f32]) -> Vec<f32> {
    numbers.iter().map(|number| number.abs()).collect()
}

fn bounds(sizes: &[f32], terms: impl Fn(usize) -> usize) -> Vec<f32> {
    let bound = |(place, &size): (usize, &f32)| (terms(place) as f32 + 3.0) * f32::EPSILON * size;
    sizes.iter().enumerate().map(bound).collect()
}
