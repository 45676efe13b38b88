//! What trained networks look like inside, by density: kept shares, sizes, and correlations of size and signal to noise.

use std::collections::{BTreeMap, BTreeSet};

use super::densities::{fewer, percent};
use crate::rows::{LayerRow, WHOLE};
use crate::stats::{self, Mean};

/// What can be told of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The share of its weights that is kept.
    Kept,
    /// The mean size of those.
    Size,
    /// The mean of those, with their signs.
    Mean,
    /// How well their ranks by size and by signal to noise agree.
    Agreement,
    /// The share of its weights that an output depends on.
    Effective,
    /// What one input takes.
    MultiplyAdds,
    /// What the ticket takes.
    Bytes,
    /// What a generation takes, on the machine that measured it.
    Seconds,
}

impl Quantity {
    /// All of them.
    pub const ALL: [Quantity; 8] = [
        Quantity::Kept,
        Quantity::Size,
        Quantity::Mean,
        Quantity::Agreement,
        Quantity::Effective,
        Quantity::MultiplyAdds,
        Quantity::Bytes,
        Quantity::Seconds,
    ];

    /// The artifact that shows it.
    pub fn artifact(self) -> &'static str {
        match self {
            Quantity::Kept | Quantity::Size | Quantity::Mean => "layers",
            Quantity::Agreement => "figure-7",
            Quantity::Effective | Quantity::MultiplyAdds | Quantity::Bytes | Quantity::Seconds => "costs",
        }
    }

    /// For names of files.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Kept => "kept",
            Quantity::Size => "size",
            Quantity::Mean => "mean",
            Quantity::Agreement => "agreement",
            Quantity::Effective => "effective",
            Quantity::MultiplyAdds => "multiply-adds",
            Quantity::Bytes => "bytes",
            Quantity::Seconds => "seconds",
        }
    }

    /// What a chart of it counts.
    pub fn measure(self) -> &'static str {
        match self {
            Quantity::Kept => "share kept",
            Quantity::Size => "mean size",
            Quantity::Mean => "mean weight",
            Quantity::Agreement => "rank correlation",
            Quantity::Effective => "share that matters",
            Quantity::MultiplyAdds => "thousand multiply-adds",
            Quantity::Bytes => "kilobytes",
            Quantity::Seconds => "milliseconds a generation",
        }
    }

    /// What a table of it shows.
    pub fn caption(self) -> &'static str {
        match self {
            Quantity::Kept => "Share of each layer's weights that is kept, by density, n seeds unless said",
            Quantity::Size => "Mean size of the weights that are kept, by density, n seeds unless said",
            Quantity::Mean => "Mean of the weights that are kept, by density, n seeds unless said",
            Quantity::Agreement => {
                "Correlation of the ranks of weights by size and by signal to noise (Spearman), by density, n seeds unless said"
            }
            Quantity::Effective => {
                "Share of each layer's weights that an output depends on, by density, n seeds unless said"
            }
            Quantity::MultiplyAdds => {
                "Thousands of multiply-adds of one input, by density, n seeds unless said"
            }
            Quantity::Bytes => "Thousands of bytes of the ticket, by density, n seeds unless said",
            Quantity::Seconds => {
                "Milliseconds of a generation on one thread of the machine that measured it, by density, n seeds unless said"
            }
        }
    }

    fn of(self, row: &LayerRow) -> Option<f64> {
        let share = |count: usize| (row.weights > 0).then(|| count as f64 / row.weights as f64);
        match self {
            // of the whole network that is the density
            Quantity::Kept => share(row.kept).filter(|_| row.layer != WHOLE),
            Quantity::Effective => row.effective.and_then(share),
            Quantity::MultiplyAdds => row.multiply_adds.map(|count| count as f64 / 1e3),
            Quantity::Bytes => row.bytes.map(|bytes| bytes as f64 / 1e3),
            Quantity::Seconds => row.seconds.map(|seconds| seconds * 1e3),
            Quantity::Size => row.size,
            Quantity::Mean => row.mean,
            Quantity::Agreement => row.ranked,
        }
    }
}

/// A layer of the networks of one task, strategy and criterion, from dense to sparse.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerLine {
    /// Task, strategy, criterion and layer.
    pub names: [String; 4],
    /// Its levels.
    pub points: Vec<LayerPoint>,
}

/// A level of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerPoint {
    /// Its number.
    pub level: u32,
    /// The fraction kept of all layers, the mean over seeds.
    pub density: f64,
    /// The mean of a quantity over seeds.
    pub mean: Option<Mean>,
}

