//! A sparse matrix times a dense one, planned once for a pattern.

use std::cmp::Reverse;
use std::ops::Range;

use numerics::{Isa, Kernel, Simd};

use super::panel::WIDTHS;
use super::part::{Part, Target};
use super::shares::{Shares, greatest_common_divisor, share_of};
use super::vector::{self, Way};
use super::view::Shape;
use super::{Number, View, ViewMut};
use crate::length::{length, total};
use crate::{Pattern, Threads};

/// Rows that are sorted among each other, and stay with one thread.
const WINDOW: usize = 64;

const _: () =
    assert!(vector::WINDOW.is_multiple_of(WINDOW), "windows of entries are whole windows of the order");

/// Columns after which a plan knows how far each row has come.
const BLOCK: usize = 32;

/// Bytes of a row of the widest panel, and of the widest where rows are short: then what a row costs is shared by more
/// columns, and else more rows of a panel stay in a cache. On an AMD Zen 4 the narrow one is up to a third faster with ten
/// entries a row and more, and up to a fifth slower with one.
const PANEL: usize = 256;
const PANEL_OF_SHORT_ROWS: usize = 512;
const ENTRIES_OF_LONG_ROWS: usize = 8;

/// Bytes of a panel of inputs that stay in the first cache while rows go by, and in the second; fewer where values are read
/// out of order, for lines of these have to stay there too.
const NEAR_SLAB: usize = 24 * 1024;
const FAR_SLAB: usize = 512 * 1024;
const FAR_SLAB_OUT_OF_ORDER: usize = 128 * 1024;

/// Entries of a matrix up to which slabs are near: 2.5 MB of columns and `f32`, with a second cache of 1 MB; of products of rows
/// what that cache holds. A larger one had better be read from its beginning to its end, for a slab takes a little of each
/// row, and whatever foresees what is read next does not foresee that.
const NEAR_ENTRIES: usize = 320 * 1024;
const NEAR_SAMPLES: usize = 128 * 1024;

/// Lines of input that a row uses in a near slab, and its entries in a far one, below which taking up its sums again and
/// going to the next row cost more than the cache saves; fewer lines where values are read out of order, for a slab also
/// keeps lines of values near. On an AMD Zen 4 (1 MB of second cache, sides of 512 to 16384, 8 to 256 columns) near slabs
/// save up to a quarter above this, and cost up to as much again below; far ones save up to a quarter, and only sums in
/// registers are worth them. Out of order, where lines count
/// again, they save up to three tenths with 64 columns and 800,000 entries and more.
const WORTH_A_NEAR_SLAB: f64 = 60.0;
const WORTH_A_NEAR_SLAB_OUT_OF_ORDER: f64 = 36.0;
const WORTH_A_FAR_SLAB: f64 = 150.0;
const WORTH_A_FAR_SLAB_OUT_OF_ORDER: f64 = 96.0;

/// Uses of a row of the input from which on it is worth a copy.
const WORTH_A_COPY: usize = 8;

/// Multiply-adds that a row costs beside its entries, where rows are shared out among threads.
const COST_OF_A_ROW: usize = 4;

/// Bytes of a cache line.
pub(super) const LINE: usize = 64;

