//! The two networks of the papers, and their layers one at a time.

use sparse_kernels::Activation;
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};

use super::copies::Rollouts;
use super::data::{mask, stream};
use super::images::Evaluation;
use super::{Form, Workload};

/// Densities at which the papers look at the image classifier, and at the policy network.
const CNN_DENSITIES: [f64; 6] = [1.0, 0.512, 0.2, 0.1, 0.05, 0.0144];
const MLP_DENSITIES: [f64; 4] = [1.0, 0.2, 0.05, 0.0144];

/// A generation of the classifier.
const CNN_MEMBERS: usize = 128;
const CNN_IMAGES: usize = 1024;
/// A generation of the policy network: groups of 16 members, worlds of a member, steps of an episode.
const MLP_GROUPS: usize = 16;
const MLP_WORLDS: usize = 8;
const MLP_STEPS: usize = 500;
const MLP_SIZES: [usize; 4] = [87, 32, 32, 8];

/// Both networks as given and compiled, as one network, and layer by layer.
pub(super) fn workloads() -> Vec<Workload> {
    let mut workloads = Vec::new();
    for (form, name) in [(Form::Given, "paper-cnn"), (Form::Compiled, "paper-cnn-compiled")] {
        workloads.extend(CNN_DENSITIES.map(|density| cnn(name, form, density)));
    }
    for (form, name) in [(Form::Given, "paper-mlp"), (Form::Compiled, "paper-mlp-compiled")] {
        workloads.extend(MLP_DENSITIES.map(|density| mlp(name, form, density)));
    }
    workloads.extend(MLP_DENSITIES.map(single_cnn));
    workloads.extend(MLP_DENSITIES.map(single_mlp));
    for layer in 0..2 {
        workloads.extend(MLP_DENSITIES.map(|density| population_conv(layer, density)));
    }
    workloads.extend(MLP_DENSITIES.map(dense_head));
    for layer in 0..3 {
        workloads.extend(MLP_DENSITIES.map(|density| population_layer(layer, density)));
    }
    workloads
}

/// Convolution 5x5x8, relu, pool, convolution 5x5x16, relu, pool, dense 10: 11 240 weights and 34 biases.
pub fn cnn_network(density: f64) -> Network {
    connected(|draw| chain((0..3).map(|layer| cnn_layer(layer, density, draw))))
}

/// 87-32-32-8 with tanh: 4064 weights and 72 biases.
pub fn mlp_network(density: f64) -> Network {
    connected(|draw| chain((0..3).map(|layer| mlp_layer(layer, density, draw, Activation::Tanh))))
}

/// The first draw of masks that leaves a way from an input to an output. At the lowest density about one in four draws of
/// the policy network leaves none, and nothing to compute.
fn connected(network: impl Fn(u64) -> Network) -> Network {
    let is_connected = |network: &Network| {
        let compiled = Form::Compiled.compile(network).expect("this form is compiled");
        compiled.summary().effective_nnz > 0
    };
    (0..).map(network).find(is_connected).expect("each draw has the same chance")
}

/// A network of one layer.
pub fn alone(layer: Layer) -> Network {
    chain(std::iter::once(layer))
}

fn chain(layers: impl Iterator<Item = Layer>) -> Network {
    Network::new(layers.collect::<Vec<_>>()).expect("the papers' layers fit each other")
}

/// Layer 0, 1 or 2 of the image classifier; each draw has another mask.
pub fn cnn_layer(layer: usize, density: f64, draw: u64) -> Layer {
    let stream = stream("paper-cnn/mask").with(&[draw, layer as u64]);
    let (channels, size, outputs) = [(1, 28, 8), (8, 14, 16), (16, 7, 10)][layer];
    if layer == 2 {
        let pattern = mask(outputs, channels * size * size, density, stream);
        return Layer::Dense(Dense::new(pattern, Activation::Identity));
    }
    let window = Window { kernel: (5, 5), stride: (1, 1), padding: Padding::Same, pool: true };
    let input = Image { channels, height: size, width: size };
    let pattern = mask(outputs, channels * 25, density, stream);
    Layer::Convolution(
        Convolution::new(pattern, input, window, Activation::Relu).expect("the papers' convolutions fit"),
    )
}

/// Layer 0, 1 or 2 of the policy network; each draw has another mask.
pub fn mlp_layer(layer: usize, density: f64, draw: u64, activation: Activation) -> Layer {
    let stream = stream("paper-mlp/mask").with(&[draw, layer as u64]);
    Layer::Dense(Dense::new(mask(MLP_SIZES[layer + 1], MLP_SIZES[layer], density, stream), activation))
}

