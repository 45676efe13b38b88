//! How a hand writes: what is random about a glyph.
//!
//! A form's points, in parts of its box, are moved each for itself and together by a slow wave (the elastic distortion);
//! then
//!
//! ```text
//! (X, Y) = size (aspect x, y)         from the middle of the box
//! X      = X - slant Y
//! (X, Y) = turned by the angle whose half has the tangent t: cos = (1 - t^2) / (1 + t^2), sin = 2 t / (1 + t^2)
//! (X, Y) = (X, Y) + middle of the image + shift
//! ```
//!
//! The pen's width, its pressure along each stroke and the strength of the ink are random too, and each pixel gets grain:
//! the sum of four random bytes, which is nearly normal. Every number has a mean and a deviation and is drawn from a normal
//! distribution that is cut off at [`CUT`] deviations, so that no glyph is beyond reading.

use numerics::Isa;
use numerics::random::Stream;

use super::pen::{Nib, Point, Sheet};
use super::{Form, SIDE};

/// No draw is further from its mean, in deviations.
const CUT: f32 = 2.3;

/// Draws of one image: of the wave, of the hand, and of the points.
const WAVE: usize = 2 * KNOTS * KNOTS;
const OWN: usize = 16;
const POINTS: usize = 80;

/// Knots of the wave along each side of the box.
const KNOTS: usize = 4;

/// Four random bytes have the sum 510 on average, with the deviation 147.8.
const BYTES_MEAN: i32 = 510;
const BYTES_DEVIATION: i32 = 148;

/// Mean and deviation.
type Normal = (f32, f32);

/// The ways of one hand. Lengths in pixels, unless they are parts of the form's box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hand {
    /// Height of the box.
    size: Normal,
    /// Its width, in parts of the height.
    aspect: Normal,
    /// Pixels to the right for each upwards.
    slant: Normal,
    /// Tangent of half the angle.
    turn: Normal,
    /// Of the middle, along each axis.
    shift: Normal,
    /// Of each point, in parts of the box.
    tremor: f32,
    /// Of the wave's knots, in parts of the box.
    wave: f32,
    /// Half the width of a stroke.
    half_width: Normal,
    /// By how much of it the ends of a stroke are thicker or thinner.
    pressure: f32,
    /// Pixel on full ink, at most 255.
    ink: Normal,
    /// Deviation of a pixel.
    grain: i32,
    nib: Nib,
}

impl Hand {
    /// A pen, leaning to the right a little.
    pub(super) const PEN: Hand = Hand {
        size: (19.2, 1.4),
        aspect: (0.67, 0.1),
        slant: (0.12, 0.17),
        turn: (0.0, 0.055),
        shift: (0.0, 1.0),
        tremor: 0.038,
        wave: 0.042,
        half_width: (1.15, 0.3),
        pressure: 0.2,
        ink: (240.0, 20.0),
        grain: 12,
        nib: Nib { along: [1.0, 0.0], wide: 1.0, softness: 0.75 },
    };

    /// A broad nib held at an angle, leaning to the left.
    pub(super) const BRUSH: Hand = Hand {
        size: (19.5, 1.6),
        aspect: (0.8, 0.1),
        slant: (-0.2, 0.19),
        shift: (0.0, 1.2),
        wave: 0.047,
        half_width: (0.85, 0.12),
        pressure: 0.3,
        ink: (215.0, 18.0),
        grain: 16,
        nib: Nib { along: [0.8, -0.6], wide: 2.4, softness: 0.6 },
        ..Hand::PEN
    };

