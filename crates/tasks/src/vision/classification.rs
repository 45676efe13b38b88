//! Naming the class of an image: fitness is minus the cross-entropy on a batch that all members share, the score is the
//! share of test images that are named rightly.
//!
//! ```text
//!   fitness of member m in generation g = -(1/B) sum over the images i of batch g of (log sum_c exp z_ic - z_i,label(i))
//! ```
//!
//! with `z` the network's outputs for a normalised image, in `f32`; losses are added in `f64` ([`sparse_kernels`]). The
//! batch of a generation is drawn without replacement ([`batches`](super::batches)), 1024 images in the published runs.
//!
//! Memory: the set as bytes, one batch as numbers, test images in pieces of 1024, and what
//! [`Evaluator`] bounds. It does not grow with the population.

use networks::{Evaluator, Input, MaskedNetwork, Population};
use numerics::random::Stream;
use numerics::{AlignedBuffer, LANES};
use sparse_kernels::compile::Summary;
use sparse_kernels::network::Image;
use sparse_kernels::{Images, Score, Threads};

use super::batches::{Batches, Order};
use super::images::{ImageSet, Labelled};
use super::normalise::{Normalisation, labels_into};
use crate::task::{How, Task, Trial, TrialError};

/// Test images that are held as numbers at a time.
const TEST_PIECE: usize = 1024;

/// An image set to be classified.
#[derive(Clone, Debug)]
pub struct Classification {
    set: ImageSet,
    batch: usize,
    order: Order,
    normalisation: Normalisation,
}

impl Classification {
    /// Images of a batch in the published runs.
    pub const PAPER_BATCH: usize = 1024;

    /// Batches as large as the papers', or the whole set where it is smaller.
    pub fn new(set: ImageSet) -> Classification {
        let batch = Classification::PAPER_BATCH.min(set.train().len());
        Classification { set, batch, order: Order::Each, normalisation: Normalisation::PAPER }
    }

    /// With batches of another size.
    ///
    /// # Panics
    ///
    /// If a batch is empty or larger than the training set.
    pub fn with_batch(mut self, batch: usize) -> Classification {
        let images = self.set.train().len();
        assert!((1..=images).contains(&batch), "a batch of {batch} of {images} images");
        self.batch = batch;
        self
    }

    /// With batches in another order.
    pub fn with_order(mut self, order: Order) -> Classification {
        self.order = order;
        self
    }

    /// The images.
    pub fn set(&self) -> &ImageSet {
        &self.set
    }

    /// Images of a batch.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The batches that a stream gives.
    fn batches(&self, stream: Stream) -> Batches {
        Batches::new(stream, self.set.train().len(), self.batch, self.order)
    }
}

impl Task for Classification {
    fn name(&self) -> &str {
        self.set.name()
    }

    fn input(&self) -> Input {
        Input::Image(Image { channels: 1, height: self.set.height(), width: self.set.width() })
    }

    fn outputs(&self) -> usize {
        self.set.classes()
    }

    fn score_name(&self) -> &'static str {
        "test_accuracy"
    }

    fn trial(&self, network: &MaskedNetwork, how: How) -> Result<Box<dyn Trial + '_>, TrialError> {
        Ok(Box::new(ClassificationTrial {
            evaluator: Evaluator::new(how.isa, network, how.compile)?,
            task: self,
            batches: self.batches(how.stream),
            batch: Shown::new(self.batch, self.set.pixels_each()),
            test: Shown::new(TEST_PIECE.min(self.set.test().len()), self.set.pixels_each()),
            scores: Vec::new(),
        }))
    }
}

/// A network that looks at images.
struct ClassificationTrial<'a> {
    task: &'a Classification,
    evaluator: Evaluator,
    batches: Batches,
    batch: Shown,
    test: Shown,
    scores: Vec<Score>,
}

/// Images as kernels read them, and their labels.
struct Shown {
    pixels: AlignedBuffer,
    labels: Vec<u32>,
    count: usize,
    pixels_each: usize,
}

impl Shown {
    /// Room for so many images.
    fn new(most: usize, pixels_each: usize) -> Shown {
        let pixels = AlignedBuffer::new(Normalisation::blocks_len(most, pixels_each));
        Shown { pixels, labels: vec![0; most], count: 0, pixels_each }
    }

    /// Shows these images instead; threads share the blocks.
    fn fill(&mut self, threads: Threads<'_>, normalisation: Normalisation, from: &Labelled, indices: &[u32]) {
        self.count = indices.len();
        labels_into(from, indices, &mut self.labels[..self.count]);
        let share = threads.share(indices.len().div_ceil(LANES));
        let blocks = &mut self.pixels[..Normalisation::blocks_len(self.count, self.pixels_each)];
        let parts = blocks.chunks_mut(share * LANES * self.pixels_each).zip(indices.chunks(share * LANES));
        threads.for_each(parts, |(pixels, indices)| normalisation.blocks_into(from, indices, pixels));
    }

    /// What is shown.
    fn images(&self) -> (Images<'_>, &[u32]) {
        let pixels = &self.pixels[..Normalisation::blocks_len(self.count, self.pixels_each)];
        (Images::new(pixels, self.count, self.pixels_each), &self.labels[..self.count])
    }
}

