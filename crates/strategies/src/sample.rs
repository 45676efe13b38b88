//! One generation's population as strategies read and write it: block by block, from memory or drawn again.
//!
//! The diagonal strategies learn from two weighted moments of the standardised steps `s_i = (x_i - m) / d`,
//!
//! ```text
//! slope = sum_i u_i s_i        curvature = sum_i v_i s_i^2        (each coordinate by itself)
//! ```
//!
//! and from nothing else of the population, so one pass over it serves them all. Where the population was not kept, the
//! pass draws it again, tile by tile, and never holds more than a tile: a few thousand numbers a thread.
//!
//! Groups of sixteen members whose weights are all zero are left out, and not even drawn. The order of the sums is that
//! of [`lanes`](crate::lanes). Neither threads, instructions, block sizes, layouts nor the source can change a bit.

use std::ops::Range;

use numerics::{Isa, LANES};

use crate::execution::{Execution, kernel};
use crate::lanes::Weights;
use crate::noise::Draws;
use crate::outcome::Best;
use crate::population::{Pairing, Population, PopulationMut, Spread, Tile, clip, pad_lanes, tiles};
use crate::real::Real;

/// Coordinates that are worked on at a time where they pass through scratch memory: with 128 members in `f32`, 16 KiB.
const TILE: usize = 32;

/// How a population was, or is to be, drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a, T> {
    pub(crate) draws: Draws<'a, T>,
    pub(crate) pairing: Pairing,
    pub(crate) members: usize,
    pub(crate) dims: usize,
    /// Where candidates are clipped.
    pub(crate) bounds: Option<[T; 2]>,
}

impl<T: Real> Plan<'_, T> {
    fn groups(&self) -> usize {
        self.members.div_ceil(LANES)
    }

    /// A number between the bounds.
    pub(crate) fn clipped(&self, x: T) -> T {
        let mut x = [x];
        self.bounds.iter().for_each(|&bounds| clip(&mut x, bounds));
        x[0]
    }

    /// Draws some coordinates of the whole population; `out` has no others.
    pub(crate) fn write(
        &self,
        execution: &Execution<'_>,
        spread: Spread<'_, T>,
        coordinates: Range<usize>,
        out: PopulationMut<'_, T>,
    ) {
        let parts = execution.blocks(coordinates.len()).zip(tiles(out, coordinates.len(), execution.block()));
        execution.threads.for_each(parts, |(block, mut tile)| {
            let block = coordinates.start + block.start..coordinates.start + block.end;
            self.write_tile(execution.isa, block, spread, &mut tile);
        });
    }

    /// Draws some coordinates of all members whom somebody wants.
    fn write_tile(&self, isa: Isa, coordinates: Range<usize>, spread: Spread<'_, T>, tile: &mut Tile<'_, T>) {
        let groups = 0..self.pairing.draws(self.members).div_ceil(LANES);
        match tile {
            Tile::Lanes(lanes) if self.pairing.keeps_lanes(self.members) => {
                for group in groups {
                    let out = self.group_takers(group, lanes);
                    if out.iter().any(Option::is_some) {
                        let spread = spread.part(coordinates.clone());
                        self.draws.spread(isa, group, coordinates.clone(), self.dims, spread, out);
                    }
                }
            }
            _ => {
                let mut scratch = [vec![T::ZERO; TILE * LANES], vec![T::ZERO; TILE * LANES]];
                for start in coordinates.clone().step_by(TILE) {
                    let piece = start..coordinates.end.min(start + TILE);
                    let mut tile = tile.part(start - coordinates.start..piece.end - coordinates.start);
                    for group in groups.clone() {
                        self.scatter(isa, group, piece.clone(), spread, &mut tile, &mut scratch);
                    }
                }
            }
        }
        if let Some(bounds) = self.bounds {
            tile.clip(bounds);
        }
        tile.pad(self.members, &spread.mean[coordinates]);
    }

    /// The groups of members that take a group of draws lane by lane.
    fn group_takers<'b>(&self, group: usize, lanes: &'b mut [Option<&mut [T]>]) -> [Option<&'b mut [T]>; 2] {
        let takers = self.pairing.takers(group * LANES, self.members);
        match takers.map(|taker| taker.map(|member| member / LANES)) {
            [Some(plus), Some(minus)] => {
                let pair = lanes.get_disjoint_mut([plus, minus]).expect("two groups of the population");
                let [plus, minus] = pair;
                [plus.as_deref_mut(), minus.as_deref_mut()]
            }
            [Some(plus), None] => [lanes[plus].as_deref_mut(), None],
            [None, _] => [None, None],
        }
    }

    /// Draws a group by way of scratch memory, and brings each lane to its member, wherever that is.
    fn scatter(
        &self,
        isa: Isa,
        group: usize,
        coordinates: Range<usize>,
        spread: Spread<'_, T>,
        tile: &mut Tile<'_, T>,
        [plus, minus]: &mut [Vec<T>; 2],
    ) {
        let draws = group * LANES..self.pairing.draws(self.members).min((group + 1) * LANES);
        let takers = draws.map(|draw| (draw % LANES, self.pairing.takers(draw, self.members)));
        if !takers.clone().any(|(_, takers)| takers.into_iter().flatten().any(|member| tile.wants(member))) {
            return;
        }
        let lanes = ..coordinates.len() * LANES;
        let mirrored = (self.pairing != Pairing::None).then_some(&mut minus[lanes]);
        let part = spread.part(coordinates.clone());
        self.draws.spread(isa, group, coordinates, self.dims, part, [Some(&mut plus[lanes]), mirrored]);
        for (lane, takers) in takers {
            for (taker, lanes) in takers.into_iter().zip([&plus[lanes], &minus[lanes]]) {
                if let Some(member) = taker {
                    tile.put(member, lanes, lane);
                }
            }
        }
    }

    /// One member alone.
    pub(crate) fn member(
        &self,
        execution: &Execution<'_>,
        member: usize,
        spread: Spread<'_, T>,
        out: &mut [T],
    ) {
        let (draw, sign) = self.pairing.draw_of(member, self.members);
        let parts = execution.blocks(self.dims).zip(out.chunks_mut(execution.block()));
        execution.threads.for_each(parts, |(block, out)| {
            let mut lanes = [T::ZERO; TILE * LANES];
            for (start, out) in block.clone().step_by(TILE).zip(out.chunks_mut(TILE)) {
                let piece = start..start + out.len();
                let lanes = &mut lanes[..out.len() * LANES];
                let part = spread.part(piece.clone());
                let signed = if sign > 0.0 { [Some(&mut *lanes), None] } else { [None, Some(&mut *lanes)] };
                self.draws.spread(execution.isa, draw / LANES, piece, self.dims, part, signed);
                out.iter_mut().zip(lanes.chunks(LANES)).for_each(|(out, lanes)| *out = lanes[draw % LANES]);
            }
            if let Some(bounds) = self.bounds {
                clip(out, bounds);
            }
        });
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
    /// The best before this generation, as it was told.
    pub(crate) best: Option<Best<'a, T>>,
}

