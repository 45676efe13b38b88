//! The sums of a convolution, and which of a square are kept.

use numerics::{Kernel, LANES, Simd};

use super::{COPIES, ConvolutionGradientPlan, Geometry};

/// Sums of some groups. Lengths were checked.
pub(super) struct Sums<'a> {
    pub(super) plan: &'a ConvolutionGradientPlan,
    pub(super) parameters: &'a [f32],
    pub(super) images: &'a [f32],
    pub(super) sums: &'a mut [f32],
    /// As many as sums where squares are pooled, else none.
    pub(super) winners: &'a mut [u32],
    pub(super) first: usize,
}

impl Kernel for Sums<'_> {
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

impl Sums<'_> {
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
                for lane in (0..LANES).step_by(S::LANES) {
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
struct Group<'a> {
    plan: &'a ConvolutionGradientPlan,
    geometry: Geometry,
    parameters: &'a [f32],
    images: &'a [f32],
}

impl Group<'_> {
    /// A register of `R` copies of what is kept, from a lane of the first of them on.
    #[inline(always)]
    fn cell<S: Simd, const R: usize, const POOL: bool>(
        &self,
        simd: S,
        [row, y, x]: [usize; 3],
        first: usize,
        kept: &mut [f32],
        winners: &mut [u32],
    ) {
        if !POOL {
            let sums = self.sum::<S, R>(simd, [row, y, x], first);
            for r in 0..R {
                simd.store(sums[r], &mut kept[first + r * LANES..]);
            }
            return;
        }
        let mut square = [[simd.zero(); R]; 4];
        for number in 0..4 {
            square[number] = self.sum::<S, R>(simd, [row, 2 * y + number / 2, 2 * x + number % 2], first);
        }
        for r in 0..R {
            let (mut best, mut winner) = (square[0][r], simd.splat_bits(0));
            for number in 1..4 {
                let is_larger = simd.less(best, square[number][r]);
                best = simd.select(is_larger, square[number][r], best);
                winner = simd.select_bits(is_larger, simd.splat_bits(number as u32), winner);
            }
            // not the best where there is what is no number
            let above = simd.max(square[0][r], square[1][r]);
            let value = simd.max(above, simd.max(square[2][r], square[3][r]));
            simd.store(value, &mut kept[first + r * LANES..]);
            simd.store_bits(winner, &mut winners[first + r * LANES..]);
        }
    }

    /// A register of `R` copies of one sum.
    #[inline(always)]
    fn sum<S: Simd, const R: usize>(&self, simd: S, [row, y, x]: [usize; 3], first: usize) -> [S::F; R] {
        let (pattern, lane) = (self.plan.layer.pattern(), first % LANES);
        let block = self.plan.copies * LANES;
        let mut sums = [simd.load(&self.parameters[(pattern.nnz() + row) * LANES + lane..]); R];
        for entry in pattern.row_range(row) {
            let value = simd.load(&self.parameters[entry * LANES + lane..]);
            let Some(pixel) = self.geometry.pixel(y, x, self.plan.taps[entry]) else {
                for r in 0..R {
                    sums[r] = simd.mul_add(value, simd.zero(), sums[r]);
                }
                continue;
            };
            let pixels = &self.images[pixel * block + first..][..(R - 1) * LANES + S::LANES];
            for r in 0..R {
                sums[r] = simd.mul_add(value, simd.load(&pixels[r * LANES..]), sums[r]);
            }
        }
        sums
    }
}
