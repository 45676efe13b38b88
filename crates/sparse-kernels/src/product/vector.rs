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

/// Entries of a row on the mean below which entries go one by one: on an AMD Zen 4 that is 1.2 to 3 times as fast with two
/// and fewer.
const SHORT: f64 = 2.5;
/// The longest row may have one in so many of all entries there, for its sum does wait for its stores.
const SHARE_OF_LONGEST: usize = 4;

/// The same for products of rows of several columns. Otherwise entries of a row share what is read of the left matrix, which
/// from two entries a row on, or with rows of many, is worth more.
const SHORT_SAMPLES: f64 = 1.5;
const LONGEST_SAMPLES: usize = 32;

/// How a plan goes about a product with a vector, and what it holds for that.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Lanes(Words),
    /// Products of rows of several columns may go by entry too, or had better not.
    Entries(Places, Samples),
    Turns,
}

/// How products of rows of several columns go where a product with a vector goes entry by entry, as with one column they do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Samples {
    ByEntry,
    ByRow,
}

impl Way {
    pub(super) fn new(pattern: &Pattern) -> Way {
        if pattern.columns() > MOST {
            return Way::Turns;
        }
        let (rows, entries) = (pattern.rows() as f64, pattern.nnz() as f64);
        let longest = (0..pattern.rows()).map(|row| pattern.row(row).len()).max().unwrap_or(0);
        if entries >= SHORT * rows || longest > pattern.nnz() / SHARE_OF_LONGEST {
            return Way::Lanes(Words::new(pattern));
        }
        let by_entry = entries < SHORT_SAMPLES * rows && longest <= LONGEST_SAMPLES;
        Way::Entries(Places::new(pattern), if by_entry { Samples::ByEntry } else { Samples::ByRow })
    }

    /// Which rows of their order are one of several parts', if not the plan's windows decide.
    pub(super) fn part(&self, [part, parts]: [usize; 2]) -> Option<Range<usize>> {
        if let Way::Lanes(words) = self { Some(words.part([part, parts])) } else { None }
    }

    /// Whether entries go one by one.
    pub(super) fn is_by_entry(&self) -> bool {
        matches!(self, Way::Entries(..))
    }

    /// The place of each entry, where entries of products of rows with so many columns go one by one.
    pub(super) fn sampled_places(&self, columns: usize) -> Option<&Places> {
        match self {
            Way::Entries(places, Samples::ByEntry) => Some(places),
            Way::Entries(places, Samples::ByRow) if columns == 1 => Some(places),
            _ => None,
        }
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        match self {
            Way::Lanes(words) => words.size(),
            Way::Entries(places, _) => places.size(),
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
        // rows as they were shared out, whoever goes through them
        let panel = match self {
            Way::Lanes(words) => Panel { rows: words.of(rows.clone()).0, ..panel },
            Way::Entries(..) | Way::Turns => panel,
        };
        match (self, panel.input_stride == 1, panel.order.is_null()) {
            (Way::Lanes(words), true, true) => {
                let words = words.of(rows).1;
                if panel.add {
                    simd.apart(Lanes::<T, true> { panel, words });
                } else {
                    simd.apart(Lanes::<T, false> { panel, words });
                }
            }
            (Way::Entries(places, _), _, true) => {
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
