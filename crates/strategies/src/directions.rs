//! What a few directions make of many members: sixteen members at a time, and each direction read once for all of them.
//!
//! A change `d = (1 - a) d + a v (v' d)` after the other needs a pass over memory for each direction and member. Told
//! apart, the same changes are two passes over blocks of coordinates, with numbers in between that no coordinate has a part
//! in:
//!
//! ```text
//! b_j = v_j' z                                              the first pass
//! d = p z + sum_j s_j v_j,   p = prod (1 - a_j)
//! s_j = a_j (p_j b_j + sum_{i < j} s_i v_i' v_j),   s_i = (1 - a_j) s_i for i < j,   p_j = prod_{i < j} (1 - a_i)
//!                                                           the second pass
//! ```
//!
//! Sums over coordinates run inside blocks of [`BLOCK`], lane by lane, and then over the blocks, in `f64`. The size of a
//! block is part of the definition: neither threads, instructions, nor the blocks of an [`Execution`] change a bit.

use std::ops::Range;

use numerics::{Isa, LANES};

use crate::execution::{Execution, kernel};
use crate::lanes::in_halves;
use crate::real::Real;

/// Coordinates that are summed before the sum becomes part of another.
pub(crate) const BLOCK: usize = 512;

/// Coordinates whose sixteen members stay in the nearest cache while all directions go by.
const NEAR: usize = 128;

/// Coordinates whose deviations are computed together.
const WIDE: usize = 64;

/// Directions, and what each has to do with the others.
#[derive(Clone, Debug)]
pub(crate) struct Directions<'a, T> {
    vectors: Vec<&'a [T]>,
    rates: Vec<f64>,
    /// `v_i' v_j`
    products: &'a [f64],
}

/// What the changes are for sixteen members: `p`, and `s_j` of each.
#[derive(Clone, Debug)]
pub(crate) struct Shares<T> {
    keep: T,
    of_directions: Vec<[T; LANES]>,
}

/// `p^2`, and the lower half of `S` with `A A' = p^2 I + U S U'`, entries off the diagonal twice.
#[derive(Clone, Debug)]
pub(crate) struct Form<T> {
    plain: T,
    half: Vec<T>,
}

