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
use numerics::{AlignedBuffer, Isa};

/// What is counted: a line each, by a path (room, kernel, size, density).
fn kernels(counter: &mut Counter) {
    let isa = counter.isa;
    functions::for_each(counter);
    counter.count("random/bits/4096", || random_bits(isa));
    counter.count("random/uniform/4096", || deviates(isa, Stream::uniform_into));
    counter.count("random/normal/4096", || deviates(isa, Stream::normal_into));
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

fn random_bits(isa: Isa) -> impl FnMut() {
    let mut out = vec![0; 4096];
    move || Stream::new(0, "bits").bits_into(isa, 0, black_box(&mut out))
}

fn deviates(isa: Isa, into: fn(Stream, Isa, u64, &mut [f32])) -> impl FnMut() {
    let mut out = AlignedBuffer::new(4096);
    move || into(Stream::new(0, "deviates"), isa, 0, black_box(&mut out))
}
