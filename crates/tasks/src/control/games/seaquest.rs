//! A submarine saves divers and shoots: `Seaquest-MinAtar` (Young and Tian 2019, MinAtar 1.0.15; gymnax has none that
//! works).
//!
//! Oddities of the source that are kept: after six divers were brought up their number is -1; lists are gone through
//! backwards while they shrink, and "remove" takes the first *equal* entry; an enemy submarine that just left still
//! shoots.
//!
//! # Observations
//!
//! The trail is where things come from; the two gauges are bars below.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 99 | `front of the submarine in row 0, column 0` to `front of the submarine in row 9, column 9` | 0 or 1 |
//! | 100 to 199 | `back of the submarine in row 0, column 0` to `back of the submarine in row 9, column 9` | 0 or 1 |
//! | 200 to 299 | `bullet in row 0, column 0` to `bullet in row 9, column 9` | 0 or 1 |
//! | 300 to 399 | `trail in row 0, column 0` to `trail in row 9, column 9` | 0 or 1 |
//! | 400 to 499 | `bullet of an enemy in row 0, column 0` to `bullet of an enemy in row 9, column 9` | 0 or 1 |
//! | 500 to 599 | `fish in row 0, column 0` to `fish in row 9, column 9` | 0 or 1 |
//! | 600 to 699 | `enemy submarine in row 0, column 0` to `enemy submarine in row 9, column 9` | 0 or 1 |
//! | 700 to 799 | `gauge of air in row 0, column 0` to `gauge of air in row 9, column 9` | 0 or 1 |
//! | 800 to 899 | `gauge of divers in row 0, column 0` to `gauge of divers in row 9, column 9` | 0 or 1 |
//! | 900 to 999 | `diver in row 0, column 0` to `diver in row 9, column 9` | 0 or 1 |
//!
//! # Actions
//!
//! One shot every five steps.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `nothing` | nothing |
//! | 1 to 4 | `left` to `down` | one cell |
//! | 5 | `fire` | one bullet |
//!
//! # Reward
//!
//! 1 for everything shot, and for six divers brought up as many as there is air left, in twentieths. Every surfacing
//! makes enemies faster.
//!
//! # End
//!
//! Where the submarine is touched, has no air, or comes up without a diver.
//!
//! # Start
//!
//! The submarine up, with all its air, and nothing else.

use numerics::random::Stream;

use super::fields::{Bounds, List, Visitor};
use super::{Draw, Game, LAST, Screen};

const MOST_AIR: i32 = 200;
const MOST_DIVERS: i32 = 6;
/// Steps between two shots of the submarine, and of an enemy.
const SHOT: i32 = 5;
const ENEMY_SHOT: i32 = 10;
/// Steps between two divers, and between the moves of one.
const DIVER: i32 = 30;
const DIVER_MOVE: i32 = 5;
/// Steps between two enemies, and between the moves of one: at first, and at most speed.
const ENEMY: i32 = 20;
const ENEMY_MOVE: i32 = 5;
const FASTEST_ENEMY: i32 = 1;
const FASTEST_MOVE: i32 = 2;
/// The lowest row in which anything moves.
const LOWEST: i32 = LAST - 1;

/// Of whatever moves: column, row, whether to the right; then what its kind has.
#[derive(Default)]
pub(super) struct Seaquest {
    air: i32,
    divers_on_board: i32,
    x: i32,
    y: i32,
    faces_right: i32,
    spawn_speed: i32,
    spawn_timer: i32,
    diver_timer: i32,
    move_speed: i32,
    ramp_index: i32,
    shot_timer: i32,
    is_up: i32,
    has_ended: i32,
    bullets: List<3>,
    enemy_bullets: List<3>,
    /// Steps until the next move.
    fish: List<4>,
    /// Steps until the next move, and until the next shot.
    enemies: List<5>,
    /// Steps until the next move.
    divers: List<4>,
}

/// A number that is no number of a row counts as to the left.
fn step_of(right: i32) -> i32 {
    if right == 1 { 1 } else { -1 }
}

fn is_inside(x: i32) -> bool {
    (0..=LAST).contains(&x)
}

/// Where something that is drawn comes in.
fn entry_of(right: i32) -> i32 {
    if right == 1 { 0 } else { LAST }
}

/// The places of a list from the last to the first, as it shrinks.
struct Backwards(usize);

impl Backwards {
    fn next(&mut self, length: usize) -> Option<usize> {
        self.0 = self.0.checked_sub(1)?;
        (self.0 < length).then_some(self.0)
    }
}

