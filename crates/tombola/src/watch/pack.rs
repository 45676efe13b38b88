//! Columns of whole numbers as a short text: differences, deflate, base64.
//!
//! ```text
//!   column[frame] ──(difference to the frame before: never, once, or twice, whatever is shortest)──► i16
//!     ──(0, -1, 1, -2 ... become 0, 1, 2, 3 ...)──► u16 ──► all low bytes of a column, then all high bytes
//!   all columns ──(deflate)──► bytes ──(base64)──► text
//! ```
//!
//! Movement is smooth, so differences are small, the high bytes nearly all 0, and deflate leaves little. A browser undoes
//! it with what it has (`atob`, `DecompressionStream`) and a loop.
//!
//! A step is widened where a number would not fit; what is no number is shown where it was before.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::base64;

/// Numbers of equal precision, column by column.
pub(super) struct Packed {
    /// How often differences were taken: a digit a column.
    pub(super) orders: String,
    bytes: Vec<u8>,
}

/// Most often that differences are taken.
const MOST: usize = 2;

/// Packs columns of equal lengths and says what one counts; `step` is the precision that is wanted.
pub(super) fn columns(columns: &[Vec<f32>], step: f64) -> (Packed, f64) {
    widened(step, |step| whole(&columns.iter().map(|column| counted(column, step)).collect::<Vec<_>>()))
}

/// What a step makes, or the first one of twice, four times, eight times that width which makes something.
pub(super) fn widened<T>(step: f64, make: impl Fn(f64) -> Option<T>) -> (T, f64) {
    let mut steps = std::iter::successors(Some(step), |step| Some(step * 2.0));
    // no number is infinite for long: a step that is doubled often enough fits every one
    steps.find_map(|step| make(step).map(|made| (made, step))).expect("steps do not end")
}

/// How many steps each number is.
fn counted(column: &[f32], step: f64) -> Vec<i64> {
    let mut now = 0;
    let mut count = |&number: &f32| {
        if number.is_finite() {
            now = (f64::from(number) / step).round_ties_even() as i64;
        }
        now
    };
    column.iter().map(&mut count).collect()
}

/// Packs columns of whole numbers, if they fit.
pub(super) fn whole(columns: &[Vec<i64>]) -> Option<Packed> {
    let mut packed = Packed { orders: String::new(), bytes: Vec::new() };
    for column in columns {
        let mut numbers = column.clone();
        let mut best: Option<(u32, usize, Vec<u16>)> = None;
        for order in 0..=MOST {
            if order > 0 {
                difference(&mut numbers);
            }
            let Some(folded) = folded(&numbers) else { continue };
            let bits = folded.iter().map(|number| u16::BITS - number.leading_zeros()).sum();
            if best.as_ref().is_none_or(|&(least, ..)| bits < least) {
                best = Some((bits, order, folded));
            }
        }
        let (_, order, folded) = best?;
        packed.orders += &order.to_string();
        packed.bytes.extend(folded.iter().map(|&number| number as u8));
        packed.bytes.extend(folded.iter().map(|&number| (number >> 8) as u8));
    }
    Some(packed)
}

/// Of each number takes the one before.
fn difference(numbers: &mut [i64]) {
    for at in (1..numbers.len()).rev() {
        numbers[at] = numbers[at].saturating_sub(numbers[at - 1]);
    }
}

/// 0, -1, 1, -2 ... as 0, 1, 2, 3 ...
fn folded(numbers: &[i64]) -> Option<Vec<u16>> {
    let fold = |&number: &i64| i16::try_from(number).ok().map(|n| ((n << 1) ^ (n >> 15)) as u16);
    numbers.iter().map(fold).collect()
}

