//! Gradients of populations of masked networks are those of PyTorch, for the member whose gradient PyTorch computed.
//!
//! `scripts/gradient-goldens` computes them, in double precision. The limit is that of `crates/networks/tests/gradients.rs`,
//! 1e-5 of the largest gradient, and in double precision what nine digits leave.

use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::product::Number;
use sparse_kernels::{
    Activation, ConvolutionGradientPlan, GradientPlan, ImagePlan, Images, LossPlan, Members, Pattern, Score,
    Threads,
};

const IMAGES: usize = 18;

/// The member whose gradient is known.
const KNOWN: usize = 5;

/// Number `k` of tensor `tensor`: the formula of scripts/gradient-goldens.
fn formula(count: usize, tensor: u64, scale: f64) -> Vec<f32> {
    let number = |k: u64| {
        let h = ((k + 1) * 2_654_435_761 + (tensor + 1) * 40_503) % (1 << 32);
        let h = (h ^ (h >> 15)) * 2_246_822_519 % (1 << 32);
        (((h ^ (h >> 13)) as f64 / 4_294_967_296.0 - 0.5) * scale) as f32
    };
    (0..count as u64).map(number).collect()
}

/// Layers as they come, and their numbers.
struct Builder {
    density: f64,
    image: Image,
    layers: Vec<Layer>,
    parameters: Vec<f32>,
}

impl Builder {
    fn new(density: f64, [channels, height, width]: [usize; 3]) -> Builder {
        let image = Image { channels, height, width };
        Builder { density, image, layers: Vec::new(), parameters: Vec::new() }
    }

    fn pattern(&mut self, rows: usize, columns: usize) -> Pattern {
        // weights and biases are a tensor each
        let tensor = 2 * self.layers.len() as u64;
        let keeps = formula(rows * columns, 500 + tensor, 1.0);
        let mask: Vec<bool> =
            keeps.into_iter().map(|number| f64::from(number) < self.density - 0.5).collect();
        let weights = formula(rows * columns, tensor, 4.0 / (columns as f64).sqrt()).into_iter();
        self.parameters.extend(weights.zip(&mask).filter_map(|(weight, kept)| kept.then_some(weight)));
        self.parameters.extend(formula(rows, tensor + 1, 1.0));
        Pattern::from_mask(rows, columns, &mask).expect("a mask of the right length")
    }

    fn convolution(mut self, rows: usize, window: Window, activation: Activation) -> Builder {
        let columns = self.image.channels * window.kernel.0 * window.kernel.1;
        let pattern = self.pattern(rows, columns);
        let layer = Convolution::new(pattern, self.image, window, activation).expect("geometry");
        self.image = layer.output();
        self.layers.push(Layer::Convolution(layer));
        self
    }

    fn dense(mut self, rows: usize, activation: Activation) -> Builder {
        let pattern = self.pattern(rows, self.image.len());
        self.image = Image { channels: rows, height: 1, width: 1 };
        self.layers.push(Layer::Dense(Dense::new(pattern, activation)));
        self
    }
}

/// A network whose gradient is recorded.
struct Recorded {
    name: &'static str,
    network: Network,
    parameters: Vec<f32>,
    images: Vec<Vec<f32>>,
    labels: Vec<u32>,
    loss: f64,
    gradient: Vec<f64>,
}

impl Recorded {
    fn new(name: &'static str, built: Builder) -> Recorded {
        let text = include_str!("../../networks/tests/gradients.json");
        let (_, list) = text.split_once(&format!("\"{name}\": [")).expect("a recorded gradient");
        let (list, _) = list.split_once(']').expect("the end of a list");
        let mut numbers = list.split(',').map(|number| number.trim().parse().expect("a number"));
        let network = Network::new(built.layers).expect("layers that fit each other");
        let (each, outputs) = (network.inputs(), network.outputs());
        Recorded {
            name,
            parameters: built.parameters,
            images: formula(IMAGES * each, 1000, 4.0).chunks_exact(each).map(<[f32]>::to_vec).collect(),
            labels: (0..IMAGES).map(|image| ((7 * image + 3) % outputs) as u32).collect(),
            loss: numbers.next().expect("a loss"),
            gradient: numbers.collect(),
            network,
        }
    }

