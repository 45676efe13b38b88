//! Populations with inputs of their own, and one network over a batch, against the definition.

mod common;

use common::{Draw, cases};
use numerics::{AlignedBuffer, Isa, Kernel, LANES, Simd};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::{Activation, CopyPlan, Pattern, PlanError, Threads, Values, naive};

/// One to three dense layers, with few or with many inputs and units, or without any.
fn network(draw: &mut Draw) -> Network {
    let any = draw.below(71);
    // an interpreter draws slowly
    let mut columns =
        if cfg!(miri) { draw.one_of(&[0, 1, 3, 8]) } else { draw.one_of(&[1, 3, 10, any, 70, 150]) };
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
    // one number behind where memory is aligned
    let mut scratch = AlignedBuffer::copied(&vec![f32::NAN; 1 + plan.scratch_len(threads)]);
    let mut outputs = AlignedBuffer::copied(&vec![f32::NAN; 1 + plan.outputs_len(groups)]);
    plan.forward(threads, values, inputs, &mut scratch[1..], &mut outputs[1..]);
    outputs[1..].to_vec()
}

/// The bits, all NaN being one.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

/// Few copies, as registers hold them, or any number up to 70.
fn copies(draw: &mut Draw) -> usize {
    let any = 1 + draw.below(if cfg!(miri) { 3 } else { 70 });
    draw.one_of(&[1, 2, 3, 4, 5, 8, 9, 11, 13, any])
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
                        bits(found),
                        bits(expected),
                        "{what}, group {group}, member {member}, copy {copy}"
                    );
                }
            }
        }
    }
}

/// The definition for members that are drawn from `numbers`, on every instruction set.
fn check_members(draw: &mut Draw, network: &Network, numbers: fn(&mut Draw, usize) -> Vec<f32>, what: &str) {
    let sizes @ [groups, copies] = [1 + draw.below(2), copies(draw)];
    let values = numbers(draw, groups * network.parameters() * LANES);
    let inputs = numbers(draw, groups * network.inputs() * copies * LANES);
    for isa in Isa::available() {
        let outputs = forward(isa, Threads::Sequential, network, sizes, Values::Lanes(&values), &inputs);
        let of = |group: usize, member| {
            let parameter = |index| lane(&values, group * network.parameters() + index, member);
            (0..network.parameters()).map(parameter).collect()
        };
        check(network, sizes, &inputs, &outputs, of, &format!("{what}, {isa}"));
    }
}

#[test]
fn members_have_the_bits_of_the_definition() {
    for seed in 0..cases(60) {
        let mut draw = Draw::new("population", seed);
        let network = network(&mut draw);
        check_members(&mut draw, &network, Draw::numbers, &format!("seed {seed}"));
    }
}

#[test]
fn what_is_not_finite_goes_where_the_definition_says() {
    for seed in 0..cases(30) {
        let mut draw = Draw::new("not finite", seed);
        let network = network(&mut draw);
        check_members(&mut draw, &network, Draw::spoiled_numbers, &format!("seed {seed}"));
    }
}

#[test]
fn units_that_read_nothing_are_their_biases() {
    let empty = Pattern::dense(3, 0).expect("a pattern");
    let layer = |pattern| Layer::Dense(Dense::new(pattern, Activation::Tanh));
    let none = Pattern::dense(0, 2).expect("a pattern");
    for layers in [vec![layer(empty.clone())], vec![layer(none), layer(empty)]] {
        let network = Network::new(layers).expect("layers that fit each other");
        check_members(&mut Draw::new("biases", 0), &network, Draw::numbers, "no inputs");
    }
}

