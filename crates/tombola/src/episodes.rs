//! Recorded episodes of control tasks (Brax, gymnax), done again.
//!
//! A trace holds runs, each under a prefix: the state at the start (`rand0_init_pos`, or `traj0_init_state`), the actions
//! of each step, and what came of it: states, observations, rewards, ends. Loose transitions have the prefix `tr`. Two
//! ways to redo a run:
//!
//! - *one step*: every step starts from the recorded state before it, so errors do not add up;
//! - *free run*: only the first state, the actions and the targets that are drawn are taken.
//!
//! What was redone has the names and shapes of the record, and an error is the largest difference relative to the largest
//! number of the array.

use std::fmt;

use numerics::{Isa, LANES};
use tasks::control::{Actions, BodyEnvironment, Environment, Outcome, named};

use crate::npz::Array;

/// How a run is redone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each step from the recorded state before it.
    OneStep,
    /// All steps from the first state.
    FreeRun,
}

/// Steps after which the references end an episode, whatever happened.
const HORIZON: usize = 500;

/// Recorded runs of one task.
pub struct Episodes {
    task: Box<dyn Environment>,
    parts: Vec<Part>,
    arrays: Vec<Array>,
}

/// Numbers of a state that one array of a record holds.
struct Part {
    name: &'static str,
    /// Without steps.
    shape: Vec<usize>,
    /// Which rows of a state its numbers are.
    rows: Vec<usize>,
    /// Read from a step, and no part of what the next begins with.
    follows: bool,
}

/// One array, redone.
#[derive(Clone, Debug, PartialEq)]
pub struct Redone {
    /// With the name and shape of the record.
    pub array: Array,
    /// The largest difference, relative to the largest number of the record.
    pub error: f64,
}

/// Why a trace cannot be redone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum EpisodesError {
    Task { found: String },
    Missing { name: String },
    Prefix { found: String, known: Vec<String> },
    Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
    NotFinite { name: String },
    Action { name: String, step: usize, count: usize },
}

impl fmt::Display for EpisodesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EpisodesError::Task { found } => {
                write!(
                    f,
                    "there is no control task `{found}`; there are {}",
                    tasks::control::NAMES.join(", ")
                )
            }
            EpisodesError::Missing { name } => write!(f, "the trace has no array `{name}`"),
            EpisodesError::Prefix { found, known } if known.is_empty() => {
                write!(f, "the trace has no run `{found}`, nor any other run of this task")
            }
            EpisodesError::Prefix { found, known } => {
                write!(f, "the trace has no run `{found}`; it has {}", known.join(", "))
            }
            EpisodesError::Shape { name, found, expected } => {
                write!(f, "array `{name}` of the trace has shape {found:?}; expected {expected:?}")
            }
            EpisodesError::NotFinite { name } => {
                write!(f, "array `{name}` of the trace has a number that is not finite")
            }
            EpisodesError::Action { name, step, count } => {
                write!(
                    f,
                    "array `{name}` of the trace has an action in step {step} that is none of 0 to {}",
                    count - 1
                )
            }
        }
    }
}

impl std::error::Error for EpisodesError {}

/// What came of one step of one copy.
struct After {
    state: Vec<f32>,
    observation: Vec<f32>,
    reward: f32,
    done: bool,
}

impl Episodes {
    /// Recorded runs of a task, from the arrays of their file.
    pub fn new(task: &str, arrays: Vec<Array>) -> Result<Episodes, EpisodesError> {
        let isa = Isa::detected();
        if let Some(bodies) = BodyEnvironment::named(task, isa) {
            let parts = body_parts(&bodies);
            return Ok(Episodes { task: Box::new(bodies), parts, arrays });
        }
        let task = named(task, isa).ok_or_else(|| EpisodesError::Task { found: task.to_owned() })?;
        let rows = task.rows();
        let parts =
            vec![Part { name: "state", shape: vec![rows], rows: (0..rows).collect(), follows: false }];
        Ok(Episodes { task, parts, arrays })
    }

    /// The prefixes of all runs.
    pub fn prefixes(&self) -> Vec<String> {
        let ends = ["_actions", "_action"];
        let names =
            self.arrays.iter().filter_map(|array| ends.iter().find_map(|end| array.name.strip_suffix(end)));
        names.map(str::to_owned).collect()
    }

