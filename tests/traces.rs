//! The strategies replay recorded runs of the reference implementation to its rounding.
//!
//! A few traces are in `tests/traces`; where `TOMBOLA_GOLDEN` names a folder with `strategies/` and `strategies-later/`, all
//! of their traces are replayed: one of a strategy that nobody knows fails the test.

#![expect(clippy::disallowed_methods, reason = "reads recorded traces")]

use std::path::{Path, PathBuf};

use strategies::Quirks;
use tombola::npz;
use tombola::traces::{Mode, Redone, Trace, TraceError};

/// What is recorded after a generation and is no result of ours: a rate that only adaptation sampling, which is off, changes.
const NOT_REDONE: [&str; 1] = ["s_lrate_sigma"];

/// Trace files of a folder.
fn traces(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry of a folder").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "npz"));
    paths.sort();
    paths
}

fn read(path: &Path) -> Result<Trace, TraceError> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Trace::new(npz::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Replays one trace both ways, and says which arrays are beyond the limit.
fn complaints(path: &Path, change: impl Fn(Quirks) -> Quirks) -> Vec<String> {
    let trace = read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let quirks = change(trace.published());
    let mut complaints = Vec::new();
    for mode in [Mode::OneStep, Mode::FreeRun] {
        let name = path.file_name().expect("a file").display();
        let redone = match trace.replay(mode, quirks) {
            Ok(redone) => redone,
            Err(error) => {
                // Without a departure a strategy may draw other numbers than were recorded.
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                complaints.push(format!("{name} {mode:?}: {error}: {cause}"));
                continue;
            }
        };
        for Redone { array, error } in &redone {
            let is_result = (array.name == "x" || array.name.starts_with("s_"))
                && !NOT_REDONE.contains(&array.name.as_str());
            assert!(error.is_some() || !is_result, "{}: {} is not redone", path.display(), array.name);
        }
        for redone in redone {
            let error = redone.error.unwrap_or(0.0);
            // So that NaN is no pass.
            let within = error <= trace.limit(mode);
            if !within {
                complaints.push(format!("{name} {mode:?} {}: {error:.1e}", redone.array.name));
            }
        }
    }
    complaints
}

fn committed() -> Vec<PathBuf> {
    traces(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces"))
}

#[test]
fn committed_traces_replay() {
    let paths = committed();
    let mut strategies: Vec<&str> =
        paths.iter().map(|path| read(path).expect("a trace").strategy().expect("a known one")).collect();
    strategies.sort_unstable();
    strategies.dedup();
    let mut known: Vec<&str> = tombola::traces::STRATEGIES.iter().map(|(_, ours)| *ours).collect();
    known.sort_unstable();
    known.dedup();
    assert_eq!(strategies, known, "one of each at least");
    let complaints: Vec<String> =
        paths.iter().flat_map(|path| complaints(path, |published| published)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The published code's departures are real: leave one out, and the record is no longer met.
#[test]
fn every_departure_is_seen_in_a_trace() {
    // What no trace can show: mirrored strategies take differences, no strategy that compares fitness with that of other
    // generations has it shaped, and the LES runs are of the release without that departure.
    const UNSEEN: [&str; 3] = ["range_one_to_three", "shaped_compared", "les_paths"];
    let flags = serde_json::to_value(Quirks::ALL).expect("flags are data");
    for flag in flags.as_object().expect("flags have names").keys() {
        let without = |quirks: Quirks| {
            let mut fewer = serde_json::to_value(quirks).expect("flags are data");
            fewer[flag] = false.into();
            serde_json::from_value(fewer).expect("the same names")
        };
        let seen = committed().iter().any(|path| !complaints(path, without).is_empty());
        assert_eq!(seen, !UNSEEN.contains(&flag.as_str()), "{flag}");
    }
}

#[test]
fn all_traces_replay_where_they_are() {
    let Some(folder) = std::env::var_os("TOMBOLA_GOLDEN") else { return };
    let folders = ["strategies", "strategies-later"].map(|name| Path::new(&folder).join(name));
    let all: Vec<PathBuf> =
        folders.iter().filter(|folder| folder.is_dir()).flat_map(|folder| traces(folder)).collect();
    assert!(!all.is_empty(), "no traces");
    let complaints: Vec<String> =
        all.iter().flat_map(|path| complaints(path, |published| published)).collect();
    assert!(complaints.is_empty(), "{} traces; beyond the limit:\n{}", all.len(), complaints.join("\n"));
}
