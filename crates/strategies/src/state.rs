//! What a search is at a moment, as data: written, read back, looked into.
//!
//! A state holds the settings and every number that the next generation depends on, by name. It is `serde` data, so any
//! format that keeps floats exactly will do. The version says which names to expect; the checksum covers all bits, so
//! that a damaged file is refused, and not continued.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::real::Real;
use crate::settings::{SettingError, Settings};
use crate::step_size::{LEAST, MOST};

/// The version that this crate writes and reads.
pub const STATE_VERSION: u32 = 1;

/// Counts are below this: whole numbers that `f64` tells apart.
const COUNTED: f64 = 9_007_199_254_740_992.0;

/// Everything that a search needs to go on. See [`Search::state`](crate::Search::state).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real", deny_unknown_fields)]
pub struct State<T> {
    version: u32,
    precision: String,
    pub(crate) settings: Settings,
    pub(crate) dims: usize,
    counts: BTreeMap<String, u64>,
    scalars: BTreeMap<String, f64>,
    vectors: BTreeMap<String, Vec<T>>,
    wide_vectors: BTreeMap<String, Vec<f64>>,
    checksum: u64,
}

/// Walks over the numbers of a strategy, to write or to read them.
pub(crate) trait Fields<T> {
    fn count(&mut self, name: &str, value: &mut u64);
    fn scalar(&mut self, name: &str, value: &mut f64);
    fn vector(&mut self, name: &str, values: &mut Vec<T>);
    fn wide_vector(&mut self, name: &str, values: &mut Vec<f64>);
}

impl<T: Real> State<T> {
    pub(crate) fn empty(settings: Settings, dims: usize) -> State<T> {
        State {
            version: STATE_VERSION,
            precision: T::NAME.to_owned(),
            settings,
            dims,
            counts: BTreeMap::new(),
            scalars: BTreeMap::new(),
            vectors: BTreeMap::new(),
            wide_vectors: BTreeMap::new(),
            checksum: 0,
        }
    }

