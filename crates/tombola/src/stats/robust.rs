//! What few seeds of several tasks say together, without a few of them saying all: as rliable has it (Agarwal et al.,
//! "Deep Reinforcement Learning at the Edge of the Statistical Precipice", 2021).
//!
//! Scores are `[task][seed]`. The interquartile mean drops the lowest and the highest quarter of all scores. Its interval is
//! that of a bootstrap: seeds are drawn again, and the 2.5 % and 97.5 % points of so many such means are its ends. Where tasks
//! share nothing, each draws its own seeds (strata); where a seed draws the same masks and starts for all tasks, as here, tasks
//! draw the same seeds, for they rise and fall together. The interval is too narrow where there are few seeds:
//! [`interquartile_mean`] says how often it covers.

use numerics::random::Stream;

/// How often scores are drawn again.
const RESAMPLES: u64 = 2000;

/// A mean and the ends of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// Of the scores that there are.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What tasks have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// Nothing: the same place in two lists means nothing.
    Apart,
    /// The seeds: all lists are of the same seeds, in one order.
    Shared,
}

/// The interquartile mean of all scores, with the interval of a bootstrap; none where there is no score. The interval is none
/// where a task has fewer than three seeds. The same scores have the same interval.
///
/// With four tasks and normal scores that share nothing, the interval of three seeds holds the true value about 86 times in
/// 100, of five 91 times, of ten 93 and of twenty 94 times; where they share their seeds about 73, 84, 90 and 90 times: a test
/// counts.
///
/// # Panics
///
/// If tasks share seeds and have not as many.
pub fn interquartile_mean(scores: &[Vec<f64>], seeds: Seeds) -> Option<Between> {
    let mean = trimmed(&mut scores.concat())?;
    let (least, most) = (scores.iter().map(Vec::len).min(), scores.iter().map(Vec::len).max());
    assert!(seeds == Seeds::Apart || least == most, "as many scores of each task as there are seeds");
    if least.is_none_or(|least| least < 3) {
        return Some(Between { mean, low: f64::NAN, high: f64::NAN });
    }
    let mut means = resampled(scores, seeds);
    means.sort_by(f64::total_cmp);
    Some(Between { mean, low: percentile(&means, 0.025), high: percentile(&means, 0.975) })
}

/// The interquartile means of scores that are drawn again. Scores are sorted once: what is drawn is how often each counts, and
/// a score that counts twice is added twice, so the sums are those of a sorted draw.
fn resampled(scores: &[Vec<f64>], seeds: Seeds) -> Vec<f64> {
    let stream = Stream::new(0, "bootstrap");
    // where seeds are shared, all tasks have one list of counts; otherwise each its own
    let stride = |task: &Vec<f64>| if seeds == Seeds::Shared { 0 } else { task.len() };
    let mut sorted: Vec<(f64, usize)> = Vec::new();
    let mut first = 0;
    for task in scores {
        sorted.extend(task.iter().enumerate().map(|(place, &score)| (score, first + place)));
        first += stride(task);
    }
    sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let lists = if seeds == Seeds::Shared { &scores[..1] } else { scores };
    let mut counts = vec![0_u32; lists.iter().map(Vec::len).sum()];
    let mean = |resample: u64| {
        let stream = stream.child(resample);
        counts.fill(0);
        let mut first = 0;
        for task in lists {
            for place in first..first + task.len() {
                counts[first + stream.below(place as u64, task.len() as u64) as usize] += 1;
            }
            first += task.len();
        }
        middle_mean(&sorted, &counts)
    };
    (0..RESAMPLES).map(mean).collect()
}

/// The mean of sorted scores without the lowest and the highest quarter, where each counts as often as `counts` says at its
/// place; there are as many counted as scores.
fn middle_mean(sorted: &[(f64, usize)], counts: &[u32]) -> f64 {
    let quarter = sorted.len() / 4;
    let (from, to) = (quarter, sorted.len() - quarter);
    // what `sum` begins with
    let (mut at, mut sum) = (0, -0.0);
    for &(score, place) in sorted {
        let next = at + counts[place] as usize;
        // as many additions as a sorted list would have
        for _ in at.max(from)..next.min(to) {
            sum += score;
        }
        at = next;
    }
    sum / (to - from) as f64
}

/// The mean without the lowest and the highest quarter, rounded down: SciPy's `trim_mean(_, 0.25)`. Sorts.
fn trimmed(numbers: &mut [f64]) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let quarter = numbers.len() / 4;
    let middle = &numbers[quarter..numbers.len() - quarter];
    (!middle.is_empty()).then(|| middle.iter().sum::<f64>() / middle.len() as f64)
}

/// A point of sorted numbers, between two of them where it falls there.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, rest) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + rest * (sorted[above] - sorted[below])
}

/// How often a score of one side beats one of the other on the same task, ties counting half; the mean of tasks. None where a
/// side of a task has no score, or there is no task.
pub fn probability_of_improvement(ours: &[Vec<f64>], theirs: &[Vec<f64>]) -> Option<f64> {
    let of_task = |(ours, theirs): (&Vec<f64>, &Vec<f64>)| {
        let value = |(a, b): (&f64, &f64)| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 };
        let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
        let count = ours.len() * theirs.len();
        (count > 0).then(|| pairs.map(value).sum::<f64>() / count as f64)
    };
    let tasks: Vec<f64> = ours.iter().zip(theirs).map(of_task).collect::<Option<_>>()?;
    (!tasks.is_empty()).then(|| tasks.iter().sum::<f64>() / tasks.len() as f64)
}

