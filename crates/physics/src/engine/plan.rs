//! A model in single precision, in the order and the units in which stages use it.

use std::mem;
use std::ops::Range;

use super::form::{self, Form};
use crate::description::ActuatorKind;
use crate::model::{Model, Touch};
use crate::vector::Vector;

/// What stages read.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) substeps: u32,
    pub(super) bodies: Vec<BodyPlan>,
    /// Bodies that may move or turn.
    pub(super) moving: Vec<usize>,
    /// Joints of the same form one after the other.
    pub(super) runs: Vec<Run>,
    /// One for each free axis, in the order of joints.
    pub(super) drives: Vec<Drive>,
    pub(super) planes: Vec<PlanePlan>,
    pub(super) capsules: Vec<CapsuleGroup>,
    /// Bodies whose contacts act together at the end of the stage.
    pub(super) together: Vec<usize>,
    /// What is in the plane of x and z stays there: nothing moves or turns out of it, and all hinges are about y.
    pub(super) is_planar: bool,
    pub(super) recovery_rate: f32,
    pub(super) actions: usize,
}

/// Factors of a sub-step, each 0 where the body may not move or turn.
#[derive(Clone, Debug)]
pub(super) struct BodyPlan {
    pub(super) is_fixed: bool,
    /// Factors of forces and torques are the same for all axes.
    pub(super) is_free: bool,
    /// No joint pulls it.
    pub(super) is_loose: bool,
    /// Of velocity, in the new position.
    pub(super) move_by: [f32; 3],
    /// Of angular velocity, in the new rotation: half of the time.
    pub(super) turn_by: [f32; 3],
    /// Of the old velocity.
    pub(super) keep: [f32; 3],
    /// Of force.
    pub(super) force: [f32; 3],
    /// Added to velocity.
    pub(super) gravity: [f32; 3],
    /// Of the old angular velocity.
    pub(super) keep_turning: [f32; 3],
    /// Of torque.
    pub(super) torque: [f32; 3],
    /// 1 where it may move, and where it may turn.
    pub(super) moves: [f32; 3],
    pub(super) turns: [f32; 3],
    pub(super) inverse_mass: f32,
    pub(super) inverse_inertia: [f32; 3],
}

/// How a joint may turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hinge,
    Universal,
    Ball,
}

#[derive(Clone, Debug)]
pub(super) struct JointPlan {
    pub(super) parent: usize,
    pub(super) child: usize,
    /// Whether it is the first to pull its parent, and its child.
    pub(super) begins: [bool; 2],
    pub(super) parent_anchor: [f32; 3],
    pub(super) child_anchor: [f32; 3],
    /// In both bodies.
    pub(super) axes: [[f32; 3]; 3],
    pub(super) stiffness: f32,
    pub(super) damping: f32,
    /// Of the torque that keeps axes together.
    pub(super) alignment: f32,
    pub(super) angular_damping: f32,
    /// How many of them are free, and which is the first in the model's list of axes.
    pub(super) axis_count: usize,
    pub(super) first_axis: usize,
}

/// Joints of one form.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The number of their [`Form`].
    pub(super) form: u32,
    pub(super) joints: Vec<JointPlan>,
}

/// Limits and motor about one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drive {
    pub(super) low: f32,
    pub(super) high: f32,
    pub(super) limit_strength: f32,
    pub(super) motor: Motor,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Motor {
    None,
    Torque { action: usize, strength: f32 },
    Angle { action: usize, strength: f32, to_radians: f32 },
}

/// The places of one body that may touch a plane, and whose impulses are averaged.
#[derive(Clone, Debug)]
pub(super) struct PlanePlan {
    pub(super) body: usize,
    pub(super) spots: Vec<Spot>,
    /// No other contact moves the body, so what this does can be done at once.
    pub(super) alone: bool,
    /// All spots are in the body's plane of x and z.
    pub(super) is_flat: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) center: [f32; 3],
    pub(super) radius: f32,
    /// Of the plane.
    pub(super) height: f32,
    pub(super) friction: f32,
    /// One more than the elasticity.
    pub(super) bounce: f32,
}