    /// The settings of the search.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The names of all numbers, in order.
    pub fn names(&self) -> Vec<&str> {
        let keys = self.counts.keys().chain(self.scalars.keys());
        let mut names: Vec<&str> =
            keys.chain(self.vectors.keys()).chain(self.wide_vectors.keys()).map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The numbers of this name.
    pub fn get(&self, name: &str) -> Option<Vec<f64>> {
        let wide = |values: &Vec<T>| values.iter().map(|value| value.wide()).collect();
        None.or_else(|| self.counts.get(name).map(|&count| vec![count as f64]))
            .or_else(|| self.scalars.get(name).map(|&scalar| vec![scalar]))
            .or_else(|| self.vectors.get(name).map(wide))
            .or_else(|| self.wide_vectors.get(name).cloned())
    }

    /// Overwrites the numbers of this name, to start a search from elsewhere. As many as there are.
    pub fn set(&mut self, name: &str, values: &[f64]) -> Result<(), StateError> {
        let expected = self.get(name).ok_or_else(|| StateError::Missing { name: name.to_owned() })?.len();
        if expected != values.len() {
            return Err(StateError::Length { name: name.to_owned(), found: values.len(), expected });
        }
        if let Some(count) = self.counts.get_mut(name) {
            check_count(name, values[0])?;
            *count = values[0] as u64;
        } else if let Some(scalar) = self.scalars.get_mut(name) {
            *scalar = values[0];
        } else if let Some(vector) = self.vectors.get_mut(name) {
            *vector = values.iter().map(|&value| T::of(value)).collect();
        } else if let Some(vector) = self.wide_vectors.get_mut(name) {
            *vector = values.to_vec();
        }
        self.seal();
        Ok(())
    }

    /// A start of the right length.
    pub(crate) fn start(&self) -> Result<Vec<T>, StateError> {
        let name = "mean".to_owned();
        match self.vectors.get(&name) {
            Some(mean) if mean.len() == self.dims => Ok(mean.clone()),
            Some(mean) => Err(StateError::Length { name, found: mean.len(), expected: self.dims }),
            None => Err(StateError::Missing { name }),
        }
    }

    /// Writes the checksum of what is there now.
    pub(crate) fn seal(&mut self) {
        self.checksum = self.sum();
    }

    /// FNV-1a over names and bits, 64 bits at a time.
    fn sum(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        let mut absorb = |word: u64| hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
        for name in self.names() {
            name.bytes().for_each(|byte| absorb(byte.into()));
        }
        let settings = format!("{} {} {} {:?}", self.version, self.precision, self.dims, self.settings);
        settings.bytes().for_each(|byte| absorb(byte.into()));
        self.counts.values().for_each(|&count| absorb(count));
        self.scalars.values().for_each(|scalar| absorb(scalar.to_bits()));
        self.vectors.values().flatten().for_each(|value| absorb(value.bits()));
        self.wide_vectors.values().flatten().for_each(|value| absorb(value.to_bits()));
        hash
    }

    /// Whether this can be read at all, before anything is made of it.
    pub(crate) fn check(&self) -> Result<(), StateError> {
        if self.version != STATE_VERSION {
            return Err(StateError::Version { found: self.version });
        }
        if self.precision != T::NAME {
            return Err(StateError::Precision { found: self.precision.clone(), expected: T::NAME });
        }
        if self.checksum != self.sum() {
            return Err(StateError::Damaged);
        }
        self.settings.check(self.dims).map_err(StateError::Setting)?;
        for (name, &count) in &self.counts {
            check_count(name, count as f64)?;
        }
        for (name, &value) in &self.scalars {
            check_numbers(name, step_range(name), [value])?;
        }
        for (name, values) in &self.vectors {
            check_numbers(name, each_range::<T>(name), values.iter().map(|value| value.wide()))?;
        }
        for (name, values) in &self.wide_vectors {
            check_numbers(name, each_range::<T>(name), values.iter().copied())?;
        }
        Ok(())
    }
}

/// `Ok` where numbers are finite and in their range.
fn check_numbers(
    name: &str,
    range: Option<Allowed>,
    values: impl IntoIterator<Item = f64>,
) -> Result<(), StateError> {
    let (allowed, expected) = range.unwrap_or((f64::MIN..=f64::MAX, "a finite number"));
    match values.into_iter().find(|value| !allowed.contains(value)) {
        None => Ok(()),
        Some(found) if found.is_finite() => Err(StateError::Range { name: name.to_owned(), found, expected }),
        Some(_) => Err(StateError::NotFinite { name: name.to_owned() }),
    }
}

/// `Ok` where a number may be a count.
fn check_count(name: &str, found: f64) -> Result<(), StateError> {
    if (0.0..COUNTED).contains(&found) && found.fract() == 0.0 {
        Ok(())
    } else {
        Err(StateError::Range { name: name.to_owned(), found, expected: "a count below 2^53" })
    }
}

/// From where to where, in numbers and in words.
type Allowed = (RangeInclusive<f64>, &'static str);

/// Where a number for all coordinates lies in every search, where that is not everywhere.
fn step_range(name: &str) -> Option<Allowed> {
    Some(match name {
        "sigma" => (LEAST..=MOST, "a step size from 1e-300 to 1e150"),
        "multiplier" => (1e-100..=1e100, "a multiplier from 1e-100 to 1e100"),
        "alpha" => (0.0..=1e100, "a share of at least 0"),
        "added_deviation" => (0.0..=1e140, "a deviation of at least 0"),
        "learning_rate" => (0.0..=f64::MAX, "a rate of at least 0"),
        _ => return None,
    })
}

/// The same of one number of many: a deviation, the root of an eigenvalue, an entry of a vector of length 1.
fn each_range<T: Real>(name: &str) -> Option<Allowed> {
    Some(match name {
        "sigma" => (T::SMALLEST.wide()..=T::LARGEST.wide(), "deviations that can be divided by and squared"),
        "axes" => (1e-150..=2e154, "roots of eigenvalues, from 1e-150 to 2e154"),
        "covariance" => (-1e300..=1e300, "entries whose sums are finite"),
        "transform" => (-1e100..=1e100, "entries whose squares are finite"),
        "eigenvectors" => (-2.0..=2.0, "entries of vectors of length 1"),
        _ => return None,
    })
}

/// Collects the numbers of a search.
pub(crate) struct Writer<'a, T>(pub(crate) &'a mut State<T>);

impl<T: Real> Fields<T> for Writer<'_, T> {
    fn count(&mut self, name: &str, value: &mut u64) {
        self.0.counts.insert(name.to_owned(), *value);
    }
    fn scalar(&mut self, name: &str, value: &mut f64) {
        self.0.scalars.insert(name.to_owned(), *value);
    }
    fn vector(&mut self, name: &str, values: &mut Vec<T>) {
        self.0.vectors.insert(name.to_owned(), values.clone());
    }
    fn wide_vector(&mut self, name: &str, values: &mut Vec<f64>) {
        self.0.wide_vectors.insert(name.to_owned(), values.clone());
    }
}

