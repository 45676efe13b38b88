//! A network of dense layers, made ready for populations and batches.

use numerics::{Isa, Kernel, LANES, Simd};

use super::layer::LayerPlan;
use crate::length::length;
use crate::network::{Dense, Layer, Network};
use crate::{PlanError, Threads};

/// A network of dense layers, planned for a number of inputs a member.
///
/// ```
/// use numerics::{AlignedBuffer, Isa, LANES};
/// use sparse_kernels::network::{Dense, Layer, Network};
/// use sparse_kernels::{Activation, CopyPlan, Pattern, Threads, Values};
///
/// // one unit that reads the second of three inputs
/// let pattern = Pattern::from_triplets(1, 3, &[(0, 1)])?;
/// let network = Network::new(vec![Layer::Dense(Dense::new(pattern, Activation::Identity))])?;
/// let plan = CopyPlan::new(Isa::detected(), &network, 2)?;
///
/// // sixteen members: weights 0 to 15, biases 100
/// let mut values = AlignedBuffer::new(2 * LANES);
/// for lane in 0..LANES {
///     values[lane] = lane as f32;
///     values[LANES + lane] = 100.0;
/// }
/// let mut inputs = AlignedBuffer::new(plan.inputs_len(1));
/// inputs[2 * LANES..4 * LANES].fill(0.5); // input 1, copies 0 and 1
/// let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
/// let mut outputs = AlignedBuffer::new(plan.outputs_len(1));
/// plan.forward(Threads::Sequential, Values::Lanes(&values), &inputs, &mut scratch, &mut outputs);
/// assert_eq!(outputs[LANES + 7], 103.5); // copy 1 of member 7
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CopyPlan {
    isa: Isa,
    layers: Box<[PlannedLayer]>,
    each: Each,
    copies: usize,
    parameters: usize,
    /// Floats of scratch of one thread: what lies between the layers.
    between: usize,
}

/// Floats of one group: proved to fit the address space.
#[derive(Clone, Copy, Debug)]
struct Each {
    values: usize,
    inputs: usize,
    outputs: usize,
}

/// A layer and the place of its values and of its inputs.
#[derive(Clone, Debug)]
struct PlannedLayer {
    plan: LayerPlan,
    /// First of the parameters that are values, and that are initial values.
    values: usize,
    initial: usize,
    /// First float of the outputs in the scratch; unused by the last layer.
    output: usize,
}

