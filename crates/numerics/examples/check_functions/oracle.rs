//! What a function should give, in `f64` by the platform's library, and how far a float is from it.
//!
//! The platform's functions are good to about one unit of `f64`, which is 2^-29 units of `f32`: far below the bounds.

/// The exact function of this name.
pub(crate) fn exact(name: &str) -> fn(f64) -> f64 {
    match name {
        "acos" => f64::acos,
        "asin" => f64::asin,
        "cos" => f64::cos,
        "exp" => f64::exp,
        "ln" => f64::ln,
        "rsqrt" => |x| 1.0 / x.sqrt(),
        "sigmoid" => sigmoid,
        "sin" => f64::sin,
        "softplus" => |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
        // at minus infinity, the limit
        "swish" => |x| if x == f64::NEG_INFINITY { -0.0 } else { x * sigmoid(x) },
        "tanh" | "tanh_fast" => f64::tanh,
        _ => panic!("the function `{name}` has no oracle: add one"),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Distance of `found` from `exact` in units in the last place of `exact`. Infinite where one is NaN and the other not,
/// or where a zero has the wrong sign. The infinity of `f32` counts as 2^128, the number that it rounds.
pub(crate) fn error_in_units(exact: f64, found: f32) -> f64 {
    const BEYOND: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
    let found = f64::from(found);
    if exact.is_nan() || found.is_nan() {
        return if exact.is_nan() && found.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if (exact == 0.0 || found == 0.0) && exact.is_sign_negative() != found.is_sign_negative() {
        return f64::INFINITY;
    }
    let (exact, found) = (exact.clamp(-BEYOND, BEYOND), found.clamp(-BEYOND, BEYOND));
    (found - exact).abs() / unit_in_the_last_place(exact)
}

/// Distance of neighbouring `f32` around a number; the smallest subnormal one below the normal range.
fn unit_in_the_last_place(exact: f64) -> f64 {
    let exponent = (exact.abs().to_bits() >> 52) as i32 - 1023;
    let unit = exponent.clamp(-126, 127) - 23;
    f64::from_bits(((unit + 1023) as u64) << 52)
}
