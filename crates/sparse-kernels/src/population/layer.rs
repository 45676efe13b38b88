//! One layer for one group of members, or for one block of samples.

use numerics::functions::TOGETHER;
use numerics::{Kernel, LANES, Simd};

use crate::Activation;
use crate::groups::equal_rows;
use crate::network::Dense;

/// Most rows that share their loads.
const SHARED: usize = 3;

/// Floats of inputs that stay in the first cache while rows, and the values of three at a time, go by.
const WINDOW: usize = 4 * 1024;

/// Entries of a row and block of columns below which taking up its sums again costs more than the cache saves.
const WORTH_A_BLOCK: usize = 12;

/// What is known of a layer before any value is.
#[derive(Clone, Debug)]
pub(super) struct LayerPlan {
    /// For each entry of the pattern the place of its input, in floats.
    offsets: Box<[u32]>,
    /// Rows to compute, once for each block of columns; blocks of columns in ascending order.
    blocks: Box<[Box<[Job]>]>,
    /// What is left to do when the sums are there.
    runs: Box<[Run]>,
    copies: usize,
    activation: Activation,
}

/// Rows one after the other of which all are needed, or one whose copies are all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    row: usize,
    rows: usize,
    constant: bool,
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
                // the first visit of a row sets its initial value
                if len > 0 || first == 0 {
                    jobs.push(job);
                }
            }
            blocks.push(jobs.into());
            if last {
                break;
            }
            first += block;
        }
        Some(LayerPlan {
            offsets,
            blocks: blocks.into(),
            runs: runs(needed, constant),
            copies,
            activation: layer.activation(),
        })
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
            for job in jobs {
                let rows = Rows { plan: self, job, begins: index == 0, input, values, initial, output };
                // SAFETY: the caller's promise.
                unsafe { rows.copies::<S, ONE>(simd) };
            }
        }
        // SAFETY: the caller's promise: the runs are of rows.
        unsafe { self.finish(simd, output) };
    }

    /// Applies the activation to the rows, and gives all copies what is the same for them.
    ///
    /// # Safety
    ///
    /// As for [`LayerPlan::run`].
    // PERF: for whole layers, not for each row: then chains of many operations overlap, and what they need is loaded once.
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, simd: S, output: *mut f32) {
        for run in &self.runs {
            // SAFETY: the caller's promise.
            unsafe {
                let output = output.add(run.row * self.copies * LANES);
                let floats = if run.constant { LANES } else { run.rows * self.copies * LANES };
                if self.activation != Activation::Identity {
                    simd.apart(Activate {
                        activation: self.activation,
                        output,
                        registers: floats / S::LANES,
                    });
                }
                if run.constant {
                    for h in (0..LANES).step_by(S::LANES) {
                        let value = simd.load_pointer(output.add(h));
                        for copy in 1..self.copies {
                            simd.store_pointer(value, output.add(copy * LANES + h));
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

/// The rows that are needed, in runs.
fn runs(needed: &[bool], constant: &[bool]) -> Box<[Run]> {
    let mut runs: Vec<Run> = Vec::new();
    for row in (0..needed.len()).filter(|&row| needed[row]) {
        match runs.last_mut() {
            Some(run) if run.row + run.rows == row && !run.constant && !constant[row] => run.rows += 1,
            _ => runs.push(Run { row, rows: 1, constant: constant[row] }),
        }
    }
    runs.into()
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

/// One job and where its numbers are.
struct Rows<'a> {
    plan: &'a LayerPlan,
    job: &'a Job,
    /// The sums begin with the initial values, and not with what a block of columns before left.
    begins: bool,
    input: *const f32,
    values: *const f32,
    initial: *const f32,
    output: *mut f32,
}

impl Rows<'_> {
    /// All copies of the rows of the job, as many at a time as registers hold.
    ///
    /// # Safety
    ///
    /// As for [`LayerPlan::run`].
    #[inline(always)]
    unsafe fn copies<S: Simd, const ONE: bool>(&self, simd: S) {
        let copies = if self.job.constant { 1 } else { self.plan.copies };
        let rows = usize::from(self.job.count);
        let mut done = 0;
        // SAFETY: the caller's promise.
        unsafe {
            // PERF: a condition in a `const` block, so that tiles of the wrong width are not compiled.
            if const { S::LANES == LANES } {
                if rows == SHARED {
                    done = self.tiles::<S, SHARED, 8, 1, ONE>(simd, done, copies, 0);
                }
                for row in 0..rows {
                    let done = self.tiles::<S, 1, 8, 1, ONE>(simd, done, copies, row);
                    self.tiles::<S, 1, 1, 1, ONE>(simd, done, copies, row);
                }
            } else {
                if rows == SHARED {
                    done = self.tiles::<S, SHARED, 4, 1, ONE>(simd, done, copies, 0);
                }
                for row in 0..rows {
                    let done = self.tiles::<S, 1, 4, 2, ONE>(simd, done, copies, row);
                    self.tiles::<S, 1, 1, 2, ONE>(simd, done, copies, row);
                }
            }
        }
    }

    /// Copies from one on, `R` at a time, of `G` rows of the job from one on; says which copy is the next.
    ///
    /// # Safety
    ///
    /// As for [`LayerPlan::run`].
    #[inline(always)]
    unsafe fn tiles<S: Simd, const G: usize, const R: usize, const H: usize, const ONE: bool>(
        &self,
        simd: S,
        mut copy: usize,
        copies: usize,
        first: usize,
    ) -> usize {
        while copy + R <= copies {
            for lane in (0..LANES).step_by(H * S::LANES) {
                // SAFETY: the caller's promise.
                unsafe { self.tile::<S, G, R, H, ONE>(simd, copy, first, lane) };
            }
            copy += R;
        }
        copy
    }

    /// `H` registers of lanes, from one on, of `R` copies of `G` rows.
    ///
    /// # Safety
    ///
    /// As for [`LayerPlan::run`].
    // PERF: where a register holds half of the lanes, rows that share their loads take one half after the other, for so
    // each load serves the most sums; a single row takes both, for so two loads in a row are the two halves of a line,
    // which a cache can serve together, and not the same half of two lines, which some cannot.
    #[inline(always)]
    unsafe fn tile<S: Simd, const G: usize, const R: usize, const H: usize, const ONE: bool>(
        &self,
        simd: S,
        copy: usize,
        first: usize,
        lane: usize,
    ) {
        // of the values: floats each, from one register to the next, and to the first
        let (width, next, start) = if ONE { (1, 0, 0) } else { (LANES, S::LANES, lane) };
        let mut sums = [[[simd.zero(); H]; R]; G];
        // SAFETY: the caller's promise: rows, entries and columns of the pattern.
        unsafe {
            // without columns there is no such place, and no entry that reads it
            let input = self.input.wrapping_add(copy * LANES + lane);
            let mut weights = [self.values; G];
            for g in 0..G {
                let row = self.job.rows[first + g] as usize;
                weights[g] = self.values.add(self.job.entries[first + g] as usize * width + start);
                let output = self.output.add(self.place(row, copy) + lane);
                for h in 0..H {
                    let initial = self.initial.add(row * width + start + h * next);
                    let begin = weight::<S, ONE>(simd, initial);
                    for r in 0..R {
                        let taken_up = output.add(r * LANES + h * S::LANES);
                        sums[g][r][h] = if self.begins { begin } else { simd.load_pointer(taken_up) };
                    }
                }
            }
            let entries = self.job.entries[0] as usize..(self.job.entries[0] + self.job.len) as usize;
            for (entry, &offset) in self.plan.offsets.get_unchecked(entries).iter().enumerate() {
                let input = input.add(offset as usize);
                let mut values = [[simd.zero(); H]; G];
                for g in 0..G {
                    for h in 0..H {
                        values[g][h] = weight::<S, ONE>(simd, weights[g].add(entry * width + h * next));
                    }
                }
                for r in 0..R {
                    for h in 0..H {
                        let value = simd.load_pointer(input.add(r * LANES + h * S::LANES));
                        for g in 0..G {
                            sums[g][r][h] = simd.mul_add(values[g][h], value, sums[g][r][h]);
                        }
                    }
                }
            }
            for g in 0..G {
                let output = self.output.add(self.place(self.job.rows[first + g] as usize, copy) + lane);
                for r in 0..R {
                    for h in 0..H {
                        simd.store_pointer(sums[g][r][h], output.add(r * LANES + h * S::LANES));
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

/// A value of every lane: one for all, or a register.
///
/// # Safety
///
/// The number or the register is readable.
#[inline(always)]
unsafe fn weight<S: Simd, const ONE: bool>(simd: S, at: *const f32) -> S::F {
    // SAFETY: the caller's promise.
    unsafe { if ONE { simd.splat(*at) } else { simd.load_pointer(at) } }
}

/// Applies the activation to registers in memory.
// PERF: apart: in the registers of every tile, a function of forty instructions makes a thousand.
struct Activate {
    activation: Activation,
    /// Writable for as many registers.
    output: *mut f32,
    registers: usize,
}

impl Kernel for Activate {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let together = self.registers - self.registers % TOGETHER;
        // SAFETY: who makes this promises the registers.
        unsafe {
            for first in (0..together).step_by(TOGETHER) {
                let mut several = [simd.zero(); TOGETHER];
                for i in 0..TOGETHER {
                    several[i] = simd.load_pointer(self.output.add((first + i) * S::LANES));
                }
                let several = self.activation.apply_several(simd, several);
                for i in 0..TOGETHER {
                    simd.store_pointer(several[i], self.output.add((first + i) * S::LANES));
                }
            }
            for register in together..self.registers {
                let place = self.output.add(register * S::LANES);
                simd.store_pointer(self.activation.apply(simd, simd.load_pointer(place)), place);
            }
        }
    }
}