/// `Y = A X` and `Y = Y + A X` for one pattern of `A`: any values, any number of columns, `f32` and `f64`.
///
/// ```
/// use numerics::Isa;
/// use sparse_kernels::product::{ProductPlan, View, ViewMut};
/// use sparse_kernels::{Pattern, Threads};
///
/// // [ . 2 . ]
/// // [ 3 . 4 ]
/// let pattern = Pattern::from_csr(2, 3, &[0, 1, 3], &[1, 0, 2])?;
/// let plan = ProductPlan::new(Isa::detected(), &pattern);
/// let values = [2.0_f32, 3.0, 4.0];
///
/// let x = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0]; // three rows of two
/// let mut y = [0.0; 4];
/// let (x, y_view) = (View::by_rows(&x, 3, 2), ViewMut::by_rows(&mut y, 2, 2));
/// let mut scratch = vec![0.0; plan.scratch_len(Threads::Sequential, x, &y_view)];
/// plan.multiply_into(Threads::Sequential, &values, x, y_view, &mut scratch);
/// assert_eq!(y, [4.0, 40.0, 15.0, 150.0]);
/// # Ok::<(), sparse_kernels::PatternError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProductPlan {
    isa: Isa,
    pub(super) pattern: Pattern,
    /// Rows, within windows by falling length and then by their entries.
    pub(super) order: Box<[u32]>,
    /// For each row in that order, whether it has entries, and those of the row before it.
    pub(super) same: Box<[bool]>,
    /// The entry that a row has come to after each block of columns but the last: `[block][row]`. Empty where no slab
    /// would be worth it.
    ends: Box<[u32]>,
    /// For products with a vector, and where rows are short for products of rows.
    pub(super) vector: Way,
}

