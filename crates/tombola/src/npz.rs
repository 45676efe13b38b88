//! NumPy archives: named arrays in a `.npz` file, read and written.
//!
//! A `.npz` file is a zip archive of `.npy` members, stored or deflated. Read here: C order, little-endian `f4`, `f8`,
//! `i2`, `i4`, `i8`, `u1`, and `b1`, whose truths become 0 and 1 of `u1`. Written: the other types, stored, in the order given,
//! with a fixed date, so that equal arrays give equal bytes. Sources: the zip application note (APPNOTE 6.3, sections 4.3
//! and 4.4), without zip64; NumPy's format description, versions 1.0 and 2.0.
//!
//! Every number that a file claims is checked against its length before it is used: a damaged file is an error that
//! names the member, never a panic, and never a large allocation for a small file.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

mod directory;

use self::directory::{
    CENTRAL, CENTRAL_BYTES, END, END_BYTES, LOCAL, LOCAL_BYTES, MOST_NAME, Member, directory, packed,
};

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

    /// One of them.
    ///
    /// # Panics
    ///
    /// If there is none of this index.
    pub fn at(&self, index: usize) -> f64 {
        match self {
            Values::F32(values) => values[index].into(),
            Values::F64(values) => values[index],
            Values::I16(values) => values[index].into(),
            Values::I32(values) => values[index].into(),
            Values::I64(values) => values[index] as f64,
            Values::U8(values) => values[index].into(),
        }
    }

    /// None yet of the type of `self`, with room for as many as `self` has.
    pub fn emptied(&self) -> Values {
        let room = self.len();
        match self {
            Values::F32(_) => Values::F32(Vec::with_capacity(room)),
            Values::F64(_) => Values::F64(Vec::with_capacity(room)),
            Values::I16(_) => Values::I16(Vec::with_capacity(room)),
            Values::I32(_) => Values::I32(Vec::with_capacity(room)),
            Values::I64(_) => Values::I64(Vec::with_capacity(room)),
            Values::U8(_) => Values::U8(Vec::with_capacity(room)),
        }
    }

    /// One more, in the type of `self`.
    pub fn push(&mut self, value: f64) {
        match self {
            Values::F32(values) => values.push(value as f32),
            Values::F64(values) => values.push(value),
            Values::I16(values) => values.push(value as i16),
            Values::I32(values) => values.push(value as i32),
            Values::I64(values) => values.push(value as i64),
            Values::U8(values) => values.push(value as u8),
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

    /// Bytes of one.
    fn width(&self) -> usize {
        match self {
            Values::U8(_) => 1,
            Values::I16(_) => 2,
            Values::F32(_) | Values::I32(_) => 4,
            Values::F64(_) | Values::I64(_) => 8,
        }
    }

    fn append(&self, out: &mut Vec<u8>) {
        match self {
            Values::F32(values) => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Values::F64(values) => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Values::I16(values) => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Values::I32(values) => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Values::I64(values) => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Values::U8(values) => out.extend(values),
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
    TooManyAxes { name: String },
    Directory { entry: usize },
    LongName { entry: usize, length: usize },
    Twice { name: String },
    Shared { names: [String; 2] },
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
            NpzError::TooManyAxes { name } => write!(
                f,
                "its arrays have more than {MOST_AXES_TOGETHER} axes together, from array `{name}` on; that is the most \
                 that is read, so leave out what is not needed"
            ),
            NpzError::Directory { entry } => write!(f, "the archive's directory is damaged at entry {entry}"),
            NpzError::LongName { entry, length } => write!(
                f,
                "the archive's directory is damaged at entry {entry}: its name has {length} bytes, and at most \
                 {MOST_NAME} are read"
            ),
            NpzError::Twice { name } => {
                write!(
                    f,
                    "array `{name}` is there more than once, and which one counts is not said: leave one in"
                )
            }
            NpzError::Shared { names: [one, other] } => write!(
                f,
                "arrays `{one}` and `{other}` are said to be in the same bytes of the file: write it again"
            ),
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

/// Longest header of an array that is looked at before the array is unpacked, and most axes, as NumPy has them.
const HEADER_BYTES: usize = 4096;
const MOST_AXES: usize = 64;
/// Most axes of all arrays whose shapes are held at once: four each, where there are as many arrays as an archive can have.
const MOST_AXES_TOGETHER: usize = 4 * 65_535;
/// A packed byte holds at most so many: deflate repeats 258 of them by two bits.
const DENSEST: usize = 1032;

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
    let mut room = MOST_UNPACKED;
    let members = directory(bytes)?.into_iter().map(|member| {
        // Each may claim to be far longer, unpacked, than it is.
        room = room.checked_sub(member.unpacked + 2 * member.name.len()).ok_or(NpzError::TooLong)?;
        array(member.name, &content(bytes, &member)?)
    });
    members.collect()
}

/// An archive whose arrays are unpacked when they are asked for: what it has is known before anything of it is held.
pub struct Archive<'a> {
    bytes: &'a [u8],
    members: Vec<Member<'a>>,
}

impl<'a> Archive<'a> {
    /// Reads the directory.
    pub fn open(bytes: &'a [u8]) -> Result<Archive<'a>, NpzError> {
        Ok(Archive { bytes, members: directory(bytes)? })
    }

    /// Reads names and shapes, in the order of the directory.
    pub fn shapes(&self) -> impl Iterator<Item = Result<(&'a str, Vec<usize>), NpzError>> {
        // A packed axis is shorter than the number that it becomes.
        let mut room = MOST_AXES_TOGETHER;
        self.members.iter().map(move |member| {
            let shape = shape(member.name, &beginning(self.bytes, member)?)?;
            let too_many = || NpzError::TooManyAxes { name: member.name.to_owned() };
            room = room.checked_sub(shape.len()).ok_or_else(too_many)?;
            Ok((member.name, shape))
        })
    }

    /// Bytes of an array, unpacked, as the directory claims them; 0 where there is no such array.
    pub fn claim(&self, index: usize) -> usize {
        self.members.get(index).map_or(0, |member| member.unpacked)
    }

    /// The numbers of an array.
    ///
    /// # Panics
    ///
    /// If there is no array of this index.
    pub fn values(&self, index: usize) -> Result<Values, NpzError> {
        let member = &self.members[index];
        Ok(array(member.name, &content(self.bytes, member)?)?.values)
    }
}

fn damaged(name: &str, problem: &'static str) -> NpzError {
    NpzError::Member { name: name.to_owned(), problem }
}

/// At most so many unpacked bytes of a member.
fn unpacked<'a>(packed: &'a [u8], member: &Member<'_>, most: usize) -> Result<Cow<'a, [u8]>, NpzError> {
    match member.method {
        0 => Ok(Cow::Borrowed(&packed[..packed.len().min(most)])),
        8 => {
            let mut unpacked = Vec::with_capacity(most.min(packed.len().saturating_mul(DENSEST)));
            let read = DeflateDecoder::new(packed).take(most as u64).read_to_end(&mut unpacked);
            read.map_err(|_| damaged(member.name, "its packed data cannot be unpacked"))?;
            Ok(Cow::Owned(unpacked))
        }
        _ => Err(damaged(member.name, "it is packed by a method other than deflate")),
    }
}

/// The first unpacked bytes of a member: its header, if that is none that is too long.
fn beginning<'a>(bytes: &'a [u8], member: &Member<'_>) -> Result<Cow<'a, [u8]>, NpzError> {
    unpacked(packed(bytes, member)?, member, HEADER_BYTES)
}

/// The unpacked bytes of a member.
fn content<'a>(bytes: &'a [u8], member: &Member<'_>) -> Result<Cow<'a, [u8]>, NpzError> {
    // One byte more than promised shows that there is more than promised.
    let unpacked = unpacked(packed(bytes, member)?, member, member.unpacked.saturating_add(1))?;
    if unpacked.len() != member.unpacked {
        return Err(damaged(member.name, "its length is not what the directory says"));
    }
    let mut sum = Crc::new();
    sum.update(&unpacked);
    if sum.sum() != member.checksum {
        return Err(damaged(member.name, "its checksum does not fit its data"));
    }
    Ok(unpacked)
}

/// What a header says of a key.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    header.split_once(key).map(|(_, rest)| rest.trim_start_matches([':', ' ']))
}

/// The shape of the array whose file begins with these bytes.
fn shape(name: &str, bytes: &[u8]) -> Result<Vec<usize>, NpzError> {
    let damaged = |problem| damaged(name, problem);
    let (header, _) = header(bytes).ok_or_else(|| damaged("its header is none of NumPy's"))?;
    let shape = value(header, "'shape'").and_then(|rest| rest.strip_prefix('(')?.split(')').next());
    let shape = shape.ok_or_else(|| damaged("its header has no shape"))?;
    let axes = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let shape: Vec<usize> = axes
        .take(MOST_AXES + 1)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| damaged("its shape is no list of lengths"))?;
    if shape.len() > MOST_AXES {
        return Err(damaged("it has more axes than NumPy knows"));
    }
    let count = shape.iter().try_fold(1usize, |count, &axis| count.checked_mul(axis));
    count.ok_or_else(|| damaged("its shape has more numbers than can be counted"))?;
    Ok(shape)
}

/// An array from the bytes of a `.npy` file.
fn array(name: &str, bytes: &[u8]) -> Result<Array, NpzError> {
    let shape = shape(name, bytes)?;
    let (header, data) = header(bytes).ok_or_else(|| damaged(name, "its header is none of NumPy's"))?;
    let descriptor = value(header, "'descr'").and_then(|rest| rest.split('\'').nth(1)).unwrap_or("unknown");
    let unreadable = |found: String| NpzError::Type { name: name.to_owned(), found };
    let is_c_order = value(header, "'fortran_order'").is_some_and(|rest| rest.starts_with("False"));
    if !is_c_order && shape.len() > 1 {
        return Err(unreadable(format!("{descriptor} in Fortran order")));
    }
    let width = match descriptor {
        "<i2" => 2,
        "<f4" | "<i4" => 4,
        "<f8" | "<i8" => 8,
        "|u1" | "|b1" => 1,
        _ => return Err(unreadable(descriptor.to_owned())),
    };
    if shape.iter().product::<usize>().checked_mul(width) != Some(data.len()) {
        return Err(damaged(name, "its shape does not fit its data"));
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
    // as long as it becomes: growing by doubling would hold up to three times as much
    let members = arrays.iter().map(|array| {
        let name = array.name.len() + ".npy".len();
        LOCAL_BYTES
            + CENTRAL_BYTES
            + 2 * name
            + header_of(array).len()
            + array.values.width() * array.values.len()
    });
    let (mut out, mut directory) = (Vec::with_capacity(END_BYTES + members.sum::<usize>()), Vec::new());
    for array in arrays {
        assert_eq!(
            array.shape.iter().product::<usize>(),
            array.values.len(),
            "the shape of `{}`",
            array.name
        );
        let start = fitting(out.len());
        let name = format!("{}.npy", array.name);
        out.extend([0; LOCAL_BYTES]);
        out.extend(name.as_bytes());
        let data = out.len();
        out.extend(header_of(array));
        array.values.append(&mut out);
        let length = fitting(out.len() - data);
        let mut sum = Crc::new();
        sum.update(&out[data..]);
        // Version 2.0, no flags, stored, 1 January 1980.
        let mut shared = Vec::new();
        shared.extend([20u16, 0, 0, 0, 0x21].into_iter().flat_map(u16::to_le_bytes));
        shared.extend([sum.sum(), length, length].into_iter().flat_map(u32::to_le_bytes));
        shared.extend([name.len() as u16, 0].into_iter().flat_map(u16::to_le_bytes));
        let local = [&LOCAL.to_le_bytes()[..], &shared].concat();
        out[start as usize..][..LOCAL_BYTES].copy_from_slice(&local);

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

/// What stands before the numbers in a `.npy` file.
fn header_of(array: &Array) -> Vec<u8> {
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
    out
}

#[cfg(test)]
mod tests;
