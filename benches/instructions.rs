//! One run of each kernel at a fixed size on forced AVX2, so that `scripts/count-instructions` can count its
//! instructions. Counts repeat to the instruction where times move by a factor of two, so a gate can hold them to 3 %.
//! AVX2, because valgrind knows no AVX-512.
//!
//! A new kernel is one more line in [`kernels`], and a function that prepares it. Everything is prepared before the
//! count begins, and one run goes ahead of it, so that nothing is counted that happens once a process. Sizes are small:
//! valgrind runs a fused multiply-add some thousand times slower than the CPU does.
//!
//! Prints the name of each kernel that ran. An argument that is no flag is the name of the only one to run.

#![expect(clippy::print_stdout, reason = "the names are read by the script")]

use std::hint::black_box;

use numerics::functions::{self, Function};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::Network;
use sparse_kernels::{CopyPlan, ImagePlan, Images, Members, Score, Threads, Values};
use tombola::workloads::{cnn_network, mlp_network};

/// What is counted: a line each, by a path (room, kernel, size, density).
fn kernels(counter: &mut Counter) {
    let isa = counter.isa;
    functions::for_each(counter);
    counter.count("functions/atan2/4096", || angles(isa));
    counter.count("functions/log_softmax/10x16", || log_softmax(isa));
    counter.count("random/bits/4096", || random_bits(isa));
    counter.count("random/uniform/4096", || deviates(isa, Stream::uniform_into));
    counter.count("random/normal/4096", || deviates(isa, Stream::normal_into));
    counter.count("random/uniform_f64/4096", || double_deviates(isa, Stream::uniform_f64_into));
    counter.count("random/normal_f64/4096", || double_deviates(isa, Stream::normal_f64_into));
    for density in [1.0, 0.2, 0.05, 0.0144] {
        counter.count(&format!("paper-mlp/{density:?}"), || worlds(isa, &mlp_network(density)));
        counter.count(&format!("single-mlp/{density:?}"), || batch(isa, &mlp_network(density)));
        counter.count(&format!("compile-mlp/{density:?}"), || compiled(isa, &mlp_network(density)));
    }
    for density in [1.0, 0.2, 0.05, 0.0144] {
        counter.count(&format!("paper-cnn/{density:?}"), || images(isa, &cnn_network(density), 2));
        counter.count(&format!("single-cnn/{density:?}"), || images(isa, &cnn_network(density), 1));
    }
}

/// Runs kernels, all or one.
struct Counter {
    isa: Isa,
    only: Option<String>,
}

impl Counter {
    /// Runs the kernel that `prepare` makes with its inputs, if it is wanted.
    fn count<W: FnMut()>(&mut self, name: &str, prepare: impl FnOnce() -> W) {
        if self.only.as_ref().is_none_or(|only| only == name) {
            let mut work = prepare();
            work();
            measured(&mut work);
            println!("{name}");
        }
    }
}

/// The part that is counted. The script knows it by its name.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
    // keeps the call above from becoming a jump, at which the counting could not end
    black_box(());
}

fn main() {
    // cargo adds flags of its own, which mean nothing here
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    match "avx2".parse() {
        Ok(isa) => kernels(&mut Counter { isa, only }),
        Err(error) => eprintln!("nothing is counted: {error}"),
    }
}

/// `len` numbers between zero and one, where every function is defined.
fn fractions(len: usize) -> AlignedBuffer {
    let mut numbers = AlignedBuffer::new(len);
    Stream::new(0, "fractions").uniform_into(Isa::PORTABLE, 0, &mut numbers);
    numbers
}

/// Every function of one variable.
impl functions::Visitor for Counter {
    fn visit<F: Function>(&mut self, function: F) {
        let isa = self.isa;
        self.count(&format!("functions/{}/4096", F::NAME), || {
            let (input, mut output) = (fractions(4096), AlignedBuffer::new(4096));
            move || functions::map(isa, function, black_box(&input), black_box(&mut output))
        });
    }
}

