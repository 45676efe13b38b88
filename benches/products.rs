//! Products of one sparse matrix with dense ones: `spmm/512x512x64/avx2/0.05`.
//!
//! | group | what |
//! |---|---|
//! | `spmv`, `spmm` | `A x` and `A X`, everything by rows, beside `sprs` |
//! | `spmm_acc` | the same added to what is there |
//! | `spmm_f64` | the same in double precision |
//! | `spmm_by_columns` | both dense matrices by columns: samples one after the other |
//! | `spmm_with_zeros` | all zeros written out, at densities where that may pay, beside `spmm_few_zeros`, as they are |
//! | `spmv_transposed`, `spmm_transposed` | `Aᵀ x` and `Aᵀ X`; values are put in order at every product |
//! | `sddmm` | products of rows where the pattern has entries |
//!
//! Elements are multiply-adds of stored entries, so that densities and baselines compare. Beside each kernel is its
//! definition in loops (`naive`). `benches/peers/products` compares with libraries that are made for nothing else.

use std::fmt::Debug;
use std::hint::black_box;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use ndarray::{ArrayView2, ArrayViewMut2};
use numerics::Isa;
use sparse_kernels::product::{ChosenPlan, Number, ProductPlan, TransposedPlan, View, ViewMut, Zeros};
use sparse_kernels::{Pattern, Threads, naive};
use sprs::prod::csr_mulacc_dense_rowmaj;
use tombola::workloads::data::{inputs, mask, stream};

/// Rows and columns of the matrix.
const SIDE: usize = 512;

const DENSITIES: &[f64] = &[0.2, 0.05, 0.01, 0.001];
/// Of forms that differ from the first in a detail.
const TWO_DENSITIES: &[f64] = &[0.2, 0.01];
/// Where zeros written out may pay.
const HIGH_DENSITIES: &[f64] = &[0.9, 0.6];

/// Columns of the dense matrix; one is a vector, and has groups of its own.
const COLUMNS: &[usize] = &[8, 64, 256];

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Numbers that begin at a cache line, as every fast library likes them.
struct Aligned<T> {
    numbers: Vec<T>,
    first: usize,
}

impl<T: Number + From<f32>> Aligned<T> {
    fn new(from: &[f32]) -> Aligned<T> {
        let line = 64 / size_of::<T>();
        let mut numbers = vec![T::from(0.0); from.len() + line];
        let first = numbers.as_ptr().align_offset(64).min(line);
        numbers.truncate(first + from.len());
        numbers[first..].iter_mut().zip(from).for_each(|(number, &from)| *number = T::from(from));
        Aligned { numbers, first }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.numbers[self.first..]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.numbers[self.first..]
    }
}

/// A matrix, what it is multiplied by, and room for what comes of it.
struct Workload<T> {
    density: f64,
    columns: usize,
    pattern: Pattern,
    values: Aligned<T>,
    x: Aligned<T>,
    y: Aligned<T>,
}

impl<T: Number + From<f32>> Workload<T> {
    fn new(density: f64, columns: usize) -> Workload<T> {
        let pattern = mask(SIDE, SIDE, density, stream("mask"));
        let values = Aligned::new(&inputs(pattern.nnz(), stream("values")));
        let x = Aligned::new(&inputs(SIDE * columns, stream("x")));
        let y = Aligned::new(&vec![0.25; SIDE * columns]);
        Workload { density, columns, pattern, values, x, y }
    }

    fn throughput(&self) -> Throughput {
        Throughput::Elements((self.pattern.nnz() * self.columns) as u64)
    }

    fn id(&self, who: &str) -> BenchmarkId {
        BenchmarkId::new(who, format!("{:?}", self.density))
    }
}

