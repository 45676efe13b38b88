//! What goes into an evaluation and what comes out.

use numerics::LANES;

use crate::length::length;

/// Images in blocks of [`LANES`]: `[block][channel][y][x][lane]`, the lanes of the last block filled with zeros.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    pixels: &'a [f32],
    pixels_each: usize,
    count: usize,
}

impl<'a> Images<'a> {
    /// Length of the buffer that holds `count` images of `pixels_each` numbers.
    ///
    /// # Panics
    ///
    /// If so many numbers do not fit the address space.
    pub fn buffer_len(count: usize, pixels_each: usize) -> usize {
        length("pixels", [count.div_ceil(LANES), pixels_each, LANES])
    }

    /// Writes image `index`, `[channel][y][x]`, to its lane of a buffer.
    ///
    /// # Panics
    ///
    /// If the buffer has no such image.
    pub fn pack(index: usize, image: &[f32], buffer: &mut [f32]) {
        let (block, lane) = (index / LANES, index % LANES);
        let len = length("pixels of a block", [image.len(), LANES]);
        let range = block.checked_mul(len).and_then(|start| Some(start..start.checked_add(len)?));
        let pixels = buffer.len();
        let Some(places) = range.and_then(|range| buffer.get_mut(range)) else {
            panic!("image {index} of {} pixels ends beyond {pixels} floats", image.len());
        };
        for (place, &pixel) in places.iter_mut().skip(lane).step_by(LANES).zip(image) {
            *place = pixel;
        }
    }

    /// The first `count` images of a packed buffer.
    ///
    /// # Panics
    ///
    /// If the buffer is not [`Images::buffer_len`] long.
    pub fn new(buffer: &'a [f32], count: usize, pixels_each: usize) -> Images<'a> {
        let expected = Images::buffer_len(count, pixels_each);
        assert_eq!(
            buffer.len(),
            expected,
            "floats of {count} images of {pixels_each} pixels, in blocks of {LANES}"
        );
        Images { pixels: buffer, pixels_each, count }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Blocks of [`LANES`], the last perhaps not full.
    pub fn blocks(&self) -> usize {
        self.count.div_ceil(LANES)
    }

    /// Numbers of one image.
    pub fn pixels_each(&self) -> usize {
        self.pixels_each
    }

    /// `[channel][y][x][lane]` of one block.
    pub(crate) fn block(&self, index: usize) -> &'a [f32] {
        let len = self.pixels_each * LANES;
        &self.pixels[index * len..(index + 1) * len]
    }

    /// Lanes of a block that hold an image.
    pub(crate) fn lanes(&self, block: usize) -> usize {
        (self.count - block * LANES).min(LANES)
    }
}

/// A population as one row of parameters a member, in the order of [`Network`](crate::network::Network).
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    values: &'a [f32],
    parameters: usize,
}

impl<'a> Members<'a> {
    /// Rows of `parameters` values.
    ///
    /// # Panics
    ///
    /// If the values are no whole number of rows, or there are no parameters.
    pub fn new(values: &'a [f32], parameters: usize) -> Members<'a> {
        assert!(parameters > 0, "a member has parameters");
        let rest = values.len() % parameters;
        assert_eq!(rest, 0, "{} values are not rows of {parameters} parameters", values.len());
        Members { values, parameters }
    }

    /// How many members.
    pub fn count(&self) -> usize {
        self.values.len() / self.parameters
    }

    /// Values of each.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// One member's parameters.
    pub(crate) fn member(&self, index: usize) -> &'a [f32] {
        &self.values[index * self.parameters..(index + 1) * self.parameters]
    }
}

/// A member's result over a set of images.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Sum of the cross-entropies, in nats; NaN if any is.
    pub loss: f64,
    /// Images whose first largest logit is that of their label.
    pub correct: u32,
}

impl Score {
    /// Adds the result of further images.
    pub(crate) fn add(&mut self, other: Score) {
        self.loss += other.loss;
        self.correct += other.correct;
    }
}
