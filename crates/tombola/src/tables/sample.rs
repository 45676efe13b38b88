//! Rows for tests of tables.

use crate::rows::{self, LayerRow, LevelRow, Status, WHOLE};

/// A row of a cell on glyphs with SNES, whose levels keep half of a thousand weights each.
pub(crate) fn row(criterion: &str, seed: u64, level: u32, score: Option<f64>) -> LevelRow {
    let kept = 1000 >> level;
    LevelRow {
        task: "glyphs".into(),
        strategy: "snes".into(),
        criterion: criterion.into(),
        seed,
        level,
        density: rows::density(kept, 1000),
        kept,
        weights: 1000,
        searched: kept,
        generations: 1,
        evaluations: 1,
        failures: 0,
        measure: "test_accuracy".into(),
        start: None,
        score,
        best: score,
        threshold: None,
        deviation: None,
        status: if score.is_some() { Status::Done } else { Status::Diverged },
    }
}

/// What the network of such a cell looks like as a whole.
pub(crate) fn layer(criterion: &str, seed: u64, level: u32) -> LayerRow {
    let LevelRow { task, strategy, criterion, density, kept, weights, .. } =
        row(criterion, seed, level, None);
    LayerRow {
        task,
        strategy,
        criterion,
        seed,
        level,
        density,
        layer: WHOLE.into(),
        weights,
        kept,
        mean: Some(0.01),
        size: Some(0.1),
        linear: Some(0.5),
        ranked: Some(0.6),
        effective: Some(1),
        multiply_adds: Some(100),
        bytes: Some(500),
        seconds: Some(0.5),
    }
}
