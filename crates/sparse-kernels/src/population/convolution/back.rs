//! Gradients of a convolution's parameters, and of its images.

use numerics::{Kernel, LANES, Simd};

use super::{COPIES, ConvolutionGradientPlan, Geometry, NONE, Tap};
use crate::product::Number;

/// Entries of a row whose sums wait for each other's additions, and not for their own.
const ENTRIES: usize = 8;

/// Gradients of what is kept of one group's sums, and who won.
#[derive(Clone, Copy)]
struct Kept<'a, T> {
    gradients: &'a [T],
    winners: &'a [u32],
}

impl<'a, T: Number> Kept<'a, T> {
    fn of_group<const POOL: bool>(
        plan: &ConvolutionGradientPlan,
        group: usize,
        gradients: &'a [T],
        winners: &'a [u32],
    ) -> Kept<'a, T> {
        let each = plan.sums_len(1);
        let winners = if POOL { &winners[group * each..][..each] } else { &[] };
        Kept { gradients: &gradients[group * each..][..each], winners }
    }

    /// The gradient of a sum that has a number in its square: of the winner that of what is kept, of others zero.
    #[inline(always)]
    fn of_sum<S: Simd, const POOL: bool>(self, simd: S, place: usize, number: u32) -> T::Register<S> {
        if POOL {
            T::of_winner(simd, &self.gradients[place..], &self.winners[place..], number)
        } else {
            T::read(simd, &self.gradients[place..])
        }
    }
}

/// Gradients of the parameters of some groups. Lengths were checked.
pub(super) struct OfParameters<'a, T> {
    pub(super) plan: &'a ConvolutionGradientPlan,
    pub(super) images: &'a [T],
    pub(super) gradients: &'a [T],
    pub(super) winners: &'a [u32],
    pub(super) parameters: &'a mut [T],
    pub(super) first: usize,
}

impl<T: Number> Kernel for OfParameters<'_, T> {
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

impl<T: Number> OfParameters<'_, T> {
    #[inline(always)]
    fn groups<S: Simd, const POOL: bool>(self, simd: S) {
        let (plan, geometry, pattern) = (self.plan, self.plan.geometry, self.plan.layer.pattern());
        let (images, cells) = (plan.inputs_len(1), geometry.kept.0 * geometry.kept.1 * plan.copies * LANES);
        for (index, parameters) in self.parameters.chunks_exact_mut(plan.parameters_len(1)).enumerate() {
            let group = self.first + index;
            let images = &self.images[group * images..][..images];
            let kept = Kept::of_group::<POOL>(plan, group, self.gradients, self.winners);
            let (values, biases) = parameters.split_at_mut(pattern.nnz() * LANES);
            for (row, bias) in biases.chunks_exact_mut(LANES).enumerate() {
                let range = pattern.row_range(row);
                let taps = &plan.taps[range.clone()];
                let values = &mut values[range.start * LANES..range.end * LANES];
                let filter = Filter { geometry, copies: plan.copies, row, images, kept };
                for lane in (0..LANES).step_by(T::lanes::<S>()) {
                    let (several, rest) = taps.as_chunks::<ENTRIES>();
                    let (of_several, of_rest) = values.split_at_mut(several.len() * ENTRIES * LANES);
                    let of_several = of_several.chunks_exact_mut(ENTRIES * LANES);
                    for (taps, values) in several.iter().zip(of_several) {
                        filter.values::<S, ENTRIES, POOL>(simd, taps, lane, values);
                    }
                    for (tap, value) in rest.iter().zip(of_rest.chunks_exact_mut(LANES)) {
                        filter.values::<S, 1, POOL>(simd, &[*tap], lane, value);
                    }
                    let mut sum = T::read(simd, &bias[lane..]);
                    for gradient in kept.gradients[row * cells..][..cells].chunks_exact(LANES) {
                        sum = T::add(simd, sum, T::read(simd, &gradient[lane..]));
                    }
                    T::write(simd, sum, &mut bias[lane..]);
                }
            }
        }
    }
}

/// What the gradients of one row's values are computed from, for one group.
struct Filter<'a, T> {
    geometry: Geometry,
    copies: usize,
    row: usize,
    images: &'a [T],
    kept: Kept<'a, T>,
}

