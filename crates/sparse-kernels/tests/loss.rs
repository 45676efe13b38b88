//! Loss and gradient of a network on a batch, against the definition: the same bits, whatever computes them.

mod common;
#[path = "common/networks.rs"]
mod networks;

use common::{Draw, cases};
use networks::network;
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::{Activation, Images, LossPlan, Pattern, PlanError, Score, Threads, naive};

/// A network, its parameters, and a batch.
struct Case {
    network: Network,
    parameters: Vec<f32>,
    images: Vec<Vec<f32>>,
    labels: Vec<u32>,
}

impl Case {
    fn draw(draw: &mut Draw, counts: &[usize]) -> Case {
        let network = loop {
            let network = network(draw);
            if network.outputs() > 0 {
                break network;
            }
        };
        let count = draw.one_of(counts);
        let numbers = draw.one_of(&[Draw::numbers, Draw::spoiled_numbers]);
        Case {
            parameters: numbers(draw, network.parameters()),
            images: (0..count).map(|_| numbers(draw, network.inputs())).collect(),
            labels: (0..count).map(|_| draw.below(network.outputs()) as u32).collect(),
            network,
        }
    }

    fn expected(&self) -> (Score, Vec<f32>) {
        naive::loss_gradient(&self.network, &self.parameters, &self.images, &self.labels)
    }

    fn found(&self, isa: Isa, threads: Threads<'_>) -> (Score, Vec<f32>) {
        let plan = LossPlan::new(isa, &self.network).expect("a plan");
        assert_eq!((plan.pixels_each(), plan.outputs()), (self.network.inputs(), self.network.outputs()));
        let count = self.images.len();
        let mut pixels = AlignedBuffer::new(Images::buffer_len(count, plan.pixels_each()));
        self.images.iter().enumerate().for_each(|(index, image)| Images::pack(index, image, &mut pixels));
        let images = Images::new(&pixels, count, plan.pixels_each());
        // what the scratch holds does not matter
        let mut scratch = vec![f32::NAN; plan.scratch_len(threads, images)];
        let mut blocks = vec![Score { loss: f64::NAN, correct: 7 }; images.blocks()];
        let mut gradient = vec![f32::NAN; plan.parameters()];
        let score = plan.gradient_into(
            threads,
            images,
            &self.labels,
            &self.parameters,
            &mut scratch,
            &mut blocks,
            &mut gradient,
        );
        (score, gradient)
    }
}

/// The bits of both, all NaN counting as one.
fn bits((score, gradient): (Score, Vec<f32>)) -> (u64, u32, Vec<u32>) {
    let loss = if score.loss.is_nan() { u64::MAX } else { score.loss.to_bits() };
    let one = |number: f32| if number.is_nan() { u32::MAX } else { number.to_bits() };
    (loss, score.correct, gradient.into_iter().map(one).collect())
}

/// Gradients that are numbers other than zero.
fn numbers(bits: &(u64, u32, Vec<u32>)) -> usize {
    bits.2.iter().filter(|&&number| number != 0 && number != u32::MAX).count()
}

#[test]
fn gradients_have_the_bits_of_the_definition() {
    let mut lively = 0;
    for seed in 0..cases(300) {
        let mut draw = Draw::new("losses", seed);
        let case = Case::draw(&mut draw, &[1, 2, 3, 9, 17]);
        let expected = bits(case.expected());
        lively += u32::from(numbers(&expected) > 2);
        for isa in Isa::available() {
            assert_eq!(
                bits(case.found(isa, Threads::Sequential)),
                expected,
                "seed {seed}, {isa}: {:?}",
                case.network
            );
        }
    }
    assert!(cfg!(miri) || lively > 100, "{lively} cases have gradients that are numbers other than zero");
}

#[cfg(feature = "rayon")]
#[test]
fn gradients_do_not_depend_on_threads() {
    let mut draw = Draw::new("threads", 3);
    let (case, expected) = loop {
        let case = Case::draw(&mut draw, &[if cfg!(miri) { 33 } else { 70 }]);
        let expected = bits(case.expected());
        if numbers(&expected) > 10 {
            break (case, expected);
        }
    };
    for threads in [1, 2, 3, 7, 16] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        for isa in Isa::available() {
            assert_eq!(bits(case.found(isa, Threads::Pool(&pool))), expected, "{threads} threads, {isa}");
        }
    }
}

