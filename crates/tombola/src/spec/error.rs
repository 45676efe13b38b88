//! Why a spec is refused: where, what was found, and what would do.

use std::fmt;

use crate::suggest::alike;

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file, counted from 1; columns are characters.
    Line {
        /// Which line.
        line: usize,
        /// Which character of it.
        column: usize,
    },
    /// In an argument, `--set` and this.
    Argument(String),
}

/// A spec that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// What messages call the file.
    pub file: String,
    /// Where the trouble is.
    pub place: Place,
    /// What it is.
    pub problem: Box<Problem>,
}

/// What is wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum Problem {
    /// It is no TOML.
    Syntax { message: String },
    /// Not an assignment.
    Form,
    /// No cell has this setting.
    UnknownKey { key: String, likes: Vec<String>, known: Vec<String> },
    /// Nothing of this kind has this name.
    UnknownName { kind: &'static str, name: String, likes: Vec<String>, known: Vec<String> },
    /// The end of several paths.
    Ambiguous { key: String, candidates: String },
    /// A value that cannot be.
    Value { key: String, found: String, expected: String },
    /// A value that is refused for a reason of its own.
    Refused { key: String, found: String, why: String },
    /// A strategy has no such setting, and another of the grid may have it.
    Lacks { key: String, strategy: String, likes: Vec<String>, known: Vec<String> },
    /// A grid does not say what it must.
    Missing { key: &'static str },
    /// Said twice in one place.
    Twice { key: String, other: String },
    /// More than can be meant.
    TooMany { cells: String, limit: usize },
}

impl Problem {
    /// Nothing of a kind has this name; suggests those that are like it.
    pub fn unknown_name(kind: &'static str, name: &str, known: &[&str]) -> Problem {
        Problem::UnknownName {
            kind,
            name: short(name),
            likes: alike(name, known.iter().copied()).into_iter().map(str::to_owned).collect(),
            known: known.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// A value that cannot be.
    pub fn value(key: &str, found: &dyn fmt::Display, expected: &str) -> Problem {
        let (key, found) = (key.to_owned(), short(&found.to_string()));
        Problem::Value { key, found, expected: expected.to_owned() }
    }

    /// Whether it is about the value of a key, however much of its path either says.
    pub fn is_of(&self, told: &str) -> bool {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
        matches!(self, Problem::Value { key, .. } if last(key) == last(told))
    }

    /// The same of the value of another key.
    pub fn of(mut self, of: &'static str) -> Problem {
        match &mut self {
            Problem::UnknownName { kind, .. } => *kind = of,
            Problem::Value { key, .. } | Problem::Refused { key, .. } => of.clone_into(key),
            _ => {}
        }
        self
    }

    /// A value that is refused, with the reason.
    pub fn refused(key: &str, found: &dyn fmt::Display, why: &str) -> Problem {
        Problem::Refused { key: key.to_owned(), found: short(&found.to_string()), why: why.to_owned() }
    }
}

impl SpecError {
    /// What would do instead.
    pub fn hint(&self) -> Option<String> {
        match &*self.problem {
            Problem::UnknownKey { likes, known, .. } | Problem::UnknownName { likes, known, .. } => {
                Some(did_you_mean(likes, known))
            }
            Problem::Lacks { key, strategy, likes, known, .. } => {
                let means = did_you_mean(likes, known);
                Some(format!(
                    "a setting of another strategy is written `STRATEGY.{key}`, so that `{strategy}` goes without it; {means}"
                ))
            }
            Problem::Missing { key } => {
                Some(format!("say `{key} = \"...\"` in the grid, or above all grids"))
            }
            Problem::TooMany { .. } => {
                Some("every list of a grid multiplies its cells: shorten one, or split the grid".to_owned())
            }
            Problem::Form => Some("write --set key=value, as `--set generations=100`".to_owned()),
            _ => None,
        }
    }
}

/// `did you mean `a` or `b`?`, and all that there is.
fn did_you_mean(likes: &[String], known: &[String]) -> String {
    let quoted: Vec<String> = likes.iter().map(|name| format!("`{name}`")).collect();
    let known = format!("known are {}", known.join(", "));
    if quoted.is_empty() { known } else { format!("did you mean {}? {known}", quoted.join(" or ")) }
}

/// A text that somebody wrote, not repeated in full where it is long.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 60;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Line { line, column } => write!(f, "{}:{line}:{column}: ", self.file)?,
            Place::Argument(text) => write!(f, "--set {}: ", short(text))?,
        }
        match &*self.problem {
            Problem::Syntax { message } => write!(f, "{message}"),
            Problem::Form => write!(f, "this is no assignment"),
            Problem::UnknownKey { key, .. } => write!(f, "there is no setting `{key}`"),
            Problem::UnknownName { kind, name, .. } => write!(f, "there is no {kind} `{name}`"),
            Problem::Ambiguous { key, candidates } => write!(f, "`{key}` could be any of {candidates}"),
            Problem::Value { key, found, expected } => write!(f, "`{key}` is {found}; expected {expected}"),
            Problem::Refused { key, found, why } => write!(f, "`{key}` is {found}: {why}"),
            Problem::Lacks { key, strategy, .. } => write!(f, "`{strategy}` has no setting `{key}`"),
            Problem::Missing { key } => write!(f, "this grid names no {key}"),
            Problem::Twice { key, other } if key == other => write!(f, "`{key}` is said twice"),
            Problem::Twice { key, other } => write!(f, "`{key}` and `{other}` say the same thing twice"),
            Problem::TooMany { cells, limit } => {
                write!(f, "this makes {cells} cells; at most {limit} are made")
            }
        }
    }
}

impl std::error::Error for SpecError {}
