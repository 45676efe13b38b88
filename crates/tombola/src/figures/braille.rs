//! A chart as characters: eight dots to a character, a letter where a series ends.

use std::fmt::Write;

use super::chart::Chart;

/// The bit of each dot of a character: two columns, four rows.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Characters from which the pattern of dots counts.
const BLANK: u32 = 0x2800;

/// The chart in `columns` by `rows` characters, without its axes' names. Series are named `A`, `B`, .. at their right end.
pub fn braille(chart: &Chart, columns: usize, rows: usize) -> String {
    let (width, height) = (2 * columns, 4 * rows);
    let mut dots = vec![0_u8; columns * rows];
    let mut letters = vec![None; columns * rows];
    for (index, series) in chart.series.iter().enumerate() {
        let at = |place: &super::Place| {
            (chart.across(place.at) * (width - 1) as f64, (1.0 - chart.up(place.score)) * (height - 1) as f64)
        };
        let points: Vec<(f64, f64)> = series.places.iter().map(at).collect();
        for two in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (two[0], two[1]);
            let steps = (x1 - x0).abs().max((y1 - y0).abs()).ceil().max(1.0);
            for step in 0..=steps as usize {
                let part = step as f64 / steps;
                let (x, y) =
                    ((x0 + part * (x1 - x0)).round() as usize, (y0 + part * (y1 - y0)).round() as usize);
                dots[y / 4 * columns + x / 2] |= DOTS[y % 4][x % 2];
            }
        }
        if let Some((x, y)) = points.last() {
            let (column, mut row) = (x.round() as usize / 2, y.round() as usize / 4);
            // a letter that is taken moves down, or up from the last row
            while letters[row * columns + column].is_some() && row + 1 < rows {
                row += 1;
            }
            letters[row * columns + column] = char::from_u32('A' as u32 + index as u32 % 26);
        }
    }
    let mut text = format!("{}: {} against the {}\n", chart.title, chart.measure, chart.across_name().0);
    let (low, high) = chart.scores;
    for row in 0..rows {
        let label = match row {
            0 => format!("{high:>8.3}"),
            row if row + 1 == rows => format!("{low:>8.3}"),
            _ => " ".repeat(8),
        };
        let line: String = (0..columns)
            .map(|column| {
                let at = row * columns + column;
                letters[at].or(char::from_u32(BLANK + u32::from(dots[at]))).unwrap_or(' ')
            })
            .collect();
        writeln!(text, "{label} ┤{line}").expect("a string");
    }
    let [left, right] = chart.ends();
    let pad = columns.saturating_sub(left.chars().count() + right.chars().count());
    writeln!(text, "{}{left}{}{right}", " ".repeat(10), " ".repeat(pad)).expect("a string");
    let letter = |index: usize| char::from_u32('A' as u32 + index as u32 % 26).unwrap_or('?');
    let names: Vec<String> = chart
        .series
        .iter()
        .enumerate()
        .map(|(index, series)| format!("{} {}", letter(index), series.name))
        .collect();
    writeln!(text, "{}{}", " ".repeat(10), names.join("   ")).expect("a string");
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Place, Series};
    use super::*;

    fn line(name: &str, scores: [f64; 2]) -> Series {
        let place = |at: f64, score: f64| Place { at, score, half: 0.0 };
        Series { name: name.into(), places: vec![place(1.0, scores[0]), place(0.1, scores[1])] }
    }

    #[test]
    fn lines_go_where_their_scores_do() {
        let chart =
            Chart::new("t".into(), "score".into(), vec![line("up", [0.0, 1.0]), line("down", [1.0, 0.0])]);
        let text = braille(&chart, 20, 6);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 6 + 2, "{text}");
        assert!(lines[1].ends_with('A') && lines[6].ends_with('B'), "{text}");
        assert!(lines[8].contains("A up") && lines[8].contains("B down"), "{text}");
        assert!(lines[7].contains("100 %") && lines[7].contains("10.0 %"), "{text}");
    }

    #[test]
    fn ends_at_one_place_stand_below_each_other_and_nothing_is_drawn_for_nothing() {
        let chart = Chart::new("t".into(), "s".into(), vec![line("a", [0.0, 1.0]), line("b", [0.5, 1.0])]);
        let text = braille(&chart, 20, 6);
        assert!(text.lines().nth(1).unwrap().ends_with('A') && text.lines().nth(2).unwrap().ends_with('B'));
        assert_eq!(braille(&Chart::new("t".into(), "s".into(), vec![]), 20, 6).lines().count(), 9);
    }
}