impl Seaquest {
    fn is_touched(&self, x: i32, y: i32) -> bool {
        (x, y) == (self.x, self.y)
    }

    /// A fish or an enemy submarine, unless one in its row goes the other way.
    fn spawn_enemy(&mut self, draw: Draw) {
        let (right, y) = (i32::from(draw[0] < 0.5), draw[2] as i32);
        let opposes = |row: i32, other: i32| row == y && other != right;
        if self.fish.entries().iter().any(|fish| opposes(fish[1], fish[2]))
            || self.enemies.entries().iter().any(|enemy| opposes(enemy[1], enemy[2]))
        {
            return;
        }
        let x = entry_of(right);
        if draw[1] < 1.0 / 3.0 {
            self.enemies.push([x, y, right, self.move_speed, ENEMY_SHOT]);
        } else {
            self.fish.push([x, y, right, self.move_speed]);
        }
    }

    fn spawn(&mut self, draw: &mut dyn FnMut() -> Draw) {
        let (enemy, diver) = (self.spawn_timer == 0, self.diver_timer == 0);
        if !enemy && !diver {
            return;
        }
        let draw = draw();
        if enemy {
            self.spawn_enemy(draw);
            self.spawn_timer = self.spawn_speed;
        }
        if diver {
            let right = i32::from(draw[3] < 0.5);
            self.divers.push([entry_of(right), draw[4] as i32, right, DIVER_MOVE]);
            self.diver_timer = DIVER;
        }
    }

    fn act(&mut self, action: i32) {
        match action {
            1 => (self.x, self.faces_right) = ((self.x - 1).max(0), 0),
            2 => self.y = (self.y - 1).max(0),
            3 => (self.x, self.faces_right) = ((self.x + 1).min(LAST), 1),
            4 => self.y = (self.y + 1).min(LOWEST),
            5 if self.shot_timer == 0 => {
                self.bullets.push([self.x, self.y, self.faces_right]);
                self.shot_timer = SHOT;
            }
            _ => {}
        }
    }

    fn move_bullets(&mut self) -> i32 {
        let (mut reward, mut back) = (0, Backwards(self.bullets.len()));
        while let Some(at) = back.next(self.bullets.len()) {
            let bullet = self.bullets.get(at);
            bullet[0] += step_of(bullet[2]);
            let [x, y, _] = *bullet;
            if !is_inside(x) {
                self.bullets.remove_equal(at);
            } else if let Some(hit) = self.fish.first_in(x, y) {
                self.fish.remove(hit);
                self.bullets.remove_equal(at);
                reward += 1;
            } else if let Some(hit) = self.enemies.first_in(x, y) {
                self.enemies.remove(hit);
                self.bullets.remove_equal(at);
                reward += 1;
            }
        }
        reward
    }

    fn move_divers(&mut self) {
        let mut back = Backwards(self.divers.len());
        while let Some(at) = back.next(self.divers.len()) {
            let [x, y, right, rest] = *self.divers.get(at);
            let has_room = self.divers_on_board < MOST_DIVERS;
            if self.is_touched(x, y) && has_room {
                self.divers.remove_equal(at);
                self.divers_on_board += 1;
            } else if rest != 0 {
                self.divers.get(at)[3] -= 1;
            } else {
                let x = x + step_of(right);
                *self.divers.get(at) = [x, y, right, DIVER_MOVE];
                if !is_inside(x) {
                    self.divers.remove_equal(at);
                } else if self.is_touched(x, y) && has_room {
                    self.divers.remove_equal(at);
                    self.divers_on_board += 1;
                }
            }
        }
    }

    fn move_enemies(&mut self) -> i32 {
        let (mut reward, mut back) = (0, Backwards(self.enemies.len()));
        while let Some(at) = back.next(self.enemies.len()) {
            let mut enemy = *self.enemies.get(at);
            // where it is in the list, if it still is
            let mut place = Some(at);
            self.has_ended |= i32::from(self.is_touched(enemy[0], enemy[1]));
            if enemy[3] != 0 {
                enemy[3] -= 1;
            } else {
                enemy[3] = self.move_speed;
                enemy[0] += step_of(enemy[2]);
                *self.enemies.get(at) = enemy;
                let shot = self.bullets.first_in(enemy[0], enemy[1]);
                if !is_inside(enemy[0]) {
                    place = self.enemies.remove_equal(at);
                } else if self.is_touched(enemy[0], enemy[1]) {
                    self.has_ended = 1;
                } else if let Some(shot) = shot {
                    place = self.enemies.remove_equal(at);
                    self.bullets.remove(shot);
                    reward += 1;
                }
            }
            if enemy[4] == 0 {
                enemy[4] = ENEMY_SHOT;
                self.enemy_bullets.push([enemy[0], enemy[1], enemy[2]]);
            } else {
                enemy[4] -= 1;
            }
            if let Some(place) = place {
                *self.enemies.get(place) = enemy;
            }
        }
        reward
    }

