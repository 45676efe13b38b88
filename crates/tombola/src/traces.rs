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

use strategies::{
    Execution, Method, Population, PopulationMut, Quirks, Real, Search, SearchError, State, StateError,
};

use crate::npz::{Array, Values};

mod meta;

use meta::{Meta, STRATEGIES};

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

/// The reference's names of a state's numbers, without their prefix, and ours. Where there are two, a state has one.
const NAMES: [(&str, &str); 15] = [
    ("mean", "mean"),
    ("sigma", "sigma"),
    ("C", "variances"),
    ("C", "covariance"),
    ("p_sigma", "step_path"),
    ("p_c", "variance_path"),
    ("p_c", "covariance_path"),
    ("best_member", "best_member"),
    ("best_fitness", "best_fitness"),
    ("opt_state_lrate", "learning_rate"),
    ("opt_state_m", "optimizer_first"),
    ("opt_state_v", "optimizer_second"),
    ("opt_state_n", "optimizer_third"),
    ("opt_state_last_grads", "optimizer_gradient"),
    ("opt_state_gen_counter", "optimizer_steps"),
];

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
        trace.expect("x", &[generations, popsize, dims])?;
        trace.expect("fitness", &[generations, popsize])?;
        Ok(trace)
    }

    /// The strategy of the run, by our name.
    pub fn strategy(&self) -> Result<&'static str, TraceError> {
        self.meta.our_name()
    }

    /// The limit that the reference's rounding leaves, relative to an array's largest number.
    pub fn limit(&self, mode: Mode) -> f64 {
        match (self.meta.dtype.as_str(), mode) {
            ("f64", _) => 1e-11,
            (_, Mode::OneStep) => 2e-4,
            (_, Mode::FreeRun) => 2e-3,
        }
    }

    /// Does the run again.
    pub fn replay(&self, mode: Mode, quirks: Quirks) -> Result<Vec<Redone>, TraceError> {
        match self.meta.dtype.as_str() {
            "f32" => Replay::<f32>::new(self, mode, quirks)?.run(),
            "f64" => Replay::<f64>::new(self, mode, quirks)?.run(),
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
        let deviations = ["init_sigma", "s_sigma"].contains(&name.as_str());
        match values.iter().find(|&&value| deviations && value <= 0.0) {
            Some(&found) => Err(TraceError::NotPositive { name, found }),
            None => Ok(values),
        }
    }

    /// The shapes that numbers of a state may have in the record: `length` of them in each generation, or once.
    fn shapes(&self, length: usize, generations: Option<usize>) -> Vec<Vec<usize>> {
        let dims = self.meta.dims;
        let each = if length == dims * dims && dims > 1 {
            vec![vec![dims, dims]]
        } else if length == 1 {
            // A scalar, or a vector or matrix of one coordinate.
            vec![vec![], vec![1], vec![1, 1]]
        } else {
            vec![vec![length]]
        };
        each.into_iter().map(|shape| generations.into_iter().chain(shape).collect()).collect()
    }
}

/// A run being done again.
struct Replay<'a, T: Real> {
    trace: &'a Trace,
    mode: Mode,
    search: Search<T>,
    /// Names of the trace and of the search, for numbers that both have.
    names: Vec<(&'static str, &'static str)>,
    /// What the record has of them, after all generations.
    states: Vec<Vec<f64>>,
    /// The recorded eigenvectors and roots of eigenvalues, where draws are along some.
    axes: Option<[Vec<f64>; 2]>,
    draws: Vec<T>,
    x: Vec<T>,
    fitness: Vec<f64>,
    /// What was redone: an array of the trace, and our numbers so far.
    ours: Vec<(String, Vec<f64>)>,
}

