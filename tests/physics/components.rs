//! Every part of a step, from random states, against the reference in double precision.

use physics::naive::{self, Change, Motion};
use physics::vector::Vector;
use physics::{Model, naive::Changes};

use crate::records::{Records, error, flat, recorded};

/// Largest error of a part, relative to the largest number of its array.
const LIMIT: f64 = 1e-10;
/// The same of a whole step of `halfcheetah`: sixteen sub-steps of contacts that switch.
const STIFF_LIMIT: f64 = 1e-9;

/// What is compared: names of arrays without `out_`, and what was computed for one state.
pub(crate) type Found = Vec<(String, Vec<f64>)>;

fn positions(world: &[Motion]) -> Vec<f64> {
    flat(world.iter().map(|motion| motion.position))
}

fn rotations(world: &[Motion]) -> Vec<f64> {
    world.iter().flat_map(|motion| motion.rotation.0).collect()
}

fn velocities(world: &[Motion]) -> Vec<f64> {
    flat(world.iter().map(|motion| motion.velocity))
}

fn angulars(world: &[Motion]) -> Vec<f64> {
    flat(world.iter().map(|motion| motion.angular))
}

fn changes(changes: &[Change]) -> [Vec<f64>; 2] {
    [flat(changes.iter().map(|change| change.velocity)), flat(changes.iter().map(|change| change.angular))]
}

/// Accelerations or impulses from two recorded rows.
fn recorded_changes(records: &Records, row: usize) -> Changes {
    let (linear, angular) = (records.rows("in_acc_vel"), records.rows("in_acc_ang"));
    let vector = |numbers: &[f64], body: usize| Vector([0, 1, 2].map(|axis| numbers[3 * body + axis]));
    let (linear, angular) = (linear.row(row), angular.row(row));
    (0..linear.len() / 3)
        .map(|body| Change { velocity: vector(linear, body), angular: vector(angular, body) })
        .collect()
}

fn integration(model: &Model, world: &[Motion], given: &[Change], found: &mut Found) {
    let mut moved = world.to_vec();
    naive::kinematics(model, &mut moved);
    found.push(("kinetic_pos".into(), positions(&moved)));
    found.push(("kinetic_rot".into(), rotations(&moved)));
    let mut pushed = world.to_vec();
    naive::velocities(model, &mut pushed, given);
    found.push(("accupdate_vel".into(), velocities(&pushed)));
    found.push(("accupdate_ang".into(), angulars(&pushed)));
    let mut pushed = world.to_vec();
    naive::push(model, &mut pushed, given);
    found.push(("velupdate_vel".into(), velocities(&pushed)));
    found.push(("velupdate_ang".into(), angulars(&pushed)));
}

/// Joints and actuators, by kind of joint, as the reference groups them.
pub(crate) fn pulls(model: &Model, world: &[Motion], actions: &[f64], found: &mut Found) {
    let description = model.description();
    let mut group = 0;
    for axes in 1..=3 {
        let joints = model.joints_by_kind().iter().copied();
        let joints: Vec<usize> =
            joints.filter(|&joint| description.joints[joint].limits.len() == axes).collect();
        if joints.is_empty() {
            continue;
        }
        let name = |part: &str| format!("joint{group}_{part}");
        let (mut sums, mut torques) = (naive::none(model), naive::none(model));
        let mut parts: [Vec<f64>; 6] = Default::default();
        for &index in &joints {
            let joint = &description.joints[index];
            let pull = naive::joint_pull(model, world, index);
            let seen = naive::axes(model, world, index);
            parts[0].extend(flat(seen.axes.iter().copied()));
            parts[1].extend(&seen.angles);
            for (part, vector) in parts[2..].iter_mut().zip([
                pull.parent.velocity,
                pull.parent.angular,
                pull.child.velocity,
                pull.child.angular,
            ]) {
                part.extend(vector.0);
            }
            for (body, change) in [(joint.parent, pull.parent), (joint.child, pull.child)] {
                sums[body] = naive::sum(vec![sums[body]], &[change])[0];
            }
            if let Some(actuator) = model.actuator_of(index) {
                let torque = naive::actuator_torque(model, world, actuator, actions);
                for (body, sign) in [(joint.parent, 1.0), (joint.child, -1.0)] {
                    let angular = description.bodies[body].inverse_inertia.times(torque) * sign;
                    torques[body].angular = torques[body].angular + angular;
                }
            }
        }
        let names = ["axis", "angle", "parent_dvel", "parent_dang", "child_dvel", "child_dang"];
        found.push((name("angle_flat"), parts[1].clone()));
        found.extend(names.into_iter().map(name).zip(parts));
        let [linear, angular] = changes(&sums);
        found.push((name("sum_dvel"), linear));
        found.push((name("sum_dang"), angular));
        found.push((format!("actuator{group}_sum_dang"), changes(&torques)[1].clone()));
        group += 1;
    }
}

