//! Losses and gradients of masked networks are those of PyTorch.
//!
//! The limit is 1e-5 of the largest gradient. PyTorch's are in double precision, so the whole difference is rounding of ours:
//! a gradient is a sum of up to some thousand products of numbers that went through as long sums themselves; with an error
//! of 2^-24 each and of random sign that is some 1e-6 of what they add up to.

use std::collections::BTreeMap;

use networks::{Architecture, Gradients, Mask, MaskedNetwork, Preset, Role};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::{Images, Score, Threads, naive};

/// Images of a batch: more than a block of lanes.
const IMAGES: usize = 18;

/// Number `k` of tensor `tensor`: the formula of scripts/gradient-goldens.
fn formula(count: usize, tensor: u64, scale: f64) -> Vec<f32> {
    let number = |k: u64| {
        let h = ((k + 1) * 2_654_435_761 + (tensor + 1) * 40_503) % (1 << 32);
        let h = (h ^ (h >> 15)) * 2_246_822_519 % (1 << 32);
        (((h ^ (h >> 13)) as f64 / 4_294_967_296.0 - 0.5) * scale) as f32
    };
    (0..count as u64).map(number).collect()
}

/// What the script computes a gradient of.
struct Case {
    network: MaskedNetwork,
    /// The free coordinates.
    values: Vec<f32>,
    images: Vec<Vec<f32>>,
    labels: Vec<u32>,
}

impl Case {
    /// From a name such as `0.05 of 784: dense 10`.
    fn named(name: &str) -> Case {
        let (density, text) = name.split_once(" of ").expect("a density and an architecture");
        let density: f64 = density.parse().expect("a density");
        let architecture: Architecture = text.parse().expect("an architecture");
        let (mut flat, mut keeps) = (Vec::new(), Vec::new());
        for (index, tensor) in (0..).zip(architecture.tensors()) {
            let fan_in = if tensor.role == Role::Weight { tensor.fan_in } else { 16 };
            flat.extend(formula(tensor.len(), index, 4.0 / (fan_in as f64).sqrt()));
            if tensor.role == Role::Weight {
                let numbers = formula(tensor.len(), 500 + index, 1.0);
                keeps.extend(numbers.iter().map(|&number| f64::from(number) < density - 0.5));
            }
        }
        let network = MaskedNetwork::new(&architecture, &Mask::from_bools(&keeps)).expect("a network");
        let each = architecture.input().len();
        let images = formula(IMAGES * each, 1000, 4.0).chunks_exact(each).map(<[f32]>::to_vec).collect();
        let labels = (0..IMAGES).map(|image| ((7 * image + 3) % architecture.outputs()) as u32).collect();
        Case { values: network.gather(&flat), network, images, labels }
    }
}

/// By the kernels.
fn found(network: &MaskedNetwork, values: &[f32], images: &[Vec<f32>], labels: &[u32]) -> (Score, Vec<f32>) {
    let mut gradients = Gradients::new(Isa::detected(), network).expect("a plan");
    let each = network.network().inputs();
    let mut pixels = AlignedBuffer::new(Images::buffer_len(images.len(), each));
    images.iter().enumerate().for_each(|(index, image)| Images::pack(index, image, &mut pixels));
    let (images, mut gradient) = (Images::new(&pixels, images.len(), each), vec![f32::NAN; values.len()]);
    let score = gradients.loss(Threads::Sequential, values, images, labels, &mut gradient);
    (score, gradient)
}

#[test]
fn gradients_are_those_of_pytorch() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("gradients.json")).expect("recorded gradients");
    let recorded: BTreeMap<String, Vec<f64>> =
        serde_json::from_value(file["gradients"].clone()).expect("lists by name");
    assert_eq!(recorded.len(), 6);
    for (name, expected) in &recorded {
        let Case { network, values, images, labels } = Case::named(name);
        let (score, gradient) = found(&network, &values, &images, &labels);
        let loss = score.loss / IMAGES as f64;
        assert!((loss - expected[0]).abs() <= 1e-5 * expected[0], "{}: {loss}", name);
        assert_eq!(gradient.len(), expected.len() - 1, "{}", name);
        let largest = expected[1..].iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        for (place, (&found, &expected)) in gradient.iter().zip(&expected[1..]).enumerate() {
            let error = (f64::from(found) - expected).abs() / largest;
            assert!(error <= 1e-5, "{}, number {place}: {found}, recorded {expected}", name);
        }
    }
}

/// Layers without biases begin their sums with zeros, which are no free coordinates and have no gradient.
#[test]
fn missing_biases_have_no_gradient() {
    let preset = Preset::named("conv-2-3", "1x6x6".parse().expect("an input"), 4).expect("a preset");
    let architecture = &preset.architecture;
    let mask = Mask::random(architecture.prunable(), architecture.prunable() / 2, Stream::new(3, "mask"));
    let network = MaskedNetwork::new(architecture, &mask).expect("a network");
    assert!(!network.is_direct());
    let values = formula(network.dims(), 1, 2.0);
    let images: Vec<Vec<f32>> = formula(3 * 36, 2, 4.0).chunks_exact(36).map(<[f32]>::to_vec).collect();
    let labels = [0, 3, 1];
    let (score, gradient) = found(&network, &values, &images, &labels);

    let mut parameters = vec![f32::NAN; network.network().parameters()];
    network.place(1, &values, &mut parameters);
    let (expected, all) = naive::loss_gradient(network.network(), &parameters, &images, &labels);
    assert_eq!(score, expected);
    let mut picked = vec![f32::NAN; network.dims()];
    network.pick(&all, &mut picked);
    assert_eq!(gradient, picked);
    assert!(gradient.iter().any(|&slope| slope != 0.0));
    // each coordinate is found where it was put
    let mut again = vec![f32::NAN; network.dims()];
    network.pick(&parameters, &mut again);
    assert_eq!(again, values);
}
