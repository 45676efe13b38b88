//! A chart of scores against density, or against something that is counted, apart from how it is drawn.
//!
//! Densities fall from left to right on a logarithmic axis, as in the papers: each level is one step. A logarithm would be a
//! library's, so places are found by halving: see [`Chart::across`].

use crate::rows::WHOLE;
use crate::stats::Mean;
use crate::tables::aggregate::{self, Aggregate};
use crate::tables::densities::{Line, percent};
use crate::tables::gradients;
use crate::tables::layers::{LayerLine, LayerPoint, Quantity};
use crate::tables::profiles::{self, Profile};
use crate::tables::reference;

/// A line with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// From left to right.
    pub places: Vec<Place>,
}

impl Series {
    /// Whether somebody else printed it: its places have no line, and their bands are one standard error.
    pub fn is_printed(&self) -> bool {
        self.name.ends_with(reference::PRINTED)
    }
}

/// A point of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Where it is across: the fraction kept, or the count.
    pub at: f64,
    /// Mean score.
    pub score: f64,
    /// Half the width of its interval.
    pub half: f64,
}

/// What goes from left to right.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// The fraction of weights that is kept, from 1 down to this, evenly in its logarithm.
    Density(f64),
    /// A number from 0 to `most`, evenly.
    Count {
        /// What it is.
        name: String,
        /// The largest that is drawn.
        most: f64,
    },
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
    /// What it is drawn against.
    pub axis: Axis,
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

    /// Figure 5 for the lines of one task: the printed curves and the line of the tickets that they begin with; none for tasks
    /// that the figure has not.
    pub fn of_gradients(lines: &[Line]) -> Option<Chart> {
        let (own, curves) = gradients::printed(lines)?;
        let printed = curves.into_iter().map(|curve| printed_series(own, curve));
        let title = format!("{}, figure 5", own.what());
        let name = format!("{}, {} (evolution, here)", own.criterion, own.strategy);
        let series = std::iter::once(Series { name, ..series(own) }).chain(printed).collect();
        Some(Chart::new(title, own.measure.replace('_', " "), series))
    }

    /// The chart of an average over tasks and strategies, with the paper's lines where its figure has these levels.
    pub fn of_aggregate(aggregate: &Aggregate) -> Chart {
        let mut series = Vec::new();
        for (criterion, scores) in aggregate::CRITERIA.iter().zip(&aggregate.scores) {
            let place = |(&density, mean): (&f64, &Option<Mean>)| {
                let mean = (*mean)?;
                Some(Place { at: density, score: mean.mean, half: mean.half.unwrap_or(0.0) })
            };
            let places = aggregate.densities.iter().zip(scores).filter_map(place).collect();
            series.push(Series { name: (*criterion).to_owned(), places });
        }
        for criterion in aggregate::CRITERIA {
            let Some(paper) = reference::figure_1(criterion, &aggregate.densities) else { continue };
            let place = |(&density, place): (&f64, Option<reference::Printed>)| {
                let (score, half) = place?;
                Some(Place { at: density, score, half: half.unwrap_or(0.0) })
            };
            let places = aggregate.densities.iter().zip(paper).filter_map(place).collect();
            series.push(Series { name: criterion.to_owned() + reference::PRINTED, places });
        }
        Chart::new("all together".to_owned(), "share of the range".to_owned(), series)
    }

    /// Performance profiles of an average: a chart a density, a series a criterion.
    pub fn of_profiles(aggregate: &Aggregate) -> Vec<Chart> {
        let thresholds: Vec<f64> = (0..=50).map(|step| f64::from(step) / 50.0).collect();
        let all = profiles::profiles(aggregate, &thresholds);
        let series = |profile: &Profile| {
            let place = |(&at, &score): (&f64, &f64)| Place { at, score, half: 0.0 };
            let places = thresholds.iter().zip(&profile.shares).map(place).collect();
            Series { name: profile.criterion.to_owned(), places }
        };
        let chart = |beside: &[Profile]| {
            let title = format!("runs with {} of the weights", percent(beside[0].density));
            let series = beside.iter().map(series).collect();
            Chart::over("scaled score above", title, "share of runs".to_owned(), series)
        };
        all.chunk_by(|one, other| one.density == other.density).map(chart).collect()
    }

    /// Charts of a quantity of layers: of shares and sizes one for each task, strategy and criterion, a series a layer; of what
    /// networks have as a whole, one for each task and strategy, a series a criterion.
    pub fn of_layers(lines: &[LayerLine], quantity: Quantity) -> Vec<Chart> {
        let is_whole = matches!(
            quantity,
            Quantity::Agreement | Quantity::MultiplyAdds | Quantity::Bytes | Quantity::Seconds
        );
        let chosen: Vec<&LayerLine> =
            lines.iter().filter(|line| (line.names[3] == WHOLE) == is_whole).collect();
        // what has the same of these names is in one chart, and the next name is its series
        let named = if is_whole { 2 } else { 3 };
        let chart = |beside: &[&LayerLine]| {
            let series = beside.iter().map(|line| {
                let place = |point: &LayerPoint| {
                    let mean = point.mean?;
                    Some(Place { at: point.density, score: mean.mean, half: mean.half.unwrap_or(0.0) })
                };
                Series {
                    name: line.names[named].clone(),
                    places: line.points.iter().filter_map(place).collect(),
                }
            });
            let title = beside[0].names[..named].join(", ");
            Chart::new(title, quantity.measure().to_owned(), series.collect())
        };
        chosen.chunk_by(|one, other| one.names[..named] == other.names[..named]).map(chart).collect()
    }

    /// Axes around series against density.
    pub fn new(title: String, measure: String, series: Vec<Series>) -> Chart {
        let densities = series.iter().flat_map(|series| &series.places).map(|place| place.at);
        let sparsest = densities.filter(|density| *density > 0.0).fold(1.0, f64::min);
        let axis = Axis::Density(if sparsest < 1.0 { sparsest } else { 0.1 });
        let mut scores = scores(&series);
        if is_share(&measure) {
            // an interval may reach where no share can be
            scores = (scores.0.max(-ROOM), scores.1.min(1.0 + ROOM));
        }
        Chart { title, measure, scores, axis, series }
    }

    /// Axes around series against what is counted.
    pub fn over(name: &str, title: String, measure: String, series: Vec<Series>) -> Chart {
        let counts = series.iter().flat_map(|series| &series.places).map(|place| place.at);
        let most = counts.fold(0.0, f64::max);
        let axis = Axis::Count { name: name.to_owned(), most: if most > 0.0 { most } else { 1.0 } };
        Chart { title, measure, scores: scores(&series), axis, series }
    }

    /// Where a place is between the left (0) and the right (1); of a density to a thousandth, `ln d / ln sparsest`.
    pub fn across(&self, at: f64) -> f64 {
        let sparsest = match &self.axis {
            Axis::Density(sparsest) => *sparsest,
            Axis::Count { most, .. } => return (at / most).clamp(0.0, 1.0),
        };
        let density = at.clamp(sparsest, 1.0);
        // bits of the fraction, from the largest: sparsest^(1/2), sparsest^(1/4), ..
        let (mut place, mut product, mut root, mut step) = (0.0, 1.0, sparsest, 1.0);
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

    /// Round scores for the axis, about five, as they are written.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        round_numbers(self.scores)
    }

    /// Places for the other axis, as they are written.
    pub fn marks(&self) -> Vec<(f64, String)> {
        match &self.axis {
            Axis::Count { most, .. } => round_numbers((0.0, *most)),
            Axis::Density(sparsest) => {
                let usual = [1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
                let drawn = usual.into_iter().filter(|density| *density >= sparsest * 0.999);
                // 50 %, 0.5 %: no digits that are zero
                drawn.map(|density| (density, format!("{} %", (1000.0 * density).round() / 10.0))).collect()
            }
        }
    }

    /// The ends of the other axis, for people.
    pub fn ends(&self) -> [String; 2] {
        match &self.axis {
            Axis::Density(sparsest) => ["100 %".to_owned(), percent(*sparsest)],
            Axis::Count { most, .. } => ["0".to_owned(), most.to_string()],
        }
    }

    /// What the other axis is called, and what scores are against.
    pub fn across_name(&self) -> (&str, &str) {
        match &self.axis {
            Axis::Density(_) => ("weights kept", "density"),
            Axis::Count { name, .. } => (name, name),
        }
    }

    /// A place of the other axis, for people.
    pub fn told(&self, at: f64) -> String {
        match &self.axis {
            Axis::Density(_) => percent(at),
            Axis::Count { name, .. } => format!("{name} {at}"),
        }
    }
}

