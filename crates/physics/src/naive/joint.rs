//! Joints and actuators: springs between anchors, and torques about axes.

use super::{Change, Changes, Motion, none};
use crate::Model;
use crate::description::ActuatorKind;
use crate::vector::{Vector, acos, atan2};

/// The axes of a joint and the angles about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// In the world.
    pub axes: Vec<Vector>,
    /// In radians.
    pub angles: Vec<f64>,
    /// The three axes as the parent has them.
    parent: [Vector; 3],
    /// The three axes as the child has them.
    child: [Vector; 3],
}

/// What a joint does to its two bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pull {
    /// Acceleration of the parent.
    pub parent: Change,
    /// Acceleration of the child.
    pub child: Change,
}

/// Accelerations by all joints.
pub fn joints(model: &Model, world: &[Motion]) -> Changes {
    pulls(model, (0..model.description().joints.len()).map(|joint| (joint, joint_pull(model, world, joint))))
}

/// Accelerations by all actuators.
pub fn actuators(model: &Model, world: &[Motion], actions: &[f64]) -> Changes {
    let actuators = model.description().actuators.iter().enumerate();
    pulls(
        model,
        actuators.map(|(index, actuator)| {
            let torque = actuator_torque(model, world, index, actions);
            (actuator.joint, twist(model, actuator.joint, torque))
        }),
    )
}

fn pulls(model: &Model, pulls: impl Iterator<Item = (usize, Pull)>) -> Changes {
    let mut changes = none(model);
    for (joint, pull) in pulls {
        let joint = &model.description().joints[joint];
        changes[joint.parent].add(pull.parent);
        changes[joint.child].add(pull.child);
    }
    changes
}

/// Accelerations by one joint, without its actuator.
pub fn joint_pull(model: &Model, world: &[Motion], index: usize) -> Pull {
    let description = model.description();
    let joint = &description.joints[index];
    let (parent, child) = (&world[joint.parent], &world[joint.child]);
    let (at_parent, at_child) = (parent.place(joint.parent_anchor), child.place(joint.child_anchor));
    let relative = parent.velocity_at(at_parent) - child.velocity_at(at_child);
    let force = (at_parent - at_child) * joint.stiffness + relative * joint.damping;

    let found = axes(model, world, index);
    let mut torque = (parent.angular - child.angular) * -joint.angular_damping;
    for ((axis, angle), &[low, high]) in found.axes.iter().zip(&found.angles).zip(&joint.limits) {
        torque = torque - *axis * (joint.limit_strength * beyond(*angle, low, high));
    }
    torque = torque + alignment(&found, joint.stiffness, joint.limit_strength);

    let mut pull = twist(model, index, torque);
    for (change, body, place, force) in
        [(&mut pull.parent, joint.parent, at_parent, -force), (&mut pull.child, joint.child, at_child, force)]
    {
        let constants = &description.bodies[body];
        change.add(Change {
            velocity: force * (1.0 / constants.mass),
            angular: constants.inverse_inertia.times((place - world[body].position).cross(force)),
        });
    }
    pull
}

/// What is missing to the nearer limit: 0 between them.
fn beyond(angle: f64, low: f64, high: f64) -> f64 {
    if angle < low {
        low - angle
    } else if angle > high {
        high - angle
    } else {
        0.0
    }
}

/// The torque on the parent that keeps the axes of both bodies together.
fn alignment(found: &Axes, stiffness: f64, limit_strength: f64) -> Vector {
    match found.angles.len() {
        // the parent's axis to the child's
        1 => found.parent[0].cross(found.child[0]) * stiffness,
        // the child's second axis is kept at a right angle to the parent's first
        2 => {
            let (first, second) = (found.parent[0], found.child[1]);
            let straight = second - first * second.dot(first);
            let length = straight.safe_norm();
            if length == 0.0 {
                return Vector::ZERO;
            }
            (straight * (1.0 / length)).cross(second) * (limit_strength / 5.0)
        }
        // a ball turns every way
        _ => Vector::ZERO,
    }
}

/// A torque on the parent, and against it on the child.
fn twist(model: &Model, index: usize, torque: Vector) -> Pull {
    let description = model.description();
    let joint = &description.joints[index];
    let change = |body: usize, torque: Vector| Change {
        velocity: Vector::ZERO,
        angular: description.bodies[body].inverse_inertia.times(torque),
    };
    Pull { parent: change(joint.parent, torque), child: change(joint.child, -torque) }
}

/// The torque of an actuator on the parent.
pub fn actuator_torque(model: &Model, world: &[Motion], index: usize, actions: &[f64]) -> Vector {
    let actuator = &model.description().actuators[index];
    let joint = &model.description().joints[actuator.joint];
    let found = axes(model, world, actuator.joint);
    let mut torque = Vector::ZERO;
    for (axis, &action) in actuator.actions.iter().enumerate() {
        let (action, angle, [low, high]) = (actions[action], found.angles[axis], joint.limits[axis]);
        let strength = match actuator.kind {
            ActuatorKind::Torque if angle < low || angle > high => 0.0,
            ActuatorKind::Torque => -action * actuator.strength,
            ActuatorKind::Angle => {
                let target = (action * std::f64::consts::PI / 180.0).max(low).min(high);
                -(target - angle) * actuator.strength
            }
        };
        torque = torque + found.axes[axis] * strength;
    }
    torque
}

/// The angle from `from` to `to` about `axis`.
fn signed_angle(from: Vector, to: Vector, axis: Vector) -> f64 {
    atan2(from.cross(to).dot(axis), from.dot(to))
}

/// The axes of a joint and the angles about them.
pub fn axes(model: &Model, world: &[Motion], index: usize) -> Axes {
    let joint = &model.description().joints[index];
    let of = |motion: &Motion| model.axes(index).map(|axis| motion.rotation.rotate(axis));
    let (p, c) = (of(&world[joint.parent]), of(&world[joint.child]));
    if joint.limits.len() == 1 {
        return Axes { axes: vec![p[0]], angles: vec![signed_angle(p[2], c[2], p[0])], parent: p, child: c };
    }
    let unit = |v: Vector| v * (1.0 / (1e-10 + v.safe_norm()));
    // the line in which the planes of both bodies meet, and what the child's plane sees of the parent's axis
    let nodes = unit(c[2].cross(p[0]));
    let seen = unit(c[0] * p[0].dot(c[0]) + c[1] * p[0].dot(c[1]));
    let side = p[0].dot(c[2]);
    let sign = if side == 0.0 { 0.0 } else { side.signum() };
    let mut axes = vec![p[0], c[1]];
    let mut angles = vec![signed_angle(p[1], nodes, p[0]), acos(seen.dot(p[0]).clamp(-1.0, 1.0)) * sign];
    if joint.limits.len() == 3 {
        axes.push(c[2]);
        angles.push(signed_angle(c[1], nodes, -c[2]));
    }
    Axes { axes, angles, parent: p, child: c }
}

/// Every joint's angles, and the velocities about their axes (the parent's less the child's), joints by kind.
pub fn readings(model: &Model, world: &[Motion]) -> (Vec<f64>, Vec<f64>) {
    let (mut angles, mut velocities) = (Vec::new(), Vec::new());
    for &index in model.joints_by_kind() {
        let joint = &model.description().joints[index];
        let found = axes(model, world, index);
        let relative = world[joint.parent].angular - world[joint.child].angular;
        angles.extend(&found.angles);
        velocities.extend(found.axes.iter().map(|&axis| relative.dot(axis)));
    }
    (angles, velocities)
}
