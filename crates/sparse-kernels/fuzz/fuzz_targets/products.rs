//! Any bytes, read as dense matrices with any strides and as products of them with a sparse one: a view must be taken where
//! its numbers are there and refused where they are not; a product must have the bits of the definition where all fits,
//! leave alone what lies between its numbers and behind its scratch, and refuse by words of its own what does not fit.

#![no_main]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use libfuzzer_sys::fuzz_target;
use numerics::Isa;
use sparse_kernels::product::{Number, ProductPlan, TransposedPlan, View, ViewMut};
use sparse_kernels::{Pattern, Threads, naive};

/// Parts of all that a view or a product says when it refuses. Any other panic is a finding.
const REFUSALS: [&str; 7] = [
    "do not fit the address space",
    "numbers; there are",
    "overlap; what is written must not",
    "one value an entry",
    "a row of the ",
    "columns of the ",
    "are needed",
];

/// Most numbers of a matrix, and of scratch.
const MOST: usize = 1 << 16;

/// What is left of the input; zeros follow its end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let (&first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        first
    }

    /// Mostly this; now and then any size.
    fn about(&mut self, size: usize) -> usize {
        if self.next() < 240 { size } else { self.size() }
    }

    /// Rows, columns or a stride: small, or near a limit.
    fn size(&mut self) -> usize {
        match self.next() {
            255 => usize::MAX,
            254 => usize::MAX - usize::from(self.next() % 32),
            253 => usize::MAX / 2 + 1,
            252 => usize::MAX / 4 + 1,
            251 => usize::MAX / 16 + 1,
            250 => u32::MAX as usize,
            // enough for several panels and slabs, and seldom, for these take their time
            large @ 230.. => usize::from(large - 230) * 7,
            small => usize::from(small % 20),
        }
    }

    /// Numbers of which sums depend on their order.
    fn numbers<T: Float>(&mut self, len: usize) -> Vec<T> {
        let seed = usize::from(self.next());
        (0..len).map(|place| T::of((place * 37 + seed * 11) % 101)).collect()
    }
}

trait Float: Number {
    fn of(number: usize) -> Self;
    fn bits(self) -> u64;
}

impl Float for f32 {
    fn of(number: usize) -> f32 {
        (number as f32 - 50.0) / 3.0
    }
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
}

impl Float for f64 {
    fn of(number: usize) -> f64 {
        (number as f64 - 50.0) / 3.0
    }
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

fn bits<T: Float>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|number| number.bits()).collect()
}

