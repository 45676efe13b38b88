//! Steps of a task from states of a record: sixteen at a time in lanes, or one by one in double precision.

use numerics::{Isa, LANES};
use tasks::control::naive::Twin;
use tasks::control::{BodyEnvironment, Draw, Environment, Outcome, named};

use super::Precision;

/// Numbers of a state that one array of a record holds.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// Without steps.
    pub(super) shape: Vec<usize>,
    /// Which rows of a state its numbers are.
    rows: Vec<usize>,
    /// Each row holds the cells of the last axis, a bit each.
    pub(super) is_map: bool,
    /// Entries, and nothing behind the last.
    pub(super) is_list: bool,
    /// Read from a step, and no part of what the next begins with.
    pub(super) follows: bool,
    /// Rotations, four numbers each.
    pub(super) turns: bool,
}

impl Part {
    /// How many numbers it has.
    pub(super) fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// Adds its numbers of a state to a list.
    pub(super) fn read(&self, state: &[f64], numbers: &mut Vec<f64>) {
        let rows = self.rows.iter().map(|&row| state[row]);
        if self.is_map {
            let columns = self.shape.last().copied().unwrap_or(0);
            numbers.extend(rows.flat_map(|row| (0..columns).map(move |x| f64::from(row as u32 >> x & 1))));
        } else {
            numbers.extend(rows);
        }
    }

    /// Puts its numbers into a state.
    pub(super) fn write(&self, number: impl Fn(usize) -> f64, state: &mut [f64]) {
        let each = self.width() / self.rows.len().max(1);
        for (index, &row) in self.rows.iter().enumerate() {
            let bit = |bits: u32, column: usize| bits << 1 | u32::from(number(index * each + column) != 0.0);
            state[row] = if self.is_map { (0..each).rev().fold(0, bit).into() } else { number(index) };
        }
    }
}

/// What came of one step of one copy.
pub(super) struct After {
    pub(super) state: Vec<f64>,
    pub(super) observation: Vec<f64>,
    pub(super) reward: f64,
    pub(super) done: bool,
}

/// A task, ready to be stepped.
pub(super) struct World {
    pub(super) task: Box<dyn Environment>,
    /// Its twin in double precision; games are exact in any.
    twin: Option<Twin>,
    pub(super) parts: Vec<Part>,
    /// Numbers of an observation.
    seen: usize,
}

impl World {
    pub(super) fn named(name: &str) -> Option<World> {
        let isa = Isa::detected();
        let twin = Twin::named(name);
        let (task, parts): (Box<dyn Environment>, _) = match BodyEnvironment::named(name, isa) {
            Some(bodies) => {
                let parts = body_parts(&bodies);
                (Box::new(bodies), parts)
            }
            None => {
                let task = named(name, isa)?;
                let parts = field_parts(&*task);
                (task, parts)
            }
        };
        let seen = task.observation_names().len();
        Some(World { task, twin, parts, seen })
    }

    /// Whether the numbers of states are whole.
    pub(super) fn is_game(&self) -> bool {
        self.twin.is_none()
    }

    /// Of an observation in records, which have the channels of an image last; and the place of each number.
    pub(super) fn sight(&self) -> (Vec<usize>, Vec<usize>) {
        let Some([channels, height, width]) = self.task.image() else {
            return (vec![self.seen], (0..self.seen).collect());
        };
        let cells = height * width;
        let places = (0..cells).flat_map(|cell| (0..channels).map(move |channel| channel * cells + cell));
        (vec![height, width, channels], places.collect())
    }

    /// What is seen in a state that begins an episode.
    pub(super) fn look(&self, precision: Precision, state: &[f64]) -> Vec<f64> {
        if let Some(twin) = self.twin.as_ref().filter(|_| precision == Precision::Double) {
            return twin.look(state);
        }
        let state: Vec<f32> = state.iter().map(|&number| number as f32).collect();
        let block: Vec<f32> = self.task.sensed(&state).iter().flat_map(|&row| [row; LANES]).collect();
        let mut sight = vec![0.0; self.seen * LANES];
        self.task.look(&block, &mut sight);
        gather(&sight, 0)
    }

    /// One step of at most sixteen states; `draw` says what chance brings which of them, and is asked where it matters.
    pub(super) fn step(
        &self,
        precision: Precision,
        states: &[Vec<f64>],
        actions: &[Vec<f64>],
        draw: &mut dyn FnMut(usize) -> [f64; 16],
    ) -> Vec<After> {
        match &self.twin {
            Some(twin) if precision == Precision::Double => {
                let copies = states.iter().zip(actions).enumerate();
                let step = |(copy, (state, actions)): (usize, (&Vec<f64>, &Vec<f64>))| {
                    let mut state = state.clone();
                    let mut target = || {
                        let [x, y, z, ..] = draw(copy);
                        [x, y, z]
                    };
                    let seen = twin.step(&mut state, actions, &mut target);
                    After { state, observation: seen.observation, reward: seen.reward, done: seen.done }
                };
                copies.map(step).collect()
            }
            _ => self.step_lanes(states, actions, draw),
        }
    }

    fn step_lanes(
        &self,
        states: &[Vec<f64>],
        actions: &[Vec<f64>],
        draw: &mut dyn FnMut(usize) -> [f64; 16],
    ) -> Vec<After> {
        let (mut block, mut input) =
            (vec![0.0; self.task.rows() * LANES], vec![0.0; self.task.actions().rows() * LANES]);
        // lanes that are left over do what the first does
        let copy_of = |lane: usize| if lane < states.len() { lane } else { 0 };
        for lane in 0..LANES {
            scatter(&states[copy_of(lane)], &mut block, lane);
            scatter(&actions[copy_of(lane)], &mut input, lane);
        }
        let (mut sight, mut outcome) = (vec![0.0; self.seen * LANES], Outcome::NONE);
        let mut drawn = |lane: usize| -> Draw { draw(copy_of(lane)).map(|number| number as f32) };
        self.task.step(&mut block, &input, &mut drawn, &mut sight, &mut outcome);
        let after = |lane: usize| After {
            state: gather(&block, lane),
            observation: gather(&sight, lane),
            reward: outcome.reward[lane].into(),
            done: outcome.done[lane],
        };
        (0..states.len()).map(after).collect()
    }
}

fn field_parts(task: &dyn Environment) -> Vec<Part> {
    let mut first = 0;
    let part = |field: tasks::control::Field| {
        let rows = first..first + field.rows();
        first = rows.end;
        Part {
            name: field.name,
            shape: field.shape,
            rows: rows.collect(),
            is_map: field.is_map,
            is_list: field.is_list,
            follows: false,
            turns: false,
        }
    };
    task.fields().into_iter().map(part).collect()
}

/// Which rows of a state of bodies the arrays of a record hold.
fn body_parts(task: &BodyEnvironment) -> Vec<Part> {
    let (layout, bodies) = (task.layout(), task.layout().bodies());
    let part = |name, width: usize, first: &dyn Fn(usize) -> usize, follows| Part {
        name,
        shape: vec![bodies, width],
        rows: (0..bodies).flat_map(|body| first(body)..first(body) + width).collect(),
        is_map: false,
        is_list: false,
        follows,
        turns: width == 4,
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

fn scatter(numbers: &[f64], block: &mut [f32], lane: usize) {
    block.chunks_exact_mut(LANES).zip(numbers).for_each(|(row, &number)| row[lane] = number as f32);
}

fn gather(block: &[f32], lane: usize) -> Vec<f64> {
    block.chunks_exact(LANES).map(|row| row[lane].into()).collect()
}
