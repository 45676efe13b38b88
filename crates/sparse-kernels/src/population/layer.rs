//! One layer for one group of members, or for one block of samples.

use numerics::{Kernel, LANES, Simd};

use crate::Activation;
use crate::groups::equal_rows;
use crate::network::Dense;

/// Most rows that share their loads.
const SHARED: usize = 3;

/// Floats of inputs that stay in the first cache while rows go by.
const WINDOW: usize = 6 * 1024;

/// Entries of a row and block of columns below which taking up its sums again costs more than the cache saves.
const WORTH_A_BLOCK: usize = 12;

/// What is known of a layer before any value is.
#[derive(Clone, Debug)]
pub(super) struct LayerPlan {
    /// For each entry of the pattern the place of its input, in floats.
    offsets: Box<[u32]>,
    /// Rows to compute, once for each block of columns; blocks of columns in ascending order.
    blocks: Box<[Box<[Job]>]>,
    copies: usize,
    activation: Activation,
}

/// Rows with the same columns in one block of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Job {
    rows: [u32; SHARED],
    count: u8,
    /// All copies have the same sums.
    constant: bool,
    /// First entry of each row in the block, and how many follow.
    entries: [u32; SHARED],
    len: u32,
}

impl LayerPlan {
    /// Plans the rows that are `needed`; `constant` tells the rows whose sums are the same for all copies. [`None`] if
    /// an offset does not fit 32 bits.
    pub(super) fn new(layer: &Dense, copies: usize, needed: &[bool], constant: &[bool]) -> Option<LayerPlan> {
        let pattern = layer.pattern();
        let place = |&column: &u32| u32::try_from(column as usize * copies * LANES).ok();
        let offsets = pattern.indices().iter().map(place).collect::<Option<_>>()?;
        let columns = pattern.columns();
        let block = block_of_columns(columns, copies, pattern.nnz() / pattern.rows().max(1));
        let groups: Vec<Vec<u32>> = equal_rows(pattern)
            .into_iter()
            .map(|rows| rows.into_iter().filter(|&row| needed[row as usize]).collect())
            .collect();
        let mut blocks = Vec::new();
        let mut first = 0;
        loop {
            let last = first + block >= columns;
            let mut jobs = Vec::new();
            for rows in groups.iter().flat_map(|group| jobs_of(group)) {
                let within = |row: u32| {
                    let entries = pattern.row(row as usize);
                    let start = entries.partition_point(|&column| (column as usize) < first);
                    let end = entries.partition_point(|&column| last || (column as usize) < first + block);
                    (pattern.starts()[row as usize] + start as u32, (end - start) as u32)
                };
                let (_, len) = within(rows[0]);
                let at = |index: usize| rows[index.min(rows.len() - 1)];
                let job = Job {
                    rows: std::array::from_fn(at),
                    count: rows.len() as u8,
                    constant: constant[rows[0] as usize],
                    entries: std::array::from_fn(|index| within(at(index)).0),
                    len,
                };
                // the first and the last visit of a row set its initial value and its activation
                if len > 0 || first == 0 || last {
                    jobs.push(job);
                }
            }
            blocks.push(jobs.into());
            if last {
                break;
            }
            first += block;
        }
        Some(LayerPlan { offsets, blocks: blocks.into(), copies, activation: layer.activation() })
    }

    /// Computes the rows of the plan. `ONE`: a value is one number for all lanes.
    ///
    /// # Safety
    ///
    /// `input` is readable as `[column][copy][LANES]`, `output` writable as `[row][copy][LANES]`, and the two do not
    /// overlap. `values` holds a value (a block of [`LANES`], unless `ONE`) for each entry of the pattern, `initial` for
    /// each row.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd, const ONE: bool>(
        &self,
        simd: S,
        input: *const f32,
        values: *const f32,
        initial: *const f32,
        output: *mut f32,
    ) {
        for (index, jobs) in self.blocks.iter().enumerate() {
            let visit = Visit { first: index == 0, last: index + 1 == self.blocks.len() };
            for job in jobs {
                let rows = Rows { plan: self, job, visit, input, values, initial, output };
                // SAFETY: the caller's promise.
                unsafe {
                    // PERF: a condition in a `const` block, so that tiles of the wrong width are not compiled.
                    if const { S::LANES == LANES } {
                        match job.count {
                            1 => rows.copies::<S, 1, 1, 8, ONE>(simd),
                            _ => rows.copies::<S, SHARED, 1, 8, ONE>(simd),
                        }
                    } else {
                        match job.count {
                            1 => rows.copies::<S, 1, 2, 4, ONE>(simd),
                            _ => rows.copies::<S, SHARED, 2, 2, ONE>(simd),
                        }
                    }
                }
            }
        }
    }
}

/// Rows with the same columns, cut into jobs: as many as share their loads, or one.
fn jobs_of(rows: &[u32]) -> impl Iterator<Item = &[u32]> {
    let (together, alone) = rows.split_at(rows.len() - rows.len() % SHARED);
    together.chunks(SHARED).chain(alone.chunks(1))
}

/// Columns of a block: all, unless their inputs outgrow the first cache and rows are long enough to come back to.
fn block_of_columns(columns: usize, copies: usize, entries_a_row: usize) -> usize {
    let blocks = (columns * copies * LANES).div_ceil(WINDOW).max(1);
    if blocks == 1 || entries_a_row < WORTH_A_BLOCK * blocks {
        columns.max(1)
    } else {
        columns.div_ceil(blocks)
    }
}

/// Whether a row is begun, or finished, or both.
#[derive(Clone, Copy)]
struct Visit {
    first: bool,
    last: bool,
}