/// The two weighted moments of each coordinate.
pub(crate) struct Moments<T> {
    pub(crate) slope: Vec<T>,
    pub(crate) curvature: Vec<T>,
}

impl<T: Real> Sample<'_, T> {
    /// The best fitness before this generation with the sign with which it was told, as the published code compares costs
    /// with it; the largest number of `f32` where there was none.
    pub(crate) fn told_best(&self) -> f64 {
        self.best.map_or_else(|| f32::MAX.into(), |best| best.fitness)
    }

    /// `sum_i u_i s_i` and `sum_i v_i s_i^2`; the latter is empty where no `v` is given. What is not finite becomes 0,
    /// and what could not be squared is cut off.
    pub(crate) fn moments(&self, spread: Spread<'_, T>, u: &[f64], v: Option<&[f64]>) -> Moments<T> {
        let dims = self.plan.dims;
        let (groups, weights) = weighted_groups(u, v);
        let mut wanted = vec![false; self.plan.groups()];
        groups.iter().for_each(|&group| wanted[group] = true);
        let mut slope = vec![T::ZERO; dims];
        let mut curvature = vec![T::ZERO; if v.is_some() { dims } else { 0 }];
        let block = self.execution.block();
        // A missing curvature still gives every block its own empty slice.
        let mut curvatures: Vec<&mut [T]> = curvature.chunks_mut(block).collect();
        curvatures.resize_with(dims.div_ceil(block), Default::default);
        let parts = self.execution.blocks(dims).zip(slope.chunks_mut(block).zip(curvatures));
        self.execution.threads.for_each(parts, |(block, (slope, curvature))| {
            let whole = groups.iter().all(|&group| self.is_in_place(group));
            let (step, mut tile) = if whole {
                (block.len(), Vec::new())
            } else {
                (TILE, vec![T::ZERO; self.plan.groups() * TILE * LANES])
            };
            for start in block.clone().step_by(step) {
                let coordinates = start..block.end.min(start + step);
                let local = start - block.start..coordinates.end - block.start;
                let curvature = curvature.get_mut(local.clone()).unwrap_or_default();
                if !whole {
                    self.fetch(coordinates.clone(), spread, &wanted, &mut tile);
                }
                let members: Vec<&[T]> =
                    groups.iter().map(|&group| self.group(group, coordinates.clone(), &tile)).collect();
                let spread = spread.part(coordinates).slices();
                T::moments(self.execution.isa, &members, &weights, spread, [&mut slope[local], curvature]);
            }
        });
        Moments { slope, curvature }
    }

    /// Whether a group lies in the told population as it is wanted: in lanes, and its padding, if any, is not read.
    fn is_in_place(&self, group: usize) -> bool {
        let padded = !self.plan.members.is_multiple_of(LANES) && group + 1 == self.plan.groups();
        matches!(self.source, Population::Lanes(_)) && !padded
    }

    /// A group's numbers of some coordinates: where they lie, or in the tile that was fetched.
    fn group<'b>(&'b self, group: usize, coordinates: Range<usize>, tile: &'b [T]) -> &'b [T] {
        match self.source {
            Population::Lanes(values) if self.is_in_place(group) => {
                let start = group * self.plan.dims;
                &values[(start + coordinates.start) * LANES..(start + coordinates.end) * LANES]
            }
            _ => &tile[group * TILE * LANES..][..coordinates.len() * LANES],
        }
    }

    /// Puts into `tile` the wanted groups that are not in place: rows turned into lanes, lanes whose padding is not
    /// ours, or everything drawn again.
    fn fetch(&self, coordinates: Range<usize>, spread: Spread<'_, T>, wanted: &[bool], tile: &mut [T]) {
        let (members, dims) = (self.plan.members, self.plan.dims);
        let lanes = coordinates.len() * LANES;
        let mean = &spread.mean[coordinates.clone()];
        let groups = tile.chunks_mut(TILE * LANES).map(|group| &mut group[..lanes]).zip(wanted);
        if let Population::AsAsked = self.source {
            let mut tile = Tile::Lanes(groups.map(|(out, &wanted)| wanted.then_some(out)).collect());
            return self.plan.write_tile(self.execution.isa, coordinates, spread, &mut tile);
        }
        for (group, (out, &wanted)) in groups.enumerate() {
            if !wanted || self.is_in_place(group) {
                continue;
            }
            match self.source {
                Population::Rows(values) => {
                    let (out, _) = out.as_chunks_mut::<LANES>();
                    let rows = values.chunks_exact(dims).skip(group * LANES).take(LANES);
                    for (lane, row) in rows.enumerate() {
                        out.iter_mut().zip(&row[coordinates.clone()]).for_each(|(out, &x)| out[lane] = x);
                    }
                }
                Population::Lanes(values) => {
                    out.copy_from_slice(&values[(group * dims + coordinates.start) * LANES..][..lanes]);
                }
                Population::AsAsked => {}
            }
            pad_lanes(out, (members - group * LANES).min(LANES), mean);
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
                let (group, _) = values[member / LANES * dims * LANES..][..dims * LANES].as_chunks::<LANES>();
                let block = self.execution.block();
                let parts = out.chunks_mut(block).zip(group.chunks(block));
                self.execution.threads.for_each(parts, |(out, group)| {
                    out.iter_mut().zip(group).for_each(|(out, lanes)| *out = lanes[member % LANES]);
                });
            }
            Population::AsAsked => self.plan.member(&self.execution, member, spread, out),
        }
    }

    /// The mean of the squares of each member's coordinates. One thread sums one group, in the order of coordinates.
    pub(crate) fn mean_squares(&self, spread: Spread<'_, T>) -> Vec<f64> {
        let (groups, dims) = (self.plan.groups(), self.plan.dims);
        let mut sums = vec![[0.0f64; LANES]; groups];
        self.execution.threads.for_each(sums.iter_mut().enumerate(), |(group, sums)| {
            let mut tile = vec![T::ZERO; groups * TILE * LANES];
            let mut wanted = vec![false; groups];
            wanted[group] = true;
            for start in (0..dims).step_by(TILE) {
                let coordinates = start..dims.min(start + TILE);
                if !self.is_in_place(group) {
                    self.fetch(coordinates.clone(), spread, &wanted, &mut tile);
                }
                add_squares(self.execution.isa, self.group(group, coordinates, &tile), sums);
            }
        });
        sums.iter().flatten().take(self.plan.members).map(|sum| sum / dims as f64).collect()
    }
}

/// The groups with a weight that is not zero, and their weights, ready for lanes.
fn weighted_groups<T: Real>(u: &[f64], v: Option<&[f64]>) -> (Vec<usize>, Vec<Weights<T>>) {
    let limit = T::LARGEST.wide();
    let in_lanes = |weights: &[f64]| {
        let mut lanes = [T::ZERO; LANES];
        for (lane, &weight) in lanes.iter_mut().zip(weights) {
            *lane = T::of(weight.clamp(-limit, limit));
        }
        lanes
    };
    let all = u.chunks(LANES).enumerate().map(|(group, u)| {
        let v = v.map(|v| in_lanes(&v[group * LANES..][..u.len()]));
        (group, [in_lanes(u), v.unwrap_or([T::ZERO; LANES])])
    });
    all.filter(|(_, weights)| weights.iter().flatten().any(|&weight| weight != T::ZERO)).unzip()
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
