//! A chart of scores against density, apart from how it is drawn.
//!
//! Densities fall from left to right on a logarithmic axis, as in the papers: each level is one step. A logarithm would be a
//! library's, so places are found by halving: see [`Chart::across`].

use crate::stats::Mean;
use crate::tables::aggregate::{self, Aggregate};
use crate::tables::densities::Line;
use crate::tables::reference;

/// A line with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// From dense to sparse.
    pub places: Vec<Place>,
}

/// A point of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Fraction kept.
    pub density: f64,
    /// Mean score.
    pub score: f64,
    /// Half the width of its interval.
    pub half: f64,
}

/// Series with one pair of axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Above it.
    pub title: String,
    /// Beside it: what scores count.
    pub measure: String,
    /// In the order of the legend.
    pub series: Vec<Series>,
    /// The least and the largest score that is drawn.
    pub scores: (f64, f64),
    /// The least density that is drawn.
    pub sparsest: f64,
}

impl Chart {
    /// The charts of lines: one for each task and strategy.
    pub fn of(lines: &[Line]) -> Vec<Chart> {
        let mut charts = Vec::new();
        let mut rest = lines;
        while let Some(first) = rest.first() {
            let is_same = |line: &&Line| line.is_beside(first) && line.strategy == first.strategy;
            let same = rest.iter().take_while(is_same).count();
            let (here, after) = rest.split_at(same);
            rest = after;
            let own: Vec<Series> = here.iter().map(series).collect();
            let printed = printed(here).into_iter().filter(|printed| reaches(printed, &own));
            let title = format!("{}, {}", first.what(), first.strategy);
            let series = own.iter().cloned().chain(printed).collect();
            charts.push(Chart::new(title, first.measure.replace('_', " "), series));
        }
        charts
    }

    /// The chart of an average over tasks and strategies, with the paper's lines where its figure has these levels.
    pub fn of_aggregate(aggregate: &Aggregate) -> Chart {
        let mut series = Vec::new();
        for (criterion, scores) in aggregate::CRITERIA.iter().zip(&aggregate.scores) {
            let place = |(&density, mean): (&f64, &Option<Mean>)| {
                let mean = (*mean)?;
                Some(Place { density, score: mean.mean, half: mean.half.unwrap_or(0.0) })
            };
            let places = aggregate.densities.iter().zip(scores).filter_map(place).collect();
            series.push(Series { name: (*criterion).to_owned(), places });
        }
        for criterion in aggregate::CRITERIA {
            let Some(paper) = reference::figure_1(criterion, &aggregate.densities) else { continue };
            let place = |(&density, place): (&f64, Option<reference::Printed>)| {
                let (score, half) = place?;
                Some(Place { density, score, half: half.unwrap_or(0.0) })
            };
            let places = aggregate.densities.iter().zip(paper).filter_map(place).collect();
            series.push(Series { name: format!("{criterion}, the paper"), places });
        }
        Chart::new("all together".to_owned(), "share of the range".to_owned(), series)
    }

    /// Axes around series.
    pub fn new(title: String, measure: String, series: Vec<Series>) -> Chart {
        let places = || series.iter().flat_map(|series| &series.places);
        let low = places().map(|place| place.score - place.half).fold(f64::INFINITY, f64::min);
        let high = places().map(|place| place.score + place.half).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        // a span that nobody can see has no ticks
        let is_seen = high - low > 1e-12 * f64::max(low.abs(), high.abs()).max(1e-12);
        let room = if is_seen { 0.05 * (high - low) } else { 0.5 };
        let sparsest =
            places().map(|place| place.density).filter(|density| *density > 0.0).fold(1.0, f64::min);
        let sparsest = if sparsest < 1.0 { sparsest } else { 0.1 };
        Chart { title, measure, scores: (low - room, high + room), sparsest, series }
    }

    /// Where a density is between dense (0) and the sparsest (1), to a thousandth: `ln d / ln sparsest`.
    pub fn across(&self, density: f64) -> f64 {
        let density = density.clamp(self.sparsest, 1.0);
        // bits of the fraction, from the largest: sparsest^(1/2), sparsest^(1/4), ..
        let (mut place, mut product, mut root, mut step) = (0.0, 1.0, self.sparsest, 1.0);
        for _ in 0..12 {
            if product * root >= density * (1.0 - 1e-12) {
                product *= root;
                place += step;
            }
            root = root.sqrt();
            step /= 2.0;
        }
        f64::min(place, 1.0)
    }

