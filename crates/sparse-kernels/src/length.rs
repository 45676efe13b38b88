//! Lengths of buffers: products and sums that are refused where they overflow, and never wrap.

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
    length.unwrap_or_else(|| refuse(what, &factors, " x "))
}

/// The sum of the lengths.
///
/// # Panics
///
/// If it does not fit the address space; `what` is then named, with the lengths.
#[inline]
pub(crate) fn total<const LENGTHS: usize>(what: &str, lengths: [usize; LENGTHS]) -> usize {
    let mut total = Some(0_usize);
    for length in lengths {
        total = total.and_then(|total| total.checked_add(length));
    }
    total.unwrap_or_else(|| refuse(what, &lengths, " + "))
}

/// The length, filled up to whole lines of so many numbers.
///
/// # Panics
///
/// If it does not fit the address space; `what` is then named, with the length.
#[inline]
pub(crate) fn whole_lines(what: &str, length: usize, line: usize) -> usize {
    length.checked_next_multiple_of(line).unwrap_or_else(|| refuse(what, &[length], ""))
}

#[cold]
#[inline(never)]
fn refuse(what: &str, lengths: &[usize], between: &str) -> ! {
    let lengths: Vec<String> = lengths.iter().map(usize::to_string).collect();
    panic!("{what}: {} numbers do not fit the address space", lengths.join(between))
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

    #[test]
    fn a_sum_that_fits_is_the_sum_and_lines_are_whole() {
        assert_eq!(total("x", [3, 5, 16]), 24);
        assert_eq!(total("x", [usize::MAX, 0]), usize::MAX);
        for (length, whole) in [(0, 0), (1, 16), (16, 16), (17, 32), (usize::MAX - 15, usize::MAX - 15)] {
            assert_eq!(whole_lines("x", length, 16), whole);
        }
    }

    #[test]
    #[should_panic(expected = "scratch: 18446744073709551615 + 1 numbers do not fit the address space")]
    fn a_sum_that_wraps_to_zero_is_refused() {
        total("scratch", [usize::MAX, 1]);
    }

    #[test]
    #[should_panic(expected = "a row: 18446744073709551601 numbers do not fit the address space")]
    fn a_line_that_wraps_to_zero_is_refused() {
        whole_lines("a row", usize::MAX - 14, 16);
    }
}
