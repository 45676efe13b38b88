//! The output channels of one strip of the images: tiles of sums that stay in registers.

use numerics::{Kernel, Simd};

use super::plan::{ConvolutionPlan, Row};
use super::short::ShortRows;
use crate::Activation;
use crate::chunks::Chunk;
use crate::tile::{Accumulators, Source, accumulate};

/// One member's part in a convolution.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'a> {
    /// The layer's: one value for each entry of the pattern, then what the sums begin with: for each output channel one
    /// number, or one for each of its pixels before pooling.
    pub(crate) parameters: &'a [f32],
    /// Output planes.
    pub(crate) output: *mut f32,
}

/// A block of images and the members that see it, on one strip: the outputs of one row.
#[derive(Clone, Copy)]
pub(super) struct Strip<'a, const G: usize> {
    pub(super) plan: &'a ConvolutionPlan,
    /// Input of the first output of the strip, before the place of a tap is added.
    pub(super) input: *const f32,
    /// Values of the streams' layer.
    pub(super) parameters: [*const f32; G],
    /// Outputs of the streams, at the strip.
    pub(super) outputs: [*mut f32; G],
    /// Row of sums before pooling.
    pub(super) y: usize,
}

impl ConvolutionPlan {
    /// Convolves one block of images for one member, or for two that read the same input.
    ///
    /// # Safety
    ///
    /// `input` must be readable as the input planes of the plan, and each output writable as its output planes; the
    /// planes do not overlap. The plan was made for registers of `S`.
    ///
    /// # Panics
    ///
    /// If the parameters are not as many as the layer has.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd, const M: usize>(
        &self,
        simd: S,
        input: *const f32,
        members: [Stream<'_>; M],
    ) {
        for member in &members {
            assert_eq!(member.parameters.len(), self.parameters, "parameters of the layer");
        }
        // SAFETY: the caller's promise, for each.
        unsafe {
            if self.pool {
                self.strips::<S, M, 2>(simd, input, members);
            } else {
                self.strips::<S, M, 1>(simd, input, members);
            }
        }
    }

    /// Strip by strip, of `R` rows.
    ///
    /// # Safety
    ///
    /// As for [`ConvolutionPlan::run`].
    // PERF: all output channels of a strip before the next strip: the window of inputs stays in the first cache.
    #[inline(always)]
    unsafe fn strips<S: Simd, const M: usize, const R: usize>(
        &self,
        simd: S,
        input: *const f32,
        members: [Stream<'_>; M],
    ) {
        for y in (0..self.computed.0).step_by(R) {
            // SAFETY: the caller's promise: the strip's inputs and outputs are in the planes.
            let input = unsafe { input.add(y * self.stride * self.input.width * S::LANES) };
            let place = y / R * self.output.width * S::LANES;
            // SAFETY: as above.
            let outputs = members.map(|member| unsafe { member.output.add(place) });
            let parameters = members.map(|member| member.parameters.as_ptr());
            let two = [parameters[0], parameters[M - 1]];
            let both = Strip { plan: self, input, parameters: two, outputs: [outputs[0], outputs[M - 1]], y };
            if const { M == 2 } {
                simd.apart(ShortRows::<2, R> { strip: both, rows: &self.short_shared });
                tiles::<S, 2, R>(simd, both, &self.pair_tiles, &self.shared);
            } else {
                let one = Strip { plan: self, input, parameters: [parameters[0]], outputs: [outputs[0]], y };
                simd.apart(ShortRows::<1, R> { strip: one, rows: self.short.as_chunks().0 });
                tiles::<S, 2, R>(simd, both, &self.pair_tiles, &self.pairs);
                tiles::<S, 1, R>(simd, one, &self.single_tiles, self.singles.as_chunks().0);
            }
        }
    }
}

/// Tile by tile, all rows of each.
// PERF: each width is a function of its own, which loops over the rows: what a row costs beside its sums counts when it
// has few taps.
#[inline(always)]
fn tiles<S: Simd, const G: usize, const R: usize>(
    simd: S,
    strip: Strip<'_, G>,
    chunks: &[Chunk],
    rows: &[[Row; G]],
) {
    if rows.is_empty() {
        return;
    }
    // PERF: conditions in `const` blocks, so that tiles that cannot be are not compiled.
    macro_rules! choose {
        ($width:ident, $x:ident, $($streams:literal, $tall:literal: $($C:literal)*;)*) => {
            $($(
                if const { G == $streams && R == $tall && $C * R * G < S::REGISTERS } && $width == $C {
                    simd.apart(Tiles::<G, R, $C> { strip, rows, x: $x });
                }
            )*)*
        };
    }
    for &Chunk { start: x, width } in chunks {
        choose! { width, x,
            1, 2: 14 12 8 6 4 2;
            2, 2: 6 4 2;
            1, 1: 14 8 7 4 2 1;
            2, 1: 12 6 4 3 1;
        }
    }
}

/// The tiles of all rows at one place of a strip: `R` rows and `C` columns of sums, of `G` streams.
struct Tiles<'a, const G: usize, const R: usize, const C: usize> {
    strip: Strip<'a, G>,
    rows: &'a [[Row; G]],
    /// First column of sums.
    x: usize,
}

