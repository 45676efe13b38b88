//! Rows as TensorBoard reads them: a file of records, each a number with a tag and a step.
//!
//! ```text
//! file      record record ..
//! record    length (8 bytes)  check(length)  event  check(event)             little-endian; a check takes 4 bytes
//! check     c = CRC-32C of the bytes;  c rotated right by 15 bits, plus a282ead8
//! event     1: time (double)  2: step  3: "brain.Event:2", in the first event  5: summary
//! summary   1: value;   value = 1: tag  2: number (float)
//! ```
//!
//! Events, summaries and values are messages of protocol buffers: a key `8 field + kind`, then the field. A cell is one file:
//!
//! | tag | step | number |
//! |---|---|---|
//! | `levels/score`, `levels/best`, `levels/density`, `levels/deviation` | level | of the level |
//! | `level NN/score`, `/fitness mean`, `/fitness best`, `/deviation` | generation | of each test on the way |
//!
//! # Invariants
//!
//! - **Equal rows give equal bytes:** the time of an event is its step, in seconds.
//! - **What is no number is not there.**
//! - **Absent:** files. Rows come in and bytes go out.

use crate::rows::{CurveRow, LevelRow};

/// What TensorBoard finds files by.
pub const FILE: &str = "events.out.tfevents.0.tombola";

/// The file of a cell.
pub fn file(levels: &[LevelRow], curves: &[CurveRow]) -> Vec<u8> {
    let mut bytes = record(&[double(1, 0.0), text(3, "brain.Event:2")].concat());
    for row in levels {
        let numbers = [
            ("score", row.score),
            ("best", row.best),
            ("density", Some(row.density)),
            ("deviation", row.deviation),
        ];
        for (name, number) in numbers {
            bytes.extend(scalar(&format!("levels/{name}"), row.level.into(), number));
        }
    }
    for row in curves {
        let numbers = [
            ("score", row.score),
            ("fitness mean", row.fitness_mean),
            ("fitness best", row.fitness_best),
            ("deviation", row.deviation),
        ];
        for (name, number) in numbers {
            bytes.extend(scalar(&format!("level {:02}/{name}", row.level), row.generation, number));
        }
    }
    bytes
}

/// The record of a number; nothing where there is none.
fn scalar(tag: &str, step: u64, number: Option<f64>) -> Vec<u8> {
    let Some(number) = number.filter(|number| number.is_finite()) else { return Vec::new() };
    let value = [text(1, tag), key(2, 5), (number as f32).to_le_bytes().to_vec()].concat();
    let summary = message(1, &value);
    record(&[double(1, step as f64), [key(2, 0), varint(step)].concat(), message(5, &summary)].concat())
}

fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    [&length[..], &check(&length), event, &check(event)].concat()
}

fn key(field: u8, kind: u8) -> Vec<u8> {
    vec![8 * field + kind]
}

fn double(field: u8, number: f64) -> Vec<u8> {
    [key(field, 1), number.to_le_bytes().to_vec()].concat()
}

fn text(field: u8, text: &str) -> Vec<u8> {
    message(field, text.as_bytes())
}

fn message(field: u8, bytes: &[u8]) -> Vec<u8> {
    [key(field, 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// Seven bits a byte, the lowest first; all bytes but the last have the eighth bit.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn check(bytes: &[u8]) -> [u8; 4] {
    crc_32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The cyclic redundancy check of Castagnoli, Bräuer and Herrmann (1993), bit by bit.
fn crc_32c(bytes: &[u8]) -> u32 {
    const REVERSED: u32 = 0x82f6_3b78;
    let bit = |rest: u32| if rest & 1 == 1 { (rest >> 1) ^ REVERSED } else { rest >> 1 };
    let byte = |rest: u32, byte: &u8| (0..8).fold(rest ^ u32::from(*byte), |rest, _| bit(rest));
    !bytes.iter().fold(!0, byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::sample::row;

    #[test]
    fn checks_are_those_of_the_standard() {
        // RFC 3720, appendix B.4.
        assert_eq!(crc_32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc_32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc_32c(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
        assert_eq!(crc_32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn numbers_take_seven_bits_a_byte() {
        assert_eq!(varint(0), [0]);
        assert_eq!(varint(127), [0x7f]);
        assert_eq!(varint(300), [0xac, 0x02]);
        assert_eq!(varint(u64::MAX).len(), 10);
    }

    #[test]
    fn a_cell_is_its_numbers_in_order_and_what_is_no_number_is_left_out() {
        let levels = [row("snr", 0, 0, Some(0.5)), row("snr", 0, 1, None)];
        let bytes = file(&levels, &[]);
        let mut tags = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (length, after) = rest.split_at(8);
            let event = u64::from_le_bytes(length.try_into().expect("eight")) as usize;
            assert_eq!(after[..4], check(length), "the length is checked");
            assert_eq!(after[4 + event..][..4], check(&after[4..4 + event]), "the event is checked");
            let words = String::from_utf8_lossy(&after[4..4 + event]).into_owned();
            tags.extend(words.find("levels/").map(|at| words[at..at + 10].to_owned()));
            rest = &after[8 + event..];
        }
        let scores = tags.iter().filter(|tag| *tag == "levels/sco").count();
        let densities = tags.iter().filter(|tag| *tag == "levels/den").count();
        assert_eq!((scores, densities), (1, 2), "{tags:?}");
    }
}
