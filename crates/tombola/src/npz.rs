//! NumPy archives: named arrays in a `.npz` file, read and written.
//!
//! A `.npz` file is a zip archive of `.npy` members, stored or deflated. Read here: C order, little-endian `f4`, `f8`,
//! `i2`, `i4`, `i8`, `u1`, and `b1`, whose truths become 0 and 1 of `u1`. Written: the other types, stored, in the order given,
//! with a fixed date, so that equal arrays give equal bytes. Sources: the zip application note (APPNOTE 6.3, sections 4.3
//! and 4.4), without zip64; NumPy's format description, versions 1.0 and 2.0.
//!
//! Every number that a file claims is checked against its length before it is used: a damaged file is an error that
//! names the member, never a panic, and never a large allocation for a small file.

use std::fmt;
use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

/// An array with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Without `.npy`.
    pub name: String,
    /// Lengths of the axes, slowest first; empty for a single number.
    pub shape: Vec<usize>,
    /// The numbers, the last axis fastest.
    pub values: Values,
}

/// Numbers of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// `<f4`
    F32(Vec<f32>),
    /// `<f8`
    F64(Vec<f64>),
    /// `<i2`
    I16(Vec<i16>),
    /// `<i4`
    I32(Vec<i32>),
    /// `<i8`
    I64(Vec<i64>),
    /// `|u1`
    U8(Vec<u8>),
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::I16(values) => values.len(),
            Values::I32(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::U8(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As `f64`; whole numbers above 2^53 are rounded.
    pub fn wide(&self) -> Vec<f64> {
        match self {
            Values::F32(values) => values.iter().map(|&value| value.into()).collect(),
            Values::F64(values) => values.clone(),
            Values::I16(values) => values.iter().map(|&value| value.into()).collect(),
            Values::I32(values) => values.iter().map(|&value| value.into()).collect(),
            Values::I64(values) => values.iter().map(|&value| value as f64).collect(),
            Values::U8(values) => values.iter().map(|&value| value.into()).collect(),
        }
    }

    /// `values` in the type of `self`.
    pub fn like(&self, values: &[f64]) -> Values {
        match self {
            Values::F32(_) => Values::F32(values.iter().map(|&value| value as f32).collect()),
            Values::F64(_) => Values::F64(values.to_vec()),
            Values::I16(_) => Values::I16(values.iter().map(|&value| value as i16).collect()),
            Values::I32(_) => Values::I32(values.iter().map(|&value| value as i32).collect()),
            Values::I64(_) => Values::I64(values.iter().map(|&value| value as i64).collect()),
            Values::U8(_) => Values::U8(values.iter().map(|&value| value as u8).collect()),
        }
    }

    fn descriptor(&self) -> &'static str {
        match self {
            Values::F32(_) => "<f4",
            Values::F64(_) => "<f8",
            Values::I16(_) => "<i2",
            Values::I32(_) => "<i4",
            Values::I64(_) => "<i8",
            Values::U8(_) => "|u1",
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Values::F32(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::F64(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::I16(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::I32(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::I64(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::U8(values) => values.clone(),
        }
    }
}

/// Why a file is no archive of arrays that can be read here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum NpzError {
    NoArchive,
    TooLong,
    Directory { entry: usize },
    Member { name: String, problem: &'static str },
    Type { name: String, found: String },
}

impl fmt::Display for NpzError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NpzError::NoArchive => {
                write!(f, "no zip archive: its directory is missing, so the file may be cut off")
            }
            NpzError::TooLong => {
                write!(f, "its arrays are longer than {MOST_UNPACKED} bytes together, the most that is read")
            }
            NpzError::Directory { entry } => write!(f, "the archive's directory is damaged at entry {entry}"),
            NpzError::Member { name, problem } => write!(f, "array `{name}` is damaged: {problem}"),
            NpzError::Type { name, found } => {
                write!(
                    f,
                    "array `{name}` has type {found}; read here are <f4, <f8, <i2, <i4, <i8, |u1 and |b1 in C order"
                )
            }
        }
    }
}

impl std::error::Error for NpzError {}

/// Longer archives are not read: a record holds some megabytes.
pub const MOST_BYTES: u64 = 1 << 32;
/// Nor archives of more, unpacked and with their names: what is read can be written.
const MOST_UNPACKED: usize = (1 << 32) - (1 << 26);

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Bytes of the end record without its comment, of a directory entry and of a local header without names.
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?).into())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn part(bytes: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    bytes.get(start..start.checked_add(length)?)
}

