//! Which widths of tiles cover a row: a committed rule, the same on every machine with the same registers.

use std::ops::Range;

/// Adjacent columns that one tile computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) start: usize,
    pub(crate) width: usize,
}

impl Chunk {
    /// The columns.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.start + self.width
    }
}

/// Covers `columns` with tiles of the given widths (descending), none wider than needed for an even cover: fourteen by
/// tiles of at most eight is 8 + 6, and by at most six is 6 + 4 + 4.
pub(crate) fn cover(columns: usize, widths: &[usize]) -> Box<[Chunk]> {
    chunks(columns, widths).collect()
}

/// The tiles of [`cover`], one after the other, without memory.
pub(crate) fn chunks(columns: usize, widths: &[usize]) -> impl Iterator<Item = Chunk> {
    let widest = widths.first().copied().unwrap_or(1);
    let mut start = 0;
    std::iter::from_fn(move || {
        if start == columns {
            return None;
        }
        let left = columns - start;
        let even = left.div_ceil(left.div_ceil(widest));
        let width = widths.iter().copied().filter(|&width| width <= left).min_by_key(|&width| {
            // The narrowest that is not below the even share, else the widest below it.
            if width >= even { (0, width) } else { (1, usize::MAX - width) }
        });
        let width = width.expect("a width of one or two fits what is left");
        start += width;
        Some(Chunk { start: start - width, width })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_column_once() {
        for widths in [&[14, 12, 10, 8, 6, 4, 2, 1][..], &[6, 4, 2, 1], &[2, 1], &[1]] {
            for columns in 0..if cfg!(miri) { 30 } else { 100 } {
                let mut next = 0;
                for chunk in cover(columns, widths) {
                    assert_eq!(chunk.start, next);
                    assert!(widths.contains(&chunk.width));
                    next += chunk.width;
                }
                assert_eq!(next, columns, "{widths:?}");
            }
        }
    }

    #[test]
    fn covers_are_even() {
        let widths =
            |columns, widths: &[usize]| cover(columns, widths).iter().map(|c| c.width).collect::<Vec<_>>();
        assert_eq!(widths(14, &[8, 6, 4, 2]), [8, 6]);
        assert_eq!(widths(14, &[6, 4, 2]), [6, 4, 4]);
        assert_eq!(widths(28, &[14, 12, 10, 8, 6, 4, 2]), [14, 14]);
        assert_eq!(widths(28, &[6, 4, 2]), [6, 6, 6, 6, 4]);
    }
}
