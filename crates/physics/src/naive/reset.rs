//! The start of an episode: bodies placed by the angles of their joints, then put on the ground.

use super::Motion;
use crate::Model;
use crate::model::lowest;
use crate::vector::{Quaternion, Vector};

/// Bodies at these angles and velocities of joints, in the order of the description, on the ground.
///
/// A child's angular velocity is that of its own joint alone, turned with its parent, and no velocity follows from it:
/// so the reference has it, and springs and dampers even it out in a few sub-steps.
///
/// # Panics
///
/// If there are not as many angles and velocities as the model has axes.
pub fn start(model: &Model, angles: &[f64], velocities: &[f64]) -> Vec<Motion> {
    assert_eq!(angles.len(), model.axis_count(), "an angle for each axis");
    assert_eq!(velocities.len(), model.axis_count(), "a velocity for each axis");
    let description = model.description();
    let place = |start: Option<Vector>| Motion { position: start.unwrap_or_default(), ..Motion::REST };
    let mut world: Vec<Motion> = description.bodies.iter().map(|body| place(body.start)).collect();
    for &index in model.visits() {
        let joint = &description.joints[index];
        let parent = world[joint.parent];
        let (mut turned, mut angular) = (Quaternion::IDENTITY, Vector::ZERO);
        let first = model.first_axis(index);
        for (number, axis) in model.axes(index).into_iter().enumerate().take(joint.limits.len()) {
            // so that what turns about y stays in its plane to the bit
            let axis = axis.without_rounding();
            angular = angular + axis * velocities[first + number];
            turned = Quaternion::about(turned.rotate(axis), angles[first + number]) * turned;
        }
        let away = joint.parent_anchor - turned.rotate(joint.child_anchor);
        world[joint.child] = Motion {
            position: parent.place(away),
            rotation: parent.rotation * turned,
            velocity: Vector::ZERO,
            angular: parent.rotation.rotate(angular),
        };
    }
    lift(model, &mut world);
    world
}

/// Moves each tree up or down until its lowest shape touches the height 0. Bodies without shapes, and planes, are taken to
/// be at 0.
pub fn lift(model: &Model, world: &mut [Motion]) {
    for tree in model.trees() {
        let heights = tree.iter().map(|&body| {
            let shapes = model.description().shapes.iter().filter(|shape| shape.body == body);
            let heights = shapes
                .map(|shape| lowest(&shape.form, world[body].position, world[body].rotation).unwrap_or(0.0));
            heights.reduce(f64::min).unwrap_or(0.0)
        });
        let ground = heights.fold(f64::INFINITY, f64::min);
        for &body in tree {
            let Vector([x, y, z]) = world[body].position;
            world[body].position = Vector([x, y, z - ground]);
        }
    }
}
