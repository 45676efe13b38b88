//! Products of rows where a pattern has few entries a row: entries of any rows go together.

use numerics::Simd;

use super::super::Number;
use super::super::vector::Places;
use super::Part;

impl<T: Number> Part<'_, T> {
    /// All entries, where there is one column.
    ///
    /// # Safety
    ///
    /// The rows belong to this part, their numbers are there, and the places are those of its pattern.
    #[inline(always)]
    pub(super) unsafe fn numbers_at(self, places: &Places) {
        let Part { plan, y, x, rows, values, add, .. } = self;
        let starts = plan.pattern.starts();
        let base = starts[rows.start] as usize;
        for (rows, places) in places.windows([starts, &starts[1..]], rows) {
            for &place in places {
                let [entry, row, column] = Places::parts(place);
                // SAFETY: the caller's promise: these are places of entries of the part.
                unsafe {
                    let (y, x) =
                        (*y.first.add((rows.start + row) * y.stride), *x.first.add(column * x.stride));
                    let product = y.fused(x, T::ZERO).plus(T::ZERO);
                    let value = values.get_unchecked_mut(entry - base);
                    *value = if add { value.plus(product) } else { product };
                }
            }
        }
    }

    /// All entries where rows are short: four of any rows at a time; a line is `H` registers, or no longer than one.
    ///
    /// # Safety
    ///
    /// As for [`numbers_at`](Self::numbers_at).
    #[inline(always)]
    pub(super) unsafe fn at<S: Simd, const H: usize>(self, simd: S, places: &Places) {
        let starts = self.plan.pattern.starts();
        let rows = self.rows.clone();
        let all = self.entries();
        for (rows, places) in places.windows([starts, &starts[1..]], rows) {
            for four in places.chunks(4) {
                let (mut y, mut x, mut entries) = ([all.y.first; 4], [all.x.first; 4], [0; 4]);
                for e in 0..4 {
                    // where they run out the last is taken again
                    let [entry, row, column] = Places::parts(four[e.min(four.len() - 1)]);
                    y[e] = y[e].wrapping_add((rows.start + row) * all.y.stride);
                    x[e] = x[e].wrapping_add(column * all.x.stride);
                    entries[e] = entry;
                }
                // SAFETY: the caller's promise: these are places of entries of the part.
                unsafe {
                    let sums = all.sums::<S, 4, H, false>(simd, y, x);
                    for e in 0..four.len() {
                        all.put(entries[e], sums[e]);
                    }
                }
            }
        }
    }
}
