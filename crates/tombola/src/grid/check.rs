//! What no cell can have: each number against its range, and the network against the task.

use std::collections::BTreeMap;
use std::error::Error;

use networks::{Preset, PresetError};

use tasks::vision::glyphs::{self, Kind};
use tasks::vision::sets;

use super::cell::Cell;
use super::donor::Named;
use super::shape::{Shape, shape};
use crate::run::settings::{Evaluation, SettingsError};
use crate::spec::Problem;

/// Most generations, episodes and images of a batch: a slip of the pen has more.
const MOST: u64 = 1 << 30;

/// Checks cells, and remembers what it looked up.
#[derive(Default)]
pub(super) struct Checker {
    shapes: BTreeMap<String, Option<Shape>>,
    networks: BTreeMap<(String, String), Result<Known, Problem>>,
}

/// A network of a task.
#[derive(Clone)]
struct Known {
    parameters: usize,
    /// The name under which it goes: layers in one way of writing them.
    name: String,
    /// Its layers that can be pruned; none where the task is not looked at.
    layers: Option<Vec<String>>,
}

impl Checker {
    /// What is wrong with a cell, and under which key. A network that is named by its layers gets their usual text.
    pub(super) fn check(&mut self, cell: &mut Cell) -> Result<(), Problem> {
        cell.run.check(training_images(&cell.run.task)).map_err(settings_problem)?;
        let plan = &cell.run.plan;
        range("generations", plan.generations, 1, MOST, "a level is trained for one generation at least")?;
        range("test_every", plan.test_every, 1, MOST, "generations between two tests")?;
        if let Evaluation::Images { batch } = cell.run.evaluation {
            range("batch", batch as u64, 1, MOST, "images that all members see")?;
        }
        cell.pruning.check().map_err(|(key, found, expected)| Problem::value(key, &found, expected))?;
        let network = self.network(cell)?;
        if let Some(layers) = &network.layers
            && let Some(unknown) = cell.pruning.excluded.iter().find(|name| !layers.contains(name))
        {
            let expected = format!("layers that can be pruned: {}", layers.join(", "));
            return Err(Problem::value("excluded", unknown, &expected));
        }
        let checked = plan.search.check(network.parameters.max(1));
        cell.run.network = network.name;
        checked.map_err(|error| {
            let text = error.to_string();
            let (key, rest) = text.split_once("` is ").unwrap_or(("", &text));
            let (found, expected) = rest.split_once("; expected ").unwrap_or((rest, ""));
            Problem::value(key.trim_start_matches("setting `"), &found, expected)
        })
    }

    /// What is wrong with a cell whose tickets another one takes; both are right by themselves.
    pub(super) fn check_donor(&mut self, taker: &Cell, donor: &Cell, named: &Named) -> Result<(), Problem> {
        let (of, is_itself) = (format!("{} {}", donor.run.task, donor.strategy()), donor.run == taker.run);
        if is_itself {
            let expected = format!("another task or strategy than {of}: a cell takes no tickets from itself");
            return Err(Problem::value(named.key, &of, &expected));
        }
        // of a folder only the work knows
        let [own, theirs] = [taker, donor].map(|cell| (shape(&cell.run.task).is_some(), self.network(cell)));
        if !own.0 || !theirs.0 {
            return Ok(());
        }
        let (own, theirs) = (own.1?, theirs.1?);
        if (own.parameters, &own.name, &own.layers) == (theirs.parameters, &theirs.name, &theirs.layers) {
            return Ok(());
        }
        let expected = format!(
            "one with the network of {} {}, `{}` of {} weights: this one has `{}` of {}",
            taker.run.task,
            taker.strategy(),
            own.name,
            own.parameters,
            theirs.name,
            theirs.parameters
        );
        Err(Problem::value(named.key, &of, &expected))
    }

    /// The cell's network; of 1 parameter where the task is not looked at.
    fn network(&mut self, cell: &Cell) -> Result<Known, Problem> {
        let (task, network) = (&cell.run.task, &cell.run.network);
        let shape = *self.shapes.entry(task.clone()).or_insert_with(|| shape(task));
        let Some(Shape { input, outputs }) = shape else {
            return Ok(Known { parameters: 1, name: network.clone(), layers: None });
        };
        let make = || match Preset::named(network, input, outputs) {
            Ok(Preset { architecture, .. }) => {
                let text = architecture.to_string();
                let layers = text.split_once(": ").map_or(text.as_str(), |(_, layers)| layers);
                let name = if network.contains(' ') { layers } else { network }.to_owned();
                let prunable = architecture.tensors().iter().filter(|tensor| tensor.prunable);
                let layers = prunable.map(|tensor| architecture.name(tensor.layer).to_owned()).collect();
                Ok(Known { parameters: architecture.parameters(), name, layers: Some(layers) })
            }
            Err(PresetError::Unknown { .. }) => {
                Err(Problem::unknown_name("network", network, &networks::presets::NAMES))
            }
            Err(error) => {
                let cause = error.source().map_or_else(|| error.to_string(), |cause| cause.to_string());
                Err(Problem::value("network", network, &format!("one that fits `{task}`: {cause}")))
            }
        };
        self.networks.entry((task.clone(), network.clone())).or_insert_with(make).clone()
    }
}

/// How many images there are to train with, where the name of the set says it.
fn training_images(task: &str) -> Option<usize> {
    let set = task.split('+').next().unwrap_or(task);
    if Kind::named(set).is_some() {
        return Some(glyphs::TRAIN);
    }
    sets::named(set).ok().map(|set| set.images[0])
}

fn range(key: &str, found: u64, low: u64, high: u64, why: &str) -> Result<(), Problem> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(Problem::value(key, &found, &format!("{low} to {high}: {why}")))
}

/// The same in the words of a spec.
pub(super) fn settings_problem(error: SettingsError) -> Problem {
    match error {
        SettingsError::Value { key, found, expected } => Problem::value(&key, &found, &expected),
        SettingsError::Ambiguous { key, candidates } => Problem::Ambiguous { key, candidates },
        SettingsError::Unknown { key, .. } => {
            Problem::UnknownKey { key, likes: Vec::new(), known: Vec::new() }
        }
        SettingsError::Form { .. } => Problem::Form,
    }
}