/// The values of networks that share a pattern.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// A member a lane: `[group][parameter][LANES]`.
    Lanes(&'a [f32]),
    /// One network for all lanes: `[parameter]`.
    One(&'a [f32]),
}

impl CopyPlan {
    /// Plans for `copies` inputs a member (or registers of samples a block).
    ///
    /// # Errors
    ///
    /// If there are no copies, a layer that is not dense, or one too large for 32-bit offsets.
    pub fn new<'network>(isa: Isa, network: &'network Network, copies: usize) -> Result<CopyPlan, PlanError> {
        if copies == 0 {
            return Err(PlanError::NoCopies);
        }
        let dense = |(index, layer): (usize, &'network Layer)| match layer {
            Layer::Dense(dense) => Ok(dense),
            Layer::Convolution(_) => Err(PlanError::NotDense { layer: index }),
        };
        let dense: Vec<&Dense> = network.layers().iter().enumerate().map(dense).collect::<Result<_, _>>()?;
        let (needed, constant) = (needed_rows(&dense), constant_rows(&dense));
        let mut layers = Vec::with_capacity(dense.len());
        let mut between = 0;
        for (index, layer) in dense.iter().enumerate() {
            let too_large = PlanError::TooLarge { layer: index };
            let units = layer.pattern().columns().max(layer.pattern().rows());
            addressable(between, units, copies).ok_or(too_large)?;
            let plan = LayerPlan::new(layer, copies, &needed[index], &constant[index]);
            layers.push(PlannedLayer {
                plan: plan.ok_or(too_large)?,
                values: network.range(index).start,
                initial: network.range(index).start + layer.pattern().nnz(),
                output: between,
            });
            if index + 1 < dense.len() {
                between += layer.pattern().rows() * copies * LANES;
            }
        }
        let each = Each {
            values: network.parameters() * LANES,
            inputs: network.inputs() * copies * LANES,
            outputs: network.outputs() * copies * LANES,
        };
        Ok(CopyPlan { isa, layers: layers.into(), each, copies, parameters: network.parameters(), between })
    }

    /// Parameters of a member.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Inputs a member, or registers of samples a block.
    pub fn copies(&self) -> usize {
        self.copies
    }

    /// Length of the inputs of this many groups of members, or blocks of samples: `[group][input][copy][LANES]`.
    ///
    /// # Panics
    ///
    /// This and the lengths below: if so many numbers do not fit the address space.
    pub fn inputs_len(&self, groups: usize) -> usize {
        length("inputs", [groups, self.each.inputs])
    }

    /// Length of the outputs of this many groups of members, or blocks of samples: `[group][output][copy][LANES]`.
    pub fn outputs_len(&self, groups: usize) -> usize {
        length("outputs", [groups, self.each.outputs])
    }

    /// Length of the values of this many groups of members.
    pub fn values_len(&self, groups: usize) -> usize {
        length("values", [groups, self.each.values])
    }

    /// Floats of scratch that [`CopyPlan::forward`] needs; what they hold does not matter.
    pub fn scratch_len(&self, threads: Threads<'_>) -> usize {
        length("scratch", [threads.count(), self.scratch_each()])
    }

    /// Evaluates all groups of members, or all blocks of samples.
    ///
    /// # Panics
    ///
    /// If a length does not fit: `inputs` and `outputs` the same whole number of groups, `values` that number (or one
    /// network), `scratch` at least [`CopyPlan::scratch_len`].
    pub fn forward(
        &self,
        threads: Threads<'_>,
        values: Values<'_>,
        inputs: &[f32],
        scratch: &mut [f32],
        outputs: &mut [f32],
    ) {
        let groups = inputs.len() / self.each.inputs.max(1);
        let groups = if self.each.inputs == 0 { outputs.len() / self.each.outputs.max(1) } else { groups };
        let needed = self.scratch_len(threads);
        assert_eq!(inputs.len(), self.inputs_len(groups), "inputs of {groups} groups");
        assert_eq!(outputs.len(), self.outputs_len(groups), "outputs of {groups} groups");
        assert!(scratch.len() >= needed, "scratch of {} floats, {needed} are needed", scratch.len());
        match values {
            Values::Lanes(values) => {
                assert_eq!(values.len(), self.values_len(groups), "values of {groups} groups")
            }
            Values::One(values) => assert_eq!(values.len(), self.parameters, "values of one network"),
        }
        if outputs.is_empty() {
            return;
        }
        let share = threads.share(groups);
        let scratch = scratch.chunks_exact_mut(self.scratch_each());
        let outputs = outputs.chunks_mut(share * self.each.outputs);
        let parts = outputs.zip(scratch).enumerate();
        threads.for_each(parts, |(index, (outputs, scratch))| {
            let first = index * share;
            self.isa.run(Part { plan: self, values, inputs, scratch, outputs, first });
        });
    }

    /// Evaluates one group on the registers of a caller's kernel: the form for rollouts, where observation, network,
    /// action and step go through the same lanes.
    ///
    /// # Panics
    ///
    /// If a length is not that of one group ([`CopyPlan::values_len`], [`CopyPlan::inputs_len`],
    /// [`CopyPlan::outputs_len`]), or the scratch is shorter than that of one thread.
    #[inline(always)]
    pub fn forward_group<S: Simd>(
        &self,
        simd: S,
        values: Values<'_>,
        inputs: &[f32],
        scratch: &mut [f32],
        outputs: &mut [f32],
    ) {
        assert_eq!(inputs.len(), self.each.inputs, "inputs of a group");
        assert_eq!(outputs.len(), self.each.outputs, "outputs of a group");
        assert!(scratch.len() >= self.scratch_each(), "scratch of one thread");
        // SAFETY: the lengths were checked, here and below.
        unsafe {
            match values {
                Values::Lanes(values) => {
                    assert_eq!(values.len(), self.each.values, "values of a group");
                    self.run::<S, false>(simd, values, inputs, scratch, outputs);
                }
                Values::One(values) => {
                    assert_eq!(values.len(), self.parameters, "values of one network");
                    self.run::<S, true>(simd, values, inputs, scratch, outputs);
                }
            }
        }
    }

    /// # Safety
    ///
    /// The lengths are those of one group.
    #[inline(always)]
    unsafe fn run<S: Simd, const ONE: bool>(
        &self,
        simd: S,
        values: &[f32],
        inputs: &[f32],
        scratch: &mut [f32],
        outputs: &mut [f32],
    ) {
        let width = if ONE { 1 } else { LANES };
        let start = scratch.as_ptr().align_offset(64).min(LANES - 1);
        let between = scratch[start..].as_mut_ptr();
        let mut input = inputs.as_ptr();
        for (index, layer) in self.layers.iter().enumerate() {
            // SAFETY: the caller's promise; the scratch has room for what lies between the layers.
            unsafe {
                let last = index + 1 == self.layers.len();
                let output = if last { outputs.as_mut_ptr() } else { between.add(layer.output) };
                let weights = values.as_ptr().add(layer.values * width);
                let initial = values.as_ptr().add(layer.initial * width);
                layer.plan.run::<S, ONE>(simd, input, weights, initial, output);
                input = output;
            }
        }
    }

    /// Floats of scratch a thread, with room to begin at a cache line.
    fn scratch_each(&self) -> usize {
        self.between + LANES
    }
}

