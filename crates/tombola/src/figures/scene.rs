//! What a chart is drawn with: rules, words, bands, curves and marks, each with its place in the picture.
//!
//! A place is in pixels from the left and from above, of a picture that is [`WIDTH`] pixels wide.

use super::chart::{Chart, Place, Series};

/// From the left and from above.
pub(super) type Spot = (f64, f64);

/// Of the picture, and of the part of it that holds the axes.
pub(super) const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 58.0;
/// Between two lines of the legend; the first is within the picture.
const LINE: f64 = 16.0;
/// What a letter of the legend takes, about.
const LETTER: f64 = 6.6;

/// Marks on one line.
const MOST_MARKS: usize = 26;

/// Colours of series, in turn: blue, orange, green, pink, yellow and sky of Okabe and Ito, which people tell apart whatever
/// colours they see; then two more.
pub(super) const COLOURS: [[u8; 3]; 8] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0xe6, 0x9f, 0x00],
    [0x56, 0xb4, 0xe9],
    [0x8c, 0x56, 0x4b],
    [0x7f, 0x7f, 0x7f],
];

/// How opaque a band is.
pub(super) const BAND: f64 = 0.15;
/// How wide a curve is.
pub(super) const CURVE: f64 = 1.8;

/// A picture before it is written.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) height: f64,
    /// From the lowest to the topmost.
    pub(super) shapes: Vec<Shape>,
}

/// What lies in it.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A straight line of the frame.
    Rule { from: Spot, to: Spot, kind: Rule },
    /// Words on a line.
    Words { at: Spot, text: String, anchor: Anchor, look: Look },
    /// Where the intervals of a series are.
    Band { outline: Vec<Spot>, series: usize },
    /// The line of a series.
    Curve { through: Vec<Spot>, series: usize },
    /// A circle, a square, a triangle or a diamond: a place of a series, with what is told of it, or its sign in the legend.
    Mark { at: Spot, series: usize, told: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Grid,
    Axis,
}

/// Which part of words their place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Begin,
    Middle,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Title,
    Faint,
}

impl Scene {
    /// Of a chart.
    pub(super) fn of(chart: &Chart) -> Scene {
        let (names, lines) = legend(chart);
        let mut shapes = vec![
            words((LEFT, 18.0), &chart.title, Anchor::Begin, Look::Title),
            words((WIDTH - RIGHT, 18.0), &chart.measure, Anchor::End, Look::Faint),
        ];
        shapes.extend(frame(chart));
        shapes
            .extend(chart.series.iter().enumerate().flat_map(|(index, series)| drawn(chart, series, index)));
        for (index, (series, (left, down))) in chart.series.iter().zip(names).enumerate() {
            shapes.push(Shape::Mark { at: (left + 4.0, down - 4.0), series: index, told: None });
            shapes.push(words((left + 12.0, down), &series.name, Anchor::Begin, Look::Plain));
        }
        Scene { height: HEIGHT + LINE * (lines - 1) as f64, shapes }
    }
}

fn words(at: Spot, text: &str, anchor: Anchor, look: Look) -> Shape {
    Shape::Words { at, text: text.to_owned(), anchor, look }
}

fn x(chart: &Chart, at: f64) -> f64 {
    LEFT + chart.across(at) * (WIDTH - LEFT - RIGHT)
}

fn y(chart: &Chart, score: f64) -> f64 {
    HEIGHT - BOTTOM - chart.up(score) * (HEIGHT - TOP - BOTTOM)
}

/// Both axes with their numbers.
fn frame(chart: &Chart) -> Vec<Shape> {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let rule = |from: Spot, to: Spot, kind: Rule| Shape::Rule { from, to, kind };
    let mut shapes = Vec::new();
    for (tick, written) in chart.ticks() {
        let at = y(chart, tick);
        shapes.push(rule((LEFT, at), (right, at), Rule::Grid));
        shapes.push(words((LEFT - 6.0, at + 4.0), &written, Anchor::End, Look::Plain));
    }
    for (at, written) in chart.marks() {
        let at = x(chart, at);
        shapes.push(rule((at, bottom), (at, bottom + 4.0), Rule::Axis));
        shapes.push(words((at, bottom + 17.0), &written, Anchor::Middle, Look::Plain));
    }
    shapes.push(rule((LEFT, bottom), (right, bottom), Rule::Axis));
    let below = ((LEFT + right) / 2.0, bottom + 32.0);
    shapes.push(words(below, chart.across_name().0, Anchor::Middle, Look::Plain));
    shapes
}