    /// Does a run again.
    pub fn replay(&self, prefix: &str, mode: Mode) -> Result<Vec<Redone>, EpisodesError> {
        let known = self.prefixes();
        if !known.iter().any(|known| known == prefix) {
            return Err(EpisodesError::Prefix { found: prefix.to_owned(), known });
        }
        let is_loose = self.array(&format!("{prefix}_init_{}", self.parts[0].name)).is_none();
        let after = if is_loose { format!("{prefix}_next_") } else { format!("{prefix}_") };
        let actions = self.actions(prefix)?;
        let before = self.states(prefix, is_loose, actions.len())?;
        let targets = self.targets(prefix, actions.len())?;
        let redone = match mode {
            // transitions have no order
            Mode::OneStep => self.step(&before, &actions, &targets),
            Mode::FreeRun if is_loose => self.step(&before, &actions, &targets),
            Mode::FreeRun => {
                let (mut state, mut all) = (before.into_iter().take(1).collect::<Vec<_>>(), Vec::new());
                for (step, action) in actions.iter().enumerate() {
                    let targets = targets.get(step..=step).unwrap_or_default();
                    let after = self.step(&state, std::slice::from_ref(action), targets);
                    state = after.iter().map(|after| after.state.clone()).collect();
                    all.extend(after);
                }
                all
            }
        };
        let times = self.times(prefix, is_loose, redone.len())?;
        self.compare(prefix, &after, &redone, &times)
    }

    /// What was redone beside what was recorded of it.
    fn compare(
        &self,
        prefix: &str,
        after: &str,
        redone: &[After],
        times: &[usize],
    ) -> Result<Vec<Redone>, EpisodesError> {
        let observations = self.task.observation_names().len();
        let mut all = Vec::new();
        let mut add = |name: String, shape: Vec<usize>, numbers: Vec<f64>| {
            let shape = [vec![redone.len()], shape].concat();
            if let Some(record) = self.array(&name) {
                let expected = self.numbers(&name, &shape)?;
                let error = error(&numbers, &expected);
                let values = record.values.like(&numbers);
                all.push(Redone { array: Array { name, shape, values }, error });
            }
            Ok(())
        };
        for part in &self.parts {
            let numbers =
                redone.iter().flat_map(|after| part.rows.iter().map(|&row| after.state[row].into()));
            add(format!("{after}{}", part.name), part.shape.clone(), numbers.collect())?;
        }
        let seen = redone.iter().flat_map(|after| after.observation.iter().map(|&number| number.into()));
        add(format!("{after}obs"), vec![observations], seen.collect())?;
        let rewards = redone.iter().map(|after| after.reward.into());
        add(format!("{prefix}_reward"), Vec::new(), rewards.collect())?;
        let ends = redone.iter().zip(times).map(|(after, &time)| after.done || time >= HORIZON);
        add(format!("{prefix}_done"), Vec::new(), ends.map(f64::from).collect())?;
        let times = times.iter().map(|&time| time as f64);
        add(format!("{after}time"), Vec::new(), times.collect())?;
        Ok(all)
    }

    /// Steps of the episode after each step.
    fn times(&self, prefix: &str, is_loose: bool, steps: usize) -> Result<Vec<usize>, EpisodesError> {
        let name = format!("{prefix}_time");
        if is_loose && self.array(&name).is_some() {
            let begun = self.numbers(&name, &[steps])?;
            return Ok(begun.into_iter().map(|time| (time.max(0.0) as usize).saturating_add(1)).collect());
        }
        Ok((1..=steps).collect())
    }

    /// The states before each step.
    fn states(&self, prefix: &str, is_loose: bool, steps: usize) -> Result<Vec<Vec<f32>>, EpisodesError> {
        let mut states = vec![vec![0.0; self.task.rows()]; steps];
        for part in self.parts.iter().filter(|part| !part.follows) {
            let name = format!("{prefix}_{}", part.name);
            let every = self.numbers(&name, &[vec![steps], part.shape.clone()].concat())?;
            let width = part.rows.len();
            let mut numbers = every;
            if !is_loose {
                // the state before the first step is the start, and that after the last begins nothing
                numbers.truncate(width * steps.saturating_sub(1));
                let start = self.numbers(&format!("{prefix}_init_{}", part.name), &part.shape)?;
                numbers.splice(0..0, start);
            }
            for (state, numbers) in states.iter_mut().zip(numbers.chunks_exact(width)) {
                part.rows.iter().zip(numbers).for_each(|(&row, &number)| state[row] = number as f32);
            }
        }
        Ok(states)
    }

