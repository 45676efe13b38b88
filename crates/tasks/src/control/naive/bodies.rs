//! Tasks of bodies by definition, in `f64`: what is seen, paid and ends, a function a task.
//!
//! The step between is the twin of the engine ([`physics::naive`]). Numbers in brackets are sections of the specification
//! of Brax's first environments that all of it was written from. Departures: none.

use physics::naive::{self, Change, Motion};
use physics::vector::{Quaternion, Vector, asin, sin_cos};
use physics::{Layout, Model};

use super::step::Seen;

/// A task of bodies.
pub(super) struct Bodies {
    pub(super) base: &'static str,
    /// Whether a humanoid sees inertias as they are.
    pub(super) corrected: bool,
    pub(super) model: Model,
    pub(super) layout: Layout,
}

/// Everything that a task reads after a step.
struct See<'a> {
    model: &'a Model,
    world: &'a [Motion],
    /// What contacts did, summed over the step.
    contacts: &'a [Change],
    /// Of joints, by kind.
    angles: Vec<f64>,
    velocities: Vec<f64>,
    /// Of the network.
    actions: &'a [f64],
    /// Of what progress is measured by, before the step.
    before: Vector,
}

/// A step as a task judges it.
struct Judged {
    observation: Vec<f64>,
    reward: f64,
    done: bool,
    /// The target was reached.
    hit: bool,
}

/// A task in which no target moves.
fn judged(observation: Vec<f64>, reward: f64, done: bool) -> Judged {
    Judged { observation, reward, done, hit: false }
}

/// The body that a task moves when it is hit.
fn target(base: &str) -> Option<usize> {
    match base {
        "fetch" => Some(FETCH_TARGET),
        "grasp" => Some(GRASP_TARGET),
        "ur5e" => Some(ARM_TARGET),
        _ => None,
    }
}

impl Bodies {
    pub(super) fn step(
        &self,
        state: &mut [f64],
        actions: &[f64],
        draw: &mut dyn FnMut() -> [f64; 3],
    ) -> Seen {
        let mut world = self.world(state);
        let before = self.mark(&world);
        let inputs = prepare(self.base, &mut world, actions);
        let contacts = naive::step(&self.model, &mut world, &inputs);
        let see = self.see(&world, &contacts, actions, before);
        let Judged { observation, reward, done, hit } = self.judge(&see);
        let readings = [see.angles, see.velocities].concat();
        if let Some(body) = target(self.base).filter(|_| hit) {
            world[body].position = Vector(draw());
        }
        self.write(&world, &contacts, &readings, state);
        Seen { observation, reward, done }
    }

    /// What is seen where nothing was done yet: contacts are those of the places as they are.
    pub(super) fn look(&self, state: &[f64]) -> Vec<f64> {
        let world = self.world(state);
        let contacts = naive::contacts(&self.model, &world);
        let actions = vec![0.0; self.model.actions()];
        self.judge(&self.see(&world, &contacts, &actions, self.mark(&world))).observation
    }

    fn see<'a>(
        &'a self,
        world: &'a [Motion],
        contacts: &'a [Change],
        actions: &'a [f64],
        before: Vector,
    ) -> See<'a> {
        let (angles, velocities) = naive::readings(&self.model, world);
        See { model: &self.model, world, contacts, angles, velocities, actions, before }
    }

    fn judge(&self, see: &See<'_>) -> Judged {
        match self.base {
            "ant" | "ant_modified" => ant(see),
            "fetch" => fetch(see),
            "grasp" => grasp(see),
            "halfcheetah" => half_cheetah(see),
            "hopper" => hopper(see, [0.7, f64::INFINITY], 0.2),
            "humanoid" => humanoid(see, self.corrected),
            "reacher" => reacher(see),
            "ur5e" => arm(see),
            "walker2d" => hopper(see, [0.7, 2.0], 1.0),
            other => unreachable!("{other} is no task of bodies"),
        }
    }

    fn world(&self, state: &[f64]) -> Vec<Motion> {
        let three = |first: usize| Vector([0, 1, 2].map(|axis| state[first + axis]));
        let motion = |body: usize| Motion {
            position: three(self.layout.position(body)),
            rotation: Quaternion([0, 1, 2, 3].map(|part| state[self.layout.rotation(body) + part])),
            velocity: three(self.layout.velocity(body)),
            angular: three(self.layout.angular(body)),
        };
        (0..self.layout.bodies()).map(motion).collect()
    }

    fn write(&self, world: &[Motion], contacts: &[Change], readings: &[f64], state: &mut [f64]) {
        let mut put =
            |first: usize, numbers: &[f64]| state[first..][..numbers.len()].copy_from_slice(numbers);
        for (body, (motion, change)) in world.iter().zip(contacts).enumerate() {
            put(self.layout.position(body), &motion.position.0);
            put(self.layout.rotation(body), &motion.rotation.0);
            put(self.layout.velocity(body), &motion.velocity.0);
            put(self.layout.angular(body), &motion.angular.0);
            put(self.layout.pushed(body), &change.velocity.0);
            put(self.layout.twisted(body), &change.angular.0);
        }
        put(self.layout.angle(0), readings);
    }

    /// What progress is measured by.
    fn mark(&self, world: &[Motion]) -> Vector {
        match self.base {
            "humanoid" => center(&self.model, world),
            "ur5e" => world[ARM_END].position,
            _ => world[0].position,
        }
    }
}

