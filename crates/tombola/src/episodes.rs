//! Recorded episodes of control tasks (Brax, gymnax, MinAtar), done again.
//!
//! A trace holds runs, each under a prefix: the state at the start (`rand0_init_pos`, or `traj0_init_state`), the actions
//! of each step, and what came of it: states, observations, rewards, ends. Loose transitions have the prefix `tr`, or `in`
//! where what follows has the prefix `out`; those of games have none (`state_ball_y`, `action`, `next_ball_y`), and lie in
//! the order of play. Two ways to redo a run:
//!
//! - *one step*: every step starts from the recorded state before it, so errors do not add up;
//! - *free run*: only the first state, the actions and what chance decided are taken; of games the first of each episode.
//!
//! What was redone has the names and shapes of the record. An error is, as limits of acceptance have it, the largest
//! difference where each is divided by one more than the number recorded.
//!
//! # Invariants
//!
//! - **Shapes first.** All arrays of a run are there and fit together before a number is unpacked, and all numbers are some
//!   that the task can have before a step is made.
//! - **Memory** is that of the arrays that runs are made of, once as they were read and once as they were redone, which in
//!   `f64` may take twice as much: so twice their numbers, and three times in `f64`. All else is as long as sixteen steps,
//!   and some hundred bytes for each array of the file.
//! - **Time** is in proportion to the steps of all runs, and hardly more to how many runs there are: arrays are found by a
//!   sorted list of their names.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use numerics::LANES;

use crate::npz::{Archive, Array, NpzError, Values};

mod check;
mod error;
mod names;
mod plan;
mod world;

pub use self::error::{EpisodesError, ReplayError};
use self::names::Names;
use self::plan::{Compared, Plan, Time, What};
use self::world::{After, World};

/// How a run is redone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each step from the recorded state before it.
    OneStep,
    /// All steps from the first state.
    FreeRun,
}

/// In which numbers a run is redone; games are whole numbers, and the same in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As training does it: `f32`, sixteen copies at once.
    Single,
    /// By the definitions, in `f64`; what is redone of arrays of `f32` is `f64` then.
    Double,
}

/// Steps after which the references end an episode, whatever happened.
const HORIZON: usize = 500;

/// Traces of more bytes are not read, packed or unpacked: a record holds some megabytes.
pub const MOST_BYTES: usize = 1 << 28;

/// Recorded runs of one task.
pub struct Episodes {
    world: World,
    arrays: Vec<Held>,
    names: Names,
}

/// An array of a trace, unpacked or not.
struct Held {
    name: String,
    shape: Vec<usize>,
    values: Option<Values>,
}

impl Held {
    fn values(&self) -> &Values {
        self.values.as_ref().expect("the arrays of a plan are unpacked")
    }

    fn at(&self, flat: usize) -> f64 {
        self.values().at(flat)
    }

    fn len(&self) -> usize {
        self.values().len()
    }
}

/// One array, redone.
#[derive(Clone, Debug, PartialEq)]
pub struct Redone {
    /// With the name and shape of the record.
    pub array: Array,
    /// The largest difference, relative to the largest number of the record.
    pub error: f64,
    /// The largest difference, each relative to one more than the number recorded.
    pub mixed_error: f64,
}

/// What is asked of a trace.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// By any of its names, varied or not.
    pub task: &'a str,
    /// All runs where none is named.
    pub prefix: Option<&'a str>,
    /// From which states.
    pub mode: Mode,
    /// In which numbers.
    pub precision: Precision,
}

/// What was redone of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// Run by run.
    pub redone: Vec<Redone>,
    /// Arrays of these runs that were neither needed nor redone, without the names of runs, each once.
    pub left: Vec<String>,
}

/// Redoes the runs of a file. It is let go as soon as the arrays that are needed are unpacked.
pub fn replay(file: &str, bytes: Vec<u8>, request: &Request<'_>) -> Result<Replayed, ReplayError> {
    let refused = |problem| ReplayError { file: file.to_owned(), problem: Box::new(problem) };
    replay_bytes(bytes, request).map_err(refused)
}

