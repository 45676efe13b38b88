//! Which of the prunable weights are kept: one bit a weight.
//!
//! A mask has a bit for each *prunable* coordinate of an architecture, in the order of its flat vector; biases and the
//! weights of layers that are never pruned have none. *Density* is the fraction that is kept.
//!
//! ```
//! use networks::Mask;
//! use numerics::random::Stream;
//!
//! let mask = Mask::random(11_240, 162, Stream::new(0, "mask"));
//! assert_eq!((mask.len(), mask.kept()), (11_240, 162));
//! assert!(mask.is_within(&Mask::full(11_240)));
//! assert_eq!(format!("{:.4}", mask.density()), "0.0144");
//! ```

use numerics::random::Stream;

/// A bit for each prunable weight; set where the weight is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mask {
    words: Box<[u64]>,
    len: usize,
    kept: usize,
}

impl Mask {
    /// Everything is kept.
    pub fn full(len: usize) -> Mask {
        Mask::from_fn(len, |_| true)
    }

    /// Nothing is kept.
    pub fn empty(len: usize) -> Mask {
        Mask::from_fn(len, |_| false)
    }

    /// Weight `index` is kept where the answer is yes; asked in order.
    pub fn from_fn(len: usize, mut keeps: impl FnMut(usize) -> bool) -> Mask {
        let mut words = vec![0_u64; len.div_ceil(64)];
        let mut kept = 0;
        for index in (0..len).filter(|&index| keeps(index)) {
            words[index / 64] |= 1 << (index % 64);
            kept += 1;
        }
        Mask { words: words.into(), len, kept }
    }

    /// From one answer a weight.
    pub fn from_bools(keeps: &[bool]) -> Mask {
        Mask::from_fn(keeps.len(), |index| keeps[index])
    }

    /// From the weights that are kept, in any order; a weight may be named twice.
    ///
    /// # Panics
    ///
    /// If there is no such weight.
    pub fn from_kept(len: usize, kept: impl IntoIterator<Item = usize>) -> Mask {
        let mut mask = Mask::empty(len);
        for index in kept {
            assert!(index < len, "weight {index} of {len}");
            let (word, bit) = (&mut mask.words[index / 64], 1 << (index % 64));
            mask.kept += usize::from(*word & bit == 0);
            *word |= bit;
        }
        mask
    }

    /// `kept` weights of `len`, every choice equally likely. Masks of one stream nest: that with fewer weights is within
    /// that with more.
    ///
    /// # Panics
    ///
    /// If more are to be kept than there are, or their indices do not fit 32 bits.
    pub fn random(len: usize, kept: usize, stream: Stream) -> Mask {
        let end = u32::try_from(len).expect("indices of weights fit 32 bits");
        let mut indices: Vec<u32> = (0..end).collect();
        let chosen = stream.choose(&mut indices, kept);
        Mask::from_kept(len, chosen.iter().map(|&index| index as usize))
    }

    /// Prunable weights.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no prunable weights at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Weights that are kept.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// The fraction that is kept; 1 where there is nothing to keep, since nothing is missing.
    pub fn density(&self) -> f64 {
        if self.len == 0 { 1.0 } else { self.kept as f64 / self.len as f64 }
    }

    /// Whether a weight is kept.
    ///
    /// # Panics
    ///
    /// If there is no such weight.
    pub fn keeps(&self, index: usize) -> bool {
        assert!(index < self.len, "weight {index} of {}", self.len);
        self.words[index / 64] >> (index % 64) & 1 == 1
    }

    /// The weights that are kept, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| Bits(word).map(move |bit| index * 64 + bit))
    }

    /// Whether `other` keeps everything that this mask keeps: levels of pruning nest.
    pub fn is_within(&self, other: &Mask) -> bool {
        self.len == other.len && self.words.iter().zip(&other.words).all(|(mine, theirs)| mine & !theirs == 0)
    }
}

/// The set bits of a word, in ascending order.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let bit = (self.0 != 0).then(|| self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_the_set_that_it_was_made_of() {
        for len in [0, 1, 63, 64, 65, 200] {
            for seed in 0..20 {
                let stream = Stream::new(seed, "masks");
                let keeps: Vec<bool> = (0..len).map(|index| stream.below(index as u64, 3) == 0).collect();
                let expected: Vec<usize> = (0..len).filter(|&index| keeps[index]).collect();
                let mask = Mask::from_bools(&keeps);
                assert_eq!(mask.iter().collect::<Vec<_>>(), expected);
                assert_eq!(mask.kept(), expected.len());
                assert!((0..len).all(|index| mask.keeps(index) == keeps[index]));
                let again = expected.iter().rev().chain(&expected).copied();
                assert_eq!(Mask::from_kept(len, again), mask);
                assert!(Mask::empty(len).is_within(&mask) && mask.is_within(&Mask::full(len)));
                assert_eq!(Mask::full(len).is_within(&mask), mask.kept() == len);
            }
        }
        assert_eq!(Mask::full(0).density(), 1.0);
        assert!(!Mask::empty(1).is_within(&Mask::empty(2)));
    }

    #[test]
    fn random_masks_have_exact_counts_nest_and_are_uniform() {
        let stream = Stream::new(7, "nest");
        for kept in 0..=70 {
            let mask = Mask::random(70, kept, stream);
            assert_eq!(mask.kept(), kept);
            assert!(kept == 0 || Mask::random(70, kept - 1, stream).is_within(&mask));
        }
        // 2000 draws of 8 of 40: each is kept 400 times, with a deviation of sqrt(2000 * 0.2 * 0.8) = 18.
        let mut counts = [0_u32; 40];
        for draw in 0..2000 {
            Mask::random(40, 8, stream.child(draw)).iter().for_each(|index| counts[index] += 1);
        }
        // five deviations: a right mask fails with a chance below 1 in 40 000, and always or never, by the fixed seed
        assert!(counts.iter().all(|count| (310..=490).contains(count)), "{counts:?}");
    }
}
