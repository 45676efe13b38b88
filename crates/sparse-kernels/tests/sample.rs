//! Products of rows where a pattern has entries, against the definition.

mod common;
#[path = "common/matrices.rs"]
mod matrices;

use common::{Draw, cases};
use matrices::{Float, Layout, Scratch, alive, fixed_pattern, numbers, plain_numbers};
use numerics::Isa;
use sparse_kernels::product::{ProductPlan, View};
use sparse_kernels::{Pattern, Threads, naive};

/// Products of rows to be.
struct Case<T> {
    pattern: Pattern,
    columns: usize,
    y: (Vec<T>, Layout),
    x: (Vec<T>, Layout),
    values: Vec<T>,
    add: bool,
}

impl<T: Float> Case<T> {
    fn draw(draw: &mut Draw) -> Case<T> {
        let most = if cfg!(miri) { 8 } else { draw.one_of(&[9, 40, 150]) };
        let [rows, middle] = draw.sizes([most, most]);
        let any = draw.below(70);
        let columns = draw.one_of(&[1, 3, 8, 15, 16, 17, 49, 64, 100, any]);
        Case::new(draw, rows, middle, if cfg!(miri) { columns.min(17) } else { columns })
    }

    fn new(draw: &mut Draw, rows: usize, middle: usize, columns: usize) -> Case<T> {
        let pattern = draw.pattern(rows, middle);
        let mut matrix = |rows: usize| {
            let layout = Layout::draw(draw);
            (numbers(draw, layout.len(rows, columns)), layout)
        };
        let (y, x) = (matrix(rows), matrix(middle));
        let values = numbers(draw, pattern.nnz());
        Case { add: draw.below(2) == 0, pattern, columns, y, x, values }
    }

    /// Of numbers that nothing special hides.
    fn plain(pattern: Pattern, columns: usize, [y_layout, x_layout]: [Layout; 2], add: bool) -> Case<T> {
        let mut draw = Draw::new("plain", columns as u64);
        let mut numbers = |count| plain_numbers(&mut draw, count);
        let y = (numbers(y_layout.len(pattern.rows(), columns)), y_layout);
        let x = (numbers(x_layout.len(pattern.columns(), columns)), x_layout);
        Case { values: numbers(pattern.nnz()), pattern, columns, y, x, add }
    }

    fn views(&self) -> [View<'_, T>; 2] {
        let (rows, middle) = (self.pattern.rows(), self.pattern.columns());
        [self.y.1.view(&self.y.0, rows, self.columns), self.x.1.view(&self.x.0, middle, self.columns)]
    }

    fn expected(&self) -> Vec<u64> {
        let mut values = self.values.clone();
        let [y, x] = self.views();
        naive::sample(&self.pattern, y, x, &mut values, self.add);
        values.into_iter().map(T::bits).collect()
    }

    fn found(&self, isa: Isa, threads: Threads<'_>) -> Vec<u64> {
        let plan = ProductPlan::new(isa, &self.pattern);
        let mut values = self.values.clone();
        let [y, x] = self.views();
        let mut scratch = Scratch::new(plan.sample_scratch_len(y, x), if self.add { 300 } else { 0 });
        if self.add {
            plan.sample_acc(threads, y, x, &mut values, &mut scratch.numbers);
        } else {
            plan.sample_into(threads, y, x, &mut values, &mut scratch.numbers);
        }
        scratch.check();
        values.into_iter().map(T::bits).collect()
    }

    /// With every instruction set they have the bits of the definition.
    fn check(&self, threads: Threads<'_>, name: &str) {
        let expected = self.expected();
        let (rows, middle) = (self.pattern.rows(), self.pattern.columns());
        for isa in Isa::available() {
            let found = self.found(isa, threads);
            assert_eq!(found, expected, "{name}, {isa}: {rows} x {middle}, rows of {}", self.columns);
        }
    }
}

fn check<T: Float>(name: &str) {
    for seed in 0..cases(400) {
        let case = Case::<T>::draw(&mut Draw::new(name, seed));
        case.check(Threads::Sequential, &format!("seed {seed}"));
    }
}

#[test]
fn samples_of_f32_have_the_bits_of_the_definition() {
    check::<f32>("samples");
}

#[test]
fn samples_of_f64_have_the_bits_of_the_definition() {
    check::<f64>("samples of f64");
}

/// Rows of several lines, in slabs, copied and not, and small enough for an interpreter.
fn check_parts<T: Float>() {
    use Layout::{Columns, Rows};
    for (layouts, add) in [([Rows, Columns], true), ([Columns, Rows], false), ([Rows, Rows], true)] {
        let case = Case::<T>::plain(fixed_pattern(5, 70, 9), 100, layouts, add);
        assert!(alive(&case.expected()) > 5 * 70 / 2);
        case.check(Threads::Sequential, "parts");
    }
}

#[test]
fn samples_of_f32_in_many_parts_have_the_bits_of_the_definition() {
    check_parts::<f32>();
}

#[test]
fn samples_of_f64_in_many_parts_have_the_bits_of_the_definition() {
    check_parts::<f64>();
}

