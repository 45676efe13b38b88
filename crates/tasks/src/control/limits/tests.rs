use numerics::Isa;
use numerics::random::Stream;
use physics::{Variation, models};

use super::*;
use crate::control::{BodyEnvironment, Environment, Outcome};

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
    models::names().for_each(|name| stays_within(name, Variation::NONE, 0.2));
}

#[test]
fn every_extreme_that_is_allowed_stays_within_the_limits() {
    for name in models::names() {
        let model = models::named(name).expect("it is listed");
        let description = model.description();
        let notices = |factor: Variation| factor.check(description).is_ok();
        let (rubs, falls) = (
            notices(Variation { friction: 0.5, ..Variation::NONE }),
            notices(Variation { gravity: 0.5, ..Variation::NONE }),
        );
        // eight corners of sixteen, in which every pair of ends is met
        for corner in 0..8_usize {
            let end = |index: usize, is_high: bool| {
                let (_, range) = &Variation::ranges(description)[index];
                if is_high { *range.end() } else { *range.start() }
            };
            let bits = [0, 1, 2].map(|bit| corner >> bit & 1 == 1);
            let mass = end(0, bits[0]);
            // weight is at its end where mass is
            let gravity = if falls && mass < 100.0 { end(2, bits[2]) } else { 1.0 };
            let friction = if rubs { end(1, bits[1]) } else { 1.0 };
            let strength = end(3, bits[0] ^ bits[1] ^ bits[2]);
            stays_within(name, Variation { mass, friction, gravity, strength, corrected: false }, 0.5);
        }
        for mass in [0.95, 0.9, 0.6] {
            stays_within(name, Variation { mass, ..Variation::NONE }, 0.2);
        }
        if falls {
            stays_within(name, Variation { mass: 10.0, gravity: 10.0, ..Variation::NONE }, 0.5);
        }
    }
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
