//! Members that are drawn whole: what a strategy makes of a member's deviates, where a coordinate depends on others.
//!
//! Sixteen draws are in memory at a time. One thread makes one member, or a block of coordinates of sixteen whose size is
//! fixed, so the bits do not depend on threads or blocks.

use std::ops::Range;

use numerics::LANES;

use crate::directions::BLOCK;
use crate::execution::Execution;
use crate::population::{Layout, PopulationMut, Tile, clip, pad_lanes, tiles};
use crate::real::Real;
use crate::sample::Plan;

/// A member that is being drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drawn<'a, T> {
    /// Counted from 0.
    pub(crate) member: usize,
    /// The draw that it takes.
    pub(crate) draw: usize,
    /// 1, or -1 where it is the second of a mirrored pair.
    pub(crate) sign: T,
    /// The normal deviates of that draw, where they were wanted.
    pub(crate) deviates: &'a [T],
}

impl<T: Real> Plan<'_, T> {
    /// Writes members one by one; unused lanes hold `mean`. Without `normal`, no deviates are drawn.
    pub(crate) fn write_members(
        &self,
        execution: &Execution<'_>,
        normal: bool,
        mean: &[T],
        out: PopulationMut<'_, T>,
        place: impl Fn(Drawn<'_, T>, &mut [T]) + Sync,
    ) {
        let (dims, draws) = (self.dims, self.pairing.draws(self.members));
        let mut tiles = tiles(out, dims, dims);
        let tile = &mut tiles[0];
        let mut lanes = vec![T::ZERO; if normal { dims * LANES } else { 0 }];
        let mut rows = vec![T::ZERO; dims * self.members.min(2 * LANES)];
        for group in 0..draws.div_ceil(LANES) {
            let parts = execution.blocks(dims).zip(lanes.chunks_mut(execution.block() * LANES));
            execution.threads.for_each(parts, |(block, lanes)| {
                self.draws.fill(execution.isa, group, block, dims, lanes);
            });
            let takers = |draw| {
                let members = self.pairing.takers(draw, self.members).into_iter().flatten();
                members.zip([T::ONE, -T::ONE]).map(move |(member, sign)| (draw, member, sign))
            };
            let takers: Vec<_> = (group * LANES..draws.min((group + 1) * LANES)).flat_map(takers).collect();
            let lanes = &lanes;
            let parts = takers.iter().zip(rows.chunks_mut(dims));
            execution.threads.for_each(parts, |(&(draw, member, sign), row)| {
                let deviates: Vec<T> = lanes.chunks(LANES).map(|lanes| lanes[draw % LANES]).collect();
                place(Drawn { member, draw, sign, deviates: &deviates }, row);
                self.bounds.iter().for_each(|&bounds| clip(row, bounds));
            });
            for ((_, member, _), row) in takers.iter().zip(rows.chunks(dims)) {
                tile.put_row(*member, row);
            }
        }
        tile.pad(self.members, mean);
    }

    /// Writes sixteen members at a time, none of which is mirrored: `look` sees a block of their deviates,
    /// `[coordinate][16]`, `decide` what it saw of all blocks, and `place` makes members of the block, where the deviates
    /// were. All groups of a block come after each other, so that what `look` and `place` read beside them is near.
    pub(crate) fn write_groups<S: Send + Sync, W: Sync>(
        &self,
        execution: &Execution<'_>,
        mean: &[T],
        out: PopulationMut<'_, T>,
        look: impl Fn(Range<usize>, &[T]) -> S + Sync,
        decide: impl Fn(&[&S]) -> W,
        place: impl Fn(&W, Range<usize>, &mut [T]) + Sync,
    ) {
        let dims = self.dims;
        if let PopulationMut::Rows(_) = out {
            let mut lanes = vec![T::ZERO; Layout::Lanes.len(self.members, dims)];
            self.write_groups(execution, mean, PopulationMut::Lanes(&mut lanes), look, decide, place);
            return self.turn(execution, &lanes, out);
        }
        let mut blocks: Vec<_> = tiles(out, dims, BLOCK).into_iter().map(groups_of).collect();
        let mut seen: Vec<Vec<S>> = blocks.iter().map(|_| Vec::new()).collect();
        execution.threads.for_each(
            blocks.iter_mut().zip(&mut seen).enumerate(),
            |(index, (groups, seen))| {
                let block = block_of(index, dims);
                for (group, lanes) in groups.iter_mut().enumerate() {
                    self.draws.fill(execution.isa, group, block.clone(), dims, lanes);
                    seen.push(look(block.clone(), lanes));
                }
            },
        );
        let of_group = |group: usize| seen.iter().map(|seen| &seen[group]).collect::<Vec<_>>();
        let decisions: Vec<W> =
            (0..self.members.div_ceil(LANES)).map(|group| decide(&of_group(group))).collect();
        execution.threads.for_each(blocks.iter_mut().enumerate(), |(index, groups)| {
            let block = block_of(index, dims);
            for (lanes, decision) in groups.iter_mut().zip(&decisions) {
                place(decision, block.clone(), lanes);
                self.bounds.iter().for_each(|&bounds| clip(lanes, bounds));
            }
            let used = self.members % LANES;
            if let (Some(last), 1..) = (groups.last_mut(), used) {
                pad_lanes(last, used, &mean[block]);
            }
        });
    }

    /// Writes the members of `[group][coordinate][16]` in another layout.
    fn turn(&self, execution: &Execution<'_>, lanes: &[T], out: PopulationMut<'_, T>) {
        let dims = self.dims;
        let parts = tiles(out, dims, BLOCK).into_iter().enumerate();
        execution.threads.for_each(parts, |(index, mut tile)| {
            let block = block_of(index, dims);
            for member in 0..self.members {
                let first = (member / LANES * dims + block.start) * LANES;
                tile.put(member, &lanes[first..first + block.len() * LANES], member % LANES);
            }
        });
    }
}

/// The coordinates of a block.
fn block_of(index: usize, dims: usize) -> Range<usize> {
    index * BLOCK..dims.min((index + 1) * BLOCK)
}

/// The groups of a tile of lanes.
fn groups_of<T>(tile: Tile<'_, T>) -> Vec<&mut [T]> {
    match tile {
        Tile::Lanes(groups) => groups.into_iter().flatten().collect(),
        Tile::Rows(_) => Vec::new(),
    }
}
