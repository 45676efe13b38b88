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
//! The way back is shorter: [`GradientPlan`] has the gradients of one dense layer, before its activation. Convolutions with
//! gradients, pooling, activations and a loss are there for one network only ([`LossPlan`](crate::LossPlan)), and all of
//! it is `f32`.

mod gradient;
mod layer;
mod plan;

pub use gradient::GradientPlan;
pub use plan::{CopyPlan, Values};
