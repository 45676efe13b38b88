//! What is known of a convolution before any value is.

use super::borders::cover_with_edges;
use super::rows::LayerRows;
use crate::Activation;
use crate::chunks::{Chunk, cover};
use crate::network::Convolution;
use crate::plane::Plane;

/// A convolution between two stacks of planes.
#[derive(Clone, Debug)]
pub(crate) struct ConvolutionPlan {
    /// Taps of each output channel, and which kernel computes it.
    pub(super) rows: LayerRows,
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
    /// Values among the parameters of the layer, and all of these.
    pub(super) values: usize,
    pub(super) parameters: usize,
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
        let (window, sums) = (layer.window(), layer.sums());
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
        let tiles = |streams: usize| -> Vec<usize> {
            let possible = |&width: &usize| width * tall * streams < registers;
            let all = widths(streams, window.pool).iter();
            let mut widths: Vec<usize> = all.copied().filter(possible).collect();
            while widths[0] * tall * streams * 2 > registers && reads(widths[0]) > WINDOW {
                widths.remove(0);
            }
            widths
        };
        let pair_tiles = cover_with_edges(layer, computed.1, &tiles(2), tall);
        let rows = LayerRows::new(layer, (input, output), needed, (lanes, registers), tall, &pair_tiles)?;
        Some(ConvolutionPlan {
            rows,
            input,
            output,
            stride: down,
            columns: (output.phases > 1).then(|| (0..layer.output().width).map(column).collect()),
            map_width: sums.width,
            computed,
            single_tiles: cover(computed.1, &tiles(1)),
            pair_tiles,
            pool: window.pool,
            activation: layer.activation(),
            values: layer.pattern().nnz(),
            parameters: layer.parameters(),
        })
    }

    /// Bytes that the plan holds.
    pub(crate) fn size(&self) -> usize {
        let tiles = size_of_val(&*self.single_tiles) + size_of_val(&*self.pair_tiles);
        let columns = self.columns.as_ref().map_or(0, |columns| size_of_val(&**columns));
        self.rows.size() + tiles + columns
    }
}
