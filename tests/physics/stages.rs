//! The stages of the engine, in single precision, from random states against the reference in double precision.
//!
//! The stages are fused, so each is shown by the smallest step in which nothing else acts:
//!
//! | stage | shown by |
//! |---|---|
//! | kinematics | one sub-step: nothing else changes places and rotations |
//! | angles, contacts | what is sensed of a state, with the contacts of one group |
//! | joints, actuators | the change of velocities in one sub-step without gravity, damping and contacts, in which the springs of one kind of joint pull, or its motors alone |
//! | velocities | recorded sub-steps, whose contacts are known: [`substeps`](crate::substeps) |
//!
//! One sub-step is a step of a model whose step is as short as that.

use numerics::{Isa, LANES};
use physics::naive::{self, Motion};
use physics::vector::{Quaternion, Vector};
use physics::{ContactGroup, Description, Engine, Model, Pair, State, Touch};

use crate::components::{Found, pulls};
use crate::records::{Records, error, kept, recorded};
use crate::steps::{compare_rows, row_errors};

/// Largest error of a stage, relative to the largest number of its array.
pub(crate) const LIMIT: f64 = 1e-5;

/// The description of one sub-step as a step.
pub(crate) fn one_sub_step(model: &Model) -> Description {
    let mut description = model.description().clone();
    (description.time_step, description.substeps) = (model.sub_step(), 1);
    description
}

/// All worlds after a step of the engine, a copy each.
pub(crate) fn stepped(description: Description, worlds: &[Vec<Motion>], actions: &[Vec<f64>]) -> State {
    let model = Model::new(description).expect("a part of a model is a model");
    let engine = Engine::new(Isa::detected(), &model);
    let mut state = State::new(&model, worlds.len());
    let mut inputs = vec![0.0; engine.actions_len() * worlds.len().div_ceil(LANES)];
    for (copy, (world, actions)) in worlds.iter().zip(actions).enumerate() {
        state.set(copy, world);
        let block = &mut inputs[copy / LANES * engine.actions_len()..][..engine.actions_len()];
        for (row, &action) in block.chunks_exact_mut(LANES).zip(actions) {
            row[copy % LANES] = action as f32;
        }
    }
    engine.step(&mut state, &inputs);
    state
}

/// One vector of each body of each copy.
pub(crate) fn vectors(state: &State, of: impl Fn(&Motion) -> Vector) -> Vec<f64> {
    (0..state.copies()).flat_map(|copy| state.world(copy)).flat_map(|motion| of(&motion).0).collect()
}

pub(crate) fn rotations(state: &State) -> Vec<f64> {
    (0..state.copies()).flat_map(|copy| state.world(copy)).flat_map(|motion| motion.rotation.0).collect()
}

pub(crate) fn pushes(state: &State) -> [Vec<f64>; 2] {
    let all =
        (0..state.copies()).flat_map(|copy| state.contacts(copy)).map(|it| [it.velocity.0, it.angular.0]);
    let (linear, angular): (Vec<_>, Vec<_>) = all.map(|[linear, angular]| (linear, angular)).unzip();
    [linear.concat(), angular.concat()]
}

/// Which components of the bodies' vectors are free.
pub(crate) fn free(model: &Model) -> [Vec<bool>; 2] {
    let bodies = &model.description().bodies;
    let flags = |of: fn(&physics::description::Body) -> [u8; 3]| {
        bodies.iter().flat_map(|body| of(body).map(|flag| flag == 1)).collect()
    };
    [flags(|body| body.moves), flags(|body| body.turns)]
}

fn compare(name: &str, part: &str, found: &[f64], expected: &[f64]) {
    let error = error(found, expected);
    assert!(error <= LIMIT, "{name}: {part} is off by {error:.1e}");
}

/// Random states with their actions, and what the reference made of them.
struct Random {
    model: Model,
    expected: Records,
    worlds: Vec<Vec<Motion>>,
    actions: Vec<Vec<f64>>,
}

fn random() -> impl Iterator<Item = Random> {
    recorded().into_iter().map(|(model, folder)| {
        let given = Records::read(&folder.join("components.npz"));
        let expected = Records::read(&folder.join("components_f64.npz"));
        let rows = expected.find("out_grasp_scaled_act").unwrap_or_else(|| given.rows("in_act"));
        let actions = (0..rows.len()).map(|row| rows.row(row).to_vec()).collect();
        let worlds = (0..rows.len()).map(|row| given.world("in_", Some(row))).collect();
        Random { model, worlds, actions, expected }
    })
}

