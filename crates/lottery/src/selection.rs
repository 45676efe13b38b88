//! From scores to masks: how many stay, and which.
//!
//! A criterion only scores; here alone scores become masks, so that ties, pruned weights and rounding are decided in one
//! place. Two rules:
//!
//! - [`by_count`] keeps exactly so many of the best. Of equal scores those with the smaller index stay. Weights that were
//!   pruned before are never chosen again, so masks nest.
//! - [`by_percentile`] is the published one: a threshold, interpolated between two neighbours among *all* scores, where
//!   pruned weights count with a score of zero, and every score at or above it stays. With `n` scores in ascending order
//!   `a` and a fraction `s` to be pruned,
//!
//!   ```text
//!   p = s (n - 1);    f = p - floor p;    threshold = (1 - f) a[floor p] + f a[ceil p]
//!   ```
//!
//!   in the precision of the scores, as JAX computes it. Ties with the threshold all stay; but of two equal neighbours the
//!   two products may round to a threshold just above both, and then all of them fall, there and here.

/// Keeps the `keep` best of the weights that `alive` still holds.
///
/// ```
/// use lottery::selection::by_count;
///
/// let scores = [3.0, 1.0, 9.0, 3.0, 3.0];
/// assert_eq!(by_count(&scores, &[true, true, false, true, true], 2), [true, false, false, true, false]);
/// ```
///
/// # Panics
///
/// If there are not that many, or the lengths differ.
pub fn by_count(scores: &[f32], alive: &[bool], keep: usize) -> Vec<bool> {
    assert_eq!(scores.len(), alive.len(), "a score a weight");
    let mut order: Vec<usize> = (0..alive.len()).filter(|&index| alive[index]).collect();
    assert!(keep <= order.len(), "{keep} of {} weights cannot stay", order.len());
    order.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let mut kept = vec![false; alive.len()];
    for &index in &order[..keep] {
        kept[index] = true;
    }
    kept
}

/// Keeps every weight whose score is at or above the percentile; gives the threshold too. `scores` of pruned weights are
/// zero.
///
/// # Panics
///
/// If there are no scores, or `pruned` is no fraction.
pub fn by_percentile(scores: &[f32], pruned: f64) -> (Vec<bool>, f32) {
    let threshold = percentile(scores, pruned);
    (scores.iter().map(|&score| score >= threshold).collect(), threshold)
}

/// The interpolated percentile.
fn percentile(scores: &[f32], fraction: f64) -> f32 {
    assert!(
        !scores.is_empty() && (0.0..=1.0).contains(&fraction),
        "a fraction {fraction} of {} scores",
        scores.len()
    );
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let place = fraction * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let part = (place - place.floor()) as f32;
    below * (1.0 - part) + above * part
}

/// How many of `weights` different scores are at or above the percentile.
pub fn above_percentile(pruned: f64, weights: usize) -> usize {
    weights - (pruned * weights.saturating_sub(1) as f64).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::random::Stream;

    fn scores(count: usize, seed: u64) -> Vec<f32> {
        let stream = Stream::new(seed, "scores");
        // few different values, so that there are ties
        (0..count).map(|index| (8.0 * stream.uniform(index as u64)).floor()).collect()
    }

    #[test]
    fn counts_are_exact_masks_nest_and_what_stays_is_best() {
        for seed in 0..50 {
            let scores = scores(60, seed);
            let mut alive = vec![true; 60];
            for keep in [60, 41, 17, 3, 0] {
                let kept = by_count(&scores, &alive, keep);
                assert_eq!(kept.iter().filter(|kept| **kept).count(), keep);
                assert!((0..60).all(|index| alive[index] || !kept[index]));
                for (stays, goes) in (0..60).flat_map(|a| (0..60).map(move |b| (a, b))) {
                    if kept[stays] && alive[goes] && !kept[goes] {
                        let (best, worse) = (scores[stays], scores[goes]);
                        assert!(best > worse || best == worse && stays < goes);
                    }
                }
                alive = kept;
            }
        }
    }

    #[test]
    fn a_percentile_is_between_its_neighbours_and_keeps_ties() {
        let (kept, threshold) = by_percentile(&[4.0, 1.0, 3.0, 2.0, 0.0], 0.6);
        assert!((threshold - 2.4).abs() < 1e-6, "{threshold}");
        assert_eq!(kept, [true, false, true, false, false]);
        assert_eq!(by_percentile(&[1.0, 1.0, 1.0], 0.5), (vec![true; 3], 1.0));
        for count in [1, 2, 7, 100] {
            for pruned in [0.0, 0.2, 0.5, 0.99, 1.0] {
                let different: Vec<f32> = (1..=count).map(|score| score as f32).collect();
                let kept = by_percentile(&different, pruned).0.iter().filter(|kept| **kept).count();
                assert_eq!(kept, above_percentile(pruned, count), "{count} {pruned}");
            }
        }
    }
}
