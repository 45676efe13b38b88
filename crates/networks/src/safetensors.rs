//! The safetensors format: named arrays and text, read and written from memory.
//!
//! ```text
//!   8 bytes   length N of the header, little-endian
//!   N bytes   JSON: {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
//!   the rest  the arrays, little-endian, the last axis fastest; without gaps or overlaps
//! ```
//!
//! Source: the format's description, `safetensors/README.md`, version 0.8. Every number that a file claims is checked
//! against its length before it is used, names may come once, and bytes that belong to no array are refused. So a damaged
//! file is an error that names its place, never a panic, and reading takes little more memory than the file has.
//!
//! Departures: headers are read up to 16 MiB (the reference reads 100 MB), with up to 65,536 arrays of up to 8 axes and as
//! many texts. Written are headers whose arrays lie as the reference writes them, those with wide elements first.

use std::fmt;

mod header;

/// Longest header that is read.
const MOST_HEADER: usize = 16 << 20;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of the format say it")]
pub enum Dtype {
    Bool,
    U8,
    I8,
    U16,
    I16,
    F16,
    Bf16,
    U32,
    I32,
    F32,
    U64,
    I64,
    F64,
}

/// All types, their names and their bytes.
const DTYPES: [(Dtype, &str, usize); 13] = [
    (Dtype::Bool, "BOOL", 1),
    (Dtype::U8, "U8", 1),
    (Dtype::I8, "I8", 1),
    (Dtype::U16, "U16", 2),
    (Dtype::I16, "I16", 2),
    (Dtype::F16, "F16", 2),
    (Dtype::Bf16, "BF16", 2),
    (Dtype::U32, "U32", 4),
    (Dtype::I32, "I32", 4),
    (Dtype::F32, "F32", 4),
    (Dtype::U64, "U64", 8),
    (Dtype::I64, "I64", 8),
    (Dtype::F64, "F64", 8),
];

impl Dtype {
    fn row(self) -> (Dtype, &'static str, usize) {
        *DTYPES.iter().find(|(dtype, ..)| *dtype == self).expect("all types are in the table")
    }

    /// `F32`
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Bytes of an element.
    pub fn width(self) -> usize {
        self.row().2
    }

    fn named(name: &str) -> Option<Dtype> {
        DTYPES.iter().find(|(_, known, _)| *known == name).map(|(dtype, ..)| *dtype)
    }
}

/// A named array of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array<'a> {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub dtype: Dtype,
    /// Lengths of the axes, the last fastest; empty for a single number.
    pub shape: Vec<usize>,
    /// The elements, little-endian.
    pub bytes: &'a [u8],
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File<'a> {
    /// Texts by key, in the order of the file.
    pub metadata: Vec<(String, String)>,
    /// The arrays, in the order of the file.
    pub arrays: Vec<Array<'a>>,
}

/// Why bytes are no safetensors file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SafetensorsError {
    /// Not even a length.
    Short {
        /// Bytes of the file.
        found: usize,
    },
    /// The header ends beyond the file, or is too long.
    HeaderLength {
        /// As it says.
        claimed: u64,
        /// As it can be.
        limit: usize,
    },
    /// The header is not the JSON that it should be.
    Header {
        /// Where, in bytes from the start of the file.
        place: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An array has not the bytes that its type and shape need.
    Length {
        /// Which array.
        name: String,
        /// As many as type and shape need; none where that overflows.
        expected: Option<usize>,
        /// As many as its place has.
        found: usize,
    },
    /// An array does not begin where the one before it ends.
    Place {
        /// Which array.
        name: String,
        /// Where it should begin, from the end of the header.
        expected: usize,
        /// Where it begins.
        found: usize,
    },
    /// The arrays end before the file, or beyond it.
    End {
        /// Bytes that arrays fill.
        expected: usize,
        /// Bytes after the header.
        found: usize,
    },
}

impl fmt::Display for SafetensorsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SafetensorsError::Short { found } => {
                write!(f, "no safetensors file: {found} bytes, at least 10 are needed")
            }
            SafetensorsError::HeaderLength { claimed, limit } => write!(
                f,
                "byte 0: a header of {claimed} bytes, where at most {limit} can be; the file is cut off or no safetensors file"
            ),
            SafetensorsError::Header { place, problem } => {
                write!(f, "byte {place}: the header is damaged: {problem}")
            }
            SafetensorsError::Length { name, expected: Some(expected), found } => {
                write!(f, "array `{}` has {found} bytes; its type and shape need {expected}", short(name))
            }
            SafetensorsError::Length { name, expected: None, found } => write!(
                f,
                "array `{}` has {found} bytes; its shape has more elements than can be counted",
                short(name)
            ),
            SafetensorsError::Place { name, expected, found } => write!(
                f,
                "array `{}` begins at byte {found} of the data, expected {expected}: arrays overlap or leave gaps",
                short(name)
            ),
            SafetensorsError::End { expected, found } => write!(
                f,
                "the arrays end at byte {expected} of the data, but the file has {found}: it is cut off or has been added to"
            ),
        }
    }
}

impl std::error::Error for SafetensorsError {}

/// A name for a message: a made-up file can have one of a million letters.
pub(crate) fn short(name: &str) -> String {
    if name.chars().count() <= 60 {
        return name.to_owned();
    }
    name.chars().take(57).chain("...".chars()).collect()
}

