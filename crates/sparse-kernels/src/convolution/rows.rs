//! Which taps the sums of an output channel have, and which kernel computes which channel.

use super::borders::{Kinds, leaves_out};
use super::short::fits;
use crate::chunks::Chunk;
use crate::groups::equal_rows;
use crate::network::Convolution;
use crate::plane::Plane;
use crate::tile::Entry;

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

/// The taps and output channels of a layer.
#[derive(Clone, Debug)]
pub(super) struct LayerRows {
    /// Those of all entries first, in the order of the pattern, then those at borders.
    pub(super) taps: Box<[Tap]>,
    /// Output channels with few taps, for one member and for two that share the input.
    pub(super) short: Box<[Row]>,
    pub(super) short_shared: Box<[[Row; 2]]>,
    /// The others `[kind of strip][kind of tile]`, the first with all taps.
    of_tiles: Box<[Rows]>,
    of_strip: Box<[u8]>,
    /// Kinds of tiles of two streams, and which of them each has.
    kinds_of_tiles: usize,
    of_tile: Box<[u8]>,
}

impl LayerRows {
    /// Those of a layer between two stacks of planes, for registers of `lanes`, as many as `registers`, `tall` rows of
    /// sums a strip; [`None`] if a place does not fit 32 bits. Output channels that are not `needed` are left out.
    pub(super) fn new(
        layer: &Convolution,
        (input, output): (Plane, Plane),
        needed: &[bool],
        (lanes, registers): (usize, usize),
        tall: usize,
        pair_tiles: &[Chunk],
    ) -> Option<LayerRows> {
        let channels = Channels::new(layer, output, needed, registers);
        let (height, width) = layer.window().kernel;
        let strips = (0..layer.output().height).map(|y| y * tall..(y + 1) * tall).collect::<Vec<_>>();
        let tiles = pair_tiles.iter().map(|tile| tile.range()).collect::<Vec<_>>();
        let (mut down, mut right) = (Kinds::one(height, strips.len()), Kinds::one(width, tiles.len()));
        if leaves_out(layer) && !channels.are_short() {
            down.add(&strips, |y| layer.seen(y * width).0);
            right.add(&tiles, |x| layer.seen(x).1);
        }
        let mut maker = Maker { layer, input, output, lanes, taps: Vec::new() };
        let mut kinds = down.seen.iter().flat_map(|y| right.seen.iter().map(move |x| (y, x)));
        let (y, x) = kinds.next()?;
        let all = maker.rows(y, x, |_| true)?;
        let mut of_tiles = vec![channels.rows(&all)];
        for (y, x) in kinds {
            let rows = maker.rows(y, x, |channel| channels.in_tiles[channel])?;
            of_tiles.push(channels.rows(&rows));
        }
        Some(LayerRows {
            taps: maker.taps.into(),
            short: channels.short.iter().map(|&channel| all[channel as usize]).collect(),
            short_shared: of_two(&channels.short_shared, &all),
            of_tiles: of_tiles.into(),
            of_strip: down.of_part,
            kinds_of_tiles: right.seen.len(),
            of_tile: right.of_part,
        })
    }

    /// Whether tiles at borders leave out taps.
    #[inline(always)]
    pub(super) fn leave_out(&self) -> bool {
        self.of_tiles.len() > 1
    }

    /// Those of tiles, with all taps.
    #[inline(always)]
    pub(super) fn all(&self) -> &Rows {
        &self.of_tiles[0]
    }

    /// Those of tiles without the taps that see nothing in a strip, or nothing in one of its tiles of two streams; none if
    /// those are [`all`](Self::all).
    #[inline(always)]
    pub(super) fn at(&self, strip: usize, pair_tile: Option<usize>) -> Option<&Rows> {
        let tile = pair_tile.map_or(0, |tile| usize::from(self.of_tile[tile]));
        let kind = usize::from(self.of_strip[strip]) * self.kinds_of_tiles + tile;
        (kind > 0).then(|| &self.of_tiles[kind])
    }

    /// Bytes on the heap.
    pub(super) fn size(&self) -> usize {
        let of_rows = |rows: &Rows| {
            let twos = size_of_val(&*rows.pairs) + size_of_val(&*rows.shared);
            twos + size_of_val(&*rows.singles)
        };
        let rows: usize = self.of_tiles.iter().map(of_rows).sum();
        let short = size_of_val(&*self.short) + size_of_val(&*self.short_shared);
        let kinds = size_of_val(&*self.of_strip) + size_of_val(&*self.of_tile);
        size_of_val(&*self.taps) + size_of_val(&*self.of_tiles) + rows + short + kinds
    }
}

/// Which kernel computes which output channel.
struct Channels {
    /// Whether tiles compute it, for one member or for two.
    in_tiles: Vec<bool>,
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
        let mut in_tiles = vec![false; pattern.rows()];
        let (mut short, mut pairs, mut singles) = (Vec::new(), Vec::new(), Vec::new());
        let (mut short_shared, mut shared) = (Vec::new(), Vec::new());
        for mut channels in equal_rows(pattern) {
            channels.retain(|&channel| needed[channel as usize]);
            // PERF: short rows store side by side only; where the next layer moves in steps, tiles take them
            let is_short = |streams| {
                output.phases == 1
                    && channels.first().is_some_and(|&first| fits(len(first), streams, registers))
            };
            for &channel in &channels {
                in_tiles[channel as usize] = !is_short(1) || !is_short(2);
            }
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
        Channels { in_tiles, short, pairs, singles, short_shared, shared }
    }

    /// Whether no tile computes any.
    fn are_short(&self) -> bool {
        !self.in_tiles.contains(&true)
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
    /// Those of all channels: with the taps of these rows and columns of the kernel, or with none for channels that nobody
    /// `wants`.
    fn rows(&mut self, rows: &[bool], columns: &[bool], wants: impl Fn(usize) -> bool) -> Option<Vec<Row>> {
        let all = 0..self.layer.pattern().rows();
        all.map(|channel| self.row(channel, |y, x| wants(channel) && rows[y] && columns[x])).collect()
    }

    /// One channel, with the taps of some places of the kernel.
    fn row(&mut self, channel: usize, takes: impl Fn(usize, usize) -> bool) -> Option<Row> {
        let first = self.taps.len();
        for (value, &column) in self.layer.pattern().row(channel).iter().enumerate() {
            let (from, y, x) = self.layer.tap(column as usize);
            if takes(y, x) {
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
