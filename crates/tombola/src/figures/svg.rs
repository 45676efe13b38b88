//! A chart as SVG: no script, no font of its own, legible in black and white and on dark pages.
//!
//! Colours are CSS variables of the page (`--series-0` ..), with these as their fallback: blue, orange, green, pink, yellow
//! and sky of Okabe and Ito, which people tell apart whatever colours they see.

use std::fmt::Write;

use super::chart::{Chart, Place, Series};

const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b", "#7f7f7f"];

/// Pixels: the picture, and the part of it that holds the axes.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 58.0;
/// Between two lines of the legend; the first is within the picture.
const LINE: f64 = 16.0;

/// Marks on one line.
const MOST_MARKS: usize = 26;

/// How a picture looks that stands alone: on paper.
const STYLE: &str = "svg{font:12px sans-serif;fill:#1c1f23;background:#fff}.title{font-weight:600}.end{text-anchor:end}\
                     .middle{text-anchor:middle}.faint{fill:#6a737d}.grid{stroke:#d8dde3}.axis{stroke:#6a737d}";

/// The chart as a file of its own.
pub fn picture(chart: &Chart) -> String {
    // the name of the language, not an address: nothing is fetched
    let head = "<svg xmlns=\"http://www.w3.org/2000/svg\" ";
    let text = svg(chart).replacen("<svg ", head, 1);
    text.replacen('\n', &format!("\n<style>{STYLE}</style>\n"), 1)
}

/// The chart as an `svg` element.
pub fn svg(chart: &Chart) -> String {
    let height = HEIGHT + LINE * (places(chart).1 - 1) as f64;
    let mut text = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{0}: {1} against {3}\">\n\
         <text x=\"{LEFT}\" y=\"18\" class=\"title\">{0}</text>\n\
         <text x=\"{2}\" y=\"18\" class=\"end faint\">{1}</text>\n",
        escaped(&chart.title),
        escaped(&chart.measure),
        WIDTH - RIGHT,
        escaped(chart.across_name().1),
    );
    axes(&mut text, chart);
    for (index, series) in chart.series.iter().enumerate() {
        draw(&mut text, chart, series, index);
    }
    legend(&mut text, chart);
    text.push_str("</svg>\n");
    text
}

fn x(chart: &Chart, at: f64) -> f64 {
    LEFT + chart.across(at) * (WIDTH - LEFT - RIGHT)
}

fn y(chart: &Chart, score: f64) -> f64 {
    HEIGHT - BOTTOM - chart.up(score) * (HEIGHT - TOP - BOTTOM)
}

fn axes(text: &mut String, chart: &Chart) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for (tick, written) in chart.ticks() {
        let at = y(chart, tick);
        put(
            text,
            format_args!("<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" class=\"grid\"/>"),
        );
        let (beside, down) = (LEFT - 6.0, at + 4.0);
        put(text, format_args!("<text x=\"{beside}\" y=\"{down:.1}\" class=\"end\">{written}</text>"));
    }
    for (at, written) in chart.marks() {
        let at = x(chart, at);
        put(
            text,
            format_args!(
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{bottom}\" y2=\"{}\" class=\"axis\"/>",
                bottom + 4.0
            ),
        );
        let down = bottom + 17.0;
        put(text, format_args!("<text x=\"{at:.1}\" y=\"{down}\" class=\"middle\">{written}</text>"));
    }
    put(
        text,
        format_args!("<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\" class=\"axis\"/>"),
    );
    let (middle, low) = ((LEFT + right) / 2.0, bottom + 32.0);
    let name = escaped(chart.across_name().0);
    put(text, format_args!("<text x=\"{middle}\" y=\"{low}\" class=\"middle\">{name}</text>"));
}

