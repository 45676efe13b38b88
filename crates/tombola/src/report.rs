//! One page that shows results: self-contained HTML, a pure function of rows and a few words.
//!
//! It opens from a file, without a network; it prints, and follows the reader's dark mode. Its script sorts and narrows tables:
//! with scripts off the page says the same.

mod said;

use std::fmt::Write;

pub use said::Said;

use crate::figures::{Chart, escaped, svg};
use crate::tables::densities::{Line, Point, digits, percent};
use crate::tables::reference;

/// What the page says besides its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Its name.
    pub title: String,
    /// What was done, a paragraph each.
    pub about: Vec<String>,
    /// The command that makes the results again.
    pub command: String,
}

const STYLE: &str = include_str!("report/style.css");
const SCRIPT: &str = include_str!("report/page.js");
/// Nothing is asked for, from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The page: what all lines say together, then each task.
pub fn page(words: &Words, lines: &[Line], said: &Said) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n",
        escaped(&words.title)
    );
    for paragraph in &words.about {
        writeln!(page, "<p>{}</p>", escaped(paragraph)).expect("a string");
    }
    if lines.is_empty() {
        page += "<p><strong>Nothing is done yet.</strong></p>\n";
    }
    page += &said.html();
    page += "<div class=\"charts\">\n";
    for chart in Chart::of(lines) {
        writeln!(page, "<figure>\n{}</figure>", svg(&chart)).expect("a string");
    }
    page += "</div>\n";
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let (here, after) = rest.split_at(rest.iter().take_while(|line| line.is_beside(first)).count());
        rest = after;
        table(&mut page, here);
    }
    write!(
        page,
        "<p class=\"note\">A number is a mean over seeds, with half the width of its 95 % interval (Student) where \
         there are three or more; bands in the figures are these intervals. The paper's numbers are read off its figures, \
         with one standard error (se) over its five seeds where it is wider than the line. The same seed starts all criteria at the same \
         weights.</p>\n<p class=\"note\">Again: <code>{}</code></p>\n</main>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(&words.command)
    )
    .expect("a string");
    page
}

/// The numbers behind the figures of one task.
fn table(page: &mut String, lines: &[Line]) {
    let longest = lines.iter().max_by_key(|line| line.points.len()).expect("a task has lines");
    let what = escaped(&longest.what());
    let measure = longest.measure.replace('_', " ");
    write!(
        page,
        "<h2>{what}</h2>\n<div class=\"scroll\"><table data-about=\"{what}\">\n<caption>{} by weights kept</caption>\n\
         <thead><tr><th scope=\"col\">strategy</th><th scope=\"col\">criterion</th>",
        escaped(&measure)
    )
    .expect("a string");
    for point in &longest.points {
        write!(page, "<th scope=\"col\">{}</th>", percent(point.density)).expect("a string");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for line in lines {
        begin_row(page, &line.strategy, &line.criterion);
        for point in &line.points {
            write!(page, "<td>{}</td>", entry(point)).expect("a string");
        }
        page.push_str("</tr>\n");
    }
    for curve in reference::figure_3(lines) {
        begin_row(page, &curve.trained, &curve.name);
        for point in curve.points {
            let half = point.and_then(|(score, half)| Some(format!(" se {:.1$}", half?, digits(score))));
            let half = half.map_or(String::new(), |half| format!("<small>{half}</small>"));
            write!(page, "<td>{}{half}</td>", reference::entry(point)).expect("a string");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
}

fn begin_row(page: &mut String, strategy: &str, criterion: &str) {
    let names = [strategy, criterion].map(|name| format!("<th scope=\"row\">{}</th>", escaped(name)));
    write!(page, "<tr>{}", names.concat()).expect("a string");
}

/// A mean with its interval, and what diverged.
fn entry(point: &Point) -> String {
    let diverged = match point.diverged {
        0 => String::new(),
        count => format!("<small>{count} diverged</small>"),
    };
    let Some(mean) = point.score else { return diverged };
    let digits = digits(mean.mean);
    let half = mean.half.map_or(String::new(), |half| format!(" ±{half:.digits$}"));
    format!("{:.digits$}<small>{half} n={}</small>{diverged}", mean.mean, mean.n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats;

    fn line(criterion: &str) -> Line {
        let point = |level: u32, numbers: &[f64]| Point {
            level,
            density: 0.5_f64.powi(level as i32),
            score: stats::mean(numbers),
            diverged: usize::from(numbers.len() < 3),
        };
        Line {
            task: "glyphs".into(),
            settings: String::new(),
            strategy: "snes".into(),
            criterion: criterion.into(),
            measure: "test_accuracy".into(),
            points: vec![point(0, &[0.9, 0.91, 0.92]), point(1, &[0.7])],
        }
    }

    #[test]
    fn a_page_asks_for_nothing_and_says_every_number() {
        let words = Words {
            title: "a <test>".into(),
            about: vec!["one & two".into()],
            command: "tombola run \"x y\"".into(),
        };
        let page = page(&words, &[line("snr"), line("random")], &Said::default());
        for wanted in
            ["a &lt;test&gt;", "one &amp; two", "0.910", "n=3", "n=1", "1 diverged", "50.0 %", "<svg"]
        {
            assert!(page.contains(wanted), "{wanted}");
        }
        for unwanted in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
        assert_eq!(page.matches("<figure>").count(), 1);
        assert!(super::page(&words, &[], &Said::default()).contains("Nothing is done yet"));
    }
}
