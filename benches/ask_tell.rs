//! Cost of asking for a population and telling its fitness, beside the evaluation: population 128, two threads.
//!
//! `ask_tell/<strategy>/<dimensions>` writes the population and reads it back in the telling; `ask_tell/<strategy>/
//! <dimensions>/drawn-again` never has it in memory. `ask_tell/memory/<dimensions>` is the bound: the same numbers
//! written once and read once by the same threads. Throughput is in numbers of the population.

#![expect(missing_docs, reason = "criterion writes public functions")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use numerics::AlignedBuffer;
use rayon::ThreadPool;
use strategies::{Execution, Layout, Method, Population, PopulationMut, Search, Settings, Threads};
use tombola::roofs::memory::write_and_read;

const MEMBERS: usize = 128;
/// The published image network, and two that are larger.
const DIMS: [usize; 3] = [11_274, 100_000, 1_000_000];
/// Those that draw a block of coordinates at a time; the others draw whole members, and stop at [`WHOLE`] coordinates.
const DIAGONAL: [&str; 6] = ["open-es", "ars", "pgpe", "snes", "des", "sep-cma-es"];
const WHOLE: usize = 100_000;

/// The strategies whose state grows with the square of the dimensions, or those with whose it does not.
fn names(squares: bool) -> impl Iterator<Item = &'static str> {
    let is_square = |name| Method::named(name).is_ok_and(|method| method.is_square());
    Method::NAMES.into_iter().filter(move |name| is_square(name) == squares)
}

fn search(name: &str, members: usize, dims: usize) -> Search<f32> {
    let method = Method::named(name).expect("a strategy of the list");
    Search::new(Settings::new(method, members), &vec![0.1; dims]).expect("good settings")
}

/// Fitness that costs nothing and has no ties.
fn fitness(members: usize) -> Vec<f64> {
    (0..members).map(|member| (member * 37 % 131) as f64).collect()
}

/// Both ways to tell lead to the same search.
fn assert_answer(name: &str, dims: usize, here: &Execution<'_>) {
    let (mut kept, fitness) = (search(name, MEMBERS, dims), fitness(MEMBERS));
    let mut drawn_again = kept.clone();
    let mut lanes = vec![0.0; Layout::Lanes.len(MEMBERS, dims)];
    kept.ask(here, PopulationMut::Lanes(&mut lanes)).expect("the length is right");
    kept.tell(here, Population::Lanes(&lanes), &fitness).expect("lengths are right");
    drawn_again.tell(&Execution::default(), Population::AsAsked, &fitness).expect("lengths are right");
    assert_eq!(kept.mean(), drawn_again.mean(), "{name}, {dims} dimensions");
    assert_ne!(kept.mean(), vec![0.1; dims], "{name} learns");
}

fn large(c: &mut Criterion, pool: &ThreadPool) {
    let here = Execution { threads: Threads::Pool(pool), ..Execution::default() };
    let fitness = fitness(MEMBERS);
    for dims in DIMS {
        let mut lanes = AlignedBuffer::new(Layout::Lanes.len(MEMBERS, dims));
        let mut group = c.benchmark_group("ask_tell");
        group.throughput(Throughput::Elements((MEMBERS * dims) as u64)).sample_size(10);
        for name in names(false).filter(|name| dims <= WHOLE || DIAGONAL.contains(name)) {
            assert_answer(name, dims.min(11_274), &here);
            let mut kept = search(name, MEMBERS, dims);
            group.bench_function(BenchmarkId::new(name, dims), |b| {
                b.iter(|| {
                    kept.ask(&here, PopulationMut::Lanes(&mut lanes)).expect("the length is right");
                    kept.tell(&here, Population::Lanes(black_box(&lanes)), &fitness)
                        .expect("lengths are right")
                });
            });
            let mut drawn = search(name, MEMBERS, dims);
            group.bench_function(BenchmarkId::new(name, format!("{dims}/drawn-again")), |b| {
                b.iter(|| drawn.tell(&here, Population::AsAsked, &fitness).expect("lengths are right"));
            });
        }
        group.bench_function(BenchmarkId::new("memory", dims), |b| {
            b.iter(|| write_and_read(Threads::Pool(pool), &mut lanes))
        });
        group.finish();
    }
}

fn full(c: &mut Criterion, pool: &ThreadPool) {
    let here = Execution { threads: Threads::Pool(pool), ..Execution::default() };
    for name in names(true) {
        let mut group = c.benchmark_group(format!("ask_tell/{name}"));
        for dims in [10, 100] {
            let (members, fitness) = (16, fitness(16));
            let mut rows = vec![0.0; members * dims];
            let mut search = search(name, members, dims);
            group.throughput(Throughput::Elements((members * dims) as u64));
            group.bench_function(BenchmarkId::from_parameter(dims), |b| {
                b.iter(|| {
                    search.ask(&here, PopulationMut::Rows(&mut rows)).expect("the length is right");
                    search
                        .tell(&here, Population::Rows(black_box(&rows)), &fitness)
                        .expect("lengths are right")
                });
            });
        }
        group.finish();
    }
}

fn ask_tell(c: &mut Criterion) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    full(c, &pool);
    large(c, &pool);
}

criterion_group!(benches, ask_tell);
criterion_main!(benches);
