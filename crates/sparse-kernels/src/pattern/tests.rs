use super::*;

/// `[ . a . b ]`, an empty row, `[ c . . d ]`.
fn example() -> Pattern {
    Pattern::from_csr(3, 4, &[0_u32, 2, 2, 4], &[1, 3, 0, 3]).unwrap()
}

#[test]
fn every_constructor_gives_the_same_pattern() {
    let mask = [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1].map(|bit| bit == 1);
    assert_eq!(Pattern::from_mask(3, 4, &mask).unwrap(), example());
    assert_eq!(Pattern::from_csr(3, 4, &[0_i64, 2, 2, 4], &[1, 3, 0, 3]).unwrap(), example());
    assert_eq!(Pattern::from_csc(3, 4, &[0_usize, 1, 2, 2, 4], &[2, 0, 0, 2]).unwrap(), example());
    assert_eq!(Pattern::from_triplets(3, 4, &[(2, 3), (0, 1), (2, 0), (0, 3)]).unwrap(), example());
    // SAFETY: the slices of a checked pattern.
    let unchecked =
        unsafe { Pattern::from_csr_unchecked(3, 4, example().starts().into(), example().indices().into()) };
    assert_eq!(unchecked, example());
    assert_eq!(Pattern::dense(2, 3).unwrap(), Pattern::from_mask(2, 3, &[true; 6]).unwrap());
}
