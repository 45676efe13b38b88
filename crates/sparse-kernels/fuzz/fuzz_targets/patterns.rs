//! Any bytes, read as arguments of any constructor of `Pattern`: it must refuse what is not a pattern, take what is one,
//! hold what it was given, and never panic.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use sparse_kernels::{Pattern, PatternError};

/// What is left of the input; zeros follow its end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let (&first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        first
    }

    /// Rows or columns: few, or more than there can be. (As many as there can be would take 16 GiB.)
    fn size(&mut self) -> usize {
        match self.next() {
            255 => usize::MAX,
            254 => 1 << 32,
            253 => u32::MAX as usize,
            small => usize::from(small % 12),
        }
    }

    /// A start or an index: small, or near a limit of some type.
    fn number(&mut self) -> i64 {
        match self.next() {
            255 => -1,
            254 => i64::MAX,
            253 => i64::MIN,
            252 => 1 << 32,
            251 => u32::MAX.into(),
            small => (small % 16).into(),
        }
    }

    /// As many numbers as asked for or, now and then, others; sums of them, so that they grow, or themselves.
    fn numbers(&mut self, len: usize) -> Vec<i64> {
        let how = self.next();
        let len = if how & 0b1110 == 0 { usize::from(self.next() % 20) } else { len.min(40) };
        let mut sum = 0_i64;
        let mut number = || {
            let number = self.number();
            sum = if how & 1 == 0 { number } else { sum.wrapping_add(number % 4) };
            sum
        };
        (0..len).map(|_| number()).collect()
    }
}

/// The definition, without regard to speed or messages.
fn is_compressed(lines: usize, across: usize, starts: &[i64], indices: &[i64]) -> bool {
    fits(lines, across)
        && starts.len() == lines + 1
        && starts[0] == 0
        && starts[lines] == indices.len() as i64
        && starts.is_sorted()
        && indices.iter().all(|&index| index >= 0 && (index as u64) < across as u64)
        && starts.windows(2).all(|line| {
            let line = &indices[line[0] as usize..line[1] as usize];
            line.windows(2).all(|pair| pair[0] < pair[1])
        })
}

/// Whether indices of 32 bits reach all rows and columns.
fn fits(rows: usize, columns: usize) -> bool {
    rows < u32::MAX as usize && columns < u32::MAX as usize
}

/// Row and column of every entry.
type Places = BTreeSet<(usize, usize)>;

/// `expected` is what the pattern holds, if it is one.
fn check(rows: usize, columns: usize, found: Result<Pattern, PatternError>, expected: Option<Places>) {
    match (found, expected) {
        (Ok(pattern), Some(expected)) => {
            assert_eq!((pattern.rows(), pattern.columns()), (rows, columns));
            let starts: Vec<i64> = pattern.starts().iter().map(|&start| start.into()).collect();
            let indices: Vec<i64> = pattern.indices().iter().map(|&index| index.into()).collect();
            assert!(is_compressed(rows, columns, &starts, &indices), "a malformed pattern: {pattern:?}");
            let places =
                (0..rows).flat_map(|row| pattern.row(row).iter().map(move |&column| (row, column as usize)));
            assert!(places.eq(expected), "another pattern: {pattern:?}");
        }
        (Err(error), None) => assert!(!error.to_string().is_empty()),
        (Ok(pattern), None) => panic!("no pattern was taken for one: {pattern:?}"),
        (Err(error), Some(_)) => panic!("a pattern was refused: {error}"),
    }
}

/// CSR or CSC, of a type of integers that all numbers fit.
fn compressed(bytes: &mut Bytes, by_columns: bool) {
    let (lines, across) = (bytes.size(), bytes.size());
    let starts = bytes.numbers(lines.saturating_add(1));
    let nnz = starts.last().map_or(0, |&end| usize::try_from(end).unwrap_or(3));
    let indices = bytes.numbers(nnz);
    let expected = is_compressed(lines, across, &starts, &indices).then(|| {
        let line = |line: usize| indices[starts[line] as usize..starts[line + 1] as usize].iter();
        let place =
            |line, &index: &i64| if by_columns { (index as usize, line) } else { (line, index as usize) };
        (0..lines).flat_map(|number| line(number).map(move |index| place(number, index))).collect()
    });
    let (rows, columns) = if by_columns { (across, lines) } else { (lines, across) };
    let build = |narrow: bool| {
        let all = || starts.iter().chain(&indices);
        if narrow && all().all(|&number| u32::try_from(number).is_ok()) {
            let narrowed = |numbers: &[i64]| numbers.iter().map(|&number| number as u32).collect::<Vec<_>>();
            let (starts, indices) = (narrowed(&starts), narrowed(&indices));
            if by_columns {
                Pattern::from_csc(rows, columns, &starts, &indices)
            } else {
                Pattern::from_csr(rows, columns, &starts, &indices)
            }
        } else if by_columns {
            Pattern::from_csc(rows, columns, &starts, &indices)
        } else {
            Pattern::from_csr(rows, columns, &starts, &indices)
        }
    };
    let narrow = bytes.next() & 1 == 1;
    check(rows, columns, build(narrow), expected);
}

fn mask(bytes: &mut Bytes) {
    let (rows, columns) = (bytes.size(), bytes.size());
    let places = rows.checked_mul(columns);
    let off = usize::from(bytes.next() == 255);
    let mask: Vec<bool> = (0..places.unwrap_or(3).min(144) + off).map(|_| bytes.next() & 1 == 1).collect();
    let expected = (fits(rows, columns) && places == Some(mask.len())).then(|| {
        let kept = mask.iter().enumerate().filter(|(_, kept)| **kept);
        kept.map(|(place, _)| (place / columns, place % columns)).collect()
    });
    check(rows, columns, Pattern::from_mask(rows, columns, &mask), expected);
}

fn triplets(bytes: &mut Bytes) {
    let (rows, columns) = (bytes.size(), bytes.size());
    let triplets: Vec<(usize, usize)> =
        (0..bytes.next() % 24).map(|_| (bytes.size(), bytes.size())).collect();
    let places: Places = triplets.iter().copied().collect();
    let inside = places.iter().all(|&(row, column)| row < rows && column < columns);
    let expected = (fits(rows, columns) && inside && places.len() == triplets.len()).then_some(places);
    check(rows, columns, Pattern::from_triplets(rows, columns, &triplets), expected);
}

fn dense(bytes: &mut Bytes) {
    let (rows, columns) = (bytes.size(), bytes.size());
    let places = || (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).collect();
    check(rows, columns, Pattern::dense(rows, columns), fits(rows, columns).then(places));
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    match bytes.next() % 16 {
        0..6 => compressed(&mut bytes, false),
        6..11 => compressed(&mut bytes, true),
        11..13 => mask(&mut bytes),
        13..15 => triplets(&mut bytes),
        _ => dense(&mut bytes),
    }
});