/// Where rows are short entries go one by one, of windows of 512 rows; where they are less short only with one column.
fn check_short_rows<T: Float>(threads: Threads<'_>) {
    let rows = if cfg!(miri) { 21 } else { 1100 };
    // the last has one long row, and too many entries for an interpreter
    let all = [([1, 0, 3, 0, 1, 2], None), ([2, 1, 4, 0, 3, 2], None), ([1, 0, 2, 0, 1, 1], Some(9))];
    for (lengths, long) in all.into_iter().take(if cfg!(miri) { 2 } else { 3 }) {
        let length = |row: usize| if Some(row) == long { 35 } else { lengths[row % 6] };
        let triplets: Vec<(usize, usize)> =
            (0..rows).flat_map(|row| (0..length(row)).map(move |k| (row, (7 * row + 11 * k) % 40))).collect();
        let pattern = Pattern::from_triplets(rows, 40, &triplets).expect("a pattern");
        for columns in [1, 2, 4, 8, 9, 16, 33, if cfg!(miri) { 17 } else { 100 }] {
            for (layouts, add) in [
                ([Layout::Rows, Layout::Rows], false),
                ([Layout::Rows, Layout::Columns], true),
                ([Layout::Apart(1, 1), Layout::Apart(3, 0)], true),
            ] {
                let case = Case::<T>::plain(pattern.clone(), columns, layouts, add);
                assert!(alive(&case.expected()) > pattern.nnz() / 2);
                case.check(threads, &format!("short rows of {lengths:?} and {long:?}"));
            }
        }
    }
}

#[test]
fn samples_of_f32_of_short_rows_have_the_bits_of_the_definition() {
    check_short_rows::<f32>(Threads::Sequential);
}

#[test]
fn samples_of_f64_of_short_rows_have_the_bits_of_the_definition() {
    check_short_rows::<f64>(Threads::Sequential);
}

#[cfg(feature = "rayon")]
#[test]
fn samples_of_short_rows_do_not_depend_on_threads() {
    for threads in [2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        check_short_rows::<f32>(Threads::Pool(&pool));
        check_short_rows::<f64>(Threads::Pool(&pool));
    }
}

#[cfg(feature = "rayon")]
fn check_threads<T: Float>() {
    use Layout::{Columns, Rows};
    for (index, [rows, middle, columns]) in [[300, 70, 33], [129, 5, 16], [3, 3, 3]].into_iter().enumerate() {
        let (rows, middle) = if cfg!(miri) { (rows.min(130), middle.min(5)) } else { (rows, middle) };
        let layouts = [[Rows, Columns], [Rows, Rows], [Columns, Rows]][index];
        let case = Case::<T>::plain(fixed_pattern(rows, middle, 6), columns, layouts, index % 2 == 0);
        assert!(alive(&case.expected()) >= case.pattern.nnz() / 2 && case.pattern.nnz() > 0);
        for threads in [1, 2, 3, 7, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            case.check(Threads::Pool(&pool), &format!("{threads} threads"));
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn samples_of_f32_do_not_depend_on_threads() {
    check_threads::<f32>();
}

#[cfg(feature = "rayon")]
#[test]
fn samples_of_f64_do_not_depend_on_threads() {
    check_threads::<f64>();
}

fn sample(values: usize, y: [usize; 2], x: [usize; 2]) {
    let plan = ProductPlan::new(Isa::detected(), &Pattern::dense(3, 4).expect("a pattern"));
    let (y_numbers, x_numbers) = (vec![0.0_f32; y[0] * y[1]], vec![0.0; x[0] * x[1]]);
    let (y, x) = (View::by_rows(&y_numbers, y[0], y[1]), View::by_rows(&x_numbers, x[0], x[1]));
    plan.sample_into(Threads::Sequential, y, x, &mut vec![0.0; values], &mut []);
}

#[test]
#[should_panic(expected = "one value an entry\n  left: 11\n right: 12")]
fn values_that_do_not_fit_are_refused() {
    sample(11, [3, 2], [4, 2]);
}

#[test]
#[should_panic(expected = "a row of the left matrix for each row of the pattern\n  left: 4\n right: 3")]
fn left_matrices_that_do_not_fit_are_refused() {
    sample(12, [4, 2], [4, 2]);
}

#[test]
#[should_panic(expected = "a row of the right matrix for each column of the pattern\n  left: 3\n right: 4")]
fn right_matrices_that_do_not_fit_are_refused() {
    sample(12, [3, 2], [3, 2]);
}

#[test]
#[should_panic(expected = "scratch of 47 numbers, 48 are needed")]
fn scratch_that_is_too_short_is_refused() {
    let plan = ProductPlan::new(Isa::detected(), &Pattern::dense(3, 4).expect("a pattern"));
    let (y, x) = ([0.0_f32; 6], [0.0; 8]);
    let (y, x) = (View::by_columns(&y, 3, 2), View::by_rows(&x, 4, 2));
    // a cache line for each row of the left matrix, whose rows do not lie side by side
    plan.sample_into(Threads::Sequential, y, x, &mut [0.0; 12], &mut [0.0; 47]);
}

#[test]
#[should_panic(expected = "columns of the left and of the right matrix\n  left: 2\n right: 3")]
fn columns_that_differ_are_refused() {
    sample(12, [3, 2], [4, 3]);
}
