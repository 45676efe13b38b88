//! Networks that see images, against their definition: the same bits, whatever computes them.

mod common;

use common::{Draw, cases};
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::{Convolution, Dense, Image, Layer, Network, Padding, Window};
use sparse_kernels::{Activation, ImagePlan, Images, Members, Pattern, PlanError, Score, Threads, naive};

/// Up to two convolutions of any geometry and up to two dense layers. Each has at most one size from 0 to 70, the others
/// are small.
fn network(draw: &mut Draw) -> Network {
    let mut layers = Vec::new();
    // an interpreter draws slowly
    let [channels, height, width] = draw.sizes(if cfg!(miri) { [2, 5, 6] } else { [3, 17, 33] });
    let mut image = Image { channels, height, width };
    for _ in 0..draw.below(3) {
        let most = if cfg!(miri) { [3, 3, 3, 2, 2] } else { [6, 5, 5, 2, 2] };
        let [channels, tall, wide, down, right] = draw.sizes(most);
        let window = Window {
            kernel: (tall, wide),
            stride: (down, right),
            padding: draw.one_of(&[Padding::Same, Padding::Valid]),
            pool: draw.below(2) == 0,
        };
        let pattern = draw.pattern(channels, image.channels * tall * wide);
        // a kernel larger than the image leaves nothing, one of no size sees nothing: then the image stays as it is
        if let Ok(layer) = Convolution::new(pattern, image, window, draw.one_of(Activation::ALL)) {
            image = layer.output();
            layers.push(Layer::Convolution(layer));
        }
    }
    let mut width = image.len();
    let last = draw.below(2);
    for index in 0..=last {
        let [rows] = draw.sizes([14]);
        // a network without outputs computes nothing
        let rows = if index == last { rows.max(1) } else { rows };
        layers.push(Layer::Dense(Dense::new(draw.pattern(rows, width), draw.one_of(Activation::ALL))));
        width = rows;
    }
    let network = Network::new(layers).expect("layers that fit each other");
    // as given, or compiled: then sums may begin with planes, and layers may be left without units
    if draw.below(2) == 0 {
        return network;
    }
    CompiledNetwork::new(&network, Mode::Fold).expect("a compiled network").network().clone()
}

/// Multiply-adds and activations of one forward pass, about.
fn cost(network: &Network) -> usize {
    let of = |layer: &Layer| {
        let places = match layer {
            Layer::Convolution(layer) => layer.sums().pixels(),
            Layer::Dense(_) => 1,
        };
        (layer.pattern().nnz() + layer.pattern().rows()) * places
    };
    network.layers().iter().map(of).sum()
}

/// The first network that is drawn and costs less than that.
fn network_below(draw: &mut Draw, limit: usize) -> Network {
    let mut networks = std::iter::repeat_with(|| network(draw));
    networks.find(|network| cost(network) < limit).expect("most networks are small")
}

/// Logits `[member][image][row]` by the definition.
fn expected(network: &Network, images: &[Vec<f32>], members: &[Vec<f32>]) -> Vec<Vec<Vec<f32>>> {
    let of = |member: &Vec<f32>| images.iter().map(|image| naive::network(network, member, image)).collect();
    members.iter().map(of).collect()
}

/// All NaN are one.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }).collect()
}

/// Loss, all NaN being one, and hits.
fn marks(score: Score) -> (u64, u32) {
    (if score.loss.is_nan() { f64::NAN.to_bits() } else { score.loss.to_bits() }, score.correct)
}

/// Some images and members, and a label an image.
struct Case {
    network: Network,
    images: Vec<Vec<f32>>,
    members: Vec<Vec<f32>>,
    labels: Vec<u32>,
}

