//! The networks that the peers are timed on mean the same here: our definition against `benches/peers/outputs.csv`,
//! which holds outputs in double precision and the bound on what single precision may differ by.
//!
//! The numbers of the networks are those of `benches/peers/harness/networks.py`, made by the same generator.

use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::{Activation, Pattern, naive};

const OUTPUTS: &str = include_str!("../benches/peers/outputs.csv");

/// Number `index` of one part of a network, in `[0, 1)`: SplitMix64, started at `part 2^40`.
fn uniform(part: usize, index: usize) -> f64 {
    let state = ((index as u64 + 1) + ((part as u64) << 40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 40) as f64 / f64::from(1 << 24)
}

/// Number `index` of one part, in an interval of `width` around zero.
fn centred(part: usize, index: usize, width: f64) -> f32 {
    ((uniform(part, index) - 0.5) * width) as f32
}

fn mask(layer: usize, rows: usize, columns: usize, density: f64) -> Pattern {
    let kept: Vec<bool> = (0..rows * columns).map(|index| uniform(3 * layer, index) < density).collect();
    Pattern::from_mask(rows, columns, &kept).expect("a mask of that many entries is a pattern")
}

fn cnn(density: f64) -> Network {
    let convolution = |layer, outputs, input: Image| {
        let window = Window { kernel: (5, 5), stride: (1, 1), padding: Padding::Same, pool: true };
        let pattern = mask(layer, outputs, input.channels * 25, density);
        let layer = Convolution::new(pattern, input, window, Activation::Relu);
        Layer::Convolution(layer.expect("the convolution fits its input"))
    };
    let layers = [
        convolution(0, 8, Image { channels: 1, height: 28, width: 28 }),
        convolution(1, 16, Image { channels: 8, height: 14, width: 14 }),
        Layer::Dense(Dense::new(mask(2, 10, 784, density), Activation::Identity)),
    ];
    Network::new(layers).expect("the layers fit each other")
}

fn mlp(density: f64) -> Network {
    let sizes = [87, 32, 32, 8];
    let layer = |layer: usize| {
        let pattern = mask(layer, sizes[layer + 1], sizes[layer], density);
        Layer::Dense(Dense::new(pattern, Activation::Tanh))
    };
    Network::new([0, 1, 2].map(layer)).expect("the layers fit each other")
}

/// The parameters of member 0: the entries that the masks keep, then the biases, layer by layer.
fn parameters(network: &Network, density: f64) -> Vec<f32> {
    let mut parameters = Vec::new();
    for (index, layer) in network.layers().iter().enumerate() {
        let pattern = layer.pattern();
        let columns = pattern.columns();
        let width = 2.0 * (6.0 / (density * columns as f64)).sqrt();
        for row in 0..pattern.rows() {
            let kept = &pattern.indices()[pattern.row_range(row)];
            parameters.extend(
                kept.iter().map(|&column| centred(3 * index + 1, row * columns + column as usize, width)),
            );
        }
        parameters.extend((0..pattern.rows()).map(|row| centred(3 * index + 2, row, 0.5)));
    }
    parameters
}

/// Outputs of member 0 on input `place`.
fn outputs(workload: &str, density: f64, place: usize) -> Vec<f32> {
    let network = match workload {
        "paper-cnn" => cnn(density),
        "paper-mlp" => mlp(density),
        other => panic!("outputs.csv names `{other}`, which is no workload"),
    };
    let len = network.inputs();
    let input: Vec<f32> = (0..len).map(|index| uniform(9, place * len + index) as f32).collect();
    naive::network(&network, &parameters(&network, density), &input)
}

#[test]
fn our_definition_computes_what_the_peers_are_checked_against() {
    let mut checked = 0;
    let mut computed = (String::new(), Vec::new());
    for line in OUTPUTS.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |field: usize| -> f64 { fields[field].parse().expect("a number") };
        let case = fields[..3].join(" ");
        if computed.0 != case {
            computed = (case.clone(), outputs(fields[0], number(1), number(2) as usize));
        }
        let (output, expected, bound) = (number(3) as usize, number(4), number(5));
        let found = f64::from(computed.1[output]);
        assert!(
            (found - expected).abs() <= bound,
            "{case}, output {output}: {found}, not {expected} within {bound}"
        );
        checked += 1;
    }
    // three densities and three inputs, ten outputs and eight
    assert_eq!(checked, 3 * 3 * (10 + 8));
}