/// A group for each number of columns, with every density.
fn all<T: Number + From<f32>>(
    criterion: &mut Criterion,
    name: &str,
    columns: &[usize],
    densities: &[f64],
    bench: impl Fn(&mut Group<'_>, &mut Workload<T>),
) {
    for &columns in columns {
        let shape = if columns == 1 { format!("{SIDE}x{SIDE}") } else { format!("{SIDE}x{SIDE}x{columns}") };
        let mut group = criterion.benchmark_group(format!("{name}/{shape}"));
        for &density in densities {
            let mut workload = Workload::new(density, columns);
            group.throughput(workload.throughput());
            bench(&mut group, &mut workload);
        }
        group.finish();
    }
}

/// How a product is asked for.
#[derive(Clone, Copy, Default)]
struct Form {
    add: bool,
    by_columns: bool,
    zeros: Zeros,
}

impl Form {
    fn x<T: Number>(self, x: &[T], columns: usize) -> View<'_, T> {
        let view = if self.by_columns { View::by_columns } else { View::by_rows };
        view(x, SIDE, columns)
    }

    fn y<T: Number>(self, y: &mut [T], columns: usize) -> ViewMut<'_, T> {
        let view = if self.by_columns { ViewMut::by_columns } else { ViewMut::by_rows };
        view(y, SIDE, columns)
    }
}

/// The kernels of every instruction set, and the definition.
fn product<T>(group: &mut Group<'_>, workload: &mut Workload<T>, form: Form)
where
    T: Number + From<f32> + Debug,
{
    let columns = workload.columns;
    for isa in Isa::available() {
        let chosen = ChosenPlan::new(isa, &workload.pattern, columns, form.zeros).expect("a small pattern");
        let (plan, values) = (chosen.plan(), chosen.values(&workload.values));
        let mut expected = workload.y.to_vec();
        let (x, view) = (form.x(&workload.x, columns), &mut form.y(&mut expected, columns));
        naive::product(plan.pattern(), &values, x, view, form.add);
        let mut y = workload.y.to_vec();
        let mut scratch =
            Aligned::new(&vec![0.0; plan.scratch_len(Threads::Sequential, x, &form.y(&mut y, columns))]);
        let mut run = |values: &[T], x: &[T], y: &mut [T]| {
            let (x, y) = (form.x(x, columns), form.y(y, columns));
            if form.add {
                plan.multiply_acc(Threads::Sequential, values, x, y, &mut scratch);
            } else {
                plan.multiply_into(Threads::Sequential, values, x, y, &mut scratch);
            }
        };
        run(&values, &workload.x, &mut y);
        assert_eq!(y, expected, "density {} on {isa}", workload.density);
        let id = workload.id(isa.name());
        group.bench_function(id, |bencher| {
            bencher.iter(|| run(black_box(&values), black_box(&workload.x), black_box(&mut workload.y)));
        });
    }
    group.bench_function(workload.id("naive"), |bencher| {
        bencher.iter(|| {
            let x = form.x(black_box(&workload.x), columns);
            let y = &mut form.y(black_box(&mut workload.y), columns);
            naive::product(&workload.pattern, black_box(&workload.values), x, y, form.add);
        });
    });
}

/// The product of `sprs`.
fn sprs(group: &mut Group<'_>, workload: &mut Workload<f32>) {
    let columns = workload.columns;
    let mut expected = vec![0.0; SIDE * columns];
    let x = View::by_rows(&workload.x, SIDE, columns);
    let view = &mut ViewMut::by_rows(&mut expected, SIDE, columns);
    naive::product(&workload.pattern, &workload.values, x, view, false);
    let matrix = workload.pattern.to_sprs(&workload.values);
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
fn bound(workload: &Workload<f32>, row: usize, column: usize) -> f32 {
    let entries = workload.pattern.row_range(row);
    let n = entries.len() as f32;
    let x = |entry: usize| workload.x[workload.pattern.indices()[entry] as usize * workload.columns + column];
    2.0 * (n + 1.0)
        * f32::EPSILON
        * entries.map(|entry| (workload.values[entry] * x(entry)).abs()).sum::<f32>()
}

/// The definition is that of a product, on a pattern with rows for columns and values in its order.
fn transposed(group: &mut Group<'_>, workload: &mut Workload<f32>) {
    let columns = workload.columns;
    let (transpose, order) = workload.pattern.transpose();
    let in_order =
        |values: &[f32]| -> Vec<f32> { order.iter().map(|&entry| values[entry as usize]).collect() };
    let definition = |values: &[f32], x: &[f32], y: &mut [f32]| {
        let (x, y) = (View::by_rows(x, SIDE, columns), &mut ViewMut::by_rows(y, SIDE, columns));
        naive::product(&transpose, &in_order(values), x, y, false);
    };
    let mut expected = vec![0.0; SIDE * columns];
    definition(&workload.values, &workload.x, &mut expected);
    for isa in Isa::available() {
        let plan = TransposedPlan::new(isa, &workload.pattern);
        let x = View::by_rows(&workload.x, SIDE, columns);
        let view = ViewMut::by_rows(&mut workload.y, SIDE, columns);
        let mut scratch = Aligned::new(&vec![0.0; plan.scratch_len(Threads::Sequential, x, &view)]);
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
            definition(black_box(&workload.values), black_box(&workload.x), black_box(&mut workload.y));
        });
    });
}

