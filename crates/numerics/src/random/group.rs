//! The order of elements, and fills of ranges.
//!
//! Sixteen consecutive blocks make a group of 64 words. Word `w` of block `b` of group `g` is element
//!
//! ```text
//! 64 g + 16 w + b
//! ```
//!
//! so that the registers of a kernel, which hold one word of many blocks each, are stored as they are:
//!
//! ```text
//! block         0   1   2  ..  15
//! word 0        0   1   2  ..  15      one line of 16 lanes: one register of AVX-512, two of AVX2
//! word 1       16  17  18  ..  31
//! word 2       32  33  34  ..  47
//! word 3       48  49  50  ..  63
//! ```
//!
//! The order belongs to the definition of a stream: it is the same on every machine.

use super::Stream;
use super::philox::philox_lanes;
use crate::{Isa, Kernel, LANES, Simd};

/// Elements of a group: sixteen blocks of four words.
pub const GROUP: usize = 4 * LANES;

/// Where an element is: the index of its block and the word in it.
pub(super) fn place(element: u64) -> (u64, usize) {
    let (group, within) = (element / GROUP as u64, element as usize % GROUP);
    (group * LANES as u64 + (within % LANES) as u64, within / LANES)
}

impl Stream {
    /// Random bits: word `element` of this stream.
    pub fn bits(self, element: u64) -> u32 {
        let (block, word) = place(element);
        self.block(block)[word]
    }

    /// Overwrites `out` with the [`bits`](Stream::bits) from element `first` on.
    ///
    /// # Panics
    ///
    /// If an index does not fit 64 bits.
    pub fn bits_into(self, isa: Isa, first: u64, out: &mut [u32]) {
        fill::<_, GROUP>(first, out, |group, out| isa.run(Bits { stream: self, group, out }));
    }

    /// Bits in registers, for kernels that use numbers where they arise: lane `l` of register `w` is element
    /// `64 group + 16 w + S::LANES part + l`. There are `16 / S::LANES` parts in a group.
    ///
    /// Indices of `group` and `part` beyond those of an element give unspecified numbers.
    #[inline(always)]
    pub fn bits_lanes<S: Simd>(self, simd: S, group: u64, part: usize) -> [S::U; 4] {
        let block = group.wrapping_mul(LANES as u64).wrapping_add(part.wrapping_mul(S::LANES) as u64);
        // The lanes do not carry into the second word: a group starts at a multiple of sixteen.
        let lower = simd.add_bits(simd.splat_bits(block as u32), simd.load_bits(&COUNT));
        let [upper0, upper1] = self.upper;
        let counter = [(block >> 32) as u32, upper0, upper1].map(|word| simd.splat_bits(word));
        let counter = [lower, counter[0], counter[1], counter[2]];
        philox_lanes(simd, self.key, counter)
    }
}

const COUNT: [u32; LANES] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Whole groups of bits.
struct Bits<'a> {
    stream: Stream,
    group: u64,
    out: &'a mut [u32],
}

impl Kernel for Bits<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (index, group) in (0u64..).zip(self.out.as_chunks_mut::<GROUP>().0) {
            for part in 0..LANES / S::LANES {
                let words = self.stream.bits_lanes(simd, self.group + index, part);
                for (word, line) in words.into_iter().zip(group.as_chunks_mut::<LANES>().0) {
                    simd.store_bits(word, &mut line[part * S::LANES..]);
                }
            }
        }
    }
}

