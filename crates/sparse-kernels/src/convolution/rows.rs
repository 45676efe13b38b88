//! Which taps the sums of an output channel have, and which kernel computes which channel.
//!
//! At the border of padded images some rows or columns of the kernel see nothing but zeros. Tiles there leave out these
//! taps: of the layers of the paper's dense CNN an eleventh of all products.
//!
//! ```text
//!  rows of a 5x5 kernel that see the image      (`Same` padding, pooled: strips of two rows of sums)
//!  strip 0       . . 2 3 4  and  . 1 2 3 4      left out: 0
//!  strips 1 ..   0 1 2 3 4                      none
//!  the last      0 1 2 3 .  and  0 1 2 . .      left out: 4
//! ```
//!
//! No bit changes by that. A finite number times zero is a zero, which changes no sum but -0, and that only to 0. What is
//! added next makes both the same number again unless it is a zero itself, so that sums with all taps and without some
//! differ only where the latter are -0 in the end. So taps are left out before [`Activation::Relu`],
//! where all values are finite; after it nothing but -0 and what is no number has the sign of negative numbers, and tiles
//! with such an output are computed again with all taps.

use std::ops::Range;

use super::short::fits;
use crate::Activation;
use crate::chunks::Chunk;
use crate::groups::equal_rows;
use crate::network::Convolution;
use crate::plane::Plane;
use crate::tile::Entry;

/// Most kinds of strips, and of tiles, for each has taps of its own; further ones add zeros.
const MOST_KINDS: usize = 5;

/// Most entries of a layer that leaves out taps: with so many, all kinds together have 13 MB of them.
const MOST_ENTRIES: usize = 1 << 16;

/// Whether tiles at the border of this layer leave out taps.
pub(super) fn leaves_out(layer: &Convolution) -> bool {
    layer.activation() == Activation::Relu && layer.pattern().nnz() <= MOST_ENTRIES
}

/// What one place of the kernel is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tap {
    /// Place in the input planes, relative to the first tap of an output, in floats.
    pub(super) place: u32,
    /// Which of the values of its output channel.
    pub(super) value: u32,
}

impl Entry for Tap {
    #[inline(always)]
    fn offset(self) -> usize {
        self.place as usize
    }

    #[inline(always)]
    fn value(self, _: usize) -> usize {
        self.value as usize
    }
}

/// One output channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// First tap, and how many follow.
    pub(super) first: u32,
    pub(super) len: u32,
    /// Where its values begin among the parameters of the layer.
    pub(super) values: u32,
    /// Where its initial values begin among the parameters of the layer.
    pub(super) initial: u32,
    /// Whether there is one for each sum, or one for all.
    pub(super) map: bool,
    /// Where its output begins, in registers.
    pub(super) output: u32,
}

/// The output channels that tiles compute.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// For one member: in pairs of equal taps, the others.
    pub(super) pairs: Box<[[Row; 2]]>,
    pub(super) singles: Box<[Row]>,
    /// For two members that share the input.
    pub(super) shared: Box<[[Row; 2]]>,
}

/// Which rows, or columns, of the kernel see the image, for each part of an axis.
#[derive(Clone, Debug)]
struct Kinds {
    /// The first kind sees all.
    seen: Vec<Vec<bool>>,
    of_part: Box<[u8]>,
}

impl Kinds {
    /// All taps everywhere.
    fn one(size: usize, parts: &[Range<usize>]) -> Kinds {
        Kinds { seen: vec![vec![true; size]], of_part: vec![0; parts.len()].into() }
    }

    /// Adds kinds of the parts, where a place of the kernel is [seen](Convolution::seen) by some of their sums.
    fn add(&mut self, parts: &[Range<usize>], seen: impl Fn(usize) -> Range<usize>) {
        let by: Vec<Range<usize>> = (0..self.seen[0].len()).map(seen).collect();
        for (part, of_part) in parts.iter().zip(&mut self.of_part) {
            let seen: Vec<bool> = by.iter().map(|by| by.start < part.end && part.start < by.end).collect();
            let kind = self.seen.iter().position(|kind| *kind == seen).unwrap_or(self.seen.len());
            if kind < MOST_KINDS {
                *of_part = kind as u8;
                if kind == self.seen.len() {
                    self.seen.push(seen);
                }
            }
        }
    }
}

