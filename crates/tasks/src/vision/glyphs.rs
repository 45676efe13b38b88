//! `glyphs`: sets of handwritten-like signs that the program draws itself, so that nothing has to be fetched.
//!
//! A glyph is a form of its class (strokes through a few points), moved and bent as a hand would (`hand`), drawn with a
//! pen (`pen`) on 28 x 28 pixels, with grain. Everything random about image `i` of a part comes from the stream of the
//! kind's name, the part and `i`: an image does not depend on how many there are. Its label is `i mod 10`, so classes are
//! equally large.
//!
//! | name | classes | hand |
//! |---|---|---|
//! | `glyphs` | digits | a pen |
//! | `glyphs-letters` | A B E G H K P R S X | the same pen |
//! | `glyphs-brush` | digits | a broad nib, leaning the other way |
//!
//! The sisters serve transfer: another alphabet in the same hand, the same alphabet in another hand.
//!
//! How hard the sets are, and what they look like, says `crates/tasks/GLYPHS.md`.
//!
//! Only exact or correctly rounded operations are used (sums, products, quotients, roots, fused multiply-add, random
//! numbers of `numerics`): the same bits everywhere.

mod digits;
mod hand;
mod letters;
mod pen;

use std::fmt;

use numerics::random::Stream;

use self::hand::Hand;
use super::images::{ImageSet, Labelled};

/// Rows and columns of an image.
pub const SIDE: usize = 28;

/// Classes of every kind.
pub const CLASSES: usize = 10;

/// Images of the embedded sets, to train with and to test with.
pub const TRAIN: usize = 10_000;
/// See [`TRAIN`].
pub const TEST: usize = 2_000;

/// The seed of the embedded sets.
pub const SEED: u64 = 0;

/// A stroke through points in percent of the form's width (from the left) and height (from the top). It is smooth but
/// for points that stand there twice: these are corners.
type Stroke = &'static [(i8, i8)];

/// One way to write a sign.
type Form = &'static [Stroke];

/// Which signs, and by which hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Digits.
    Digits,
    /// Ten letters, by the hand of the digits.
    Letters,
    /// Digits, by another hand.
    Brush,
}

impl Kind {
    /// All of them, the default first.
    pub const ALL: [Kind; 3] = [Kind::Digits, Kind::Letters, Kind::Brush];

    /// The name in commands, files and reports, which is the name of the stream too.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Digits => "glyphs",
            Kind::Letters => "glyphs-letters",
            Kind::Brush => "glyphs-brush",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What its classes are called, in the order of the labels.
    pub fn class_names(self) -> [&'static str; CLASSES] {
        match self {
            Kind::Digits | Kind::Brush => ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            Kind::Letters => ["A", "B", "E", "G", "H", "K", "P", "R", "S", "X"],
        }
    }

    fn forms(self) -> &'static [&'static [Form]; CLASSES] {
        match self {
            Kind::Digits | Kind::Brush => &digits::FORMS,
            Kind::Letters => &letters::FORMS,
        }
    }

    fn hand(self) -> Hand {
        match self {
            Kind::Digits | Kind::Letters => Hand::PEN,
            Kind::Brush => Hand::BRUSH,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The embedded set of a kind.
pub fn embedded(kind: Kind) -> ImageSet {
    draw(kind, SEED, TRAIN, TEST)
}

/// A set of a kind from another seed or with other numbers of images.
///
/// # Panics
///
/// If a part would be empty.
pub fn draw(kind: Kind, seed: u64, train: usize, test: usize) -> ImageSet {
    let stream = Stream::new(seed, kind.name());
    let [train, test] =
        [(0, train), (1, test)].map(|(part, count)| labelled(kind, stream.child(part), count));
    ImageSet::new(kind.name(), CLASSES, train, test).expect("parts with images of one size and ten classes")
}

fn labelled(kind: Kind, stream: Stream, count: usize) -> Labelled {
    let hand = kind.hand();
    let mut pixels = vec![0; count * SIDE * SIDE];
    let labels: Vec<u8> = (0..count).map(|index| (index % CLASSES) as u8).collect();
    for (index, image) in pixels.as_chunks_mut::<{ SIDE * SIDE }>().0.iter_mut().enumerate() {
        hand.write(kind.forms()[index % CLASSES], stream.child(index as u64), image);
    }
    Labelled::new(SIDE, SIDE, pixels, labels).expect("an image a label")
}

#[cfg(test)]
mod tests {
    use super::super::checksum::Checksum;
    use super::*;

    /// Results that exist depend on these bits. If this test fails, the change is wrong, not the test.
    #[test]
    fn the_embedded_sets_are_pinned_for_ever() {
        for (kind, pin) in Kind::ALL.into_iter().zip(PINS) {
            let set = embedded(kind);
            let mut checksum = Checksum::default();
            for part in [set.train(), set.test()] {
                checksum.update(part.pixels());
                checksum.update(part.labels());
            }
            assert_eq!(checksum.hexadecimal(), pin, "{kind}");
        }
    }

    const PINS: [&str; 3] = [
        "f51d2539bb0c55359f5b1e3cb0e18353caecc1ad3d8314d91d9181baa1a1d496",
        "94f1cbd3e5508d7b099fa84513da3e6f5572219fe66a9f9b57221b88d7a009a8",
        "35b8c56fd9592d7c1d3def5b4fd2d6390822b2eb60a4cd56dbf26e5c02a20ceb",
    ];

    #[test]
    fn an_image_does_not_depend_on_how_many_there_are() {
        for kind in Kind::ALL {
            let (few, more) = (draw(kind, 3, 11, 5), draw(kind, 3, 30, 9));
            assert_eq!(few.train().pixels(), &more.train().pixels()[..11 * SIDE * SIDE]);
            assert_eq!(few.test().pixels(), &more.test().pixels()[..5 * SIDE * SIDE]);
            assert_ne!(few.train().image(0), few.test().image(0), "parts have streams of their own");
            assert_ne!(few.train().image(0), draw(kind, 4, 1, 1).train().image(0));
        }
    }

    #[test]
    fn every_image_holds_a_glyph_and_no_two_are_the_same() {
        for kind in Kind::ALL {
            let set = draw(kind, 1, 2000, 10);
            let mut seen = std::collections::HashSet::new();
            for image in set.train().pixels().chunks(SIDE * SIDE) {
                let ink = image.iter().filter(|&&pixel| pixel > 99).count();
                assert!((8..SIDE * SIDE * 6 / 10).contains(&ink), "{kind}: {ink} inked pixels");
                assert!(seen.insert(image));
            }
        }
    }

    #[test]
    fn names_lead_back_to_their_kinds() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(kind));
            assert_eq!(kind.forms().len(), kind.class_names().len());
        }
        assert_eq!(Kind::named("glyph"), None);
    }
}
