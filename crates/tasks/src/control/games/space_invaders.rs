//! A cannon shoots aliens that come down: `SpaceInvaders-MinAtar` (Young and Tian 2019, as in gymnax 0.0.6).
//!
//! Oddities of the source that are kept: the first troop has seven columns and all others six; a bullet hits the cell
//! in which the cannon was before its move.
//!
//! # Observations
//!
//! Two channels say which way the aliens go.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 to 99 | `cannon in row 0, column 0` to `cannon in row 9, column 9` | 0 or 1 |
//! | 100 to 199 | `alien in row 0, column 0` to `alien in row 9, column 9` | 0 or 1 |
//! | 200 to 299 | `alien to the left in row 0, column 0` to `alien to the left in row 9, column 9` | 0 or 1 |
//! | 300 to 399 | `alien to the right in row 0, column 0` to `alien to the right in row 9, column 9` | 0 or 1 |
//! | 400 to 499 | `bullet in row 0, column 0` to `bullet in row 9, column 9` | 0 or 1 |
//! | 500 to 599 | `bullet of an alien in row 0, column 0` to `bullet of an alien in row 9, column 9` | 0 or 1 |
//!
//! # Actions
//!
//! One shot every five steps.
//!
//! | number | name | unit |
//! |---|---|---|
//! | 0 | `nothing` | nothing |
//! | 1 to 2 | `left` to `right` | one cell |
//! | 3 | `fire` | one bullet |
//!
//! # Reward
//!
//! 1 for every alien shot. A troop that is gone comes back, faster.
//!
//! # End
//!
//! Where a bullet or an alien reaches the cannon, or aliens would leave below.
//!
//! # Start
//!
//! Always the same: nothing here is random.

use numerics::random::Stream;

use super::fields::{Bounds, Map, Visitor};
use super::{Draw, Game, LAST, SIDE, Screen};

/// Steps between two shots of the cannon.
const SHOT: i32 = 5;
/// Steps between two shots of the aliens.
const ALIEN_SHOT: i32 = 10;
/// Steps between two moves of a full troop: at first, and at most speed.
const SLOWEST: i32 = 12;
const FASTEST: i32 = 6;

#[derive(Default)]
pub(super) struct SpaceInvaders {
    x: i32,
    bullets: Map,
    alien_bullets: Map,
    aliens: Map,
    /// -1 to the left, 1 to the right.
    direction: i32,
    interval: i32,
    alien_timer: i32,
    alien_shot_timer: i32,
    ramp_index: i32,
    shot_timer: i32,
    /// Whether troops become faster.
    ramps: bool,
    has_ended: bool,
}

/// A row moved round by one column.
fn moved(row: u16, direction: i32) -> u16 {
    let round = if direction < 0 { row >> 1 | row << (SIDE - 1) } else { row << 1 | row >> (SIDE - 1) };
    round & Map::FULL_ROW
}

impl SpaceInvaders {
    /// The aliens move to the side, or down where they are at the end of it.
    fn advance(&mut self) {
        self.alien_timer = self.aliens.count().min(self.interval);
        let column = if self.direction < 0 { 0 } else { LAST };
        if self.direction != 0 && (0..=LAST).any(|y| self.aliens.has(y, column)) {
            self.direction = -self.direction;
            self.has_ended |= self.aliens.0[SIDE - 1] != 0;
            self.aliens.0.rotate_right(1);
        } else if self.direction != 0 {
            self.aliens.0.iter_mut().for_each(|row| *row = moved(*row, self.direction));
        }
    }

    /// The lowest alien of the nearest column shoots; of two columns as near the left one.
    fn shoot_back(&mut self) {
        self.alien_shot_timer = ALIEN_SHOT;
        let lowest = |x: i32| (0..=LAST).rev().find(|&y| self.aliens.has(y, x));
        let nearest = (0..=LAST).filter(|&x| lowest(x).is_some()).min_by_key(|&x| (x - self.x).abs());
        if let Some((y, x)) = nearest.and_then(|x| Some((lowest(x)?, x))) {
            self.alien_bullets.put(y, x);
        }
    }

    /// How many aliens are shot.
    fn hits(&mut self) -> i32 {
        let before = self.aliens.count();
        for (aliens, bullets) in self.aliens.0.iter_mut().zip(&mut self.bullets.0) {
            let hit = *aliens & *bullets;
            *aliens &= !hit;
            *bullets &= !hit;
        }
        before - self.aliens.count()
    }
}