    fn move_enemy_bullets(&mut self) {
        let mut back = Backwards(self.enemy_bullets.len());
        while let Some(at) = back.next(self.enemy_bullets.len()) {
            let [old, y, right] = *self.enemy_bullets.get(at);
            let x = old + step_of(right);
            self.enemy_bullets.get(at)[0] = x;
            let mut touches = self.is_touched(old, y);
            if is_inside(x) {
                touches |= self.is_touched(x, y);
            } else {
                self.enemy_bullets.remove_equal(at);
            }
            self.has_ended |= i32::from(touches);
        }
    }

    fn move_fish(&mut self) -> i32 {
        let (mut reward, mut back) = (0, Backwards(self.fish.len()));
        while let Some(at) = back.next(self.fish.len()) {
            let [old, y, right, rest] = *self.fish.get(at);
            self.has_ended |= i32::from(self.is_touched(old, y));
            if rest != 0 {
                self.fish.get(at)[3] -= 1;
                continue;
            }
            let x = old + step_of(right);
            *self.fish.get(at) = [x, y, right, self.move_speed];
            let shot = self.bullets.first_in(x, y);
            if !is_inside(x) {
                self.fish.remove_equal(at);
            } else if self.is_touched(x, y) {
                self.has_ended = 1;
            } else if let Some(shot) = shot {
                self.fish.remove_equal(at);
                self.bullets.remove(shot);
                reward += 1;
            }
        }
        reward
    }

    /// Air, and what coming up is worth.
    fn breathe(&mut self) -> i32 {
        self.has_ended |= i32::from(self.air <= 0);
        if self.y > 0 {
            (self.air, self.is_up) = (self.air - 1, 0);
            return 0;
        }
        if self.is_up != 0 {
            return 0;
        }
        if self.divers_on_board == 0 {
            self.has_ended = 1;
            return 0;
        }
        self.is_up = 1;
        let mut reward = 0;
        if self.divers_on_board == MOST_DIVERS {
            reward = (self.air * 10).div_euclid(MOST_AIR);
            self.divers_on_board = 0;
        }
        self.air = MOST_AIR;
        self.divers_on_board -= 1;
        if self.spawn_speed > FASTEST_ENEMY || self.move_speed > FASTEST_MOVE {
            self.move_speed -= i32::from(self.move_speed > FASTEST_MOVE && self.ramp_index % 2 != 0);
            self.spawn_speed -= i32::from(self.spawn_speed > FASTEST_ENEMY);
            self.ramp_index += 1;
        }
        reward
    }
}

