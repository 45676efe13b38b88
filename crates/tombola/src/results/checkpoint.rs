//! Checkpoints: bytes of a unit, with who wrote them and a checksum over all of it.
//!
//! ```text
//!   SHA-256 of the rest, a line
//!   tombola checkpoint 1
//!   program NAME VERSION
//!   unit ID
//!   file SHA-256 SIZE NAME      each result that was written before it
//!   an empty line, and the bytes
//! ```
//!
//! A checkpoint follows on results that were written before it. Where one of them has gone, so has the way from there to
//! here, and the checkpoint with it.

use tasks::vision::checksum::Checksum;

use super::Entry;

const FIRST: &str = "tombola checkpoint 1";

/// Digits of a checksum and the end of their line.
const SUM: usize = 65;

/// A checkpoint as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) program: String,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn encode(program: &str, unit: &str, files: &[Entry], bytes: &[u8]) -> Vec<u8> {
    let files: String = files.iter().map(|entry| format!("file {}\n", entry.line())).collect();
    let mut rest = format!("{FIRST}\nprogram {program}\nunit {unit}\n{files}\n").into_bytes();
    rest.extend_from_slice(bytes);
    let mut file = Checksum::of(&rest).into_bytes();
    file.push(b'\n');
    file.extend(rest);
    file
}

/// A checkpoint of the unit, which has these files now; or what is wrong with it.
pub(super) fn decode(file: &[u8], unit: &str, files: &[Entry]) -> Result<Checkpoint, String> {
    let (sum, rest) = file.split_at_checked(SUM).ok_or("it ends within its checksum")?;
    if sum != format!("{}\n", Checksum::of(rest)).as_bytes() {
        return Err("its checksum does not fit".to_owned());
    }
    let end = rest.windows(2).position(|pair| pair == b"\n\n").ok_or("its head has no end")?;
    let head = std::str::from_utf8(&rest[..end]).map_err(|_| "its head is no text")?;
    let mut lines = head.lines();
    if lines.next() != Some(FIRST) {
        return Err(format!("it does not begin with `{FIRST}`"));
    }
    let program = lines.next().and_then(|line| line.strip_prefix("program ")).ok_or("it names no program")?;
    let found = lines.next().and_then(|line| line.strip_prefix("unit ")).ok_or("it names no unit")?;
    if found != unit {
        return Err(format!("it belongs to the unit {found}"));
    }
    for line in lines {
        let entry =
            line.strip_prefix("file ").and_then(Entry::parse).ok_or("its list of files is no list")?;
        if !files.contains(&entry) {
            return Err(format!("it follows on {}, which is not there", entry.name));
        }
    }
    Ok(Checkpoint { program: program.to_owned(), bytes: rest[end + 2..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written_or_not_at_all() {
        let files = [Entry::of("a", b"1"), Entry::of("b", b"")];
        for bytes in [&b""[..], b"x", b"\n\n", &[0; 3000]] {
            let file = encode("tombola 9", "aa", &files[..1], bytes);
            let expected = Checkpoint { program: "tombola 9".to_owned(), bytes: bytes.to_vec() };
            assert_eq!(decode(&file, "aa", &files).unwrap(), expected);
            assert!(decode(&file, "bb", &files).unwrap_err().contains("the unit aa"));
            assert!(decode(&file, "aa", &files[1..]).unwrap_err().contains("follows on a, "));
            for end in 0..file.len() {
                assert!(decode(&file[..end], "aa", &files).is_err(), "cut at {end}");
            }
            for at in 0..file.len() {
                let mut broken = file.clone();
                broken[at] ^= 1;
                assert!(decode(&broken, "aa", &files).is_err(), "byte {at}");
            }
        }
    }
}
