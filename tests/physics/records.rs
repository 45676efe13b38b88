//! Recorded arrays by name, and worlds made of them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use numerics::random::Stream;
use physics::naive::Motion;
use physics::vector::{Quaternion, Vector};
use physics::{Model, models};
use tombola::npz;

/// The arrays of one file.
pub(crate) struct Records {
    path: String,
    arrays: BTreeMap<String, (Vec<usize>, Vec<f64>)>,
}

/// Numbers with a row for each state.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    width: usize,
    numbers: &'a [f64],
}

impl<'a> Rows<'a> {
    /// All numbers.
    pub(crate) fn all(self) -> &'a [f64] {
        self.numbers
    }

    /// The same numbers with so many rows for each.
    pub(crate) fn split(self, rows: usize) -> Rows<'a> {
        Rows { width: self.width / rows, ..self }
    }

    pub(crate) fn row(self, index: usize) -> &'a [f64] {
        &self.numbers[index * self.width..][..self.width]
    }

    pub(crate) fn len(self) -> usize {
        self.numbers.len() / self.width.max(1)
    }
}

impl Records {
    #[expect(clippy::disallowed_methods, reason = "a test reads its records")]
    pub(crate) fn read(path: &PathBuf) -> Records {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let arrays = npz::read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let arrays = arrays.into_iter().map(|array| (array.name, (array.shape, array.values.wide())));
        Records { path: name, arrays: arrays.collect() }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    pub(crate) fn find(&self, name: &str) -> Option<Rows<'_>> {
        let (shape, numbers) = self.arrays.get(name)?;
        Some(Rows { width: shape.iter().skip(1).product(), numbers })
    }

    pub(crate) fn rows(&self, name: &str) -> Rows<'_> {
        self.find(name).unwrap_or_else(|| panic!("{}: no array `{name}`", self.path))
    }

    /// All numbers of an array.
    pub(crate) fn all(&self, name: &str) -> &[f64] {
        self.rows(name).numbers
    }

    /// The world of the arrays with a prefix; `row` where each has a row for every state.
    pub(crate) fn world(&self, prefix: &str, row: Option<usize>) -> Vec<Motion> {
        let part = |name: &str| {
            let name = format!("{prefix}{name}");
            row.map_or_else(|| self.all(&name), |row| self.rows(&name).row(row))
        };
        world_of(["pos", "rot", "vel", "ang"].map(part))
    }
}

/// A world of the places, rotations, velocities and spins of its bodies.
pub(crate) fn world_of([positions, rotations, velocities, angulars]: [&[f64]; 4]) -> Vec<Motion> {
    let vector = |numbers: &[f64], body: usize| Vector([0, 1, 2].map(|axis| numbers[3 * body + axis]));
    let motion = |body: usize| Motion {
        position: vector(positions, body),
        rotation: Quaternion([0, 1, 2, 3].map(|part| rotations[4 * body + part])),
        velocity: vector(velocities, body),
        angular: vector(angulars, body),
    };
    (0..positions.len() / 3).map(motion).collect()
}

/// Where all records are; where they are not, a line says what is left out.
#[expect(clippy::disallowed_methods, reason = "a test finds its records by the environment")]
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("TOMBOLA_GOLDEN").map(|folder| PathBuf::from(folder).join("physics"));
    if folder.is_none() {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test");
        // past the harness, which shows what a test prints only where it fails; a closed stream is no failure
        let _ = writeln!(
            std::io::stderr(),
            "skipped: without TOMBOLA_GOLDEN, {test} redoes no more than is committed"
        );
    }
    folder
}

/// A few rows of a task, which are always there.
pub(crate) fn committed(task: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/physics/records").join(format!("{task}.npz"))
}

/// The models with a folder of their own among the records.
pub(crate) fn recorded() -> Vec<(Model, PathBuf)> {
    let Some(folder) = folder() else { return Vec::new() };
    models::names().map(|name| (models::named(name).expect("it is listed"), folder.join(name))).collect()
}

pub(crate) fn flat(vectors: impl Iterator<Item = Vector>) -> Vec<f64> {
    vectors.flat_map(|vector| vector.0).collect()
}

/// The largest difference, relative to the largest number expected.
pub(crate) fn error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "as many numbers as are recorded");
    let largest = expected.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
    let difference = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, worst);
    if largest > 0.0 { difference / largest } else { difference }
}

/// The largest difference, each relative to one more than the number expected.
pub(crate) fn mixed_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "as many numbers as are recorded");
    found.iter().zip(expected).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, worst)
}

/// The same world with every number up or down by at most a unit of its last digit in single precision: what rounding
/// could have made of it.
pub(crate) fn nudged(world: &[Motion], trial: u64) -> Vec<Motion> {
    let nudge = |(body, motion): (u64, &Motion)| {
        let stream = Stream::new(trial, "rounding").child(body);
        let of = |number: f64, at: u64| {
            number * (1.0 + (2.0 * stream.uniform_f64(at) - 1.0) * f64::from(f32::EPSILON))
        };
        let vector = |Vector([x, y, z]): Vector, at: u64| Vector([of(x, at), of(y, at + 1), of(z, at + 2)]);
        let Quaternion([s, x, y, z]) = motion.rotation;
        Motion {
            position: vector(motion.position, 0),
            rotation: Quaternion([of(s, 3), of(x, 4), of(y, 5), of(z, 6)]),
            velocity: vector(motion.velocity, 7),
            angular: vector(motion.angular, 10),
        }
    };
    (0..).zip(world).map(nudge).collect()
}

/// Numbers of all rows that are not left out.
pub(crate) fn kept(numbers: &[f64], is_kept: &[bool]) -> Vec<f64> {
    numbers.iter().zip(is_kept.iter().cycle()).filter(|(_, kept)| **kept).map(|(number, _)| *number).collect()
}

/// The larger of two; a difference that is no number is the worst.
fn worst(a: f64, b: f64) -> f64 {
    if b.is_nan() { f64::INFINITY } else { a.max(b) }
}
