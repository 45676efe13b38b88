//! Corrupted variants of a set: noise, blur, contrast, shift, inversion.
//!
//! A corruption is named `noise`, or `noise-3` with its strength from 1 to 5 (3 unless said). What is random about image
//! `i` of a part comes from `stream.child(part).child(i)`, with 0 for training images and 1 for test images: the same
//! image is corrupted the same way wherever it is asked for. With the strength `s`, a pixel `p`:
//!
//! | name | becomes |
//! |---|---|
//! | `noise` | `p` + a normal deviate times `16 s`, rounded |
//! | `blur` | `s` times the mean of its 3 x 3 neighbours with the weights 1 2 1 along each axis, rounded down from a half |
//! | `contrast` | `m + (p - m) (6 - s) / 6`, with `m` the mean of its image |
//! | `shift` | that of a place up to `s` rows and columns away, the same for all of an image; black comes in |
//! | `inversion` | `255 - p`, at any strength |
//!
//! Results below 0 and above 255 are cut off. All but the noise is computed in whole numbers.

use std::fmt;
use std::str::FromStr;

use numerics::Isa;
use numerics::random::Stream;

use super::images::{ImageSet, Part};

/// Standard deviation of noise for each unit of strength.
const NOISE: f32 = 16.0;

/// What is done to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Each pixel by itself.
    Noise,
    /// Edges become soft.
    Blur,
    /// Towards the mean.
    Contrast,
    /// To another place.
    Shift,
    /// Black for white.
    Inversion,
}

impl Change {
    /// All of them.
    pub const ALL: [Change; 5] =
        [Change::Noise, Change::Blur, Change::Contrast, Change::Shift, Change::Inversion];

    /// The name in commands, files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Change::Noise => "noise",
            Change::Blur => "blur",
            Change::Contrast => "contrast",
            Change::Shift => "shift",
            Change::Inversion => "inversion",
        }
    }
}

/// A change and how strong it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corruption {
    change: Change,
    strength: u8,
}

impl Corruption {
    /// Weakest and strongest.
    pub const STRENGTHS: std::ops::RangeInclusive<u8> = 1..=5;
    /// The strength of a name without one.
    pub const USUAL: u8 = 3;

    /// A change of this strength.
    ///
    /// # Panics
    ///
    /// If the strength is none of [`Corruption::STRENGTHS`].
    pub fn new(change: Change, strength: u8) -> Corruption {
        assert!(Corruption::STRENGTHS.contains(&strength), "a strength from 1 to 5, not {strength}");
        Corruption { change, strength }
    }

    /// The corrupted set; its name is that of the set, `+`, and that of the corruption.
    pub fn of(self, set: &ImageSet, stream: Stream) -> ImageSet {
        self.of_parts(set, stream, &Part::BOTH)
    }

    /// The set with some of its parts corrupted: only the test images, for instance, to see what a network makes of what
    /// it never saw.
    pub fn of_parts(self, set: &ImageSet, stream: Stream, parts: &[Part]) -> ImageSet {
        let (height, width) = (set.height(), set.width());
        set.map(format!("{}+{self}", set.name()), |part, images| {
            if !parts.contains(&part) {
                return images.clone();
            }
            let stream = stream.child(u64::from(part == Part::Test));
            images.map(|index, image| self.apply(height, width, stream.child(index as u64), image))
        })
    }

    /// Changes one image, `[row][column]`.
    ///
    /// # Panics
    ///
    /// If `image` has not `height` times `width` pixels.
    pub fn apply(self, height: usize, width: usize, stream: Stream, image: &mut [u8]) {
        assert_eq!(image.len(), height * width, "pixels of an image of {height} x {width}");
        let strength = self.strength;
        match self.change {
            Change::Noise => noise(strength, stream, image),
            Change::Blur => (0..strength).for_each(|_| blur(height, width, image)),
            Change::Contrast => contrast(strength, image),
            Change::Shift => shift(strength, stream, height, width, image),
            Change::Inversion => image.iter_mut().for_each(|pixel| *pixel = 255 - *pixel),
        }
    }
}