fn replay_bytes(bytes: Vec<u8>, request: &Request<'_>) -> Result<Replayed, EpisodesError> {
    let Request { task, prefix, mode, precision } = *request;
    let archive = Archive::open(&bytes)?;
    let heads = archive.shapes().map(|head| {
        let (name, shape) = head?;
        Ok(Held { name: name.to_owned(), shape, values: None })
    });
    let mut episodes = Episodes::of(task, heads.collect::<Result<_, NpzError>>()?)?;
    let all = episodes.prefixes();
    if all.is_empty() && prefix.is_none() {
        return Err(EpisodesError::NoRun { needed: episodes.needed_of_any(mode) });
    }
    let prefixes = match prefix {
        None => all,
        Some(prefix) => vec![episodes.known(prefix, all, mode)?],
    };
    let plans = prefixes.iter().map(|prefix| episodes.plan(prefix, mode));
    let plans = plans.collect::<Result<Vec<Plan>, _>>()?;
    let mut used: Vec<usize> = plans.iter().flat_map(Plan::arrays).collect();
    used.sort_unstable();
    used.dedup();
    if used.iter().map(|&array| archive.claim(array)).sum::<usize>() > MOST_BYTES {
        let longest = used.iter().copied().max_by_key(|&array| archive.claim(array)).unwrap_or(0);
        let name = episodes.arrays[longest].name.clone();
        return Err(EpisodesError::TooLong { name, most: MOST_BYTES });
    }
    for &array in &used {
        episodes.arrays[array].values = Some(archive.values(array)?);
    }
    drop(bytes);
    let mut redone = Vec::new();
    for plan in &plans {
        episodes.check(plan, precision)?;
        redone.extend(episodes.run(plan, mode, precision)?);
    }
    let left = (0..episodes.arrays.len()).filter(|array| used.binary_search(array).is_err());
    let runs: BTreeSet<&str> = prefixes.iter().map(String::as_str).collect();
    let left = left.filter_map(|array| without_run(&episodes.arrays[array].name, &runs, prefix.is_some()));
    let mut left: Vec<String> = left.collect();
    let mut known = BTreeSet::new();
    left.retain(|name| known.insert(name.clone()));
    Ok(Replayed { redone, left })
}

/// The name of an array with a star for its run, that of the longest name where several would do; none of arrays of no run,
/// where only some are asked for.
fn without_run(name: &str, runs: &BTreeSet<&str>, only_theirs: bool) -> Option<String> {
    let mut ends = name.rmatch_indices('_').map(|(end, _)| end);
    match ends.find(|&end| runs.contains(&name[..end])) {
        Some(end) => Some(format!("*{}", &name[end..])),
        None => (!only_theirs).then(|| name.to_owned()),
    }
}

impl Episodes {
    /// Recorded runs of a task, from the arrays of their file.
    pub fn new(task: &str, arrays: Vec<Array>) -> Result<Episodes, EpisodesError> {
        let held = |Array { name, shape, values }| Held { name, shape, values: Some(values) };
        Episodes::of(task, arrays.into_iter().map(held).collect())
    }

    fn of(task: &str, arrays: Vec<Held>) -> Result<Episodes, EpisodesError> {
        let world = World::named(task).ok_or_else(|| EpisodesError::Task { found: task.to_owned() })?;
        let names = Names::of(&arrays)?;
        Ok(Episodes { world, arrays, names })
    }

    /// Does a run again in single precision.
    pub fn replay(&self, prefix: &str, mode: Mode) -> Result<Vec<Redone>, EpisodesError> {
        self.replay_in(Precision::Single, prefix, mode)
    }

    /// Does a run again.
    pub fn replay_in(
        &self,
        precision: Precision,
        prefix: &str,
        mode: Mode,
    ) -> Result<Vec<Redone>, EpisodesError> {
        let plan = self.plan(&self.known(prefix, self.prefixes(), mode)?, mode)?;
        self.check(&plan, precision)?;
        self.run(&plan, mode, precision)
    }

