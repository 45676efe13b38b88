//! Any bytes, read as a ticket: refused, or a ticket whose file is a ticket again. Never a panic, and no more memory than
//! the file warrants.
//!
//! The first byte says what the rest is: a file as it stands; a header, whose length is put before it; or the parts of
//! a ticket, which are put together with a checksum that is right. Left to chance no input would have a right one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use networks::safetensors::{self, Owned};
use networks::{Architecture, MaskedNetwork, Ticket};

/// The checksum as its description has it, in another form than the code.
fn checksum(texts: &[(&str, &str)], arrays: &[Owned]) -> String {
    let mut stream: Vec<u8> = Vec::new();
    let number = |stream: &mut Vec<u8>, number: usize| stream.extend((number as u64).to_le_bytes());
    let mut texts = texts.to_vec();
    texts.sort();
    number(&mut stream, texts.len());
    for (key, text) in texts {
        for part in [key, text] {
            number(&mut stream, part.len());
            stream.extend(part.bytes());
        }
    }
    let mut arrays: Vec<_> = arrays.iter().map(Owned::array).collect();
    arrays.sort_by_key(|array| array.name.clone());
    for array in arrays {
        for part in [array.name.as_bytes(), array.dtype.name().as_bytes()] {
            number(&mut stream, part.len());
            stream.extend(part);
        }
        number(&mut stream, array.shape.len());
        array.shape.iter().for_each(|&axis| number(&mut stream, axis));
        number(&mut stream, array.bytes.len());
        stream.extend(array.bytes);
    }
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(1_099_511_628_211);
    format!("{:016x}", stream.iter().fold(14_695_981_039_346_656_037, step))
}

/// A file with a right checksum: a text of a network up to the first zero, then steps between indices.
fn assembled(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let network = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut rest = bytes[end..].iter().skip(1);
    let mut next = || rest.next().copied().unwrap_or(0);
    let (more, unequal, odd) = (next(), next(), next());
    let mut last = -1_i32;
    let mut indices: Vec<i32> = rest.map(|&step| { last = last.saturating_add(step.into()); last }).collect();
    if unequal == 7 {
        indices.push(i32::from(odd) - 100);
    }
    let mut values: Vec<f32> = indices.iter().map(|&index| index as f32 / 16.0).collect();
    match odd {
        1 => values.push(1.0),
        2 => values.iter_mut().for_each(|value| *value = f32::NAN),
        _ => {}
    }
    let n = [indices.len()];
    let mut arrays = vec![Owned::i32("indices", &n, &indices), Owned::f32("mean", &[values.len()], &values)];
    if more & 1 == 0 {
        arrays.push(Owned::f32("start", &[values.len()], &values));
    }
    if more & 2 != 0 {
        arrays.push(Owned::f32("deviation", &[values.len()], &values));
    }
    if more & 4 != 0 {
        arrays.push(Owned::f64("normaliser.count", &[], &[f64::from(odd) - 3.0]));
        arrays.push(Owned::f64("normaliser.mean", &[1], &[0.5]));
        arrays.push(Owned::f64("normaliser.squares", &[usize::from(odd % 3)], &vec![0.5; usize::from(odd % 3)]));
    }
    let version = if more & 8 == 0 { "1" } else { "2" };
    let mut texts = vec![("format", "tombola ticket"), ("version", version), ("network", &network), ("task", "")];
    if more & 16 != 0 {
        texts.push(("provenance.x", "y"));
    }
    if more & 32 != 0 {
        texts.push(("unknown", ""));
    }
    let sum = checksum(&texts, &arrays);
    texts.push(("checksum", &sum));
    safetensors::write(&texts, &arrays)
}

fn check(file: &[u8]) -> bool {
    let found = safetensors::read(file);
    match Ticket::decode(file) {
        Err(error) => {
            assert!(error.to_string().len() < 600, "{error}");
            false
        }
        Ok(ticket) => {
            assert!(found.is_ok());
            let again = ticket.encode();
            assert_eq!(Ticket::decode(&again).as_ref(), Ok(&ticket));
            let text = ticket.network().to_string();
            assert_eq!(text.parse::<Architecture>().as_ref(), Ok(ticket.network()));
            // a mask has a bit a weight: small where the file is, or not looked at
            if ticket.network().parameters() < 100_000 {
                let masked = MaskedNetwork::new(ticket.network(), &ticket.mask()).expect("the kernels hold it");
                assert_eq!(masked.free(), ticket.indices());
                assert_eq!(masked.scatter(&ticket.contents().mean), ticket.dense());
            }
            true
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    match kind % 3 {
        0 => {
            check(rest);
        }
        1 => {
            let end = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
            let mut file = (end as u64).to_le_bytes().to_vec();
            file.extend(&rest[..end]);
            file.extend(rest[end..].iter().skip(1));
            check(&file);
        }
        _ => {
            let file = assembled(rest);
            if check(&file) && !rest.is_empty() {
                // one changed byte of a whole ticket: refused, or the same ticket
                let ticket = Ticket::decode(&file);
                let mut changed = file.clone();
                let at = rest.iter().fold(0_usize, |at, &byte| at.wrapping_mul(31).wrapping_add(byte.into())) % file.len();
                changed[at] ^= 1 << (rest[0] % 8);
                let changed = Ticket::decode(&changed);
                assert!(changed.is_err() || changed == ticket);
            }
        }
    }
});
