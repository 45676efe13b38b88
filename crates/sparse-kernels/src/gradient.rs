//! Loss and gradient of whole networks on a batch of images, on their mask: of one network, or of all members of a
//! population; an image a lane.
//!
//! ```text
//!   block of 16 images ──► layer 0 ──► layer 1 ──► .. ──► logits ──► loss          what every layer reads is kept,
//!                             │           │                  │                     and which sum of a square won
//!   sums of lanes      ◄──  values      values    ◄── ..  gradients of logits
//!   [parameter][16]           ▲  gradients of what  ▲           │
//!                             └──── a layer reads ──┴───────────┘  the same kernels, on the pattern with rows for columns
//! ```
//!
//! A layer keeps what its activation made of a sum, which tells the slope: but Swish falls before it rises, so that one value
//! has two slopes, and of a layer with that the sums are kept too, one more plane that the pass of the activation writes and
//! the pass back reads.
//!
//! Only entries of the patterns have gradients, and only they are computed: every layer costs about three times its forward
//! pass, the first one twice. Going backward, a convolution of gradients is a convolution like any other, whose kernel is
//! turned about, on planes in which the gradients of sums stand apart by the steps of the layer; so it runs on the tiles of
//! the forward pass. The gradient of a value is a sum of its own in a register, tile by tile over those that share a row.
//!
//! Lanes are added in a fixed order when a block is done, blocks in theirs ([`naive::loss_gradient`] is the definition), so
//! instruction sets and threads change no bit.
//!
//! # What there is not
//!
//! - **A gradient of a function of one's own.** Nobody has told its slope; such networks are refused
//!   ([`PlanError::NoGradient`]).
//! - **Double precision.** Losses and gradients of whole networks are `f32`: the functions of registers are, and the tiles
//!   of the forward pass. Layers have gradients in `f64` too ([`GradientPlan`](crate::GradientPlan),
//!   [`ConvolutionGradientPlan`](crate::ConvolutionGradientPlan), and for one matrix [`product`](crate::product)), from which
//!   a step in double precision can be put together, as the example `gradient_step` does in single.
//! - **Members with images of their own.** Members of a population all see the same images, and nothing but these is shared
//!   among them. A member a lane there are layers, one at a time, before their activation
//!   ([`GradientPlan`](crate::GradientPlan), [`ConvolutionGradientPlan`](crate::ConvolutionGradientPlan)).
//! - **Other losses** than the mean cross-entropy.
//!
//! [`PlanError::NoGradient`]: crate::PlanError::NoGradient
//! [`naive::loss_gradient`]: crate::naive::loss_gradient

mod block;
mod layer;
mod members;
mod plan;

pub use plan::LossPlan;
