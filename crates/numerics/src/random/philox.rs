//! Philox4x32-10: four words that are a function of a key and a counter.
//!
//! One round maps the counter `(c0, c1, c2, c3)` under the key `(k0, k1)` to
//!
//! ```text
//! (high(M1 c2) ^ c1 ^ k0,  low(M1 c2),  high(M0 c0) ^ c3 ^ k1,  low(M0 c0))
//! ```
//!
//! with the halves of 64-bit products; after each round `k0` grows by `W0` and `k1` by `W1`, modulo 2^32. Ten rounds.
//! For a fixed key it is a permutation of the 2^128 counters, so no block comes twice.
//!
//! Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011), section 3.3. Its authors
//! report that seven rounds pass all of BigCrush; the three more are their margin, and it is kept.

use crate::Simd;

/// Multipliers of the two halves of a counter.
const M0: u32 = 0xd251_1f53;
const M1: u32 = 0xcd9e_8d57;

/// What the two words of a key grow by: the fractions of the golden ratio and of the square root of three.
const W0: u32 = 0x9e37_79b9;
const W1: u32 = 0xbb67_ae85;

/// Rounds of the generator that everything here uses.
const ROUNDS: u32 = 10;

/// The block of four words that belongs to `counter` under `key`.
///
/// ```
/// // Known answer of Random123, file `kat_vectors`.
/// let words = numerics::random::philox([0, 0], [0, 0, 0, 0]);
/// assert_eq!(words, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
/// ```
pub fn philox(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    scalar::<ROUNDS>(key, counter)
}

/// [`philox`] in each lane: `counter` and the result hold one word of a block each, one block in a lane.
// PERF: blocks of even and of odd lanes go through the rounds by themselves, in registers whose odd lanes hold what the
// next multiplication ignores: a product needs no rearrangement, only its high half a shift.
#[inline(always)]
pub fn philox_lanes<S: Simd>(simd: S, key: [u32; 2], counter: [S::U; 4]) -> [S::U; 4] {
    let (m0, m1) = (simd.splat_bits(M0), simd.splat_bits(M1));
    let round = |[c0, c1, c2, c3]: [S::U; 4], k0: S::U, k1: S::U| {
        let (product0, product1) = (simd.mul_even(c0, m0), simd.mul_even(c2, m1));
        let next0 = simd.xor(simd.odd_twice(product1), simd.xor(c1, k0));
        let next2 = simd.xor(simd.odd_twice(product0), simd.xor(c3, k1));
        [next0, product1, next2, product0]
    };
    let mut even = counter;
    let mut odd = counter.map(|word| simd.odd_twice(word));
    // PERF: written out, so that the compiler takes the keys out of the loop around the blocks.
    macro_rules! rounds {
        ($($index:literal)*) => { $(
            let k0 = simd.splat_bits(key[0].wrapping_add(W0.wrapping_mul($index)));
            let k1 = simd.splat_bits(key[1].wrapping_add(W1.wrapping_mul($index)));
            even = round(even, k0, k1);
            odd = round(odd, k0, k1);
        )* };
    }
    rounds!(0 1 2 3 4 5 6 7 8 9);
    std::array::from_fn(|word| simd.interleave_even(even[word], odd[word]))
}

/// The naive twin, with the number of rounds open, so that tests can weaken it.
pub(super) fn scalar<const ROUNDS: u32>(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    let [mut k0, mut k1] = key;
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    for _ in 0..ROUNDS {
        let product0 = u64::from(M0) * u64::from(c0);
        let product1 = u64::from(M1) * u64::from(c2);
        c0 = (product1 >> 32) as u32 ^ c1 ^ k0;
        c2 = (product0 >> 32) as u32 ^ c3 ^ k1;
        (c1, c3) = (product1 as u32, product0 as u32);
        (k0, k1) = (k0.wrapping_add(W0), k1.wrapping_add(W1));
    }
    [c0, c1, c2, c3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Isa, Kernel, LANES};

    /// Counter, key, and answer after ten rounds, from Random123 1.14, `tests/kat_vectors`, `philox4x32 10`.
    const KNOWN: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];

    #[test]
    fn answers_are_those_that_are_known() {
        for (counter, key, answer) in KNOWN {
            assert_eq!(philox(key, counter), answer);
        }
        // The same file, `philox4x32 7`.
        assert_eq!(scalar::<7>([0; 2], [0; 4]), [0x5f6f_b709, 0x0d89_3f64, 0x4f12_1f81, 0x4f73_0a48]);
    }

    struct Blocks<'a> {
        key: [u32; 2],
        counters: &'a [[u32; LANES]; 4],
    }

    impl Kernel for Blocks<'_> {
        type Output = [[u32; LANES]; 4];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let mut words = [[0; LANES]; 4];
            for start in (0..LANES).step_by(S::LANES) {
                let counter = self.counters.each_ref().map(|word| simd.load_bits(&word[start..]));
                let block = philox_lanes(simd, self.key, counter);
                for (word, value) in words.iter_mut().zip(block) {
                    simd.store_bits(value, &mut word[start..]);
                }
            }
            words
        }
    }

    #[test]
    fn every_lane_of_every_instruction_set_is_the_naive_twin() {
        let mut state = [1, 2, 3, 4];
        for _ in 0..if cfg!(miri) { 3 } else { 200 } {
            let counters: [[u32; LANES]; 4] = std::array::from_fn(|_| {
                std::array::from_fn(|_| {
                    state = scalar::<10>([5, 6], state);
                    state[0]
                })
            });
            let key = [state[1], state[2]];
            for isa in Isa::available() {
                let found = isa.run(Blocks { key, counters: &counters });
                for lane in 0..LANES {
                    let expected = philox(key, counters.map(|word| word[lane]));
                    assert_eq!(found.map(|word| word[lane]), expected, "{isa}, lane {lane}");
                }
            }
        }
    }
}