/// What the work returns; nothing if it refuses.
fn taken<R>(work: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// A dense matrix, whether or not there is one of these numbers.
#[derive(Debug)]
struct Matrix<T> {
    rows: usize,
    columns: usize,
    strides: [usize; 2],
    numbers: Vec<T>,
}

impl<T: Float> Matrix<T> {
    fn new(bytes: &mut Bytes, rows: usize, columns: usize) -> Matrix<T> {
        let (rows, columns) = (bytes.about(rows), bytes.about(columns));
        let gap = usize::from(bytes.next() % 4);
        let strides = match bytes.next() % 8 {
            0..3 => [columns.saturating_add(gap), 1],
            3..5 => [1, rows.saturating_add(gap)],
            5 => [columns.saturating_mul(2), 2],
            6 => [0, bytes.size()],
            _ => [bytes.size(), bytes.size()],
        };
        let mut matrix = Matrix { rows, columns, strides, numbers: Vec::new() };
        let needed = usize::try_from(matrix.span()).ok().filter(|&span| span <= MOST).unwrap_or(3);
        let len = match bytes.next() % 16 {
            0 => needed.saturating_sub(1),
            1 => needed + 5,
            _ => needed,
        };
        matrix.numbers = bytes.numbers(len);
        matrix
    }

    /// Numbers from the first to the last, both included: the definition.
    fn span(&self) -> u128 {
        let last = |len: usize, stride: usize| (len as u128 - 1) * stride as u128;
        if self.rows == 0 || self.columns == 0 {
            return 0;
        }
        last(self.rows, self.strides[0]).saturating_add(last(self.columns, self.strides[1])).saturating_add(1)
    }

    fn view(&self) -> Option<View<'_, T>> {
        let view = taken(|| View::strided(&self.numbers, self.rows, self.columns, self.strides));
        assert_eq!(view.is_some(), self.span() <= self.numbers.len() as u128, "{self:?}");
        view
    }

    /// Whether there is a view to write.
    fn is_writable(&mut self) -> bool {
        let Matrix { rows, columns, strides, .. } = *self;
        let is_taken = taken(|| _ = ViewMut::strided(&mut self.numbers, rows, columns, strides)).is_some();
        if is_taken && rows > 0 && columns > 0 {
            // each number has a place of its own, so there are no more of them than places
            let place = |row, column| row * strides[0] + column * strides[1];
            let places: BTreeSet<usize> =
                (0..rows).flat_map(|row| (0..columns).map(move |column| place(row, column))).collect();
            assert_eq!(places.len(), rows * columns, "{self:?}");
            assert!(places.iter().all(|&place| place < self.numbers.len()), "{self:?}");
        }
        is_taken
    }

    fn view_mut<'n>(&self, numbers: &'n mut [T]) -> ViewMut<'n, T> {
        ViewMut::strided(numbers, self.rows, self.columns, self.strides)
    }
}

/// Scratch of some length, and how much of it may be used.
struct Scratch<T> {
    numbers: Vec<T>,
    needed: usize,
    is_enough: bool,
}

impl<T: Float> Scratch<T> {
    /// The length that a plan states, or nothing where it refuses; now and then less or more of it.
    fn new(bytes: &mut Bytes, needed: Option<usize>) -> Scratch<T> {
        let needed = needed.unwrap_or(usize::MAX);
        let len = match bytes.next() % 16 {
            0 => needed.saturating_sub(1),
            1 => needed.saturating_add(40),
            _ => needed,
        };
        let numbers = vec![T::of(7); if len <= MOST { len } else { 0 }];
        Scratch { is_enough: numbers.len() >= needed, needed, numbers }
    }

    /// What is not needed is as it was.
    fn check(&self) {
        if self.is_enough {
            assert!(
                self.numbers[self.needed..].iter().all(|&number| number == T::of(7)),
                "scratch was overrun"
            );
        }
    }
}

/// A pattern of few rows and columns.
fn pattern(bytes: &mut Bytes) -> Pattern {
    let [rows, columns] = [bytes.size(), bytes.size()].map(|size| size.min(140));
    let (density, step) = (usize::from(bytes.next() % 11), 1 + usize::from(bytes.next() % 9));
    let mask: Vec<bool> = (0..rows * columns).map(|place| place * step % 10 < density).collect();
    Pattern::from_mask(rows, columns, &mask).expect("a mask of the right length")
}