/// The taps and rows of all strips and tiles.
#[derive(Clone, Debug)]
pub(super) struct Strips {
    /// Those of all entries first, in the order of the pattern, then those at borders.
    pub(super) taps: Box<[Tap]>,
    /// Output channels with few taps, for one member and for two that share the input.
    pub(super) short: Box<[Row]>,
    pub(super) short_shared: Box<[[Row; 2]]>,
    /// The others `[kind of strip][kind of tile]`, the first with all taps.
    rows: Box<[Rows]>,
    of_strip: Box<[u8]>,
    /// Kinds of tiles of two streams, and which of them each has.
    kinds_of_tiles: usize,
    of_tile: Box<[u8]>,
}

impl Strips {
    /// Those of a layer between two stacks of planes, for registers of `lanes`, as many as `registers`, `tall` rows of
    /// sums a strip; [`None`] if a place does not fit 32 bits. Output channels that are not `needed` are left out.
    pub(super) fn new(
        layer: &Convolution,
        (input, output): (Plane, Plane),
        needed: &[bool],
        (lanes, registers): (usize, usize),
        tall: usize,
        pair_tiles: &[Chunk],
    ) -> Option<Strips> {
        let (height, width) = layer.window().kernel;
        let strips: Vec<Range<usize>> =
            (0..layer.output().height).map(|y| y * tall..(y + 1) * tall).collect();
        let tiles: Vec<Range<usize>> = pair_tiles.iter().map(|tile| tile.range()).collect();
        let (mut down, mut right) = (Kinds::one(height, &strips), Kinds::one(width, &tiles));
        if leaves_out(layer) {
            down.add(&strips, |y| layer.seen(y * width).0.sums);
            right.add(&tiles, |x| layer.seen(x).1.sums);
        }
        let channels = Channels::new(layer, output, needed, registers);
        let mut maker = Maker { layer, input, output, lanes, taps: Vec::new() };
        let all = maker.rows(&down.seen[0], &right.seen[0])?;
        let mut rows = vec![channels.rows(&all)];
        for (kind, (y, x)) in
            down.seen.iter().flat_map(|y| right.seen.iter().map(move |x| (y, x))).enumerate()
        {
            if kind > 0 {
                rows.push(channels.rows(&maker.rows(y, x)?));
            }
        }
        Some(Strips {
            taps: maker.taps.into(),
            short: channels.short.iter().map(|&channel| all[channel as usize]).collect(),
            short_shared: of_two(&channels.short_shared, &all),
            rows: rows.into(),
            of_strip: down.of_part,
            kinds_of_tiles: right.seen.len(),
            of_tile: right.of_part,
        })
    }

    /// Whether some taps are left out somewhere, which is so before [`Activation::Relu`] only.
    #[inline(always)]
    pub(super) fn has_borders(&self) -> bool {
        self.rows.len() > 1
    }

    /// Rows with all taps.
    #[inline(always)]
    pub(super) fn all(&self) -> &Rows {
        &self.rows[0]
    }

    /// The rows of a strip without the taps that see nothing there, or nothing in one of its tiles of two streams; none if
    /// those are [`all`](Self::all).
    #[inline(always)]
    pub(super) fn seen(&self, strip: usize, pair_tile: Option<usize>) -> Option<&Rows> {
        let tile = pair_tile.map_or(0, |tile| usize::from(self.of_tile[tile]));
        let kind = usize::from(self.of_strip[strip]) * self.kinds_of_tiles + tile;
        (kind > 0).then(|| &self.rows[kind])
    }

