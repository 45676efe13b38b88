//! `ln x`.
//!
//! `x = 2^n m` with `2/3 <= m < 4/3`, so that `f = m - 1` is exact, and `ln x = n ln 2 + f + f^2 T(f)` with a polynomial
//! `T`. One float of `ln 2` is enough: it is off by 2^-29, and where `n` is not 0 the result is 0.28 at least.

use std::f32::consts::LN_2;

use super::{Function, everywhere, normal_positive, polynomial};
use crate::Simd;

/// `ln x`; negative infinity at either zero, NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ln;

/// `(ln(1 + f) - f) / f^2`, least relative error of `ln(1 + f)` where `abs(f) <= 1/3`: 2^-26.6.
const TAIL: [f32; 9] = [
    -0.5,
    0.333_332_1,
    -0.249_997_17,
    0.200_107_47,
    -0.166_823_06,
    0.140_011_61,
    -0.121_671_51,
    0.140_047_57,
    -0.129_489_78,
];
/// The bits of 2/3: the least `m`.
const LEAST: u32 = 0x3f2a_aaab;
/// Bits that are not exponent.
const EXPONENT: u32 = 0xff80_0000;

/// `ln x + shift ln 2` for normal positive `x`.
#[inline(always)]
fn of_normal<S: Simd>(simd: S, x: S::F, shift: S::F) -> S::F {
    let bits = simd.bits_of(x);
    let exponent = simd.and(simd.sub_bits(bits, simd.splat_bits(LEAST)), simd.splat_bits(EXPONENT));
    let m = simd.float_of_bits(simd.sub_bits(bits, exponent));
    let n = simd.add(simd.float_of_int(simd.shift_right_signed::<23>(exponent)), shift);
    let f = simd.sub(m, simd.splat(1.0));
    let tail = polynomial(simd, f, TAIL);
    simd.mul_add(n, simd.splat(LN_2), simd.mul_add(tail, simd.mul(f, f), f))
}

impl Function for Ln {
    const NAME: &'static str = "ln";
    const ULP: f64 = 1.0;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let result = of_normal(simd, x, simd.zero());
        let normal = normal_positive(simd, x);
        if everywhere(simd, normal) {
            return result;
        }
        simd.select(normal, result, of_rest(simd, x))
    }
}

/// `ln x` for what is no normal positive number.
#[inline(always)]
fn of_rest<S: Simd>(simd: S, x: S::F) -> S::F {
    const TO_NORMAL: f32 = 8_388_608.0;
    let subnormal = of_normal(simd, simd.mul(x, simd.splat(TO_NORMAL)), simd.splat(-23.0));
    // infinity is its own logarithm, NaN too
    let positive = simd.select(simd.less(x, simd.splat(f32::MIN_POSITIVE)), subnormal, x);
    let not_zero = simd.select(simd.less(x, simd.zero()), simd.splat(f32::NAN), positive);
    simd.select(simd.equal(x, simd.zero()), simd.splat(f32::NEG_INFINITY), not_zero)
}
