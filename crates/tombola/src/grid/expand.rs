//! The product: for each task, strategy, variant and criterion the published cell, then one field after the other.
//!
//! ```text
//! seed x  ( task x strategy x variant x criterion  ──►  published cell  ──(each field: a cell a value)──► )
//! ```

use std::collections::BTreeSet;

use lottery::criterion::Score;
use lottery::{Criterion, Pruning};
use serde_json::Value;
use strategies::{Method, Quirks};

use super::cell::Cell;
use super::check::{Checker, settings_problem};
use super::donor;
use super::unknown::{AXES, DERIVED, unknown};
use crate::run::change::changed;
use crate::run::settings::{RunSettings, SettingsError};
use crate::spec::{Field, Grid, Place, Problem, Spec, SpecError, names};

/// Most cells of a spec.
pub const MOST_CELLS: usize = 100_000;

/// The cells of a spec, in the order of its grids and lists, each once.
pub fn cells(spec: &Spec) -> Result<Vec<Cell>, SpecError> {
    let mut maker = Maker {
        spec,
        checker: Checker::default(),
        seen: BTreeSet::new(),
        cells: Vec::new(),
        used: BTreeSet::new(),
        unused: Vec::new(),
    };
    for grid in spec.grids() {
        maker.grid(grid)?;
    }
    maker.check_unused()?;
    Ok(maker.cells)
}

struct Maker<'a> {
    spec: &'a Spec,
    checker: Checker,
    seen: BTreeSet<String>,
    cells: Vec<Cell>,
    /// Settings of one strategy, task or criterion that some grid has cells for: where they are said, and their keys.
    used: BTreeSet<(Place, String)>,
    /// Those that a grid has no cells for: the grid, and whom they concern.
    unused: Vec<(&'a Grid, &'a str)>,
}

/// Most cells that a setting without cells is tried on.
const MOST_TRIES: usize = 100;

/// The lists of a grid that are no settings.
struct Axes {
    tasks: Vec<String>,
    strategies: Vec<Method>,
    variants: Vec<Variant>,
    criteria: Vec<Criterion>,
    seeds: Vec<u64>,
}

/// Which departures of the published code a cell copies.
#[derive(Clone, Copy)]
enum Variant {
    Corrected,
    AsPublished,
}

impl Axes {
    fn has(&self, name: &str) -> bool {
        self.tasks.iter().any(|task| task == name)
            || self.strategies.iter().any(|method| method.name() == name)
            || self.criteria.iter().any(|criterion| criterion.name() == name)
    }

    /// The published cells of these axes, if they named one strategy, task or criterion instead.
    fn instead(&self, name: &str) -> impl Iterator<Item = Cell> {
        let (method, criterion) = (names::strategy(name).ok(), names::criterion(name).ok());
        let task = (method.is_none() && criterion.is_none()).then(|| name.to_owned());
        let tasks = task.map_or_else(|| self.tasks.clone(), |task| vec![task]);
        let methods = method.map_or_else(|| self.strategies.clone(), |method| vec![method]);
        let criterion = criterion.unwrap_or(self.criteria[0]);
        let variants = self.variants.clone();
        tasks.into_iter().flat_map(move |task| {
            let variants = variants.clone();
            methods.clone().into_iter().flat_map(move |method| {
                let task = task.clone();
                variants.clone().into_iter().map(move |variant| published(&task, method, variant, criterion))
            })
        })
    }
}

impl<'a> Maker<'a> {
    fn refuse(&self, place: &Place, problem: Problem) -> SpecError {
        SpecError { file: self.spec.file().to_owned(), place: place.clone(), problem: Box::new(problem) }
    }

