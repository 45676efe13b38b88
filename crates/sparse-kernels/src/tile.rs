//! The inner loop of every kernel whose weights are numbers shared by all lanes: a register tile of outputs, fed by one
//! list of entries.
//!
//! A tile holds `G x R x C` accumulators: `G` streams of weights (output channels or members whose entries are the same)
//! by `R` rows by `C` columns of outputs, each a register of lanes (images, samples). For an entry `k`,
//!
//! ```text
//!   x + offset[k] ──┬─ column 0 ─ column 1 ─ ... ─ column C-1      one load each, used by all G streams
//!        + row ─────┴─ column 0 ─ column 1 ─ ... ─ column C-1
//!   acc[g][r][c] = weight[g][value[k]] * x[offset[k] + r row + c] + acc[g][r][c]
//! ```
//!
//! Every accumulator adds the entries of its row in their order, whatever the tile: its shape changes the speed and
//! nothing else. With `G` = 1 each load feeds one multiply-add and the load ports are the limit; with `G` = 2 half as many
//! are needed.

use numerics::Simd;

/// The accumulators of one tile: streams, rows, columns.
pub(crate) type Accumulators<S, const G: usize, const R: usize, const C: usize> =
    [[[<S as Simd>::F; C]; R]; G];

/// One entry of a list.
pub(crate) trait Entry: Copy {
    /// Place of its input, in floats.
    fn offset(self) -> usize;

    /// Which of the values of a stream it has, if it is the `index`-th of the list.
    fn value(self, index: usize) -> usize;
}

/// An offset, whose values are in the order of the list.
impl Entry for u32 {
    #[inline(always)]
    fn offset(self) -> usize {
        self as usize
    }

    #[inline(always)]
    fn value(self, index: usize) -> usize {
        index
    }
}

/// Where a tile reads its inputs.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a, E> {
    /// Input of the first output of the tile, before the offset of an entry is added.
    pub(crate) input: *const f32,
    /// Floats from the inputs of one output row to those of the next.
    pub(crate) row: usize,
    /// The entries of the tile.
    pub(crate) entries: &'a [E],
}

/// Adds all entries to the accumulators. The columns are adjacent registers.
///
/// # Safety
///
/// For every entry, row and column of the tile a register must be readable at
/// `input + offset + row * source.row + column * LANES`, and each stream must hold the value of every entry.
// PERF: the loops over G, R and C are unrolled by the compiler and the accumulators stay in registers; an input that is
// used once becomes the memory operand of its multiply-add.
#[inline(always)]
pub(crate) unsafe fn accumulate<S: Simd, E: Entry, const G: usize, const R: usize, const C: usize>(
    simd: S,
    source: Source<'_, E>,
    weights: [*const f32; G],
    accumulators: &mut Accumulators<S, G, R, C>,
) {
    let mut sums = *accumulators;
    for (index, &entry) in source.entries.iter().enumerate() {
        // PERF: loops over arrays of registers, never `from_fn` or `map`: their closures are compiled without the
        // instructions and called.
        let mut weight = [simd.zero(); G];
        for g in 0..G {
            // SAFETY: the caller's promise: a weight for every entry.
            weight[g] = simd.splat(unsafe { *weights[g].add(entry.value(index)) });
        }
        // SAFETY: the caller's promise: the inputs of every entry are readable.
        let first = unsafe { source.input.add(entry.offset()) };
        for r in 0..R {
            for c in 0..C {
                // SAFETY: as above.
                let input = unsafe { simd.load_pointer(first.add(r * source.row + c * S::LANES)) };
                for g in 0..G {
                    sums[g][r][c] = simd.mul_add(weight[g], input, sums[g][r][c]);
                }
            }
        }
    }
    *accumulators = sums;
}

/// Adds the entries of `K` rows with different entries to one register each, in turns, so that no row waits for its own
/// previous addition.
///
/// # Safety
///
/// For every offset of every row a register must be readable at `input + offset`, and a weight must be there.
#[inline(always)]
pub(crate) unsafe fn accumulate_rows<S: Simd, const K: usize>(
    simd: S,
    input: *const f32,
    offsets: [&[u32]; K],
    weights: [*const f32; K],
    sums: &mut [S::F; K],
) {
    let together = offsets.iter().map(|offsets| offsets.len()).min().unwrap_or(0);
    let mut turn = *sums;
    for entry in 0..together {
        for k in 0..K {
            // SAFETY: the caller's promise; `together` is no longer than any row.
            unsafe {
                let offset = *offsets[k].get_unchecked(entry) as usize;
                let value = simd.load_pointer(input.add(offset));
                turn[k] = simd.mul_add(simd.splat(*weights[k].add(entry)), value, turn[k]);
            }
        }
    }
    for k in 0..K {
        let mut rest = [[[turn[k]]]];
        let source = Source { input, row: 0, entries: &offsets[k][together..] };
        // SAFETY: the caller's promise.
        unsafe { accumulate::<S, _, 1, 1, 1>(simd, source, [weights[k].add(together)], &mut rest) };
        sums[k] = rest[0][0][0];
    }
}
