//! A paddle keeps a ball at a wall of bricks: `Breakout-MinAtar` (Young and Tian 2019, as in gymnax 0.0.6).
//!
//! The ball moves by one cell across. Of two bricks in a row it breaks the first alone: it enters the cell of the
//! second.
//!
//! # Observations
//!
//! The trail is where the ball was.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 99 | `paddle in row 0, column 0` to `paddle in row 9, column 9` | 0 or 1 |
//! | 100 to 199 | `ball in row 0, column 0` to `ball in row 9, column 9` | 0 or 1 |
//! | 200 to 299 | `trail in row 0, column 0` to `trail in row 9, column 9` | 0 or 1 |
//! | 300 to 399 | `brick in row 0, column 0` to `brick in row 9, column 9` | 0 or 1 |
//!
//! # Actions
//!
//! The paddle stays between the walls.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `nothing` | nothing |
//! | 1 to 2 | `left` to `right` | one cell |
//!
//! # Reward
//!
//! 1 for every brick broken. A wall that is gone comes back when the ball is down.
//!
//! # End
//!
//! Where the ball goes below the paddle.
//!
//! # Start
//!
//! The whole wall, and the ball at the left or the right edge.

use numerics::random::Stream;

use super::fields::{Bounds, Map, Visitor};
use super::{Draw, Game, LAST, Screen};

/// Directions of the ball: up and left, up and right, down and right, down and left.
const MOVES: [(i32, i32); 4] = [(-1, -1), (-1, 1), (1, 1), (1, -1)];
/// Each direction thrown back by a wall at the side, by one above or below, and by both.
const SIDEWAYS: [i32; 4] = [1, 0, 3, 2];
const UPRIGHT: [i32; 4] = [3, 2, 1, 0];
const BACK: [i32; 4] = [2, 3, 0, 1];

fn thrown(direction: i32, by: [i32; 4]) -> i32 {
    by[direction as usize & 3]
}

/// The whole wall.
fn wall() -> Map {
    Map::of(1..4, 0..=9)
}

#[derive(Default)]
pub(super) struct Breakout {
    y: i32,
    x: i32,
    direction: i32,
    paddle: i32,
    bricks: Map,
    /// The ball was at a brick in the step before.
    strike: bool,
    /// Where the ball was.
    last: [i32; 2],
    has_ended: bool,
}

impl Game for Breakout {
    const NAME: &'static str = "Breakout-MinAtar";
    const CHANNELS: &'static [&'static str] = &["paddle", "ball", "trail", "brick"];
    const ACTIONS: &'static [&'static str] = &["nothing", "left", "right"];
    const BOUNDS: &'static [(&'static str, &'static [Bounds])] = &[
        ("ball_y", &[Bounds::CELL]),
        ("ball_x", &[Bounds::CELL]),
        ("ball_dir", &[Bounds::of(0, 3)]),
        ("pos", &[Bounds::CELL]),
        ("brick_map", &[Bounds::TRUTH]),
        ("strike", &[Bounds::TRUTH]),
        ("last_y", &[Bounds::CELL]),
        ("last_x", &[Bounds::CELL]),
        ("terminal", &[Bounds::TRUTH]),
    ];

    fn start(stream: Stream) -> Breakout {
        let (x, direction) = if stream.below(0, 2) == 0 { (0, 2) } else { (LAST, 3) };
        Breakout { y: 3, x, direction, paddle: 4, bricks: wall(), last: [3, x], ..Breakout::default() }
    }

    fn visit(&mut self, visitor: &mut impl Visitor) {
        visitor.number("ball_y", &mut self.y);
        visitor.number("ball_x", &mut self.x);
        visitor.number("ball_dir", &mut self.direction);
        visitor.number("pos", &mut self.paddle);
        visitor.map("brick_map", &mut self.bricks);
        visitor.truth("strike", &mut self.strike);
        visitor.number("last_y", &mut self.last[0]);
        visitor.number("last_x", &mut self.last[1]);
        visitor.truth("terminal", &mut self.has_ended);
    }

    fn play(&mut self, action: i32, _: &mut dyn FnMut() -> Draw) -> i32 {
        match action {
            1 => self.paddle = (self.paddle - 1).max(0),
            2 => self.paddle = (self.paddle + 1).min(LAST),
            _ => {}
        }
        let old = [self.y, self.x];
        let (down, right) = MOVES[self.direction as usize & 3];
        let (mut y, mut x) = (self.y + down, self.x + right);
        if !(0..=LAST).contains(&x) {
            x = x.clamp(0, LAST);
            self.direction = thrown(self.direction, SIDEWAYS);
        }
        let mut reward = 0;
        let is_strike = y >= 0 && self.bricks.has(y, x);
        if y < 0 {
            y = 0;
            self.direction = thrown(self.direction, UPRIGHT);
        } else if is_strike {
            if !self.strike {
                reward = 1;
                self.bricks.take(y, x);
                y = old[0];
                self.direction = thrown(self.direction, UPRIGHT);
            }
        } else if y == LAST {
            if self.bricks.count() == 0 {
                self.bricks = wall();
            }
            if old[1] == self.paddle {
                self.direction = thrown(self.direction, UPRIGHT);
                y = old[0];
            } else if x == self.paddle {
                self.direction = thrown(self.direction, BACK);
                y = old[0];
            } else {
                self.has_ended = true;
            }
        }
        (self.strike, self.last, self.y, self.x) = (is_strike, old, y, x);
        reward
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn show(&self, screen: &mut Screen<'_>) {
        screen.put(0, LAST, self.paddle);
        screen.put(1, self.y, self.x);
        screen.put(2, self.last[0], self.last[1]);
        screen.map(3, &self.bricks);
    }
}
