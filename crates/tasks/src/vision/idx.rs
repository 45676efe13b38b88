//! The IDX format: unsigned bytes with a shape, plain or packed with gzip.
//!
//! ```text
//! offset 0   0 0 8 A           type 8: unsigned bytes; A axes
//!        4   A numbers         lengths of the axes, slowest first, big-endian, 32 bits each
//!        4 + 4 A               the bytes, and nothing after them
//! ```
//!
//! Source: the description beside the MNIST files (LeCun, Cortes, Burges). It allows other types; the image sets use this
//! one. Images have three axes (count, rows, columns), labels one.
//!
//! A shape is compared with the length of the data before memory is taken for it: of a plain file that is the file's
//! length, of a packed one what its trailer promises and what its stream can hold. So a file of `n` bytes costs at most
//! its data, or two times `n` where its header lies. Nothing here knows files: errors give offsets, the loader adds paths.

use std::fmt;

pub use super::gzip::GzipError;
use super::gzip::{self, Member};

/// The type of unsigned bytes.
const BYTES: u8 = 8;

/// Most bytes of data that are read: more than the largest set of the family has (EMNIST by class, 547 million).
pub const LARGEST: u64 = 1 << 30;

/// Memory is taken in steps, as data comes: a stream that promises much and holds little costs little.
const STEP: usize = 1 << 24;

/// Images of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdxImages {
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// `[image][row][column]`
    pub pixels: Vec<u8>,
}

/// Why bytes are no images or labels. Offsets count unpacked bytes where the file is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum IdxError {
    /// The packing is damaged.
    Gzip(GzipError),
    /// Too short for a header.
    Header { expected: usize, found: usize },
    /// Another type of numbers, another number of axes, or no IDX at all.
    Magic { expected: [u8; 4], found: [u8; 4] },
    /// Images without pixels, or more data than is read.
    Shape { shape: Vec<u32>, problem: &'static str },
    /// Data of another length than the shape asks for.
    Length { shape: Vec<u32>, expected: u64, found: Found },
}

/// How much data there is, as far as it is known without unpacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// So many bytes.
    Bytes(u64),
    /// Not what the packed stream can hold, or not what its trailer promises.
    Less,
}

impl fmt::Display for IdxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdxError::Gzip(error) => error.fmt(f),
            IdxError::Header { expected, found } => {
                write!(f, "idx: offset 0: expected a header of {expected} bytes, found {found} bytes in all")
            }
            IdxError::Magic { expected, found } => {
                write!(f, "idx: offset 0: expected {}, found {}", Magic(*expected), Magic(*found))
            }
            IdxError::Shape { shape, problem } => {
                write!(
                    f,
                    "idx: offset 4: expected images that can be read, found {}: {problem}",
                    Shape(shape)
                )
            }
            IdxError::Length { shape, expected, found } => {
                let offset = 4 + 4 * shape.len();
                write!(f, "idx: offset {offset}: expected {expected} bytes for {}, found ", Shape(shape))?;
                match found {
                    Found::Bytes(found) => write!(f, "{found}"),
                    Found::Less => f.write_str("a packed stream of another length"),
                }
            }
        }
    }
}

impl std::error::Error for IdxError {}

impl From<GzipError> for IdxError {
    fn from(error: GzipError) -> IdxError {
        IdxError::Gzip(error)
    }
}

/// Four bytes with what they say.
struct Magic([u8; 4]);

impl fmt::Display for Magic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, kind, axes] = self.0;
        write!(f, "the bytes {a} {b} {kind} {axes}")?;
        match self.0 {
            [0, 0, BYTES, 1] => f.write_str(" (labels)"),
            [0, 0, BYTES, 3] => f.write_str(" (images)"),
            [0, 0, BYTES, _] => write!(f, " (unsigned bytes with {axes} axes)"),
            [0, 0, 9 | 11..=14, _] => f.write_str(" (another type of numbers)"),
            _ => f.write_str(" (no IDX file)"),
        }
    }
}

/// `60000 x 28 x 28`
struct Shape<'a>(&'a [u32]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths: Vec<String> = self.0.iter().map(u32::to_string).collect();
        write!(f, "the shape {}", lengths.join(" x "))
    }
}

