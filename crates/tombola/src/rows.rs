//! The rows that cells leave: one for each level, one for each test. Tidy: files of many cells, one after the other, are one
//! table.
//!
//! | file | a row is | columns |
//! |---|---|---|
//! | `levels.csv` | a level of a cell | [`LevelRow`] |
//! | `curves.csv` | a test on the way | [`CurveRow`] |
//! | `tombola anatomy --csv` | a layer of a level of a cell | [`LayerRow`] |
//!
//! Numbers are written with the fewest digits that give them back, so that what is read is what was computed.
//!
//! # Invariants
//!
//! - **What is read is whole:** other columns, levels that are missing or stand twice, and numbers that are none are refused,
//!   with file and line.
//! - **Absent:** files. Bytes come in and go out.

mod error;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use error::RowsError;

/// What the rows of one cell have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// What was solved.
    pub task: String,
    /// By which strategy.
    pub strategy: String,
    /// Which weights stayed; `dense` for the level that all criteria share.
    pub criterion: String,
    /// Of all streams.
    pub seed: u64,
}

/// A level of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelRow {
    /// Of the cell.
    pub task: String,
    /// Of the cell.
    pub strategy: String,
    /// Of the cell.
    pub criterion: String,
    /// Of the cell.
    pub seed: u64,
    /// 0 is dense.
    pub level: u32,
    /// The fraction of the weights that can be pruned which is kept.
    pub density: f64,
    /// How many are kept.
    pub kept: usize,
    /// How many can be pruned.
    pub weights: usize,
    /// Coordinates that were searched: what is kept, and biases.
    pub searched: usize,
    /// Generations in all.
    pub generations: u64,
    /// Evaluations in all.
    pub evaluations: u64,
    /// Evaluations without a finite fitness, or of which an episode was lost.
    pub failures: u64,
    /// What the score counts.
    pub measure: String,
    /// Score of the start, before anything was told.
    pub start: Option<f64>,
    /// Score of the mean after the last generation; none where the search diverged.
    pub score: Option<f64>,
    /// The best score of all tests after the start.
    pub best: Option<f64>,
    /// What a weight's score had to reach to stay; none where there is no such number.
    pub threshold: Option<f64>,
    /// Mean deviation at the end.
    pub deviation: Option<f64>,
    /// How the level ended.
    pub status: Status,
}

/// How a level ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All generations were told.
    Done,
    /// Its numbers left what can be computed with, or those of the cell it is matched to did, and nothing was searched.
    /// The cell ends here.
    Diverged,
}

/// A test on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveRow {
    /// Of the cell.
    pub task: String,
    /// Of the cell.
    pub strategy: String,
    /// Of the cell.
    pub criterion: String,
    /// Of the cell.
    pub seed: u64,
    /// Of which level.
    pub level: u32,
    /// Generations told.
    pub generation: u64,
    /// Evaluations told.
    pub evaluations: u64,
    /// Those of them without a finite fitness, or of which an episode was lost.
    pub failures: u64,
    /// Mean of the last generation's finite fitness.
    pub fitness_mean: Option<f64>,
    /// The largest of it.
    pub fitness_best: Option<f64>,
    /// Mean deviation.
    pub deviation: Option<f64>,
    /// Score of the mean; none where it is no number.
    pub score: Option<f64>,
}

/// What is called a layer where all of them are taken together.
pub const WHOLE: &str = "all";

/// A layer of a level of a cell: what is kept of it, and what it looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerRow {
    /// Of the cell.
    pub task: String,
    /// Of the cell.
    pub strategy: String,
    /// Of the cell.
    pub criterion: String,
    /// Of the cell.
    pub seed: u64,
    /// Of which level.
    pub level: u32,
    /// The fraction of all weights that the level keeps.
    pub density: f64,
    /// Name of the layer, or [`WHOLE`].
    pub layer: String,
    /// How many weights can be pruned.
    pub weights: usize,
    /// How many are kept.
    pub kept: usize,
    /// Mean of those.
    pub mean: Option<f64>,
    /// Mean of their sizes.
    pub size: Option<f64>,
    /// Correlation of their sizes and their signal to noise.
    pub linear: Option<f64>,
    /// The same of their ranks.
    pub ranked: Option<f64>,
    /// How many of those that are kept an output depends on.
    pub effective: Option<usize>,
    /// Multiply-adds of one input, where the row is of all layers.
    pub multiply_adds: Option<u64>,
    /// Bytes of the ticket, likewise.
    pub bytes: Option<u64>,
    /// Seconds of a generation, likewise, where somebody measured them: of a machine, and not of the network alone.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl LevelRow {
    /// Of which cell.
    pub fn key(&self) -> Key {
        let LevelRow { task, strategy, criterion, seed, .. } = self.clone();
        Key { task, strategy, criterion, seed }
    }
}

/// Rows as CSV, with their header.
pub fn write<T: Serialize>(rows: &[T]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().for_each(|row| writer.serialize(row).expect("rows are flat data"));
    writer.into_inner().expect("a vector takes all")
}

/// The levels of many cells as CSV, each behind the name of its cell, with their header.
pub fn write_with_cells(rows: &[(String, &LevelRow)]) -> Vec<u8> {
    let text = format!("cell,{LEVEL_COLUMNS}\n").into_bytes();
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(text);
    rows.iter().for_each(|row| writer.serialize(row).expect("rows are flat data"));
    writer.into_inner().expect("a vector takes all")
}