impl<const G: usize, const R: usize, const C: usize> Kernel for Tiles<'_, G, R, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Strip { plan, input, parameters, outputs, .. } = self.strip;
        let row_pitch = plan.stride * plan.input.width * S::LANES;
        let relu = plan.activation == Activation::Relu;
        // SAFETY: the columns of the tile are columns of the output.
        let places = plan.columns.as_deref().map(|places| unsafe { places.get_unchecked(self.x / R..) });
        for rows in self.rows {
            // SAFETY: the plan's taps, values and places are inside the planes and parameters that the strip was made of.
            unsafe {
                let entries = rows[0].first as usize..(rows[0].first + rows[0].len) as usize;
                let offsets = plan.taps.get_unchecked(entries);
                let source = Source { input: input.add(self.x * S::LANES), row: row_pitch, offsets };
                let mut weights = parameters;
                for g in 0..G {
                    weights[g] = weights[g].add(rows[g].first as usize);
                }
                let mut sums = self.initial::<S>(simd, rows);
                accumulate::<S, G, R, C>(simd, source, weights, &mut sums);
                for g in 0..G {
                    let mut output = outputs[g].add(rows[g].output as usize * S::LANES);
                    if places.is_none() {
                        output = output.add(self.x / R * S::LANES);
                    }
                    finish(simd, relu, &sums[g], output, places);
                }
            }
        }
    }
}

impl<const G: usize, const R: usize, const C: usize> Tiles<'_, G, R, C> {
    /// What the sums begin with.
    ///
    /// # Safety
    ///
    /// The parameters hold the initial values of the rows.
    #[inline(always)]
    unsafe fn initial<S: Simd>(&self, simd: S, rows: &[Row; G]) -> Accumulators<S, G, R, C> {
        let Strip { plan, parameters, y, .. } = self.strip;
        let mut sums = [[[simd.zero(); C]; R]; G];
        for g in 0..G {
            // SAFETY: the caller's promise.
            unsafe {
                let initial = parameters[g].add(rows[g].initial as usize);
                if !rows[g].map {
                    sums[g] = [[simd.splat(*initial); C]; R];
                    continue;
                }
                for r in 0..R {
                    for c in 0..C {
                        sums[g][r][c] = simd.splat(*initial.add((y + r) * plan.map_width + self.x + c));
                    }
                }
            }
        }
        sums
    }
}

/// Stores the outputs of a tile: adjacent, or so many registers after the given one as `columns` say.
///
/// # Safety
///
/// Registers are writable at the places of the outputs.
#[inline(always)]
unsafe fn finish<S: Simd, const R: usize, const C: usize>(
    simd: S,
    relu: bool,
    sums: &[[S::F; C]; R],
    output: *mut f32,
    columns: Option<&[isize]>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match columns {
            None => {
                for c in 0..C / R {
                    simd.store_pointer(pooled(simd, relu, sums, c), output.add(c * S::LANES));
                }
            }
            Some(columns) => {
                for c in 0..C / R {
                    let place = *columns.get_unchecked(c) * S::LANES.cast_signed();
                    simd.store_pointer(pooled(simd, relu, sums, c), output.offset(place));
                }
            }
        }
    }
}

/// Output `c`: the largest of a square where there are two rows of sums, after the activation if it is
/// [`Activation::Relu`].
#[inline(always)]
pub(super) fn pooled<S: Simd, const R: usize, const C: usize>(
    simd: S,
    relu: bool,
    sums: &[[S::F; C]; R],
    c: usize,
) -> S::F {
    let mut value = sums[0][R * c];
    if R == 2 {
        let above = simd.max(value, sums[0][2 * c + R - 1]);
        let below = simd.max(sums[R - 1][2 * c], sums[R - 1][2 * c + R - 1]);
        value = simd.max(above, below);
    }
    if relu { Activation::Relu.apply(simd, value) } else { value }
}