/// The paper's classifier, whose rows are long enough for every tile.
#[test]
fn the_papers_network_has_the_bits_of_the_definition() {
    for density in if cfg!(miri) { 100..100 } else { 0..3 } {
        let mut draw = Draw::new("paper", density);
        let mut pattern = |rows: usize, columns: usize| {
            let percent = [5, 30, 100][density as usize];
            let mask: Vec<bool> = (0..rows * columns).map(|_| draw.below(100) < percent).collect();
            Pattern::from_mask(rows, columns, &mask).expect("a mask")
        };
        let window = Window { kernel: (5, 5), stride: (1, 1), padding: Padding::Same, pool: true };
        let image = |channels, size| Image { channels, height: size, width: size };
        let of =
            |pattern, image| Convolution::new(pattern, image, window, Activation::Relu).expect("geometry");
        let network = Network::new([
            Layer::Convolution(of(pattern(8, 25), image(1, 28))),
            Layer::Convolution(of(pattern(16, 200), image(8, 14))),
            Layer::Dense(Dense::new(pattern(10, 784), Activation::Identity)),
        ])
        .expect("layers that fit each other");
        let case = Case {
            parameters: draw.numbers(network.parameters()),
            images: (0..2).map(|_| draw.numbers(784)).collect(),
            labels: vec![3, 8],
            network,
        };
        let expected = bits(case.expected());
        assert!(numbers(&expected) > 100);
        for isa in Isa::available() {
            assert_eq!(bits(case.found(isa, Threads::Sequential)), expected, "{isa}");
        }
    }
}

#[test]
fn no_images_have_no_gradient() {
    let case = Case { images: Vec::new(), labels: Vec::new(), ..Case::draw(&mut Draw::new("none", 0), &[1]) };
    let (score, gradient) = case.found(Isa::detected(), Threads::Sequential);
    assert_eq!((score, gradient), (Score::default(), vec![0.0; case.network.parameters()]));
}

fn one_layer(activation: Activation) -> Network {
    Network::new([Layer::Dense(Dense::new(Pattern::dense(2, 1).expect("a pattern"), activation))])
        .expect("a layer")
}

#[test]
fn networks_without_gradients_are_refused() {
    #[cfg(feature = "wide")]
    {
        let own = sparse_kernels::WideFunction::of_8("the same", |x| x);
        let own = LossPlan::new(Isa::detected(), &one_layer(own.into())).unwrap_err();
        assert_eq!(own, PlanError::NoGradient { layer: 0 });
    }

    // the second channel reads nothing, so its readers' sums begin with planes when it is left out
    let window = Window { kernel: (3, 3), stride: (1, 1), padding: Padding::Same, pool: false };
    let image = |channels| Image { channels, height: 4, width: 4 };
    let first = Pattern::from_triplets(2, 9, &[(0, 4)]).expect("a pattern");
    let second = Pattern::from_triplets(1, 18, &[(0, 4), (0, 9)]).expect("a pattern");
    let of = |pattern, image| Convolution::new(pattern, image, window, Activation::Relu).expect("geometry");
    let network =
        Network::new([Layer::Convolution(of(first, image(1))), Layer::Convolution(of(second, image(2)))])
            .expect("layers that fit each other");
    let compiled = CompiledNetwork::new(&network, Mode::Fold).expect("a compiled network");
    let planes = LossPlan::new(Isa::detected(), compiled.network()).unwrap_err();
    assert_eq!(planes, PlanError::Planes { layer: 1 });
}

#[test]
#[should_panic(expected = "image 1 has label 2; there are 2 classes")]
fn labels_that_are_no_class_are_refused() {
    let network = one_layer(Activation::Identity);
    let images = vec![vec![1.0], vec![2.0]];
    Case { network, parameters: vec![0.0; 4], images, labels: vec![1, 2] }
        .found(Isa::detected(), Threads::Sequential);
}

#[test]
#[should_panic(expected = "labels, one an image\n  left: 1\n right: 2")]
fn lengths_that_do_not_fit_are_refused() {
    let network = one_layer(Activation::Identity);
    let images = vec![vec![1.0], vec![2.0]];
    Case { network, parameters: vec![0.0; 4], images, labels: vec![1] }
        .found(Isa::detected(), Threads::Sequential);
}