/// Puts the numbers of a state back; the first error stays.
pub(crate) struct Reader<'a, T> {
    pub(crate) state: &'a State<T>,
    pub(crate) error: Option<StateError>,
}

impl<T: Real> Reader<'_, T> {
    fn found<V>(&mut self, name: &str, value: Option<V>, put: impl FnOnce(V)) {
        match value {
            Some(value) => put(value),
            None => _ = self.error.get_or_insert(StateError::Missing { name: name.to_owned() }),
        }
    }

    fn vector_found<V: Clone>(&mut self, name: &str, value: Option<&Vec<V>>, into: &mut Vec<V>) {
        let expected = into.len();
        match value {
            Some(value) if value.len() == expected => into.clone_from(value),
            Some(value) => {
                let error = StateError::Length { name: name.to_owned(), found: value.len(), expected };
                self.error.get_or_insert(error);
            }
            None => _ = self.error.get_or_insert(StateError::Missing { name: name.to_owned() }),
        }
    }
}

impl<T: Real> Fields<T> for Reader<'_, T> {
    fn count(&mut self, name: &str, value: &mut u64) {
        self.found(name, self.state.counts.get(name), |found| *value = *found);
    }
    fn scalar(&mut self, name: &str, value: &mut f64) {
        self.found(name, self.state.scalars.get(name), |found| *value = *found);
    }
    fn vector(&mut self, name: &str, values: &mut Vec<T>) {
        self.vector_found(name, self.state.vectors.get(name), values);
    }
    fn wide_vector(&mut self, name: &str, values: &mut Vec<f64>) {
        self.vector_found(name, self.state.wide_vectors.get(name), values);
    }
}

/// Why a state cannot be continued.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum StateError {
    Version { found: u32 },
    Precision { found: String, expected: &'static str },
    Damaged,
    Setting(SettingError),
    Missing { name: String },
    Length { name: String, found: usize, expected: usize },
    NotFinite { name: String },
    Range { name: String, found: f64, expected: &'static str },
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::Version { found } => {
                write!(f, "the state has version {found}; this program reads version {STATE_VERSION}")
            }
            StateError::Precision { found, expected } => {
                write!(f, "the state is of a search in {found}, not {expected}")
            }
            StateError::Damaged => write!(f, "the state is damaged: its checksum does not fit its numbers"),
            StateError::Setting(_) => write!(f, "the state has a setting that no search can have"),
            StateError::Missing { name } => write!(f, "the state has no `{name}`"),
            StateError::Length { name, found, expected } => {
                write!(f, "the state has {found} numbers in `{name}`; expected {expected}")
            }
            StateError::NotFinite { name } => {
                write!(f, "the state has a number in `{name}` that is not finite")
            }
            StateError::Range { name, found, expected } => {
                write!(f, "the state has {found:e} in `{name}`; expected {expected}")
            }
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StateError::Setting(error) => Some(error),
            _ => None,
        }
    }
}
