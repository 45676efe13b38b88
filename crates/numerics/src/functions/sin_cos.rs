//! `sin x` and `cos x`, over the whole range.
//!
//! With `n` the integer nearest to `2 abs(x) / pi` and `r = abs(x) - n pi / 2`, so `abs(r) <= pi / 4`, each is a polynomial
//! of `r` for sine or for cosine, with the sign that the quadrant `n mod 4` gives. Up to 2^17, `n pi / 2` is taken off in
//! three parts (Cody and Waite 1980), the first exactly. Beyond, the lanes that need it multiply `x` by the part of
//! `2 / pi` that is neither a multiple of four turns nor too small, in integers (Payne and Hanek 1983). `f32` comes no
//! closer than 2^-30 to a multiple of `pi / 2`, and both ways keep the relative accuracy of `r` there.

use std::f32::consts::{FRAC_2_PI, FRAC_PI_2};

use super::{FRAC_PI_2_REST, Function, everywhere, polynomial};
use crate::{LANES, Simd};

/// `sin x` of radians; NaN at infinities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sin;

/// `cos x` of radians; NaN at infinities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cos;

/// `(sin(r) / r - 1) / r^2` of `r^2`, relative error of `sin r` 2^-27.1; `scripts/fit-functions sin`.
const SINE_TAIL: [f32; 3] = [-0.166_666_54, 0.008_332_137, -0.000_195_120_2];
/// `(cos r - 1 + r^2 / 2) / r^4` of `r^2`, relative error of `cos r` 2^-31.2; `scripts/fit-functions cos`.
const COSINE_TAIL: [f32; 3] = [0.041_666_646, -0.001_388_728_4, 2.442_943e-5];
/// What rounding to the sum of [`FRAC_PI_2`] and [`FRAC_PI_2_REST`] left out of `pi / 2`.
const FRAC_PI_2_LAST: f32 = -1.715_124_5e-15;
/// From here the reduction in three parts is not accurate enough.
const LARGE: f32 = 131_072.0;
/// Added to a number below 2^22, leaves its nearest integer in the low bits.
const TO_INTEGER: f32 = 12_582_912.0;
const SIGN: u32 = 0x8000_0000;

impl Function for Sin {
    const NAME: &'static str = "sin";
    const ULP: f64 = 1.6;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        sin_cos(simd, x).0
    }
}

impl Function for Cos {
    const NAME: &'static str = "cos";
    const ULP: f64 = 1.6;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        sin_cos(simd, x).1
    }
}

/// Sine and cosine of every lane, the bits of [`Sin`] and [`Cos`] for little more than the price of one.
#[inline(always)]
pub fn sin_cos<S: Simd>(simd: S, x: S::F) -> (S::F, S::F) {
    let (quadrant, r) = reduced(simd, simd.abs(x));
    let (one, sign) = (simd.splat_bits(1), simd.splat_bits(SIGN));
    let square = simd.mul(r, r);
    let sine = simd.mul_add(polynomial(simd, square, SINE_TAIL), simd.mul(square, r), r);
    let tail = simd.mul_add(polynomial(simd, square, COSINE_TAIL), square, simd.splat(-0.5));
    let cosine = simd.mul_add(tail, square, simd.splat(1.0));

    let even = simd.equal_bits(simd.and(quadrant, one), simd.splat_bits(0));
    let sine_sign = simd.and(simd.xor(simd.shift_left::<30>(quadrant), simd.bits_of(x)), sign);
    let cosine_sign = simd.and(simd.shift_left::<30>(simd.add_bits(quadrant, one)), sign);
    let signed = |value: S::F, sign: S::U| simd.float_of_bits(simd.xor(simd.bits_of(value), sign));
    (signed(simd.select(even, sine, cosine), sine_sign), signed(simd.select(even, cosine, sine), cosine_sign))
}

/// Bits whose low two are the quadrant, and `r`, of `x` without sign.
#[inline(always)]
fn reduced<S: Simd>(simd: S, x: S::F) -> (S::U, S::F) {
    let to_integer = simd.splat(TO_INTEGER);
    let shifted = simd.mul_add(x, simd.splat(FRAC_2_PI), to_integer);
    let n = simd.sub(shifted, to_integer);
    let first = simd.neg_mul_add(n, simd.splat(FRAC_PI_2), x);
    let second = simd.neg_mul_add(n, simd.splat(FRAC_PI_2_REST), first);
    let r = simd.neg_mul_add(n, simd.splat(FRAC_PI_2_LAST), second);
    let quadrant = simd.bits_of(shifted);

    if everywhere(simd, simd.less(x, simd.splat(LARGE))) {
        return (quadrant, r);
    }
    let (mut quadrants, mut rests, mut inputs) = ([0; LANES], [0.0; LANES], [0.0; LANES]);
    simd.store_bits(quadrant, &mut quadrants);
    simd.store(r, &mut rests);
    simd.store(x, &mut inputs);
    reduce_large(&inputs[..S::LANES], &mut quadrants, &mut rests);
    (simd.load_bits(&quadrants), simd.load(&rests))
}

/// Overwrites quadrant and rest where the input is large, infinite or NaN.
#[cold]
#[inline(never)]
fn reduce_large(inputs: &[f32], quadrants: &mut [u32; LANES], rests: &mut [f32; LANES]) {
    for ((&x, quadrant), rest) in inputs.iter().zip(quadrants).zip(rests) {
        if x.is_nan() || x >= LARGE {
            (*quadrant, *rest) = if x < f32::INFINITY { reduce_one(x) } else { (0, f32::NAN) };
        }
    }
}

/// `2 / pi` in binary, after 32 zeros: the first bit that is set is worth 1/2.
const TWO_OVER_PI: [u32; 8] =
    [0, 0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab];

/// Quadrant and rest of one finite number from [`LARGE`] up.
fn reduce_one(x: f32) -> (u32, f32) {
    let mantissa = u128::from(x.to_bits() & 0x7f_ffff | 0x80_0000);
    // x = mantissa 2^exponent: bits of 2 / pi that this makes worth four quadrants or more are left out, the next 97 kept
    let exponent = (x.to_bits() >> 23) as usize - 120;
    let (word, bit) = (exponent / 32, exponent % 32);
    let window =
        TWO_OVER_PI[word..word + 4].iter().fold(0, |window, &bits| window << 32 | u128::from(bits)) << bit;
    // in units of 2^-126 quadrants, modulo four
    let turn = window.wrapping_mul(mantissa);
    let quadrant = (turn.wrapping_add(1 << 125) >> 126) as u32;
    // in units of 2^-128 quadrants, from -1/2 to 1/2
    let rest = (turn << 2) as i128;
    (quadrant, (rest as f64 * QUADRANT) as f32)
}

/// `pi / 2` in units of 2^-128.
const QUADRANT: f64 = std::f64::consts::FRAC_PI_2 / 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
