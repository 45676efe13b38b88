//! What is timed: each a call without arguments that computes one product. When it is made, before anybody times it, it is
//! called once and every number is compared: ours to the bit, others within a bound that is derived in `expected.rs`.

use std::time::Instant;

use faer::{Accum, Mat, Par};
use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;
use nalgebra_sparse::ops::{Op, serial::spmm_csr_dense};
use ndarray::{ArrayView2, ArrayViewMut2};
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::product::{ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{Pattern, Threads};

use crate::expected::{Expected, Products};
use crate::matrix::Case;

/// One product by one system.
pub struct System {
    pub product: &'static str,
    pub name: &'static str,
    /// What was spent before the first product: on a plan, or on a form of its own.
    pub plan_seconds: f64,
    pub call: Box<dyn FnMut()>,
}

/// Dense systems multiply by every zero, so they are asked only where that takes no more than a moment.
const MOST_DENSE: usize = 1 << 29;

/// Everything that computes products of the case. Its numbers are never given back: they live as long as the program.
pub fn all(case: Case, products: &Products, pool: &'static rayon::ThreadPool) -> Vec<System> {
    let case: &'static Case = Box::leak(Box::new(case));
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let plain = &products.plain;
    let mut systems = vec![
        ours(case, plain),
        ours_on_two(case, pool, plain),
        sprs(case, plain),
        nalgebra_sparse(case, plain),
        faer_sparse(case, plain),
    ];
    if rows * middle * columns <= MOST_DENSE {
        systems.push(ours_as_dense(case, plain));
        systems.push(dense_matrixmultiply(case, plain));
        systems.push(dense_faer(case, plain));
    }
    systems.push(ours_transposed(case, &products.transposed));
    systems.push(ours_sampled(case, &products.sampled));
    systems
}

fn timed<T>(make: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let made = make();
    (made, start.elapsed().as_secs_f64())
}

fn ours(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (plan, plan_seconds) = timed(|| ProductPlan::new(Isa::detected(), &case.pattern));
    let mut y = AlignedBuffer::new(rows * columns);
    let x = View::by_rows(&case.x, middle, columns);
    let threads = Threads::Sequential;
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, x, &ViewMut::by_rows(&mut y, rows, columns)));
    let mut product = move |y: &mut [f32]| {
        let view = ViewMut::by_rows(y, rows, columns);
        plan.multiply_into(threads, &case.values, x, view, &mut scratch);
    };
    product(&mut y);
    expected.check_bits(&y, "ours");
    System { product: "spmm", name: "ours", plan_seconds, call: Box::new(move || product(&mut y)) }
}

/// The same kernels on the matrix with its zeros, whose rows share every load.
fn ours_as_dense(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let pattern = Pattern::dense(rows, middle).expect("a pattern");
    let values = dense_of(case);
    let (plan, plan_seconds) = timed(|| ProductPlan::new(Isa::detected(), &pattern));
    let mut y = AlignedBuffer::new(rows * columns);
    let x = View::by_rows(&case.x, middle, columns);
    let threads = Threads::Sequential;
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, x, &ViewMut::by_rows(&mut y, rows, columns)));
    let mut product = move |y: &mut [f32]| {
        let view = ViewMut::by_rows(y, rows, columns);
        plan.multiply_into(threads, &values, x, view, &mut scratch);
    };
    product(&mut y);
    expected.check(y.iter().copied(), "ours, as dense");
    let call = Box::new(move || product(&mut y));
    System { product: "spmm", name: "ours, as dense", plan_seconds, call }
}

fn ours_on_two(case: &'static Case, pool: &'static rayon::ThreadPool, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let plan = ProductPlan::new(Isa::detected(), &case.pattern);
    let mut y = AlignedBuffer::new(rows * columns);
    let x = View::by_rows(&case.x, middle, columns);
    let threads = Threads::Pool(pool);
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, x, &ViewMut::by_rows(&mut y, rows, columns)));
    let mut product = move |y: &mut [f32]| {
        let view = ViewMut::by_rows(y, rows, columns);
        plan.multiply_into(threads, &case.values, x, view, &mut scratch);
    };
    product(&mut y);
    expected.check_bits(&y, "ours-2");
    System { product: "spmm", name: "ours-2", plan_seconds: 0.0, call: Box::new(move || product(&mut y)) }
}

fn ours_transposed(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (plan, plan_seconds) = timed(|| TransposedPlan::new(Isa::detected(), &case.pattern));
    let mut y = AlignedBuffer::new(middle * columns);
    let g = View::by_rows(&case.g, rows, columns);
    let threads = Threads::Sequential;
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, g, &ViewMut::by_rows(&mut y, middle, columns)));
    let mut product = move |y: &mut [f32]| {
        let view = ViewMut::by_rows(y, middle, columns);
        plan.multiply_into(threads, &case.values, g, view, &mut scratch);
    };
    product(&mut y);
    expected.check_bits(&y, "ours, transposed");
    System { product: "transposed", name: "ours", plan_seconds, call: Box::new(move || product(&mut y)) }
}

fn ours_sampled(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (plan, plan_seconds) = timed(|| ProductPlan::new(Isa::detected(), &case.pattern));
    let (g, x) = (View::by_rows(&case.g, rows, columns), View::by_rows(&case.x, middle, columns));
    let mut values = vec![0.0; case.pattern.nnz()];
    let product = move |values: &mut [f32]| plan.sample_into(Threads::Sequential, g, x, values, &mut []);
    product(&mut values);
    expected.check_bits(&values, "ours, sampled");
    System { product: "sampled", name: "ours", plan_seconds, call: Box::new(move || product(&mut values)) }
}