    fn actions(&self, prefix: &str) -> Result<Vec<Vec<f32>>, EpisodesError> {
        let (plural, single) = (format!("{prefix}_actions"), format!("{prefix}_action"));
        let name = if self.array(&plural).is_some() { plural } else { single };
        let array = self.array(&name).ok_or_else(|| EpisodesError::Missing { name: name.clone() })?;
        let (steps, rows) = (array.shape.first().copied().unwrap_or(0), self.task.actions().rows());
        let shape = if array.shape.len() == 1 && rows == 1 { vec![steps] } else { vec![steps, rows] };
        let actions: Vec<f32> =
            self.numbers(&name, &shape)?.into_iter().map(|number| number as f32).collect();
        if let Actions::OneOf(count) = self.task.actions() {
            let is_one = |action: f32| action >= 0.0 && action < count as f32 && action.fract() == 0.0;
            if let Some(step) = actions.iter().position(|&action| !is_one(action)) {
                return Err(EpisodesError::Action { name, step, count });
            }
        }
        Ok(actions.chunks_exact(rows).map(<[f32]>::to_vec).collect())
    }

    /// Where targets go if they are hit, of runs that have some.
    fn targets(&self, prefix: &str, steps: usize) -> Result<Vec<[f32; 3]>, EpisodesError> {
        let name = format!("{prefix}_next_target_draw");
        if self.array(&name).is_none() {
            return Ok(Vec::new());
        }
        let numbers = self.numbers(&name, &[steps, 3])?;
        Ok(numbers.as_chunks::<3>().0.iter().map(|target| target.map(|number| number as f32)).collect())
    }

    /// One step of each state: a state a lane.
    fn step(&self, states: &[Vec<f32>], actions: &[Vec<f32>], targets: &[[f32; 3]]) -> Vec<After> {
        let (rows, inputs) = (self.task.rows(), self.task.actions().rows());
        let mut sight = vec![0.0; self.task.observation_names().len() * LANES];
        let mut all = Vec::with_capacity(states.len());
        for (block_index, group) in states.chunks(LANES).enumerate() {
            let first = block_index * LANES;
            let (mut block, mut input) = (vec![0.0; rows * LANES], vec![0.0; inputs * LANES]);
            for lane in 0..LANES {
                // lanes that are left over do what the first does
                let copy = if lane < group.len() { lane } else { 0 };
                scatter(&group[copy], &mut block, lane);
                scatter(&actions[first + copy], &mut input, lane);
            }
            let mut outcome = Outcome::NONE;
            let mut drawn = |lane: usize| targets.get(first + lane).copied().unwrap_or_default();
            self.task.step(&mut block, &input, &mut drawn, &mut sight, &mut outcome);
            all.extend((0..group.len()).map(|lane| After {
                state: gather(&block, lane),
                observation: gather(&sight, lane),
                reward: outcome.reward[lane],
                done: outcome.done[lane],
            }));
        }
        all
    }

    fn array(&self, name: &str) -> Option<&Array> {
        self.arrays.iter().find(|array| array.name == name)
    }

    /// The finite numbers of an array of this shape.
    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, EpisodesError> {
        let name = name.to_owned();
        let Some(array) = self.array(&name) else { return Err(EpisodesError::Missing { name }) };
        if array.shape != shape {
            return Err(EpisodesError::Shape { name, found: array.shape.clone(), expected: shape.to_vec() });
        }
        let numbers = array.values.wide();
        if numbers.iter().all(|number| number.is_finite()) {
            Ok(numbers)
        } else {
            Err(EpisodesError::NotFinite { name })
        }
    }
}

