//! Products of one sparse matrix with dense ones, against the definition.

mod common;
#[path = "common/matrices.rs"]
mod matrices;

use common::{Draw, cases};
use matrices::{Float, Layout, Scratch, alive, fixed_pattern, numbers, plain_numbers};
use numerics::Isa;
use sparse_kernels::product::{ProductPlan, TransposedPlan, View, ViewMut, is_faster_with_zeros};
use sparse_kernels::{Pattern, Threads, naive};

/// One product to be.
struct Case<T> {
    pattern: Pattern,
    values: Vec<T>,
    columns: usize,
    x: Vec<T>,
    x_layout: Layout,
    y: Vec<T>,
    y_layout: Layout,
    add: bool,
}

impl<T: Float> Case<T> {
    fn draw(draw: &mut Draw) -> Case<T> {
        let most = if cfg!(miri) { 8 } else { 70 };
        let wide = if cfg!(miri) { 8 } else { draw.one_of(&[40, 150, 260]) };
        let [rows, middle] = draw.sizes([most, wide]);
        let any = draw.below(70);
        let columns = draw.one_of(&[1, 1, 3, 8, 9, 16, 24, 49, 64, 130, any]);
        let columns = if cfg!(miri) { columns.min(17) } else { columns };
        Case::new(draw, rows, middle, columns)
    }

    fn new(draw: &mut Draw, rows: usize, middle: usize, columns: usize) -> Case<T> {
        let mut pattern = draw.pattern(rows, middle);
        if draw.below(4) == 0 {
            // every row as the first: rows that share their loads
            let mask: Vec<bool> =
                (0..rows * middle).map(|place| pattern.position(0, place % middle).is_some()).collect();
            pattern = Pattern::from_mask(rows, middle, &mask).expect("a mask of the right length");
        }
        let (x_layout, y_layout) = (Layout::draw(draw), Layout::draw(draw));
        let add = draw.below(2) == 0;
        let mut y = numbers(draw, y_layout.len(rows, columns));
        if !add && draw.below(4) == 0 {
            y.fill(T::NAN);
        }
        let x = numbers(draw, x_layout.len(middle, columns));
        Case { values: numbers(draw, pattern.nnz()), x, x_layout, y, y_layout, pattern, columns, add }
    }

    /// Of numbers that nothing special hides.
    fn plain(pattern: Pattern, columns: usize, [x_layout, y_layout]: [Layout; 2], add: bool) -> Case<T> {
        let mut draw = Draw::new("plain", columns as u64);
        let mut numbers = |count| plain_numbers(&mut draw, count);
        let x = numbers(x_layout.len(pattern.columns(), columns));
        let y = numbers(y_layout.len(pattern.rows(), columns));
        Case { values: numbers(pattern.nnz()), x, x_layout, y, y_layout, pattern, columns, add }
    }

