//! A picture of dots as PNG, and as the address by which a page holds it.
//!
//! ```text
//! file    89 "PNG" 0d 0a 1a 0a   IHDR   IDAT   IEND
//! chunk   length (4 bytes)  name  bytes  CRC-32 of name and bytes      big-endian
//! IHDR    width  height  8 bits  6: red, green, blue, opacity  0  0  0
//! IDAT    zlib of the rows, each behind a 0: its bytes as they are
//! ```
//!
//! Source: W3C, "Portable Network Graphics (PNG) Specification", third edition (2025), sections 5 and 11.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use crate::base64;

/// Red, green, blue and opacity.
pub type Dot = [u8; 4];

/// Dots, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Dots of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    dots: Vec<Dot>,
}

impl Bitmap {
    /// Nothing but what is behind it.
    pub fn new(width: usize, height: usize) -> Bitmap {
        Bitmap { width, height, dots: vec![[0; 4]; width * height] }
    }

    /// The dot in a row and a column.
    ///
    /// # Panics
    ///
    /// If it is outside.
    pub fn dot(&mut self, row: usize, column: usize) -> &mut Dot {
        assert!(column < self.width, "column {column} of {}", self.width);
        &mut self.dots[row * self.width + column]
    }

    /// The bytes of a file.
    pub fn png(&self) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let sizes = [self.width, self.height].map(|size| (size as u32).to_be_bytes());
        chunk(&mut file, *b"IHDR", &[&sizes.concat()[..], &[8, 6, 0, 0, 0]].concat());
        let mut rows = ZlibEncoder::new(Vec::new(), Compression::best());
        for row in self.dots.chunks(self.width.max(1)) {
            rows.write_all(&[&[0], row.as_flattened()].concat()).expect("memory takes all");
        }
        chunk(&mut file, *b"IDAT", &rows.finish().expect("memory takes all"));
        chunk(&mut file, *b"IEND", &[]);
        file
    }

    /// The file as an address: nothing is fetched.
    pub fn address(&self) -> String {
        format!("data:image/png;base64,{}", base64::text(&self.png()))
    }
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], bytes: &[u8]) {
    let mut sum = Crc::new();
    sum.update(&name);
    sum.update(bytes);
    file.extend((bytes.len() as u32).to_be_bytes());
    file.extend(name);
    file.extend(bytes);
    file.extend(sum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::*;

    #[test]
    fn a_file_holds_its_dots_row_by_row_and_the_sums_of_its_chunks() {
        let mut picture = Bitmap::new(2, 3);
        *picture.dot(0, 1) = [1, 2, 3, 4];
        *picture.dot(2, 0) = [5, 6, 7, 8];
        let file = picture.png();
        let (mut rest, mut names) = (&file[8..], Vec::new());
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().expect("four bytes")) as usize;
            let (name, bytes) = (&rest[4..8], &rest[8..8 + length]);
            let mut sum = Crc::new();
            sum.update(&rest[4..8 + length]);
            assert_eq!(rest[8 + length..][..4], sum.sum().to_be_bytes());
            if name == b"IHDR" {
                assert_eq!(bytes, [0, 0, 0, 2, 0, 0, 0, 3, 8, 6, 0, 0, 0]);
            }
            if name == b"IDAT" {
                let mut rows = Vec::new();
                ZlibDecoder::new(bytes).read_to_end(&mut rows).expect("zlib");
                let mut expected = vec![0; 3 * 9];
                expected[5..9].copy_from_slice(&[1, 2, 3, 4]);
                expected[19..23].copy_from_slice(&[5, 6, 7, 8]);
                assert_eq!(rows, expected);
            }
            names.push(String::from_utf8_lossy(name).into_owned());
            rest = &rest[12 + length..];
        }
        assert_eq!(names, ["IHDR", "IDAT", "IEND"]);
        // the sum of an empty last chunk, as every file of the format ends
        assert!(file.ends_with(&[0xae, 0x42, 0x60, 0x82]));
        assert!(picture.address().starts_with("data:image/png;base64,iVBORw0KGgo"));
    }
}
