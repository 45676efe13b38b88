//! The sums of a convolution, and which of a square are kept.

use numerics::{Kernel, LANES, Simd};

use super::{COPIES, ConvolutionGradientPlan, Geometry};
use crate::product::Number;

/// Sums of some groups. Lengths were checked.
pub(super) struct Sums<'a, T> {
    pub(super) plan: &'a ConvolutionGradientPlan,
    pub(super) parameters: &'a [T],
    pub(super) images: &'a [T],
    pub(super) sums: &'a mut [T],
    /// As many as sums where squares are pooled, else none.
    pub(super) winners: &'a mut [u32],
    pub(super) first: usize,
}

impl<T: Number> Kernel for Sums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if self.plan.layer.window().pool {
            self.groups::<S, true>(simd);
        } else {
            self.groups::<S, false>(simd);
        }
    }
}

impl<T: Number> Sums<'_, T> {
    #[inline(always)]
    fn groups<S: Simd, const POOL: bool>(self, simd: S) {
        let (plan, geometry, block) = (self.plan, self.plan.geometry, self.plan.copies * LANES);
        let (parameters, images) = (plan.parameters_len(1), plan.inputs_len(1));
        let each = plan.sums_len(1);
        for (index, sums) in self.sums.chunks_exact_mut(each).enumerate() {
            let group = self.first + index;
            let group = Group {
                plan,
                geometry,
                parameters: &self.parameters[group * parameters..][..parameters],
                images: &self.images[group * images..][..images],
            };
            let winners = if POOL { &mut self.winners[index * each..][..each] } else { &mut [] };
            let (height, width) = geometry.kept;
            for (cell, sums) in sums.chunks_exact_mut(block).enumerate() {
                let place = [cell / width / height, cell / width % height, cell % width];
                let winners = if POOL { &mut winners[cell * block..][..block] } else { &mut [] };
                for lane in (0..LANES).step_by(T::lanes::<S>()) {
                    let mut copy = 0;
                    while copy + COPIES <= plan.copies {
                        group.cell::<S, COPIES, POOL>(simd, place, copy * LANES + lane, sums, winners);
                        copy += COPIES;
                    }
                    for copy in copy..plan.copies {
                        group.cell::<S, 1, POOL>(simd, place, copy * LANES + lane, sums, winners);
                    }
                }
            }
        }
    }
}

/// What the sums of one group are computed from.
struct Group<'a, T> {
    plan: &'a ConvolutionGradientPlan,
    geometry: Geometry,
    parameters: &'a [T],
    images: &'a [T],
}

impl<T: Number> Group<'_, T> {
    /// A register of `R` copies of what is kept, from a lane of the first of them on.
    #[inline(always)]
    fn cell<S: Simd, const R: usize, const POOL: bool>(
        &self,
        simd: S,
        [row, y, x]: [usize; 3],
        first: usize,
        kept: &mut [T],
        winners: &mut [u32],
    ) {
        if !POOL {
            let sums = self.sum::<S, R>(simd, [row, y, x], first);
            for r in 0..R {
                T::write(simd, sums[r], &mut kept[first + r * LANES..]);
            }
            return;
        }
        let mut square = [[T::splat(simd, T::ZERO); R]; 4];
        for number in 0..4 {
            square[number] = self.sum::<S, R>(simd, [row, 2 * y + number / 2, 2 * x + number % 2], first);
        }
        for r in 0..R {
            let numbers = [square[0][r], square[1][r], square[2][r], square[3][r]];
            let place = first + r * LANES;
            T::keep(simd, numbers, &mut kept[place..], &mut winners[place..]);
        }
    }

    /// A register of `R` copies of one sum.
    #[inline(always)]
    fn sum<S: Simd, const R: usize>(
        &self,
        simd: S,
        [row, y, x]: [usize; 3],
        first: usize,
    ) -> [T::Register<S>; R] {
        let (pattern, lane) = (self.plan.layer.pattern(), first % LANES);
        let block = self.plan.copies * LANES;
        let mut sums = [T::read(simd, &self.parameters[(pattern.nnz() + row) * LANES + lane..]); R];
        for entry in pattern.row_range(row) {
            let value = T::read(simd, &self.parameters[entry * LANES + lane..]);
            let Some(pixel) = self.geometry.pixel(y, x, self.plan.taps[entry]) else {
                for r in 0..R {
                    sums[r] = T::mul_add(simd, value, T::splat(simd, T::ZERO), sums[r]);
                }
                continue;
            };
            let pixels = &self.images[pixel * block + first..][..(R - 1) * LANES + T::lanes::<S>()];
            for r in 0..R {
                sums[r] = T::mul_add(simd, value, T::read(simd, &pixels[r * LANES..]), sums[r]);
            }
        }
        sums
    }
}
