//! The columns of entries as rows in lanes take them, four in a word.

use std::cmp::Reverse;
use std::ops::Range;

use super::super::shares::share_of;
use super::WINDOW;
use super::lanes::ROWS;
use crate::Pattern;

/// Columns of a word.
pub(super) const FOUR: usize = 4;

/// Columns that a word can tell apart.
pub(super) const MOST: usize = 1 << u16::BITS;

/// For windows of rows, the longest first: of every [`ROWS`] rows first the entries that all of them have, four by four, a
/// word for each entry of four rows; then what is left of each row, a word for four of its entries. Rows that are left at
/// the end have no words.
///
/// A quarter of the loads that columns one by one would need, and where rows are long half of the memory.
#[derive(Clone, Debug)]
pub(in super::super) struct Words {
    rows: Box<[u32]>,
    words: Box<[u64]>,
    /// First word of each block of rows, in this order, and the end of the last.
    blocks: Box<[usize]>,
}

/// Rows, in their order, that stay with one thread: less than a window, so that few rows can have several threads too, though
/// these then write to the same lines of the output.
const BLOCK: usize = 64;

const _: () = assert!(WINDOW.is_multiple_of(BLOCK) && BLOCK.is_multiple_of(ROWS), "blocks of whole eights");

/// Words that a row costs beside its own, where rows are shared out among threads.
const COST_OF_A_ROW: usize = 1;

impl Words {
    /// The words of a pattern that has no more than [`MOST`] columns.
    pub(super) fn new(pattern: &Pattern) -> Words {
        debug_assert!(pattern.columns() <= MOST);
        let row = |row: u32| pattern.row(row as usize);
        let mut rows: Box<[u32]> = (0..pattern.rows() as u32).collect();
        for window in rows.chunks_mut(WINDOW) {
            window.sort_by_key(|&place| Reverse(row(place).len()));
        }
        let mut words = Vec::with_capacity(pattern.nnz() / FOUR + pattern.rows());
        let mut blocks = Vec::with_capacity(rows.len() / BLOCK + 2);
        for block in rows.chunks(BLOCK) {
            blocks.push(words.len());
            for rows in block.as_chunks::<ROWS>().0 {
                let rows = rows.map(row);
                let common = rows[ROWS - 1].len() / FOUR * FOUR;
                for first in (0..common).step_by(FOUR) {
                    for four in rows.chunks(FOUR) {
                        let entry = |entry| word(four.iter().map(|row| row[entry]));
                        words.extend((first..first + FOUR).map(entry));
                    }
                }
                let rests = rows.iter().flat_map(|row| row[common..].chunks(FOUR));
                words.extend(rests.map(|rest| word(rest.iter().copied())));
            }
        }
        blocks.push(words.len());
        Words { rows, words: words.into(), blocks: blocks.into() }
    }

    /// Bytes that they take.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.rows) + size_of_val(&*self.words) + size_of_val(&*self.blocks)
    }

    /// Which rows of their order are a part's: parts have about as much to do, and whole blocks.
    pub(super) fn part(&self, [part, parts]: [usize; 2]) -> Range<usize> {
        let cost = |block: usize| self.blocks[block] + COST_OF_A_ROW * BLOCK * block;
        let blocks = self.blocks.len() - 1;
        let boundary = |part| share_of(blocks, cost, [part, parts]) * BLOCK;
        boundary(part).min(self.rows.len())..boundary(part + 1).min(self.rows.len())
    }

    /// Rows of whole blocks, in their order, and their words.
    pub(super) fn of(&self, rows: Range<usize>) -> (&[u32], &[u64]) {
        let blocks = rows.start / BLOCK..rows.end.div_ceil(BLOCK);
        (&self.rows[rows], &self.words[self.blocks[blocks.start]..self.blocks[blocks.end]])
    }
}

/// At most four columns, the first lowest; the rest is zero.
fn word(columns: impl Iterator<Item = u32>) -> u64 {
    columns.enumerate().fold(0, |word, (n, column)| word | u64::from(column) << (n as u32 * u16::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_the_order_in_which_rows_are_read() {
        // a short row before eight of five entries, of which the last has four
        let mut rows = vec![vec![7, 9]];
        rows.extend((0..8).map(|row| (0..if row < 7 { 5 } else { 4 }).map(|k| 10 * row + k).collect()));
        let triplets: Vec<(usize, usize)> =
            (0..9).flat_map(|row| rows[row].iter().map(move |&column| (row, column))).collect();
        let words = Words::new(&Pattern::from_triplets(9, 80, &triplets).expect("a pattern"));
        let four = |columns: [u64; 4]| columns[0] | columns[1] << 16 | columns[2] << 32 | columns[3] << 48;
        let mut expected: Vec<u64> = Vec::new();
        for first in [0, 40] {
            expected.extend((0..4).map(|k| four([0, 10, 20, 30].map(|row| first + row + k))));
        }
        expected.extend((0..7).map(|row| 10 * row + 4));
        assert_eq!(words.of(0..9), (&[1, 2, 3, 4, 5, 6, 7, 8, 0][..], &*expected));
        assert_eq!(words.size(), 9 * 4 + 8 * expected.len() + 2 * size_of::<usize>());
    }

    #[test]
    fn parts_are_whole_blocks_and_all_rows() {
        // the first rows of a window have most entries
        let rows = WINDOW + 70;
        let triplets: Vec<(usize, usize)> =
            (0..rows).flat_map(|row| (0..(rows - row) / 8).map(move |column| (row, column))).collect();
        let pattern = Pattern::from_triplets(rows, 80, &triplets).expect("a pattern");
        let words = Words::new(&pattern);
        for count in [1, 2, 3, 20] {
            let parts: Vec<Range<usize>> = (0..count).map(|part| words.part([part, count])).collect();
            assert_eq!([parts[0].start, parts[count - 1].end], [0, rows]);
            assert!(
                parts
                    .windows(2)
                    .all(|two| two[0].end == two[1].start && (two[0].end % BLOCK == 0 || two[0].end == rows))
            );
            let most = parts.iter().map(|part| words.of(part.clone()).1.len()).max().expect("parts");
            assert!(most <= words.words.len() / count + words.of(0..BLOCK).1.len(), "{count}");
        }
    }
}
