//! `tanh x` to four digits, for activations where that is enough and time is not.
//!
//! A quotient `x P(x^2) / Q(x^2)` whose division is a guess (the bits of `1 / m` are nearly a constant less those of `m`,
//! to 2^-4.3) and one cubic correction: a divider takes longer than all the rest, and the products that the caller has
//! next can run beside this. `x^2` is cut off where `tanh x` is 1 to the same four digits, beyond which the quotient grows
//! like `x` until it is cut off at 1.

use super::{Function, polynomial};
use crate::Simd;

/// `tanh x` within a ten-thousandth of itself: odd to the bit, never beyond 1, exactly 1 from 5.15 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TanhFast;

/// `P(t)` and `Q(t)`, relative error of the quotient 2^-14.0 where `t <= LARGEST_SQUARE`; `scripts/fit-functions
/// tanh_fast`.
const NUMERATOR: [f32; 3] = [0.999_938_9, 0.101_958_75, 0.000_656_499_6];
const DENOMINATOR: [f32; 3] = [1.0, 0.434_925_97, 0.012_679_671];
const LARGEST_SQUARE: f32 = 26.5;
/// The bits of the guess at `1 / m` are this less the bits of `m`.
const GUESS: u32 = 0x7ef3_11c7;
/// `T(d)` such that `y T(1 - m y)` is `1 / m` for the guess `y`, to 2^-14.9; `scripts/fit-functions reciprocal`.
const RECIPROCAL: [f32; 3] = [1.0, 1.001_917_1, 1.001_916_2];

impl Function for TanhFast {
    const NAME: &'static str = "tanh_fast";
    const ULP: f64 = 1600.0;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let one = simd.splat(1.0);
        // NaN passes here and below, being the second operand
        let square = simd.min(simd.splat(LARGEST_SQUARE), simd.mul(x, x));
        let numerator = simd.mul(x, polynomial(simd, square, NUMERATOR));
        let denominator = polynomial(simd, square, DENOMINATOR);
        let guess = simd.float_of_bits(simd.sub_bits(simd.splat_bits(GUESS), simd.bits_of(denominator)));
        let d = simd.neg_mul_add(denominator, guess, one);
        let quotient = simd.mul(simd.mul(numerator, guess), polynomial(simd, d, RECIPROCAL));
        simd.max(simd.splat(-1.0), simd.min(one, quotient))
    }
}
