//! `tanh x`.
//!
//! With `h = (e^(2 abs(x)) - 1) / 2` it is `h / (h + 1)` with the sign of `x`: one division, no cancellation, 1 where `h`
//! is too large to feel the sum, and an error of `h` counts the less the larger `h` is. With `n` the integer nearest to
//! `2 abs(x) / ln 2` and `r = abs(x) - n ln 2 / 2`, `h = 2^n p(r) + (2^n - 1) / 2` where `p(r) = (e^(2r) - 1) / 2` is a
//! polynomial. One float of `ln 2 / 2` is enough: it is off by 2^-30, and the slope of `tanh` makes up for `n`.
//!
//! Rejected: a rational function of `x^2`, as fast, whose three roundings add up to 5 units near 1.

use super::{Function, polynomial};
use crate::Simd;

/// `tanh x`: odd to the bit, never beyond 1, exactly 1 from 9.011 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tanh;

/// Beyond this the result is 1.
const ONE_FROM: f32 = 10.0;
/// `2 / ln 2`
const PER_HALF_LN_2: f32 = 2.885_39;
/// `ln 2 / 2`
const HALF_LN_2: f32 = 0.346_573_6;
/// Added to a number below 2^22, leaves its nearest integer plus the exponent bias of `f32` in the low bits.
const TO_EXPONENT: f32 = 12_582_912.0 + 127.0;
/// `(p(r) - r) / r^2`, least relative error of `p` where `abs(r) <= ln 2 / 4`: 2^-25.8.
const TAIL: [f32; 5] = [0.999_999_94, 0.666_661_74, 0.333_337_6, 0.133_864_76, 0.044_424_05];

impl Function for Tanh {
    const NAME: &'static str = "tanh";
    const ULP: f64 = 2.6;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let size = simd.min(simd.splat(ONE_FROM), simd.abs(x));
        let shifted = simd.mul_add(size, simd.splat(PER_HALF_LN_2), simd.splat(TO_EXPONENT));
        let n = simd.sub(shifted, simd.splat(TO_EXPONENT));
        let power = simd.float_of_bits(simd.shift_left::<23>(simd.bits_of(shifted)));
        let r = simd.neg_mul_add(n, simd.splat(HALF_LN_2), size);
        let p = simd.mul_add(polynomial(simd, r, TAIL), simd.mul(r, r), r);
        let steps = simd.mul_add(power, simd.splat(0.5), simd.splat(-0.5));
        let h = simd.mul_add(power, p, steps);
        simd.with_sign_of(simd.div(h, simd.add(h, simd.splat(1.0))), x)
    }
}