impl Case {
    /// As many images and members as the definition, which is slow, can afford; `numbers` draws so many numbers.
    fn drawn(draw: &mut Draw, network: Network, numbers: fn(&mut Draw, usize) -> Vec<f32>) -> Case {
        let affordable = 1 + if cfg!(miri) { 1_000 } else { 1_000_000 } / (1 + cost(&network));
        let (count, population) = (1 + draw.below(20.min(affordable)), 1 + draw.below(4.min(affordable)));
        let images = (0..count).map(|_| numbers(draw, network.inputs())).collect();
        let members = (0..population).map(|_| numbers(draw, network.parameters())).collect();
        let labels = (0..count).map(|_| draw.below(network.outputs()) as u32).collect();
        Case { network, images, members, labels }
    }

    /// Compares logits and scores with the definition, on every instruction set.
    fn check(&self, what: &str) {
        let Case { network, images, members, labels } = self;
        let (count, population) = (images.len(), members.len());
        let expected = expected(network, images, members);
        for isa in Isa::available() {
            let plan = ImagePlan::new(isa, network).expect("a small network");
            // every slice begins one number behind where memory is aligned
            let mut pixels = AlignedBuffer::new(1 + Images::buffer_len(count, network.inputs()));
            let pixels = &mut pixels[1..];
            for (index, image) in images.iter().enumerate() {
                Images::pack(index, image, pixels);
            }
            let shifted = AlignedBuffer::copied(&[&[0.0], members.concat().as_slice()].concat());
            let values = &shifted[1..];
            let mut scratch = AlignedBuffer::new(1 + plan.scratch_len(Threads::Sequential));
            scratch.fill(f32::NAN);
            let mut rows = AlignedBuffer::new(1 + plan.logits_len(count, population));
            let rows = &mut rows[1..];
            let packed = Images::new(pixels, count, network.inputs());
            let population_values = Members::new(values, network.parameters());
            plan.logits(Threads::Sequential, packed, population_values, &mut scratch[1..], rows);
            let scores = scores(isa, Threads::Sequential, network, pixels, labels, values);
            for (member, expected) in expected.iter().enumerate() {
                let score = naive::score(expected, labels);
                assert_eq!(marks(scores[member]), marks(score), "{what}, {isa}, member {member}");
                for (image, expected) in expected.iter().enumerate() {
                    let block = image / LANES * population + member;
                    let row = |row: usize| rows[(block * network.outputs() + row) * LANES + image % LANES];
                    let found: Vec<f32> = (0..network.outputs()).map(row).collect();
                    assert_eq!(bits(&found), bits(expected), "{what}, {isa}, member {member}, image {image}");
                }
            }
        }
    }
}

#[test]
fn logits_and_scores_have_the_bits_of_the_definition() {
    for seed in 0..cases(200) {
        let mut draw = Draw::new("image", seed);
        let network = network_below(&mut draw, if cfg!(miri) { 300 } else { usize::MAX });
        Case::drawn(&mut draw, network, Draw::numbers).check(&format!("seed {seed}"));
    }
}

#[test]
fn what_is_not_finite_goes_where_the_definition_says() {
    for seed in 0..cases(100) {
        let mut draw = Draw::new("not finite", seed);
        let network = network_below(&mut draw, if cfg!(miri) { 300 } else { 100_000 });
        Case::drawn(&mut draw, network, Draw::spoiled_numbers).check(&format!("seed {seed}"));
    }
}

/// A layer that reads images, and one that moves over what it gives in the same steps.
fn two_convolutions(
    image: Image,
    rows: [usize; 2],
    window: Window,
    activation: Activation,
) -> Option<Network> {
    let places = window.kernel.0 * window.kernel.1;
    let mut layers = Vec::new();
    let mut image = image;
    for rows in rows {
        let pattern = Pattern::dense(rows, image.channels * places).expect("a pattern");
        let layer = Convolution::new(pattern, image, window, activation).ok()?;
        image = layer.output();
        layers.push(Layer::Convolution(layer));
    }
    Some(Network::new(layers).expect("layers that fit each other"))
}