fn angles(isa: Isa) -> impl FnMut() {
    let (y, mut x, mut angles) = (fractions(4096), fractions(4096), AlignedBuffer::new(4096));
    x.reverse();
    move || functions::atan2_into(isa, black_box(&y), black_box(&x), black_box(&mut angles))
}

/// The logits of the classifier on a block of images, again and again.
fn log_softmax(isa: Isa) -> impl FnMut() {
    let mut logits = fractions(10 * LANES);
    move || functions::log_softmax_blocks(isa, 10, black_box(&mut logits))
}

fn random_bits(isa: Isa) -> impl FnMut() {
    let mut out = vec![0; 4096];
    move || Stream::new(0, "bits").bits_into(isa, 0, black_box(&mut out))
}

fn deviates(isa: Isa, into: fn(Stream, Isa, u64, &mut [f32])) -> impl FnMut() {
    let mut out = AlignedBuffer::new(4096);
    move || into(Stream::new(0, "deviates"), isa, 0, black_box(&mut out))
}

fn double_deviates(isa: Isa, into: fn(Stream, Isa, u64, &mut [f64])) -> impl FnMut() {
    let mut out = vec![0.0; 4096];
    move || into(Stream::new(0, "deviates"), isa, 0, black_box(&mut out))
}

/// The copies of a member in the papers' rollouts.
const COPIES: usize = 8;

/// One group of members, one step in their worlds.
fn worlds(isa: Isa, network: &Network) -> impl FnMut() + use<> {
    let plan = CopyPlan::new(isa, network, COPIES).expect("a small network");
    let (values, inputs) = (fractions(plan.values_len(1)), fractions(plan.inputs_len(1)));
    let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
    let mut outputs = AlignedBuffer::new(plan.outputs_len(1));
    move || {
        plan.forward(
            Threads::Sequential,
            Values::Lanes(&values),
            &inputs,
            &mut scratch,
            black_box(&mut outputs),
        );
    }
}

/// One network on a block of samples.
fn batch(isa: Isa, network: &Network) -> impl FnMut() + use<> {
    let plan = CopyPlan::new(isa, network, COPIES).expect("a small network");
    let (values, inputs) = (fractions(network.parameters()), fractions(plan.inputs_len(1)));
    let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
    let mut outputs = AlignedBuffer::new(plan.outputs_len(1));
    move || {
        plan.forward(
            Threads::Sequential,
            Values::One(&values),
            &inputs,
            &mut scratch,
            black_box(&mut outputs),
        );
    }
}

/// The values of a compiled network, of one group of members.
fn compiled(isa: Isa, network: &Network) -> impl FnMut() + use<> {
    let compiled = CompiledNetwork::new(network, Mode::Fold).expect("a small network");
    let given = fractions(network.parameters() * LANES);
    let mut values = AlignedBuffer::new(compiled.network().parameters() * LANES);
    let mut scratch = AlignedBuffer::new(compiled.scratch() * LANES);
    move || compiled.compile_lanes_with(isa, &given, black_box(&mut values), &mut scratch)
}

/// Some members on a block of images: cross-entropy and hits.
fn images(isa: Isa, network: &Network, members: usize) -> impl FnMut() + use<> {
    let plan = ImagePlan::new(isa, network).expect("a small network");
    let pixels = fractions(Images::buffer_len(LANES, network.inputs()));
    let values = fractions(members * network.parameters());
    let labels: Vec<u32> = (0..LANES as u32).map(|image| image % network.outputs() as u32).collect();
    let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
    let (mut blocks, mut scores) = (vec![Score::default(); members], vec![Score::default(); members]);
    move || {
        let images = Images::new(&pixels, LANES, plan.pixels_each());
        let members = Members::new(&values, plan.parameters());
        let threads = Threads::Sequential;
        plan.evaluate(threads, images, &labels, members, &mut scratch, &mut blocks, black_box(&mut scores));
    }
}
