//! Any bytes, read as a file of images or labels: plain, packed, or packed by us around them. What is no such file must be
//! refused, what is one must be read as it is, and nothing may panic or take much memory.
//!
//! A packed file that is made up is rarely whole: a checksum of 32 bits stands at its end. So where the first byte says so,
//! the frame and the trailer of the packing are put right around the made-up stream, and the reader gets past them.

#![no_main]

use std::io::Read;

use flate2::bufread::{DeflateDecoder, GzDecoder};
use libfuzzer_sys::fuzz_target;
use tasks::vision::idx;

/// More content than this is not compared: a short stream can hold much.
const MOST: u64 = 1 << 20;

/// The data of a plain file with so many axes, by the definition.
fn data(file: &[u8], axes: usize) -> Option<&[u8]> {
    let (header, data) = file.split_at_checked(4 + 4 * axes)?;
    let lengths = header[4..].chunks(4).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
    let has_pixels = lengths.clone().skip(1).all(|length| length > 0);
    let is_right = header[..4] == [0, 0, 8, axes as u8] && has_pixels;
    (is_right && lengths.map(u128::from).product::<u128>() == data.len() as u128).then_some(data)
}

/// What a packed file holds, by another reader; none where it holds too much to be compared.
fn unpacked(file: &[u8]) -> Option<Option<Vec<u8>>> {
    let mut decoder = GzDecoder::new(file);
    let mut content = Vec::new();
    let outcome = decoder.by_ref().take(MOST + 1).read_to_end(&mut content);
    if content.len() as u64 > MOST {
        return None;
    }
    Some((outcome.is_ok() && decoder.into_inner().is_empty()).then_some(content))
}

/// A whole packed file around a stream, if it is one; with its content.
fn framed(stream: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut decoder = DeflateDecoder::new(stream);
    let mut content = Vec::new();
    decoder.by_ref().take(MOST + 1).read_to_end(&mut content).ok()?;
    let length = decoder.total_in() as usize;
    if content.len() as u64 > MOST {
        return None;
    }
    let mut crc = flate2::Crc::new();
    crc.update(&content);
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(&stream[..length]);
    file.extend(crc.sum().to_le_bytes());
    file.extend(crc.amount().to_le_bytes());
    Some((file, content))
}

/// Compares both readers; `is_ours` where the packing is right, so that nothing else may be refused.
fn check(file: &[u8], content: Option<&[u8]>, is_ours: bool) {
    let found = [
        (3, idx::images(file).map(|images| images.pixels)),
        (1, idx::labels(file)),
    ];
    for (axes, found) in found {
        match (found, content.and_then(|content| data(content, axes))) {
            (Ok(found), Some(expected)) => assert_eq!(found, expected),
            (Err(error), None) => assert!(!error.to_string().is_empty()),
            (Err(error), Some(_)) => assert!(!is_ours, "a right file was refused: {error}"),
            (Ok(_), None) => panic!("what is no file of {axes} axes was read"),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&how, input)) = input.split_first() else { return };
    match how % 4 {
        // as it is
        0 if !input.starts_with(&[0x1f, 0x8b]) => check(input, Some(input), true),
        0 | 1 => {
            let file = [&[0x1f, 0x8b, 8], input].concat();
            if let Some(content) = unpacked(&file) {
                check(&file, content.as_deref(), false);
            }
        }
        // a stream in a right frame
        2 => {
            if let Some((file, content)) = framed(input) {
                check(&file, Some(&content), true);
            }
        }
        // a right frame around a block of stored bytes: what is packed is made up, the packing is right
        _ => {
            let Ok(length) = u16::try_from(input.len()) else { return };
            let mut stream = vec![1];
            stream.extend(length.to_le_bytes());
            stream.extend((!length).to_le_bytes());
            stream.extend(input);
            let (file, content) = framed(&stream).expect("stored bytes are a stream");
            assert_eq!(content, input);
            check(&file, Some(input), true);
        }
    }
});