#[test]
fn steps_beyond_the_border_are_never_taken() {
    let image = Image { channels: 2, height: 6, width: 40 };
    let steps = [1, 2, 41, 1 << 29, 1 << 61, 1 << 63, usize::MAX];
    let mut checked = 0;
    for (down, right) in steps.into_iter().flat_map(|down| steps.map(|right| (down, right))) {
        for (padding, pool) in [(Padding::Same, false), (Padding::Valid, false), (Padding::Same, true)] {
            let window = Window { kernel: (2, 1), stride: (down, right), padding, pool };
            let Some(network) = two_convolutions(image, [2, 1], window, Activation::Relu) else { continue };
            let mut draw = Draw::new("steps", checked);
            Case::drawn(&mut draw, network, Draw::numbers).check(&format!("{window:?}"));
            checked += 1;
            // an interpreter takes long for each
            if cfg!(miri) && checked > 3 {
                return;
            }
        }
    }
    assert!(checked > 60, "{checked} networks");
}

/// Numbers whose sums and products are zeros of either sign.
fn vanishing_numbers(draw: &mut Draw, len: usize) -> Vec<f32> {
    (0..len).map(|_| draw.one_of(&[0.0, -0.0, 1e-45, -1e-45, 0.5, -0.5])).collect()
}

#[test]
fn zeros_beyond_the_border_may_be_left_out_and_leave_no_trace() {
    let image = Image { channels: 1, height: 8, width: 14 };
    let kernels = if cfg!(miri) { &[(5, 5)][..] } else { &[(5, 5), (3, 3), (7, 4), (2, 9), (30, 29)][..] };
    let mut seed = 0;
    for &kernel in kernels {
        for (stride, pool) in [((1, 1), true), ((1, 1), false), ((2, 2), false), ((1, 2), true)] {
            for activation in [Activation::Relu, Activation::Identity] {
                let window = Window { kernel, stride, padding: Padding::Same, pool };
                let Some(network) = two_convolutions(image, [4, 3], window, activation) else { continue };
                for numbers in [Draw::numbers, Draw::spoiled_numbers, vanishing_numbers] {
                    let mut draw = Draw::new("border", seed);
                    let case = Case::drawn(&mut draw, network.clone(), numbers);
                    case.check(&format!("{window:?}, {activation:?}, seed {seed}"));
                    seed += 1;
                    // an interpreter takes long for each
                    if cfg!(miri) && seed > 2 {
                        return;
                    }
                }
            }
        }
    }
    assert!(seed > 100, "{seed} cases");
}

#[test]
fn channels_that_are_not_there_are_pointed_to_by_nobody() {
    let window = Window { kernel: (1, 1), stride: (3, 4), padding: Padding::Same, pool: false };
    for (seed, (channels, rows)) in [(0, [1, 1]), (1, [0, 2]), (0, [0, 1])].into_iter().enumerate() {
        // an interpreter takes long for each pixel
        let (height, width) = if cfg!(miri) { (24, 28) } else { (40, 48) };
        let image = Image { channels, height, width };
        let network = two_convolutions(image, rows, window, Activation::Relu).expect("a network");
        let mut draw = Draw::new("no channels", seed as u64);
        Case::drawn(&mut draw, network, Draw::numbers).check(&format!("{channels} channels, then {rows:?}"));
    }
}

/// Scores of a population under one instruction set and threads, in two halves or in one.
fn scores(
    isa: Isa,
    threads: Threads<'_>,
    network: &Network,
    pixels: &[f32],
    labels: &[u32],
    values: &[f32],
) -> Vec<Score> {
    let plan = ImagePlan::new(isa, network).expect("a small network");
    let images = Images::new(pixels, labels.len(), network.inputs());
    let members = Members::new(values, network.parameters());
    let mut scratch = vec![f32::NAN; plan.scratch_len(threads)];
    let mut blocks = vec![Score::default(); ImagePlan::blocks_len(images, members)];
    let mut scores = vec![Score { loss: f64::NAN, correct: 77 }; members.count()];
    plan.evaluate(threads, images, labels, members, &mut scratch, &mut blocks, &mut scores);
    scores
}

