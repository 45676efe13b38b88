use super::*;
use crate::tests::{cases, draw::Draw};

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

#[test]
fn a_pattern_is_its_mask() {
    for seed in 0..cases(400) {
        let mut draw = Draw::new(seed);
        let (rows, columns) = (draw.size(), draw.size());
        let density = draw.density();
        let mask = draw.mask(rows * columns, density);
        let pattern = Pattern::from_mask(rows, columns, &mask).unwrap();

        assert_eq!((pattern.rows(), pattern.columns()), (rows, columns), "seed {seed}");
        assert_eq!(pattern.nnz(), mask.iter().filter(|&&kept| kept).count(), "seed {seed}");
        let mut entry = 0;
        for row in 0..rows {
            for column in 0..columns {
                let kept = mask[row * columns + column];
                assert_eq!(pattern.position(row, column), kept.then_some(entry), "seed {seed}");
                entry += usize::from(kept);
            }
        }
        assert_eq!(pattern.position(rows, 0), None);
        assert_eq!(pattern.position(0, columns), None);
        let share = pattern.nnz() as f64 / mask.len() as f64;
        assert_eq!(pattern.density(), if mask.is_empty() { 1.0 } else { share }, "seed {seed}");
    }
}

#[test]
fn csr_csc_and_triplets_in_any_order_agree() {
    for seed in 0..cases(400) {
        let mut draw = Draw::new(seed);
        let (rows, columns, density) = (draw.size(), draw.size(), draw.density());
        let pattern = draw.pattern(rows, columns, density);

        let same = Pattern::from_csr(rows, columns, pattern.starts(), pattern.indices()).unwrap();
        assert_eq!(same, pattern, "seed {seed}");
        let (transposed, _) = pattern.transpose();
        let same = Pattern::from_csc(rows, columns, transposed.starts(), transposed.indices()).unwrap();
        assert_eq!(same, pattern, "seed {seed}");
        let mut triplets: Vec<(usize, usize)> = (0..rows)
            .flat_map(|row| pattern.row(row).iter().map(move |&column| (row, column as usize)))
            .collect();
        for place in (1..triplets.len()).rev() {
            triplets.swap(place, draw.below(place + 1));
        }
        assert_eq!(Pattern::from_triplets(rows, columns, &triplets).unwrap(), pattern, "seed {seed}");
    }
}

#[test]
fn transposing_says_where_each_entry_went() {
    for seed in 0..cases(400) {
        let mut draw = Draw::new(seed);
        let (rows, columns, density) = (draw.size(), draw.size(), draw.density());
        let pattern = draw.pattern(rows, columns, density);
        let (transposed, order) = pattern.transpose();
        assert_eq!((transposed.rows(), transposed.columns()), (columns, rows), "seed {seed}");
        let mut entry = 0;
        for row in 0..columns {
            for &column in transposed.row(row) {
                let place = pattern.position(column as usize, row);
                assert_eq!(place, Some(order[entry] as usize), "seed {seed}");
                entry += 1;
            }
        }
        assert_eq!(entry, pattern.nnz(), "seed {seed}");

        let (again, back) = transposed.transpose();
        assert_eq!(again, pattern, "seed {seed}");
        assert!((0..entry).all(|k| order[back[k] as usize] as usize == k), "seed {seed}");
    }
}

#[test]
fn compressing_undoes_expanding_and_zeros_the_rest() {
    there_and_back(|number| number, f32::NAN);
    // thirds have bits that single precision has not
    there_and_back(|number| f64::from(number) / 3.0, f64::NAN);
}

fn there_and_back<T: Number>(of: impl Fn(f32) -> T, nan: T) {
    for seed in 0..cases(400) {
        let mut draw = Draw::new(seed);
        let (rows, columns, density) = (draw.size(), draw.size(), draw.density());
        let pattern = draw.pattern(rows, columns, density);
        let values: Vec<T> = draw.values(pattern.nnz()).into_iter().map(&of).collect();
        let mut dense = vec![nan; rows * columns];
        pattern.expand(&values, &mut dense);
        for (place, &value) in dense.iter().enumerate() {
            let entry = pattern.position(place / columns, place % columns);
            assert_eq!(value, entry.map_or(T::ZERO, |entry| values[entry]), "seed {seed}");
        }
        let mut again = vec![nan; pattern.nnz()];
        pattern.compress(&dense, &mut again);
        assert_eq!(again, values, "seed {seed}");
    }
}

