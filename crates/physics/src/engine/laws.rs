//! Physics that needs no reference: momentum, rest, mirrors and energy.

use numerics::{Isa, LANES};

use super::tests::{action, difference, rounding, state, world};
use super::*;
use crate::description::{Body, Ends, Form, Joint, Shape};
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

/// A humanoid in a world without gravity, ground and damping, whose springs pull along the lines between anchors alone
/// (what damps them does not, and takes a little momentum with it).
fn astronaut() -> Model {
    let mut description = models::named("humanoid").expect("it is listed").description().clone();
    description.contacts.clear();
    (description.gravity, description.angular_damping) = (Vector::ZERO, 0.0);
    description.joints.iter_mut().for_each(|joint| joint.damping = 0.0);
    Model::new(description).expect("a model")
}

/// About the origin, of all that moves.
fn angular_momentum(model: &Model, world: &[Motion]) -> Vector {
    let bodies = model.description().bodies.iter().zip(world).enumerate();
    bodies.filter(|(index, _)| !model.is_fixed(*index)).fold(Vector::ZERO, |sum, (_, (constants, body))| {
        let around = body.position.cross(body.velocity) * constants.mass;
        sum + around + body.angular * (1.0 / constants.inverse_inertia.0[0])
    })
}

/// The square of how much of it roundings take in one sub-step: those of a position, a velocity and an angular velocity of
/// each body, and those of the two arms of each spring, at whose ends its force pulls both ways; two of half a unit in each.
/// They have nothing to do with each other, so that their squares add up.
fn lost_by_rounding(model: &Model, world: &[Motion]) -> f64 {
    let description = model.description();
    let unit = f64::from(f32::EPSILON);
    let size = |body: usize| 1.0 + world[body].position.norm();
    let of_body = |body: usize| {
        let (constants, motion) = (&description.bodies[body], &world[body]);
        let turning = motion.angular.norm() / constants.inverse_inertia.0[0];
        unit * (size(body) * motion.velocity.norm() * constants.mass + turning)
    };
    let of_joint = |joint: usize| {
        let parent = description.joints[joint].parent;
        let pull = naive::joint_pull(model, world, joint).parent.velocity.norm();
        unit * pull * description.bodies[parent].mass * size(parent) * model.sub_step()
    };
    let bodies = (0..world.len()).filter(|&body| !model.is_fixed(body)).map(of_body);
    let joints = (0..description.joints.len()).map(of_joint);
    bodies.chain(joints).map(|lost| lost * lost).sum()
}

