//! What seeds say together: means, and intervals that say how far to trust them.
//!
//! The interval of a mean is Student's: `mean ± t s / sqrt(n)`, where `s` is the deviation of the sample and `t` the 97.5 %
//! point of the t distribution with `n - 1` degrees of freedom. It covers the true mean in 95 of 100 repetitions where
//! seeds scatter normally. From one or two seeds no interval is given: it would be honest and of no use (`t` is 12.7 for
//! two).
//!
//! # Invariants
//!
//! - **Fixed order of sums,** so that tables have the same bytes everywhere.
//! - **The same numbers have the same interval:** what is drawn again is drawn from a named stream.
//! - **Absent:** logarithms and other functions whose last bit depends on a library.

mod correlation;
mod robust;
mod significance;

pub use correlation::{RankCorrelation, pearson, rank_correlation, ranks};
pub use robust::{Between, Seeds, interquartile_mean, probability_of_improvement, profile};
pub use significance::{holm, p_value};

/// A mean over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// How many numbers.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Half the width of its 95 % interval; none below three numbers.
    pub half: Option<f64>,
}

/// The 97.5 % points of the t distribution with 1, 2, .. 30 degrees of freedom; beyond that the normal one's 1.96 is widened
/// by the first terms of its expansion. Gosset's distribution, to four digits as any table has them.
const POINTS: [f64; 30] = [
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604,
    2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555,
    2.0518, 2.0484, 2.0452, 2.0423,
];

/// The 97.5 % point of the normal distribution.
const NORMAL: f64 = 1.959_964;

/// The mean of some numbers; none where there are none.
///
/// ```
/// let mean = tombola::stats::mean(&[1.0, 2.0, 3.0]).unwrap();
/// assert_eq!((mean.n, mean.mean), (3, 2.0));
/// assert!((mean.half.unwrap() - 4.3027 / 3_f64.sqrt()).abs() < 1e-12);
/// assert_eq!(tombola::stats::mean(&[1.0, 2.0]).unwrap().half, None);
/// ```
pub fn mean(numbers: &[f64]) -> Option<Mean> {
    let n = numbers.len();
    if n == 0 {
        return None;
    }
    let mean = numbers.iter().sum::<f64>() / n as f64;
    let squares: f64 = numbers.iter().map(|number| (number - mean) * (number - mean)).sum();
    let half = (n >= 3).then(|| point(n - 1) * (squares / (n - 1) as f64).sqrt() / (n as f64).sqrt());
    Some(Mean { n, mean, half })
}

/// The 97.5 % point of the t distribution.
fn point(freedom: usize) -> f64 {
    match POINTS.get(freedom - 1) {
        Some(point) => *point,
        // Cornish and Fisher: t = z + (z^3 + z) / (4 f) + (5 z^5 + 16 z^3 + 3 z) / (96 f^2) + ..
        None => {
            let (z, f) = (NORMAL, freedom as f64);
            let cube = z * z * z;
            z + (cube + z) / (4.0 * f) + (5.0 * cube * z * z + 16.0 * cube + 3.0 * z) / (96.0 * f * f)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_fall_to_that_of_the_normal_distribution() {
        let points: Vec<f64> = (1..200).map(point).collect();
        assert!(points.windows(2).all(|two| two[0] > two[1]), "{points:?}");
        // Tables give 2.0211 for 40, 2.0003 for 60 and 1.9799 for 120.
        for (freedom, expected) in [(40, 2.0211), (60, 2.0003), (120, 1.9799)] {
            assert!((point(freedom) - expected).abs() < 0.0002, "{freedom}");
        }
    }

    /// Of 20,000 samples of normal deviates, so many have the true mean in their interval.
    #[test]
    fn intervals_cover_as_often_as_they_say() {
        let stream = numerics::random::Stream::new(5, "coverage");
        for n in [3_u64, 5, 10, 20] {
            let covers = |sample: u64| {
                let numbers: Vec<f64> =
                    (0..n).map(|index| stream.with(&[n, sample]).normal_f64(index) + 7.0).collect();
                let mean = mean(&numbers).unwrap();
                (mean.mean - 7.0).abs() <= mean.half.unwrap()
            };
            let share = (0..20_000).filter(|&sample| covers(sample)).count() as f64 / 20_000.0;
            // four deviations of a share of 0.95 among 20,000 are 0.0062
            assert!((share - 0.95).abs() < 0.0062, "{n}: {share}");
        }
    }

    #[test]
    fn few_numbers_have_no_interval() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[2.5]), Some(Mean { n: 1, mean: 2.5, half: None }));
        assert_eq!(mean(&[4.0; 3]), Some(Mean { n: 3, mean: 4.0, half: Some(0.0) }));
    }
}
