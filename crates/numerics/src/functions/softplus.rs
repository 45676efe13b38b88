//! `ln(1 + e^x)`.
//!
//! With `e = e^-abs(x)`, which cannot overflow, it is `max(x, 0) + ln(1 + e)`, and `ln(1 + e) = e (1 + e T(e))` with a
//! polynomial `T`, so that it keeps its relative accuracy as `e` vanishes.

use super::exp::{NEGATIVE_END, NEGATIVE_SCALE, of_negative};
use super::{Function, polynomial};
use crate::Simd;

/// `ln(1 + e^x)`; 0 below -103.973, `x` from 14.56 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Softplus;

/// `(ln(1 + e) / e - 1) / e`, relative error of `ln(1 + e)` 2^-25.9 where `0 <= e <= 1`; `scripts/fit-functions softplus`.
const TAIL: [f32; 10] = [
    -0.499_999_88,
    0.333_326_9,
    -0.249_885_81,
    0.198_979_35,
    -0.161_293_4,
    0.124_671_3,
    -0.083_074_175,
    0.041_981_45,
    -0.013_631_524,
    0.002_072_956_4,
];

impl Function for Softplus {
    const NAME: &'static str = "softplus";
    const ULP: f64 = 2.2;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        // NaN passes, being the second operand
        let scaled = of_negative(simd, simd.max(simd.splat(NEGATIVE_END), simd.neg(simd.abs(x))));
        let e = simd.mul(scaled, simd.splat(NEGATIVE_SCALE));
        let slope = simd.mul_add(polynomial(simd, e, TAIL), e, simd.splat(1.0));
        simd.mul_add(slope, e, simd.max(simd.zero(), x))
    }
}
