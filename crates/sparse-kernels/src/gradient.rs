//! Loss and gradient of one network on a batch of images, on its mask: an image a lane.
//!
//! ```text
//!   block of 16 images ──► layer 0 ──► layer 1 ──► .. ──► logits ──► loss          what every layer reads is kept,
//!                             │           │                  │                     and which sum of a square won
//!   sums of lanes      ◄──  values      values    ◄── ..  gradients of logits
//!   [parameter][16]           ▲  gradients of what  ▲           │
//!                             └──── a layer reads ──┴───────────┘  the same kernels, on the pattern with rows for columns
//! ```
//!
//! Only entries of the patterns have gradients, and only they are computed: every layer costs about three times its forward
//! pass, the first one twice. Going backward, a convolution of gradients is a convolution like any other, whose kernel is
//! turned about, on planes in which the gradients of sums stand apart by the steps of the layer; so it runs on the tiles of
//! the forward pass. The gradient of a value is a sum of its own in a register, tile by tile over those that share a row.
//!
//! Lanes are added in a fixed order when a block is done, blocks in theirs ([`naive::loss_gradient`] is the definition), so
//! instruction sets and threads change no bit.
//!
//! [`naive::loss_gradient`]: crate::naive::loss_gradient

mod block;
mod layer;
mod plan;

pub use plan::LossPlan;