    /// Bytes on the heap.
    pub(super) fn size(&self) -> usize {
        let of_rows = |rows: &Rows| {
            let twos = size_of_val(&*rows.pairs) + size_of_val(&*rows.shared);
            twos + size_of_val(&*rows.singles)
        };
        let rows: usize = self.rows.iter().map(of_rows).sum();
        let short = size_of_val(&*self.short) + size_of_val(&*self.short_shared);
        let kinds = size_of_val(&*self.of_strip) + size_of_val(&*self.of_tile);
        size_of_val(&*self.taps) + size_of_val(&*self.rows) + rows + short + kinds
    }
}

/// Which kernel computes which output channel.
struct Channels {
    short: Vec<u32>,
    pairs: Vec<[u32; 2]>,
    singles: Vec<u32>,
    short_shared: Vec<[u32; 2]>,
    shared: Vec<[u32; 2]>,
}

impl Channels {
    fn new(layer: &Convolution, output: Plane, needed: &[bool], registers: usize) -> Channels {
        let pattern = layer.pattern();
        let len = |channel: u32| pattern.row(channel as usize).len();
        let (mut short, mut pairs, mut singles) = (Vec::new(), Vec::new(), Vec::new());
        let (mut short_shared, mut shared) = (Vec::new(), Vec::new());
        for mut channels in equal_rows(pattern) {
            channels.retain(|&channel| needed[channel as usize]);
            // PERF: short rows store side by side only; where the next layer moves in steps, tiles take them
            let is_short = |streams| {
                output.phases == 1
                    && channels.first().is_some_and(|&first| fits(len(first), streams, registers))
            };
            let both = channels.iter().map(|&channel| [channel; 2]);
            if is_short(2) {
                short_shared.extend(both)
            } else {
                shared.extend(both)
            }
            if is_short(1) {
                short.extend(channels);
            } else {
                let (twos, rest) = channels.as_chunks::<2>();
                pairs.extend(twos);
                singles.extend(rest);
            }
        }
        // PERF: rows of equal length one after the other, so that the end of a row is foreseen.
        short.sort_by_key(|&channel| len(channel));
        singles.sort_by_key(|&channel| len(channel));
        for both in [&mut short_shared, &mut shared, &mut pairs] {
            both.sort_by_key(|channels: &[u32; 2]| len(channels[0]));
        }
        Channels { short, pairs, singles, short_shared, shared }
    }

    /// Those that tiles compute, of the rows of all channels.
    fn rows(&self, rows: &[Row]) -> Rows {
        Rows {
            pairs: of_two(&self.pairs, rows),
            singles: self.singles.iter().map(|&channel| rows[channel as usize]).collect(),
            shared: of_two(&self.shared, rows),
        }
    }
}

/// Rows of two streams.
fn of_two(channels: &[[u32; 2]], rows: &[Row]) -> Box<[[Row; 2]]> {
    channels.iter().map(|channels| channels.map(|channel| rows[channel as usize])).collect()
}

/// Makes rows, and their taps after those that are there.
struct Maker<'a> {
    layer: &'a Convolution,
    input: Plane,
    output: Plane,
    lanes: usize,
    taps: Vec<Tap>,
}

impl Maker<'_> {
    /// Those of all channels, with the taps of these rows and columns of the kernel.
    fn rows(&mut self, rows: &[bool], columns: &[bool]) -> Option<Vec<Row>> {
        (0..self.layer.pattern().rows()).map(|channel| self.row(channel, rows, columns)).collect()
    }

    fn row(&mut self, channel: usize, rows: &[bool], columns: &[bool]) -> Option<Row> {
        let first = self.taps.len();
        for (value, &column) in self.layer.pattern().row(channel).iter().enumerate() {
            let (from, y, x) = self.layer.tap(column as usize);
            if rows[y] && columns[x] {
                let place = u32::try_from(self.input.padded_place(from, y, x) * self.lanes).ok()?;
                self.taps.push(Tap { place, value: value as u32 });
            }
        }
        let initial = self.layer.initial(channel);
        Some(Row {
            first: u32::try_from(first).ok()?,
            len: (self.taps.len() - first) as u32,
            values: self.layer.pattern().starts()[channel],
            initial: u32::try_from(initial.start).ok()?,
            map: initial.len() > 1,
            output: u32::try_from(self.output.place(channel, 0, 0)).ok()?,
        })
    }
}
