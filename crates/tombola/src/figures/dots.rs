//! A chart as dots, for documents that take no SVG: twice as many dots each way as the scene has pixels, on white.

use super::bitmap::Bitmap;
use super::canvas::Canvas;
use super::chart::Chart;
use super::letters;
use super::scene::{Anchor, BAND, COLOURS, CURVE, Look, RADIUS, Rule, Scene, Shape, Spot, WIDTH, corners};

/// Dots of a pixel, each way.
const SCALE: f64 = 2.0;

const INK: [u8; 3] = [0x1c, 0x1f, 0x23];
const FAINT: [u8; 3] = [0x6a, 0x73, 0x7d];
const GRID: [u8; 3] = [0xd8, 0xdd, 0xe3];

/// The picture.
pub fn dots(chart: &Chart) -> Bitmap {
    let scene = Scene::of(chart);
    let mut canvas = Canvas::new(WIDTH, scene.height, SCALE);
    scene.shapes.iter().for_each(|shape| draw(&mut canvas, shape));
    canvas.finish()
}

fn draw(canvas: &mut Canvas, shape: &Shape) {
    let colour = |series: usize| COLOURS[series % COLOURS.len()];
    match shape {
        Shape::Rule { from, to, kind } => {
            let colour = if *kind == Rule::Grid { GRID } else { FAINT };
            canvas.stroke(*from, *to, 1.0, colour);
        }
        Shape::Words { at, text, anchor, look } => write(canvas, *at, text, *anchor, *look),
        Shape::Band { outline, series } => canvas.fill(outline, colour(*series), BAND),
        Shape::Curve { through, series } => line(canvas, through, CURVE, colour(*series)),
        Shape::Mark { at, series, .. } => match corners(*at, *series) {
            corners if corners.is_empty() => canvas.circle(*at, RADIUS, colour(*series)),
            corners => canvas.fill(&corners, colour(*series), 1.0),
        },
    }
}

/// A stroke through points; a point alone is a dot.
fn line(canvas: &mut Canvas, through: &[Spot], width: f64, colour: [u8; 3]) {
    if let [alone] = through {
        canvas.stroke(*alone, *alone, width, colour);
    }
    through.windows(2).for_each(|pair| canvas.stroke(pair[0], pair[1], width, colour));
}

fn write(canvas: &mut Canvas, at: Spot, text: &str, anchor: Anchor, look: Look) {
    let (strokes, length) = letters::strokes(text);
    let left = match anchor {
        Anchor::Begin => at.0,
        Anchor::Middle => at.0 - length / 2.0,
        Anchor::End => at.0 - length,
    };
    let (width, colour) = match look {
        Look::Plain => (1.05, INK),
        Look::Title => (1.5, INK),
        Look::Faint => (1.05, FAINT),
    };
    for stroke in strokes {
        let there: Vec<Spot> = stroke.into_iter().map(|(x, y)| (left + x, at.1 + y)).collect();
        line(canvas, &there, width, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::super::chart::{Place, Series};
    use super::*;

    fn chart(name: &str, score: f64) -> Chart {
        let places = [1.0, 0.1].map(|at| Place { at, score: score * at, half: 0.05 }).to_vec();
        Chart::new("a title".into(), "score".into(), vec![Series { name: name.into(), places }])
    }

    #[test]
    fn a_picture_has_the_colours_of_its_series_and_says_its_words() {
        let mut picture = dots(&chart("snr", 0.9));
        assert_eq!((picture.width, picture.height), (920, 600));
        let mut count = |colour: [u8; 3]| {
            let places = (0..600).flat_map(|row| (0..920).map(move |column| (row, column)));
            places.filter(|&(row, column)| picture.dot(row, column)[..3] == colour).count()
        };
        assert!(count(COLOURS[0]) > 500, "the line and its marks");
        assert!(count(INK) > 300, "the words");
        assert_eq!(count(COLOURS[1]), 0);
        assert!(count([255; 3]) > 400_000, "the rest is white");
        assert_ne!(dots(&chart("snr", 0.9)), dots(&chart("magnitude", 0.9)));
        assert_eq!(dots(&chart("snr", 0.9)), dots(&chart("snr", 0.9)));
    }
}