/// `Y = A X`, or the same with the transpose.
fn product<T: Float>(bytes: &mut Bytes, is_transposed: bool) {
    let (pattern, add) = (pattern(bytes), bytes.next() & 1 == 1);
    let (matrix, order) = if is_transposed {
        pattern.transpose()
    } else {
        (pattern.clone(), (0..pattern.nnz() as u32).collect())
    };
    let columns = bytes.size();
    let x = Matrix::<T>::new(bytes, matrix.columns(), columns);
    let mut y = Matrix::<T>::new(bytes, matrix.rows(), columns);
    let values = bytes.about(pattern.nnz()).min(MOST);
    let values: Vec<T> = bytes.numbers(values);
    let (Some(view), true) = (x.view(), y.is_writable()) else { return };

    let isa = Isa::detected();
    let (plan, transposed) = (ProductPlan::new(isa, &pattern), TransposedPlan::new(isa, &pattern));
    let (mut found, threads) = (y.numbers.clone(), Threads::Sequential);
    let needed = taken(|| {
        let to = y.view_mut(&mut found);
        if is_transposed {
            transposed.scratch_len(threads, view, &to)
        } else {
            plan.scratch_len(threads, view, &to)
        }
    });
    let mut scratch = Scratch::new(bytes, needed);
    let is_done = taken(|| {
        let (to, scratch) = (y.view_mut(&mut found), &mut scratch.numbers);
        match (is_transposed, add) {
            (false, false) => plan.multiply_into(threads, &values, view, to, scratch),
            (false, true) => plan.multiply_acc(threads, &values, view, to, scratch),
            (true, false) => transposed.multiply_into(threads, &values, view, to, scratch),
            (true, true) => transposed.multiply_acc(threads, &values, view, to, scratch),
        }
    });
    let fits = values.len() == pattern.nnz()
        && (x.rows, y.rows) == (matrix.columns(), matrix.rows())
        && x.columns == y.columns
        && scratch.is_enough;
    assert_eq!(is_done.is_some(), fits, "{pattern:?} {x:?} {y:?}");
    scratch.check();
    let mut expected = y.numbers.clone();
    if fits {
        let values: Vec<T> = order.iter().map(|&entry| values[entry as usize]).collect();
        naive::product(&matrix, &values, view, &mut y.view_mut(&mut expected), add);
    }
    assert_eq!(bits(&found), bits(&expected), "{pattern:?} {x:?} {y:?}");
}

/// `a = Y Xᵀ` where a pattern has entries.
fn sample<T: Float>(bytes: &mut Bytes) {
    let (pattern, add) = (pattern(bytes), bytes.next() & 1 == 1);
    let columns = bytes.size();
    let y = Matrix::<T>::new(bytes, pattern.rows(), columns);
    let x = Matrix::<T>::new(bytes, pattern.columns(), columns);
    let values = bytes.about(pattern.nnz()).min(MOST);
    let values: Vec<T> = bytes.numbers(values);
    let (Some(left), Some(right)) = (y.view(), x.view()) else { return };

    let plan = ProductPlan::new(Isa::detected(), &pattern);
    let mut scratch = Scratch::new(bytes, taken(|| plan.sample_scratch_len(left, right)));
    let (mut found, threads) = (values.clone(), Threads::Sequential);
    let is_done = taken(|| {
        if add {
            plan.sample_acc(threads, left, right, &mut found, &mut scratch.numbers);
        } else {
            plan.sample_into(threads, left, right, &mut found, &mut scratch.numbers);
        }
    });
    let fits = values.len() == pattern.nnz()
        && (y.rows, x.rows) == (pattern.rows(), pattern.columns())
        && x.columns == y.columns
        && scratch.is_enough;
    assert_eq!(is_done.is_some(), fits, "{pattern:?} {y:?} {x:?}");
    scratch.check();
    let mut expected = values;
    if fits {
        naive::sample(&pattern, left, right, &mut expected, add);
    }
    assert_eq!(bits(&found), bits(&expected), "{pattern:?} {y:?} {x:?}");
}

/// Lets refusals pass, which are caught, and ends at all other panics.
fn end_at_findings() {
    let end = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if !REFUSALS.iter().any(|refusal| said.contains(refusal)) {
            end(panic);
        }
    }));
}

fuzz_target!(
    init: end_at_findings(),
    |data: &[u8]| {
        let mut bytes = Bytes(data);
        match bytes.next() % 6 {
            0 => product::<f32>(&mut bytes, false),
            1 => product::<f64>(&mut bytes, false),
            2 => product::<f32>(&mut bytes, true),
            3 => product::<f64>(&mut bytes, true),
            4 => sample::<f32>(&mut bytes),
            _ => sample::<f64>(&mut bytes),
        }
    }
);
