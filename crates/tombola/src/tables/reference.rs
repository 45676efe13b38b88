//! What the papers printed, read off their figures (`datasets/reference`), to stand beside what was found here.
//!
//! A printed band is one standard error over the paper's seeds, not an interval of 95 %: it is told as such wherever it
//! stands.

use super::densities::{Line, digits};

/// Figure 1 (right, top) of the main paper, as digitised.
const FIGURE_1: &str = include_str!("../../../../datasets/reference/lottery-figure-1.csv");
/// Figure 3 of the main paper, as digitised.
const FIGURE_3: &str = include_str!("../../../../datasets/reference/lottery-figure-3.csv");
/// Figure 4 of the main paper, as digitised.
const FIGURE_4: &str = include_str!("../../../../datasets/reference/lottery-figure-4.csv");
/// Figure 5 of the main paper, as digitised.
const FIGURE_5: &str = include_str!("../../../../datasets/reference/lottery-figure-5.csv");

/// Whose tickets figure 4 shows: task, strategy, and the criterion as rows name it.
const FIGURE_4_TICKETS: [[&str; 3]; 4] = [
    ["mnist", "snes", "transferred from fashion-mnist"],
    ["fashion-mnist", "pgpe", "transferred from snes"],
    ["ant_modified", "sep-cma-es", "transferred from ant"],
    ["ant", "des", "transferred from sep-cma-es"],
];

/// The sparsest level of figure 1, and a little more: the lines of a grid that ends before have another range.
const FIGURE_1_ENDS: f64 = 0.015;

/// What names of printed curves end with.
pub const PRINTED: &str = ", the paper";

/// A printed score, and half of its band: one standard error; none where the band is thinner than its line.
pub type Printed = (f64, Option<f64>);

/// A printed curve beside lines of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Who trained it: a strategy, or gradients.
    pub trained: String,
    /// Which weights stayed, and where it was printed.
    pub name: String,
    /// At the densities of the lines; none where the figure has no such level.
    pub points: Vec<Option<Printed>>,
}

/// What figure 1 shows at densities for the paper's twelve tasks; none at a level that it has not, and none at all for a grid
/// that does not come as far.
pub fn figure_1(criterion: &str, densities: &[f64]) -> Option<Vec<Option<Printed>>> {
    if densities.iter().all(|density| *density > FIGURE_1_ENDS) {
        return None;
    }
    at(&points(FIGURE_1, &[criterion]), densities)
}

/// The curves of figures 3 and 4 for lines of one task: of each strategy that the paper took for it, of gradients, and where
/// tickets are transferred of those that the paper transferred. Densities are those of the longest line.
pub fn curves(lines: &[Line]) -> Vec<Curve> {
    let Some(longest) = lines.iter().max_by_key(|line| line.points.len()) else { return Vec::new() };
    let densities: Vec<f64> = longest.points.iter().map(|point| point.density).collect();
    let mut strategies: Vec<&str> = lines.iter().map(|line| line.strategy.as_str()).collect();
    strategies.dedup();
    let curve = |figure: &str, strategy: &str, curve: &str, told: &str| {
        let points = at(&points(figure, &[&longest.task, strategy, curve]), &densities)?;
        let trained = if curve == "gradient" { "gradients" } else { strategy };
        Some(Curve { trained: trained.to_owned(), name: told.to_owned() + PRINTED, points })
    };
    let of = |strategy: &str| -> Vec<Curve> {
        let here = || lines.iter().filter(|line| line.strategy == strategy);
        let is_shown = |[task, own, from]: &&[&str; 3]| {
            *task == longest.task && *own == strategy && here().any(|line| line.criterion == *from)
        };
        match FIGURE_4_TICKETS.iter().find(is_shown) {
            Some([.., from]) => {
                let names = [("snr", "snr"), ("random", "random"), ("transferred", from)];
                names.into_iter().filter_map(|(name, told)| curve(FIGURE_4, strategy, name, told)).collect()
            }
            None => {
                let of_gradients = curve(FIGURE_3, strategy, "gradient", "magnitude");
                curve(FIGURE_3, strategy, "snr", "snr").into_iter().chain(of_gradients).collect()
            }
        }
    };
    strategies.into_iter().flat_map(of).collect()
}

