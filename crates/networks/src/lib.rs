//! Networks as lists of layers: their flat vectors, masks, starts, whole populations of them, and tickets, the format of
//! what was trained.
//!
//! ```text
//!   Preset ──► Architecture ─┬─► Start ──► flat vector [every weight and bias]
//!   "cnn"      layers, names │                  │ gather / scatter
//!                            └─► Mask ──► MaskedNetwork: the free coordinates, and what kernels compute of them
//!                                               │
//!                   Evaluator: a population on inputs that all members share (images)
//!                   Gradients: one network on such inputs, its loss and the slope of it
//!                   PolicyPlan: a population in which each member has inputs of its own (worlds)
//!
//!   Ticket: architecture, mask, start, mean, deviation ──► bytes of a safetensors file; foreign: PyTorch and flax
//! ```
//!
//! A strategy searches the *free coordinates*: kept weights and all biases. They are, in this order, the parameters of
//! the kernels, so a population goes from the strategy to the kernels without a copy.
//!
//! ```
//! use networks::{Evaluator, Mask, MaskedNetwork, Population, Preset};
//! use numerics::random::Stream;
//! use numerics::{AlignedBuffer, Isa};
//! use sparse_kernels::{Images, Threads};
//!
//! // 4 inputs, 8 relu units, 2 outputs; half of the weights kept.
//! let preset = Preset::named("mlp-8", "4".parse()?, 2)?;
//! let mask = Mask::random(preset.architecture.prunable(), 24, Stream::new(1, "mask"));
//! let network = MaskedNetwork::new(&preset.architecture, &mask)?;
//! assert_eq!(network.dims(), 24 + 8 + 2);
//!
//! // One network on one input.
//! let start = preset.start.draw(&preset.architecture, Stream::new(1, "initial weights"));
//! let mut input = AlignedBuffer::new(Images::buffer_len(1, 4));
//! Images::pack(0, &[0.5, -1.0, 2.0, 0.25], &mut input);
//! let mut evaluator = Evaluator::new(Isa::detected(), &network, None)?;
//! let mut outputs = [0.0; 2];
//! let member = network.gather(&start);
//! let population = Population::Rows(&member);
//! evaluator.outputs(Threads::Sequential, population, Images::new(&input, 1, 4), &mut outputs);
//!
//! // The same bits as by definition.
//! let expected = sparse_kernels::naive::network(network.network(), &member, &[0.5, -1.0, 2.0, 0.25]);
//! assert_eq!(outputs, expected[..]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//!
//! - **One order.** Flat vectors, masks and free coordinates follow [`architecture`]; [`order`] translates to JAX and flax.
//! - **A removed weight is no weight,** not a zero: it is in no sum and in no search.
//! - **Same bits** for any number of threads, any instruction set, any layout of the population, and any pieces in which
//!   it is taken. Compilation can change bits, and only by the mode that the caller names.
//! - **Checked once:** sizes when an architecture is made, masks against it when they meet.
//! - **What is read is checked:** a damaged, newer or foreign ticket is an error that says which, and reading it takes
//!   little more memory than it has bytes. Bytes come from the caller and go to the caller.
//! - **Absent:** files, clocks, strategies, tasks, threads of its own, global state, unsafe code.

#![forbid(unsafe_code)]

pub mod architecture;
mod evaluator;
pub mod foreign;
mod gradients;
pub mod initial;
mod mask;
mod masked;
pub mod order;
mod policies;
pub mod presets;
pub mod safetensors;
mod summary;
pub mod ticket;
mod unrolled;

pub use architecture::{Architecture, ArchitectureError, Input, Kind, Layer, Role, Tensor};
pub use evaluator::{Evaluator, EvaluatorError, Population};
pub use gradients::Gradients;
pub use initial::{Initialiser, Start};
pub use mask::Mask;
pub use masked::{MaskedError, MaskedNetwork};
pub use policies::{PolicyError, PolicyPlan};
pub use presets::{Preset, PresetError};
pub use summary::{LayerSummary, Summary, multiply_adds};
pub use ticket::{Normaliser, Ticket, TicketError};
