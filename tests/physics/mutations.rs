//! 20,000 damaged records: an error with a message, or numbers, and no panic.
//!
//! Most damage to a file is found by its checksums, so half of it is done to the arrays that were read.

use std::path::Path;

use numerics::random::Stream;
use tombola::episodes::{Episodes, Mode};
use tombola::npz::{self, Array, Values};

const CASES: u64 = 20_000;
const TASKS: [&str; 8] = [
    "Asterix-MinAtar",
    "Breakout-MinAtar",
    "CartPole-v1",
    "Freeway-MinAtar",
    "Seaquest-MinAtar",
    "SpaceInvaders-MinAtar",
    "ant",
    "grasp",
];

#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn record(task: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/physics/records/{task}.npz"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The first rows of every array, so that a case costs little.
fn shortened(mut arrays: Vec<Array>) -> Vec<Array> {
    for array in arrays.iter_mut().filter(|array| array.shape.first().is_some_and(|&rows| rows > 20)) {
        let width: usize = array.shape.iter().skip(1).product();
        array.shape[0] = 3;
        array.values = array.values.like(&array.values.wide()[..3 * width]);
    }
    arrays
}

/// Damage to a file: flipped bits, or a part that is missing.
fn damaged(mut file: Vec<u8>, stream: Stream) -> Vec<u8> {
    let draw = |index: u64, bound: usize| stream.below(index, bound as u64) as usize;
    if draw(0, 3) == 0 {
        file.truncate(draw(1, file.len()));
        return file;
    }
    for flip in 0..1 + draw(2, 4) as u64 {
        let at = draw(10 + flip, file.len());
        file[at] ^= 1 << draw(20 + flip, 8);
    }
    file
}

/// Damage to arrays: odd numbers, other shapes and types, other names, or one that is missing.
fn disturb(arrays: &mut Vec<Array>, stream: Stream) {
    let draw = |index: u64, bound: usize| stream.below(index, bound.max(1) as u64) as usize;
    let odd = [f64::NAN, f64::INFINITY, -1.0, 0.0, 3.0, 10.0, 1e9, -1e30, 1e300, 0.5, -99.0, 255.0];
    for change in 0..1 + draw(0, 3) as u64 {
        let of = |index: u64, bound| draw(100 * (change + 1) + index, bound);
        let at = of(0, arrays.len());
        let array = &mut arrays[at];
        match of(1, 6) {
            0..3 => {
                let mut numbers = array.values.wide();
                for place in 0..1 + of(2, 6) as u64 {
                    let at = of(10 + place, numbers.len());
                    if let Some(number) = numbers.get_mut(at) {
                        *number = odd[of(20 + place, odd.len())];
                    }
                }
                array.values = if of(3, 2) == 0 { array.values.like(&numbers) } else { Values::F64(numbers) };
            }
            3 => array.shape.reverse(),
            4 => array.shape = vec![array.values.len()],
            _ => {
                arrays.remove(at);
            }
        }
        if arrays.is_empty() {
            return;
        }
    }
}

#[test]
fn damaged_records_are_refused_or_redone() {
    let records: Vec<(&str, Vec<u8>, Vec<Array>)> = TASKS
        .into_iter()
        .map(|task| {
            let file = record(task);
            let arrays = shortened(npz::read(&file).expect("it is whole"));
            (task, file, arrays)
        })
        .collect();
    let (mut refused, mut redone) = (0, 0);
    for case in 0..CASES {
        let stream = Stream::new(8, "damage").child(case);
        let (task, file, arrays) = &records[case as usize % records.len()];
        let arrays = if case % 16 < 8 {
            npz::read(&damaged(file.clone(), stream)).map_err(|error| error.to_string())
        } else {
            let mut arrays = arrays.clone();
            disturb(&mut arrays, stream);
            Ok(arrays)
        };
        let mode = if case % 3 == 0 { Mode::FreeRun } else { Mode::OneStep };
        let replayed = arrays.and_then(|arrays| {
            let episodes = Episodes::new(task, arrays).map_err(|error| error.to_string())?;
            let prefixes = episodes.prefixes();
            let prefix = prefixes.first().map_or("none", String::as_str);
            episodes.replay(prefix, mode).map_err(|error| error.to_string())
        });
        match replayed {
            Ok(_) => redone += 1,
            Err(message) => {
                assert!(message.len() > 20 && !message.contains("  "), "case {case}: {message}");
                refused += 1;
            }
        }
    }
    assert!(refused > CASES / 2 && redone > CASES / 50, "{refused} refused, {redone} redone");
}
