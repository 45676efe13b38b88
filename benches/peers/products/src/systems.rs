//! What is timed: each a call without arguments that computes one product, checked when it is made.

use std::time::Instant;

use faer::{Accum, Mat, Par};
use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;
use nalgebra_sparse::ops::{Op, serial::spmm_csr_dense};
use ndarray::{ArrayView2, ArrayViewMut2};
use numerics::{AlignedBuffer, Isa};
use sparse_kernels::product::{ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{Pattern, Threads, naive};

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
pub fn all(case: Case, pool: &'static rayon::ThreadPool) -> Vec<System> {
    let case: &'static Case = Box::leak(Box::new(case));
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let mut expected = vec![0.0; rows * columns];
    let (x, g) = (View::by_rows(&case.x, middle, columns), View::by_rows(&case.g, rows, columns));
    naive::product(
        &case.pattern,
        &case.values,
        x,
        &mut ViewMut::by_rows(&mut expected, rows, columns),
        false,
    );
    let mut systems = vec![
        ours(case, &expected),
        ours_on_two(case, pool),
        sprs(case, &expected),
        nalgebra_sparse(case, &expected),
        faer_sparse(case, &expected),
    ];
    if rows * middle * columns <= MOST_DENSE {
        systems.push(ours_as_dense(case, &expected));
        systems.push(dense_matrixmultiply(case, &expected));
        systems.push(dense_faer(case, &expected));
    }

    let (transpose, order) = case.pattern.transpose();
    let in_order: Vec<f32> = order.iter().map(|&entry| case.values[entry as usize]).collect();
    let mut expected = vec![0.0; middle * columns];
    naive::product(&transpose, &in_order, g, &mut ViewMut::by_rows(&mut expected, middle, columns), false);
    systems.push(ours_transposed(case, &expected));
    systems.push(ours_sampled(case));
    systems
}

fn timed<T>(make: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let made = make();
    (made, start.elapsed().as_secs_f64())
}

/// Sums of the same terms in another order: numbers of at most a half, so a row of `n` entries is within `n n e / 4`.
fn check(found: &[f32], expected: &[f32], who: &str) {
    let n = 4096.0_f32;
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let near = (found - expected).abs() <= n.sqrt() * n * f32::EPSILON / 4.0;
        assert!(near, "{who}: {found} at {place}, ours {expected}");
    }
}

fn ours(case: &'static Case, expected: &[f32]) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (plan, plan_seconds) = timed(|| ProductPlan::new(Isa::detected(), &case.pattern));
    let mut y = AlignedBuffer::new(rows * columns);
    let x = View::by_rows(&case.x, middle, columns);
    let threads = Threads::Sequential;
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, x, &ViewMut::by_rows(&mut y, rows, columns)));
    let mut call = move || {
        let view = ViewMut::by_rows(&mut y, rows, columns);
        plan.multiply_into(threads, &case.values, x, view, &mut scratch);
        y[0]
    };
    assert_eq!(call(), expected[0]);
    System { product: "spmm", name: "ours", plan_seconds, call: Box::new(move || _ = call()) }
}

/// The same kernels on the matrix with its zeros, whose rows share every load.
fn ours_as_dense(case: &'static Case, expected: &[f32]) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let pattern = Pattern::dense(rows, middle).expect("a pattern");
    let values = dense_of(case);
    let (plan, plan_seconds) = timed(|| ProductPlan::new(Isa::detected(), &pattern));
    let mut y = AlignedBuffer::new(rows * columns);
    let x = View::by_rows(&case.x, middle, columns);
    let threads = Threads::Sequential;
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, x, &ViewMut::by_rows(&mut y, rows, columns)));
    let mut product = move || {
        let view = ViewMut::by_rows(&mut y, rows, columns);
        plan.multiply_into(threads, &values, x, view, &mut scratch);
        y[0]
    };
    check(&[product()], &expected[..1], "ours, as dense");
    System { product: "spmm", name: "ours, as dense", plan_seconds, call: Box::new(move || _ = product()) }
}

fn ours_on_two(case: &'static Case, pool: &'static rayon::ThreadPool) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let plan = ProductPlan::new(Isa::detected(), &case.pattern);
    let mut y = AlignedBuffer::new(rows * columns);
    let x = View::by_rows(&case.x, middle, columns);
    let threads = Threads::Pool(pool);
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, x, &ViewMut::by_rows(&mut y, rows, columns)));
    let call = Box::new(move || {
        let view = ViewMut::by_rows(&mut y, rows, columns);
        plan.multiply_into(threads, &case.values, x, view, &mut scratch);
    });
    System { product: "spmm", name: "ours-2", plan_seconds: 0.0, call }
}

