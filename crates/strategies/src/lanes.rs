//! The two loops over every number of a population: to draw sixteen members, and to sum the moments of all.
//!
//! With `z` the normal deviates, `c` a coordinate and `l` a lane, in groups of sixteen members `[coordinate][16]`,
//!
//! ```text
//! draw      plus[c][l] = m_c + d_c z[c][l]      minus[c][l] = m_c - d_c z[c][l]
//! moments   slope_c = sum_i u_i s_i             curvature_c = sum_i v_i s_i^2        s_i = (x_i - m_c) (1 / d_c)
//! ```
//!
//! The order of the sums is part of the definition: lane `l` adds members `l`, `l + 16`, `l + 32`, ... with fused
//! multiply-add, then the lanes are added in halves (`l` and `l + 8`, then `l` and `l + 4`, ...).
//!
//! Both are written twice. [`draw`] and [`moments`] are the definitions, in plain loops, and what `f64` runs. `f32`,
//! which populations of networks are made of, has twins in registers: a deviate goes from the generator to both members
//! of its pair, and a sum stays where it is from the first member to the last. They give the same bits.

use numerics::random::Stream;
use numerics::{Isa, Kernel, LANES, Simd};

use crate::execution::kernel;
use crate::real::Real;

/// Weights of sixteen members, for the first moment and for the second.
pub(crate) type Weights<T> = [[T; LANES]; 2];

/// Number types with their own ways through a population.
pub trait Lanes: Sized {
    /// Overwrites `out`, whichever of plus and minus are wanted, with the deviates `first..` of `stream`, moved and
    /// stretched by means and deviations. `first` is a multiple of 16.
    fn draw(isa: Isa, stream: Stream, first: u64, spread: [&[Self]; 2], out: [Option<&mut [Self]>; 2]);

    /// Overwrites `slope`, and `curvature` where it is not empty, with the moments of groups of members, each with its
    /// weights.
    fn moments(
        isa: Isa,
        groups: &[&[Self]],
        weights: &[Weights<Self>],
        spread: [&[Self]; 2],
        moments: [&mut [Self]; 2],
    );
}

impl Lanes for f64 {
    fn draw(isa: Isa, stream: Stream, first: u64, spread: [&[f64]; 2], out: [Option<&mut [f64]>; 2]) {
        draw(isa, stream, first, spread, out);
    }

    fn moments(
        isa: Isa,
        groups: &[&[f64]],
        weights: &[Weights<f64>],
        spread: [&[f64]; 2],
        moments_of: [&mut [f64]; 2],
    ) {
        moments(isa, groups, weights, spread, moments_of);
    }
}

impl Lanes for f32 {
    fn draw(
        isa: Isa,
        stream: Stream,
        first: u64,
        [mean, deviation]: [&[f32]; 2],
        out: [Option<&mut [f32]>; 2],
    ) {
        for out in out.iter().flatten() {
            assert_eq!(out.len(), mean.len() * LANES, "sixteen members");
        }
        assert_eq!((first % LANES as u64, deviation.len()), (0, mean.len()), "whole coordinates");
        let [plus, minus] = out;
        isa.run(Draw { stream, row: first / LANES as u64, mean, deviation, plus, minus });
    }

    fn moments(
        isa: Isa,
        groups: &[&[f32]],
        weights: &[Weights<f32>],
        [mean, deviation]: [&[f32]; 2],
        [slope, curvature]: [&mut [f32]; 2],
    ) {
        assert_eq!(groups.len(), weights.len(), "weights of each group");
        isa.run(Moments { groups, weights, mean, deviation, slope, curvature });
    }
}

/// The definition of [`Lanes::draw`].
pub(crate) fn draw<T: Real>(
    isa: Isa,
    stream: Stream,
    first: u64,
    [mean, deviation]: [&[T]; 2],
    out: [Option<&mut [T]>; 2],
) {
    let mut deviates = vec![T::ZERO; mean.len() * LANES];
    T::fill_normal(stream, isa, first, &mut deviates);
    place_both(isa, &deviates, [mean, deviation], out);
}

/// What deviates `[coordinate][16]` make of a distribution: plus, and minus.
pub(crate) fn place_both<T: Real>(
    isa: Isa,
    deviates: &[T],
    [mean, deviation]: [&[T]; 2],
    out: [Option<&mut [T]>; 2],
) {
    for (out, sign) in out.into_iter().zip([T::ONE, -T::ONE]) {
        if let Some(out) = out {
            place(isa, deviates, sign, mean, deviation, out);
        }
    }
}

kernel! {
    /// `out[c][lane] = mean[c] + sign deviation[c] draws[c][lane]`
    fn place<'a, T>(draws: &'a [T], sign: T, mean: &'a [T], deviation: &'a [T], out: &'a mut [T]) {
        let (draws, _) = draws.as_chunks::<LANES>();
        let (out, _) = out.as_chunks_mut::<LANES>();
        for (((out, draws), &mean), &deviation) in out.iter_mut().zip(draws).zip(mean).zip(deviation) {
            let deviation = sign * deviation;
            for (out, &draw) in out.iter_mut().zip(draws) {
                *out = deviation.mul_add(draw, mean);
            }
        }
    }
}

