//! Score against density, over seeds.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::reference;
use crate::rows::{LevelRow, Status};
use crate::stats::{self, Mean};

/// One line: a criterion of a strategy on a task, with the same settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What was solved.
    pub task: String,
    /// Settings in which its cells differ from others of the same task, strategy and criterion; mostly nothing.
    pub settings: String,
    /// By which strategy.
    pub strategy: String,
    /// Which weights stayed.
    pub criterion: String,
    /// What the score counts.
    pub measure: String,
    /// By level.
    pub points: Vec<Point>,
}

impl Line {
    /// The task, and the settings if there are any.
    pub fn what(&self) -> String {
        what(&self.task, &self.settings)
    }

    /// Whether both may stand in one table.
    pub fn is_beside(&self, other: &Line) -> bool {
        (&self.task, &self.settings, &self.measure) == (&other.task, &other.settings, &other.measure)
    }
}

/// A task, and the settings in which its cells differ from others, if there are any.
pub(super) fn what(task: &str, settings: &str) -> String {
    if settings.is_empty() { task.to_owned() } else { format!("{task}, {settings}") }
}

/// A level, over seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Which.
    pub level: u32,
    /// Mean density over the seeds.
    pub density: f64,
    /// Of the scores; none where all seeds diverged.
    pub score: Option<Mean>,
    /// Seeds that diverged here or before.
    pub diverged: usize,
}

/// About these densities are shown where not all are: those of which the main paper's text speaks.
pub const ABOUT: [f64; 5] = [1.0, 0.328, 0.107, 0.0352, 0.0144];

/// The level whose density is nearest to another, if it is within a third of it.
pub fn nearest(densities: &[f64], about: f64) -> Option<usize> {
    let ratio = |density: f64| f64::max(density / about, about / density);
    let levels = densities.iter().enumerate().filter(|(_, density)| **density > 0.0);
    let (level, density) = levels.min_by(|(_, one), (_, other)| ratio(**one).total_cmp(&ratio(**other)))?;
    (ratio(*density) < 4.0 / 3.0).then_some(level)
}

/// The lines of rows of cells that differ in task, strategy, criterion and seed only. Criteria that tell apart most come
/// first: signal to noise, magnitude, the others by name.
pub fn lines(rows: &[LevelRow]) -> Vec<Line> {
    lines_by_settings(rows.iter().map(|row| ("", row)))
}

/// The lines of rows of any cells, each with the settings in which its cell differs from others like it: what has
/// different settings is never one mean.
pub fn lines_by_settings<'a>(rows: impl IntoIterator<Item = (&'a str, &'a LevelRow)>) -> Vec<Line> {
    type Name<'a> = (&'a str, &'a str, &'a str, (usize, &'a str));
    let mut cells: BTreeMap<Name<'_>, Vec<&LevelRow>> = BTreeMap::new();
    for (settings, row) in rows {
        let rank = ["snr", "magnitude"].iter().position(|name| *name == row.criterion).unwrap_or(2);
        let name = (row.task.as_str(), settings, row.strategy.as_str(), (rank, row.criterion.as_str()));
        cells.entry(name).or_default().push(row);
    }
    let line = |((task, settings, strategy, (_, criterion)), rows): (Name<'_>, Vec<&LevelRow>)| Line {
        task: task.to_owned(),
        settings: settings.to_owned(),
        strategy: strategy.to_owned(),
        criterion: criterion.to_owned(),
        measure: rows[0].measure.clone(),
        points: points(rows),
    };
    cells.into_iter().map(line).collect()
}

fn points(mut rows: Vec<&LevelRow>) -> Vec<Point> {
    rows.sort_by_key(|row| (row.level, row.seed));
    let last = rows.iter().map(|row| row.level).max().unwrap_or(0);
    let point = |level: u32| {
        let here: Vec<&LevelRow> = rows.iter().copied().filter(|row| row.level == level).collect();
        let scores: Vec<f64> = here.iter().filter_map(|row| row.score).collect();
        let ended = |row: &&&LevelRow| row.status == Status::Diverged && row.level <= level;
        let density = here.iter().map(|row| row.density).sum::<f64>() / here.len().max(1) as f64;
        Point { level, density, score: stats::mean(&scores), diverged: rows.iter().filter(ended).count() }
    };
    (0..=last).map(point).collect()
}

/// Lines as text, for a terminal; as Markdown it reads the same.
///
/// A number is a mean over seeds, with half the width of its 95 % interval where there are three seeds or more; of the
/// paper, the mean that it printed.
pub fn text(lines: &[Line]) -> String {
    let tables = lines.chunk_by(Line::is_beside);
    tables.map(|lines| format!("{}:\n\n{}\n", caption(lines), aligned(&table(lines)))).collect()
}

/// What the table of lines of one task shows.
pub fn caption(lines: &[Line]) -> String {
    let Some(first) = lines.first() else { return String::new() };
    format!(
        "{} on {}, n = {} unless said, by density",
        first.measure.replace('_', " "),
        first.what(),
        most(lines)
    )
}

/// The lines of one task, and what the paper printed for it; the first row is the head.
pub fn table(lines: &[Line]) -> Vec<Vec<String>> {
    let longest = lines.iter().max_by_key(|line| line.points.len());
    let heads = longest.into_iter().flat_map(heads);
    let most = most(lines);
    let own = lines
        .iter()
        .map(|line| row(&line.strategy, &line.criterion, line.points.iter().map(|point| entry(point, most))));
    let printed = reference::curves(lines)
        .into_iter()
        .map(|curve| row(&curve.trained, &curve.name, curve.points.into_iter().map(reference::entry)));
    std::iter::once(row("strategy", "criterion", heads)).chain(own).chain(printed).collect()
}