/// Bits of the outputs of the last layer, `[block][member][row][lane]`.
#[cfg(feature = "rayon")]
fn logits(
    isa: Isa,
    threads: Threads<'_>,
    network: &Network,
    pixels: &[f32],
    count: usize,
    values: &[f32],
) -> Vec<u32> {
    let plan = ImagePlan::new(isa, network).expect("a small network");
    let images = Images::new(pixels, count, network.inputs());
    let members = Members::new(values, network.parameters());
    let mut scratch = vec![f32::NAN; plan.scratch_len(threads)];
    let mut rows = vec![f32::NAN; plan.logits_len(count, members.count())];
    plan.logits(threads, images, members, &mut scratch, &mut rows);
    bits(&rows)
}

#[cfg(feature = "rayon")]
#[test]
fn scores_and_logits_do_not_depend_on_instructions_threads_or_population() {
    let pools: Vec<_> =
        [1, 2, 3, 7, 16].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap()).into();
    // small enough to be evaluated some hundred thousand times on the portable path, or a hundred in an interpreter
    let (most, cost_each, images) = if cfg!(miri) { (17, 100, 20) } else { (128, 2_000, 70) };
    for (seed, population) in [1, 15, 16, 17, most].into_iter().enumerate() {
        let mut draw = Draw::new("scores", seed as u64);
        let network = network_below(&mut draw, cost_each);
        let count = 1 + draw.below(images);
        let pixels = draw.numbers(Images::buffer_len(count, network.inputs()));
        let labels: Vec<u32> = (0..count).map(|_| draw.below(network.outputs()) as u32).collect();
        let values = draw.numbers(population * network.parameters());
        let expected = scores(Isa::PORTABLE, Threads::Sequential, &network, &pixels, &labels, &values);
        let rows = logits(Isa::PORTABLE, Threads::Sequential, &network, &pixels, count, &values);
        for isa in Isa::available() {
            for pool in &pools {
                assert_eq!(
                    scores(isa, Threads::Pool(pool), &network, &pixels, &labels, &values),
                    expected,
                    "{isa}"
                );
                assert_eq!(
                    logits(isa, Threads::Pool(pool), &network, &pixels, count, &values),
                    rows,
                    "{isa}"
                );
            }
            let each = values.chunks(network.parameters());
            let alone: Vec<Score> = each
                .flat_map(|member| scores(isa, Threads::Sequential, &network, &pixels, &labels, member))
                .collect();
            assert_eq!(alone, expected, "{isa}, one member at a time");
        }
    }
}

#[test]
fn what_is_not_a_number_shows_in_the_loss() {
    let network = |activation| {
        let pattern = Pattern::dense(2, 2).expect("a pattern");
        Network::new(vec![Layer::Dense(Dense::new(pattern, activation))]).expect("a network")
    };
    let mut pixels = vec![0.0; Images::buffer_len(1, 2)];
    Images::pack(0, &[1.0, 0.0], &mut pixels);
    for isa in Isa::available() {
        for bad in [f32::NAN, f32::INFINITY] {
            for (place, activation) in
                (0..6).zip([Activation::Identity, Activation::Relu].into_iter().cycle())
            {
                let mut values = [0.5; 6];
                values[place] = bad;
                let score = scores(isa, Threads::Sequential, &network(activation), &pixels, &[1], &values)[0];
                // an infinite logit of the label is a loss of infinity minus infinity
                assert!(
                    !score.loss.is_finite() || score.loss == 0.0,
                    "{isa}, parameter {place}: {}",
                    score.loss
                );
                assert!(!bad.is_nan() || score.loss.is_nan(), "{isa}, parameter {place}: {}", score.loss);
            }
        }
        // a label beyond the classes is no class
        let score =
            scores(isa, Threads::Sequential, &network(Activation::Identity), &pixels, &[2], &[0.5; 6])[0];
        assert!(score.loss.is_nan() && score.correct == 0);
    }
}