/// The definition of [`Lanes::moments`].
pub(crate) fn moments<T: Real>(
    isa: Isa,
    groups: &[&[T]],
    weights: &[Weights<T>],
    [mean, deviation]: [&[T]; 2],
    [slope, curvature]: [&mut [T]; 2],
) {
    let mut sums = vec![[[T::ZERO; LANES]; 2]; mean.len()];
    for (group, weights) in groups.iter().zip(weights) {
        add_group(isa, group, weights, mean, deviation, &mut sums);
    }
    for (slope, [sums, _]) in slope.iter_mut().zip(&sums) {
        *slope = folded(*sums);
    }
    for (curvature, [_, sums]) in curvature.iter_mut().zip(&sums) {
        *curvature = folded(*sums);
    }
}

kernel! {
    /// Adds a group's part of both moments, lane by lane.
    fn add_group<'a, T>(
        group: &'a [T],
        weights: &'a Weights<T>,
        mean: &'a [T],
        deviation: &'a [T],
        sums: &'a mut [[[T; LANES]; 2]],
    ) {
        let (group, _) = group.as_chunks::<LANES>();
        let [u, v] = weights;
        for (((x, [first, second]), &mean), &deviation) in group.iter().zip(sums).zip(mean).zip(deviation) {
            let inverse = T::ONE / deviation;
            for lane in 0..LANES {
                let step = (x[lane] - mean) * inverse;
                first[lane] = u[lane].mul_add(step, first[lane]);
                second[lane] = (v[lane] * step).mul_add(step, second[lane]);
            }
        }
    }
}

/// The sum of sixteen lanes, in halves.
#[inline(always)]
pub(crate) fn in_halves<T: Real>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// The sum of sixteen lanes; 0 where it is not finite, and bounded so that it can be squared.
#[inline(always)]
fn folded<T: Real>(lanes: [T; LANES]) -> T {
    in_halves(lanes).bounded_or_zero()
}

/// [`draw`] of `f32` in registers: four coordinates of a group are one group of the generator.
struct Draw<'a> {
    stream: Stream,
    /// Where the first coordinate is, counted in sixteens of the stream.
    row: u64,
    mean: &'a [f32],
    deviation: &'a [f32],
    plus: Option<&'a mut [f32]>,
    minus: Option<&'a mut [f32]>,
}

impl Kernel for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (mut group, mut skipped) = (self.row / 4, (self.row % 4) as usize);
        let mut done = 0;
        while done < self.mean.len() {
            let count = (4 - skipped).min(self.mean.len() - done);
            for part in 0..LANES / S::LANES {
                let [z0, z1, z2, z3] = self.stream.normal_lanes(simd, group, part);
                if count == 4 {
                    self.place(simd, done, part, z0);
                    self.place(simd, done + 1, part, z1);
                    self.place(simd, done + 2, part, z2);
                    self.place(simd, done + 3, part, z3);
                } else {
                    // PERF: by way of memory, because registers cannot be indexed.
                    let mut whole = [[0.0; LANES]; 4];
                    for (line, deviate) in whole.iter_mut().zip([z0, z1, z2, z3]) {
                        simd.store(deviate, line);
                    }
                    for (offset, line) in whole[skipped..skipped + count].iter().enumerate() {
                        self.place(simd, done + offset, part, simd.load(line));
                    }
                }
            }
            (group, skipped, done) = (group + 1, 0, done + count);
        }
    }
}

impl Draw<'_> {
    #[inline(always)]
    fn place<S: Simd>(&mut self, simd: S, coordinate: usize, part: usize, deviate: S::F) {
        let (mean, deviation) = (simd.splat(self.mean[coordinate]), simd.splat(self.deviation[coordinate]));
        let at = coordinate * LANES + part * S::LANES;
        if let Some(plus) = &mut self.plus {
            simd.store(simd.mul_add(deviation, deviate, mean), &mut plus[at..]);
        }
        if let Some(minus) = &mut self.minus {
            simd.store(simd.neg_mul_add(deviation, deviate, mean), &mut minus[at..]);
        }
    }
}

/// [`moments`] of `f32` in registers: one coordinate of all members at a time.
struct Moments<'a> {
    groups: &'a [&'a [f32]],
    weights: &'a [Weights<f32>],
    mean: &'a [f32],
    deviation: &'a [f32],
    slope: &'a mut [f32],
    curvature: &'a mut [f32],
}

impl Kernel for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Moments { groups, weights, mean, deviation, slope, curvature } = self;
        let spread = mean.iter().zip(deviation).enumerate();
        if curvature.is_empty() {
            for ((coordinate, spread), slope) in spread.zip(slope) {
                *slope = coordinate_moments::<S, false>(simd, groups, weights, coordinate, spread)[0];
            }
        } else {
            for (((coordinate, spread), slope), curvature) in spread.zip(slope).zip(curvature) {
                [*slope, *curvature] =
                    coordinate_moments::<S, true>(simd, groups, weights, coordinate, spread);
            }
        }
    }
}

