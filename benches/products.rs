//! Products of one sparse matrix with dense ones: `spmm/512x512x64/avx2/0.05`.
//!
//! Elements are multiply-adds of stored entries, so that densities and baselines compare. `spmm_transposed` puts values in
//! order at every product; `sddmm` are products of rows where the pattern has entries. Beside each kernel is its
//! definition in loops (`naive`), and for products of matrices `sprs`. `benches/peers/products` compares with libraries
//! that are made for nothing else.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use ndarray::{ArrayView2, ArrayViewMut2};
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::product::{ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{Pattern, Threads, naive};
use sprs::prod::csr_mulacc_dense_rowmaj;
use tombola::workloads::data::{inputs, mask, stream};

/// Rows and columns of the matrix.
const SIDE: usize = 512;

const DENSITIES: [f64; 4] = [0.2, 0.05, 0.01, 0.001];

/// Columns of the dense matrix.
const COLUMNS: [usize; 4] = [1, 8, 64, 256];

/// A matrix, what it is multiplied by, and room for what comes of it.
struct Workload {
    density: f64,
    columns: usize,
    pattern: Pattern,
    values: AlignedBuffer,
    x: AlignedBuffer,
    y: AlignedBuffer,
}

impl Workload {
    fn new(density: f64, columns: usize) -> Workload {
        let pattern = mask(SIDE, SIDE, density, stream("mask"));
        let values = inputs(pattern.nnz(), stream("values"));
        let x = inputs(SIDE * columns, stream("x"));
        Workload { density, columns, pattern, values, x, y: AlignedBuffer::new(SIDE * columns) }
    }

    fn x(&self) -> View<'_, f32> {
        View::by_rows(&self.x, SIDE, self.columns)
    }

    fn throughput(&self) -> Throughput {
        Throughput::Elements((self.pattern.nnz() * self.columns) as u64)
    }

    fn id(&self, who: &str) -> BenchmarkId {
        BenchmarkId::new(who, format!("{:?}", self.density))
    }
}

/// Every number of columns and density, in a group for each number of columns.
fn all(criterion: &mut Criterion, name: &str, bench: impl Fn(&mut Group<'_>, &mut Workload)) {
    for columns in COLUMNS {
        let mut group = criterion.benchmark_group(format!("{name}/{SIDE}x{SIDE}x{columns}"));
        for density in DENSITIES {
            let mut workload = Workload::new(density, columns);
            group.throughput(workload.throughput());
            bench(&mut group, &mut workload);
        }
        group.finish();
    }
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn spmm(group: &mut Group<'_>, workload: &mut Workload) {
    let (pattern, columns) = (&workload.pattern, workload.columns);
    let mut expected = vec![0.0; SIDE * columns];
    let view = &mut ViewMut::by_rows(&mut expected, SIDE, columns);
    naive::product(pattern, &workload.values, workload.x(), view, false);
    for isa in Isa::available() {
        let plan = ProductPlan::new(isa, pattern);
        let x = View::by_rows(&workload.x, SIDE, columns);
        let view = ViewMut::by_rows(&mut workload.y, SIDE, columns);
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential, x, &view));
        plan.multiply_into(Threads::Sequential, &workload.values, x, view, &mut scratch);
        assert_eq!(*workload.y, *expected, "density {} on {isa}", workload.density);
        group.bench_function(workload.id(isa.name()), |bencher| {
            bencher.iter(|| {
                let x = View::by_rows(black_box(&workload.x), SIDE, columns);
                let y = ViewMut::by_rows(black_box(&mut workload.y), SIDE, columns);
                plan.multiply_into(Threads::Sequential, black_box(&workload.values), x, y, &mut scratch);
            });
        });
    }
    group.bench_function(workload.id("naive"), |bencher| {
        bencher.iter(|| {
            let x = View::by_rows(black_box(&workload.x), SIDE, columns);
            let y = &mut ViewMut::by_rows(black_box(&mut workload.y), SIDE, columns);
            naive::product(pattern, black_box(&workload.values), x, y, false);
        });
    });

    let matrix = pattern.to_sprs(&workload.values);
    let product = |x: &[f32], y: &mut [f32]| {
        y.fill(0.0);
        let x = ArrayView2::from_shape((SIDE, columns), x).expect("a matrix by rows");
        let y = ArrayViewMut2::from_shape((SIDE, columns), y).expect("a matrix by rows");
        csr_mulacc_dense_rowmaj(matrix.view(), x, y);
    };
    product(&workload.x, &mut workload.y);
    for (place, (&found, &expected)) in workload.y.iter().zip(&expected).enumerate() {
        let bound = bound(workload, place / columns, place % columns);
        assert!(
            (found - expected).abs() <= bound,
            "place {place}: sprs {found}, ours {expected}, bound {bound}"
        );
    }
    group.bench_function(workload.id("sprs"), |bencher| {
        bencher.iter(|| product(black_box(&workload.x), black_box(&mut workload.y)));
    });
}

