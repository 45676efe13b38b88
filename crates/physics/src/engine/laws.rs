//! Physics that needs no reference: momentum, rest, mirrors and energy.

use numerics::{Isa, LANES};

use super::tests::{action, difference, rounding, state, world};
use super::*;
use crate::description::{Body, Joint};
use crate::naive::{self, Motion};
use crate::vector::{Quaternion, Vector};
use crate::{Description, models};

/// Two bodies and a ball joint, in a world without gravity, damping, ground or motors.
fn pair() -> Model {
    let mut description: Description = models::named("humanoid").expect("it is listed").description().clone();
    description.bodies.truncate(2);
    description.joints.truncate(1);
    description.actuators.clear();
    description.shapes.clear();
    description.contacts.clear();
    (description.gravity, description.angular_damping) = (Vector::ZERO, 0.0);
    description.joints[0].child = 1;
    description.joints[0].parent = 0;
    description.joints[0].limits = vec![[-3.0, 3.0]; 3];
    description.joints[0].rest = vec![0.0; 3];
    Model::new(description).expect("a model")
}

#[test]
fn free_flight_keeps_momentum() {
    let model = pair();
    let engine = Engine::new(Isa::detected(), &model);
    let mut state = state(&model, 1, |_| 0);
    let momentum = |world: &[Motion]| {
        let bodies = &model.description().bodies;
        world
            .iter()
            .zip(bodies)
            .fold(Vector::ZERO, |sum, (body, constants)| sum + body.velocity * constants.mass)
    };
    let before = momentum(&state.world(0));
    let steps = 200;
    for _ in 0..steps {
        engine.step(&mut state, &[]);
    }
    let lost = (momentum(&state.world(0)) - before).norm();
    // one rounding of each velocity in each sub-step, all to the same side
    let mass: f64 = model.description().bodies.iter().map(|body| body.mass).sum();
    let roundings = f64::from(steps * model.description().substeps) * f64::from(f32::EPSILON);
    assert!(lost <= roundings * mass * 4.0, "lost {lost:.1e}");
    assert!(state.motion(0, 0).position != world(&model, 0)[0].position, "and it flies");
}

#[test]
fn rest_stays_at_rest() {
    // a world without gravity, at the angles at which no limit and no motor pulls
    let mut description = models::named("humanoid").expect("it is listed").description().clone();
    description.gravity = Vector::ZERO;
    description.contacts.clear();
    description.joints.iter_mut().for_each(|joint| joint.limits.iter_mut().for_each(|it| *it = [-3.0, 3.0]));
    description.joints.iter_mut().for_each(|joint| joint.rest.fill(0.0));
    let model = Model::new(description).expect("a model");
    let engine = Engine::new(Isa::detected(), &model);
    let start = naive::start(&model, &model.rest(), &vec![0.0; model.axis_count()]);
    let mut state = State::new(&model, 1);
    state.set(0, &start);
    for _ in 0..100 {
        engine.step(&mut state, &vec![0.0; engine.actions_len()]);
    }
    // places are rounded when the start is; springs pull by that, and damp it
    let error = difference(&state.world(0), &start);
    assert!(error <= rounding(&model), "moved by {error:.1e}");
}

/// The world behind the mirror `y = 0`: places and velocities change the sign of y, what turns that of x and z.
fn reflected(motion: Motion) -> Motion {
    let across = |Vector([x, y, z]): Vector| Vector([x, -y, z]);
    let turned = |Vector([x, y, z]): Vector| Vector([-x, y, -z]);
    let Quaternion([s, x, y, z]) = motion.rotation;
    Motion {
        position: across(motion.position),
        rotation: Quaternion([s, -x, y, -z]),
        velocity: across(motion.velocity),
        angular: turned(motion.angular),
    }
}

/// What becomes of a model behind the mirror, if it is its own picture.
struct Mirror {
    /// The body that each body becomes.
    bodies: Vec<usize>,
    /// The action that each action becomes, and its sign there.
    actions: Vec<(usize, f64)>,
}