    fn x(&self) -> View<'_, T> {
        self.x_layout.view(&self.x, self.pattern.columns(), self.columns)
    }

    fn y<'y>(&self, y: &'y mut [T]) -> ViewMut<'y, T> {
        let (rows, columns) = (self.pattern.rows(), self.columns);
        ViewMut::strided(y, rows, columns, self.y_layout.strides(rows, columns))
    }

    /// The whole memory of the output after the definition: what lies between rows stays what it was.
    fn expected(&self) -> Vec<u64> {
        let mut y = self.y.clone();
        naive::product(&self.pattern, &self.values, self.x(), &mut self.y(&mut y), self.add);
        y.into_iter().map(T::bits).collect()
    }

    fn found(&self, plan: &ProductPlan, threads: Threads<'_>) -> Vec<u64> {
        let mut y = self.y.clone();
        let view = self.y(&mut y);
        let mut scratch = self.scratch(plan.scratch_len(threads, self.x(), &view));
        if self.add {
            plan.multiply_acc(threads, &self.values, self.x(), view, &mut scratch.numbers);
        } else {
            plan.multiply_into(threads, &self.values, self.x(), view, &mut scratch.numbers);
        }
        scratch.check();
        y.into_iter().map(T::bits).collect()
    }

    /// As long as it must be, or longer.
    fn scratch(&self, needed: usize) -> Scratch<T> {
        Scratch::new(needed, if self.add { 300 } else { 0 })
    }

    /// The same by a plan for the transpose of the transpose, with the values in the order of the transpose.
    fn found_transposed(&self, isa: Isa, threads: Threads<'_>) -> Vec<u64> {
        let (transpose, order) = self.pattern.transpose();
        let values: Vec<T> = order.iter().map(|&entry| self.values[entry as usize]).collect();
        let plan = TransposedPlan::new(isa, &transpose);
        let mut y = self.y.clone();
        let view = self.y(&mut y);
        let mut scratch = self.scratch(plan.scratch_len(threads, self.x(), &view));
        if self.add {
            plan.multiply_acc(threads, &values, self.x(), view, &mut scratch.numbers);
        } else {
            plan.multiply_into(threads, &values, self.x(), view, &mut scratch.numbers);
        }
        scratch.check();
        y.into_iter().map(T::bits).collect()
    }

    /// Both products, with every instruction set, have the bits of the definition.
    fn check(&self, threads: Threads<'_>, name: &str) {
        let expected = self.expected();
        for isa in Isa::available() {
            let plan = ProductPlan::new(isa, &self.pattern);
            assert_eq!(plan.pattern(), &self.pattern);
            assert_eq!(self.found(&plan, threads), expected, "{name}, {isa}: {}", self.what());
            let transposed = self.found_transposed(isa, threads);
            assert_eq!(transposed, expected, "{name}, {isa}, transposed: {}", self.what());
        }
    }

    fn what(&self) -> String {
        let (rows, middle) = (self.pattern.rows(), self.pattern.columns());
        format!(
            "{rows} x {middle} x {}, {} entries, {:?} to {:?}, add {}",
            self.columns,
            self.pattern.nnz(),
            self.x_layout,
            self.y_layout,
            self.add
        )
    }
}

fn check<T: Float>(name: &str) {
    for seed in 0..cases(400) {
        let case = Case::<T>::draw(&mut Draw::new(name, seed));
        case.check(Threads::Sequential, &format!("seed {seed}"));
    }
}

#[test]
fn products_of_f32_have_the_bits_of_the_definition() {
    check::<f32>("products");
}

#[test]
fn products_of_f64_have_the_bits_of_the_definition() {
    check::<f64>("products of f64");
}

/// Products large enough for several slabs, panels, copies and values that are put in order, and small enough for an
/// interpreter.
fn check_parts<T: Float>() {
    use Layout::{Columns, Rows};
    for ([rows, middle, columns], layouts, add) in [
        // rows of the input are used often enough to be copied
        ([11, 130, 70], [Rows, Columns], true),
        // columns are copied, whatever they are used for
        ([5, 130, 70], [Columns, Rows], false),
        ([5, 130, 70], [Rows, Rows], true),
    ] {
        let case = Case::<T>::plain(fixed_pattern(rows, middle, 10), columns, layouts, add);
        assert!(alive(&case.expected()) > rows * columns / 2);
        case.check(Threads::Sequential, "parts");
    }
}

#[test]
fn products_of_f32_in_many_parts_have_the_bits_of_the_definition() {
    check_parts::<f32>();
}

#[test]
fn products_of_f64_in_many_parts_have_the_bits_of_the_definition() {
    check_parts::<f64>();
}

/// More entries than near slabs are for, so that slabs are larger; not for an interpreter.
#[test]
#[cfg_attr(miri, ignore = "takes hours there")]
fn products_of_many_entries_have_the_bits_of_the_definition() {
    use Layout::{Columns, Rows};
    for (layouts, add) in [([Rows, Rows], false), ([Columns, Rows], true)] {
        let case = Case::<f32>::plain(fixed_pattern(128, 4096, 9), 64, layouts, add);
        assert!(case.pattern.nnz() > 350_000);
        case.check(Threads::Sequential, "many entries");
    }
}

