//! Where pixels lie in memory while a block of images goes through a network.

/// A stack of padded planes `[channel][y][x]` of registers. All counts are of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plane {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// First row and first column that are not padding.
    pub(crate) origin: (usize, usize),
}

impl Plane {
    /// One register a number, without rows, columns or padding.
    pub(crate) fn flat(numbers: usize) -> Plane {
        Plane { channels: numbers, height: 1, width: 1, origin: (0, 0) }
    }

    /// Registers of the whole stack.
    pub(crate) fn size(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Place of a pixel, counted without the padding.
    #[inline(always)]
    pub(crate) fn place(self, channel: usize, y: usize, x: usize) -> usize {
        (channel * self.height + self.origin.0 + y) * self.width + self.origin.1 + x
    }
}