fn sprs(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (matrix, plan_seconds) = timed(|| case.pattern.to_sprs(&case.values));
    let x = ArrayView2::from_shape((middle, columns), &case.x[..]).expect("a matrix by rows");
    let mut y = AlignedBuffer::new(rows * columns);
    let product = move |y: &mut [f32]| {
        y.fill(0.0);
        let y = ArrayViewMut2::from_shape((rows, columns), y).expect("a matrix by rows");
        sprs::prod::csr_mulacc_dense_rowmaj(matrix.view(), x, y);
    };
    product(&mut y);
    expected.check(y.iter().copied(), "sprs");
    System { product: "spmm", name: "sprs", plan_seconds, call: Box::new(move || product(&mut y)) }
}

/// The numbers of a matrix that somebody keeps by columns.
fn by_rows(rows: usize, columns: usize, of: impl Fn(usize, usize) -> f32) -> impl Iterator<Item = f32> {
    (0..rows * columns).map(move |place| of(place / columns, place % columns))
}

fn dense_of(case: &Case) -> Vec<f32> {
    let mut dense = vec![0.0; case.pattern.rows() * case.pattern.columns()];
    case.pattern.expand(&case.values, &mut dense);
    dense
}

/// By way of `ndarray`, whose product of `f32` it is.
fn dense_matrixmultiply(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (a, plan_seconds) = timed(|| dense_of(case));
    let mut y = AlignedBuffer::new(rows * columns);
    let product = move |y: &mut [f32]| {
        let a = ArrayView2::from_shape((rows, middle), &a[..]).expect("a matrix by rows");
        let x = ArrayView2::from_shape((middle, columns), &case.x[..]).expect("a matrix by rows");
        let mut y = ArrayViewMut2::from_shape((rows, columns), y).expect("a matrix by rows");
        ndarray::linalg::general_mat_mul(1.0, &a, &x, 0.0, &mut y);
    };
    product(&mut y);
    expected.check(y.iter().copied(), "matrixmultiply");
    let call = Box::new(move || product(&mut y));
    System { product: "spmm", name: "matrixmultiply, dense", plan_seconds, call }
}

/// By columns, as it wants its matrices; its products of dense ones are those of the package `gemm`.
fn dense_faer(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let dense = dense_of(case);
    let (a, plan_seconds) = timed(|| Mat::from_fn(rows, middle, |row, column| dense[row * middle + column]));
    let x = Mat::from_fn(middle, columns, |row, column| case.x[row * columns + column]);
    let mut y = Mat::<f32>::zeros(rows, columns);
    let product = move |y: &mut Mat<f32>| {
        faer::linalg::matmul::matmul(y.as_mut(), Accum::Replace, a.as_ref(), x.as_ref(), 1.0, Par::Seq);
    };
    product(&mut y);
    expected.check(by_rows(rows, columns, |row, column| y[(row, column)]), "faer, dense");
    let call = Box::new(move || product(&mut y));
    System { product: "spmm", name: "gemm of faer, dense", plan_seconds, call }
}

/// By columns, as it wants its matrices.
fn faer_sparse(case: &'static Case, expected: &Expected) -> System {
    use faer::sparse::{SparseColMat, Triplet};
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let mut triplets = Vec::with_capacity(case.pattern.nnz());
    for row in 0..rows {
        for entry in case.pattern.row_range(row) {
            triplets.push(Triplet::new(row, case.pattern.indices()[entry] as usize, case.values[entry]));
        }
    }
    let (a, plan_seconds) = timed(|| {
        SparseColMat::<usize, f32>::try_new_from_triplets(rows, middle, &triplets).expect("a matrix")
    });
    let x = Mat::from_fn(middle, columns, |row, column| case.x[row * columns + column]);
    let mut y = Mat::<f32>::zeros(rows, columns);
    let product = move |y: &mut Mat<f32>| {
        let (a, x) = (a.as_ref(), x.as_ref());
        faer::sparse::linalg::matmul::sparse_dense_matmul(y.as_mut(), Accum::Replace, a, x, 1.0, Par::Seq);
    };
    product(&mut y);
    expected.check(by_rows(rows, columns, |row, column| y[(row, column)]), "faer");
    System { product: "spmm", name: "faer", plan_seconds, call: Box::new(move || product(&mut y)) }
}

/// The sparse matrix by rows, the dense ones by columns, as it wants them.
fn nalgebra_sparse(case: &'static Case, expected: &Expected) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let numbers = |numbers: &[u32]| numbers.iter().map(|&number| number as usize).collect::<Vec<usize>>();
    let (starts, indices) = (numbers(case.pattern.starts()), numbers(case.pattern.indices()));
    let (a, plan_seconds) = timed(|| {
        CsrMatrix::try_from_csr_data(rows, middle, starts, indices, case.values.to_vec()).expect("a matrix")
    });
    let x = DMatrix::from_row_slice(middle, columns, &case.x);
    let mut y = DMatrix::<f32>::zeros(rows, columns);
    let product = move |y: &mut DMatrix<f32>| spmm_csr_dense(0.0, y, 1.0, Op::NoOp(&a), Op::NoOp(&x));
    product(&mut y);
    expected.check(by_rows(rows, columns, |row, column| y[(row, column)]), "nalgebra-sparse");
    System { product: "spmm", name: "nalgebra-sparse", plan_seconds, call: Box::new(move || product(&mut y)) }
}
