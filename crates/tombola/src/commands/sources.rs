//! Where the units of a grid get their tasks from: data is read once, when it is first needed.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tasks::Task;
use tasks::control::scoring::{Control, Scoring};
use tasks::vision::classification::Classification;

use super::{CommandError, data};
use crate::cells::Source;
use crate::run::settings::{Evaluation, RunSettings};

/// The tasks of a grid.
pub(super) struct Tasks {
    data: Option<PathBuf>,
    known: Mutex<BTreeMap<String, Known>>,
}

/// A task that units share.
type Known = Arc<dyn Task + Send + Sync>;

impl Tasks {
    /// Image files are looked for in `data` first.
    pub(super) fn new(data: Option<PathBuf>) -> Tasks {
        Tasks { data, known: Mutex::default() }
    }

    /// Loads every task of some runs, so that what is missing is said before anything begins.
    pub(super) fn load<'a>(
        &self,
        runs: impl IntoIterator<Item = &'a RunSettings>,
    ) -> Result<(), CommandError> {
        runs.into_iter().try_for_each(|run| self.get(run).map(|_| ()))
    }

    fn get(&self, run: &RunSettings) -> Result<Known, CommandError> {
        let key = serde_json::to_string(&(&run.task, &run.evaluation)).expect("settings are data");
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = known.get(&key) {
            return Ok(Arc::clone(task));
        }
        let task: Known = match run.evaluation {
            Evaluation::Images { batch } => {
                let set = data::image_set(&run.task, self.data.as_deref())?;
                run.check(Some(set.train().len()))?;
                Arc::new(Classification::new(set).with_batch(batch))
            }
            Evaluation::Control { repeats, steps, tests, normalise } => {
                run.check(None)?;
                let steps = u32::try_from(steps).unwrap_or(u32::MAX);
                let control = Control::named(&run.task).ok_or_else(|| CommandError::Request {
                    message: format!("there is no control task `{}`", run.task),
                    hint: None,
                })?;
                Arc::new(control.with_scoring(Scoring { repeats, steps, tests, normalise }))
            }
        };
        known.insert(key, Arc::clone(&task));
        Ok(task)
    }
}

impl Source for Tasks {
    fn task(&self, run: &RunSettings) -> Result<Known, Box<dyn Error + Send + Sync>> {
        self.get(run).map_err(|error| error.to_string().into())
    }
}