    fn grid(&mut self, grid: &'a Grid) -> Result<(), SpecError> {
        let axes = self.axes(grid)?;
        for field in grid.fields() {
            match field.only.as_deref() {
                Some(only) if axes.has(only) => {
                    self.used.insert((field.place.clone(), field.key.clone()));
                }
                Some(only) => self.unused.push((grid, only)),
                None => {}
            }
        }
        self.refuse_unused_donor(grid, &axes)?;
        self.refuse_too_many(grid, &axes)?;
        let mut made = Vec::new();
        for task in &axes.tasks {
            for &method in &axes.strategies {
                for &variant in &axes.variants {
                    for &criterion in &axes.criteria {
                        let base = published(task, method, variant, criterion);
                        made.extend(match criterion {
                            Criterion::Transferred => self.transferred(grid, base, variant)?,
                            _ => self.product(grid, base)?,
                        });
                    }
                }
            }
        }
        self.seeds(made, &axes.seeds);
        Ok(())
    }

    /// Nothing is ignored: a setting of a strategy, task or criterion that no grid has is one all the same.
    fn check_unused(&mut self) -> Result<(), SpecError> {
        for (grid, only) in std::mem::take(&mut self.unused) {
            let concerns = |field: &&Field| field.only.as_deref() == Some(only);
            let place = |field: &Field| (field.place.clone(), field.key.clone());
            let fields: Vec<&Field> = grid.fields().iter().filter(concerns).collect();
            if fields.iter().all(|field| self.used.contains(&place(field))) {
                continue;
            }
            let mut refused = None;
            for cell in self.axes(grid)?.instead(only).take(MOST_TRIES) {
                match self.with_all(cell, &fields) {
                    Ok(()) => {
                        refused = None;
                        break;
                    }
                    Err(error) => refused = refused.or(Some(error)),
                }
            }
            if let Some(error) = refused {
                return Err(error);
            }
            self.used.extend(fields.into_iter().map(place));
        }
        Ok(())
    }

    /// Whether a cell can have each value of some settings.
    fn with_all(&mut self, mut cell: Cell, fields: &[&Field]) -> Result<(), SpecError> {
        for field in fields {
            let mut changed = None;
            for (value, place) in field.values.iter().zip(&field.places) {
                let with = set(&cell, &field.key, value);
                let with = with.map_err(|problem| self.refuse(place, problem))?;
                let checked = self.checker.check(&mut with.clone());
                // other settings may make it fit, but none does what its own key is out of range for
                if let Err(problem @ Problem::Value { .. }) = checked
                    && problem.is_of(&field.key)
                {
                    return Err(self.refuse(place, problem));
                }
                changed = Some(with);
            }
            cell = changed.unwrap_or(cell);
        }
        Ok(())
    }