impl<'a, T: Real> Directions<'a, T> {
    /// `products` are those that [`products`] finds of these vectors, or more of them.
    pub(crate) fn new(vectors: Vec<&'a [T]>, rates: Vec<f64>, products: &'a [f64]) -> Directions<'a, T> {
        Directions { vectors, rates, products }
    }

    /// A block's part of `v_j' z`, for deviates `[coordinate][16]`.
    pub(crate) fn along(&self, isa: Isa, block: Range<usize>, deviates: &[T]) -> Vec<[T; LANES]> {
        let mut sums = vec![[T::ZERO; LANES]; self.vectors.len()];
        for (start, near) in block.step_by(NEAR).zip(deviates.chunks(NEAR * LANES)) {
            along(isa, &self.parts(start..start + near.len() / LANES), near, &mut sums);
        }
        sums
    }

    /// Some coordinates of each vector.
    fn parts(&self, coordinates: Range<usize>) -> Vec<&'a [T]> {
        self.vectors.iter().map(|vector| &vector[coordinates.clone()]).collect()
    }

    /// What the changes are, from the parts of all blocks in their order.
    pub(crate) fn shares(&self, parts: &[&Vec<[T; LANES]>]) -> Shares<T> {
        let count = self.vectors.len();
        let mut along = vec![[0.0; LANES]; count];
        for part in parts {
            for (total, sums) in along.iter_mut().zip(*part) {
                total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum.wide());
            }
        }
        let mut plain = 1.0;
        for (index, rate) in self.rates.iter().enumerate() {
            let row = &self.products[index * self.stride()..][..index];
            let (before, rest) = along.split_at_mut(index);
            for (lane, own) in rest[0].iter_mut().enumerate() {
                let seen = before
                    .iter()
                    .zip(row)
                    .fold(plain * *own, |sum, (share, product)| share[lane].mul_add(*product, sum));
                *own = rate * seen;
            }
            before.iter_mut().flatten().for_each(|share| *share *= 1.0 - rate);
            plain *= 1.0 - rate;
        }
        let narrow = |shares: &[f64; LANES]| shares.map(|share| T::of(share).bounded_or_zero());
        Shares { keep: T::of(plain), of_directions: along.iter().map(narrow).collect() }
    }

    /// Makes `d` of deviates `z`, `[coordinate][16]`, of a block.
    pub(crate) fn change(&self, isa: Isa, shares: &Shares<T>, block: Range<usize>, deviates: &mut [T]) {
        for (start, near) in block.clone().step_by(NEAR).zip(deviates.chunks_mut(NEAR * LANES)) {
            let parts = self.parts(start..start + near.len() / LANES);
            combine(isa, shares.keep, &parts, &shares.of_directions, near);
        }
    }

    /// The diagonal of `A A'`, where `A` is the product of all changes, for the coordinates from `start`.
    pub(crate) fn squares(&self, isa: Isa, form: &Form<T>, start: usize, out: &mut [T]) {
        let mut wide = vec![[T::ZERO; WIDE]; self.vectors.len()];
        for (start, out) in (start..).step_by(WIDE).zip(out.chunks_mut(WIDE)) {
            for (wide, vector) in wide.iter_mut().zip(&self.vectors) {
                wide[..out.len()].copy_from_slice(&vector[start..][..out.len()]);
            }
            let mut squares = [form.plain; WIDE];
            quadratic(isa, &form.half, &wide, &mut squares);
            out.copy_from_slice(&squares[..out.len()]);
        }
    }

    /// What all changes together do to squares.
    pub(crate) fn form(&self) -> Form<T> {
        let (count, stride) = (self.vectors.len(), self.stride());
        let product = |row: usize, column: usize| self.products[row * stride + column];
        let (mut plain, mut form) = (1.0, vec![0.0; count * count]);
        for (index, rate) in self.rates.iter().enumerate() {
            let mut row = vec![0.0; count];
            row[index] = rate * plain;
            for (other, known) in form.chunks(count).enumerate() {
                let product = rate * product(index, other);
                row.iter_mut().zip(known).for_each(|(row, known)| *row = product.mul_add(*known, *row));
            }
            form.iter_mut().for_each(|entry| *entry *= 1.0 - rate);
            form[index * count..][..count].iter_mut().zip(row).for_each(|(entry, row)| *entry += row);
            plain *= 1.0 - rate;
        }
        let half: Vec<f64> = (0..count * count)
            .map(|at| (0..count).map(|k| form[at / count * count + k] * product(k, at % count)).sum())
            .collect();
        let whole = |at: usize| {
            let (row, column) = (at / count, at % count);
            let twice: f64 = (0..count).map(|k| half[row * count + k] * form[column * count + k]).sum();
            let entry = plain.mul_add(form[row * count + column] + form[column * count + row], twice);
            if column < row { 2.0 * entry } else { entry }
        };
        Form { plain: T::of(plain * plain), half: (0..count * count).map(|at| T::of(whole(at))).collect() }
    }

    /// Products of a direction in a row of all.
    fn stride(&self) -> usize {
        self.products.len().isqrt()
    }
}

/// `v_i' v_j` of vectors `[vector][coordinate]`, by rows.
pub(crate) fn products<T: Real>(execution: &Execution<'_>, vectors: &[T], dims: usize) -> Vec<f64> {
    let count = vectors.len() / dims;
    let mut parts = vec![0.0; dims.div_ceil(BLOCK) * count * count];
    let blocks = (0..dims).step_by(BLOCK).zip(parts.chunks_mut((count * count).max(1)));
    execution.threads.for_each(blocks, |(start, out)| {
        let block = start..dims.min(start + BLOCK);
        let parts: Vec<&[T]> = vectors.chunks(dims).map(|vector| &vector[block.clone()]).collect();
        multiply(execution.isa, &parts, out);
    });
    let mut all = vec![0.0; count * count];
    for part in parts.chunks((count * count).max(1)) {
        all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
    }
    for row in 0..count {
        for column in row + 1..count {
            all[row * count + column] = all[column * count + row];
        }
    }
    all
}

kernel! {
    /// `sums[direction][lane] += v[coordinate] z[coordinate][lane]`, in the order of coordinates.
    fn along<'a, T>(directions: &'a [&'a [T]], deviates: &'a [T], sums: &'a mut [[T; LANES]]) {
        let (deviates, _) = deviates.as_chunks::<LANES>();
        let (fours, rest) = directions.as_chunks::<4>();
        let (four_sums, rest_sums) = sums.as_chunks_mut::<4>();
        for (&[a, b, c, d], sums) in fours.iter().zip(four_sums) {
            let mut totals = *sums;
            for ((((z, &a), &b), &c), &d) in deviates.iter().zip(a).zip(b).zip(c).zip(d) {
                for lane in 0..LANES {
                    totals[0][lane] = a.mul_add(z[lane], totals[0][lane]);
                    totals[1][lane] = b.mul_add(z[lane], totals[1][lane]);
                    totals[2][lane] = c.mul_add(z[lane], totals[2][lane]);
                    totals[3][lane] = d.mul_add(z[lane], totals[3][lane]);
                }
            }
            *sums = totals;
        }
        for (direction, sums) in rest.iter().zip(rest_sums) {
            let mut totals = *sums;
            for (z, &v) in deviates.iter().zip(*direction) {
                for lane in 0..LANES {
                    totals[lane] = v.mul_add(z[lane], totals[lane]);
                }
            }
            *sums = totals;
        }
    }
}

