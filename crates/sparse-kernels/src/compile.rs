//! Mask compilation: the smaller network that a mask leaves.
//!
//! At low densities most units of a pruned network do nothing: nobody reads them, or they read nobody and so have the
//! same value whatever the input. A kernel that follows the pattern as given still pays for each of them, a row and an
//! activation. [`CompiledNetwork`] finds them once a mask, and their effect once a generation and member:
//!
//! ```text
//!     inputs        hidden                outputs
//!       x0 ───────── a ─────────────────── y0       a  is live: a path from an input leads to it
//!       x1 ───────── b                              b  is dropped: nobody reads it
//!                    c ─────────────────── y0       c  is folded: y0 begins with  bias + value * f(bias of c)
//! ```
//!
//! - A unit is **dropped** if no unit that matters reads it; outputs matter, and what they read, and so on.
//! - A unit is **constant** if no unit it reads is live; inputs are live. It has no entries, or all it reads is constant.
//! - A constant unit is **folded** into what the sums of its readers begin with. A constant channel of a convolution is
//!   a constant *plane*. Where every pixel of its reader sees it alike, one number is folded; elsewhere (at the borders
//!   of an image that is padded with zeros) the reader begins with a plane, one number for each sum.
//! - Outputs and inputs are never dropped. A network can be left without hidden units.
//!
//! What remains is a [`Network`] like any other, for the same kernels and the same naive twin, and a recipe for its
//! parameters. Folding goes through a row's constant inputs in the order of the row, before all others:
//!
//! ```text
//!     initial = bias;  for each folded entry of the row, in order:    initial = fma(value, constant, initial)
//!     sum = initial;   for each entry that is left, in order:         sum = fma(value, input, sum)
//! ```
//!
//! # How far it is from the network as given
//!
//! In real arithmetic not at all. In `f32` a row adds the same terms in another order: those of constant inputs come
//! first. Let `u = 2^-24`, let a row have `n` entries, `b` its bias, `v` its values, `x` its exact inputs and `e` bounds
//! on how far the inputs that are really read are from them. Every `fma` rounds once, by a factor of at most `1 + u` or,
//! among subnormal numbers, by at most `h = 2^-150`. The bias goes through at most `n` roundings and so does every term,
//! *in any order*, hence for either network
//!
//! ```text
//!     |sum - exact sum| <= sum |v| e + g (|b| + sum |v| (|x| + e) + n h) + n h,      g = n u / (1 - n u).
//! ```
//!
//! A maximum of sums is no farther off than the worst of them, and an activation with slope at most `L` and an error of
//! at most `c` units in the last place takes `e` to `L e + 2 c u (|f| + L e) + c 2^-149`. Applied layer by layer this
//! bounds how far either network is from the exact result; the two are within twice the bound of each other. The tests
//! of this module evaluate it.
//!
//! # Numbers that are not finite
//!
//! Zeros of a mask are structural: nothing is multiplied by them. An input that is NaN or infinite therefore reaches an
//! output along entries only, and every path of entries from an input to an output is left by compilation, so what
//! reaches an output of the network as given also reaches it here. As long as no sum of *finite* terms overflows and
//! values and biases are finite, an output is NaN, infinite or finite in both networks alike: a sum with a NaN among its
//! terms, or with both infinities, is NaN in every order, and one with a single infinity is that. Where finite terms
//! overflow, the order decides whether two huge terms cancel, and the two networks can differ.
//!
//! [`Mode::Strict`] leaves no such case. It drops what nobody reads, and folds a constant unit only where its entry
//! stands before all that are left in the row of each reader, so that no sum changes its order; the other constant units
//! stay, as units without entries. Outputs then have **the bits of the network as given for every input and every
//! value**, NaN and infinities included (of a NaN, that it is one).
//!
//! Whether a run compiles its masks, and how, changes bits; so it belongs to the settings of the run and must never
//! depend on the machine.
//!
//! ```
//! use sparse_kernels::compile::{CompiledNetwork, Mode};
//! use sparse_kernels::network::{Dense, Layer, Network};
//! use sparse_kernels::{Activation, Pattern, naive};
//!
//! // The drawing above: a reads x0, b reads x1, c reads nobody; y0 reads a and c.
//! let hidden = Dense::new(Pattern::from_triplets(3, 2, &[(0, 0), (1, 1)])?, Activation::Relu);
//! let output = Dense::new(Pattern::from_triplets(1, 3, &[(0, 0), (0, 2)])?, Activation::Identity);
//! let network = Network::new([Layer::Dense(hidden), Layer::Dense(output)])?;
//!
//! let compiled = CompiledNetwork::new(&network, Mode::Fold)?;
//! let summary = compiled.summary();
//! assert_eq!((summary.units, summary.dropped, summary.folded), (4, 1, 1));
//! assert_eq!((summary.nnz, summary.effective_nnz), (4, 2));
//!
//! // Values, then biases, of each layer.
//! let given = [1.0, 2.0, /* biases of a, b, c */ 0.5, 0.25, 4.0, /* y0 */ 3.0, 8.0, /* its bias */ 1.0];
//! let mut parameters = vec![0.0; compiled.network().parameters()];
//! compiled.compile_values(&given, &mut parameters, &mut vec![0.0; compiled.scratch()]);
//! assert_eq!(parameters, [1.0, 0.5, 3.0, 1.0 + 8.0 * 4.0]);
//!
//! let expected = naive::network(&network, &given, &[7.0, f32::NAN]);
//! assert_eq!(naive::network(compiled.network(), &parameters, &[7.0, f32::NAN]), expected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use numerics::{Isa, LANES};

use crate::network::{Network, NetworkError};

mod fate;
mod plan;
mod values;