    /// Sixteen steps at a time where each has a state of its own, and else one after the other.
    fn run(&self, plan: &Plan, mode: Mode, precision: Precision) -> Result<Vec<Redone>, EpisodesError> {
        let begun = plan.compared.iter().map(|compared| Redoing::new(self, compared, precision));
        let mut redoing: Vec<Redoing<'_>> = begun.collect();
        let places = self.world.sight().1;
        let mut before = vec![vec![0.0; self.world.task.rows()]; LANES];
        let mut redone = Vec::new();
        if let Some(compared) = &plan.first_sight {
            self.read_state(plan, 0, &mut before[0]);
            let seen = self.world.look(precision, &before[0]);
            let mut look = Redoing::new(self, compared, precision);
            let numbers: Vec<f64> = places.iter().map(|&place| seen[place]).collect();
            if !look.add(0, &numbers) {
                return Err(self.lost(plan, 0..=0, look.record));
            }
            redone.push(look.finish());
        }
        let mut first = 0;
        while first < plan.steps {
            let is_free = mode == Mode::FreeRun && !(plan.is_loose && plan.firsts.is_none());
            let count = if is_free { 1 } else { LANES.min(plan.steps - first) };
            for (state, step) in before.iter_mut().zip(first..first + count) {
                let begins =
                    step == 0 || !is_free || plan.firsts.is_some_and(|it| self.arrays[it].at(step) != 0.0);
                if begins {
                    self.read_state(plan, step, state);
                }
            }
            let all = self.step(plan, precision, first, &before[..count])?;
            for (step, after) in (first..).zip(&all) {
                for redoing in &mut redoing {
                    let numbers = self.numbers(plan, redoing.compared.what, step, after, &places);
                    if !redoing.add(step, &numbers) {
                        let begun = if is_free { 0 } else { step };
                        return Err(self.lost(plan, begun..=step, redoing.record));
                    }
                }
            }
            if let Some(after) = all.into_iter().next().filter(|_| is_free) {
                before[0] = after.state;
            }
            first += count;
        }
        redone.extend(redoing.into_iter().map(Redoing::finish));
        Ok(redone)
    }

    /// The recorded state before a step.
    fn read_state(&self, plan: &Plan, step: usize, state: &mut [f64]) {
        for source in &plan.sources {
            let part = &self.world.parts[source.part];
            let (array, row) = source.at(step);
            let (array, width) = (&self.arrays[array], part.width());
            part.write(|number| array.at(row * width + number), state);
        }
    }

    /// Some steps from states of their own.
    fn step(
        &self,
        plan: &Plan,
        precision: Precision,
        first: usize,
        states: &[Vec<f64>],
    ) -> Result<Vec<After>, EpisodesError> {
        let (recorded, width) = (&self.arrays[plan.actions], self.world.task.actions().rows());
        let of = |step: usize| (0..width).map(|row| recorded.at(step * width + row)).collect();
        let actions: Vec<Vec<f64>> = (first..first + states.len()).map(of).collect();
        let mut hit = None;
        let mut draw = |copy: usize| {
            let step = first + copy;
            if plan.draws.is_empty() && !self.world.is_game() {
                hit = Some(hit.map_or(step, |hit: usize| hit.min(step)));
            }
            self.draw(plan, step)
        };
        let all = self.world.step(precision, states, &actions, &mut draw);
        match hit {
            Some(step) => {
                Err(EpisodesError::NoTarget { run: plan.run.clone(), step, name: plan.draws_name.clone() })
            }
            None => Ok(all),
        }
    }

    /// What chance decided in a step.
    fn draw(&self, plan: &Plan, step: usize) -> [f64; 16] {
        let (mut draw, mut first) = ([0.0; 16], 0);
        for &(array, width) in &plan.draws {
            for (at, number) in draw[first..first + width].iter_mut().enumerate() {
                *number = self.arrays[array].at(step * width + at);
            }
            first += width;
        }
        if plan.counts.is_some_and(|counts| self.arrays[counts].at(step) == 2.0) {
            // Seaquest's are in the order in which they were asked for: where there are two, both are a diver's
            draw[..5].rotate_right(3);
        }
        draw
    }

