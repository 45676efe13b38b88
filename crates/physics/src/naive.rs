//! The definition of a step: one copy, in `f64`, every line an equation.
//!
//! Fast code is tested against this, and this against recorded runs of Brax 0.9's first engine with "legacy springs"
//! (Freeman et al. 2021), which it redoes. Departures: none that a recording can show; a joint's rotation relative to its
//! parent is left out, for it is the identity in all of them.
//!
//! A sub-step moves bodies first and pushes them afterwards, with forces of the new positions (semi-implicit Euler):
//!
//! ```text
//! positions  x += h v              rotations  q += h/2 (0, w) q, normalised          [`kinematics`]
//! F = springs, limits and motors of joints                                           [`joints`], [`actuators`]
//! velocities v = e^(d h) v + h (F / m + g),  w = e^(c h) w + h T / I                  [`velocities`]
//! J = impulses of contacts, all from the same velocities; v += J / m, w += L / I     [`contacts`]
//! ```

mod contact;
mod joint;
mod reset;

pub use contact::{Point, contacts, group_impulses, impulses, points};
pub use joint::{Axes, Pull, actuator_torque, actuators, axes, joint_pull, joints, readings};
pub use reset::{lift, start};

use crate::Model;
use crate::vector::{Quaternion, Vector};

/// Where a body is and how it moves, in the frame of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Of the centre of mass.
    pub position: Vector,
    /// From the body's frame to the world's.
    pub rotation: Quaternion,
    /// Of the centre of mass.
    pub velocity: Vector,
    /// Angular velocity.
    pub angular: Vector,
}

impl Motion {
    /// At rest at the origin.
    pub const REST: Motion = Motion {
        position: Vector::ZERO,
        rotation: Quaternion::IDENTITY,
        velocity: Vector::ZERO,
        angular: Vector::ZERO,
    };

    /// Where a point of the body is.
    pub fn place(&self, point: Vector) -> Vector {
        self.position + self.rotation.rotate(point)
    }

    /// The velocity of the body at a place.
    pub fn velocity_at(&self, place: Vector) -> Vector {
        self.velocity + self.angular.cross(place - self.position)
    }
}

/// An acceleration or a sudden change of velocities.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// Of the velocity.
    pub velocity: Vector,
    /// Of the angular velocity.
    pub angular: Vector,
}

impl Change {
    fn add(&mut self, other: Change) {
        self.velocity = self.velocity + other.velocity;
        self.angular = self.angular + other.angular;
    }
}

/// One change for each body.
pub type Changes = Vec<Change>;

/// The sum of two lists.
pub fn sum(mut changes: Changes, others: &[Change]) -> Changes {
    changes.iter_mut().zip(others).for_each(|(change, &other)| change.add(other));
    changes
}

/// No change.
pub fn none(model: &Model) -> Changes {
    vec![Change::default(); model.description().bodies.len()]
}

/// One step. Returns the changes of velocities by contacts, summed over sub-steps.
///
/// # Panics
///
/// If there are fewer actions than the model has, or not as many bodies.
pub fn step(model: &Model, world: &mut [Motion], actions: &[f64]) -> Changes {
    let mut impulses = none(model);
    for _ in 0..model.description().substeps {
        kinematics(model, world);
        let accelerations = sum(joints(model, world), &actuators(model, world, actions));
        velocities(model, world, &accelerations);
        let pushes = contacts(model, world);
        push(model, world, &pushes);
        impulses = sum(impulses, &pushes);
    }
    impulses
}

/// Moves and turns every body for the time of a sub-step.
pub fn kinematics(model: &Model, world: &mut [Motion]) {
    let time = model.sub_step();
    for (body, motion) in model.description().bodies.iter().zip(world) {
        motion.position = motion.position + (motion.velocity * time).times(mask(body.moves));
        let Vector([x, y, z]) = motion.angular.times(mask(body.turns)) * 0.5 * time;
        let Quaternion(turn) = Quaternion([0.0, x, y, z]) * motion.rotation;
        let Quaternion(old) = motion.rotation;
        motion.rotation = Quaternion([0, 1, 2, 3].map(|part| old[part] + turn[part])).normalised();
    }
}

/// Applies accelerations, gravity and damping for the time of a sub-step.
pub fn velocities(model: &Model, world: &mut [Motion], accelerations: &[Change]) {
    let description = model.description();
    let (time, gravity) = (model.sub_step(), description.gravity);
    let (factor, angular_factor) = (model.velocity_factor(), model.angular_factor());
    for ((body, motion), change) in description.bodies.iter().zip(world).zip(accelerations) {
        let velocity = motion.velocity * factor + (change.velocity + gravity) * time;
        motion.velocity = velocity.times(mask(body.moves));
        motion.angular = (motion.angular * angular_factor + change.angular * time).times(mask(body.turns));
    }
}

/// Applies sudden changes.
pub fn push(model: &Model, world: &mut [Motion], changes: &[Change]) {
    for ((body, motion), change) in model.description().bodies.iter().zip(world).zip(changes) {
        motion.velocity = (motion.velocity + change.velocity).times(mask(body.moves));
        motion.angular = (motion.angular + change.angular).times(mask(body.turns));
    }
}

fn mask(flags: [u8; 3]) -> Vector {
    Vector(flags.map(f64::from))
}
