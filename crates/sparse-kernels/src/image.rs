//! A population of networks that all see the same images: an image a lane.
//!
//! Blocks of [`LANES`] images go through the network one after the other; for each block all members, so that the images
//! stay in the caches; for each member all layers, so that what lies between them does. Members differ in their values
//! only: taps, tiles and scratch are planned once for a pattern.
//!
//! Results do not depend on instruction set, threads, or how many members are evaluated together: every image and member
//! is computed by the same operations in the same order, and losses are added image by image within a block of [`LANES`],
//! then block by block ([`score`](crate::naive::score)).

mod block;
mod plan;
mod score;

pub use plan::ImagePlan;
pub(crate) use plan::{Registers, addressable, has_places, input_plane, output_plane};
pub use score::{Images, Members, Score};
