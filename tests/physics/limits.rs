//! Recorded states of the reference, against the speeds at which a world counts as blown up.

use numerics::Isa;
use physics::models;
use tasks::control::{BodyEnvironment, Limits};

use crate::records::{Records, committed, recorded};

/// The largest root of the sum of the squares of a row, over all arrays of velocities of one kind.
fn fastest(records: &Records, kind: &str) -> f64 {
    let is_of_kind =
        |name: &&str| name.ends_with(&format!("_{kind}")) && !name.ends_with(&format!("contact_{kind}"));
    let of_array = |name: &str| {
        let whole = records.rows(name);
        // the start of a run is one world, a row a body; all others have a row for each step
        if name.ends_with(&format!("init_{kind}")) {
            return whole.all().iter().map(|number| number * number).sum::<f64>().sqrt();
        }
        let of_row = |row: usize| whole.row(row).iter().map(|number| number * number).sum::<f64>().sqrt();
        (0..whole.len()).map(of_row).fold(0.0, f64::max)
    };
    records.names().filter(is_of_kind).map(of_array).fold(0.0, f64::max)
}

/// At most a tenth of the limits, and not at rest.
fn is_slow(name: &str, records: &Records) {
    let task = BodyEnvironment::named(name, Isa::detected()).unwrap_or_else(|| panic!("no task {name}"));
    let Limits { speed, turning, .. } = task.limits();
    for (kind, limit) in [("vel", speed), ("ang", turning)] {
        let found = fastest(records, kind);
        assert!(found > 0.0, "{name}: nothing moves");
        assert!(10.0 * found <= f64::from(limit), "{name}: {kind} of {found} is too near to {limit}");
    }
}

#[test]
fn committed_states_are_slower_than_a_tenth_of_the_limits() {
    models::names().for_each(|name| is_slow(name, &Records::read(&committed(name))));
}

#[test]
fn recorded_states_are_slower_than_a_tenth_of_the_limits() {
    for (model, folder) in recorded() {
        is_slow(&model.description().name, &Records::read(&folder.join("traj.npz")));
    }
}
