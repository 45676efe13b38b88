//! Recorded runs of the reference implementation (evosax), done again.
//!
//! A trace holds settings, the state at the start, and for each generation the draws, the population asked for, the
//! fitness told and the state after it. Two ways to redo it:
//!
//! - *one step*: every generation starts from the recorded state before it, so errors do not add up;
//! - *free run*: only the first state, the draws and the fitness are taken, everything else is our own.
//!
//! Fitness always comes from the record, so no rounding can change a rank. What was redone has the names and shapes of
//! the record, and an error is the largest difference relative to the largest number of the array.
//!
//! Eigenvectors are not unique (sign, order, and everything where eigenvalues are equal), so CMA-ES draws along the
//! recorded ones; the square roots of the eigenvalues are our own.

use std::fmt;

use strategies::les::Network;
use strategies::{Quirks, SearchError, StateError};

use crate::npz::{Array, Values};

mod meta;
mod replay;

use meta::Meta;
pub use meta::STRATEGIES;

/// How a trace is redone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each generation from the recorded state before it.
    OneStep,
    /// All generations from the first state.
    FreeRun,
}

/// A recorded run.
#[derive(Clone, Debug)]
pub struct Trace {
    meta: Meta,
    arrays: Vec<Array>,
}

/// One array, redone.
#[derive(Clone, Debug, PartialEq)]
pub struct Redone {
    /// With the name and shape of the record.
    pub array: Array,
    /// The largest difference, relative to the largest number of the record; none where the record's own numbers were
    /// taken.
    pub error: Option<f64>,
}

/// Why a trace cannot be redone.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum TraceError {
    Missing { name: String },
    Meta(serde_json::Error),
    Strategy { found: String },
    Optimizer { found: String },
    Precision { found: String },
    Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
    NotFinite { name: String },
    Type { name: String, found: &'static str, expected: String },
    NotPositive { name: String, found: f64 },
    Empty,
    Search(SearchError),
    State(StateError),
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TraceError::Missing { name } => write!(f, "the trace has no array `{name}`"),
            TraceError::Meta(_) => write!(f, "array `meta_json` of the trace does not describe a run"),
            TraceError::Strategy { found } => {
                write!(f, "the trace is of strategy `{found}`; known are ")?;
                f.write_str(&STRATEGIES.map(|(theirs, _)| theirs).join(", "))
            }
            TraceError::Optimizer { found } => write!(f, "the trace uses the unknown optimiser `{found}`"),
            TraceError::Precision { found } => {
                write!(f, "the trace has type `{found}`; known are f32 and f64")
            }
            TraceError::Shape { name, found, expected } => {
                write!(f, "array `{name}` of the trace has shape {found:?}; expected {expected:?}")
            }
            TraceError::NotFinite { name } => {
                write!(f, "array `{name}` of the trace has a number that is not finite")
            }
            TraceError::Type { name, found, expected } => {
                write!(f, "array `{name}` of the trace has type {found}; expected {expected}")
            }
            TraceError::NotPositive { name, found } => {
                write!(f, "array `{name}` of the trace has {found}; expected deviations above 0")
            }
            TraceError::Empty => write!(f, "the trace has no generations"),
            TraceError::Search(_) => write!(f, "the trace has settings that no search can have"),
            TraceError::State(_) => write!(f, "the trace has a state that no search can have"),
        }
    }
}

