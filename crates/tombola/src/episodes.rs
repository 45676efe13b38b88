//! Recorded episodes of control tasks (Brax, gymnax, MinAtar), done again.
//!
//! A trace holds runs, each under a prefix: the state at the start (`rand0_init_pos`, or `traj0_init_state`), the actions
//! of each step, and what came of it: states, observations, rewards, ends. Loose transitions have the prefix `tr`; those
//! of games have none (`state_ball_y`, `action`, `next_ball_y`), and lie in the order of play. Two ways to redo a run:
//!
//! - *one step*: every step starts from the recorded state before it, so errors do not add up;
//! - *free run*: only the first state, the actions and what chance decided are taken; of games the first of each episode.
//!
//! What was redone has the names and shapes of the record, and an error is the largest difference relative to the largest
//! number of the array.

use std::fmt;

use numerics::{Isa, LANES};
use tasks::control::{Actions, BodyEnvironment, Draw, Environment, Outcome, named};

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
    /// Each row holds the cells of the last axis, a bit each.
    is_map: bool,
    /// Read from a step, and no part of what the next begins with.
    follows: bool,
}

impl Part {
    /// Its numbers in a state.
    fn read(&self, state: &[f32]) -> Vec<f64> {
        let rows = self.rows.iter().map(|&row| f64::from(state[row]));
        if !self.is_map {
            return rows.collect();
        }
        let columns = self.shape.last().copied().unwrap_or(0);
        rows.flat_map(|row| (0..columns).map(move |x| f64::from(row as u32 >> x & 1))).collect()
    }

    /// Puts its numbers into a state.
    fn write(&self, numbers: &[f64], state: &mut [f32]) {
        for (&row, numbers) in self.rows.iter().zip(numbers.chunks(numbers.len() / self.rows.len().max(1))) {
            let bits = || numbers.iter().rev().fold(0, |bits, &cell| bits << 1 | u32::from(cell != 0.0));
            state[row] = if self.is_map { bits() as f32 } else { numbers[0] as f32 };
        }
    }
}

/// How the arrays of one run are called.
struct Names {
    /// Before the parts of states before steps, and of what follows; before all else.
    before: String,
    after: String,
    all: String,
    /// Transitions, not one run.
    is_loose: bool,
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
            EpisodesError::Prefix { found, known } if known.iter().any(String::is_empty) => {
                write!(f, "the trace has no run `{found}`; its arrays have no prefix, so name none")
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
        let mut first = 0;
        let parts = task.fields().into_iter().map(|field| {
            let rows = first..first + field.rows();
            first = rows.end;
            Part {
                name: field.name,
                shape: field.shape,
                rows: rows.collect(),
                is_map: field.is_map,
                follows: false,
            }
        });
        let parts = parts.collect();
        Ok(Episodes { task, parts, arrays })
    }

    /// The prefixes of all runs; empty where arrays have none.
    pub fn prefixes(&self) -> Vec<String> {
        let run = |name: &str| {
            let name = name.strip_suffix("actions").or(name.strip_suffix("action"))?;
            (name.is_empty()).then_some(name).or(name.strip_suffix('_')).map(str::to_owned)
        };
        self.arrays.iter().filter_map(|array| run(&array.name)).collect()
    }

    fn names(&self, prefix: &str) -> Names {
        if prefix.is_empty() {
            let [before, after] = ["state_", "next_"].map(str::to_owned);
            return Names { before, after, all: String::new(), is_loose: true };
        }
        let before = format!("{prefix}_");
        let is_loose = self.array(&format!("{before}init_{}", self.parts[0].name)).is_none();
        let after = if is_loose { format!("{prefix}_next_") } else { before.clone() };
        Names { all: before.clone(), before, after, is_loose }
    }

    /// Does a run again.
    pub fn replay(&self, prefix: &str, mode: Mode) -> Result<Vec<Redone>, EpisodesError> {
        let known = self.prefixes();
        if !known.iter().any(|known| known == prefix) {
            return Err(EpisodesError::Prefix { found: prefix.to_owned(), known });
        }
        let names = self.names(prefix);
        let actions = self.actions(&names)?;
        let before = self.states(&names, actions.len())?;
        let draws = self.draws(&names, actions.len())?;
        let begins = self.begins(&names, actions.len())?;
        let redone = if mode == Mode::OneStep {
            self.step(&before, &actions, &draws)
        } else {
            let mut all: Vec<After> = Vec::new();
            for (step, action) in actions.iter().enumerate() {
                let state = if begins[step] { before[step].clone() } else { all[step - 1].state.clone() };
                let draws = draws.get(step..=step).unwrap_or_default();
                all.extend(self.step(&[state], std::slice::from_ref(action), draws));
            }
            all
        };
        self.compare(&names, &redone)
    }