    /// What the last of some steps, which came to no numbers, began with: its largest number is named.
    fn lost(&self, plan: &Plan, steps: RangeInclusive<usize>, record: &Held) -> EpisodesError {
        let (mut largest, mut index) = (plan.actions, 0);
        for row in steps.clone() {
            let actions = (plan.actions, row, self.world.task.actions().rows());
            let draws = plan.draws.iter().map(|&(array, width)| (array, row, width));
            let states = plan.sources.iter().map(|source| {
                let (array, row) = source.at(row);
                (array, row, self.world.parts[source.part].width())
            });
            for (array, row, width) in std::iter::once(actions).chain(draws).chain(states) {
                for flat in row * width..(row + 1) * width {
                    if self.arrays[array].at(flat).abs() > self.arrays[largest].at(index).abs() {
                        (largest, index) = (array, flat);
                    }
                }
            }
        }
        let input = &self.arrays[largest];
        EpisodesError::Lost {
            run: plan.run.clone(),
            step: *steps.end(),
            name: record.name.clone(),
            input: input.name.clone(),
            index: check::index_of(&input.shape, index),
            found: input.at(index),
        }
    }

    /// What an array has of a step.
    fn numbers(&self, plan: &Plan, what: What, step: usize, after: &After, places: &[usize]) -> Vec<f64> {
        let time = match plan.time {
            Time::Unknown => None,
            Time::Counted => Some(step + 1),
            Time::Recorded(array) => Some((self.arrays[array].at(step) as usize).saturating_add(1)),
        };
        // where time is known, an episode that ran out of it has ended too
        let done = f64::from(after.done || time.is_some_and(|time| time >= HORIZON));
        let mut numbers = Vec::new();
        match what {
            What::Part(part) if self.world.parts[part].name == "terminal" => numbers.push(done),
            What::Part(part) => self.world.parts[part].read(&after.state, &mut numbers),
            What::Observation => numbers.extend(places.iter().map(|&place| after.observation[place])),
            What::Reward => numbers.push(after.reward),
            What::Done => numbers.push(done),
            What::Time => numbers.push(time.unwrap_or(0) as f64),
        }
        numbers
    }
}

/// An array while it is redone.
struct Redoing<'a> {
    compared: &'a Compared,
    record: &'a Held,
    values: Values,
    largest: f64,
    difference: f64,
    mixed: f64,
}

impl<'a> Redoing<'a> {
    fn new(episodes: &'a Episodes, compared: &'a Compared, precision: Precision) -> Redoing<'a> {
        let record = &episodes.arrays[compared.array];
        let values = match record.values() {
            Values::F32(values) if precision == Precision::Double => {
                Values::F64(Vec::with_capacity(values.len()))
            }
            values => values.emptied(),
        };
        Redoing { compared, record, values, largest: 0.0, difference: 0.0, mixed: 0.0 }
    }

    /// Whether all numbers of a step are some.
    fn add(&mut self, step: usize, numbers: &[f64]) -> bool {
        let width = self.compared.shape.iter().product::<usize>();
        for (at, &number) in numbers.iter().enumerate() {
            let recorded = self.record.at(step * width + at);
            let difference = (number - recorded).abs();
            self.largest = self.largest.max(recorded.abs());
            self.difference = self.difference.max(difference);
            self.mixed = self.mixed.max(difference / (1.0 + recorded.abs()));
            self.values.push(number);
        }
        numbers.iter().all(|number| number.is_finite())
    }

    fn finish(self) -> Redone {
        let Redoing { record, values, largest, difference, mixed, .. } = self;
        let error = if largest > 0.0 { difference / largest } else { difference };
        let array = Array { name: record.name.clone(), shape: record.shape.clone(), values };
        Redone { array, error, mixed_error: mixed }
    }
}

#[cfg(test)]
mod tests;