/// The curves of figure 5 for networks that gradients train from a line's tickets; none for other tasks and strategies.
pub fn figure_5(line: &Line) -> Vec<Curve> {
    let densities: Vec<f64> = line.points.iter().map(|point| point.density).collect();
    let tickets = format!("tickets of {}", line.strategy);
    let curve = |(curve, told): (&str, &str)| {
        let points = at(&points(FIGURE_5, &[&line.task, &line.strategy, curve]), &densities)?;
        Some(Curve { trained: "gradients".to_owned(), name: told.to_owned() + PRINTED, points })
    };
    let names = [("magnitude", "magnitude"), ("random", "random"), ("transferred", tickets.as_str())];
    names.into_iter().filter_map(curve).collect()
}

/// The tasks of images, on which the main paper compares what evolution and gradients lose.
const IMAGES: [&str; 3] = ["mnist", "fashion-mnist", "kmnist"];

/// What the printed curve of gradients scores with all weights and with the fewest, the latter raised by two of its standard
/// errors, as far as they are wider than the line; none for tasks without images.
pub fn gradients(task: &str) -> Option<(f64, f64)> {
    if !IMAGES.contains(&task) {
        return None;
    }
    let rows = FIGURE_3.lines().filter(|line| line.split(',').next() == Some(task));
    let strategy = rows.clone().find_map(|line| line.split(',').nth(1))?;
    let found = points(FIGURE_3, &[task, strategy, "gradient"]);
    let ((_, (dense, _)), (_, (sparse, half))) = (found.first()?, found.last()?);
    Some((*dense, sparse + 2.0 * half.unwrap_or(0.0)))
}

/// A printed score for people, with one standard error where it is wider than the line; a line where the figure has no such
/// level.
pub fn entry(printed: Option<Printed>) -> String {
    printed.map_or_else(|| "-".to_owned(), |printed| told(printed, digits(printed.0)))
}

/// A printed score with so many digits, and one standard error where it is wider than the line.
pub fn told((score, half): Printed, digits: usize) -> String {
    let half = half.map_or(String::new(), |half| format!(" (se {half:.digits$})"));
    format!("{score:.digits$}{half}")
}

/// Density and score of the rows of a figure that begin with some names.
fn points(figure: &str, names: &[&str]) -> Vec<(f64, Printed)> {
    let rows = figure.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.filter_map(|line| {
        let mut fields = line.split(',');
        if !names.iter().all(|name| fields.next() == Some(*name)) {
            return None;
        }
        let numbers: Vec<Option<f64>> = fields.map(|number| number.parse().ok()).collect();
        let [_level, Some(density), Some(score), low, high, _error] = numbers[..] else { return None };
        Some((density, (score, low.zip(high).map(|(low, high)| (high - low) / 2.0))))
    })
    .collect()
}

