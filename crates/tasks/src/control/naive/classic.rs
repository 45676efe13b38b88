//! Classic control by definition, in `f64`: the equations of gymnax 0.0.6, a function a task.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use physics::vector::sin_cos;

use super::step::Seen;

fn sine(angle: f64) -> f64 {
    sin_cos(angle).0
}

fn cosine(angle: f64) -> f64 {
    sin_cos(angle).1
}

/// All of the state.
pub(super) fn cart_pole_sight(state: &[f64]) -> Vec<f64> {
    state.to_vec()
}

/// Explicit Euler with the old velocities: place and speed of the cart, angle and speed of the pole.
pub(super) fn cart_pole(state: &mut [f64], action: f64) -> Seen {
    let is_over = |state: &[f64]| state[0].abs() > 2.4 || state[2].abs() > 12.0 * TAU / 360.0;
    let was_over = is_over(state);
    let [x, speed, angle, turning] = [0, 1, 2, 3].map(|row| state[row]);
    let (sine, cosine) = sin_cos(angle);
    let force = if action == 1.0 { 10.0 } else { -10.0 };
    let push = (force + 0.05 * turning * turning * sine) / 1.1;
    let angular = (9.8 * sine - cosine * push) / (0.5 * (4.0 / 3.0 - 0.1 * cosine * cosine / 1.1));
    let acceleration = push - 0.05 * angular * cosine / 1.1;
    let changes = [speed, acceleration, turning, angular];
    state.copy_from_slice(&[x, speed, angle, turning]);
    state.iter_mut().zip(changes).for_each(|(number, change)| *number += 0.02 * change);
    Seen {
        observation: cart_pole_sight(state),
        reward: if was_over { 0.0 } else { 1.0 },
        done: is_over(state),
    }
}

/// How fast the two angles of the acrobot and their velocities change under a torque.
fn acrobot_slope([one, two, one_speed, two_speed]: [f64; 4], torque: f64) -> [f64; 4] {
    let first = 0.25 + (1.0 + 0.25 + cosine(two)) + 2.0;
    let second = 0.25 + 0.5 * cosine(two) + 1.0;
    let weight = 0.5 * 9.8 * cosine(one + two - FRAC_PI_2);
    let load = -0.5 * two_speed * two_speed * sine(two) - two_speed * one_speed * sine(two)
        + 1.5 * 9.8 * cosine(one - FRAC_PI_2)
        + weight;
    let two_change = (torque + second / first * load - 0.5 * one_speed * one_speed * sine(two) - weight)
        / (0.25 + 1.0 - second * second / first);
    let one_change = -(second * two_change + load) / first;
    [one_speed, two_speed, one_change, two_change]
}

/// Whole turns off, until it is from -pi on and below pi.
fn wrapped(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}

/// Cosines and sines of the two angles, and their velocities.
pub(super) fn acrobot_sight(state: &[f64]) -> Vec<f64> {
    let [one, two] = [state[0], state[1]];
    vec![cosine(one), sine(one), cosine(two), sine(two), state[2], state[3]]
}

/// One classical step of Runge and Kutta of 0.2; then angles are wrapped and velocities cut off.
pub(super) fn acrobot(state: &mut [f64], action: f64) -> Seen {
    let begin = [0, 1, 2, 3].map(|row| state[row]);
    let torque = action - 1.0;
    let along = |slope: [f64; 4], time: f64| [0, 1, 2, 3].map(|row| begin[row] + time * slope[row]);
    let first = acrobot_slope(begin, torque);
    let second = acrobot_slope(along(first, 0.1), torque);
    let third = acrobot_slope(along(second, 0.1), torque);
    let fourth = acrobot_slope(along(third, 0.2), torque);
    let mean = [0, 1, 2, 3].map(|row| first[row] + 2.0 * second[row] + 2.0 * third[row] + fourth[row]);
    let [one, two, one_speed, two_speed] = along(mean, 0.2 / 6.0);
    let cut = |speed: f64, most: f64| speed.clamp(-most, most);
    let [one, two] = [one, two].map(wrapped);
    let [one_speed, two_speed] = [cut(one_speed, 4.0 * PI), cut(two_speed, 9.0 * PI)];
    state.copy_from_slice(&[one, two, one_speed, two_speed]);
    let goal = -cosine(one) - cosine(one + two) > 1.0;
    Seen { observation: acrobot_sight(state), reward: if goal { 0.0 } else { -1.0 }, done: goal }
}

/// Cosine and sine of the angle, and its velocity.
pub(super) fn pendulum_sight(state: &[f64]) -> Vec<f64> {
    vec![cosine(state[0]), sine(state[0]), state[1]]
}

/// The angle from the top and its velocity; the reward is of the state before the step.
pub(super) fn pendulum(state: &mut [f64], action: f64) -> Seen {
    let [angle, speed] = [state[0], state[1]];
    let torque = action.clamp(-2.0, 2.0);
    let off = wrapped(angle);
    let reward = -(off * off + 0.1 * speed * speed + 0.001 * torque * torque);
    let speed = (speed + (15.0 * sine(angle) + 3.0 * torque) * 0.05).clamp(-8.0, 8.0);
    let angle = angle + 0.05 * speed;
    state.copy_from_slice(&[angle, speed]);
    Seen { observation: pendulum_sight(state), reward, done: false }
}
