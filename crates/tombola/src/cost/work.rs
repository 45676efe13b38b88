//! What is done at a level, counted.
//!
//! The mask of a level is taken to keep the same fraction of each layer. Pruning of the whole network keeps more of some
//! layers than of others, which this does not know.

use std::collections::BTreeMap;

use networks::architecture::{Kind, Role};
use networks::{Architecture, Input, Preset};
use strategies::Method;
use tasks::vision::glyphs::{self, Kind as Glyphs};

use super::memory::Memory;
use crate::grid::{Cell, Shape, shape};
use crate::run::settings::Evaluation;

/// Test images of every published set, and bytes of all its images.
const TEST_IMAGES: f64 = 10_000.0;
const SET_BYTES: f64 = 70_000.0 * 784.0;

/// Bytes of a number.
const NUMBER: f64 = 4.0;

/// Bytes of a network for each of its parameters: mask, start and mean, whole and as they are written.
pub(crate) const OF_PARAMETER: f64 = 32.0;

/// What is done at a level.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Of networks with all weights.
    pub dense_multiply_adds: f64,
    /// Whether all members see the same inputs.
    pub is_shared: bool,
    /// Fraction of the weights that are there.
    pub density: f64,
    /// Steps of worlds, and of which.
    pub steps: f64,
    /// The world; empty where there is none.
    pub world: String,
    /// What the strategy does, in numbers touched.
    pub told: f64,
    /// How many generations.
    pub generations: f64,
    /// Members of a generation.
    pub members: f64,
    /// What is searched: weights that are kept, and biases.
    pub coordinates: f64,
    /// What is held at once.
    pub memory: Memory,
}

/// What a network costs.
#[derive(Clone, Copy)]
struct Size {
    /// Multiply-adds of the whole network for one input.
    forward: f64,
    prunable: f64,
    parameters: f64,
    /// Numbers that it reads.
    inputs: f64,
}

/// Counts work, and remembers the sizes of networks.
#[derive(Default)]
pub struct Worker {
    sizes: BTreeMap<(String, String), Size>,
}

impl Worker {
    /// The work of a level.
    pub fn level(&mut self, cell: &Cell, level: u32) -> Work {
        let size = self.size(cell);
        let density = cell.pruning.density(level);
        let plan = &cell.run.plan;
        let members = plan.search.population as f64;
        let generations = plan.generations as f64;
        let tests = (generations / plan.test_every.max(1) as f64).floor() + 1.0;
        let tests = tests + f64::from(u8::from(plan.test_first));
        let coordinates = size.parameters - size.prunable * (1.0 - density);
        let (forwards, steps, data) = match cell.run.evaluation {
            Evaluation::Images { batch } => {
                let (images, bytes) = set(&cell.run.task);
                let seen = batch as f64 * size.inputs * NUMBER;
                (members * generations * batch as f64 + tests * images, 0.0, bytes + seen)
            }
            Evaluation::Control { repeats, steps, tests: episodes, normalise: _ } => {
                let copies = members * repeats as f64;
                let steps = (copies * generations + tests * episodes as f64) * steps as f64;
                (steps, steps, copies * size.inputs * 4.0 * NUMBER)
            }
        };
        let told = strategy(&plan.search.method, members, coordinates);
        let memory = Memory::of_search(&plan.search, coordinates, NUMBER, true);
        Work {
            dense_multiply_adds: forwards * size.forward,
            is_shared: steps == 0.0,
            density,
            steps,
            world: if steps == 0.0 { String::new() } else { cell.run.task.clone() },
            told: told * generations,
            generations,
            members,
            coordinates,
            memory: memory.and(data + size.parameters * OF_PARAMETER),
        }
    }

    fn size(&mut self, cell: &Cell) -> Size {
        let key = (cell.run.task.clone(), cell.run.network.clone());
        let find = || {
            // an image set in a folder is taken to be like all others
            let Shape { input, outputs } =
                shape(&cell.run.task).or_else(|| shape("mnist")).expect("mnist has a shape");
            let preset = Preset::named(&cell.run.network, input, outputs);
            preset.map_or(Size { forward: 0.0, prunable: 0.0, parameters: 0.0, inputs: 0.0 }, |preset| {
                size(&preset.architecture)
            })
        };
        *self.sizes.entry(key).or_insert_with(find)
    }
}

/// Test images of a set, and the bytes of the whole.
fn set(task: &str) -> (f64, f64) {
    let name = task.split('+').next().unwrap_or(task);
    match Glyphs::named(name) {
        Some(_) => (glyphs::TEST as f64, (glyphs::TRAIN + glyphs::TEST) as f64 * 784.0),
        None => (TEST_IMAGES, SET_BYTES),
    }
}

fn size(architecture: &Architecture) -> Size {
    let forward = |(index, layer): (usize, &networks::architecture::Layer)| {
        let tensor = architecture.tensor(index, Role::Weight).expect("every layer has weights");
        tensor.len() as f64 * places(architecture, index, layer)
    };
    Size {
        forward: architecture.layers().iter().enumerate().map(forward).sum(),
        prunable: architecture.prunable() as f64,
        parameters: architecture.parameters() as f64,
        inputs: architecture.input().len() as f64,
    }
}

/// How often each weight of a layer is used for one input: before any pooling.
fn places(architecture: &Architecture, index: usize, layer: &networks::architecture::Layer) -> f64 {
    match (layer.kind, architecture.gives(index)) {
        (Kind::Convolution { window, .. }, Input::Image(image)) => {
            let pooled = if window.pool { 4.0 } else { 1.0 };
            (image.height * image.width) as f64 * pooled
        }
        _ => 1.0,
    }
}

/// Numbers that a strategy touches in a generation.
fn strategy(method: &Method, members: f64, coordinates: f64) -> f64 {
    match method {
        Method::Xnes(_) => {
            let square = coordinates * coordinates;
            // an exponential and an inverse in each generation
            members * square + 12.0 * square * coordinates
        }
        Method::IamalgamFull(_) => {
            let square = coordinates * coordinates;
            members * square + square * coordinates / 3.0
        }
        Method::LmMaEs(_) => {
            let directions = method.remembers(members, coordinates);
            coordinates * directions * (members + directions)
        }
        Method::CmaEs(_) => {
            let square = coordinates * coordinates;
            // the covariance learns from all members; its decomposition is cubic, and waits for a few generations
            let pause = (coordinates / (10.0 * members)).max(1.0);
            members * square + 10.0 * square * coordinates / pause
        }
        _ => members * coordinates,
    }
}
