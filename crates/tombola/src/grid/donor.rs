//! The cell whose tickets another one takes: what a spec says of it.
//!
//! `donor_task` and `donor_strategy` name it; where one is missing it is the taker's own. All other settings are those that the
//! grid has for a cell of that task and strategy, so that the donor is that very cell, pruned by signal to noise.

use serde_json::Value;
use strategies::Method;

use super::cell::Cell;
use crate::spec::{Field, Grid, Place, Problem, names};

/// The keys that name a donor.
pub(super) const KEYS: [&str; 2] = ["donor_task", "donor_strategy"];

/// A donor by its names.
pub(super) struct Named {
    pub(super) task: String,
    pub(super) method: Method,
    /// Where it is named, and by which key.
    pub(super) place: Place,
    pub(super) key: &'static str,
}

/// Every donor that a grid names for a cell.
pub(super) fn named<'g>(grid: &'g Grid, cell: &Cell) -> Result<Vec<Named>, (&'g Place, Problem)> {
    let concerned = [&cell.run.task[..], cell.strategy(), cell.pruning.criterion.name()];
    let said = |key: &str| {
        let mut fields = grid.fields().iter().rev().filter(|field| field.key == key);
        fields.find(|field| field.only.as_deref().is_none_or(|only| concerned.contains(&only)))
    };
    let [task_field, strategy_field] = KEYS.map(said);
    for field in [task_field, strategy_field].into_iter().flatten() {
        for (value, place) in field.values.iter().zip(&field.places) {
            is_name(&field.key, value).map_err(|problem| (place, problem))?;
        }
    }
    let Some(first) = task_field.or(strategy_field) else {
        let place = grid.field("criterion").map_or(&grid.place, |field| &field.place);
        let expected = "a `donor_task` or a `donor_strategy` beside it, whose tickets are taken";
        return Err((place, Problem::value("criterion", &concerned[2], expected)));
    };
    let values = |field: Option<&'g Field>, own: &str| -> Vec<(String, &'g Place)> {
        let Some(field) = field else { return vec![(own.to_owned(), &first.place)] };
        let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        field.values.iter().map(name).zip(&field.places).collect()
    };
    let mut found = Vec::new();
    for (task_name, task_place) in values(task_field, concerned[0]) {
        for (strategy_name, strategy_place) in values(strategy_field, concerned[1]) {
            let task = names::task(&task_name).map_err(|problem| (task_place, problem.of(KEYS[0])))?;
            let method =
                names::strategy(&strategy_name).map_err(|problem| (strategy_place, problem.of(KEYS[1])))?;
            let (place, key) =
                if task_field.is_some() { (task_place, KEYS[0]) } else { (strategy_place, KEYS[1]) };
            found.push(Named { task, method, place: place.clone(), key });
        }
    }
    Ok(found)
}

/// Whether a value may name a donor; names themselves are looked at where cells take tickets.
pub(super) fn is_name(key: &str, value: &Value) -> Result<(), Problem> {
    let name = value.as_str().ok_or_else(|| Problem::value(key, value, "a name in quotes"))?;
    match key {
        "donor_task" => names::task(name).map(drop).map_err(|problem| problem.of(KEYS[0])),
        _ => names::strategy(name).map(drop).map_err(|problem| problem.of(KEYS[1])),
    }
}

/// A donor that nobody takes tickets from.
pub(super) fn unused(field: &Field) -> Problem {
    let found = field.values.first().map_or_else(String::new, Value::to_string);
    Problem::value(&field.key, &found, "the criterion `transferred` in this grid: others take no tickets")
}

/// Takers and donors that do not pair up, because a setting with several values is of one side alone.
pub(super) fn uneven(takers: usize, donors: usize) -> Problem {
    let expected = format!(
        "one donor for each of {takers} cells, where {donors} are: give each list that only one side has a grid of its own"
    );
    Problem::value("criterion", &"transferred", &expected)
}
