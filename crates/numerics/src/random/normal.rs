//! Normal deviates of mean 0 and variance 1, in single precision.
//!
//! Box and Muller (1958): from two independent words, a radius and an angle, two independent deviates
//!
//! ```text
//! sqrt(-2 ln u) cos(2 pi v),   sqrt(-2 ln u) sin(2 pi v)
//! ```
//!
//! Words 0 and 1 of a block make one pair, words 2 and 3 another; the pair takes the places of its words.
//!
//! **Radius.** All 32 bits are used: `u = (word + 1/2) / 2^32`, never 0 and never 1, so that radii go from 2^-16 to
//! 6.76371, which is the largest deviate: of true normal deviates, one in 7 * 10^10 is larger. The word is converted
//! as a signed integer: for `u` below one half that is `u`, above it is `u - 1`, so neither end is rounded away. With
//! `u = m 2^e`, `2/3 <= m < 4/3`, the logarithm is `e ln 2 + ln(1 + f)`, `f = m - 1`, and for `e` = 0 the signed value
//! is `f` itself.
//!
//! **Angle.** The upper bit of the word turns the sign of the cosine, the next one swaps the two deviates, and the
//! lower thirty, centred on one half and read as a signed fraction of an octant, are the angle from the axis: the
//! reduction is exact, and the four copies of the quarter from -45 to 45 degrees cover the circle.
//!
//! Both sets of values are symmetric: the mean over all words is exactly zero, and no deviate is zero.
//!
//! Only operations that are rounded correctly on every machine are used, fused where a product is added, so the bits
//! are the same everywhere.
//!
//! **Accuracy**, against the formula in real arithmetic, in units of 2^-24 of the value: the radius within 2.95 (over
//! all 2^32 words), the cosine within 2.40, and the sine within 3.26 (over all 2^30 angles of an octant), hence a deviate
//! within 7.3; the worst seen is 5.1.
//!
//! **Speed**, a deviate of [`normal_into`](Stream::normal_into) in a buffer of 4096: 1.10 ns with AVX2 on an AMD Zen 3
//! at best (`cargo bench --bench functions random/normal`), 24 ns on the portable path of plain x86-64. With AVX-512 64
//! deviates take 126 cycles in the model of Ice Lake servers that llvm-mca 14 has: 0.8 ns at 2.5 GHz, not yet measured.

use super::Stream;
use super::group::{GROUP, fill, place};
use crate::{Isa, Kernel, LANES, Simd};

/// `-2 ln(1 + f) / f` on `[-1/3, 1/3]`: relative error 2^-24.3, by the algorithm of Remez, rounded one by one.
const LOGARITHM: [f32; 9] = [
    -2.0,
    0.999_997_56,
    -0.666_665_3,
    0.500_249_74,
    -0.400_164_2,
    0.326_499_4,
    -0.280_551_22,
    0.317_674_07,
    -0.279_100_84,
];

/// `sin(pi/4 h) / h` in powers of `h^2`, `h` in `[-1, 1]`: relative error 2^-25.1.
const SINE: [f32; 4] = [std::f32::consts::FRAC_PI_4, -0.080_745_83, 0.002_491_016_4, -3.660_915e-5];

/// `cos(pi/4 h)` in powers of `h^2`: absolute error 2^-24.9.
const COSINE: [f32; 4] = [1.0, -0.308_424_5, 0.015_850_438, -0.000_319_186_86];

/// The bits of 2/3, the lower end of the mantissas.
const TWO_THIRDS: u32 = 0x3f2a_aaab;

/// -2 ln 2
const MINUS_TWO_LN_2: f32 = -2.0 * std::f32::consts::LN_2;

/// The weights of a signed word: of the unit interval for a radius, of an octant for an angle.
const OF_ONE: f32 = 1.0 / (1u64 << 32) as f32;
const OF_OCTANT: f32 = 1.0 / (1u64 << 31) as f32;

impl Stream {
    /// A normal deviate: element `element` of this stream.
    pub fn normal(self, element: u64) -> f32 {
        let (block, word) = place(element);
        let words = self.block(block);
        let pair = word & 2;
        scalar(words[pair], words[pair + 1])[word & 1]
    }

    /// Overwrites `out` with the [`normal`](Stream::normal) deviates from element `first` on.
    ///
    /// # Panics
    ///
    /// If an index does not fit 64 bits.
    pub fn normal_into(self, isa: Isa, first: u64, out: &mut [f32]) {
        fill::<_, GROUP>(first, out, |group, out| isa.run(Normal { stream: self, group, out }));
    }

    /// Normal deviates in registers, in the order of [`bits_lanes`](Stream::bits_lanes).
    #[inline(always)]
    pub fn normal_lanes<S: Simd>(self, simd: S, group: u64, part: usize) -> [S::F; 4] {
        let [radius0, angle0, radius1, angle1] = self.bits_lanes(simd, group, part);
        let ([a, b], [c, d]) = (pair(simd, radius0, angle0), pair(simd, radius1, angle1));
        [a, b, c, d]
    }
}

