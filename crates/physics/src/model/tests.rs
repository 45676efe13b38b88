//! Descriptions that are no models, and what is said about them.

use std::error::Error;

use numerics::Isa;
use numerics::random::Stream;

use super::*;
use crate::vector::Quaternion;
use crate::{Engine, State, models, naive};

/// What is said of the humanoid after a change.
fn said(change: impl Fn(&mut Description)) -> String {
    let mut description = models::named("humanoid").expect("it is listed").description().clone();
    change(&mut description);
    Model::new(description).expect_err("the change is for the worse").to_string()
}

#[test]
fn every_wrong_number_is_named_with_its_place() {
    let starts = |text: &str, expected: &str| assert!(text.starts_with(expected), "{text}");
    starts(&said(|it| it.time_step = 0.0), "time_step is 0; it must be positive");
    starts(&said(|it| it.substeps = 0), "substeps is 0; it must be a whole number from 1 to 1000");
    starts(&said(|it| it.gravity.0[2] = f64::NAN), "gravity is NaN; it must be finite");
    starts(&said(|it| it.bodies[3].mass = 0.0), "mass of body `right_thigh` is 0; it must be positive, for");
    starts(&said(|it| it.bodies[3].mass = -1.0), "mass of body `right_thigh` is -1; it must be at least 0");
    starts(&said(|it| it.bodies[1].moves[0] = 2), "moves of body `lwaist` must be made of 0 and 1");
    starts(
        &said(|it| it.joints[0].rotation = Quaternion([1.0; 4])),
        "the length of rotation of joint `abdomen_yz`",
    );
    starts(
        &said(|it| it.joints[2].limits[1] = [1.0, 0.0]),
        "a lower limit of joint `right_hip_xyz` is 1; it must",
    );
    starts(&said(|it| it.shapes[2].friction = -0.5), "friction of shape 2 is -0.5; it must be at least 0");
    starts(
        &said(|it| it.bodies = vec![it.bodies[0].clone(); 1001]),
        "the model has 1001 bodies; at most 1000",
    );
}

#[test]
fn every_wrong_index_is_named_with_its_place() {
    let is = |text: &str, expected: &str| assert_eq!(text, expected);
    is(
        &said(|it| it.joints[1].child = 12),
        "the child of joint `abdomen_x` is 12, but there are 12 bodies, counted from 0",
    );
    is(&said(|it| it.joints[1].child = 1), "joint `abdomen_x` names the same body twice");
    is(
        &said(|it| it.joints[1].child = 3),
        "body `right_thigh` is the child of two joints; it can hang on one",
    );
    is(
        &said(|it| it.joints[0].parent = 4),
        "body `lwaist` hangs on itself, through its joint and those above",
    );
    is(
        &said(|it| it.joints[1].rest.clear()),
        "joint `abdomen_x` has 1 limits and 0 angles of rest; it must have as many of both, 1 to 3",
    );
    is(
        &said(|it| it.actuators[0].joint = 99),
        "the joint of actuator 0 is 99, but there are 10 joints, counted from 0",
    );
    is(
        &said(|it| it.actuators[0].actions.push(0)),
        "actuator 0 has 2 actions, but its joint has 1 axes: one for each",
    );
    is(
        &said(|it| it.actuators[0].actions[0] = usize::MAX),
        "action 2 of 18446744073709551615 drives nothing: actions are counted from 0 without gaps",
    );
    is(&said(|it| it.actuators[1].joint = 1), "joint `abdomen_x` has two actuators; it can have one");
    is(
        &said(|it| it.contacts[0][0] = 99),
        "a shape of contact 0 is 99, but there are 18 shapes, counted from 0",
    );
    is(&said(|it| it.contacts[0] = [1, 2]), "contact 0 names the same body twice");
    is(
        &said(|it| it.contacts[0] = [17, 1]),
        "contact 0 is of a plane and a capsule; known are spheres, capsules and \
       boxes on planes, and capsules on capsules",
    );
    is(
        &said(|it| it.bodies[11].turns[1] = 1),
        "body `floor` is a plane and may move or turn; planes stand still",
    );
}

/// Damage to the text of a model: cut off, a bit flipped, a letter changed, or a number that is another.
fn damaged(text: &str, stream: Stream) -> String {
    let draw = |index: u64, bound: usize| stream.below(index, bound as u64) as usize;
    let mut bytes = text.as_bytes().to_vec();
    let at = draw(0, bytes.len());
    match draw(1, 5) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << draw(2, 7),
        2 => bytes[at] = b"0123456789-.,[]e"[draw(3, 16)],
        _ => {
            let is_number = |byte: &u8| byte.is_ascii_digit() || b"-+.e".contains(byte);
            let after =
                |from: usize| bytes[from..].iter().position(u8::is_ascii_digit).map(|skip| from + skip);
            let begin = after(at).or_else(|| after(0)).expect("a model has numbers");
            let end = begin + bytes[begin..].iter().take_while(|byte| is_number(byte)).count();
            let odd = [
                "NaN",
                "0",
                "-1",
                "1e999",
                "1e30",
                "-1e-30",
                "99",
                "4294967296",
                "null",
                "0.5",
                "[]",
                "\"x\"",
            ];
            bytes.splice(begin..end, odd[draw(4, odd.len())].bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn twenty_thousand_damaged_models_are_errors_that_say_something_or_worlds_that_step() {
    const CASES: u64 = 2000;
    let (mut refused, mut names) = (0, 0);
    for name in models::names() {
        names += 1;
        let text = models::named(name).expect("it is listed").description().to_json();
        for case in 0..CASES {
            let changed = damaged(&text, Stream::new(7, name).child(case));
            match Model::from_json(&changed) {
                Err(error) => {
                    refused += 1;
                    // with a place: a line, a name or a number
                    let message = error.to_string();
                    let has_place = message.contains(|letter: char| letter == '`' || letter.is_ascii_digit());
                    let says_more = !matches!(error, ModelError::Json(_)) || error.source().is_some();
                    assert!(has_place && says_more, "{name}, case {case}: {message}");
                }
                // what is a model can be stepped, whatever numbers come of it
                Ok(model) => {
                    let mut world = naive::start(&model, &model.rest(), &vec![0.0; model.axis_count()]);
                    naive::step(&model, &mut world, &vec![1.0; model.actions()]);
                    let engine = Engine::new(Isa::detected(), &model);
                    let mut state = State::new(&model, 1);
                    state.set(0, &world);
                    engine.step(&mut state, &vec![1.0; engine.actions_len()]);
                }
            }
        }
    }
    assert_eq!(names * CASES, 20_000);
    assert!((12_000..20_000).contains(&refused), "{refused} were refused");
}

#[test]
fn trees_are_what_hangs_together_and_starts_nowhere_else() {
    let trees = |name: &str| models::named(name).expect("it is listed").trees().to_vec();
    assert_eq!(trees("ant"), [(0..9).collect(), vec![9]]);
    assert_eq!(trees("hopper"), [[4]]);
    assert_eq!(trees("reacher"), [vec![0, 1, 2], vec![3]]);
}
