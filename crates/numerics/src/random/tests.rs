//! Statistical tests of the generator; [`broken`] generators must fail the same checks.
//!
//! The streams are fixed, so a check passes for ever or never: it fails when the generator, the hash of streams, the
//! order of elements or the deviates change for the worse.

mod broken;
mod checks;

use self::checks::{
    Verdict, are_independent, bits_are_fair, bits_are_unrelated, follows, moments_are_normal,
    normal_distribution, spreads, tails_are_normal,
};
use super::group::place;
use super::philox::scalar;
use super::{GROUP, Stream};
use crate::{Isa, LANES};

const WORDS: usize = 1 << 20;
const DEVIATES: usize = 1 << 22;

/// Avalanche of Philox with fewer rounds: 128 bits of the counter, then 64 of the key.
fn philox_spreads<const ROUNDS: u32>() -> Verdict {
    spreads("philox", 192, |trial, flipped| {
        let [mut key0, mut key1, counter @ ..] = [1, 2, trial as u32, 0, 5, 6];
        let mut counter = counter;
        match flipped {
            0..128 => counter[flipped / 32] ^= 1 << (flipped % 32),
            128..160 => key0 ^= 1 << (flipped % 32),
            160..192 => key1 ^= 1 << (flipped % 32),
            _ => {}
        }
        scalar::<ROUNDS>([key0, key1], counter)
    })
}

/// Words of a stream, in the order of its elements, with fewer rounds.
fn words_of<const ROUNDS: u32>(stream: Stream, count: usize) -> Vec<u32> {
    let block = |index: u64| {
        scalar::<ROUNDS>(stream.key, [index as u32, (index >> 32) as u32, stream.upper[0], stream.upper[1]])
    };
    (0..count as u64).map(|element| block(place(element).0)[place(element).1]).collect()
}

fn words(stream: Stream, count: usize) -> Vec<u32> {
    let mut words = vec![0; count];
    stream.bits_into(Isa::detected(), 0, &mut words);
    words
}

fn deviates(stream: Stream, count: usize) -> Vec<f32> {
    let mut deviates = vec![0.0; count];
    stream.normal_into(Isa::detected(), 0, &mut deviates);
    deviates
}

/// The stream that a check uses.
fn stream(name: &str) -> Stream {
    Stream::new(0x5eed, name)
}

#[test]
fn bits_of_a_stream_and_of_first_words_of_its_children_are_fair() {
    bits_are_fair(&words(stream("bits"), WORDS)).unwrap();
    let of_children = |name, index: fn(u64) -> Vec<u64>| -> Vec<u32> {
        (0..WORDS as u64 / 4).map(|child| stream(name).with(&index(child)).bits(0)).collect()
    };
    bits_are_fair(&of_children("children", |index| vec![index])).unwrap();
    bits_are_fair(&of_children("generations and members", |index| vec![index / 512, index % 512])).unwrap();
    let of_seeds: Vec<u32> = (0..WORDS as u64 / 4).map(|seed| Stream::new(seed, "seeds").bits(0)).collect();
    bits_are_fair(&of_seeds).unwrap();
}

#[test]
fn one_bit_of_counter_key_seed_or_index_changes_half_of_all_bits() {
    philox_spreads::<10>().unwrap();
    let bits = |stream: Stream| [stream.key[0], stream.key[1], stream.upper[0], stream.upper[1]];
    let flip = |bit| if bit < 64 { 1u64 << bit } else { 0 };
    spreads("seed", 64, |trial, bit| bits(Stream::new(trial ^ flip(bit), "seed"))).unwrap();
    spreads("index", 64, |trial, bit| bits(stream("index").child(trial ^ flip(bit)))).unwrap();
}

#[test]
fn neighbouring_streams_have_nothing_in_common() {
    let base = stream("neighbours");
    let neighbours = [
        ("seeds", Stream::new(0x5eee, "neighbours")),
        ("names", stream("neighbourt")),
        ("parent and child", base.child(0)),
    ];
    let children =
        [("generations", base.child(4), base.child(5)), ("members", base.with(&[4, 7]), base.with(&[4, 8]))];
    for (what, one, other) in neighbours.map(|(what, other)| (what, base, other)).into_iter().chain(children)
    {
        bits_are_unrelated(&words(one, WORDS), &words(other, WORDS)).unwrap();
        // Beside each other, and shifted: streams must not be pieces of one sequence either.
        let (one, other) = (deviates(one, WORDS), deviates(other, WORDS));
        for shift in [0, 1, LANES, GROUP] {
            are_independent(what, &one[shift..], &other).unwrap();
        }
    }
}

#[test]
fn neighbouring_elements_and_partners_are_independent() {
    let sample = deviates(stream("neighbouring elements"), WORDS);
    // The next block; the next words of the same block (its partner is one of them); the same word a group ahead.
    for shift in [1, 2, 3, LANES - 1, LANES, LANES + 1, 2 * LANES, 3 * LANES, GROUP] {
        are_independent(&format!("shifted by {shift}"), &sample, &sample[shift..]).unwrap();
    }
    // A mixture of shifts would hide what happens between a cosine and its own sine.
    are_independent("partners", &firsts(&sample), &partners(&sample)).unwrap();
}

fn firsts(sample: &[f32]) -> Vec<f32> {
    sample.chunks_exact(2 * LANES).flat_map(|pair| &pair[..LANES]).copied().collect()
}

fn partners(sample: &[f32]) -> Vec<f32> {
    sample.chunks_exact(2 * LANES).flat_map(|pair| &pair[LANES..]).copied().collect()
}

#[test]
fn uniform_deviates_are_uniform() {
    let mut sample = vec![0.0; WORDS];
    stream("uniform").uniform_into(Isa::detected(), 0, &mut sample);
    // Half a step: the points of the grid stand for the intervals above them.
    let half = 0.5 / f64::from(1 << 24);
    follows("uniform", &sample, |x| x + half).unwrap();
    let mut sample = vec![0.0; WORDS];
    stream("uniform f64").uniform_f64_into(Isa::detected(), 0, &mut sample);
    let sample: Vec<f32> = sample.into_iter().map(|x| x as f32).collect();
    follows("uniform f64", &sample, |x| x).unwrap();
}

#[test]
fn normal_deviates_are_normal() {
    let sample = deviates(stream("normal"), DEVIATES);
    moments_are_normal(&sample).unwrap();
    tails_are_normal(&sample).unwrap();
    follows("normal", &sample[..WORDS], normal_distribution).unwrap();
    let mut double = vec![0.0; WORDS];
    stream("normal f64").normal_f64_into(Isa::detected(), 0, &mut double);
    let double: Vec<f32> = double.into_iter().map(|x| x as f32).collect();
    moments_are_normal(&double).unwrap();
    tails_are_normal(&double).unwrap();
    follows("normal f64", &double, normal_distribution).unwrap();
    are_independent("partners in f64", &firsts(&double), &partners(&double)).unwrap();
}
