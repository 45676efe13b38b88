//! Statistical checks of words and deviates, which know nothing of the generator.
//!
//! Each returns its complaint. A statistic is compared with a limit that a true random sample exceeds with probability
//! 10^-6 (a normal statistic: 4.9 on both sides, for a sample may be too even as well).

pub(super) type Verdict = Result<(), String>;

/// The limit of a standard normal statistic: exceeded with probability 9.6e-7.
const LIMIT: f64 = 4.9;

/// The same for the worst of some ten thousand: exceeded by one of them with probability 8.0e-11.
const LIMIT_OF_MANY: f64 = 6.5;

/// Exceeded by the square root of n times the distance of Kolmogorov and Smirnov with probability 2 exp(-2 x^2), 1e-6.
const DISTANCE_LIMIT: f64 = 2.694;

/// Complains about a standard normal statistic that is too far from zero.
fn limited(what: &str, statistic: f64) -> Verdict {
    limited_by(LIMIT, what, statistic)
}

fn limited_by(limit: f64, what: &str, statistic: f64) -> Verdict {
    let fine = statistic.abs() < limit;
    if fine { Ok(()) } else { Err(format!("{what}: {statistic:.2} standard deviations")) }
}

/// Pearson's chi-square of counts that should be equal, made normal by the cube root of Wilson and Hilferty (1931).
fn equal_counts(what: &str, counts: &[u32]) -> Verdict {
    let expected = counts.iter().map(|&count| f64::from(count)).sum::<f64>() / counts.len() as f64;
    let chi_square: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    let variance = 2.0 / (9.0 * (counts.len() - 1) as f64);
    let cube_root = (chi_square / (counts.len() - 1) as f64).cbrt();
    limited(what, (cube_root - (1.0 - variance)) / variance.sqrt())
}

/// Each bit is set in half of the words, and all bytes and pairs of bytes are equally frequent.
pub(super) fn bits_are_fair(words: &[u32]) -> Verdict {
    for bit in 0..32 {
        let set: u32 = words.iter().map(|word| word >> bit & 1).sum();
        let deviation = (words.len() as f64 / 4.0).sqrt();
        limited(&format!("bit {bit}"), (f64::from(set) - words.len() as f64 / 2.0) / deviation)?;
    }
    for shift in [0, 8, 16, 24] {
        let mut counts = [0; 256];
        words.iter().for_each(|word| counts[(word >> shift & 255) as usize] += 1);
        equal_counts(&format!("bytes from bit {shift}"), &counts)?;
    }
    for shift in [0, 16] {
        let mut counts = vec![0; 1 << 16];
        words.iter().for_each(|word| counts[(word >> shift & 0xffff) as usize] += 1);
        equal_counts(&format!("halves from bit {shift}"), &counts)?;
    }
    Ok(())
}

/// Two rows of words agree in half of their bits, overall and in each bit.
pub(super) fn bits_are_unrelated(a: &[u32], b: &[u32]) -> Verdict {
    let different: Vec<u32> = a.iter().zip(b).map(|(a, b)| a ^ b).collect();
    bits_are_fair(&different)
}

/// The largest distance between the steps of a sample and its distribution function.
pub(super) fn follows(what: &str, sample: &[f32], distribution: impl Fn(f64) -> f64) -> Verdict {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let size = sorted.len() as f64;
    let distance = sorted.iter().enumerate().fold(0.0f64, |distance, (index, &value)| {
        let probability = distribution(f64::from(value));
        let (below, above) = (index as f64 / size, (index + 1) as f64 / size);
        distance.max((probability - below).abs()).max((above - probability).abs())
    });
    let statistic = distance * size.sqrt();
    if statistic < DISTANCE_LIMIT {
        Ok(())
    } else {
        Err(format!("{what}: distance {statistic:.2} / sqrt(n)"))
    }
}

/// The distribution function of the normal law, by the series of Marsaglia (2004) around zero.
pub(super) fn normal_distribution(x: f64) -> f64 {
    if x.abs() > 7.0 {
        return if x < 0.0 { 0.0 } else { 1.0 };
    }
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-17 * sum.abs() {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + sum * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()
}

/// Where the normal distribution function has this value: by bisection.
fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-7.0, 7.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        *(if normal_distribution(middle) < probability { &mut low } else { &mut high }) = middle;
    }
    low
}

