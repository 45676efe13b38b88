//! Where the units of a grid get their tasks from: data is read once, when it is first needed.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tasks::Task;

use super::{CommandError, data, task};
use crate::cells::{self, Source};
use crate::grid::Cell;
use crate::run::settings::{Evaluation, RunSettings};
use crate::spec::names;

/// The tasks of a grid.
pub(super) struct Tasks {
    data: Option<PathBuf>,
    known: Mutex<BTreeMap<String, Known>>,
    /// Of image sets of one's own, by their names.
    checksums: Mutex<BTreeMap<String, String>>,
}

/// A task that units share.
type Known = Arc<dyn Task + Send + Sync>;

impl Tasks {
    /// Image files are looked for in `data` first.
    pub(super) fn new(data: Option<PathBuf>) -> Tasks {
        Tasks { data, known: Mutex::default(), checksums: Mutex::default() }
    }

    /// Loads the task of a run, so that what is missing is said before anything begins.
    pub(super) fn load(&self, run: &RunSettings) -> Result<(), CommandError> {
        self.get(run).map(drop)
    }

    /// Checks a cell on an image set of one's own, which no spec can be checked against.
    pub(super) fn check(&self, cell: &Cell) -> Result<(), CommandError> {
        let is_own = |cell: &Cell| names::is_folder(&cell.run.task);
        if !is_own(cell) && !cell.donor.as_deref().is_some_and(is_own) {
            return Ok(());
        }
        cells::check(cell, self).map_err(|error| CommandError::Request {
            message: format!("{}: {error}", cell.canonical()),
            hint: Some("such a cell cannot be on the images that are there: nothing was begun".to_owned()),
        })
    }

    fn get(&self, run: &RunSettings) -> Result<Known, CommandError> {
        let key = serde_json::to_string(&(&run.task, &run.evaluation)).expect("settings are data");
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = known.get(&key) {
            return Ok(Arc::clone(task));
        }
        let data = self.data.as_deref();
        let task: Known = Arc::from(match run.evaluation {
            Evaluation::Images { batch } if names::is_folder(&run.task) => {
                let set = data::image_set(&run.task, data)?;
                // what lies in a folder may be other data tomorrow
                let mut checksums = self.checksums.lock().unwrap_or_else(PoisonError::into_inner);
                checksums.entry(run.task.clone()).or_insert_with(|| set.checksum());
                task::of_images(run, batch, set)?
            }
            _ => task::of_run(run, data)?,
        });
        known.insert(key, Arc::clone(&task));
        Ok(task)
    }
}

impl Source for Tasks {
    fn task(&self, run: &RunSettings) -> Result<Known, Box<dyn Error + Send + Sync>> {
        self.get(run).map_err(|error| error.to_string().into())
    }

    fn data(&self, run: &RunSettings) -> Option<String> {
        let checksums = self.checksums.lock().unwrap_or_else(PoisonError::into_inner);
        checksums.get(&run.task).map(|checksum| format!("SHA-256 {checksum}"))
    }
}