impl ProductPlan {
    /// Plans for a pattern, of which it keeps a copy. On an AMD Zen 4 that took as long as 5 to 150 products with a vector, 0.8
    /// to 24 with 64 columns, and 0.2 to 5 with 256, the more the fewer entries there were (`benches/peers/PRODUCTS.md`).
    pub fn new(isa: Isa, pattern: &Pattern) -> ProductPlan {
        let mut order: Box<[u32]> = (0..pattern.rows() as u32).collect();
        for window in order.chunks_mut(WINDOW) {
            window.sort_by(|&a, &b| {
                let (a, b) = (pattern.row(a as usize), pattern.row(b as usize));
                Reverse(a.len()).cmp(&Reverse(b.len())).then_with(|| a.cmp(b))
            });
        }
        let entries = |place: usize| pattern.row(order[place] as usize);
        let same = (0..order.len())
            .map(|place| place > 0 && !entries(place).is_empty() && entries(place) == entries(place - 1))
            .collect();
        let pattern = pattern.clone();
        ProductPlan { isa, ends: block_ends(&pattern), vector: Way::new(&pattern), pattern, order, same }
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Bytes that the plan holds, its copy of the pattern included.
    pub fn size(&self) -> usize {
        let numbers = self.order.len() + self.ends.len() + self.pattern.starts().len() + self.pattern.nnz();
        numbers * size_of::<u32>() + self.same.len() + self.vector.size()
    }

    /// Numbers of scratch that a product of these matrices needs; what they hold does not matter. None, where both lie by
    /// rows and the input is small or little used.
    ///
    /// # Panics
    ///
    /// If so many numbers do not fit the address space.
    pub fn scratch_len<T: Number>(&self, threads: Threads<'_>, x: View<'_, T>, y: &ViewMut<'_, T>) -> usize {
        self.scratch::<T>(threads, x.shape(), y.shape(), false)
    }

    /// `Y = A X`, whatever `Y` was: not a number is overwritten too.
    ///
    /// # Panics
    ///
    /// If there is not one value an entry, `x` has not a row for each column or `y` not one for each row of the pattern,
    /// their columns differ, or the scratch is shorter than [`scratch_len`](Self::scratch_len).
    pub fn multiply_into<T: Number>(
        &self,
        threads: Threads<'_>,
        values: &[T],
        x: View<'_, T>,
        y: ViewMut<'_, T>,
        scratch: &mut [T],
    ) {
        self.run(threads, (values, None), x, y, scratch, false);
    }

    /// `Y = Y + A X`: each sum begins with what is there.
    ///
    /// # Panics
    ///
    /// As [`multiply_into`](Self::multiply_into).
    pub fn multiply_acc<T: Number>(
        &self,
        threads: Threads<'_>,
        values: &[T],
        x: View<'_, T>,
        y: ViewMut<'_, T>,
        scratch: &mut [T],
    ) {
        self.run(threads, (values, None), x, y, scratch, true);
    }

    /// The product; with an order, entry `k` has the value `values[order[k]]`.
    pub(super) fn run<T: Number>(
        &self,
        threads: Threads<'_>,
        (values, order): (&[T], Option<&[u32]>),
        x: View<'_, T>,
        mut y: ViewMut<'_, T>,
        scratch: &mut [T],
        add: bool,
    ) {
        self.check(threads, values.len(), x, &y, scratch.len(), order.is_some());
        let rows = self.pattern.rows();
        if rows == 0 || x.columns() == 0 {
            return;
        }
        let y = Target { shape: y.shape(), pointer: y.pointer() };
        let mut rest = scratch;
        let shares = self.shares::<T>(threads.count(), x.shape(), order.is_some());
        let parts = (0..threads.count()).map(move |part| {
            let (rows, panels) = (shares.rows(self, part), shares.panels(part));
            let mut rooms = [&mut [][..], &mut [], &mut []];
            let needed = self.room::<T>(shares, &rows, x.shape(), y.shape, order.is_some());
            for (room, len) in rooms.iter_mut().zip(needed) {
                let (first, after) = std::mem::take(&mut rest).split_at_mut(len);
                (*room, rest) = (first, after);
            }
            Part { plan: self, values, order, x, y, rows, panels, rooms, add }
        });
        let isa = self.isa::<T>(x.columns());
        threads.for_each(parts.filter(|part| !part.rows.is_empty()), |part| isa.run(part));
    }

    /// Panics where lengths do not fit.
    pub(super) fn check<T: Number>(
        &self,
        threads: Threads<'_>,
        values: usize,
        x: View<'_, T>,
        y: &ViewMut<'_, T>,
        scratch: usize,
        ordered: bool,
    ) {
        let (rows, columns) = (self.pattern.rows(), self.pattern.columns());
        let needed = self.scratch::<T>(threads, x.shape(), y.shape(), ordered);
        assert_eq!(values, self.pattern.nnz(), "one value an entry");
        // with an order this is the plan of a transpose, whose rows are the columns of the caller's matrix
        let [row, column] = if ordered { ["column", "row"] } else { ["row", "column"] };
        assert_eq!(x.rows(), columns, "a row of the input for each {column} of the matrix");
        assert_eq!(y.rows(), rows, "a row of the output for each {row} of the matrix");
        assert_eq!(x.columns(), y.columns(), "columns of the input and of the output");
        assert!(scratch >= needed, "scratch of {scratch} numbers, {needed} are needed");
    }

    /// The instructions for matrices with so many columns.
    pub(super) fn isa<T: Number>(&self, columns: usize) -> Isa {
        self.isa.for_lanes(columns.saturating_mul(size_of::<T>()) / size_of::<f32>())
    }

    /// Numbers of a register of theirs.
    pub(super) fn lanes<T: Number>(&self, columns: usize) -> usize {
        self.isa::<T>(columns).run(LanesOf) * size_of::<f32>() / size_of::<T>()
    }

    /// Who does what of a product.
    ///
    /// PERF: a panel of the input is copied once for each range of rows. So where panels are copied and as wide as each other,
    /// as many ranges of panels are shared out as divide both threads and panels, and fewer ranges of rows: an eighth less
    /// time on two threads with 256 columns, a side of 1024 and a density of 0.05 (AMD Zen 4).
    pub(super) fn shares<T: Number>(&self, parts: usize, x: Shape, ordered: bool) -> Shares {
        let by_rows = Shares { rows: parts, columns: x.columns, panels: 1, panels_of_each: usize::MAX };
        // values that are put in order would be so for each range of panels
        if ordered || x.columns <= 1 || !x.columns.is_multiple_of(self.panel::<T>(x.columns)) {
            return by_rows;
        }
        let of_all = x.columns / self.panel::<T>(x.columns);
        let panels = greatest_common_divisor(parts, of_all);
        let by_both = Shares { rows: parts / panels, panels, panels_of_each: of_all / panels, ..by_rows };
        if panels > 1 && self.copies(by_both, x) { by_both } else { by_rows }
    }

    /// The rows of a part of a product of matrices with so many columns: parts have about as much to do. Whole windows; of
    /// the order of [`Way`] where that has one of its own.
    pub(super) fn share(&self, part: [usize; 2], columns: usize) -> Range<usize> {
        let of_vector = if columns == 1 { self.vector.part(part) } else { None };
        let window = if columns == 1 && self.vector.is_by_entry() { vector::WINDOW } else { WINDOW };
        of_vector.unwrap_or_else(|| self.windows(part, window))
    }

    /// The same of products of rows: windows of single entries where there are such.
    pub(super) fn share_of_samples(&self, threads: Threads<'_>, part: usize, columns: usize) -> Range<usize> {
        let window = if self.vector.sampled_places(columns).is_some() { vector::WINDOW } else { WINDOW };
        self.windows([part, threads.count()], window)
    }

    fn windows(&self, [part, parts]: [usize; 2], window: usize) -> Range<usize> {
        self.boundary([part, parts], window)..self.boundary([part + 1, parts], window)
    }

    /// First row of a part.
    fn boundary(&self, part: [usize; 2], window: usize) -> usize {
        let rows = self.pattern.rows();
        let first = |window_of: usize| rows.min(window_of * window);
        let cost = |of: usize| self.pattern.starts()[first(of)] as usize + COST_OF_A_ROW * first(of);
        first(share_of(rows.div_ceil(window), cost, part))
    }

    /// Whether panels of the input are copied, as far as they are not as they should be.
    fn copies(&self, shares: Shares, x: Shape) -> bool {
        let uses = self.pattern.nnz() / self.pattern.columns().max(1).saturating_mul(shares.rows);
        x.columns > 1 && (x.column_stride != 1 || uses >= WORTH_A_COPY)
    }

    /// Widths of panels in registers, the widest first.
    pub(super) fn widths<T: Number>(&self, columns: usize) -> &'static [usize] {
        let is_long = self.pattern.nnz() / ENTRIES_OF_LONG_ROWS >= self.pattern.rows();
        let bytes = if is_long { PANEL } else { PANEL_OF_SHORT_ROWS };
        let most = bytes / (self.lanes::<T>(columns) * size_of::<T>());
        &WIDTHS[WIDTHS.iter().take_while(|&&width| width > most).count()..]
    }

