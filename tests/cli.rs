//! The program as its users meet it: exit codes, what goes to stdout and what to stderr, suggestions.

#![expect(clippy::disallowed_methods, reason = "writes a file of runs for the program to read")]

use std::process::{Command, Output, Stdio};

use numerics::Isa;
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
fn episodes_are_redone_in_both_precisions_and_what_is_not_is_named() {
    let folder = std::env::temp_dir().join(format!("tombola-cli-replay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let out = folder.join("redone.npz");
    let replay = |task: &str, precision: &str| {
        let record = "tests/physics/records/ant.npz";
        let request = ["replay", "env", "--task", task, "--trace", record, "--precision", precision, "--out"];
        let output = tombola(&[&request[..], &[out.to_str().expect("UTF-8")]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "note: not redone: origin\n");
        text(&output.stdout).to_owned()
    };
    let error = |table: &str, array: &str| -> f64 {
        let line = table.lines().find(|line| line.starts_with(array)).expect("it is redone");
        line.split_whitespace().nth(1).and_then(|error| error.parse().ok()).expect("an error")
    };
    let (single, double) = (replay("ant", "f32"), replay("ant", "f64"));
    assert!(single.starts_with("array                               error   of largest\n"), "{single}");
    assert!(error(&single, "rand0_next_vel") > 1e-9 && error(&double, "rand0_next_vel") < 1e-9);
    assert!(error(&single, "rand0_vel") < 4e-4, "{single}");
    // the recorded steps are of another world
    assert!(error(&replay("ant+mass-1.5", "f64"), "rand0_vel") > 1e-2);
    std::fs::remove_dir_all(&folder).expect("it is there");
}

#[test]
fn wrong_requests_are_refused_with_a_suggestion() {
    refused(&[], &["Usage: tombola"]);
    refused(&["bnech"], &["bnech", "similar", "'bench'"]);
    refused(&["bench", "mashine"], &["mashine", "'machine'"]);
    refused(&["bench", "machine", "--jsn"], &["--jsn", "'--json'"]);
    refused(
        &["bench", "kernels", "--filter", "paper-cmm"],
        &["no row's name contains `paper-cmm`", "hint: did you mean `paper-cnn`?", "--list"],
    );
    refused(&["bench", "ask-tell", "--strategies", "sness"], &["`sness`", "did you mean `snes`?"]);
    refused(&["bench", "ask-tell", "--dims", "0"], &["`dims` is 0"]);
    refused(&["bench", "ask-tell", "--dims", "100,1000000000000", "--seconds", "0"], &["memory"]);
    refused(&["bench", "ask-tell", "--strategies", "pgpe", "--dims", "9", "--population", "3"], &["even"]);
    refused(&["bench", "convergence", "--dims", "10,0", "--json"], &["0 coordinates"]);
    refused(&["bench", "convergence", "--seeds", "0"], &["'0'"]);
    refused(
        &["bench", "convergence", "--runs", "benches/instructions.csv"],
        &["benches/instructions.csv, line 1: this is no run", "hint: give a file that"],
    );
    let record = "tests/physics/records/ant.npz";
    let replay = ["replay", "env", "--trace", record, "--out", "never-written.npz", "--task"];
    refused(&[&replay[..], &["antt"]].concat(), &["there is no control task `antt`", "did you mean `ant`?"]);
    refused(
        &[&replay[..], &["ant", "--prefix", "rand1"]].concat(),
        &["the trace has no run `rand1`; it has rand0", "did you mean `rand0`?"],
    );
    refused(&[&replay[..], &["humanoid"]].concat(), &["`rand0_actions`", "expected [4, 17]"]);
    refused(&[&replay[..], &["walker"]].concat(), &["`rand0_actions`", "expected [4, 6]"]);
    refused(
        &[&replay[..], &["hopper+mas-2"]].concat(),
        &["`hopper+mas-2`", "there is no variation `mas-2`", "did you mean `hopper+mass-2`?"],
    );
    refused(
        &[&replay[..], &["antt+mass-2"]].concat(),
        &["no control task `antt+mass-2`", "did you mean `ant+mass-2`?"],
    );
    refused(
        &[&replay[..], &["humanoid+gravity-150"]].concat(),
        &["`150` is no factor of gravity; expected a number from 0.01 to 10, such as"],
    );
    refused(&[&replay[..], &["ant", "--precision", "f65"]].concat(), &["'f65'", "f32, f64", "'f64'"]);
    refused(&[&replay[..], &["Breakout-MinAtar"]].concat(), &[record, "`rand0_actions`", "expected [4, 1]"]);
    refused(&["bench", "kernels", "--threads", "0"], &["'0'", "1..=1024"]);
    refused(&["bench", "kernels", "--threads", "two"], &["'two'", "--threads <N>"]);
    refused(&["bench", "kernels", "--filter"], &["a value is required", "--filter <TEXT>"]);
    refused(&["bench", "kernels", "--isa", "portible"], &["`portible`", "did you mean `portable`?"]);
    refused(&["bench", "kernels", "--seconds=-1"], &["'-1'", "0 to 3600"]);
    refused(&["bench", "kernels", "--seconds=nan"], &["'nan'", "0 to 3600"]);
    refused(
        &["bench", "machine", "--isa", "portble"],
        &["`portble`", "it has portable", "did you mean `portable`?"],
    );
}

/// No run is done: all are in the record.
#[test]
fn the_table_of_convergence_is_that_of_its_record() {
    let output = tombola(&["bench", "convergence", "--runs", "crates/tombola/records/convergence.jsonl"]);
    let report = std::fs::read_to_string("crates/tombola/reports/convergence.md").expect("a report");
    assert_eq!(text(&output.stdout), report);
}

#[test]
fn a_table_of_convergence_takes_up_runs_that_were_done() {
    let file = std::env::temp_dir().join(format!("tombola-runs-{}.jsonl", std::process::id()));
    let path = file.to_str().expect("a plain name").to_owned();
    let all = ["bench", "convergence", "--strategies", "snes", "--dims", "2", "--functions", "sphere"];
    let with = |more: &[&str]| text(&tombola(&[&all[..], more].concat()).stdout).to_owned();
    let runs = with(&["--seeds", "3", "--json"]);
    // a run that no search can give, and a line that was cut off
    let made_up = runs
        .lines()
        .next()
        .expect("a run")
        .replace("\"seed\":0", "\"seed\":3")
        .replace("\"evaluations\":", "\"evaluations\":7");
    std::fs::write(&file, format!("{runs}{made_up}\n{{\"strat")).expect("a file");
    let rest = with(&["--seeds", "5", "--json", "--runs", &path]);
    assert_eq!(rest.lines().count(), 1, "four were done: {rest}");
    assert!(rest.contains("\"seed\":4"), "{rest}");
    assert_ne!(with(&["--seeds", "4", "--runs", &path]), with(&["--seeds", "4"]));
    assert_eq!(with(&["--seeds", "3", "--runs", &path]), with(&["--seeds", "3"]));
    std::fs::remove_file(&file).expect("it is there");
}

#[test]
fn runs_of_a_seed_start_at_one_place_that_is_told() {
    let output = tombola(&["bench", "convergence", "--starts", "--dims", "2,3", "--seeds", "2"]);
    let starts: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let told = |start: &Value| (start["dims"].as_u64(), start["seed"].as_u64());
    let expected = [(2, 0), (2, 1), (3, 0), (3, 1)].map(|(dims, seed)| (Some(dims), Some(seed)));
    assert_eq!(starts.iter().map(told).collect::<Vec<_>>(), expected);
    for start in &starts {
        let seed = start["seed"].as_u64().expect("a seed");
        let numbers: Vec<f64> =
            start["start"].as_array().expect("numbers").iter().filter_map(Value::as_f64).collect();
        assert_eq!(numbers, tombola::convergence::start(numbers.len(), seed));
        assert_eq!(start["dims"], numbers.len());
    }
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
        for name in [
            "multiply-add/registers",
            "multiply-add/load",
            "read/L1",
            "write/memory",
            "functions/tanh",
            "random/normal",
        ] {
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

#[test]
fn more_threads_than_cores_are_warned_of_where_people_look() {
    let cores = tombola::workers::available();
    for (threads, warned) in [(1, false), (cores + 1, true)] {
        let threads = threads.to_string();
        let output =
            tombola(&["bench", "kernels", "--quick", "--filter", "paper-mlp/0.0144", "--threads", &threads]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let told = format!("warning: {threads} threads on {cores} cores");
        assert_eq!(text(&output.stderr).contains(&told), warned, "{}", text(&output.stderr));
        assert!(!text(&output.stdout).contains("warning"), "{}", text(&output.stdout));
    }
}

#[test]
fn kernels_are_one_object_a_line_with_the_fields_that_scripts_read() {
    for threads in ["1", "2"] {
        let output = tombola(&[
            "bench",
            "kernels",
            "--quick",
            "--json",
            "--filter",
            "paper-mlp/0.05",
            "--threads",
            threads,
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let line: Value = serde_json::from_str(text(&output.stdout)).expect("exactly one row has this name");
        assert_eq!(line["name"], "paper-mlp/0.05");
        assert_eq!(line["isa"], Isa::detected().name());
        assert_eq!(line["threads"].to_string(), threads);
        assert_eq!(line["density"], 0.05);
        let number = |field: &str| line[field].as_f64().unwrap_or_else(|| panic!("{field} of {line}"));
        // The mask keeps 203 of 4064 entries: 139 of 2784, 51 of 1024 and 13 of 256. 256 members, 8 worlds, 500 steps.
        let work = 2.0 * 203.0 * 256.0 * 8.0 * 500.0;
        let (seconds, gflops) = (number("seconds"), number("gflops"));
        assert!(seconds > 0.0 && (gflops * seconds * 1e9 / work - 1.0).abs() < 1e-9, "{line}");
        let peak = number("peak_gflops");
        assert!((number("peak_percent") / (100.0 * gflops / peak) - 1.0).abs() < 1e-9, "{line}");
        let forwards = number("member_forwards_per_second");
        assert!((forwards * seconds / (256.0 * 8.0 * 500.0) - 1.0).abs() < 1e-9, "{line}");
    }
}

#[test]
fn rows_that_are_no_multiply_adds_have_the_same_fields() {
    let output =
        tombola(&["bench", "kernels", "--quick", "--json", "--isa", "portable", "--filter", "random/"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert!(lines.len() > 3);
    for line in lines {
        for field in ["name", "isa", "threads", "density", "seconds", "gflops", "peak_percent"] {
            assert!(line.get(field).is_some(), "{field} of {line}");
        }
        assert!(line["gflops"].is_null() && line["seconds"].as_f64() > Some(0.0), "{line}");
    }
}

#[test]
fn kernels_can_be_listed_and_chosen() {
    let list = tombola(&["bench", "kernels", "--list"]);
    let names: Vec<&str> = text(&list.stdout).lines().collect();
    for name in ["paper-cnn/0.0144", "paper-mlp-compiled/0.05", "functions/tanh", "random/normal"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let table = tombola(&["bench", "kernels", "--quick", "--filter", "functions/", "--isa", "portable"]);
    assert_eq!(table.status.code(), Some(0), "{}", text(&table.stderr));
    let chosen = names.iter().filter(|name| name.contains("functions/")).count();
    assert_eq!(text(&table.stdout).lines().count(), 1 + chosen, "a heading and a line a row");
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

#[test]
fn ask_and_tell_are_timed_beside_memory() {
    let arguments = ["bench", "ask-tell", "--dims", "100", "--population", "6", "--seconds", "0", "--json"];
    let output = tombola(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(lines.len(), 6, "the diagonal strategies");
    for line in lines {
        for key in ["seconds", "seconds_drawn_again", "seconds_memory"] {
            let seconds = line[key].as_f64().expect("a number");
            assert!(seconds > 0.0 && seconds.is_finite(), "{line}");
        }
    }
}