fn noise(strength: u8, stream: Stream, image: &mut [u8]) {
    let mut deviates = vec![0.0; image.len()];
    stream.normal_into(Isa::detected(), 0, &mut deviates);
    let deviation = NOISE * f32::from(strength);
    for (pixel, deviate) in image.iter_mut().zip(deviates) {
        // the conversion cuts off
        *pixel = deviate.mul_add(deviation, f32::from(*pixel)).round_ties_even() as u8;
    }
}

fn blur(height: usize, width: usize, image: &mut [u8]) {
    let before = image.to_vec();
    for y in 0..height {
        for x in 0..width {
            let mut sum = 8;
            for (dy, weight_y) in [(0, 1), (1, 2), (2, 1)] {
                for (dx, weight_x) in [(0, 1), (1, 2), (2, 1)] {
                    // beyond the edge is black
                    let (row, column) = ((y + dy).wrapping_sub(1), (x + dx).wrapping_sub(1));
                    if row < height && column < width {
                        sum += weight_y * weight_x * u32::from(before[row * width + column]);
                    }
                }
            }
            image[y * width + x] = (sum / 16) as u8;
        }
    }
}

fn contrast(strength: u8, image: &mut [u8]) {
    let sum: u64 = image.iter().map(|&pixel| u64::from(pixel)).sum();
    let mean = (sum / image.len().max(1) as u64) as i32;
    for pixel in image {
        *pixel = (mean + (i32::from(*pixel) - mean) * (6 - i32::from(strength)) / 6) as u8;
    }
}

fn shift(strength: u8, stream: Stream, height: usize, width: usize, image: &mut [u8]) {
    let draw = |axis: u64| stream.below(axis, 2 * u64::from(strength) + 1) as usize;
    let (down, right) = (draw(0), draw(1));
    let before = image.to_vec();
    for (place, pixel) in image.iter_mut().enumerate() {
        let (row, column) = (place / width + down, place % width + right);
        let (row, column) = (row.wrapping_sub(strength.into()), column.wrapping_sub(strength.into()));
        let is_inside = row < height && column < width;
        *pixel = if is_inside { before[row * width + column] } else { 0 };
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.change.name(), self.strength)
    }
}

impl FromStr for Corruption {
    type Err = UnknownCorruption;

    fn from_str(text: &str) -> Result<Corruption, UnknownCorruption> {
        let unknown = || UnknownCorruption { name: text.to_owned() };
        let (name, strength) = match text.split_once('-') {
            Some((name, strength)) => (name, strength.parse().map_err(|_| unknown())?),
            None => (text, Corruption::USUAL),
        };
        let change = Change::ALL.into_iter().find(|change| change.name() == name).ok_or_else(unknown)?;
        if !Corruption::STRENGTHS.contains(&strength) {
            return Err(unknown());
        }
        Ok(Corruption { change, strength })
    }
}

/// A name that no corruption has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCorruption {
    /// As it was asked for.
    pub name: String,
}

impl fmt::Display for UnknownCorruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Change::ALL.into_iter().map(Change::name).collect();
        write!(
            f,
            "there is no corruption `{}`; there are {}, each also with a strength from 1 to 5, such as `noise-3`",
            self.name,
            names.join(", ")
        )
    }
}

impl std::error::Error for UnknownCorruption {}

#[cfg(test)]
mod tests {
    use super::super::checksum::Checksum;
    use super::super::glyphs::{self, Kind};
    use super::*;

    fn stream() -> Stream {
        Stream::new(1, "corruption")
    }

    fn applied(name: &str, height: usize, width: usize, image: &[u8]) -> Vec<u8> {
        let mut image = image.to_vec();
        let corruption: Corruption = name.parse().unwrap();
        corruption.apply(height, width, stream(), &mut image);
        image
    }

