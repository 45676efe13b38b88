//! Convolutions of members a lane, there and back, against the definition for each member: the same bits.

mod common;
#[path = "common/matrices.rs"]
#[allow(dead_code, reason = "only numbers are used here")]
mod matrices;

use common::{Draw, cases};
use matrices::{Float, alive, numbers, plain_numbers};
use numerics::{Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::{Activation, ConvolutionGradientPlan, GradientPlan, Pattern, PlanError, Threads, naive};

/// A convolution of some groups of members and what is known of it.
struct Case<T> {
    layer: Convolution,
    groups: usize,
    copies: usize,
    parameters: Vec<T>,
    images: Vec<T>,
    gradients: Vec<T>,
    before: Vec<T>,
}

/// Sums, winners, gradients of parameters added to what was there, gradients of images.
type All<T> = (Vec<T>, Vec<u32>, Vec<T>, Vec<T>);

/// A convolution of any geometry.
fn layer(draw: &mut Draw) -> Convolution {
    loop {
        let [channels, height, width] = draw.sizes(if cfg!(miri) { [2, 4, 4] } else { [3, 6, 7] });
        let [rows, tall, wide, down, right] =
            draw.sizes(if cfg!(miri) { [2, 2, 3, 2, 2] } else { [5, 4, 4, 2, 3] });
        let window = Window {
            kernel: (tall, wide),
            stride: (down, right),
            padding: draw.one_of(&[Padding::Same, Padding::Valid]),
            pool: draw.below(2) == 0,
        };
        // the activation does not matter
        let activation = draw.one_of(Activation::ALL);
        let pattern = draw.pattern(rows, channels * tall * wide);
        let input = Image { channels, height, width };
        if let Ok(layer) = Convolution::new(pattern, input, window, activation) {
            return layer;
        }
    }
}

impl<T: Float> Case<T> {
    fn draw(draw: &mut Draw) -> Case<T> {
        let layer = layer(draw);
        let sizes = [1 + draw.below(2), draw.one_of(&[1, 2, 7, 8, 9])];
        Case::new(draw, layer, sizes, numbers)
    }

    fn new(
        draw: &mut Draw,
        layer: Convolution,
        [groups, copies]: [usize; 2],
        numbers: impl Fn(&mut Draw, usize) -> Vec<T>,
    ) -> Case<T> {
        let parameters = groups * layer.parameters() * LANES;
        Case {
            parameters: numbers(draw, parameters),
            before: numbers(draw, parameters),
            images: numbers(draw, groups * layer.input().len() * copies * LANES),
            gradients: numbers(draw, groups * layer.output().len() * copies * LANES),
            layer,
            groups,
            copies,
        }
    }

    /// A member's numbers of all.
    fn of<N: Copy>(&self, all: &[N], group: usize, lane: usize) -> Vec<N> {
        let each = all.len() / self.groups;
        all[group * each..][..each].iter().skip(lane).step_by(LANES).copied().collect()
    }

    fn put<N: Copy>(&self, all: &mut [N], group: usize, lane: usize, numbers: Vec<N>) {
        let each = all.len() / self.groups;
        let places = all[group * each..][..each].iter_mut().skip(lane).step_by(LANES);
        places.zip(numbers).for_each(|(place, number)| *place = number);
    }

    /// By the definition, a member at a time.
    fn expected(&self) -> All<T> {
        let Case { layer, groups, copies, .. } = self;
        let winners = if layer.window().pool { self.gradients.len() } else { 0 };
        let (mut sums, mut winners) = (vec![T::NAN; self.gradients.len()], vec![u32::MAX; winners]);
        let (mut of_parameters, mut of_images) = (self.before.clone(), vec![T::NAN; self.images.len()]);
        for (group, lane) in (0..*groups).flat_map(|group| (0..LANES).map(move |lane| (group, lane))) {
            let parameters = self.of(&self.parameters, group, lane);
            let images = self.of(&self.images, group, lane);
            let mut kept = vec![T::NAN; layer.output().len() * copies];
            let mut won = vec![u32::MAX; winners.len() / groups / LANES];
            for copy in 0..*copies {
                let image: Vec<T> = images.iter().skip(copy).step_by(*copies).copied().collect();
                let (sums, winners) = naive::convolution_sums(layer, &parameters, &image);
                kept.iter_mut().skip(copy).step_by(*copies).zip(sums).for_each(|(to, from)| *to = from);
                won.iter_mut().skip(copy).step_by(*copies).zip(winners).for_each(|(to, from)| *to = from);
            }
            let gradients = self.of(&self.gradients, group, lane);
            let mut of = self.of(&self.before, group, lane);
            naive::convolution_parameter_gradients(layer, *copies, &images, &gradients, &won, &mut of);
            let of_image = naive::convolution_input_gradients(layer, *copies, &parameters, &gradients, &won);
            self.put(&mut sums, group, lane, kept);
            self.put(&mut winners, group, lane, won);
            self.put(&mut of_parameters, group, lane, of);
            self.put(&mut of_images, group, lane, of_image);
        }
        (sums, winners, of_parameters, of_images)
    }

    fn found(&self, isa: Isa, threads: Threads<'_>) -> All<T> {
        let plan = ConvolutionGradientPlan::new(isa, &self.layer, self.copies).expect("copies");
        let mut sums = vec![T::NAN; plan.sums_len(self.groups)];
        let mut winners = vec![u32::MAX; plan.winners_len(self.groups)];
        plan.sums_into(threads, &self.parameters, &self.images, &mut sums, &mut winners);
        let (mut of_parameters, mut of_images) = (self.before.clone(), vec![T::NAN; self.images.len()]);
        plan.parameters_acc(threads, &self.images, &self.gradients, &winners, &mut of_parameters);
        plan.inputs_into(threads, &self.parameters, &self.gradients, &winners, &mut of_images);
        (sums, winners, of_parameters, of_images)
    }
}

/// The bits, all NaN counting as one.
fn bits<T: Float>((sums, winners, of_parameters, of_images): All<T>) -> [Vec<u64>; 4] {
    let of = |numbers: Vec<T>| numbers.into_iter().map(T::bits).collect();
    [of(sums), winners.into_iter().map(u64::from).collect(), of(of_parameters), of(of_images)]
}

fn check_bits<T: Float>() {
    let mut lively = [0; 2];
    for seed in 0..cases(80) {
        let mut draw = Draw::new("convolution gradients", seed);
        let case = Case::<T>::draw(&mut draw);
        let expected = bits(case.expected());
        let is_lively =
            case.layer.pattern().nnz() > 0 && [0, 2, 3].iter().all(|&of| alive(&expected[of]) > 0);
        lively[usize::from(case.layer.window().pool)] += u32::from(is_lively);
        for isa in Isa::available() {
            let found = bits(case.found(isa, Threads::Sequential));
            assert!(found == expected, "seed {seed}, {isa}, {} copies: {:?}", case.copies, case.layer);
        }
    }
    assert!(
        cfg!(miri) || lively.iter().all(|&count| count > 8),
        "{lively:?} cases have numbers other than zero"
    );
}

#[test]
fn convolutions_have_the_bits_of_the_definition() {
    check_bits::<f32>();
    check_bits::<f64>();
}

#[cfg(feature = "rayon")]
#[test]
fn convolutions_do_not_depend_on_threads() {
    for pool in [false, true] {
        let window = Window { kernel: (3, 2), stride: (1, 1), padding: Padding::Same, pool };
        let mask: Vec<bool> = (0..3 * 12).map(|place| place % 4 != 1).collect();
        let pattern = Pattern::from_mask(3, 12, &mask).expect("a mask of the right length");
        let input = Image { channels: 2, height: 4, width: 5 };
        let layer = Convolution::new(pattern, input, window, Activation::Relu).expect("geometry");
        let sizes = [if cfg!(miri) { 3 } else { 11 }, 3];
        let case = Case::new(&mut Draw::new("threads", 1), layer, sizes, plain_numbers::<f32>);
        let expected = bits(case.expected());
        for threads in [1, 2, 3, 7, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            for isa in Isa::available() {
                assert_eq!(bits(case.found(isa, Threads::Pool(&pool))), expected, "{threads} threads, {isa}");
            }
        }
    }
}

/// A kernel of one pixel over one pixel is a dense layer.
#[test]
fn a_convolution_of_one_pixel_is_a_dense_layer() {
    let mut draw = Draw::new("one pixel", 0);
    let pattern = draw.pattern(9, 11);
    let window = Window { kernel: (1, 1), stride: (1, 1), padding: Padding::Same, pool: false };
    let input = Image { channels: 11, height: 1, width: 1 };
    let layer = Convolution::new(pattern.clone(), input, window, Activation::Identity).expect("geometry");
    let case = Case::new(&mut draw, layer, [2, 9], plain_numbers::<f64>);
    for isa in Isa::available() {
        let (_, _, of_parameters, of_images) = case.found(isa, Threads::Sequential);
        let plan = GradientPlan::new(isa, &pattern, 9).expect("copies");
        let (mut expected, mut of_inputs) = (case.before.clone(), vec![f64::NAN; case.images.len()]);
        plan.parameters_acc(Threads::Sequential, &case.images, &case.gradients, &mut expected);
        plan.inputs_into(Threads::Sequential, &case.parameters, &case.gradients, &mut of_inputs);
        assert_eq!((of_parameters, of_images), (expected, of_inputs), "{isa}");
    }
}

/// One image, one convolution whose outputs are the logits: the gradient of a loss goes on from that of the logits.
#[test]
fn one_image_has_the_gradient_of_the_loss_of_one_network() {
    let window = Window { kernel: (3, 3), stride: (1, 1), padding: Padding::Same, pool: true };
    let input = Image { channels: 2, height: 5, width: 6 };
    let mut draw = Draw::new("one image", 0);
    let layer =
        Convolution::new(Pattern::dense(2, 18).expect("a pattern"), input, window, Activation::Identity)
            .expect("geometry");
    let network = Network::new([Layer::Convolution(layer.clone())]).expect("a layer");
    let (parameters, image) = (draw.numbers(layer.parameters()), draw.numbers(input.len()));
    let (logits, winners) = naive::convolution_sums(&layer, &parameters, &image);

    // that of the logits alone, from a dense layer whose biases they are
    let none = Pattern::from_triplets(logits.len(), 1, &[]).expect("a pattern");
    let head = Network::new([Layer::Dense(Dense::new(none, Activation::Identity))]).expect("a layer");
    let (_, of_logits) = naive::loss_gradient(&head, &logits, &[vec![0.0]], &[3]);

    let (_, expected) = naive::loss_gradient(&network, &parameters, std::slice::from_ref(&image), &[3]);
    let mut found = vec![0.0; parameters.len()];
    naive::convolution_parameter_gradients(&layer, 1, &image, &of_logits, &winners, &mut found);
    assert_eq!(found, expected);
    assert!(found.iter().filter(|&&number| number != 0.0).count() > 10);
}

#[test]
fn what_has_no_gradient_is_refused() {
    let window = Window { kernel: (3, 3), stride: (1, 1), padding: Padding::Same, pool: false };
    let image = |channels| Image { channels, height: 4, width: 4 };
    let of = |pattern, image| Convolution::new(pattern, image, window, Activation::Relu).expect("geometry");
    let first = of(Pattern::from_triplets(2, 9, &[(0, 4)]).expect("a pattern"), image(1));
    let error = ConvolutionGradientPlan::new(Isa::detected(), &first, 0).unwrap_err();
    assert_eq!(error, PlanError::NoCopies);

    // the second channel reads nothing, so its readers' sums begin with planes when it is left out
    let second = of(Pattern::from_triplets(1, 18, &[(0, 4), (0, 9)]).expect("a pattern"), image(2));
    let network = Network::new([Layer::Convolution(first), Layer::Convolution(second)])
        .expect("layers that fit each other");
    let compiled = CompiledNetwork::new(&network, Mode::Fold).expect("a compiled network");
    let Layer::Convolution(second) = &compiled.network().layers()[1] else {
        unreachable!("compilation leaves layers what they are")
    };
    let error = ConvolutionGradientPlan::new(Isa::detected(), second, 1).unwrap_err();
    assert_eq!(error, PlanError::Planes { layer: 0 });
}