impl See<'_> {
    fn time_step(&self) -> f64 {
        self.model.description().time_step
    }

    /// The sum of the squares of all actions.
    fn effort(&self) -> f64 {
        self.actions.iter().map(|action| action * action).sum()
    }

    /// 1 for a body that something touched in the step.
    fn touched(&self, body: usize) -> f64 {
        let pushed = self.contacts[body].velocity;
        if pushed.dot(pushed) > 1e-5 { 1.0 } else { 0.0 }
    }

    fn all_touched(&self) -> impl Iterator<Item = f64> {
        (0..self.world.len()).map(|body| self.touched(body))
    }
}

/// The length of a vector, and its direction, a little shorter than 1.
fn direction(v: Vector) -> (f64, Vector) {
    let length = v.norm();
    (length, v * (1.0 / (1e-6 + length)))
}

fn cut(number: f64) -> f64 {
    number.clamp(-1.0, 1.0)
}

/// Height, rotation and angles, and all velocities.
fn torso_and_joints(see: &See<'_>) -> Vec<f64> {
    let torso = see.world[0];
    let mut seen = vec![torso.position.0[2]];
    seen.extend(torso.rotation.0);
    seen.extend(&see.angles);
    seen.extend(torso.velocity.0);
    seen.extend(torso.angular.0);
    seen.extend(&see.velocities);
    seen
}

/// (9.1) All of the torso, the joints, and contacts of every body, cut off at 1.
fn ant(see: &See<'_>) -> Judged {
    let torso = see.world[0];
    let [x, _, z] = torso.position.0;
    let pushes: Vec<f64> = see.contacts.iter().flat_map(|change| change.velocity.0).map(cut).collect();
    let mut seen = torso_and_joints(see);
    seen.extend(&pushes);
    seen.extend(see.contacts.iter().flat_map(|change| change.angular.0).map(cut));
    let cost: f64 = pushes.iter().map(|push| push * push).sum();
    let reward = (x - see.before.0[0]) / see.time_step() + 1.0 - 0.5 * see.effort() - 5e-4 * cost;
    judged(seen, reward, !(0.2..=1.0).contains(&z))
}

/// (9.2) Planar: of the rotation w and y.
fn half_cheetah(see: &See<'_>) -> Judged {
    let torso = see.world[0];
    let ([x, _, z], [w, _, y, _]) = (torso.position.0, torso.rotation.0);
    let mut seen = vec![z, w, y];
    seen.extend(&see.angles);
    seen.extend([torso.velocity.0[0], torso.velocity.0[2], torso.angular.0[1]]);
    seen.extend(&see.velocities);
    judged(seen, (x - see.before.0[0]) / see.time_step() - 0.1 * see.effort(), false)
}

/// (9.3) Planar: of the rotation the angle about y. The walker differs in where it ends.
fn hopper(see: &See<'_>, [low, high]: [f64; 2], most: f64) -> Judged {
    let torso = see.world[0];
    let ([x, _, z], [q0, q1, q2, q3]) = (torso.position.0, torso.rotation.0);
    let lean = asin(cut(2.0 * q1 * q3 + 2.0 * q0 * q2));
    let mut seen = vec![z, lean];
    seen.extend(&see.angles);
    seen.extend([torso.velocity.0[0], torso.velocity.0[2], torso.angular.0[1]]);
    seen.extend(&see.velocities);
    let reward = (x - see.before.0[0]) / see.time_step() + 1.0 - 1e-3 * see.effort();
    judged(seen, reward, z < low || z > high || lean.abs() > most)
}

