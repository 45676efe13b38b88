use numerics::{Isa, LANES};

use super::{CompiledNetwork, Mode};
use crate::network::{Dense, Layer, Network};
use crate::tests::{bits, bound, cases, draw::Draw};
use crate::{Activation, Pattern, naive};

/// The parameters of the compiled network.
fn compiled_values(compiled: &CompiledNetwork, given: &[f32]) -> Vec<f32> {
    // Scratch is as it happens to be.
    let mut scratch = vec![f32::NAN; compiled.scratch()];
    let mut parameters = vec![f32::NAN; compiled.network().parameters()];
    compiled.compile_values_with(Isa::PORTABLE, given, &mut parameters, &mut scratch);
    parameters
}

/// Calls `check` with many small networks and their number.
fn for_networks(mut check: impl FnMut(&mut Draw, &Network, u64)) {
    for seed in 0..cases(1500) {
        let mut draw = Draw::new(seed);
        let density = draw.density();
        let network = draw.network(density);
        check(&mut draw, &network, seed);
    }
}

#[test]
fn folding_stays_within_the_bound() {
    let mut folded = 0;
    for_networks(|draw, network, seed| {
        let compiled = CompiledNetwork::new(network, Mode::Fold).unwrap();
        let given = draw.values(network.parameters());
        let parameters = compiled_values(&compiled, &given);
        let input = draw.values(network.inputs());
        let exact = bound::network(network, &given, &input);
        for outputs in
            [naive::network(network, &given, &input), naive::network(compiled.network(), &parameters, &input)]
        {
            assert_eq!(outputs.len(), exact.len());
            for (output, exact) in outputs.into_iter().zip(&exact) {
                let distance = (f64::from(output) - exact.value).abs();
                assert!(distance <= exact.error, "seed {seed}: {output} is {distance} from {exact:?}");
            }
        }
        folded += compiled.summary().folded;
    });
    assert!(folded > cases(1000) as usize, "only {folded} units were folded");
}

/// Numbers of which none, some or many are special.
fn spoiled_values(draw: &mut Draw, len: usize) -> Vec<f32> {
    let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, f32::MAX, f32::MIN, 1e-45];
    let mut values = draw.values(len);
    for _ in 0..draw.below(4) * len / 16 {
        values[draw.below(len)] = draw.of(&special);
    }
    values
}

#[test]
fn strict_keeps_every_bit_of_every_number() {
    let (mut folded, mut kept) = (0, 0);
    for_networks(|draw, network, seed| {
        let compiled = CompiledNetwork::new(network, Mode::Strict).unwrap();
        let given = spoiled_values(draw, network.parameters());
        let input = spoiled_values(draw, network.inputs());
        let parameters = compiled_values(&compiled, &given);
        let outputs = naive::network(compiled.network(), &parameters, &input);
        let expected = naive::network(network, &given, &input);
        let all_bits = |values: Vec<f32>| values.into_iter().map(bits).collect::<Vec<_>>();
        assert_eq!(all_bits(outputs), all_bits(expected), "seed {seed}");
        folded += compiled.summary().folded;
        kept += compiled.summary().constant;
    });
    assert!(folded.min(kept) > cases(1000) as usize, "{folded} units were folded, {kept} constant ones kept");
}