    /// Overwrites `image` with one of the forms.
    pub(super) fn write(&self, forms: &[Form], stream: Stream, image: &mut [u8; SIDE * SIDE]) {
        let mut draws = [0.0; WAVE + OWN + POINTS];
        stream.normal_into(Isa::detected(), 0, &mut draws);
        draws.iter_mut().for_each(|draw| *draw = draw.clamp(-CUT, CUT));
        let (wave, rest) = draws.split_at(WAVE);
        let (own, points) = rest.split_at(OWN);
        let mut own = own.iter();
        let mut points = points.iter();

        let form = forms[stream.child(0).below(0, forms.len() as u64) as usize];
        let paper = Paper::new(self, wave, &mut own);
        let half_width = draw(self.half_width, &mut own).max(0.55);
        let ink = draw(self.ink, &mut own).min(255.0);
        let mut sheet = Sheet { ink: [0.0; SIDE * SIDE] };
        for stroke in form {
            let widths = [(); 2].map(|()| half_width * draw((1.0, self.pressure), &mut own));
            let mut placed: Vec<Point> = Vec::with_capacity(stroke.len());
            for (at, &point) in stroke.iter().enumerate() {
                if at > 0 && stroke[at - 1] == point {
                    // a corner: what came before is a stroke, and the next begins where it ended
                    sheet.stroke(&self.nib, &placed, [widths[0]; 2]);
                    placed.drain(..placed.len() - 1);
                    continue;
                }
                let tremor = [(); 2].map(|()| draw((0.0, self.tremor), &mut points));
                placed.push(paper.place(point, tremor));
            }
            sheet.stroke(&self.nib, &placed, widths);
        }
        self.grain(&sheet, ink, stream.child(1), image);
    }

    /// Ink to pixels.
    fn grain(&self, sheet: &Sheet, ink: f32, stream: Stream, image: &mut [u8; SIDE * SIDE]) {
        let mut bits = [0; SIDE * SIDE];
        stream.bits_into(Isa::detected(), 0, &mut bits);
        for ((pixel, &covered), bits) in image.iter_mut().zip(&sheet.ink).zip(bits) {
            let bytes: i32 = bits.to_le_bytes().map(i32::from).iter().sum();
            let grain = (bytes - BYTES_MEAN) * self.grain / BYTES_DEVIATION;
            *pixel = ((covered * ink).round_ties_even() as i32 + grain).clamp(0, 255) as u8;
        }
    }
}

/// The next draw, with this mean and deviation.
fn draw<'a>((mean, deviation): Normal, draws: &mut impl Iterator<Item = &'a f32>) -> f32 {
    deviation.mul_add(*draws.next().expect("as many draws as a form needs"), mean)
}

/// Where the points of a form come to lie.
struct Paper<'a> {
    wave: &'a [f32],
    wave_deviation: f32,
    size: f32,
    aspect: f32,
    slant: f32,
    /// Cosine and sine.
    turn: [f32; 2],
    middle: Point,
}

impl<'a> Paper<'a> {
    fn new<'b>(hand: &Hand, wave: &'a [f32], draws: &mut impl Iterator<Item = &'b f32>) -> Paper<'a> {
        let middle = (SIDE - 1) as f32 / 2.0;
        let t = draw(hand.turn, draws);
        let scale = 1.0 / t.mul_add(t, 1.0);
        Paper {
            wave,
            wave_deviation: hand.wave,
            size: draw(hand.size, draws),
            aspect: draw(hand.aspect, draws),
            slant: draw(hand.slant, draws),
            turn: [t.mul_add(-t, 1.0) * scale, 2.0 * t * scale],
            middle: [(); 2].map(|()| middle + draw(hand.shift, draws)),
        }
    }

    /// A point of the form, with its own displacement, in pixels.
    fn place(&self, (x, y): (i8, i8), tremor: Point) -> Point {
        let point = [f32::from(x) / 100.0, f32::from(y) / 100.0];
        let [x, y] = std::array::from_fn(|axis| point[axis] - 0.5 + tremor[axis] + self.wave(point, axis));
        let (x, y) = (self.size * self.aspect * x, self.size * y);
        let x = (-self.slant).mul_add(y, x);
        let [cosine, sine] = self.turn;
        [
            x.mul_add(cosine, (-y).mul_add(sine, self.middle[0])),
            x.mul_add(sine, y.mul_add(cosine, self.middle[1])),
        ]
    }

