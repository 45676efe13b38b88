//! One page that shows results: self-contained HTML, a pure function of rows and a few words.
//!
//! It opens from a file, without a network; it prints, and follows the reader's dark mode. Its script sorts and narrows tables:
//! with scripts off the page says the same. A cell may have a page of its own beside it.

mod cell;
mod html;
mod said;
mod summary;

use std::fmt::Write;

pub use cell::{Network, NetworkLayer, Portrait, cell_page, shown_levels};
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
    /// The command that writes what the page shows as files; empty where there is none.
    pub artifacts: String,
    /// Where the rows are from, the first row the head; empty where nothing is known.
    pub provenance: Vec<Vec<String>>,
    /// Settings beside those of the paper, the first row the head; empty where there are none to tell.
    pub settings: Vec<Vec<String>>,
    /// Where the published code departs from its paper, and what the cells do, the first row the head; empty where no
    /// departure concerns them.
    pub departures: Vec<Vec<String>>,
    /// The pages of its cells, if they have any.
    pub cells: Vec<CellLink>,
    /// After how many seconds a browser looks at it again; 0 where nothing will change.
    pub refresh: u32,
}

/// A cell that has a page of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellLink {
    /// Task, strategy, criterion and seed.
    pub names: [String; 4],
    /// Settings in which it differs from others of that name; mostly nothing.
    pub settings: String,
    /// The density of its last level, and the score there.
    pub last: [String; 2],
    /// Where its page is, as seen from this one.
    pub page: String,
}

/// What the table of settings shows.
const SETTINGS: &str = "Settings that differ from the main paper's for the same tasks, over all of these; those of strategies are \
                        left out";

/// What the numbers and bands of a page are.
const NUMBERS: &str = "A number is a mean over seeds, with half the width of its 95 % interval (Student) where there are three \
                       or more; bands in the figures are these intervals. The paper's numbers are read off its figures 1, 3, 4 \
                       and 5, with one standard error (se) over its five seeds where it is wider than the line: that is the \
                       band of its marks. Of its other figures no reference exists. The same seed gives all criteria the same \
                       dense network, and those that go back to their start the same start.";

/// No page has links to more cells: it stays small enough to be sent.
const MOST_LINKS: usize = 2000;

/// The page: what all lines say together, then each task.
pub fn page(words: &Words, lines: &[Line], said: &Said) -> String {
    let mut page = html::begin_live(&words.title, words.refresh);
    html::paragraphs(&mut page, &words.about);
    html::paragraphs(&mut page, said.summary());
    html::table(&mut page, SETTINGS, &words.settings);
    if lines.is_empty() {
        page += "<p><strong>Nothing is done yet.</strong></p>\n";
    }
    page += &said.html(&words.artifacts);
    page += "<div class=\"charts\">\n";
    let gradients: Vec<Chart> = lines.chunk_by(Line::is_beside).filter_map(Chart::of_gradients).collect();
    for chart in Chart::of(lines).iter().chain(&gradients) {
        writeln!(page, "<figure>\n{}</figure>", svg(chart)).expect("a string");
    }
    page += "</div>\n";
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let (here, after) = rest.split_at(rest.iter().take_while(|line| line.is_beside(first)).count());
        rest = after;
        table(&mut page, here);
    }
    let names = ["figure-2", "strategies", "figure-5"];
    html::source(&mut page, &words.artifacts, &names[..if gradients.is_empty() { 2 } else { 3 }]);
    page += &said.more_html(&words.artifacts);
    links(&mut page, &words.cells);
    html::table(
        &mut page,
        "Where the published code departs from its paper, and what these cells do",
        &words.departures,
    );
    html::table(&mut page, "Where the rows are from", &words.provenance);
    html::note(&mut page, NUMBERS);
    html::end(&mut page, &words.command);
    page
}

/// The cells, each with the way to its page.
fn links(page: &mut String, cells: &[CellLink]) {
    if cells.is_empty() {
        return;
    }
    let head = ["task", "strategy", "criterion", "seed", "settings", "last density", "score there"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for CellLink { names: [task, strategy, criterion, seed], settings, last, page } in
        cells.iter().take(MOST_LINKS)
    {
        let link = format!("<a href=\"{}\">{}</a>", escaped(page), escaped(task));
        let rest = [strategy, criterion, seed, settings].into_iter().chain(last).map(|text| escaped(text));
        rows.push(std::iter::once(link).chain(rest).collect());
    }
    *page += "<h2>Cells</h2>\n";
    html::table_of_markup(page, "Each cell has a page with its curves and its networks", &rows);
    if cells.len() > MOST_LINKS {
        let more = cells.len() - MOST_LINKS;
        writeln!(page, "<p class=\"note\">{more} more cells have pages beside these.</p>").expect("a string");
    }
}

/// The numbers behind the figures of one task.
fn table(page: &mut String, lines: &[Line]) {
    let longest = lines.iter().max_by_key(|line| line.points.len()).expect("a task has lines");
    let what = escaped(&longest.what());
    let measure = longest.measure.replace('_', " ");
    write!(
        page,
        "<h2>{what}</h2>\n{}<table data-about=\"{what}\">\n<caption>{} by weights kept</caption>\n\
         <thead><tr><th scope=\"col\">strategy</th><th scope=\"col\">criterion</th>",
        html::scroller(&what),
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
    for curve in reference::curves(lines) {
        begin_row(page, &curve.trained, &curve.name);
        for point in curve.points {
            write!(page, "<td>{}</td>", reference::entry(point)).expect("a string");
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
            artifacts: "tombola report \"x y\" --artifacts DIR".into(),
            settings: vec![vec!["setting".into(), "here".into()], vec!["members".into(), "64 <".into()]],
            departures: vec![vec!["departure".into()], vec!["pairs".into()]],
            provenance: vec![vec!["task".into(), "seeds".into()], vec!["glyphs".into(), "0 <1>".into()]],
            cells: vec![CellLink {
                names: ["glyphs", "snes", "<snr>", "3"].map(str::to_owned),
                settings: String::new(),
                last: ["50.0 %", "0.700"].map(str::to_owned),
                page: "cells/1f.html".into(),
            }],
            refresh: 0,
        };
        let page = page(&words, &[line("snr"), line("random")], &Said::default());
        for wanted in [
            "a &lt;test&gt;",
            "one &amp; two",
            "0.910",
            "n=3",
            "n=1",
            "1 diverged",
            "50.0 %",
            "<svg",
            "<a href=\"cells/1f.html\">glyphs</a>",
            "&lt;snr&gt;",
            "0 &lt;1&gt;",
            "<code>figure-2*</code>, <code>strategies*</code>: <code>tombola report &quot;x y&quot;",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        for unwanted in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
        assert_eq!(page.matches("<figure>").count(), 1);
        assert!(super::page(&words, &[], &Said::default()).contains("Nothing is done yet"));
    }
}
