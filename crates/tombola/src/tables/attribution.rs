//! The ticket effect in parts: how much of it is the mask's, the weights', the layers'.
//!
//! Controls lose one thing after the other, so what a step loses is the effect of that thing (after Vischer, Lange and
//! Sprekeler, "On lottery tickets and minimal task representations in deep reinforcement learning", 2022):
//!
//! ```text
//! curvature = snr              - magnitude                     weights chosen by deviations too
//! weights   = magnitude        - permuted weights              the starts of the weights that stay
//! mask      = permuted weights - permuted mask and weights     where in a layer they are
//! layers    = permuted mask and weights - random               how many each layer has
//! ```

use super::densities::{fewer, percent};
use super::effects::number;
use super::pairs::Group;
use crate::stats::Mean;

/// A part of the effect: its name, and the criteria whose difference it is.
pub const PARTS: [(&str, &str, &str); 4] = [
    ("curvature", "snr", "magnitude"),
    ("weights", "magnitude", "permuted-weights"),
    ("mask", "permuted-weights", "permuted-mask-and-weights"),
    ("layers", "permuted-mask-and-weights", "random"),
];

/// What the table shows.
pub const CAPTION: &str = "The ticket effect in parts, by weights kept: differences seed by seed, with half the width of their 95 % \
                           intervals (Student), n seeds unless said";

/// A row for each part of each group that has both criteria, the first row the head; none where no group has a part. Columns are
/// levels, with the densities of the group that has most.
pub fn table(groups: &[Group]) -> Option<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    let mut densities: Vec<f64> = Vec::new();
    for group in groups {
        for (part, of, against) in PARTS.iter().filter(|(_, of, against)| group.has(of) && group.has(against))
        {
            let levels = group.by_level(of, against);
            if levels.len() > densities.len() {
                densities = levels.iter().map(|(density, _)| *density).collect();
            }
            let most = levels.iter().filter_map(|(_, mean)| Some(mean.as_ref()?.n)).max().unwrap_or(0);
            let difference = format!("{of} - {against}");
            let words =
                [group.what(), group.strategy.clone(), (*part).to_owned(), difference, most.to_string()];
            let entry = |mean: Mean| number(mean) + &fewer(mean.n, most);
            let numbers = levels.into_iter().map(|(_, mean)| mean.map_or_else(|| "-".to_owned(), entry));
            rows.push(words.into_iter().chain(numbers).collect::<Vec<String>>());
        }
    }
    let heads = ["task", "strategy", "part", "difference", "n"].map(str::to_owned).into_iter();
    let head = heads.chain(densities.into_iter().map(percent)).collect();
    (!rows.is_empty()).then(|| std::iter::once(head).chain(rows).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    #[test]
    fn parts_add_up_to_the_effect_and_stand_only_where_both_criteria_are() {
        let criteria = ["snr", "magnitude", "permuted-weights", "permuted-mask-and-weights", "random"];
        let mut rows = Vec::new();
        for (index, criterion) in criteria.iter().enumerate() {
            for (seed, level) in (0..3).flat_map(|seed| (0..2).map(move |level| (seed, level))) {
                let score = 0.9 - 0.125 * index as f64 * f64::from(level) + 0.01 * seed as f64;
                rows.push(row(criterion, seed, level, Some(score)));
            }
        }
        let of = |rows: &[crate::rows::LevelRow]| table(&groups(rows.iter().map(|row| ("", row))));
        let table = of(&rows).expect("all parts");
        assert_eq!(table[0], ["task", "strategy", "part", "difference", "n", "100 %", "50.0 %"]);
        assert_eq!(table.len(), 5);
        for row in &table[1..] {
            assert_eq!(row[4..], ["3", "+0.000 ±0.000", "+0.125 ±0.000"], "{row:?}");
        }
        let some: Vec<_> = rows.iter().filter(|row| row.criterion != "permuted-weights").cloned().collect();
        let parts: Vec<String> =
            of(&some).expect("two parts")[1..].iter().map(|row| row[2].clone()).collect();
        assert_eq!(parts, ["curvature", "layers"]);
        assert_eq!(of(&rows[..6]), None);
    }
}