/// What a pattern is, without regard to messages or speed.
fn is_csr(rows: usize, columns: usize, starts: &[i64], indices: &[i64]) -> bool {
    starts.len() == rows + 1
        && starts[0] == 0
        && starts[rows] == indices.len() as i64
        && starts.is_sorted()
        && indices.iter().all(|&index| (0..columns as i64).contains(&index))
        && starts.windows(2).all(|row| {
            let row = &indices[row[0] as usize..row[1] as usize];
            row.windows(2).all(|pair| pair[0] < pair[1])
        })
}

#[test]
fn what_is_not_a_pattern_is_refused_and_nothing_else() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..cases(20_000) {
        let mut draw = Draw::new(seed);
        let (mut rows, mut columns, density) = (draw.below(5), draw.below(5), draw.density());
        let pattern = draw.pattern(rows, columns, density);
        let mut starts: Vec<i64> = pattern.starts().iter().map(|&start| start.into()).collect();
        let mut indices: Vec<i64> = pattern.indices().iter().map(|&index| index.into()).collect();
        for _ in 0..draw.below(3) {
            let slice = if draw.below(2) == 0 { &mut starts } else { &mut indices };
            let place = draw.below(slice.len() + 1);
            let number = draw.of(&[-1, 0, 1, 2, 3, 4, 5, i64::from(u32::MAX), i64::MAX, i64::MIN, 1 << 32]);
            match (slice.get_mut(place), draw.below(4)) {
                (None, _) | (_, 0) => slice.insert(place, number),
                (_, 1) => drop(slice.remove(place)),
                (Some(found), _) => *found = number,
            }
            match draw.below(8) {
                0 => rows = draw.below(6),
                1 => columns = draw.below(6),
                _ => {}
            }
        }

        let expected = is_csr(rows, columns, &starts, &indices);
        let found = Pattern::from_csr(rows, columns, &starts, &indices);
        assert_eq!(found.is_ok(), expected, "seed {seed}: {found:?} of {starts:?}, {indices:?}");
        let transposed = Pattern::from_csc(columns, rows, &starts, &indices);
        assert_eq!(transposed.is_ok(), expected, "seed {seed}");
        if let (Ok(found), Ok(transposed)) = (found, transposed) {
            assert!(found.starts().iter().copied().map(i64::from).eq(starts), "seed {seed}");
            assert!(found.indices().iter().copied().map(i64::from).eq(indices), "seed {seed}");
            assert_eq!(found.transpose().0, transposed, "seed {seed}");
        }
        *if expected { &mut good } else { &mut bad } += 1;
    }
    assert!(good > cases(5000) && bad > cases(5000), "{good} patterns, {bad} that are none");
}

