//! Control: worlds in which a network acts, sixteen copies to a block, a lane a copy.
//!
//! | file | task | bodies | observations | actions | an episode ends |
//! |---|---|---:|---:|---:|---|
//! | `ant` | a torso on four legs walks forwards | 10 | 87 | 8 | where the torso is low or high |
//! | `ant_modified` | the same with a heavier torso | 10 | 87 | 8 | likewise |
//! | `fetch` | a dog runs to a target | 13 | 101 | 10 | never |
//! | `grasp` | a hand carries a ball to a target | 16 | 132 | 19 | never |
//! | `halfcheetah` | a flat cheetah runs | 8 | 18 | 6 | never |
//! | `hopper` | a flat leg hops | 5 | 11 | 3 | where the torso is low or leans |
//! | `humanoid` | a humanoid walks | 12 | 227 | 17 | where the torso is low or high |
//! | `reacher` | an arm of two links points at a target | 4 | 11 | 2 | never |
//! | `ur5e` | an industrial arm touches targets | 8 | 66 | 6 | never |
//! | `walker2d` | two flat legs walk | 8 | 17 | 6 | where the torso is low, high, or leans |
//! | `CartPole-v1` | a cart balances a pole | | 4 | 1 of 2 | where the pole falls or the cart leaves |
//! | `Acrobot-v1` | two links swing up | | 6 | 1 of 3 | at the goal |
//! | `Pendulum-v1` | a pendulum swings up | | 3 | 1 | never |
//! | `Asterix-MinAtar` | gather gold, keep away from enemies | | 400 | 1 of 5 | at an enemy |
//! | `Breakout-MinAtar` | a paddle keeps a ball at a wall of bricks | | 400 | 1 of 3 | where the ball is lost |
//! | `Freeway-MinAtar` | a chicken crosses eight lanes | | 700 | 1 of 3 | never |
//! | `Seaquest-MinAtar` | a submarine saves divers and shoots | | 1000 | 1 of 6 | where it is hit or out of air |
//! | `SpaceInvaders-MinAtar` | a cannon shoots aliens that come down | | 600 | 1 of 4 | where it is hit or reached |
//!
//! The file of a task says what is seen and done, number by number, in tables under the same headings; tests compare them,
//! and the table here, with the code.
//!
//! Every task of bodies can be varied, by a text behind its name ([`Variation`]): `ant+mass-1.5`, `hopper+corrected`. What
//! a body does not bear is refused, and so is what it does not notice.
//!
//! **A copy whose bodies blow up is lost:** beyond the task's [`Limits`] its episode is over, what it had won is forfeit,
//! and each missing step costs the task's penalty, which is documented there. Whoever plays episodes counts it.
//!
//! Rules, rewards and starts are those of Brax 0.9, gymnax 0.0.6 and, for Seaquest, MinAtar 1.0.15, compared with recorded
//! runs, oddities included. The games (Young and Tian 2019) are played on ten by ten cells, and what is seen is an image.
//!
//! # Invariants
//!
//! - **A state is rows of numbers.** Whoever runs episodes owns the blocks; a copy is a lane of them, and can be taken out
//!   and put back in any lane of any block at any step.
//! - **A copy does not notice its neighbours,** to the bit.
//! - **An observation and its names are one piece of code,** so that they cannot differ.
//! - **Absent:** strategies, clocks. Environments do without counting of steps, scores and networks too; those are in
//!   [`rollouts`] and [`scoring`].

mod acrobot;
mod ant;
mod ant_modified;
mod arm;
mod bodies;
mod cartpole;
mod cheetah;
mod fetch;
mod games;
mod grasp;
mod hopper;
mod humanoid;
mod lanes;
mod limits;
pub mod naive;
pub mod normaliser;
mod pendulum;
mod reacher;
pub mod rollouts;
pub mod scoring;
mod sight;
mod walker2d;

use numerics::random::Stream;
use numerics::{Isa, LANES};
use physics::{Variation, VariationError};

pub use self::bodies::BodyEnvironment;
pub use self::games::{Bounds, Field, NOTHING};
pub use self::limits::Limits;

