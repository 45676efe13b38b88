use super::*;
use crate::{Preset, presets};
use numerics::random::Stream;
use sparse_kernels::naive;

/// Small networks of every kind, one without biases, one with a layer that is never pruned.
const SMALL: [&str; 6] = [
    "2x6x6: conv 3 3x3 same pool relu; conv 2 3x3 same relu; dense 4",
    "1x5x7: conv 2 3x2 valid step 2x1 tanh; dense 3 tanh; dense 2 sigmoid",
    "9: dense 6 relu; dense 5 relu; dense 3 kept",
    "1x6x6: conv 2 3x3 same unbiased relu; conv 2 3x3 same unbiased pool relu; dense 3 unbiased",
    "5: dense 4 unbiased tanh; dense 4 tanh; dense 2 unbiased",
    "7: dense 1",
];

fn case(text: &str, seed: u64) -> (Architecture, Mask, Vec<f32>, Vec<f32>) {
    let architecture: Architecture = text.parse().expect("an architecture");
    let stream = Stream::new(seed, "masked");
    let prunable = architecture.prunable();
    let kept = [0, prunable, prunable / 2, prunable / 10, stream.below(0, prunable as u64 + 1) as usize];
    let mask = Mask::random(prunable, kept[seed as usize % kept.len()], stream.child(0));
    let mut flat = vec![0.0; architecture.parameters()];
    let mut input = vec![0.0; architecture.input().len()];
    stream.child(1).normal_into(numerics::Isa::detected(), 0, &mut flat);
    stream.child(2).normal_into(numerics::Isa::detected(), 0, &mut input);
    (architecture, mask, flat, input)
}

/// For each coordinate of the flat vector, whether it is free: the definition.
fn is_free(architecture: &Architecture, mask: &Mask) -> Vec<bool> {
    let mut bit = 0;
    let mut free = Vec::new();
    for tensor in architecture.tensors() {
        for _ in tensor.range() {
            free.push(!tensor.prunable || mask.keeps(bit));
            bit += usize::from(tensor.prunable);
        }
    }
    free
}

#[test]
fn free_coordinates_are_what_the_mask_leaves_in_ascending_order() {
    for text in SMALL {
        for seed in 0..50 {
            let (architecture, mask, ..) = case(text, seed);
            let network = MaskedNetwork::new(&architecture, &mask).expect("a network");
            let is_free = is_free(&architecture, &mask);
            let expected: Vec<u32> =
                (0..is_free.len()).filter(|&at| is_free[at]).map(|at| at as u32).collect();
            assert_eq!(network.free(), expected, "{text}, seed {seed}");
            assert_eq!(network.is_direct(), !text.contains("unbiased"));
        }
    }
}

#[test]
fn a_masked_network_computes_what_the_full_one_does_with_zeros() {
    for text in SMALL {
        for seed in 0..50 {
            let (architecture, mask, flat, input) = case(text, seed);
            let masked = MaskedNetwork::new(&architecture, &mask).expect("a network");
            let full = MaskedNetwork::new(&architecture, &Mask::full(mask.len())).expect("a network");
            let output = |network: &MaskedNetwork, values: &[f32]| {
                let mut parameters = vec![f32::NAN; network.network().parameters()];
                network.place(1, values, &mut parameters);
                naive::network(network.network(), &parameters, &input)
            };
            let values = masked.gather(&flat);
            let zeroed = masked.scatter(&values);
            // a product with zero adds nothing: equal numbers, though zeros may differ in sign
            assert_eq!(output(&masked, &values), output(&full, &full.gather(&zeroed)), "{text}, seed {seed}");
            assert_eq!(masked.gather(&zeroed), values);
            let is_free = is_free(&architecture, &mask);
            for (at, (&kept, &given)) in zeroed.iter().zip(&flat).enumerate() {
                assert_eq!(kept, if is_free[at] { given } else { 0.0 }, "{text}, seed {seed}");
            }
        }
    }
}

#[test]
fn blocks_of_lanes_are_placed_like_numbers() {
    for text in SMALL {
        let (architecture, mask, flat, _) = case(text, 3);
        let network = MaskedNetwork::new(&architecture, &mask).expect("a network");
        let values = network.gather(&flat);
        let mut one = vec![f32::NAN; network.network().parameters()];
        network.place(1, &values, &mut one);
        let lanes: Vec<f32> = values.iter().flat_map(|&value| [value, -value, 0.5]).collect();
        let mut three = vec![f32::NAN; network.network().parameters() * 3];
        network.place(3, &lanes, &mut three);
        for (block, &value) in three.chunks_exact(3).zip(&one) {
            assert_eq!(block[..2], [value, -value], "{text}");
        }
    }
}

#[test]
fn a_mask_of_another_network_is_refused() {
    let architecture: Architecture = "4: dense 3".parse().expect("an architecture");
    let error = MaskedNetwork::new(&architecture, &Mask::full(13)).unwrap_err();
    assert_eq!(error.to_string(), "a mask of 13 weights for a network with 12 that can be pruned");
}

#[test]
fn every_named_network_can_be_masked() {
    for name in presets::NAMES {
        let name = if name.starts_with("conv") { format!("{name}-4") } else { name.to_owned() };
        let input = "1x12x12".parse().expect("an input");
        let architecture = Preset::named(&name, input, 5).expect("a preset").architecture;
        let prunable = architecture.prunable();
        let mask = Mask::random(prunable, prunable / 20, Stream::new(0, "mask"));
        let network = MaskedNetwork::new(&architecture, &mask).expect("a network");
        let never_removed = architecture.parameters() - prunable;
        assert_eq!(network.dims(), prunable / 20 + never_removed, "{name}");
    }
}
