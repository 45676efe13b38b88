//! Steps of worlds a second: `physics_step/ant/avx2`, and `control_step/ant/avx2` with what is seen and paid.
//!
//! Elements are environment steps of one copy. Beside the engine is its definition (`naive`), one copy at a time in
//! double precision. Copies are in the middle of what they do: dropped from above the ground, they have landed and twitch.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use numerics::random::Stream;
use numerics::{AlignedBuffer, Isa, LANES};
use physics::{Engine, Model, State, models, naive};
use tasks::control::{Actions, NAMES, Outcome, named};

/// Four blocks, as many as stay in the first two caches with all that they need.
const COPIES: usize = 64;
/// Steps before anything is timed.
const LANDED: usize = 20;

/// Actions between -1 and 1, the same in every step.
fn actions(rows: usize) -> AlignedBuffer {
    let mut actions = AlignedBuffer::new(rows * COPIES);
    Stream::new(1, "actions").uniform_into(Isa::detected(), 0, &mut actions);
    actions.iter_mut().for_each(|action| *action = 2.0 * *action - 1.0);
    actions
}

fn steps(criterion: &mut Criterion) {
    for name in models::names() {
        let model = models::named(name).expect("it is listed");
        let mut group = criterion.benchmark_group(format!("physics_step/{name}"));
        for isa in Isa::available() {
            engine(&mut group, &model, isa);
        }
        let mut world = naive::start(&model, &model.rest(), &vec![0.0; model.axis_count()]);
        let still = vec![0.0; model.actions()];
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter("naive"), |bencher| {
            bencher.iter(|| naive::step(&model, black_box(&mut world), &still));
        });
        group.finish();
    }
}

fn engine(group: &mut BenchmarkGroup<'_, WallTime>, model: &Model, isa: Isa) {
    let engine = Engine::new(isa, model);
    let start = naive::start(model, &model.rest(), &vec![0.0; model.axis_count()]);
    let mut state = State::new(model, COPIES);
    (0..COPIES).for_each(|copy| state.set(copy, &start));
    let mut portable = state.clone();
    let inputs = actions(model.actions());
    for _ in 0..LANDED {
        engine.step(&mut state, &inputs);
    }
    // the same bits as by the portable path, or nothing is timed
    let reference = Engine::new(Isa::PORTABLE, model);
    for _ in 0..LANDED {
        reference.step(&mut portable, &inputs);
    }
    let bits = |state: &State| state.blocks().iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    assert!(bits(&state) == bits(&portable), "{isa}");

    group.throughput(Throughput::Elements(COPIES as u64));
    group.bench_function(BenchmarkId::from_parameter(isa.name()), |bencher| {
        let step = |begun: &mut State| engine.step(black_box(begun), &inputs);
        bencher.iter_batched_ref(|| state.clone(), step, BatchSize::SmallInput);
    });
}

fn tasks(criterion: &mut Criterion) {
    for name in NAMES {
        let mut group = criterion.benchmark_group(format!("control_step/{name}"));
        group.throughput(Throughput::Elements(LANES as u64));
        for isa in Isa::available() {
            let task = named(name, isa).expect("it is listed");
            let mut begin = AlignedBuffer::new(task.rows() * LANES);
            for lane in 0..LANES {
                let state = task.start(Stream::new(2, "start").child(lane as u64));
                begin.chunks_exact_mut(LANES).zip(state).for_each(|(row, number)| row[lane] = number);
            }
            let inputs = match task.actions() {
                Actions::Numbers(rows) => actions(rows)[..rows * LANES].to_vec(),
                Actions::OneOf(_) => vec![1.0; LANES],
            };
            let mut sight = vec![0.0; task.observation_names().len() * LANES];
            let mut outcome = Outcome::NONE;
            group.bench_function(BenchmarkId::from_parameter(isa.name()), |bencher| {
                let step = |block: &mut AlignedBuffer| {
                    let mut draw = [0.0; 16];
                    draw[..3].copy_from_slice(&[1.0, 2.0, 0.5]);
                    let mut draws = |_: usize| draw;
                    task.step(block, &inputs, &mut draws, black_box(&mut sight), &mut outcome);
                };
                bencher.iter_batched_ref(|| begin.clone(), step, BatchSize::SmallInput);
            });
            assert!(outcome.reward.iter().all(|reward| reward.is_finite()), "{name} on {isa}");
        }
        group.finish();
    }
}

fn main() {
    let times = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800));
    let mut criterion = times.configure_from_args();
    steps(&mut criterion);
    tasks(&mut criterion);
    criterion.final_summary();
}