/// Which rows of a state of bodies the arrays of a record hold.
fn body_parts(task: &BodyEnvironment) -> Vec<Part> {
    let (layout, bodies) = (task.layout(), task.layout().bodies());
    let part = |name, width: usize, first: &dyn Fn(usize) -> usize, follows| Part {
        name,
        shape: vec![bodies, width],
        rows: (0..bodies).flat_map(|body| first(body)..first(body) + width).collect(),
        follows,
    };
    vec![
        part("pos", 3, &|body| layout.position(body), false),
        part("rot", 4, &|body| layout.rotation(body), false),
        part("vel", 3, &|body| layout.velocity(body), false),
        part("ang", 3, &|body| layout.angular(body), false),
        part("contact_vel", 3, &|body| layout.pushed(body), true),
        part("contact_ang", 3, &|body| layout.twisted(body), true),
    ]
}

fn scatter(numbers: &[f32], block: &mut [f32], lane: usize) {
    block.chunks_exact_mut(LANES).zip(numbers).for_each(|(row, &number)| row[lane] = number);
}

fn gather(block: &[f32], lane: usize) -> Vec<f32> {
    block.chunks_exact(LANES).map(|row| row[lane]).collect()
}

/// The largest difference, relative to the largest number expected; infinite where something is no number.
fn error(found: &[f64], expected: &[f64]) -> f64 {
    let largest = expected.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    let worst = |worst: f64, it: f64| if it.is_nan() { f64::INFINITY } else { worst.max(it) };
    let difference = differences.fold(0.0, worst);
    if largest > 0.0 { difference / largest } else { difference }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npz::Values;

    fn array(name: &str, shape: &[usize], values: &[f32]) -> Array {
        Array { name: name.into(), shape: shape.into(), values: Values::F32(values.to_vec()) }
    }

    /// Two transitions of the pendulum.
    fn arrays() -> Vec<Array> {
        vec![
            array("tr_state", &[2, 2], &[0.0, 0.0, 1.0, 0.5]),
            array("tr_action", &[2], &[0.0, 5.0]),
            array("tr_next_state", &[2, 2], &[0.0, 0.0, 1.0, 0.5]),
            array("tr_reward", &[2], &[0.0, 0.0]),
        ]
    }

    #[test]
    fn what_is_redone_has_the_names_of_the_record() {
        let episodes = Episodes::new("Pendulum-v1", arrays()).expect("a task");
        assert_eq!(episodes.prefixes(), ["tr"]);
        let redone = episodes.replay("tr", Mode::OneStep).expect("two steps");
        let names: Vec<&str> = redone.iter().map(|redone| redone.array.name.as_str()).collect();
        assert_eq!(names, ["tr_next_state", "tr_reward"]);
        let Values::F32(states) = &redone[0].array.values else { panic!("as recorded") };
        assert_eq!(states[..2], [0.0, 0.0], "it stands on its top");
        assert!(states[3] > 0.5 + 0.05 * (15.0 * 0.84 + 6.0) && redone[0].error > 0.0);
    }

    #[test]
    fn what_is_wrong_with_a_trace_is_said() {
        let said = |task: &str, change: &dyn Fn(&mut Vec<Array>)| {
            let mut arrays = arrays();
            change(&mut arrays);
            let replayed = Episodes::new(task, arrays).and_then(|it| it.replay("tr", Mode::FreeRun));
            replayed.expect_err("the change is for the worse").to_string()
        };
        assert!(
            said("Pendlum", &|_| ()).starts_with("there is no control task `Pendlum`; there are Acrobot-v1")
        );
        assert_eq!(
            said("Pendulum-v1", &|it| _ = it.remove(1)),
            "the trace has no run `tr`, nor any other run of this task"
        );
        assert_eq!(
            said("Pendulum-v1", &|it| it[0].shape = vec![4]),
            "array `tr_state` of the trace has shape [4]; expected [2, 2]"
        );
        assert_eq!(said("Pendulum-v1", &|it| _ = it.remove(0)), "the trace has no array `tr_state`");
        let poison = |it: &mut Vec<Array>| it[1].values = Values::F32(vec![f32::NAN, 0.0]);
        assert_eq!(
            said("Pendulum-v1", &poison),
            "array `tr_action` of the trace has a number that is not finite"
        );
        let wide = |it: &mut Vec<Array>| {
            it[0] = array("tr_state", &[2, 4], &[0.0; 8]);
            it[1].values = Values::F32(vec![0.0, 2.0]);
        };
        assert_eq!(
            said("CartPole-v1", &wide),
            "array `tr_action` of the trace has an action in step 1 that is none of 0 to 1"
        );
    }
}
