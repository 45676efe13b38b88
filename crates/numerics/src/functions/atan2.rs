//! The angle of the point `(x, y)`, from `-pi` to `pi`.
//!
//! With `q` the smaller of `abs(x)` and `abs(y)` over the larger, `atan q = q + q^3 T(q^2)` with a polynomial `T`. The
//! octant says how many quarter turns it is added to or taken from; `pi / 2` is in two floats.

use std::f32::consts::FRAC_PI_2;

use super::{FRAC_PI_2_REST, everywhere, polynomial};
use crate::{Isa, Kernel, LANES, Simd};

/// `atan2(y, x)` with the conventions of IEEE 754 for zeros and infinities: four quadrants, the sign of `y`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Atan2;

/// `(atan(q) / q - 1) / q^2` of `q^2`, relative error of `atan` 2^-27.5 where `q <= 1`; `scripts/fit-functions atan`.
const TAIL: [f32; 9] = [
    -0.333_333,
    0.199_985_47,
    -0.142_642_41,
    0.109_521_86,
    -0.084_034_52,
    0.057_957_62,
    -0.031_177_873,
    0.010_914_621,
    -0.001_793_625_2,
];
const SIGN: u32 = 0x8000_0000;

impl Atan2 {
    /// The name in tables and benches.
    pub const NAME: &'static str = "atan2";
    /// Bound on the error over all inputs, in units in the last place of the exact result.
    pub const ULP: f64 = 1.6;

    /// The angle in every lane.
    #[inline(always)]
    pub fn of<S: Simd>(self, simd: S, y: S::F, x: S::F) -> S::F {
        let (height, width) = (simd.abs(y), simd.abs(x));
        let steep = simd.less(width, height);
        let smaller = simd.select(steep, width, height);
        let larger = simd.select(steep, height, width);
        let q = quotient(simd, smaller, larger);
        let square = simd.mul(q, q);
        let arc = simd.mul_add(polynomial(simd, square, TAIL), simd.mul(square, q), q);

        // arc, pi / 2 - arc, pi / 2 + arc, pi - arc: so many quarter turns, and the sign of the arc
        let sign = simd.splat_bits(SIGN);
        let behind = simd.less_signed(simd.bits_of(x), simd.splat_bits(0));
        let flat_turns = simd.select(behind, simd.splat(2.0), simd.zero());
        let turns = simd.select(steep, simd.splat(1.0), flat_turns);
        let steep_sign = simd.select_bits(steep, sign, simd.splat_bits(0));
        let arc_sign = simd.and(simd.xor(simd.bits_of(x), steep_sign), sign);
        let arc = simd.float_of_bits(simd.xor(simd.bits_of(arc), arc_sign));
        let rest = simd.mul_add(turns, simd.splat(FRAC_PI_2_REST), arc);
        let angle = simd.mul_add(turns, simd.splat(FRAC_PI_2), rest);
        simd.float_of_bits(simd.xor(simd.bits_of(angle), simd.and(simd.bits_of(y), sign)))
    }
}

/// `smaller / larger`, 0 of two zeros and 1 of two infinities.
#[inline(always)]
fn quotient<S: Simd>(simd: S, smaller: S::F, larger: S::F) -> S::F {
    let quotient = simd.div(smaller, larger);
    if everywhere(simd, simd.equal(quotient, quotient)) {
        return quotient;
    }
    // NaN of numbers that are equal is of two zeros or of two infinities
    let limit = simd.select(simd.equal(larger, simd.zero()), simd.zero(), simd.splat(1.0));
    simd.select(simd.equal(smaller, larger), limit, quotient)
}

/// Writes the angle of each pair to `angles`.
///
/// # Panics
///
/// If the lengths differ.
pub fn atan2_into(isa: Isa, y: &[f32], x: &[f32], angles: &mut [f32]) {
    assert!(y.len() == angles.len() && x.len() == angles.len(), "one angle for each pair");
    isa.run(Map { y, x, angles });
}

struct Map<'a> {
    y: &'a [f32],
    x: &'a [f32],
    angles: &'a mut [f32],
}

impl Kernel for Map<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (mut ys, mut xs) = (self.y.chunks_exact(S::LANES), self.x.chunks_exact(S::LANES));
        let mut outputs = self.angles.chunks_exact_mut(S::LANES);
        for ((y, x), output) in ys.by_ref().zip(xs.by_ref()).zip(outputs.by_ref()) {
            simd.store(Atan2.of(simd, simd.load(y), simd.load(x)), output);
        }
        let rest = outputs.into_remainder();
        let (mut y, mut x, mut angles) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        y[..rest.len()].copy_from_slice(ys.remainder());
        x[..rest.len()].copy_from_slice(xs.remainder());
        simd.store(Atan2.of(simd, simd.load(&y), simd.load(&x)), &mut angles);
        rest.copy_from_slice(&angles[..rest.len()]);
    }
}