/// A performance profile: of each threshold, the share of all scores that are above it. None where there is no score.
pub fn profile(scores: &[f64], thresholds: &[f64]) -> Option<Vec<f64>> {
    let above = |threshold: &f64| scores.iter().filter(|score| *score > threshold).count() as f64;
    let share = |threshold| above(threshold) / scores.len() as f64;
    (!scores.is_empty()).then(|| thresholds.iter().map(share).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition: draws, sorted, averaged.
    fn by_definition(scores: &[Vec<f64>], seeds: Seeds) -> Vec<f64> {
        let stream = Stream::new(0, "bootstrap");
        let mean = |resample: u64| {
            let stream = stream.child(resample);
            let (mut all, mut drawn) = (Vec::new(), 0);
            for task in scores {
                for place in 0..task.len() {
                    let element = if seeds == Seeds::Shared { place } else { drawn };
                    all.push(task[stream.below(element as u64, task.len() as u64) as usize]);
                    drawn += 1;
                }
            }
            trimmed(&mut all).expect("scores")
        };
        (0..RESAMPLES).map(mean).collect()
    }

    #[test]
    fn counting_draws_gives_the_bits_of_sorting_them() {
        let stream = Stream::new(3, "scores");
        for (tasks, seeds) in [(1_u64, 3_u64), (2, 3), (3, 5), (4, 10)] {
            // a tenth of a unit apart: many are equal
            let score = |task: u64, seed: u64| stream.below(task * seeds + seed, 12) as f64 / 10.0 - 0.3;
            let scores: Vec<Vec<f64>> =
                (0..tasks).map(|task| (0..seeds).map(|seed| score(task, seed)).collect()).collect();
            for share in [Seeds::Apart, Seeds::Shared] {
                let [found, expected] = [resampled(&scores, share), by_definition(&scores, share)]
                    .map(|means| means.into_iter().map(f64::to_bits).collect::<Vec<_>>());
                assert_eq!(found, expected, "{tasks} {seeds} {share:?}");
            }
        }
        let uneven = [vec![0.1, 0.2, 0.3], vec![0.4, 0.5, 0.6, 0.7]];
        assert_eq!(resampled(&uneven, Seeds::Apart), by_definition(&uneven, Seeds::Apart));
    }

    #[test]
    fn one_wild_seed_moves_nothing() {
        let scores = vec![vec![0.5, 0.6, 0.7, 0.8], vec![0.5, 0.6, 0.7, 0.8]];
        let mut wild = scores.clone();
        wild[1][3] = 1e9;
        let both =
            [scores, wild].map(|scores| interquartile_mean(&scores, Seeds::Apart).expect("scores").mean);
        assert_eq!(both[0], both[1]);
    }

    #[test]
    fn few_seeds_have_no_interval_and_no_seeds_nothing() {
        let few = interquartile_mean(&[vec![0.5, 0.6]], Seeds::Shared).expect("scores");
        assert!(few.low.is_nan() && few.high.is_nan() && few.mean == 0.55);
        assert_eq!(interquartile_mean(&[], Seeds::Apart), None);
        assert_eq!(probability_of_improvement(&[], &[]), None);
        assert_eq!(probability_of_improvement(&[vec![1.0]], &[vec![]]), None);
    }

    #[test]
    fn a_profile_falls_from_all_to_none_and_a_threshold_is_not_above_itself() {
        let scores = [0.5, 0.25, 1.0, 0.5];
        assert_eq!(profile(&scores, &[0.0, 0.25, 0.5, 1.0]), Some(vec![1.0, 0.75, 0.25, 0.0]));
        assert_eq!(profile(&[], &[0.0]), None);
    }

    #[test]
    fn who_always_wins_improves_surely_and_equals_by_half() {
        let (high, low) = (vec![vec![2.0, 3.0]], vec![vec![0.0, 1.0]]);
        assert_eq!(probability_of_improvement(&high, &low), Some(1.0));
        assert_eq!(probability_of_improvement(&low, &high), Some(0.0));
        assert_eq!(probability_of_improvement(&low, &low), Some(0.5));
    }

    /// What the documentation says, to four deviations of a share among so many samples.
    #[test]
    fn intervals_cover_as_often_as_the_documentation_says() {
        const SAMPLES: u64 = 800;
        let said = [(3_u64, [0.86, 0.73]), (5, [0.91, 0.84]), (10, [0.93, 0.9]), (20, [0.94, 0.9])];
        for (seeds, expected) in said {
            let covers = |sample: u64, share: Seeds| {
                let stream = Stream::new(9, "coverage").with(&[seeds, sample]);
                let common =
                    |seed: u64| if share == Seeds::Shared { stream.normal_f64(1000 + seed) } else { 0.0 };
                let task = |task: u64| {
                    (0..seeds)
                        .map(|seed| stream.normal_f64(task * seeds + seed) + 2.0 * common(seed))
                        .collect()
                };
                let scores = (0..4).map(task).collect::<Vec<Vec<f64>>>();
                let found = interquartile_mean(&scores, share).expect("scores");
                found.low <= 0.0 && 0.0 <= found.high
            };
            for (share, expected) in [Seeds::Apart, Seeds::Shared].into_iter().zip(expected) {
                let count =
                    (0..SAMPLES).filter(|&sample| covers(sample, share)).count() as f64 / SAMPLES as f64;
                let allowed = 4.0 * (expected * (1.0 - expected) / SAMPLES as f64).sqrt() + 0.01;
                assert!((count - expected).abs() < allowed, "{seeds}, {share:?}: {count}");
            }
        }
    }
}