/// The images of a file, packed or not.
pub fn images(file: &[u8]) -> Result<IdxImages, IdxError> {
    let ([_, height, width], pixels) = read(file)?;
    Ok(IdxImages { height: height as usize, width: width as usize, pixels })
}

/// The labels of a file, packed or not.
pub fn labels(file: &[u8]) -> Result<Vec<u8>, IdxError> {
    Ok(read::<1>(file)?.1)
}

/// The bytes of a plain file of images, from `[image][row][column]`.
///
/// # Panics
///
/// If the images are no whole number, or more than 32 bits can count.
pub fn images_file(height: usize, width: usize, pixels: &[u8]) -> Vec<u8> {
    let each = height * width;
    assert!(each > 0 && pixels.len().is_multiple_of(each), "a whole number of images");
    file([pixels.len() / each, height, width], pixels)
}

/// The bytes of a plain file of labels.
///
/// # Panics
///
/// If there are more than 32 bits can count.
pub fn labels_file(labels: &[u8]) -> Vec<u8> {
    file([labels.len()], labels)
}

fn file<const AXES: usize>(shape: [usize; AXES], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, BYTES, AXES as u8];
    for length in shape {
        bytes.extend(u32::try_from(length).expect("lengths have 32 bits").to_be_bytes());
    }
    bytes.extend(data);
    bytes
}

/// Shape and data.
fn read<const AXES: usize>(file: &[u8]) -> Result<([u32; AXES], Vec<u8>), IdxError> {
    if gzip::is_gzip(file) { read_packed(file) } else { read_plain(file) }
}

fn read_plain<const AXES: usize>(file: &[u8]) -> Result<([u32; AXES], Vec<u8>), IdxError> {
    let shape = shape_of(file)?;
    let (data, expected) = (&file[header_len(AXES)..], data_len(&shape)?);
    if expected != data.len() as u64 {
        return Err(IdxError::Length {
            shape: shape.to_vec(),
            expected,
            found: Found::Bytes(data.len() as u64),
        });
    }
    Ok((shape, data.to_vec()))
}

fn read_packed<const AXES: usize>(file: &[u8]) -> Result<([u32; AXES], Vec<u8>), IdxError> {
    let mut member = Member::new(file)?;
    let mut header = vec![0; header_len(AXES)];
    let filled = member.read(&mut header)?;
    let shape = shape_of(&header[..filled])?;
    let expected = data_len(&shape)?;
    if !member.may_hold(header.len() as u64 + expected) {
        // What is wrong with the packing, if something is, says more than that the lengths differ.
        member.finish()?;
        return Err(IdxError::Length { shape: shape.to_vec(), expected, found: Found::Less });
    }
    let mut data = Vec::new();
    let expected = expected as usize;
    while data.len() < expected {
        let before = data.len();
        let step = STEP.min(expected - before);
        data.reserve_exact(if before == 0 && expected <= 4 * STEP { expected } else { step });
        data.resize(before + step, 0);
        let filled = member.read(&mut data[before..])?;
        if filled < step {
            member.finish()?;
            let found = Found::Bytes((before + filled) as u64);
            return Err(IdxError::Length { shape: shape.to_vec(), expected: expected as u64, found });
        }
    }
    member.finish()?;
    Ok((shape, data))
}

fn header_len(axes: usize) -> usize {
    4 + 4 * axes
}

/// The shape that a header states.
fn shape_of<const AXES: usize>(header: &[u8]) -> Result<[u32; AXES], IdxError> {
    let too_short = IdxError::Header { expected: header_len(AXES), found: header.len() };
    let (&found, rest) = header.split_first_chunk::<4>().ok_or(too_short.clone())?;
    let expected = [0, 0, BYTES, AXES as u8];
    if found != expected {
        return Err(IdxError::Magic { expected, found });
    }
    let lengths = rest.get(..4 * AXES).ok_or(too_short)?;
    let mut shape = [0; AXES];
    for (length, bytes) in shape.iter_mut().zip(lengths.as_chunks().0) {
        *length = u32::from_be_bytes(*bytes);
    }
    Ok(shape)
}

