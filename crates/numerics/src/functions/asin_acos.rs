//! `asin x` and `acos x`.
//!
//! Up to 1/2, `asin x = x + x^3 T(x^2)` with a polynomial `T`. Above, with `t = (1 - x) / 2`, which is exact, and
//! `y = sqrt(t)`, `acos x = 2 asin y` with the same polynomial: accurate up to 1, where `acos` vanishes. The rest is
//! `asin x + acos x = pi / 2` and symmetry, with `pi / 2` in two floats.

use std::f32::consts::FRAC_PI_2;

use super::{FRAC_PI_2_REST, Function, polynomial};
use crate::Simd;

/// `asin x`, between -pi / 2 and pi / 2; NaN where `abs(x) > 1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asin;

/// `acos x`, between 0 and pi; NaN where `abs(x) > 1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acos;

/// `(asin(x) / x - 1) / x^2` of `x^2`, relative error of `asin` 2^-27.4 where `abs(x) <= 1/2`; `scripts/fit-functions asin`.
const TAIL: [f32; 5] = [0.166_667_52, 0.074_952_975, 0.045_470_376, 0.024_179_522, 0.042_166_296];

/// Whether `abs(x) < 1/2`, and then `asin(abs(x))`, else half of `acos(abs(x))`.
#[inline(always)]
fn arc<S: Simd>(simd: S, x: S::F) -> (S::M, S::F) {
    let (size, half) = (simd.abs(x), simd.splat(0.5));
    let small = simd.less(size, half);
    let t = simd.select(small, simd.mul(size, size), simd.neg_mul_add(half, size, half));
    let y = simd.select(small, size, simd.sqrt(t));
    (small, simd.mul_add(polynomial(simd, t, TAIL), simd.mul(t, y), y))
}

impl Function for Asin {
    const NAME: &'static str = "asin";
    const ULP: f64 = 2.4;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let (small, arc) = arc(simd, x);
        let rest = simd.neg_mul_add(simd.splat(2.0), arc, simd.splat(FRAC_PI_2_REST));
        let large = simd.add(simd.splat(FRAC_PI_2), rest);
        simd.with_sign_of(simd.select(small, arc, large), x)
    }
}

impl Function for Acos {
    const NAME: &'static str = "acos";
    const ULP: f64 = 1.2;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        let (small, arc) = arc(simd, x);
        let arc = simd.with_sign_of(arc, x);
        // pi / 2 - arc, 0 + 2 arc, pi - 2 abs(arc): so many quarter turns, and so many arcs
        let far = simd.select(simd.less(x, simd.zero()), simd.splat(2.0), simd.zero());
        let turns = simd.select(small, simd.splat(1.0), far);
        let arcs = simd.select(small, simd.splat(-1.0), simd.splat(2.0));
        let rest = simd.mul_add(turns, simd.splat(FRAC_PI_2_REST), simd.mul(arcs, arc));
        simd.mul_add(turns, simd.splat(FRAC_PI_2), rest)
    }
}
