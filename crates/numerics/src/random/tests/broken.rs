//! What the checks must complain about.

use super::*;

/// Box and Muller with the platform's functions, whatever their words.
fn box_muller(radius: f64, angle: u32) -> [f32; 2] {
    let radius = (-2.0 * radius.ln()).sqrt();
    let (sine, cosine) = ((f64::from(angle) + 0.5) * (-32f64).exp2() * std::f64::consts::TAU).sin_cos();
    [(radius * cosine) as f32, (radius * sine) as f32]
}

fn fraction(word: u32, bits: u32) -> f64 {
    (f64::from(word >> (32 - bits)) + 0.5) / f64::from(bits).exp2()
}

#[test]
fn philox_of_few_rounds_is_rejected() {
    assert!(bits_are_fair(&words_of::<2>(stream("bits"), WORDS)).is_err());
    assert!(bits_are_fair(&words_of::<3>(stream("bits"), WORDS)).is_err());
    assert!(philox_spreads::<3>().is_err() && philox_spreads::<4>().is_err());
}

#[test]
fn a_stuck_bit_a_rare_byte_and_low_bits_of_a_congruence_are_rejected() {
    let fair = words(stream("bits"), WORDS);
    assert!(bits_are_fair(&fair.iter().map(|word| word | 1 << 9).collect::<Vec<_>>()).is_err());
    let rare = |word: u32| if word & 0xff00 == 0x1200 && word >> 30 == 3 { word ^ 0x100 } else { word };
    assert!(bits_are_fair(&fair.iter().map(|&word| rare(word)).collect::<Vec<_>>()).is_err());
    let congruence =
        std::iter::successors(Some(1u32), |x| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)));
    let complaint = bits_are_fair(&congruence.take(WORDS).collect::<Vec<_>>()).unwrap_err();
    assert!(complaint.starts_with("bytes from bit 0: -"), "too even: {complaint}");
}

#[test]
fn streams_that_are_sums_of_seed_and_index_are_rejected() {
    let sequence = deviates(stream("sum"), WORDS + 5);
    let (generation4, generation5) = (&sequence[4..], &sequence[5..]);
    assert!(are_independent("sums", &generation4[1..], generation5).is_err());
    let sequence = words(stream("sum"), WORDS);
    assert!(bits_are_unrelated(&sequence, &sequence).is_err());
}

#[test]
fn a_coarse_radius_a_scaled_deviate_and_a_shifted_one_are_rejected() {
    let words = words(stream("coarse"), DEVIATES);
    let with_radius = |bits| -> Vec<f32> {
        words.chunks_exact(2).flat_map(|pair| box_muller(fraction(pair[0], bits), pair[1])).collect()
    };
    tails_are_normal(&with_radius(32)).unwrap();
    assert!(tails_are_normal(&with_radius(10)).is_err(), "nothing beyond 3.91");
    let sample = deviates(stream("normal"), DEVIATES);
    let changed = |change: fn(f32) -> f32| -> Vec<f32> { sample.iter().map(|&x| change(x)).collect() };
    assert!(moments_are_normal(&changed(|x| 1.002 * x)).is_err());
    assert!(moments_are_normal(&changed(|x| x + 0.003)).is_err());
    assert!(tails_are_normal(&changed(|x| if x > 3.5 { 3.5 } else { x })).is_err());
    assert!(follows("scaled", &changed(|x| 1.01 * x)[..WORDS], normal_distribution).is_err());
}

#[test]
fn partners_that_share_their_words_are_rejected() {
    let words = words(stream("shared"), WORDS);
    let pairs: Vec<[f32; 2]> = words.iter().map(|&word| box_muller(fraction(word, 32), word << 3)).collect();
    let (first, second): (Vec<f32>, Vec<f32>) = pairs.into_iter().map(|[a, b]| (a, b)).unzip();
    assert!(are_independent("shared", &first, &second).is_err());
    let sample = deviates(stream("normal"), WORDS);
    let same_size: Vec<f32> = sample.iter().rev().zip(&sample).map(|(sign, x)| x.copysign(*sign)).collect();
    assert!(are_independent("size", &sample, &same_size).is_err());
}

#[test]
fn a_grid_that_leaves_a_gap_is_rejected() {
    let mut sample = vec![0.0; WORDS];
    stream("uniform").uniform_into(Isa::detected(), 0, &mut sample);
    sample.iter_mut().for_each(|x| *x *= 0.995);
    assert!(follows("gap", &sample, |x| x).is_err());
}