impl std::error::Error for TraceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TraceError::Meta(error) => Some(error),
            TraceError::Search(error) => Some(error),
            TraceError::State(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SearchError> for TraceError {
    fn from(error: SearchError) -> TraceError {
        TraceError::Search(error)
    }
}

impl From<StateError> for TraceError {
    fn from(error: StateError) -> TraceError {
        TraceError::State(error)
    }
}

impl Trace {
    /// A trace from the arrays of its file.
    pub fn new(arrays: Vec<Array>) -> Result<Trace, TraceError> {
        let text = match arrays.iter().find(|array| array.name == "meta_json") {
            Some(Array { values: Values::U8(bytes), .. }) => bytes,
            _ => return Err(TraceError::Missing { name: "meta_json".to_owned() }),
        };
        let trace = Trace { meta: serde_json::from_slice(text).map_err(TraceError::Meta)?, arrays };
        let Meta { popsize, dims, generations, .. } = trace.meta;
        if generations == 0 {
            return Err(TraceError::Empty);
        }
        trace.expect_each("x", &[popsize, dims])?;
        trace.expect_each("fitness", &[popsize])?;
        Ok(trace)
    }

    /// The strategy of the run, by our name.
    pub fn strategy(&self) -> Result<&'static str, TraceError> {
        self.meta.our_name()
    }

    /// The departures of the release that recorded the run.
    pub fn published(&self) -> Quirks {
        if self.meta.is_later() { Quirks::LATER } else { Quirks::ALL }
    }

    /// The limit that the reference's rounding leaves, relative to an array's largest number.
    pub fn limit(&self, mode: Mode) -> f64 {
        match (self.meta.dtype.as_str(), mode) {
            // The reference keeps the time features of LES in f32, whatever else is f64.
            ("f64", _) if self.meta.is_les() => 1e-6,
            ("f64", _) => 1e-11,
            (_, Mode::OneStep) => 2e-4,
            (_, Mode::FreeRun) => 2e-3,
        }
    }

    /// Does the run again.
    pub fn replay(&self, mode: Mode, quirks: Quirks) -> Result<Vec<Redone>, TraceError> {
        match self.meta.dtype.as_str() {
            "f32" => replay::Replay::<f32>::new(self, mode, quirks)?.run(),
            "f64" => replay::Replay::<f64>::new(self, mode, quirks)?.run(),
            found => Err(TraceError::Precision { found: found.to_owned() }),
        }
    }

    fn array(&self, name: &str) -> Option<&Array> {
        self.arrays.iter().find(|array| array.name == name)
    }

    /// The finite numbers of an array of this shape, in the type of the trace.
    fn expect(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, TraceError> {
        self.expect_one_of(name, &[shape.to_vec()], false)
    }

    /// Numbers of each generation, and of each particle where there are some.
    fn expect_each(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, TraceError> {
        let Meta { generations, particles, .. } = self.meta;
        let shape: Vec<usize> =
            [generations].into_iter().chain(particles).chain(shape.iter().copied()).collect();
        self.expect(name, &shape)
    }

    /// The same where the shape may be any of some, the first of them the usual one. Counts are of any type.
    fn expect_one_of(
        &self,
        name: &str,
        shapes: &[Vec<usize>],
        is_count: bool,
    ) -> Result<Vec<f64>, TraceError> {
        let name = name.to_owned();
        let Some(array) = self.array(&name) else { return Err(TraceError::Missing { name }) };
        let (found, dtype) = (type_name(&array.values), self.meta.dtype.as_str());
        if !matches!(dtype, "f32" | "f64") {
            return Err(TraceError::Precision { found: dtype.to_owned() });
        }
        if !is_count && found != dtype {
            return Err(TraceError::Type { name, found, expected: dtype.to_owned() });
        }
        if !shapes.contains(&array.shape) {
            return Err(TraceError::Shape { name, found: array.shape.clone(), expected: shapes[0].clone() });
        }
        let values = array.values.wide();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(TraceError::NotFinite { name });
        }
        Ok(values)
    }

    /// The network that the record brings.
    fn network(&self) -> Result<Option<Network>, TraceError> {
        if !self.meta.is_les() {
            return Ok(None);
        }
        let mut numbers = Vec::new();
        for (part, inputs, outputs) in Network::parts() {
            let shapes = [vec![inputs, outputs], vec![outputs]];
            let shape = if part.starts_with('b') { &shapes[1..] } else { &shapes[..1] };
            numbers.extend(self.expect_one_of(&format!("net_{part}"), shape, false)?);
        }
        Ok(Network::new(&numbers))
    }

    /// The shapes that numbers of a state may have in the record: `length` of them in each generation, or once.
    fn shapes(&self, length: usize, generations: Option<usize>) -> Vec<Vec<usize>> {
        let dims = self.meta.dims;
        let mut each = if length == dims * dims && dims > 1 {
            vec![vec![dims, dims]]
        } else if length == 1 {
            // A scalar, or a vector or matrix of one coordinate.
            vec![vec![], vec![1], vec![1, 1]]
        } else {
            vec![vec![length]]
        };
        if length.is_multiple_of(dims) {
            each.extend([vec![length / dims, dims], vec![dims, length / dims]]);
        }
        each.into_iter().map(|shape| generations.into_iter().chain(shape).collect()).collect()
    }
}

/// What the record calls the type of an array's numbers.
fn type_name(values: &Values) -> &'static str {
    match values {
        Values::F32(_) => "f32",
        Values::F64(_) => "f64",
        Values::I16(_) => "i16",
        Values::I32(_) => "i32",
        Values::I64(_) => "i64",
        Values::U8(_) => "u8",
    }
}
