//! `1 / sqrt(x)`.
//!
//! A first guess halves the exponent in the bits (the constant spreads its error evenly over a period of two exponents),
//! and each step `y (1 + d / 2 + 3/8 d^2)` with `d = 1 - x y^2` cubes that error: 2^-4.9, 2^-13, below rounding.
//!
//! Rejected: a division by a square root, which is off by up to 1.3 units and keeps the divider busy.

use super::{Function, everywhere, normal_positive};
use crate::Simd;

/// `1 / sqrt(x)`; infinite at the zeros, with their sign, NaN below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rsqrt;

/// The bits of the guess at `x` are this less half the bits of `x`.
const GUESS: u32 = 0x5f37_642f;

impl Function for Rsqrt {
    const NAME: &'static str = "rsqrt";
    const ULP: f64 = 1.0;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let result = of_normal(simd, x);
        let normal = normal_positive(simd, x);
        if everywhere(simd, normal) {
            return result;
        }
        simd.select(normal, result, of_rest(simd, x))
    }
}

#[inline(always)]
fn of_normal<S: Simd>(simd: S, x: S::F) -> S::F {
    let guess = simd.sub_bits(simd.splat_bits(GUESS), simd.shift_right::<1>(simd.bits_of(x)));
    improved(simd, x, improved(simd, x, simd.float_of_bits(guess)))
}

#[inline(always)]
fn improved<S: Simd>(simd: S, x: S::F, y: S::F) -> S::F {
    let d = simd.neg_mul_add(simd.mul(x, y), y, simd.splat(1.0));
    let change = simd.mul_add(d, simd.splat(0.375), simd.splat(0.5));
    simd.mul_add(simd.mul(y, d), change, y)
}

/// `1 / sqrt(x)` for what is no normal positive number.
#[inline(always)]
fn of_rest<S: Simd>(simd: S, x: S::F) -> S::F {
    const TO_NORMAL: f32 = 16_777_216.0;
    const BACK: f32 = 4096.0;
    let subnormal = simd.mul(of_normal(simd, simd.mul(x, simd.splat(TO_NORMAL))), simd.splat(BACK));
    let limit = simd.div(simd.splat(1.0), simd.sqrt(x));
    let is_subnormal = simd.less(x, simd.splat(f32::MIN_POSITIVE));
    simd.select(simd.less(simd.zero(), x), simd.select(is_subnormal, subnormal, limit), limit)
}
