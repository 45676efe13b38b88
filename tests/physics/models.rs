//! The committed models are the reference's systems.

use physics::description::{Actuator, ActuatorKind, Body, Ends, Form, Joint, Shape};
use physics::vector::{Quaternion, Vector};
use physics::{Description, Touch, naive};
use serde_json::Value;

use crate::records::recorded;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn index(value: &Value) -> usize {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no index")) as usize
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn vector(value: &Value) -> Vector {
    Vector([0, 1, 2].map(|axis| number(&value[axis])))
}

fn quaternion(value: &Value) -> Quaternion {
    Quaternion([0, 1, 2, 3].map(|part| number(&value[part])))
}

/// Our description of a system as the reference's constants (`system.json`) give it.
fn description(system: &Value) -> Description {
    let mut joints = Vec::new();
    for joint in list(&system["fk_joints_config_order"]) {
        let groups = list(&system["joint_groups"]).iter();
        let found = groups.flat_map(|group| (0..list(&group["names"]).len()).map(move |at| (group, at)));
        let (group, at) = found
            .clone()
            .find(|(group, at)| group["names"][at] == joint["name"])
            .unwrap_or_else(|| panic!("no group has joint {}", joint["name"]));
        let (first, axes) = (index(&joint["first_dof"]), index(&joint["dof"]));
        joints.push(Joint {
            name: text(&joint["name"]),
            parent: index(&joint["parent"]),
            child: index(&joint["child"]),
            parent_anchor: vector(&joint["parent_offset"]),
            child_anchor: vector(&joint["child_offset"]),
            rotation: quaternion(&joint["rotation_quat"]),
            limits: list(&group["limit_rad"][at])
                .iter()
                .map(|pair| [number(&pair[0]), number(&pair[1])])
                .collect(),
            rest: list(&system["default_joint_angle"])[first..first + axes].iter().map(number).collect(),
            stiffness: number(&group["stiffness"][at]),
            damping: number(&group["spring_damping"][at]),
            limit_strength: number(&group["limit_strength"][at]),
            angular_damping: number(&group["angular_damping"][at]),
        });
    }
    let mut actuators = Vec::new();
    for group in list(&system["actuator_groups"]) {
        for (at, place) in list(&group["joint_group_and_index"]).iter().enumerate() {
            let name = &system["joint_groups"][index(&place[0])]["names"][index(&place[1])];
            actuators.push(Actuator {
                joint: joints
                    .iter()
                    .position(|joint| joint.name == text(name))
                    .expect("a joint of this name"),
                kind: match text(&group["type"]).as_str() {
                    "Torque" => ActuatorKind::Torque,
                    "Angle" => ActuatorKind::Angle,
                    other => panic!("unknown actuator {other}"),
                },
                strength: number(&group["strength"][at]),
                actions: list(&group["act_index"][at]).iter().map(index).collect(),
            });
        }
    }
    let shapes: Vec<Shape> = list(&system["all_colliders"]).iter().map(shape).collect();
    let contacts = contacts(system, &shapes);
    Description {
        name: text(&system["env"]),
        origin: "Brax 0.9, first engine with legacy springs: the constants that it computes from its configuration".into(),
        time_step: number(&system["dt"]),
        substeps: index(&system["substeps"]) as u32,
        gravity: vector(&system["gravity"]),
        velocity_damping: number(&system["velocity_damping"]),
        angular_damping: number(&system["angular_damping"]),
        penetration_recovery: number(&system["baumgarte_erp"]),
        bodies: (0..index(&system["num_bodies"])).map(|at| body(system, at)).collect(),
        joints,
        actuators,
        shapes,
        contacts,
    }
}

fn body(system: &Value, at: usize) -> Body {
    let flags = |name: &str| [0, 1, 2].map(|axis| number(&system["integrator"][name][at][axis]) as u8);
    let starts = list(&system["default_qp_overrides"]);
    let start = starts.iter().find(|start| index(&start["body"]) == at);
    Body {
        name: text(&system["body_names"][at]),
        mass: number(&system["bodies"]["mass"][at]),
        inverse_inertia: vector(&system["bodies"]["inverse_inertia_diag"][at]),
        moves: flags("pos_mask"),
        turns: flags("rot_mask"),
        start: start.map(|start| vector(&start["pos"])),
    }
}

fn shape(collider: &Value) -> Shape {
    let center = vector(&collider["position"]);
    let form = match text(&collider["type"]).as_str() {
        "plane" => Form::Plane {},
        "sphere" => Form::Sphere { center, radius: number(&collider["radius"]) },
        "capsule" => Form::Capsule {
            center,
            half: vector(&collider["axis"])
                * (number(&collider["length"]) / 2.0 - number(&collider["radius"])),
            radius: number(&collider["radius"]),
            ends: match collider["end"].as_i64() {
                Some(1) => Ends::First,
                Some(-1) => Ends::Last,
                _ => Ends::Both,
            },
        },
        "box" => Form::Box {
            center,
            half: vector(&collider["halfsize"]),
            rotation: quaternion(&collider["rotation_quat"]),
        },
        other => panic!("unknown collider {other}"),
    };
    Shape {
        body: index(&collider["body"]),
        form,
        friction: number(&collider["friction"]),
        elasticity: number(&collider["elasticity"]),
    }
}

/// The pairs of shapes, found by what the reference resolved them to.
fn contacts(system: &Value, shapes: &[Shape]) -> Vec<[usize; 2]> {
    let mut contacts = Vec::new();
    for group in list(&system["collider_groups"]) {
        for pair in list(&group["pairs"]) {
            let of = |body: &str| {
                let body = index(&pair[body]);
                (0..shapes.len()).filter(move |&at| shapes[at].body == body)
            };
            let is_meant =
                |&at: &usize| match (&shapes[at].form, &pair["radius"], &pair["contact_centers_in_body_a"]) {
                    (&Form::Capsule { center, half, radius, ends }, found, centers) if found.is_number() => {
                        let expected = match ends {
                            Ends::First => vec![center + half],
                            Ends::Last => vec![center - half],
                            Ends::Both => vec![center - half, center + half],
                        };
                        radius == number(found)
                            && list(centers).iter().map(vector).collect::<Vec<_>>() == expected
                    }
                    _ => true,
                };
            let first: Vec<usize> = of("body_a").filter(is_meant).collect();
            let second: Vec<usize> = of("body_b").collect();
            assert_eq!((first.len(), second.len()), (1, 1), "{pair}");
            contacts.push([first[0], second[0]]);
        }
    }
    contacts
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn models_are_the_systems_of_the_reference() {
    for (model, folder) in recorded() {
        let name = &model.description().name;
        let text = std::fs::read_to_string(folder.join("system.json")).expect("the system");
        let system: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(&description(&system), model.description(), "{name}");

        // what follows from the description, and the reference computed for itself
        assert_eq!(model.sub_step(), number(&system["sub_dt"]), "{name}");
        assert_eq!(model.recovery_rate(), number(&system["baumgarte_erp_effective_per_second"]), "{name}");
        let visits = model.visits().iter().map(|&joint| model.description().joints[joint].name.as_str());
        assert!(visits.eq(list(&system["fk_visit_order"]).iter().filter_map(Value::as_str)), "{name}");
        let by_kind = model.joints_by_kind().iter();
        let groups = list(&system["joint_groups"]).iter().flat_map(|group| {
            (0..list(&group["names"]).len()).map(move |at| (&group["names"][at], &group["axis_parent"][at]))
        });
        for (&joint, (theirs, axes)) in by_kind.zip(groups) {
            assert_eq!(model.description().joints[joint].name, *theirs, "{name}");
            assert_eq!(
                model.axes(joint).to_vec(),
                list(axes).iter().map(vector).collect::<Vec<_>>(),
                "{name}"
            );
        }
        check_groups(model.contact_groups(), &system);

        // the reference's own start, in double precision
        let still = vec![0.0; model.axis_count()];
        for (body, motion) in naive::start(&model, &model.rest(), &still).iter().enumerate() {
            let expected = vector(&system["default_qp"]["pos"][body]);
            assert!(
                (motion.position - expected).norm() < 1e-12,
                "{name}: body {body}, {:?}",
                motion.position
            );
        }
    }
}

fn check_groups(groups: &[physics::ContactGroup], system: &Value) {
    let theirs = list(&system["collider_groups"]);
    assert_eq!(groups.len(), theirs.len());
    for (group, theirs) in groups.iter().zip(theirs) {
        assert_eq!(group.one_way, theirs["one_way"].as_bool().expect("a flag"));
        assert_eq!(group.pairs.len(), list(&theirs["pairs"]).len());
        for (pair, theirs) in group.pairs.iter().zip(list(&theirs["pairs"])) {
            assert_eq!((pair.first, pair.second), (index(&theirs["body_a"]), index(&theirs["body_b"])));
            assert_eq!(
                (pair.friction, pair.elasticity),
                (number(&theirs["friction"]), number(&theirs["elasticity"]))
            );
            if let (Touch::OnPlane { centers, .. }, Some(corners)) =
                (&pair.touch, theirs["corners_in_body_a"].as_array())
            {
                assert_eq!(centers, &corners.iter().map(vector).collect::<Vec<_>>());
            }
        }
    }
}
