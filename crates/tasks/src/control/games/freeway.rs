//! A chicken crosses eight lanes: `Freeway-MinAtar` (Young and Tian 2019, as in gymnax 0.0.6).
//!
//! # Observations
//!
//! How fast a car is says a mark behind it, in the channel of its speed.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 99 | `chicken in row 0, column 0` to `chicken in row 9, column 9` | 0 or 1 |
//! | 100 to 199 | `car in row 0, column 0` to `car in row 9, column 9` | 0 or 1 |
//! | 200 to 299 | `speed 1 in row 0, column 0` to `speed 1 in row 9, column 9` | 0 or 1 |
//! | 300 to 399 | `speed 2 in row 0, column 0` to `speed 2 in row 9, column 9` | 0 or 1 |
//! | 400 to 499 | `speed 3 in row 0, column 0` to `speed 3 in row 9, column 9` | 0 or 1 |
//! | 500 to 599 | `speed 4 in row 0, column 0` to `speed 4 in row 9, column 9` | 0 or 1 |
//! | 600 to 699 | `speed 5 in row 0, column 0` to `speed 5 in row 9, column 9` | 0 or 1 |
//!
//! # Actions
//!
//! One move every four steps.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `nothing` | nothing |
//! | 1 to 2 | `up` to `down` | one cell |
//!
//! # Reward
//!
//! 1 for every crossing; then the chicken begins below again, and all cars get new speeds. A car throws it back.
//!
//! # End
//!
//! Never.
//!
//! # Start
//!
//! The chicken below, the cars at the left edge with speeds that are drawn.

use numerics::random::Stream;

use super::fields::{Bounds, Visitor};
use super::{Draw, Game, LAST, SIDE, Screen};

/// Steps from one move of the chicken to the next.
const REST: i32 = 3;
/// The chicken's column.
const COLUMN: i32 = 4;
/// The slowest car moves in every step but so many.
const SLOWEST: u64 = 5;

#[derive(Default)]
pub(super) struct Freeway {
    /// Of the chicken.
    row: i32,
    /// A lane each: column, row, steps until it moves, and steps between its moves, negative to the left.
    cars: [[i32; 4]; 8],
    move_timer: i32,
    has_ended: bool,
}

/// New speeds, and as many directions behind them.
fn speeds(stream: Stream) -> Draw {
    let mut draw = [0.0; 16];
    for lane in 0..8 {
        draw[lane] = 1.0 + stream.below(lane as u64, SLOWEST) as f32;
        draw[8 + lane] = if stream.below(8 + lane as u64, 2) == 0 { 1.0 } else { -1.0 };
    }
    draw
}

impl Freeway {
    fn set_speeds(&mut self, draw: Draw) {
        for (lane, car) in self.cars.iter_mut().enumerate() {
            car[2] = draw[lane] as i32;
            car[3] = draw[lane] as i32 * draw[8 + lane] as i32;
        }
    }
}

impl Game for Freeway {
    const NAME: &'static str = "Freeway-MinAtar";
    const CHANNELS: &'static [&'static str] =
        &["chicken", "car", "speed 1", "speed 2", "speed 3", "speed 4", "speed 5"];
    const ACTIONS: &'static [&'static str] = &["nothing", "up", "down"];
    const DRAWN: &'static [(&'static str, usize)] = &[("draw_speed", 8), ("draw_direction", 8)];
    const BOUNDS: &'static [(&'static str, &'static [Bounds])] = &[
        ("pos", &[Bounds::CELL]),
        ("cars", &[Bounds::CELL, Bounds::of(1, LAST - 1), Bounds::of(0, 5), Bounds::of(-5, 5)]),
        ("move_timer", &[Bounds::of(0, REST)]),
        ("terminal", &[Bounds::TRUTH]),
        ("draw_speed", &[Bounds::of(1, 5)]),
        ("draw_direction", &[Bounds::of(-1, 1)]),
    ];

    fn start(stream: Stream) -> Freeway {
        let mut game = Freeway { row: LAST, move_timer: REST, ..Freeway::default() };
        game.cars.iter_mut().zip(1..).for_each(|(car, row)| car[1] = row);
        game.set_speeds(speeds(stream));
        game
    }

    fn visit(&mut self, visitor: &mut impl Visitor) {
        visitor.number("pos", &mut self.row);
        visitor.table("cars", &mut self.cars);
        visitor.number("move_timer", &mut self.move_timer);
        visitor.truth("terminal", &mut self.has_ended);
    }

    fn draw(stream: Stream) -> Draw {
        speeds(stream)
    }

    fn play(&mut self, action: i32, draw: &mut dyn FnMut() -> Draw) -> i32 {
        if self.move_timer == 0 && (action == 1 || action == 2) {
            self.row = if action == 1 { (self.row - 1).max(0) } else { (self.row + 1).min(LAST) };
            self.move_timer = REST;
        }
        let mut reward = 0;
        if self.row == 0 {
            reward = 1;
            self.row = LAST;
            self.set_speeds(draw());
        }
        for car in &mut self.cars {
            let [x, y, timer, speed] = car;
            let mut hit = *x == COLUMN && *y == self.row;
            if *timer == 0 {
                *timer = speed.abs();
                *x = (*x + speed.signum()).rem_euclid(SIDE as i32);
                hit |= *x == COLUMN && *y == self.row;
            } else {
                *timer -= 1;
            }
            if hit {
                self.row = LAST;
            }
        }
        self.move_timer -= i32::from(self.move_timer > 0);
        reward
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn show(&self, screen: &mut Screen<'_>) {
        screen.put(0, self.row, COLUMN);
        for &[x, y, _, speed] in &self.cars {
            screen.put(1, y, x);
            screen.put(speed.abs() + 1, y, (x - speed.signum()).rem_euclid(SIDE as i32));
        }
    }
}
