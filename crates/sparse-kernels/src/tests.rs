//! What the tests of several modules share.

pub(crate) mod bound;
pub(crate) mod draw;

/// The bits of a number, all NaN counting as one.
pub(crate) fn bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

/// As many cases as told; an interpreter takes one in three hundred, and two at least.
pub(crate) fn cases(all: u64) -> u64 {
    if cfg!(miri) { (all / 300).max(2) } else { all }
}
