//! `tanh x`.
//!
//! With `h = (e^(2 abs(x)) - 1) / 2` it is `h / (h + 1)` with the sign of `x`: one division, no cancellation, 1 where `h`
//! is too large to feel the sum, and an error of `h` counts the less the larger `h` is. With `n` the integer nearest to
//! `2 abs(x) / ln 2` and `r = abs(x) - n ln 2 / 2`, `h = 2^n p(r) + (2^n - 1) / 2` where `p(r) = (e^(2r) - 1) / 2` is a
//! polynomial. One float of `ln 2 / 2` is enough: it is off by 2^-30, and the slope of `tanh` makes up for `n`.
//!
//! Rejected: a rational function of `x^2`, as fast, whose three roundings add up to 5 units near 1.

use super::Function;
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

    const SEVERAL: bool = true;

    #[inline(always)]
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F {
        self.of_several(simd, [x])[0]
    }

    // PERF: each step for all registers before the next step. The chain from `x` to the result is some 60 cycles long, and
    // a core looks ahead no further than some 100 operations: five registers one by one, which leaves it idle by half.
    #[expect(clippy::needless_range_loop, reason = "arrays of registers are indexed together")]
    #[inline(always)]
    fn of_several<S: Simd, const N: usize>(self, simd: S, x: [S::F; N]) -> [S::F; N] {
        let (mut size, mut shifted, mut r) = (x, x, x);
        for i in 0..N {
            size[i] = simd.min(simd.splat(ONE_FROM), simd.abs(x[i]));
        }
        for i in 0..N {
            shifted[i] = simd.mul_add(size[i], simd.splat(PER_HALF_LN_2), simd.splat(TO_EXPONENT));
        }
        for i in 0..N {
            let n = simd.sub(shifted[i], simd.splat(TO_EXPONENT));
            r[i] = simd.neg_mul_add(n, simd.splat(HALF_LN_2), size[i]);
        }
        let mut p = [simd.splat(TAIL[4]); N];
        for term in (0..4).rev() {
            for i in 0..N {
                p[i] = simd.mul_add(p[i], r[i], simd.splat(TAIL[term]));
            }
        }
        for i in 0..N {
            p[i] = simd.mul_add(p[i], simd.mul(r[i], r[i]), r[i]);
        }
        let mut h = p;
        for i in 0..N {
            let power = simd.float_of_bits(simd.shift_left::<23>(simd.bits_of(shifted[i])));
            let steps = simd.mul_add(power, simd.splat(0.5), simd.splat(-0.5));
            h[i] = simd.mul_add(power, p[i], steps);
        }
        for i in 0..N {
            h[i] = simd.div(h[i], simd.add(h[i], simd.splat(1.0)));
        }
        for i in 0..N {
            h[i] = simd.with_sign_of(h[i], x[i]);
        }
        h
    }
}