    /// Columns of the widest panel.
    pub(super) fn panel<T: Number>(&self, columns: usize) -> usize {
        let lanes = self.lanes::<T>(columns);
        // bounded first: a matrix without rows can have as many columns as there are numbers
        columns.min(self.widths::<T>(columns)[0] * lanes).next_multiple_of(lanes)
    }

    /// Whether values are put in order first, and not read out of order: where there is more than one panel.
    pub(super) fn puts_in_order<T: Number>(&self, columns: usize) -> bool {
        columns > self.panel::<T>(columns)
    }

    /// Numbers of scratch of all parts.
    pub(super) fn scratch<T: Number>(
        &self,
        threads: Threads<'_>,
        x: Shape,
        y: Shape,
        ordered: bool,
    ) -> usize {
        let shares = self.shares::<T>(threads.count(), x, ordered);
        (0..threads.count()).fold(0, |before, part| {
            let [values, input, output] = self.room::<T>(shares, &shares.rows(self, part), x, y, ordered);
            total("scratch", [before, values, input, output])
        })
    }

    /// Numbers of scratch of some rows: for their values in order, a panel of the input, and one of the output.
    fn room<T: Number>(
        &self,
        shares: Shares,
        rows: &Range<usize>,
        x: Shape,
        y: Shape,
        ordered: bool,
    ) -> [usize; 3] {
        let starts = self.pattern.starts();
        let entries = (starts[rows.end] - starts[rows.start]) as usize;
        let panel = self.panel::<T>(x.columns);
        let line = LINE / size_of::<T>();
        let copied = self.copies(shares, x) && !rows.is_empty();
        [
            if ordered && self.puts_in_order::<T>(x.columns) { entries } else { 0 },
            if copied {
                total("scratch", [length("scratch", [self.pattern.columns(), panel]), line])
            } else {
                0
            },
            if x.columns > 1 && y.column_stride != 1 {
                total("scratch", [length("scratch", [rows.len(), panel]), line])
            } else {
                0
            },
        ]
    }