/// The levels of one cell. `file` names the bytes in errors.
pub fn levels(file: &str, bytes: &[u8]) -> Result<Vec<LevelRow>, RowsError> {
    let rows: Vec<LevelRow> = read(file, bytes)?;
    check_levels(file, 2, &rows)?;
    if rows.is_empty() {
        return Err(RowsError::new(file, 1, "it has no rows".to_owned()));
    }
    Ok(rows)
}

/// The columns of [`LevelRow`], as they are written.
const LEVEL_COLUMNS: &str = "task,strategy,criterion,seed,level,density,kept,weights,searched,generations,evaluations,\
                             failures,measure,start,score,best,threshold,deviation,status";

/// The levels of many cells, each behind the name of its cell, as [`write_with_cells`] writes them; by cell. `file` names the
/// bytes in errors.
pub fn levels_with_cells(file: &str, bytes: &[u8]) -> Result<Vec<(String, Vec<LevelRow>)>, RowsError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut records = reader.records();
    let head = records.next().transpose().map_err(|error| RowsError::of(file, &error))?.unwrap_or_default();
    let expected = format!("cell,{LEVEL_COLUMNS}");
    if !head.iter().eq(expected.split(',')) {
        let found = head.iter().collect::<Vec<_>>().join(",");
        return Err(RowsError::new(file, 1, format!("its columns are `{found}`; expected `{expected}`")));
    }
    let mut cells: Vec<(String, Vec<LevelRow>)> = Vec::new();
    for record in records {
        let row = record.and_then(|record| record.deserialize::<(String, LevelRow)>(None));
        let (cell, row) = row.map_err(|error| RowsError::of(file, &error))?;
        match cells.last_mut() {
            Some((last, rows)) if *last == cell => rows.push(row),
            _ => cells.push((cell, vec![row])),
        }
    }
    let mut line = 2;
    let mut seen = std::collections::BTreeSet::new();
    for (cell, rows) in &cells {
        check_levels(file, line, rows)?;
        if !seen.insert(cell) {
            return Err(RowsError::new(file, line, format!("the cell {cell} stands twice")));
        }
        line += rows.len() as u64;
    }
    Ok(cells)
}

/// Refuses rows that are not the levels of one cell, from its first on. `first` is the line of the first row.
fn check_levels(file: &str, first: u64, rows: &[LevelRow]) -> Result<(), RowsError> {
    for (index, row) in rows.iter().enumerate() {
        let wrong = |problem: String| Err(RowsError::new(file, first + index as u64, problem));
        if row.key() != rows[0].key() {
            return wrong("it is of another cell than the first row".to_owned());
        }
        if row.level as usize != index {
            return wrong(format!("it is level {}; expected level {index}", row.level));
        }
        if row.kept > row.weights || row.density != density(row.kept, row.weights) {
            let LevelRow { kept, weights, density, .. } = row;
            return wrong(format!("{kept} of {weights} weights are not a density of {density}"));
        }
        if (row.weights, &row.measure) != (rows[0].weights, &rows[0].measure) {
            return wrong("its weights or its measure are others than the first row's".to_owned());
        }
        let is_last = index + 1 == rows.len();
        if row.status == Status::Diverged && (!is_last || row.score.is_some()) {
            return wrong("it diverged, but has a score or a level after it".to_owned());
        }
        if row.status == Status::Done && row.score.is_none() {
            return wrong("it is done, but has no score".to_owned());
        }
        let numbers = [row.start, row.score, row.best, row.deviation, row.threshold];
        if numbers.into_iter().flatten().any(|number| !number.is_finite()) {
            return wrong("a number is not finite".to_owned());
        }
    }
    Ok(())
}

/// The tests of one cell.
pub fn curves(file: &str, bytes: &[u8]) -> Result<Vec<CurveRow>, RowsError> {
    read(file, bytes)
}

/// Layers of levels. `file` names the bytes in errors.
pub fn layers(file: &str, bytes: &[u8]) -> Result<Vec<LayerRow>, RowsError> {
    let rows: Vec<LayerRow> = read(file, bytes)?;
    for (line, row) in (2..).zip(&rows) {
        if row.kept > row.weights || !(0.0..=1.0).contains(&row.density) {
            let LayerRow { kept, weights, density, .. } = row;
            let problem = format!("{kept} of {weights} weights at a density of {density} cannot be");
            return Err(RowsError::new(file, line, problem));
        }
        if let Some(effective) = row.effective.filter(|effective| *effective > row.kept) {
            let problem = format!("{effective} of {} weights that are kept cannot have an effect", row.kept);
            return Err(RowsError::new(file, line, problem));
        }
        let numbers = [row.mean, row.size, row.linear, row.ranked, row.seconds];
        if numbers.into_iter().flatten().any(|number| !number.is_finite()) {
            return Err(RowsError::new(file, line, "a number is not finite".to_owned()));
        }
    }
    Ok(rows)
}

/// The fraction of weights that is kept; 1 where there are none.
pub fn density(kept: usize, weights: usize) -> f64 {
    if weights == 0 { 1.0 } else { kept as f64 / weights as f64 }
}

fn read<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<Vec<T>, RowsError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    reader.deserialize().map(|row| row.map_err(|error| RowsError::of(file, &error))).collect()
}
