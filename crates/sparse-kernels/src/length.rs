//! Lengths of buffers: products that are refused where they overflow, and never wrap.

/// The product of the factors, in numbers of a buffer.
///
/// # Panics
///
/// If it does not fit the address space; `what` is then named, with the factors.
#[inline]
pub(crate) fn length<const FACTORS: usize>(what: &str, factors: [usize; FACTORS]) -> usize {
    let mut length = Some(1_usize);
    for factor in factors {
        length = length.and_then(|length| length.checked_mul(factor));
    }
    length.unwrap_or_else(|| refuse(what, &factors))
}

#[cold]
#[inline(never)]
fn refuse(what: &str, factors: &[usize]) -> ! {
    let factors: Vec<String> = factors.iter().map(usize::to_string).collect();
    panic!("{what}: {} numbers do not fit the address space", factors.join(" x "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_that_fits_is_the_product() {
        assert_eq!(length("x", [3, 5, 16]), 240);
        assert_eq!(length("x", [usize::MAX, 1]), usize::MAX);
        assert_eq!(length("x", [0, 7]), 0);
    }

    #[test]
    #[should_panic(expected = "inputs: 1152921504606846976 x 16 numbers do not fit the address space")]
    fn a_product_that_wraps_to_zero_is_refused() {
        length("inputs", [1 << 60, 16]);
    }
}