    /// Where a score is between the least (0) and the largest (1).
    pub fn up(&self, score: f64) -> f64 {
        let (low, high) = self.scores;
        ((score - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// Round scores for the axis, about five.
    pub fn ticks(&self) -> Vec<f64> {
        let (low, high) = self.scores;
        let mut step = 1.0;
        while step > (high - low) / 2.0 {
            step /= 10.0;
        }
        while step * 10.0 < (high - low) / 2.0 {
            step *= 10.0;
        }
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|times| times * step)
            .into_iter()
            .find(|step| (high - low) / step <= 6.0);
        let step = step.unwrap_or(high - low);
        let first = (low / step).ceil() as i64;
        (first..).map(|tick| tick as f64 * step).take_while(|tick| *tick <= high).take(20).collect()
    }

    /// Densities for the axis.
    pub fn densities(&self) -> Vec<f64> {
        let usual = [1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
        usual.into_iter().filter(|density| *density >= self.sparsest * 0.999).collect()
    }
}

/// What the paper printed for the task of some lines.
fn printed(lines: &[Line]) -> Vec<Series> {
    let Some(longest) = lines.iter().max_by_key(|line| line.points.len()) else { return Vec::new() };
    let densities: Vec<f64> = longest.points.iter().map(|point| point.density).collect();
    let series = |curve: reference::Curve| {
        let places = densities.iter().zip(curve.points).filter_map(|(&density, printed)| {
            let (score, half) = printed?;
            Some(Place { density, score, half: half.unwrap_or(0.0) })
        });
        let trained = if curve.trained == longest.strategy { "" } else { &format!("{}, ", curve.trained) };
        Series { name: format!("{trained}{}", curve.name), places: places.collect() }
    };
    reference::figure_3(lines).into_iter().map(series).collect()
}

/// Whether a printed line comes near enough to others to be in one picture: smaller tasks and shorter episodes have scores that
/// would be a flat line beside the paper's.
fn reaches(printed: &Series, own: &[Series]) -> bool {
    let range = |series: &mut dyn Iterator<Item = &Place>| {
        series.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| {
            (low.min(place.score), high.max(place.score))
        })
    };
    let (low, high) = range(&mut own.iter().flat_map(|series| &series.places));
    let (least, largest) = range(&mut printed.places.iter());
    least <= high + (high - low) && largest >= low - (high - low)
}

fn series(line: &Line) -> Series {
    let place = |point: &crate::tables::densities::Point| {
        let mean = point.score?;
        Some(Place { density: point.density, score: mean.mean, half: mean.half.unwrap_or(0.0) })
    };
    Series { name: line.criterion.clone(), places: line.points.iter().filter_map(place).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(scores: &[(f64, f64)]) -> Chart {
        let places = scores.iter().map(|&(density, score)| Place { density, score, half: 0.0 }).collect();
        Chart::new("t".into(), "m".into(), vec![Series { name: "s".into(), places }])
    }

    #[test]
    fn each_level_is_one_step_to_the_right() {
        let levels: Vec<(f64, f64)> = (0..7).map(|level| (0.5_f64.powi(level), 0.5)).collect();
        let chart = chart(&levels);
        for (level, (density, _)) in levels.iter().enumerate() {
            assert!((chart.across(*density) - level as f64 / 6.0).abs() < 1e-3, "{density}");
        }
        assert_eq!((chart.across(2.0), chart.across(1e-9)), (0.0, 1.0));
    }

    #[test]
    fn the_papers_line_is_drawn_where_it_comes_near() {
        let series = |scores: &[f64]| Series {
            name: "s".into(),
            places: scores.iter().map(|&score| Place { density: 1.0, score, half: 0.0 }).collect(),
        };
        let own = [series(&[0.5, 0.9])];
        assert!(reaches(&series(&[0.95, 0.98]), &own) && reaches(&series(&[0.2, 0.3]), &own));
        assert!(!reaches(&series(&[508.0, 3775.0]), &own) && !reaches(&series(&[-0.5, 0.0]), &own));
    }

    #[test]
    fn ticks_are_round_and_few() {
        for (low, high) in
            [(0.1, 0.95), (-200.0, 3775.0), (0.9, 0.91), (5.0, 5.0), (-1.0, 1e6), (0.0, 5e-324)]
        {
            let chart = chart(&[(1.0, low), (0.1, high)]);
            let ticks = chart.ticks();
            assert!((2..=7).contains(&ticks.len()), "{low} {high} {ticks:?}");
            assert!(ticks.iter().all(|tick| (0.0..=1.0).contains(&chart.up(*tick))));
        }
        assert!(chart(&[]).ticks().len() > 1, "an empty chart has axes too");
    }
}
