//! One gzip member that is the whole file: its frame, and a reader that gives out its content in parts.
//!
//! Sources: RFC 1952 (the frame) and RFC 1951 (inside, by `flate2`). Stricter than the RFC asks in one thing: nothing may
//! follow the member, neither bytes nor another member, for the sets of this world are published as one.
//!
//! The content's length stands in the last four bytes, and a deflated stream holds at most 1032 times its own length. So
//! what a header inside claims can be refused before memory is taken for it.

use std::fmt;

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// A stream of `n` bytes holds at most this times `n`: a match of 258 bytes costs two bits.
const MOST: u64 = 1032;

/// The fixed part of a header, and the trailer: checksum and length.
const HEADER: usize = 10;
const TRAILER: usize = 8;

/// Bits of the header's flags: a checksum of the header, and three fields before the content.
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Whether `bytes` begin like a gzip file.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Why a file is no gzip member. Offsets count bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum GzipError {
    /// The file ends inside the frame.
    Short { length: usize },
    /// A byte of the header that no reader understands.
    Header { offset: usize, field: &'static str, expected: &'static str, found: u8 },
    /// The header's own checksum.
    HeaderChecksum { offset: usize, expected: u16, found: u16 },
    /// The stream is not what RFC 1951 describes.
    Stream { offset: usize },
    /// The stream has no end before the trailer.
    Cut { offset: usize },
    /// The stream ends early: something follows its member.
    Trailing { offset: usize, bytes: usize },
    /// The content is longer or shorter than the trailer says, modulo 2^32.
    Length { offset: usize, expected: u32, found: u64 },
    /// The content is not what was packed.
    Checksum { offset: usize, expected: u32, found: u32 },
}

impl fmt::Display for GzipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            GzipError::Short { length } => {
                write!(f, "gzip: the file ends after {length} bytes, inside its frame: it may be cut off")
            }
            GzipError::Header { offset, field, expected, found } => {
                write!(f, "gzip: offset {offset}: {field} must be {expected}, found {found}")
            }
            GzipError::HeaderChecksum { offset, expected, found } => {
                write!(
                    f,
                    "gzip: offset {offset}: checksum of the header: expected {expected:04x}, found {found:04x}"
                )
            }
            GzipError::Stream { offset } => {
                write!(f, "gzip: the packed stream is damaged near offset {offset}")
            }
            GzipError::Cut { offset } => {
                write!(
                    f,
                    "gzip: the packed stream goes on at offset {offset}, where the trailer must be: the file may be cut off"
                )
            }
            GzipError::Trailing { offset, bytes } => {
                write!(f, "gzip: the file must end at offset {offset}, found {bytes} more bytes")
            }
            GzipError::Length { offset, expected, found } => {
                write!(
                    f,
                    "gzip: offset {offset}: the trailer promises {expected} unpacked bytes, found {found}"
                )
            }
            GzipError::Checksum { offset, expected, found } => {
                write!(
                    f,
                    "gzip: offset {offset}: the trailer's checksum is {expected:08x}, that of the content {found:08x}"
                )
            }
        }
    }
}

impl std::error::Error for GzipError {}

/// A member that is being unpacked.
#[derive(Debug)]
pub(super) struct Member<'a> {
    file: &'a [u8],
    /// Where the stream begins and must end.
    start: usize,
    end: usize,
    inflate: Decompress,
    is_done: bool,
    crc: Crc,
}

impl<'a> Member<'a> {
    /// Checks the frame.
    pub(super) fn new(file: &'a [u8]) -> Result<Member<'a>, GzipError> {
        let start = stream_start(file)?;
        let end = file.len().checked_sub(TRAILER).filter(|&end| end >= start);
        let end = end.ok_or(GzipError::Short { length: file.len() })?;
        Ok(Member { file, start, end, inflate: Decompress::new(false), is_done: false, crc: Crc::new() })
    }

    /// Whether the content can be `length` bytes long, by the trailer and by what a stream can hold.
    pub(super) fn may_hold(&self, length: u64) -> bool {
        let stream = (self.end - self.start) as u64;
        length as u32 == self.promised() && length <= stream.saturating_mul(MOST)
    }

    /// Fills `out` as far as there is content, and says how far that is.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, GzipError> {
        let mut filled = 0;
        while filled < out.len() && !self.is_done {
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let at = self.start + read as usize;
            let status =
                self.inflate.decompress(&self.file[at..self.end], &mut out[filled..], FlushDecompress::None);
            let offset = self.start + self.inflate.total_in() as usize;
            filled += (self.inflate.total_out() - written) as usize;
            match status {
                Ok(Status::StreamEnd) => self.is_done = true,
                Ok(Status::Ok) if self.inflate.total_out() > written || self.inflate.total_in() > read => {}
                // no step forward although there was room for one
                Ok(_) => return Err(GzipError::Cut { offset }),
                Err(_) => return Err(GzipError::Stream { offset }),
            }
        }
        self.crc.update(&out[..filled]);
        Ok(filled)
    }

    /// Checks that the content has been read to its end, and that it is what was packed.
    pub(super) fn finish(mut self) -> Result<(), GzipError> {
        let mut rest = [0; 1 << 12];
        while self.read(&mut rest)? > 0 {}
        let (end, found) = (self.start + self.inflate.total_in() as usize, self.inflate.total_out());
        if end != self.end {
            let (offset, bytes) = (end + TRAILER, self.end - end);
            return Err(GzipError::Trailing { offset, bytes });
        }
        let (expected, sum) = (word(self.file, self.end), self.crc.sum());
        if expected != sum {
            return Err(GzipError::Checksum { offset: self.end, expected, found: sum });
        }
        if self.promised() != found as u32 {
            return Err(GzipError::Length { offset: self.end + 4, expected: self.promised(), found });
        }
        Ok(())
    }

