//! Outlines filled with a colour: how pictures of dots are made.
//!
//! A dot takes as much of a colour as the outline covers of it: four lines are laid through each row of dots, and on each
//! the covered stretch is exact. Curves, letters and marks are outlines too, so there is one way to draw.

use super::bitmap::{Bitmap, Dot};
use super::scene::Spot;

/// Lines through a row of dots.
const LINES: usize = 4;

/// Directions around a circle: an eighth of it is (1, 0), (cos 22.5, sin 22.5), (cos 45, sin 45).
const AROUND: [Spot; 16] = {
    const C: f64 = 0.923_879_532_511_286_7;
    const S: f64 = 0.382_683_432_365_089_8;
    const D: f64 = std::f64::consts::FRAC_1_SQRT_2;
    let first: [Spot; 4] = [(1.0, 0.0), (C, S), (D, D), (S, C)];
    let mut all = [(0.0, 0.0); 16];
    let mut at = 0;
    while at < 16 {
        let (x, y) = first[at % 4];
        all[at] = match at / 4 {
            0 => (x, y),
            1 => (-y, x),
            2 => (-x, -y),
            _ => (y, -x),
        };
        at += 1;
    }
    all
};

/// A picture on white.
#[derive(Debug)]
pub(super) struct Canvas {
    dots: Bitmap,
    /// Dots of a pixel of the scene, each way.
    scale: f64,
}

impl Canvas {
    /// Nothing but white; so many pixels, and so many dots of each.
    pub(super) fn new(width: f64, height: f64, scale: f64) -> Canvas {
        let dots = |pixels: f64| (pixels * scale).ceil() as usize;
        let mut dots = Bitmap::new(dots(width), dots(height));
        (0..dots.height).for_each(|row| (0..dots.width).for_each(|column| *dots.dot(row, column) = [255; 4]));
        Canvas { dots, scale }
    }

    /// The picture.
    pub(super) fn finish(self) -> Bitmap {
        self.dots
    }

    /// What an outline encloses; where it encloses something twice, that is outside again.
    pub(super) fn fill(&mut self, outline: &[Spot], colour: [u8; 3], opacity: f64) {
        let outline: Vec<Spot> = outline.iter().map(|(x, y)| (x * self.scale, y * self.scale)).collect();
        let lowest = outline.iter().fold(f64::INFINITY, |least, spot| least.min(spot.1));
        let highest = outline.iter().fold(f64::NEG_INFINITY, |most, spot| most.max(spot.1));
        let first = lowest.max(0.0).floor() as usize;
        let last = (highest.max(0.0).ceil() as usize).min(self.dots.height);
        let mut covered = vec![0.0; self.dots.width];
        for row in first..last {
            covered.fill(0.0);
            for line in 0..LINES {
                let at = row as f64 + (line as f64 + 0.5) / LINES as f64;
                for pair in crossings(&outline, at).chunks_exact(2) {
                    cover(&mut covered, pair[0], pair[1]);
                }
            }
            for (column, share) in covered.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                let share = (share / LINES as f64).min(1.0) * opacity;
                blend(self.dots.dot(row, column), colour, share);
            }
        }
    }

    /// A straight stroke with round ends.
    pub(super) fn stroke(&mut self, from: Spot, to: Spot, width: f64, colour: [u8; 3]) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).sqrt();
        let (half, along) = (width / 2.0, if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) });
        let around = |place: usize, centre: Spot| {
            let (x, y) = AROUND[place % AROUND.len()];
            let turned = (x * along.0 - y * along.1, x * along.1 + y * along.0);
            (centre.0 + half * turned.0, centre.1 + half * turned.1)
        };
        // a quarter of the end, half of the beginning, the other quarter of the end
        let parts = [(0..=4, to), (4..=12, from), (12..=16, to)];
        let outline = parts.into_iter().flat_map(|(places, centre)| places.map(move |place| (place, centre)));
        let outline: Vec<Spot> = outline.map(|(place, centre)| around(place, centre)).collect();
        self.fill(&outline, colour, 1.0);
    }

    /// A full circle.
    pub(super) fn circle(&mut self, centre: Spot, radius: f64, colour: [u8; 3]) {
        let outline = AROUND.map(|(x, y)| (centre.0 + radius * x, centre.1 + radius * y));
        self.fill(&outline, colour, 1.0);
    }
}