#[test]
fn free_flight_keeps_angular_momentum_whatever_the_motors_do() {
    let model = astronaut();
    let engine = Engine::new(Isa::detected(), &model);
    let mut lanes = state(&model, 1, |_| 0);
    let mut twin = lanes.world(0);
    let before = angular_momentum(&model, &twin);
    let (mut bound, mut inputs) = (0.0f64, vec![0.0; engine.actions_len()]);
    for step in 0..200 {
        let actions: Vec<f64> = (0..model.actions()).map(|at| action(&model, 0, step, at).into()).collect();
        inputs.chunks_exact_mut(LANES).zip(&actions).for_each(|(row, &action)| row[0] = action as f32);
        bound += lost_by_rounding(&model, &lanes.world(0)) * f64::from(model.description().substeps);
        engine.step(&mut lanes, &inputs);
        naive::step(&model, &mut twin, &actions);
    }
    // four deviations
    let bound = 4.0 * bound.sqrt();
    let lost = |world: &[Motion]| (angular_momentum(&model, world) - before).norm();
    let size = before.norm();
    assert!(lost(&twin) <= 1e-9 * size, "the twin lost {:.1e} of {size:.1}", lost(&twin));
    assert!(lost(&lanes.world(0)) <= bound, "the engine lost {:.1e}, not {bound:.1e}", lost(&lanes.world(0)));
    assert!(bound < 1e-3 * size, "the bound {bound:.1e} of {size:.1} says something");
    let turned = (lanes.motion(0, 0).angular - world(&model, 0)[0].angular).norm();
    assert!(turned > 0.1, "and the motors turn it: {turned:.1e}");
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

/// One body that touches the ground with a form, under gravity.
fn lying(form: Form, height: f64) -> Model {
    let body = |name: &str, flag: u8, height: f64| Body {
        name: name.into(),
        mass: 2.0,
        inverse_inertia: Vector([3.0; 3]),
        moves: [flag; 3],
        turns: [flag; 3],
        start: Some(Vector([0.0, 0.0, height])),
    };
    let shape = |body: usize, form: Form| Shape { body, form, friction: 0.8, elasticity: 0.0 };
    let description = Description {
        name: "lying".into(),
        origin: "made for a test".into(),
        time_step: 0.016,
        substeps: 8,
        gravity: Vector([0.0, 0.0, -9.81]),
        velocity_damping: 0.0,
        angular_damping: 0.0,
        penetration_recovery: 0.1,
        bodies: vec![body("thing", 1, height), body("ground", 0, 0.0)],
        joints: Vec::new(),
        actuators: Vec::new(),
        shapes: vec![shape(0, form), shape(1, Form::Plane {})],
        contacts: vec![[0, 1]],
    };
    Model::new(description).expect("a model")
}

/// A contact gives the share `k = (1 / m) / D` of the change that would be needed, `D` being the response of its place.
/// Each sub-step of `h` adds `-g h` to the velocity, and the contact makes of it `(1 - k) (v - g h) + k r p / h` at a depth
/// `p`, with a recovery of `r`. That stands still at `v = 0`, `p = (1 - k) / (k r) g h^2`, and on its way there from `p = 0`
/// no velocity is beyond `g h / k`, and no depth beyond twice that one; between two contacts nothing falls deeper than
/// `g h^2`.
#[test]
fn what_lies_on_the_ground_goes_on_lying() {
    let sphere = Form::Sphere { center: Vector::ZERO, radius: 0.5 };
    let half = Vector([0.5, 0.0, 0.0]);
    let capsule = Form::Capsule { center: Vector::ZERO, half, radius: 0.25, ends: Ends::Both };
    let block =
        Form::Box { center: Vector::ZERO, half: Vector([0.5, 0.4, 0.3]), rotation: Quaternion::IDENTITY };
    // the square of how far from below the centre it touches
    for (name, form, height, aside) in
        [("sphere", sphere, 0.5, 0.0), ("capsule", capsule, 0.25, 0.25), ("block", block, 0.3, 0.41)]
    {
        let model = lying(form, height);
        let (time, gravity, recovery) = (model.sub_step(), 9.81, model.description().penetration_recovery);
        let share = 0.5 / (0.5 + 3.0 * aside);
        let fall = gravity * time * time;
        let depth = fall * (1.0 + 2.0 * (1.0 - share) / (share * recovery));
        let rounding = 16.0 * f64::from(f32::EPSILON);
        let engine = Engine::new(Isa::detected(), &model);
        let start = naive::start(&model, &[], &[]);
        let (mut twin, mut lanes) = (start.clone(), State::new(&model, 1));
        lanes.set(0, &start);
        for step in 0..1000 {
            naive::step(&model, &mut twin, &[]);
            engine.step(&mut lanes, &[]);
            for (whose, body) in [("twin", twin[0]), ("engine", lanes.motion(0, 0))] {
                let Vector([x, y, z]) = body.position;
                let (up, aside) = (z - height, x.abs().max(y.abs()));
                let leaning = Vector(body.rotation.0[1..].try_into().expect("three")).norm();
                assert!(
                    -depth - rounding <= up
                        && up <= fall + rounding
                        && aside <= rounding
                        && leaning <= rounding,
                    "{name}, {whose}, step {step}: {:?}",
                    (up, aside, leaning, depth, fall)
                );
                let speed = body.velocity.norm().max(body.angular.norm());
                assert!(
                    speed <= gravity * time / share + rounding,
                    "{name}, {whose}, step {step}: speed {speed:.1e}"
                );
            }
        }
        let mut description = model.description().clone();
        description.contacts.clear();
        let loose = Model::new(description).expect("a model");
        let mut falling = start;
        (0..10).for_each(|_| drop(naive::step(&loose, &mut falling, &[])));
        assert!(falling[0].position.0[2] < height - 0.1, "{name}: without contacts it falls");
    }
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
