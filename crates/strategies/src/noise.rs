//! Which normal deviate moves which coordinate of which member in which generation.
//!
//! A deviate is a function of its address. The seed, the name and the generation choose a stream; within it, draw `d`
//! of coordinate `c` among `D` has index
//!
//! ```text
//! ((d / 16) D' + c) 16 + d mod 16          D' = D rounded up to a multiple of 4
//! ```
//!
//! which is the order of [`Layout::Lanes`](crate::Layout::Lanes): any block of coordinates of sixteen members is one run
//! of the stream, wherever it is wanted, and starts where the generator's own groups of 64 start. A draw belongs to a
//! member, or to a mirrored pair.

use std::ops::Range;

use numerics::random::Stream;
use numerics::{Isa, LANES};

use crate::lanes::place_both;
use crate::population::Spread;
use crate::real::Real;

/// Draws that somebody recorded, in place of the stream's.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a, T> {
    /// `[draw][coordinate]`, one draw a member or a mirrored pair: normal, or uniform where a strategy draws from a box.
    pub draws: &'a [T],
    /// What a strategy draws beside that: uniform `[member][coordinate]` for parents, normal `[draw][direction]` for
    /// subspaces.
    pub others: &'a [T],
    /// Numbers of members that a strategy chooses.
    pub chosen: [&'a [usize]; 2],
}

impl<T> Default for Record<'_, T> {
    fn default() -> Self {
        Record { draws: &[], others: &[], chosen: [&[], &[]] }
    }
}

/// How much of a [`Record`] a strategy reads beside the draws.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MoreDraws {
    pub(crate) others: usize,
    /// How many choices, and below what.
    pub(crate) chosen: [(usize, usize); 2],
}

/// Where the draws of one generation come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draws<'a, T> {
    /// From the generation's stream.
    Stream(Stream),
    /// From a record.
    Recorded(Record<'a, T>),
}

/// Children of a generation's stream, for what is drawn beside the normal deviates.
const UNIFORM: u64 = 1;
const FEW: u64 = 2;
const CHOSEN: u64 = 3;

/// The stream of a generation.
pub(crate) fn generation_stream(seed: u64, name: &str, generation: u64) -> Stream {
    Stream::new(seed, name).child(generation)
}

/// The index of a draw's coordinate in its stream.
fn index(draw: usize, coordinate: usize, dims: usize) -> u64 {
    let row = (draw / LANES) as u64 * dims.next_multiple_of(4) as u64 + coordinate as u64;
    row * LANES as u64 + (draw % LANES) as u64
}

impl<T: Real> Draws<'_, T> {
    /// Overwrites `out` with the draws of a group for some coordinates, `[coordinate][16]`.
    pub(crate) fn fill(&self, isa: Isa, group: usize, coordinates: Range<usize>, dims: usize, out: &mut [T]) {
        match self {
            Draws::Stream(stream) => {
                T::fill_normal(*stream, isa, index(group * LANES, coordinates.start, dims), out);
            }
            Draws::Recorded(record) => {
                let rows = record.draws.chunks_exact(dims).skip(group * LANES).take(LANES);
                for (lane, row) in rows.enumerate() {
                    for (lanes, &value) in out.chunks_exact_mut(LANES).zip(&row[coordinates.clone()]) {
                        lanes[lane] = value;
                    }
                }
            }
        }
    }

    /// Overwrites `out`, plus and minus, with what the draws of a group make of some coordinates: those of `spread`.
    pub(crate) fn spread(
        &self,
        isa: Isa,
        group: usize,
        coordinates: Range<usize>,
        dims: usize,
        spread: Spread<'_, T>,
        out: [Option<&mut [T]>; 2],
    ) {
        match self {
            Draws::Stream(stream) => {
                let first = index(group * LANES, coordinates.start, dims);
                T::draw(isa, *stream, first, spread.slices(), out);
            }
            Draws::Recorded(_) => {
                let mut deviates = vec![T::ZERO; coordinates.len() * LANES];
                self.fill(isa, group, coordinates, dims, &mut deviates);
                place_both(isa, &deviates, spread.slices(), out);
            }
        }
    }

    /// The draw of one coordinate, alone.
    pub(crate) fn one(&self, draw: usize, coordinate: usize, dims: usize) -> T {
        match self {
            Draws::Stream(stream) => T::of(stream.normal(index(draw, coordinate, dims)).into()),
            Draws::Recorded(record) => record.draws[draw * dims + coordinate],
        }
    }

    /// Overwrites `out` with the uniform draws of a member's coordinates, in place of normal ones.
    pub(crate) fn uniform(&self, isa: Isa, member: usize, out: &mut [T]) {
        match self {
            Draws::Stream(stream) => uniform(stream.with(&[UNIFORM, member as u64]), isa, out),
            Draws::Recorded(record) => out.copy_from_slice(&record.draws[member * out.len()..][..out.len()]),
        }
    }

    /// Overwrites `out` with the uniform draws of a member's coordinates, beside normal ones.
    pub(crate) fn further_uniform(&self, isa: Isa, member: usize, out: &mut [T]) {
        match self {
            Draws::Stream(stream) => uniform(stream.with(&[UNIFORM, member as u64]), isa, out),
            Draws::Recorded(record) => out.copy_from_slice(&record.others[member * out.len()..][..out.len()]),
        }
    }

    /// A few normal deviates of a draw, beside those of its coordinates.
    pub(crate) fn few(&self, isa: Isa, draw: usize, count: usize) -> Vec<T> {
        let mut few = vec![T::ZERO; count];
        match self {
            Draws::Stream(stream) => T::fill_normal(stream.with(&[FEW, draw as u64]), isa, 0, &mut few),
            Draws::Recorded(record) => few.copy_from_slice(&record.others[draw * count..][..count]),
        }
        few
    }

    /// A number below a bound, for a member; `kind` is 0 or 1.
    pub(crate) fn below(&self, kind: usize, member: usize, bound: usize) -> usize {
        match self {
            Draws::Stream(stream) => {
                stream.with(&[CHOSEN, kind as u64]).below(member as u64, bound as u64) as usize
            }
            Draws::Recorded(record) => record.chosen[kind][member],
        }
    }

    /// So many different members, in any order.
    pub(crate) fn some_of(&self, count: usize, members: usize) -> Vec<usize> {
        match self {
            Draws::Stream(stream) => {
                let mut all: Vec<usize> = (0..members).collect();
                stream.with(&[CHOSEN, 0]).choose(&mut all, count).to_vec()
            }
            Draws::Recorded(record) => record.chosen[0].to_vec(),
        }
    }
}

/// Overwrites `out` with the first uniform deviates of a stream.
fn uniform<T: Real>(stream: Stream, isa: Isa, out: &mut [T]) {
    let mut narrow = [0.0; 256];
    for (index, part) in out.chunks_mut(narrow.len()).enumerate() {
        let narrow = &mut narrow[..part.len()];
        stream.uniform_into(isa, 256 * index as u64, narrow);
        part.iter_mut().zip(narrow).for_each(|(out, narrow)| *out = T::of((*narrow).into()));
    }
}