/// What actions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actions {
    /// A row of numbers for each.
    Numbers(usize),
    /// One row, of whole numbers below this.
    OneOf(usize),
}

impl Actions {
    /// How many rows of a block of actions.
    pub fn rows(self) -> usize {
        match self {
            Actions::Numbers(count) => count,
            Actions::OneOf(_) => 1,
        }
    }

    /// How many numbers a network gives for them.
    pub fn outputs(self) -> usize {
        let (Actions::Numbers(count) | Actions::OneOf(count)) = self;
        count
    }
}

/// What a step came to, for each copy of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// What the step was worth.
    pub reward: [f32; LANES],
    /// Whether the task ends the episode.
    pub done: [bool; LANES],
}

impl Outcome {
    /// Nothing yet.
    pub const NONE: Outcome = Outcome { reward: [0.0; LANES], done: [false; LANES] };
}

/// What chance brings a copy in one step: where its next target is, or what comes next in a game. Tasks say in
/// [`Environment::drawn`] what the first numbers mean; the others are 0.
pub type Draw = [f32; 16];

/// The draw of a lane in this step: asked for the lanes that need one, such as those that reach their target.
pub type Draws<'a> = &'a mut dyn FnMut(usize) -> Draw;

/// A world in which a network acts.
pub trait Environment: Send + Sync {
    /// The name in commands and files.
    fn name(&self) -> &str;

    /// What each observation is, in order.
    fn observation_names(&self) -> Vec<String>;

    /// What each action does, in order; of one action, what each of its values does.
    fn action_names(&self) -> Vec<String>;

    /// What actions are.
    fn actions(&self) -> Actions;

    /// Numbers of a copy's state: rows of a block.
    fn rows(&self) -> usize;

    /// The state of one copy at the start of an episode, drawn from a stream.
    fn start(&self, stream: Stream) -> Vec<f32>;

    /// What chance brings in one step, drawn from a stream, in tasks where it brings something.
    fn draw(&self, _stream: Stream) -> Draw {
        [0.0; 16]
    }

    /// What the numbers of a draw are, in order: the names of records, and how many of them each has.
    fn drawn(&self) -> &'static [(&'static str, usize)] {
        &[]
    }

    /// The fields of a state, in the order of its rows.
    fn fields(&self) -> Vec<Field> {
        vec![Field { name: "state", shape: vec![self.rows()], is_map: false, is_list: false }]
    }

    /// What the numbers of a field or of a draw can be, for each column of its last axis in turn; none where any will do.
    fn bounds(&self, _name: &str) -> &'static [Bounds] {
        &[]
    }

    /// Channels, rows and columns of what is seen, where it is an image: `[channel][row][column]`.
    fn image(&self) -> Option<[usize; 3]> {
        None
    }

    /// Which copies of a block are lost: their numbers are beyond the [`Limits`] of a world. Worlds without bodies have
    /// none. Asked after each step, so it is cheap.
    fn lost(&self, _block: &[f32]) -> [bool; LANES] {
        [false; LANES]
    }

    /// What the step in which a copy is lost, and each that is missing then, take off its score: more than the worst step
    /// of a world that holds together.
    fn penalty(&self) -> f64 {
        1.0
    }

    /// A state of one copy of which only the [fields](Environment::fields) of a record are known, with what follows from
    /// them: in worlds of bodies, what is read from joints and contacts.
    fn sensed(&self, state: &[f32]) -> Vec<f32> {
        state.to_vec()
    }

    /// What copies see at the start of an episode: `[observation][copy]` of a block `[row][copy]`.
    fn look(&self, block: &[f32], observation: &mut [f32]);

    /// One step of a block with actions `[action][copy]`, and what copies see after it.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    fn step(
        &self,
        block: &mut [f32],
        actions: &[f32],
        draws: Draws<'_>,
        observation: &mut [f32],
        outcome: &mut Outcome,
    );
}