/// The lines of all rows that have a quantity, by name; whatever the order of the rows.
pub fn lines(rows: &[LayerRow], quantity: Quantity) -> Vec<LayerLine> {
    let mut named: BTreeMap<[&str; 4], BTreeMap<(u32, u64), &LayerRow>> = BTreeMap::new();
    for row in rows {
        let names = [&row.task, &row.strategy, &row.criterion, &row.layer].map(String::as_str);
        named.entry(names).or_default().insert((row.level, row.seed), row);
    }
    let line = |(names, found): ([&str; 4], BTreeMap<(u32, u64), &LayerRow>)| {
        let levels: BTreeSet<u32> = found.keys().map(|(level, _)| *level).collect();
        let points = levels.into_iter().map(|level| {
            let here: Vec<&LayerRow> =
                found.range((level, 0)..=(level, u64::MAX)).map(|(_, row)| *row).collect();
            let numbers: Vec<f64> = here.iter().filter_map(|row| quantity.of(row)).collect();
            let density = here.iter().map(|row| row.density).sum::<f64>() / here.len() as f64;
            LayerPoint { level, density, mean: stats::mean(&numbers) }
        });
        LayerLine { names: names.map(str::to_owned), points: points.collect() }
    };
    let all = named.into_iter().map(line);
    all.filter(|line| line.points.iter().any(|point| point.mean.is_some())).collect()
}

/// A row a line, a column a level, the first row the head; none where no row has the quantity. A number is a mean over seeds,
/// with half the width of its 95 % interval, and of n seeds unless said.
pub fn table(rows: &[LayerRow], quantity: Quantity) -> Option<Vec<Vec<String>>> {
    let lines = lines(rows, quantity);
    let longest = lines.iter().max_by_key(|line| line.points.last().map(|point| point.level))?;
    let heads = ["task", "strategy", "criterion", "layer", "n"].map(str::to_owned).into_iter();
    let densities = longest.points.iter().map(|point| percent(point.density));
    let mut table = vec![heads.chain(densities).collect::<Vec<String>>()];
    for line in &lines {
        let at = |level: u32| line.points.iter().find(|point| point.level == level);
        let most = line.points.iter().filter_map(|point| Some(point.mean?.n)).max().unwrap_or(0);
        let entries =
            longest.points.iter().map(|point| entry(at(point.level).and_then(|point| point.mean), most));
        table.push(line.names.iter().cloned().chain([most.to_string()]).chain(entries).collect());
    }
    Some(table)
}

fn entry(mean: Option<Mean>, most: usize) -> String {
    let Some(Mean { mean, half, n }) = mean else { return "-".to_owned() };
    let half = half.map_or(String::new(), |half| format!(" ±{half:.3}"));
    format!("{mean:.3}{half}{}", fewer(n, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seed: u64, level: u32, layer: &str, kept: usize, size: f64) -> LayerRow {
        LayerRow {
            task: "glyphs".into(),
            strategy: "snes".into(),
            criterion: "snr".into(),
            seed,
            level,
            density: if level == 0 { 1.0 } else { 0.5 },
            layer: layer.into(),
            weights: 10,
            kept,
            mean: Some(0.0),
            size: Some(size),
            linear: None,
            ranked: None,
            effective: Some(kept / 2),
            multiply_adds: (layer == "one").then_some(1500),
            bytes: None,
            seconds: None,
        }
    }

    #[test]
    fn layers_are_lines_and_levels_are_columns_whatever_the_order_of_rows() {
        let mut rows: Vec<LayerRow> = (0..3)
            .flat_map(|seed| {
                let scatter = seed as f64 - 1.0;
                [
                    row(seed, 0, "one", 10, 2.0 + scatter),
                    row(seed, 0, "two", 10, 4.0),
                    row(seed, 1, "one", 2, 3.0),
                    row(seed, 1, "two", 8, 5.0),
                ]
            })
            .collect();
        let kept = table(&rows, Quantity::Kept).expect("rows");
        assert_eq!(kept[0], ["task", "strategy", "criterion", "layer", "n", "100 %", "50.0 %"]);
        assert_eq!(kept[1][3..], ["one", "3", "1.000 ±0.000", "0.200 ±0.000"]);
        assert_eq!(kept[2][3..], ["two", "3", "1.000 ±0.000", "0.800 ±0.000"]);
        let size = table(&rows, Quantity::Size).expect("rows");
        assert_eq!(size[1][4..], ["3", "2.000 ±2.484", "3.000 ±0.000"]);
        assert_eq!(table(&rows, Quantity::Agreement), None, "a strategy without deviations has none");
        let effective = table(&rows, Quantity::Effective).expect("rows");
        assert_eq!(effective[2][3..], ["two", "3", "0.500 ±0.000", "0.400 ±0.000"]);
        let cost = table(&rows, Quantity::MultiplyAdds).expect("rows");
        assert_eq!(cost[1..], [["glyphs", "snes", "snr", "one", "3", "1.500 ±0.000", "1.500 ±0.000"]]);
        rows.reverse();
        assert_eq!(table(&rows, Quantity::Size), Some(size));
        assert_eq!(table(&[], Quantity::Kept), None);
    }
}