impl<'a, T: Real> Replay<'a, T> {
    fn new(trace: &'a Trace, mode: Mode, quirks: Quirks) -> Result<Replay<'a, T>, TraceError> {
        let Meta { popsize, dims, generations, .. } = trace.meta;
        let settings = trace.meta.settings(quirks)?;
        // Before anything is made that is as long as the record claims to be.
        settings.check(dims).map_err(SearchError::from)?;
        let axes = match settings.method {
            Method::CmaEs(_) => Some([
                trace.expect_one_of("ask_B", &trace.shapes(dims * dims, Some(generations)), false)?,
                trace.expect("ask_D", &[generations, dims])?,
            ]),
            _ => None,
        };
        let draws = if settings.method.is_mirrored() { popsize / 2 } else { popsize };
        let narrow = |values: Vec<f64>| values.into_iter().map(T::of).collect();
        let search = Search::new(settings, &vec![T::ZERO; dims])?;
        let state = search.state();
        let held = state.names();
        let names: Vec<_> = NAMES.into_iter().filter(|(_, ours)| held.contains(ours)).collect();
        let recorded = names.iter().map(|(theirs, ours)| {
            let length = state.get(ours).map_or(0, |values| values.len());
            let shapes = trace.shapes(length, Some(generations));
            trace.expect_one_of(&format!("s_{theirs}"), &shapes, is_count(theirs))
        });
        let states = recorded.collect::<Result<_, _>>()?;
        let mut replay = Replay {
            trace,
            mode,
            names,
            states,
            axes,
            draws: narrow(trace.expect("z", &[generations, draws, dims])?),
            x: narrow(trace.expect("x", &[generations, popsize, dims])?),
            fitness: trace.expect("fitness", &[generations, popsize])?,
            search,
            ours: Vec::new(),
        };
        // Before the first generation there is no best.
        let first = replay.names.iter().filter(|(theirs, _)| !theirs.starts_with("best_"));
        let first: Vec<_> = first.map(|&(theirs, ours)| (format!("init_{theirs}"), ours)).collect();
        let mut state = replay.search.state();
        for (theirs, ours) in first {
            // The sizes of what a strategy starts with may be left out, but not where it starts.
            if ours == "mean" || trace.array(&theirs).is_some() {
                let length = state.get(ours).map_or(0, |values| values.len());
                let values = trace.expect_one_of(&theirs, &trace.shapes(length, None), is_count(&theirs))?;
                set(&mut state, &theirs, ours, &values)?;
            }
        }
        replay.search = Search::restore(&state)?;
        Ok(replay)
    }

    fn run(mut self) -> Result<Vec<Redone>, TraceError> {
        let here = Execution::default();
        let Meta { popsize, dims, generations, .. } = self.trace.meta;
        let draws = self.draws.len() / generations.max(1);
        let mut rows = vec![T::ZERO; popsize * dims];
        for generation in 0..generations {
            let one_step = self.mode == Mode::OneStep;
            if one_step && generation > 0 {
                self.take_state(generation - 1)?;
            }
            self.keep_axes(generation)?;
            let recorded = &self.draws[generation * draws..][..draws];
            self.search.ask_with(&here, recorded, PopulationMut::Rows(&mut rows))?;
            self.keep("x", rows.iter().map(|x| x.wide()));
            let told =
                if one_step { &self.x[generation * popsize * dims..][..popsize * dims] } else { &rows };
            let fitness = &self.fitness[generation * popsize..][..popsize];
            self.search.tell(&here, Population::Rows(told), fitness)?;
            let state = self.search.state();
            for (theirs, ours) in self.names.clone() {
                let values = state.get(ours).ok_or(TraceError::Missing { name: ours.to_owned() })?;
                self.keep(&format!("s_{theirs}"), values.into_iter());
            }
            self.keep("s_gen_counter", std::iter::once(self.search.generation() as f64));
        }
        Ok(self.finish())
    }

    /// The recorded state after a generation.
    fn take_state(&mut self, generation: usize) -> Result<(), TraceError> {
        let mut state = self.search.state();
        for ((theirs, ours), all) in self.names.iter().zip(&self.states) {
            let each = all.len() / self.trace.meta.generations;
            set(&mut state, &format!("s_{theirs}"), ours, &all[generation * each..][..each])?;
        }
        state.set("generation", &[generation as f64 + 1.0])?;
        self.search = Search::restore(&state)?;
        Ok(())
    }

    /// Keeps the square roots of our own eigenvalues or variances, and puts the recorded eigenvectors in place.
    fn keep_axes(&mut self, generation: usize) -> Result<(), TraceError> {
        let mut state = self.search.state();
        let dims = self.trace.meta.dims;
        if let Some(variances) = state.get("variances") {
            self.keep("ask_D", variances.into_iter().map(|variance| variance.max(0.0).sqrt()));
        } else if let (Some(axes), Some([vectors, recorded])) = (state.get("axes"), &self.axes) {
            state.set("eigenvectors", &vectors[generation * dims * dims..][..dims * dims])?;
            state.set("axes", &recorded[generation * dims..][..dims])?;
            self.search = Search::restore(&state)?;
            self.keep("ask_D", axes.into_iter());
        }
        Ok(())
    }

    fn keep(&mut self, name: &str, values: impl Iterator<Item = f64>) {
        match self.ours.iter_mut().find(|(known, _)| known == name) {
            Some((_, kept)) => kept.extend(values),
            None => self.ours.push((name.to_owned(), values.collect())),
        }
    }

    /// All arrays of the trace, in its order: ours where we have them.
    fn finish(self) -> Vec<Redone> {
        let redone = self.trace.arrays.iter().map(|array| {
            match self.ours.iter().find(|(name, _)| *name == array.name) {
                Some((_, ours)) => {
                    let error = Some(largest_error(ours, &array.values.wide()));
                    Redone { array: Array { values: array.values.like(ours), ..array.clone() }, error }
                }
                None => Redone { array: array.clone(), error: None },
            }
        });
        redone.collect()
    }
}

/// Whether the numbers of this name are whole, whatever the trace's type.
fn is_count(theirs: &str) -> bool {
    theirs.ends_with("gen_counter")
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

/// Puts numbers into a state; `theirs` names the array in complaints.
fn set<T: Real>(state: &mut State<T>, theirs: &str, ours: &str, values: &[f64]) -> Result<(), TraceError> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(TraceError::NotFinite { name: theirs.to_owned() });
    }
    state.set(ours, values)?;
    if ours == "best_fitness" {
        state.set("has_best", &[1.0])?;
    }
    Ok(())
}