/// Points at densities; none where fewer than two are there.
fn at(points: &[(f64, Printed)], densities: &[f64]) -> Option<Vec<Option<Printed>>> {
    // a network of few weights cannot keep exactly the fraction that was asked for
    let close = |density: f64| move |(there, _): &&(f64, Printed)| (density / there - 1.0).abs() < 0.02;
    let found = |&density: &f64| points.iter().find(close(density)).map(|(_, printed)| *printed);
    let found: Vec<Option<Printed>> = densities.iter().map(found).collect();
    (found.iter().flatten().count() > 1).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::densities::Point;

    #[test]
    fn figure_1_stands_at_its_levels_where_a_grid_comes_as_far() {
        let found = figure_1("random", &[1.0, 0.33, 0.9, 0.0144]).expect("the whole figure");
        let scores: Vec<Option<f64>> = found.into_iter().map(|place| place.map(|(score, _)| score)).collect();
        assert_eq!(scores, [Some(0.9104), Some(0.8879), None, Some(0.0031)]);
        assert_eq!(figure_1("random", &[1.0, 0.33]), None);
        assert_eq!(figure_1("movement", &[1.0, 0.0144]), None);
    }

    fn line(task: &str, strategy: &str, densities: &[f64]) -> Line {
        let point = |density: &f64| Point { level: 0, density: *density, score: None, diverged: 0 };
        Line {
            task: task.into(),
            settings: String::new(),
            strategy: strategy.into(),
            criterion: "snr".into(),
            measure: "test_accuracy".into(),
            points: densities.iter().map(point).collect(),
        }
    }

    #[test]
    fn figure_3_has_the_papers_strategy_of_each_task_and_gradients() {
        let densities = [1.0, 0.8, 0.6, 0.0144];
        let found = curves(&[line("mnist", "sep-cma-es", &densities), line("mnist", "snes", &densities)]);
        let names: Vec<(&str, &str)> =
            found.iter().map(|curve| (curve.trained.as_str(), curve.name.as_str())).collect();
        assert_eq!(names, [("sep-cma-es", "snr, the paper"), ("gradients", "magnitude, the paper")]);
        let [dense, sparse] = [found[0].points[0], found[0].points[3]].map(|place| place.expect("printed").0);
        assert!((dense - 0.980).abs() < 0.001 && (sparse - 0.934).abs() < 0.001, "{dense} {sparse}");
        assert_eq!(found[1].points[2], None, "there is no such level");
        let told: Vec<String> = found[0].points.iter().map(|point| entry(*point)).collect();
        assert_eq!(told, ["0.980", "0.980", "-", "0.934 (se 0.004)"]);
        let bands = found[0].points.iter().map(|point| point.and_then(|(_, half)| half).is_some());
        assert_eq!(
            bands.collect::<Vec<_>>(),
            [false, false, false, true],
            "a band thinner than its line is none"
        );
        assert!(curves(&[line("glyphs", "snes", &densities)]).is_empty());
        assert!(curves(&[line("mnist", "pgpe", &densities)]).is_empty());
        assert!(curves(&[line("mnist", "sep-cma-es", &[1.0])]).is_empty());
    }

    #[test]
    fn figure_4_stands_where_tickets_are_transferred() {
        let densities = [1.0, 0.0144];
        let line =
            |criterion: &str| Line { criterion: criterion.into(), ..line("mnist", "snes", &densities) };
        assert!(curves(&[line("snr"), line("random")]).is_empty(), "figure 3 has another strategy there");
        assert!(curves(&[line("snr"), line("transferred from kmnist")]).is_empty(), "of another task");
        let found = curves(&[line("snr"), line("transferred from fashion-mnist")]);
        let sparse: Vec<(&str, String)> =
            found.iter().map(|curve| (curve.name.as_str(), entry(curve.points[1]))).collect();
        let expected = [("snr, the paper", "0.939"), ("random, the paper", "0.296 (se 0.039)")];
        let expected =
            expected.into_iter().chain([("transferred from fashion-mnist, the paper", "0.742 (se 0.006)")]);
        assert_eq!(sparse, expected.map(|(name, score)| (name, score.to_owned())).collect::<Vec<_>>());
        for (figure, curves) in [(FIGURE_4, 12), (FIGURE_5, 6)] {
            let rows = figure.lines().filter(|line| !line.starts_with('#')).skip(1);
            assert_eq!(rows.count(), curves * 20);
        }
    }

    #[test]
    fn every_task_of_the_paper_has_twenty_levels_of_both() {
        let rows: Vec<&str> = FIGURE_3.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
        assert_eq!(rows.len(), 12 * 2 * 20);
        for row in &rows {
            let names: Vec<&str> = row.split(',').take(3).collect();
            assert_eq!(points(FIGURE_3, &names).len(), 20, "{row}");
        }
    }
}