    /// The ranges of entries of each row in slabs of columns, one slab after the other, for panels whose rows have so many
    /// bytes: all columns at once where slabs are worth nothing.
    pub(super) fn slabs(&self, bytes: usize, of: Slabs) -> impl Iterator<Item = (&[u32], &[u32])> {
        let (rows, columns) = (self.pattern.rows(), self.pattern.columns());
        let blocks = self.ends.len().checked_div(rows).unwrap_or(0) + 1;
        let is_near = self.pattern.nnz() <= if let Slabs::Samples = of { NEAR_SAMPLES } else { NEAR_ENTRIES };
        let slab = match of {
            _ if is_near => NEAR_SLAB,
            Slabs::OutOfOrder => FAR_SLAB_OUT_OF_ORDER,
            Slabs::InOrder | Slabs::Samples => FAR_SLAB,
        };
        let step = (slab / BLOCK.saturating_mul(bytes)).max(1);
        let entries = self.pattern.nnz() as f64 * (step * BLOCK) as f64 / (rows as f64 * columns as f64);
        let lines = entries * bytes as f64 / LINE as f64;
        let is_worth = match (is_near, of) {
            (true, Slabs::OutOfOrder) => lines >= WORTH_A_NEAR_SLAB_OUT_OF_ORDER,
            (true, Slabs::InOrder | Slabs::Samples) => lines >= WORTH_A_NEAR_SLAB,
            (false, Slabs::InOrder) => entries >= WORTH_A_FAR_SLAB,
            (false, Slabs::OutOfOrder) => lines >= WORTH_A_FAR_SLAB_OUT_OF_ORDER,
            (false, Slabs::Samples) => false,
        };
        let step = if is_worth { step } else { blocks };
        let after = move |block: usize| match block {
            0 => &self.pattern.starts()[..rows],
            block if block >= blocks => &self.pattern.starts()[1..],
            block => &self.ends[(block - 1) * rows..][..rows],
        };
        (0..blocks).step_by(step).map(move |block| (after(block), after(block + step)))
    }
}

/// What slabs are for: sums of rows, with values in order or not, or products along rows, of which nothing is kept in
/// registers from slab to slab.
#[derive(Clone, Copy)]
pub(super) enum Slabs {
    InOrder,
    OutOfOrder,
    Samples,
}

/// For each block of columns but the last, how far each row has come; nothing where blocks would be nearly empty.
fn block_ends(pattern: &Pattern) -> Box<[u32]> {
    let (rows, columns) = (pattern.rows(), pattern.columns());
    let blocks = columns.div_ceil(BLOCK);
    if blocks < 2 || rows == 0 || pattern.nnz() / rows < blocks {
        return Box::default();
    }
    let mut ends = vec![0; (blocks - 1) * rows];
    for row in 0..rows {
        let mut entry = pattern.row_range(row).start;
        let end = pattern.row_range(row).end;
        for block in 1..blocks {
            while entry < end && (pattern.indices()[entry] as usize) < block * BLOCK {
                entry += 1;
            }
            ends[(block - 1) * rows + row] = entry as u32;
        }
    }
    ends.into()
}

/// How many lanes a register has.
struct LanesOf;

impl Kernel for LanesOf {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        S::LANES
    }
}
