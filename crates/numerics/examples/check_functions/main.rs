//! Checks every vector function over all its inputs, and times it. `scripts/check-functions` runs it.
//!
//!     check_functions [--every N] [--pairs N] [NAME...]
//!
//! `--every N` tries only every N-th input of the functions of one variable; `--pairs N` sets how many pairs `atan2` gets.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "prints a table with times")]

mod oracle;

use std::hint::black_box;
use std::time::Instant;

use numerics::functions::{Atan2, Function, Visitor, atan2_into, for_each, map};
use numerics::{AlignedBuffer, Isa};
use oracle::{error_in_units, exact};

/// Inputs that are checked together.
const BLOCK: usize = 4096;

fn main() {
    let (mut every, mut pairs, mut names) = (1, 10_000_000_000, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number =
            || arguments.next().and_then(|n| n.parse().ok()).filter(|&n| n > 0).expect("a number");
        match argument.as_str() {
            "--every" => every = number(),
            "--pairs" => pairs = number(),
            _ => names.push(argument),
        }
    }
    let isas = Isa::available();
    print!("| function | bound | worst | at | inputs |");
    isas.iter().for_each(|isa| print!(" {isa} |"));
    print!("\n|---|---:|---:|---|---:|");
    isas.iter().for_each(|_| print!("---:|"));
    println!();
    let mut check = Check { every, pairs, names, isas };
    for_each(&mut check);
    check.atan2();
}

struct Check {
    every: u64,
    pairs: u64,
    names: Vec<String>,
    isas: Vec<Isa>,
}

/// The largest error and where it is.
#[derive(Clone, Copy)]
struct Worst<At> {
    error: f64,
    at: At,
}

impl Visitor for Check {
    fn visit<F: Function>(&mut self, function: F) {
        if !self.wants(F::NAME) {
            return;
        }
        let every = self.every;
        let blocks = (1 << 32) / every / BLOCK as u64;
        let worst = in_threads(blocks, 0.0, |range| worst_of_one(function, every, range));
        let speeds = self.isas.iter().map(|&isa| speed(|input, output| map(isa, function, input, output)));
        let at = format!("{:e}", worst.at);
        print_row(F::NAME, F::ULP, worst.error, &at, blocks * BLOCK as u64, speeds);
    }
}

impl Check {
    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }

    fn atan2(&self) {
        if !self.wants(Atan2::NAME) {
            return;
        }
        let blocks = self.pairs.div_ceil(BLOCK as u64);
        let worst = in_threads(blocks, (0.0, 0.0), worst_of_two);
        let turned: Vec<f32> = inputs().rev().collect();
        let speeds =
            self.isas.iter().map(|&isa| speed(|input, output| atan2_into(isa, input, &turned, output)));
        let at = format!("y = {:e}, x = {:e}", worst.at.0, worst.at.1);
        print_row(Atan2::NAME, Atan2::ULP, worst.error, &at, blocks * BLOCK as u64, speeds);
    }
}

fn print_row(name: &str, bound: f64, worst: f64, at: &str, count: u64, speeds: impl Iterator<Item = f64>) {
    print!("| {name} | {bound} | {worst:.4} | {at} | {count} |");
    speeds.for_each(|speed| print!(" {speed:.2} |"));
    println!();
    assert!(worst <= bound, "{name} breaks its bound");
}

/// The worst of all parts of `0..blocks`, a part a thread.
fn in_threads<At: Copy + Send>(
    blocks: u64,
    nowhere: At,
    worst_of: impl Fn(std::ops::Range<u64>) -> Option<Worst<At>> + Sync,
) -> Worst<At> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let worst_of = &worst_of;
    std::thread::scope(|scope| {
        let part = |t| t * blocks / threads..(t + 1) * blocks / threads;
        let workers: Vec<_> = (0..threads).map(|t| scope.spawn(move || worst_of(part(t)))).collect();
        let parts = workers.into_iter().filter_map(|worker| worker.join().expect("a worker ends"));
        parts.max_by(|a, b| a.error.total_cmp(&b.error)).unwrap_or(Worst { error: 0.0, at: nowhere })
    })
}

fn keep_worst<At>(worst: &mut Option<Worst<At>>, error: f64, at: At) {
    if worst.as_ref().is_none_or(|worst| error > worst.error) {
        *worst = Some(Worst { error, at });
    }
}

fn worst_of_one<F: Function>(function: F, every: u64, blocks: std::ops::Range<u64>) -> Option<Worst<f32>> {
    let exact = exact(F::NAME);
    let mut worst = None;
    let (mut inputs, mut outputs) = ([0.0; BLOCK], [0.0; BLOCK]);
    for block in blocks {
        for (x, index) in inputs.iter_mut().zip(block * BLOCK as u64..) {
            *x = f32::from_bits((index * every) as u32);
        }
        map(Isa::detected(), function, &inputs, &mut outputs);
        for (&x, &y) in inputs.iter().zip(&outputs) {
            keep_worst(&mut worst, error_in_units(exact(f64::from(x)), y), x);
        }
    }
    worst
}

/// Pairs by the index of their block: half of any bits, half of numbers at most a factor of 256 apart, where the angle is
/// no trifle.
fn worst_of_two(blocks: std::ops::Range<u64>) -> Option<Worst<(f32, f32)>> {
    let mut worst = None;
    let (mut y, mut x, mut angles) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
    for block in blocks {
        for (lane, (y, x)) in y.iter_mut().zip(&mut x).enumerate() {
            let random = mixed(block * BLOCK as u64 + lane as u64);
            let (high, low) = ((random >> 32) as u32, random as u32);
            // an exponent within 8 of 1
            let near = |bits: u32| f32::from_bits(bits & 0x87ff_ffff | 0x3b80_0000);
            (*y, *x) = if block % 2 == 0 {
                (f32::from_bits(high), f32::from_bits(low))
            } else {
                (near(high), near(low))
            };
        }
        atan2_into(Isa::detected(), &y, &x, &mut angles);
        for ((&y, &x), &angle) in y.iter().zip(&x).zip(&angles) {
            keep_worst(&mut worst, error_in_units(f64::from(y).atan2(f64::from(x)), angle), (y, x));
        }
    }
    worst
}

/// A bijection of `u64` that looks random (the finaliser of SplitMix64; Steele, Lea, Flood 2014).
fn mixed(index: u64) -> u64 {
    let state = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ state >> 31
}

/// Common arguments, in no order, which fit the first cache.
fn inputs() -> impl DoubleEndedIterator<Item = f32> {
    (0..2048).map(|i| 0.001 + (i * 37 % 2048) as f32 / 2048.0)
}

/// Elements a nanosecond, the best of many short runs.
fn speed(map: impl Fn(&[f32], &mut [f32])) -> f64 {
    const PASSES: usize = 8;
    let input = AlignedBuffer::copied(&inputs().collect::<Vec<_>>());
    let mut output = AlignedBuffer::new(input.len());
    let mut best = f64::INFINITY;
    for _ in 0..1000 {
        let begin = Instant::now();
        for _ in 0..PASSES {
            map(black_box(&input), black_box(&mut output));
        }
        best = best.min(begin.elapsed().as_secs_f64());
    }
    (PASSES * input.len()) as f64 / best * 1e-9
}
