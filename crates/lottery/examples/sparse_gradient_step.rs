//! Gradient descent on a mask: Adam on what is left of the paper's classifier, with glyphs for images.
//!
//!     cargo run --release -p lottery --example sparse_gradient_step [DENSITY [STEPS [THREADS [SECONDS]]]]
//!
//! A step is the loss of a batch of 128 images, its gradient at the kept weights and the biases, and an update of these.
//! What the mask removed is neither computed nor updated. With SECONDS it ends, whatever the steps, when steps have taken
//! so long.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example shows what it does, and its time"
)]

use std::time::{Duration, Instant};

use networks::{Gradients, Mask, MaskedNetwork, Preset};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::Images;
use strategies::{Descent, Execution, Optimizer, Schedule, Threads};
use tasks::vision::batches::{Batches, Order};
use tasks::vision::glyphs::{self, Kind};
use tasks::vision::normalise::{Normalisation, labels_into};

const IMAGES: usize = 2560;
const BATCH: usize = 128;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |place: usize, default| arguments.get(place).map_or(default, String::as_str);
    let density: f64 = argument(0, "0.05").parse()?;
    let (steps, threads): (u64, usize) = (argument(1, "200").parse()?, argument(2, "1").parse()?);
    let seconds: f64 = argument(3, "inf").parse()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let threads = if threads > 1 { Threads::Pool(&pool) } else { Threads::Sequential };
    let here = Execution { threads, ..Execution::default() };

    // What is searched, and where it begins.
    let cnn = Preset::named("cnn", "1x28x28".parse()?, 10)?;
    let prunable = cnn.architecture.prunable();
    let mask = Mask::random(prunable, (density * prunable as f64).round() as usize, Stream::new(0, "mask"));
    let network = MaskedNetwork::new(&cnn.architecture, &mask)?;
    let start = cnn.start.draw(&cnn.architecture, Stream::new(0, "initial weights"));
    let mut values = network.gather(&start);
    println!("{} weights of {prunable} and {} biases", mask.kept(), network.dims() - mask.kept());

    let set = glyphs::draw(Kind::Digits, 0, IMAGES, 1);
    let mut batches = Batches::new(Stream::new(0, "batches"), IMAGES, BATCH, Order::Epochs);
    let mut pixels = AlignedBuffer::new(Images::buffer_len(BATCH, set.pixels_each()));
    let mut labels = vec![0; BATCH];

    let mut gradients = Gradients::new(Isa::detected(), &network)?;
    let mut descent = Descent::start(Optimizer::ADAM, Schedule::constant(0.005), network.dims())?;
    let mut gradient = vec![0.0; network.dims()];
    let (mut best, mut spent) = (Duration::MAX, Duration::ZERO);
    for step in 0..steps {
        let chosen = batches.of(step);
        Normalisation::PAPER.blocks_into(set.train(), chosen, &mut pixels);
        labels_into(set.train(), chosen, &mut labels);
        let images = Images::new(&pixels, BATCH, set.pixels_each());

        let begin = Instant::now();
        let score = gradients.loss(threads, &values, images, &labels, &mut gradient);
        descent.step(&here, &mut values, &gradient);
        let took = begin.elapsed();
        (best, spent) = (best.min(took), spent + took);

        if (step + 1) % (steps / 4).max(1) == 0 || step == 0 {
            let (loss, right) = (score.loss / BATCH as f64, score.correct);
            println!("step {:4}: loss {loss:.3}, {right} of {BATCH} named rightly", step + 1);
        }
        if spent.as_secs_f64() >= seconds {
            break;
        }
    }
    println!("the best step took {:.3} ms", best.as_secs_f64() * 1e3);
    Ok(())
}