/// Where an outline crosses a height, from left to right.
fn crossings(outline: &[Spot], at: f64) -> Vec<f64> {
    let next = outline.iter().cycle().skip(1);
    let crossing = |(from, to): (&Spot, &Spot)| {
        let is_between = (from.1 <= at) != (to.1 <= at);
        is_between.then(|| from.0 + (at - from.1) / (to.1 - from.1) * (to.0 - from.0))
    };
    let mut found: Vec<f64> = outline.iter().zip(next).filter_map(crossing).collect();
    found.sort_by(f64::total_cmp);
    found
}

/// Adds to each dot how much of it lies in a stretch.
fn cover(dots: &mut [f64], from: f64, to: f64) {
    let (from, to) = (from.max(0.0), to.min(dots.len() as f64));
    if from >= to {
        return;
    }
    for column in from.floor() as usize..(to.ceil() as usize).min(dots.len()) {
        dots[column] += to.min(column as f64 + 1.0) - from.max(column as f64);
    }
}

fn blend(dot: &mut Dot, colour: [u8; 3], share: f64) {
    for (part, wanted) in dot.iter_mut().zip(colour) {
        let mixed = f64::from(*part) + (f64::from(wanted) - f64::from(*part)) * share;
        *part = mixed.round() as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blackness(canvas: Canvas) -> f64 {
        let mut dots = canvas.finish();
        let places = (0..dots.height).flat_map(|row| (0..dots.width).map(move |column| (row, column)));
        let places: Vec<(usize, usize)> = places.collect();
        places.into_iter().map(|(row, column)| 1.0 - f64::from(dots.dot(row, column)[0]) / 255.0).sum()
    }

    #[test]
    fn a_colour_covers_as_much_as_its_outline_encloses() {
        let mut canvas = Canvas::new(10.0, 8.0, 2.0);
        // a quarter of its last column of dots, half of its last row
        canvas.fill(&[(1.0, 1.0), (3.125, 1.0), (3.125, 2.25), (1.0, 2.25)], [0; 3], 1.0);
        assert!((blackness(canvas) - 4.25 * 2.5).abs() < 0.02);
        let mut canvas = Canvas::new(10.0, 8.0, 2.0);
        canvas.circle((5.0, 4.0), 3.0, [0; 3]);
        // sixteen corners: 16 / 2 sin(22.5) of the square of the radius, in dots
        let area = 8.0 * 0.382_683_432 * 36.0;
        assert!((blackness(canvas) - area).abs() < 0.01 * area);
    }

    #[test]
    fn a_stroke_is_as_wide_whatever_way_it_goes_and_what_is_outside_is_left_out() {
        for (from, to) in [((2.0, 4.0), (8.0, 4.0)), ((5.0, 1.0), (5.0, 7.0)), ((3.0, 2.0), (6.6, 6.8))] {
            let mut canvas = Canvas::new(10.0, 8.0, 4.0);
            canvas.stroke(from, to, 1.0, [0; 3]);
            let expected = 16.0 * (6.0 + 2.0 * 0.382_683_432);
            assert!((blackness(canvas) - expected).abs() < 0.02 * expected);
        }
        let mut canvas = Canvas::new(4.0, 4.0, 1.0);
        canvas.fill(&[(-9.0, -9.0), (99.0, -9.0), (99.0, 99.0), (-9.0, 99.0)], [0; 3], 0.5);
        assert!((blackness(canvas) - 8.0).abs() < 0.1, "half of sixteen dots");
        let mut canvas = Canvas::new(4.0, 4.0, 1.0);
        canvas.fill(&[], [0; 3], 1.0);
        canvas.fill(&[(1.0, 1.0), (2.0, 2.0)], [0; 3], 1.0);
        assert_eq!(blackness(canvas), 0.0);
    }
}
