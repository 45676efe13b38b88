//! One generation's population as strategies read and write it: tile by tile, from memory or drawn again.
//!
//! The diagonal strategies learn from two weighted moments of the standardised steps `s_i = (x_i - m) / d`,
//!
//! ```text
//! slope = sum_i u_i s_i        curvature = sum_i v_i s_i^2        (each coordinate by itself)
//! ```
//!
//! and from nothing else of the population, so one pass over it serves them all. Where the population was not kept, the
//! pass draws each tile again and never holds more than tiles: a few thousand numbers a thread.
//!
//! The order of the sums is part of the definition: lane `l` adds members `l`, `l + 16`, `l + 32`, ... with fused
//! multiply-add, then the lanes are added in halves (`l` and `l + 8`, then `l` and `l + 4`, ...). Groups whose weights
//! are all zero are left out. Neither threads, instructions, block sizes, layouts nor the source can change a bit.

use std::ops::Range;

use numerics::{Isa, LANES};

use crate::execution::{Execution, kernel};
use crate::noise::Draws;
use crate::population::{Pairing, Population, PopulationMut, Spread, Tile, pad_lanes, tiles};
use crate::real::Real;

/// Coordinates that are worked on at a time: with 128 members in `f32`, 32 KiB.
const TILE: usize = 64;

/// How a population was, or is to be, drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a, T> {
    pub(crate) draws: Draws<'a, T>,
    pub(crate) pairing: Pairing,
    pub(crate) members: usize,
    pub(crate) dims: usize,
}

/// One weight a member, ready for lanes.
struct Weights<T>(Vec<[T; LANES]>);

impl<T: Real> Weights<T> {
    fn new(weights: &[f64]) -> Weights<T> {
        let limit = T::LARGEST.wide();
        let group = |group: &[f64]| {
            let mut lanes = [T::ZERO; LANES];
            for (lane, &weight) in lanes.iter_mut().zip(group) {
                *lane = T::of(weight.clamp(-limit, limit));
            }
            lanes
        };
        Weights(weights.chunks(LANES).map(group).collect())
    }

    fn is_zero(&self, group: usize) -> bool {
        self.0[group].iter().all(|&weight| weight == T::ZERO)
    }
}

impl<T: Real> Plan<'_, T> {
    fn groups(&self) -> usize {
        self.members.div_ceil(LANES)
    }

    /// Draws the whole population.
    pub(crate) fn write(&self, execution: &Execution<'_>, spread: Spread<'_, T>, out: PopulationMut<'_, T>) {
        let parts = execution.blocks(self.dims).zip(tiles(out, self.dims, execution.block()));
        execution.threads.for_each(parts, |(block, mut tile)| {
            let mut draws = vec![T::ZERO; TILE * LANES];
            for start in block.clone().step_by(TILE) {
                let end = block.end.min(start + TILE);
                let mut part = tile.part(start - block.start..end - block.start);
                self.write_tile(execution.isa, start..end, spread, &mut part, &mut draws);
            }
        });
    }

    /// Draws some coordinates of all members.
    fn write_tile(
        &self,
        isa: Isa,
        coordinates: Range<usize>,
        spread: Spread<'_, T>,
        tile: &mut Tile<'_, T>,
        draws: &mut [T],
    ) {
        let spread = Spread {
            mean: &spread.mean[coordinates.clone()],
            deviation: &spread.deviation[coordinates.clone()],
        };
        let draws = &mut draws[..coordinates.len() * LANES];
        for group in 0..self.pairing.draws(self.members).div_ceil(LANES) {
            self.draws.fill(isa, group, coordinates.clone(), self.dims, draws);
            tile.take(isa, (group, draws), (self.pairing, self.members), spread);
        }
        tile.pad(self.members, spread.mean);
    }

    /// One member alone.
    pub(crate) fn member(&self, member: usize, spread: Spread<'_, T>, out: &mut [T]) {
        let (draw, sign) = self.pairing.draw_of(member, self.members);
        let sign = T::of(sign);
        for (coordinate, out) in out.iter_mut().enumerate() {
            let deviate = self.draws.one(draw, coordinate, self.dims);
            *out = (sign * spread.deviation[coordinate]).mul_add(deviate, spread.mean[coordinate]);
        }
    }
}

