//! Gather gold, keep away from enemies: `Asterix-MinAtar` (Young and Tian 2019, as in gymnax 0.0.6).
//!
//! Eight lanes, and in each at most one thing that moves to a side: gold or an enemy. Oddities of the source that are
//! kept: the first lane of a random order is never tried for a new thing; where all others are full, what is in the
//! last of them vanishes; things stop for ever where their speed would go below one.
//!
//! # Observations
//!
//! The trail is where things come from.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 99 | `player in row 0, column 0` to `player in row 9, column 9` | 0 or 1 |
//! | 100 to 199 | `enemy in row 0, column 0` to `enemy in row 9, column 9` | 0 or 1 |
//! | 200 to 299 | `trail in row 0, column 0` to `trail in row 9, column 9` | 0 or 1 |
//! | 300 to 399 | `gold in row 0, column 0` to `gold in row 9, column 9` | 0 or 1 |
//!
//! # Actions
//!
//! The outer rows are closed.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `nothing` | nothing |
//! | 1 to 4 | `left` to `down` | one cell |
//!
//! # Reward
//!
//! 1 for every gold touched. Things come and move faster every 102 steps.
//!
//! # End
//!
//! At an enemy.
//!
//! # Start
//!
//! The player in the middle, and nothing else.

use numerics::random::Stream;

use super::fields::{Bounds, Visitor};
use super::{Draw, Game, LAST, Screen};

/// Steps between two changes of speed.
const RAMP: i32 = 100;

#[derive(Default)]
pub(super) struct Asterix {
    x: i32,
    y: i32,
    /// Counts nothing; the source has it.
    shot_timer: i32,
    spawn_speed: i32,
    spawn_timer: i32,
    move_speed: i32,
    move_timer: i32,
    ramp_timer: i32,
    ramp_index: i32,
    /// A lane each: column, row, whether it moves to the right, whether it is gold, whether it is there.
    things: [[i32; 5]; 8],
    has_ended: bool,
}

impl Asterix {
    /// Something new in a lane that chance chooses.
    fn spawn(&mut self, draw: Draw) {
        let [right, gold] = [0, 1].map(|number| i32::from(draw[number] != 0.0));
        let order = draw[2..10].iter().map(|&lane| lane.clamp(0.0, 7.0) as usize);
        let tried: Vec<usize> = order.skip(1).collect();
        let empty = tried.iter().find(|&&lane| self.things[lane][4] == 0);
        let lane = *empty.unwrap_or(&tried[6]);
        let column = if right == 1 { 0 } else { LAST };
        self.things[lane] = [column, lane as i32 + 1, right, gold, i32::from(empty.is_some())];
    }

    /// What a thing does to the player: gold is worth 1, and an enemy ends the game.
    fn touch(&mut self, lane: usize) -> i32 {
        let [x, y, _, gold, _] = self.things[lane];
        if (x, y) != (self.x, self.y) {
            return 0;
        }
        if gold == 0 {
            self.has_ended = true;
            return 0;
        }
        self.things[lane] = [0; 5];
        1
    }

    /// All things move by one cell.
    fn advance(&mut self) -> i32 {
        let mut reward = 0;
        for lane in 0..self.things.len() {
            let [x, _, right, _, there] = self.things[lane];
            let x = if right == 1 { x + 1 } else { x - 1 };
            if there == 0 || !(0..=LAST).contains(&x) {
                self.things[lane] = [0; 5];
            } else {
                self.things[lane][0] = x;
                reward += self.touch(lane);
            }
        }
        reward
    }

    fn speed_up(&mut self) {
        let can_rise = self.spawn_speed > 1 || self.move_speed > 1;
        if can_rise && self.ramp_timer >= 0 {
            self.ramp_timer -= 1;
            return;
        }
        self.ramp_timer = RAMP;
        if can_rise {
            if self.ramp_index % 2 != 0 && self.move_speed != 0 {
                self.move_speed -= 1;
            }
            if self.spawn_speed > 1 {
                self.spawn_speed -= 1;
            }
            self.ramp_index += 1;
        }
    }
}