    fn all() -> Vec<Recorded> {
        let window = |kernel, stride, padding, pool| Window { kernel, stride, padding, pool };
        let five = window((5, 5), (1, 1), Padding::Same, true);
        let three = window((3, 3), (1, 1), Padding::Same, false);
        let tall = window((4, 3), (1, 1), Padding::Same, true);
        let steps = window((3, 2), (2, 1), Padding::Valid, false);
        use Activation::{Identity, Relu, Sigmoid, Softplus, Swish, Tanh};
        let cnn = |density| {
            let first = Builder::new(density, [1, 28, 28]).convolution(8, five, Relu);
            first.convolution(16, five, Relu).dense(10, Identity)
        };
        let grid = Builder::new(0.02, [4, 10, 10]).convolution(16, three, Relu);
        let small = Builder::new(0.6, [2, 9, 8]).convolution(3, tall, Tanh).convolution(4, steps, Relu);
        vec![
            Recorded::new(
                "0.05 of 1x28x28: conv 8 5x5 same pool relu; conv 16 5x5 same pool relu; dense 10",
                cnn(0.05),
            ),
            Recorded::new(
                "0.3 of 1x28x28: conv 8 5x5 same pool relu; conv 16 5x5 same pool relu; dense 10",
                cnn(0.3),
            ),
            Recorded::new(
                "0.02 of 4x10x10: conv 16 3x3 same relu; dense 48 relu; dense 3",
                grid.dense(48, Relu).dense(3, Identity),
            ),
            Recorded::new(
                "0.6 of 2x9x8: conv 3 4x3 same pool tanh; conv 4 3x2 valid step 2x1 relu; dense 5 sigmoid; dense 4 \
                 softplus; dense 3",
                small.dense(5, Sigmoid).dense(4, Softplus).dense(3, Identity),
            ),
            Recorded::new(
                "0.5 of 3x8x7: conv 4 3x3 same swish; dense 6 swish; dense 3",
                Builder::new(0.5, [3, 8, 7]).convolution(4, three, Swish).dense(6, Swish).dense(3, Identity),
            ),
        ]
    }

    /// As many members, one of which is known.
    fn members(&self, count: usize) -> Vec<Vec<f32>> {
        let other = |member| formula(self.parameters.len(), 2000 + member as u64, 2.0);
        let of = |member| if member == KNOWN { self.parameters.clone() } else { other(member) };
        (0..count).map(of).collect()
    }

    fn check(&self, loss: f64, gradient: &[f64], limit: f64) {
        let name = self.name;
        assert!((loss - self.loss).abs() <= limit * self.loss, "{name}: {loss}");
        assert_eq!(gradient.len(), self.gradient.len(), "{name}");
        let largest = self.gradient.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        for (place, (&found, &expected)) in gradient.iter().zip(&self.gradient).enumerate() {
            let error = (found - expected).abs() / largest;
            assert!(error <= limit, "{name}, number {place}: {found}, recorded {expected}");
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "hours")]
fn members_that_see_the_same_images_have_the_gradients_of_pytorch() {
    for case in Recorded::all() {
        let plan = LossPlan::new(Isa::detected(), &case.network).expect("a plan");
        let mut pixels = AlignedBuffer::new(Images::buffer_len(IMAGES, plan.pixels_each()));
        case.images.iter().enumerate().for_each(|(index, image)| Images::pack(index, image, &mut pixels));
        let images = Images::new(&pixels, IMAGES, plan.pixels_each());
        let values = case.members(KNOWN + 2).concat();
        let members = Members::new(&values, plan.parameters());
        let mut scratch = vec![0.0; plan.members_scratch_len(Threads::Sequential, images)];
        let mut blocks = vec![Score::default(); ImagePlan::blocks_len(images, members)];
        let (mut scores, mut gradients) = (vec![Score::default(); KNOWN + 2], vec![f32::NAN; values.len()]);
        plan.gradients_into(
            Threads::Sequential,
            images,
            &case.labels,
            members,
            &mut scratch,
            &mut blocks,
            &mut scores,
            &mut gradients,
        );
        let loss = scores[KNOWN].loss / IMAGES as f64;
        let known = &gradients[KNOWN * plan.parameters()..][..plan.parameters()];
        case.check(loss, &known.iter().map(|&number| number.into()).collect::<Vec<_>>(), f32::LIMIT);
    }
}

/// A number that layers of members a lane compute with.
trait Real: Number + From<f32> + Into<f64> {
    /// How far gradients may be from the recorded ones, of the largest: in double precision these have nine digits.
    const LIMIT: f64;

    fn rounded(number: f64) -> Self;
}

impl Real for f32 {
    const LIMIT: f64 = 1e-5;

    fn rounded(number: f64) -> f32 {
        number as f32
    }
}

impl Real for f64 {
    const LIMIT: f64 = 1e-8;

    fn rounded(number: f64) -> f64 {
        number
    }
}

/// One layer of sixteen members: what it is applied to, `[element][copy][LANES]`, what came of it, and who won.
struct Passed<T> {
    parameters: Vec<T>,
    input: Vec<T>,
    /// Before the activation.
    sums: Vec<T>,
    output: Vec<T>,
    winners: Vec<u32>,
}

/// A dense layer as a convolution of images of one pixel.
fn of_one_pixel(layer: &Dense) -> Convolution {
    let window = Window { kernel: (1, 1), stride: (1, 1), padding: Padding::Valid, pool: false };
    let image = Image { channels: layer.pattern().columns(), height: 1, width: 1 };
    Convolution::new(layer.pattern().clone(), image, window, layer.activation()).expect("geometry")
}

impl<T: Real> Passed<T> {
    fn new(layer: &Layer, parameters: Vec<T>, input: Vec<T>) -> Passed<T> {
        let convolution = match layer {
            Layer::Convolution(layer) => layer.clone(),
            Layer::Dense(layer) => of_one_pixel(layer),
        };
        let plan = ConvolutionGradientPlan::new(Isa::detected(), &convolution, IMAGES).expect("copies");
        let (mut output, mut winners) =
            (vec![T::from(f32::NAN); plan.sums_len(1)], vec![u32::MAX; plan.winners_len(1)]);
        plan.sums_into(Threads::Sequential, &parameters, &input, &mut output, &mut winners);
        let sums = output.clone();
        for sum in &mut output {
            let x: f64 = (*sum).into();
            *sum = T::rounded(match layer.activation() {
                Activation::Relu => x.max(0.0),
                Activation::Tanh => x.tanh(),
                Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
                Activation::Softplus => x.exp().ln_1p(),
                Activation::Swish => x / (1.0 + (-x).exp()),
                _ => x,
            });
        }
        Passed { parameters, input, sums, output, winners }
    }

