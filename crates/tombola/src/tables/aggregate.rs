//! Score against density over all tasks and strategies at once, as the paper's first figure has it.
//!
//! Scores of different tasks have different units. So the scores of each task and strategy are mapped to 0..1 first: its
//! least mean over criteria and levels to 0, the largest to 1; then they are averaged. What is missing a criterion or a level
//! is left out of the average, and said.

use super::densities::{aligned, percent};
use super::pairs::Group;
use crate::stats::{self, Between, Mean};

/// The criteria of the figure, in its order.
pub const CRITERIA: [&str; 3] = ["snr", "magnitude", "random"];

/// What groups say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// How many groups it is of.
    pub groups: usize,
    /// Names of the groups that are left out.
    pub missing: Vec<String>,
    /// Density of each level.
    pub densities: Vec<f64>,
    /// Of each criterion, the score at each level.
    pub scores: Vec<Vec<Mean>>,
    /// Of each criterion, the interquartile mean of all seeds of all groups at each level.
    pub middles: Vec<Vec<Between>>,
    /// Of each of [`RIVALS`], how likely a seed of the first scores more than one of the second, at each level.
    pub chances: Vec<Vec<f64>>,
}

/// Criteria whose seeds are compared, the first with the second.
pub const RIVALS: [(&str, &str); 2] = [("snr", "random"), ("snr", "magnitude")];

/// A group's least and largest mean score over the criteria of the figure and all levels; none where one of these is missing
/// or nothing differs.
pub fn scale(group: &Group) -> Option<(f64, f64)> {
    let curves: Option<Vec<_>> = CRITERIA.iter().map(|criterion| group.curve(criterion)).collect();
    let means = curves?.into_iter().flatten().map(|(_, mean)| mean.mean);
    let (least, largest) =
        means.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(mean), high.max(mean)));
    (least < largest).then_some((least, largest))
}

/// A score or a difference of scores in units of a group's scale.
pub fn scaled(mean: Mean, zero: f64, (least, largest): (f64, f64)) -> Mean {
    let unit = largest - least;
    Mean { n: mean.n, mean: (mean.mean - zero) / unit, half: mean.half.map(|half| half / unit) }
}

/// The average over groups; none where no group has all criteria.
pub fn aggregate(groups: &[Group]) -> Option<Aggregate> {
    let curve = |group: &Group, scale: (f64, f64), criterion: &str| {
        let curve = group.curve(criterion)?.into_iter();
        Some(curve.map(|(density, mean)| (density, scaled(mean, scale.0, scale))).collect::<Vec<_>>())
    };
    let curves = |group: &Group| {
        let scale = scale(group)?;
        CRITERIA.iter().map(|criterion| curve(group, scale, criterion)).collect::<Option<Vec<_>>>()
    };
    let all: Vec<Option<Vec<_>>> = groups.iter().map(curves).collect();
    let levels = all.iter().flatten().flatten().map(Vec::len).max()?;
    let is_whole = |curves: &Vec<Vec<_>>| curves.iter().all(|curve| curve.len() == levels);
    let (whole, missing): (Vec<_>, Vec<_>) =
        groups.iter().zip(&all).partition(|(_, curves)| curves.as_ref().is_some_and(is_whole));
    let strata = |criterion: &str, level: usize| -> Vec<Vec<f64>> {
        let group = |(group, _): &(&Group, _)| {
            let (least, largest) = scale(group)?;
            let scores = group.scores(criterion, level).into_iter();
            Some(scores.map(|score| (score - least) / (largest - least)).collect())
        };
        whole.iter().filter_map(group).collect()
    };
    let curves: Vec<&Vec<Vec<(f64, Mean)>>> =
        whole.iter().filter_map(|(_, curves)| curves.as_ref()).collect();
    let at = |criterion: usize, level: usize| -> Vec<(f64, Mean)> {
        curves.iter().map(|curves| curves[criterion][level]).collect()
    };
    let score = |criterion, level| {
        let parts: Vec<Mean> = at(criterion, level).into_iter().map(|(_, mean)| mean).collect();
        stats::average(&parts)
    };
    let density = |level| at(0, level).iter().map(|(density, _)| density).sum::<f64>() / curves.len() as f64;
    let middle = |criterion: &&str, level| stats::interquartile_mean(&strata(criterion, level));
    let chance = |(one, other): &(&str, &str), level| {
        stats::probability_of_improvement(&strata(one, level), &strata(other, level))
    };
    Some(Aggregate {
        groups: curves.len(),
        missing: missing.into_iter().map(|(group, _)| group.name()).collect(),
        densities: (0..levels).map(density).collect(),
        scores: by_level(&[0, 1, 2], levels, |&criterion, level| score(criterion, level))?,
        middles: by_level(&CRITERIA, levels, middle)?,
        chances: by_level(&RIVALS, levels, chance)?,
    })
}

