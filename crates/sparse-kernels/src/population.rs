//! A population of dense networks, each member with inputs of its own: a member a lane.
//!
//! Members go in groups of [`LANES`](numerics::LANES). Weight `k` of the pattern is one register of values, one number a
//! member, so no lane ever gathers and every lane adds its row in the order of the pattern. Each member has several
//! inputs (*copies*, such as the worlds that it acts in), whose sums stay in registers together, so that a weight is
//! loaded once for all of them:
//!
//! ```text
//!   values   [group][parameter][16]          ┐
//!   inputs   [group][input][copy][16]        ├─  lane = member of the group
//!   outputs  [group][output][copy][16]       ┘
//!
//!   sum[copy] = value[k] * input[column(k)][copy] + sum[copy]        for the entries k of a row, then the activation
//! ```
//!
//! The same plan serves one network over a batch: then the lanes are samples and a weight is one number for all.
//!
//! What a plan leaves out changes no bit of any output: units that nobody reads are not computed, and a unit whose
//! inputs do not depend on the copy is computed once for all copies.
//!
//! The way back goes layer by layer, before their activations, which are the caller's as the loss is: [`GradientPlan`] has
//! the gradients of one dense layer, [`ConvolutionGradientPlan`] those of one convolution, with pooling or without, and its
//! sums too, for [`CopyPlan`] has none. Members that see the same images have whole networks with activations and a loss
//! ([`LossPlan`](crate::LossPlan)). Gradients of layers are `f32` or `f64`, all else is `f32`.

mod convolution;
mod gradient;
mod layer;
mod plan;

pub use convolution::ConvolutionGradientPlan;
pub use gradient::GradientPlan;
pub use plan::{CopyPlan, Values};
