use numerics::Isa;
use numerics::random::Stream;
use physics::{Variation, models};

use super::*;
use crate::control::{Actions, BodyEnvironment, Environment, NAMES, Outcome, named};

/// Actions at their ends: drawn anew, held, by turns; and some between.
fn action(lane: usize, step: u64, row: u64) -> f32 {
    let draw = |step: u64| Stream::new(5, "action").child(lane as u64).child(step).uniform(row);
    let end = |step: u64| if draw(step) < 0.5 { -1.0 } else { 1.0 };
    match lane % 8 {
        0 => 2.0 * draw(step) - 1.0,
        1 => end(step),
        2 => end(step / 5),
        3 => end(step / 20),
        4 => end(step / 100),
        5 => end(0),
        6 => end(0) * if (step / (1 + lane as u64)).is_multiple_of(2) { 1.0 } else { -1.0 },
        _ => (6.0 * draw(step / 8) - 3.0).clamp(-1.0, 1.0),
    }
}

/// What 500 steps of sixteen copies come to, each beginning again where it is done.
struct Seen {
    /// The largest speed and turning.
    fastest: [f64; 2],
    /// The least reward.
    least: f32,
    /// Steps after which a copy was lost; its numbers are not in the others.
    lost: u32,
}

fn play(task: &BodyEnvironment) -> Seen {
    let (layout, rows) = (task.layout(), task.actions().rows());
    let start = |lane: usize| task.start(Stream::new(3, "start").child(lane as u64));
    let mut block = vec![0.0; layout.block()];
    let put = |block: &mut [f32], lane: usize| {
        start(lane).iter().enumerate().for_each(|(row, &number)| block[row * LANES + lane] = number);
    };
    (0..LANES).for_each(|lane| put(&mut block, lane));
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let mut seen = Seen { fastest: [0.0; 2], least: f32::INFINITY, lost: 0 };
    for step in 0..500 {
        let actions: Vec<f32> =
            (0..rows * LANES).map(|at| action(at % LANES, step, (at / LANES) as u64)).collect();
        let mut draws = |lane: usize| task.draw(Stream::new(9, "draw").child(lane as u64).child(step));
        let mut outcome = Outcome::NONE;
        task.step(&mut block, &actions, &mut draws, &mut sight, &mut outcome);
        let lost = task.lost(&block);
        for lane in 0..LANES {
            if lost[lane] {
                seen.lost += 1;
                put(&mut block, lane);
                continue;
            }
            let speeds = [Layout::velocity as fn(Layout, usize) -> usize, Layout::angular];
            for (fastest, first) in seen.fastest.iter_mut().zip(speeds) {
                let of_body = |body| (0..3).map(move |axis| first(layout, body) + axis);
                let squares = (0..layout.bodies())
                    .flat_map(of_body)
                    .map(|row| f64::from(block[row * LANES + lane]).powi(2));
                *fastest = fastest.max(squares.sum::<f64>().sqrt());
            }
            seen.least = seen.least.min(outcome.reward[lane]);
            if outcome.done[lane] {
                put(&mut block, lane);
            }
        }
    }
    seen
}

/// Plays, and holds the speeds against a part of the limits and rewards against the penalty.
fn stays_within(name: &str, variation: Variation, part: f64) {
    let what = format!("{name}{variation}");
    let task = BodyEnvironment::varied(name, variation, Isa::detected())
        .unwrap_or_else(|| panic!("{what} should be allowed"));
    let Limits { speed, turning, penalty } = task.limits();
    let Seen { fastest, least, lost } = play(&task);
    assert_eq!(lost, 0, "{what} blows up");
    for (found, limit) in fastest.into_iter().zip([speed, turning]) {
        assert!(
            found <= part * f64::from(limit),
            "{what}: {fastest:?} are too near to {speed} and {turning}"
        );
    }
    assert!(f64::from(least) > -penalty, "{what}: a step takes {least}, and a missing one {penalty}");
}

#[test]
fn bodies_as_they_are_stay_far_within_their_limits() {
    models::names().for_each(|name| stays_within(name, Variation::NONE, 1.0 / 6.0));
}

/// The ends of what a model bears.
struct Ends {
    model: physics::Model,
    /// Whether it notices friction, and gravity.
    rubs: bool,
    falls: bool,
}