/// How far beyond 0 and 1 the axis of a share goes, for its lines to be seen there.
const ROOM: f64 = 0.02;

/// Whether scores lie between 0 and 1.
fn is_share(measure: &str) -> bool {
    measure.contains("accuracy")
}

/// The least and the largest score of series, with some room.
fn scores(series: &[Series]) -> (f64, f64) {
    let places = || series.iter().flat_map(|series| &series.places);
    let low = places().map(|place| place.score - place.half).fold(f64::INFINITY, f64::min);
    let high = places().map(|place| place.score + place.half).fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    // a span that nobody can see has no ticks
    let is_seen = high - low > 1e-12 * f64::max(low.abs(), high.abs()).max(1e-12);
    let room = if is_seen { 0.05 * (high - low) } else { 0.5 };
    (low - room, high + room)
}

/// Round numbers in a range, about five, each as it is written: with as many digits as their distance has.
fn round_numbers((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let mut step = 1.0;
    while step > (high - low) / 2.0 {
        step /= 10.0;
    }
    while step * 10.0 < (high - low) / 2.0 {
        step *= 10.0;
    }
    let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * step);
    let step = steps.into_iter().find(|step| (high - low) / step <= 6.0).unwrap_or(high - low);
    let first = (low / step).ceil() as i64;
    let numbers = (first..).map(|tick| tick as f64 * step).take_while(|tick| *tick <= high).take(20);
    let numbers: Vec<f64> = numbers.collect();
    let distance = if numbers.len() > 1 { (numbers[1] - numbers[0]).abs() } else { 1.0 };
    let digits = [1.0, 0.1, 0.01, 0.001].iter().position(|unit| distance >= unit * 0.999).unwrap_or(4);
    numbers.into_iter().map(|number| (number, format!("{number:.digits$}"))).collect()
}