/// Writes elements `first` and following to `out` by a function that writes whole groups of `N` elements.
///
/// # Panics
///
/// If an index does not fit 64 bits.
// PERF: the function is called up to three times instead of once a group, so that it is compiled once and may loop.
pub(super) fn fill<T: Copy + Default, const N: usize>(
    first: u64,
    out: &mut [T],
    groups: impl Fn(u64, &mut [T]),
) {
    let Some(last) = (out.len() as u64).checked_sub(1) else { return };
    assert!(
        first.checked_add(last).is_some(),
        "{} elements from {first} pass the end of a stream",
        out.len()
    );
    let (group, offset) = (first / N as u64, (first % N as u64) as usize);
    let head = if offset == 0 { 0 } else { (N - offset).min(out.len()) };
    let (head, rest) = out.split_at_mut(head);
    let (body, tail) = rest.split_at_mut(rest.len() / N * N);
    let next = group + u64::from(offset != 0);
    if !head.is_empty() {
        let mut whole = [T::default(); N];
        groups(group, &mut whole);
        head.copy_from_slice(&whole[offset..][..head.len()]);
    }
    if !body.is_empty() {
        groups(next, body);
    }
    if !tail.is_empty() {
        let mut whole = [T::default(); N];
        groups(next + (body.len() / N) as u64, &mut whole);
        tail.copy_from_slice(&whole[..tail.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits of what a fill wrote, as numbers that compare.
    fn written(stream: Stream, isa: Isa, first: u64, length: usize, kind: usize) -> Vec<u32> {
        // One element before and behind, to see that they are left alone; the slice begins at no line.
        let mut bits = vec![77; length + 2];
        let mut floats = vec![77.0; length + 2];
        match kind {
            0 => stream.bits_into(isa, first, &mut bits[1..=length]),
            1 => stream.uniform_into(isa, first, &mut floats[1..=length]),
            _ => stream.normal_into(isa, first, &mut floats[1..=length]),
        }
        let all = if kind == 0 { bits } else { floats.iter().map(|value| value.to_bits()).collect() };
        let untouched = if kind == 0 { 77 } else { 77f32.to_bits() };
        assert_eq!((all[0], all[length + 1]), (untouched, untouched), "{isa}, {length} from {first}");
        all[1..=length].to_vec()
    }

    #[test]
    fn any_range_on_any_instruction_set_is_the_elements_one_by_one() {
        let choices = Stream::new(0, "choices");
        for case in 0..if cfg!(miri) { 2 } else { 300 } {
            let stream = Stream::new(case, "ranges").child(case * case);
            let draw = |what: u64| choices.bits(8 * case + what);
            // Starts around multiples of a group, around 2^32 blocks, and up to the end of the stream.
            let near = u64::from(draw(0) % 200);
            let first = match draw(1) % 4 {
                0 | 1 => near,
                2 => (1 << 34) - 100 + near,
                _ => u64::MAX - 400 + near,
            };
            let length = draw(2) as usize % 200;
            for (kind, isa) in
                (0..3).flat_map(|kind| Isa::available().into_iter().map(move |isa| (kind, isa)))
            {
                let found = written(stream, isa, first, length, kind);
                for (offset, found) in (0u64..).zip(found) {
                    let element = first + offset;
                    let expected = match kind {
                        0 => stream.bits(element),
                        1 => stream.uniform(element).to_bits(),
                        _ => stream.normal(element).to_bits(),
                    };
                    assert_eq!(
                        found, expected,
                        "{isa}, kind {kind}, element {element} of {length} from {first}"
                    );
                }
            }
        }
    }

    /// All that registers hold of one group, in the order of its elements: bits, uniform and normal deviates.
    struct Registers {
        stream: Stream,
        group: u64,
    }

    impl Kernel for Registers {
        type Output = [[u32; GROUP]; 3];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Registers { stream, group } = self;
            let mut all = [[0; GROUP]; 3];
            for part in 0..LANES / S::LANES {
                let kinds = [
                    stream.bits_lanes(simd, group, part),
                    stream.uniform_lanes(simd, group, part).map(|word| simd.bits_of(word)),
                    stream.normal_lanes(simd, group, part).map(|word| simd.bits_of(word)),
                ];
                for (kind, words) in kinds.into_iter().enumerate() {
                    for (word, register) in words.into_iter().enumerate() {
                        simd.store_bits(register, &mut all[kind][word * LANES + part * S::LANES..]);
                    }
                }
            }
            all
        }
    }

    #[test]
    fn registers_of_every_instruction_set_hold_the_elements_of_their_group() {
        let stream = Stream::new(5, "registers");
        for (isa, group) in
            Isa::available().into_iter().flat_map(|isa| [0, 7, 1 << 28, (1 << 58) - 1].map(|g| (isa, g)))
        {
            let [bits, uniform, normal] = isa.run(Registers { stream, group });
            for within in 0..GROUP {
                let element = group * GROUP as u64 + within as u64;
                assert_eq!(bits[within], stream.bits(element), "{isa}, element {element}");
                assert_eq!(uniform[within], stream.uniform(element).to_bits(), "{isa}, element {element}");
                assert_eq!(normal[within], stream.normal(element).to_bits(), "{isa}, element {element}");
            }
        }
    }

    #[test]
    fn the_order_of_elements_is_as_drawn() {
        let stream = Stream::new(3, "order");
        for (element, (block, word)) in
            [(0, (0, 0)), (15, (15, 0)), (16, (0, 1)), (63, (15, 3)), (64, (16, 0))]
        {
            assert_eq!(place(element), (block, word));
            assert_eq!(stream.bits(element), stream.block(block)[word]);
        }
        assert_eq!(place(u64::MAX), ((1 << 62) - 1, 3));
    }

    /// By `scripts/pin-random`.
    #[test]
    fn elements_are_pinned_for_ever() {
        let stream = Stream::new(42, "mutation").child(3);
        assert_eq!(
            [0, 1, 16, 63].map(|element| stream.bits(element)),
            [0xfe29_1400, 0x9468_a026, 0x406c_0c94, 0xcc0a_8615]
        );
        assert_eq!(stream.bits(1 << 40), 0xa5d6_1b91);
    }

    #[test]
    fn registers_beyond_the_last_element_are_no_panic() {
        struct Beyond;
        impl Kernel for Beyond {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd>(self, simd: S) {
                for (group, part) in [(u64::MAX, 0), (1 << 60, usize::MAX), (0, usize::MAX)] {
                    Stream::new(0, "beyond").bits_lanes(simd, group, part);
                }
            }
        }
        Isa::available().into_iter().for_each(|isa| isa.run(Beyond));
    }

    #[test]
    #[should_panic(expected = "2 elements from 18446744073709551615 pass the end of a stream")]
    fn a_range_beyond_the_last_element_is_refused() {
        Stream::new(0, "end").bits_into(Isa::PORTABLE, u64::MAX, &mut [0; 2]);
    }
}
