//! The program as its users meet it: exit codes, what goes to stdout and what to stderr, suggestions.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn tombola(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tombola")).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program writes UTF-8")
}

/// A wrong request: exit code 2, nothing on stdout, and all of `parts` on stderr.
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = tombola(arguments);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stdout));
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let version = tombola(&["--version"]);
    assert_eq!(text(&version.stdout), concat!("tombola ", env!("CARGO_PKG_VERSION"), "\n"));
    for arguments in [&["--help"][..], &["help", "bench"], &["bench", "machine", "--help"]] {
        let output = tombola(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(text(&output.stdout).contains("Usage: tombola"), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn wrong_requests_are_refused_with_a_suggestion() {
    refused(&[], &["Usage: tombola"]);
    refused(&["bnech"], &["bnech", "similar", "'bench'"]);
    refused(&["bench", "mashine"], &["mashine", "'machine'"]);
    refused(&["bench", "machine", "--jsn"], &["--jsn", "'--json'"]);
    refused(
        &["bench", "machine", "--isa", "portble"],
        &["`portble`", "it has portable", "did you mean `portable`?"],
    );
}

#[test]
fn the_roofs_of_the_machine_are_one_object_a_line() {
    let output = tombola(&["bench", "machine", "--quick", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let (processor, roofs) = lines.split_first().expect("there is a line for the processor");
    assert_eq!(processor["name"], "processor");
    let sets = processor["isa"].as_array().expect("instruction sets are a list");
    for isa in sets {
        for name in ["multiply-add/registers", "multiply-add/load", "read/L1", "write/memory"] {
            let found = roofs
                .iter()
                .filter(|roof| roof["name"] == name && roof["isa"] == *isa && roof["threads"] == 1);
            let values: Vec<f64> = found.map(|roof| roof["value"].as_f64().expect("a number")).collect();
            assert!(matches!(values[..], [value] if value > 0.0), "{name} on {isa}: {values:?}");
        }
    }
}

#[test]
fn one_instruction_set_can_be_chosen() {
    let output = tombola(&["bench", "machine", "--quick", "--isa", "portable"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(table.contains("multiply-add/registers") && table.contains("GFLOP/s"), "{table}");
    let heading = table.lines().find(|line| line.starts_with("fused multiply-add")).expect("a heading");
    assert!(heading.ends_with(" portable"), "{heading}");
}

/// `tombola ... | head -1`
#[test]
fn a_reader_that_has_enough_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombola"))
        .args(["bench", "machine", "--quick"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
}
