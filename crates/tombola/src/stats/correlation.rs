//! How two rows of numbers go together.

use super::significance::within;

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

/// A correlation of ranks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankCorrelation {
    /// Of so many pairs.
    pub n: usize,
    /// Spearman's.
    pub rho: f64,
    /// The chance that it is as far from 0, or farther, where the two sides have nothing to do with each other.
    pub chance: f64,
}

/// Most pairs of which all orders are tried.
const MOST_TRIED: usize = 9;

/// Spearman's correlation of pairs, the correlation of their ranks. Its chance is that of all orders of one side where they can
/// be tried, and Student's with `t = r sqrt((n - 2) / (1 - r^2))` beyond. None where one side does not vary.
///
/// ```
/// let found = tombola::stats::rank_correlation(&[(1.0, 1.0), (2.0, 4.0), (3.0, 9.0), (4.0, 16.0)]).unwrap();
/// // of 24 orders this one and its reverse are as far from 0
/// assert!((found.rho - 1.0).abs() < 1e-12 && (found.chance - 2.0 / 24.0).abs() < 1e-12);
/// ```
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<RankCorrelation> {
    let (ones, others): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (ones, others) = (ranks(&ones), ranks(&others));
    let (n, rho) = (pairs.len(), pearson(&ones, &others)?);
    let chance = if n <= MOST_TRIED { of_all_orders(&ones, others, rho) } else { of_many(n, rho) };
    Some(RankCorrelation { n, rho, chance })
}

/// The share of all orders of one side whose correlation is as far from 0. Rounding makes none of them nearer.
fn of_all_orders(ones: &[f64], mut others: Vec<f64>, rho: f64) -> f64 {
    let (mut far, mut all) = (0_u32, 0_u32);
    let mut count = |others: &[f64]| {
        all += 1;
        far += u32::from(pearson(ones, others).is_some_and(|other| other.abs() >= rho.abs() - 1e-9));
    };
    count(&others);
    // Heap's way: each order differs from the one before in two places
    let (mut place, mut swapped) = (1, vec![0; others.len()]);
    while place < others.len() {
        if swapped[place] < place {
            others.swap(if place % 2 == 0 { 0 } else { swapped[place] }, place);
            count(&others);
            swapped[place] += 1;
            place = 1;
        } else {
            swapped[place] = 0;
            place += 1;
        }
    }
    f64::from(far) / f64::from(all)
}

fn of_many(n: usize, rho: f64) -> f64 {
    let rest = 1.0 - rho * rho;
    if rest <= 0.0 { 0.0 } else { 1.0 - within(rho.abs() * ((n - 2) as f64 / rest).sqrt(), n - 2) }
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
    fn chances_are_those_of_all_orders_and_then_student_s() {
        let line = |n: usize| (0..n).map(|place| (place as f64, place as f64)).collect::<Vec<_>>();
        let found = |pairs: &[(f64, f64)]| rank_correlation(pairs).expect("both sides vary");
        // n! orders, of which two are straight
        for (n, orders) in [(3, 6.0), (5, 120.0), (7, 5040.0)] {
            assert!((found(&line(n)).chance - 2.0 / orders).abs() < 1e-12);
        }
        // any table has 0.083 for 0.9 of five pairs
        let mut nearly = line(5);
        nearly.swap(0, 1);
        (nearly[0].0, nearly[1].0) = (0.0, 1.0);
        assert!(
            (found(&nearly).rho - 0.9).abs() < 1e-12 && (found(&nearly).chance - 10.0 / 120.0).abs() < 1e-12
        );
        let mut many = line(12);
        many[11].1 = -1.0;
        let (exact, student) = (found(&many), of_many(12, found(&many).rho));
        assert_eq!(exact.chance, student);
        assert!((0.05..0.5).contains(&student) && of_many(12, 1.0) == 0.0, "{student}");
        assert_eq!(rank_correlation(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }
}
