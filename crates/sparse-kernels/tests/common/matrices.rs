//! Dense matrices that tests of products draw: their numbers, and how they lie in memory.

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
