//! Where the taps of a convolution lie, and which kernel computes which output channel.

use super::short::fits;
use crate::Activation;
use crate::chunks::{Chunk, cover};
use crate::groups::equal_rows;
use crate::network::Convolution;
use crate::plane::Plane;

/// What is known of a convolution before any value is.
#[derive(Clone, Debug)]
pub(crate) struct ConvolutionPlan {
    /// For each entry of the pattern its place in the input planes, relative to the first tap of an output, in floats.
    pub(super) taps: Box<[u32]>,
    /// Output channels for one member: with few taps, in pairs of equal taps, the others.
    pub(super) short: Box<[Row]>,
    pub(super) pairs: Box<[[Row; 2]]>,
    pub(super) singles: Box<[Row]>,
    /// Output channels for two members that share the input: with few taps, the others.
    pub(super) short_shared: Box<[[Row; 2]]>,
    pub(super) shared: Box<[[Row; 2]]>,
    pub(super) input: Plane,
    pub(crate) output: Plane,
    /// Rows of the input from one row of sums to the next.
    pub(super) stride: usize,
    /// Where the outputs of a row lie, in registers after the first of them; none where they are adjacent.
    pub(super) columns: Option<Box<[isize]>>,
    /// Columns of sums before pooling, of which the first are computed because somebody reads them.
    pub(super) map_width: usize,
    pub(super) computed: (usize, usize),
    /// Columns of the tiles of one stream, and of two.
    pub(super) single_tiles: Box<[Chunk]>,
    pub(super) pair_tiles: Box<[Chunk]>,
    pub(super) pool: bool,
    pub(crate) activation: Activation,
    /// Parameters of the layer.
    pub(super) parameters: usize,
}

/// One output channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// First tap (and value), and how many follow.
    pub(super) first: u32,
    pub(super) len: u32,
    /// Where its initial values begin among the parameters of the layer.
    pub(super) initial: u32,
    /// Whether there is one for each sum, or one for all.
    pub(super) map: bool,
    /// Where its output begins, in registers.
    pub(super) output: u32,
}

/// Columns of the tiles of `streams`, widest first: as many as registers hold, in few enough widths to be compiled in
/// seconds.
fn widths(streams: usize, pool: bool) -> &'static [usize] {
    match (streams, pool) {
        (1, true) => &[14, 12, 8, 6, 4, 2],
        (_, true) => &[6, 4, 2],
        (1, false) => &[14, 8, 7, 4, 2, 1],
        (_, false) => &[12, 6, 4, 3, 1],
    }
}

/// Floats of inputs that a strip of tiles may read before narrower tiles pay: the first cache of most machines.
const WINDOW: usize = 12 * 1024;

impl ConvolutionPlan {
    /// Plans a layer between two stacks of planes, for registers of `lanes`, as many as `registers`; [`None`] if a place
    /// does not fit 32 bits. Output channels that are not `needed` are left out.
    pub(crate) fn new(
        layer: &Convolution,
        input: Plane,
        output: Plane,
        needed: &[bool],
        (lanes, registers): (usize, usize),
    ) -> Option<ConvolutionPlan> {
        let (window, pattern, sums) = (layer.window(), layer.pattern(), layer.sums());
        let place = |&column: &u32| {
            let (channel, y, x) = layer.tap(column as usize);
            u32::try_from(input.padded_place(channel, y, x) * lanes).ok()
        };
        let taps = pattern.indices().iter().map(place).collect::<Option<_>>()?;
        let row = |channel: u32| {
            let initial = layer.initial(channel as usize);
            Some(Row {
                first: pattern.starts()[channel as usize],
                len: pattern.row(channel as usize).len() as u32,
                initial: u32::try_from(initial.start).ok()?,
                map: initial.len() > 1,
                output: u32::try_from(output.place(channel as usize, 0, 0)).ok()?,
            })
        };
        let (mut short, mut pairs, mut singles) = (Vec::new(), Vec::new(), Vec::new());
        let (mut short_shared, mut shared) = (Vec::new(), Vec::new());
        for channels in equal_rows(pattern) {
            let channels = channels.into_iter().filter(|&channel| needed[channel as usize]);
            let rows: Vec<Row> = channels.map(row).collect::<Option<_>>()?;
            let few = |streams| rows.first().is_some_and(|row| fits(row.len as usize, streams, registers));
            // PERF: short rows store side by side only; where the next layer moves in steps, tiles take them
            let is_short = |streams| output.phases == 1 && few(streams);
            let both = rows.iter().map(|&row| [row; 2]);
            if is_short(2) {
                short_shared.extend(both)
            } else {
                shared.extend(both)
            }
            if is_short(1) {
                short.extend(rows);
            } else {
                let (twos, rest) = rows.as_chunks::<2>();
                pairs.extend(twos);
                singles.extend(rest);
            }
        }
        // PERF: rows of equal length one after the other, so that the end of a row is foreseen.
        short.sort_by_key(|row: &Row| row.len);
        singles.sort_by_key(|row: &Row| row.len);
        for both in [&mut short_shared, &mut shared, &mut pairs] {
            both.sort_by_key(|rows: &[Row; 2]| rows[0].len);
        }
        let tall = if window.pool { 2 } else { 1 };
        let computed = (layer.output().height * tall, layer.output().width * tall);
        // a step beyond the border is never taken
        let (down, right) = (window.stride.0.min(input.height), window.stride.1.min(input.width));
        let reads = |width: usize| {
            let rows = (tall - 1) * down + window.kernel.0;
            let columns = (width - 1) * right + window.kernel.1;
            input.channels.saturating_mul(rows).saturating_mul(columns).saturating_mul(lanes)
        };
        let column = |x: usize| output.place(0, 0, x).cast_signed() - output.place(0, 0, 0).cast_signed();
        let tiles = |streams: usize| {
            let possible = |&width: &usize| width * tall * streams < registers;
            let all = widths(streams, window.pool).iter();
            let mut widths: Vec<usize> = all.copied().filter(possible).collect();
            while widths[0] * tall * streams * 2 > registers && reads(widths[0]) > WINDOW {
                widths.remove(0);
            }
            cover(computed.1, &widths)
        };
        Some(ConvolutionPlan {
            taps,
            short: short.into(),
            pairs: pairs.into(),
            singles: singles.into(),
            short_shared: short_shared.into(),
            shared: shared.into(),
            input,
            output,
            stride: down,
            columns: (output.phases > 1).then(|| (0..layer.output().width).map(column).collect()),
            map_width: sums.width,
            computed,
            single_tiles: tiles(1),
            pair_tiles: tiles(2),
            pool: window.pool,
            activation: layer.activation(),
            parameters: layer.parameters(),
        })
    }

    /// Bytes that the plan holds.
    pub(crate) fn size(&self) -> usize {
        let singles = size_of_val(&*self.short) + size_of_val(&*self.singles);
        let twos = size_of_val(&*self.pairs) + size_of_val(&*self.short_shared) + size_of_val(&*self.shared);
        let tiles = size_of_val(&*self.single_tiles) + size_of_val(&*self.pair_tiles);
        let columns = self.columns.as_ref().map_or(0, |columns| size_of_val(&**columns));
        size_of_val(&*self.taps) + singles + twos + tiles + columns
    }
}
