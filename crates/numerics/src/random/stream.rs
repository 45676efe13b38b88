//! Named streams: which numbers a purpose may use.
//!
//! A stream is 128 bits: the key of the generator and the upper half of its counter. They are a hash of a seed, a name
//! and integers; the lower half of the counter says which block of the stream. Two purposes with different names, and
//! two generations or members of one purpose, thus share numbers only if 128-bit hashes collide: with 2^32 streams in
//! use, the probability of one collision is 2^-65. Sums like `seed + generation` collide between neighbours at once.
//!
//! The hash chains Philox itself, in the manner of Davies and Meyer: `h = philox(key = x, counter = h) ^ h` for each
//! 64-bit integer `x` of the text
//!
//! ```text
//! seed, bytes of the name, the name in eights of bytes (little-endian, filled with zeros), numbers ...
//! ```
//!
//! from `h` = the first 128 fractional bits of pi. No two arguments have the same text. Results that exist depend on
//! this function, so it never changes; the tests pin it.

use super::philox::philox;

/// The first 128 bits of the fraction of pi: a start in which nothing is hidden.
const START: [u32; 4] = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];

/// A source of random numbers for one purpose: a function of an index, without state.
///
/// Element `i` of a stream is the same whoever asks, in whatever range, on whatever instructions. A stream serves one
/// purpose: its bits, uniform deviates and normal deviates are made of the same words. For another purpose take another
/// name, for another generation or member a [`child`](Stream::child).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    pub(super) key: [u32; 2],
    /// The upper half of the counter of every block.
    pub(super) upper: [u32; 2],
}

impl Stream {
    /// The stream of a purpose in a run with this seed.
    pub fn new(seed: u64, name: &str) -> Stream {
        let mut state = absorb(absorb(START, seed), name.len() as u64);
        for eight in name.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..eight.len()].copy_from_slice(eight);
            state = absorb(state, u64::from_le_bytes(bytes));
        }
        Stream::of(state)
    }

    /// The stream of one generation, member, level or whatever `index` counts.
    pub fn child(self, index: u64) -> Stream {
        let ([k0, k1], [c2, c3]) = (self.key, self.upper);
        Stream::of(absorb([k0, k1, c2, c3], index))
    }

    /// A [`child`](Stream::child) of a child, for each of the indices: `with(&[a, b])` is `child(a).child(b)`.
    pub fn with(self, indices: &[u64]) -> Stream {
        indices.iter().fold(self, |stream, &index| stream.child(index))
    }

    /// Four words: the block of this index.
    #[inline(always)]
    pub(super) fn block(self, index: u64) -> [u32; 4] {
        philox(self.key, [index as u32, (index >> 32) as u32, self.upper[0], self.upper[1]])
    }

    fn of([k0, k1, c2, c3]: [u32; 4]) -> Stream {
        Stream { key: [k0, k1], upper: [c2, c3] }
    }
}

/// Hashes one more integer.
fn absorb(state: [u32; 4], number: u64) -> [u32; 4] {
    let mixed = philox([number as u32, (number >> 32) as u32], state);
    std::array::from_fn(|word| mixed[word] ^ state[word])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Results that exist depend on these. If this test fails, the change is wrong, not the test.
    #[test]
    fn streams_are_pinned_for_ever() {
        // By `scripts/pin-random`.
        let pins = [
            (Stream::new(0, ""), ([0xbc4b_effe, 0xf22c_471a], [0x9657_da97, 0xeb64_250d])),
            (Stream::new(42, "mutation"), ([0x0925_7a74, 0x6371_4a88], [0x174d_1862, 0x3bbc_84a9])),
            (Stream::new(42, "initial weights"), ([0x8d2c_f1af, 0x30db_7aeb], [0xbd23_21b0, 0xe323_45f7])),
            (
                Stream::new(42, "mutation").with(&[3, 17]),
                ([0x8b13_036c, 0xbd72_79a3], [0x3ceb_521d, 0x7403_4133]),
            ),
            (
                Stream::new(u64::MAX, "z").child(u64::MAX),
                ([0x4278_97f4, 0x3fee_2d36], [0x87e1_721e, 0x0df9_bbfb]),
            ),
        ];
        for (stream, pin) in pins {
            assert_eq!((stream.key, stream.upper), pin);
        }
    }

    #[test]
    fn different_arguments_give_different_streams() {
        let mut seen = HashSet::new();
        let names = ["", "\0", "\0\0", "a", "a\0", "aaaaaaaa", "aaaaaaaaa", "mask", "mutation"];
        for seed in [0, 1, 2, 42, u64::MAX] {
            for name in names {
                let stream = Stream::new(seed, name);
                assert!(seen.insert(stream), "{seed} {name}");
                for index in [0, 1, 2, 8, 97, u64::MAX] {
                    assert!(seen.insert(stream.child(index)), "{seed} {name} {index}");
                    assert!(seen.insert(stream.with(&[index, 0])), "{seed} {name} {index} 0");
                    assert!(seen.insert(stream.with(&[0, index, 1])), "{seed} {name} 0 {index} 1");
                }
            }
        }
        // Keys alone, and upper halves alone, are as different.
        assert_eq!(seen.iter().map(|stream| stream.key).collect::<HashSet<_>>().len(), seen.len());
        assert_eq!(seen.iter().map(|stream| stream.upper).collect::<HashSet<_>>().len(), seen.len());
    }

    #[test]
    fn indices_in_one_go_are_children_of_children() {
        let stream = Stream::new(9, "path");
        assert_eq!(stream.with(&[]), stream);
        assert_eq!(stream.with(&[3, 1, 4]), stream.child(3).child(1).child(4));
    }
}
