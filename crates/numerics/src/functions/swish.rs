//! `x / (1 + e^-x)`, also called SiLU (Elfwing, Uchibe, Doya 2018; Ramachandran, Zoph, Le 2017).
//!
//! As in the logistic function, `e = e^-abs(x)`, and for negative `x` it is `x e / (1 + e)`. There the product is formed
//! before `e` is scaled down to where it may be subnormal: what `e` loses there, `x` would multiply.

use super::Function;
use super::exp::{NEGATIVE_END, NEGATIVE_SCALE, of_negative};
use crate::Simd;

/// `x / (1 + e^-x)`; -0 below -108.67, `x` from 16.64 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swish;

impl Function for Swish {
    const NAME: &'static str = "swish";
    const ULP: f64 = 3.4;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let (end, scale, one) = (simd.splat(NEGATIVE_END), simd.splat(NEGATIVE_SCALE), simd.splat(1.0));
        // minus infinity times 0 would be NaN
        let x = simd.max(end, x);
        let scaled = of_negative(simd, simd.max(end, simd.neg(simd.abs(x))));
        let negative = simd.less(x, simd.zero());
        let numerator = simd.select(negative, simd.mul(x, scaled), x);
        let quotient = simd.div(numerator, simd.mul_add(scaled, scale, one));
        simd.mul(quotient, simd.select(negative, scale, one))
    }
}
