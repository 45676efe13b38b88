//! The rule by which the gate holds instruction counts. Counting needs valgrind and is the gate's; comparing two files
//! needs nothing and is tested here.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "writes files of counts for the script to read")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Exit status and output of comparing the committed rows with the counted ones.
fn compare(case: &str, committed: &str, counted: &str) -> (i32, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(case);
    fs::create_dir_all(&folder).expect("a folder below the build output");
    let files = [("committed", committed), ("counted", counted)].map(|(name, rows)| {
        let path = folder.join(name);
        fs::write(&path, format!("name,instructions,rustc\n{rows}")).expect("a small file");
        path
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/count-instructions");
    let output = Command::new(script).arg("--compare").args(files).output().expect("bash runs the script");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code().expect("an exit status"), text)
}

#[test]
fn equal_counts_and_growth_below_the_limit_pass() {
    let (status, text) = compare("equal", "a,1000,1.95.0\nb,1000,1.95.0\n", "a,1000,1.95.0\nb,1029,1.95.0\n");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("+2.90 %"), "{text}");
}

#[test]
fn growth_by_three_percent_fails_and_names_kernel_and_amount() {
    let (status, text) = compare("grown", "a,1000,1.95.0\nb,1000,1.95.0\n", "a,1030,1.95.0\nb,1000,1.95.0\n");
    assert_eq!(status, 1, "{text}");
    let line = text.lines().find(|line| line.contains("GREW")).expect("the line of what grew");
    assert!(line.starts_with("a ") && line.contains("+3.00 %"), "{text}");
    assert!(text.contains("--update"), "says how to refresh: {text}");
}

#[test]
fn improvement_passes_and_says_how_to_keep_it() {
    let (status, text) = compare("fallen", "a,1000,1.95.0\n", "a,900,1.95.0\n");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("fell") && text.contains("--update"), "{text}");
}

#[test]
fn another_compiler_is_named_and_held_to_ten_percent() {
    let (status, text) = compare("compiler", "a,1000,1.95.0\n", "a,1099,1.96.0\n");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("counted with rustc 1.95.0, now 1.96.0"), "{text}");
    assert_eq!(compare("compiler-grown", "a,1000,1.95.0\n", "a,1100,1.96.0\n").0, 1);
}

#[test]
fn a_kernel_without_count_and_a_count_without_kernel_fail() {
    let (status, text) = compare("new", "a,1000,1.95.0\n", "a,1000,1.95.0\nb,5,1.95.0\n");
    assert!(status == 1 && text.contains("b "), "{text}");
    let (status, text) = compare("gone", "a,1000,1.95.0\nb,5,1.95.0\n", "a,1000,1.95.0\n");
    assert!(status == 1 && text.contains("b is no kernel any more"), "{text}");
    assert_eq!(
        compare("nothing", "a,1000,1.95.0\n", "a,0,1.95.0\n").0,
        1,
        "a count of nothing is no improvement"
    );
}

#[test]
fn a_wrong_request_is_told_what_is_needed() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/count-instructions");
    for arguments in [&["--compare"][..], &["--compare", "Cargo.toml", "no-such-file"], &["--updat"]] {
        let output = Command::new(&script).args(arguments).output().expect("bash runs the script");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(output.stderr).expect("text");
        assert!(message.contains("BASELINE") && message.lines().count() == 1, "{arguments:?}: {message}");
    }
}

#[test]
fn the_committed_counts_are_well_formed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.csv");
    let text = fs::read_to_string(path).expect("the committed counts");
    let (status, output) = compare("committed", text.split_once('\n').expect("a header").1, "");
    assert_eq!(status, 1, "without kernels every count is left over: {output}");
    assert_eq!(output.matches("is no kernel any more").count(), text.lines().count() - 1, "{output}");
}