/// The names of all tasks, sorted.
pub const NAMES: [&str; 18] = [
    "Acrobot-v1",
    "Asterix-MinAtar",
    "Breakout-MinAtar",
    "CartPole-v1",
    "Freeway-MinAtar",
    "Pendulum-v1",
    "Seaquest-MinAtar",
    "SpaceInvaders-MinAtar",
    "ant",
    "ant_modified",
    "fetch",
    "grasp",
    "halfcheetah",
    "hopper",
    "humanoid",
    "reacher",
    "ur5e",
    "walker2d",
];

/// The usual name of a task, from it or from a common other name of it. Tasks of bodies may have a
/// [`Variation`] behind their name: `ant+mass-1.5`.
pub fn canonical(name: &str) -> Option<String> {
    let (base, variation) = parts(name)?;
    Some(format!("{base}{variation}"))
}

/// The task in [`NAMES`] that a name is, or is a variation of.
pub fn base(name: &str) -> Option<&'static str> {
    Some(parts(name)?.0)
}

/// What is wrong with a name that begins with a control task's and then says how it is varied; none for other names.
pub fn refusal(name: &str) -> Option<String> {
    let (base, variation) = name.split_once('+')?;
    let (base, _) = parts(base)?;
    let Some(model) = physics::models::named(base) else {
        return Some(format!("`{base}` has no bodies whose mass or friction could be varied"));
    };
    match variation.parse::<Variation>() {
        Err(error) => Some(error.of_model(model.description()).to_string()),
        Ok(variation) => check(base, variation).err().map(|error| error.to_string()),
    }
}

/// The task in [`NAMES`], and how it is varied.
fn parts(name: &str) -> Option<(&'static str, Variation)> {
    let (name, variation) = name.split_once('+').map_or((name, None), |(name, text)| (name, Some(text)));
    let name = match name {
        "acrobot" => "Acrobot-v1",
        "asterix" => "Asterix-MinAtar",
        "breakout" => "Breakout-MinAtar",
        "cartpole" => "CartPole-v1",
        "freeway" => "Freeway-MinAtar",
        "pendulum" => "Pendulum-v1",
        "seaquest" => "Seaquest-MinAtar",
        "space-invaders" | "space_invaders" | "spaceinvaders" => "SpaceInvaders-MinAtar",
        "ant-modified" => "ant_modified",
        "half-cheetah" | "half_cheetah" => "halfcheetah",
        "walker" => "walker2d",
        name => name,
    };
    let name = NAMES.into_iter().find(|known| *known == name)?;
    let Some(variation) = variation else { return Some((name, Variation::NONE)) };
    let variation = variation.parse().ok()?;
    check(name, variation).ok()?;
    Some((name, variation))
}

/// Whether a task of bodies bears a variation and notices it; those without bodies bear none.
fn check(name: &str, variation: Variation) -> Result<(), VariationError> {
    let idle = |why| VariationError::Idle { model: name.to_owned(), text: "corrected".to_owned(), why };
    let model = physics::models::named(name).ok_or_else(|| idle("it has no bodies"))?;
    let description = model.description();
    variation.check(description)?;
    // velocities that grow, and what the humanoid takes for inertia
    let grows = description.velocity_damping > 0.0 || description.angular_damping > 0.0;
    if variation.corrected && !grows && name != "humanoid" {
        return Err(idle("nothing in it is known to be unphysical"));
    }
    Ok(())
}

/// The task of a name, or of a common other name of it. Instructions change no bit.
pub fn named(name: &str, isa: Isa) -> Option<Box<dyn Environment>> {
    let (base, variation) = parts(name)?;
    Some(match base {
        "Acrobot-v1" => Box::new(acrobot::Acrobot::new(isa)),
        "CartPole-v1" => Box::new(cartpole::CartPole::new(isa)),
        "Pendulum-v1" => Box::new(pendulum::Pendulum::new(isa)),
        name if name.ends_with("-MinAtar") => games::named(name)?,
        name => Box::new(BodyEnvironment::varied(name, variation, isa)?),
    })
}

/// A row of a block.
fn row(block: &[f32], row: usize) -> &[f32] {
    &block[row * LANES..][..LANES]
}

#[cfg(test)]
mod tests;