    #[test]
    fn names_lead_back_to_their_corruptions() {
        for change in Change::ALL {
            assert_eq!(change.name().parse(), Ok(Corruption::new(change, Corruption::USUAL)));
            for strength in Corruption::STRENGTHS {
                let corruption = Corruption::new(change, strength);
                assert_eq!(corruption.to_string().parse(), Ok(corruption));
            }
        }
        for wrong in ["", "nois", "noise-0", "noise-6", "noise-", "noise-x", "noise-3-3", "-3"] {
            let error = Corruption::from_str(wrong).unwrap_err();
            assert!(error.to_string().contains("inversion"), "{wrong}");
        }
    }

    #[test]
    fn small_images_become_what_the_table_says() {
        let dot = [0, 0, 0, 0, 160, 0, 0, 0, 0];
        assert_eq!(applied("blur-1", 3, 3, &dot), [10, 20, 10, 20, 40, 20, 10, 20, 10]);
        assert_eq!(applied("inversion", 3, 3, &dot), dot.map(|pixel| 255 - pixel));
        assert_eq!(applied("contrast-3", 1, 4, &[0, 0, 100, 100]), [25, 25, 75, 75]);
        assert_eq!(applied("contrast-5", 1, 4, &[0, 0, 0, 240]), [50, 50, 50, 90]);
        assert!(applied("blur-5", 1, 0, &[]).is_empty());
        // an even grey stays, but for the edges
        assert_eq!(applied("blur-1", 3, 3, &[200; 9])[4], 200);
    }

    #[test]
    fn a_shifted_image_is_found_again_somewhere_near() {
        let mut image = [0; 81];
        image[4 * 9 + 4] = 9;
        let mut places = std::collections::HashSet::new();
        for index in 0..200 {
            let mut shifted = image;
            Corruption::new(Change::Shift, 2).apply(9, 9, stream().child(index), &mut shifted);
            let place = shifted.iter().position(|&pixel| pixel == 9).expect("two of nine stay inside");
            assert!((2..=6).contains(&(place / 9)) && (2..=6).contains(&(place % 9)));
            places.insert(place);
        }
        assert_eq!(places.len(), 25, "every shift comes");
        assert_eq!(applied("shift-5", 1, 1, &[7]).len(), 1);
    }

    #[test]
    fn noise_has_the_deviation_that_is_stated() {
        let noisy = applied("noise-1", 100, 100, &[128; 10_000]);
        let variance = noisy.iter().map(|&pixel| (f64::from(pixel) - 128.0).powi(2)).sum::<f64>() / 1e4;
        // 256, and 1/12 by rounding; its own deviation over 10,000 draws is 256 sqrt(2 / 10,000) = 3.6. Six of them.
        assert!((variance - 256.0).abs() < 21.8, "{variance}");
    }

    #[test]
    fn parts_are_corrupted_apart_and_labels_stay() {
        let set = glyphs::draw(Kind::Digits, 0, 30, 20);
        for change in Change::ALL {
            let corruption = Corruption::new(change, 2);
            let both = corruption.of(&set, stream());
            assert_eq!(both.name(), format!("glyphs+{}-2", change.name()));
            assert_eq!(both.train().labels(), set.train().labels());
            assert_ne!(both.train().pixels(), set.train().pixels());
            let test_only = corruption.of_parts(&set, stream(), &[Part::Test]);
            assert_eq!(test_only.train(), set.train());
            assert_eq!(test_only.test(), both.test());
        }
    }

    /// Results that exist depend on these bits.
    #[test]
    fn corruptions_are_pinned() {
        let set = glyphs::draw(Kind::Digits, 0, 20, 10);
        let mut checksum = Checksum::default();
        for change in Change::ALL {
            for strength in Corruption::STRENGTHS {
                let corrupted = Corruption::new(change, strength).of(&set, stream());
                checksum.update(corrupted.train().pixels());
                checksum.update(corrupted.test().pixels());
            }
        }
        assert_eq!(checksum.hexadecimal(), PINNED);
    }

    const PINNED: &str = "417a6c2d74f2f60cb9aae86e5340c3349c1c8edc9c8adda68fec178f0d00cdcd";
}