/// One column, and as many as a register of some instruction set holds, all side by side: transposed products add each entry
/// to the row that it belongs to, in a loop for each row where these are long, and else in one for all.
fn check_registers<T: Float>() {
    for columns in [1, 2, 4, 8, 16] {
        // the transposed plan is of the transpose, whose rows have about 4 and 18 entries
        for [rows, middle] in [[9, 20], [40, 9]] {
            for add in [false, true] {
                let pattern = fixed_pattern(rows, middle, 6);
                let case = Case::<T>::plain(pattern, columns, [Layout::Rows; 2], add);
                assert!(alive(&case.expected()) > rows * columns / 2);
                case.check(Threads::Sequential, "registers");
            }
        }
    }
}

#[test]
fn products_of_f32_in_single_registers_have_the_bits_of_the_definition() {
    check_registers::<f32>();
}

#[test]
fn products_of_f64_in_single_registers_have_the_bits_of_the_definition() {
    check_registers::<f64>();
}

/// Products with a vector go by rows in lanes, entry by entry where rows are short, or by rows in turns where columns are
/// many or numbers of the input lie apart; rows are sorted in windows of 512.
fn check_vectors<T: Float>(threads: Threads<'_>) {
    let rows = if cfg!(miri) { 21 } else { 1100 };
    // as many entries in a row as its place tells
    type Len = fn(usize) -> usize;
    let pattern = |columns: usize, len: Len| {
        let triplets: Vec<(usize, usize)> = (0..rows)
            // from the last column down
            .flat_map(|row| {
                (0..len(row))
                    .map(move |k| (row, columns - 1 - (7 * row + (columns / 64).max(1) * k) % columns))
            })
            .collect();
        assert!(columns == 40 || triplets.iter().any(|&(_, column)| column == columns - 1));
        Pattern::from_triplets(rows, columns, &triplets).expect("a pattern")
    };
    let ways: [(&str, usize, Len); 10] = [
        ("no rest", 40, |_| 8),
        ("a rest of one", 40, |_| 9),
        ("a rest of two", 40, |_| 6),
        ("a rest of three", 40, |_| 3),
        ("lengths of all kinds", 40, |row| row * row % 14),
        ("the last columns of words", 1 << 16, |row| 11 - row % 11),
        ("short rows", 40, |row| [1, 0, 3, 0, 1][row % 5]),
        ("short rows, the last columns of places", 1 << 16, |row| [1, 0, 3, 0, 1][row % 5]),
        ("short rows but one", 40, |row| if row == 9 { 35 } else { usize::from(row % 16 == 1) }),
        ("more columns than words tell apart", (1 << 16) + 1, |row| 11 - row % 11),
    ];
    for (name, columns, len) in ways {
        // so many numbers are too many for an interpreter
        if cfg!(miri) && columns > 40 {
            continue;
        }
        for (layouts, add) in [
            ([Layout::Rows, Layout::Rows], false),
            ([Layout::Rows, Layout::Apart(2, 0)], true),
            ([Layout::Apart(1, 1), Layout::Rows], true),
        ] {
            let case = Case::<T>::plain(pattern(columns, len), 1, layouts, add);
            let filled = (0..rows).filter(|&row| len(row) > 0).count();
            assert!(alive(&case.expected()) > filled / 2, "{name}");
            case.check(threads, name);
        }
    }
}

#[test]
fn products_of_f32_with_a_vector_have_the_bits_of_the_definition() {
    check_vectors::<f32>(Threads::Sequential);
}

#[test]
fn products_of_f64_with_a_vector_have_the_bits_of_the_definition() {
    check_vectors::<f64>(Threads::Sequential);
}

#[cfg(feature = "rayon")]
#[test]
fn products_with_a_vector_do_not_depend_on_threads() {
    for threads in [2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        check_vectors::<f32>(Threads::Pool(&pool));
    }
}

