//! What the tests of the kernels draw: patterns, values and inputs, each a function of a seed.

use numerics::random::Stream;
use sparse_kernels::Pattern;

/// As many cases as told; an interpreter takes one in three hundred, and two at least.
pub(crate) fn cases(all: u64) -> u64 {
    if cfg!(miri) { (all / 300).max(2) } else { all }
}

/// A source of small decisions.
pub(crate) struct Draw {
    stream: Stream,
    next: u64,
}

impl Draw {
    pub(crate) fn new(name: &str, seed: u64) -> Draw {
        Draw { stream: Stream::new(seed, name), next: 0 }
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.next += 1;
        (f64::from(self.stream.uniform(self.next)) * n as f64) as usize
    }

    /// One of some.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Numbers around zero, some of them exactly zero.
    pub(crate) fn numbers(&mut self, count: usize) -> Vec<f32> {
        let mut number = || match self.below(20) {
            0 => 0.0,
            1 => -0.0,
            _ => self.below(2001) as f32 / 1000.0 - 1.0,
        };
        (0..count).map(|_| number()).collect()
    }

    /// The same, of which none, some or many are special: not finite, subnormal, or as large as a number can be.
    pub(crate) fn spoiled_numbers(&mut self, count: usize) -> Vec<f32> {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-45, -1e-40];
        let mut numbers = self.numbers(count);
        for _ in 0..self.below(4) * count / 16 {
            let place = self.below(count);
            numbers[place] = self.one_of(&special);
        }
        numbers
    }

    /// Sizes of which one at most is anything from 0 to 70 (for an interpreter to 8); the others are at least 1 and at most
    /// the given ones.
    pub(crate) fn sizes<const N: usize>(&mut self, small: [usize; N]) -> [usize; N] {
        let (any, end) = (self.below(2 * N), if cfg!(miri) { 9 } else { 71 });
        let size = |index| if index == any { self.below(end) } else { 1 + self.below(small[index]) };
        std::array::from_fn(size)
    }

    /// A mask of about the given density: also empty and full ones, with empty rows and columns.
    pub(crate) fn pattern(&mut self, rows: usize, columns: usize) -> Pattern {
        let density = self.one_of(&[0, 1, 5, 20, 50, 80, 100]);
        let row_sparse = self.below(3) == 0;
        let mut mask = Vec::with_capacity(rows * columns);
        for _ in 0..rows {
            let empty = row_sparse && self.below(2) == 0;
            mask.extend((0..columns).map(|_| !empty && self.below(100) < density));
        }
        Pattern::from_mask(rows, columns, &mask).expect("a mask of the right length")
    }
}
