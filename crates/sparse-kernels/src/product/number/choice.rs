//! What comparisons choose, lane by lane: the largest sum of a square, and a gradient for the winner.

use numerics::{LANES, Simd};

use super::registers::Registers;

pub trait Choice: Registers {
    /// Overwrites a register of `kept` by the largest of each square's numbers, `max(max(0, 1), max(2, 3))` where `max(a, b)`
    /// is `a` if `a > b`, else `b`; and of `winners` by the first of the largest, as it is found from number 0 on.
    fn keep<S: Simd>(simd: S, square: [Self::Register<S>; 4], kept: &mut [Self], winners: &mut [u32]);
    /// The first numbers of `from` where those of `winners` are `number`, else zero.
    fn of_winner<S: Simd>(simd: S, from: &[Self], winners: &[u32], number: u32) -> Self::Register<S>;
}

impl Choice for f32 {
    #[inline(always)]
    fn keep<S: Simd>(simd: S, square: [S::F; 4], kept: &mut [f32], winners: &mut [u32]) {
        let (mut best, mut winner) = (square[0], simd.splat_bits(0));
        for number in 1..4 {
            let is_larger = simd.less(best, square[number]);
            best = simd.select(is_larger, square[number], best);
            winner = simd.select_bits(is_larger, simd.splat_bits(number as u32), winner);
        }
        // not the best where there is what is no number
        let value = simd.max(simd.max(square[0], square[1]), simd.max(square[2], square[3]));
        simd.store(value, kept);
        simd.store_bits(winner, winners);
    }

    #[inline(always)]
    fn of_winner<S: Simd>(simd: S, from: &[f32], winners: &[u32], number: u32) -> S::F {
        let is_winner = simd.equal_bits(simd.load_bits(winners), simd.splat_bits(number));
        simd.select(is_winner, simd.load(from), simd.zero())
    }
}

// Registers of `f64` have no comparisons: numbers go through memory, a lane at a time.
impl Choice for f64 {
    #[inline(always)]
    fn keep<S: Simd>(simd: S, square: [S::D; 4], kept: &mut [f64], winners: &mut [u32]) {
        let mut numbers = [[0.0; LANES]; 4];
        for number in 0..4 {
            f64::write(simd, square[number], &mut numbers[number]);
        }
        let lanes = f64::lanes::<S>();
        let places = kept[..lanes].iter_mut().zip(&mut winners[..lanes]);
        for (lane, (kept, winner)) in places.enumerate() {
            let mut best = numbers[0][lane];
            *winner = 0;
            for number in 1..4 {
                if best < numbers[number][lane] {
                    (best, *winner) = (numbers[number][lane], number as u32);
                }
            }
            let rows = [0, 2].map(|first| {
                let [a, b] = [numbers[first][lane], numbers[first + 1][lane]];
                if a > b { a } else { b }
            });
            *kept = if rows[0] > rows[1] { rows[0] } else { rows[1] };
        }
    }

    #[inline(always)]
    fn of_winner<S: Simd>(simd: S, from: &[f64], winners: &[u32], number: u32) -> S::D {
        let (mut chosen, lanes) = ([0.0; LANES], f64::lanes::<S>());
        let places = from[..lanes].iter().zip(&winners[..lanes]);
        for (chosen, (&from, &winner)) in chosen.iter_mut().zip(places) {
            *chosen = if winner == number { from } else { 0.0 };
        }
        f64::read(simd, &chosen)
    }
}
