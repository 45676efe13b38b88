//! All tasks beside each other at a few densities: which strategy does best where.

use super::densities::{ABOUT, Line, digits, nearest, percent};
use crate::stats::Mean;

/// A row a strategy, criterion and density, a column a task, the first row the head; none where there are no lines. At each
/// density the nearest level of a line stands, if it is within a third of it.
pub fn table(lines: &[Line]) -> Option<Vec<Vec<String>>> {
    let mut tasks: Vec<String> = lines.iter().map(Line::what).collect();
    tasks.dedup();
    let mut names: Vec<(&str, &str)> = Vec::new();
    for line in lines {
        let name = (line.strategy.as_str(), line.criterion.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let heads = ["strategy", "criterion", "density about"].map(str::to_owned).into_iter();
    let mut rows = vec![heads.chain(tasks.iter().cloned()).collect::<Vec<String>>()];
    for (strategy, criterion) in names {
        for about in ABOUT {
            let of_task = |task: &String| {
                let is_it = |line: &&Line| {
                    (&line.what(), line.strategy.as_str(), line.criterion.as_str())
                        == (task, strategy, criterion)
                };
                lines.iter().find(is_it).and_then(|line| near(line, about))
            };
            let scores: Vec<Option<Mean>> = tasks.iter().map(of_task).collect();
            if scores.iter().any(Option::is_some) {
                let words = [strategy.to_owned(), criterion.to_owned(), percent(about)];
                rows.push(words.into_iter().chain(scores.into_iter().map(entry)).collect());
            }
        }
    }
    (rows.len() > 1).then_some(rows)
}

/// The score of a line's level that is nearest to a density, if it is near.
fn near(line: &Line, about: f64) -> Option<Mean> {
    let densities: Vec<f64> = line.points.iter().map(|point| point.density).collect();
    line.points[nearest(&densities, about)?].score
}

fn entry(mean: Option<Mean>) -> String {
    let Some(Mean { n, mean, half }) = mean else { return "-".to_owned() };
    let digits = digits(mean);
    let half = half.map_or(String::new(), |half| format!(" ±{half:.digits$}"));
    format!("{mean:.digits$}{half} (n = {n})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::densities::lines;
    use crate::tables::sample::row;

    #[test]
    fn each_density_has_the_nearest_level_of_each_task() {
        let mut rows: Vec<_> = (0..3)
            .flat_map(|seed| (0..6).map(move |level| row("snr", seed, level, Some(f64::from(level)))))
            .collect();
        let mut other = row("snr", 0, 0, Some(7.5));
        other.task = "hopper".into();
        rows.push(other);
        let table = table(&lines(&rows)).expect("lines");
        assert_eq!(table[0], ["strategy", "criterion", "density about", "glyphs", "hopper"]);
        let row = |density: &str| table.iter().find(|row| row[2] == density).cloned();
        assert_eq!(row("100 %").expect("dense")[3..], ["0.000 ±0.000 (n = 3)", "7.500 (n = 1)"]);
        // 25 % is 1.31 times away from 32.8 %, 12.5 % is 1.17 times away from 10.7 %
        assert_eq!(row("32.8 %").expect("25 %")[3], "2.000 ±0.000 (n = 3)");
        assert_eq!(row("10.7 %").expect("12.5 %")[3], "3.000 ±0.000 (n = 3)");
        assert!(row("1.44 %").is_none(), "{table:?}");
    }
}
