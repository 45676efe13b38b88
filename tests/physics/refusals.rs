//! Records that no episode can have come to: the array, the index, what was found and expected, and what would do.

use std::path::Path;

use tombola::episodes::{self, Mode, Precision, Request};
use tombola::npz::{self, Array, Values};

#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn record(task: &str) -> Vec<Array> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/physics/records/{task}.npz"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    npz::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn named<'a>(arrays: &'a mut [Array], name: &str) -> &'a mut Array {
    arrays.iter_mut().find(|array| array.name == name).unwrap_or_else(|| panic!("no array {name}"))
}

fn replay(task: &str, arrays: &[Array], mode: Mode, precision: Precision) -> Result<Vec<String>, String> {
    let request = Request { task, prefix: None, mode, precision };
    let replayed = episodes::replay("record.npz", npz::write(arrays), &request);
    replayed.map(|replayed| replayed.left).map_err(|error| error.to_string())
}

/// What is said of a record with one number changed.
fn said(task: &str, name: &str, at: usize, number: f64) -> String {
    let mut arrays = record(task);
    let array = named(&mut arrays, name);
    let mut numbers = array.values.wide();
    numbers[at] = number;
    array.values = Values::F64(numbers);
    let said =
        replay(task, &arrays, Mode::OneStep, Precision::Single).expect_err("the change is for the worse");
    let said =
        said.strip_prefix("cannot replay record.npz: array ").expect("the file and the array are named");
    said.replace(" of the trace", "")
}

const AGAIN: &str = "record that step again, or leave it out of all arrays";

#[test]
fn numbers_that_no_game_has_are_refused() {
    for (task, name, at, number, index, expected) in [
        ("Breakout-MinAtar", "state_ball_y", 3, 55.0, "[3]", "a whole number from 0 to 9"),
        ("Breakout-MinAtar", "state_ball_y", 3, 5.5, "[3]", "a whole number from 0 to 9"),
        ("Breakout-MinAtar", "state_ball_dir", 1, 9.0, "[1]", "a whole number from 0 to 3"),
        ("Breakout-MinAtar", "state_pos", 0, -3.0, "[0]", "a whole number from 0 to 9"),
        ("Breakout-MinAtar", "state_brick_map", 234, 2.0, "[2, 3, 4]", "a whole number from 0 to 1"),
        ("Breakout-MinAtar", "action", 2, 3.0, "[2]", "a whole number from 0 to 2"),
        ("Breakout-MinAtar", "state_time", 2, -1.0, "[2]", "a whole number of at least 0"),
        ("Asterix-MinAtar", "draw_order", 8, 99.0, "[1, 0]", "a whole number from 0 to 7"),
        ("Asterix-MinAtar", "state_entities", 4, 2.0, "[0, 0, 4]", "a whole number from 0 to 1"),
        ("Freeway-MinAtar", "draw_speed", 9, 0.0, "[1, 1]", "a whole number from 1 to 5"),
        ("SpaceInvaders-MinAtar", "state_alien_dir", 0, 2.0, "[0]", "a whole number from -1 to 1"),
        ("Seaquest-MinAtar", "state_scalars", 13, 201.0, "[1, 0]", "a whole number of at most 200"),
        ("Seaquest-MinAtar", "state_divers", 158, 3.0, "[0, 39, 2]", "-99, as an entry before it is none"),
        ("Seaquest-MinAtar", "draws", 0, 9.0, "[0, 0]", "a number from -1 to 8"),
    ] {
        assert_eq!(
            said(task, name, at, number),
            format!("`{name}` has {number} at {index}; expected {expected}: {AGAIN}"),
            "{task}"
        );
    }
    let mut arrays = record("Asterix-MinAtar");
    let order = named(&mut arrays, "draw_order");
    let mut numbers = order.values.wide();
    numbers[10] = numbers[9];
    order.values = order.values.like(&numbers);
    let twice =
        replay("Asterix-MinAtar", &arrays, Mode::OneStep, Precision::Single).expect_err("one is twice");
    assert!(
        twice.contains("`draw_order`") && twice.contains("at [1, 2]; expected each of 0 to 7 once"),
        "{twice}"
    );
}

