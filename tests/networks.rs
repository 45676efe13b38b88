//! Networks compute what PyTorch and the reference implementation do.
//!
//! The limit is 1e-5, relative to the largest output where that is above 1. Outputs of PyTorch are in double precision, so
//! the whole difference is rounding of ours: a sum of n products of values up to v has an error of n 2^-24 v at most and
//! about the square root of that as a rule; with n up to 6272 and values about 1 it is some 1e-6.

#![expect(clippy::disallowed_methods, reason = "reads recorded outputs")]

use std::path::{Path, PathBuf};

use networks::{Architecture, Evaluator, Input, Mask, MaskedNetwork, Population, Preset, order};
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::{Images, Threads};
use tombola::npz::{self, Array};

/// The arrays of a file.
fn read(path: &Path) -> Vec<Array> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    npz::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn committed(name: &str) -> Vec<Array> {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks").join(name))
}

/// Rows of an array, by its name.
fn rows(arrays: &[Array], name: &str) -> Vec<Vec<f64>> {
    let array = arrays.iter().find(|array| array.name == name).unwrap_or_else(|| panic!("no array {name}"));
    let wide = array.values.wide();
    wide.chunks_exact(wide.len() / array.shape[0]).map(<[f64]>::to_vec).collect()
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Outputs of one network for one input, by the kernels.
fn outputs(architecture: &Architecture, flat: &[f32], input: &[f32]) -> Vec<f32> {
    let network = MaskedNetwork::new(architecture, &Mask::full(architecture.prunable())).expect("a network");
    let mut pixels = AlignedBuffer::new(Images::buffer_len(1, input.len()));
    Images::pack(0, input, &mut pixels);
    let images = Images::new(&pixels, 1, input.len());
    let mut evaluator = Evaluator::new(Isa::detected(), &network, None).expect("a plan");
    let mut outputs = vec![0.0; architecture.outputs()];
    let member = network.gather(flat);
    evaluator.outputs(Threads::Sequential, Population::Rows(&member), images, &mut outputs);
    outputs
}

fn compare(what: &str, found: &[f32], expected: &[f64]) {
    let scale = expected.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs() / scale;
        assert!(error <= 1e-5, "{what}, output {index}: {found}, recorded {expected}");
    }
}

/// Number `k` of tensor `tensor`: the formula of scripts/network-goldens.
fn formula(count: usize, tensor: u64, scale: f64) -> Vec<f32> {
    let hash = |k: u64| ((k + 1) * 2_654_435_761 + (tensor + 1) * 40_503) % (1 << 32);
    (0..count as u64).map(|k| ((hash(k) as f64 / 4_294_967_296.0 - 0.5) * scale) as f32).collect()
}

fn architecture(name: &str) -> Architecture {
    if let Ok(architecture) = name.parse() {
        return architecture;
    }
    let (input, outputs) = match name {
        "policy-32-32" => ("87", 8),
        "policy-64-64-linear" => ("4", 2),
        "minatar-cnn" => ("4x10x10", 3),
        _ => ("1x28x28", 10),
    };
    Preset::named(name, input.parse().expect("an input"), outputs).expect("a preset").architecture
}

#[test]
fn outputs_are_those_of_pytorch() {
    let arrays = committed("torch.npz");
    for kind in ["cnn", "mlp-", "lenet-", "conv-2", "conv-4", "policy-32", "policy-64", "minatar", "2x9x8"] {
        assert!(arrays.iter().any(|array| array.name.starts_with(kind)), "{kind} is not recorded");
    }
    for array in &arrays {
        let architecture = architecture(&array.name);
        let mut flat = vec![0.0; architecture.parameters()];
        for (index, tensor) in (0..).zip(architecture.tensors()) {
            let fan_in = if tensor.shape.len() > 1 { tensor.fan_in } else { 16 };
            let values = formula(tensor.len(), index, 4.0 / (fan_in as f64).sqrt());
            flat[tensor.range()].copy_from_slice(&values);
        }
        let expected = rows(&arrays, &array.name);
        let each = architecture.input().len();
        let inputs = formula(expected.len() * each, 1000, 4.0);
        for (input, expected) in inputs.chunks_exact(each).zip(&expected) {
            compare(&array.name, &outputs(&architecture, &flat, input), expected);
        }
    }
}

/// Compares recorded policies: parameters in flax's order, observations in row, column, channel.
fn compare_reference(what: &str, arrays: &[Array], architecture: &Architecture, outputs_name: &str) {
    let order = order::flax(architecture);
    let (parameters, observations) = (rows(arrays, "flat_params"), rows(arrays, "obs"));
    let expected = rows(arrays, outputs_name);
    assert!(!expected.is_empty() && expected.len() == parameters.len(), "{what}");
    for ((theirs, observation), expected) in parameters.iter().zip(&observations).zip(&expected) {
        let mut flat = vec![f32::NAN; architecture.parameters()];
        assert_eq!(theirs.len(), flat.len(), "{what}");
        for (&coordinate, &value) in order.iter().zip(theirs) {
            flat[coordinate as usize] = value as f32;
        }
        let mut input = narrow(observation);
        if let Input::Image(image) = architecture.input() {
            let from = input.clone();
            for (place, value) in input.iter_mut().enumerate() {
                *value = from[place % image.pixels() * image.channels + place / image.pixels()];
            }
        }
        compare(what, &outputs(architecture, &flat, &input), expected);
    }
}

#[test]
fn policies_are_those_of_the_reference() {
    let brax: Architecture = "11: dense 32 tanh; dense 32 tanh; dense 3 tanh".parse().expect("text");
    compare_reference("brax", &committed("brax_mlp.npz"), &brax, "actions");
    let gym: Architecture = "4: dense 64 tanh; dense 64 tanh; dense 2".parse().expect("text");
    compare_reference("gym", &committed("gym_mlp.npz"), &gym, "logits");
}

#[test]
fn policies_of_games_are_those_of_the_reference() {
    let Some(folder) = std::env::var_os("TOMBOLA_GOLDEN") else { return };
    let folder = PathBuf::from(folder).join("physics/evojax");
    for (game, text) in [
        ("breakout", "4x10x10: conv 16 3x3 same relu; dense 48 relu; dense 3"),
        ("freeway", "7x10x10: conv 16 3x3 same relu; dense 48 relu; dense 3"),
    ] {
        let path = folder.join(format!("minatar_cnn_{game}.npz"));
        if path.is_file() {
            compare_reference(game, &read(&path), &text.parse().expect("text"), "logits");
        }
    }
}
