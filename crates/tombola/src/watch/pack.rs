//! Columns of numbers as a short text: whole multiples of a step, differences, deflate, base64.
//!
//! ```text
//!   column[frame] ──(round to steps)──► whole numbers ──(difference to the frame before)──► i16
//!     ──(0, -1, 1, -2 ... become 0, 1, 2, 3 ...)──► u16 ──► all low bytes of a column, then all high bytes
//!   all columns ──(deflate)──► bytes ──(base64)──► text
//! ```
//!
//! Movement is smooth, so differences are small, the high bytes nearly all 0, and deflate leaves little. A browser undoes
//! it with what it has (`atob`, `DecompressionStream`) and a loop.
//!
//! A step is widened where a difference would not fit; what is no number is shown where it was before.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::base64;

/// Numbers of equal precision, column by column.
pub(super) struct Packed {
    /// What one counts.
    pub(super) step: f64,
    bytes: Vec<u8>,
}

/// Packs columns of equal lengths; `step` is the precision that is wanted.
pub(super) fn columns(columns: &[Vec<f32>], step: f64) -> Packed {
    let mut step = step;
    loop {
        let mut bytes = Vec::new();
        if columns.iter().all(|column| one(column, step, &mut bytes).is_some()) {
            return Packed { step, bytes };
        }
        step *= 2.0;
    }
}

/// Appends a column, unless a difference does not fit.
fn one(column: &[f32], step: f64, bytes: &mut Vec<u8>) -> Option<()> {
    let mut before = 0;
    let mut folded = Vec::with_capacity(column.len());
    for &number in column {
        // no number is infinite for long: a step that is doubled often enough fits every one
        let number = f64::from(if number.is_finite() { number } else { f32::NAN });
        let now = if number.is_nan() { before } else { (number / step).round_ties_even() as i64 };
        let difference = i16::try_from(now - before).ok()?;
        folded.push(((difference << 1) ^ (difference >> 15)) as u16);
        before = now;
    }
    bytes.extend(folded.iter().map(|&number| number as u8));
    bytes.extend(folded.iter().map(|&number| (number >> 8) as u8));
    Some(())
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
    fn unpacked(packed: &Packed, frames: usize) -> Vec<Vec<f64>> {
        let column = |bytes: &[u8]| {
            let mut sum = 0;
            let folded = |frame: usize| i64::from(bytes[frame]) | i64::from(bytes[frames + frame]) << 8;
            let differences = (0..frames).map(|frame| (folded(frame) >> 1) ^ -(folded(frame) & 1));
            let sums = differences.map(|difference| {
                sum += difference;
                sum as f64 * packed.step
            });
            sums.collect()
        };
        packed.bytes.chunks(2 * frames).map(column).collect()
    }

    #[test]
    fn what_is_packed_comes_back_to_half_a_step() {
        let wave = |k: usize| (0..500).map(|frame| ((frame * k) as f32 * 0.01).sin() * 3.0).collect();
        let given: Vec<Vec<f32>> = (1..8).map(wave).collect();
        let packed = columns(&given, 0.001);
        assert!(packed.step == 0.001);
        for (column, back) in given.iter().zip(unpacked(&packed, 500)) {
            assert!(column.iter().zip(back).all(|(&a, b)| (f64::from(a) - b).abs() <= 0.000_501));
        }
    }

    #[test]
    fn leaps_widen_the_step_and_what_is_no_number_stays_where_it_was() {
        let leap = vec![0.0, 1e6, -1e6, f32::NAN, f32::INFINITY, 5.0];
        let packed = columns(std::slice::from_ref(&leap), 0.001);
        let back = &unpacked(&packed, 6)[0];
        for (frame, expected) in [0.0, 1e6, -1e6, -1e6, -1e6, 5.0].into_iter().enumerate() {
            assert!((back[frame] - expected).abs() <= packed.step / 2.0, "{back:?}");
        }
        let far = columns(&[vec![f32::MAX, f32::MIN]], 0.001);
        assert!(far.step.is_finite() && unpacked(&far, 2)[0][0] > 1e38);
    }

    #[test]
    fn text_is_base64_of_deflated_bytes() {
        let packed = columns(&[vec![0.25; 100]], 0.01);
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