    /// The length of the content, modulo 2^32, by the trailer.
    fn promised(&self) -> u32 {
        word(self.file, self.end + 4)
    }
}

/// The little-endian number at `offset`, which the frame proved to be inside.
fn word(file: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(file[offset..offset + 4].try_into().expect("four bytes"))
}

/// Where the header ends.
fn stream_start(file: &[u8]) -> Result<usize, GzipError> {
    let short = GzipError::Short { length: file.len() };
    let header = file.get(..HEADER).ok_or(short.clone())?;
    let refused = |offset: usize, field, expected| {
        Err(GzipError::Header { offset, field, expected, found: header[offset] })
    };
    if header[0] != 0x1f {
        return refused(0, "the first byte", "31");
    }
    if header[1] != 0x8b {
        return refused(1, "the second byte", "139");
    }
    if header[2] != 8 {
        return refused(2, "the method", "8, which is deflate");
    }
    let flags = header[3];
    if flags & RESERVED != 0 {
        return refused(3, "the flags", "below 32");
    }
    let mut at = HEADER;
    if flags & EXTRA != 0 {
        let length = file.get(at..at + 2).ok_or(short.clone())?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for field in [NAME, COMMENT] {
        if flags & field != 0 {
            let text = file.get(at..).ok_or(short.clone())?;
            at += 1 + text.iter().position(|&byte| byte == 0).ok_or(short.clone())?;
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        let sum = file.get(at..at + 2).ok_or(short.clone())?;
        let expected = u16::from_le_bytes([sum[0], sum[1]]);
        let mut crc = Crc::new();
        crc.update(&file[..at]);
        let found = crc.sum() as u16;
        if expected != found {
            return Err(GzipError::HeaderChecksum { offset: at, expected, found });
        }
        at += 2;
    }
    if at > file.len() { Err(short) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn packed(builder: GzBuilder, content: &[u8]) -> Vec<u8> {
        let mut encoder = builder.write(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(file: &[u8]) -> Result<Vec<u8>, GzipError> {
        let mut member = Member::new(file)?;
        let mut content = vec![0; 1 << 16];
        let length = member.read(&mut content)?;
        content.truncate(length);
        member.finish()?;
        Ok(content)
    }

    /// Bytes that pack neither well nor badly.
    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * i / 7) as u8).collect()
    }

    #[test]
    fn every_form_of_the_header_is_read() {
        for length in [0, 1, 5000] {
            let content = content(length);
            let plain = packed(GzBuilder::new(), &content);
            assert_eq!(unpacked(&plain), Ok(content.clone()));
            let full = GzBuilder::new().filename("a name").comment("a comment").extra(vec![1, 0, 3]).mtime(7);
            let full = packed(full, &content);
            assert_eq!(unpacked(&full), Ok(content.clone()));
            // a checksum of the header, which the encoder does not write
            let mut summed = full[..HEADER].to_vec();
            summed[3] = HEADER_CHECKSUM;
            let mut crc = Crc::new();
            crc.update(&summed);
            summed.extend((crc.sum() as u16).to_le_bytes());
            summed.extend(&plain[HEADER..]);
            assert_eq!(unpacked(&summed), Ok(content));
            summed[HEADER] ^= 1;
            assert!(matches!(unpacked(&summed), Err(GzipError::HeaderChecksum { offset: HEADER, .. })));
        }
    }

    #[test]
    fn what_follows_the_member_is_refused_with_its_place() {
        let one = packed(GzBuilder::new(), &content(5000));
        for more in [&b"x"[..], &[0; 8], &[0; 4000], &one] {
            let file = [&one, more].concat();
            let error = GzipError::Trailing { offset: one.len(), bytes: more.len() };
            assert_eq!(unpacked(&file), Err(error));
        }
    }

    #[test]
    fn every_shorter_file_is_refused() {
        let file = packed(GzBuilder::new().filename("a name"), &content(3000));
        for length in 0..file.len() {
            assert!(unpacked(&file[..length]).is_err(), "{length} of {} bytes", file.len());
        }
    }

    #[test]
    fn every_flipped_bit_is_refused_or_changes_nothing() {
        let content = content(3000);
        let file = packed(GzBuilder::new().filename("a name"), &content);
        let mut harmless = 0;
        for bit in 0..8 * file.len() {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(found) = unpacked(&flipped) {
                assert_eq!(found, content, "bit {bit}");
                harmless += 1;
            }
        }
        // The time, two bytes of no meaning, and the name, which may become shorter only if its bytes are a stream.
        assert!((8 * 6..=8 * (6 + 7)).contains(&harmless), "{harmless} flips changed nothing");
    }

    #[test]
    fn a_promise_that_no_stream_can_keep_is_seen() {
        let file = packed(GzBuilder::new(), &content(5000));
        let member = Member::new(&file).unwrap();
        assert!(member.may_hold(5000));
        assert!(!member.may_hold(4999) && !member.may_hold(5000 + (1 << 32)));
    }

    #[test]
    fn messages_say_where_what_was_expected_and_what_was_found() {
        let mut file = packed(GzBuilder::new(), b"content");
        let at = file.len() - 8;
        file[at] ^= 1;
        let error = unpacked(&file).unwrap_err().to_string();
        assert!(error.contains(&format!("offset {at}")) && error.contains("that of the content"), "{error}");
        file[2] = 9;
        assert_eq!(
            unpacked(&file).unwrap_err().to_string(),
            "gzip: offset 2: the method must be 8, which is deflate, found 9"
        );
    }
}
