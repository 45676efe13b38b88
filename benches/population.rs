//! Kernels for populations at the shapes of the papers' networks: `population_conv/28x28x8/avx2/0.05`.
//!
//! Elements are multiply-adds of entries of the mask, so that densities and baselines compare. Beside each kernel is its
//! definition in loops (`naive`), for dense layers also `sprs`; what a dense kernel needs is the row of density 1.0.
//! `tombola bench kernels` times whole generations and whole networks.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use numerics::{AlignedBuffer, Isa, LANES};
use sparse_kernels::network::Network;
use sparse_kernels::{
    Activation, CopyPlan, ImagePlan, Images, Members, Pattern, Score, Threads, Values, naive,
};
use sprs::prod::mul_acc_mat_vec_csr;
use tombola::workloads::data::{column, inputs, parameters, pixels, side_by_side, stream};
use tombola::workloads::{alone, cnn_layer, mlp_layer};

const DENSITIES: [f64; 4] = [1.0, 0.2, 0.05, 0.0144];

/// Members that see the same images.
const MEMBERS: usize = 4;

/// Worlds of a member.
const COPIES: usize = 8;

/// One block of images through one convolution, relu and pool.
fn population_conv(criterion: &mut Criterion) {
    for (layer, shape) in [(0, "28x28x8"), (1, "14x14x16")] {
        let mut group = criterion.benchmark_group(format!("population_conv/{shape}"));
        for density in DENSITIES {
            let network = alone(cnn_layer(layer, density, 0));
            // four sums are pooled to one output
            let sums = 4 * network.outputs() / network.layers()[0].pattern().rows();
            bench_images(&mut group, &network, sums, density, false);
        }
        group.finish();
    }
}

/// One block of images through the last layer of the classifier, with cross-entropy and accuracy.
fn dense_head(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dense_head/784x10");
    for density in DENSITIES {
        bench_images(&mut group, &alone(cnn_layer(2, density, 0)), 1, density, true);
    }
    group.finish();
}

/// A network of one layer whose entries are used `uses` times an image.
fn bench_images(
    group: &mut BenchmarkGroup<'_, WallTime>,
    network: &Network,
    uses: usize,
    density: f64,
    marked: bool,
) {
    let members: Vec<Vec<f32>> =
        (0..MEMBERS as u64).map(|member| parameters(network, stream("values").child(member))).collect();
    let values = members.concat();
    let members_of_all = Members::new(&values, network.parameters());
    let buffer = pixels(LANES, network.inputs(), stream("pixels"));
    let images = Images::new(&buffer, LANES, network.inputs());
    let labels: [u32; LANES] = std::array::from_fn(|image| image as u32 % 10);
    let each = (network.layers()[0].pattern().nnz() * uses) as u64;

    let image = column(&buffer, LANES - 1, LANES);
    let expected = naive::network(network, &members[MEMBERS - 1], &image);
    for isa in Isa::available() {
        let plan = ImagePlan::new(isa, network).expect("the papers' layers can be planned");
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
        let mut outputs = AlignedBuffer::new(plan.logits_len(LANES, MEMBERS));
        plan.logits(Threads::Sequential, images, members_of_all, &mut scratch, &mut outputs);
        let last = &outputs[(MEMBERS - 1) * plan.outputs() * LANES..];
        assert_eq!(column(last, LANES - 1, LANES), expected, "density {density} on {isa}");

        let mut marks = [Score::default(); MEMBERS];
        let mut scores = marks;
        if marked {
            let (threads, members) = (Threads::Sequential, members_of_all);
            plan.evaluate(threads, images, &labels, members, &mut scratch, &mut marks, &mut scores);
            let logits: Vec<Vec<f32>> = (0..LANES).map(|image| column(last, image, LANES)).collect();
            let expected = naive::score(&logits, &labels);
            assert_eq!(scores[MEMBERS - 1], expected, "density {density} on {isa}");
        }
        group.throughput(Throughput::Elements(each * (MEMBERS * LANES) as u64));
        group.bench_function(id(isa.name(), density), |bencher| {
            bencher.iter(|| {
                let (images, members) = (black_box(images), black_box(members_of_all));
                if marked {
                    let (marks, scores) = (&mut marks, black_box(&mut scores));
                    plan.evaluate(Threads::Sequential, images, &labels, members, &mut scratch, marks, scores);
                } else {
                    plan.logits(Threads::Sequential, images, members, &mut scratch, black_box(&mut outputs));
                }
            });
        });
    }
    group.throughput(Throughput::Elements(each));
    group.bench_function(id("naive", density), |bencher| {
        bencher.iter(|| naive::network(network, black_box(&members[0]), black_box(&image)));
    });
}

