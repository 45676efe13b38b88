//! The cell whose tickets another one takes.
//!
//! ```text
//! donor = the published run of the donor's task and strategy, with every setting in which the cell departs from its own
//!         published run; pruned by signal to noise, in the same levels, from the same seed
//! ```
//!
//! Settings that the donor does not have stay behind: those of a strategy where strategies differ, and those of images or of
//! worlds where tasks do. A grid that changes nothing of one strategy or task alone has the donor as a cell of its own, where
//! it lists its task and strategy.

use lottery::{Criterion, Pruning};
use serde_json::Value;
use strategies::Method;

use super::cell::Cell;
use crate::run::change::{paths, pointer};
use crate::run::settings::RunSettings;
use crate::spec::{Problem, names};

/// The cell whose tickets a cell takes, by its settings.
pub fn donor(cell: &Cell) -> Result<Cell, Problem> {
    let Pruning { donor_task, donor_strategy, .. } = &cell.pruning;
    let told = |name: &str, own: &str| if name.is_empty() { own.to_owned() } else { name.to_owned() };
    let task = names::task(&told(donor_task, &cell.run.task)).map_err(|problem| problem.of("donor_task"))?;
    let method = names::strategy(&told(donor_strategy, cell.strategy()))
        .map_err(|problem| problem.of("donor_strategy"))?;
    if task == cell.run.task && method.name() == cell.strategy() {
        let expected = "another task than the cell's, or `donor_strategy` another strategy: a cell takes no tickets from itself";
        return Err(Problem::value("donor_task", donor_task, expected));
    }
    let pruning = Pruning {
        criterion: Criterion::SignalToNoise,
        donor_task: String::new(),
        donor_strategy: String::new(),
        ..cell.pruning.clone()
    };
    Ok(Cell { run: like(&cell.run, &task, method)?, pruning })
}

/// The published run of a task and strategy, changed as another run is.
fn like(run: &RunSettings, task: &str, method: Method) -> Result<RunSettings, Problem> {
    let own = &run.plan.search.method;
    let quirks = run.plan.search.quirks;
    let published = |task: &str, method: Method| -> Value {
        let run = RunSettings { density: 1.0, ..RunSettings::paper(task, method, quirks) };
        serde_json::to_value(run).expect("settings are data")
    };
    let usual = published(&run.task, Method::named(own.name()).expect("methods know their names"));
    let same_strategy = own.name() == method.name();
    let mut donor = published(task, method);
    let mine = serde_json::to_value(run).expect("settings are data");
    for path in paths(&mine) {
        let is_of_strategy =
            ["plan.search.method.", "plan.search.quirks."].iter().any(|of| path.starts_with(of));
        let pointer = pointer(&path);
        let is_usual = mine.pointer(&pointer) == usual.pointer(&pointer);
        if path == "task" || is_usual || (is_of_strategy && !same_strategy) {
            continue;
        }
        if let (Some(place), Some(value)) = (donor.pointer_mut(&pointer), mine.pointer(&pointer)) {
            *place = value.clone();
        }
    }
    serde_json::from_value(donor).map_err(|error| Problem::value("donor_task", &task, &error.to_string()))
}
