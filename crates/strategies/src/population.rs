//! Where a population lies in memory, and how its members share draws.
//!
//! Two layouts are written and read, because two families of kernels read them:
//!
//! - [`Layout::Lanes`]: `[group of 16 members][coordinate][16]`. A vector register holds one parameter of sixteen
//!   members, which is what layers of a population read: all members share the sparsity pattern and differ in values.
//! - [`Layout::Rows`]: `[member][coordinate]`. One flat vector a member, which is what kernels read that broadcast one
//!   weight over many images, and what every function of one vector expects.
//!
//! Lanes are the native order of everything here: a strategy works coordinate by coordinate, across members. Rows are
//! turned into lanes tile by tile on the way, in the first-level cache.

use std::ops::Range;

use numerics::LANES;

use crate::real::Real;

/// The order of a population's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `[member][coordinate]`
    Rows,
    /// `[group of 16 members][coordinate][16]`; the last group's unused lanes hold the mean.
    Lanes,
}

impl Layout {
    /// How many numbers a population takes.
    ///
    /// ```
    /// use strategies::Layout;
    ///
    /// assert_eq!(Layout::Rows.len(20, 1000), 20_000);
    /// assert_eq!(Layout::Lanes.len(20, 1000), 32_000);
    /// ```
    pub fn len(self, members: usize, dims: usize) -> usize {
        match self {
            Layout::Rows => members * dims,
            Layout::Lanes => members.next_multiple_of(LANES) * dims,
        }
    }

    /// Where a number of a member lies.
    ///
    /// ```
    /// use strategies::Layout;
    ///
    /// // Member 17 is lane 1 of the second group.
    /// assert_eq!(Layout::Lanes.index(17, 3, 1000), 16_000 + 3 * 16 + 1);
    /// assert_eq!(Layout::Rows.index(17, 3, 1000), 17_003);
    /// ```
    pub fn index(self, member: usize, coordinate: usize, dims: usize) -> usize {
        match self {
            Layout::Rows => member * dims + coordinate,
            Layout::Lanes => (member / LANES * dims + coordinate) * LANES + member % LANES,
        }
    }
}

/// A population that was asked for, as [`Search::tell`](crate::Search::tell) reads it.
#[derive(Clone, Copy, Debug)]
pub enum Population<'a, T> {
    /// The numbers that were evaluated, `[member][coordinate]`.
    Rows(&'a [T]),
    /// The numbers that were evaluated, `[group of 16 members][coordinate][16]`.
    Lanes(&'a [T]),
    /// Exactly what was asked for, and nobody kept it: it is drawn again, block by block. The same bits as if it were
    /// there, for the time of a second draw and no memory.
    AsAsked,
}

/// Where a population is to be written.
#[derive(Debug)]
pub enum PopulationMut<'a, T> {
    /// `[member][coordinate]`
    Rows(&'a mut [T]),
    /// `[group of 16 members][coordinate][16]`
    Lanes(&'a mut [T]),
}

impl<T> Population<'_, T> {
    /// The layout and the count of numbers, of what is there.
    pub(crate) fn shape(&self) -> Option<(Layout, usize)> {
        match self {
            Population::Rows(values) => Some((Layout::Rows, values.len())),
            Population::Lanes(values) => Some((Layout::Lanes, values.len())),
            Population::AsAsked => None,
        }
    }
}

impl<T> PopulationMut<'_, T> {
    /// The layout and the count of numbers.
    pub(crate) fn shape(&self) -> (Layout, usize) {
        match self {
            PopulationMut::Rows(values) => (Layout::Rows, values.len()),
            PopulationMut::Lanes(values) => (Layout::Lanes, values.len()),
        }
    }
}

/// How members share draws: in a pair, one takes a draw and the other its negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// Every member has its own draw.
    None,
    /// Members `i` and `i + half`.
    Halves,
    /// Members `2i` and `2i + 1`.
    Neighbours,
    /// Halves of each of so many equal parts, one after the other.
    HalvesOf(usize),
}

impl Pairing {
    /// Independent draws for so many members.
    pub(crate) fn draws(self, members: usize) -> usize {
        match self {
            Pairing::None => members,
            Pairing::Halves | Pairing::Neighbours | Pairing::HalvesOf(_) => members / 2,
        }
    }