/// A generation that was evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a, T> {
    pub(crate) plan: Plan<'a, T>,
    pub(crate) source: Population<'a, T>,
    pub(crate) execution: Execution<'a>,
    /// Counted from 0.
    pub(crate) generation: u64,
}

/// The two weighted moments of each coordinate.
pub(crate) struct Moments<T> {
    pub(crate) slope: Vec<T>,
    pub(crate) curvature: Vec<T>,
}

impl<T: Real> Sample<'_, T> {
    /// `sum_i u_i s_i` and `sum_i v_i s_i^2`; the latter is empty where no `v` is given. What is not finite becomes 0.
    pub(crate) fn moments(&self, spread: Spread<'_, T>, u: &[f64], v: Option<&[f64]>) -> Moments<T> {
        let dims = self.plan.dims;
        let (u, v) = (Weights::new(u), v.map(Weights::new));
        let mut slope = vec![T::ZERO; dims];
        let mut curvature = vec![T::ZERO; if v.is_some() { dims } else { 0 }];
        let block = self.execution.block();
        // A missing curvature still gives every block its own empty slice.
        let mut curvatures: Vec<&mut [T]> = curvature.chunks_mut(block).collect();
        curvatures.resize_with(dims.div_ceil(block), Default::default);
        let parts = self.execution.blocks(dims).zip(slope.chunks_mut(block).zip(curvatures));
        self.execution.threads.for_each(parts, |(block, (slope, curvature))| {
            let mut scratch = Scratch::new(self.plan.groups());
            for start in block.clone().step_by(TILE) {
                let end = block.end.min(start + TILE);
                let local = start - block.start..end - block.start;
                let curvature = curvature.get_mut(local.clone()).unwrap_or_default();
                let out = (&mut slope[local], curvature);
                self.tile_moments(start..end, spread, (&u, v.as_ref()), out, &mut scratch);
            }
        });
        Moments { slope, curvature }
    }

    fn tile_moments(
        &self,
        coordinates: Range<usize>,
        spread: Spread<'_, T>,
        (u, v): (&Weights<T>, Option<&Weights<T>>),
        (slope, curvature): (&mut [T], &mut [T]),
        scratch: &mut Scratch<T>,
    ) {
        let isa = self.execution.isa;
        let wanted = |group: usize| !u.is_zero(group) || v.is_some_and(|v| !v.is_zero(group));
        let lanes = coordinates.len() * LANES;
        let mean = &spread.mean[coordinates.clone()];
        let Scratch { tile, draws, inverse, sums } = scratch;
        let inverse = &mut inverse[..coordinates.len()];
        for (inverse, &deviation) in inverse.iter_mut().zip(&spread.deviation[coordinates.clone()]) {
            *inverse = T::ONE / deviation;
        }
        let (first, second) = sums.split_at_mut(TILE * LANES);
        let (first, second) = (&mut first[..lanes], &mut second[..lanes]);
        first.fill(T::ZERO);
        second.fill(T::ZERO);
        self.lanes_into(coordinates.clone(), spread, &wanted, tile, draws);
        for group in (0..self.plan.groups()).filter(|&group| wanted(group)) {
            let held = self.group_in_place(group, coordinates.clone());
            let x = held.unwrap_or_else(|| &tile[group * TILE * LANES..][..lanes]);
            match v {
                Some(v) => {
                    let (u, v) = (&u.0[group], &v.0[group]);
                    accumulate_both(isa, x, u, v, mean, inverse, first, second);
                }
                None => accumulate_slope(isa, x, &u.0[group], mean, inverse, first),
            }
        }
        fold(isa, first, slope);
        fold(isa, second, curvature);
    }

    /// A group's numbers of a tile where they lie in the told population as they are wanted.
    fn group_in_place(&self, group: usize, coordinates: Range<usize>) -> Option<&[T]> {
        let padded = !self.plan.members.is_multiple_of(LANES) && group + 1 == self.plan.groups();
        match self.source {
            Population::Lanes(values) if !padded => {
                let start = group * self.plan.dims;
                Some(&values[(start + coordinates.start) * LANES..(start + coordinates.end) * LANES])
            }
            _ => None,
        }
    }

    /// Puts into `tile` what [`Sample::group_in_place`] cannot give: rows turned into lanes, lanes whose padding is not
    /// ours, or everything drawn again.
    fn lanes_into(
        &self,
        coordinates: Range<usize>,
        spread: Spread<'_, T>,
        wanted: &dyn Fn(usize) -> bool,
        tile: &mut [T],
        draws: &mut [T],
    ) {
        let (groups, members, dims) = (self.plan.groups(), self.plan.members, self.plan.dims);
        let lanes = coordinates.len() * LANES;
        let mean = &spread.mean[coordinates.clone()];
        match self.source {
            Population::AsAsked => {
                let parts = tile.chunks_mut(TILE * LANES).enumerate();
                let parts = parts.map(|(group, part)| wanted(group).then_some(&mut part[..lanes]));
                let mut tile = Tile::Lanes(parts.collect());
                self.plan.write_tile(self.execution.isa, coordinates, spread, &mut tile, draws);
            }
            Population::Rows(values) => {
                for (group, tile) in
                    tile.chunks_mut(TILE * LANES).enumerate().filter(|&(group, _)| wanted(group))
                {
                    for (lane, row) in values.chunks_exact(dims).skip(group * LANES).take(LANES).enumerate() {
                        turn_row(self.execution.isa, &row[coordinates.clone()], lane, tile);
                    }
                    let used = members - group * LANES;
                    if used < LANES {
                        pad_lanes(&mut tile[..lanes], used, mean);
                    }
                }
            }
            Population::Lanes(values) => {
                let used = members % LANES;
                if used > 0 {
                    let last = groups - 1;
                    let start = (last * dims + coordinates.start) * LANES;
                    let tile = &mut tile[last * TILE * LANES..][..lanes];
                    tile.copy_from_slice(&values[start..start + lanes]);
                    pad_lanes(tile, used, mean);
                }
            }
        }
    }

    /// All members as rows, for strategies that need whole vectors.
    pub(crate) fn rows(&self, spread: Spread<'_, T>) -> Vec<T> {
        let mut rows = vec![T::ZERO; self.plan.members * self.plan.dims];
        for (member, row) in rows.chunks_mut(self.plan.dims).enumerate() {
            self.member(member, spread, row);
        }
        rows
    }

    /// One member, as it was evaluated.
    pub(crate) fn member(&self, member: usize, spread: Spread<'_, T>, out: &mut [T]) {
        let dims = self.plan.dims;
        match self.source {
            Population::Rows(values) => out.copy_from_slice(&values[member * dims..][..dims]),
            Population::Lanes(values) => {
                let group = &values[member / LANES * dims * LANES..][..dims * LANES];
                for (out, lanes) in out.iter_mut().zip(group.chunks_exact(LANES)) {
                    *out = lanes[member % LANES];
                }
            }
            Population::AsAsked => self.plan.member(member, spread, out),
        }
    }

    /// The mean of the squares of each member's coordinates. One thread sums one group, in the order of coordinates.
    pub(crate) fn mean_squares(&self, spread: Spread<'_, T>) -> Vec<f64> {
        let (groups, dims) = (self.plan.groups(), self.plan.dims);
        let mut sums = vec![[0.0f64; LANES]; groups];
        self.execution.threads.for_each(sums.iter_mut().enumerate(), |(group, sums)| {
            let mut scratch = Scratch::new(groups);
            let wanted = |candidate: usize| candidate == group;
            for start in (0..dims).step_by(TILE) {
                let coordinates = start..dims.min(start + TILE);
                let Scratch { tile, draws, .. } = &mut scratch;
                self.lanes_into(coordinates.clone(), spread, &wanted, tile, draws);
                let drawn = &tile[group * TILE * LANES..][..coordinates.len() * LANES];
                add_squares(
                    self.execution.isa,
                    self.group_in_place(group, coordinates).unwrap_or(drawn),
                    sums,
                );
            }
        });
        sums.iter().flatten().take(self.plan.members).map(|sum| sum / dims as f64).collect()
    }
}

