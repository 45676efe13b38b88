//! What can be wrong with a pattern.

use std::fmt;

/// A row or a column: where a fault lies, in the words of the format that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A row, of CSR, a mask or a triplet.
    Row(usize),
    /// A column, of CSC or a triplet.
    Column(usize),
}

impl Line {
    /// What the indices within a line count.
    fn across(self) -> &'static str {
        match self {
            Line::Row(_) => "column",
            Line::Column(_) => "row",
        }
    }

    /// The name for messages, without the number.
    fn kind(self) -> &'static str {
        match self {
            Line::Row(_) => "row",
            Line::Column(_) => "column",
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Row(number) => write!(f, "row {number}"),
            Line::Column(number) => write!(f, "column {number}"),
        }
    }
}

/// Why a [`Pattern`](crate::Pattern) could not be built.
///
/// Indices are given as they were found, so that a negative or a huge one is shown as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternError {
    /// More rows, columns or entries than an index of 32 bits, or than a buffer of lanes, can hold.
    TooMany {
        /// `rows`, `columns` or `entries`.
        what: &'static str,
        /// How many there are; `None` where the number itself overflows.
        found: Option<usize>,
        /// How many there may be.
        limit: usize,
    },
    /// The number of starts is not one more than the number of lines.
    StartsLength {
        /// Lines and one.
        expected: usize,
        /// Length of the slice.
        found: usize,
    },
    /// The first start is not zero.
    FirstStart {
        /// The first line.
        line: Line,
        /// Its start.
        found: i128,
    },
    /// A line ends beyond the entries, or the last one before their end.
    LastStart {
        /// The line.
        line: Line,
        /// The number of entries.
        expected: usize,
        /// Where the line ends.
        found: i128,
    },
    /// A line ends before it starts.
    Decreasing {
        /// The line.
        line: Line,
        /// Where it starts.
        start: i128,
        /// Where it ends.
        end: i128,
    },
    /// An entry lies outside the matrix.
    OutOfRange {
        /// The line that holds it.
        line: Line,
        /// Its position among all entries.
        entry: usize,
        /// Its index.
        found: i128,
        /// Indices must be below this.
        limit: usize,
    },
    /// An index is smaller than the one before it in the same line.
    Unsorted {
        /// The line.
        line: Line,
        /// Position of the later of the two among all entries.
        entry: usize,
        /// The index before.
        previous: usize,
        /// The smaller one that follows.
        found: usize,
    },
    /// An entry is there twice.
    Duplicate {
        /// The line.
        line: Line,
        /// Position of the second among all entries.
        entry: usize,
        /// The index of both.
        found: usize,
    },
    /// A mask has another length than rows x columns.
    MaskLength {
        /// Rows that were asked for.
        rows: usize,
        /// Columns that were asked for.
        columns: usize,
        /// Length of the slice.
        found: usize,
    },
    /// So many more rows than entries that it would take much memory to say that they are empty.
    Hollow {
        /// Rows that were asked for.
        rows: usize,
        /// Entries that there are.
        entries: usize,
        /// How many rows more than entries there may be.
        limit: usize,
    },
    /// There is no memory for the pattern.
    Memory {
        /// What it would take.
        bytes: usize,
    },
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            PatternError::TooMany { what, found: Some(found), limit } => {
                write!(f, "a pattern of {found} {what}; there can be {limit} at most")
            }
            PatternError::TooMany { what, found: None, limit } => {
                write!(f, "the number of {what} overflows; there can be {limit} at most")
            }
            PatternError::StartsLength { expected, found } => {
                write!(f, "{found} starts; one for each row or column and one for the end make {expected}")
            }
            PatternError::FirstStart { line, found } => {
                write!(f, "{line} starts at entry {found}; the first must start at 0")
            }
            PatternError::LastStart { line, expected, found } => {
                write!(f, "{line} ends at entry {found}, but the entries end at {expected}")
            }
            PatternError::Decreasing { line, start, end } => {
                write!(f, "{line} starts at entry {start} and ends before, at {end}")
            }
            PatternError::OutOfRange { line, entry, found, limit } => {
                let across = line.across();
                write!(f, "entry {entry}, in {line}, is in {across} {found}; there are {limit} {across}s")
            }
            PatternError::Unsorted { line, entry, previous, found } => {
                let (kind, across) = (line.kind(), line.across());
                write!(
                    f,
                    "entry {entry}, in {line}, is in {across} {found} after one in {across} {previous}; \
                     sort each {kind} by {across}"
                )
            }
            PatternError::Duplicate { line, entry, found } => {
                write!(f, "entry {entry}, in {line}, is in {} {found} like one before it", line.across())
            }
            PatternError::MaskLength { rows, columns, found } => {
                write!(f, "a mask of {found} elements for {rows} rows of {columns} columns")
            }
            PatternError::Hollow { rows, entries, limit } => {
                write!(f, "{rows} rows for {entries} entries; there can be {limit} more rows than entries")
            }
            PatternError::Memory { bytes } => write!(f, "no memory for a pattern of {bytes} bytes"),
        }
    }
}

impl std::error::Error for PatternError {}