/// A row for each of `things`, with what is said of it at each level; none unless all is said.
fn by_level<T, S>(things: &[T], levels: usize, say: impl Fn(&T, usize) -> Option<S>) -> Option<Vec<Vec<S>>> {
    things.iter().map(|thing| (0..levels).map(|level| say(thing, level)).collect()).collect()
}

/// As Markdown.
pub fn text(aggregate: &Aggregate) -> String {
    format!("{}:\n\n{}{}", aggregate.title(), aligned(&table(aggregate)), aggregate.left_out())
}

/// Ours, and below each line the paper's where the level is one of its figure.
pub fn table(aggregate: &Aggregate) -> Vec<Vec<String>> {
    let head = ["criterion", "of"].map(str::to_owned).into_iter();
    let mut rows = vec![head.chain(aggregate.densities.iter().map(|density| percent(*density))).collect()];
    for (criterion, scores) in CRITERIA.iter().zip(&aggregate.scores) {
        let name = |of: &str| [(*criterion).to_owned(), of.to_owned()].into_iter();
        rows.push(name("here").chain(scores.iter().map(entry)).collect::<Vec<String>>());
        let paper = published(criterion, &aggregate.densities);
        if paper.iter().flatten().count() > 1 {
            let said =
                paper.into_iter().map(|score| score.map_or(String::new(), |score| format!("{score:.3}")));
            rows.push(name("the paper, 12 tasks").chain(said).collect());
        }
    }
    for (criterion, middles) in CRITERIA.iter().zip(&aggregate.middles) {
        let name = [(*criterion).to_owned(), "here, interquartile mean".to_owned()].into_iter();
        rows.push(name.chain(middles.iter().map(middle)).collect());
    }
    for ((one, other), chances) in RIVALS.iter().zip(&aggregate.chances) {
        let name = [(*one).to_owned(), format!("chance to beat {other}")].into_iter();
        rows.push(name.chain(chances.iter().map(|chance| format!("{chance:.2}"))).collect());
    }
    rows
}

impl Aggregate {
    /// What it is.
    pub fn title(&self) -> String {
        let what = if self.groups == 1 { "task and strategy" } else { "tasks and strategies, each" };
        format!("Mean of {} {what} with its least and largest mean score at 0 and 1, by density", self.groups)
    }

    /// What is not in it; empty where nothing is missing.
    pub fn left_out(&self) -> String {
        if self.missing.is_empty() {
            return String::new();
        }
        format!("\nLeft out, for want of a criterion or a level: {}.\n", self.missing.join("; "))
    }
}

fn entry(mean: &Mean) -> String {
    mean.half.map_or_else(|| format!("{:.3}", mean.mean), |half| format!("{:.3} ±{half:.3}", mean.mean))
}

fn middle(Between { mean, low, high }: &Between) -> String {
    if low.is_nan() { format!("{mean:.3}") } else { format!("{mean:.3} ({low:.3} to {high:.3})") }
}

