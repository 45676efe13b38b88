//! The rows and columns of a product that one thread computes, panel after panel.

use std::ops::Range;

use numerics::{Kernel, Simd};

use super::pack::{pack, unpack};
use super::panel::{Panel, Rows};
use super::plan::{LINE, ProductPlan, Slabs};
use super::view::Shape;
use super::{Number, View};
use crate::chunks::{Chunk, chunks};

/// Where outputs go: each part writes the rows and columns that are its own.
#[derive(Clone, Copy)]
pub(super) struct Target<T> {
    pub(super) pointer: *mut T,
    pub(super) shape: Shape,
}

// SAFETY: it stands for the exclusive borrow that it was made of, which lasts as long as the parts; they write
// elements that are different, and elements of a view that is written never share a place.
unsafe impl<T: Send> Send for Target<T> {}

/// Some rows of some panels, and all that is needed for them. Lengths were checked.
pub(super) struct Part<'a, T> {
    pub(super) plan: &'a ProductPlan,
    pub(super) values: &'a [T],
    /// Which of the values each entry has, if not its own.
    pub(super) order: Option<&'a [u32]>,
    pub(super) x: View<'a, T>,
    pub(super) y: Target<T>,
    /// Whole windows of rows; with one column places in the order of [`Way`](super::vector::Way), where that has one.
    pub(super) rows: Range<usize>,
    /// Panels of columns, of as many as there are.
    pub(super) panels: Range<usize>,
    /// Scratch for values in order, for a panel of the input, and for one of the output; each may be absent.
    pub(super) rooms: [&'a mut [T]; 3],
    pub(super) add: bool,
}

impl<T: Number> Kernel for Part<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let panel = self.panel();
        let (lanes, columns) = (T::lanes::<S>(), self.x.columns());
        if columns == 1 {
            // SAFETY: lengths were checked, and the rows belong to this part.
            unsafe { self.plan.vector.run(simd, panel, self.rows.clone()) };
            return;
        }
        let all = chunks(columns.div_ceil(lanes), self.plan.widths::<T>(columns));
        for chunk in all.skip(self.panels.start).take(self.panels.len()) {
            // SAFETY: lengths were checked, and the rows of these columns belong to this part.
            unsafe { self.chunk(simd, panel, chunk) };
        }
    }
}

impl<'a, T: Number> Part<'a, T> {
    /// The first column, from and to where it is.
    #[inline(always)]
    fn panel(&mut self) -> Panel<'a, T> {
        let ProductPlan { pattern, order, same, .. } = self.plan;
        let starts = pattern.starts();
        let (mut values, mut value_order) = (self.values.as_ptr(), std::ptr::null());
        let in_order = self.plan.puts_in_order::<T>(self.x.columns());
        if let Some(order) = self.order.filter(|_| !in_order) {
            value_order = order.as_ptr();
        } else if let Some(order) = self.order {
            let first = starts[self.rows.start] as usize;
            for (value, &entry) in self.rooms[0].iter_mut().zip(&order[first..]) {
                // SAFETY: the order is one of all entries, and there is a value for each.
                *value = unsafe { *self.values.get_unchecked(entry as usize) };
            }
            values = self.rooms[0].as_ptr().wrapping_sub(first);
        }
        Panel {
            rows: &order[self.rows.clone()],
            same: &same[self.rows.clone()],
            starts: &starts[..pattern.rows()],
            ends: &starts[1..],
            indices: pattern.indices(),
            values,
            order: value_order,
            input: self.x.pointer(),
            input_stride: self.x.shape().row_stride,
            output: self.y.pointer,
            output_stride: self.y.shape.row_stride,
            row_base: 0,
            part: 1,
            add: self.add,
        }
    }

    /// Some registers of columns.
    ///
    /// # Safety
    ///
    /// `panel` is that of the first column.
    #[inline(always)]
    unsafe fn chunk<S: Simd>(&mut self, simd: S, mut panel: Panel<'_, T>, chunk: Chunk) {
        let lanes = T::lanes::<S>();
        let first = chunk.start * lanes;
        let width = chunk.width * lanes;
        let columns = [first, width.min(self.x.columns() - first)];
        let rows = [self.rows.start, self.rows.len()];
        let (x, y) = (self.x.shape(), self.y.shape);
        panel.part = columns[1] - (width - lanes);
        // SAFETY: the caller's promise; the rooms are as long as a panel, where there are any.
        unsafe {
            let copied = self.copied::<S>(first, width);
            if copied {
                let room = aligned(self.rooms[1], x.rows * width);
                pack(self.x.pointer(), x, [0, x.rows], columns, room, width);
                (panel.input, panel.input_stride) = (room, width);
            } else {
                // an input without rows has no such column, and nobody reads it
                panel.input = self.x.pointer().wrapping_add(first);
            }
            if y.column_stride == 1 {
                panel.output = self.y.pointer.add(first);
            } else {
                let room = aligned(self.rooms[2], rows[1] * width);
                if self.add {
                    pack(self.y.pointer, y, rows, columns, room, width);
                }
                (panel.output, panel.output_stride, panel.row_base) = (room, width, rows[0]);
            }
            let partly = panel.part < lanes && !copied;
            let slabs = if panel.order.is_null() { Slabs::InOrder } else { Slabs::OutOfOrder };
            let mut add = self.add;
            for (starts, ends) in self.plan.slabs(width * size_of::<T>(), slabs) {
                let panel = Panel { starts, ends, add, ..panel };
                if panel.order.is_null() {
                    rows_of::<S, T, false>(simd, panel, chunk.width, partly);
                } else {
                    rows_of::<S, T, true>(simd, panel, chunk.width, partly);
                }
                add = true;
            }
            if y.column_stride != 1 {
                unpack(panel.output, width, self.y.pointer, y, rows, columns);
            }
        }
    }

    /// Whether a panel of the input is read from a copy: there is room for it, and where it lies its columns are apart,
    /// or its rows far from each other, or not aligned.
    #[inline(always)]
    fn copied<S: Simd>(&self, first: usize, width: usize) -> bool {
        let shape = self.x.shape();
        let lanes = T::lanes::<S>();
        let address = self.x.pointer().wrapping_add(first) as usize;
        // in numbers, for a stride of them can be more bytes than there are
        let misaligned =
            !address.is_multiple_of(lanes * size_of::<T>()) || !shape.row_stride.is_multiple_of(lanes);
        !self.rooms[1].is_empty() && (shape.column_stride != 1 || shape.row_stride > width || misaligned)
    }
}