    /// The wave at a point: between knots it goes over smoothly.
    fn wave(&self, point: Point, axis: usize) -> f32 {
        let knots = &self.wave[axis * KNOTS * KNOTS..];
        let place = point.map(|part| part.clamp(0.0, 1.0) * (KNOTS - 1) as f32);
        let knot = place.map(|place| (place as usize).min(KNOTS - 2));
        let [u, v] = std::array::from_fn(|axis| {
            let part = place[axis] - knot[axis] as f32;
            part * part * (-2.0f32).mul_add(part, 3.0)
        });
        let at = |right: usize, down: usize| knots[(knot[1] + down) * KNOTS + knot[0] + right];
        let row = |down: usize| u.mul_add(at(1, down) - at(0, down), at(0, down));
        self.wave_deviation * v.mul_add(row(1) - row(0), row(0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{digits, letters};
    use super::*;

    #[test]
    fn there_are_draws_for_every_form() {
        for form in digits::FORMS.iter().chain(&letters::FORMS).copied().flatten() {
            let points: usize = form.iter().map(|stroke| stroke.len()).sum();
            assert!(2 * points <= POINTS && 8 + 2 * form.len() <= OWN, "{points} points");
            for stroke in *form {
                assert!(
                    stroke.len() >= 2
                        && stroke[0] != stroke[1]
                        && stroke.ends_with(&[stroke[stroke.len() - 1]])
                );
                assert!(stroke.iter().all(|&(x, y)| (0..=100).contains(&x) && (0..=100).contains(&y)));
            }
        }
    }

    #[test]
    fn a_still_hand_puts_the_middle_in_the_middle_and_the_top_at_the_top() {
        let paper = Paper::new(&Hand::PEN, &[0.0; WAVE], &mut [0.0; 6].iter());
        assert_eq!(paper.place((50, 50), [0.0; 2]), [13.5, 13.5]);
        let [x, y] = paper.place((50, 0), [0.0; 2]);
        assert!(x > 13.5 && y == 13.5 - Hand::PEN.size.0 / 2.0, "it leans to the right: {x} {y}");
    }

    #[test]
    fn the_wave_takes_the_knots_values_and_stays_between_them() {
        let wave: Vec<f32> = (0..WAVE).map(|knot| (knot * knot % 7) as f32).collect();
        let highest = 6.0 * Hand::PEN.wave;
        // a place is off by one rounding, where the slope is zero; then at most eight roundings of numbers up to the highest
        let bound = 8.0 * highest * f32::EPSILON;
        let paper = Paper::new(&Hand::PEN, &wave, &mut [0.0; 6].iter());
        for (knot, &value) in wave.iter().enumerate().take(KNOTS * KNOTS) {
            let point = [(knot % KNOTS) as f32 / 3.0, (knot / KNOTS) as f32 / 3.0];
            assert!((paper.wave(point, 0) - Hand::PEN.wave * value).abs() <= bound, "knot {knot}");
        }
        for step in 0..50 {
            let point = [step as f32 / 49.0, step as f32 / 70.0];
            assert!((0.0..=highest + bound).contains(&paper.wave(point, 1)));
        }
    }

    #[test]
    fn every_instruction_set_draws_the_same() {
        // draws are the only thing that depends on a choice of instructions
        let stream = Stream::new(1, "hand");
        let mut expected = [0.0; WAVE + OWN + POINTS];
        stream.normal_into(Isa::PORTABLE, 0, &mut expected);
        for isa in Isa::available() {
            let mut found = [0.0; WAVE + OWN + POINTS];
            stream.normal_into(isa, 0, &mut found);
            assert_eq!(found.map(f32::to_bits), expected.map(f32::to_bits));
        }
    }
}