/// Whole groups of normal deviates.
struct Normal<'a> {
    stream: Stream,
    group: u64,
    out: &'a mut [f32],
}

impl Kernel for Normal<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (index, group) in (0u64..).zip(self.out.as_chunks_mut::<GROUP>().0) {
            for part in 0..LANES / S::LANES {
                let deviates = self.stream.normal_lanes(simd, self.group + index, part);
                for (deviate, line) in deviates.into_iter().zip(group.as_chunks_mut::<LANES>().0) {
                    simd.store(deviate, &mut line[part * S::LANES..]);
                }
            }
        }
    }
}

/// Two deviates from two words in each lane.
#[inline(always)]
fn pair<S: Simd>(simd: S, radius: S::U, angle: S::U) -> [S::F; 2] {
    let radius = simd.sqrt(minus_two_logarithms(simd, radius));
    let fraction = simd.add(simd.float_of_int(simd.shift_left::<2>(angle)), simd.splat(2.0));
    let h = simd.mul(fraction, simd.splat(OF_OCTANT));
    let square = simd.mul(h, h);
    let sine = simd.mul(polynomial(simd, square, &SINE), h);
    let cosine = polynomial(simd, square, &COSINE);
    let sign = simd.and(angle, simd.splat_bits(1 << 31));
    let cosine = simd.float_of_bits(simd.xor(simd.bits_of(cosine), sign));
    let swap = simd.less_signed(simd.shift_left::<1>(angle), simd.splat_bits(0));
    let (first, second) = (simd.select(swap, sine, cosine), simd.select(swap, cosine, sine));
    [simd.mul(radius, first), simd.mul(radius, second)]
}

/// `-2 ln((word + 1/2) / 2^32)` in each lane.
#[inline(always)]
fn minus_two_logarithms<S: Simd>(simd: S, word: S::U) -> S::F {
    let signed = simd.mul(simd.add(simd.float_of_int(word), simd.splat(0.5)), simd.splat(OF_ONE));
    let above = simd.less(signed, simd.zero());
    let u = simd.bits_of(simd.select(above, simd.add(signed, simd.splat(1.0)), signed));
    let distance = simd.sub_bits(u, simd.splat_bits(TWO_THIRDS));
    let exponent = simd.shift_right_signed::<23>(distance);
    let mantissa = simd.float_of_bits(simd.sub_bits(u, simd.shift_left::<23>(exponent)));
    let at_one = simd.equal_bits(exponent, simd.splat_bits(0));
    let f = simd.select(at_one, signed, simd.sub(mantissa, simd.splat(1.0)));
    let whole = simd.mul(simd.float_of_int(exponent), simd.splat(MINUS_TWO_LN_2));
    simd.mul_add(f, polynomial(simd, f, &LOGARITHM), whole)
}

/// A polynomial, lowest power first, by Horner's rule.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, x: S::F, coefficients: &[f32; N]) -> S::F {
    let mut value = simd.splat(coefficients[N - 1]);
    for &coefficient in coefficients[..N - 1].iter().rev() {
        value = simd.mul_add(value, x, simd.splat(coefficient));
    }
    value
}