kernel! {
    /// `lanes[coordinate][lane] = keep lanes[coordinate][lane] + sum_j v_j[coordinate] shares[j][lane]`, in the order of
    /// directions.
    fn combine<'a, T>(
        keep: T,
        directions: &'a [&'a [T]],
        shares: &'a [[T; LANES]],
        lanes: &'a mut [T],
    ) {
        let (lanes, _) = lanes.as_chunks_mut::<LANES>();
        let (fours, rest) = lanes.as_chunks_mut::<4>();
        for (index, four) in fours.iter_mut().enumerate() {
            let mut totals = four.map(|lanes| lanes.map(|z| keep * z));
            for (direction, shares) in directions.iter().zip(shares) {
                let near = direction.as_chunks::<4>().0[index];
                for at in 0..4 {
                    for lane in 0..LANES {
                        totals[at][lane] = near[at].mul_add(shares[lane], totals[at][lane]);
                    }
                }
            }
            *four = totals;
        }
        let first = 4 * fours.len();
        for (index, lanes) in rest.iter_mut().enumerate() {
            *lanes = lanes.map(|z| keep * z);
            for (direction, shares) in directions.iter().zip(shares) {
                for lane in 0..LANES {
                    lanes[lane] = direction[first + index].mul_add(shares[lane], lanes[lane]);
                }
            }
        }
    }
}

kernel! {
    /// The lower half of the products of vectors with each other, by rows.
    fn multiply<'a, T>(vectors: &'a [&'a [T]], out: &'a mut [f64]) {
        let count = vectors.len();
        for (row, one) in vectors.iter().enumerate() {
            let (ones, one_rest) = one.as_chunks::<LANES>();
            for (column, other) in vectors[..=row].iter().enumerate() {
                let (others, other_rest) = other.as_chunks::<LANES>();
                let mut sums = [T::ZERO; LANES];
                for (one, other) in ones.iter().zip(others) {
                    for lane in 0..LANES {
                        sums[lane] = one[lane].mul_add(other[lane], sums[lane]);
                    }
                }
                for ((one, other), sum) in one_rest.iter().zip(other_rest).zip(&mut sums) {
                    *sum = one.mul_add(*other, *sum);
                }
                out[row * count + column] = in_halves(sums).wide();
            }
        }
    }
}

kernel! {
    /// `squares[c] += sum_i u_i[c] sum_{j <= i} form[i][j] u_j[c]`
    fn quadratic<'a, T>(form: &'a [T], own: &'a [[T; WIDE]], squares: &'a mut [T; WIDE]) {
        let mut totals = *squares;
        for (row, (form, one)) in form.chunks(own.len().max(1)).zip(own).enumerate() {
            let mut inner = [T::ZERO; WIDE];
            for (&entry, other) in form.iter().zip(&own[..=row]) {
                for at in 0..WIDE {
                    inner[at] = entry.mul_add(other[at], inner[at]);
                }
            }
            for at in 0..WIDE {
                totals[at] = one[at].mul_add(inner[at], totals[at]);
            }
        }
        *squares = totals;
    }
}

#[cfg(test)]
mod tests {
    use numerics::random::Stream;

    use super::*;

    fn normal<T: Real>(count: usize, name: &str) -> Vec<T> {
        let stream = Stream::new(4, name);
        (0..count).map(|index| T::of(stream.normal(index as u64).into())).collect()
    }

    /// The definition: a change after the other.
    fn changed(vectors: &[f64], rates: &[f64], z: &[f64]) -> Vec<f64> {
        let mut d = z.to_vec();
        for (v, rate) in vectors.chunks(z.len()).zip(rates) {
            let along: f64 = v.iter().zip(&d).map(|(v, d)| v * d).sum();
            d.iter_mut().zip(v).for_each(|(d, v)| *d = (1.0 - rate) * *d + rate * along * v);
        }
        d
    }