/// How far two sums of one row can be from each other, if one rounds products before it adds them and the other does not:
/// with `n` entries each is within `(n + 1) e sum |v x|` of the exact sum, `e = EPSILON / 2`, to first order; twice that
/// covers the rest.
fn bound(workload: &Workload, row: usize, column: usize) -> f32 {
    let entries = workload.pattern.row_range(row);
    let n = entries.len() as f32;
    let x = |entry: usize| workload.x().get(workload.pattern.indices()[entry] as usize, column);
    2.0 * (n + 1.0)
        * f32::EPSILON
        * entries.map(|entry| (workload.values[entry] * x(entry)).abs()).sum::<f32>()
}

fn spmm_transposed(group: &mut Group<'_>, workload: &mut Workload) {
    let columns = workload.columns;
    let (transpose, order) = workload.pattern.transpose();
    let values: Vec<f32> = order.iter().map(|&entry| workload.values[entry as usize]).collect();
    let mut expected = vec![0.0; SIDE * columns];
    let view = &mut ViewMut::by_rows(&mut expected, SIDE, columns);
    naive::product(&transpose, &values, workload.x(), view, false);
    for isa in Isa::available() {
        let plan = TransposedPlan::new(isa, &workload.pattern);
        let x = View::by_rows(&workload.x, SIDE, columns);
        let view = ViewMut::by_rows(&mut workload.y, SIDE, columns);
        let mut scratch = AlignedBuffer::new(plan.scratch_len(Threads::Sequential, x, &view));
        plan.multiply_into(Threads::Sequential, &workload.values, x, view, &mut scratch);
        assert_eq!(*workload.y, *expected, "density {} on {isa}", workload.density);
        group.bench_function(workload.id(isa.name()), |bencher| {
            bencher.iter(|| {
                let x = View::by_rows(black_box(&workload.x), SIDE, columns);
                let y = ViewMut::by_rows(black_box(&mut workload.y), SIDE, columns);
                plan.multiply_into(Threads::Sequential, black_box(&workload.values), x, y, &mut scratch);
            });
        });
    }
}

fn sddmm(group: &mut Group<'_>, workload: &mut Workload) {
    let (pattern, columns) = (&workload.pattern, workload.columns);
    let left = inputs(SIDE * columns, stream("left"));
    let left = View::by_rows(&left, SIDE, columns);
    let mut expected = vec![0.0; pattern.nnz()];
    naive::sample(pattern, left, workload.x(), &mut expected, false);
    let mut values = vec![0.0; pattern.nnz()];
    for isa in Isa::available() {
        let plan = ProductPlan::new(isa, pattern);
        let x = workload.x();
        plan.sample_into(Threads::Sequential, left, x, &mut values, &mut []);
        assert_eq!(values, expected, "density {} on {isa}", workload.density);
        group.bench_function(workload.id(isa.name()), |bencher| {
            bencher.iter(|| {
                let (left, x, values) = (black_box(left), black_box(x), black_box(&mut values));
                plan.sample_into(Threads::Sequential, left, x, values, &mut []);
            });
        });
    }
    group.bench_function(workload.id("naive"), |bencher| {
        bencher.iter(|| {
            naive::sample(pattern, black_box(left), black_box(workload.x()), black_box(&mut values), false);
        });
    });
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    all(&mut criterion, "spmm", spmm);
    all(&mut criterion, "spmm_transposed", spmm_transposed);
    all(&mut criterion, "sddmm", sddmm);
    criterion.final_summary();
}
