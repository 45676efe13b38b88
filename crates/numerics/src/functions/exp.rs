//! `e^x`.
//!
//! With `n` the integer nearest to `x / ln 2` and `r = x - n ln 2`, so `abs(r) <= ln 2 / 2`, it is `2^n e^r`. `n ln 2` is
//! taken off in two parts, the first of them exactly. `e^r` is a polynomial. `2^n` is two factors, both normal numbers,
//! so that only the last product can round to a subnormal number, overflow, or vanish.

use std::f32::consts::{LN_2, LOG2_E};

use super::{Function, polynomial};
use crate::Simd;

/// `e^x`; 0 from about -103.98 down, infinite from about 88.73 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exp;

/// What rounding to [`LN_2`] left out of `ln 2`.
const LN_2_REST: f32 = -1.904_654_2e-9;
/// `(e^r - 1 - r) / r^2`, least relative error of `e^r` where `abs(r) <= ln 2 / 2`: 2^-28.2.
const TAIL: [f32; 5] = [0.499_999_94, 0.166_665_17, 0.041_668_102, 0.008_369_165_5, 0.001_383_800_3];
/// Added to a number below 2^22, leaves its nearest integer plus [`OFFSET`] in the low bits.
const TO_INTEGER: f32 = 12_582_912.0 + OFFSET;
/// Twice the exponent bias of `f32`: half of `n + OFFSET` is the biased exponent of `2^(n/2)`.
const OFFSET: f32 = 254.0;

/// `e^x` as a product that only its last step can round out of the normal range.
pub(super) struct Parts<S: Simd> {
    /// `e^x / scale`, a normal number.
    pub(super) value: S::F,
    /// A power of two, the square root of `e^x` or so.
    pub(super) scale: S::F,
}

/// `e^x` in two factors, for `abs(x)` up to 170.
#[inline(always)]
pub(super) fn parts<S: Simd>(simd: S, x: S::F) -> Parts<S> {
    let shifted = simd.mul_add(x, simd.splat(LOG2_E), simd.splat(TO_INTEGER));
    let n = simd.sub(shifted, simd.splat(TO_INTEGER));
    let rest = simd.neg_mul_add(n, simd.splat(LN_2), x);
    let r = simd.neg_mul_add(n, simd.splat(LN_2_REST), rest);
    let tail = polynomial(simd, r, TAIL);
    let slope = simd.mul_add(tail, r, simd.splat(1.0));
    let mantissa = simd.mul_add(slope, r, simd.splat(1.0));
    // 2^n = 2^floor(n/2) 2^ceil(n/2), both written as bits
    let bits = simd.bits_of(shifted);
    let lower = simd.shift_left::<23>(simd.shift_right::<1>(bits));
    let upper = simd.sub_bits(simd.shift_left::<23>(bits), lower);
    Parts { value: simd.mul(mantissa, simd.float_of_bits(lower)), scale: simd.float_of_bits(upper) }
}

impl Function for Exp {
    const NAME: &'static str = "exp";
    const ULP: f64 = 1.0;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        // beyond these the result is 0 or infinite; NaN passes, being the second operand
        let x = simd.max(simd.splat(-105.0), simd.min(simd.splat(90.0), x));
        let Parts { value, scale } = parts(simd, x);
        simd.mul(value, scale)
    }
}
