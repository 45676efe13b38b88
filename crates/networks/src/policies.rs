//! A population of masked networks, each member with inputs of its own: policies that act in worlds.
//!
//! ```text
//!   population [group][free][16] ──(direct)───────────────────────────────►  CopyPlan: a member a lane
//!                                ──(missing biases, constants folded,
//!                                   convolutions written out: once a generation)──►  [group][parameter][16]
//! ```
//!
//! [`PolicyPlan`] holds the plan of the kernels and the way from free coordinates to its values. Where the way is direct,
//! the lanes of the strategy are the values. Rollouts then use the plan itself, also inside kernels of their own
//! ([`CopyPlan::forward_group`]).

use std::fmt;

use numerics::{Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode, Summary};
use sparse_kernels::network::{Network, NetworkError};
use sparse_kernels::{CopyPlan, PatternError, PlanError, Threads};

use crate::masked::MaskedNetwork;
use crate::unrolled::{Refusal, Unrolled};

/// Why a masked network cannot be a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// A convolution takes the maximum of its sums, which members with images of their own cannot.
    Pooled {
        /// Which layer.
        layer: usize,
    },
    /// A convolution has too many entries when it is written out.
    Unrolled {
        /// Which layer.
        layer: usize,
        /// Why.
        error: PatternError,
    },
    /// The network cannot be compiled.
    Compile(NetworkError),
    /// The network cannot be planned.
    Plan(PlanError),
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyError::Pooled { layer } => {
                write!(f, "layer {layer} pools, which a policy cannot; take a network without `pool`")
            }
            PolicyError::Unrolled { layer, .. } => write!(f, "layer {layer} is too large for a policy"),
            PolicyError::Compile(_) => write!(f, "the policy cannot be compiled"),
            PolicyError::Plan(_) => write!(f, "the policy cannot be planned"),
        }
    }
}

impl std::error::Error for PolicyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            PolicyError::Pooled { .. } => None,
            PolicyError::Unrolled { error, .. } => Some(error),
            PolicyError::Compile(error) => Some(error),
            PolicyError::Plan(error) => Some(error),
        }
    }
}

/// A masked network planned for members with inputs of their own.
///
/// ```
/// use networks::{Mask, MaskedNetwork, PolicyPlan, Preset};
/// use numerics::{AlignedBuffer, Isa, LANES};
/// use sparse_kernels::{Threads, Values};
///
/// // 16 members in two worlds each: four observations, three actions.
/// let preset = Preset::named("policy-8-8", "4".parse()?, 3)?;
/// let network = MaskedNetwork::new(&preset.architecture, &Mask::full(preset.architecture.prunable()))?;
/// let policy = PolicyPlan::new(Isa::detected(), &network, None, 2)?;
///
/// // What a strategy writes in lanes is what the plan reads.
/// let population = AlignedBuffer::new(network.dims() * LANES);
/// assert!(policy.is_direct());
/// let plan = policy.plan();
/// let inputs = AlignedBuffer::new(plan.inputs_len(1));
/// let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
/// let mut actions = AlignedBuffer::new(plan.outputs_len(1));
/// plan.forward(Threads::Sequential, Values::Lanes(&population), &inputs, &mut scratch, &mut actions);
/// assert!(actions.iter().all(|&action| action == 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PolicyPlan {
    isa: Isa,
    masked: MaskedNetwork,
    compiled: Option<CompiledNetwork>,
    unrolled: Option<Unrolled>,
    plan: CopyPlan,
}

impl PolicyPlan {
    /// Plans a masked network for so many inputs a member. `mode` tells whether useless units are left out, and how: a
    /// setting of a run, for it can change bits.
    pub fn new(
        isa: Isa,
        masked: &MaskedNetwork,
        mode: Option<Mode>,
        copies: usize,
    ) -> Result<PolicyPlan, PolicyError> {
        let compiled = mode.map(|mode| CompiledNetwork::new(masked.network(), mode)).transpose();
        let compiled = compiled.map_err(PolicyError::Compile)?.filter(|compiled| !compiled.is_unchanged());
        let network = compiled.as_ref().map_or(masked.network(), CompiledNetwork::network);
        let unrolled = Unrolled::new(network).map_err(|refusal| match refusal {
            Refusal::Pooled { layer } => PolicyError::Pooled { layer },
            Refusal::Pattern { layer, error } => PolicyError::Unrolled { layer, error },
        })?;
        let network = unrolled.as_ref().map_or(network, |unrolled| &unrolled.network);
        let plan = CopyPlan::new(isa, network, copies).map_err(PolicyError::Plan)?;
        Ok(PolicyPlan { isa, masked: masked.clone(), compiled, unrolled, plan })
    }

    /// The masked network.
    pub fn masked(&self) -> &MaskedNetwork {
        &self.masked
    }

