//! Taps that see nothing but padding, and what is left out of them.
//!
//! At the border of padded images some rows or columns of the kernel see nothing but zeros. Strips at the top and at the
//! bottom leave out these taps, and tiles of two streams at the left and at the right: of the products of the paper's
//! dense CNN a tenth.
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
//! differ only where the latter are -0 in the end. So taps are left out before [`Activation::Relu`], where all values are
//! finite; after it nothing but -0 and what is no number has the sign of negative numbers, and tiles with such an output
//! are computed again with all taps.

use std::ops::Range;

use crate::Activation;
use crate::chunks::{Chunk, cover};
use crate::network::{Convolution, Seen};

/// Most kinds of strips, and of tiles, for each has taps of its own; further ones add zeros.
const MOST_KINDS: usize = 5;

/// Most entries of a layer that leaves out taps: with so many, all kinds together have 13 MB of them.
const MOST_ENTRIES: usize = 1 << 16;

/// Most rows or columns of a kernel that leaves out taps: what planning takes grows with them, once a strip.
const MOST_PLACES: usize = 32;

/// Whether tiles at the border of this layer leave out taps.
pub(super) fn leaves_out(layer: &Convolution) -> bool {
    let (height, width) = layer.window().kernel;
    let small = height.max(width) <= MOST_PLACES && layer.pattern().nnz() <= MOST_ENTRIES;
    layer.activation() == Activation::Relu && small
}

/// Which rows, or columns, of the kernel see the image, for each part of an axis.
#[derive(Clone, Debug)]
pub(super) struct Kinds {
    /// The first kind sees all.
    pub(super) seen: Vec<Vec<bool>>,
    pub(super) of_part: Box<[u8]>,
}

impl Kinds {
    /// All taps everywhere.
    pub(super) fn one(places: usize, parts: usize) -> Kinds {
        Kinds { seen: vec![vec![true; places]], of_part: vec![0; parts].into() }
    }

    /// Adds those of parts of the sums, by what each place of the kernel sees.
    pub(super) fn add(&mut self, parts: &[Range<usize>], sees: impl Fn(usize) -> Seen) {
        let sees: Vec<Seen> = (0..self.seen[0].len()).map(sees).collect();
        for (part, of_part) in parts.iter().zip(&mut self.of_part) {
            let seen: Vec<bool> = sees.iter().map(|place| place.is_for(part)).collect();
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

/// Covers the columns of sums with tiles of two streams, with narrow ones at both ends where these leave out columns of
/// the kernel.
// PERF: of eight sums, so that none waits for its own addition
pub(super) fn cover_with_edges(
    layer: &Convolution,
    columns: usize,
    widths: &[usize],
    tall: usize,
) -> Box<[Chunk]> {
    let width = if tall == 2 { 2 } else { 4 };
    let last = columns.saturating_sub(width);
    let is_less = |columns: Range<usize>| {
        (0..layer.window().kernel.1).any(|place| !layer.seen(place).1.is_for(&columns))
    };
    let fit = leaves_out(layer) && widths.contains(&width) && last > width;
    if !fit || !is_less(0..width) || !is_less(last..columns) {
        return cover(columns, widths);
    }
    let mut tiles = vec![Chunk { start: 0, width }];
    let between = cover(last - width, widths);
    tiles.extend(between.iter().map(|tile| Chunk { start: tile.start + width, ..*tile }));
    tiles.push(Chunk { start: last, width });
    tiles.into()
}
