//! Views at the limits of what can be said: more columns than memory holds, strides that lead nowhere, no rows, no columns.

#[path = "common/refusal.rs"]
mod refusal;

use numerics::Isa;
use refusal::assert_refused;
use sparse_kernels::product::{Number, ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{Pattern, Threads};

/// A number that tests make.
trait Float: Number {
    fn of(number: usize) -> Self;
}

impl Float for f32 {
    fn of(number: usize) -> f32 {
        number as f32 / 3.0
    }
}

impl Float for f64 {
    fn of(number: usize) -> f64 {
        number as f64 / 3.0
    }
}

/// Numbers of which the first begins a cache line, if it is known where one begins.
struct Aligned<T> {
    numbers: Vec<T>,
    start: usize,
}

impl<T: Float> Aligned<T> {
    fn new(count: usize) -> Aligned<T> {
        let numbers: Vec<T> = (0..count + 16).map(T::of).collect();
        let start = numbers.as_ptr().align_offset(64).min(15);
        Aligned { numbers, start }
    }

    fn get(&self) -> &[T] {
        &self.numbers[self.start..self.numbers.len() - 16 + self.start]
    }
}

fn plan(rows: usize, columns: usize) -> ProductPlan {
    ProductPlan::new(Isa::detected(), &Pattern::dense(rows, columns).expect("a pattern"))
}

fn check_endless_rows<T: Float>() {
    let plan = plan(1, 1);
    let number = [T::of(1)];
    // one number is every column; filled up to whole lines, some of these would be no columns at all
    for columns in [usize::MAX, usize::MAX - 6, usize::MAX - 14, usize::MAX / 2 + 1] {
        let view = View::strided(&number, 1, columns, [0, 0]);
        assert_eq!(view.get(0, columns - 1), T::of(1));
        for sample in [ProductPlan::sample_into::<T>, ProductPlan::sample_acc::<T>] {
            let work = || sample(&plan, Threads::Sequential, view, view, &mut [T::ZERO], &mut []);
            assert_refused("numbers do not fit the address space", work);
        }
        let work = || _ = plan.sample_scratch_len(view, view);
        assert_refused("numbers do not fit the address space", work);
    }
    let columns = usize::MAX / 8 + 1;
    let view = View::strided(&number, 1, columns, [0, 0]);
    let work = || plan.sample_into(Threads::Sequential, view, view, &mut [T::ZERO], &mut []);
    assert_refused(&format!("scratch of 0 numbers, {} are needed", 2 * columns), work);
}

#[test]
fn rows_that_no_memory_holds_are_refused_by_products_of_rows() {
    check_endless_rows::<f32>();
    check_endless_rows::<f64>();
}

/// Strides from a row or a column to a next one that is not there.
const NOWHERE: [usize; 5] = [usize::MAX, usize::MAX / 2, usize::MAX / 4 + 1, 1, 0];

fn check_single_rows<T: Float>(columns: usize) {
    let (rows, threads) = (12, Threads::Sequential);
    let (values, numbers) = (Aligned::<T>::new(rows), Aligned::<T>::new(rows * columns));
    let (row, whole) = (&numbers.get()[..columns], numbers.get());
    for stride in NOWHERE {
        // a matrix of one column, whose input has one row
        let product = |x| {
            let mut y = vec![T::ZERO; rows * columns];
            let plan = plan(rows, 1);
            let view = ViewMut::by_rows(&mut y, rows, columns);
            let mut scratch = vec![T::ZERO; plan.scratch_len(threads, x, &view)];
            plan.multiply_into(threads, values.get(), x, view, &mut scratch);
            y
        };
        let found = product(View::strided(row, 1, columns, [stride, 1]));
        assert_eq!(found, product(View::by_rows(row, 1, columns)), "{stride}");

        // a matrix of one row, whose output has one row
        let product = |stride| {
            let mut y = vec![T::of(1); columns];
            let plan = plan(1, rows);
            let x = View::by_rows(whole, rows, columns);
            let view = ViewMut::strided(&mut y, 1, columns, [stride, 1]);
            let mut scratch = vec![T::ZERO; plan.scratch_len(threads, x, &view)];
            plan.multiply_acc(threads, values.get(), x, view, &mut scratch);
            y
        };
        assert_eq!(product(stride), product(columns), "{stride}");
    }
}

#[test]
fn the_stride_of_a_single_row_does_not_matter() {
    for columns in [1, 2, 8, 40] {
        check_single_rows::<f32>(columns);
        check_single_rows::<f64>(columns);
    }
}

fn check_no_numbers<T: Float>() {
    let (plan, threads) = (plan(5, 3), Threads::Sequential);
    let ones = [T::of(3); 5];
    for stride in NOWHERE {
        // rows of no numbers
        let [y, x] = [5, 3].map(|rows| View::strided(&[], rows, 0, [stride, stride]));
        let mut values = [T::of(2); 15];
        plan.sample_acc(threads, y, x, &mut values, &mut []);
        assert_eq!(values, [T::of(2); 15]);
        plan.sample_into(threads, y, x, &mut values, &mut []);
        assert_eq!(values, [T::ZERO; 15]);
        plan.multiply_into(threads, &values, x, ViewMut::strided(&mut [], 5, 0, [stride, stride]), &mut []);

        // rows of one number
        let [y, x] = [5, 3].map(|rows| View::strided(&ones, rows, 1, [1, stride]));
        plan.sample_into(threads, y, x, &mut values, &mut []);
        assert_eq!(values, [T::of(3); 15]);
    }
}

#[test]
fn strides_between_no_numbers_do_not_matter() {
    check_no_numbers::<f32>();
    check_no_numbers::<f64>();
}

/// Five rows.
fn five_rows(y: &mut [f64]) -> ViewMut<'_, f64> {
    let columns = y.len() / 5;
    ViewMut::by_rows(y, 5, columns)
}