/// What one thread needs for a tile.
struct Scratch<T> {
    tile: Vec<T>,
    draws: Vec<T>,
    inverse: Vec<T>,
    sums: Vec<T>,
}

impl<T: Real> Scratch<T> {
    fn new(groups: usize) -> Scratch<T> {
        Scratch {
            tile: vec![T::ZERO; groups * TILE * LANES],
            draws: vec![T::ZERO; TILE * LANES],
            inverse: vec![T::ZERO; TILE],
            sums: vec![T::ZERO; 2 * TILE * LANES],
        }
    }
}

kernel! {
    /// Adds a group's part of both moments, lane by lane.
    fn accumulate_both<'a, T>(
        x: &'a [T],
        u: &'a [T; LANES],
        v: &'a [T; LANES],
        mean: &'a [T],
        inverse: &'a [T],
        first: &'a mut [T],
        second: &'a mut [T],
    ) {
        let (x, _) = x.as_chunks::<LANES>();
        let (first, _) = first.as_chunks_mut::<LANES>();
        let (second, _) = second.as_chunks_mut::<LANES>();
        let (u, v) = (*u, *v);
        for ((((x, first), second), &mean), &inverse) in x.iter().zip(first).zip(second).zip(mean).zip(inverse) {
            for lane in 0..LANES {
                let step = (x[lane] - mean) * inverse;
                first[lane] = u[lane].mul_add(step, first[lane]);
                second[lane] = (v[lane] * step).mul_add(step, second[lane]);
            }
        }
    }
}