impl Game for Seaquest {
    const NAME: &'static str = "Seaquest-MinAtar";
    const CHANNELS: &'static [&'static str] = &[
        "front of the submarine",
        "back of the submarine",
        "bullet",
        "trail",
        "bullet of an enemy",
        "fish",
        "enemy submarine",
        "gauge of air",
        "gauge of divers",
        "diver",
    ];
    const ACTIONS: &'static [&'static str] = &["nothing", "left", "up", "right", "down", "fire"];
    /// Side, kind and row of an enemy, side and row of a diver.
    const DRAWN: &'static [(&'static str, usize)] = &[("draws", 5)];
    const BOUNDS: &'static [(&'static str, &'static [Bounds])] = &[
        (
            "scalars",
            &[
                Bounds::up_to(MOST_AIR),
                // coming up with all divers takes one more than there are
                Bounds::up_to(MOST_DIVERS),
                Bounds::CELL,
                Bounds::of(0, LOWEST),
                Bounds::TRUTH,
                Bounds::of(FASTEST_ENEMY, ENEMY),
                Bounds::of(0, ENEMY),
                Bounds::of(0, DIVER),
                Bounds::of(0, ENEMY_MOVE),
                Bounds::COUNT,
                Bounds::of(0, SHOT),
                Bounds::TRUTH,
                Bounds::TRUTH,
            ],
        ),
        ("f_bullets", &[Bounds::CELL, Bounds::of(0, LOWEST), Bounds::TRUTH]),
        ("e_bullets", &[Bounds::CELL, Bounds::of(0, LOWEST), Bounds::TRUTH]),
        ("e_fish", &[Bounds::CELL, Bounds::of(0, LOWEST), Bounds::TRUTH, Bounds::of(0, ENEMY_MOVE)]),
        (
            "e_subs",
            &[
                Bounds::CELL,
                Bounds::of(0, LOWEST),
                Bounds::TRUTH,
                Bounds::of(0, ENEMY_MOVE),
                Bounds::of(0, ENEMY_SHOT),
            ],
        ),
        ("divers", &[Bounds::CELL, Bounds::of(0, LOWEST), Bounds::TRUTH, Bounds::of(0, DIVER_MOVE)]),
        // rows and shares of one; -1 where nothing was drawn
        ("draws", &[Bounds { least: Some(-1), most: Some(LOWEST), is_whole: false }]),
        ("num_draws", &[Bounds::of(0, 5)]),
    ];

    fn start(_: Stream) -> Seaquest {
        Seaquest {
            air: MOST_AIR,
            x: 5,
            spawn_speed: ENEMY,
            spawn_timer: ENEMY,
            diver_timer: DIVER,
            move_speed: ENEMY_MOVE,
            is_up: 1,
            ..Seaquest::default()
        }
    }

    fn visit(&mut self, visitor: &mut impl Visitor) {
        let scalars = [
            &mut self.air,
            &mut self.divers_on_board,
            &mut self.x,
            &mut self.y,
            &mut self.faces_right,
            &mut self.spawn_speed,
            &mut self.spawn_timer,
            &mut self.diver_timer,
            &mut self.move_speed,
            &mut self.ramp_index,
            &mut self.shot_timer,
            &mut self.is_up,
            &mut self.has_ended,
        ];
        visitor.numbers("scalars", &[scalars.len()], scalars);
        visitor.list("f_bullets", &mut self.bullets);
        visitor.list("e_bullets", &mut self.enemy_bullets);
        visitor.list("e_fish", &mut self.fish);
        visitor.list("e_subs", &mut self.enemies);
        visitor.list("divers", &mut self.divers);
    }

    fn draw(stream: Stream) -> Draw {
        let row = |element: u64| 1.0 + stream.below(element, LOWEST as u64) as f32;
        let mut draw = [0.0; 16];
        let [side, kind, diver] = [0, 1, 2].map(|element| stream.child(0).uniform(element));
        draw[..5].copy_from_slice(&[side, kind, row(0), diver, row(1)]);
        draw
    }

    fn play(&mut self, action: i32, draw: &mut dyn FnMut() -> Draw) -> i32 {
        self.spawn(draw);
        self.act(action);
        let mut reward = self.move_bullets();
        self.move_divers();
        reward += self.move_enemies();
        self.move_enemy_bullets();
        reward += self.move_fish();
        for timer in [&mut self.spawn_timer, &mut self.diver_timer, &mut self.shot_timer] {
            *timer -= i32::from(*timer > 0);
        }
        reward + self.breathe()
    }

    fn has_ended(&self) -> bool {
        self.has_ended != 0
    }

    fn show(&self, screen: &mut Screen<'_>) {
        screen.put(0, self.y, self.x);
        screen.put(1, self.y, self.x - step_of(self.faces_right));
        for x in 0..(self.air.max(0) * 10 / MOST_AIR).min(LAST + 1) {
            screen.put(7, LAST, x);
        }
        for x in (LAST - self.divers_on_board).max(0)..LAST {
            screen.put(8, LAST, x);
        }
        self.bullets.entries().iter().for_each(|bullet| screen.put(2, bullet[1], bullet[0]));
        self.enemy_bullets.entries().iter().for_each(|bullet| screen.put(4, bullet[1], bullet[0]));
        let fish = self.fish.entries().iter().map(|fish| (5, fish[0], fish[1], fish[2]));
        let enemies = self.enemies.entries().iter().map(|enemy| (6, enemy[0], enemy[1], enemy[2]));
        let divers = self.divers.entries().iter().map(|diver| (9, diver[0], diver[1], diver[2]));
        for (channel, x, y, right) in fish.chain(enemies).chain(divers) {
            screen.put(channel, y, x);
            screen.put(3, y, x - step_of(right));
        }
    }
}
