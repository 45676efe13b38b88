//! Figure 5 of the main paper: tickets of evolution that gradients train, as it printed them, beside the tickets' own scores
//! here.
//!
//! Nothing here trains by gradients yet: the printed curves are there to read, not to compare with.

use super::densities::{Line, entry, heads, most, row};
use super::reference::{self, Curve};

/// What the table and the figure show.
pub const CAPTION: &str = "Figure 5: tickets of evolution that gradients train, as printed, beside their scores here under \
                           evolution; nothing here trains by gradients yet";

/// Of lines of one task, the tickets that the figure is about, and its curves; none where there are none.
pub fn printed(lines: &[Line]) -> Option<(&Line, Vec<Curve>)> {
    lines.iter().filter(|line| line.criterion == "snr").find_map(|line| {
        let curves = reference::figure_5(line);
        (!curves.is_empty()).then_some((line, curves))
    })
}

/// The tickets' line and the printed curves, the first row the head; none for tasks that the figure has not.
pub fn table(lines: &[Line]) -> Option<Vec<Vec<String>>> {
    let (own, curves) = printed(lines)?;
    let seeds = most(std::slice::from_ref(own));
    let scores = own.points.iter().map(|point| entry(point, seeds));
    let mut rows = vec![
        row("trained by", "criterion", heads(own)),
        row(&own.strategy, &format!("{}, n = {seeds}", own.criterion), scores),
    ];
    rows.extend(
        curves
            .into_iter()
            .map(|curve| row(&curve.trained, &curve.name, curve.points.into_iter().map(reference::entry))),
    );
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::densities::lines;
    use crate::tables::sample::row as sample;

    fn rows_of(task: &str, strategy: &str) -> Option<Vec<Vec<String>>> {
        let mut rows: Vec<_> = (0..3).map(|level| sample("snr", 0, level, Some(0.8))).collect();
        for (row, density) in rows.iter_mut().zip([1.0, 0.8, 0.014412]) {
            (row.task, row.strategy, row.density) = (task.into(), strategy.into(), density);
        }
        table(&lines(&rows))
    }

    #[test]
    fn printed_curves_stand_beside_the_tickets_that_they_begin_with() {
        let found = rows_of("fashion-mnist", "snes").expect("a task of figure 5");
        let names: Vec<[&str; 2]> = found.iter().map(|row| [row[0].as_str(), row[1].as_str()]).collect();
        let expected = [
            ["trained by", "criterion"],
            ["snes", "snr, n = 1"],
            ["gradients", "magnitude, the paper"],
            ["gradients", "random, the paper"],
            ["gradients", "tickets of snes, the paper"],
        ];
        assert_eq!(names, expected);
        let sparsest: Vec<&str> = found.iter().map(|row| row[4].as_str()).collect();
        assert_eq!(sparsest, ["1.44 %", "0.800", "0.758 (se 0.009)", "0.367 (se 0.073)", "0.813"]);
        assert_eq!(rows_of("fashion-mnist", "pgpe"), None);
        assert_eq!(rows_of("kmnist", "snes"), None);
    }
}
