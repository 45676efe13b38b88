//! Every named network, as a population on shared inputs: the bits of the definition, whatever computes them.

use networks::{Evaluator, Mask, MaskedNetwork, Population, Preset};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::{Images, Score, Threads, naive};

/// Names with sizes at which the naive definition takes milliseconds.
const NETWORKS: [(&str, &str, usize); 8] = [
    ("cnn", "1x12x12", 10),
    ("mlp-32", "1x8x8", 10),
    ("lenet-300-100", "1x6x6", 10),
    ("conv-2-2", "1x8x8", 10),
    ("conv-4-2", "1x8x8", 10),
    ("policy-32-32", "17", 6),
    ("policy-64-64-linear", "6", 3),
    ("minatar-cnn", "2x6x6", 5),
];

/// A population of a network with a random mask, and images with labels.
struct Case {
    name: &'static str,
    network: MaskedNetwork,
    members: usize,
    rows: Vec<f32>,
    images: Vec<Vec<f32>>,
    pixels: AlignedBuffer,
    labels: Vec<u32>,
}

impl Case {
    fn new((name, input, outputs): (&'static str, &str, usize), density: f64) -> Case {
        let preset = Preset::named(name, input.parse().expect("an input"), outputs).expect("a preset");
        let architecture = &preset.architecture;
        let stream = Stream::new(11, name);
        let kept = (architecture.prunable() as f64 * density).round() as usize;
        let mask = Mask::random(architecture.prunable(), kept, stream.child(0));
        let network = MaskedNetwork::new(architecture, &mask).expect("a network");
        let (members, count, each) = (5, 21, architecture.input().len());
        let mut rows = Vec::new();
        for member in 0..members as u64 {
            let start = preset.start.draw(architecture, stream.with(&[1, member]));
            rows.extend(network.gather(&start));
        }
        let mut pixels = AlignedBuffer::new(Images::buffer_len(count, each));
        let mut images = vec![vec![0.0; each]; count];
        for (index, image) in images.iter_mut().enumerate() {
            stream.with(&[2, index as u64]).normal_into(Isa::detected(), 0, image);
            Images::pack(index, image, &mut pixels);
        }
        let labels = (0..count as u64).map(|image| stream.below(image, outputs as u64) as u32).collect();
        Case { name, network, members, rows, images, pixels, labels }
    }

    fn images(&self) -> Images<'_> {
        Images::new(&self.pixels, self.images.len(), self.images[0].len())
    }

    /// The members side by side, `[group][free][16]`; lanes of nobody hold garbage.
    fn lanes(&self) -> Vec<f32> {
        let dims = self.network.dims();
        let mut lanes = vec![f32::NAN; self.members.next_multiple_of(LANES) * dims];
        for (index, &value) in self.rows.iter().enumerate() {
            let (member, coordinate) = (index / dims, index % dims);
            lanes[(member / LANES * dims + coordinate) * LANES + member % LANES] = value;
        }
        lanes
    }

    /// Outputs and scores by the definition, of the network as given or compiled.
    fn defined(&self, mode: Option<Mode>) -> (Vec<f32>, Vec<Score>) {
        let compiled =
            mode.map(|mode| CompiledNetwork::new(self.network.network(), mode).expect("it compiles"));
        let (mut outputs, mut scores) = (Vec::new(), Vec::new());
        for row in self.rows.chunks_exact(self.network.dims()) {
            let mut given = vec![0.0; self.network.network().parameters()];
            self.network.place(1, row, &mut given);
            let (network, parameters) = match &compiled {
                None => (self.network.network(), given),
                Some(compiled) => {
                    let mut parameters = vec![0.0; compiled.network().parameters()];
                    compiled.compile_values(&given, &mut parameters, &mut vec![0.0; compiled.scratch()]);
                    (compiled.network(), parameters)
                }
            };
            let mut blocks = vec![0.0_f64; self.images.len().div_ceil(LANES)];
            let mut correct = 0;
            for (index, (image, &label)) in self.images.iter().zip(&self.labels).enumerate() {
                let logits = naive::network(network, &parameters, image);
                blocks[index / LANES] += f64::from(naive::cross_entropy(&logits, label as usize));
                correct += u32::from(naive::best(&logits) == label as usize);
                outputs.extend(logits);
            }
            scores.push(Score { loss: blocks.iter().fold(0.0, |sum, block| sum + block), correct });
        }
        (outputs, scores)
    }