#[test]
fn bodies_move_and_turn_like_those_of_the_reference() {
    for Random { model, expected, worlds, actions, .. } in random() {
        let name = &model.description().name;
        let state = stepped(one_sub_step(&model), &worlds, &actions);
        compare(
            name,
            "position",
            &vectors(&state, |motion| motion.position),
            expected.all("out_kinetic_pos"),
        );
        compare(name, "rotation", &rotations(&state), expected.all("out_kinetic_rot"));
    }
}

#[test]
fn angles_are_those_of_the_reference() {
    for Random { model, expected, worlds, .. } in random() {
        let name = &model.description().name;
        let mut state = State::new(&model, worlds.len());
        worlds.iter().enumerate().for_each(|(copy, world)| state.set(copy, world));
        Engine::new(Isa::detected(), &model).sense(&mut state);
        let layout = state.layout();
        let mut first = 0;
        for group in 0..3 {
            let Some(angles) = expected.find(&format!("out_joint{group}_angle_flat")) else { continue };
            let velocities = expected.rows(&format!("out_joint{group}_anglevel_flat"));
            let axes = first..first + angles.row(0).len();
            first = axes.end;
            let read = |row: &dyn Fn(usize) -> usize| -> Vec<f64> {
                let of = |copy| axes.clone().map(move |axis| (copy, row(axis)));
                let places = (0..worlds.len()).flat_map(of);
                places.map(|(copy, row)| state.number(copy, row).into()).collect()
            };
            let part = |what: &str| format!("{what} of joints {group}");
            compare(name, &part("angles"), &read(&|axis| layout.angle(axis)), angles.all());
            compare(name, &part("velocities"), &read(&|axis| layout.angle_velocity(axis)), velocities.all());
        }
        assert_eq!(first, model.axis_count(), "{name}: all angles are compared");
    }
}

/// The description with the contacts of one group.
fn of_group(model: &Model, group: usize) -> Description {
    let mut description = model.description().clone();
    let is_in_group = |contact: &[usize; 2]| {
        let only = Description { contacts: vec![*contact], ..model.description().clone() };
        let only = Model::new(only).expect("a part of a model is a model");
        model.contact_groups()[group].pairs.contains(&only.contact_groups()[0].pairs[0])
    };
    description.contacts.retain(is_in_group);
    description
}

/// What rounding of places does to the normal of two capsules, relative to it: its direction is that between their closest
/// points, with a length of `d / (d + 1e-6)` at a distance `d`, which is nothing where flat feet cross.
fn lost_by_crossing(world: &[Motion], contacts: &ContactGroup) -> f64 {
    let of_pair = |pair: &Pair| {
        let Touch::Capsules { first, second } = &pair.touch else { return 0.0 };
        let size = world[pair.first].position.norm().max(world[pair.second].position.norm());
        let depths = naive::points(world, pair).into_iter().map(|point| point.penetration);
        let distances = depths.map(|depth| first.radius + second.radius - depth);
        // a tenth: ten times as much is allowed
        0.1 * f64::from(f32::EPSILON) * size / (distances.fold(f64::MAX, f64::min).max(0.0) + 1e-6)
    };
    contacts.pairs.iter().map(of_pair).fold(0.0, f64::max)
}

#[test]
fn contacts_push_like_those_of_the_reference() {
    for Random { model, expected, worlds, .. } in random() {
        for (group, contacts) in model.contact_groups().iter().enumerate() {
            let only = Model::new(of_group(&model, group)).expect("a part of a model is a model");
            assert_eq!(only.contact_groups(), std::slice::from_ref(contacts));
            let mut state = State::new(&only, worlds.len());
            worlds.iter().enumerate().for_each(|(copy, world)| state.set(copy, world));
            Engine::new(Isa::detected(), &only).sense(&mut state);
            let apart: Vec<f64> = worlds.iter().map(|world| lost_by_crossing(world, contacts)).collect();
            for (found, what) in pushes(&state).iter().zip(["dvel", "dang"]) {
                let part = format!("collider{group}_sum_{what}");
                let (name, expected) = (&model.description().name, expected.all(&format!("out_{part}")));
                compare_rows(&format!("{name}: {part}"), found, expected, &apart);
                let errors = row_errors(found, expected, worlds.len());
                let far: Vec<usize> = (0..worlds.len()).filter(|&row| errors[row] > LIMIT).collect();
                let known: &[usize] =
                    if name == "halfcheetah" && group == 1 { &[34, 35, 41, 42] } else { &[] };
                assert!(far.iter().all(|row| known.contains(row)), "{name}: {part} is off in rows {far:?}");
            }
        }
    }
}

