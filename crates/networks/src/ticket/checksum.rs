//! The checksum of a ticket's contents.

use crate::safetensors::Array;

/// FNV-1a of 64 bits (Fowler, Noll and Vo 1991). For one length it is a bijection of every single byte, so no change of
/// one byte is missed; other changes are with a chance of about 2^-64.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Bytes after their length, so that no two lists of them read alike.
    fn part(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.bytes(bytes);
    }

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }
}

/// Sixteen digits over texts and arrays, in whatever order they come.
pub(super) fn of(texts: &[(&str, &str)], arrays: &[Array<'_>]) -> String {
    let mut texts: Vec<&(&str, &str)> = texts.iter().filter(|(key, _)| *key != "checksum").collect();
    texts.sort_unstable();
    let mut arrays: Vec<&Array<'_>> = arrays.iter().collect();
    arrays.sort_by(|a, b| a.name.cmp(&b.name));
    let mut sum = Fnv::new();
    sum.number(texts.len());
    for (key, text) in texts {
        sum.part(key.as_bytes());
        sum.part(text.as_bytes());
    }
    for array in arrays {
        sum.part(array.name.as_bytes());
        sum.part(array.dtype.name().as_bytes());
        sum.number(array.shape.len());
        array.shape.iter().for_each(|&axis| sum.number(axis));
        sum.part(array.bytes);
    }
    format!("{:016x}", sum.0)
}

#[test]
fn the_hash_is_the_published_one() {
    // from the test vectors of draft-eastlake-fnv
    for (text, expected) in
        [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
    {
        let mut sum = Fnv::new();
        sum.bytes(text.as_bytes());
        assert_eq!(sum.0, expected, "{text}");
    }
}
