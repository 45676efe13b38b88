//! What can be wrong with a trace, and what would do.

use std::fmt;

use crate::npz::NpzError;

/// Why a trace cannot be redone.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum EpisodesError {
    Task { found: String },
    NoRun { needed: Vec<String> },
    Prefix { found: String, known: Vec<String>, needed: Vec<String> },
    Missing { name: String, run: String, needed: Vec<String> },
    Twice { name: String },
    Both { names: [String; 2] },
    Empty { name: String },
    Shape { name: String, found: Vec<usize>, expected: Vec<usize>, steps: Option<(String, usize)> },
    Nothing { run: String, comparable: Vec<String> },
    Number { name: String, index: Vec<usize>, found: f64, expected: String, cure: &'static str },
    NoTarget { run: String, step: usize, name: String },
    Lost { run: String, step: usize, name: String, input: String, index: Vec<usize>, found: f64 },
    TooLong { name: String, most: usize },
    Archive(NpzError),
}

/// Most runs that a message names: a trace may have thousands.
const MOST_RUNS: usize = 10;

/// Names one after the other.
fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The first runs, and how many more there are.
fn runs(known: &[String]) -> String {
    let some = known[..known.len().min(MOST_RUNS)].join(", ");
    match known.len().saturating_sub(MOST_RUNS) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

/// A number as people write it: damage is often far out.
fn shown(number: f64) -> String {
    if number.is_finite() && number != 0.0 && !(1e-4..1e7).contains(&number.abs()) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

/// A run by its prefix.
fn named(run: &str) -> String {
    if run.is_empty() { "the run".to_owned() } else { format!("run `{run}`") }
}

impl fmt::Display for EpisodesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EpisodesError::Task { found } => match tasks::control::refusal(found) {
                Some(problem) => write!(f, "there is no control task `{found}`: {problem}"),
                None => {
                    let names = tasks::control::NAMES.join(", ");
                    write!(f, "there is no control task `{found}`; there are {names}")
                }
            },
            EpisodesError::NoRun { needed } => {
                write!(f, "the trace has no run of this task; a run NAME has the arrays {}", list(needed))
            }
            EpisodesError::Prefix { found, known, needed } if known.is_empty() => {
                let needed = list(needed);
                write!(
                    f,
                    "the trace has no run `{found}`, nor any other run of this task; a run NAME has the arrays {needed}"
                )
            }
            EpisodesError::Prefix { found, known, .. } if known.iter().any(String::is_empty) => {
                write!(f, "the trace has no run `{found}`; its arrays have no prefix, so name none")
            }
            EpisodesError::Prefix { found, known, .. } => {
                write!(f, "the trace has no run `{found}`; it has {}", runs(known))
            }
            EpisodesError::Missing { name, run, needed } => {
                write!(f, "the trace has no array `{name}`; {} needs {}", named(run), list(needed))
            }
            EpisodesError::Twice { name } => write!(
                f,
                "array `{name}` of the trace is there more than once, and which one counts is not said: leave one in"
            ),
            EpisodesError::Both { names: [one, other] } => write!(
                f,
                "the trace has both `{one}` and `{other}`, and which one was done is not said: leave one in"
            ),
            EpisodesError::Empty { name } => {
                write!(f, "array `{name}` of the trace has no steps, so there is nothing to redo")
            }
            EpisodesError::Shape { name, found, expected, steps } => {
                write!(f, "array `{name}` of the trace has shape {found:?}; expected {expected:?}")?;
                match steps {
                    Some((actions, steps)) => write!(f, ", as `{actions}` has {steps} steps"),
                    None => Ok(()),
                }
            }
            EpisodesError::Nothing { run, comparable } => write!(
                f,
                "nothing would be redone: {} has none of the arrays {}",
                named(run),
                list(comparable)
            ),
            EpisodesError::Number { name, index, found, expected, cure } => {
                let found = shown(*found);
                write!(f, "array `{name}` of the trace has {found} at {index:?}; expected {expected}: {cure}")
            }
            EpisodesError::NoTarget { run, step, name } => write!(
                f,
                "step {step} of {} reaches its target, and the trace has no array `{name}` that says where the next is",
                named(run)
            ),
            EpisodesError::Lost { run, step, name, input, index, found } => write!(
                f,
                "step {step} of {} comes to numbers that are none in array `{name}`; the largest number that it begins \
                 with is {}, in `{input}` at {index:?}: record that step again, or leave it out of all arrays",
                named(run),
                shown(*found)
            ),
            EpisodesError::TooLong { name, most } => write!(
                f,
                "its arrays are longer than {most} bytes together, array `{name}` most of all; that is the most that is \
                 redone at once, so cut it up or give --prefix"
            ),
            EpisodesError::Archive(error) => error.fmt(f),
        }
    }
}

impl EpisodesError {
    /// The same, saying which array tells how many steps there are.
    pub(super) fn with_steps(self, actions: &str, count: usize) -> EpisodesError {
        match self {
            EpisodesError::Shape { name, found, expected, .. } if expected.first() == Some(&count) => {
                EpisodesError::Shape { name, found, expected, steps: Some((actions.to_owned(), count)) }
            }
            other => other,
        }
    }
}

impl std::error::Error for EpisodesError {}

impl From<NpzError> for EpisodesError {
    fn from(error: NpzError) -> EpisodesError {
        EpisodesError::Archive(error)
    }
}

/// Why a file cannot be redone.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayError {
    /// The file, as it was given.
    pub file: String,
    /// What is wrong with it, or with what was asked of it.
    pub problem: Box<EpisodesError>,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot replay {}: {}", self.file, self.problem)
    }
}

impl std::error::Error for ReplayError {}
