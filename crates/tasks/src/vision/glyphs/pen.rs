//! Strokes to pixels.
//!
//! A stroke is a smooth curve through its points, made of short straight parts. A pixel's ink is how deep its centre lies
//! inside the nearest part: with the distance `d` to the part, the half width `r` there and the softness `s`,
//!
//! ```text
//! ink = clamp((r + s - d) / 2 s, 0, 1)
//! ```
//!
//! and of several parts the largest. The nib is an ellipse: distances are measured where it is a circle.

use super::SIDE;

/// A place in pixels, or in parts of a form.
pub(super) type Point = [f32; 2];

/// Straight parts between two points of a stroke.
const PARTS: usize = 5;

/// What draws.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nib {
    /// The unit vector along which the nib is longer.
    pub(super) along: Point,
    /// How many times longer.
    pub(super) wide: f32,
    /// Half the width of the edge from full ink to none, in pixels.
    pub(super) softness: f32,
}

impl Nib {
    /// The place of `point` where the nib is a circle.
    fn round(&self, [x, y]: Point) -> Point {
        let [u, v] = self.along;
        let shrink = (1.0 - 1.0 / self.wide) * u.mul_add(x, v * y);
        [(-shrink).mul_add(u, x), (-shrink).mul_add(v, y)]
    }

    /// How far the nib reaches along an axis, in half widths.
    fn extent(&self, axis: usize) -> f32 {
        let (along, across) = (self.wide * self.along[axis], self.along[1 - axis]);
        along.mul_add(along, across * across).sqrt()
    }
}

/// Ink, `[row][column]`, from 0 to 1.
pub(super) struct Sheet {
    pub(super) ink: [f32; SIDE * SIDE],
}

impl Sheet {
    /// Draws a smooth stroke, its half width going from `start` to `end`.
    pub(super) fn stroke(&mut self, nib: &Nib, points: &[Point], [start, end]: [f32; 2]) {
        let parts = (points.len().saturating_sub(1) * PARTS) as f32;
        let half_width = |part: usize| (part as f32 / parts).mul_add(end - start, start);
        let mut from = points[0];
        let mut part = 0;
        for at in 0..points.len() - 1 {
            for step in 1..=PARTS {
                let to = between(points, at, step as f32 / PARTS as f32);
                self.part(nib, [from, to], [half_width(part), half_width(part + 1)]);
                (from, part) = (to, part + 1);
            }
        }
    }

    /// Draws one straight part.
    fn part(&mut self, nib: &Nib, ends: [Point; 2], half_widths: [f32; 2]) {
        let [a, b] = ends.map(|end| nib.round(end));
        let along = [b[0] - a[0], b[1] - a[1]];
        let length = along[0].mul_add(along[0], along[1] * along[1]).max(1e-6);
        let reach = half_widths[0].max(half_widths[1]) + nib.softness;
        let range = |axis: usize| {
            let reach = reach * nib.extent(axis);
            let (low, high) = (ends[0][axis].min(ends[1][axis]), ends[0][axis].max(ends[1][axis]));
            // the conversions saturate at zero
            let first = (low - reach).ceil() as usize;
            first..((high + reach).floor() + 1.0).min(SIDE as f32) as usize
        };
        for y in range(1) {
            for x in range(0) {
                let [px, py] = nib.round([x as f32, y as f32]);
                let [dx, dy] = [px - a[0], py - a[1]];
                let t = (dx.mul_add(along[0], dy * along[1]) / length).clamp(0.0, 1.0);
                let [dx, dy] = [(-t).mul_add(along[0], dx), (-t).mul_add(along[1], dy)];
                let distance = dx.mul_add(dx, dy * dy).sqrt();
                let half_width = t.mul_add(half_widths[1] - half_widths[0], half_widths[0]);
                let ink = (half_width + nib.softness - distance) / (2.0 * nib.softness);
                let place = &mut self.ink[y * SIDE + x];
                *place = place.max(ink.clamp(0.0, 1.0));
            }
        }
    }
}

/// The place `t` of the way from point `at` to the next: the cubic of Catmull and Rom (1974), with the ends continued
/// straight on.
fn between(points: &[Point], at: usize, t: f32) -> Point {
    let (p1, p2) = (points[at], points[at + 1]);
    let mirrored = |end: Point, other: Point| [2.0 * end[0] - other[0], 2.0 * end[1] - other[1]];
    let p0 = if at > 0 { points[at - 1] } else { mirrored(p1, p2) };
    let p3 = points.get(at + 2).copied().unwrap_or_else(|| mirrored(p2, p1));
    std::array::from_fn(|axis| {
        let [p0, p1, p2, p3] = [p0[axis], p1[axis], p2[axis], p3[axis]];
        let linear = p2 - p0;
        let square = 4.0f32.mul_add(p2, 2.0 * p0) - 5.0f32.mul_add(p1, p3);
        let cube = 3.0f32.mul_add(p1 - p2, p3 - p0);
        0.5f32.mul_add(cube.mul_add(t, square).mul_add(t, linear) * t, p1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: Nib = Nib { along: [1.0, 0.0], wide: 1.0, softness: 0.5 };

    fn blank() -> Sheet {
        Sheet { ink: [0.0; SIDE * SIDE] }
    }

    #[test]
    fn a_curve_goes_through_its_points() {
        let points = [[1.0, 2.0], [3.0, 7.0], [4.0, 4.0], [9.0, 5.0]];
        for at in 0..3 {
            assert_eq!(between(&points, at, 0.0), points[at]);
            assert_eq!(between(&points, at, 1.0), points[at + 1]);
        }
        // two points are a straight line
        assert_eq!(between(&[[0.0, 0.0], [4.0, 8.0]], 0, 0.25), [1.0, 2.0]);
    }

    #[test]
    fn ink_is_full_on_the_line_and_none_beyond_its_width() {
        let mut sheet = blank();
        sheet.stroke(&ROUND, &[[5.0, 10.0], [20.0, 10.0]], [2.0, 2.0]);
        let at = |x: usize, y: usize| sheet.ink[y * SIDE + x];
        assert_eq!([at(12, 10), at(12, 11), at(12, 12), at(12, 13)], [1.0, 1.0, 0.5, 0.0]);
        assert_eq!([at(4, 10), at(3, 10), at(2, 10)], [1.0, 0.5, 0.0]);
    }

    #[test]
    fn a_broad_nib_is_broad_along_its_length_only() {
        let mut sheet = blank();
        let nib = Nib { along: [0.6, 0.8], wide: 3.0, softness: 0.5 };
        sheet.stroke(&nib, &[[14.0, 14.0], [14.0, 14.0]], [1.0, 1.0]);
        let at = |x: usize, y: usize| sheet.ink[y * SIDE + x];
        // three pixels along (0.6, 0.8), against two across it
        assert!(at(15, 16) > 0.5 && at(13, 12) > 0.5 && at(15, 15) > 0.5);
        assert_eq!([at(12, 16), at(16, 12)], [0.0, 0.0]);
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let mut sheet = blank();
        sheet.stroke(&ROUND, &[[-30.0, -30.0], [60.0, 60.0]], [1.0, 1.0]);
        assert_eq!(sheet.ink[0], 1.0);
        let mut sheet = blank();
        sheet.stroke(&ROUND, &[[-1.0, -90.0], [-1.0, 90.0]], [1.0, 1.0]);
        assert_eq!(sheet.ink[SIDE], 0.5);
    }
}