    /// The draw that a member takes, and its sign.
    pub(crate) fn draw_of(self, member: usize, members: usize) -> (usize, f64) {
        match self {
            Pairing::None => (member, 1.0),
            Pairing::Halves if member < members / 2 => (member, 1.0),
            Pairing::Halves => (member - members / 2, -1.0),
            Pairing::Neighbours => (member / 2, if member.is_multiple_of(2) { 1.0 } else { -1.0 }),
            Pairing::HalvesOf(parts) => {
                let each = members / parts;
                let (draw, sign) = Pairing::Halves.draw_of(member % each, each);
                (member / each * (each / 2) + draw, sign)
            }
        }
    }

    /// The two members of a pair: who takes the draw, and who its negative.
    pub(crate) fn pair(self, draw: usize, members: usize) -> (usize, usize) {
        match self {
            Pairing::Neighbours => (2 * draw, 2 * draw + 1),
            Pairing::None | Pairing::Halves => (draw, draw + members / 2),
            Pairing::HalvesOf(parts) => {
                let each = members / parts;
                let (plus, minus) = Pairing::Halves.pair(draw % (each / 2), each);
                let first = draw / (each / 2) * each;
                (first + plus, first + minus)
            }
        }
    }

    /// The members that take a draw: plus, and minus where pairs are mirrored.
    pub(crate) fn takers(self, draw: usize, members: usize) -> [Option<usize>; 2] {
        match self {
            Pairing::None => [Some(draw), None],
            Pairing::Halves | Pairing::Neighbours | Pairing::HalvesOf(_) => {
                let (plus, minus) = self.pair(draw, members);
                [Some(plus), Some(minus)]
            }
        }
    }

    /// Whether every group of draws goes lane by lane into whole groups of members.
    pub(crate) fn keeps_lanes(self, members: usize) -> bool {
        match self {
            Pairing::None => true,
            Pairing::Halves => (members / 2).is_multiple_of(LANES),
            Pairing::Neighbours | Pairing::HalvesOf(_) => false,
        }
    }
}

/// Part of every member: some adjacent coordinates, in either layout, writable.
pub(crate) enum Tile<'a, T> {
    /// One slice a member.
    Rows(Vec<&'a mut [T]>),
    /// One slice of `[coordinate][16]` a group; none where nobody wants it.
    Lanes(Vec<Option<&'a mut [T]>>),
}

/// A distribution of some coordinates: mean and deviation of each.
#[derive(Clone, Copy)]
pub(crate) struct Spread<'a, T> {
    pub(crate) mean: &'a [T],
    pub(crate) deviation: &'a [T],
}

impl<'a, T> Spread<'a, T> {
    /// The distribution of some of its coordinates.
    pub(crate) fn part(&self, coordinates: Range<usize>) -> Spread<'a, T> {
        Spread { mean: &self.mean[coordinates.clone()], deviation: &self.deviation[coordinates] }
    }

    /// The two slices.
    pub(crate) fn slices(&self) -> [&'a [T]; 2] {
        [self.mean, self.deviation]
    }
}

impl<T: Real> Tile<'_, T> {
    /// Writes a member from its lane of `[coordinate][16]`.
    pub(crate) fn put(&mut self, member: usize, lanes: &[T], lane: usize) {
        let (lanes, _) = lanes.as_chunks::<LANES>();
        match self {
            Tile::Rows(rows) => {
                rows[member].iter_mut().zip(lanes).for_each(|(out, lanes)| *out = lanes[lane]);
            }
            Tile::Lanes(groups) => {
                if let Some(group) = &mut groups[member / LANES] {
                    let (group, _) = group.as_chunks_mut::<LANES>();
                    group.iter_mut().zip(lanes).for_each(|(out, lanes)| out[member % LANES] = lanes[lane]);
                }
            }
        }
    }

    /// Writes a member from its numbers.
    pub(crate) fn put_row(&mut self, member: usize, row: &[T]) {
        match self {
            Tile::Rows(rows) => rows[member].copy_from_slice(row),
            Tile::Lanes(groups) => {
                if let Some(group) = &mut groups[member / LANES] {
                    let (group, _) = group.as_chunks_mut::<LANES>();
                    group.iter_mut().zip(row).for_each(|(out, &x)| out[member % LANES] = x);
                }
            }
        }
    }

    /// Whether somebody wants a member.
    pub(crate) fn wants(&self, member: usize) -> bool {
        match self {
            Tile::Rows(_) => true,
            Tile::Lanes(groups) => groups[member / LANES].is_some(),
        }
    }

    /// Brings every number between two bounds.
    pub(crate) fn clip(&mut self, bounds: [T; 2]) {
        match self {
            Tile::Rows(rows) => rows.iter_mut().for_each(|row| clip(row, bounds)),
            Tile::Lanes(groups) => groups.iter_mut().flatten().for_each(|group| clip(group, bounds)),
        }
    }

    /// Writes the mean into the last group's lanes that belong to nobody.
    pub(crate) fn pad(&mut self, members: usize, mean: &[T]) {
        let used = members % LANES;
        if let (Tile::Lanes(groups), 1..) = (self, used)
            && let Some(Some(out)) = groups.last_mut()
        {
            pad_lanes(out, used, mean);
        }
    }
}

