//! Where pixels lie in memory while a block of images goes through a network.
//!
//! Rows that are read in steps of `s` lie in `s` *phases*: first the columns 0, s, 2s, .., then 1, s + 1, .., so that what
//! neighbouring outputs read is adjacent for every tap, whatever the step.
//!
//! ```text
//! steps of 1:   0 1 2 3 4 5 6 7         steps of 2:   0 2 4 6 | 1 3 5 7
//! ```

use numerics::{LANES, Simd};

/// A stack of padded planes `[channel][y][phase][x]` of registers. All counts are of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plane {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// First row and first column that are not padding.
    pub(crate) origin: (usize, usize),
    /// Phases of a row, which divide its width.
    pub(crate) phases: usize,
}

impl Plane {
    /// One register a number, without rows, columns or padding.
    pub(crate) fn flat(numbers: usize) -> Plane {
        Plane { channels: numbers, height: 1, width: 1, origin: (0, 0), phases: 1 }
    }

    /// Registers of the whole stack. Where there are no channels, those of one: kernels point to the places of the first.
    pub(crate) fn size(self) -> usize {
        self.channels.max(1) * self.height * self.width
    }

    /// Place of a pixel, counted without the padding.
    #[inline(always)]
    pub(crate) fn place(self, channel: usize, y: usize, x: usize) -> usize {
        self.padded_place(channel, self.origin.0 + y, self.origin.1 + x)
    }

    /// Place of a pixel, counted with the padding.
    #[inline(always)]
    pub(crate) fn padded_place(self, channel: usize, y: usize, x: usize) -> usize {
        let mut column = x;
        // PERF: no division where there is nothing to divide: whole images are loaded by this
        if self.phases > 1 {
            column = x % self.phases * (self.width / self.phases) + x / self.phases;
        }
        (channel * self.height + y) * self.width + column
    }

    /// Copies one half of a block of images (all of it, where a register holds it) to where it lies in the planes.
    ///
    /// # Safety
    ///
    /// The planes are writable at `to`.
    ///
    /// # Panics
    ///
    /// If the block has fewer pixels than the planes have for images of this height and width.
    #[inline(always)]
    pub(crate) unsafe fn load<S: Simd>(
        self,
        simd: S,
        (height, width): (usize, usize),
        block: &[f32],
        half: usize,
        to: *mut f32,
    ) {
        let mut pixels = block.chunks_exact(LANES);
        for channel in 0..self.channels {
            for y in 0..height {
                for x in 0..width {
                    let pixel =
                        pixels.next().expect("a block of images has all pixels of the network's input");
                    let value = simd.load(&pixel[half * S::LANES..]);
                    // SAFETY: the caller's promise.
                    unsafe { simd.store_pointer(value, to.add(self.place(channel, y, x) * S::LANES)) };
                }
            }
        }
    }
}