    /// What is computed: compiled where it was asked for, without convolutions.
    pub fn network(&self) -> &Network {
        let compiled = self.compiled.as_ref().map_or(self.masked.network(), CompiledNetwork::network);
        self.unrolled.as_ref().map_or(compiled, |unrolled| &unrolled.network)
    }

    /// The plan of the kernels, for rollouts.
    pub fn plan(&self) -> &CopyPlan {
        &self.plan
    }

    /// What compilation left, if it was asked for and left something out.
    pub fn summary(&self) -> Option<Summary> {
        self.compiled.as_ref().map(CompiledNetwork::summary)
    }

    /// Whether lanes of free coordinates are the values of the plan as they lie, and rows of one member too.
    pub fn is_direct(&self) -> bool {
        self.compiled.is_none() && self.unrolled.is_none() && self.masked.is_direct()
    }

    /// Floats of scratch that [`values`](Self::values) needs; what they hold does not matter.
    pub fn scratch_len(&self, threads: Threads<'_>) -> usize {
        threads.count() * self.scratch_each() * LANES
    }

    /// The values of the plan for all groups of a population, `[group][free][16]`: once a generation.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `lanes` the free coordinates of whole groups, `values` [`CopyPlan::values_len`] of as
    /// many, `scratch` at least [`PolicyPlan::scratch_len`].
    pub fn values(&self, threads: Threads<'_>, lanes: &[f32], scratch: &mut [f32], values: &mut [f32]) {
        let each = self.masked.dims() * LANES;
        let groups = lanes.len() / each.max(1);
        let needed = self.scratch_len(threads);
        assert_eq!(lanes.len(), groups * each, "free coordinates of {groups} groups");
        assert_eq!(values.len(), self.plan.values_len(groups), "values of {groups} groups");
        assert!(scratch.len() >= needed, "scratch of {} floats, {needed} are needed", scratch.len());
        if values.is_empty() {
            return;
        }
        let share = threads.share(groups);
        let parts = values.chunks_mut(self.plan.values_len(share)).zip(lanes.chunks(share * each));
        let parts = parts.zip(scratch.chunks_exact_mut(self.scratch_each() * LANES));
        threads.for_each(parts, |((values, lanes), scratch)| {
            let groups = values.chunks_exact_mut(self.plan.values_len(1)).zip(lanes.chunks_exact(each));
            for (values, lanes) in groups {
                self.group::<LANES>(lanes, scratch, values);
            }
        });
    }

    /// The values of the plan for one network, as [`sparse_kernels::Values::One`] takes them.
    ///
    /// # Panics
    ///
    /// If `member` has not one value a free coordinate.
    pub fn values_of_one(&self, member: &[f32]) -> Vec<f32> {
        assert_eq!(member.len(), self.masked.dims(), "one value a free coordinate");
        let mut values = vec![0.0; self.plan.parameters()];
        self.group::<1>(member, &mut vec![0.0; self.scratch_each()], &mut values);
        values
    }

    /// Numbers of scratch a lane: parameters as given, as compiled, and what compilation needs. At least one, so that
    /// every thread has a part.
    fn scratch_each(&self) -> usize {
        let given = if self.masked.is_direct() { 0 } else { self.masked.network().parameters() };
        let compiled = self.compiled.as_ref();
        let compiled = compiled.map_or(0, |compiled| compiled.network().parameters() + compiled.scratch());
        (given + compiled).max(1)
    }

    /// One group of `N` lanes.
    fn group<const N: usize>(&self, free: &[f32], scratch: &mut [f32], values: &mut [f32]) {
        let given = if self.masked.is_direct() { 0 } else { self.masked.network().parameters() };
        let (given, scratch) = scratch.split_at_mut(given * N);
        let steps = (self.masked.is_direct(), &self.compiled, &self.unrolled);
        let given: &[f32] = match steps {
            (true, ..) => free,
            (false, None, None) => return self.masked.place(N, free, values),
            (false, ..) => {
                self.masked.place(N, free, given);
                given
            }
        };
        match (&self.compiled, &self.unrolled) {
            (None, None) => values.copy_from_slice(given),
            (None, Some(unrolled)) => unrolled.place(N, given, values),
            (Some(compiled), None) => self.compile::<N>(compiled, given, values, scratch),
            (Some(compiled), Some(unrolled)) => {
                let (parameters, scratch) = scratch.split_at_mut(compiled.network().parameters() * N);
                self.compile::<N>(compiled, given, parameters, scratch);
                unrolled.place(N, parameters, values);
            }
        }
    }

    fn compile<const N: usize>(
        &self,
        compiled: &CompiledNetwork,
        given: &[f32],
        values: &mut [f32],
        scratch: &mut [f32],
    ) {
        if N == LANES {
            compiled.compile_lanes_with(self.isa, given, values, scratch);
        } else {
            compiled.compile_values_with(self.isa, given, values, scratch);
        }
    }
}