/// What the paper printed for the task of some lines.
fn printed(lines: &[Line]) -> Vec<Series> {
    let Some(longest) = lines.iter().max_by_key(|line| line.points.len()) else { return Vec::new() };
    reference::curves(lines).into_iter().map(|curve| printed_series(longest, curve)).collect()
}

/// A printed curve at the densities of a line.
fn printed_series(line: &Line, curve: reference::Curve) -> Series {
    let places = line.points.iter().zip(curve.points).filter_map(|(point, printed)| {
        let (score, half) = printed?;
        Some(Place { at: point.density, score, half: half.unwrap_or(0.0) })
    });
    let trained = if curve.trained == line.strategy { "" } else { &format!("{}, ", curve.trained) };
    Series { name: format!("{trained}{}", curve.name), places: places.collect() }
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
        Some(Place { at: point.density, score: mean.mean, half: mean.half.unwrap_or(0.0) })
    };
    Series { name: line.criterion.clone(), places: line.points.iter().filter_map(place).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(scores: &[(f64, f64)]) -> Chart {
        let places = scores.iter().map(|&(at, score)| Place { at, score, half: 0.0 }).collect();
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
            places: scores.iter().map(|&score| Place { at: 1.0, score, half: 0.0 }).collect(),
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
            assert!(ticks.iter().all(|(tick, _)| (0.0..=1.0).contains(&chart.up(*tick))));
        }
        assert!(chart(&[]).ticks().len() > 1, "an empty chart has axes too");
    }

    #[test]
    fn intervals_of_accuracies_are_drawn_as_far_as_accuracies_go() {
        let scores = |measure: &str| {
            let places =
                vec![Place { at: 1.0, score: 0.9, half: 0.4 }, Place { at: 0.5, score: 0.2, half: 0.5 }];
            Chart::new("t".into(), measure.into(), vec![Series { name: "s".into(), places }]).scores
        };
        assert_eq!(scores("test accuracy"), (-ROOM, 1.0 + ROOM));
        let (low, high) = scores("test return");
        assert!(low < -0.3 && high > 1.3, "{low} {high}");
        assert_eq!(
            scores("share of the range"),
            scores("test return"),
            "differences of means may leave 0..1"
        );
    }

    #[test]
    fn counts_go_evenly_from_nothing_to_the_largest() {
        let place = |at: f64| Place { at, score: 0.5, half: 0.0 };
        let series = Series { name: "s".into(), places: vec![place(0.0), place(150.0), place(600.0)] };
        let chart = Chart::over("generation", "t".into(), "m".into(), vec![series]);
        assert_eq!([0.0, 150.0, 600.0, 700.0].map(|at| chart.across(at)), [0.0, 0.25, 1.0, 1.0]);
        let marks: Vec<String> = chart.marks().into_iter().map(|(_, written)| written).collect();
        assert_eq!(marks, ["0", "100", "200", "300", "400", "500", "600"]);
        assert_eq!(chart.told(150.0), "generation 150");
        let empty = Chart::over("generation", "t".into(), "m".into(), vec![]);
        assert!(empty.marks().len() > 1 && empty.across(0.0) == 0.0);
    }
}
