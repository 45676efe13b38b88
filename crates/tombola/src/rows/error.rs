//! Why bytes are not the rows of a cell.

use std::fmt;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsError {
    file: String,
    line: u64,
    problem: String,
}

impl RowsError {
    pub(super) fn new(file: &str, line: u64, problem: String) -> RowsError {
        RowsError { file: file.to_owned(), line, problem }
    }

    pub(super) fn of(file: &str, error: &csv::Error) -> RowsError {
        let line = error.position().map_or(1, csv::Position::line);
        let problem = match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
            _ => error.to_string(),
        };
        RowsError::new(file, line, problem)
    }
}

impl fmt::Display for RowsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.problem)
    }
}

impl std::error::Error for RowsError {}
