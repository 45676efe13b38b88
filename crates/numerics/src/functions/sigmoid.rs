//! The logistic function `1 / (1 + e^-x)`.
//!
//! With `e = e^-abs(x)`, which cannot overflow, it is `1 / (1 + e)`, and `e / (1 + e)` for negative `x`.

use super::Function;
use super::exp::{NEGATIVE_END, NEGATIVE_SCALE, of_negative};
use crate::Simd;

/// `1 / (1 + e^-x)`; 0 below -103.973, exactly 1 from 16.64 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sigmoid;

impl Function for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const ULP: f64 = 2.5;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let scale = simd.splat(NEGATIVE_SCALE);
        let scaled = of_negative(simd, simd.max(simd.splat(NEGATIVE_END), simd.neg(simd.abs(x))));
        let numerator = simd.select(simd.less(x, simd.zero()), simd.mul(scaled, scale), simd.splat(1.0));
        simd.div(numerator, simd.mul_add(scaled, scale, simd.splat(1.0)))
    }
}