    fn axes(&self, grid: &Grid) -> Result<Axes, SpecError> {
        let required = |key: &'static str| {
            grid.field(key).ok_or_else(|| self.refuse(&grid.place, Problem::Missing { key }))
        };
        let criteria = match grid.field("criterion") {
            Some(field) => self.names(field, names::criterion)?,
            None => vec![Pruning::default().criterion],
        };
        let variants = match grid.field("variant") {
            Some(field) => self.names(field, variant)?,
            None => vec![Variant::Corrected],
        };
        Ok(Axes {
            tasks: self.names(required("task")?, names::task)?,
            strategies: self.names(required("strategy")?, names::strategy)?,
            variants,
            criteria,
            seeds: self.seed_list(grid)?,
        })
    }

    fn names<T>(
        &self,
        field: &Field,
        parse: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<Vec<T>, SpecError> {
        let one = |value: &Value| match value.as_str() {
            Some(name) => parse(name),
            None => Err(Problem::value(&field.key, value, "a name in quotes")),
        };
        field
            .values
            .iter()
            .zip(&field.places)
            .map(|(value, place)| one(value).map_err(|problem| self.refuse(place, problem)))
            .collect()
    }

    fn seed_list(&self, grid: &Grid) -> Result<Vec<u64>, SpecError> {
        let refuse = |field: &Field, expected: &str| {
            let found = Value::from(field.values.clone());
            let found = if let [one] = &field.values[..] { one } else { &found };
            self.refuse(&field.place, Problem::value(&field.key, found, expected))
        };
        if let Some(field) = grid.field("seeds") {
            let count = match &field.values[..] {
                [one] => one.as_u64().filter(|count| (1..=MOST_CELLS as u64).contains(count)),
                _ => None,
            };
            let expected =
                format!("1 to {MOST_CELLS}, the number of seeds from 0; others are `seed = [7, 11]`");
            return Ok((0..count.ok_or_else(|| refuse(field, &expected))?).collect());
        }
        let Some(field) = grid.field("seed") else { return Ok(vec![0]) };
        let seeds: Option<Vec<u64>> = field.values.iter().map(Value::as_u64).collect();
        seeds.ok_or_else(|| refuse(field, "whole numbers from 0"))
    }

    /// Refuses a donor where nobody takes tickets.
    fn refuse_unused_donor(&self, grid: &Grid, axes: &Axes) -> Result<(), SpecError> {
        let is_donor = |field: &&Field| field.only.is_none() && donor::KEYS.contains(&field.key.as_str());
        let named = grid.fields().iter().find(is_donor);
        match named.filter(|_| !axes.criteria.contains(&Criterion::Transferred)) {
            Some(field) => Err(self.refuse(&field.place, donor::unused(field))),
            None => Ok(()),
        }
    }

    /// The product of all lists, before anything is made.
    fn refuse_too_many(&self, grid: &Grid, axes: &Axes) -> Result<(), SpecError> {
        let settings = settings(grid).map(|field| field.values.len());
        let Axes { tasks, strategies, variants, criteria, seeds } = axes;
        let lists = [tasks.len(), strategies.len(), variants.len(), criteria.len(), seeds.len()];
        let product = lists.into_iter().chain(settings).fold(1.0, |product, len| product * len as f64);
        if product + self.cells.len() as f64 <= MOST_CELLS as f64 {
            return Ok(());
        }
        let cells = format!("{product:.0}");
        Err(self.refuse(&grid.place, Problem::TooMany { cells, limit: MOST_CELLS }))
    }

    /// Cells that take tickets, for every combination of donors and of other values: each donor is the cell that the grid would
    /// have of its task and strategy, pruned by signal to noise.
    fn transferred(&mut self, grid: &Grid, base: Cell, variant: Variant) -> Result<Vec<Cell>, SpecError> {
        let mut made = Vec::new();
        for named in donor::named(grid, &base).map_err(|(place, problem)| self.refuse(place, problem))? {
            let donor = published(&named.task, named.method, variant, Criterion::SignalToNoise);
            let (takers, donors) = (self.product(grid, base.clone())?, self.product(grid, donor)?);
            if takers.len() != donors.len() {
                let problem = donor::uneven(takers.len(), donors.len());
                return Err(self.refuse(&named.place, problem));
            }
            for (mut taker, donor) in takers.into_iter().zip(donors) {
                let checked = self.checker.check_donor(&taker, &donor, &named);
                checked.map_err(|problem| self.refuse(&named.place, problem))?;
                taker.donor = Some(Box::new(donor));
                made.push(taker);
            }
        }
        Ok(made)
    }

    /// One cell for every combination of the fields' values.
    fn product(&mut self, grid: &Grid, base: Cell) -> Result<Vec<Cell>, SpecError> {
        let [task, strategy] = [base.run.task.clone(), base.strategy().to_owned()];
        let concerned = [task.as_str(), &strategy, base.pruning.criterion.name()];
        let mut cells = vec![base];
        for field in settings(grid) {
            if field.only.as_deref().is_some_and(|only| !concerned.contains(&only)) {
                continue;
            }
            let mut more = Vec::with_capacity(cells.len() * field.values.len());
            for cell in &cells {
                for (value, place) in field.values.iter().zip(&field.places) {
                    let cell = set(cell, &field.key, value).map_err(|problem| self.refuse(place, problem))?;
                    more.push(cell);
                }
            }
            cells = more;
        }
        for cell in &mut cells {
            let search = &cell.run.plan.search;
            if let (Score::SignalToNoise, Some(reason)) =
                (cell.pruning.criterion.score(), search.method.no_deviation(search.quirks))
            {
                let expected = format!("one that needs no deviation, such as `magnitude`: {reason}");
                let problem = Problem::value("criterion", &cell.pruning.criterion.name(), &expected);
                return Err(self.refuse(&place_of(&problem, grid), problem));
            }
            self.checker.check(cell).map_err(|problem| self.refuse(&place_of(&problem, grid), problem))?;
        }
        Ok(cells)
    }

    /// Each cell for each seed, unless it is there already: seed by seed, so that a study that is not done yet has
    /// something of everything.
    fn seeds(&mut self, cells: Vec<Cell>, seeds: &[u64]) {
        let cells: Vec<(String, Cell)> = cells.into_iter().map(|cell| (cell.settings_text(), cell)).collect();
        for &seed in seeds {
            for (settings, cell) in &cells {
                let cell = cell.clone().of_seed(seed);
                if self.seen.insert(cell.canonical_with(settings)) {
                    self.cells.push(cell);
                }
            }
        }
    }
}