impl Ends {
    fn of(name: &str) -> Ends {
        let model = models::named(name).expect("it is listed");
        let notices = |factor: Variation| factor.check(model.description()).is_ok();
        let (rubs, falls) = (
            notices(Variation { friction: 0.5, ..Variation::NONE }),
            notices(Variation { gravity: 0.5, ..Variation::NONE }),
        );
        Ends { model, rubs, falls }
    }

    fn end(&self, index: usize, is_high: bool) -> f64 {
        let (_, range) = &Variation::ranges(self.model.description())[index];
        if is_high { *range.end() } else { *range.start() }
    }

    /// A mass with friction, gravity and strength at their low or high ends, where the model notices them and bears the
    /// weight.
    fn corner(&self, mass: f64, high: [bool; 3]) -> Variation {
        Variation {
            mass,
            friction: if self.rubs { self.end(1, high[0]) } else { 1.0 },
            // weight is at its end where mass is
            gravity: if self.falls && mass < 100.0 { self.end(2, high[1]) } else { 1.0 },
            strength: self.end(3, high[2]),
            corrected: false,
        }
    }
}

/// Low and high ends of three factors, in all eight ways.
fn corners() -> impl Iterator<Item = [bool; 3]> {
    (0..8_usize).map(|corner| [0, 1, 2].map(|bit| corner >> bit & 1 == 1))
}

#[test]
fn the_lightest_and_heaviest_extremes_stay_within_the_limits() {
    for name in models::names() {
        let ends = Ends::of(name);
        // eight corners of sixteen, in which every pair of ends is met
        for [is_heavy, friction, gravity] in corners() {
            let high = [friction, gravity, is_heavy ^ friction ^ gravity];
            stays_within(name, ends.corner(ends.end(0, is_heavy), high), 0.5);
        }
        if ends.falls {
            stays_within(name, Variation { mass: 10.0, gravity: 10.0, ..Variation::NONE }, 0.5);
        }
    }
}

#[test]
fn the_coarsest_extremes_stay_within_the_limits() {
    // from a mass of 1 on sub-steps are as long as they get, and the lightest of those bodies are shaken most
    for name in models::names() {
        let ends = Ends::of(name);
        corners().for_each(|high| stays_within(name, ends.corner(1.0, high), 0.5));
    }
}

#[test]
fn extremes_of_lighter_bodies_stay_within_the_limits() {
    for name in models::names() {
        let ends = Ends::of(name);
        for mass in [0.95, 0.9, 0.6, 0.3] {
            stays_within(name, Variation { mass, ..Variation::NONE }, 0.2);
        }
        // half of the corners of each, in which every pair of ends is met
        for (mass, is_odd) in [(0.95, false), (0.3, true)] {
            let half = corners().filter(|[a, b, c]| a ^ b ^ c == is_odd);
            half.for_each(|high| stays_within(name, ends.corner(mass, high), 0.5));
        }
    }
}

#[test]
fn corrected_extremes_stay_within_the_limits() {
    let corrected = |name: &&str| crate::control::base(&format!("{name}+corrected")).is_some();
    let names: Vec<&str> = models::names().filter(corrected).collect();
    assert_eq!(names, ["hopper", "humanoid", "walker2d"]);
    for name in names {
        let ends = Ends::of(name);
        stays_within(name, Variation { corrected: true, ..Variation::NONE }, 0.2);
        for high in corners() {
            stays_within(name, Variation { corrected: true, ..ends.corner(1.0, high) }, 0.5);
        }
        for mass in [0.1, 0.3, 100.0] {
            stays_within(name, Variation { corrected: true, ..ends.corner(mass, [true; 3]) }, 0.5);
        }
    }
}

/// The least reward of sixteen copies in 500 steps of all kinds of actions.
fn least_reward(task: &dyn Environment) -> f32 {
    let mut block = vec![0.0; task.rows() * LANES];
    let put = |block: &mut [f32], lane: usize, step: u64| {
        let start = task.start(Stream::new(3, "start").child(lane as u64).child(step));
        start.iter().enumerate().for_each(|(row, &number)| block[row * LANES + lane] = number);
    };
    (0..LANES).for_each(|lane| put(&mut block, lane, 0));
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let mut least = f32::INFINITY;
    for step in 0..500 {
        let of = |at: usize| {
            let (lane, row) = (at % LANES, (at / LANES) as u64);
            match task.actions() {
                Actions::Numbers(_) => action(lane, step, row),
                Actions::OneOf(count) => {
                    let held = step / (1 + lane as u64);
                    Stream::new(5, "choice").child(lane as u64).child(held).below(row, count as u64) as f32
                }
            }
        };
        let actions: Vec<f32> = (0..task.actions().rows() * LANES).map(of).collect();
        let mut draws = |lane: usize| task.draw(Stream::new(9, "draw").child(lane as u64).child(step));
        let mut outcome = Outcome::NONE;
        task.step(&mut block, &actions, &mut draws, &mut sight, &mut outcome);
        least = outcome.reward.into_iter().fold(least, f32::min);
        (0..LANES).filter(|&lane| outcome.done[lane]).for_each(|lane| put(&mut block, lane, step + 1));
    }
    least
}