/// The band of the intervals, the line unless it was printed elsewhere, the marks.
fn drawn(chart: &Chart, series: &Series, index: usize) -> Vec<Shape> {
    let at = |place: &Place, score: f64| (x(chart, place.at), y(chart, score));
    let mut shapes = Vec::new();
    if series.places.iter().any(|place| place.half > 0.0) {
        let upper = series.places.iter().map(|place| at(place, place.score + place.half));
        let lower = series.places.iter().rev().map(|place| at(place, place.score - place.half));
        shapes.push(Shape::Band { outline: upper.chain(lower).collect(), series: index });
    }
    if !series.is_printed() {
        let through = series.places.iter().map(|place| at(place, place.score)).collect();
        shapes.push(Shape::Curve { through, series: index });
    }
    // marks of many places would hide their line
    let shown = series.places.iter().step_by(series.places.len().div_ceil(MOST_MARKS).max(1));
    shapes.extend(shown.map(|place| {
        let sign = if series.is_printed() { "se " } else { "±" };
        let half = if place.half > 0.0 { format!(" {sign}{:.4}", place.half) } else { String::new() };
        let told = format!("{}, {}: {:.4}{half}", series.name, chart.told(place.at), place.score);
        Shape::Mark { at: at(place, place.score), series: index, told: Some(told) }
    }));
    shapes
}

/// Where the names of series begin; and in how many lines they are.
fn legend(chart: &Chart) -> (Vec<Spot>, usize) {
    let (mut left, mut line) = (LEFT, 0);
    let mut spots = Vec::new();
    for series in &chart.series {
        let width = 26.0 + LETTER * series.name.chars().count() as f64;
        if left > LEFT && left + width > WIDTH {
            (left, line) = (LEFT, line + 1);
        }
        spots.push((left, HEIGHT - 8.0 + LINE * line as f64));
        left += width;
    }
    (spots, line + 1)
}

/// The corners of a mark: none for a circle, which has the radius [`RADIUS`].
pub(super) fn corners((x, y): Spot, series: usize) -> Vec<Spot> {
    match series % 4 {
        0 => Vec::new(),
        1 => vec![(x - 3.0, y - 3.0), (x + 3.0, y - 3.0), (x + 3.0, y + 3.0), (x - 3.0, y + 3.0)],
        2 => vec![(x, y - 4.2), (x + 3.8, y + 2.4), (x - 3.8, y + 2.4)],
        _ => vec![(x, y - 4.0), (x + 4.0, y), (x, y + 4.0), (x - 4.0, y)],
    }
}

/// Of a circle.
pub(super) const RADIUS: f64 = 3.2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_drawn_lies_inside_the_picture() {
        let place = |at: f64, score: f64| Place { at, score, half: 0.02 };
        let series = |index: usize| Series {
            name: format!("series number {index}"),
            places: vec![place(1.0, 0.9), place(0.1, 0.5)],
        };
        let scene = Scene::of(&Chart::new("t".into(), "score".into(), (0..9).map(series).collect()));
        let mut marks = 0;
        for shape in &scene.shapes {
            let spots = match shape {
                Shape::Rule { from, to, .. } => vec![*from, *to],
                Shape::Words { at, .. } => vec![*at],
                Shape::Band { outline, .. } => outline.clone(),
                Shape::Curve { through, .. } => through.clone(),
                Shape::Mark { at, series, .. } => {
                    marks += 1;
                    let corners = corners(*at, *series);
                    if corners.is_empty() { vec![*at] } else { corners }
                }
            };
            for (x, y) in spots {
                assert!((0.0..=WIDTH).contains(&x) && (0.0..=scene.height).contains(&y), "{shape:?}");
            }
        }
        assert_eq!(marks, 9 * 3, "two places and a sign each");
    }

    #[test]
    fn what_was_printed_elsewhere_has_marks_and_no_line() {
        let series = |name: &str| Series {
            name: name.into(),
            places: vec![Place { at: 1.0, score: 0.9, half: 0.01 }, Place { at: 0.1, score: 0.5, half: 0.0 }],
        };
        let chart = Chart::new("t".into(), "score".into(), vec![series("snr"), series("snr, the paper")]);
        let shapes = Scene::of(&chart).shapes;
        let curves = shapes.iter().filter(|shape| matches!(shape, Shape::Curve { .. }));
        assert_eq!(curves.count(), 1);
        let told: Vec<&str> = shapes
            .iter()
            .filter_map(|shape| if let Shape::Mark { told, .. } = shape { told.as_deref() } else { None })
            .collect();
        assert_eq!(told[0], "snr, 100 %: 0.9000 ±0.0100");
        assert_eq!(told[2], "snr, the paper, 100 %: 0.9000 se 0.0100");
    }
}
