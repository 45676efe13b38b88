//! Networks of dense layers with several inputs each: a population in its worlds, or one network over a batch.
//!
//! The order is that of rollouts: a group of members takes all its steps before the next group begins, so that its
//! values stay in a near cache. A burst is some steps of a group on each thread.

use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::CompiledNetwork;
use sparse_kernels::network::Network;
use sparse_kernels::{CopyPlan, Threads, Values, naive};

use super::data::{column, inputs, parameters, side_by_side, stream};
use super::{Difference, Form, Prepared, Step, Unit, same};

/// What is evaluated.
pub(super) struct Rollouts {
    pub(super) network: Network,
    pub(super) form: Form,
    /// Groups of [`LANES`] members, or blocks of samples.
    pub(super) groups: usize,
    /// Inputs of a member, or registers of samples in a block.
    pub(super) copies: usize,
    /// Evaluations of each group, and those of them that make a burst.
    pub(super) steps: usize,
    pub(super) burst: usize,
    /// One network for all lanes, in place of one a lane.
    pub(super) one: bool,
}

impl Rollouts {
    pub(super) fn prepare(self, isa: Isa) -> Result<Prepared, Difference> {
        let Rollouts { network, form, groups: count, copies, steps: all, burst, one } = self;
        let compiled = form.compile(&network);
        let evaluated = compiled.as_ref().map_or(&network, CompiledNetwork::network);
        let plan = CopyPlan::new(isa, evaluated, copies).expect("the papers' networks can be planned");
        let given = |group| Group::new(&plan, &network, group, one);
        let given: Vec<Group> = (0..count).map(given).collect();
        let mut steps = Vec::new();
        let mut groups = given;
        if let Some(compiled) = &compiled {
            let lanes: Vec<AlignedBuffer> = groups.iter().map(|group| group.values.clone()).collect();
            for group in &mut groups {
                group.compile(isa, compiled);
            }
            steps.push(compilation(isa, compiled.clone(), lanes));
        }
        for group in [0, count - 1] {
            groups[group].check(&plan, evaluated, one)?;
        }
        steps.push(step(plan, groups, one, all, burst));

        let evaluations = (count * LANES * copies * all) as f64;
        let entries: usize = network.layers().iter().map(|layer| layer.pattern().nnz()).sum();
        Ok(Prepared {
            multiply_adds: Some(entries as f64 * evaluations),
            effective_density: compiled.map(|compiled| compiled.summary().effective_density()),
            units: (evaluations, Unit::MemberForwards),
            steps,
        })
    }
}

/// The data of [`LANES`] members, or of one network and a block of samples.
struct Group {
    members: Vec<Vec<f32>>,
    values: AlignedBuffer,
    inputs: AlignedBuffer,
    outputs: AlignedBuffer,
}

impl Group {
    fn new(plan: &CopyPlan, network: &Network, group: usize, one: bool) -> Group {
        let values = stream("copies/values");
        let lane = |lane| {
            let member = if one { 0 } else { group * LANES + lane };
            parameters(network, values.child(member as u64))
        };
        let members: Vec<Vec<f32>> = (0..if one { 1 } else { LANES }).map(lane).collect();
        Group {
            values: if one { AlignedBuffer::copied(&members[0]) } else { side_by_side(&members) },
            members,
            inputs: inputs(plan.inputs_len(1), stream("copies/inputs").child(group as u64)),
            outputs: AlignedBuffer::new(plan.outputs_len(1)),
        }
    }

    /// Replaces the values by those of the compiled network.
    fn compile(&mut self, isa: Isa, compiled: &CompiledNetwork) {
        let parameters = compiled.network().parameters();
        let mut scratch = AlignedBuffer::new(compiled.scratch() * LANES);
        let mut values = AlignedBuffer::new(parameters * LANES);
        compiled.compile_lanes_with(isa, &self.values, &mut values, &mut scratch);
        self.values = values;
        for member in &mut self.members {
            let given = std::mem::replace(member, vec![0.0; parameters]);
            compiled.compile_values_with(isa, &given, member, &mut scratch);
        }
    }

    fn values(&self, one: bool) -> Values<'_> {
        if one { Values::One(&self.values) } else { Values::Lanes(&self.values) }
    }

    /// All outputs of the first and the last lane.
    fn check(&mut self, plan: &CopyPlan, network: &Network, one: bool) -> Result<(), Difference> {
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
        let mut outputs = AlignedBuffer::new(plan.outputs_len(1));
        plan.forward(Threads::Sequential, self.values(one), &self.inputs, &mut scratch, &mut outputs);
        let copies = plan.copies();
        let column = |numbers, copy, lane| column(numbers, copy * LANES + lane, copies * LANES);
        for lane in [0, LANES - 1] {
            for copy in 0..copies {
                let found = column(&outputs, copy, lane);
                let member = &self.members[lane.min(self.members.len() - 1)];
                let expected = naive::network(network, member, &column(&self.inputs, copy, lane));
                same(&found, &expected, |output| format!("output {output} of lane {lane} in copy {copy}"))?;
            }
        }
        Ok(())
    }
}

/// All groups, one after the other on each thread.
fn step(plan: CopyPlan, mut groups: Vec<Group>, one: bool, steps: usize, burst: usize) -> Step {
    let items = groups.len() as u64;
    let each = plan.scratch_len(Threads::Sequential);
    let mut scratch: Vec<AlignedBuffer> = Vec::new();
    let run = move |threads: Threads<'_>, repeats: u64| {
        let count = threads.count().min(groups.len());
        scratch.resize_with(count.max(scratch.len()), || AlignedBuffer::new(each));
        for _ in 0..repeats {
            groups.rotate_left(count);
            let parts = groups[..count].iter_mut().zip(&mut scratch);
            threads.for_each(parts, |(group, scratch)| {
                let Group { values, inputs, outputs, .. } = group;
                let values = if one { Values::One(values) } else { Values::Lanes(values) };
                for _ in 0..burst {
                    plan.forward(Threads::Sequential, values, inputs, scratch, outputs);
                }
            });
        }
    };
    Step { items, bursts: (steps / burst) as u64, burst: Box::new(run) }
}

/// Once a generation: the compiled network's parameters of every group.
fn compilation(isa: Isa, compiled: CompiledNetwork, given: Vec<AlignedBuffer>) -> Step {
    let items = given.len() as u64;
    let mut places = Vec::new();
    let mut next = 0;
    let burst = move |threads: Threads<'_>, repeats: u64| {
        let count = threads.count().min(given.len());
        places.resize_with(count, || {
            let values = AlignedBuffer::new(compiled.network().parameters() * LANES);
            (values, AlignedBuffer::new(compiled.scratch() * LANES))
        });
        for _ in 0..repeats {
            next = (next + count) % (given.len() - count + 1);
            threads.for_each(places.iter_mut().zip(&given[next..]), |((values, scratch), given)| {
                compiled.compile_lanes_with(isa, given, values, scratch);
            });
        }
    };
    Step { items, bursts: 1, burst: Box::new(burst) }
}