#[test]
fn every_penalty_is_more_than_the_worst_step() {
    for name in NAMES {
        let task = named(name, Isa::detected()).expect("it is listed");
        let (least, penalty) = (f64::from(least_reward(&*task)), task.penalty());
        assert!(least > -penalty, "{name}: a step takes {least}, and a missing one {penalty}");
    }
    // the pendulum that hangs, is as fast as it can be and pushed as hard
    let task = named("Pendulum-v1", Isa::detected()).expect("it is listed");
    let mut block = [[std::f32::consts::PI; LANES], [8.0; LANES]].concat();
    let (mut sight, mut outcome) = (vec![0.0; 3 * LANES], Outcome::NONE);
    task.step(&mut block, &[2.0; LANES], &mut |_| [0.0; 16], &mut sight, &mut outcome);
    assert!(outcome.reward[0] < -16.0 && f64::from(outcome.reward[0]) > -task.penalty(), "{outcome:?}");
}

#[test]
fn bodies_that_are_too_light_are_lost_as_soon_as_they_shake() {
    for (name, mass) in [("ant", 0.01), ("ant", 0.5), ("fetch", 0.5), ("halfcheetah", 0.5), ("ur5e", 0.5)] {
        let task = BodyEnvironment::named(name, Isa::detected()).expect("it is listed").with_mass(mass);
        let Seen { fastest, lost, .. } = play(&task);
        let Limits { speed, turning, .. } = task.limits();
        assert!(lost >= 16, "{name}, mass-{mass}: {lost} lost");
        assert!(fastest[0] <= f64::from(speed) && fastest[1] <= f64::from(turning), "{name}: {fastest:?}");
    }
}

#[test]
fn the_sums_are_those_of_the_definition_on_all_instructions() {
    let layout = BodyEnvironment::named("ant", Isa::detected()).expect("it is listed").layout();
    let limits = Limits { speed: 5.0, turning: 2.0, penalty: 1.0 };
    let mut block = vec![0.0_f32; layout.block()];
    let mut set = |row: usize, lane: usize, value: f32| block[row * LANES + lane] = value;
    // places, rotations and contacts do not count
    (0..LANES).for_each(|lane| set(layout.position(3), lane, 1e9));
    (0..LANES).for_each(|lane| set(layout.pushed(3), lane, f32::NAN));
    // three, four and five are right-angled: at the limit, and a little beyond it
    set(layout.velocity(2), 1, 3.0);
    set(layout.velocity(7) + 1, 1, -4.0);
    set(layout.velocity(2), 2, 3.0);
    set(layout.velocity(7) + 2, 2, 4.001);
    set(layout.angular(0) + 1, 4, 2.0);
    set(layout.angular(0) + 1, 5, -2.001);
    set(layout.velocity(9), 7, f32::NAN);
    set(layout.angular(9) + 2, 8, f32::INFINITY);
    set(layout.angular(1) + 2, 9, 1e30);
    let expected: [bool; LANES] = std::array::from_fn(|lane| [2, 5, 7, 8, 9].contains(&lane));
    for isa in Isa::available() {
        assert_eq!(isa.run(Beyond { limits, layout, block: &block }), expected, "{isa}");
    }
    assert_eq!(Isa::PORTABLE.run(Beyond { limits, layout, block: &block }), expected);
}

#[test]
fn the_table_says_what_limits_and_penalties_are() {
    assert!(LIMITS.iter().map(|row| row.0).eq(models::names()), "a row for each model");
    let text = include_str!("../limits.rs");
    for (name, [speed, turning], penalty) in LIMITS {
        let row = format!("//! | `{name}` | {speed} | {turning} | {penalty} |");
        assert!(text.lines().any(|line| line == row), "{row}");
    }
}
