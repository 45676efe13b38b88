//! One dense layer over a block of images, one image a lane, for one member.
//!
//! Inputs are registers `[column][lanes]`, outputs `[row][lanes]`. Rows with the same entries (all of a layer that was
//! not pruned) share their loads; the others go four at a time, each with its own entries.

use numerics::Simd;

use crate::chunks::cover;
use crate::groups::equal_rows;
use crate::network::Dense;
use crate::tile::{Source, accumulate, accumulate_rows};
use crate::{Activation, Pattern};

/// Rows that go together because they have nothing in common.
const TOGETHER: usize = 4;

/// What is known of a dense layer before any value is.
#[derive(Clone, Debug)]
pub(crate) struct DensePlan {
    pub(crate) pattern: Pattern,
    /// For each entry of the pattern the place of its input, in floats.
    offsets: Box<[u32]>,
    /// Rows with equal entries, as many as [`SHARED`] together.
    shared: Box<[Box<[u32]>]>,
    /// The other rows, those of similar length beside each other.
    alone: Box<[u32]>,
    pub(crate) activation: Activation,
}

/// How many rows share their loads: up to as many accumulators as sixteen registers hold beside a weight and an input.
const SHARED: &[usize] = &[10, 6, 4, 2];

impl DensePlan {
    /// Plans the rows that are `needed`, for registers of `lanes`; [`None`] if an offset does not fit 32 bits.
    pub(crate) fn new(layer: &Dense, needed: &[bool], lanes: usize) -> Option<DensePlan> {
        let pattern = layer.pattern().clone();
        let place = |&column: &u32| u32::try_from(column as usize * lanes).ok();
        let offsets = pattern.indices().iter().map(place).collect::<Option<_>>()?;
        let (mut shared, mut alone) = (Vec::new(), Vec::new());
        for mut group in equal_rows(&pattern) {
            group.retain(|&row| needed[row as usize]);
            if group.len() <= 1 || pattern.row(group[0] as usize).is_empty() {
                alone.extend(group);
            } else {
                let (even, odd) = group.split_at(group.len() / 2 * 2);
                shared.extend(cover(even.len(), SHARED).iter().map(|chunk| Box::from(&even[chunk.range()])));
                alone.extend(odd);
            }
        }
        alone.sort_by_key(|&row| pattern.row(row as usize).len());
        Some(DensePlan {
            offsets,
            shared: shared.into(),
            alone: alone.into(),
            pattern,
            activation: layer.activation(),
        })
    }

    /// Bytes that the plan holds.
    pub(crate) fn size(&self) -> usize {
        let shared: usize = self.shared.iter().map(|rows| size_of_val(&**rows)).sum();
        let lists = size_of_val(&*self.offsets) + size_of_val(&*self.shared) + size_of_val(&*self.alone);
        self.pattern.size() + lists + shared
    }

    /// Computes all rows.
    ///
    /// # Safety
    ///
    /// A register must be readable for every column at `input` and writable for every row at `output`, the plan was made
    /// for the lanes of `S`, and the two do not overlap.
    ///
    /// # Panics
    ///
    /// If there are fewer `parameters` than a value for each entry and an initial value for each row.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(
        &self,
        simd: S,
        input: *const f32,
        parameters: &[f32],
        output: *mut f32,
    ) {
        let (values, initial) = parameters.split_at(self.pattern.nnz());
        let layer = Layer { plan: self, input, values, initial, output };
        // SAFETY: the caller's promise, for each.
        unsafe {
            for rows in &self.shared {
                match rows.len() {
                    10 => layer.shared::<S, 10>(simd, rows),
                    6 => layer.shared::<S, 6>(simd, rows),
                    4 => layer.shared::<S, 4>(simd, rows),
                    _ => layer.shared::<S, 2>(simd, rows),
                }
            }
            let (fours, rest) = self.alone.as_chunks::<TOGETHER>();
            for rows in fours {
                layer.together(simd, rows);
            }
            for &row in rest {
                layer.together(simd, &[row]);
            }
        }
    }
}

/// One member's part.
struct Layer<'a> {
    plan: &'a DensePlan,
    input: *const f32,
    values: &'a [f32],
    initial: &'a [f32],
    output: *mut f32,
}

impl Layer<'_> {
    /// Rows with the same entries.
    ///
    /// # Safety
    ///
    /// As for [`DensePlan::run`].
    #[inline(always)]
    unsafe fn shared<S: Simd, const G: usize>(&self, simd: S, rows: &[u32]) {
        let rows: [usize; G] = std::array::from_fn(|g| rows[g] as usize);
        let offsets = &self.plan.offsets[self.plan.pattern.row_range(rows[0])];
        let weights = rows.map(|row| self.values[self.plan.pattern.row_range(row)].as_ptr());
        let mut sums = [[[simd.zero()]]; G];
        for g in 0..G {
            sums[g] = [[simd.splat(self.initial[rows[g]])]];
        }
        let source = Source { input: self.input, row: 0, entries: offsets };
        // SAFETY: the caller's promise; offsets come from columns of the pattern.
        unsafe { accumulate::<S, _, G, 1, 1>(simd, source, weights, &mut sums) };
        for g in 0..G {
            // SAFETY: the caller's promise.
            unsafe { self.finish(simd, rows[g], sums[g][0][0]) };
        }
    }

    /// Rows with different entries.
    ///
    /// # Safety
    ///
    /// As for [`DensePlan::run`].
    #[inline(always)]
    unsafe fn together<S: Simd, const K: usize>(&self, simd: S, rows: &[u32; K]) {
        let ranges = rows.map(|row| self.plan.pattern.row_range(row as usize));
        let offsets = std::array::from_fn(|k| &self.plan.offsets[ranges[k].clone()]);
        let weights = std::array::from_fn(|k| self.values[ranges[k].clone()].as_ptr());
        let mut sums = [simd.zero(); K];
        for k in 0..K {
            sums[k] = simd.splat(self.initial[rows[k] as usize]);
        }
        // SAFETY: the caller's promise; offsets come from columns of the pattern.
        unsafe { accumulate_rows(simd, self.input, offsets, weights, &mut sums) };
        for k in 0..K {
            // SAFETY: the caller's promise.
            unsafe { self.finish(simd, rows[k] as usize, sums[k]) };
        }
    }

    /// Stores the sum of a row; the activation follows for all rows at once.
    ///
    /// # Safety
    ///
    /// As for [`DensePlan::run`].
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, simd: S, row: usize, sum: S::F) {
        // SAFETY: the caller's promise.
        unsafe { simd.store_pointer(sum, self.output.add(row * S::LANES)) };
    }
}
