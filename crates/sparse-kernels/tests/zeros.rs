//! Zeros written out: a chosen plan against the definition, on what it says that it multiplies.

mod common;
#[allow(dead_code, reason = "only what is drawn is used here")]
#[path = "common/matrices.rs"]
mod matrices;

use std::borrow::Cow;

use common::{Draw, cases};
use matrices::{Float, Layout, numbers};
use numerics::Isa;
use sparse_kernels::product::{ChosenPlan, View, ViewMut, Zeros, is_faster_with_zeros};
use sparse_kernels::{Pattern, PatternError, Threads, naive};

const ALL: [Zeros; 3] = [Zeros::Auto, Zeros::Always, Zeros::Never];

/// The product by a chosen plan, row after row.
fn found<T: Float>(
    chosen: &ChosenPlan,
    threads: Threads<'_>,
    values: &[T],
    x: View<'_, T>,
    before: Option<&[T]>,
) -> Vec<T> {
    let (plan, rows) = (chosen.plan(), chosen.pattern().rows());
    let mut y = before.map_or(vec![T::NAN; rows * x.columns()], <[T]>::to_vec);
    let view = ViewMut::by_rows(&mut y, rows, x.columns());
    let mut scratch = vec![T::NAN; plan.scratch_len(threads, x, &view)];
    if before.is_some() {
        plan.multiply_acc(threads, values, x, view, &mut scratch);
    } else {
        plan.multiply_into(threads, values, x, view, &mut scratch);
    }
    y
}

/// The definition on the pattern as it is, or on one that has every entry.
fn expected<T: Float>(
    pattern: &Pattern,
    written_out: bool,
    values: &[T],
    x: View<'_, T>,
    before: Option<&[T]>,
) -> Vec<T> {
    let (rows, middle, columns) = (pattern.rows(), pattern.columns(), x.columns());
    let mut y = before.map_or(vec![T::NAN; rows * columns], <[T]>::to_vec);
    let view = &mut ViewMut::by_rows(&mut y, rows, columns);
    if written_out {
        let mut all = vec![T::NAN; rows * middle];
        pattern.expand(values, &mut all);
        naive::product(&Pattern::dense(rows, middle).expect("a pattern"), &all, x, view, before.is_some());
    } else {
        naive::product(pattern, values, x, view, before.is_some());
    }
    y
}

fn bits<T: Float>(numbers: Vec<T>) -> Vec<u64> {
    numbers.into_iter().map(T::bits).collect()
}

fn check<T: Float>(name: &str) {
    let (mut written, mut kept) = (0, 0);
    for seed in 0..cases(120) {
        let mut draw = Draw::new(name, seed);
        let [rows, middle] = draw.sizes([20, 60]);
        let columns = draw.one_of(&[1, 3, 8, 17, 40]);
        let columns = if cfg!(miri) { columns.min(9) } else { columns };
        let pattern = draw.pattern(rows, middle);
        let layout = Layout::draw(&mut draw);
        let values: Vec<T> = numbers(&mut draw, pattern.nnz());
        let x: Vec<T> = numbers(&mut draw, layout.len(middle, columns));
        let x = layout.view(&x, middle, columns);
        let before: Vec<T> = numbers(&mut draw, rows * columns);
        for before in [None, Some(&before[..])] {
            for zeros in ALL {
                for isa in Isa::available() {
                    let chosen = ChosenPlan::new(isa, &pattern, columns, zeros).expect("a small pattern");
                    let written_out = chosen.is_written_out();
                    let expected = expected(&pattern, written_out, &values, x, before);
                    let values = chosen.values(&values);
                    let found = found(&chosen, Threads::Sequential, &values, x, before);
                    assert_eq!(bits(found), bits(expected), "seed {seed}, {zeros:?}, {isa}");
                    *if written_out { &mut written } else { &mut kept } += 1;
                }
            }
        }
    }
    assert!(cfg!(miri) || (written > 100 && kept > 100), "{written} written out, {kept} as they are");
}

#[test]
fn products_of_f32_have_the_bits_of_what_was_chosen() {
    check::<f32>("zeros");
}

#[test]
fn products_of_f64_have_the_bits_of_what_was_chosen() {
    check::<f64>("zeros of f64");
}

/// A pattern of ten rows and columns with so many entries.
fn with_entries(count: usize) -> Pattern {
    let mask: Vec<bool> = (0..100).map(|place| place * 37 % 100 < count).collect();
    Pattern::from_mask(10, 10, &mask).expect("a mask")
}

