//! One run of each kernel at a fixed size on forced AVX2, so that `scripts/count-instructions` can count its
//! instructions. Counts repeat to the instruction where times move by a factor of two, so a gate can hold them to 3 %.
//! AVX2, because valgrind knows no AVX-512.
//!
//! A new kernel is one more line in [`KERNELS`] and a function that prepares it. Everything is prepared before the
//! count begins, and one run goes ahead of it, so that nothing is counted that happens once a process. Sizes are small:
//! valgrind runs a fused multiply-add some thousand times slower than the CPU does.
//!
//! Prints the name of each kernel that ran. An argument that is no flag is the name of the only one to run.

#![expect(clippy::print_stdout, reason = "the names are read by the script")]

use std::hint::black_box;
use std::process::ExitCode;

use numerics::{AlignedBuffer, Isa, Kernel, Simd};

/// Makes the inputs of a kernel; what it returns runs it.
type Prepare = fn(Isa) -> Box<dyn FnMut()>;

/// What is counted, by a path: kernel, size, density.
const KERNELS: &[(&str, Prepare)] = &[("simd/mul_add/16384", mul_add)];

fn main() -> ExitCode {
    // cargo adds flags of its own, which mean nothing here
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let Ok(isa) = "avx2".parse::<Isa>() else {
        eprintln!("this CPU has no AVX2: no kernel ran");
        return ExitCode::SUCCESS;
    };
    for (name, prepare) in KERNELS.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        let mut work = prepare(isa);
        work();
        measured(&mut work);
        println!("{name}");
    }
    ExitCode::SUCCESS
}

/// The part that is counted. The script knows it by its name.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
    // keeps the call above from becoming a jump, at which the counting could not end
    black_box(());
}

/// `y += a x` on vectors of 16384.
fn mul_add(isa: Isa) -> Box<dyn FnMut()> {
    struct Axpy<'a>(f32, &'a [f32], &'a mut [f32]);
    impl Kernel for Axpy<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            let a = simd.splat(self.0);
            for (x, y) in self.1.chunks_exact(S::LANES).zip(self.2.chunks_exact_mut(S::LANES)) {
                simd.store(simd.mul_add(a, simd.load(x), simd.load(y)), y);
            }
        }
    }
    let x = AlignedBuffer::copied(&[0.5; 16384]);
    let mut y = AlignedBuffer::new(16384);
    Box::new(move || isa.run(Axpy(black_box(2.0), &x, &mut y)))
}
