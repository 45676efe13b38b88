//! Functions of vectors and random deviates, over 4096 numbers in the nearest cache.

use std::rc::Rc;

use numerics::functions::{Function, Visitor, atan2_into, for_each, log_softmax_blocks, map};
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::Threads;

use super::data::stream;
use super::{Number, Prepared, Step, Unit, Workload, same};

/// Numbers in a repeat: 16 KiB in, 16 KiB out.
const COUNT: usize = 4096;

/// Classes of the logarithm of softmax.
const CLASSES: usize = 10;

pub(super) fn workloads() -> Vec<Workload> {
    let mut list = List(Vec::new());
    for_each(&mut list);
    let mut workloads = list.0;
    workloads.push(atan2());
    workloads.push(log_softmax());
    let words = stream("random");
    workloads.extend([
        workload("random/normal", COUNT, move |isa, first, out| words.normal_into(isa, first, out)),
        workload("random/normal_f64", COUNT, move |isa, first, out| words.normal_f64_into(isa, first, out)),
        workload("random/uniform", COUNT, move |isa, first, out| words.uniform_into(isa, first, out)),
        workload("random/uniform_f64", COUNT, move |isa, first, out| words.uniform_f64_into(isa, first, out)),
        workload("random/bits", COUNT, move |isa, first, out| words.bits_into(isa, first, out)),
    ]);
    workloads
}

/// A workload for each function of one variable.
struct List(Vec<Workload>);

impl Visitor for List {
    fn visit<F: Function>(&mut self, function: F) {
        let input = match F::NAME {
            "ln" | "rsqrt" => inputs(0, 0.0, 1.0),
            "acos" | "asin" => inputs(0, -1.0, 1.0),
            _ => inputs(0, -4.0, 4.0),
        };
        let name = format!("functions/{}", F::NAME);
        self.0.push(workload(name, COUNT, move |isa, _, out| map(isa, function, &input, out)));
    }
}

fn atan2() -> Workload {
    let (y, x) = (inputs(0, -4.0, 4.0), inputs(1, -4.0, 4.0));
    workload("functions/atan2", COUNT, move |isa, _, angles| atan2_into(isa, &y, &x, angles))
}

/// As many whole blocks as fit.
fn log_softmax() -> Workload {
    let count = COUNT - COUNT % (CLASSES * LANES);
    let logits = inputs(0, -4.0, 4.0);
    workload("functions/log_softmax", count, move |isa, _, out| {
        out.copy_from_slice(&logits[..count]);
        log_softmax_blocks(isa, CLASSES, out);
    })
}

/// Numbers above the lower of two bounds, and at most the upper.
fn inputs(child: u64, low: f32, high: f32) -> AlignedBuffer {
    let mut inputs = AlignedBuffer::new(COUNT);
    stream("functions/inputs").child(child).uniform_into(Isa::detected(), 0, &mut inputs);
    // deviates may be zero: half a step more
    inputs.iter_mut().for_each(|input| *input = (*input + 2.0_f32.powi(-25)) * (high - low) + low);
    inputs
}

/// Overwrites numbers, on one thread, each time from another place of what is endless; the portable path is the definition.
fn workload<T: Number>(
    name: impl Into<String>,
    count: usize,
    fill: impl Fn(Isa, u64, &mut [T]) + 'static,
) -> Workload {
    let fill = Rc::new(fill);
    Workload::new(name, 1.0, format!("{count} numbers from the first cache"), move |isa| {
        let (mut output, mut expected) = (vec![T::default(); count], vec![T::default(); count]);
        fill(isa, 0, &mut output);
        fill(Isa::PORTABLE, 0, &mut expected);
        same(&output, &expected, |index| format!("element {index}"))?;

        // beginning at a cache line
        let mut output = vec![T::default(); count + LANES];
        let start = output.as_ptr().align_offset(64).min(LANES);
        let (mut first, fill) = (0, Rc::clone(&fill));
        let burst = move |_: Threads<'_>, repeats: u64| {
            for _ in 0..repeats {
                fill(isa, first, &mut output[start..start + count]);
                first += count as u64;
            }
        };
        Ok(Prepared {
            multiply_adds: None,
            effective_density: None,
            units: (count as f64, Unit::Values),
            steps: vec![Step { items: 1, bursts: 1, burst: Box::new(burst) }],
        })
    })
}