/// The arrays of an archive, in the order of its directory.
pub fn read(bytes: &[u8]) -> Result<Vec<Array>, NpzError> {
    // The end record stands last, before a comment of at most 65,535 bytes.
    let latest = bytes.len().checked_sub(END_BYTES).ok_or(NpzError::NoArchive)?;
    let earliest = latest.saturating_sub(65_535);
    let is_end = |&at: &usize| word(bytes, at) == Some(END) && half(bytes, at + 20) == Some(latest - at);
    let end = (earliest..=latest).rev().find(is_end).ok_or(NpzError::NoArchive)?;
    let count = half(bytes, end + 10).ok_or(NpzError::NoArchive)?;
    let mut at = word(bytes, end + 16).ok_or(NpzError::NoArchive)? as usize;
    let mut arrays = Vec::new();
    let mut room = MOST_UNPACKED;
    for entry in 0..count {
        let member = directory_entry(bytes, at).ok_or(NpzError::Directory { entry })?;
        at = member.next;
        // Members may claim the same bytes over and over.
        room = room.checked_sub(member.unpacked + 2 * member.name.len()).ok_or(NpzError::TooLong)?;
        arrays.push(array(member.name, &content(bytes, &member)?)?);
    }
    Ok(arrays)
}

/// Where a member is and how it is packed.
struct Member<'a> {
    name: &'a str,
    method: usize,
    checksum: u32,
    packed: usize,
    unpacked: usize,
    local: usize,
    next: usize,
}

fn directory_entry(bytes: &[u8], at: usize) -> Option<Member<'_>> {
    if word(bytes, at)? != CENTRAL {
        return None;
    }
    let (name, extra, comment) = (half(bytes, at + 28)?, half(bytes, at + 30)?, half(bytes, at + 32)?);
    let file = std::str::from_utf8(part(bytes, at + CENTRAL_BYTES, name)?).ok()?;
    Some(Member {
        name: file.strip_suffix(".npy").unwrap_or(file),
        method: half(bytes, at + 10)?,
        checksum: word(bytes, at + 16)?,
        packed: word(bytes, at + 20)? as usize,
        unpacked: word(bytes, at + 24)? as usize,
        local: word(bytes, at + 42)? as usize,
        next: at + CENTRAL_BYTES + name + extra + comment,
    })
}

/// The unpacked bytes of a member.
fn content(bytes: &[u8], member: &Member<'_>) -> Result<Vec<u8>, NpzError> {
    let damaged = |problem| NpzError::Member { name: member.name.to_owned(), problem };
    if word(bytes, member.local) != Some(LOCAL) {
        return Err(damaged("it is not where the directory says"));
    }
    // Name and extra field may be longer here than in the directory.
    let lengths = (half(bytes, member.local + 26), half(bytes, member.local + 28));
    let (Some(name), Some(extra)) = lengths else { return Err(damaged("its header is cut off")) };
    let packed = part(bytes, member.local + LOCAL_BYTES + name + extra, member.packed);
    let packed = packed.ok_or_else(|| damaged("its data is cut off"))?;
    let mut unpacked = Vec::new();
    match member.method {
        0 => unpacked.extend_from_slice(packed),
        8 => {
            // One byte more than promised shows that there is more than promised.
            let mut decoder = DeflateDecoder::new(packed).take(member.unpacked as u64 + 1);
            decoder.read_to_end(&mut unpacked).map_err(|_| damaged("its packed data cannot be unpacked"))?;
        }
        _ => return Err(damaged("it is packed by a method other than deflate")),
    }
    if unpacked.len() != member.unpacked {
        return Err(damaged("its length is not what the directory says"));
    }
    let mut sum = Crc::new();
    sum.update(&unpacked);
    if sum.sum() != member.checksum {
        return Err(damaged("its checksum does not fit its data"));
    }
    Ok(unpacked)
}

