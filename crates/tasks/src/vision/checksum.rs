//! SHA-256, as the checksums of published files are printed.

use sha2::{Digest, Sha256};

/// A checksum that grows with the bytes it is given.
///
/// ```
/// use tasks::vision::checksum::Checksum;
///
/// let mut checksum = Checksum::default();
/// checksum.update(b"ab");
/// checksum.update(b"c");
/// assert_eq!(checksum.hexadecimal(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Checksum(Sha256);

impl Checksum {
    /// The checksum of all of `bytes`.
    pub fn of(bytes: &[u8]) -> String {
        let mut checksum = Checksum::default();
        checksum.update(bytes);
        checksum.hexadecimal()
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// 64 digits, in lower case.
    pub fn hexadecimal(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
