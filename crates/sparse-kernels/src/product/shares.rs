//! How a product is shared out among threads: ranges of rows, and of panels of columns.

use std::ops::Range;

use super::plan::ProductPlan;

/// How a product is shared out: into so many ranges of rows, of each of which there are so many of panels.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    pub(super) rows: usize,
    pub(super) panels: usize,
    /// All, where there is one range of them.
    pub(super) panels_of_each: usize,
    /// Of the dense matrices.
    pub(super) columns: usize,
}

impl Shares {
    /// Rows of a part.
    pub(super) fn rows(self, plan: &ProductPlan, part: usize) -> Range<usize> {
        plan.share([part / self.panels, self.rows], self.columns)
    }

    /// Panels of a part, from its first.
    pub(super) fn panels(self, part: usize) -> Range<usize> {
        let first = part % self.panels * self.panels_of_each;
        first..first.saturating_add(self.panels_of_each)
    }
}

/// By Euclid's rule.
pub(super) fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// First of so many windows that belongs to one of several parts, where this is what all windows before one cost.
pub(super) fn share_of(windows: usize, cost: impl Fn(usize) -> usize, [part, parts]: [usize; 2]) -> usize {
    let share = (cost(windows) as u128 * part as u128 / parts as u128) as usize;
    let (mut low, mut high) = (0, windows);
    while low < high {
        let middle = usize::midpoint(low, high);
        if cost(middle) < share {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if part == parts { windows } else { low }
}

#[cfg(test)]
mod tests {
    use numerics::Isa;

    use super::*;
    use crate::Pattern;
    use crate::product::Number;
    use crate::product::view::Shape;

    const MIDDLE: usize = 16;

    /// Of every instruction set, for a matrix without zeros.
    fn plans(rows: usize) -> impl Iterator<Item = ProductPlan> {
        let pattern =
            Pattern::from_mask(rows, MIDDLE, &vec![true; rows * MIDDLE]).expect("a mask of the right length");
        Isa::available().into_iter().map(move |isa| ProductPlan::new(isa, &pattern))
    }

    fn by_rows(columns: usize) -> Shape {
        Shape { rows: MIDDLE, columns, row_stride: columns, column_stride: 1 }
    }

    fn check<T: Number>(plan: &ProductPlan, parts: usize, columns: usize) -> Shares {
        let shares = plan.shares::<T>(parts, by_rows(columns), false);
        let of_all = columns / plan.panel::<T>(columns);
        assert_eq!(shares.rows * shares.panels, parts);
        let mut first = 0;
        for part in (0..parts).filter(|_| shares.panels > 1) {
            assert_eq!(shares.panels(part).start, first % of_all, "{parts} parts of {of_all} panels");
            first = shares.panels(part).end;
        }
        assert!(shares.panels == 1 || first == of_all);
        shares
    }

    #[test]
    fn panels_are_shared_out_where_they_are_copied() {
        for plan in plans(64) {
            for (parts, panels) in [(1, 1), (2, 2), (3, 1), (4, 4), (6, 2), (7, 1), (16, 4)] {
                assert_eq!(check::<f32>(&plan, parts, 4 * plan.panel::<f32>(1000)).panels, panels);
                assert_eq!(check::<f64>(&plan, parts, 4 * plan.panel::<f64>(1000)).panels, panels);
            }
        }
    }

    #[test]
    fn rows_are_shared_out_where_panels_differ_or_values_are_put_in_order() {
        for plan in plans(64) {
            let columns = 4 * plan.panel::<f32>(1000);
            assert_eq!(check::<f32>(&plan, 2, columns - 1).panels, 1);
            assert_eq!(check::<f32>(&plan, 2, 1).panels, 1);
            assert_eq!(plan.shares::<f32>(2, by_rows(columns), true).panels, 1);
        }
        // seven uses are too few for a copy, unless columns of the input are apart
        for plan in plans(7) {
            let columns = 4 * plan.panel::<f32>(1000);
            assert_eq!(check::<f32>(&plan, 2, columns).panels, 1);
            let apart = Shape { row_stride: 1, column_stride: MIDDLE, ..by_rows(columns) };
            assert_eq!(plan.shares::<f32>(2, apart, false).panels, 2);
        }
        for plan in plans(8) {
            assert_eq!(check::<f32>(&plan, 2, 4 * plan.panel::<f32>(1000)).panels, 2);
        }
    }
}
