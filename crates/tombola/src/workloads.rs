//! The networks of the papers and every kernel at their sizes, made ready to be timed.
//!
//! A [`Workload`] is a name and a way to prepare it on an instruction set: data from named streams of random numbers,
//! values scaled so that sums neither grow nor vanish, and one comparison with the definition. What is left is a
//! [`Step`]: a closure that does some milliseconds of the work, in the order and with the cache misses of the whole.
//!
//! The parts are there for benches too: layers, and [`data`] for them.
//!
//! Masks are uniform with an exact count in each layer, seed 0, drawn again where they cut every way from an input to an
//! output. Densities are those at which the papers look.

use std::fmt;

use numerics::Isa;
use sparse_kernels::Threads;
use sparse_kernels::compile::{CompiledNetwork, Mode};
use sparse_kernels::network::Network;

mod copies;
pub mod data;
mod functions;
mod images;
mod papers;

pub use papers::{alone, cnn_layer, cnn_network, mlp_layer, mlp_network};

/// A named piece of work.
pub struct Workload {
    /// A path: `paper-cnn/0.05`.
    pub name: String,
    /// Fraction of entries that the mask keeps; 1 where there is no mask.
    pub density: f64,
    /// What the whole work is.
    pub of: String,
    prepare: Prepare,
}

type Prepare = Box<dyn Fn(Isa) -> Result<Prepared, Difference>>;

impl Workload {
    fn new(
        name: impl Into<String>,
        density: f64,
        of: impl Into<String>,
        prepare: impl Fn(Isa) -> Result<Prepared, Difference> + 'static,
    ) -> Workload {
        Workload { name: name.into(), density, of: of.into(), prepare: Box::new(prepare) }
    }

    /// Makes the data, and compares one answer with the definition.
    pub fn prepare(&self, isa: Isa) -> Result<Prepared, WrongAnswer> {
        (self.prepare)(isa).map_err(|difference| WrongAnswer { name: self.name.clone(), isa, difference })
    }
}

/// Work that is ready to be timed.
pub struct Prepared {
    /// In the whole work; none where multiply-adds are not what it is made of.
    pub multiply_adds: Option<f64>,
    /// Fraction of the entries that compilation keeps, where there is one.
    pub effective_density: Option<f64>,
    /// How many of what the whole work brings forth.
    pub units: (f64, Unit),
    /// The parts of the whole work, one after the other.
    pub steps: Vec<Step>,
}

/// A part of the whole work that is the same thing again and again.
pub struct Step {
    /// How often in the whole work; threads share these.
    pub items: u64,
    /// In how many bursts an item is done.
    pub bursts: u64,
    /// Does one burst of an item on each thread, and all that as many times as told.
    pub burst: Box<dyn FnMut(Threads<'_>, u64)>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Networks evaluated on one input.
    MemberForwards,
    /// Numbers brought forth.
    Values,
}

/// Whether a network is evaluated as its mask is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Given,
    Compiled,
}

impl Form {
    fn compile(self, network: &Network) -> Option<CompiledNetwork> {
        let compile =
            || CompiledNetwork::new(network, Mode::Fold).expect("the papers' networks can be compiled");
        (self == Form::Compiled).then(compile)
    }
}

/// Every workload, the papers' networks first.
pub fn all() -> Vec<Workload> {
    let mut all = papers::workloads();
    all.extend(functions());
    all
}

/// Functions of vectors and random deviates.
pub fn functions() -> Vec<Workload> {
    functions::workloads()
}

/// A kernel disagrees with its definition.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongAnswer {
    name: String,
    isa: Isa,
    difference: Difference,
}

/// Where, and what.
#[derive(Clone, Debug, PartialEq)]
struct Difference {
    place: String,
    found: f64,
    expected: f64,
}

impl fmt::Display for WrongAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WrongAnswer { name, isa, difference: Difference { place, found, expected } } = self;
        write!(f, "`{name}` on {isa} is wrong: {place} is {found:e}, by definition {expected:e}")
    }
}

impl std::error::Error for WrongAnswer {}

/// What kernels bring forth.
trait Number: Copy + Default + 'static {
    /// What must be the same.
    fn bits(self) -> u64;
    /// For a message.
    fn value(self) -> f64;
}

impl Number for f32 {
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
    fn value(self) -> f64 {
        self.into()
    }
}

impl Number for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn value(self) -> f64 {
        self
    }
}

impl Number for u32 {
    fn bits(self) -> u64 {
        self.into()
    }
    fn value(self) -> f64 {
        self.into()
    }
}

/// Compares to the bit; `place` says what element `index` is.
fn same<T: Number>(found: &[T], expected: &[T], place: impl Fn(usize) -> String) -> Result<(), Difference> {
    if found.len() != expected.len() {
        let (found, expected) = (found.len() as f64, expected.len() as f64);
        return Err(Difference { place: "the number of values".into(), found, expected });
    }
    match found.iter().zip(expected).position(|(a, b)| a.bits() != b.bits()) {
        None => Ok(()),
        Some(index) => {
            let (found, expected) = (found[index].value(), expected[index].value());
            Err(Difference { place: place(index), found, expected })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_workload_is_right_everywhere() {
        let all = all();
        let mut names: Vec<&str> = all.iter().map(|workload| workload.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        for workload in &all {
            for isa in Isa::available() {
                workload.prepare(isa).unwrap_or_else(|wrong| panic!("{wrong}"));
            }
            let mut prepared = workload.prepare(Isa::detected()).expect("it was right before");
            assert!(!prepared.steps.is_empty(), "{}", workload.name);
            for step in &mut prepared.steps {
                (step.burst)(Threads::Sequential, 2);
            }
        }
    }

    #[test]
    fn a_wrong_answer_is_found_and_named() {
        let place = |index| format!("output {index}");
        assert_eq!(same(&[1.0_f32, -0.0], &[1.0, -0.0], place), Ok(()));
        let difference = same(&[1.0_f32, 0.0], &[1.0, -0.0], place).unwrap_err();
        let wrong = WrongAnswer { name: "paper-cnn/0.05".into(), isa: Isa::PORTABLE, difference };
        assert_eq!(
            wrong.to_string(),
            "`paper-cnn/0.05` on portable is wrong: output 1 is 0e0, by definition -0e0"
        );
        assert!(same(&[1.0_f32], &[], place).is_err());
    }
}
