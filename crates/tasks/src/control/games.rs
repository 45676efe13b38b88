//! What the games share: a step of sixteen copies one after the other, and what is seen of them.
//!
//! ```text
//! read       the numbers of a copy become a game
//! play       the game's rules, in whole numbers
//! write      the game becomes numbers again
//! show       what is where, a channel a kind of thing
//! ```
//!
//! A game is branches, not arithmetic, so lanes are no vectors here. What chance decides comes from outside, as everywhere.
//!
//! # Invariants
//!
//! - **A game that has ended stays as it is,** pays nothing, and has ended again.
//! - **Any numbers are a state:** cells that are none are neither seen nor hit, so a damaged record is no panic.
//! - **Absent:** the limit of 500 steps, which belongs to whoever counts them.

mod asterix;
mod breakout;
mod fields;
mod freeway;
mod seaquest;
mod space_invaders;

use std::marker::PhantomData;

use numerics::LANES;
use numerics::random::Stream;

pub use self::fields::{Bounds, Field, NOTHING};
use self::fields::{Map, Names, Reader, Visitor, Writer};
use super::{Actions, Draw, Draws, Environment, Outcome};

/// Rows and columns of every game.
const SIDE: usize = 10;

/// The last row and column.
const LAST: i32 = SIDE as i32 - 1;

/// What one game is, and the state of one copy of it: a file each.
trait Game: Default {
    /// The name in commands and files.
    const NAME: &'static str;

    /// What is seen, a kind of thing a channel.
    const CHANNELS: &'static [&'static str];

    /// What each action does, in order.
    const ACTIONS: &'static [&'static str];

    /// What the numbers of a draw are, in order.
    const DRAWN: &'static [(&'static str, usize)] = &[];

    /// What the numbers of fields and draws can be, column by column; any others can be any.
    const BOUNDS: &'static [(&'static str, &'static [Bounds])];

    /// The start of an episode.
    fn start(stream: Stream) -> Self;

    /// Goes through all numbers of the state, in order.
    fn visit(&mut self, visitor: &mut impl Visitor);

    /// What chance brings in one step.
    fn draw(_stream: Stream) -> Draw {
        [0.0; 16]
    }

    /// One step by the rules, and what it was worth.
    fn play(&mut self, action: i32, draw: &mut dyn FnMut() -> Draw) -> i32;

    /// Whether the game is over.
    fn has_ended(&self) -> bool;

    /// Shows what is where.
    fn show(&self, screen: &mut Screen<'_>);
}

/// What a copy sees: cells of a block, all empty at first.
struct Screen<'a> {
    observation: &'a mut [f32],
    lane: usize,
}

impl Screen<'_> {
    /// Something in a cell; nothing where there is no such cell or channel.
    fn put(&mut self, channel: i32, y: i32, x: i32) {
        if (0..=LAST).contains(&y) && (0..=LAST).contains(&x) && channel >= 0 {
            let row = (channel as usize * SIDE + y as usize) * SIDE + x as usize;
            if let Some(cell) = self.observation.get_mut(row * LANES + self.lane) {
                *cell = 1.0;
            }
        }
    }

    fn map(&mut self, channel: i32, map: &Map) {
        for (y, x) in map.cells() {
            self.put(channel, y, x);
        }
    }
}

/// A game as a task.
struct GameEnvironment<G> {
    rows: usize,
    game: PhantomData<fn() -> G>,
}

/// The game of a name.
pub(super) fn named(name: &str) -> Option<Box<dyn Environment>> {
    fn of<G: Game + 'static>() -> Box<dyn Environment> {
        let rows = fields_of::<G>().iter().map(Field::rows).sum();
        Box::new(GameEnvironment::<G> { rows, game: PhantomData })
    }
    Some(match name {
        asterix::Asterix::NAME => of::<asterix::Asterix>(),
        breakout::Breakout::NAME => of::<breakout::Breakout>(),
        freeway::Freeway::NAME => of::<freeway::Freeway>(),
        seaquest::Seaquest::NAME => of::<seaquest::Seaquest>(),
        space_invaders::SpaceInvaders::NAME => of::<space_invaders::SpaceInvaders>(),
        _ => return None,
    })
}

fn fields_of<G: Game>() -> Vec<Field> {
    let mut names = Names::default();
    G::default().visit(&mut names);
    names.0
}

/// Numbers of a draw beyond this are none that a game draws.
const LARGEST_DRAWN: f32 = 1000.0;

impl<G: Game> GameEnvironment<G> {
    fn read(block: &[f32], lane: usize) -> G {
        let mut game = G::default();
        game.visit(&mut Reader::new(block, lane));
        game
    }
}

impl<G: Game> Environment for GameEnvironment<G> {
    fn name(&self) -> &'static str {
        G::NAME
    }

    fn observation_names(&self) -> Vec<String> {
        let cells = |channel| (0..SIDE * SIDE).map(move |cell| (channel, cell / SIDE, cell % SIDE));
        let all = G::CHANNELS.iter().flat_map(cells);
        all.map(|(channel, row, column)| format!("{channel} in row {row}, column {column}")).collect()
    }

    fn action_names(&self) -> Vec<String> {
        G::ACTIONS.iter().map(|&name| name.to_owned()).collect()
    }

    fn actions(&self) -> Actions {
        Actions::OneOf(G::ACTIONS.len())
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn start(&self, stream: Stream) -> Vec<f32> {
        let mut block = vec![0.0; self.rows() * LANES];
        G::start(stream).visit(&mut Writer::new(&mut block, 0));
        block.chunks_exact(LANES).map(|row| row[0]).collect()
    }

    fn draw(&self, stream: Stream) -> Draw {
        G::draw(stream)
    }

    fn drawn(&self) -> &'static [(&'static str, usize)] {
        G::DRAWN
    }

    fn fields(&self) -> Vec<Field> {
        fields_of::<G>()
    }

    fn bounds(&self, name: &str) -> &'static [Bounds] {
        G::BOUNDS.iter().find(|(known, _)| *known == name).map_or(&[], |(_, bounds)| bounds)
    }

    fn image(&self) -> Option<[usize; 3]> {
        Some([G::CHANNELS.len(), SIDE, SIDE])
    }

    fn look(&self, block: &[f32], observation: &mut [f32]) {
        observation.fill(0.0);
        for lane in 0..LANES {
            Self::read(block, lane).show(&mut Screen { observation, lane });
        }
    }

    fn step(
        &self,
        block: &mut [f32],
        actions: &[f32],
        draws: Draws<'_>,
        observation: &mut [f32],
        outcome: &mut Outcome,
    ) {
        observation.fill(0.0);
        for (lane, &action) in actions[..LANES].iter().enumerate() {
            let mut game = Self::read(block, lane);
            let mut reward = 0;
            if !game.has_ended() {
                let drawn = |number: f32| number.clamp(-LARGEST_DRAWN, LARGEST_DRAWN);
                reward = game.play(action as i32, &mut || draws(lane).map(drawn));
                game.visit(&mut Writer::new(block, lane));
            }
            outcome.reward[lane] = reward as f32;
            outcome.done[lane] = game.has_ended();
            game.show(&mut Screen { observation, lane });
        }
    }
}

#[cfg(test)]
mod tests;
