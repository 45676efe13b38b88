//! Functions of vectors and random deviates: `functions/tanh/avx2`, `random/normal/avx2`, over 4096 numbers.
//!
//! Beside them what a reader knows: the platform's function, called for one number after the other (`std`), and
//! deviates asked for one by one (`one-by-one`).

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use numerics::functions::{Function, Visitor, for_each, map};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa};
use tombola::workloads::data::stream;

const COUNT: usize = 4096;

fn functions(criterion: &mut Criterion) {
    for_each(&mut Benches(criterion));
}

struct Benches<'a>(&'a mut Criterion);

impl Visitor for Benches<'_> {
    fn visit<F: Function>(&mut self, function: F) {
        let mut group = self.0.benchmark_group(format!("functions/{}", F::NAME));
        group.throughput(Throughput::Elements(COUNT as u64));
        // in (0, 1], where every function is defined
        let mut input = AlignedBuffer::new(COUNT);
        stream("functions/inputs").uniform_into(Isa::detected(), 0, &mut input);
        input.iter_mut().for_each(|input| *input = 1.0 - *input);
        let mut expected = vec![0.0; COUNT];
        map(Isa::PORTABLE, function, &input, &mut expected);
        let mut output = AlignedBuffer::new(COUNT);
        for isa in Isa::available() {
            map(isa, function, &input, &mut output);
            assert_eq!(output[..], expected, "{} on {isa}", F::NAME);
            group.bench_function(isa.name(), |bencher| {
                bencher.iter(|| map(isa, function, black_box(&input), black_box(&mut output)));
            });
        }
        if let Some(known) = platform(F::NAME) {
            group.bench_function("std", |bencher| {
                bencher.iter(|| {
                    for (output, &input) in black_box(&mut output).iter_mut().zip(black_box(&input).iter()) {
                        *output = known(input);
                    }
                });
            });
        }
        group.finish();
    }
}

/// The platform's function of this name, if it has one.
fn platform(name: &str) -> Option<fn(f32) -> f32> {
    Some(match name {
        "acos" => f32::acos,
        "asin" => f32::asin,
        "cos" => f32::cos,
        "exp" => f32::exp,
        "ln" => f32::ln,
        "sin" => f32::sin,
        "tanh" | "tanh_fast" => f32::tanh,
        _ => return None,
    })
}

type Fill = fn(Stream, Isa, u64, &mut [f32]);
type One = fn(Stream, u64) -> f32;

fn random(criterion: &mut Criterion) {
    let kinds: [(&str, Fill, One); 2] = [
        ("random/normal", Stream::normal_into, Stream::normal),
        ("random/uniform", Stream::uniform_into, Stream::uniform),
    ];
    for (name, fill, one) in kinds {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(COUNT as u64));
        let stream = stream(name);
        let expected: Vec<f32> = (0..COUNT as u64).map(|element| one(stream, element)).collect();
        let mut output = AlignedBuffer::new(COUNT);
        for isa in Isa::available() {
            fill(stream, isa, 0, &mut output);
            assert_eq!(output[..], expected, "{name} on {isa}");
            group.bench_function(isa.name(), |bencher| {
                bencher.iter(|| fill(black_box(stream), isa, 0, black_box(&mut output)));
            });
        }
        group.bench_function("one-by-one", |bencher| {
            bencher.iter(|| {
                (0..COUNT as u64).for_each(|element| output[element as usize] = one(stream, element))
            });
        });
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    functions(&mut criterion);
    random(&mut criterion);
    criterion.final_summary();
}