const FETCH_TARGET: usize = 12;

/// What a body sees of a target and of all bodies, in its own frame.
fn seen_from(see: &See<'_>, body: usize, target: usize) -> Vec<f64> {
    let Motion { position, rotation, .. } = see.world[body];
    let back = rotation.inverse();
    let place = |other: usize| back.rotate(see.world[other].position - position);
    let (distance, way) = direction(place(target));
    let mut seen = rotation.rotate(Vector::unit(0)).0.to_vec();
    seen.extend(rotation.rotate(Vector::unit(2)).0);
    seen.push(distance);
    seen.extend(way.0);
    seen.extend((0..see.world.len()).flat_map(|other| place(other).0));
    seen.extend(see.world.iter().flat_map(|other| back.rotate(other.velocity).0));
    seen.extend(see.all_touched());
    seen
}

/// (9.4) Towards the target, upright and high; at the target, with the eyes on it.
fn fetch(see: &See<'_>) -> Judged {
    let torso = see.world[0];
    let (distance, way) = direction(see.world[FETCH_TARGET].position - torso.position);
    let (up, forward) = (torso.rotation.rotate(Vector::unit(2)), torso.rotation.rotate(Vector::unit(0)));
    let (time, hit) = (see.time_step(), distance < 2.0);
    let reward = 0.1 * (torso.position - see.before).dot(way)
        + 0.1 * time * up.0[2]
        + 0.1 * time * torso.position.0[2]
        + if hit { way.dot(forward) } else { 0.0 };
    Judged { observation: seen_from(see, 0, FETCH_TARGET), reward, done: false, hit }
}

const ARM_END: usize = 6;
const ARM_TARGET: usize = 7;

/// (9.6) As fetch, from the end of the arm.
fn arm(see: &See<'_>) -> Judged {
    let end = see.world[ARM_END].position;
    let (distance, way) = direction(see.world[ARM_TARGET].position - end);
    let hit = distance < 0.02;
    let reward = 0.1 * (end - see.before).dot(way) + if hit { 1.0 } else { 0.0 };
    Judged { observation: seen_from(see, ARM_END, ARM_TARGET), reward, done: false, hit }
}

const BALL: usize = 1;
const FINGER: usize = 2;
const PALM: usize = 5;
const GRASP_TARGET: usize = 15;

/// What a task does before a step: the model's actions from a network's. (9.5) Grasp means degrees and metres by them, and
/// drags its palm towards the last three.
///
/// # Panics
///
/// If grasp has fewer than nineteen actions or six bodies.
pub fn prepare(base: &str, world: &mut [Motion], actions: &[f64]) -> Vec<f64> {
    if base != "grasp" {
        return actions.to_vec();
    }
    let low = |action: usize| match action {
        16 | 17 => -10.0,
        18 => 3.5,
        _ if action % 4 >= 2 => -45.0,
        0 | 1 => -90.0,
        _ => 0.0,
    };
    let range = |action: usize| if action < 16 { 90.0 } else { [20.0, 20.0, 10.0][action - 16] };
    let meant: Vec<f64> = (0..19).map(|at| low(at) + range(at) * (actions[at] + 1.0) / 2.0).collect();
    let way = Vector([meant[16], meant[17], meant[18]]) - world[PALM].position;
    let scale = if way.norm() > 2.0 { 2.0 / way.norm() } else { 1.0 };
    world[PALM].position = world[PALM].position + way * (scale * 0.15);
    meant
}

