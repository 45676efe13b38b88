//! Letters as strokes, so that a picture of dots has words without a font.
//!
//! A letter is a few strokes, apart by blanks; a stroke goes through points, each two digits: to the right, and up. A line of
//! text stands at 2, small letters reach to 6, large ones to 8, and what hangs below goes down to 0. A point alone is a dot.

use super::scene::Spot;

/// What all letters have beside them, in steps to the right.
const GAP: f64 = 1.9;
/// What a blank takes.
const BLANK: f64 = 3.4;
/// Pixels of a step to the right and of one upwards, with twelve pixels between lines.
const STEP: Spot = (1.05, 1.38);
/// Where text stands.
const GROUND: f64 = 2.0;

/// For what has no letter here: a box.
const UNKNOWN: &str = "0208484202";

const LETTERS: [(char, &str); 89] = [
    ('0', "123243473818070312"),
    ('1', "172822"),
    ('2', "07183847460242"),
    ('3', "0718384746354443321203 1535"),
    ('4', "32380444"),
    ('5', "480805354443321203"),
    ('6', "473818070312324344351504"),
    ('7', "084812"),
    ('8', "15060718384746351504031232434435"),
    ('9', "031232434738180706153546"),
    ('A', "022842 1434"),
    ('B', "02083847463544433202 0535"),
    ('C', "4738180703123243"),
    ('D', "02082846442202"),
    ('E', "48080242 0535"),
    ('F', "480802 0535"),
    ('G', "47381807031232434525"),
    ('H', "0208 4248 0545"),
    ('I', "0208"),
    ('J', "4843321203"),
    ('K', "0208 480542"),
    ('L', "080242"),
    ('M', "0208346862"),
    ('N', "02084248"),
    ('O', "123243473818070312"),
    ('P', "02083847463505"),
    ('Q', "123243473818070312 2442"),
    ('R', "02083847463505 2542"),
    ('S', "473818070615354443321203"),
    ('T', "0848 2228"),
    ('U', "080312324348"),
    ('V', "082248"),
    ('W', "0812365268"),
    ('X', "0248 0842"),
    ('Y', "082548 2522"),
    ('Z', "08480242"),
    ('a', "0516364542 441403123243"),
    ('b', "0802 0516364543321203"),
    ('c', "4536160503123243"),
    ('d', "4842 4536160503123243"),
    ('e', "04444536160503123243"),
    ('f', "38281712 0636"),
    ('g', "4536160503123243 4641301001"),
    ('h', "0802 0516364542"),
    ('i', "0206 08"),
    ('j', "161100 18"),
    ('k', "0802 360332 1432"),
    ('l', "0802"),
    ('m', "0602 0516263532 3546566562"),
    ('n', "0602 0516364542"),
    ('o', "123243453616050312"),
    ('p', "0600 0516364543321203"),
    ('q', "4640 4536160503123243"),
    ('r', "0602 051636"),
    ('s', "45361605143443321203"),
    ('t', "18132232 0636"),
    ('u', "060312324346 4642"),
    ('v', "062246"),
    ('w', "0612355266"),
    ('x', "0246 0642"),
    ('y', "0622 4610"),
    ('z', "06460242"),
    ('.', "02"),
    (',', "1200"),
    ('-', "0434"),
    ('+', "0444 2226"),
    ('=', "0545 0343"),
    ('/', "0138"),
    ('%', "0818170708 5363625253 0268"),
    (':', "02 05"),
    (';', "1200 15"),
    ('(', "19070311"),
    (')', "09171301"),
    ('[', "19090111"),
    (']', "09191101"),
    ('_', "0141"),
    ('\'', "0907"),
    ('"', "0907 2927"),
    ('!', "0804 02"),
    ('?', "07183847462524 22"),
    ('<', "470441"),
    ('>', "074401"),
    ('*', "1537 3517 0646"),
    ('#', "1218 3238 0444 0646"),
    ('&', "4216172837360403122244"),
    ('|', "0109"),
    ('±', "0646 2428 0343"),
    ('×', "0246 0642"),
    ('~', "04153443"),
];

/// The strokes of some words that begin at the origin, in pixels to the right and down; and how long the words are.
pub(super) fn strokes(text: &str) -> (Vec<Vec<Spot>>, f64) {
    let (mut strokes, mut left) = (Vec::new(), 0.0);
    for letter in text.chars() {
        if letter == ' ' {
            left += BLANK;
            continue;
        }
        let found = LETTERS.iter().find(|(name, _)| *name == letter).map_or(UNKNOWN, |(_, drawn)| drawn);
        let mut width = 0.0;
        for stroke in found.split(' ') {
            let points = stroke.as_bytes().chunks_exact(2);
            strokes.push(
                points
                    .map(|point| {
                        let [right, up] = [point[0], point[1]].map(|digit| f64::from(digit - b'0'));
                        width = f64::max(width, right);
                        ((left + right) * STEP.0, (GROUND - up) * STEP.1)
                    })
                    .collect(),
            );
        }
        left += width + GAP;
    }
    (strokes, (left - GAP).max(0.0) * STEP.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_there_once_and_go_through_points() {
        for (place, (letter, drawn)) in LETTERS.iter().enumerate() {
            assert!(LETTERS[..place].iter().all(|(other, _)| other != letter), "{letter} is there twice");
            for stroke in drawn.split(' ') {
                assert!(stroke.len() >= 2 && stroke.len() % 2 == 0, "{letter}: {stroke}");
                assert!(stroke.bytes().all(|digit| digit.is_ascii_digit()), "{letter}: {stroke}");
            }
        }
        // the words that charts are made of
        let wanted = "Sep-CMA-ES, magnitude (n = 3): 0.95 ±0.01 at 32.8 % of weights; \"x\" <y> [z] a_b/c+d";
        for letter in wanted.chars().filter(|letter| *letter != ' ') {
            assert!(LETTERS.iter().any(|(name, _)| *name == letter), "{letter} is missing");
        }
    }

    #[test]
    fn words_are_as_long_as_their_letters_and_blanks() {
        let length = |text: &str| strokes(text).1;
        assert_eq!(length(""), 0.0);
        assert!((length("oo") - (4.0 + GAP + 4.0) * STEP.0).abs() < 1e-12);
        assert!(length("o o") > length("oo") && length("i") < length("m"));
        assert_eq!(strokes("\u{3c3}").0, strokes("\u{3bc}").0, "what has no letter is a box");
        assert_eq!(strokes("i").0.len(), 2);
    }
}
