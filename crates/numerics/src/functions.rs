//! Functions of vectors with the same bits on every instruction set, each with a stated bound on its error.
//!
//! A function is a unit type. Applied to a register, inside a [`Kernel`](crate::Kernel), it is `Tanh.of(simd, x)`; on
//! slices it is `map(isa, Tanh, &input, &mut output)`:
//!
//! ```
//! use numerics::Isa;
//! use numerics::functions::{Function, Tanh, map};
//!
//! let input = [0.5, -0.0, 20.0, f32::NEG_INFINITY, f32::NAN];
//! let mut output = [0.0; 5];
//! map(Isa::detected(), Tanh, &input, &mut output);
//!
//! let unit = f64::from(output[0].next_up() - output[0]);
//! assert!((f64::from(output[0]) - 0.46211715726000979).abs() <= Tanh::ULP * unit);
//! assert!(output[1] == 0.0 && output[1].is_sign_negative());
//! assert_eq!(output[2..4], [1.0, -1.0]);
//! assert!(output[4].is_nan());
//! ```
//!
//! Code that fuses an activation into its own loop takes it as a parameter, and is compiled once for each:
//!
//! ```
//! use numerics::functions::{Function, Tanh};
//! use numerics::{Isa, Kernel, Simd};
//!
//! /// Adds one to a row of activations.
//! struct Shift<'a, A> {
//!     activation: A,
//!     row: &'a mut [f32],
//! }
//!
//! impl<A: Function> Kernel for Shift<'_, A> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn run<S: Simd>(self, simd: S) {
//!         for block in self.row.chunks_exact_mut(S::LANES) {
//!             let sum = simd.add(self.activation.of(simd, simd.load(block)), simd.splat(1.0));
//!             simd.store(sum, block);
//!         }
//!     }
//! }
//!
//! let mut row = [0.0; 16];
//! Isa::detected().run(Shift { activation: Tanh, row: &mut row });
//! assert_eq!(row, [1.0; 16]);
//! ```
//!
//! | function | units in the last place | made of |
//! |---|---:|---|
//! | [`Exp`] | 1.0 | polynomial |
//! | [`Ln`] | 1.0 | polynomial |
//! | [`Tanh`] | 2.6 | polynomial, one division |
//! | [`TanhFast`] | 1600 (four digits) | quotient of polynomials, no division |
//! | [`Sigmoid`], [`Swish`] | 2.5, 3.4 | exponential, one division |
//! | [`Softplus`] | 2.2 | exponential, polynomial |
//! | [`Sin`], [`Cos`], [`sin_cos`] | 1.6 | two polynomials; large arguments one by one |
//! | [`Asin`], [`Acos`] | 2.4, 1.2 | polynomial, one root |
//! | [`Atan2`] | 1.6 | polynomial, one division |
//! | [`Rsqrt`] | 1.0 | two steps from a guess |
//! | [`log_softmax`] | [a derived bound](log_softmax_bound) | exponentials, one logarithm |
//!
//! `crates/numerics/ERRORS.md` has the worst errors found, where, and the speed; `scripts/check-functions` makes it, and
//! `scripts/fit-functions` the coefficients.
//!
//! # Invariants
//!
//! - **Each lane alone.** A lane's result depends on that lane's input, never on its neighbours: where a rare input makes
//!   a whole register take another path, the path leaves the other lanes as they were.
//! - **Exact operations only.** Sums, products, quotients and roots are rounded once; the rest is exact. No estimate of
//!   the hardware, no table, no platform library.
//! - **All inputs.** NaN gives NaN; infinities, zeros with their signs, and subnormal numbers, in and out, give what the
//!   function's limit is. The bounds hold over all 2^32 inputs (of `atan2`, over 10^10 pairs that were tried).
//! - **A unit in the last place** is the distance of neighbouring floats at the *exact* result, so 0.5 is the best
//!   possible, and below the smallest normal number it is the smallest subnormal one.
//! - **Absent:** allocation, branches per lane, functions of `f64`.

mod asin_acos;
mod atan2;
mod exp;
mod list;
mod ln;
mod log_softmax;
mod map;
mod rsqrt;
mod sigmoid;
mod sin_cos;
mod softplus;
mod swish;
mod tanh;
mod tanh_fast;

pub use asin_acos::{Acos, Asin};
pub use atan2::{Atan2, atan2_into};
pub use exp::Exp;
pub use list::{Visitor, for_each};
pub use ln::Ln;
pub use log_softmax::{LogSum, log_softmax, log_softmax_blocks, log_softmax_bound};
pub use map::{map, map_in_place};
pub use rsqrt::Rsqrt;
pub use sigmoid::Sigmoid;
pub use sin_cos::{Cos, Sin, sin_cos};
pub use softplus::Softplus;
pub use swish::Swish;
pub use tanh::Tanh;
pub use tanh_fast::TanhFast;

use crate::Simd;

/// A function of one variable, to be applied lane by lane.
pub trait Function: Copy + Send + Sync + 'static {
    /// The name in tables, benches and settings.
    const NAME: &'static str;
    /// Bound on the error over all inputs, in units in the last place of the exact result.
    const ULP: f64;

    /// Whether [`of_several`](Self::of_several) is written out, and faster than one register after the other.
    const SEVERAL: bool = false;

    /// The function of every lane of `x`.
    fn of<S: Simd>(self, simd: S, x: S::F) -> S::F;

    /// The function of several registers, with the bits of [`of`](Self::of).
    #[inline(always)]
    fn of_several<S: Simd, const N: usize>(self, simd: S, mut x: [S::F; N]) -> [S::F; N] {
        for register in &mut x {
            *register = self.of(simd, *register);
        }
        x
    }
}

/// Registers to be taken together where [`Function::SEVERAL`]: enough to hide the latencies of a chain of operations,
/// and few enough for sixteen registers to hold what lies between two steps.
pub const TOGETHER: usize = 4;

/// What rounding `pi / 2` to `f32` leaves out.
const FRAC_PI_2_REST: f32 = -4.371_139e-8;

/// Whether `mask` is true in every lane.
#[inline(always)]
fn everywhere<S: Simd>(simd: S, mask: S::M) -> bool {
    simd.mask_bits(mask) == u32::MAX >> (32 - S::LANES)
}

/// Where `x` is a normal positive number: their bits, and no others, are moved below a bound.
#[inline(always)]
fn normal_positive<S: Simd>(simd: S, x: S::F) -> S::M {
    let moved = simd.add_bits(simd.bits_of(x), simd.splat_bits(0x7f80_0000));
    simd.less_signed(moved, simd.splat_bits(0xff00_0000))
}

/// `coefficients[0] + x (coefficients[1] + x (...))`, by Horner's rule, each step rounded once.
#[inline(always)]
fn polynomial<S: Simd, const TERMS: usize>(simd: S, x: S::F, coefficients: [f32; TERMS]) -> S::F {
    let (last, rest) = coefficients.split_last().expect("a polynomial has terms");
    rest.iter().rev().fold(simd.splat(*last), |sum, &term| simd.mul_add(sum, x, simd.splat(term)))
}