/// Pairs of capsules whose impulses are averaged.
#[derive(Clone, Debug)]
pub(super) struct CapsuleGroup {
    pub(super) one_way: bool,
    pub(super) pairs: Vec<CapsulePair>,
    /// Bodies that it moves.
    pub(super) parties: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct CapsulePair {
    pub(super) first: usize,
    pub(super) second: usize,
    /// Places of the two bodies in the group's list of parties; the second only where it moves.
    pub(super) parties: [usize; 2],
    pub(super) centers: [[f32; 3]; 2],
    pub(super) halves: [[f32; 3]; 2],
    pub(super) radii: f32,
    /// Square of a distance of the middles from which the capsules cannot touch.
    pub(super) out_of_reach: f32,
    pub(super) friction: f32,
    pub(super) bounce: f32,
}

/// In single precision, and 0 where only rounding of the model is.
fn without_rounding(vector: Vector) -> [f32; 3] {
    single(vector.without_rounding())
}

fn single(vector: Vector) -> [f32; 3] {
    vector.0.map(|component| component as f32)
}

impl Plan {
    pub(super) fn new(model: &Model) -> Plan {
        let description = model.description();
        let mut bodies: Vec<_> =
            (0..description.bodies.len()).map(|body| BodyPlan::new(model, body)).collect();
        let mut runs: Vec<Run> = Vec::new();
        let mut drives = Vec::with_capacity(model.axis_count());
        for &joint in model.joints_by_kind() {
            let (form, planned) = JointPlan::new(model, joint, drives.len());
            match runs.iter_mut().find(|run| run.form == form) {
                Some(run) => run.joints.push(planned),
                None => runs.push(Run { form, joints: vec![planned] }),
            }
            drives.extend(
                (0..description.joints[joint].limits.len()).map(|axis| Drive::new(model, joint, axis)),
            );
        }
        for joint in runs.iter_mut().flat_map(|run| &mut run.joints) {
            joint.begins = [joint.parent, joint.child].map(|body| mem::take(&mut bodies[body].is_loose));
        }
        let (mut planes, mut capsules) = (Vec::new(), Vec::new());
        for group in model.contact_groups() {
            add_planes(model, group, &mut planes);
            add_capsules(group, &mut capsules);
        }
        let mut uses = vec![0; description.bodies.len()];
        planes.iter().for_each(|plane: &PlanePlan| uses[plane.body] += 1);
        capsules.iter().flat_map(|group: &CapsuleGroup| &group.parties).for_each(|&body| uses[body] += 2);
        for plane in &mut planes {
            plane.alone = uses[plane.body] == 1;
            plane.is_flat = plane.spots.iter().all(|spot| spot.center[1] == 0.0);
        }
        let together = (0..uses.len()).filter(|&body| uses[body] > 1).collect();
        let mut joints = runs.iter().flat_map(|run| &run.joints);
        let is_planar = bodies.iter().all(BodyPlan::is_planar) && joints.all(JointPlan::is_planar);
        Plan {
            substeps: description.substeps,
            is_planar,
            moving: (0..bodies.len()).filter(|&body| !bodies[body].is_fixed).collect(),
            bodies,
            runs,
            drives,
            planes,
            capsules,
            together,
            recovery_rate: model.recovery_rate() as f32,
            actions: model.actions(),
        }
    }
}

impl BodyPlan {
    fn new(model: &Model, index: usize) -> BodyPlan {
        let description = model.description();
        let body = &description.bodies[index];
        let time = model.sub_step();
        let (moves, turns) = (Vector(body.moves.map(f64::from)), Vector(body.turns.map(f64::from)));
        // a body without mass stands still, and nothing asks for its inverse
        let inverse_mass = if body.mass > 0.0 { 1.0 / body.mass } else { 0.0 };
        BodyPlan {
            is_fixed: model.is_fixed(index),
            is_free: [body.moves, body.turns] == [[1; 3]; 2]
                && body.inverse_inertia.0.iter().all(|&part| part == body.inverse_inertia.0[0]),
            is_loose: true,
            move_by: single(moves * time),
            turn_by: single(turns * (0.5 * time)),
            keep: single(moves * model.velocity_factor()),
            force: single(moves * (time * inverse_mass)),
            gravity: single(description.gravity.times(moves) * time),
            keep_turning: single(turns * model.angular_factor()),
            torque: single(body.inverse_inertia.times(turns) * time),
            moves: single(moves),
            turns: single(turns),
            inverse_mass: inverse_mass as f32,
            inverse_inertia: single(body.inverse_inertia),
        }
    }

