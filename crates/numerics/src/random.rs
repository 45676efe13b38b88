//! Random numbers without state: pure functions of a stream and an index.
//!
//! A [`Stream`] is made from a seed, a name and integers; every element of it can be computed by itself. There is no
//! generator to hand around, so the order in which numbers are asked for, the number of threads, and the size of blocks
//! cannot change a result.
//!
//! ```
//! use numerics::{Isa, random::Stream};
//!
//! let isa = Isa::detected();
//! // Noise of generation 3, for a population of 8 members with 1000 parameters.
//! let noise = Stream::new(42, "mutation").child(3);
//! let mut all = vec![0.0; 8 * 1000];
//! noise.normal_into(isa, 0, &mut all);
//!
//! // Member 5 again, by itself, on other instructions; and one single number of it.
//! let mut member = vec![0.0; 1000];
//! noise.normal_into(Isa::PORTABLE, 5 * 1000, &mut member);
//! assert_eq!(member, all[5000..6000]);
//! assert_eq!(noise.normal(5017), all[5017]);
//! ```
//!
//! # What there is
//!
//! | of a [`Stream`] | one, by index | a range | in registers |
//! |---|---|---|---|
//! | 32 random bits | [`bits`](Stream::bits) | [`bits_into`](Stream::bits_into) | [`bits_lanes`](Stream::bits_lanes) |
//! | uniform `f32` in `[0, 1)` | [`uniform`](Stream::uniform) | [`uniform_into`](Stream::uniform_into) | [`uniform_lanes`](Stream::uniform_lanes) |
//! | normal `f32` | [`normal`](Stream::normal) | [`normal_into`](Stream::normal_into) | [`normal_lanes`](Stream::normal_lanes) |
//! | uniform `f64` in `[0, 1)` | [`uniform_f64`](Stream::uniform_f64) | [`uniform_f64_into`](Stream::uniform_f64_into) | |
//! | normal `f64` | [`normal_f64`](Stream::normal_f64) | [`normal_f64_into`](Stream::normal_f64_into) | |
//! | whole number below a bound | [`below`](Stream::below) | | |
//! | random order, choice | | [`shuffle`](Stream::shuffle), [`choose`](Stream::choose), [`permutation_into`](Stream::permutation_into) | |
//!
//! The forms in registers are for kernels that use numbers where they arise and never store them. This one adds noise
//! to a multiple of 64 parameters:
//!
//! ```
//! use numerics::random::{GROUP, Stream};
//! use numerics::{Isa, Kernel, LANES, Simd};
//!
//! struct Mutate<'a> {
//!     noise: Stream,
//!     deviation: f32,
//!     parameters: &'a mut [f32],
//! }
//!
//! impl Kernel for Mutate<'_> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn run<S: Simd>(self, simd: S) {
//!         let deviation = simd.splat(self.deviation);
//!         for (group, parameters) in (0..).zip(self.parameters.as_chunks_mut::<GROUP>().0) {
//!             for part in 0..LANES / S::LANES {
//!                 let noise = self.noise.normal_lanes(simd, group, part);
//!                 for (noise, line) in noise.into_iter().zip(parameters.as_chunks_mut::<LANES>().0) {
//!                     let at = &mut line[part * S::LANES..];
//!                     simd.store(simd.mul_add(noise, deviation, simd.load(at)), at);
//!                 }
//!             }
//!         }
//!     }
//! }
//!
//! let noise = Stream::new(42, "mutation").child(3);
//! let mut parameters = vec![1.0; 128];
//! Isa::detected().run(Mutate { noise, deviation: 0.1, parameters: &mut parameters });
//! assert_eq!(parameters[77], noise.normal(77).mul_add(0.1, 1.0));
//! ```
//!
//! # Invariants
//!
//! - An element is a function of stream, kind and index: not of the range, the buffer, the instructions or the machine.
//! - What a seed gives never changes. Tests pin streams, bits and deviates; `scripts/pin-random` computes the pinned
//!   values from these texts, in another language.
//! - One stream, one purpose: all kinds are made of the same words. For another purpose take another name.
//! - No function allocates. **Absent:** generators with state, seeds from the machine, and any claim of secrecy.
//!
//! Times of one number in a buffer of 4096, the best of 200 bursts on a shared AMD Zen 3: bits 0.58 ns, uniform 0.63,
//! normal 1.10 with AVX2; 3.0, 2.2 and 24 on the portable path. In `f64`: uniform 3.0, normal 7.6; 7.5 and 34. A number
//! asked for by itself takes 15 ns, a normal one 60, a child stream 14. `cargo bench --bench functions random` repeats
//! them; its median of normal deviates was 1.24 ns while other work ran.

mod group;
mod normal;
mod normal_f64;
mod philox;
mod sample;
mod stream;
mod uniform;

// Millions of numbers say nothing about memory, and would take Miri a day.
#[cfg(all(test, not(miri)))]
mod tests;

pub use group::GROUP;
pub use philox::{philox, philox_lanes};
pub use stream::Stream;