#[test]
fn errors_name_the_place_what_was_expected_and_what_was_found() {
    let csr = |starts: &[i64], indices: &[i64]| Pattern::from_csr(2, 3, starts, indices);
    let csc = |starts: &[i64], indices: &[i64]| Pattern::from_csc(3, 2, starts, indices);
    let huge = usize::MAX;
    for (result, expected) in [
        (csr(&[0, 1], &[0]), "2 starts; one for each row or column and one for the end make 3"),
        (csr(&[], &[]), "0 starts; one for each row or column and one for the end make 3"),
        (csr(&[1, 1, 1], &[0]), "row 0 starts at entry 1; the first must start at 0"),
        (csr(&[-1, 1, 1], &[0]), "row 0 starts at entry -1; the first must start at 0"),
        (csr(&[0, 2, 1], &[0, 1]), "row 1 starts at entry 2 and ends before, at 1"),
        (csr(&[0, 1, 1], &[0, 1]), "row 1 ends at entry 1, but the entries end at 2"),
        (csr(&[0, i64::MAX, 1], &[0]), "row 0 ends at entry 9223372036854775807, but the entries end at 1"),
        (csr(&[0, 1, 2], &[0, 3]), "entry 1, in row 1, is in column 3; there are 3 columns"),
        (csr(&[0, 1, 2], &[0, -7]), "entry 1, in row 1, is in column -7; there are 3 columns"),
        (
            csr(&[0, 0, 2], &[2, 1]),
            "entry 1, in row 1, is in column 1 after one in column 2; sort each row by column",
        ),
        (csr(&[0, 2, 2], &[1, 1]), "entry 1, in row 0, is in column 1 like one before it"),
        (csc(&[0, 1, 2], &[0, 3]), "entry 1, in column 1, is in row 3; there are 3 rows"),
        (
            csc(&[0, 0, 2], &[2, 1]),
            "entry 1, in column 1, is in row 1 after one in row 2; sort each column by row",
        ),
        (csc(&[0, 2, 2], &[1, 1]), "entry 1, in column 0, is in row 1 like one before it"),
        (Pattern::from_mask(2, 3, &[true; 5]), "a mask of 5 elements for 2 rows of 3 columns"),
        (
            Pattern::from_mask(1 << 31, 1 << 31, &[true; 5]),
            "a mask of 5 elements for 2147483648 rows of 2147483648 columns",
        ),
        (
            Pattern::from_triplets(2, 3, &[(0, 0), (2, 1)]),
            "entry 1, in column 1, is in row 2; there are 2 rows",
        ),
        (
            Pattern::from_triplets(2, 3, &[(0, 0), (1, 3)]),
            "entry 1, in row 1, is in column 3; there are 3 columns",
        ),
        (
            Pattern::from_triplets(2, 3, &[(1, 2), (0, 0), (1, 2)]),
            "entry 2, in row 1, is in column 2 like one before it",
        ),
        (Pattern::dense(huge, 0), "a pattern of 18446744073709551615 rows; there can be 4294967294 at most"),
        (
            Pattern::from_csr(1, 1 << 32, &[0, 0], &[]),
            "a pattern of 4294967296 columns; there can be 4294967294 at most",
        ),
        (
            Pattern::dense(1 << 16, 1 << 16),
            "a pattern of 4294967296 entries; there can be 4294967295 at most",
        ),
    ] {
        assert_eq!(result.map_err(|error| error.to_string()), Err(expected.to_owned()));
    }
}

#[test]
fn memory_is_not_taken_for_a_number_of_rows() {
    let many = u32::MAX as usize - 1;
    let refused = PatternError::Hollow { rows: many, entries: 0, limit: MOST_EMPTY_ROWS };
    assert_eq!(Pattern::from_mask(many, 0, &[]), Err(refused));
    assert_eq!(Pattern::from_triplets(many, 7, &[]), Err(refused));
    assert_eq!(Pattern::dense(many, 0), Err(refused));
    assert_eq!(Pattern::from_csc(many, 0, &[0], &[]), Err(refused));
    assert_eq!(
        refused.to_string(),
        "4294967294 rows for 0 entries; there can be 16777216 more rows than entries"
    );
    let one_more = PatternError::Hollow { rows: MOST_EMPTY_ROWS + 2, entries: 1, limit: MOST_EMPTY_ROWS };
    assert_eq!(Pattern::from_triplets(MOST_EMPTY_ROWS + 2, 1, &[(5, 0)]), Err(one_more));
    // columns cost nothing, and neither do rows whose starts are there
    assert_eq!(Pattern::from_mask(0, many, &[]).map(|pattern| pattern.columns()), Ok(many));
    assert_eq!(Pattern::from_csr(1, many, &[0, 1], &[many - 1]).map(|pattern| pattern.nnz()), Ok(1));
}

#[test]
#[should_panic(expected = "4294967294 rows for 0 entries")]
fn a_transpose_of_empty_columns_without_end_is_refused() {
    Pattern::dense(0, u32::MAX as usize - 1).unwrap().transpose();
}

#[test]
#[should_panic(expected = "a dense matrix of 11 elements for 3 rows of 4 columns")]
fn compressing_a_matrix_of_another_size_is_refused() {
    example().compress(&[0.0; 11], &mut [0.0; 4]);
}

#[test]
#[should_panic(expected = "one value an entry")]
fn expanding_too_few_values_is_refused() {
    example().expand(&[0.0; 3], &mut [0.0; 12]);
}

#[test]
#[should_panic(expected = "row 3 of 3")]
fn a_row_that_is_not_there_is_refused() {
    example().row(3);
}