    /// Members `[coordinate][16]`, changed block by block as a search would.
    fn in_blocks<T: Real>(isa: Isa, vectors: &[T], rates: &[f64], lanes: &[T], dims: usize) -> Vec<T> {
        let products = products(&Execution { isa, ..Execution::default() }, vectors, dims);
        let directions = Directions::new(vectors.chunks(dims).collect(), rates.to_vec(), &products);
        let blocks = || (0..dims).step_by(BLOCK).map(|start| start..dims.min(start + BLOCK));
        let parts: Vec<_> = blocks()
            .map(|block| directions.along(isa, block.clone(), &lanes[block.start * LANES..block.end * LANES]))
            .collect();
        let shares = directions.shares(&parts.iter().collect::<Vec<_>>());
        let mut out = lanes.to_vec();
        for block in blocks() {
            let lanes = block.start * LANES..block.end * LANES;
            directions.change(isa, &shares, block, &mut out[lanes]);
        }
        out
    }

    #[test]
    fn blocks_of_members_change_as_one_member_after_the_other_does() {
        for (dims, count) in [(1, 1), (5, 3), (37, 4), (600, 6), (1100, 9)] {
            let scale = 1.0 / f64::sqrt(dims as f64);
            let vectors: Vec<f64> =
                normal::<f64>(count * dims, "v").iter().map(|v| 2.0 * scale * v).collect();
            let rates: Vec<f64> = (0..count).map(|j| 0.5 / (j + 1) as f64).collect();
            let lanes: Vec<f64> = normal(dims * LANES, "z");
            let found = in_blocks(Isa::detected(), &vectors, &rates, &lanes, dims);
            for lane in 0..LANES {
                let z: Vec<f64> = lanes.chunks(LANES).map(|lanes| lanes[lane]).collect();
                let expected = changed(&vectors, &rates, &z);
                // Sums of so many products of numbers of some dozen, each changed `count` times.
                let bound = 1e3 * (dims * count) as f64 * f64::EPSILON;
                for (found, expected) in found.chunks(LANES).map(|lanes| lanes[lane]).zip(expected) {
                    assert!((found - expected).abs() <= bound, "{found}, not {expected}, of {dims}");
                }
            }
        }
    }

    #[test]
    fn instructions_change_no_bit() {
        let (dims, count) = (700, 7);
        let (vectors, lanes): (Vec<f32>, Vec<f32>) = (normal(count * dims, "v"), normal(dims * LANES, "z"));
        let rates: Vec<f64> = (0..count).map(|j| 0.1 / (j + 1) as f64).collect();
        let of = |isa: Isa| {
            let execution = Execution { isa, ..Execution::default() };
            let products = products(&execution, &vectors, dims);
            let directions = Directions::new(vectors.chunks(dims).collect(), rates.clone(), &products);
            let mut squares = vec![0.0; dims];
            directions.squares(isa, &directions.form(), 0, &mut squares);
            let members = in_blocks(isa, &vectors, &rates, &lanes, dims);
            let bits: Vec<u32> = members.iter().chain(&squares).map(|x| x.to_bits()).collect();
            (bits, products)
        };
        let plain = of(Isa::available()[0]);
        Isa::available().iter().for_each(|&isa| assert_eq!(of(isa), plain, "{isa:?}"));
    }

    #[test]
    fn squares_are_those_of_the_rows_of_the_product_of_all_changes() {
        const DIMS: usize = 70;
        let rates = [0.5, 0.3, 0.1];
        let vectors: Vec<f64> = normal(3 * DIMS, "v");
        let here = Execution::default();
        let products = products(&here, &vectors, DIMS);
        let directions = Directions::new(vectors.chunks(DIMS).collect(), rates.to_vec(), &products);
        let mut found = vec![0.0; DIMS];
        directions.squares(here.isa, &directions.form(), 0, &mut found);
        // Every change is symmetric: a row of A is A' e, the last change first.
        let reversed: Vec<f64> = vectors.chunks(DIMS).rev().flatten().copied().collect();
        for (coordinate, found) in found.iter().enumerate() {
            let mut unit = vec![0.0; DIMS];
            unit[coordinate] = 1.0;
            let row = changed(&reversed, &[0.1, 0.3, 0.5], &unit);
            let expected: f64 = row.iter().map(|x| x * x).sum();
            // Sums of 70 products, three times over, of numbers up to some hundred.
            let bound = 1e4 * f64::EPSILON * expected.max(1.0);
            assert!((found - expected).abs() < bound, "{found}, not {expected}");
        }
    }
}