#[test]
fn one_network_has_the_bits_of_the_definition() {
    for seed in 0..cases(40) {
        let mut draw = Draw::new("batch", seed);
        let network = network(&mut draw);
        let sizes @ [_, copies] = [2, copies(&mut draw)];
        let numbers = draw.one_of(&[Draw::numbers, Draw::spoiled_numbers]);
        let values = numbers(&mut draw, network.parameters());
        let inputs = numbers(&mut draw, 2 * network.inputs() * copies * LANES);
        for isa in Isa::available() {
            let outputs = forward(isa, Threads::Sequential, &network, sizes, Values::One(&values), &inputs);
            let what = format!("seed {seed}, {isa}");
            check(&network, sizes, &inputs, &outputs, |_, _| values.clone(), &what);
        }
    }
}

/// One group on the registers of a kernel, as rollouts do.
struct Group<'a> {
    plan: &'a CopyPlan,
    values: Values<'a>,
    inputs: &'a [f32],
}

impl Kernel for Group<'_> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<u32> {
        let mut scratch = vec![f32::NAN; self.plan.scratch_len(Threads::Sequential)];
        let mut outputs = vec![f32::NAN; self.plan.outputs_len(1)];
        self.plan.forward_group(simd, self.values, self.inputs, &mut scratch, &mut outputs);
        outputs.into_iter().map(bits).collect()
    }
}

#[test]
fn a_group_by_itself_has_the_same_bits() {
    for seed in 0..cases(20) {
        let mut draw = Draw::new("group", seed);
        let network = network(&mut draw);
        let copies = copies(&mut draw);
        let members = draw.numbers(network.parameters() * LANES);
        let one = draw.numbers(network.parameters());
        let inputs = draw.numbers(network.inputs() * copies * LANES);
        for values in [Values::Lanes(&members), Values::One(&one)] {
            let expected =
                forward(Isa::PORTABLE, Threads::Sequential, &network, [1, copies], values, &inputs);
            let expected: Vec<u32> = expected.into_iter().map(bits).collect();
            for isa in Isa::available() {
                let plan = CopyPlan::new(isa, &network, copies).expect("a small network");
                assert_eq!(
                    isa.run(Group { plan: &plan, values, inputs: &inputs }),
                    expected,
                    "seed {seed}, {isa}"
                );
            }
        }
    }
}

/// Lanes that hold nobody hold what is no number.
#[cfg(feature = "rayon")]
#[test]
fn a_member_is_the_same_in_a_population_of_any_size_on_any_threads() {
    let pools: Vec<_> =
        [1, 2, 3, 7, 16].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap()).into();
    for (seed, population) in [1_usize, 15, 16, 17, if cfg!(miri) { 33 } else { 128 }].into_iter().enumerate()
    {
        let mut draw = Draw::new("sizes", seed as u64);
        let network = network(&mut draw);
        let groups = population.div_ceil(LANES);
        let sizes @ [_, copies] = [groups, copies(&mut draw)];
        let mut side_by_side = |each: usize| -> Vec<f32> {
            let numbers = draw.numbers(groups * each * LANES).into_iter().enumerate();
            let member = |index: usize| index / (each * LANES) * LANES + index % LANES;
            let nobody = |index| if member(index) < population { None } else { Some(f32::NAN) };
            // one number before them, so that they are not aligned
            let numbers = numbers.map(|(index, number)| nobody(index).unwrap_or(number));
            std::iter::once(0.0).chain(numbers).collect()
        };
        let values = side_by_side(network.parameters());
        let inputs = side_by_side(network.inputs() * copies);
        let (values, inputs) = (&values[1..], &inputs[1..]);
        for isa in Isa::available() {
            let lanes = Values::Lanes(values);
            let expected = forward(isa, Threads::Sequential, &network, sizes, lanes, inputs);
            let of = |group: usize, member| {
                let parameter = |index| lane(values, group * network.parameters() + index, member);
                (0..network.parameters()).map(parameter).collect()
            };
            check(&network, sizes, inputs, &expected, of, &format!("{population} members, {isa}"));
            let all = |values: &[f32]| values.iter().copied().map(bits).collect::<Vec<_>>();
            for pool in &pools {
                let found = forward(isa, Threads::Pool(pool), &network, sizes, lanes, inputs);
                assert_eq!(all(&found), all(&expected), "{population} members, {isa}");
            }
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
