//! The output channels of one strip of the images: tiles of sums that stay in registers.

use numerics::{Kernel, Simd};

use super::plan::ConvolutionPlan;
use super::rows::Row;
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
        let rows = &self.rows;
        let leave_out = rows.leave_out() && self.values_are_finite(members);
        for y in (0..self.computed.0).step_by(R) {
            // SAFETY: the caller's promise: the strip's inputs and outputs are in the planes.
            let input = unsafe { input.add(y * self.stride * self.input.width * S::LANES) };
            let place = y / R * self.output.width * S::LANES;
            // SAFETY: as above.
            let outputs = members.map(|member| unsafe { member.output.add(place) });
            let parameters = members.map(|member| member.parameters.as_ptr());
            let two = [parameters[0], parameters[M - 1]];
            let both = Strip { plan: self, input, parameters: two, outputs: [outputs[0], outputs[M - 1]], y };
            let all = rows.all();
            let at = |tile| if leave_out { rows.at(y / R, tile) } else { None };
            if const { M == 2 } {
                simd.apart(ShortRows::<2, R> { strip: both, rows: &rows.short_shared });
                run_tiles::<S, 2, R>(simd, both, &self.pair_tiles, &all.shared, |tile| {
                    at(Some(tile)).map(|rows| &*rows.shared)
                });
            } else {
                let one = Strip { plan: self, input, parameters: [parameters[0]], outputs: [outputs[0]], y };
                simd.apart(ShortRows::<1, R> { strip: one, rows: rows.short.as_chunks().0 });
                run_tiles::<S, 2, R>(simd, both, &self.pair_tiles, &all.pairs, |tile| {
                    at(Some(tile)).map(|rows| &*rows.pairs)
                });
                run_tiles::<S, 1, R>(simd, one, &self.single_tiles, all.singles.as_chunks().0, |_| {
                    at(None).map(|rows| rows.singles.as_chunks().0)
                });
            }
        }
    }

    /// Whether the products of all values and zero are zeros.
    // PERF: a loop that ends with the last value, so that the compiler makes it one of registers
    #[inline(always)]
    fn values_are_finite<const M: usize>(&self, members: [Stream<'_>; M]) -> bool {
        let mut finite = true;
        for member in &members {
            for value in &member.parameters[..self.values] {
                finite &= value.is_finite();
            }
        }
        finite
    }
}

/// Tile by tile, all rows of each: without the taps that see nothing there, if such rows are given, and again with all taps
/// if an output may then be -0 in place of 0.
#[inline(always)]
fn run_tiles<'r, S: Simd, const G: usize, const R: usize>(
    simd: S,
    strip: Strip<'_, G>,
    tiles: &[Chunk],
    all: &[[Row; G]],
    at: impl Fn(usize) -> Option<&'r [[Row; G]]>,
) {
    // PERF: before anything is looked up, for strips of short rows are done
    if all.is_empty() {
        return;
    }
    for (place, &tile) in tiles.iter().enumerate() {
        let is_left = match at(place) {
            Some(rows) => run_tile::<S, G, R>(simd, strip, tile, rows),
            None => true,
        };
        if is_left {
            run_tile::<S, G, R>(simd, strip, tile, all);
        }
    }
}

/// One tile of these rows; says whether some output has the sign of negative numbers.
// PERF: each width is a function of its own, which loops over the rows: what a row costs beside its sums counts when it
// has few taps.
#[inline(always)]
fn run_tile<S: Simd, const G: usize, const R: usize>(
    simd: S,
    strip: Strip<'_, G>,
    Chunk { start: x, width }: Chunk,
    rows: &[[Row; G]],
) -> bool {
    // PERF: conditions in `const` blocks, so that tiles that cannot be are not compiled.
    macro_rules! choose {
        ($width:ident, $x:ident, $($streams:literal, $tall:literal: $($C:literal)*;)*) => {
            $($(
                if const { G == $streams && R == $tall && $C * R * G < S::REGISTERS } && $width == $C {
                    return simd.apart(Tiles::<G, R, $C> { strip, rows, x: $x });
                }
            )*)*
        };
    }
    choose! { width, x,
        1, 2: 14 12 8 6 4 2;
        2, 2: 6 4 2;
        1, 1: 14 8 7 4 2 1;
        2, 1: 12 6 4 3 1;
    }
    unreachable!("plans have no other tiles");
}

/// The tiles of all rows at one place of a strip: `R` rows and `C` columns of sums, of `G` streams.
struct Tiles<'a, const G: usize, const R: usize, const C: usize> {
    strip: Strip<'a, G>,
    rows: &'a [[Row; G]],
    /// First column of sums.
    x: usize,
}

impl<const G: usize, const R: usize, const C: usize> Kernel for Tiles<'_, G, R, C> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let mut signs = simd.splat_bits(0);
        let Strip { plan, input, parameters, outputs, .. } = self.strip;
        let row_pitch = plan.stride * plan.input.width * S::LANES;
        let relu = plan.activation == Activation::Relu;
        // SAFETY: the columns of the tile are columns of the output.
        let places = plan.columns.as_deref().map(|places| unsafe { places.get_unchecked(self.x / R..) });
        for rows in self.rows {
            // SAFETY: the plan's taps, values and places are inside the planes and parameters that the strip was made of.
            unsafe {
                let entries = rows[0].first as usize..(rows[0].first + rows[0].len) as usize;
                let entries = plan.rows.taps.get_unchecked(entries);
                let source = Source { input: input.add(self.x * S::LANES), row: row_pitch, entries };
                let mut weights = parameters;
                for g in 0..G {
                    weights[g] = weights[g].add(rows[g].values as usize);
                }
                let mut sums = self.initial::<S>(simd, rows);
                accumulate::<S, _, G, R, C>(simd, source, weights, &mut sums);
                for g in 0..G {
                    let mut output = outputs[g].add(rows[g].output as usize * S::LANES);
                    if places.is_none() {
                        output = output.add(self.x / R * S::LANES);
                    }
                    signs = simd.or(signs, finish(simd, relu, &sums[g], output, places));
                }
            }
        }
        simd.mask_bits(simd.less_signed(signs, simd.splat_bits(0))) != 0
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

/// Stores the outputs of a tile: adjacent, or so many registers after the given one as `columns` say. Gives all bits that
/// some output has.
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
) -> S::U {
    let mut bits = simd.splat_bits(0);
    for c in 0..C / R {
        let value = pooled(simd, relu, sums, c);
        bits = simd.or(bits, simd.bits_of(value));
        // SAFETY: the caller's promise.
        unsafe {
            let place = match columns {
                None => c.cast_signed(),
                Some(columns) => *columns.get_unchecked(c),
            };
            simd.store_pointer(value, output.offset(place * S::LANES.cast_signed()));
        }
    }
    bits
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
