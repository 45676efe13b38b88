//! A chart as SVG: no script, no font of its own, legible in black and white and on dark pages.
//!
//! Colours are CSS variables of the page (`--series-0` ..), with those of the scene as their fallback.

use std::fmt::Write;

use super::chart::Chart;
use super::scene::{Anchor, BAND, COLOURS, CURVE, Look, RADIUS, Rule, Scene, Shape, Spot, WIDTH, corners};

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
    let scene = Scene::of(chart);
    let mut text = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}: {} against {}\">\n",
        scene.height,
        escaped(&chart.title),
        escaped(&chart.measure),
        escaped(chart.across_name().1),
    );
    for shape in &scene.shapes {
        writeln!(text, "{}", element(shape)).expect("a string takes all");
    }
    text + "</svg>\n"
}

fn element(shape: &Shape) -> String {
    match shape {
        Shape::Rule { from, to, kind } => {
            let class = if *kind == Rule::Grid { "grid" } else { "axis" };
            let ([x1, y1], [x2, y2]) = (written(*from), written(*to));
            format!("<line x1=\"{x1}\" x2=\"{x2}\" y1=\"{y1}\" y2=\"{y2}\" class=\"{class}\"/>")
        }
        Shape::Words { at, text, anchor, look } => {
            let [x, y] = written(*at);
            format!("<text x=\"{x}\" y=\"{y}\"{}>{}</text>", class(*anchor, *look), escaped(text))
        }
        Shape::Band { outline, series } => {
            let fill = colour(*series);
            format!("<polygon points=\"{}\" fill=\"{fill}\" opacity=\"{BAND}\"/>", points(outline))
        }
        Shape::Curve { through, series } => {
            let (points, stroke) = (points(through), colour(*series));
            format!(
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{CURVE}\"/>"
            )
        }
        Shape::Mark { at, series, told: None } => mark(*at, *series),
        Shape::Mark { at, series, told: Some(told) } => {
            format!("<g>{}<title>{}</title></g>", mark(*at, *series), escaped(told))
        }
    }
}

fn class(anchor: Anchor, look: Look) -> String {
    let anchor = match anchor {
        Anchor::Begin => None,
        Anchor::Middle => Some("middle"),
        Anchor::End => Some("end"),
    };
    let look = match look {
        Look::Plain => None,
        Look::Title => Some("title"),
        Look::Faint => Some("faint"),
    };
    let classes: Vec<&str> = anchor.into_iter().chain(look).collect();
    if classes.is_empty() { String::new() } else { format!(" class=\"{}\"", classes.join(" ")) }
}

fn mark(at: Spot, series: usize) -> String {
    let (fill, corners) = (colour(series), corners(at, series));
    let [x, y] = written(at);
    match corners.is_empty() {
        true => format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{RADIUS}\" fill=\"{fill}\"/>"),
        false => format!("<polygon points=\"{}\" fill=\"{fill}\"/>", points(&corners)),
    }
}

fn colour(series: usize) -> String {
    let place = series % COLOURS.len();
    let [red, green, blue] = COLOURS[place];
    format!("var(--series-{place}, #{red:02x}{green:02x}{blue:02x})")
}

fn points(spots: &[Spot]) -> String {
    let spots: Vec<String> = spots.iter().map(|spot| written(*spot).join(",")).collect();
    spots.join(" ")
}

/// To a tenth of a pixel, without a tenth that is zero.
fn written((x, y): Spot) -> [String; 2] {
    [x, y].map(|number| {
        let text = format!("{number:.1}");
        text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
    })
}

/// Text for XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::chart::{Place, Series};
    use super::*;

    #[test]
    fn a_picture_names_all_points_and_holds_no_markup_of_others() {
        let place = |at: f64, score: f64| Place { at, score, half: 0.02 };
        let series =
            |name: &str| Series { name: name.into(), places: vec![place(1.0, 0.9), place(0.1, 0.5)] };
        let all: Vec<Series> = (0..9).map(|index| series(&format!("<{index}&\">"))).collect();
        let text = svg(&Chart::new("a<b".into(), "score".into(), all));
        assert_eq!(text.matches("<title>").count(), 18);
        assert!(!text.contains("<0&") && text.contains("&lt;0&amp;&quot;&gt;") && text.contains("a&lt;b"));
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        let alone = picture(&Chart::new("one".into(), "score".into(), vec![series("one")]));
        assert!(
            alone.starts_with("<svg xmlns=") && alone.contains("\n<style>") && alone.ends_with("</svg>\n")
        );
        let empty = svg(&Chart::new("nothing".into(), "score".into(), vec![]));
        assert!(empty.starts_with("<svg") && empty.ends_with("</svg>\n") && !empty.contains("NaN"));
    }
}
