//! How likely a difference is where there is none, and what that means where many differences are looked at.

use numerics::random::Stream;

use super::{Mean, mean};

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

/// How often numbers are dealt out anew.
const DEALS: u64 = 1999;

/// The chance that the means of groups scatter as far as they do where groups do not differ. Numbers are `[group][seed]`, all
/// of the same seeds in one order; a seed may be high or low in all groups.
///
/// Two groups are compared by Student's paired test. The numbers of more are dealt out anew among groups within each seed, from
/// a named stream, for which they need to scatter alike. None where there are fewer than two groups or three seeds.
///
/// # Panics
///
/// If groups have not as many numbers.
pub fn scatter_chance(groups: &[Vec<f64>]) -> Option<f64> {
    let seeds = groups.first()?.len();
    assert!(groups.iter().all(|group| group.len() == seeds), "numbers of the same seeds");
    if groups.len() < 2 || seeds < 3 {
        return None;
    }
    if let [one, other] = groups {
        let differences: Vec<f64> = one.iter().zip(other).map(|(one, other)| one - other).collect();
        return p_value(mean(&differences)?);
    }
    let mut dealt: Vec<Vec<f64>> =
        (0..seeds).map(|seed| groups.iter().map(|group| group[seed]).collect()).collect();
    let found = scatter(&dealt);
    let stream = Stream::new(0, "scatter");
    let mut as_far = 0;
    for deal in 0..DEALS {
        for (seed, numbers) in dealt.iter_mut().enumerate() {
            let stream = stream.with(&[deal, seed as u64]);
            for last in (1..numbers.len()).rev() {
                numbers.swap(last, stream.below(last as u64, last as u64 + 1) as usize);
            }
        }
        // rounding makes no deal nearer than the numbers that were found
        as_far += u64::from(scatter(&dealt) >= found * (1.0 - 1e-9));
    }
    Some((1 + as_far) as f64 / (1 + DEALS) as f64)
}

/// How far the means of groups scatter: a sum of squares of sums, for the mean of all is the same in each deal.
fn scatter(by_seed: &[Vec<f64>]) -> f64 {
    let groups = by_seed.first().map_or(0, Vec::len);
    let sum = |group: usize| by_seed.iter().map(|numbers| numbers[group]).sum::<f64>();
    let sums: Vec<f64> = (0..groups).map(sum).collect();
    let middle = sums.iter().sum::<f64>() / groups as f64;
    sums.iter().map(|sum| (sum - middle) * (sum - middle)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn groups_that_do_not_differ_are_found_to_do_so_as_often_as_chance_has_it() {
        let chance = |sample: u64, lift: f64| {
            let stream = Stream::new(7, "groups").child(sample);
            let number = |group: u64, seed: u64| {
                lift * group as f64
                    + 3.0 * stream.normal_f64(100 + seed)
                    + stream.normal_f64(group * 3 + seed)
            };
            let group = |group: u64| (0..3).map(|seed| number(group, seed)).collect();
            scatter_chance(&(0..6).map(group).collect::<Vec<Vec<f64>>>()).expect("six groups")
        };
        let seen = (0..300).filter(|&sample| chance(sample, 0.0) < 0.05).count();
        assert!((5..=28).contains(&seen), "{seen} of 300, where 15 are expected");
        assert!((0..20).all(|sample| chance(sample, 2.0) < 0.01), "groups far apart are told apart");
    }

    #[test]
    fn two_groups_are_compared_in_pairs_and_few_seeds_not_at_all() {
        let [one, other] = [vec![1.0, 2.0, 3.0], vec![0.5, 1.4, 2.6]];
        let differences = mean(&[0.5, 0.6, 0.4]).and_then(p_value).expect("a chance");
        let found = scatter_chance(&[one.clone(), other]).expect("a chance");
        assert!((found - differences).abs() < 1e-9, "{found} {differences}");
        assert_eq!(scatter_chance(&[one.clone(), one.clone(), one.clone()]), Some(1.0));
        assert_eq!(scatter_chance(&[one]), None);
        assert_eq!(scatter_chance(&[vec![1.0, 2.0], vec![3.0, 4.0]]), None);
        assert_eq!(scatter_chance(&[]), None);
    }

    #[test]
    fn corrections_only_make_less_sure_and_keep_the_order() {
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        assert_eq!(holm(&[0.5, 0.9]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