impl Game for Asterix {
    const NAME: &'static str = "Asterix-MinAtar";
    const CHANNELS: &'static [&'static str] = &["player", "enemy", "trail", "gold"];
    const ACTIONS: &'static [&'static str] = &["nothing", "left", "up", "right", "down"];
    const DRAWN: &'static [(&'static str, usize)] = &[("draw_lr", 1), ("draw_is_gold", 1), ("draw_order", 8)];
    const BOUNDS: &'static [(&'static str, &'static [Bounds])] = &[
        ("player_x", &[Bounds::CELL]),
        ("player_y", &[Bounds::of(1, LAST - 1)]),
        ("shot_timer", &[Bounds::COUNT]),
        ("spawn_speed", &[Bounds::of(1, 10)]),
        ("spawn_timer", &[Bounds::of(0, 10)]),
        ("move_speed", &[Bounds::of(0, 5)]),
        // at full speed it counts down for ever
        ("move_timer", &[Bounds::up_to(5)]),
        ("ramp_timer", &[Bounds::of(-1, RAMP)]),
        ("ramp_index", &[Bounds::COUNT]),
        ("entities", &[Bounds::CELL, Bounds::of(0, LAST - 1), Bounds::TRUTH, Bounds::TRUTH, Bounds::TRUTH]),
        ("terminal", &[Bounds::TRUTH]),
        ("draw_lr", &[Bounds::TRUTH]),
        ("draw_is_gold", &[Bounds::TRUTH]),
        ("draw_order", &[Bounds::of(0, 7)]),
    ];

    fn start(_: Stream) -> Asterix {
        Asterix {
            x: 5,
            y: 5,
            spawn_speed: 10,
            spawn_timer: 10,
            move_speed: 5,
            move_timer: 5,
            ramp_timer: RAMP,
            ..Asterix::default()
        }
    }

    fn visit(&mut self, visitor: &mut impl Visitor) {
        visitor.number("player_x", &mut self.x);
        visitor.number("player_y", &mut self.y);
        visitor.number("shot_timer", &mut self.shot_timer);
        visitor.number("spawn_speed", &mut self.spawn_speed);
        visitor.number("spawn_timer", &mut self.spawn_timer);
        visitor.number("move_speed", &mut self.move_speed);
        visitor.number("move_timer", &mut self.move_timer);
        visitor.number("ramp_timer", &mut self.ramp_timer);
        visitor.number("ramp_index", &mut self.ramp_index);
        visitor.table("entities", &mut self.things);
        visitor.truth("terminal", &mut self.has_ended);
    }

    fn draw(stream: Stream) -> Draw {
        let mut draw = [0.0; 16];
        draw[0] = stream.below(0, 2) as f32;
        draw[1] = if stream.below(1, 3) == 0 { 1.0 } else { 0.0 };
        for (lane, number) in draw[2..10].iter_mut().enumerate() {
            *number = lane as f32;
        }
        stream.child(0).shuffle(&mut draw[2..10]);
        draw
    }

    fn play(&mut self, action: i32, draw: &mut dyn FnMut() -> Draw) -> i32 {
        if self.spawn_timer == 0 {
            self.spawn(draw());
            self.spawn_timer = self.spawn_speed;
        }
        match action {
            1 => self.x = (self.x - 1).max(0),
            2 => self.y = (self.y - 1).max(1),
            3 => self.x = (self.x + 1).min(LAST),
            4 => self.y = (self.y + 1).min(LAST - 1),
            _ => {}
        }
        let mut reward = 0;
        for lane in 0..self.things.len() {
            if self.things[lane][4] != 0 {
                reward += self.touch(lane);
            }
        }
        if self.move_timer == 0 {
            self.move_timer = self.move_speed;
            reward += self.advance();
        }
        self.spawn_timer -= 1;
        self.move_timer -= 1;
        self.speed_up();
        reward
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn show(&self, screen: &mut Screen<'_>) {
        screen.put(0, self.y, self.x);
        for &[x, y, right, gold, there] in &self.things {
            if there != 0 {
                screen.put(if gold == 1 { 3 } else { 1 }, y, x);
                screen.put(2, y, if right == 1 { x - 1 } else { x + 1 });
            }
        }
    }
}