    /// Gradients of parameters and of what was read, from those of what came of the layer.
    fn back(&self, layer: &Layer, mut gradients: Vec<T>) -> (Vec<T>, Vec<T>) {
        let (isa, one) = (Isa::detected(), Threads::Sequential);
        for ((gradient, &x), &y) in gradients.iter_mut().zip(&self.sums).zip(&self.output) {
            let (of_output, x, y): (f64, f64, f64) = ((*gradient).into(), x.into(), y.into());
            let logistic = 1.0 / (1.0 + (-x).exp());
            let slope = match layer.activation() {
                Activation::Relu => f64::from(y > 0.0),
                Activation::Tanh => 1.0 - y * y,
                Activation::Sigmoid => y * (1.0 - y),
                Activation::Softplus => 1.0 - (-y).exp(),
                Activation::Swish => logistic + y * (1.0 - logistic),
                _ => 1.0,
            };
            *gradient = T::rounded(slope * of_output);
        }
        let mut of_parameters = vec![T::from(0.0); self.parameters.len()];
        let mut of_inputs = vec![T::from(f32::NAN); self.input.len()];
        match layer {
            Layer::Convolution(layer) => {
                let plan = ConvolutionGradientPlan::new(isa, layer, IMAGES).expect("copies");
                plan.parameters_acc(one, &self.input, &gradients, &self.winners, &mut of_parameters);
                plan.inputs_into(one, &self.parameters, &gradients, &self.winners, &mut of_inputs);
            }
            Layer::Dense(layer) => {
                let plan = GradientPlan::new(isa, layer.pattern(), IMAGES).expect("copies");
                plan.parameters_acc(one, &self.input, &gradients, &mut of_parameters);
                plan.inputs_into(one, &self.parameters, &gradients, &mut of_inputs);
            }
        }
        (of_parameters, of_inputs)
    }
}

/// Sum of the cross-entropies of the known member, and gradients of the mean for all.
fn head<T: Real>(logits: &[T], labels: &[u32]) -> (f64, Vec<T>) {
    let (mut loss, mut gradients, row) = (0.0, logits.to_vec(), IMAGES * LANES);
    for place in 0..row {
        let label = labels[place / LANES] as usize;
        let powers: Vec<f64> =
            logits.iter().skip(place).step_by(row).map(|&logit| logit.into().exp()).collect();
        let sum: f64 = powers.iter().sum();
        if place % LANES == KNOWN {
            loss -= (powers[label] / sum).ln();
        }
        for (class, power) in powers.iter().enumerate() {
            let right = f64::from(class == label);
            gradients[class * row + place] = T::rounded((power / sum - right) / IMAGES as f64);
        }
    }
    (loss, gradients)
}

/// A whole network of sixteen members, a member a lane, put together from layers.
fn check_lanes<T: Real>(case: &Recorded) {
    let members = case.members(LANES);
    let mut input = Vec::new();
    for element in 0..case.network.inputs() {
        for image in &case.images {
            input.extend([T::from(image[element]); LANES]);
        }
    }
    let mut passed: Vec<Passed<T>> = Vec::new();
    for (number, layer) in case.network.layers().iter().enumerate() {
        let range = case.network.range(number);
        let parameters = range.flat_map(|place| members.iter().map(move |member| T::from(member[place])));
        let input = passed.last().map_or(&input, |before| &before.output).clone();
        let parameters = parameters.collect();
        passed.push(Passed::new(layer, parameters, input));
    }
    let (loss, mut gradients) = head(&passed[passed.len() - 1].output, &case.labels);
    let mut found = vec![f64::NAN; case.parameters.len()];
    for (number, (passed, layer)) in passed.iter().zip(case.network.layers()).enumerate().rev() {
        let (of_parameters, of_inputs) = passed.back(layer, gradients);
        let known = of_parameters.iter().skip(KNOWN).step_by(LANES);
        found[case.network.range(number)].iter_mut().zip(known).for_each(|(to, &from)| *to = from.into());
        gradients = of_inputs;
    }
    case.check(loss / IMAGES as f64, &found, T::LIMIT);
}

#[test]
#[cfg_attr(miri, ignore = "hours")]
fn members_a_lane_have_the_gradients_of_pytorch() {
    for case in Recorded::all() {
        check_lanes::<f32>(&case);
        check_lanes::<f64>(&case);
    }
}