/// Reads a file.
///
/// ```
/// use networks::safetensors::{self, Dtype, Owned};
///
/// let array = Owned::f32("x", &[2], &[0.5, -1.0]);
/// let bytes = safetensors::write(&[("made by", "hand")], &[array]);
/// let file = safetensors::read(&bytes)?;
/// assert_eq!(file.metadata, [("made by".to_owned(), "hand".to_owned())]);
/// assert_eq!((file.arrays[0].dtype, &file.arrays[0].shape[..]), (Dtype::F32, &[2][..]));
/// assert_eq!(file.arrays[0].to_f32(), Some(vec![0.5, -1.0]));
/// # Ok::<(), safetensors::SafetensorsError>(())
/// ```
pub fn read(bytes: &[u8]) -> Result<File<'_>, SafetensorsError> {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(SafetensorsError::Short { found: bytes.len() });
    };
    let claimed = u64::from_le_bytes(*length);
    let limit = rest.len().min(MOST_HEADER);
    let len = usize::try_from(claimed).ok().filter(|&len| len <= limit);
    let len = len.ok_or(SafetensorsError::HeaderLength { claimed, limit })?;
    let (text, data) = rest.split_at(len);
    let header = header::parse(text)?;
    let mut entries = header.arrays;
    entries.sort_by_key(|entry| entry.offsets);
    let mut next = 0;
    let mut arrays = Vec::with_capacity(entries.len());
    for header::Entry { name, dtype, shape, offsets: (start, end) } in entries {
        if start != next {
            return Err(SafetensorsError::Place { name, expected: next, found: start });
        }
        let found = end.saturating_sub(start);
        let expected = shape.iter().try_fold(dtype.width(), |len, &axis| len.checked_mul(axis));
        if expected != Some(found) || end < start {
            return Err(SafetensorsError::Length { name, expected, found });
        }
        let Some(bytes) = data.get(start..end) else {
            return Err(SafetensorsError::End { expected: end, found: data.len() });
        };
        arrays.push(Array { name, dtype, shape, bytes });
        next = end;
    }
    if next != data.len() {
        return Err(SafetensorsError::End { expected: next, found: data.len() });
    }
    Ok(File { metadata: header.metadata, arrays })
}

impl<'a> File<'a> {
    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str())
    }

    /// The array of a name.
    pub fn array(&self, name: &str) -> Option<&Array<'a>> {
        self.arrays.iter().find(|array| array.name == name)
    }
}

impl Array<'_> {
    /// Elements.
    #[allow(clippy::len_without_is_empty, reason = "an array without elements is as good as any")]
    pub fn len(&self) -> usize {
        self.bytes.len() / self.dtype.width()
    }

    /// The elements, if they are floats: `F32` as they are, `F16` and `BF16` exactly, `F64` rounded.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        match self.dtype {
            Dtype::F32 => Some(self.elements(f32::from_le_bytes)),
            Dtype::F64 => Some(self.elements(|bytes| f64::from_le_bytes(bytes) as f32)),
            Dtype::F16 => Some(self.elements(|bytes| half(u16::from_le_bytes(bytes)))),
            Dtype::Bf16 => {
                Some(self.elements(|bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)))
            }
            _ => None,
        }
    }

    /// The elements, if they are `F64`.
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        (self.dtype == Dtype::F64).then(|| self.elements(f64::from_le_bytes))
    }

    /// The elements, if they are `I32`.
    pub fn to_i32(&self) -> Option<Vec<i32>> {
        (self.dtype == Dtype::I32).then(|| self.elements(i32::from_le_bytes))
    }

    fn elements<const N: usize, T>(&self, convert: impl Fn([u8; N]) -> T) -> Vec<T> {
        self.bytes.as_chunks::<N>().0.iter().map(|&bytes| convert(bytes)).collect()
    }
}

/// The number that sixteen bits of IEEE 754 stand for.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10 & 31), u32::from(bits & 1023));
    match exponent {
        // multiples of 2^-24, and zero
        0 => f32::from_bits(sign | (fraction as f32 * f32::from_bits((127 - 24) << 23)).to_bits()),
        31 => f32::from_bits(sign | 255 << 23 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13),
    }
}

/// An array to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Owned {
    /// An array of `F32`.
    ///
    /// # Panics
    ///
    /// If the shape has not as many elements as there are values.
    pub fn f32(name: impl Into<String>, shape: &[usize], values: &[f32]) -> Owned {
        Owned::new(name, Dtype::F32, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// An array of `F64`.
    ///
    /// # Panics
    ///
    /// As above.
    pub fn f64(name: impl Into<String>, shape: &[usize], values: &[f64]) -> Owned {
        Owned::new(name, Dtype::F64, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// An array of `I32`.
    ///
    /// # Panics
    ///
    /// As above.
    pub fn i32(name: impl Into<String>, shape: &[usize], values: &[i32]) -> Owned {
        Owned::new(name, Dtype::I32, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    fn new(name: impl Into<String>, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> Owned {
        let name = name.into();
        let expected = shape.iter().product::<usize>() * dtype.width();
        assert_eq!(bytes.len(), expected, "bytes of `{name}` in its shape");
        Owned { name, dtype, shape: shape.to_vec(), bytes }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it will be read.
    pub fn array(&self) -> Array<'_> {
        Array { name: self.name.clone(), dtype: self.dtype, shape: self.shape.clone(), bytes: &self.bytes }
    }
}

/// The bytes of a file: a function of what is in it.
///
/// # Panics
///
/// If a name or a key comes twice, or an array is called `__metadata__`.
pub fn write(metadata: &[(&str, &str)], arrays: &[Owned]) -> Vec<u8> {
    // wide elements first, so that all are aligned; then by name
    let mut order: Vec<&Owned> = arrays.iter().collect();
    order.sort_by(|a, b| b.dtype.width().cmp(&a.dtype.width()).then_with(|| a.name.cmp(&b.name)));
    let mut text = header::written(metadata, &order);
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    order.iter().for_each(|array| bytes.extend(&array.bytes));
    bytes
}

#[cfg(test)]
mod tests;