fn sddmm(group: &mut Group<'_>, workload: &mut Workload<f32>) {
    let (pattern, columns) = (&workload.pattern, workload.columns);
    let left = inputs(SIDE * columns, stream("left"));
    let left = View::by_rows(&left, SIDE, columns);
    let right = View::by_rows(&workload.x, SIDE, columns);
    let mut expected = vec![0.0; pattern.nnz()];
    naive::sample(pattern, left, right, &mut expected, false);
    let mut values = vec![0.0; pattern.nnz()];
    for isa in Isa::available() {
        let plan = ProductPlan::new(isa, pattern);
        plan.sample_into(Threads::Sequential, left, right, &mut values, &mut []);
        assert_eq!(values, expected, "density {} on {isa}", workload.density);
        group.bench_function(workload.id(isa.name()), |bencher| {
            bencher.iter(|| {
                let (left, right, values) = (black_box(left), black_box(right), black_box(&mut values));
                plan.sample_into(Threads::Sequential, left, right, values, &mut []);
            });
        });
    }
    group.bench_function(workload.id("naive"), |bencher| {
        bencher.iter(|| {
            naive::sample(pattern, black_box(left), black_box(right), black_box(&mut values), false);
        });
    });
}

/// Forms that differ from the first in a detail.
fn forms(criterion: &mut Criterion) {
    let few = &[8, 64];
    let plain = Form::default();
    let form =
        |form| move |group: &mut Group<'_>, workload: &mut Workload<f32>| product(group, workload, form);
    all(criterion, "spmm_acc", few, TWO_DENSITIES, form(Form { add: true, ..plain }));
    all(criterion, "spmm_f64", few, TWO_DENSITIES, |group, workload: &mut Workload<f64>| {
        product(group, workload, plain);
    });
    all(criterion, "spmm_by_columns", few, TWO_DENSITIES, form(Form { by_columns: true, ..plain }));
    all(criterion, "spmm_few_zeros", few, HIGH_DENSITIES, form(plain));
    all(criterion, "spmm_with_zeros", few, HIGH_DENSITIES, form(Form { zeros: Zeros::Always, ..plain }));
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    let both = |group: &mut Group<'_>, workload: &mut Workload<f32>| {
        product(group, workload, Form::default());
        sprs(group, workload);
    };
    all(&mut criterion, "spmv", &[1], DENSITIES, both);
    all(&mut criterion, "spmm", COLUMNS, DENSITIES, both);
    forms(&mut criterion);
    all(&mut criterion, "spmv_transposed", &[1], DENSITIES, transposed);
    all(&mut criterion, "spmm_transposed", COLUMNS, DENSITIES, transposed);
    all(&mut criterion, "sddmm", &[1, 8, 64, 256], DENSITIES, sddmm);
    criterion.final_summary();
}
