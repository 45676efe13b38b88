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

/// Where the draws of one generation come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draws<'a, T> {
    /// From the generation's stream.
    Stream(Stream),
    /// From a record, `[draw][coordinate]`.
    Recorded(&'a [T]),
}

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
            Draws::Recorded(values) => {
                let rows = values.chunks_exact(dims).skip(group * LANES).take(LANES);
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
            Draws::Recorded(values) => values[draw * dims + coordinate],
        }
    }
}