    /// What was redone beside what was recorded of it.
    fn compare(&self, names: &Names, redone: &[After]) -> Result<Vec<Redone>, EpisodesError> {
        let Names { after, all: run, .. } = names;
        let mut all = Vec::new();
        let mut add = |name: String, shape: &[usize], numbers: Vec<f64>| {
            let shape = [&[redone.len()], shape].concat();
            if let Some(record) = self.array(&name) {
                let expected = self.numbers(&name, &shape)?;
                let error = error(&numbers, &expected);
                let values = record.values.like(&numbers);
                all.push(Redone { array: Array { name, shape, values }, error });
            }
            Ok(())
        };
        let times = self.times(names, redone.len())?;
        let is_late = |step: usize| times.as_ref().is_some_and(|times| times[step] >= HORIZON);
        let ends = redone.iter().enumerate().map(|(step, after)| f64::from(after.done || is_late(step)));
        let ends: Vec<f64> = ends.collect();
        for part in &self.parts {
            // where time is recorded, an episode that ran out of it has ended too
            let numbers = match part.name {
                "terminal" => ends.clone(),
                _ => redone.iter().flat_map(|after| part.read(&after.state)).collect(),
            };
            add(format!("{after}{}", part.name), &part.shape, numbers)?;
        }
        let (seen, shape) = self.seen(redone);
        add(format!("{after}obs"), &shape, seen)?;
        add(format!("{run}reward"), &[], redone.iter().map(|after| after.reward.into()).collect())?;
        add(format!("{run}done"), &[], ends)?;
        let times = times.unwrap_or_default().into_iter().map(|time| time as f64).collect::<Vec<_>>();
        if times.len() == redone.len() {
            add(format!("{after}time"), &[], times)?;
        }
        Ok(all)
    }

    /// Observations and their shape; records have the channels of an image last.
    fn seen(&self, redone: &[After]) -> (Vec<f64>, Vec<usize>) {
        let [channels, height, width] =
            self.task.image().unwrap_or([1, 1, self.task.observation_names().len()]);
        let cells =
            (0..height * width).flat_map(|cell| (0..channels).map(move |c| c * height * width + cell));
        let order: Vec<usize> = cells.collect();
        let seen = redone.iter().flat_map(|after| order.iter().map(|&at| f64::from(after.observation[at])));
        let shape = if channels * height > 1 { vec![height, width, channels] } else { vec![width] };
        (seen.collect(), shape)
    }

    /// Steps of the episode after each step, where they are known.
    fn times(&self, names: &Names, steps: usize) -> Result<Option<Vec<usize>>, EpisodesError> {
        let name = format!("{}time", names.before);
        if !names.is_loose {
            return Ok(Some((1..=steps).collect()));
        }
        if self.array(&name).is_none() {
            return Ok(None);
        }
        let begun = self.numbers(&name, &[steps])?;
        Ok(Some(begun.into_iter().map(|time| (time.max(0.0) as usize).saturating_add(1)).collect()))
    }

    /// Which steps of a free run begin with the recorded state: of loose transitions all, as they have no order.
    fn begins(&self, names: &Names, steps: usize) -> Result<Vec<bool>, EpisodesError> {
        let name = "first_step_of_episode";
        if names.all.is_empty() && self.array(name).is_some() {
            let firsts = self.numbers(name, &[steps])?;
            return Ok(firsts.iter().enumerate().map(|(step, &first)| step == 0 || first != 0.0).collect());
        }
        Ok((0..steps).map(|step| step == 0 || names.is_loose).collect())
    }

    /// The states before each step.
    fn states(&self, names: &Names, steps: usize) -> Result<Vec<Vec<f32>>, EpisodesError> {
        let mut states = vec![vec![0.0; self.task.rows()]; steps];
        for part in self.parts.iter().filter(|part| !part.follows) {
            let name = format!("{}{}", names.before, part.name);
            let mut numbers = self.numbers(&name, &[&[steps], &part.shape[..]].concat())?;
            let width = part.shape.iter().product::<usize>();
            if !names.is_loose {
                // the state before the first step is the start, and that after the last begins nothing
                numbers.truncate(width * steps.saturating_sub(1));
                let start = self.numbers(&format!("{}init_{}", names.before, part.name), &part.shape)?;
                numbers.splice(0..0, start);
            }
            for (state, numbers) in states.iter_mut().zip(numbers.chunks_exact(width)) {
                part.write(numbers, state);
            }
        }
        Ok(states)
    }

    fn actions(&self, names: &Names) -> Result<Vec<Vec<f32>>, EpisodesError> {
        let (plural, single) = (format!("{}actions", names.all), format!("{}action", names.all));
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

    /// What chance decided in each step, of runs that have it; a game cannot be played without.
    fn draws(&self, names: &Names, steps: usize) -> Result<Vec<Draw>, EpisodesError> {
        let drawn = self.task.drawn();
        let is_game = names.all.is_empty();
        if !is_game && drawn.iter().any(|(name, _)| self.array(&format!("{}{name}", names.all)).is_none()) {
            return Ok(Vec::new());
        }
        let (mut draws, mut first): (Vec<Draw>, usize) = (vec![[0.0; 16]; steps], 0);
        for &(name, width) in drawn {
            let shape = if width == 1 { vec![steps] } else { vec![steps, width] };
            let numbers = self.numbers(&format!("{}{name}", names.all), &shape)?;
            for (draw, numbers) in draws.iter_mut().zip(numbers.chunks_exact(width)) {
                draw[first..].iter_mut().zip(numbers).for_each(|(to, &number)| *to = number as f32);
            }
            first += width;
        }
        if is_game && self.array("num_draws").is_some() {
            // Seaquest's are in the order in which they were asked for: where there are two, both are a diver's
            let counts = self.numbers("num_draws", &[steps])?;
            let divers = draws.iter_mut().zip(counts).filter(|(_, count)| *count == 2.0);
            divers.for_each(|(draw, _)| draw[..5].rotate_right(3));
        }
        Ok(draws)
    }

    /// One step of each state: a state a lane.
    fn step(&self, states: &[Vec<f32>], actions: &[Vec<f32>], draws: &[Draw]) -> Vec<After> {
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
            let mut drawn = |lane: usize| draws.get(first + lane).copied().unwrap_or_default();
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
        is_map: false,
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