/// One job and where its numbers are.
struct Rows<'a> {
    plan: &'a LayerPlan,
    job: &'a Job,
    visit: Visit,
    input: *const f32,
    values: *const f32,
    initial: *const f32,
    output: *mut f32,
}

impl Rows<'_> {
    /// All copies of `G` rows, `R` at a time; `H` registers make a block of lanes.
    ///
    /// # Safety
    ///
    /// As for [`LayerPlan::run`].
    #[inline(always)]
    unsafe fn copies<S: Simd, const G: usize, const H: usize, const R: usize, const ONE: bool>(
        &self,
        simd: S,
    ) {
        let copies = if self.job.constant { 1 } else { self.plan.copies };
        let mut copy = 0;
        // SAFETY: the caller's promise.
        unsafe {
            while copy + R <= copies {
                self.some::<S, G, H, R, ONE>(simd, copy, 0);
                copy += R;
            }
            while copy < copies {
                for g in 0..G {
                    self.some::<S, 1, H, 1, ONE>(simd, copy, g);
                }
                copy += 1;
            }
            if self.job.constant && self.visit.last {
                self.repeat(simd);
            }
        }
    }

    /// `R` copies from one on, of the rows of the job from one on.
    ///
    /// # Safety
    ///
    /// As for [`LayerPlan::run`].
    #[inline(always)]
    unsafe fn some<S: Simd, const G: usize, const H: usize, const R: usize, const ONE: bool>(
        &self,
        simd: S,
        copy: usize,
        first: usize,
    ) {
        let width = if ONE { 1 } else { LANES };
        let rows: [usize; G] = std::array::from_fn(|g| self.job.rows[first + g] as usize);
        let mut sums = [[[simd.zero(); R]; H]; G];
        // SAFETY: the caller's promise: rows, entries and columns of the pattern.
        unsafe {
            for (g, sums) in sums.iter_mut().enumerate() {
                for (h, sums) in sums.iter_mut().enumerate() {
                    let begin = self.weight::<S, ONE>(simd, self.initial.add(rows[g] * width), h);
                    for (r, sum) in sums.iter_mut().enumerate() {
                        let taken_up = self.output.add(self.place(rows[g], copy + r) + h * S::LANES);
                        *sum = if self.visit.first { begin } else { simd.load_pointer(taken_up) };
                    }
                }
            }
            let entries = self.job.entries[0] as usize..(self.job.entries[0] + self.job.len) as usize;
            let weights: [*const f32; G] =
                std::array::from_fn(|g| self.values.add(self.job.entries[first + g] as usize * width));
            let input = self.input.add(copy * LANES);
            for (entry, &offset) in self.plan.offsets.get_unchecked(entries).iter().enumerate() {
                let input = input.add(offset as usize);
                for h in 0..H {
                    let mut weight = [simd.zero(); G];
                    for g in 0..G {
                        weight[g] = self.weight::<S, ONE>(simd, weights[g].add(entry * width), h);
                    }
                    for r in 0..R {
                        let value = simd.load_pointer(input.add(r * LANES + h * S::LANES));
                        for g in 0..G {
                            sums[g][h][r] = simd.mul_add(weight[g], value, sums[g][h][r]);
                        }
                    }
                }
            }
            for g in 0..G {
                for h in 0..H {
                    for r in 0..R {
                        let place = self.place(rows[g], copy + r) + h * S::LANES;
                        simd.store_pointer(sums[g][h][r], self.output.add(place));
                    }
                }
            }
            if self.visit.last && self.plan.activation != Activation::Identity {
                for row in rows {
                    let output = self.output.add(self.place(row, copy));
                    simd.apart(Activate { activation: self.plan.activation, output, copies: R });
                }
            }
        }
    }

    /// A value of every lane: one for all, or half `h` of a block.
    ///
    /// # Safety
    ///
    /// The number or the block is readable.
    #[inline(always)]
    unsafe fn weight<S: Simd, const ONE: bool>(&self, simd: S, at: *const f32, h: usize) -> S::F {
        // SAFETY: the caller's promise.
        unsafe { if ONE { simd.splat(*at) } else { simd.load_pointer(at.add(h * S::LANES)) } }
    }

    /// Copies the first copy to the others.
    ///
    /// # Safety
    ///
    /// As for [`LayerPlan::run`].
    #[inline(always)]
    unsafe fn repeat<S: Simd>(&self, simd: S) {
        for &row in &self.job.rows[..usize::from(self.job.count)] {
            for h in (0..LANES).step_by(S::LANES) {
                // SAFETY: the caller's promise.
                unsafe {
                    let value = simd.load_pointer(self.output.add(self.place(row as usize, 0) + h));
                    for copy in 1..self.plan.copies {
                        simd.store_pointer(value, self.output.add(self.place(row as usize, copy) + h));
                    }
                }
            }
        }
    }

    /// Where the block of a row and copy begins.
    #[inline(always)]
    fn place(&self, row: usize, copy: usize) -> usize {
        (row * self.plan.copies + copy) * LANES
    }
}

/// Applies the activation to some copies of a row.
// PERF: after the store and apart: in the registers of every tile, a function of forty instructions makes a thousand.
struct Activate {
    activation: Activation,
    /// Writable for the blocks of as many copies.
    output: *mut f32,
    copies: usize,
}

impl Kernel for Activate {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for register in 0..self.copies * (LANES / S::LANES) {
            // SAFETY: who makes this promises the blocks.
            unsafe {
                let place = self.output.add(register * S::LANES);
                simd.store_pointer(self.activation.apply(simd, simd.load_pointer(place)), place);
            }
        }
    }
}
