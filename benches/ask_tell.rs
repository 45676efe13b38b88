//! Cost of asking for a population and telling its fitness, beside the evaluation, of every strategy: population 128, two
//! threads. With a million coordinates, strategies that draw whole members have a population of 16.
//!
//! `ask_tell/<strategy>/<dimensions>` writes the population and reads it back in the telling; `ask_tell/<strategy>/
//! <dimensions>/drawn-again` never has it in memory. `ask_tell/memory/<dimensions>` is the bound: the same numbers
//! written once and read once by the same threads. Throughput is in numbers of the population.

#![expect(missing_docs, reason = "criterion writes public functions")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use numerics::AlignedBuffer;
use rayon::ThreadPool;
use strategies::les::{LesSettings, Network};
use strategies::{Execution, Layout, Method, Population, PopulationMut, Search, Settings, Threads};
use tombola::roofs::memory::write_and_read;

const MEMBERS: usize = 128;
/// The published image network, and two that are larger.
const DIMS: [usize; 3] = [11_274, 100_000, 1_000_000];
/// Coordinates up to which all members are there; where there are more, strategies that draw whole members have sixteen.
const WHOLE: usize = 100_000;

/// Every strategy; LES with a network that nobody trained, which takes the time of any other.
fn methods() -> impl Iterator<Item = Method> {
    let names = Method::NAMES.into_iter().chain(Method::NEEDS_MORE);
    names.map(|name| match Method::named(name).expect("a strategy of the list") {
        Method::Les(settings) => Method::Les(LesSettings { network: Some(network()), ..settings }),
        method => method,
    })
}

/// Small weights, none of which is zero.
fn network() -> Network {
    let count: usize = Network::parts().iter().map(|(_, inputs, outputs)| inputs * outputs).sum();
    let numbers: Vec<f64> = (0..count).map(|index| 0.1 * (index % 7 + 1) as f64).collect();
    Network::new(&numbers).expect("as many as there are")
}

/// How many members a strategy has in so many coordinates.
fn members(method: &Method, dims: usize) -> usize {
    if dims > WHOLE && method.draws_whole_members() { 16 } else { MEMBERS }
}

fn search(method: Method, members: usize, dims: usize) -> Search<f32> {
    Search::new(Settings::new(method, members), &vec![0.1; dims]).expect("good settings")
}

/// Fitness that costs nothing and has no ties.
fn fitness(members: usize) -> Vec<f64> {
    (0..members).map(|member| (member * 37 % 131) as f64).collect()
}

/// Both ways to tell lead to the same search.
fn assert_answer(method: Method, dims: usize, here: &Execution<'_>) {
    let (mut kept, fitness) = (search(method, MEMBERS, dims), fitness(MEMBERS));
    let mut drawn_again = kept.clone();
    let mut lanes = vec![0.0; Layout::Lanes.len(MEMBERS, dims)];
    kept.ask(here, PopulationMut::Lanes(&mut lanes)).expect("the length is right");
    kept.tell(here, Population::Lanes(&lanes), &fitness).expect("lengths are right");
    drawn_again.tell(&Execution::default(), Population::AsAsked, &fitness).expect("lengths are right");
    assert_eq!(kept.mean(), drawn_again.mean(), "{}, {dims} dimensions", method.name());
    assert_ne!(kept.mean(), vec![0.1; dims], "{} learns", method.name());
}

fn large(c: &mut Criterion, pool: &ThreadPool) {
    let here = Execution { threads: Threads::Pool(pool), ..Execution::default() };
    for dims in DIMS {
        let mut lanes = AlignedBuffer::new(Layout::Lanes.len(MEMBERS, dims));
        let mut group = c.benchmark_group("ask_tell");
        group.sample_size(10);
        for method in methods().filter(|method| !method.is_square()) {
            assert_answer(method, dims.min(11_274), &here);
            let (name, members) = (method.name(), members(&method, dims));
            let (fitness, lanes) = (fitness(members), &mut lanes[..Layout::Lanes.len(members, dims)]);
            group.throughput(Throughput::Elements((members * dims) as u64));
            let mut kept = search(method, members, dims);
            group.bench_function(BenchmarkId::new(name, dims), |b| {
                b.iter(|| {
                    kept.ask(&here, PopulationMut::Lanes(lanes)).expect("the length is right");
                    kept.tell(&here, Population::Lanes(black_box(lanes)), &fitness)
                        .expect("lengths are right")
                });
            });
            let mut drawn = search(method, members, dims);
            group.bench_function(BenchmarkId::new(name, format!("{dims}/drawn-again")), |b| {
                b.iter(|| drawn.tell(&here, Population::AsAsked, &fitness).expect("lengths are right"));
            });
        }
        group.throughput(Throughput::Elements((MEMBERS * dims) as u64));
        group.bench_function(BenchmarkId::new("memory", dims), |b| {
            b.iter(|| write_and_read(Threads::Pool(pool), &mut lanes))
        });
        group.finish();
    }
}

fn full(c: &mut Criterion, pool: &ThreadPool) {
    let here = Execution { threads: Threads::Pool(pool), ..Execution::default() };
    for method in methods().filter(Method::is_square) {
        let mut group = c.benchmark_group(format!("ask_tell/{}", method.name()));
        for dims in [10, 100] {
            let (members, fitness) = (16, fitness(16));
            let mut rows = vec![0.0; members * dims];
            let mut search = search(method, members, dims);
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
