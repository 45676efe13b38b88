//! The logarithm of softmax over a few classes: `x_i - ln(sum_j e^(x_j))`.
//!
//! A class is a register (or a row of [`LANES`] elements), a lane is a case. With `m` the largest logit of the lane and
//! `d_j = x_j - m` it is `d_i - ln(sum_j e^(d_j))`: no logit is too large, equal logits get equal results to the bit, and
//! a constant added to all logits changes nothing but the rounding of the differences. The sum runs over the classes in
//! their order.
//!
//! A logit of minus infinity gives minus infinity and counts nothing. A lane with a NaN, with plus infinity, or with
//! minus infinity alone is NaN in every class.
//!
//! # The bound
//!
//! With `u = 2^-24` and `C` classes, to first order: `d_i` is off by `u abs(d_i)`; `e^(d_j)` by the error of its argument,
//! `u abs(d_j) e^(d_j) <= u / e`, and by one unit in the last place, at most `2 u` of itself; the largest term is 1, so
//! the sum is at least 1 and all this adds at most `C u / e + 2 u` to the logarithm. `C - 1` additions are off by `u` of
//! the sum each. The logarithm, at most `ln C`, is off by `2 u` of itself, the last difference by `u` of itself, at most
//! `abs(d_i) + ln C`. With `ln C <= C / e`, together less than `u (2 abs(d_i) + 5/2 C + 1)`, and what `4 C / e` is short
//! of `3/2 C` is more than the terms of second order.

use super::exp::{NEGATIVE_END, NEGATIVE_SCALE, of_negative};
use super::{Exp, Function, Ln};
use crate::{Isa, Kernel, LANES, Simd};

/// Bound on the absolute error of a result, for a logit so far below the largest of its lane.
pub fn log_softmax_bound(classes: usize, below_largest: f64) -> f64 {
    const { assert!(Exp::ULP <= 1.0 && Ln::ULP <= 1.0, "the derivation counts on it") };
    f64::from(f32::EPSILON) / 2.0 * (2.0 * below_largest + 2.5 * classes as f64 + 1.0)
}

/// The logarithm of `sum_j e^(x_j)` in two parts, the largest logit and what is above it.
#[derive(Clone, Copy)]
pub struct LogSum<S: Simd> {
    /// The largest `x_j`.
    pub largest: S::F,
    /// The logarithm of `sum_j e^(x_j - largest)`.
    pub above: S::F,
}

impl<S: Simd> LogSum<S> {
    /// The sum over `classes` logits, read one after the other and twice, from memory or from registers.
    #[inline(always)]
    pub fn over(simd: S, classes: usize, logit: impl Fn(usize) -> S::F) -> LogSum<S> {
        let largest = (0..classes)
            .fold(simd.splat(f32::NEG_INFINITY), |largest, class| simd.max(largest, logit(class)));
        let sum = (0..classes).fold(simd.zero(), |sum, class| {
            // NaN passes, being the second operand
            let below = simd.max(simd.splat(NEGATIVE_END), simd.sub(logit(class), largest));
            simd.mul_add(of_negative(simd, below), simd.splat(NEGATIVE_SCALE), sum)
        });
        LogSum { largest, above: Ln.of(simd, sum) }
    }

    /// The log-softmax of one of the logits.
    #[inline(always)]
    pub fn log_softmax(self, simd: S, logit: S::F) -> S::F {
        simd.sub(simd.sub(logit, self.largest), self.above)
    }
}

/// Replaces the logits of every lane, one register a class, by the logarithms of their softmax.
#[inline(always)]
pub fn log_softmax<S: Simd>(simd: S, logits: &mut [S::F]) {
    let sum = LogSum::over(simd, logits.len(), |class| logits[class]);
    for logit in logits {
        *logit = sum.log_softmax(simd, *logit);
    }
}

/// Replaces logits by the logarithms of their softmax; `values` are blocks of one row of [`LANES`] cases a class.
///
/// # Panics
///
/// If there are no classes, or `values` is no whole number of blocks.
pub fn log_softmax_blocks(isa: Isa, classes: usize, values: &mut [f32]) {
    assert!(classes > 0, "softmax needs a class");
    let rows = values.len() / LANES;
    assert!(
        values.len().is_multiple_of(LANES) && rows.is_multiple_of(classes),
        "{} values are no whole number of blocks of {classes} classes x {LANES} cases",
        values.len()
    );
    isa.run(Blocks { classes, values });
}

struct Blocks<'a> {
    classes: usize,
    values: &'a mut [f32],
}

impl Kernel for Blocks<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for block in self.values.chunks_exact_mut(self.classes * LANES) {
            for lane in (0..LANES).step_by(S::LANES) {
                let sum = LogSum::over(simd, self.classes, |class| simd.load(&block[class * LANES + lane..]));
                for row in block.chunks_exact_mut(LANES) {
                    let row = &mut row[lane..];
                    simd.store(sum.log_softmax(simd, simd.load(row)), row);
                }
            }
        }
    }
}