/// Where the first cache line of a room begins, which holds so many numbers from there on.
#[inline(always)]
fn aligned<T>(room: &mut [T], needed: usize) -> *mut T {
    let offset = room.as_ptr().align_offset(LINE);
    from_line(room, offset, needed)
}

/// The same, for a line that begins at an offset. What the standard library says of it is a hint, which may be that there
/// is no such place: the room then begins in some line, and the numbers are there all the same.
#[inline(always)]
fn from_line<T>(room: &mut [T], offset: usize, needed: usize) -> *mut T {
    let room = &mut room[offset.min(LINE / size_of::<T>() - 1)..];
    assert!(room.len() >= needed, "room for {} numbers from a line on, {needed} are needed", room.len());
    room.as_mut_ptr()
}

/// All rows of a panel of `width` registers, of which the last is read in part or not.
///
/// # Safety
///
/// As for [`Rows`].
#[inline(always)]
unsafe fn rows_of<S: Simd, T: Number, const ORDERED: bool>(
    simd: S,
    panel: Panel<'_, T>,
    width: usize,
    partly: bool,
) {
    // PERF: rows in turns, so that sums wait for each other's additions and not for their own; with one register, as few
    // as that takes, so that their places stay in registers
    match (width, partly) {
        (8, false) => simd.apart(Rows::<T, 1, 8, false, ORDERED, false>(panel)),
        (8, true) => simd.apart(Rows::<T, 1, 8, true, ORDERED, false>(panel)),
        (6, false) => simd.apart(Rows::<T, 2, 6, false, ORDERED, false>(panel)),
        (6, true) => simd.apart(Rows::<T, 2, 6, true, ORDERED, false>(panel)),
        (4, false) => simd.apart(Rows::<T, 2, 4, false, ORDERED, false>(panel)),
        (4, true) => simd.apart(Rows::<T, 2, 4, true, ORDERED, false>(panel)),
        (3, false) => simd.apart(Rows::<T, 4, 3, false, ORDERED, false>(panel)),
        (3, true) => simd.apart(Rows::<T, 4, 3, true, ORDERED, false>(panel)),
        (2, false) => simd.apart(Rows::<T, 4, 2, false, ORDERED, false>(panel)),
        (2, true) => simd.apart(Rows::<T, 4, 2, true, ORDERED, false>(panel)),
        (_, false) if panel.input_stride == T::lanes::<S>() => {
            simd.apart(Rows::<T, 4, 1, false, ORDERED, true>(panel));
        }
        (_, false) => simd.apart(Rows::<T, 4, 1, false, ORDERED, false>(panel)),
        (_, true) => simd.apart(Rows::<T, 4, 1, true, ORDERED, false>(panel)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_hold_what_is_needed_from_a_line_on() {
        let (needed, line) = (40, LINE / size_of::<f64>());
        let mut numbers = [0.0_f64; 64];
        for first in 0..line {
            let room = &mut numbers[first..][..needed + line];
            let (begin, end) = (room.as_ptr() as usize, room.as_ptr_range().end as usize);
            let address = aligned(room, needed) as usize;
            assert!(begin <= address && address + needed * size_of::<f64>() <= end);
            assert!(cfg!(miri) || address.is_multiple_of(LINE));
        }
    }

    #[test]
    fn rooms_hold_what_is_needed_where_no_line_is_told() {
        let (needed, line) = (40, LINE / size_of::<f32>());
        let mut numbers = vec![0.0_f32; needed + line];
        let start = numbers.as_ptr() as usize;
        for offset in [0, line - 1, line, usize::MAX] {
            let address = from_line(&mut numbers, offset, needed) as usize;
            assert_eq!(address, start + offset.min(line - 1) * size_of::<f32>(), "{offset}");
        }
    }

    #[test]
    #[should_panic(expected = "room for 41 numbers from a line on, 42 are needed")]
    fn rooms_that_are_too_short_are_refused() {
        from_line(&mut [0.0_f32; 56], usize::MAX, 42);
    }
}
