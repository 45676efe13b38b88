//! One convolution over a block of images, one image a lane.
//!
//! A *plane* is one channel of all images of a block: `[y][x][lanes]`, padded with the zeros that the kernel will read,
//! so that no tap needs a branch. Where the kernel moves in steps, the columns of a row lie in phases (`plane.rs`), so
//! that neighbouring outputs read neighbouring registers all the same. The taps of an output channel are its row of the
//! pattern, each an offset into the planes; they are the same for the whole population and found once, when the plan is
//! made. Tiles at the border leave out those that see nothing but zeros (`borders.rs`). An output tile stays in registers
//! until its taps are added, then the 2x2 maximum, the activation and one store finish it: the map before pooling never
//! exists in memory.
//!
//! ```text
//!  input planes [channel][y][x][lanes]            output planes, padded for the next layer
//!  ┌─────────────────────────┐                    ┌───────────────┐
//!  │ 0 0 0 0 0 0 0 0 0 0 0 0 │   taps of row o    │ 0 0 0 0 0 0 0 │
//!  │ 0 . . . ┌───┐ . . . . 0 │ ────────────────>  │ 0 . . o o o 0 │  tile: 2 rows x C columns, pooled to C / 2
//!  │ 0 . . . │tap│ . . . . 0 │   max, activation  │ 0 . . . . . 0 │
//!  └─────────┴───┴───────────┘                    └───────────────┘
//! ```
//!
//! Streams that have the same taps share the loads of a tile: members, where all read the same images (the first layer),
//! or output channels whose rows of the pattern are equal (dense layers).

mod borders;
mod gradient;
mod plan;
mod rows;
mod short;
mod strip;

pub(crate) use gradient::OfSums;
pub(crate) use plan::ConvolutionPlan;
pub(crate) use strip::Stream;
