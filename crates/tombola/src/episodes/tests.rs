//! Runs of made-up traces, and traces that are none.

use super::*;
use crate::npz::Values;

fn array(name: &str, shape: &[usize], values: &[f32]) -> Array {
    Array { name: name.into(), shape: shape.into(), values: Values::F32(values.to_vec()) }
}

/// Two transitions of the pendulum.
fn arrays() -> Vec<Array> {
    vec![
        array("tr_state", &[2, 2], &[0.0, 0.0, 1.0, 0.5]),
        array("tr_action", &[2], &[0.0, 5.0]),
        array("tr_next_state", &[2, 2], &[0.0, 0.0, 1.0, 0.5]),
        array("tr_reward", &[2], &[0.0, 0.0]),
    ]
}

#[test]
fn what_is_redone_has_the_names_of_the_record() {
    let episodes = Episodes::new("Pendulum-v1", arrays()).expect("a task");
    assert_eq!(episodes.prefixes(), ["tr"]);
    let redone = episodes.replay("tr", Mode::OneStep).expect("two steps");
    let names: Vec<&str> = redone.iter().map(|redone| redone.array.name.as_str()).collect();
    assert_eq!(names, ["tr_next_state", "tr_reward"]);
    let Values::F32(states) = &redone[0].array.values else { panic!("as recorded") };
    assert_eq!(states[..2], [0.0, 0.0], "it stands on its top");
    assert!(states[3] > 0.5 + 0.05 * (15.0 * 0.84 + 6.0) && redone[0].error > 0.0);
}

#[test]
fn what_is_seen_at_the_start_is_redone_in_both_precisions() {
    let arrays = vec![
        array("a_init_state", &[2], &[1.0, 0.5]),
        array("a_init_obs", &[3], &[1.0_f32.cos(), 1.0_f32.sin(), 0.75]),
        array("a_action", &[1], &[0.0]),
        array("a_state", &[1, 2], &[1.0, 0.5]),
    ];
    let episodes = Episodes::new("Pendulum-v1", arrays).expect("a task");
    for mode in [Mode::OneStep, Mode::FreeRun] {
        for precision in [Precision::Single, Precision::Double] {
            let redone = episodes.replay_in(precision, "a", mode).expect("a run");
            let look = redone.iter().find(|redone| redone.array.name == "a_init_obs").expect("it is there");
            assert_eq!(look.array.shape, [3]);
            // cosine and sine are right, and the record has another speed
            assert!((look.mixed_error - 0.25 / 1.75).abs() < 1e-6, "{}", look.mixed_error);
        }
    }
}

#[test]
fn runs_are_found_among_many_in_no_time() {
    let count = 20_000;
    let run = |run: usize| {
        [("init_state", vec![2]), ("action", vec![1]), ("state", vec![1, 2])].map(|(name, shape)| {
            let numbers = vec![0.0; shape.iter().product()];
            array(&format!("r{run}_{name}"), &shape, &numbers)
        })
    };
    let arrays: Vec<Array> = (0..count).flat_map(run).collect();
    let request =
        Request { task: "Pendulum-v1", prefix: None, mode: Mode::OneStep, precision: Precision::Single };
    let bytes = crate::npz::write(&arrays);
    // each run looked for in a list of all of them would take hours
    let replayed = replay("many.npz", bytes.clone(), &request).expect("many runs");
    assert_eq!(replayed.redone.len(), count);
    assert_eq!(replayed.redone[count - 1].array.name, format!("r{}_state", count - 1));
    let other = Request { prefix: Some("r20000"), ..request };
    let said = replay("many.npz", bytes, &other).expect_err("one too many").to_string();
    let few = "it has r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 19990 more";
    assert!(said.ends_with(few), "{said}");
}

#[test]
fn what_could_be_read_in_two_ways_is_refused_by_name() {
    let said = |task: &str, more: Array| {
        let arrays = arrays().into_iter().chain([more]).collect();
        let replayed = Episodes::new(task, arrays).and_then(|it| it.replay("tr", Mode::OneStep));
        replayed.expect_err("which of them?").to_string()
    };
    assert_eq!(
        said("Pendulum-v1", array("tr_state", &[2, 2], &[9.0; 4])),
        "array `tr_state` of the trace is there more than once, and which one counts is not said: leave one in"
    );
    assert_eq!(
        said("Pendulum-v1", array("tr_actions", &[2], &[9.0; 2])),
        "the trace has both `tr_actions` and `tr_action`, and which one was done is not said: leave one in"
    );
}

#[test]
fn arrays_are_told_without_their_run() {
    let runs = BTreeSet::from(["a", "a_b"]);
    assert_eq!(without_run("a_b_c_d", &runs, true).as_deref(), Some("*_c_d"));
    assert_eq!(without_run("a_c_d", &runs, true).as_deref(), Some("*_c_d"));
    assert_eq!(without_run("b_c", &runs, true), None);
    assert_eq!(without_run("b_c", &runs, false).as_deref(), Some("b_c"));
}

#[test]
fn what_is_wrong_with_a_trace_is_said() {
    let said = |task: &str, change: &dyn Fn(&mut Vec<Array>)| {
        let mut arrays = arrays();
        change(&mut arrays);
        let replayed = Episodes::new(task, arrays).and_then(|it| it.replay("tr", Mode::FreeRun));
        replayed.expect_err("the change is for the worse").to_string()
    };
    assert!(said("Pendlum", &|_| ()).starts_with("there is no control task `Pendlum`; there are Acrobot-v1"));
    assert_eq!(
        said("Pendulum-v1", &|it| _ = it.remove(1)),
        "the trace has no run `tr`, nor any other run of this task; a run NAME has the arrays `NAME_actions`, \
         `NAME_init_state`"
    );
    assert_eq!(
        said("Pendulum-v1", &|it| it[0].shape = vec![4]),
        "array `tr_state` of the trace has shape [4]; expected [2, 2], as `tr_action` has 2 steps"
    );
    assert_eq!(
        said("Pendulum-v1", &|it| _ = it.remove(0)),
        "the trace has no array `tr_state`; run `tr` needs `tr_action`, `tr_state`"
    );
    assert_eq!(
        said("Pendulum-v1", &|it| it.truncate(2)),
        "nothing would be redone: run `tr` has none of the arrays `tr_next_state`, `tr_next_obs`, `tr_reward`, \
         `tr_done`"
    );
    let poison = |it: &mut Vec<Array>| it[1].values = Values::F32(vec![f32::NAN, 0.0]);
    assert_eq!(
        said("Pendulum-v1", &poison),
        "array `tr_action` of the trace has NaN at [0]; expected a finite number: record that step again, or leave it \
         out of all arrays"
    );
    let wide = |it: &mut Vec<Array>| {
        it[0] = array("tr_state", &[2, 4], &[0.0; 8]);
        it[2] = array("tr_next_state", &[2, 4], &[0.0; 8]);
        it[1].values = Values::F32(vec![0.0, 2.0]);
    };
    assert_eq!(
        said("CartPole-v1", &wide),
        "array `tr_action` of the trace has 2 at [1]; expected a whole number from 0 to 1: record that step again, or \
         leave it out of all arrays"
    );
}
