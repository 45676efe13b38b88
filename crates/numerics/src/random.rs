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

mod group;
mod normal;
mod normal_f64;
mod philox;
mod sample;
mod stream;
mod uniform;

#[cfg(test)]
mod tests;

pub use group::GROUP;
pub use philox::{philox, philox_lanes};
pub use stream::Stream;
