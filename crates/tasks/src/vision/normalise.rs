//! Bytes to the numbers that a network sees: the one place where that happens.
//!
//! ```text
//! x = (p / 255 - mean) / deviation
//! ```
//!
//! for a pixel `p`, each step rounded to `f32`, as the loaders of the published code do it. There are 256 pixels, hence
//! 256 numbers: they are computed once, by the equation, and then looked up.
//!
//! The published runs use the mean 0.1307 and the deviation 0.3081 of MNIST for all three sets of the family, so
//! [`Normalisation::PAPER`] does too, and the embedded sets with it.

use numerics::LANES;

use super::images::Labelled;

/// Mean and deviation of pixels between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    /// What becomes zero.
    pub mean: f32,
    /// How far from it becomes one.
    pub deviation: f32,
}

impl Normalisation {
    /// That of the papers, for every set of the family.
    pub const PAPER: Normalisation = Normalisation { mean: 0.1307, deviation: 0.3081 };

    /// What a pixel becomes: the definition.
    pub fn of(self, pixel: u8) -> f32 {
        (f32::from(pixel) / 255.0 - self.mean) / self.deviation
    }

    /// What each pixel becomes.
    pub fn table(self) -> [f32; 256] {
        std::array::from_fn(|pixel| self.of(pixel as u8))
    }

    /// Overwrites `out` with the images of these indices, `[image][row][column]`.
    ///
    /// # Panics
    ///
    /// If there is no such image, or `out` has another length.
    pub fn images_into(self, from: &Labelled, indices: &[u32], out: &mut [f32]) {
        let (table, each) = (self.table(), from.height() * from.width());
        assert_eq!(out.len(), indices.len() * each, "numbers of {} images of {each} pixels", indices.len());
        for (&index, image) in indices.iter().zip(out.chunks_exact_mut(each)) {
            for (number, &pixel) in image.iter_mut().zip(from.image(index as usize)) {
                *number = table[usize::from(pixel)];
            }
        }
    }

    /// Length of the buffer for [`blocks_into`](Normalisation::blocks_into).
    pub fn blocks_len(images: usize, pixels_each: usize) -> usize {
        images.div_ceil(LANES) * pixels_each * LANES
    }

    /// Overwrites `out` with the images of these indices, `[block][row][column][lane]`, an image a lane; lanes of the last
    /// block without an image are zero. It is the layout that the kernels for images read.
    ///
    /// # Panics
    ///
    /// If there is no such image, or `out` has another length.
    // PERF: sixteen images side by side, so that a row of lanes is written at once.
    pub fn blocks_into(self, from: &Labelled, indices: &[u32], out: &mut [f32]) {
        let (table, each) = (self.table(), from.height() * from.width());
        let expected = Normalisation::blocks_len(indices.len(), each);
        assert_eq!(out.len(), expected, "numbers of {} images of {each} pixels, in blocks", indices.len());
        for (indices, block) in indices.chunks(LANES).zip(out.chunks_exact_mut(each * LANES)) {
            if indices.len() < LANES {
                block.fill(0.0);
            }
            let images: Vec<&[u8]> = indices.iter().map(|&index| from.image(index as usize)).collect();
            for (pixel, lanes) in block.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                for (lane, image) in lanes.iter_mut().zip(&images) {
                    *lane = table[usize::from(image[pixel])];
                }
            }
        }
    }
}

/// Overwrites `out` with the labels of these indices.
///
/// # Panics
///
/// If there is no such image, or `out` has another length.
pub fn labels_into(from: &Labelled, indices: &[u32], out: &mut [u32]) {
    assert_eq!(out.len(), indices.len(), "a label an image");
    for (label, &index) in out.iter_mut().zip(indices) {
        *label = from.labels()[index as usize].into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(count: usize) -> Labelled {
        let pixels = (0..count * 6).map(|i| (i * 37) as u8).collect();
        Labelled::new(2, 3, pixels, (0..count).map(|i| i as u8).collect()).unwrap()
    }

    #[test]
    fn black_and_white_are_the_numbers_of_the_papers() {
        // -0.1307 / 0.3081 and (1 - 0.1307) / 0.3081
        assert_eq!(Normalisation::PAPER.of(0), -0.424_212_96);
        assert_eq!(Normalisation::PAPER.of(255), 2.821_486_7);
    }

    #[test]
    fn blocks_hold_the_images_lane_by_lane() {
        let set = labelled(40);
        for count in [0, 1, 15, 16, 17, 33] {
            let indices: Vec<u32> = (0..count).map(|i| (i * 7 % 40) as u32).collect();
            let mut rows = vec![f32::NAN; count * 6];
            Normalisation::PAPER.images_into(&set, &indices, &mut rows);
            let mut blocks = vec![f32::NAN; Normalisation::blocks_len(count, 6)];
            Normalisation::PAPER.blocks_into(&set, &indices, &mut blocks);
            for (at, &number) in blocks.iter().enumerate() {
                let (image, pixel) = (at / (6 * LANES) * LANES + at % LANES, at / LANES % 6);
                let expected = if image < count { rows[image * 6 + pixel] } else { 0.0 };
                assert_eq!(number.to_bits(), expected.to_bits(), "{count} images, place {at}");
            }
            for (row, &index) in rows.chunks(6).zip(&indices) {
                let pixels = set.image(index as usize).iter();
                assert!(pixels.zip(row).all(|(&pixel, &number)| number == Normalisation::PAPER.of(pixel)));
            }
        }
    }

    #[test]
    fn labels_go_with_their_images() {
        let mut labels = [0; 3];
        labels_into(&labelled(9), &[8, 0, 3], &mut labels);
        assert_eq!(labels, [8, 0, 3]);
    }
}
