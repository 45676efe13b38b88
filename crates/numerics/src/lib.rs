//! The ground that kernels, physics, strategies, networks and tasks share: instruction sets, vectors, functions of
//! them, and random numbers that are functions.
//!
//! Write a computation once, as a [`Kernel`] that is generic over [`Simd`]; run it with [`Isa::run`] on the best
//! instructions that this CPU has. No build flag is needed, and the result does not depend on the choice:
//!
//! ```
//! use numerics::{Isa, Kernel, Simd};
//!
//! /// `y += a x`
//! struct Axpy<'a> {
//!     a: f32,
//!     x: &'a [f32],
//!     y: &'a mut [f32],
//! }
//!
//! impl Kernel for Axpy<'_> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn run<S: Simd>(self, simd: S) {
//!         let a = simd.splat(self.a);
//!         for (x, y) in self.x.chunks_exact(S::LANES).zip(self.y.chunks_exact_mut(S::LANES)) {
//!             let sum = simd.mul_add(a, simd.load(x), simd.load(y));
//!             simd.store(sum, y);
//!         }
//!     }
//! }
//!
//! let x = [0.1; 32];
//! let mut expected = [0.7; 32];
//! Isa::PORTABLE.run(Axpy { a: 0.3, x: &x, y: &mut expected });
//! for isa in Isa::available() {
//!     let mut y = [0.7; 32];
//!     isa.run(Axpy { a: 0.3, x: &x, y: &mut y });
//!     assert_eq!(y.map(f32::to_bits), expected.map(f32::to_bits));
//! }
//! ```
//!
//! # Why not vectors of `wide`
//!
//! The package `wide` chooses instructions when *it* is compiled, by the flags of the whole build. In a program for any
//! x86-64 its types stay halves and quarters of SSE registers inside a function that enables AVX2 or AVX-512, and its
//! `mul_add` rounds twice there, but once in a program that was built for a newer CPU: other bits. Registers that the
//! instructions of `y = a b + y` name, with `rustc` 1.95 and `wide` 1.7.1 (`scripts/disassemble-wide` counts them):
//!
//! | program for | code, inside a function that enables | 512 bits | 256 bits | 128 bits | fused |
//! |---|---|---|---|---|---|
//! | any x86-64 | `wide::f32x8`, AVX2 and FMA | | | 8 of 8 | no |
//! | any x86-64 | `wide::f32x16`, AVX-512 | | | 16 of 16 | no |
//! | any x86-64 | `[f32; 8]` in a loop, AVX2 and FMA | | 256 of 256 | | yes |
//! | any x86-64 | `[f32; 16]` in a loop, AVX-512 | 218 of 314 | | 96 of 314 | yes, between shuffles |
//! | any x86-64 | a [`Kernel`], AVX2 and FMA | | 8 of 8 | | yes |
//! | any x86-64 | a [`Kernel`], AVX-512 | 8 of 8 | | | yes |
//! | `x86-64-v3` | `wide::f32x8` | | 16 of 16 | | yes |
//! | `x86-64-v4` | `wide::f32x16` | 16 of 16 | | | yes |
//!
//! So kernels are written on [`Simd`], and `wide` serves for what users write themselves, with the operations that are
//! the same in every build: add, multiply, compare, select (feature `wide` of `sparse-kernels`).
//!
//! # Invariants
//!
//! - **Same bits everywhere.** Every operation of [`Simd`] is correctly rounded or exact, products that are added are
//!   fused, and nothing is approximated by the hardware (no `rcp`, no `rsqrt`, no `vscalef`). The portable path through
//!   [`f32::mul_add`] is the definition; the others are compared with it bit by bit.
//! - **An instruction set is a proof.** [`Isa`] and the vector types can only be had where the CPU was asked.
//! - **Off unless asked for:** [`subnormal`], which changes a state of the CPU in a scope, and results with it.
//! - **Absent:** state, input and output, threads, allocation (but for [`AlignedBuffer`]), clocks, and the platform's
//!   mathematical library.

mod aligned;
pub mod functions;
mod isa;
pub mod random;
mod simd;
pub mod subnormal;

pub use aligned::AlignedBuffer;
pub use isa::{Isa, UnknownIsa};
pub use simd::{Fours, Kernel, Simd};

/// Lanes of one block in every layout that crates exchange: one cache line of `f32`, one AVX-512 register, two of AVX2.
///
/// The width is the same on every machine, so that data and results are too.
pub const LANES: usize = 16;
