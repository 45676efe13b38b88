//! Whole numbers below a bound, and choices without replacement.
//!
//! **Below a bound.** A 64-bit word `x` times the bound is a number of 128 bits whose upper half is the answer; words
//! whose lower half falls below `2^64 mod bound` are refused, which makes all answers equally likely (Lemire 2019,
//! "Fast random integer generation in an interval"). A block has two such words. If both are refused, which for
//! bounds below 2^32 happens once in 2^64 blocks, the block goes through the generator again as its own counter. The
//! answer is thus a pure function of stream and index.
//!
//! **Without replacement.** The shuffle of Fisher and Yates from the front: place `i` is exchanged with one of the
//! places from `i` on, chosen by element `i` of the stream. Hence choices nest: the first `k` of a choice of more are
//! the choice of `k`.

use super::Stream;
use super::philox::philox;

impl Stream {
    /// A whole number in `0..bound`, all equally likely: number `index` of this stream, made of block `index`.
    ///
    /// # Panics
    ///
    /// If `bound` is zero.
    pub fn below(self, index: u64, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below a bound of zero");
        let mut block = self.block(index);
        loop {
            let [word0, word1, word2, word3] = block.map(u64::from);
            let words = [word0 << 32 | word1, word2 << 32 | word3];
            if let Some(number) = words.into_iter().find_map(|word| scaled(word, bound)) {
                return number;
            }
            block = philox(self.key, block);
        }
    }

    /// Puts the elements of `slice` into random order; all orders are equally likely.
    pub fn shuffle<T>(self, slice: &mut [T]) {
        self.choose(slice, slice.len());
    }

    /// Moves `count` random elements of `pool` to its front, in random order, and returns them; the others follow in
    /// an order of no meaning. Every choice is equally likely, and a smaller choice is the beginning of a larger one.
    ///
    /// # Panics
    ///
    /// If `pool` has less than `count` elements.
    pub fn choose<T>(self, pool: &mut [T], count: usize) -> &mut [T] {
        let all = pool.len();
        assert!(count <= all, "{count} different elements of {all}");
        for place in 0..count {
            let ahead = self.below(place as u64, (all - place) as u64);
            pool.swap(place, place + ahead as usize);
        }
        &mut pool[..count]
    }

    /// Overwrites `out` with the numbers `0..out.len()` in random order.
    ///
    /// # Panics
    ///
    /// If they do not fit 32 bits.
    pub fn permutation_into(self, out: &mut [u32]) {
        for (index, place) in out.iter_mut().enumerate() {
            *place = u32::try_from(index).expect("indices fit 32 bits");
        }
        self.shuffle(out);
    }
}

/// The number below `bound` that `word` stands for, unless it is one of the words that are too many.
fn scaled(word: u64, bound: u64) -> Option<u64> {
    let product = u128::from(word) * u128::from(bound);
    // 2^64 mod bound, which is below the bound: the division is needed for few words.
    let accepted = product as u64 >= bound || product as u64 >= bound.wrapping_neg() % bound;
    accepted.then_some((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `scripts/pin-random`.
    #[test]
    fn numbers_and_permutations_are_pinned_for_ever() {
        let stream = Stream::new(42, "mutation").child(3);
        assert_eq!([0, 1, 2, 3, 4, 5].map(|index| stream.below(index, 1000)), [992, 579, 240, 557, 802, 592]);
        let found = [0, 1, 2, 3].map(|index| stream.below(index, (1 << 63) + 1));
        let pinned = [
            9_157_095_675_496_105_546,
            5_172_245_653_184_804_000,
            2_217_531_375_444_747_360,
            5_138_431_806_179_066_894,
        ];
        assert_eq!(found, pinned);
        let mut order = [0; 10];
        stream.permutation_into(&mut order);
        assert_eq!(order, [9, 6, 3, 1, 8, 7, 4, 2, 0, 5]);
    }

    #[test]
    fn numbers_below_a_bound_are_equally_likely_to_the_last_word() {
        for bound in [1, 2, 3, 7, 1 << 32, u64::MAX / 3, (1 << 63) + 1, u64::MAX] {
            let excess = (u128::from(u64::MAX) + 1) % u128::from(bound);
            let each = ((u128::from(u64::MAX) + 1) / u128::from(bound)) as u64;
            // The words of an answer are consecutive; count those accepted around where it begins.
            for answer in [0, 1, bound / 2, bound - 1].into_iter().filter(|&answer| answer < bound) {
                let begin = (u128::from(answer) << 64).div_ceil(u128::from(bound)) as u64;
                let end = ((u128::from(answer) + 1) << 64).div_ceil(u128::from(bound));
                let words = (end - u128::from(begin)) as u64;
                let refused = u64::from(scaled(begin, bound).is_none());
                assert_eq!(words - refused, each, "answer {answer} below {bound}, {excess} words too many");
                assert!(scaled(begin, bound).is_none_or(|found| found == answer));
                if words > 1 {
                    assert_eq!(scaled(begin + 1, bound), Some(answer));
                }
            }
        }
    }

    #[test]
    fn a_block_whose_words_are_refused_gives_way_to_the_next() {
        // Nearly half of all words are refused, so a quarter of the blocks are.
        let (stream, bound) = (Stream::new(2, "refused"), (1 << 63) + 1);
        let first_block = |index| {
            let [word0, word1, word2, word3] = stream.block(index).map(u64::from);
            [word0 << 32 | word1, word2 << 32 | word3].into_iter().find_map(|word| scaled(word, bound))
        };
        let again = (0..1000).filter(|&index| first_block(index).is_none()).count();
        assert!((150..350).contains(&again), "{again}");
        for index in 0..1000 {
            let number = stream.below(index, bound);
            assert!(number < bound && first_block(index).is_none_or(|first| first == number));
        }
    }

    #[test]
    fn a_permutation_holds_every_number_once_and_choices_nest() {
        for count in 0..if cfg!(miri) { 10 } else { 70 } {
            let stream = Stream::new(count as u64, "choices");
            let mut all = vec![0; count];
            stream.permutation_into(&mut all);
            let mut sorted = all.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().copied().eq(0..count as u32), "{count}");
            for chosen in 0..=count {
                let mut pool: Vec<u32> = (0..count as u32).collect();
                assert_eq!(stream.choose(&mut pool, chosen), &all[..chosen], "{chosen} of {count}");
            }
        }
    }

    /// All 24 orders of four: chi-square with 23 degrees of freedom exceeds 70 with probability 1.2e-6.
    #[test]
    fn all_orders_are_equally_likely() {
        let draws = if cfg!(miri) { 240 } else { 24_000 };
        let mut counts = std::collections::BTreeMap::new();
        for draw in 0..draws {
            let mut order = [0; 4];
            Stream::new(11, "orders").child(draw).permutation_into(&mut order);
            *counts.entry(order).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        let expected = draws as f64 / 24.0;
        let chi_square: f64 = counts.values().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        assert!(chi_square < 70.0, "{chi_square}");
    }

    #[test]
    #[should_panic(expected = "3 different elements of 2")]
    fn a_choice_of_more_than_there_is_is_refused() {
        Stream::new(0, "few").choose(&mut [1, 2], 3);
    }

    #[test]
    #[should_panic(expected = "no number is below a bound of zero")]
    fn a_bound_of_zero_is_refused() {
        Stream::new(0, "none").below(0, 0);
    }
}
