//! Whether large weights are those that the search is sure of, in networks of many weights and of few: figure 7.

use std::collections::BTreeMap;

use super::pairs::{Paired, Range};
use crate::rows::{LayerRow, WHOLE};

/// Density of each level of a cell, and the correlation of the ranks of its weights by size and by signal to noise.
type Levels = BTreeMap<u32, (f64, f64)>;

/// That correlation of whole networks, by task, strategy and criterion, and by seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreements {
    cells: BTreeMap<[String; 3], BTreeMap<u64, Levels>>,
}

impl Agreements {
    /// Of rows of layers, in whatever order.
    pub fn of(rows: &[LayerRow]) -> Agreements {
        let mut cells: BTreeMap<_, BTreeMap<u64, Levels>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.layer == WHOLE) {
            let Some(ranked) = row.ranked else { continue };
            let name = [&row.task, &row.strategy, &row.criterion].map(String::clone);
            let levels = cells.entry(name).or_default().entry(row.seed).or_default();
            levels.insert(row.level, (row.density, ranked));
        }
        Agreements { cells }
    }

    /// How much larger it is on the mean of networks of many weights than of few, seed by seed.
    pub fn losses(&self, [task, strategy, criterion]: [&str; 3], many: Range, few: Range) -> Paired {
        let name = [task, strategy, criterion].map(str::to_owned);
        let mean = |levels: &Levels, range: Range| {
            let here =
                levels.values().filter(|(density, _)| range.holds(*density)).map(|(_, ranked)| *ranked);
            let (count, sum) = here.fold((0, 0.0), |(count, sum), ranked| (count + 1, sum + ranked));
            (count > 0).then(|| sum / f64::from(count))
        };
        let loss = |(seed, levels): (&u64, &Levels)| Some((*seed, mean(levels, many)? - mean(levels, few)?));
        let by_seed: BTreeMap<u64, f64> =
            self.cells.get(&name).into_iter().flatten().filter_map(loss).collect();
        let all = self.cells.get(&name).map_or(0, BTreeMap::len);
        // a grid that does not come as far says nothing of it; a cell that ended before others does
        let diverged = if by_seed.is_empty() { 0 } else { all - by_seed.len() };
        Paired { by_seed, diverged, levels: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::sample;

    fn layer(seed: u64, level: u32, layer: &str, ranked: Option<f64>) -> LayerRow {
        let density = f64::from(level.max(1)).recip().powi(2);
        LayerRow { layer: layer.into(), density, ranked, ..sample::layer("snr", seed, level) }
    }

    #[test]
    fn losses_are_of_whole_networks_that_come_as_far() {
        let (many, few) = (Range { from: 0.4, to: 1.0 }, Range { from: 0.0, to: 0.057 });
        let mut rows = Vec::new();
        for (seed, level) in (0..3).flat_map(|seed| (0..7).map(move |level| (seed, level))) {
            rows.push(layer(seed, level, WHOLE, Some(1.0 - 0.1 * f64::from(level))));
            rows.push(layer(seed, level, "dense_0.weight", Some(0.0)));
        }
        let found = |rows: &[LayerRow], criterion| {
            Agreements::of(rows).losses(["glyphs", "snes", criterion], many, few)
        };
        // levels 0 and 1 keep all, 5 and 6 a twenty-fifth and less
        let all = found(&rows, "snr");
        assert!(all.by_seed.len() == 3 && all.by_seed.values().all(|loss| (loss - 0.5).abs() < 1e-12));
        assert!(found(&rows, "magnitude").is_empty());
        let ended: Vec<LayerRow> = rows.iter().filter(|row| row.seed > 0 || row.level < 5).cloned().collect();
        assert_eq!((found(&ended, "snr").by_seed.len(), found(&ended, "snr").diverged), (2, 1));
        let short: Vec<LayerRow> = rows.iter().filter(|row| row.level < 5).cloned().collect();
        assert!(found(&short, "snr").is_empty(), "a grid that ends earlier");
        rows.iter_mut().for_each(|row| row.ranked = None);
        assert!(found(&rows, "snr").is_empty(), "strategies without deviations");
    }
}
