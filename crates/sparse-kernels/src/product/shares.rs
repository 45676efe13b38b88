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
