//! Populations with inputs of their own, and one network over a batch, against the definition.

mod common;

use common::{Draw, cases};
use numerics::{Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::{Activation, CopyPlan, Pattern, PlanError, Threads, Values, naive};

/// One to three dense layers, with few or with many inputs and units, or without any.
fn network(draw: &mut Draw) -> Network {
    let any = draw.below(71);
    // an interpreter draws slowly
    let mut columns =
        if cfg!(miri) { draw.one_of(&[1, 3, 8]) } else { draw.one_of(&[1, 3, 10, any, 70, 150]) };
    let mut layers = Vec::new();
    let last = draw.below(3);
    for index in 0..=last {
        let [rows] = draw.sizes([if cfg!(miri) { 6 } else { 40 }]);
        // a network without outputs computes nothing
        let rows = if index == last { rows.max(1) } else { rows };
        layers.push(Layer::Dense(Dense::new(draw.pattern(rows, columns), draw.one_of(Activation::ALL))));
        columns = rows;
    }
    let network = Network::new(layers).expect("layers that fit each other");
    if draw.below(2) == 0 {
        return network;
    }
    CompiledNetwork::new(&network, Mode::Fold).expect("a compiled network").network().clone()
}

/// Element `lane` of block `index` of a buffer.
fn lane(buffer: &[f32], index: usize, lane: usize) -> f32 {
    buffer[index * LANES + lane]
}

fn forward(
    isa: Isa,
    threads: Threads<'_>,
    network: &Network,
    [groups, copies]: [usize; 2],
    values: Values<'_>,
    inputs: &[f32],
) -> Vec<f32> {
    let plan = CopyPlan::new(isa, network, copies).expect("a small network");
    let mut scratch = vec![f32::NAN; plan.scratch_len(threads)];
    let mut outputs = vec![f32::NAN; plan.outputs_len(groups)];
    plan.forward(threads, values, inputs, &mut scratch, &mut outputs);
    outputs
}

/// Compares every output with the definition; `of` gives the parameters of a group and lane.
fn check(
    network: &Network,
    [groups, copies]: [usize; 2],
    inputs: &[f32],
    outputs: &[f32],
    of: impl Fn(usize, usize) -> Vec<f32>,
    what: &str,
) {
    let (columns, rows) = (network.inputs(), network.outputs());
    for group in 0..groups {
        for member in 0..LANES {
            let parameters = of(group, member);
            for copy in 0..copies {
                let input: Vec<f32> = (0..columns)
                    .map(|column| lane(inputs, (group * columns + column) * copies + copy, member))
                    .collect();
                for (row, expected) in naive::network(network, &parameters, &input).into_iter().enumerate() {
                    let found = lane(outputs, (group * rows + row) * copies + copy, member);
                    assert_eq!(
                        found.to_bits(),
                        expected.to_bits(),
                        "{what}, group {group}, member {member}, copy {copy}"
                    );
                }
            }
        }
    }
}

#[test]
fn members_have_the_bits_of_the_definition() {
    for seed in 0..cases(60) {
        let mut draw = Draw::new("population", seed);
        let network = network(&mut draw);
        let copies = draw.one_of(&[1, 2, 3, 5, 8, 9, 13]);
        let groups = 1 + draw.below(2);
        let sizes = [groups, copies];
        let values = draw.numbers(groups * network.parameters() * LANES);
        let inputs = draw.numbers(groups * network.inputs() * copies * LANES);
        for isa in Isa::available() {
            let outputs = forward(isa, Threads::Sequential, &network, sizes, Values::Lanes(&values), &inputs);
            let of = |group: usize, member| {
                let parameter = |index| lane(&values, group * network.parameters() + index, member);
                (0..network.parameters()).map(parameter).collect()
            };
            check(&network, sizes, &inputs, &outputs, of, &format!("seed {seed}, {isa}"));
        }
    }
}

#[test]
fn one_network_has_the_bits_of_the_definition() {
    for seed in 0..cases(40) {
        let mut draw = Draw::new("batch", seed);
        let network = network(&mut draw);
        let copies = draw.one_of(&[1, 4, 8, 11]);
        let values = draw.numbers(network.parameters());
        let inputs = draw.numbers(2 * network.inputs() * copies * LANES);
        for isa in Isa::available() {
            let outputs =
                forward(isa, Threads::Sequential, &network, [2, copies], Values::One(&values), &inputs);
            check(
                &network,
                [2, copies],
                &inputs,
                &outputs,
                |_, _| values.clone(),
                &format!("seed {seed}, {isa}"),
            );
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn outputs_do_not_depend_on_threads_or_alignment() {
    let mut draw = Draw::new("threads", 0);
    let network = network(&mut draw);
    let sizes @ [groups, copies] = if cfg!(miri) { [5, 2] } else { [11, 8] };
    let values = draw.numbers(groups * network.parameters() * LANES + 1);
    let inputs = draw.numbers(groups * network.inputs() * copies * LANES + 1);
    let aligned = (values[1..].to_vec(), inputs[1..].to_vec());
    for isa in Isa::available() {
        let lanes = Values::Lanes(&aligned.0);
        let expected = forward(isa, Threads::Sequential, &network, sizes, lanes, &aligned.1);
        for threads in [1, 2, 3, 7, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let lanes = Values::Lanes(&values[1..]);
            assert_eq!(forward(isa, Threads::Pool(&pool), &network, sizes, lanes, &inputs[1..]), expected);
        }
    }
}

#[test]
fn what_cannot_be_planned_is_named() {
    let dense = Layer::Dense(Dense::new(Pattern::dense(1, 1).expect("a pattern"), Activation::Tanh));
    let network = Network::new(vec![dense]).expect("a network");
    assert_eq!(CopyPlan::new(Isa::detected(), &network, 0).unwrap_err(), PlanError::NoCopies);
    // a row without entries needs no places, but its outputs need memory
    for copies in [usize::MAX, usize::MAX / 16, isize::MAX as usize / 64] {
        let empty =
            Layer::Dense(Dense::new(Pattern::from_triplets(1, 1, &[]).expect("a pattern"), Activation::Tanh));
        let network = Network::new(vec![empty]).expect("a network");
        let error = CopyPlan::new(Isa::detected(), &network, copies).unwrap_err();
        assert_eq!(error, PlanError::TooLarge { layer: 0 }, "{copies} copies");
    }
    let window = Window { kernel: (1, 1), stride: (1, 1), padding: Padding::Valid, pool: false };
    let image = Image { channels: 1, height: 1, width: 1 };
    let pattern = Pattern::dense(1, 1).expect("a pattern");
    let layer = Convolution::new(pattern, image, window, Activation::Relu).expect("a convolution");
    let network = Network::new(vec![Layer::Convolution(layer)]).expect("a network");
    assert_eq!(CopyPlan::new(Isa::detected(), &network, 1).unwrap_err(), PlanError::NotDense { layer: 0 });
}

#[test]
fn infinite_and_missing_numbers_reach_the_units_that_read_them_and_no_others() {
    // two units: one reads the input that is not a number, one does not; a weight of zero is an entry like any other
    let pattern = Pattern::from_triplets(2, 2, &[(0, 0), (1, 1)]).expect("a pattern");
    let network = Network::new(vec![Layer::Dense(Dense::new(pattern, Activation::Tanh))]).expect("a network");
    let values: Vec<f32> = [0.0, 1.0, 0.0, 0.0].iter().flat_map(|&value| [value; LANES]).collect();
    for bad in [f32::NAN, f32::INFINITY] {
        let inputs: Vec<f32> = [bad, 0.5].iter().flat_map(|&value| [value; LANES]).collect();
        for isa in Isa::available() {
            let outputs =
                forward(isa, Threads::Sequential, &network, [1, 1], Values::Lanes(&values), &inputs);
            assert!(outputs[..LANES].iter().all(|value| value.is_nan()), "{isa}");
            assert!(outputs[LANES..].iter().all(|value| value.is_finite()), "{isa}");
        }
    }
}