/// Both moments of a coordinate; the second is 0 unless `BOTH`.
#[inline(always)]
fn coordinate_moments<S: Simd, const BOTH: bool>(
    simd: S,
    groups: &[&[f32]],
    weights: &[Weights<f32>],
    coordinate: usize,
    (mean, deviation): (&f32, &f32),
) -> [f32; 2] {
    let (mean, inverse) = (simd.splat(*mean), simd.splat(1.0 / deviation));
    let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
    for part in 0..LANES / S::LANES {
        let lanes = part * S::LANES;
        let (mut slope, mut curvature) = (simd.zero(), simd.zero());
        for (group, [u, v]) in groups.iter().zip(weights) {
            let x = simd.load(&group[coordinate * LANES + lanes..]);
            let step = simd.mul(simd.sub(x, mean), inverse);
            slope = simd.mul_add(simd.load(&u[lanes..]), step, slope);
            if BOTH {
                let weighted = simd.mul(simd.load(&v[lanes..]), step);
                curvature = simd.mul_add(weighted, step, curvature);
            }
        }
        simd.store(slope, &mut first[lanes..]);
        simd.store(curvature, &mut second[lanes..]);
    }
    [folded(first), if BOTH { folded(second) } else { 0.0 }]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, and the bits of a slice.
    fn numbers(name: &str, count: usize) -> Vec<f32> {
        let mut out = vec![0.0; count];
        Stream::new(5, name).normal_into(Isa::PORTABLE, 0, &mut out);
        out
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn drawing_in_registers_gives_the_bits_of_the_definition() {
        let stream = Stream::new(3, "lanes").child(9);
        for (dims, row) in [(1, 0), (1, 3), (2, 3), (4, 0), (4, 1), (7, 2), (33, 5), (64, 1 << 33)] {
            let (mean, deviation) = (numbers("mean", dims), numbers("deviation", dims));
            let spread = [&mean[..], &deviation[..]];
            for wanted in [[true, false], [false, true], [true, true], [false, false]] {
                let drawn = |isa: Option<Isa>| {
                    let [mut plus, mut minus] = [vec![7.0; dims * LANES], vec![7.0; dims * LANES]];
                    let out = [wanted[0].then_some(&mut plus[..]), wanted[1].then_some(&mut minus[..])];
                    match isa {
                        Some(isa) => f32::draw(isa, stream, row * 16, spread, out),
                        None => draw(Isa::PORTABLE, stream, row * 16, spread, out),
                    }
                    bits(&[plus, minus].concat())
                };
                for isa in Isa::available() {
                    assert_eq!(drawn(Some(isa)), drawn(None), "{isa}, {dims} from {row}, {wanted:?}");
                }
            }
        }
        let mut plus = [0.0; LANES];
        f32::draw(Isa::detected(), stream, 32, [&[0.0], &[1.0]], [Some(&mut plus), None]);
        assert_eq!(plus[5], stream.normal(37));
    }

    #[test]
    fn moments_in_registers_have_the_bits_of_the_definition() {
        for (dims, count) in [(1, 0), (1, 1), (5, 2), (64, 8), (33, 3)] {
            let (mean, deviation) = (numbers("mean", dims), numbers("deviation", dims));
            let spread = [&mean[..], &deviation[..]];
            let mut population = numbers("population", count * dims * LANES);
            if count == 3 {
                population[7] = f32::NAN;
                population[40 * LANES] = f32::INFINITY;
            }
            let groups: Vec<&[f32]> = population.chunks(dims * LANES).collect();
            let weights = numbers("weights", 2 * count * LANES);
            let weights: Vec<Weights<f32>> = weights.as_chunks::<LANES>().0.as_chunks::<2>().0.to_vec();
            for curved in [0, dims] {
                let mut expected = [vec![7.0; dims], vec![7.0; curved]];
                let [slope, curvature] = &mut expected;
                moments(Isa::PORTABLE, &groups, &weights, spread, [slope, curvature]);
                assert!(expected.iter().flatten().all(|moment| moment.is_finite()));
                for isa in Isa::available() {
                    let mut found = [vec![7.0; dims], vec![7.0; curved]];
                    let [slope, curvature] = &mut found;
                    f32::moments(isa, &groups, &weights, spread, [slope, curvature]);
                    assert_eq!(bits(&found.concat()), bits(&expected.concat()), "{isa}, {dims} of {count}");
                }
            }
        }
    }

    #[test]
    fn moments_of_a_hand_worked_case() {
        // Steps 1 and -2 in units of a deviation of 2, around 10; weights 3 and 1.
        let mut group = [10.0f64; LANES];
        (group[0], group[9]) = (12.0, 6.0);
        let mut weights = [[0.0; LANES]; 2];
        for weights in &mut weights {
            (weights[0], weights[9]) = (3.0, 1.0);
        }
        let (mut slope, mut curvature) = ([0.0], [0.0]);
        let out = [&mut slope[..], &mut curvature[..]];
        f64::moments(Isa::detected(), &[&group], &[weights], [&[10.0], &[2.0]], out);
        assert_eq!((slope, curvature), ([3.0 - 2.0], [3.0 + 4.0]));
    }
}