/// Powers one to four and six have the mean that normal deviates have.
pub(super) fn moments_are_normal(sample: &[f32]) -> Verdict {
    // Power, its mean, and its variance: E x^2p - (E x^p)^2, with E x^2k = 1 * 3 * ... * (2k - 1).
    for (power, mean, variance) in
        [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10_170.0)]
    {
        let sum: f64 = sample.iter().map(|&x| f64::from(x).powi(power) - mean).sum();
        limited(&format!("power {power}"), sum / (variance * sample.len() as f64).sqrt())?;
    }
    Ok(())
}

/// As many deviates lie beyond 1, 2, 3, 4 and 5 standard deviations, on either side, as should.
pub(super) fn tails_are_normal(sample: &[f32]) -> Verdict {
    for (sign, bound) in [1.0, -1.0].into_iter().flat_map(|sign| [1.0, 2.0, 3.0, 4.0, 5.0].map(|b| (sign, b)))
    {
        let count = sample.iter().filter(|&&x| f64::from(x * sign) > bound).count();
        let probability = normal_distribution(-bound);
        let expected = probability * sample.len() as f64;
        let what = format!("{count} beyond {}, not {expected:.1}", bound * f64::from(sign));
        if expected > 100.0 {
            limited(&what, (count as f64 - expected) / (expected * (1.0 - probability)).sqrt())?;
        } else if poisson_tail(count, expected) < 5e-7 {
            return Err(what);
        }
    }
    Ok(())
}

/// The smaller of the probabilities of at most and of at least `count` events where `expected` are expected.
fn poisson_tail(count: usize, expected: f64) -> f64 {
    let mut probability = (-expected).exp();
    let mut below = 0.0;
    for event in 0..count {
        below += probability;
        probability *= expected / (event + 1) as f64;
    }
    (below + probability).min(1.0 - below)
}

/// Neither the values nor their squares of two rows of normal deviates are correlated, and all cells of a chessboard
/// of 16 by 16 fields of equal probability are equally frequent.
pub(super) fn are_independent(what: &str, a: &[f32], b: &[f32]) -> Verdict {
    let pairs = || a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let size = (a.len().min(b.len()) as f64).sqrt();
    limited(&format!("{what}, product"), pairs().map(|(a, b)| a * b).sum::<f64>() / size)?;
    let squares = pairs().map(|(a, b)| (a * a - 1.0) * (b * b - 1.0) / 2.0);
    limited(&format!("{what}, squares"), squares.sum::<f64>() / size)?;
    let edges: [f64; 15] = std::array::from_fn(|edge| quantile((edge + 1) as f64 / 16.0));
    let field = |x: f64| edges.iter().filter(|&&edge| edge < x).count();
    let mut counts = [0; 256];
    for (a, b) in pairs() {
        counts[field(a) * 16 + field(b)] += 1;
    }
    equal_counts(&format!("{what}, fields"), &counts)
}

/// Flipping one bit of `input` flips each bit of the output with probability one half.
pub(super) fn spreads(what: &str, bits: usize, output: impl Fn(u64, usize) -> [u32; 4]) -> Verdict {
    const TRIALS: u64 = 512;
    for flipped in 0..bits {
        let mut counts = [0u32; 128];
        for trial in 0..TRIALS {
            let (plain, changed) = (output(trial, usize::MAX), output(trial, flipped));
            for (bit, count) in counts.iter_mut().enumerate() {
                *count += (plain[bit / 32] ^ changed[bit / 32]) >> (bit % 32) & 1;
            }
        }
        let half = TRIALS as f64 / 2.0;
        let deviation = (TRIALS as f64 / 4.0).sqrt();
        for (bit, &count) in counts.iter().enumerate() {
            let what = format!("{what}: bit {flipped} to bit {bit}");
            limited_by(LIMIT_OF_MANY, &what, (f64::from(count) - half) / deviation)?;
        }
    }
    Ok(())
}