kernel! {
    /// Adds a group's part of the first moment, lane by lane.
    fn accumulate_slope<'a, T>(
        x: &'a [T],
        u: &'a [T; LANES],
        mean: &'a [T],
        inverse: &'a [T],
        first: &'a mut [T],
    ) {
        let (x, _) = x.as_chunks::<LANES>();
        let (first, _) = first.as_chunks_mut::<LANES>();
        let u = *u;
        for (((x, first), &mean), &inverse) in x.iter().zip(first).zip(mean).zip(inverse) {
            for lane in 0..LANES {
                first[lane] = u[lane].mul_add((x[lane] - mean) * inverse, first[lane]);
            }
        }
    }
}

kernel! {
    /// Adds up the lanes of each coordinate, in halves.
    fn fold<'a, T>(lanes: &'a [T], out: &'a mut [T]) {
        let (lanes, _) = lanes.as_chunks::<LANES>();
        for (out, lanes) in out.iter_mut().zip(lanes) {
            let mut sums = *lanes;
            let mut width = LANES / 2;
            while width > 0 {
                for lane in 0..width {
                    sums[lane] += sums[lane + width];
                }
                width /= 2;
            }
            *out = sums[0].finite_or_zero();
        }
    }
}

kernel! {
    /// Adds the squares of every lane.
    fn add_squares<'a, T>(x: &'a [T], sums: &'a mut [f64; LANES]) {
        let (x, _) = x.as_chunks::<LANES>();
        let mut total = *sums;
        for x in x {
            for lane in 0..LANES {
                total[lane] = x[lane].wide().mul_add(x[lane].wide(), total[lane]);
            }
        }
        *sums = total;
    }
}

kernel! {
    /// Writes a row into one lane.
    fn turn_row<'a, T>(row: &'a [T], lane: usize, tile: &'a mut [T]) {
        let (tile, _) = tile.as_chunks_mut::<LANES>();
        for (lanes, &value) in tile.iter_mut().zip(row) {
            lanes[lane] = value;
        }
    }
}