/// The largest difference relative to the largest expected number; infinite where lengths differ or a number, found or
/// expected, is not finite.
fn largest_error(found: &[f64], expected: &[f64]) -> f64 {
    let scale = expected.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    // A comparison with NaN is false, so NaN must not become what others are compared with.
    let worst = differences
        .fold(0.0f64, |worst, next| if next.is_finite() { worst.max(next) } else { f64::INFINITY });
    match (found.len() == expected.len() && worst.is_finite(), scale > 0.0) {
        (false, _) => f64::INFINITY,
        (true, true) => worst / scale,
        (true, false) => worst,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_relative_to_the_largest_number_and_infinite_where_there_is_none() {
        assert_eq!(largest_error(&[1.0, 2.0, 4.5], &[1.0, 3.0, 4.0]), 0.25);
        assert_eq!(largest_error(&[0.5, 0.0], &[0.0, 0.0]), 0.5);
        assert_eq!(largest_error(&[1.0], &[1.0, 2.0]), f64::INFINITY);
        let sound = [1.0, 2.0, 3.0];
        for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            // At the start, in the middle and at the end: what follows must not hide it.
            for at in 0..3 {
                let mut damaged = sound;
                damaged[at] = wild;
                assert_eq!(largest_error(&sound, &damaged), f64::INFINITY, "{wild} recorded at {at}");
                assert_eq!(largest_error(&damaged, &sound), f64::INFINITY, "{wild} found at {at}");
                assert_eq!(largest_error(&damaged, &damaged), f64::INFINITY, "{wild} in both at {at}");
            }
        }
    }
}