fn cnn(name: &str, form: Form, density: f64) -> Workload {
    let of = format!("a generation: {CNN_MEMBERS} members on {CNN_IMAGES} images");
    Workload::new(format!("{name}/{density:?}"), density, of, move |isa| {
        let (members, images) = (CNN_MEMBERS, CNN_IMAGES);
        Evaluation { network: cnn_network(density), form, members, images, marked: true }.prepare(isa)
    })
}

fn mlp(name: &str, form: Form, density: f64) -> Workload {
    let members = MLP_GROUPS * numerics::LANES;
    let of = format!("a generation: {members} members in {MLP_WORLDS} worlds for {MLP_STEPS} steps");
    Workload::new(format!("{name}/{density:?}"), density, of, move |isa| {
        let rollouts = Rollouts {
            network: mlp_network(density),
            form,
            groups: MLP_GROUPS,
            copies: MLP_WORLDS,
            steps: MLP_STEPS,
            burst: 100,
            one: false,
        };
        rollouts.prepare(isa)
    })
}

/// One trained network, on a test set.
fn single_cnn(density: f64) -> Workload {
    let of = format!("one network on {CNN_IMAGES} images");
    Workload::new(format!("single-cnn/{density:?}"), density, of, move |isa| {
        let (network, form) = (cnn_network(density), Form::Given);
        Evaluation { network, form, members: 1, images: CNN_IMAGES, marked: true }.prepare(isa)
    })
}

/// One policy, in many worlds.
fn single_mlp(density: f64) -> Workload {
    let samples = MLP_GROUPS * numerics::LANES * MLP_WORLDS;
    Workload::new(
        format!("single-mlp/{density:?}"),
        density,
        format!("one network on {samples} inputs"),
        move |isa| {
            let rollouts = Rollouts {
                network: mlp_network(density),
                form: Form::Given,
                groups: MLP_GROUPS,
                copies: MLP_WORLDS,
                steps: 1,
                burst: 1,
                one: true,
            };
            rollouts.prepare(isa)
        },
    )
}

/// One convolution, its outputs copied out.
fn population_conv(layer: usize, density: f64) -> Workload {
    let shape = ["28x28x8", "14x14x16"][layer];
    let of = "4 members on 1024 images, relu, pooled, copied out";
    Workload::new(format!("population_conv/{shape}/{density:?}"), density, of, move |isa| {
        let network = alone(cnn_layer(layer, density, 0));
        Evaluation { network, form: Form::Given, members: 4, images: 1024, marked: false }.prepare(isa)
    })
}

/// The dense layer of the classifier with cross-entropy and accuracy.
fn dense_head(density: f64) -> Workload {
    let of = "128 members on 1024 images, cross-entropy and accuracy";
    Workload::new(format!("dense_head/784x10/{density:?}"), density, of, move |isa| {
        let network = alone(cnn_layer(2, density, 0));
        Evaluation { network, form: Form::Given, members: 128, images: 1024, marked: true }.prepare(isa)
    })
}

/// One layer of the policy network without its activation, in the nearest caches.
fn population_layer(layer: usize, density: f64) -> Workload {
    let shape = format!("{}x{}", MLP_SIZES[layer], MLP_SIZES[layer + 1]);
    let of = "16 members in 8 worlds, 500 times, no activation";
    Workload::new(format!("population_layer/{shape}/{density:?}"), density, of, move |isa| {
        let rollouts = Rollouts {
            network: alone(mlp_layer(layer, density, 0, Activation::Identity)),
            form: Form::Given,
            groups: 1,
            copies: MLP_WORLDS,
            steps: MLP_STEPS,
            burst: 100,
            one: false,
        };
        rollouts.prepare(isa)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_has_the_papers_size_and_leads_from_inputs_to_outputs() {
        for density in CNN_DENSITIES {
            for (network, weights, biases) in
                [(cnn_network(density), 11_240.0, 34), (mlp_network(density), 4064.0, 72)]
            {
                let kept: usize = network.layers().iter().map(|layer| layer.pattern().nnz()).sum();
                // each of three layers rounds its count
                assert!((kept as f64 - weights * density).abs() <= 1.5, "{kept} of {weights} at {density}");
                assert_eq!(network.parameters(), kept + biases);
                let compiled = Form::Compiled.compile(&network).expect("this form is compiled");
                assert!(compiled.summary().effective_nnz > 0, "{density}");
            }
        }
    }
}
