//! Zeros written out: a sparse matrix that is multiplied as if it had every entry, where that is faster.

use std::borrow::Cow;

use numerics::Isa;

use super::{Number, ProductPlan};
use crate::{Pattern, PatternError};

/// Whether zeros of a matrix are written out, so that all of its rows have the same entries and share their loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zeros {
    /// Where [`is_faster_with_zeros`] says so, and indices of 32 bits reach every place.
    Auto,
    /// At any density.
    Always,
    /// Nowhere: what every other plan does.
    #[default]
    Never,
}

/// A plan for a pattern as it is, or with its zeros written out.
///
/// [`plan`](Self::plan) is a plan like any other; only the values that it multiplies go through
/// [`values`](Self::values) first, once for every set of values.
///
/// # What it promises, and what it costs
///
/// - **Bits.** As it is, those of the pattern. Written out, those of [`naive::product`](crate::naive::product) on
///   [`Pattern::dense`] with the values that [`Pattern::expand`] writes. From finite numbers that are the same numbers; only
///   a sum that is zero may have another sign. But zero times infinity is not a number, and neither is zero times what is
///   none: these reach rows that do not read them. Nobody but the caller can know that there are none, so a plan never
///   writes zeros out unless it is told that it may.
/// - **Memory.** Written out, a number and an index of four bytes for every place, and room for values of one's own.
/// - **Time.** New values are written to every place, which costs as much as reading a matrix of that size; for one
///   product of a few columns that can be more than it saves.
/// - **Not a dense product.** It is the same kernel, with its indices, on rows that are all equal. A package for dense
///   matrices is faster still, most of all with few columns: the columns *ours, as dense* and *gemm of faer, dense* of
///   `benches/peers/PRODUCTS.md` stand beside each other.
///
/// ```
/// use numerics::Isa;
/// use sparse_kernels::product::{ChosenPlan, View, ViewMut, Zeros};
/// use sparse_kernels::{Pattern, Threads};
///
/// // [ 1 2 3 ]
/// // [ 4 . 6 ]
/// let pattern = Pattern::from_csr(2, 3, &[0, 3, 5], &[0, 1, 2, 0, 2])?;
/// let values = [1.0_f64, 2.0, 3.0, 4.0, 6.0];
///
/// // five of six places are more than three quarters: with 64 columns zeros pay, with one they do not
/// assert!(!ChosenPlan::new(Isa::detected(), &pattern, 1, Zeros::Auto)?.is_written_out());
/// let chosen = ChosenPlan::new(Isa::detected(), &pattern, 64, Zeros::Auto)?;
/// assert!(chosen.is_written_out());
/// let values = chosen.values(&values);
/// assert_eq!(*values, [1.0, 2.0, 3.0, 4.0, 0.0, 6.0]);
///
/// let (x, mut y) = ([1.0; 3 * 64], [0.0; 2 * 64]);
/// let (x, view) = (View::by_rows(&x, 3, 64), ViewMut::by_rows(&mut y, 2, 64));
/// let mut scratch = vec![0.0; chosen.plan().scratch_len(Threads::Sequential, x, &view)];
/// chosen.plan().multiply_into(Threads::Sequential, &values, x, view, &mut scratch);
/// assert_eq!((y[0], y[64]), (6.0, 10.0));
/// # Ok::<(), sparse_kernels::PatternError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChosenPlan {
    plan: ProductPlan,
    /// The pattern as it was given, where that is not the one of the plan.
    given: Option<Pattern>,
}

impl ChosenPlan {
    /// Chooses for products with so many columns, and plans ([`ProductPlan::new`]). The plan serves any number of columns;
    /// the choice stays what it was.
    ///
    /// # Errors
    ///
    /// If zeros are to be written out always, and there are too many places or no memory for them.
    pub fn new(
        isa: Isa,
        pattern: &Pattern,
        columns: usize,
        zeros: Zeros,
    ) -> Result<ChosenPlan, PatternError> {
        let dense = || Pattern::dense(pattern.rows(), pattern.columns());
        let written_out = match zeros {
            Zeros::Always => Some(dense()?),
            // what cannot be written out is multiplied as it is
            Zeros::Auto if is_faster_with_zeros(pattern, columns) => dense().ok(),
            Zeros::Auto | Zeros::Never => None,
        };
        let plan = ProductPlan::new(isa, written_out.as_ref().unwrap_or(pattern));
        Ok(ChosenPlan { plan, given: written_out.map(|_| pattern.clone()) })
    }

    /// The plan of what was chosen.
    pub fn plan(&self) -> &ProductPlan {
        &self.plan
    }

    /// The pattern as it was given.
    pub fn pattern(&self) -> &Pattern {
        self.given.as_ref().unwrap_or(self.plan.pattern())
    }

    /// Whether zeros are written out.
    pub fn is_written_out(&self) -> bool {
        self.given.is_some()
    }

    /// The values that the plan multiplies, from those of the pattern: these themselves, or with zeros between them.
    ///
    /// # Panics
    ///
    /// If there is not one value an entry of the pattern.
    pub fn values<'a, T: Number>(&self, values: &'a [T]) -> Cow<'a, [T]> {
        match &self.given {
            None => {
                assert_eq!(values.len(), self.plan.pattern().nnz(), "one value an entry");
                Cow::Borrowed(values)
            }
            Some(given) => {
                let mut all = vec![T::ZERO; self.plan.pattern().nnz()];
                given.expand(values, &mut all);
                Cow::Owned(all)
            }
        }
    }

    /// The same, written to a place of the caller's: one number an entry of the [plan's](Self::plan) pattern.
    ///
    /// # Panics
    ///
    /// If there is not one value an entry of the pattern, or not one number to write an entry of the plan's.
    pub fn values_into<T: Number>(&self, values: &[T], all: &mut [T]) {
        match &self.given {
            None => {
                assert_eq!(values.len(), self.plan.pattern().nnz(), "one value an entry");
                assert_eq!(all.len(), values.len(), "one number an entry of the plan");
                all.copy_from_slice(values);
            }
            Some(given) => given.expand(values, all),
        }
    }

    /// Bytes that it holds.
    pub fn size(&self) -> usize {
        self.plan.size() + self.given.as_ref().map_or(0, Pattern::size)
    }
}

/// Whether a product with so many columns is faster as that of a matrix with all zeros written out: above a density of
/// three quarters, with few columns above a half, with one never. It is where both took the same time on the machine of
/// `benches/peers/PRODUCTS.md`, rounded up, and what [`Zeros::Auto`] goes by.
///
/// ```
/// use sparse_kernels::Pattern;
/// use sparse_kernels::product::is_faster_with_zeros;
///
/// let pattern = Pattern::from_mask(2, 2, &[true, true, false, true])?;
/// assert!(is_faster_with_zeros(&pattern, 8));
/// assert!(!is_faster_with_zeros(&pattern, 64)); // exactly three quarters is not above
/// # Ok::<(), sparse_kernels::PatternError>(())
/// ```
pub fn is_faster_with_zeros(pattern: &Pattern, columns: usize) -> bool {
    let least = match columns {
        0 | 1 => 1.0,
        2..16 => 0.5,
        _ => 0.75,
    };
    pattern.density() > least
}