impl<T: Number> Filter<'_, T> {
    /// Adds to a register of the gradients of `N` values.
    #[inline(always)]
    fn values<S: Simd, const N: usize, const POOL: bool>(
        &self,
        simd: S,
        taps: &[Tap; N],
        lane: usize,
        values: &mut [T],
    ) {
        let Filter { geometry, copies, row, images, kept } = *self;
        let (tall, zeros) = (if POOL { 2 } else { 1 }, [T::ZERO; LANES]);
        let mut sums = [T::splat(simd, T::ZERO); N];
        for n in 0..N {
            sums[n] = T::read(simd, &values[n * LANES + lane..]);
        }
        for y in 0..geometry.kept.0 * tall {
            for x in 0..geometry.kept.1 * tall {
                // beyond the border all copies are the same
                let (mut from, mut step) = ([zeros.as_ptr(); N], [0; N]);
                for n in 0..N {
                    if let Some(pixel) = geometry.pixel(y, x, taps[n]) {
                        (from[n], step[n]) =
                            (images[pixel * copies * LANES..][..copies * LANES].as_ptr(), LANES);
                    }
                }
                let (cell, number) = geometry.kept::<POOL>(row, y, x);
                for copy in 0..copies {
                    let place = (cell * copies + copy) * LANES + lane;
                    let gradient = kept.of_sum::<S, POOL>(simd, place, number);
                    for n in 0..N {
                        // SAFETY: all lanes of this copy are in the pixel that was cut out, or there is one line of zeros.
                        let pixel = unsafe { T::load(simd, from[n].add(copy * step[n] + lane)) };
                        sums[n] = T::mul_add(simd, gradient, pixel, sums[n]);
                    }
                }
            }
        }
        for n in 0..N {
            T::write(simd, sums[n], &mut values[n * LANES + lane..]);
        }
    }
}

/// Gradients of the images of some groups. Lengths were checked.
pub(super) struct OfImages<'a, T> {
    pub(super) plan: &'a ConvolutionGradientPlan,
    pub(super) parameters: &'a [T],
    pub(super) gradients: &'a [T],
    pub(super) winners: &'a [u32],
    pub(super) of_images: &'a mut [T],
    pub(super) first: usize,
}

impl<T: Number> Kernel for OfImages<'_, T> {
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

impl<T: Number> OfImages<'_, T> {
    #[inline(always)]
    fn groups<S: Simd, const POOL: bool>(self, simd: S) {
        let (plan, (height, width)) = (self.plan, self.plan.geometry.image);
        let (parameters, copies) = (plan.parameters_len(1), plan.copies);
        for (index, of_images) in self.of_images.chunks_exact_mut(plan.inputs_len(1)).enumerate() {
            let group = self.first + index;
            let back = Back {
                plan,
                geometry: plan.geometry,
                parameters: &self.parameters[group * parameters..][..parameters],
                kept: Kept::of_group::<POOL>(plan, group, self.gradients, self.winners),
            };
            for (pixel, of_pixel) in of_images.chunks_exact_mut(copies * LANES).enumerate() {
                let place = [pixel / width / height, pixel / width % height, pixel % width];
                for lane in (0..LANES).step_by(T::lanes::<S>()) {
                    let mut copy = 0;
                    while copy + COPIES <= copies {
                        back.pixel::<S, COPIES, POOL>(simd, place, copy * LANES + lane, of_pixel);
                        copy += COPIES;
                    }
                    for copy in copy..copies {
                        back.pixel::<S, 1, POOL>(simd, place, copy * LANES + lane, of_pixel);
                    }
                }
            }
        }
    }
}

/// What the gradients of images are computed from, for one group.
struct Back<'a, T> {
    plan: &'a ConvolutionGradientPlan,
    geometry: Geometry,
    parameters: &'a [T],
    kept: Kept<'a, T>,
}

impl<T: Number> Back<'_, T> {
    /// A register of `R` copies of the gradient of one pixel, from a lane of the first of them on.
    #[inline(always)]
    fn pixel<S: Simd, const R: usize, const POOL: bool>(
        &self,
        simd: S,
        [channel, y, x]: [usize; 3],
        first: usize,
        of_pixel: &mut [T],
    ) {
        let Back { plan, geometry, parameters, kept } = *self;
        let rows = &plan.rows[y * geometry.kernel.0..][..geometry.kernel.0];
        let columns = &plan.columns[x * geometry.kernel.1..][..geometry.kernel.1];
        let mut sums = [T::splat(simd, T::ZERO); R];
        for reader in plan.readers_of(channel) {
            let value = T::read(simd, &parameters[reader.entry as usize * LANES + first % LANES..]);
            let (row, column) = (rows[reader.y as usize], columns[reader.x as usize]);
            if row == NONE || column == NONE {
                for r in 0..R {
                    sums[r] = T::mul_add(simd, value, T::splat(simd, T::ZERO), sums[r]);
                }
                continue;
            }
            let (cell, number) = geometry.kept::<POOL>(reader.row as usize, row as usize, column as usize);
            let place = cell * plan.copies * LANES + first;
            for r in 0..R {
                let of_sum = kept.of_sum::<S, POOL>(simd, place + r * LANES, number);
                sums[r] = T::mul_add(simd, value, of_sum, sums[r]);
            }
        }
        for r in 0..R {
            T::write(simd, sums[r], &mut of_pixel[first + r * LANES..]);
        }
    }
}