#[test]
fn numbers_that_no_body_has_are_refused() {
    let finite = "expected a finite number";
    assert_eq!(
        said("ant", "rand0_pos", 33, f64::NAN),
        format!("`rand0_pos` has NaN at [1, 1, 0]; {finite}: {AGAIN}")
    );
    assert_eq!(
        said("ant", "rand0_reward", 2, f64::INFINITY),
        format!("`rand0_reward` has inf at [2]; {finite}: {AGAIN}")
    );
    let far = said("ant", "rand0_vel", 0, 1e300);
    assert!(
        far.starts_with("`rand0_vel` has 1e300 at [0, 0, 0]; expected a number of single precision"),
        "{far}"
    );
    assert!(far.contains("--precision f64"), "{far}");

    let mut arrays = record("ant");
    named(&mut arrays, "rand0_init_rot").values = Values::F32(vec![0.0; 40]);
    for precision in [Precision::Single, Precision::Double] {
        let said = replay("ant", &arrays, Mode::FreeRun, precision).expect_err("no rotation");
        assert!(
            said.contains("`rand0_init_rot` of the trace has 0 at [0, 0]; expected a rotation"),
            "{said}"
        );
    }
    let mut arrays = record("ant");
    let Values::F32(velocities) = &mut named(&mut arrays, "rand0_vel").values else { panic!("as recorded") };
    velocities[0] = 3e38;
    let said = replay("ant", &arrays, Mode::OneStep, Precision::Single).expect_err("it overflows");
    assert!(said.contains("step 1 of run `rand0` comes to numbers that are none"), "{said}");
    assert!(said.contains("in `rand0_vel` at [0, 0, 0]"), "{said}");
}

#[test]
fn a_run_with_nothing_to_compare_is_refused_and_says_what_it_needs() {
    let without = |task: &str, gone: &dyn Fn(&str) -> bool, mode: Mode| {
        let mut arrays = record(task);
        arrays.retain(|array| !gone(&array.name));
        replay(task, &arrays, mode, Precision::Single).expect_err("it is not whole")
    };
    let said = without("ant", &|name| !name.contains("init") && !name.contains("actions"), Mode::FreeRun);
    assert!(
        said.contains("nothing would be redone: run `rand0` has none of the arrays `rand0_pos`"),
        "{said}"
    );
    let followed = |name: &str| name.starts_with("next_") || name == "reward" || name == "done";
    let said = without("Breakout-MinAtar", &followed, Mode::OneStep);
    assert!(said.contains("nothing would be redone: the run has none of the arrays `next_ball_y`"), "{said}");
    let said = without("ant", &|name| name == "rand0_init_vel", Mode::OneStep);
    assert!(
        said.contains("no array `rand0_init_vel`; run `rand0` needs `rand0_actions`, `rand0_init_pos`"),
        "{said}"
    );
    let said = without("ant", &|name| name == "rand0_actions", Mode::OneStep);
    assert!(
        said.contains("no run of this task; a run NAME has the arrays `NAME_actions`, `NAME_init_pos`"),
        "{said}"
    );
    // a target that is where the ball is, is reached
    let mut arrays = record("grasp");
    arrays.retain(|array| !array.name.contains("target_draw"));
    let Values::F32(places) = &mut named(&mut arrays, "rand0_init_pos").values else { panic!("as recorded") };
    places.copy_within(3..6, 45);
    for mode in [Mode::OneStep, Mode::FreeRun] {
        for precision in [Precision::Single, Precision::Double] {
            let said = replay("grasp", &arrays, mode, precision).expect_err("nobody knows where the next is");
            assert!(said.contains("step 0 of run `rand0` reaches its target"), "{said}");
            assert!(said.contains("no array `rand0_next_target_draw`"), "{said}");
        }
    }
}

#[test]
fn single_steps_from_states_of_their_own_are_a_run() {
    let recorded = record("grasp");
    let find = |name: &str| recorded.iter().find(|array| array.name == name).expect("it is recorded");
    let first = |name: &str, to: &str| {
        let array = find(name);
        let width: usize = array.shape.iter().skip(1).product();
        let shape = [&[1], &array.shape[1..]].concat();
        Array { name: to.to_owned(), shape, values: array.values.like(&array.values.wide()[..width]) }
    };
    let mut arrays =
        vec![first("rand0_actions", "in_action"), first("rand0_next_target_draw", "target_draw")];
    for part in ["pos", "rot", "vel", "ang"] {
        let start = find(&format!("rand0_init_{part}"));
        let shape = [&[1], &start.shape[..]].concat();
        arrays.push(Array { name: format!("in_{part}"), shape, values: start.values.clone() });
        arrays.push(first(&format!("rand0_{part}"), &format!("out_{part}")));
    }
    arrays.push(first("rand0_obs", "out_obs"));
    arrays.push(first("rand0_reward", "out_reward"));
    arrays.push(first("rand0_reward", "out_metric_hits"));
    let request = Request { task: "grasp", prefix: None, mode: Mode::OneStep, precision: Precision::Double };
    let replayed = episodes::replay("record.npz", npz::write(&arrays), &request).expect("one step");
    assert_eq!(replayed.redone.len(), 6);
    assert!(replayed.redone.iter().all(|redone| redone.mixed_error < 1e-4));
    assert_eq!(replayed.left, ["out_metric_hits"]);
}