    /// Whether it neither moves along y nor turns about x or z.
    fn is_planar(&self) -> bool {
        [self.moves[1], self.turns[0], self.turns[2]] == [0.0; 3]
    }
}

impl JointPlan {
    /// The number of its form, and itself.
    fn new(model: &Model, index: usize, first_axis: usize) -> (u32, JointPlan) {
        let joint = &model.description().joints[index];
        let kind = [Kind::Hinge, Kind::Universal, Kind::Ball][joint.limits.len() - 1];
        let anchors = [joint.parent_anchor, joint.child_anchor].map(without_rounding);
        let axes = model.axes(index).map(without_rounding);
        let planned = JointPlan {
            parent: joint.parent,
            child: joint.child,
            begins: [false; 2],
            parent_anchor: anchors[0],
            child_anchor: anchors[1],
            axes,
            stiffness: joint.stiffness as f32,
            damping: joint.damping as f32,
            alignment: match kind {
                Kind::Hinge => joint.stiffness as f32,
                Kind::Universal => (joint.limit_strength / 5.0) as f32,
                Kind::Ball => 0.0,
            },
            angular_damping: joint.angular_damping as f32,
            axis_count: joint.limits.len(),
            first_axis,
        };
        (form::leanest(Form::of(kind, anchors, axes)), planned)
    }

    /// Its free axes in the model's list.
    pub(super) fn axes_at(&self) -> Range<usize> {
        self.first_axis..self.first_axis + self.axis_count
    }

    /// A hinge about y.
    fn is_planar(&self) -> bool {
        let [[x, _, z], [_, second, _], [_, third, _]] = self.axes;
        self.axis_count == 1 && [x, z, second, third] == [0.0; 4]
    }
}

impl Drive {
    fn new(model: &Model, index: usize, axis: usize) -> Drive {
        let joint = &model.description().joints[index];
        let actuator = model.actuator_of(index).map(|actuator| &model.description().actuators[actuator]);
        Drive {
            low: joint.limits[axis][0] as f32,
            high: joint.limits[axis][1] as f32,
            limit_strength: joint.limit_strength as f32,
            motor: actuator.map_or(Motor::None, |actuator| {
                let (action, strength) = (actuator.actions[axis], actuator.strength as f32);
                match actuator.kind {
                    ActuatorKind::Torque => Motor::Torque { action, strength },
                    ActuatorKind::Angle => {
                        let to_radians = (std::f64::consts::PI / 180.0) as f32;
                        Motor::Angle { action, strength, to_radians }
                    }
                }
            }),
        }
    }
}

/// One plan for each body that has contacts with planes in the group.
fn add_planes(model: &Model, group: &crate::ContactGroup, planes: &mut Vec<PlanePlan>) {
    let begin = planes.len();
    for pair in &group.pairs {
        let Touch::OnPlane { centers, radius } = &pair.touch else { continue };
        let start = model.description().bodies[pair.second].start.unwrap_or_default();
        let height = start.0[2] as f32;
        let spots = centers.iter().map(|&center| Spot {
            center: without_rounding(center),
            radius: *radius as f32,
            height,
            friction: pair.friction as f32,
            bounce: (1.0 + pair.elasticity) as f32,
        });
        match planes[begin..].iter_mut().find(|plane| plane.body == pair.first) {
            Some(plane) => plane.spots.extend(spots),
            None => planes.push(PlanePlan {
                body: pair.first,
                spots: spots.collect(),
                alone: false,
                is_flat: false,
            }),
        }
    }
}

fn add_capsules(group: &crate::ContactGroup, capsules: &mut Vec<CapsuleGroup>) {
    let mut planned = CapsuleGroup { one_way: group.one_way, pairs: Vec::new(), parties: Vec::new() };
    for pair in &group.pairs {
        let Touch::Capsules { first, second } = &pair.touch else { continue };
        let mut party = |body: usize| {
            let known = planned.parties.iter().position(|&party| party == body);
            known.unwrap_or_else(|| {
                planned.parties.push(body);
                planned.parties.len() - 1
            })
        };
        let one = party(pair.first);
        let parties = [one, if group.one_way { one } else { party(pair.second) }];
        planned.pairs.push(CapsulePair {
            first: pair.first,
            second: pair.second,
            parties,
            centers: [without_rounding(first.center), without_rounding(second.center)],
            halves: [without_rounding(first.half), without_rounding(second.half)],
            radii: (first.radius + second.radius) as f32,
            // a thousandth more than exactly: no rounding of the distance can make up for that
            out_of_reach: {
                let reach = first.radius + second.radius + first.half.norm() + second.half.norm();
                (1.001 * 1.001 * reach * reach) as f32
            },
            friction: pair.friction as f32,
            bounce: (1.0 + pair.elasticity) as f32,
        });
    }
    if !planned.pairs.is_empty() {
        capsules.push(planned);
    }
}
