//! Training of every kind of network: the same bits for any number of threads and on every instruction set.

use networks::{Evaluator, Mask, MaskedNetwork, Population, Preset};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa};
use rayon::{ThreadPool, ThreadPoolBuilder};
use sparse_kernels::compile::Mode;
use sparse_kernels::{Images, Score, Threads};
use strategies::{Execution, Method, PopulationMut, Search, Settings};

const NETWORKS: [(&str, &str, usize); 8] = [
    ("cnn", "1x10x10", 5),
    ("mlp-32", "1x6x6", 5),
    ("lenet-300-100", "1x4x4", 5),
    ("conv-2-2", "1x8x8", 5),
    ("conv-4-2", "1x8x8", 5),
    ("policy-32-32", "9", 4),
    ("policy-64-64-linear", "4", 2),
    ("minatar-cnn", "2x5x5", 3),
];

const GENERATIONS: usize = 20;
const MEMBERS: usize = 12;
const IMAGES: usize = 20;

/// A network, a mask, and inputs with labels.
struct Task {
    network: MaskedNetwork,
    start: Vec<f32>,
    pixels: AlignedBuffer,
    each: usize,
    labels: Vec<u32>,
}

impl Task {
    fn new((name, input, outputs): (&str, &str, usize)) -> Task {
        let preset = Preset::named(name, input.parse().expect("an input"), outputs).expect("a preset");
        let architecture = &preset.architecture;
        let stream = Stream::new(21, name);
        let mask = Mask::random(architecture.prunable(), architecture.prunable() / 8, stream.child(0));
        let network = MaskedNetwork::new(architecture, &mask).expect("a network");
        let start = network.gather(&preset.start.draw(architecture, stream.child(1)));
        let each = architecture.input().len();
        let mut pixels = AlignedBuffer::new(Images::buffer_len(IMAGES, each));
        stream.child(2).normal_into(Isa::PORTABLE, 0, &mut pixels);
        let labels = (0..IMAGES as u64).map(|image| stream.below(image, outputs as u64) as u32).collect();
        Task { network, start, pixels, each, labels }
    }

    /// The mean after training, and the fitness of every member on the way.
    fn train(&self, strategy: &str, isa: Isa, threads: Threads<'_>, mode: Option<Mode>) -> Vec<u64> {
        let settings = Settings::new(Method::named(strategy).expect("a strategy"), MEMBERS);
        let mut search = Search::new(settings, &self.start).expect("a search");
        let mut evaluator = Evaluator::new(isa, &self.network, mode).expect("a plan");
        let execution = Execution { isa, threads, block: 100 };
        let mut rows = vec![0.0; MEMBERS * self.network.dims()];
        let mut scores = [Score::default(); MEMBERS];
        let mut trace = Vec::new();
        for _ in 0..GENERATIONS {
            search.ask(&execution, PopulationMut::Rows(&mut rows)).expect("asked");
            let images = Images::new(&self.pixels, IMAGES, self.each);
            evaluator.evaluate(threads, Population::Rows(&rows), images, &self.labels, &mut scores);
            let fitness = scores.map(|score| score.loss / IMAGES as f64);
            trace.extend(fitness.map(f64::to_bits));
            search.tell(&execution, strategies::Population::Rows(&rows), &fitness).expect("told");
        }
        trace.extend(search.mean().iter().map(|value| u64::from(value.to_bits())));
        trace
    }
}

#[test]
fn twenty_generations_of_every_network_have_the_same_bits_everywhere() {
    let pools: Vec<ThreadPool> = [1, 2, 3, 7, 16]
        .map(|count| ThreadPoolBuilder::new().num_threads(count).build().expect("threads"))
        .into();
    for (index, network) in NETWORKS.into_iter().enumerate() {
        let task = Task::new(network);
        let strategy = ["snes", "sep-cma-es", "pgpe", "open-es"][index % 4];
        for mode in [None, Some(Mode::Fold)] {
            let expected = task.train(strategy, Isa::PORTABLE, Threads::Sequential, mode);
            for isa in Isa::available() {
                let found = task.train(strategy, isa, Threads::Sequential, mode);
                assert!(found == expected, "{} on {isa}, {mode:?}", network.0);
            }
            for pool in &pools {
                let found = task.train(strategy, Isa::detected(), Threads::Pool(pool), mode);
                let threads = pool.current_num_threads();
                assert!(found == expected, "{} on {threads} threads, {mode:?}", network.0);
            }
            let first = f64::from_bits(expected[0]);
            assert!(first.is_finite() && first > 0.0, "{}: {first}", network.0);
        }
    }
}