impl Mirror {
    /// Found from where bodies and axes are at rest.
    fn of(model: &Model) -> Mirror {
        let rest = naive::start(model, &model.rest(), &vec![0.0; model.axis_count()]);
        let is_close = |a: Vector, b: Vector| (a - b).norm() < 1e-6;
        let picture = |body: usize| {
            let place = reflected(rest[body]).position;
            let found = (0..rest.len()).filter(|&other| is_close(rest[other].position, place));
            let [other] = found.collect::<Vec<_>>()[..] else { panic!("body {body} has no one picture") };
            other
        };
        let bodies: Vec<usize> = (0..rest.len()).map(picture).collect();
        let description = model.description();
        let joint_of = |child: usize| description.joints.iter().position(|joint| joint.child == child);
        let axis =
            |joint: usize| rest[description.joints[joint].parent].rotation.rotate(model.axes(joint)[0]);
        let mut actions = vec![(0, 0.0); model.actions()];
        for actuator in &description.actuators {
            let other = joint_of(bodies[description.joints[actuator.joint].child]).expect("a joint like it");
            let driver = description.actuators.iter().find(|it| it.joint == other).expect("a motor like it");
            let Vector([x, y, z]) = axis(actuator.joint);
            let sign = if is_close(axis(other), Vector([-x, y, -z])) { 1.0 } else { -1.0 };
            assert!(is_close(axis(other) * sign, Vector([-x, y, -z])), "axes are pictures of each other");
            actions[actuator.actions[0]] = (driver.actions[0], sign);
        }
        Mirror { bodies, actions }
    }

    fn world(&self, world: &[Motion]) -> Vec<Motion> {
        let mut picture = world.to_vec();
        for (motion, &body) in world.iter().zip(&self.bodies) {
            picture[body] = reflected(*motion);
        }
        picture
    }

    fn actions(&self, actions: &[f64]) -> Vec<f64> {
        let mut picture = actions.to_vec();
        for (action, &(place, sign)) in actions.iter().zip(&self.actions) {
            picture[place] = sign * action;
        }
        picture
    }
}

#[test]
fn a_mirrored_ant_with_mirrored_actions_is_the_picture_of_the_ant() {
    let model = models::named("ant").expect("it is listed");
    let mirror = Mirror::of(&model);
    assert_eq!(mirror.bodies[0], 0, "the torso is its own picture");
    assert!(mirror.bodies[1] != 1, "a leg is not");
    let engine = Engine::new(Isa::detected(), &model);
    let first = world(&model, 0);
    let (mut ant, mut picture) = (first.clone(), mirror.world(&first));
    let mut both = State::new(&model, 2);
    let (mut worst, mut apart) = (0.0f64, 0.0f64);
    for step in 0..40 {
        let actions: Vec<f64> = (0..model.actions()).map(|at| action(&model, 0, step, at).into()).collect();
        let mirrored = mirror.actions(&actions);
        both.set(0, &ant);
        both.set(1, &picture);
        let mut lanes = vec![0.0; engine.actions_len()];
        for (at, (&one, &other)) in actions.iter().zip(&mirrored).enumerate() {
            (lanes[at * LANES], lanes[at * LANES + 1]) = (one as f32, other as f32);
        }
        engine.step(&mut both, &lanes);
        naive::step(&model, &mut ant, &actions);
        naive::step(&model, &mut picture, &mirrored);
        worst = worst.max(difference(&picture, &mirror.world(&ant)));
        apart = apart.max(difference(&both.world(1), &mirror.world(&both.world(0))));
    }
    assert!(worst < 1e-10, "the twin, after forty steps: {worst:.1e}");
    assert!(apart < 1e-4, "the engine, step by step: {apart:.1e}");
    let moved = difference(&ant, &first);
    assert!(moved > 0.5, "and it moves: {moved:.1e}");
}

