//! What a network sees: written row by row, and named by the same code.

use numerics::LANES;

use super::lanes::{Lanes, Three};

/// Where observations go, one after the other: rows of a block, or a list of their names.
pub(super) enum Sight<'a> {
    Rows(std::slice::ChunksExactMut<'a, f32>),
    Names(&'a mut Vec<String>),
}

/// The axes of the world.
const AXES: [&str; 3] = ["x", "y", "z"];

impl<'a> Sight<'a> {
    pub(super) fn rows(observation: &'a mut [f32]) -> Sight<'a> {
        Sight::Rows(observation.chunks_exact_mut(LANES))
    }

    /// One number; its name is made only where names are wanted.
    #[inline]
    pub(super) fn put(&mut self, name: impl Fn() -> String, value: Lanes) {
        match self {
            Sight::Rows(rows) => rows.next().expect("a row for each observation").copy_from_slice(&value.0),
            Sight::Names(names) => names.push(name()),
        }
    }

    pub(super) fn one(&mut self, name: &str, value: Lanes) {
        self.put(|| name.to_owned(), value);
    }

    pub(super) fn three(&mut self, name: &str, values: Three) {
        for (axis, value) in AXES.iter().zip(values) {
            self.put(|| format!("{name}, {axis}"), value);
        }
    }

    pub(super) fn rotation(&mut self, name: &str, values: [Lanes; 4]) {
        for (part, value) in ["w", "x", "y", "z"].iter().zip(values) {
            self.put(|| format!("{name}, {part}"), value);
        }
    }

    /// Numbers that are counted.
    pub(super) fn list(&mut self, name: &str, values: impl Iterator<Item = Lanes>) {
        for (index, value) in values.enumerate() {
            self.put(|| format!("{name} {index}"), value);
        }
    }

    /// The components of vectors that are counted.
    // PERF: a vector of sixteen copies is moved by a call, a component by the registers that hold it
    pub(super) fn components(&mut self, name: &str, values: impl Iterator<Item = Lanes>) {
        for (index, value) in values.enumerate() {
            self.put(|| format!("{name} {}, {}", index / 3, AXES[index % 3]), value);
        }
    }

    /// Vectors that are counted.
    pub(super) fn vectors(&mut self, name: &str, values: impl Iterator<Item = Three>) {
        for (index, vector) in values.enumerate() {
            for (axis, value) in AXES.iter().zip(vector) {
                self.put(|| format!("{name} {index}, {axis}"), value);
            }
        }
    }
}
