//! How likely a difference is where there is none, and what that means where many differences are looked at.

use super::Mean;

/// The chance that the mean of differences is as far from 0 as this one, or farther, where the true one is 0: Student's
/// paired test, two-sided. None where there is no interval; 1 where nothing differs. `difference` is of one sample, as
/// [`mean`](super::mean) gives it.
pub fn p_value(difference: Mean) -> Option<f64> {
    let freedom = difference.n.checked_sub(1)?;
    let error = difference.half? / super::point(freedom);
    if difference.mean == 0.0 {
        return Some(1.0);
    }
    Some(if error == 0.0 { 0.0 } else { 1.0 - within(difference.mean.abs() / error, freedom) })
}

/// The chance that a variable of Student's distribution lies between `-t` and `t`: the finite series for whole degrees of
/// freedom (Abramowitz and Stegun 26.7.3 and 26.7.4), with `theta = atan(t / sqrt(freedom))`.
pub(super) fn within(t: f64, freedom: usize) -> f64 {
    let squared = freedom as f64 + t * t;
    let (sine, cosine) = (t / squared.sqrt(), (freedom as f64 / squared).sqrt());
    let is_odd = freedom % 2 == 1;
    // odd: cos + 2/3 cos^3 + 2/3 4/5 cos^5 + ..; even: 1 + 1/2 cos^2 + 1/2 3/4 cos^4 + ..
    let (mut term, mut sum) = if is_odd { (cosine, cosine) } else { (1.0, 1.0) };
    let first = if is_odd { 2 } else { 1 };
    if freedom == 1 {
        (term, sum) = (0.0, 0.0);
    }
    for power in (first..).step_by(2).take_while(|power| power + 1 < freedom) {
        term *= power as f64 / (power + 1) as f64 * cosine * cosine;
        sum += term;
    }
    if is_odd { (angle(sine, cosine) + sine * sum) / std::f64::consts::FRAC_PI_2 } else { sine * sum }
}

/// The angle of a point in the first quadrant of the unit circle: halved until it is small, then the series of the arc
/// tangent. In plain arithmetic, so that tables have the same bytes everywhere.
fn angle(mut sine: f64, mut cosine: f64) -> f64 {
    let mut times = 1.0;
    while sine > 0.05 * cosine {
        // tan(a / 2) = sin a / (1 + cos a)
        let tangent = sine / (1.0 + cosine);
        cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        sine = tangent * cosine;
        times *= 2.0;
    }
    let tangent = sine / cosine;
    let square = tangent * tangent;
    // a^11 / 11 is below 1e-15 of a
    let series = [1.0 / 9.0, -1.0 / 7.0, 1.0 / 5.0, -1.0 / 3.0, 1.0];
    times * tangent * series.iter().fold(-1.0 / 11.0, |sum, coefficient| sum * square + coefficient)
}

/// Chances of many differences, corrected so that all of them together are wrong no more often than each says (Holm,
/// "A simple sequentially rejective multiple test procedure", 1979). In the order in which they came.
pub fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (mut corrected, mut least) = (vec![0.0; values.len()], 0.0_f64);
    for (rank, index) in order.into_iter().enumerate() {
        least = least.max((values.len() - rank) as f64 * values[index]).min(1.0);
        corrected[index] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mean;

    #[test]
    fn the_ends_of_an_interval_have_five_percent() {
        for n in [3_usize, 4, 5, 8, 20, 31] {
            let half =
                mean(&(0..n).map(|number| number as f64).collect::<Vec<_>>()).and_then(|mean| mean.half);
            let at_end = Mean { n, mean: half.expect("an interval"), half };
            let found = p_value(at_end).expect("a chance");
            assert!((found - 0.05).abs() < 1e-5, "{n}: {found}");
        }
    }

    #[test]
    fn what_does_not_scatter_or_differ_is_certain() {
        let of = |mean, half| p_value(Mean { n: 3, mean, half });
        assert_eq!(
            [of(0.0, Some(0.0)), of(0.5, Some(0.0)), of(0.0, Some(1.0))],
            [Some(1.0), Some(0.0), Some(1.0)]
        );
        assert_eq!(of(0.5, None), None);
    }

    #[test]
    fn corrections_only_make_less_sure_and_keep_the_order() {
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        assert_eq!(holm(&[0.5, 0.9]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