/// Groups that one thread evaluates.
struct Part<'a> {
    plan: &'a CopyPlan,
    values: Values<'a>,
    inputs: &'a [f32],
    scratch: &'a mut [f32],
    outputs: &'a mut [f32],
    /// The first group of the part.
    first: usize,
}

impl Kernel for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let plan = self.plan;
        let (values_len, inputs_len) = (plan.each.values, plan.each.inputs);
        for (index, outputs) in self.outputs.chunks_exact_mut(plan.each.outputs).enumerate() {
            let group = self.first + index;
            let values = match self.values {
                Values::Lanes(values) => Values::Lanes(&values[group * values_len..][..values_len]),
                one => one,
            };
            let inputs = &self.inputs[group * inputs_len..][..inputs_len];
            plan.forward_group(simd, values, inputs, self.scratch, outputs);
        }
    }
}

/// The blocks of so many units after so many floats, if they can be had at all.
fn addressable(floats: usize, units: usize, copies: usize) -> Option<usize> {
    let blocks = units.checked_mul(copies)?.checked_mul(LANES)?.checked_add(LANES)?;
    let bytes = blocks.checked_add(floats)?.checked_mul(size_of::<f32>())?;
    (bytes <= isize::MAX as usize).then_some(blocks)
}

/// For each layer, the rows that an output depends on.
fn needed_rows(layers: &[&Dense]) -> Vec<Vec<bool>> {
    let mut needed: Vec<Vec<bool>> = layers.iter().map(|layer| vec![false; layer.pattern().rows()]).collect();
    for index in (0..layers.len()).rev() {
        match layers.get(index + 1) {
            None => needed[index].fill(true),
            Some(next) => {
                let (before, after) = needed.split_at_mut(index + 1);
                for row in (0..next.pattern().rows()).filter(|&row| after[0][row]) {
                    for &column in next.pattern().row(row) {
                        before[index][column as usize] = true;
                    }
                }
            }
        }
    }
    needed
}

/// For each layer, the rows whose sums are the same for all copies, since no input reaches them.
fn constant_rows(layers: &[&Dense]) -> Vec<Vec<bool>> {
    let mut constant: Vec<Vec<bool>> = Vec::with_capacity(layers.len());
    for layer in layers {
        let input = |column: u32| constant.last().is_some_and(|rows: &Vec<bool>| rows[column as usize]);
        let pattern = layer.pattern();
        let rows =
            (0..pattern.rows()).map(|row| pattern.row(row).iter().all(|&column| input(column))).collect();
        constant.push(rows);
    }
    constant
}