/// The naive twin of [`pair`].
fn scalar(radius: u32, angle: u32) -> [f32; 2] {
    let horner = |x: f32, coefficients: &[f32]| {
        coefficients.iter().rev().copied().reduce(|value, c| value.mul_add(x, c)).unwrap_or(0.0)
    };

    let signed = (radius as i32 as f32 + 0.5) * OF_ONE;
    let u = if signed < 0.0 { signed + 1.0 } else { signed };
    let exponent = (u.to_bits() as i32 - TWO_THIRDS as i32) >> 23;
    let mantissa = f32::from_bits(u.to_bits().wrapping_sub((exponent << 23) as u32));
    let f = if exponent == 0 { signed } else { mantissa - 1.0 };
    let radius = f.mul_add(horner(f, &LOGARITHM), exponent as f32 * MINUS_TWO_LN_2).sqrt();

    let h = ((angle << 2) as i32 as f32 + 2.0) * OF_OCTANT;
    let sine = horner(h * h, &SINE) * h;
    let cosine = horner(h * h, &COSINE);
    let cosine = if angle >> 31 == 1 { -cosine } else { cosine };
    let [first, second] = if angle >> 30 & 1 == 1 { [sine, cosine] } else { [cosine, sine] };
    [radius * first, radius * second]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::philox;

    /// The bounds of the module text.
    const STATED: f64 = 7.3;
    const STATED_OF_RADIUS: f64 = 2.95;

    /// Box and Muller in double precision, through the platform's functions, at the same radius and angle.
    fn exact(radius: u32, angle: u32) -> [f64; 2] {
        let scale = (-32f64).exp2();
        let radius = if radius >> 31 == 0 {
            -2.0 * ((f64::from(radius) + 0.5) * scale).ln()
        } else {
            -2.0 * ((f64::from(radius as i32) + 0.5) * scale).ln_1p()
        };
        let octant = (f64::from((angle << 2) as i32) + 2.0) * (-31f64).exp2();
        let (sine, cosine) = (octant * std::f64::consts::FRAC_PI_4).sin_cos();
        let cosine = if angle >> 31 == 1 { -cosine } else { cosine };
        let pair = if angle >> 30 & 1 == 1 { [sine, cosine] } else { [cosine, sine] };
        pair.map(|value| radius.sqrt() * value)
    }

    /// The relative error of `found` in units of 2^-24.
    fn error(found: f32, expected: f64) -> f64 {
        (f64::from(found) / expected - 1.0).abs() * 24f64.exp2()
    }

    #[test]
    fn deviates_keep_their_stated_accuracy() {
        let mut worst = [0.0f64; 2];
        let mut check = |radius, angle| {
            let (found, expected) = (scalar(radius, angle), exact(radius, angle));
            for value in 0..2 {
                worst[value] = worst[value].max(error(found[value], expected[value]));
            }
        };
        let steps = if cfg!(miri) { 1 << 8 } else { 1 << 19 };
        for step in 0..steps {
            let [word, other, ..] = philox([1, 2], [step, 0, 0, 0]);
            check(word, other);
            // The ends of the unit interval and the joints of the reduction, where terms cancel.
            for radius in
                [step, !step, 0x5555_5555 - step, 0x5555_5555 + step, 0xaaaa_aaaa - step, 0xaaaa_aaaa + step]
            {
                check(radius, other);
            }
            for angle in [step, 1 << 29 | step, (1 << 31) - step, !step] {
                check(word, angle);
            }
        }
        assert!(worst.iter().all(|&error| error < STATED), "{worst:?}");
    }

    #[test]
    fn the_largest_deviates_are_those_of_the_text_and_none_is_zero() {
        assert_eq!(scalar(0, 0)[0], 6.763_705_7);
        assert_eq!(scalar(u32::MAX, 0)[0], 1.0 / 65_536.0);
        assert!(scalar(u32::MAX, 0)[1] > 0.0 && scalar(u32::MAX, u32::MAX)[1] != 0.0);
    }

    /// How many of the 2^32 radii are longer than `bound`, if they decrease.
    fn longer(radius: impl Fn(u32) -> f64, bound: f64) -> f64 {
        let (mut longer, mut all) = (0u64, 1u64 << 32);
        while longer < all {
            let middle = longer.midpoint(all);
            if radius(middle as u32) > bound { longer = middle + 1 } else { all = middle }
        }
        longer as f64
    }

    /// The tail word by word. A radius longer than `t` has probability `exp(-t^2 / 2)`. A relative error `e`
    /// moves `t^2 / 2` by `t^2 e`, and a word more or less is due to the grid.
    fn tail_is_complete(radius: impl Fn(u32) -> f64) -> bool {
        (1..=67).map(|tenths| f64::from(tenths) / 10.0).all(|bound| {
            let expected = 32f64.exp2() * (-bound * bound / 2.0).exp();
            let allowed = 1.0 + expected * bound * bound * STATED_OF_RADIUS * (-24f64).exp2();
            (longer(&radius, bound) - expected).abs() <= allowed
        })
    }

    #[test]
    fn the_radius_has_the_right_tail_to_the_last_word() {
        assert!(tail_is_complete(|word| f64::from(scalar(word, 0)[0])));
        // With 24 bits, as many generators do, 65 words are missing beyond 6.
        let short = |word: u32| (-2.0 * ((f64::from(word >> 8) + 0.5) * (-24f64).exp2()).ln()).sqrt();
        assert!(!tail_is_complete(short));
    }

    /// By `scripts/pin-random`.
    #[test]
    fn deviates_are_pinned_for_ever() {
        let stream = Stream::new(42, "mutation").child(3);
        let found = [0, 1, 16, 63].map(|element| stream.normal(element).to_bits());
        assert_eq!(found, [0x3aa3_1020, 0xbf61_b1e7, 0x3df5_f203, 0xbfb4_8f13]);
    }

    #[test]
    fn every_instruction_set_gives_the_bits_of_the_naive_twin() {
        let stream = Stream::new(7, "normal");
        let count = if cfg!(miri) { 200 } else { 20_000 };
        let expected: Vec<u32> = (0..count).map(|element| stream.normal(element).to_bits()).collect();
        for isa in Isa::available() {
            let mut found = vec![0.0; expected.len()];
            stream.normal_into(isa, 0, &mut found);
            assert!(found.iter().map(|value| value.to_bits()).eq(expected.iter().copied()), "{isa}");
        }
    }
}