impl Trial for ClassificationTrial<'_> {
    fn prepare(&mut self, threads: Threads<'_>, generation: u64) {
        let indices = self.batches.of(generation);
        self.batch.fill(threads, self.task.normalisation, self.task.set.train(), indices);
    }

    fn fitness(&mut self, threads: Threads<'_>, members: &[f32], fitness: &mut [f64]) {
        self.scores.resize(fitness.len(), Score::default());
        let (images, labels) = self.batch.images();
        self.evaluator.evaluate(threads, Population::Rows(members), images, labels, &mut self.scores);
        for (fitness, score) in fitness.iter_mut().zip(&self.scores) {
            *fitness = -score.loss / labels.len() as f64;
        }
    }

    fn test(&mut self, threads: Threads<'_>, member: &[f32]) -> f64 {
        let from = self.task.set.test();
        let all: Vec<u32> = (0..from.len() as u32).collect();
        let mut correct = 0;
        for indices in all.chunks(TEST_PIECE) {
            self.test.fill(threads, self.task.normalisation, from, indices);
            let (images, labels) = self.test.images();
            let mut score = [Score::default()];
            self.evaluator.evaluate(threads, Population::Rows(member), images, labels, &mut score);
            correct += u64::from(score[0].correct);
        }
        correct as f64 / from.len() as f64
    }

    fn compiled(&self) -> Option<Summary> {
        self.evaluator.summary()
    }
}

#[cfg(test)]
mod tests {
    use networks::{Mask, Preset};
    use numerics::Isa;
    use sparse_kernels::naive;

    use super::super::glyphs::{self, Kind};
    use super::*;

    const BATCH: usize = 37;

    fn task() -> Classification {
        Classification::new(glyphs::draw(Kind::Digits, 3, 90, 1100)).with_batch(BATCH)
    }

    fn network(task: &Classification) -> (MaskedNetwork, Vec<f32>) {
        let preset = Preset::named("mlp-8", task.input(), task.outputs()).unwrap();
        let architecture = &preset.architecture;
        let mask = Mask::random(architecture.prunable(), 900, Stream::new(0, "mask"));
        let network = MaskedNetwork::new(architecture, &mask).unwrap();
        let members: Vec<f32> = (0..3)
            .flat_map(|member| network.gather(&preset.start.draw(architecture, Stream::new(member, "start"))))
            .collect();
        (network, members)
    }

    fn how() -> How {
        How { isa: Isa::detected(), compile: None, stream: Stream::new(9, "batches") }
    }

    /// The outputs for one image, by definition.
    fn logits(network: &MaskedNetwork, member: &[f32], image: &[u8]) -> Vec<f32> {
        let image: Vec<f32> = image.iter().map(|&pixel| Normalisation::PAPER.of(pixel)).collect();
        naive::network(network.network(), member, &image)
    }

    #[test]
    fn fitness_is_minus_the_mean_loss_on_the_batch_of_the_generation() {
        let task = task();
        let (network, members) = network(&task);
        let mut trial = task.trial(&network, how()).unwrap();
        for generation in [5, 0] {
            let mut fitness = [0.0; 3];
            trial.prepare(Threads::Sequential, generation);
            trial.fitness(Threads::Sequential, &members, &mut fitness);
            let mut batches = task.batches(how().stream);
            let batch = batches.of(generation);
            for (member, fitness) in members.chunks(network.dims()).zip(fitness) {
                let loss = |&image: &u32| {
                    let label = task.set.train().labels()[image as usize];
                    let logits = logits(&network, member, task.set.train().image(image as usize));
                    f64::from(naive::cross_entropy(&logits, label.into()))
                };
                let expected: f64 = batch.iter().map(loss).sum::<f64>() / BATCH as f64;
                // the same 37 numbers, added in another order: 37 roundings of a sum below 37 times the largest
                assert!((fitness + expected).abs() <= 37.0 * f64::EPSILON * expected, "{fitness} {expected}");
            }
        }
    }

    #[test]
    fn the_score_counts_all_test_images_once() {
        let task = task();
        let (network, members) = network(&task);
        let member = &members[..network.dims()];
        let found = task.trial(&network, how()).unwrap().test(Threads::Sequential, member);
        let test = task.set.test();
        let right = |&image: &usize| {
            naive::best(&logits(&network, member, test.image(image))) == usize::from(test.labels()[image])
        };
        assert_eq!(found, (0..test.len()).filter(right).count() as f64 / 1100.0);
        assert!(found > 0.0 && found < 1.0);
    }

    #[test]
    fn neither_threads_nor_what_was_asked_before_change_fitness() {
        let task = task();
        let (network, members) = network(&task);
        let mut expected = [0.0; 3];
        let mut trial = task.trial(&network, how()).unwrap();
        trial.prepare(Threads::Sequential, 4);
        trial.fitness(Threads::Sequential, &members, &mut expected);
        for count in [1, 2, 3, 7, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
            let threads = Threads::Pool(&pool);
            let mut fitness = [0.0; 3];
            trial.prepare(threads, 17);
            trial.fitness(threads, &members, &mut fitness);
            assert_ne!(fitness, expected);
            trial.prepare(threads, 4);
            trial.fitness(threads, &members, &mut fitness);
            assert_eq!(fitness, expected, "{count} threads");
        }
    }
}
