//! Rows for tests of tables.

use crate::rows::{self, LevelRow, Status};

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