#[test]
fn strict_keeps_a_unit_that_another_row_brings_behind_one_that_stays() {
    // Hidden units 1 and 2 are constant. The second row reads 1 after a live unit, so 1 stays; then the first row reads 2
    // after one that stays.
    let hidden = Pattern::from_triplets(4, 1, &[(0, 0), (3, 0)]).unwrap();
    let output = Pattern::from_triplets(2, 4, &[(0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]).unwrap();
    let layers = [hidden, output].map(|pattern| Layer::Dense(Dense::new(pattern, Activation::Relu)));
    let network = Network::new(layers).unwrap();
    let summary = |mode| CompiledNetwork::new(&network, mode).unwrap().summaries()[0];
    assert_eq!((summary(Mode::Strict).constant, summary(Mode::Strict).folded), (2, 0));
    assert_eq!((summary(Mode::Fold).constant, summary(Mode::Fold).folded), (0, 2));
}

#[test]
fn inputs_that_are_not_finite_reach_the_same_outputs() {
    let class = |x: f32| (x.is_nan(), x == f32::INFINITY, x == f32::NEG_INFINITY);
    for_networks(|draw, network, seed| {
        let compiled = CompiledNetwork::new(network, Mode::Fold).unwrap();
        let given = draw.values(network.parameters());
        let mut input = draw.values(network.inputs());
        for _ in 0..input.len().min(3) {
            let place = draw.below(input.len());
            input[place] = draw.of(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
        }
        let parameters = compiled_values(&compiled, &given);
        let outputs = naive::network(compiled.network(), &parameters, &input);
        let expected = naive::network(network, &given, &input);
        for (output, expected) in outputs.into_iter().zip(expected) {
            assert_eq!(class(output), class(expected), "seed {seed}: {output} for {expected}");
        }
    });
}

#[test]
fn instruction_sets_and_lanes_give_the_same_bits() {
    for_networks(|draw, network, seed| {
        let compiled = CompiledNetwork::new(network, draw.of(&[Mode::Fold, Mode::Strict])).unwrap();
        let members: Vec<Vec<f32>> = (0..LANES).map(|_| draw.values(network.parameters())).collect();
        let interleaved: Vec<f32> =
            (0..network.parameters()).flat_map(|k| members.iter().map(move |member| member[k])).collect();
        let expected: Vec<Vec<f32>> =
            members.iter().map(|member| compiled_values(&compiled, member)).collect();
        for isa in Isa::available() {
            let mut scratch = vec![f32::NAN; compiled.scratch() * LANES];
            let mut lanes = vec![f32::NAN; compiled.network().parameters() * LANES];
            compiled.compile_lanes_with(isa, &interleaved, &mut lanes, &mut scratch);
            let mut alone = vec![f32::NAN; compiled.network().parameters()];
            for (member, expected) in expected.iter().enumerate() {
                compiled.compile_values_with(isa, &members[member], &mut alone, &mut scratch);
                for (k, expected) in expected.iter().enumerate() {
                    assert_eq!(bits(alone[k]), bits(*expected), "{isa}, seed {seed}");
                    assert_eq!(bits(lanes[k * LANES + member]), bits(*expected), "{isa}, seed {seed}");
                }
            }
        }
    });
}

#[test]
fn nothing_useless_is_left_and_nothing_useful_is_lost() {
    for_networks(|_, network, seed| {
        for mode in [Mode::Fold, Mode::Strict] {
            let compiled = CompiledNetwork::new(network, mode).unwrap();
            let summary = compiled.summary();
            let rows: usize = compiled.network().layers().iter().map(|layer| layer.pattern().rows()).sum();
            assert_eq!(summary.units, rows + summary.dropped + summary.folded, "seed {seed}");
            assert_eq!(compiled.network().inputs(), network.inputs(), "seed {seed}");
            assert_eq!(compiled.network().outputs(), network.outputs(), "seed {seed}");
            assert!(summary.effective_nnz <= summary.nnz && summary.nnz <= summary.places, "seed {seed}");

            let again = CompiledNetwork::new(compiled.network(), mode).unwrap();
            assert!(again.is_unchanged(), "seed {seed}: {:?} after {summary:?}", again.summary());
        }
    });
}

#[test]
fn a_parameter_has_an_effect_if_an_output_moves_with_it() {
    let mut moved = 0;
    for seed in 0..cases(200) {
        let mut draw = Draw::new(seed);
        let density = draw.density();
        let network = draw.network(density);
        let effective = CompiledNetwork::new(&network, Mode::Fold).unwrap().effective();
        let mut given = draw.values(network.parameters());
        let input = draw.values(network.inputs());
        let before = naive::network(&network, &given, &input);
        for k in 0..given.len().min(60) {
            let value = std::mem::replace(&mut given[k], 3.0);
            let after = naive::network(&network, &given, &input);
            given[k] = value;
            if after.iter().zip(&before).any(|(a, b)| a.to_bits() != b.to_bits()) {
                assert!(effective[k], "seed {seed}, parameter {k}");
                moved += 1;
            }
        }
    }
    assert!(moved > cases(1000), "only {moved} parameters moved an output");
}

#[test]
#[should_panic(expected = "parameters as given of 1 members")]
fn a_wrong_length_is_refused() {
    let network = Draw::new(1).network(0.5);
    let compiled = CompiledNetwork::new(&network, Mode::Fold).unwrap();
    let mut parameters = vec![0.0; compiled.network().parameters()];
    let given = vec![0.0; network.parameters() + 1];
    compiled.compile_values(&given, &mut parameters, &mut vec![0.0; compiled.scratch()]);
}