#[test]
fn zeros_are_written_out_where_the_rule_or_the_caller_says_so() {
    for count in [0, 49, 50, 51, 74, 75, 76, 99] {
        let pattern = with_entries(count);
        assert_eq!(pattern.nnz(), count);
        for columns in [0, 1, 2, 15, 16, 300] {
            let chosen =
                |zeros| ChosenPlan::new(Isa::detected(), &pattern, columns, zeros).expect("a small pattern");
            let rule = is_faster_with_zeros(&pattern, columns);
            assert_eq!(chosen(Zeros::Auto).is_written_out(), rule, "{count} entries, {columns} columns");
            assert!(chosen(Zeros::Always).is_written_out());
            assert!(!chosen(Zeros::Never).is_written_out());
            for zeros in ALL {
                let chosen = chosen(zeros);
                let multiplied = if chosen.is_written_out() { 100 } else { count };
                assert_eq!((chosen.pattern(), chosen.plan().pattern().nnz()), (&pattern, multiplied));
            }
        }
    }
    assert_eq!(Zeros::default(), Zeros::Never);
}

#[test]
fn values_are_those_of_the_pattern_or_have_zeros_between_them() {
    let pattern = with_entries(60);
    let values: Vec<f64> = (0..60).map(|entry| f64::from(entry) / 3.0 + 1.0).collect();
    for zeros in ALL {
        let chosen = ChosenPlan::new(Isa::detected(), &pattern, 8, zeros).expect("a small pattern");
        let given = chosen.values(&values);
        assert_eq!(matches!(given, Cow::Borrowed(_)), !chosen.is_written_out(), "{zeros:?}");
        let mut found = vec![f64::NAN; chosen.plan().pattern().nnz()];
        chosen.values_into(&values, &mut found);
        assert_eq!(found, *given, "{zeros:?}");
        let mut expected = vec![f64::NAN; 100];
        pattern.expand(&values, &mut expected);
        assert_eq!(*given, if chosen.is_written_out() { expected } else { values.clone() }, "{zeros:?}");
        let plan = chosen.plan().size();
        let kept = chosen.size() - plan;
        assert_eq!(kept, if chosen.is_written_out() { 4 * (60 + 11) } else { 0 }, "{zeros:?}");
    }
}

/// What the choice may cost: the first row does not read the column that is infinite.
#[test]
fn what_is_not_finite_reaches_every_row_where_zeros_are_written_out_and_only_there() {
    let pattern = Pattern::from_triplets(2, 2, &[(0, 0), (1, 1)]).expect("a pattern");
    for zeros in ALL {
        let chosen = ChosenPlan::new(Isa::detected(), &pattern, 1, zeros).expect("a small pattern");
        let values = chosen.values(&[1.0_f32, 2.0]);
        let x = [1.0, f32::INFINITY];
        let y = found(&chosen, Threads::Sequential, &values, View::by_rows(&x, 2, 1), None);
        assert_eq!(y[0].is_nan(), zeros == Zeros::Always, "{zeros:?}");
        assert_eq!(y[1], f32::INFINITY, "{zeros:?}");
    }
}

#[test]
fn a_matrix_with_too_many_places_is_refused_where_all_must_be_written() {
    let pattern = Pattern::from_triplets(3, 1 << 31, &[(2, 7)]).expect("a pattern");
    let chosen = |zeros| ChosenPlan::new(Isa::detected(), &pattern, 64, zeros);
    assert!(matches!(chosen(Zeros::Always), Err(PatternError::TooMany { what: "entries", .. })));
    for zeros in [Zeros::Auto, Zeros::Never] {
        assert_eq!(chosen(zeros).map(|chosen| chosen.is_written_out()), Ok(false));
    }
}

#[test]
#[should_panic(expected = "one value an entry\n  left: 59\n right: 60")]
fn too_few_values_are_refused_as_they_are() {
    let chosen = ChosenPlan::new(Isa::detected(), &with_entries(60), 1, Zeros::Never).expect("a pattern");
    chosen.values(&[0.0_f32; 59]);
}

#[test]
#[should_panic(expected = "one value an entry\n  left: 61\n right: 60")]
fn too_many_values_are_refused_between_zeros() {
    let chosen = ChosenPlan::new(Isa::detected(), &with_entries(60), 1, Zeros::Always).expect("a pattern");
    chosen.values(&[0.0_f32; 61]);
}