/// Bytes of data that a shape asks for.
fn data_len(shape: &[u32]) -> Result<u64, IdxError> {
    let refused = |problem| IdxError::Shape { shape: shape.to_vec(), problem };
    if shape[1..].contains(&0) {
        return Err(refused("an image has at least one pixel"));
    }
    let product = shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length.into()));
    let product = product.filter(|&product| product <= LARGEST);
    product.ok_or_else(|| refused("at most 2^30 bytes are read"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(file: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(file).unwrap();
        encoder.finish().unwrap()
    }

    fn some_images() -> IdxImages {
        IdxImages { height: 3, width: 2, pixels: (0..24).collect() }
    }

    fn some_file() -> Vec<u8> {
        images_file(3, 2, &some_images().pixels)
    }

    /// The same error or result from the plain and the packed file, but for how much is known of the length.
    fn both(file: &[u8]) -> Result<IdxImages, IdxError> {
        let (plain, packed) = (images(file), images(&pack(file)));
        match (&plain, &packed) {
            (
                Err(IdxError::Length { shape, expected, .. }),
                Err(IdxError::Length { shape: packed_shape, expected: packed_expected, .. }),
            ) => assert_eq!((shape, expected), (packed_shape, packed_expected)),
            _ => assert_eq!(plain, packed),
        }
        plain
    }

    #[test]
    fn what_is_written_is_read_packed_or_not() {
        assert_eq!(both(&some_file()), Ok(some_images()));
        let labels_bytes = labels_file(&[3, 1, 4]);
        assert_eq!(labels(&labels_bytes), Ok(vec![3, 1, 4]));
        assert_eq!(labels(&pack(&labels_bytes)), Ok(vec![3, 1, 4]));
        assert_eq!(labels(&labels_file(&[])), Ok(vec![]), "a set of no images has a shape all the same");
        // as in the files of the MNIST family: 0x00000803, then 4, 3 and 2
        assert_eq!(some_file()[..16], [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2]);
    }

    #[test]
    fn a_header_that_lies_is_refused_before_memory_is_taken() {
        let file = some_file();
        for (place, lie) in [(7, 5), (7, 3), (11, 4), (15, 1), (4, 1), (8, 255), (12, 255), (4, 255)] {
            let mut file = file.clone();
            file[place] = lie;
            assert!(both(&file).is_err(), "byte {place} is {lie}");
        }
        let mut huge = file.clone();
        huge[4..16].fill(255);
        assert!(matches!(both(&huge), Err(IdxError::Shape { .. })));
        let mut empty = file;
        empty[8..12].fill(0);
        assert!(matches!(both(&empty), Err(IdxError::Shape { .. })));
    }

    #[test]
    fn more_or_less_data_than_the_shape_asks_for_is_refused() {
        let file = some_file();
        for length in 0..file.len() {
            assert!(both(&file[..length]).is_err(), "{length} bytes");
        }
        let found = Found::Bytes(25);
        let longer = both(&[&file[..], &[0]].concat());
        assert_eq!(longer, Err(IdxError::Length { shape: vec![4, 3, 2], expected: 24, found }));
        let packed_twice = [pack(&file), pack(&file)].concat();
        assert!(matches!(images(&packed_twice), Err(IdxError::Gzip(GzipError::Trailing { .. }))));
    }

    #[test]
    fn messages_say_where_what_was_expected_and_what_was_found() {
        let file = some_file();
        assert_eq!(
            labels(&file).unwrap_err().to_string(),
            "idx: offset 0: expected the bytes 0 0 8 1 (labels), found the bytes 0 0 8 3 (images)"
        );
        assert_eq!(
            images(&file[..20]).unwrap_err().to_string(),
            "idx: offset 16: expected 24 bytes for the shape 4 x 3 x 2, found 4"
        );
        assert_eq!(
            images(b"PK\x03\x04 a zip archive").unwrap_err().to_string(),
            "idx: offset 0: expected the bytes 0 0 8 3 (images), found the bytes 80 75 3 4 (no IDX file)"
        );
        assert_eq!(
            images(&[0, 0, 8, 3, 9]).unwrap_err().to_string(),
            "idx: offset 0: expected a header of 16 bytes, found 5 bytes in all"
        );
    }
}