fn touches(model: &Model, world: &[Motion], found: &mut Found) {
    for (group, contacts) in model.contact_groups().iter().enumerate() {
        let name = |part: &str| format!("collider{group}_{part}");
        let mut parts: [Vec<f64>; 8] = Default::default();
        for pair in &contacts.pairs {
            for point in naive::points(world, pair) {
                let [first, second] = naive::impulses(model, world, contacts.one_way, pair, &point);
                parts[0].extend(point.place.0);
                parts[1].extend(point.velocity.0);
                parts[2].extend(point.normal.0);
                parts[3].push(point.penetration);
                for (part, vector) in parts[4..].iter_mut().zip([
                    first.velocity,
                    first.angular,
                    second.velocity,
                    second.angular,
                ]) {
                    part.extend(vector.0);
                }
            }
        }
        let names = [
            "contact_pos",
            "contact_vel",
            "contact_normal",
            "contact_penetration",
            "a_dvel",
            "a_dang",
            "b_dvel",
            "b_dang",
        ];
        let kept = if contacts.one_way { 6 } else { 8 };
        found.extend(names.into_iter().map(name).zip(parts).take(kept));
        let [linear, angular] = changes(&naive::group_impulses(model, world, contacts));
        found.push((name("sum_dvel"), linear));
        found.push((name("sum_dang"), angular));
    }
}

fn whole_step(model: &Model, world: &[Motion], actions: &[f64], found: &mut Found) {
    let mut stepped = world.to_vec();
    let [linear, angular] = changes(&naive::step(model, &mut stepped, actions));
    found.push(("sysstep_pos".into(), positions(&stepped)));
    found.push(("sysstep_rot".into(), rotations(&stepped)));
    found.push(("sysstep_vel".into(), velocities(&stepped)));
    found.push(("sysstep_ang".into(), angulars(&stepped)));
    found.push(("sysstep_contact_vel".into(), linear));
    found.push(("sysstep_contact_ang".into(), angular));
}

/// The worst error of each array over all states.
fn errors(model: &Model, given: &Records, expected: &Records) -> Vec<(String, f64)> {
    let mut rows: Vec<Found> = Vec::new();
    for row in 0..given.rows("in_act").len() {
        let world = given.world("in_", Some(row));
        // grasp maps its actions to angles first
        let actions = expected.find("out_grasp_scaled_act").unwrap_or_else(|| given.rows("in_act"));
        let mut found = Found::new();
        integration(model, &world, &recorded_changes(given, row), &mut found);
        pulls(model, &world, actions.row(row), &mut found);
        touches(model, &world, &mut found);
        whole_step(model, &world, actions.row(row), &mut found);
        rows.push(found);
    }
    let compared = (0..rows[0].len()).map(|part| {
        let name = rows[0][part].0.clone();
        let all: Vec<f64> = rows.iter().flat_map(|found| found[part].1.iter().copied()).collect();
        let error = error(&all, expected.all(&format!("out_{name}")));
        (name, error)
    });
    compared.collect()
}

#[test]
fn every_part_of_a_step_is_that_of_the_reference() {
    for (model, folder) in recorded() {
        let name = &model.description().name;
        let given = Records::read(&folder.join("components.npz"));
        let expected = Records::read(&folder.join("components_f64.npz"));
        let errors = errors(&model, &given, &expected);
        for (part, error) in &errors {
            let stiff = name == "halfcheetah" && part.starts_with("sysstep");
            assert!(
                *error <= if stiff { STIFF_LIMIT } else { LIMIT },
                "{name}: {part} is off by {error:.1e}"
            );
        }
        // what is left belongs to tasks
        let theirs = expected.names().filter_map(|name| name.strip_prefix("out_"));
        let left: Vec<&str> = theirs.filter(|name| !errors.iter().any(|(part, _)| part == name)).collect();
        let of_tasks = |name: &&str| {
            name.ends_with("anglevel_flat") || ["obs_of_state", "grasp_scaled_act"].contains(name)
        };
        assert!(left.iter().all(of_tasks), "{name}: {left:?} are not compared");
    }
}

#[test]
fn readings_are_those_of_the_reference() {
    for (model, folder) in recorded() {
        let given = Records::read(&folder.join("components.npz"));
        let expected = Records::read(&folder.join("components_f64.npz"));
        for row in 0..given.rows("in_act").len() {
            let (angles, velocities) = naive::readings(&model, &given.world("in_", Some(row)));
            for (what, found) in [("angle", angles), ("anglevel", velocities)] {
                let groups =
                    (0..3).filter_map(|group| expected.find(&format!("out_joint{group}_{what}_flat")));
                let theirs: Vec<f64> = groups.flat_map(|rows| rows.row(row).to_vec()).collect();
                assert!(
                    error(&found, &theirs) <= LIMIT,
                    "{}: {what} of state {row}",
                    model.description().name
                );
            }
        }
    }
}