/// An array from the bytes of a `.npy` file.
fn array(name: &str, bytes: &[u8]) -> Result<Array, NpzError> {
    let damaged = |problem| NpzError::Member { name: name.to_owned(), problem };
    let (header, data) = header(bytes).ok_or_else(|| damaged("its header is none of NumPy's"))?;
    let value = |key: &str| header.split_once(key).map(|(_, rest)| rest.trim_start_matches([':', ' ']));
    let descriptor = value("'descr'").and_then(|rest| rest.split('\'').nth(1)).unwrap_or("unknown");
    let shape = value("'shape'").and_then(|rest| rest.strip_prefix('(')?.split(')').next());
    let shape = shape.ok_or_else(|| damaged("its header has no shape"))?;
    let axes = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let shape: Vec<usize> = axes
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| damaged("its shape is no list of lengths"))?;
    let count = shape.iter().try_fold(1usize, |count, &axis| count.checked_mul(axis));
    let count = count.ok_or_else(|| damaged("its shape has more numbers than can be counted"))?;
    let unreadable = || NpzError::Type { name: name.to_owned(), found: descriptor.to_owned() };
    if !value("'fortran_order'").is_some_and(|rest| rest.starts_with("False")) && shape.len() > 1 {
        return Err(NpzError::Type {
            name: name.to_owned(),
            found: format!("{descriptor} in Fortran order"),
        });
    }
    let width = match descriptor {
        "<i2" => 2,
        "<f4" | "<i4" => 4,
        "<f8" | "<i8" => 8,
        "|u1" | "|b1" => 1,
        _ => return Err(unreadable()),
    };
    if count.checked_mul(width) != Some(data.len()) {
        return Err(damaged("its shape does not fit its data"));
    }
    let (twos, _) = data.as_chunks::<2>();
    let (fours, _) = data.as_chunks::<4>();
    let (eights, _) = data.as_chunks::<8>();
    let values = match descriptor {
        "<f4" => Values::F32(fours.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()),
        "<i2" => Values::I16(twos.iter().map(|&bytes| i16::from_le_bytes(bytes)).collect()),
        "<i4" => Values::I32(fours.iter().map(|&bytes| i32::from_le_bytes(bytes)).collect()),
        "<f8" => Values::F64(eights.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()),
        "<i8" => Values::I64(eights.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect()),
        _ => Values::U8(data.to_vec()),
    };
    Ok(Array { name: name.to_owned(), shape, values })
}

/// The text of the header, and what follows it.
fn header(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (length, start) = match rest.first()? {
        1 => (half(rest, 2)?, 4),
        2 | 3 => (word(rest, 2)? as usize, 6),
        _ => return None,
    };
    let text = std::str::from_utf8(part(rest, start, length)?).ok()?;
    Some((text, &rest[start + length..]))
}