/// Brings every number between two bounds.
pub(crate) fn clip<T: Real>(values: &mut [T], [low, high]: [T; 2]) {
    for value in values {
        let raised = if *value > low { *value } else { low };
        *value = if raised < high { raised } else { high };
    }
}

/// Writes the mean into lanes `used..` of every coordinate.
pub(crate) fn pad_lanes<T: Real>(group: &mut [T], used: usize, mean: &[T]) {
    for (lanes, &mean) in group.chunks_exact_mut(LANES).zip(mean) {
        lanes[used..].fill(mean);
    }
}

/// Cuts a population into its tiles of `block` coordinates.
pub(crate) fn tiles<T>(population: PopulationMut<'_, T>, dims: usize, block: usize) -> Vec<Tile<'_, T>> {
    let count = dims.div_ceil(block);
    match population {
        PopulationMut::Rows(values) => {
            let mut tiles: Vec<_> = (0..count).map(|_| Vec::new()).collect();
            for row in values.chunks_mut(dims) {
                for (tile, part) in tiles.iter_mut().zip(row.chunks_mut(block)) {
                    tile.push(part);
                }
            }
            tiles.into_iter().map(Tile::Rows).collect()
        }
        PopulationMut::Lanes(values) => {
            let mut tiles: Vec<_> = (0..count).map(|_| Vec::new()).collect();
            for group in values.chunks_mut(dims * LANES) {
                for (tile, part) in tiles.iter_mut().zip(group.chunks_mut(block * LANES)) {
                    tile.push(Some(part));
                }
            }
            tiles.into_iter().map(Tile::Lanes).collect()
        }
    }
}

impl<'a, T> Tile<'a, T> {
    /// The part of this tile that holds `coordinates`, counted from its start.
    pub(crate) fn part(&mut self, coordinates: Range<usize>) -> Tile<'_, T> {
        match self {
            Tile::Rows(rows) => {
                Tile::Rows(rows.iter_mut().map(|row| &mut row[coordinates.clone()]).collect())
            }
            Tile::Lanes(groups) => {
                let lanes = coordinates.start * LANES..coordinates.end * LANES;
                Tile::Lanes(
                    groups
                        .iter_mut()
                        .map(|group| group.as_mut().map(|group| &mut group[lanes.clone()]))
                        .collect(),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_own_place() {
        for layout in [Layout::Rows, Layout::Lanes] {
            for (members, dims) in [(1, 1), (2, 5), (16, 3), (17, 4), (33, 1)] {
                let mut taken = vec![false; layout.len(members, dims)];
                for member in 0..members {
                    for coordinate in 0..dims {
                        let place = &mut taken[layout.index(member, coordinate, dims)];
                        assert!(!*place, "{layout:?}: member {member}, coordinate {coordinate}");
                        *place = true;
                    }
                }
            }
        }
    }

    #[test]
    fn pairs_take_each_draw_once_with_each_sign() {
        for pairing in [Pairing::None, Pairing::Halves, Pairing::Neighbours, Pairing::HalvesOf(2)] {
            for members in [4, 20, 32, 64] {
                let mut seen = vec![0.0; pairing.draws(members)];
                for member in 0..members {
                    let (draw, sign) = pairing.draw_of(member, members);
                    let [plus, minus] = pairing.takers(draw, members);
                    assert_eq!(if sign > 0.0 { plus } else { minus }, Some(member));
                    seen[draw] += sign;
                }
                let total = if pairing == Pairing::None { 1.0 } else { 0.0 };
                assert!(seen.iter().all(|&sum| sum == total), "{pairing:?}, {members} members");
            }
        }
    }
}