/// The fields of a grid that are settings.
fn settings(grid: &Grid) -> impl Iterator<Item = &Field> {
    let is_setting = |field: &&Field| field.only.is_some() || !AXES.contains(&field.key.as_str());
    grid.fields().iter().filter(is_setting).filter(|field| !donor::KEYS.contains(&field.key.as_str()))
}

fn variant(name: &str) -> Result<Variant, Problem> {
    match name {
        "corrected" => Ok(Variant::Corrected),
        "as-published" => Ok(Variant::AsPublished),
        _ => Err(Problem::unknown_name("variant", name, &["corrected", "as-published"])),
    }
}

/// The papers' cell.
fn published(task: &str, method: Method, variant: Variant, criterion: Criterion) -> Cell {
    let (quirks, pruning) = match variant {
        Variant::Corrected => (Quirks::NONE, Pruning { criterion, ..Pruning::default() }),
        Variant::AsPublished => (Quirks::ALL, Pruning::published(criterion)),
    };
    let mut run = RunSettings::paper(task, method, quirks);
    run.density = 1.0;
    run.plan.alias = matches!(variant, Variant::AsPublished);
    Cell { run, pruning, donor: None }
}

/// The cell with one setting changed.
fn set(cell: &Cell, key: &str, value: &Value) -> Result<Cell, Problem> {
    if key == "deviation" {
        return set_deviation(cell, value);
    }
    if donor::KEYS.contains(&key) {
        return donor::is_name(key, value).map(|()| cell.clone());
    }
    // a strategy that has learnt to search has a network too; that one goes by more of its path
    let key = if key == "network" { "run.network" } else { key };
    let last = key.rsplit('.').next().unwrap_or(key);
    if DERIVED.contains(&last) || AXES.contains(&last) {
        return Err(unknown(cell, key));
    }
    changed(cell, key, value.clone()).map_err(|error| match error {
        SettingsError::Unknown { .. } => unknown(cell, key),
        other => settings_problem(other),
    })
}

/// The deviation at the start, whatever the strategy calls it.
fn set_deviation(cell: &Cell, value: &Value) -> Result<Cell, Problem> {
    let deviation = value.as_f64().ok_or_else(|| Problem::value("deviation", value, "a number above 0"))?;
    let mut cell = cell.clone();
    cell.run.plan.search.method.set_deviation(deviation);
    Ok(cell)
}

/// Where the setting of a problem was said; where the grid begins, if it was not said.
fn place_of(problem: &Problem, grid: &Grid) -> Place {
    let key = match problem {
        Problem::Value { key, .. } => key.rsplit('.').next().unwrap_or(key),
        // the only name that is checked with its cell
        Problem::UnknownName { .. } => "network",
        _ => return grid.place.clone(),
    };
    let said = grid.fields().iter().rev().find(|field| field.key.split('.').any(|part| part == key));
    let Some(field) = said else { return grid.place.clone() };
    // of a list the value that was found to be wrong
    let is_found = |value: &Value| match (problem, value) {
        (Problem::Value { found, .. }, Value::String(text)) => text == found,
        (Problem::Value { found, .. }, _) => {
            let text = value.to_string();
            text == *found
        }
        (Problem::UnknownName { name, .. }, Value::String(text)) => text == name,
        _ => false,
    };
    let found = field.values.iter().position(is_found).and_then(|index| field.places.get(index));
    found.unwrap_or(&field.place).clone()
}
