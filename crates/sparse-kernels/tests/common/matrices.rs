//! Dense matrices that tests of products draw: their numbers, and how they lie in memory.

use sparse_kernels::Pattern;
use sparse_kernels::product::{Number, View};

use crate::common::Draw;

/// What tests ask of a number beside.
pub(crate) trait Float: Number {
    const NAN: Self;

    /// A number near this one whose last bits are not zero.
    fn near(number: f32) -> Self;
    /// Its bits, all NaN counting as one.
    fn bits(self) -> u64;
}

impl Float for f32 {
    const NAN: f32 = f32::NAN;

    fn near(number: f32) -> f32 {
        number / 3.0
    }
    fn bits(self) -> u64 {
        if self.is_nan() { u64::MAX } else { self.to_bits().into() }
    }
}

impl Float for f64 {
    const NAN: f64 = f64::NAN;

    fn near(number: f32) -> f64 {
        f64::from(number) / 3.0
    }
    fn bits(self) -> u64 {
        if self.is_nan() { u64::MAX } else { self.to_bits() }
    }
}

/// Numbers around zero, some of them exactly zero; now and then some are special.
pub(crate) fn numbers<T: Float>(draw: &mut Draw, count: usize) -> Vec<T> {
    let numbers = draw.one_of(&[Draw::numbers, Draw::numbers, Draw::spoiled_numbers]);
    numbers(draw, count).into_iter().map(T::near).collect()
}

/// The same without special ones, so that no result is hidden by them.
pub(crate) fn plain_numbers<T: Float>(draw: &mut Draw, count: usize) -> Vec<T> {
    draw.numbers(count).into_iter().map(T::near).collect()
}

/// How many of these bits are of numbers other than zero.
pub(crate) fn alive(bits: &[u64]) -> usize {
    bits.iter().filter(|&&bits| bits != 0 && bits != u64::MAX).count()
}

/// So many tenths of the entries, the same in every run: the first four rows are alike, and further down there are rows,
/// and everywhere columns, that have none.
pub(crate) fn fixed_pattern(rows: usize, columns: usize, tenths: usize) -> Pattern {
    let kept = |place: usize| {
        let (row, column) = ((place / columns).max(3), place % columns);
        row % 7 != 5 && column % 9 != 4 && (7 * row + 3 * column) % 10 < tenths
    };
    let mask: Vec<bool> = (0..rows * columns).map(kept).collect();
    Pattern::from_mask(rows, columns, &mask).expect("a mask of the right length")
}

/// Scratch of the length that is needed or, to be left alone, more.
pub(crate) struct Scratch<T> {
    pub(crate) numbers: Vec<T>,
    needed: usize,
}

impl<T: Float> Scratch<T> {
    pub(crate) fn new(needed: usize, more: usize) -> Scratch<T> {
        Scratch { numbers: vec![T::NAN; needed + more], needed }
    }

    pub(crate) fn check(&self) {
        let rest = &self.numbers[self.needed..];
        assert!(
            rest.iter().all(|number| number.bits() == u64::MAX),
            "scratch beyond what is needed was used"
        );
    }
}

/// How a matrix lies in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    Rows,
    Columns,
    /// With as many numbers between rows, and between columns.
    Apart(usize, usize),
}

impl Layout {
    pub(crate) fn draw(draw: &mut Draw) -> Layout {
        let apart = Layout::Apart(draw.below(5), 0);
        let far = Layout::Apart(3, 1 + draw.below(3));
        draw.one_of(&[Layout::Rows, Layout::Rows, Layout::Columns, apart, far])
    }

    pub(crate) fn strides(self, rows: usize, columns: usize) -> [usize; 2] {
        match self {
            Layout::Rows => [columns, 1],
            Layout::Columns => [1, rows],
            Layout::Apart(row, column) => [columns * (1 + column) + row, 1 + column],
        }
    }

    pub(crate) fn len(self, rows: usize, columns: usize) -> usize {
        let [row, column] = self.strides(rows, columns);
        if rows == 0 || columns == 0 { 0 } else { (rows - 1) * row + (columns - 1) * column + 1 }
    }

    pub(crate) fn view<T: Number>(self, data: &[T], rows: usize, columns: usize) -> View<'_, T> {
        View::strided(data, rows, columns, self.strides(rows, columns))
    }
}