fn ours_transposed(case: &'static Case, expected: &[f32]) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (plan, plan_seconds) = timed(|| TransposedPlan::new(Isa::detected(), &case.pattern));
    let mut y = AlignedBuffer::new(middle * columns);
    let g = View::by_rows(&case.g, rows, columns);
    let threads = Threads::Sequential;
    let mut scratch =
        AlignedBuffer::new(plan.scratch_len(threads, g, &ViewMut::by_rows(&mut y, middle, columns)));
    let mut call = move || {
        let view = ViewMut::by_rows(&mut y, middle, columns);
        plan.multiply_into(threads, &case.values, g, view, &mut scratch);
        y[0]
    };
    assert_eq!(call(), expected[0]);
    System { product: "transposed", name: "ours", plan_seconds, call: Box::new(move || _ = call()) }
}

fn ours_sampled(case: &'static Case) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let (plan, plan_seconds) = timed(|| ProductPlan::new(Isa::detected(), &case.pattern));
    let (g, x) = (View::by_rows(&case.g, rows, columns), View::by_rows(&case.x, middle, columns));
    let mut values = vec![0.0; case.pattern.nnz()];
    let call = Box::new(move || plan.sample_into(Threads::Sequential, g, x, &mut values, &mut []));
    System { product: "sampled", name: "ours", plan_seconds, call }
}

fn sprs(case: &'static Case, expected: &[f32]) -> System {
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
    check(&y, expected, "sprs");
    System { product: "spmm", name: "sprs", plan_seconds, call: Box::new(move || product(&mut y)) }
}

fn dense_of(case: &Case) -> Vec<f32> {
    let mut dense = vec![0.0; case.pattern.rows() * case.pattern.columns()];
    case.pattern.expand(&case.values, &mut dense);
    dense
}

/// By way of `ndarray`, whose product of `f32` it is.
fn dense_matrixmultiply(case: &'static Case, expected: &[f32]) -> System {
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
    check(&y, expected, "matrixmultiply");
    let call = Box::new(move || product(&mut y));
    System { product: "spmm", name: "matrixmultiply, dense", plan_seconds, call }
}

/// By columns, as it wants its matrices; its products of dense ones are those of the package `gemm`.
fn dense_faer(case: &'static Case, expected: &[f32]) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let dense = dense_of(case);
    let (a, plan_seconds) = timed(|| Mat::from_fn(rows, middle, |row, column| dense[row * middle + column]));
    let x = Mat::from_fn(middle, columns, |row, column| case.x[row * columns + column]);
    let mut y = Mat::<f32>::zeros(rows, columns);
    let mut product = move || {
        faer::linalg::matmul::matmul(y.as_mut(), Accum::Replace, a.as_ref(), x.as_ref(), 1.0, Par::Seq);
        y[(0, 0)]
    };
    check(&[product()], &expected[..1], "faer, dense");
    System {
        product: "spmm",
        name: "gemm of faer, dense",
        plan_seconds,
        call: Box::new(move || _ = product()),
    }
}

/// By columns, as it wants its matrices.
fn faer_sparse(case: &'static Case, expected: &[f32]) -> System {
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
    let mut product = move || {
        let (a, x) = (a.as_ref(), x.as_ref());
        faer::sparse::linalg::matmul::sparse_dense_matmul(y.as_mut(), Accum::Replace, a, x, 1.0, Par::Seq);
        y[(0, 0)]
    };
    check(&[product()], &expected[..1], "faer");
    System { product: "spmm", name: "faer", plan_seconds, call: Box::new(move || _ = product()) }
}

/// The sparse matrix by rows, the dense ones by columns, as it wants them.
fn nalgebra_sparse(case: &'static Case, expected: &[f32]) -> System {
    let (rows, middle, columns) = (case.pattern.rows(), case.pattern.columns(), case.columns);
    let numbers = |numbers: &[u32]| numbers.iter().map(|&number| number as usize).collect::<Vec<usize>>();
    let (starts, indices) = (numbers(case.pattern.starts()), numbers(case.pattern.indices()));
    let (a, plan_seconds) = timed(|| {
        CsrMatrix::try_from_csr_data(rows, middle, starts, indices, case.values.to_vec()).expect("a matrix")
    });
    let x = DMatrix::from_row_slice(middle, columns, &case.x);
    let mut y = DMatrix::<f32>::zeros(rows, columns);
    let mut product = move || {
        spmm_csr_dense(0.0, &mut y, 1.0, Op::NoOp(&a), Op::NoOp(&x));
        y[(0, 0)]
    };
    check(&[product()], &expected[..1], "nalgebra-sparse");
    System { product: "spmm", name: "nalgebra-sparse", plan_seconds, call: Box::new(move || _ = product()) }
}