/// The bytes of an archive of these arrays.
///
/// # Panics
///
/// If a shape does not fit its numbers, or there is more than a zip archive without extensions can hold (65,535 arrays,
/// 4 GiB).
///
/// ```
/// use tombola::npz::{Array, Values, read, write};
///
/// let array = Array { name: "x".into(), shape: vec![2, 1], values: Values::F64(vec![0.5, -1.0]) };
/// assert_eq!(read(&write(&[array.clone()]))?, [array]);
/// # Ok::<(), tombola::npz::NpzError>(())
/// ```
pub fn write(arrays: &[Array]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for array in arrays {
        assert_eq!(
            array.shape.iter().product::<usize>(),
            array.values.len(),
            "the shape of `{}`",
            array.name
        );
        let start = fitting(out.len());
        let name = format!("{}.npy", array.name);
        let data = npy(array);
        let mut sum = Crc::new();
        sum.update(&data);
        // Version 2.0, no flags, stored, 1 January 1980.
        let mut shared = Vec::new();
        shared.extend([20u16, 0, 0, 0, 0x21].into_iter().flat_map(u16::to_le_bytes));
        shared.extend(
            [sum.sum(), fitting(data.len()), fitting(data.len())].into_iter().flat_map(u32::to_le_bytes),
        );
        shared.extend([name.len() as u16, 0].into_iter().flat_map(u16::to_le_bytes));
        out.extend(LOCAL.to_le_bytes());
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(&data);

        directory.extend(CENTRAL.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&shared);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(arrays.len()).expect("at most 65,535 arrays");
    let (start, length) = (fitting(out.len()), fitting(directory.len()));
    out.extend(directory);
    out.extend(END.to_le_bytes());
    out.extend([0, 0, count, count].into_iter().flat_map(u16::to_le_bytes));
    out.extend([length, start].into_iter().flat_map(u32::to_le_bytes));
    out.extend(0u16.to_le_bytes());
    out
}

fn fitting(length: usize) -> u32 {
    u32::try_from(length).expect("at most 4 GiB")
}

/// The bytes of a `.npy` file.
fn npy(array: &Array) -> Vec<u8> {
    let axes: Vec<String> = array.shape.iter().map(ToString::to_string).collect();
    let comma = if axes.len() == 1 { "," } else { "" };
    let descriptor = array.values.descriptor();
    let mut text = format!(
        "{{'descr': '{descriptor}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        axes.join(", ")
    );
    // Magic, version and length are ten bytes; the data begins at a multiple of 64, after a line's end.
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text.extend(std::iter::repeat_n(' ', length - text.len() - 1));
    text.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((length as u16).to_le_bytes());
    out.extend(text.as_bytes());
    out.extend(array.values.bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<Array> {
        let array =
            |name: &str, shape: &[usize], values| Array { name: name.into(), shape: shape.into(), values };
        vec![
            array("number", &[], Values::F32(vec![0.1])),
            array("row", &[3], Values::F64(vec![1.0, -0.0, f64::MAX])),
            array("table", &[2, 2], Values::I64(vec![1, -2, i64::MAX, 4])),
            array("short", &[2], Values::I16(vec![-2, i16::MAX])),
            array("none", &[0, 5], Values::I32(vec![])),
            array("text", &[2], Values::U8(b"{}".to_vec())),
        ]
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(read(&write(&examples())).expect("an archive"), examples());
        assert_eq!(read(&write(&[])).expect("an empty archive"), []);
    }

    #[test]
    fn deflated_members_are_read() {
        // The archive of `numpy.savez_compressed(x=numpy.arange(100, dtype="<i4"))` but for its date: repacked here.
        let plain = Array { name: "x".into(), shape: vec![100], values: Values::I32((0..100).collect()) };
        let data = npy(&plain);
        let mut packed = Vec::new();
        let level = flate2::Compression::default();
        flate2::read::DeflateEncoder::new(&data[..], level).read_to_end(&mut packed).expect("memory");
        let mut archive = write(&[Array {
            values: Values::U8(packed.clone()),
            shape: vec![packed.len()],
            ..plain.clone()
        }]);
        // In place of the stored member comes the packed one: data, then method and lengths in both headers.
        let start = LOCAL_BYTES + "x.npy".len();
        let end = archive.len() - END_BYTES - CENTRAL_BYTES - "x.npy".len();
        archive.splice(start..end, packed.iter().copied());
        let directory = start + packed.len();
        let mut sum = Crc::new();
        sum.update(&data);
        for header in [0, directory + 2] {
            archive[header + 8] = 8;
            archive[header + 14..header + 18].copy_from_slice(&sum.sum().to_le_bytes());
            archive[header + 18..header + 22].copy_from_slice(&(packed.len() as u32).to_le_bytes());
            archive[header + 22..header + 26].copy_from_slice(&(data.len() as u32).to_le_bytes());
        }
        let last = archive.len() - END_BYTES;
        archive[last + 16..last + 20].copy_from_slice(&(directory as u32).to_le_bytes());
        assert_eq!(read(&archive).expect("an archive"), [plain]);
    }

    #[test]
    fn every_cut_and_most_changes_are_errors() {
        let whole = write(&examples());
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "cut to {length} bytes");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            // A changed date or name is no damage to numbers; anything read must have the right numbers.
            if let Ok(arrays) = read(&changed) {
                for (found, expected) in arrays.iter().zip(examples()) {
                    assert_eq!(found.values, expected.values, "byte {at}");
                }
            }
        }
    }

    #[test]
    fn members_that_together_claim_more_than_can_be_written_are_refused() {
        let mut archive = write(&examples());
        // The length that the directory claims of its last entry.
        let at = archive.len() - END_BYTES - "text.npy".len() - CENTRAL_BYTES + 24;
        archive[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(read(&archive), Err(NpzError::TooLong));
    }

    #[test]
    fn claims_beyond_the_file_are_refused() {
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 9999999999), }\n";
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        let message = array("x", &bytes).expect_err("nobody has so many").to_string();
        assert_eq!(message, "array `x` is damaged: its shape has more numbers than can be counted");
        let text = text.replace("<f8", "<c16").replace("9999999999, 9999999999", "");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        assert!(array("x", &bytes).expect_err("complex").to_string().contains("<c16"));
    }
}