/// (9.5) The finger to the ball, the palm over it, touched, and carried to the target.
fn grasp(see: &See<'_>) -> Judged {
    let [ball, finger, palm, goal] = [BALL, FINGER, PALM, GRASP_TARGET].map(|body| see.world[body]);
    let to_ball = ball.position - palm.position;
    let (ball_distance, ball_way) = direction(to_ball);
    let (goal_distance, goal_way) = direction(goal.position - palm.position);
    let (rest, rest_way) = direction(goal.position - ball.position);
    let (nearing, carried) = (ball_way.dot(finger.velocity), rest_way.dot(ball.velocity));
    let mut seen = vec![ball_distance];
    seen.extend(ball_way.0);
    seen.push(goal_distance);
    seen.extend(goal_way.0);
    seen.extend(see.world.iter().flat_map(|body| (body.position - palm.position).0));
    seen.extend(see.world.iter().flat_map(|body| body.velocity.0));
    seen.extend(to_ball.0);
    seen.extend(finger.velocity.0);
    seen.push(nearing);
    seen.push(rest);
    seen.extend(rest_way.0);
    seen.push(carried);
    seen.extend(see.all_touched());

    let [x, y, _] = to_ball.0;
    let touches: f64 = [3, 9, 12, 15].map(|body| see.touched(body)).iter().sum();
    let (time, hit) = (see.time_step(), rest < 1.1);
    let reward = 0.1 * time * nearing
        + 0.1 * time / (1.0 + (x * x + y * y).sqrt())
        + 0.2 * time * touches
        + if hit { 5.0 } else { 0.0 }
        + 1.5 * time * carried;
    Judged { observation: seen, reward, done: false, hit }
}

/// (9.7) The tip is a point of the second link.
fn reacher(see: &See<'_>) -> Judged {
    let (link, target) = (see.world[2], see.world[3].position);
    let tip = link.place(Vector([0.11, 0.0, 0.0]));
    let velocity = link.velocity_at(tip);
    let mut seen: Vec<f64> = see.angles.iter().map(|&angle| sin_cos(angle).1).collect();
    seen.extend(see.angles.iter().map(|&angle| sin_cos(angle).0));
    seen.extend([target.0[0], target.0[1], velocity.0[0], velocity.0[1]]);
    seen.extend((tip - target).0);
    judged(seen, -(tip - target).norm() - see.effort(), false)
}

/// All mass but the floor's, which is the last body.
fn whole_mass(model: &Model) -> f64 {
    let bodies = &model.description().bodies;
    bodies[..bodies.len() - 1].iter().map(|body| body.mass).sum()
}

/// The centre of mass, the floor's left out.
fn center(model: &Model, world: &[Motion]) -> Vector {
    let bodies = &model.description().bodies;
    let weighed =
        bodies[..bodies.len() - 1].iter().zip(world).map(|(body, motion)| motion.position * body.mass);
    weighed.fold(Vector::ZERO, |sum, place| sum + place) * (1.0 / whole_mass(model))
}

/// (9.8) Also what it takes for inertia, momentum and spin of each body about the centre of mass, and its torques.
fn humanoid(see: &See<'_>, corrected: bool) -> Judged {
    let (torso, description) = (see.world[0], see.model.description());
    let [_, _, z] = torso.position.0;
    let (center, whole) = (center(see.model, see.world), whole_mass(see.model));
    let members = || description.bodies[..see.world.len() - 1].iter().zip(see.world);
    let mut seen = torso_and_joints(see);
    for (body, motion) in members() {
        let (away, inverse) = (motion.position - center, body.inverse_inertia.0);
        let (own, weight) =
            if corrected { (inverse.map(|inverse| 1.0 / inverse), body.mass) } else { (inverse, 1.0) };
        for (line, own) in own.into_iter().enumerate() {
            for column in 0..3 {
                let diagonal = if line == column { body.mass * away.dot(away) + own } else { 0.0 };
                seen.push(diagonal - away.0[line] * away.0[column] * weight);
            }
        }
    }
    seen.extend(members().flat_map(|(body, motion)| (motion.velocity * (body.mass / whole)).0));
    seen.extend(members().flat_map(|(_, motion)| {
        let away = motion.position - center;
        (away.cross(motion.velocity) * (1.0 / (1e-7 + away.dot(away)))).0
    }));
    for actuator in see.model.joints_by_kind().iter().filter_map(|&joint| see.model.actuator_of(joint)) {
        let actuator = &description.actuators[actuator];
        seen.extend(actuator.actions.iter().map(|&action| actuator.strength * see.actions[action]));
    }
    let velocity = (center.0[0] - see.before.0[0]) / see.time_step();
    let reward = 1.25 * velocity + 5.0 - 0.1 * see.effort();
    judged(seen, reward, !(0.8..=2.1).contains(&z))
}