/// The text of some columns, one after the other.
pub(super) fn text(parts: &[Packed]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    for part in parts {
        encoder.write_all(&part.bytes).expect("memory takes all");
    }
    base64::text(&encoder.finish().expect("memory takes all"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::DeflateDecoder;

    use super::*;

    /// What the page does.
    fn unpacked(packed: &Packed, frames: usize, step: f64) -> Vec<Vec<f64>> {
        let column = |(bytes, order): (&[u8], char)| {
            let folded = |frame: usize| i64::from(bytes[frame]) | i64::from(bytes[frames + frame]) << 8;
            let mut numbers: Vec<i64> =
                (0..frames).map(|frame| (folded(frame) >> 1) ^ -(folded(frame) & 1)).collect();
            for _ in 0..order.to_digit(3).expect("at most two differences") {
                (1..frames).for_each(|at| numbers[at] += numbers[at - 1]);
            }
            numbers.into_iter().map(|number| number as f64 * step).collect()
        };
        packed.bytes.chunks(2 * frames).zip(packed.orders.chars()).map(column).collect()
    }

    #[test]
    fn what_is_packed_comes_back_to_half_a_step() {
        let wave = |k: usize| (0..500).map(|frame| ((frame * k) as f32 * 0.01).sin() * 3.0).collect();
        let given: Vec<Vec<f32>> = (1..8).map(wave).collect();
        let (packed, step) = columns(&given, 0.001);
        assert!(step == 0.001);
        for (column, back) in given.iter().zip(unpacked(&packed, 500, step)) {
            assert!(column.iter().zip(back).all(|(&a, b)| (f64::from(a) - b).abs() <= 0.000_501));
        }
    }

    #[test]
    fn leaps_widen_the_step_and_what_is_no_number_stays_where_it_was() {
        let leap = vec![0.0, 1e6, -1e6, f32::NAN, f32::INFINITY, 5.0];
        let (packed, step) = columns(std::slice::from_ref(&leap), 0.001);
        let back = &unpacked(&packed, 6, step)[0];
        for (frame, expected) in [0.0, 1e6, -1e6, -1e6, -1e6, 5.0].into_iter().enumerate() {
            assert!((back[frame] - expected).abs() <= step / 2.0, "{back:?}");
        }
        let (far, step) = columns(&[vec![f32::MAX, f32::MIN]], 0.001);
        assert!(step.is_finite() && unpacked(&far, 2, step)[0][0] > 1e38);
    }

    #[test]
    fn the_shortest_of_numbers_differences_and_their_differences_is_kept() {
        let noise: Vec<i64> = (0..200_i64).map(|k| k * k * k * 7919 % 301 - 150).collect();
        let sums = |numbers: &[i64]| {
            let sum = |sum: &mut i64, number: &i64| {
                *sum += number;
                Some(*sum)
            };
            numbers.iter().scan(0, sum).collect::<Vec<i64>>()
        };
        let walk = sums(&noise);
        let given = [noise, walk.clone(), sums(&walk)];
        let packed = whole(&given).expect("they fit");
        assert_eq!(packed.orders, "012");
        for (column, back) in given.iter().zip(unpacked(&packed, 200, 1.0)) {
            assert!(column.iter().zip(back).all(|(&a, b)| a as f64 == b));
        }
        assert!(whole(&[vec![1 << 20]]).is_none(), "a first number that does not fit");
        assert!(whole(&[vec![30_000, -30_000, 30_000]]).is_some(), "no difference would fit");
    }

    #[test]
    fn text_is_base64_of_deflated_bytes() {
        let (packed, _) = columns(&[vec![0.25; 100]], 0.01);
        let text = text(std::slice::from_ref(&packed));
        let digit =
            |c: u8| (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"+/").position(|d| d == c);
        let bits: Vec<usize> = text.trim_end_matches('=').bytes().filter_map(digit).collect();
        let bits: Vec<usize> =
            bits.iter().flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1)).collect();
        let deflated = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit) as u8);
        let mut back = Vec::new();
        DeflateDecoder::new(&deflated.collect::<Vec<u8>>()[..]).read_to_end(&mut back).expect("deflate");
        assert_eq!(back, packed.bytes);
        assert!(text.len() < 40, "what stands still takes no room: {text}");
    }
}
