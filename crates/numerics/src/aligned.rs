//! Buffers that begin at a cache line.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// A slice of zeros on the heap whose first element lies at the start of a cache line.
///
/// No kernel needs the alignment. They are faster with it: a 64-byte load that straddles two lines costs twice.
///
/// ```
/// let mut buffer = numerics::AlignedBuffer::new(100);
/// buffer[99] = 1.0;
/// assert_eq!(buffer.as_ptr() as usize % 64, 0);
/// assert_eq!(buffer.clone().iter().sum::<f32>(), 1.0);
/// ```
#[derive(Debug)]
pub struct AlignedBuffer {
    storage: Vec<f32>,
    start: usize,
    len: usize,
}

impl AlignedBuffer {
    /// A buffer of `len` zeros.
    ///
    /// # Panics
    ///
    /// If `len` elements and a cache line do not fit the address space.
    pub fn new(len: usize) -> AlignedBuffer {
        let storage =
            vec![0.0; len.checked_add(LINE / size_of::<f32>()).expect("the length fits the address space")];
        let start = storage.as_ptr().align_offset(LINE);
        assert!(start < LINE / size_of::<f32>(), "memory of f32 can be aligned to a cache line");
        AlignedBuffer { storage, start, len }
    }

    /// A buffer with the elements of `slice`.
    pub fn copied(slice: &[f32]) -> AlignedBuffer {
        let mut buffer = AlignedBuffer::new(slice.len());
        buffer.copy_from_slice(slice);
        buffer
    }
}

impl Clone for AlignedBuffer {
    // A copied vector need not begin at the same offset from a cache line.
    fn clone(&self) -> AlignedBuffer {
        AlignedBuffer::copied(self)
    }
}

impl Deref for AlignedBuffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.storage[self.start..self.start + self.len]
    }
}

impl DerefMut for AlignedBuffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.storage[self.start..self.start + self.len]
    }
}
