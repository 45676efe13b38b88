//! The two number types of a search, and the functions of them that results depend on.
//!
//! `exp` and `ln` are written out here, in operations that are correctly rounded everywhere, because the platform's
//! differ between platforms. Both are within one unit in the last place of `f64` or little more (the tests say how far
//! over a wide sample), and branch-free where vectors of them are needed.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use numerics::Isa;
use numerics::random::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::lanes::Lanes;

/// `f32` or `f64`: the type of a search's parameters.
///
/// Fitness, settings and sums over coordinates are `f64` whatever the parameters are.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Serialize
    + DeserializeOwned
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Sum
    + Lanes
    + private::Sealed
    + 'static
{
    /// `f32` or `f64`, as written into saved states.
    const NAME: &'static str;
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// The smallest deviation that a search keeps: its reciprocal is finite.
    const SMALLEST: Self;
    /// The largest deviation or fitness weight that a search keeps: its square is finite.
    const LARGEST: Self;

    /// Rounds to this type.
    fn of(value: f64) -> Self;
    /// The same value as `f64`.
    fn wide(self) -> f64;
    /// `self * factor + summand`, rounded once.
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Magnitude.
    fn abs(self) -> Self;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// `e` to the power `self`, computed in `f64`.
    fn exponential(self) -> Self;
    /// All bits, for checksums and comparisons.
    fn bits(self) -> u64;

    /// Overwrites `out` with the normal deviates `start..` of `stream`. Both types see the same deviates: those of
    /// `f32`, so a search in `f64` draws the same points, to more digits.
    #[doc(hidden)]
    fn fill_normal(stream: Stream, isa: Isa, start: u64, out: &mut [Self]);

    /// `self` where it is finite, else 0.
    #[inline(always)]
    fn finite_or_zero(self) -> Self {
        if self.is_finite() { self } else { Self::ZERO }
    }

    /// 0 where it is not finite, and no further from 0 than what can be squared.
    #[inline(always)]
    fn bounded_or_zero(self) -> Self {
        let finite = self.finite_or_zero();
        let below = if finite < Self::LARGEST { finite } else { Self::LARGEST };
        if below > -Self::LARGEST { below } else { -Self::LARGEST }
    }

    /// `self + step` where that is finite, else `self`.
    #[inline(always)]
    fn moved_by(self, step: Self) -> Self {
        let there = self + step;
        if there.is_finite() { there } else { self }
    }

    /// A deviation that can be divided by and squared: NaN and everything too small become the smallest.
    #[inline(always)]
    fn as_deviation(self) -> Self {
        let bounded = if self < Self::LARGEST { self } else { Self::LARGEST };
        if bounded > Self::SMALLEST && self.is_finite() {
            bounded
        } else if self > Self::ONE {
            Self::LARGEST
        } else {
            Self::SMALLEST
        }
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

macro_rules! shared_methods {
    ($real:ident) => {
        #[inline(always)]
        fn of(value: f64) -> $real {
            value as $real
        }
        #[inline(always)]
        fn wide(self) -> f64 {
            self.into()
        }
        #[inline(always)]
        fn mul_add(self, factor: $real, summand: $real) -> $real {
            $real::mul_add(self, factor, summand)
        }
        #[inline(always)]
        fn sqrt(self) -> $real {
            $real::sqrt(self)
        }
        #[inline(always)]
        fn abs(self) -> $real {
            $real::abs(self)
        }
        #[inline(always)]
        fn is_finite(self) -> bool {
            self.abs() <= $real::MAX
        }
        #[inline(always)]
        fn exponential(self) -> $real {
            exp(self.into()) as $real
        }
        #[inline(always)]
        fn bits(self) -> u64 {
            self.to_bits().into()
        }
    };
}

impl Real for f32 {
    const NAME: &'static str = "f32";
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const SMALLEST: f32 = 1e-37;
    const LARGEST: f32 = 1e18;

    shared_methods!(f32);

    fn fill_normal(stream: Stream, isa: Isa, start: u64, out: &mut [f32]) {
        stream.normal_into(isa, start, out);
    }
}

impl Real for f64 {
    const NAME: &'static str = "f64";
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const SMALLEST: f64 = 1e-300;
    const LARGEST: f64 = 1e150;

    shared_methods!(f64);

    fn fill_normal(stream: Stream, isa: Isa, start: u64, out: &mut [f64]) {
        let mut narrow = [0.0; 256];
        for (index, part) in out.chunks_mut(narrow.len()).enumerate() {
            let narrow = &mut narrow[..part.len()];
            stream.normal_into(isa, start + 256 * index as u64, narrow);
            for (wide, narrow) in part.iter_mut().zip(narrow) {
                *wide = f64::from(*narrow);
            }
        }
    }
}

/// `1.5 * 2^52`: added to a small number, it leaves the nearest integer in the last bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// `ln 2`, the digits that a product with an integer below 2^20 keeps exactly, and the rest.
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// `e` to the power `x`: `2^n` times the Taylor series of the rest, which is at most half of `ln 2`. The first term left
/// out, `r^14 / 14!`, is below 5e-18.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    // Written so that NaN passes through.
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let n = x.mul_add(std::f64::consts::LOG2_E, ROUNDER) - ROUNDER;
    let rest = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    const INVERSE_FACTORIALS: [f64; 14] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let mut sum = 0.0f64;
    for factor in INVERSE_FACTORIALS {
        sum = sum.mul_add(rest, factor);
    }
    // In two steps, because 2^n alone may be beyond the range where the product is not.
    let half = n.mul_add(0.5, ROUNDER) - ROUNDER;
    sum * power_of_two(half) * power_of_two(n - half)
}

/// `2^n` for an integer of magnitude below 1023.
#[inline(always)]
fn power_of_two(n: f64) -> f64 {
    f64::from_bits((n + (ROUNDER + 1023.0)).to_bits() << 52)
}

/// Natural logarithm: `e ln 2 + ln m` with `m` within a factor of `sqrt 2` of 1, and `ln m` as twice the series of the
/// inverse hyperbolic tangent of `(m - 1) / (m + 1)`. NaN below zero.
pub(crate) fn ln(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x == f64::INFINITY {
        return x;
    }
    let (x, shift) = if x < f64::MIN_POSITIVE { (x * 18_014_398_509_481_984.0, -54) } else { (x, 0) };
    let mut exponent = (x.to_bits() >> 52) as i32 - 1023 + shift;
    let mut fraction = f64::from_bits(x.to_bits() & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if fraction > std::f64::consts::SQRT_2 {
        fraction *= 0.5;
        exponent += 1;
    }
    let away = fraction - 1.0;
    let ratio = away / (2.0 + away);
    let square = ratio * ratio;
    let mut series = 0.0f64;
    for odd in (1..=11).rev() {
        series = series.mul_add(square, 1.0 / f64::from(2 * odd + 1));
    }
    // away - ratio * away is twice the ratio, without its rounding.
    let tail = ratio * 2.0 * square * series;
    let exponent = f64::from(exponent);
    let small = (-ratio).mul_add(away, tail) + exponent * LN_2_LOW;
    exponent.mul_add(LN_2_HIGH, away + small)
}

/// `base` to a whole power, by squaring: the platform's may differ in the last digit.
pub(crate) fn power(base: f64, exponent: u64) -> f64 {
    let (mut result, mut square, mut left) = (1.0, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

/// Euclidean norm: the squares are summed in sixteen lanes, a coordinate in lane `index % 16`, and the lanes in order.
pub(crate) fn norm<T: Real>(values: &[T]) -> f64 {
    let mut lanes = [0.0f64; 16];
    for part in values.chunks(16) {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane = value.wide().mul_add(value.wide(), *lane);
        }
    }
    lanes.iter().sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The platform's function is the oracle; it is itself within one unit of the truth.
    fn units_apart(found: f64, expected: f64) -> f64 {
        let unit = f64::from_bits(expected.abs().to_bits() + 1) - expected.abs();
        (found - expected).abs() / unit
    }

    #[test]
    fn exp_and_ln_are_within_two_units_of_the_platforms() {
        let (mut worst_exp, mut worst_ln) = (0.0f64, 0.0f64);
        for step in -200_000..=200_000 {
            let x = f64::from(step) * 0.003_52;
            worst_exp = worst_exp.max(units_apart(exp(x), x.exp()));
            let y = (f64::from(step) * 0.001_7).exp();
            worst_ln = worst_ln.max(units_apart(ln(y), y.ln()));
        }
        assert!(worst_exp <= 2.0, "exp is {worst_exp} units away");
        assert!(worst_ln <= 2.0, "ln is {worst_ln} units away");
    }

    #[test]
    fn the_ends_of_the_range_are_as_expected() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert!(exp(f64::NAN).is_nan() && ln(f64::NAN).is_nan() && ln(-1.0).is_nan());
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert!(units_apart(ln(5e-324), -744.440_071_921_381_2) <= 2.0);
        assert_eq!(Real::exponential(200.0f32), f32::INFINITY);
    }

    #[test]
    fn deviations_can_be_divided_by_and_squared() {
        for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e-320, 1e300, 0.3] {
            let kept = wild.as_deviation();
            assert!((1.0 / kept).is_finite() && (kept * kept).is_finite() && kept > 0.0, "{wild} -> {kept}");
            let kept = (wild as f32).as_deviation();
            assert!((1.0 / kept).is_finite() && (kept * kept).is_finite() && kept > 0.0, "{wild} -> {kept}");
        }
        assert_eq!(0.3.as_deviation(), 0.3);
        assert_eq!(f64::INFINITY.as_deviation(), f64::LARGEST);
    }

    #[test]
    fn whole_powers_are_products() {
        assert_eq!(power(0.5, 10), 1.0 / 1024.0);
        assert_eq!(power(3.0, 0), 1.0);
        assert_eq!(power(1.1, 3), 1.1 * 1.1 * 1.1);
    }
}
