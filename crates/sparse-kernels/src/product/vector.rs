//! One column: a product with a vector.
//!
//! There are no columns for the lanes, and a sum keeps its order, so lanes are rows ([`Lanes`]). Loads are what limits: an
//! entry has three, its column, its value and a number of the input. A plan holds columns four in a word ([`Words`]), and
//! values are read four at a time. Where rows are short, entries go one by one ([`Entries`]).
//!
//! Where columns are too many for words, values are out of order, fewer than eight rows are left or their numbers of the
//! input lie apart, rows take turns, a number at a time ([`Vector`]), so that the next loads and additions begin before the
//! last are done.

mod entries;
mod lanes;
mod words;

use std::ops::Range;

use numerics::{Kernel, Simd};

use super::Number;
use super::panel::Panel;
use crate::Pattern;

pub(super) use entries::Places;

use entries::Entries;
use lanes::Lanes;
use words::{MOST, Words};

/// Rows that are sorted among each other for a product with a vector.
pub(super) const WINDOW: usize = 512;

/// Entries of a row on the mean below which entries go one by one: on an AMD Zen 4 that is up to twice as fast with one
/// entry and fewer, and up to a quarter slower with two and more.
const SHORT: f64 = 2.5;

/// Share of the entries that the longest row may have there, for its sum does wait for its stores: one in so many.
const LONGEST: usize = 4;

/// How a plan goes about a product with a vector, and what it holds for that.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Lanes(Words),
    Entries(Places),
    Turns,
}

impl Way {
    pub(super) fn new(pattern: &Pattern) -> Way {
        let longest = (0..pattern.rows()).map(|row| pattern.row(row).len()).max().unwrap_or(0);
        if pattern.columns() > MOST {
            Way::Turns
        } else if longest <= pattern.nnz() / LONGEST && (pattern.nnz() as f64) < SHORT * pattern.rows() as f64
        {
            Way::Entries(Places::new(pattern))
        } else {
            Way::Lanes(Words::new(pattern))
        }
    }

    /// Which rows of their order are one of several parts', if not the plan's windows decide.
    pub(super) fn part(&self, [part, parts]: [usize; 2]) -> Option<Range<usize>> {
        if let Way::Lanes(words) = self { Some(words.part([part, parts])) } else { None }
    }

    /// The place of each entry, where entries go one by one.
    pub(super) fn places(&self) -> Option<&Places> {
        if let Way::Entries(places) = self { Some(places) } else { None }
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        match self {
            Way::Lanes(words) => words.size(),
            Way::Entries(places) => places.size(),
            Way::Turns => 0,
        }
    }

    /// The product of a part's rows, and a panel of one column.
    ///
    /// # Safety
    ///
    /// As for [`Rows`](super::panel::Rows), of these rows and the pattern that this was made for.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd, T: Number>(&self, simd: S, panel: Panel<'_, T>, rows: Range<usize>) {
        match (self, panel.input_stride == 1, panel.order.is_null()) {
            (Way::Lanes(words), true, true) => {
                let (order, words) = words.of(rows);
                let panel = Panel { rows: order, ..panel };
                if panel.add {
                    simd.apart(Lanes::<T, true> { panel, words });
                } else {
                    simd.apart(Lanes::<T, false> { panel, words });
                }
            }
            (Way::Entries(places), _, true) => {
                if panel.input_stride == 1 && panel.output_stride == 1 {
                    simd.apart(Entries::<T, true> { panel, rows, places });
                } else {
                    simd.apart(Entries::<T, false> { panel, rows, places });
                }
            }
            (_, true, true) => simd.apart(Vector::<T, true, false>(panel)),
            (_, true, false) => simd.apart(Vector::<T, true, true>(panel)),
            (_, false, true) => simd.apart(Vector::<T, false, false>(panel)),
            (_, false, false) => simd.apart(Vector::<T, false, true>(panel)),
        }
    }
}

/// Rows in turns: as many as hide the time of an addition.
const TURNS: usize = 4;

/// The computation, for a panel of one column. The strides of the panel are those of the vectors.
///
/// # Safety of who makes it
///
/// As for [`Rows`](super::panel::Rows).
/// `SIDE_BY_SIDE`: the numbers of the input follow each other. `ORDERED`: values are read out of order.
struct Vector<'a, T, const SIDE_BY_SIDE: bool, const ORDERED: bool>(Panel<'a, T>);

impl<T: Number, const SIDE_BY_SIDE: bool, const ORDERED: bool> Kernel
    for Vector<'_, T, SIDE_BY_SIDE, ORDERED>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let (several, rest) = self.0.rows.as_chunks::<TURNS>();
        // SAFETY: who makes this promises it.
        unsafe {
            for rows in several {
                self.turns(rows);
            }
            for &row in rest {
                self.turns(&[row]);
            }
        }
    }
}

impl<T: Number, const SIDE_BY_SIDE: bool, const ORDERED: bool> Vector<'_, T, SIDE_BY_SIDE, ORDERED> {
    /// # Safety
    ///
    /// As for [`Vector`].
    #[inline(always)]
    unsafe fn turns<const N: usize>(&self, rows: &[u32; N]) {
        let mut panel = self.0;
        if SIDE_BY_SIDE {
            // PERF: known when it is compiled, so that no place is multiplied
            panel.input_stride = 1;
        }
        let (mut first, mut len, mut sums) = ([0; N], [0; N], [T::ZERO; N]);
        let (mut fewest, mut most) = (usize::MAX, 0);
        // SAFETY: the caller's promise, for all of it.
        unsafe {
            for k in 0..N {
                (first[k], len[k]) = panel.entries(rows[k] as usize);
                (fewest, most) = (fewest.min(len[k]), most.max(len[k]));
            }
            if panel.add {
                if most == 0 {
                    return;
                }
                for k in 0..N {
                    sums[k] = *panel.output(rows[k] as usize);
                }
            }
            let in_pairs = fewest - fewest % 2;
            for entry in (0..in_pairs).step_by(2) {
                for k in 0..N {
                    for (value, input) in panel.two_terms::<ORDERED>(first[k] + entry) {
                        sums[k] = value.fused(*input, sums[k]);
                    }
                }
            }
            for k in 0..N {
                for entry in in_pairs..len[k] {
                    let (value, input) = panel.term::<ORDERED>(first[k] + entry);
                    sums[k] = value.fused(*input, sums[k]);
                }
            }
            for k in 0..N {
                *panel.output(rows[k] as usize) = sums[k];
            }
        }
    }
}