/// One group of members through one layer, in eight worlds each.
fn population_layer(criterion: &mut Criterion) {
    for (layer, shape) in [(0, "87x32"), (1, "32x32"), (2, "32x8")] {
        let mut group = criterion.benchmark_group(format!("population_layer/{shape}"));
        for density in DENSITIES {
            let network = alone(mlp_layer(layer, density, 0, Activation::Identity));
            bench_layer(&mut group, &network, density);
        }
        group.finish();
    }
}

fn bench_layer(group: &mut BenchmarkGroup<'_, WallTime>, network: &Network, density: f64) {
    let pattern = network.layers()[0].pattern();
    let members: Vec<Vec<f32>> =
        (0..LANES as u64).map(|member| parameters(network, stream("values").child(member))).collect();
    let values = side_by_side(&members);
    let input = inputs(network.inputs() * COPIES * LANES, stream("inputs"));
    let column =
        |numbers: &[f32], copy: usize, lane: usize| column(numbers, copy * LANES + lane, COPIES * LANES);
    let expected = naive::network(network, &members[3], &column(&input, 5, 3));
    group.throughput(Throughput::Elements((pattern.nnz() * COPIES * LANES) as u64));
    for isa in Isa::available() {
        let plan = CopyPlan::new(isa, network, COPIES).expect("the papers' layers can be planned");
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential));
        let mut output = AlignedBuffer::new(plan.outputs_len(1));
        plan.forward(Threads::Sequential, Values::Lanes(&values), &input, &mut scratch, &mut output);
        assert_eq!(column(&output, 5, 3), expected, "density {density} on {isa}");
        group.bench_function(id(isa.name(), density), |bencher| {
            bencher.iter(|| {
                let (values, input) = (Values::Lanes(black_box(&values)), black_box(&input));
                plan.forward(Threads::Sequential, values, input, &mut scratch, black_box(&mut output));
            });
        });
    }

    group.throughput(Throughput::Elements(pattern.nnz() as u64));
    let one = column(&input, 5, 3);
    group.bench_function(id("naive", density), |bencher| {
        bencher.iter(|| naive::network(network, black_box(&members[3]), black_box(&one)));
    });
    let matrix = pattern.to_sprs(&members[3][..pattern.nnz()]);
    let biases = &members[3][pattern.nnz()..];
    let mut sums = biases.to_vec();
    mul_acc_mat_vec_csr(matrix.view(), &one, &mut sums);
    for (row, (&found, &expected)) in sums.iter().zip(&expected).enumerate() {
        let bound = bound(pattern, &members[3], &one, row);
        assert!((found - expected).abs() <= bound, "row {row}: sprs {found}, ours {expected}, bound {bound}");
    }
    group.bench_function(id("sprs", density), |bencher| {
        bencher.iter(|| {
            sums.copy_from_slice(biases);
            mul_acc_mat_vec_csr(black_box(&matrix).view(), black_box(&one), black_box(&mut sums));
        });
    });
}

/// How far two sums of one row can be from each other, if one rounds products before it adds them and the other does not:
/// with `n` entries each is within `(n + 1) e (|b| + sum |v x|)` of the exact sum, `e = EPSILON / 2`, to first order; twice
/// that covers the rest.
fn bound(pattern: &Pattern, parameters: &[f32], input: &[f32], row: usize) -> f32 {
    let (values, biases) = parameters.split_at(pattern.nnz());
    let entries = pattern.row_range(row);
    let n = entries.len() as f32;
    let terms = entries.map(|entry| (values[entry] * input[pattern.indices()[entry] as usize]).abs());
    2.0 * (n + 1.0) * f32::EPSILON * terms.fold(biases[row].abs(), |sum, term| sum + term)
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
    population_conv(&mut criterion);
    dense_head(&mut criterion);
    population_layer(&mut criterion);
    criterion.final_summary();
}
