//! 20,000 damaged files of each kind: what was written, or nothing; never a panic, never something else.

#![expect(clippy::disallowed_methods, reason = "damages files")]

use std::fs;

use numerics::random::Stream;

use super::tests::{Folder, ID, files, taken};
use super::*;

const FILES: u64 = 20_000;

/// Some flips, a cut, an extension, or a splice, by a few draws.
fn damaged(file: &[u8], stream: Stream) -> Vec<u8> {
    let draw = |index: u64, bound: usize| stream.below(index, bound.max(1) as u64) as usize;
    let mut file = file.to_vec();
    let at = draw(0, file.len());
    match draw(1, 5) {
        0 => (0..1 + draw(2, 3) as u64).for_each(|flip| {
            let at = draw(10 + flip, file.len());
            file[at] ^= 1 << draw(20 + flip, 8);
        }),
        1 => file.truncate(at),
        2 => file.extend((0..1 + draw(3, 40) as u64).map(|more| draw(30 + more, 256) as u8)),
        3 => drop(file.drain(at..(at + 1 + draw(4, 30)).min(file.len()))),
        _ => {
            let from = draw(5, file.len());
            let piece = file[from..(from + 1 + draw(6, 90)).min(file.len())].to_vec();
            file.splice(at..at, piece);
        }
    }
    file
}

#[test]
fn a_damaged_checkpoint_is_the_checkpoint_or_none() {
    let files = [Entry::of("level-0.safetensors", &[1; 100]), Entry::of("rows.csv", b"a,b\n")];
    let bytes: Vec<u8> = (0..700_u32).map(|n| (n * n) as u8).collect();
    let file = checkpoint::encode("tombola 1.2.3", ID, &files, &bytes);
    let whole = checkpoint::decode(&file, ID, &files).unwrap();
    let stream = Stream::new(1, "damaged checkpoints");
    let mut refused = 0;
    for number in 0..FILES {
        match checkpoint::decode(&damaged(&file, stream.child(number)), ID, &files) {
            Ok(found) => assert_eq!(found, whole, "{number}"),
            Err(problem) => {
                assert!(!problem.is_empty());
                refused += 1;
            }
        }
    }
    // of two flips of one bit nothing is left
    assert!(refused > FILES - FILES / 100, "{refused}");
}

#[test]
fn a_damaged_result_is_the_result_or_none() {
    let folder = Folder::new("mutations");
    let results = folder.owner(1);
    let mut lease = taken(&results);
    let rows: String = (0..20).map(|level| format!("{level},0.{level},0.5\n")).collect();
    lease.write("rows.csv", format!("level,density,score\n{rows}").as_bytes()).unwrap();
    lease.write("ticket.safetensors", &[5; 300]).unwrap();
    let manifest = lease.commit().unwrap();
    let done = results.done_path(ID);
    let whole = files(&done);
    let stream = Stream::new(2, "damaged results");
    let mut refused = 0;
    for number in 0..FILES {
        let (name, bytes) = &whole[number as usize % whole.len()];
        let other = damaged(bytes, stream.child(number));
        fs::write(done.join(name), &other).unwrap();
        match results.check(ID).unwrap() {
            State::Done(found) => assert!(found == manifest && other == *bytes, "{name}, {number}"),
            State::Damaged(damage) => {
                assert!(damage.to_string().contains(" is damaged: "));
                refused += 1;
            }
            State::Missing => panic!("{name}, {number}: it is there"),
        }
        for (name, bytes) in whole.iter().filter(|(name, _)| name != MANIFEST) {
            if let Ok(found) = results.read(ID, name) {
                assert_eq!(found, *bytes, "{name}, {number}");
            }
        }
        fs::write(done.join(name), bytes).unwrap();
    }
    assert!(refused > FILES - FILES / 50, "{refused}");
}

#[test]
fn a_damaged_list_of_what_is_written_brings_back_no_other_file() {
    let folder = Folder::new("lists");
    let results = folder.owner(1);
    let mut lease = taken(&results);
    lease.write("a.csv", b"1,2\n").unwrap();
    lease.write("b.csv", b"3,4\n").unwrap();
    let path = results.work_path(ID).join("written");
    let list = fs::read(&path).unwrap();
    let stage = lease.stage().to_owned();
    let stream = Stream::new(3, "damaged lists");
    let mut kept = 0;
    for number in 0..FILES {
        for entry in lease::listed(&damaged(&list, stream.child(number))) {
            if let Ok(bytes) = entry.read(&stage) {
                let expected: &[u8] = if entry.name == "a.csv" { b"1,2\n" } else { b"3,4\n" };
                assert_eq!(bytes, expected, "{number}");
                kept += 1;
            }
        }
    }
    assert!(kept > FILES, "most damage spares a line: {kept}");
}
