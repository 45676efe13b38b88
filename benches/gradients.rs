//! Gradients on a mask: of one network on a batch of images, `network_gradient/cnn/avx2/0.05`, and of a layer of a
//! population, `layer_gradient/32x32/avx2/0.05`. What is paid once for both is in `network_plan/cnn` and
//! `layer_plan/32x32`: what a plan costs, beside what it saves.
//!
//! Elements are images there, and multiply-adds of entries of the mask here, for values and inputs together. Beside each
//! kernel is its definition in loops (`naive`): of two images, and of one member. `benches/peers/gradient-step` compares a
//! whole step with PyTorch.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::{Activation, GradientPlan, Images, LossPlan, Score, Threads, naive};
use tombola::workloads::data::{column, inputs, parameters, pixels, side_by_side, stream};
use tombola::workloads::{alone, cnn_network, mlp_layer};

const DENSITIES: [f64; 4] = [1.0, 0.2, 0.05, 0.0144];

/// Images of a step of the papers' gradient descent.
const BATCH: usize = 128;

/// Images of the definition, which is slow.
const FEW: usize = 2;

/// Worlds of a member.
const COPIES: usize = 8;

/// Loss and gradient of the papers' classifier.
fn network_gradient(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("network_gradient/cnn");
    for density in DENSITIES {
        let network = cnn_network(density);
        let values = parameters(&network, stream("values"));
        let each = network.inputs();
        let buffer = pixels(BATCH, each, stream("pixels"));
        let labels: Vec<u32> = (0..BATCH as u32).map(|image| image % 10).collect();
        let few: Vec<Vec<f32>> =
            (0..FEW).map(|image| column(&buffer[..each * LANES], image, LANES)).collect();
        let expected = naive::loss_gradient(&network, &values, &few, &labels[..FEW]);
        let first = Images::new(&buffer[..Images::buffer_len(FEW, each)], FEW, each);
        let all = Images::new(&buffer, BATCH, each);
        for isa in Isa::available() {
            let plan = LossPlan::new(isa, &network).expect("the papers' network has gradients");
            let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential, all));
            let mut blocks = vec![Score::default(); all.blocks()];
            let mut gradient = vec![0.0; network.parameters()];
            let mut run = |images: Images<'_>, values: &[f32], gradient: &mut [f32]| {
                let (blocks, labels) = (&mut blocks[..images.blocks()], &labels[..images.count()]);
                plan.gradient_into(
                    Threads::Sequential,
                    images,
                    labels,
                    values,
                    &mut scratch,
                    blocks,
                    gradient,
                )
            };
            let score = run(first, &values, &mut gradient);
            assert_eq!((score, &gradient), (expected.0, &expected.1), "density {density} on {isa}");
            group.throughput(Throughput::Elements(BATCH as u64));
            group.bench_function(id(isa.name(), density), |bencher| {
                bencher.iter(|| run(black_box(all), black_box(&values), black_box(&mut gradient)));
            });
        }
        group.throughput(Throughput::Elements(FEW as u64));
        group.bench_function(id("naive", density), |bencher| {
            bencher
                .iter(|| naive::loss_gradient(&network, black_box(&values), black_box(&few), &labels[..FEW]));
        });
    }
    group.finish();
}

/// Gradients of one group of members through one layer, in eight worlds each.
fn layer_gradient(criterion: &mut Criterion) {
    for (layer, shape) in [(0, "87x32"), (1, "32x32"), (2, "32x8")] {
        let mut group = criterion.benchmark_group(format!("layer_gradient/{shape}"));
        for density in DENSITIES {
            let network = alone(mlp_layer(layer, density, 0, Activation::Identity));
            let pattern = network.layers()[0].pattern();
            let members: Vec<Vec<f32>> = (0..LANES as u64)
                .map(|member| parameters(&network, stream("values").child(member)))
                .collect();
            let values = side_by_side(&members);
            let input = inputs(network.inputs() * COPIES * LANES, stream("inputs"));
            let of_sums = inputs(pattern.rows() * COPIES * LANES, stream("gradients"));
            let (mine, its_sums) = (column(&input, 3, LANES), column(&of_sums, 3, LANES));
            let definition = |values: &[f32], of_values: &mut [f32]| {
                naive::parameter_gradients(pattern, COPIES, &mine, &its_sums, of_values);
                naive::input_gradients(pattern, COPIES, values, &its_sums)
            };
            let mut expected = vec![0.0; network.parameters()];
            let expected_of_inputs = definition(&members[3], &mut expected);
            for isa in Isa::available() {
                let plan = GradientPlan::new(isa, pattern, COPIES).expect("there are copies");
                let mut of_values = AlignedBuffer::new(plan.parameters_len(1));
                let mut of_inputs = AlignedBuffer::new(plan.inputs_len(1));
                let mut run = |values: &[f32], of_values: &mut [f32]| {
                    plan.parameters_acc(Threads::Sequential, &input, &of_sums, of_values);
                    plan.inputs_into(Threads::Sequential, values, &of_sums, &mut of_inputs);
                };
                run(&values, &mut of_values);
                assert_eq!(column(&of_values, 3, LANES), expected, "density {density} on {isa}");
                group.throughput(Throughput::Elements((2 * pattern.nnz() * COPIES * LANES) as u64));
                group.bench_function(id(isa.name(), density), |bencher| {
                    bencher.iter(|| run(black_box(&values), black_box(&mut of_values)));
                });
                assert_eq!(column(&of_inputs, 3, LANES), expected_of_inputs, "density {density} on {isa}");
            }
            group.throughput(Throughput::Elements((2 * pattern.nnz() * COPIES) as u64));
            group.bench_function(id("naive", density), |bencher| {
                bencher.iter(|| definition(black_box(&members[3]), black_box(&mut expected)));
            });
        }
        group.finish();
    }
}

/// A plan for the papers' classifier.
fn network_plan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("network_plan/cnn");
    for density in DENSITIES {
        let network = cnn_network(density);
        for isa in Isa::available() {
            let plan = || LossPlan::new(isa, &network).expect("the papers' network has gradients");
            assert_eq!(plan().parameters(), network.parameters(), "density {density} on {isa}");
            group.bench_function(id(isa.name(), density), |bencher| bencher.iter(plan));
        }
    }
    group.finish();
}

/// A plan for one layer of a population: the same for every instruction set.
fn layer_plan(criterion: &mut Criterion) {
    for (layer, shape) in [(0, "87x32"), (1, "32x32"), (2, "32x8")] {
        let mut group = criterion.benchmark_group(format!("layer_plan/{shape}"));
        for density in DENSITIES {
            let network = alone(mlp_layer(layer, density, 0, Activation::Identity));
            let pattern = network.layers()[0].pattern();
            let plan = || GradientPlan::new(Isa::detected(), pattern, COPIES).expect("there are copies");
            assert_eq!(plan().parameters(), network.parameters(), "density {density}");
            group.bench_function(id("any", density), |bencher| bencher.iter(plan));
        }
        group.finish();
    }
}

fn id(who: &str, density: f64) -> BenchmarkId {
    BenchmarkId::new(who, format!("{density:?}"))
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    network_gradient(&mut criterion);
    layer_gradient(&mut criterion);
    network_plan(&mut criterion);
    layer_plan(&mut criterion);
    criterion.final_summary();
}