use plan::LayerPlan;
use values::Values;

/// What compilation may do to sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Every constant unit is folded. Sums change their order, and results within the bound.
    #[default]
    Fold,
    /// Constant units are folded where no sum changes its order, and kept elsewhere. Results have the same bits, for
    /// numbers that are not finite too.
    Strict,
}

/// How much of a network is left, or of one of its layers. A unit is a row: an output of a dense layer or an output
/// channel of a convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Summary {
    /// Units of the network as given.
    pub units: usize,
    /// Units that nobody reads.
    pub dropped: usize,
    /// Constant units that became part of what their readers begin with.
    pub folded: usize,
    /// Constant units that stay: among the outputs, and by [`Mode::Strict`].
    pub constant: usize,
    /// Places that a dense network would have.
    pub places: usize,
    /// Entries of the network as given.
    pub nnz: usize,
    /// Entries that are left.
    pub effective_nnz: usize,
}

impl Summary {
    /// Entries that are left over places of the network as given; 1 where there are no places, since none is missing.
    pub fn effective_density(&self) -> f64 {
        if self.places == 0 { 1.0 } else { self.effective_nnz as f64 / self.places as f64 }
    }

    fn add(self, other: Summary) -> Summary {
        Summary {
            units: self.units + other.units,
            dropped: self.dropped + other.dropped,
            folded: self.folded + other.folded,
            constant: self.constant + other.constant,
            places: self.places.saturating_add(other.places),
            nnz: self.nnz + other.nnz,
            effective_nnz: self.effective_nnz + other.effective_nnz,
        }
    }
}

/// A network without the units that its mask made useless, and the way from parameters as given to its own.
#[derive(Clone, Debug)]
pub struct CompiledNetwork {
    given: Network,
    network: Network,
    plans: Box<[LayerPlan]>,
    summaries: Box<[Summary]>,
    /// Constants of one member, and room for the largest plane of sums.
    constants: usize,
    scratch: usize,
}

impl CompiledNetwork {
    /// Finds the units that matter. Fails only where the planes of a huge network would not fit the address space.
    pub fn new(network: &Network, mode: Mode) -> Result<CompiledNetwork, NetworkError> {
        let fates = fate::of_units(network, mode);
        plan::compile(network, &fates)
    }

    /// The network that is left.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network as given.
    pub fn given(&self) -> &Network {
        &self.given
    }

    /// Whether nothing could be left out, so that parameters as given are those of [`network`](Self::network).
    pub fn is_unchanged(&self) -> bool {
        self.network == self.given
    }

    /// What became of all layers together.
    pub fn summary(&self) -> Summary {
        self.summaries.iter().fold(Summary::default(), |sum, &layer| sum.add(layer))
    }

    /// What became of each layer.
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// For each parameter as given, whether anything depends on it: the pattern that really has an effect. Estimates of
    /// a gradient with respect to the others are noise around zero.
    pub fn effective(&self) -> Vec<bool> {
        let mut effective = vec![false; self.given.parameters()];
        for plan in &self.plans {
            plan.for_each_parameter(|parameters| effective[parameters].fill(true));
        }
        effective
    }

    /// Scratch that [`compile_values`](Self::compile_values) needs, in numbers; [`compile_lanes`](Self::compile_lanes)
    /// needs as many blocks of [`LANES`].
    pub fn scratch(&self) -> usize {
        self.scratch
    }

    /// The parameters of the compiled network for one member: values that are left are copied, constants and initial
    /// values computed. Needed once a generation and member. Allocates nothing.
    ///
    /// # Panics
    ///
    /// If `given` or `compiled` has not the length of its network's parameters, or `scratch` is shorter than
    /// [`scratch`](Self::scratch).
    pub fn compile_values(&self, given: &[f32], compiled: &mut [f32], scratch: &mut [f32]) {
        self.compile_values_with(Isa::detected(), given, compiled, scratch);
    }

    /// [`compile_values`](Self::compile_values) on chosen instructions.
    ///
    /// # Panics
    ///
    /// As above.
    pub fn compile_values_with(&self, isa: Isa, given: &[f32], compiled: &mut [f32], scratch: &mut [f32]) {
        self.check::<1>(given.len(), compiled.len(), scratch.len());
        isa.run(Values::<1>::new(self, given, compiled, scratch));
    }

    /// The same for a group of [`LANES`] members whose parameters are interleaved, `[parameter][lane]`, before and
    /// after: every member gets the bits that [`compile_values`](Self::compile_values) gives it.
    ///
    /// # Panics
    ///
    /// If a slice has not [`LANES`] times the length that `compile_values` asks for.
    pub fn compile_lanes(&self, given: &[f32], compiled: &mut [f32], scratch: &mut [f32]) {
        self.compile_lanes_with(Isa::detected(), given, compiled, scratch);
    }

    /// [`compile_lanes`](Self::compile_lanes) on chosen instructions.
    ///
    /// # Panics
    ///
    /// As above.
    pub fn compile_lanes_with(&self, isa: Isa, given: &[f32], compiled: &mut [f32], scratch: &mut [f32]) {
        self.check::<LANES>(given.len(), compiled.len(), scratch.len());
        isa.run(Values::<LANES>::new(self, given, compiled, scratch));
    }

    fn check<const N: usize>(&self, given: usize, compiled: usize, scratch: usize) {
        assert_eq!(given, self.given.parameters() * N, "parameters as given of {N} members");
        assert_eq!(compiled, self.network.parameters() * N, "compiled parameters of {N} members");
        let needed = self.scratch * N;
        assert!(scratch >= needed, "scratch of {scratch} numbers, where {N} members need {needed}");
    }
}

#[cfg(test)]
mod tests;