/// The densities of a line's points, for people.
pub(super) fn heads(line: &Line) -> impl Iterator<Item = String> {
    line.points.iter().map(|point| percent(point.density))
}

/// How many seeds the point with most of them has.
pub(super) fn most(lines: &[Line]) -> usize {
    let seeds = lines.iter().flat_map(|line| &line.points).filter_map(|point| point.score);
    seeds.map(|mean| mean.n).max().unwrap_or(0)
}

/// How many seeds a number is of, where that is fewer than its table or row says.
pub fn fewer(n: usize, most: usize) -> String {
    if n < most { format!(" (n = {n})") } else { String::new() }
}

/// Names, and an entry a level.
pub(super) fn row(strategy: &str, criterion: &str, cells: impl Iterator<Item = String>) -> Vec<String> {
    [strategy.to_owned(), criterion.to_owned()].into_iter().chain(cells).collect()
}

/// A density as people say it: `100 %`, `1.44 %`.
pub fn percent(density: f64) -> String {
    let percent = 100.0 * density;
    match percent {
        100.0 => "100 %".to_owned(),
        percent if percent >= 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.2} %"),
    }
}

/// How many digits after the point a score is told with.
pub fn digits(score: f64) -> usize {
    if score.abs() < 10.0 { 3 } else { 1 }
}

/// A score, as it is told.
pub fn number(score: f64) -> String {
    format!("{score:.0$}", digits(score))
}

/// A mean with its interval, as short as its size allows.
pub(super) fn entry(point: &Point, most: usize) -> String {
    let Some(Mean { n, mean, half }) = point.score else {
        return if point.diverged > 0 { format!("{} diverged", point.diverged) } else { "-".to_owned() };
    };
    let digits = digits(mean);
    let mut text = match half {
        Some(half) => format!("{mean:.digits$} ±{half:.digits$}"),
        None => format!("{mean:.digits$}"),
    };
    match (n < most, point.diverged) {
        (false, 0) => {}
        (true, 0) => write!(text, " (n = {n})").expect("a string"),
        (_, diverged) => write!(text, " (n = {n}, {diverged} diverged)").expect("a string"),
    }
    text
}

/// Rows as Markdown whose columns stand below each other; the first is the head. Columns of numbers end below each other, the
/// first two and others of words begin so.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let width = |column: usize| rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
    let is_words =
        |column: usize| column < 2 || !rows.iter().skip(1).any(|row| is_number(&cell(row, column)));
    let shapes: Vec<(usize, bool)> = (0..columns).map(|column| (width(column), is_words(column))).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = shapes
            .iter()
            .enumerate()
            .map(|(column, &(width, is_words))| match is_words {
                true => format!("{:<width$}", cell(row, column)),
                false => format!("{:>width$}", cell(row, column)),
            })
            .collect();
        writeln!(text, "| {} |", cells.join(" | ")).expect("a string");
        if index == 0 {
            let rule = |&(width, is_words): &(usize, bool)| match is_words {
                true => "-".repeat(width + 2),
                false => format!("{}:", "-".repeat(width + 1)),
            };
            let rules: Vec<String> = shapes.iter().map(rule).collect();
            writeln!(text, "|{}|", rules.join("|")).expect("a string");
        }
    }
    text
}

/// Whether an entry is a number, or stands for one that is missing.
fn is_number(entry: &str) -> bool {
    let digits = entry.trim_start_matches(['+', '-', '<']);
    digits.starts_with(|first: char| first.is_ascii_digit()) || entry == "-"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::sample::row;

    fn sample() -> Vec<LevelRow> {
        let mut rows = Vec::new();
        for seed in 0..3 {
            let bonus = 0.01 * seed as f64;
            rows.push(row("random", seed, 0, Some(0.9 + bonus)));
            rows.push(row("random", seed, 1, (seed != 1).then_some(0.5 + bonus)));
            rows.push(row("snr", seed, 0, Some(0.9 + bonus)));
            rows.push(row("snr", seed, 1, Some(0.8 + bonus)));
        }
        rows
    }

    #[test]
    fn a_table_says_means_intervals_seeds_and_what_diverged() {
        let text = text(&lines(&sample()));
        let expected = "\
test accuracy on glyphs, n = 3 unless said, by density:

| strategy | criterion |        100 % |                    50.0 % |
|----------|-----------|-------------:|--------------------------:|
| snes     | snr       | 0.910 ±0.025 |              0.810 ±0.025 |
| snes     | random    | 0.910 ±0.025 | 0.510 (n = 2, 1 diverged) |

";
        assert_eq!(text, expected);
        let diverged = lines(&sample())[1].points[1].diverged;
        assert_eq!(diverged, 1);
    }

    #[test]
    fn cells_with_other_settings_are_never_one_mean() {
        let (rows, others) = (sample(), sample());
        let named = |settings: &'static str| move |row| (settings, row);
        let lines = lines_by_settings(rows.iter().map(named("")).chain(others.iter().map(named("keep=0.5"))));
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.points[0].score.is_some_and(|mean| mean.n == 3)));
        let text = text(&lines);
        assert_eq!(text.matches("test accuracy on glyphs, n = 3 unless said").count(), 1, "{text}");
        assert_eq!(text.matches("test accuracy on glyphs, keep=0.5, n = 3 unless said").count(), 1, "{text}");
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let mut rows = sample();
        let expected = lines(&rows);
        rows.reverse();
        assert_eq!(lines(&rows), expected);
        assert_eq!(lines(&[]), []);
    }

    #[test]
    fn densities_are_said_as_people_say_them() {
        assert_eq!([1.0, 0.5, 0.0144, 0.1].map(percent), ["100 %", "50.0 %", "1.44 %", "10.0 %"]);
    }
}