/// An input without rows has no address of which there could be a next.
#[test]
fn products_with_matrices_without_columns_are_zero() {
    let (pattern, threads) = (Pattern::dense(5, 0).expect("a pattern"), Threads::Sequential);
    for isa in Isa::available() {
        let plan = ProductPlan::new(isa, &pattern);
        let transposed = TransposedPlan::new(isa, &Pattern::dense(0, 5).expect("a pattern"));
        for (columns, stride) in [1, 3, 200].into_iter().flat_map(|n| NOWHERE.map(|stride| (n, stride))) {
            let x = View::strided(&[], 0, columns, [stride, stride]);
            let mut y = vec![1.0; 5 * columns];
            let needed = plan.scratch_len(threads, x, &five_rows(&mut y));
            let mut scratch = vec![0.0; needed.max(transposed.scratch_len(threads, x, &five_rows(&mut y)))];
            plan.multiply_acc(threads, &[], x, five_rows(&mut y), &mut scratch);
            transposed.multiply_acc(threads, &[], x, five_rows(&mut y), &mut scratch);
            assert_eq!(y, vec![1.0; 5 * columns], "{isa}, {columns} columns");
            plan.multiply_into(threads, &[], x, five_rows(&mut y), &mut scratch);
            assert_eq!(y, vec![0.0; 5 * columns], "{isa}, {columns} columns");
            y.fill(1.0);
            transposed.multiply_into(threads, &[], x, five_rows(&mut y), &mut scratch);
            assert_eq!(y, vec![0.0; 5 * columns], "{isa}, {columns} columns, transposed");
        }
    }
}

#[test]
fn products_of_matrices_without_rows_are_nothing_however_many_columns_it_has() {
    let plan = plan(0, 3);
    let transposed = TransposedPlan::new(Isa::detected(), &Pattern::dense(3, 0).expect("a pattern"));
    for columns in [usize::MAX, usize::MAX - 14, 7] {
        let x = View::strided(&[1.0_f32], 3, columns, [0, 0]);
        let y = || ViewMut::by_rows(&mut [], 0, columns);
        assert_eq!(plan.scratch_len(Threads::Sequential, x, &y()), 0);
        plan.multiply_into(Threads::Sequential, &[], x, y(), &mut []);
        assert_eq!(transposed.scratch_len(Threads::Sequential, x, &y()), 0);
        transposed.multiply_into(Threads::Sequential, &[], x, y(), &mut []);
    }
}