#[test]
fn no_images_and_no_members_are_no_work() {
    let mut draw = Draw::new("nothing", 0);
    let network = network(&mut draw);
    assert!(scores(Isa::detected(), Threads::Sequential, &network, &[], &[], &[]).is_empty());
    let values = draw.numbers(network.parameters());
    assert_eq!(scores(Isa::detected(), Threads::Sequential, &network, &[], &[], &values), [Score::default()]);
}

#[test]
fn images_without_pixels_can_be_packed_and_seen() {
    let pattern = Pattern::from_triplets(1, 0, &[]).expect("a pattern");
    let network =
        Network::new(vec![Layer::Dense(Dense::new(pattern, Activation::Identity))]).expect("a network");
    let plan = ImagePlan::new(Isa::detected(), &network).expect("a plan");
    for index in 0..20 {
        Images::pack(index, &[], &mut []);
    }
    let (images, members) = (Images::new(&[], 20, 0), Members::new(&[7.0], 1));
    let mut logits = vec![0.0; plan.logits_len(20, 1)];
    let mut scratch = vec![f32::NAN; plan.scratch_len(Threads::Sequential)];
    plan.logits(Threads::Sequential, images, members, &mut scratch, &mut logits);
    assert_eq!(logits, [7.0; 2 * LANES]);
}

#[test]
#[should_panic(expected = "image 16 of 3 pixels ends beyond 48 floats")]
fn an_image_that_has_no_place_is_refused() {
    Images::pack(16, &[1.0; 3], &mut [0.0; 48]);
}

#[test]
#[should_panic(expected = "image 18446744073709551615 of 3 pixels ends beyond 48 floats")]
fn an_image_whose_place_overflows_is_refused() {
    Images::pack(usize::MAX, &[1.0; 3], &mut [0.0; 48]);
}

// The inverse of 49 modulo 2^60: so many blocks of images of 7 x 7 have, counted modulo 2^64, sixteen numbers.
#[test]
#[should_panic(expected = "pixels: 964689422222055633 x 49 x 16 numbers do not fit the address space")]
fn more_images_than_can_be_counted_are_refused() {
    Images::new(&[0.0; LANES], 964_689_422_222_055_633 * LANES, 49);
}

#[test]
fn planes_that_no_memory_holds_are_refused() {
    let image = Image { channels: 1, height: 1 << 50, width: 1 << 5 };
    let window = Window { kernel: (1, 1), stride: (1, 1), padding: Padding::Valid, pool: false };
    let pattern = Pattern::from_triplets(1, 1, &[]).expect("a pattern");
    let layer = Convolution::new(pattern, image, window, Activation::Relu).expect("a convolution");
    let network = Network::new(vec![Layer::Convolution(layer); 16]).expect("a network");
    let error = ImagePlan::new(Isa::detected(), &network).unwrap_err();
    assert_eq!(error, PlanError::TooLarge { layer: 0 });
}

#[test]
fn planes_without_32_bit_places_are_refused_before_a_list_is_made_of_their_columns() {
    let image = Image { channels: 1, height: 1, width: 1 << 50 };
    for right in [1, 2, 1 << 20] {
        let window = Window { kernel: (1, 1), stride: (1, right), padding: Padding::Same, pool: false };
        let network = two_convolutions(image, [1, 1], window, Activation::Relu).expect("a network");
        let error = ImagePlan::new(Isa::detected(), &network).unwrap_err();
        assert_eq!(error, PlanError::TooLarge { layer: 0 }, "steps of {right}");
    }
}

#[test]
#[should_panic(expected = "parameters of a member: found 3, needed 2")]
fn a_wrong_length_is_named() {
    let pattern = Pattern::dense(1, 1).expect("a pattern");
    let network =
        Network::new(vec![Layer::Dense(Dense::new(pattern, Activation::Identity))]).expect("a network");
    let plan = ImagePlan::new(Isa::detected(), &network).expect("a plan");
    let (images, members) = (Images::new(&[], 0, 1), Members::new(&[0.0; 3], 3));
    plan.logits(
        Threads::Sequential,
        images,
        members,
        &mut vec![0.0; plan.scratch_len(Threads::Sequential)],
        &mut [],
    );
}
