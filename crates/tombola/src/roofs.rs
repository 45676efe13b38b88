//! What this machine can do at best: the ceilings that a kernel runs against.
//!
//! A kernel that does one multiply-add for each vector it loads cannot be faster than a loop that does only that, with
//! the data in the same cache. Each roof here is such a loop. They are written with [`numerics::Simd`], so each
//! instruction set has its own, and kernels are judged by the roof of theirs.

use numerics::Isa;

use crate::timing::{Effort, Routine, alternate};

pub mod memory;
pub mod multiply_add;
pub mod processor;
pub mod threads;

/// One ceiling.
#[derive(Clone, Debug, PartialEq)]
pub struct Roof {
    /// A path: what is limited, and by what, such as `multiply-add/load`.
    pub name: String,
    /// On which instructions.
    pub isa: Isa,
    /// On how many threads at once.
    pub threads: usize,
    /// How much.
    pub value: f64,
    /// Of what: `GFLOP/s`, `GB/s`, `values/ns`.
    pub unit: &'static str,
}

/// A loop that runs into a ceiling.
struct Loop<'a> {
    name: String,
    isa: Isa,
    /// Thousand millionths of the unit that one repeat does: operations, bytes, values.
    work: f64,
    unit: &'static str,
    routine: Routine<'a>,
}

/// Times loops in turns.
fn measure(mut loops: Vec<Loop<'_>>, threads: usize, effort: Effort) -> Vec<Roof> {
    let mut routines: Vec<&mut Routine<'_>> = loops.iter_mut().map(|each| &mut each.routine).collect();
    alternate(&mut routines, effort);
    let roof = |each: Loop<'_>| Roof {
        value: each.work / each.routine.seconds() * 1e-9,
        name: each.name,
        isa: each.isa,
        threads,
        unit: each.unit,
    };
    loops.into_iter().map(roof).collect()
}