/// Figure 1 (right, top) of the paper, as digitised.
const FIGURE: &str = include_str!("../../../../datasets/reference/lottery-figure-1.csv");

/// What the paper's figure shows at densities, for its twelve tasks; none where it has no such level.
pub fn published(criterion: &str, densities: &[f64]) -> Vec<Option<f64>> {
    let rows = FIGURE.lines().filter(|line| !line.starts_with('#')).skip(1);
    let points: Vec<(f64, f64)> = rows
        .filter_map(|line| {
            let mut fields = line.split(',');
            let is_it = fields.next()? == criterion;
            let (_level, density, score) = (fields.next()?, fields.next()?, fields.next()?);
            is_it.then_some((density.parse().ok()?, score.parse().ok()?))
        })
        .collect();
    // a network of few weights cannot keep exactly the fraction that was asked for
    let close = |density: f64| move |(there, _): &&(f64, f64)| (density / there - 1.0).abs() < 0.02;
    densities.iter().map(|&density| points.iter().find(close(density)).map(|(_, score)| *score)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::pairs::groups;
    use crate::tables::sample::row;

    /// Two tasks whose scores differ in unit and sign, and not in shape.
    fn two_tasks() -> Vec<Group> {
        let mut rows = Vec::new();
        for (task, unit, zero) in [("glyphs", 1.0, 0.0), ("ant", 4000.0, -500.0)] {
            for (criterion, loss) in [("snr", 0.1), ("magnitude", 0.2), ("random", 0.45)] {
                for (seed, level) in (0..3).flat_map(|seed| (0..3).map(move |level| (seed, level))) {
                    let score = 0.9 + 0.01 * seed as f64 - loss * f64::from(level);
                    let mut row = row(criterion, seed, level, Some(zero + unit * score));
                    row.task = task.into();
                    rows.push(row);
                }
            }
        }
        groups(rows.iter().map(|row| ("", row)))
    }

    #[test]
    fn tasks_count_the_same_whatever_their_units() {
        let both = aggregate(&two_tasks()).expect("two groups");
        let one = aggregate(&two_tasks()[..1]).expect("a group");
        assert_eq!((both.groups, one.groups), (2, 1));
        assert_eq!((both.scores[0][0].mean, both.scores[2][2].mean), (1.0, 0.0));
        let middles = [both.middles[0][0].mean - 1.0, both.middles[2][2].mean];
        assert!(middles.into_iter().all(|error| error.abs() < 1e-12), "{middles:?}");
        // where seeds start alike they are even, and where losses differ more than seeds do, always ahead
        assert_eq!((both.chances[0][0], both.chances[0][2], both.chances[1][2]), (0.5, 1.0, 1.0));
        for (both, one) in both.scores.iter().flatten().zip(one.scores.iter().flatten()) {
            assert!((both.mean - one.mean).abs() < 1e-12);
            assert!(both.half < one.half, "two independent parts are surer than one");
        }
    }

    #[test]
    fn what_is_missing_a_criterion_is_left_out_and_said() {
        let mut rows: Vec<_> = (0..3).map(|level| row("snr", 0, level, Some(0.5))).collect();
        rows.iter_mut().for_each(|row| row.task = "hopper".into());
        let mut all = two_tasks();
        all.extend(groups(rows.iter().map(|row| ("", row))));
        let found = aggregate(&all).expect("two whole groups");
        assert_eq!((found.groups, found.missing.as_slice()), (2, &["hopper, snes".to_owned()][..]));
        assert!(text(&found).contains("Left out, for want of a criterion or a level: hopper, snes."));
        assert_eq!(aggregate(&all[2..]), None);
    }

    #[test]
    fn the_papers_figure_stands_at_its_levels() {
        let found = published("random", &[1.0, 0.33, 0.9, 0.0144]);
        assert_eq!(found, [Some(0.9104), Some(0.8879), None, Some(0.0031)]);
    }
}