    fn check(&self, isa: Isa, threads: Threads<'_>, mode: Option<Mode>, expected: &(Vec<f32>, Vec<Score>)) {
        let mut evaluator = Evaluator::new(isa, &self.network, mode).expect("it can be evaluated");
        let lanes = self.lanes();
        let what = format!("{} on {isa}, {} threads, {mode:?}", self.name, threads.count());
        // twice, so that buffers are used again
        for population in [Population::Rows(&self.rows), Population::Lanes(&lanes, self.members)] {
            let mut scores = vec![Score::default(); self.members];
            evaluator.evaluate(threads, population, self.images(), &self.labels, &mut scores);
            for (found, expected) in scores.iter().zip(&expected.1) {
                assert_eq!(found.correct, expected.correct, "{what}");
                assert_eq!(found.loss.to_bits(), expected.loss.to_bits(), "{what}");
            }
            let mut outputs = vec![f32::NAN; expected.0.len()];
            evaluator.outputs(threads, population, self.images(), &mut outputs);
            assert!(
                outputs
                    .iter()
                    .zip(&expected.0)
                    .all(|(found, expected)| found.to_bits() == expected.to_bits()),
                "{what}"
            );
        }
    }
}

#[test]
fn every_network_has_the_bits_of_the_definition_for_all_threads_and_instructions() {
    let pools: Vec<rayon::ThreadPool> = [1, 2, 3, 7, 16]
        .map(|count| rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("threads"))
        .into();
    for network in NETWORKS {
        for density in [1.0, 0.1, 0.02] {
            let case = Case::new(network, density);
            for mode in [None, Some(Mode::Fold), Some(Mode::Strict)] {
                let expected = case.defined(mode);
                for isa in Isa::available() {
                    case.check(isa, Threads::Sequential, mode, &expected);
                }
                for pool in &pools {
                    case.check(Isa::detected(), Threads::Pool(pool), mode, &expected);
                }
            }
            assert_eq!(case.defined(None).1, case.defined(Some(Mode::Strict)).1, "{}", case.name);
        }
    }
}

#[test]
fn classes_are_the_first_of_the_largest_outputs() {
    for network in NETWORKS {
        let case = Case::new(network, 0.3);
        let mut evaluator = Evaluator::new(Isa::detected(), &case.network, None).expect("a plan");
        let (outputs, _) = case.defined(None);
        let width = case.network.network().outputs();
        let row = &case.rows[..case.network.dims()];
        let classes = evaluator.classes(Threads::Sequential, row, case.images());
        let expected = outputs.chunks_exact(width).take(case.images.len()).map(|row| naive::best(row) as u32);
        assert!(classes.into_iter().eq(expected), "{}", case.name);
    }
}

#[test]
#[should_panic(expected = "numbers are no members of")]
fn a_population_of_another_network_is_refused() {
    let case = Case::new(NETWORKS[5], 0.5);
    let mut evaluator = Evaluator::new(Isa::detected(), &case.network, None).expect("a plan");
    let rows = Population::Rows(&case.rows[1..]);
    evaluator.evaluate(Threads::Sequential, rows, case.images(), &case.labels, &mut [Score::default(); 5]);
}

#[test]
fn a_population_taken_in_pieces_has_the_same_bits() {
    // Without biases, so that parameters are copied: of two million, two members at a time.
    let architecture: networks::Architecture =
        "1024: dense 2048 unbiased relu; dense 3 unbiased".parse().expect("an architecture");
    let full = Mask::full(architecture.prunable());
    let network = MaskedNetwork::new(&architecture, &full).expect("a network");
    let (dims, members, each) = (network.dims(), 5, 1024);
    let mut rows = vec![0.0; members * dims];
    Stream::new(1, "pieces").uniform_into(Isa::detected(), 0, &mut rows);
    rows.iter_mut().for_each(|value| *value -= 0.5);
    let mut pixels = AlignedBuffer::new(Images::buffer_len(3, each));
    Stream::new(2, "pieces").uniform_into(Isa::detected(), 0, &mut pixels);
    let images = Images::new(&pixels, 3, each);
    let mut evaluator = Evaluator::new(Isa::detected(), &network, None).expect("a plan");
    let mut scores = vec![Score::default(); members];
    evaluator.evaluate(Threads::Sequential, Population::Rows(&rows), images, &[0, 1, 2], &mut scores);
    for (row, together) in rows.chunks_exact(dims).zip(&scores) {
        let mut alone = [Score::default()];
        evaluator.evaluate(Threads::Sequential, Population::Rows(row), images, &[0, 1, 2], &mut alone);
        assert_eq!(alone[0], *together);
    }
    assert!(scores.windows(2).all(|pair| pair[0].loss != pair[1].loss));
}
