//! 20,000 damaged files: an error or the right data, no panic, and no more memory than twice the file and 64 MiB.

#![expect(clippy::disallowed_methods, reason = "asks the system how much memory there was")]

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use numerics::random::Stream;
use tasks::vision::glyphs::{self, Kind};
use tasks::vision::idx;

const FILES: u64 = 20_000;

fn packed(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file).and_then(|()| encoder.finish()).expect("a vector takes all")
}

/// What a packed file holds, by another reader: one member and nothing after it.
fn unpacked(file: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = GzDecoder::new(file);
    let mut content = Vec::new();
    decoder.read_to_end(&mut content).ok()?;
    decoder.into_inner().is_empty().then_some(content)
}

/// The data of a plain file with so many axes, by the definition.
fn data(file: &[u8], axes: usize) -> Option<&[u8]> {
    let (header, data) = file.split_at_checked(4 + 4 * axes)?;
    let lengths =
        header[4..].chunks(4).map(|bytes| u32::from_be_bytes(bytes.try_into().expect("chunks of four")));
    let has_pixels = lengths.clone().skip(1).all(|length| length > 0);
    let is_right = header[..4] == [0, 0, 8, axes as u8] && has_pixels;
    (is_right && lengths.map(u128::from).product::<u128>() == data.len() as u128).then_some(data)
}

/// A flip, a cut, an extension or a splice, by a few draws.
fn damaged(file: &[u8], other: &[u8], stream: Stream) -> Vec<u8> {
    let draw = |index: u64, bound: usize| stream.below(index, bound.max(1) as u64) as usize;
    let mut file = file.to_vec();
    // half of the damage is done to the first 24 bytes, where headers are
    let place = |file: &[u8]| {
        let bound = if draw(9, 2) == 0 { file.len().min(24) } else { file.len() };
        draw(0, bound)
    };
    match draw(1, 4) {
        0 => {
            for flip in 0..1 + draw(2, 3) as u64 {
                let at = if flip == 0 { place(&file) } else { draw(10 + flip, file.len()) };
                file[at] ^= 1 << draw(20 + flip, 8);
            }
        }
        1 => file.truncate(place(&file)),
        2 => {
            let (from, length) = (draw(3, other.len()), 1 + draw(4, 40));
            file.extend(other.iter().cycle().skip(from).take(length));
        }
        _ => {
            let (at, from) = (place(&file), draw(3, other.len()));
            let (out, length) = (draw(5, file.len() - at), draw(6, other.len() - from));
            file.splice(at..at + out, other[from..from + length].iter().copied());
        }
    }
    file
}

#[test]
fn damaged_files_are_refused_or_read_right_in_little_memory() {
    let set = glyphs::draw(Kind::Digits, 0, 20, 10);
    let images = [set.train(), set.test()].map(|part| idx::images_file(28, 28, part.pixels()));
    let labels = [set.train(), set.test()].map(|part| idx::labels_file(part.labels()));
    let stream = Stream::new(0, "mutations");
    let (mut read, mut longest) = ([0; 2], 0);
    for index in 0..FILES {
        let stream = stream.child(index);
        let (axes, [file, other]) = if index % 2 == 0 { (3, &images) } else { (1, &labels) };
        // damage to the packing, to what is packed, and to what is not packed
        let level = stream.child(0).below(0, 3);
        let damage = |file: &[u8], other: &[u8]| damaged(file, other, stream.child(1));
        let (damaged, content) = match level {
            0 => {
                let damaged = damage(&packed(file), &packed(other));
                let content = unpacked(&damaged);
                (damaged, content)
            }
            1 => {
                let content = damage(file, other);
                (packed(&content), Some(content))
            }
            _ => {
                let content = damage(file, other);
                (content.clone(), Some(content))
            }
        };
        longest = longest.max(damaged.len());
        let found = match axes {
            3 => idx::images(&damaged).map(|images| images.pixels),
            _ => idx::labels(&damaged),
        };
        let expected = content.as_deref().and_then(|content| data(content, axes));
        match (found, expected) {
            (Ok(found), Some(expected)) => {
                assert_eq!(found, expected, "file {index}");
                read[usize::from(level > 0)] += 1;
            }
            (Err(error), None) => assert!(!error.to_string().is_empty()),
            // the packing may be refused where another reader is content, and never the other way round
            (Err(_), Some(_)) if level == 0 => {}
            (Err(error), Some(_)) => panic!("file {index} is right and was refused: {error}"),
            (Ok(_), None) => panic!("file {index} is damaged and was read"),
        }
    }
    // flips in data, and in what a header says of time and name, are damage that no reader can see
    assert!(read.iter().all(|&read| read > 0), "{read:?} of {FILES} files were read");
    let Some(most) = most_memory() else {
        // past the harness, which shows what a test prints only where it fails; a closed stream is no failure
        let _ = writeln!(std::io::stderr(), "skipped: the system does not say how much memory was used");
        return;
    };
    let allowed = 2 * longest as u64 + (64 << 20);
    assert!(most < allowed, "{most} bytes for files of up to {longest}, at most {allowed}");
}

/// The most memory that this process ever held, where the system says it.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}