impl Game for SpaceInvaders {
    const NAME: &'static str = "SpaceInvaders-MinAtar";
    const CHANNELS: &'static [&'static str] =
        &["cannon", "alien", "alien to the left", "alien to the right", "bullet", "bullet of an alien"];
    const ACTIONS: &'static [&'static str] = &["nothing", "left", "right", "fire"];
    const BOUNDS: &'static [(&'static str, &'static [Bounds])] = &[
        ("pos", &[Bounds::CELL]),
        ("f_bullet_map", &[Bounds::TRUTH]),
        ("e_bullet_map", &[Bounds::TRUTH]),
        ("alien_map", &[Bounds::TRUTH]),
        ("alien_dir", &[Bounds::of(-1, 1)]),
        ("enemy_move_interval", &[Bounds::of(0, SLOWEST)]),
        // a troop that was shot down while its timer was at 0 leaves it there, and it counts on
        ("alien_move_timer", &[Bounds::up_to(SLOWEST)]),
        ("alien_shot_timer", &[Bounds::of(0, ALIEN_SHOT)]),
        ("ramp_index", &[Bounds::COUNT]),
        ("shot_timer", &[Bounds::of(0, SHOT)]),
        ("ramping", &[Bounds::TRUTH]),
        ("terminal", &[Bounds::TRUTH]),
    ];

    fn start(_: Stream) -> SpaceInvaders {
        SpaceInvaders {
            x: 5,
            aliens: Map::of(0..4, 2..=8),
            direction: -1,
            interval: SLOWEST,
            alien_timer: SLOWEST,
            alien_shot_timer: ALIEN_SHOT,
            ramps: true,
            ..SpaceInvaders::default()
        }
    }

    fn visit(&mut self, visitor: &mut impl Visitor) {
        visitor.number("pos", &mut self.x);
        visitor.map("f_bullet_map", &mut self.bullets);
        visitor.map("e_bullet_map", &mut self.alien_bullets);
        visitor.map("alien_map", &mut self.aliens);
        visitor.number("alien_dir", &mut self.direction);
        visitor.number("enemy_move_interval", &mut self.interval);
        visitor.number("alien_move_timer", &mut self.alien_timer);
        visitor.number("alien_shot_timer", &mut self.alien_shot_timer);
        visitor.number("ramp_index", &mut self.ramp_index);
        visitor.number("shot_timer", &mut self.shot_timer);
        visitor.truth("ramping", &mut self.ramps);
        visitor.truth("terminal", &mut self.has_ended);
    }

    fn play(&mut self, action: i32, _: &mut dyn FnMut() -> Draw) -> i32 {
        let before = self.x;
        match action {
            1 => self.x = (self.x - 1).max(0),
            2 => self.x = (self.x + 1).min(LAST),
            3 if self.shot_timer == 0 => {
                self.bullets.put(LAST, self.x);
                self.shot_timer = SHOT;
            }
            _ => {}
        }
        // bullets fly, and leave where the cells end
        self.bullets.0.rotate_left(1);
        self.bullets.0[SIDE - 1] = 0;
        self.alien_bullets.0.rotate_right(1);
        self.alien_bullets.0[0] = 0;
        self.has_ended |= self.alien_bullets.has(LAST, before) || self.aliens.has(LAST, self.x);
        if self.alien_timer == 0 {
            self.advance();
            self.has_ended |= self.aliens.has(LAST, self.x);
        }
        if self.alien_shot_timer == 0 {
            self.shoot_back();
        }
        let reward = self.hits();
        self.shot_timer -= i32::from(self.shot_timer > 0);
        self.alien_timer -= 1;
        self.alien_shot_timer -= 1;
        if self.aliens.count() == 0 {
            if self.ramps && self.interval > FASTEST {
                self.interval -= 1;
                self.ramp_index += 1;
            }
            self.aliens = Map::of(0..4, 2..=7);
        }
        reward
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn show(&self, screen: &mut Screen<'_>) {
        screen.put(0, LAST, self.x);
        screen.map(1, &self.aliens);
        screen.map(if self.direction < 0 { 2 } else { 3 }, &self.aliens);
        screen.map(4, &self.bullets);
        screen.map(5, &self.alien_bullets);
    }
}
