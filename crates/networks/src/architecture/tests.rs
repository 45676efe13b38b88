use super::*;
use numerics::random::Stream;
use sparse_kernels::network as kernels;
use sparse_kernels::{Pattern, network::NetworkError};

/// A random architecture, often impossible.
fn drawn(seed: u64) -> (Input, Vec<Layer>) {
    let stream = Stream::new(seed, "architectures");
    let mut at = 0;
    let mut below = |bound| {
        at += 1;
        stream.below(at, bound) as usize
    };
    let image = Image { channels: below(4), height: below(9), width: below(9) };
    let input = if below(4) == 0 { Input::Vector(below(20)) } else { Input::Image(image) };
    let layers = (0..below(5)).map(|_| {
        let activation = Activation::ALL[below(6)];
        let kind = if below(2) == 0 {
            Kind::Dense { units: below(6) }
        } else {
            let padding = if below(2) == 0 { Padding::Same } else { Padding::Valid };
            let (kernel, stride) = ((below(5), below(5)), (below(3), below(3)));
            Kind::Convolution {
                channels: below(4),
                window: Window { kernel, stride, padding, pool: below(2) == 0 },
            }
        };
        Layer { kind, activation, biased: below(3) > 0, prunable: below(3) > 0 }
    });
    (input, layers.collect())
}

/// The same chain by the kernels' own checks.
fn by_kernels(input: Input, layers: &[Layer]) -> Result<kernels::Network, NetworkError> {
    let mut reads = input;
    let mut chain = Vec::new();
    for layer in layers {
        let layer = match (layer.kind, reads) {
            (Kind::Convolution { channels, window }, Input::Image(image)) => {
                let places = window.kernel.0 * window.kernel.1 * image.channels;
                let pattern = Pattern::dense(channels, places).expect("small");
                kernels::Layer::Convolution(kernels::Convolution::new(
                    pattern,
                    image,
                    window,
                    layer.activation,
                )?)
            }
            (Kind::Convolution { .. }, Input::Vector(_)) => {
                return Err(NetworkError::NoImages { layer: 0 });
            }
            (Kind::Dense { units }, reads) => {
                let pattern = Pattern::dense(units, reads.len()).expect("small");
                kernels::Layer::Dense(kernels::Dense::new(pattern, layer.activation))
            }
        };
        reads = match &layer {
            kernels::Layer::Convolution(layer) => Input::Image(layer.output()),
            kernels::Layer::Dense(layer) => Input::Vector(layer.pattern().rows()),
        };
        chain.push(layer);
    }
    kernels::Network::new(chain)
}

#[test]
fn sizes_are_those_of_the_kernels_and_tensors_fill_the_flat_vector() {
    let (mut made, mut convolutions) = (0, 0);
    for seed in 0..12_000 {
        let (input, layers) = drawn(seed);
        let Ok(architecture) = Architecture::new(input, layers.clone()) else { continue };
        made += 1;
        let network = by_kernels(input, &layers).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(architecture.outputs(), network.outputs(), "seed {seed}");
        for (index, layer) in network.layers().iter().enumerate() {
            assert_eq!(architecture.reads(index).len(), layer.inputs(), "seed {seed}");
            assert_eq!(architecture.gives(index).len(), layer.outputs(), "seed {seed}");
            let weight = architecture.tensor(index, Role::Weight).expect("weights");
            assert_eq!(weight.len(), layer.pattern().nnz(), "seed {seed}");
            assert_eq!(weight.fan_in, layer.pattern().columns(), "seed {seed}");
            convolutions += usize::from(matches!(layer, kernels::Layer::Convolution(_)));
        }
        let mut next = 0;
        for tensor in architecture.tensors() {
            assert_eq!(tensor.start, next, "seed {seed}: {}", tensor.name);
            next = tensor.range().end;
        }
        assert_eq!(next, architecture.parameters());
        let prunable = architecture.tensors().iter().filter(|tensor| tensor.prunable).map(Tensor::len);
        assert_eq!(prunable.sum::<usize>(), architecture.prunable());
    }
    assert!(made > 1000 && convolutions > 100, "{made} made, {convolutions} convolutions");
}

#[test]
fn what_is_refused_is_refused_by_the_kernels_or_is_empty() {
    for seed in 0..12_000 {
        let (input, layers) = drawn(seed);
        let Err(error) = Architecture::new(input, layers.clone()) else { continue };
        let zero = matches!(error, ArchitectureError::Zero { .. });
        assert!(zero || by_kernels(input, &layers).is_err(), "seed {seed}: {error}");
    }
}

#[test]
fn an_architecture_is_its_text() {
    for seed in 0..12_000 {
        let (input, layers) = drawn(seed);
        if let Ok(architecture) = Architecture::new(input, layers) {
            let text = architecture.to_string();
            assert_eq!(text.parse().as_ref(), Ok(&architecture), "seed {seed}: {text}");
        }
    }
    let loose: Architecture = " 1x9x8 :conv 2 3x3 valid relu pool  step 1x2;dense 3 kept unbiased"
        .parse()
        .expect("an architecture");
    let strict = "1x9x8: conv 2 3x3 valid step 1x2 pool relu; dense 3 unbiased kept";
    assert_eq!(loose.to_string(), strict);
}

#[test]
fn a_wrong_text_is_refused_with_its_place() {
    let text = |text: &str| text.parse::<Architecture>().unwrap_err().to_string();
    assert_eq!(text(""), "the input of the network: expected INPUT: LAYER; LAYER; ..., found nothing");
    assert_eq!(
        text("2x3: dense 1"),
        "the input of the network: expected a number of inputs or CHANNELSxHEIGHTxWIDTH, found `2x3`"
    );
    assert_eq!(text("0: dense 1"), "the input of the network: the size of the input must be at least 1");
    assert_eq!(text("4:"), "layer 0 of the network: expected `conv` or `dense`, found nothing");
    assert_eq!(
        text("4: dense 3; dense +3"),
        "layer 1 of the network: expected a number of units or channels, found `+3`"
    );
    assert!(text("4: dense 3 rleu").contains("found `rleu`"));
    assert!(text("4: dense 3 pool").contains("found `pool`"));
    assert!(text("4: conv 3 5x5 same").starts_with("layer 0 is a convolution but reads no images"));
    assert!(text("1x4x4: conv 3 5x5 valid").starts_with("layer 0 leaves nothing of 1 channels of 4 x 4"));
    assert!(text("1x4x4: conv 3 5 same").contains("found `5`"));
    assert!(text("1x4x4: conv 3 5x5 full").contains("`same` or `valid`, found `full`"));
    assert!(text("1x4x4: conv 3 5x5 same step").contains("VERTICALxHORIZONTAL, found nothing"));
    for huge in [
        "99999999999999999999: dense 1",
        "268435457: dense 1",
        "65536: dense 65536",
        "1x18446744073709551615x2: dense 1",
        "65536x65536x65536: dense 1",
        "1x4x4: conv 268435456 1x1 same",
        "1x4x4: conv 1 4294967296x4294967296 same",
        "1x1x268435456: conv 2 1x1 same",
        "9: dense 16384; dense 16384",
    ] {
        assert!(huge.parse::<Architecture>().is_err(), "{huge}");
    }
}
