//! What the tests of several modules share.

pub(crate) mod bound;
pub(crate) mod draw;

/// The bits of a number, all NaN counting as one.
pub(crate) fn bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}
