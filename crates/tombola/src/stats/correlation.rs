//! How two rows of numbers go together.

use super::Mean;

/// Pearson's correlation; none where one side does not vary.
pub fn pearson(ones: &[f64], others: &[f64]) -> Option<f64> {
    let (mean_one, mean_other) = (average(ones)?, average(others)?);
    let pairs = ones.iter().zip(others).map(|(one, other)| (one - mean_one, other - mean_other));
    let (mut product, mut squares, mut others) = (0.0, 0.0, 0.0);
    for (one, other) in pairs {
        product += one * other;
        squares += one * one;
        others += other * other;
    }
    let scale = squares.sqrt() * others.sqrt();
    (scale > 0.0).then(|| (product / scale).clamp(-1.0, 1.0))
}

/// The rank of each number, from 0; equal ones have the mean of theirs.
pub fn ranks(numbers: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&one, &other| numbers[one].total_cmp(&numbers[other]));
    let mut ranks = vec![0.0; numbers.len()];
    let mut first = 0;
    for equal in order.chunk_by(|&one, &other| numbers[one] == numbers[other]) {
        let shared = first as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&place| ranks[place] = shared);
        first += equal.len();
    }
    ranks
}

/// Spearman's correlation of pairs, the correlation of their ranks, with half the width of the usual interval,
/// `t sqrt((1 - r^2) / (n - 2))` with `n - 2` degrees of freedom; no interval below five pairs. None where one side does not
/// vary.
///
/// ```
/// let found = tombola::stats::rank_correlation(&[(1.0, 1.0), (2.0, 4.0), (3.0, 9.0), (4.0, 8.0)]).unwrap();
/// assert!((found.mean - 0.8).abs() < 1e-12 && found.half.is_none());
/// ```
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<Mean> {
    let (ones, others): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (n, mean) = (pairs.len(), pearson(&ranks(&ones), &ranks(&others))?);
    let half = (n >= 5).then(|| super::point(n - 2) * ((1.0 - mean * mean) / (n - 2) as f64).sqrt());
    Some(Mean { n, mean, half })
}

fn average(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [3.0, 0.0, 3.0, 1.0, 3.0]);
        assert_eq!(pearson(&[1.0, 1.0], &[0.0, 1.0]), None);
        assert_eq!(pearson(&[], &[]), None);
    }

    #[test]
    fn five_pairs_have_an_interval_and_fewer_have_none() {
        let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0), (5.0, 5.0)];
        let found = rank_correlation(&pairs).expect("both sides vary");
        assert!((found.mean - 0.8).abs() < 1e-12);
        // t of three degrees of freedom is 3.1824, and the root is that of 0.36 / 3
        assert!((found.half.expect("five pairs") - 3.1824 * 0.12_f64.sqrt()).abs() < 1e-12);
        assert_eq!(rank_correlation(&pairs[..4]).and_then(|found| found.half), None);
        assert_eq!(rank_correlation(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }
}
