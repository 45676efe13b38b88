//! The columns of entries as rows in lanes take them, four in a word.

use std::cmp::Reverse;

use super::WINDOW;
use super::lanes::ROWS;
use crate::Pattern;

/// Columns of a word.
pub(super) const FOUR: usize = 4;

/// Columns that a word can tell apart.
pub(super) const MOST: usize = 1 << u16::BITS;

/// For windows of rows, the longest first: of every [`ROWS`] rows first the entries that all of them have, four by four, a
/// word for each entry of four rows; then what is left of each row, a word for four of its entries. Rows at the end of a
/// window that are fewer have only such.
///
/// A quarter of the loads that columns one by one would need, and half of the memory.
#[derive(Clone, Debug)]
pub(in super::super) struct Words {
    rows: Box<[u32]>,
    words: Box<[u64]>,
    /// First word of each window.
    windows: Box<[usize]>,
}

impl Words {
    /// The words of a pattern that has no more than [`MOST`] columns.
    pub(super) fn new(pattern: &Pattern) -> Words {
        let row = |row: u32| pattern.row(row as usize);
        let mut rows: Box<[u32]> = (0..pattern.rows() as u32).collect();
        let (mut words, mut windows) = (Vec::with_capacity(pattern.nnz() / FOUR), Vec::new());
        for window in rows.chunks_mut(WINDOW) {
            window.sort_by_key(|&place| Reverse(row(place).len()));
            windows.push(words.len());
            let (eights, rest) = window.as_chunks::<ROWS>();
            for rows in eights {
                let rows = rows.map(row);
                let common = rows[ROWS - 1].len() / FOUR * FOUR;
                for first in (0..common).step_by(FOUR) {
                    for four in rows.chunks(FOUR) {
                        let entry = |entry| word(four.iter().map(|row| row[entry]));
                        words.extend((first..first + FOUR).map(entry));
                    }
                }
                words.extend(rows.iter().flat_map(|row| row[common..].chunks(FOUR)).map(word_of));
            }
            words.extend(rest.iter().flat_map(|&place| row(place).chunks(FOUR)).map(word_of));
        }
        Words { rows, words: words.into(), windows: windows.into() }
    }

    /// Bytes that they take.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.rows) + size_of_val(&*self.words) + size_of_val(&*self.windows)
    }

    /// The rows of whole windows in the order in which they go, and the words from there on.
    pub(super) fn of_rows(&self, rows: std::ops::Range<usize>) -> (&[u32], &[u64]) {
        (&self.rows[rows.clone()], &self.words[self.windows[rows.start / WINDOW]..])
    }
}

fn word_of(columns: &[u32]) -> u64 {
    word(columns.iter().copied())
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
        expected.push(7 | 9 << 16);
        assert_eq!(words.of_rows(0..9), (&[1, 2, 3, 4, 5, 6, 7, 8, 0][..], &*expected));
        assert_eq!(words.size(), 9 * 4 + 8 * expected.len() + size_of::<usize>());
    }

    #[test]
    fn windows_have_words_of_their_own() {
        let triplets: Vec<(usize, usize)> = (0..WINDOW + 2).map(|row| (row, row)).collect();
        let pattern = Pattern::from_triplets(WINDOW + 2, WINDOW + 2, &triplets).expect("a pattern");
        let (rows, words) = (WINDOW..WINDOW + 2, [WINDOW, WINDOW + 1]);
        let (expected, words) = (words.map(|row| row as u32), words.map(|column| column as u64));
        assert_eq!(Words::new(&pattern).of_rows(rows), (&expected[..], &words[..]));
    }
}
