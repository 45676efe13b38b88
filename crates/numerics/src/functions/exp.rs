//! `e^x`.
//!
//! With `n` the integer nearest to `x / ln 2` and `r = x - n ln 2`, so `abs(r) <= ln 2 / 2`, it is `2^n e^r`. `n ln 2` is
//! taken off in two parts, the first of them exactly. `e^r` is a polynomial. `2^n` is two factors, both normal numbers,
//! so that only the last product can round to a subnormal number, overflow, or vanish.

use std::f32::consts::{LN_2, LOG2_E};

use super::{Function, polynomial};
use crate::Simd;

/// `e^x`; 0 below -103.973, infinite from 88.723 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exp;

/// What rounding to [`LN_2`] left out of `ln 2`.
const LN_2_REST: f32 = -1.904_654_2e-9;
/// `(e^r - 1 - r) / r^2`, relative error of `e^r` 2^-28.0 where `abs(r) <= ln 2 / 2`; `scripts/fit-functions exp`.
const TAIL: [f32; 5] = [0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_745, 0.001_381_453_8];
/// Added to a number below 2^22, leaves its nearest integer in the low bits.
const TO_INTEGER: f32 = 12_582_912.0;
/// Exponent bias of `f32`.
const BIAS: u32 = 127;

impl Function for Exp {
    const NAME: &'static str = "exp";
    const ULP: f64 = 1.0;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        // beyond these the result is 0 or infinite; NaN passes, being the second operand
        let x = simd.max(simd.splat(-105.0), simd.min(simd.splat(90.0), x));
        let (n, mantissa) = reduced::<S, { 2 * BIAS }>(simd, x);
        // 2^n = 2^floor(n/2) 2^ceil(n/2), written as bits: half of n + 2 BIAS is a biased exponent
        let lower = simd.shift_left::<23>(simd.shift_right::<1>(n));
        let upper = simd.sub_bits(simd.shift_left::<23>(n), lower);
        simd.mul(simd.mul(mantissa, simd.float_of_bits(lower)), simd.float_of_bits(upper))
    }
}

/// Bits whose low 9 are `n + OFFSET`, and `e^r`.
#[inline(always)]
fn reduced<S: Simd, const OFFSET: u32>(simd: S, x: S::F) -> (S::U, S::F) {
    let to_integer = simd.splat(TO_INTEGER + OFFSET as f32);
    let shifted = simd.mul_add(x, simd.splat(LOG2_E), to_integer);
    let n = simd.sub(shifted, to_integer);
    let rest = simd.neg_mul_add(n, simd.splat(LN_2), x);
    let r = simd.neg_mul_add(n, simd.splat(LN_2_REST), rest);
    let slope = simd.mul_add(polynomial(simd, r, TAIL), r, simd.splat(1.0));
    (simd.bits_of(shifted), simd.mul_add(slope, r, simd.splat(1.0)))
}

/// Where [`of_negative`] may be cut off: `e^x` is 0 there, and so is `x e^x`.
pub(super) const NEGATIVE_END: f32 = -112.0;
/// What [`of_negative`] must be multiplied with. A normal number times this is rounded once, to the subnormal range.
pub(super) const NEGATIVE_SCALE: f32 = 1.0 / 18_446_744_073_709_551_616.0;
const NEGATIVE_SHIFT: u32 = 64;

/// `e^x / NEGATIVE_SCALE` for `NEGATIVE_END <= x <= 0`: a normal number, with the error of [`Exp`] without subnormals.
#[inline(always)]
pub(super) fn of_negative<S: Simd>(simd: S, x: S::F) -> S::F {
    let (n, mantissa) = reduced::<S, { BIAS + NEGATIVE_SHIFT }>(simd, x);
    simd.mul(mantissa, simd.float_of_bits(simd.shift_left::<23>(n)))
}
