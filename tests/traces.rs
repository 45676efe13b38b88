//! The seven strategies replay recorded runs of the reference implementation to its rounding.
//!
//! A few traces are in `tests/traces`; where `TOMBOLA_GOLDEN` names a folder with `strategies/`, all of its traces of
//! these strategies are replayed.

#![expect(clippy::disallowed_methods, reason = "reads recorded traces")]

use std::path::{Path, PathBuf};

use strategies::Quirks;
use tombola::npz;
use tombola::traces::{Mode, Trace, TraceError};

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
fn complaints(path: &Path, quirks: Quirks) -> Vec<String> {
    let trace = read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut complaints = Vec::new();
    for mode in [Mode::OneStep, Mode::FreeRun] {
        let redone = match trace.replay(mode, quirks) {
            Ok(redone) => redone,
            Err(error) => panic!("{}: {error}: {:?}", path.display(), std::error::Error::source(&error)),
        };
        assert!(redone.iter().filter(|redone| redone.error.is_some()).count() >= 6, "{}", path.display());
        for redone in redone {
            let error = redone.error.unwrap_or(0.0);
            // So that NaN is no pass.
            let within = error <= trace.limit(mode);
            if !within {
                let name = path.file_name().expect("a file").display();
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
    assert_eq!(strategies.len(), strategies::Method::NAMES.len(), "one of each at least: {strategies:?}");
    let complaints: Vec<String> = paths.iter().flat_map(|path| complaints(path, Quirks::ALL)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The published code's departures are real: leave one out, and the record is no longer met.
#[test]
fn every_departure_is_seen_in_a_trace() {
    // What no trace of these strategies can show: mirrored strategies take differences.
    const UNSEEN: [&str; 1] = ["range_one_to_three"];
    let all = serde_json::to_value(Quirks::ALL).expect("flags are data");
    let flags = all.as_object().expect("flags have names");
    for flag in flags.keys() {
        let mut fewer = flags.clone();
        fewer.insert(flag.clone(), false.into());
        let quirks: Quirks = serde_json::from_value(fewer.into()).expect("the same names");
        let seen = committed().iter().any(|path| !complaints(path, quirks).is_empty());
        assert_eq!(seen, !UNSEEN.contains(&flag.as_str()), "{flag}");
    }
}

#[test]
fn all_traces_replay_where_they_are() {
    let Some(folder) = std::env::var_os("TOMBOLA_GOLDEN") else { return };
    let paths = traces(&Path::new(&folder).join("strategies"));
    // A trace that cannot be read is not left out: it fails the test.
    let is_known = |path: &PathBuf| match read(path) {
        Ok(trace) => trace.strategy().is_ok(),
        Err(error) => panic!("{}: {error}", path.display()),
    };
    let known: Vec<PathBuf> = paths.into_iter().filter(is_known).collect();
    assert!(!known.is_empty(), "no traces of known strategies");
    let complaints: Vec<String> = known.iter().flat_map(|path| complaints(path, Quirks::ALL)).collect();
    assert!(complaints.is_empty(), "{} traces; beyond the limit:\n{}", known.len(), complaints.join("\n"));
}