/// The world that becomes `world` when it moves for a sub-step: `(1 + w)(1 - w)` is a number for a vector `w`.
fn before(model: &Model, world: &[Motion]) -> Vec<Motion> {
    let mut earlier = world.to_vec();
    for (body, motion) in model.description().bodies.iter().zip(&mut earlier) {
        let (moves, turns) = (Vector(body.moves.map(f64::from)), Vector(body.turns.map(f64::from)));
        motion.position = motion.position - (motion.velocity * model.sub_step()).times(moves);
        let Vector([x, y, z]) = motion.angular.times(turns) * (-0.5 * model.sub_step());
        motion.rotation = (Quaternion([1.0, x, y, z]) * motion.rotation).normalised();
    }
    earlier
}

/// What springs or motors of one kind of joint do: accelerations of all worlds, and the worlds in which they do it.
fn accelerations(random: &Random, axes: usize, motors: bool) -> ([Vec<f64>; 2], Vec<Vec<Motion>>) {
    let Random { model, worlds, actions, .. } = random;
    let mut description = one_sub_step(model);
    (description.gravity, description.velocity_damping, description.angular_damping) =
        (Vector::ZERO, 0.0, 0.0);
    description.contacts.clear();
    let is_of_kind = |joint: usize| model.description().joints[joint].limits.len() == axes;
    for (index, joint) in description.joints.iter_mut().enumerate() {
        if motors || !is_of_kind(index) {
            (joint.stiffness, joint.damping, joint.limit_strength, joint.angular_damping) =
                (0.0, 0.0, 0.0, 0.0);
        }
    }
    for actuator in description.actuators.iter_mut().filter(|it| !motors || !is_of_kind(it.joint)) {
        actuator.strength = 0.0;
    }
    let earlier: Vec<Vec<Motion>> = worlds.iter().map(|world| before(model, world)).collect();
    let state = stepped(description, &earlier, actions);
    let time = model.sub_step();
    let change = |of: fn(&Motion) -> Vector| {
        let old = worlds.iter().flatten().flat_map(|motion| of(motion).0);
        vectors(&state, of).into_iter().zip(old).map(|(new, old)| (new - old) / time).collect()
    };
    let reached = worlds.iter().enumerate().map(|(copy, world)| {
        let places = state.world(copy).into_iter().zip(world);
        places.map(|(at, was)| Motion { velocity: was.velocity, angular: was.angular, ..at }).collect()
    });
    ([change(|motion| motion.velocity), change(|motion| motion.angular)], reached.collect())
}

/// A part of what the twin says of some worlds.
fn twin_part(random: &Random, worlds: &[Vec<Motion>], part: &str) -> Vec<f64> {
    let of_world = |(world, actions): (&Vec<Motion>, &Vec<f64>)| {
        let mut found = Found::new();
        pulls(&random.model, world, actions, &mut found);
        found.into_iter().find(|(name, _)| name == part).expect("a part of the twin").1
    };
    worlds.iter().zip(&random.actions).flat_map(of_world).collect()
}

#[test]
fn joints_and_motors_pull_like_those_of_the_reference() {
    for random in random() {
        let (model, expected) = (&random.model, &random.expected);
        let name = &model.description().name;
        let free = free(model);
        let mut kinds: Vec<usize> = model.description().joints.iter().map(|it| it.limits.len()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for (group, &axes) in kinds.iter().enumerate() {
            for (motors, what, side) in [(false, "joint", 0), (false, "joint", 1), (true, "actuator", 1)] {
                let part = format!("{what}{group}_sum_{}", ["dvel", "dang"][side]);
                let Some(rows) = expected.find(&format!("out_{part}")) else { continue };
                let (found, reached) = accelerations(&random, axes, motors);
                let found = kept(&found[side], &free[side]);
                let near = error(&found, &kept(rows.all(), &free[side]));
                assert!(near <= 2.0 * LIMIT, "{name}: {part} is off by {near:.1e}");
                // the worlds are the random ones but for rounding, which a stiff spring answers: there the twin knows, and
                // the twin is the reference to ten digits
                let there = kept(&twin_part(&random, &reached, &part), &free[side]);
                let largest = there.iter().fold(0.0, |largest: f64, it| largest.max(it.abs()));
                let off = error(&found, &there) * largest;
                // and velocities, of whose difference it is read, are rounded
                let quickest = random
                    .worlds
                    .iter()
                    .flatten()
                    .map(|motion| motion.velocity.norm().max(motion.angular.norm()));
                let read = 0.5 * f64::from(f32::EPSILON) * quickest.fold(0.0, f64::max) / model.sub_step();
                assert!(off <= LIMIT * largest + read, "{name}: {part} is off by {off:.1e} of {largest:.1e}");
            }
        }
    }
}