/// The band of the intervals, the line, the marks.
fn draw(text: &mut String, chart: &Chart, series: &Series, index: usize) {
    let colour = colour(index);
    let at = |place: &Place, score: f64| format!("{:.1},{:.1}", x(chart, place.at), y(chart, score));
    if series.places.iter().any(|place| place.half > 0.0) {
        let upper = series.places.iter().map(|place| at(place, place.score + place.half));
        let lower = series.places.iter().rev().map(|place| at(place, place.score - place.half));
        let band: Vec<String> = upper.chain(lower).collect();
        put(
            text,
            format_args!("<polygon points=\"{}\" fill=\"{colour}\" opacity=\"0.15\"/>", band.join(" ")),
        );
    }
    let line: Vec<String> = series.places.iter().map(|place| at(place, place.score)).collect();
    let line = line.join(" ");
    put(
        text,
        format_args!("<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"/>"),
    );
    // marks of many places would hide their line
    for place in series.places.iter().step_by(series.places.len().div_ceil(MOST_MARKS).max(1)) {
        let (x, y) = (x(chart, place.at), y(chart, place.score));
        let half = if place.half > 0.0 { format!(" ±{:.4}", place.half) } else { String::new() };
        let told = format!("{}, {}: {:.4}{half}", series.name, chart.told(place.at), place.score);
        put(text, format_args!("<g>{}<title>{}</title></g>", mark(x, y, index), escaped(&told)));
    }
}

fn colour(index: usize) -> String {
    let place = index % COLOURS.len();
    format!("var(--series-{place}, {})", COLOURS[place])
}

/// A circle, a square, a triangle, a diamond, in turn.
fn mark(x: f64, y: f64, index: usize) -> String {
    let fill = format!("fill=\"{}\"", colour(index));
    match index % 4 {
        0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\" {fill}/>"),
        1 => format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\" {fill}/>", x - 3.0, y - 3.0),
        2 => format!("<path d=\"M{x:.1} {:.1}l3.8 6.6h-7.6z\" {fill}/>", y - 4.2),
        _ => format!("<path d=\"M{x:.1} {:.1}l4 4l-4 4l-4-4z\" {fill}/>", y - 4.0),
    }
}

/// Where the names of series begin, and in which line; and how many lines that takes.
fn places(chart: &Chart) -> (Vec<(f64, usize)>, usize) {
    let (mut left, mut line) = (LEFT, 0);
    let mut places = Vec::new();
    for series in &chart.series {
        let width = 26.0 + 6.6 * series.name.chars().count() as f64;
        if left > LEFT && left + width > WIDTH {
            (left, line) = (LEFT, line + 1);
        }
        places.push((left, line));
        left += width;
    }
    (places, line + 1)
}

fn legend(text: &mut String, chart: &Chart) {
    for (index, (series, (left, line))) in chart.series.iter().zip(places(chart).0).enumerate() {
        let down = HEIGHT - 8.0 + LINE * line as f64;
        put(text, format_args!("{}", mark(left + 4.0, down - 4.0, index)));
        put(
            text,
            format_args!("<text x=\"{:.1}\" y=\"{down}\">{}</text>", left + 12.0, escaped(&series.name)),
        );
    }
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes all");
}

/// Text for XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_holds_all_points_inside_its_frame_and_no_markup_of_others() {
        let place = |at: f64, score: f64| Place { at, score, half: 0.02 };
        let series =
            |name: &str| Series { name: name.into(), places: vec![place(1.0, 0.9), place(0.1, 0.5)] };
        let all: Vec<Series> = (0..9).map(|index| series(&format!("<{index}&\">"))).collect();
        let text = svg(&Chart::new("a<b".into(), "score".into(), all));
        assert_eq!(text.matches("<title>").count(), 18);
        assert!(!text.contains("<0&") && text.contains("&lt;0&amp;&quot;&gt;") && text.contains("a&lt;b"));
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        for circle in text.split("cx=\"").skip(1) {
            let x: f64 = circle.split('"').next().unwrap().parse().unwrap();
            assert!((0.0..=WIDTH).contains(&x));
        }
        let alone = picture(&Chart::new("one".into(), "score".into(), vec![series("one")]));
        assert!(
            alone.starts_with("<svg xmlns=") && alone.contains("\n<style>") && alone.ends_with("</svg>\n")
        );
        let empty = svg(&Chart::new("nothing".into(), "score".into(), vec![]));
        assert!(empty.starts_with("<svg") && empty.ends_with("</svg>\n") && !empty.contains("NaN"));
    }
}
