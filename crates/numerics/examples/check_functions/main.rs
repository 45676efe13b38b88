//! Checks every vector function over all its inputs, and times it. `scripts/check-functions` runs it.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "prints a table with times")]

mod oracle;

use std::time::Instant;

use numerics::Isa;
use numerics::functions::{Function, Visitor, for_each, map};
use oracle::{error_in_units, exact};

fn main() {
    let only: Vec<String> = std::env::args().skip(1).collect();
    println!("{:12} {:>6} {:>8} {:>16}", "function", "bound", "worst", "at");
    for_each(&mut Exhaustive { only });
}

struct Exhaustive {
    only: Vec<String>,
}

impl Visitor for Exhaustive {
    fn visit<F: Function>(&mut self, function: F) {
        if !self.only.is_empty() && !self.only.iter().any(|name| name == F::NAME) {
            return;
        }
        let (worst, at) = worst_of_all(function);
        println!("{:12} {:>6} {worst:>8.4} {at:>16e}", F::NAME, F::ULP);
        for isa in Isa::available() {
            println!("  {isa:8} {:.3} elements/ns", speed(isa, function));
        }
    }
}

/// The largest error over all 2^32 floats and where it is.
fn worst_of_all<F: Function>(function: F) -> (f64, f32) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let worst = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|t| {
                scope.spawn(move || worst_between(function, (t << 32) / threads, ((t + 1) << 32) / threads))
            })
            .collect();
        workers.into_iter().map(|w| w.join().expect("a worker")).max_by(|a, b| a.0.total_cmp(&b.0))
    });
    worst.expect("a thread")
}

fn worst_between<F: Function>(function: F, begin: u64, end: u64) -> (f64, f32) {
    const BLOCK: u64 = 4096;
    let isa = Isa::detected();
    let exact = exact(F::NAME);
    let mut worst = (0.0, 0.0);
    let (mut inputs, mut outputs) = ([0.0; BLOCK as usize], [0.0; BLOCK as usize]);
    for start in (begin..end).step_by(BLOCK as usize) {
        inputs.iter_mut().zip(start..).for_each(|(x, bits)| *x = f32::from_bits(bits as u32));
        map(isa, function, &inputs, &mut outputs);
        for (&x, &y) in inputs.iter().zip(&outputs) {
            let error = error_in_units(exact(f64::from(x)), y);
            if error > worst.0 {
                worst = (error, x);
            }
        }
    }
    worst
}

/// Elements a nanosecond, the best of many short runs on data in the first cache.
fn speed<F: Function>(isa: Isa, function: F) -> f64 {
    let input: Vec<f32> = (0..2048).map(|i| 0.01 + (i * 37 % 2048) as f32 * 0.004).collect();
    let mut output = vec![0.0; input.len()];
    let mut best = f64::INFINITY;
    for _ in 0..2000 {
        let begin = Instant::now();
        map(isa, function, &input, &mut output);
        best = best.min(begin.elapsed().as_secs_f64());
        std::hint::black_box(&mut output);
    }
    input.len() as f64 / best * 1e-9
}