#[cfg(feature = "rayon")]
fn check_threads<T: Float>() {
    use Layout::{Columns, Rows};
    let sizes = [[300, 200, 70], [700, 40, 1], [129, 130, 9], [3, 3, 3], [0, 3, 2]];
    for (index, [rows, middle, columns]) in sizes.into_iter().enumerate() {
        let most = if cfg!(miri) { [130, 4, 9] } else { [usize::MAX; 3] };
        let (rows, middle, columns) = (rows.min(most[0]), middle.min(most[1]), columns.min(most[2]));
        let layouts = [[Rows, Columns], [Rows, Rows], [Columns, Rows]][index % 3];
        let case = Case::<T>::plain(fixed_pattern(rows, middle, 6), columns, layouts, index % 2 == 0);
        assert!(alive(&case.expected()) >= rows * columns / 2);
        for threads in [1, 2, 3, 7, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            case.check(Threads::Pool(&pool), &format!("{threads} threads"));
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn products_of_f32_do_not_depend_on_threads() {
    check_threads::<f32>();
}

#[cfg(feature = "rayon")]
#[test]
fn products_of_f64_do_not_depend_on_threads() {
    check_threads::<f64>();
}

/// Of sizes with several panels, which threads share out where they divide them; the last has one panel, which on AVX2 is
/// two chunks of `f32`.
#[cfg(feature = "rayon")]
fn check_panels<T: Float>() {
    use Layout::{Apart, Columns, Rows};
    // rows, columns, columns of the dense matrices, and tenths that are kept: rows with many entries, and with a few
    let sizes =
        [[300, 90, 256, 6], [300, 90, 256, 1], [90, 100, 256, 6], [150, 80, 384, 6], [129, 130, 40, 6]];
    let sizes = if cfg!(miri) { &[[9, 4, 128, 6]][..] } else { &sizes };
    let layouts = [[Columns, Rows], [Rows, Columns], [Rows, Rows], [Apart(3, 1), Apart(1, 1)]];
    let layouts = if cfg!(miri) { &layouts[..1] } else { &layouts };
    for (index, &[rows, middle, columns, tenths]) in sizes.iter().enumerate() {
        for (turn, &layouts) in layouts.iter().enumerate() {
            let add = (index + turn / 2) % 2 == 0;
            let case = Case::<T>::plain(fixed_pattern(rows, middle, tenths), columns, layouts, add);
            assert!(cfg!(miri) || alive(&case.expected()) >= rows * columns / 2);
            let threads = [2, 16, 4, 3][(index + turn) % 4];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            case.check(Threads::Pool(&pool), &format!("{threads} threads"));
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn products_of_f32_by_panels_do_not_depend_on_threads() {
    check_panels::<f32>();
}

#[cfg(feature = "rayon")]
#[test]
fn products_of_f64_by_panels_do_not_depend_on_threads() {
    check_panels::<f64>();
}

#[test]
fn infinite_numbers_reach_the_rows_that_read_them_and_no_others() {
    // row 0 reads column 0 with a stored zero, row 1 does not read it
    let pattern = Pattern::from_triplets(2, 2, &[(0, 0), (1, 1)]).expect("a pattern");
    for isa in Isa::available() {
        let plan = ProductPlan::new(isa, &pattern);
        for columns in [1, 2, 9, 40] {
            let mut x = vec![f32::INFINITY; columns];
            x.extend(vec![1.0; columns]);
            let mut y = vec![f32::NAN; 2 * columns];
            let (x, view) = (View::by_rows(&x, 2, columns), ViewMut::by_rows(&mut y, 2, columns));
            plan.multiply_into(Threads::Sequential, &[0.0, 2.0], x, view, &mut []);
            assert!(y[..columns].iter().all(|y| y.is_nan()), "{isa}");
            assert!(y[columns..].iter().all(|&y| y == 2.0), "{isa}");
        }
    }
}

fn product(values: usize, x: [usize; 2], y: [usize; 2]) {
    let plan = ProductPlan::new(Isa::detected(), &Pattern::dense(3, 4).expect("a pattern"));
    let (x_numbers, mut y_numbers) = (vec![0.0_f32; x[0] * x[1]], vec![0.0; y[0] * y[1]]);
    let (x, y) = (View::by_rows(&x_numbers, x[0], x[1]), ViewMut::by_rows(&mut y_numbers, y[0], y[1]));
    plan.multiply_into(Threads::Sequential, &vec![0.0; values], x, y, &mut []);
}

#[test]
#[should_panic(expected = "one value an entry\n  left: 11\n right: 12")]
fn values_that_do_not_fit_are_refused() {
    product(11, [4, 2], [3, 2]);
}

#[test]
#[should_panic(expected = "a row of the input for each column of the matrix\n  left: 3\n right: 4")]
fn inputs_that_do_not_fit_are_refused() {
    product(12, [3, 2], [3, 2]);
}

#[test]
#[should_panic(expected = "a row of the output for each row of the matrix\n  left: 4\n right: 3")]
fn outputs_that_do_not_fit_are_refused() {
    product(12, [4, 2], [4, 2]);
}

#[test]
#[should_panic(expected = "columns of the input and of the output\n  left: 2\n right: 1")]
fn columns_that_differ_are_refused() {
    product(12, [4, 2], [3, 1]);
}

#[test]
#[should_panic(expected = "scratch of 3 numbers, 24 are needed")]
fn scratch_that_is_too_short_is_refused() {
    let plan = ProductPlan::new(Isa::detected(), &Pattern::dense(3, 4).expect("a pattern"));
    let (x, mut y) = ([0.0_f64; 8], [0.0; 6]);
    let (x, y) = (View::by_columns(&x, 4, 2), ViewMut::by_rows(&mut y, 3, 2));
    // a register of columns for each row, and what it takes to begin at a cache line
    plan.multiply_into(Threads::Sequential, &[0.0; 12], x, y, &mut [0.0; 3]);
}

#[test]
fn the_size_of_a_plan_is_that_of_a_few_patterns() {
    for pattern in
        [Draw::new("size", 0).pattern(200, 300), fixed_pattern(200, 300, 1), fixed_pattern(900, 9, 1)]
    {
        let plan = ProductPlan::new(Isa::detected(), &pattern);
        let (rows, entries) = (pattern.rows() + 1, 4 * pattern.nnz());
        assert!(plan.size() >= entries + 4 * rows);
        // beside: for slabs at most a number an entry; for vectors two, or half of one and ten bytes a row; nine a row
        assert!(plan.size() <= 4 * entries + 20 * rows, "{} bytes, {entries}, {rows}", plan.size());
    }
}

/// A zero adds nothing to a sum of finite numbers; it can only turn its sign where it is zero itself.
#[test]
fn zeros_written_out_change_no_number() {
    for seed in 0..cases(60) {
        let mut draw = Draw::new("zeros", seed);
        let [rows, middle] = draw.sizes([20, 40]);
        let columns = draw.one_of(&[1, 8, 17, 64]);
        let pattern = draw.pattern(rows, middle);
        let (values, x) = (draw.numbers(pattern.nnz()), draw.numbers(middle * columns));
        let mut zeros = vec![f32::NAN; rows * middle];
        pattern.expand(&values, &mut zeros);
        let dense = Pattern::dense(rows, middle).expect("a pattern");
        let product = |pattern: &Pattern, values: &[f32]| {
            let plan = ProductPlan::new(Isa::detected(), pattern);
            let (x, mut y) = (View::by_rows(&x, middle, columns), vec![f32::NAN; rows * columns]);
            let view = ViewMut::by_rows(&mut y, rows, columns);
            let mut scratch = vec![0.0; plan.scratch_len(Threads::Sequential, x, &view)];
            plan.multiply_into(Threads::Sequential, values, x, view, &mut scratch);
            y
        };
        assert_eq!(product(&pattern, &values), product(&dense, &zeros), "seed {seed}");
    }
    let of = |kept: usize| {
        let mask: Vec<bool> = (0..100).map(|place| place < kept).collect();
        Pattern::from_mask(10, 10, &mask).expect("a mask")
    };
    for (columns, most) in [(1, 100), (2, 50), (15, 50), (16, 75), (256, 75)] {
        assert!(!is_faster_with_zeros(&of(most), columns), "{columns} columns");
        assert_eq!(is_faster_with_zeros(&of((most + 1).min(100)), columns), columns > 1, "{columns} columns");
    }
}
