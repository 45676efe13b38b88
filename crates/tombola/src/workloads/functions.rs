//! Functions of vectors and random deviates, over 4096 numbers in the nearest cache.

use numerics::functions::{Function, Visitor, for_each, map};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa};

use super::data::stream;
use super::{Prepared, Step, Unit, Workload, same};

/// Numbers in a repeat: 16 KiB in, 16 KiB out.
const COUNT: usize = 4096;

pub(super) fn workloads() -> Vec<Workload> {
    let mut list = List(Vec::new());
    for_each(&mut list);
    let mut workloads = list.0;
    workloads.push(random("random/normal", Stream::normal_into));
    workloads.push(random("random/uniform", Stream::uniform_into));
    workloads
}

/// A workload for each function that there is.
struct List(Vec<Workload>);

impl Visitor for List {
    fn visit<F: Function>(&mut self, function: F) {
        let name = format!("functions/{}", F::NAME);
        self.0.push(Workload::new(name, 1.0, of(), move |isa| {
            let input = inputs(F::NAME);
            let (mut output, mut expected) = (AlignedBuffer::new(COUNT), AlignedBuffer::new(COUNT));
            map(isa, function, &input, &mut output);
            map(Isa::PORTABLE, function, &input, &mut expected);
            same(&output, &expected, |index| format!("{}({:e})", F::NAME, input[index]))?;
            Ok(prepared(move || map(isa, function, &input, &mut output)))
        }));
    }
}

/// Deviates from everywhere in a stream, so that nothing is computed twice.
fn random(name: &str, fill: fn(Stream, Isa, u64, &mut [f32])) -> Workload {
    let words = stream(name);
    Workload::new(name, 1.0, of(), move |isa| {
        let (mut output, mut expected) = (AlignedBuffer::new(COUNT), AlignedBuffer::new(COUNT));
        fill(words, isa, 0, &mut output);
        fill(words, Isa::PORTABLE, 0, &mut expected);
        same(&output, &expected, |index| format!("element {index}"))?;
        let mut first = 0;
        Ok(prepared(move || {
            fill(words, isa, first, &mut output);
            first += COUNT as u64;
        }))
    })
}

fn of() -> String {
    format!("{COUNT} numbers from the first cache")
}

/// Numbers from the middle of a function's domain.
fn inputs(function: &str) -> AlignedBuffer {
    let mut inputs = AlignedBuffer::new(COUNT);
    stream("functions/inputs").uniform_into(Isa::detected(), 0, &mut inputs);
    for input in inputs.iter_mut() {
        match function {
            // positive, and at most 1
            "ln" | "rsqrt" => *input = 1.0 - *input,
            "acos" | "asin" => *input = 2.0 * *input - 1.0,
            _ => *input = 8.0 * *input - 4.0,
        }
    }
    inputs
}

/// One thread does all: these are parts of other kernels.
fn prepared(mut work: impl FnMut() + 'static) -> Prepared {
    let burst = move |_: sparse_kernels::Threads<'_>, repeats: u64| (0..repeats).for_each(|_| work());
    Prepared {
        multiply_adds: None,
        effective_density: None,
        units: (COUNT as f64, Unit::Values),
        steps: vec![Step { items: 1, bursts: 1, burst: Box::new(burst) }],
    }
}