/// A bob that hangs from a fixed point by a stiff spring of length zero, one unit above its centre; nothing damps it.
fn pendulum() -> Model {
    let body = |name: &str, flag: u8| Body {
        name: name.into(),
        mass: 1.0,
        inverse_inertia: Vector([2.0; 3]),
        moves: [flag, 0, flag],
        turns: [0, flag, 0],
        start: (flag == 0).then_some(Vector([0.0, 0.0, 3.0])),
    };
    let joint = Joint {
        name: "hinge".into(),
        parent: 0,
        child: 1,
        parent_anchor: Vector::ZERO,
        child_anchor: Vector([0.0, 0.0, 1.0]),
        // the hinge's axis is y
        rotation: Quaternion::about(Vector::unit(2), std::f64::consts::FRAC_PI_2),
        limits: vec![[-10.0, 10.0]],
        rest: vec![0.0],
        stiffness: STIFFNESS,
        damping: 0.0,
        limit_strength: 0.0,
        angular_damping: 0.0,
    };
    let description = Description {
        name: "pendulum".into(),
        origin: "made for a test".into(),
        time_step: 0.01,
        substeps: 20,
        gravity: Vector([0.0, 0.0, -9.81]),
        velocity_damping: 0.0,
        angular_damping: 0.0,
        penetration_recovery: 0.0,
        bodies: vec![body("hook", 0), body("bob", 1)],
        joints: vec![joint],
        actuators: Vec::new(),
        shapes: Vec::new(),
        contacts: Vec::new(),
    };
    Model::new(description).expect("a model")
}

const STIFFNESS: f64 = 10_000.0;

/// Of the pendulum: kinetic, in the field, and in the spring.
fn energy(model: &Model, world: &[Motion]) -> f64 {
    let (description, bob) = (model.description(), world[1]);
    let (body, joint) = (&description.bodies[1], &description.joints[0]);
    let turning = bob.angular.dot(bob.angular) / body.inverse_inertia.0[1];
    let moving = body.mass * bob.velocity.dot(bob.velocity);
    let Vector([_, _, height]) = bob.position;
    let stretch = (bob.place(joint.child_anchor) - world[0].place(joint.parent_anchor)).norm();
    0.5 * (moving + turning + joint.stiffness * stretch * stretch) + body.mass * 9.81 * height
}

/// Semi-implicit Euler keeps an energy that is near the true one, by a share of `w h` (`w` the quickest frequency, here that of
/// the spring): so the true one swings and does not drift.
#[test]
fn a_pendulum_that_nothing_damps_keeps_its_energy() {
    let model = pendulum();
    let engine = Engine::new(Isa::detected(), &model);
    let start = naive::start(&model, &[2.0], &[0.0]);
    let (mut twin, mut lanes) = (start.clone(), State::new(&model, 1));
    lanes.set(0, &start);
    let first = energy(&model, &start);
    // what swings: from its height at the start to the lowest point
    let scale = 9.81 * (start[1].position.0[2] - 2.0);
    let actions = vec![0.0; engine.actions_len()];
    let (mut drift, mut lane_drift, mut lowest) = (0.0f64, 0.0f64, f64::INFINITY);
    // a hundred seconds, some fifty swings
    for _ in 0..10_000 {
        naive::step(&model, &mut twin, &[]);
        engine.step(&mut lanes, &actions);
        drift = drift.max((energy(&model, &twin) - first).abs() / scale);
        lane_drift = lane_drift.max((energy(&model, &lanes.world(0)) - first).abs() / scale);
        lowest = lowest.min(twin[1].position.0[2]);
    }
    assert!(lowest < start[1].position.0[2] - 1.3, "it swings, down to {lowest}");
    assert!(drift < 0.002, "the twin: {drift:.1e}");
    assert!(lane_drift < 0.002, "the engine: {lane_drift:.1e}");
}
