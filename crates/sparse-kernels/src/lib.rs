//! Kernels for populations of networks that share one fixed sparsity pattern and differ in their values, and for products
//! of one sparse matrix ([`product`]).
//!
//! Evolution strategies evaluate hundreds of networks a generation. They have one mask, and each its own weights. A
//! library for one sparse matrix pays for the mask again in every member, in indices and gathers; a dense one computes
//! what the mask removed. Here the mask is planned once, and the loads that it leaves are shared.
//!
//! # The idea on one page
//!
//! A [`Pattern`] is apart from values; a [`Network`](network::Network) is a chain of patterns. A plan
//! makes it ready for one instruction set. Which plan depends on what the members have in common:
//!
//! ```text
//!   they see the same images: an image a lane           each has inputs of its own: a member a lane
//!   ImagePlan                                           CopyPlan
//!
//!   pixels  [block][channel][y][x]╔════════╗            values  [group][parameter]╔════════╗
//!                                 ║16 lanes║                                      ║16 lanes║
//!   weights one number for all    ╚════════╝            inputs  [group][input][copy]║16 lanes║
//!
//!   for an entry k of the row of output o:              for an entry k of the row of unit o:
//!     w = weights[k]            one broadcast             w = values[k]            one register
//!     28 sums of a tile += w * pixels[tap k]              8 sums, one a copy, += w * inputs[column k][copy]
//!   then 2x2 maximum, activation, one store             then activation, one store
//! ```
//!
//! No lane gathers. A row costs at most as many multiply-adds as it has entries, each with one load, and fewer loads where
//! members or rows with equal entries share them. What a tile is on the machine at hand (28 registers of sixteen lanes, 12
//! of eight) changes the speed and nothing else.
//!
//! ```
//! use numerics::{AlignedBuffer, Isa, LANES};
//! use sparse_kernels::compile::{CompiledNetwork, Mode};
//! use sparse_kernels::network::{Dense, Layer, Network};
//! use sparse_kernels::{Activation, CopyPlan, Pattern, Threads, Values, naive};
//!
//! // Three inputs, two hidden units (the second reads nothing), one output.
//! let hidden = Dense::new(Pattern::from_triplets(2, 3, &[(0, 0), (0, 2)])?, Activation::Tanh);
//! let output = Dense::new(Pattern::dense(1, 2)?, Activation::Identity);
//! let network = Network::new([Layer::Dense(hidden), Layer::Dense(output)])?;
//!
//! // A population of 32 in two groups of lanes, four inputs each.
//! let plan = CopyPlan::new(Isa::detected(), &network, 4)?;
//! let mut values = AlignedBuffer::new(plan.values_len(2));
//! let mut inputs = AlignedBuffer::new(plan.inputs_len(2));
//! values.iter_mut().zip(0..).for_each(|(value, k)| *value = (k % 7) as f32 - 3.0);
//! inputs.iter_mut().zip(0..).for_each(|(input, k)| *input = (k % 5) as f32 / 4.0);
//!
//! let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
//! let mut outputs = AlignedBuffer::new(plan.outputs_len(2));
//! plan.forward(Threads::Sequential, Values::Lanes(&values), &inputs, &mut scratch, &mut outputs);
//!
//! // Member 5 of group 1 and its input 2, by the definition: the same bits.
//! let of = |buffer: &[f32], index: usize| buffer[index * LANES + 5];
//! let member: Vec<f32> = (0..7).map(|parameter| of(&values, 7 + parameter)).collect();
//! let input: Vec<f32> = (0..3).map(|input| of(&inputs, (3 + input) * 4 + 2)).collect();
//! assert_eq!(of(&outputs, 4 + 2).to_bits(), naive::network(&network, &member, &input)[0].to_bits());
//!
//! // Compiled, the unit that reads nothing is part of the output's bias.
//! let compiled = CompiledNetwork::new(&network, Mode::Fold)?;
//! assert_eq!(compiled.summary().effective_nnz, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which kernel when
//!
//! | you have | take | because |
//! |---|---|---|
//! | members that see the same images | [`ImagePlan`] | weights are broadcast, images stay in the cache for all members |
//! | members that act in worlds of their own | [`CopyPlan`], [`Values::Lanes`] | a weight is loaded once for all copies |
//! | one network and many samples | [`CopyPlan`], [`Values::One`]; with convolutions [`ImagePlan`] | the same loops, a number a weight |
//! | densities below 0.1 | [`CompiledNetwork`](compile::CompiledNetwork) first | most units are dead |
//! | a dense network | the same plans | rows with equal entries share their loads |
//! | the gradient of one network's loss | [`LossPlan`] | both directions on the mask, an image a lane, nothing taken apart first |
//! | those of members that see the same images | [`LossPlan::gradients_into`] | the same, whole networks; threads take members |
//! | gradients of a dense layer, each member with inputs of its own | [`GradientPlan`] | a member a lane: no sum crosses lanes, and nothing is computed that the mask removed |
//! | a convolution, there and back, each member with images of its own | [`ConvolutionGradientPlan`] | the same, with pooling or without |
//! | one sparse matrix | [`product::ProductPlan`] | any number of columns, `f32` and `f64`, the caller's layout |
//!
//! Which tile a row gets is a rule of the plan, the same on all machines with as many registers: rows of up to six taps
//! (eight with 32 registers) keep their weights in registers; rows with equal entries go in twos or more; the others one
//! by one, with as many columns as registers hold, and fewer where the window of inputs outgrows the first cache.
//! Measured with AVX-512 on one core of a Zen 4 EPYC (`tombola bench kernels --filter paper`), in percent of the peak of
//! multiply-adds read in the same run, useful work only, at densities 1.0 / 0.512 / 0.2 / 0.1 / 0.05 / 0.0144: the
//! paper's convolutional network 107 / 86 / 83 / 79 / 71 / 47 as given and 107 / 86 / 83 / 85 / 96 / 136 compiled (more
//! than all, for products with padding and entries that compilation leaves out count as work); its policy network, at
//! 1.0 / 0.2 / 0.05 / 0.0144, 75 / 36 / 30 / 43 and 74 / 36 / 31 / 53 (its hyperbolic tangents take time and count as no
//! work).
//!
//! # Invariants
//!
//! - **One order of sums.** A sum begins with its bias and adds the entries of its row in their order, each by one fused
//!   multiply-add ([`network`]). Plans, tiles, blocks, threads, instruction sets and the number of members change the
//!   speed and never a bit; [`naive`] is the definition that every kernel is tested against, bit by bit.
//! - **What a plan leaves out changes no bit:** units that nobody reads, products with padding, and copies of what is
//!   the same for all copies. Compilation, which changes the order of sums, is a step of its own that the caller takes.
//! - **Not a number.** Zeros of a mask are structural: nothing is multiplied by them. An entry whose value is zero is an
//!   entry like any other, and padding is the number zero: times infinity it is NaN. A NaN stays one through sums,
//!   activations and losses; the 2x2 maximum alone can drop it, for it takes the second of two that do not compare.
//! - **Checked once.** Indices are proved when a [`Pattern`] is made, places and lengths when a plan is
//!   made or used; the loops check nothing. Wrong lengths panic with the numbers, before anything is computed.
//! - **Absent:** randomness, input and output, clocks, global state, threads of its own ([`Threads`] is an argument), and
//!   allocation in kernels: plans state what scratch they need. (A pool allocates for each part that it takes.)
//!
//! # What there is not
//!
//! Double precision, but in [`product`], [`GradientPlan`] and [`ConvolutionGradientPlan`]. A way back through whole networks of members with inputs of their own:
//! [`GradientPlan`] and [`ConvolutionGradientPlan`] are one layer, before its activation; [`LossPlan`] has activations and a
//! loss too, for images that all members see. A gradient of an activation of one's own, and other losses than the
//! cross-entropy.

#![expect(clippy::needless_range_loop, reason = "arrays of registers are indexed together")]

pub mod compile;
pub mod naive;
pub mod network;
pub mod pattern;
pub mod product;

mod activation;
mod chunks;
mod convolution;
mod dense;
mod gradient;
mod groups;
mod head;
mod image;
mod length;
mod plan_error;
mod plane;
mod population;
mod tile;

pub use activation::Activation;
#[cfg(feature = "wide")]
pub use activation::WideFunction;
pub use gradient::LossPlan;
pub use image::{ImagePlan, Images, Members, Score};
pub use pattern::{Pattern, PatternError};
pub use plan_error::PlanError;
pub use population::{ConvolutionGradientPlan, CopyPlan, GradientPlan, Values};
pub use threads::Threads;

#[cfg(test)]
mod tests;

/// Tries the program of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
