//! Every named network that can be a policy, as a population in which each member has inputs of its own: the bits of the
//! definition, whatever computes them.

use networks::{Mask, MaskedNetwork, PolicyError, PolicyPlan, Preset};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::{Threads, Values, naive};

const NETWORKS: [(&str, &str, usize); 6] = [
    ("policy-32-32", "17", 6),
    ("policy-64-64-linear", "6", 3),
    ("mlp-32", "12", 4),
    ("lenet-300-100", "1x3x3", 2),
    ("minatar-cnn", "2x6x5", 3),
    // no biases of their own
    (
        "unbiased",
        "1x5x5: conv 3 3x3 valid step 2x1 unbiased relu; dense 7 unbiased tanh; dense 2 unbiased",
        2,
    ),
];

/// A population of two groups with a random mask, and inputs of three copies.
struct Case {
    name: &'static str,
    network: MaskedNetwork,
    lanes: AlignedBuffer,
    copies: usize,
    inputs: AlignedBuffer,
}

impl Case {
    fn new((name, input, outputs): (&'static str, &str, usize), density: f64) -> Case {
        let architecture = match input.parse() {
            Ok(input) => Preset::named(name, input, outputs).expect("a preset").architecture,
            Err(_) => input.parse().expect("an architecture"),
        };
        let stream = Stream::new(12, name);
        let kept = (architecture.prunable() as f64 * density).round() as usize;
        let mask = Mask::random(architecture.prunable(), kept, stream.child(0));
        let network = MaskedNetwork::new(&architecture, &mask).expect("a network");
        let (groups, copies) = (2, 3);
        let mut lanes = AlignedBuffer::new(groups * network.dims() * LANES);
        let mut inputs = AlignedBuffer::new(groups * architecture.input().len() * copies * LANES);
        stream.child(1).normal_into(Isa::detected(), 0, &mut lanes);
        stream.child(2).normal_into(Isa::detected(), 0, &mut inputs);
        Case { name, network, lanes, copies, inputs }
    }

    /// The numbers of a lane of `[group][..][copy][16]`.
    fn lane(&self, numbers: &[f32], each: usize, copies: usize, [member, copy]: [usize; 2]) -> Vec<f32> {
        let group = &numbers[member / LANES * each * copies * LANES..][..each * copies * LANES];
        (0..each).map(|index| group[(index * copies + copy) * LANES + member % LANES]).collect()
    }

    /// Outputs by the definition, of the network as given or compiled, `[member][copy][output]`.
    fn defined(&self, mode: Option<Mode>) -> Vec<f32> {
        let compiled =
            mode.map(|mode| CompiledNetwork::new(self.network.network(), mode).expect("it compiles"));
        let mut outputs = Vec::new();
        for member in 0..2 * LANES {
            let free = self.lane(&self.lanes, self.network.dims(), 1, [member, 0]);
            let mut given = vec![0.0; self.network.network().parameters()];
            self.network.place(1, &free, &mut given);
            let (network, parameters) = match &compiled {
                None => (self.network.network(), given),
                Some(compiled) => {
                    let mut parameters = vec![0.0; compiled.network().parameters()];
                    compiled.compile_values(&given, &mut parameters, &mut vec![0.0; compiled.scratch()]);
                    (compiled.network(), parameters)
                }
            };
            for copy in 0..self.copies {
                let input = self.lane(&self.inputs, network.inputs(), self.copies, [member, copy]);
                outputs.extend(naive::network(network, &parameters, &input));
            }
        }
        outputs
    }

    fn check(&self, isa: Isa, threads: Threads<'_>, mode: Option<Mode>, expected: &[f32]) {
        let policy = PolicyPlan::new(isa, &self.network, mode, self.copies).expect("a policy");
        let plan = policy.plan();
        let what = format!("{} on {isa}, {} threads, {mode:?}", self.name, threads.count());
        let mut values = AlignedBuffer::new(plan.values_len(2));
        let mut scratch = vec![f32::NAN; policy.scratch_len(threads)];
        policy.values(threads, &self.lanes, &mut scratch, &mut values);
        if policy.is_direct() {
            assert_eq!(values[..], self.lanes[..], "{what}");
        }
        let mut scratch = vec![f32::NAN; plan.scratch_len(threads)];
        let mut outputs = vec![f32::NAN; plan.outputs_len(2)];
        plan.forward(threads, Values::Lanes(&values), &self.inputs, &mut scratch, &mut outputs);
        let width = policy.network().outputs();
        for (index, expected) in expected.chunks_exact(width).enumerate() {
            let place = [index / self.copies, index % self.copies];
            let found = self.lane(&outputs, width, self.copies, place);
            // Equal numbers: where a convolution is written out, a zero can have another sign.
            assert_eq!(found, expected, "{what}, member and copy {place:?}");
        }
        // one member alone, for all lanes
        let member = 19;
        let one = policy.values_of_one(&self.lane(&self.lanes, self.network.dims(), 1, [member, 0]));
        assert_eq!(one, self.lane(&values, plan.parameters(), 1, [member, 0]), "{what}");
    }
}

#[test]
fn every_policy_has_the_outputs_of_the_definition_for_all_threads_and_instructions() {
    let pools: Vec<rayon::ThreadPool> = [1, 2, 3, 7, 16]
        .map(|count| rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("threads"))
        .into();
    for network in NETWORKS {
        for density in [1.0, 0.1, 0.03] {
            let case = Case::new(network, density);
            for mode in [None, Some(Mode::Fold), Some(Mode::Strict)] {
                let expected = case.defined(mode);
                for isa in Isa::available() {
                    case.check(isa, Threads::Sequential, mode, &expected);
                }
                for pool in &pools {
                    case.check(Isa::detected(), Threads::Pool(pool), mode, &expected);
                }
            }
        }
    }
}

#[test]
fn a_network_that_pools_is_no_policy() {
    let architecture: networks::Architecture = "1x4x4: conv 2 3x3 same pool; dense 2".parse().expect("text");
    let network = MaskedNetwork::new(&architecture, &Mask::full(architecture.prunable())).expect("a network");
    let error = PolicyPlan::new(Isa::detected(), &network, None, 1).unwrap_err();
    assert_eq!(error, PolicyError::Pooled { layer: 0 });
    assert!(error.to_string().contains("without `pool`"), "{error}");
}
