//! `tombola optimize` and `tombola replay` as other programs and people meet them.

#![expect(clippy::disallowed_methods, reason = "reads and writes traces")]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};
use strategies::Method;
use tombola::npz;

mod common;

use common::Folder;

fn tombola(arguments: &[&str]) -> Output {
    // No input: a command that waits for some ends.
    let command = &mut Command::new(env!("CARGO_BIN_EXE_tombola"));
    command.args(arguments).stdin(Stdio::null()).output().expect("the program starts")
}

/// A wrong request: exit code 2, nothing on stdout, and all of `parts` on stderr.
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = tombola(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
}

/// A conversation with a running program.
struct Talk {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Talk {
    fn new(arguments: &[&str]) -> Talk {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tombola"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Talk { child, input, output }
    }

    fn say(&mut self, line: &str) {
        // A program that has heard enough of a line ends before it has all of it.
        match writeln!(self.input, "{line}") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            said => said.expect("a pipe takes text"),
        }
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    }

    fn end(self) -> (Option<i32>, String) {
        let Talk { child, input, .. } = self;
        drop(input);
        let output = child.wait_with_output().expect("the program ends");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|x| (x - 0.3) * (x - 0.3)).sum()
}

#[test]
fn json_searches_until_the_target() {
    for name in Method::NAMES {
        // those that shrink their steps by themselves come far
        let target = match name {
            "snes" | "cma-es" | "sep-cma-es" | "xnes" => "1e-9",
            "lm-ma-es" | "iamalgam-full" | "iamalgam-indep" => "1e-6",
            "des" => "1e-4",
            _ => "1e-1",
        };
        let mut talk = Talk::new(&["optimize", "--strategy", name, "--dims", "3", "--target", target]);
        let done = loop {
            let message: Value = serde_json::from_str(&talk.hear()).expect("a JSON object");
            if !message["done"].is_null() {
                break message["done"].clone();
            }
            let members = message["population"].as_array().expect("a list");
            let fitness: Vec<f64> = members.iter().map(|member| sphere(&numbers(member))).collect();
            talk.say(&json!({ "fitness": fitness }).to_string());
        };
        assert_eq!(done["reason"], "the target was reached", "{name}");
        let best = numbers(&done["best"]["member"]);
        assert_eq!(done["best"]["fitness"], sphere(&best), "numbers are passed on to the last bit");
        assert_eq!(talk.end(), (Some(0), String::new()));
    }
}

#[test]
fn runs_that_can_go_no_further_are_followed_by_larger_ones() {
    let all = ["optimize", "--strategy", "cma-es", "--dims", "2", "--population", "6", "--restarts", "ipop"];
    let mut talk = Talk::new(&[&all[..], &["--evaluations", "600"]].concat());
    let mut sizes = Vec::new();
    let done = loop {
        let message: Value = serde_json::from_str(&talk.hear()).expect("a JSON object");
        if !message["done"].is_null() {
            break message["done"].clone();
        }
        let members = message["population"].as_array().expect("a list").len();
        let run = message["run"].as_u64().expect("a count") as usize;
        sizes.resize(run + 1, members);
        assert_eq!(sizes[run], members);
        talk.say(&json!({ "fitness": vec![1.0; members] }).to_string());
    };
    assert_eq!(done["reason"], "the evaluations are spent");
    assert_eq!(sizes, [6, 12, 24]);
    assert_eq!(talk.end().0, Some(0));
}

/// The costs of the members that a message asks for: flat around the optimum, so that runs end.
fn costs(message: &Value) -> Vec<f64> {
    let members = message["population"].as_array().expect("a list");
    members.iter().map(|member| sphere(&numbers(member)).max(0.25)).collect()
}

#[test]
fn members_are_told_in_any_order_and_a_search_that_was_ended_goes_on_where_it_was() {
    let folder = Folder::new("state");
    let state = folder.path("state.json");
    let plain =
        ["optimize", "--strategy", "cma-es", "--dims", "3", "--population", "5", "--restarts", "ipop"];
    let plain = [&plain[..], &["--evaluations", "400", "--region", "-2", "2", "--start", "1"]].concat();
    let message = |talk: &mut Talk| -> Value { serde_json::from_str(&talk.hear()).expect("a JSON object") };

    let mut talk = Talk::new(&plain);
    let mut expected = Vec::new();
    while expected.last().is_none_or(|last: &Value| last["done"].is_null()) {
        let asked = message(&mut talk);
        if asked["done"].is_null() {
            talk.say(&json!({ "fitness": costs(&asked) }).to_string());
        }
        expected.push(asked);
    }
    let runs = expected[expected.len() - 2]["run"].as_u64().expect("a count");
    assert!(runs > 0, "there is a run after the first");

    // one member a line, the last one first; every few generations the program is ended in the middle of one
    let kept = [&plain[..], &["--state", &state]].concat();
    let mut talk = Talk::new(&kept);
    for (generation, expected) in expected.iter().enumerate() {
        let mut asked = message(&mut talk);
        assert_eq!(&asked, expected);
        if !asked["done"].is_null() {
            break;
        }
        let all = costs(&asked);
        for (place, member) in (0..all.len()).rev().enumerate() {
            if generation % 7 == 3 && place == 2 {
                // it has heard what was said before: the file is written after each line
                while !fs::read_to_string(&state).is_ok_and(|text| text.matches("worth").count() == 2) {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                talk.child.kill().expect("a child");
                talk.child.wait().expect("a child");
                talk = Talk::new(&kept);
                asked = message(&mut talk);
                let missing: Vec<usize> = (0..=member).collect();
                assert_eq!(
                    (&asked["missing"], &asked["population"]),
                    (&json!(missing), &expected["population"])
                );
            }
            talk.say(&json!({ "member": member, "fitness": all[member] }).to_string());
        }
    }
    assert_eq!(talk.end().0, Some(0));
    // done is done
    let mut talk = Talk::new(&kept);
    assert_eq!(&message(&mut talk), expected.last().expect("messages"));
    assert_eq!(talk.end().0, Some(0));
    refused(
        &[&kept[..], &["--seed", "1"]].concat(),
        &["state.json: is another search", "name another --state"],
    );
    fs::write(&state, "{}").expect("a file");
    refused(&kept, &["state.json: is no search that was kept"]);
    assert_eq!(fs::read_to_string(&state).expect("a file"), "{}");
}

#[test]
fn runs_begin_elsewhere_where_a_region_is_given_and_end_where_costs_do_not_fall() {
    let begun = |more: &[&str]| -> Vec<f64> {
        let all = ["optimize", "--strategy", "cma-es", "--dims", "1", "--start", "3", "--deviation", "0.01"];
        let mut talk = Talk::new(&[&all[..], &["--evaluations", "400"], more].concat());
        let mut first = Vec::new();
        loop {
            let message: Value = serde_json::from_str(&talk.hear()).expect("a JSON object");
            if !message["done"].is_null() {
                return first;
            }
            let members = message["population"].as_array().expect("a list");
            if message["generation"] == 0 {
                first.push(numbers(&members[0])[0]);
            }
            talk.say(&json!({ "fitness": vec![1.0; members.len()] }).to_string());
        }
    };
    let near = |x: &f64| (x - 3.0).abs() < 0.1;
    let (here, there) =
        (begun(&["--restarts", "same"]), begun(&["--restarts", "same", "--region", "-9", "-5"]));
    assert!(here.len() > 2 && here.iter().all(near), "{here:?}");
    assert!(there.len() > 2 && near(&there[0]), "{there:?}");
    assert!(there[1..].iter().all(|x| (-9.0..-5.0).contains(x)) && there[1] != there[2], "{there:?}");
    assert_eq!(begun(&[]).len(), 1);
    let all = ["optimize", "--strategy", "cma-es", "--dims", "2", "--stagnation", "--population", "4"];
    let mut talk = Talk::new(&all);
    let done = loop {
        let message: Value = serde_json::from_str(&talk.hear()).expect("a JSON object");
        if !message["done"].is_null() {
            break message["done"].clone();
        }
        talk.say(r#"{"fitness":[1,1,1,1]}"#);
    };
    assert_ne!(done["reason"], "the input ended", "{done}");
    for region in [["2", "1"], ["1", "inf"]] {
        refused(&[&all[..], &["--restarts", "same", "--region"], &region].concat(), &["the region is from"]);
    }
}

#[test]
fn a_strategy_that_needs_a_network_is_refused_without_and_takes_one_from_a_file() {
    let les = ["optimize", "--strategy", "les", "--dims", "3"];
    refused(&les, &["trained network", "--weights FILE"]);
    refused(&[&les[..], &["--weights", "README.md"]].concat(), &["README.md"]);
    refused(
        &["optimize", "--strategy", "snes", "--dims", "3", "--weights", "x.npz"],
        &["`--weights` means nothing to snes"],
    );
    let whole = "tests/traces/LES__randnet1__d5_p8__f64.npz";
    let other = "tests/traces/SNES__mnist__d5_p8__ellipsoid__f64.npz";
    refused(&[&les[..], &["--weights", other]].concat(), &["no array `Wk`"]);
    let mut talk = Talk::new(&[&les[..], &["--weights", whole, "--evaluations", "20"]].concat());
    let message: Value = serde_json::from_str(&talk.hear()).expect("a JSON object");
    assert_eq!(message["population"].as_array().expect("a list").len(), 7);
    talk.say(r#"{"stop":true}"#);
    talk.hear();
    assert_eq!(talk.end().0, Some(0));
}

#[test]
fn json_counts_failures_and_stops_on_request() {
    let mut talk =
        Talk::new(&["optimize", "--strategy", "pgpe", "--dims", "2", "--population", "4", "--maximise"]);
    talk.hear();
    talk.say(r#"{"fitness":[1,null,5,null]}"#);
    talk.hear();
    talk.say(r#"{"stop":true}"#);
    let message: Value = serde_json::from_str(&talk.hear()).expect("a JSON object");
    assert_eq!(message["done"]["failures"], 2);
    assert_eq!(message["done"]["best"]["fitness"], 5.0);
    assert_eq!(message["done"]["reason"], "stopped by request");
    assert_eq!(talk.end().0, Some(0));
}

#[test]
fn answers_that_make_no_sense_end_the_search() {
    let long = "1".repeat(70_000);
    for (answer, part) in [
        ("{\"fitness\":[1]}", "line 1 of the input does not fit: the fitness has 1 numbers; expected 4"),
        ("{\"fitness\":1}", "line 1 of the input is no answer"),
        ("fitness", "line 1 of the input is no answer"),
        ("{}", "line 1 of the input has neither `fitness` nor `stop`"),
        ("{\"fitness\":[1,2,3,NaN]}", "write `null` where an evaluation gave no number"),
        ("{\"fitness\":[1,2,3,1e999]}", "line 1 of the input is no answer: number out of range, at column"),
        ("{\"fitnes\":[1,2,3,4]}", "did you mean `fitness`?"),
        ("{\"fitness\":\"one\"}", "a fitness is a number or null, or a list of them"),
        ("{\"member\":4,\"fitness\":1}", "line 1 of the input does not fit: "),
        ("{\"member\":1,\"fitness\":[1,2,3,4]}", "a member has one fitness"),
        (long.as_str(), "line 1 of the input is longer than 65792 bytes"),
    ] {
        let mut talk = Talk::new(&["optimize", "--strategy", "ars", "--dims", "2", "--population", "4"]);
        talk.hear();
        talk.say(answer);
        let (code, message) = talk.end();
        assert_eq!(code, Some(2), "{answer}: {message}");
        assert!(message.contains(part), "{answer}: {message}");
    }
}

#[test]
fn bbob_serves_problems_with_restarts_until_the_driver_quits() {
    let mut talk = Talk::new(&["optimize", "--strategy", "sep-cma-es", "--protocol", "bbob"]);
    for (dims, budget) in [(2usize, 4000usize), (5, 300)] {
        talk.say(&format!("START {dims} -5 5 {budget} 11"));
        let (mut best, mut spent) = (f64::INFINITY, 0);
        loop {
            let line = talk.hear();
            if line == "DONE" {
                break;
            }
            let count: usize = line.strip_prefix("EVAL ").expect("a request").parse().expect("a count");
            let values: Vec<String> = (0..count)
                .map(|_| {
                    let line = talk.hear();
                    let x: Vec<f64> = line.split(' ').map(|x| x.parse().expect("a number")).collect();
                    assert_eq!(x.len(), dims);
                    best = best.min(sphere(&x));
                    format!("{:?}", sphere(&x))
                })
                .collect();
            spent += count;
            talk.say(&if spent >= budget { "STOP".to_owned() } else { values.join(" ") });
        }
        assert!(best < if dims == 2 { 1e-8 } else { 1e-1 }, "{dims} dimensions: {best}");
    }
    talk.say("QUIT");
    assert_eq!(talk.end(), (Some(0), String::new()));
}

#[test]
fn wrong_searches_are_refused() {
    refused(&["optimize", "--strategy", "cmaes", "--dims", "3"], &["`cmaes`", "did you mean `cma-es`?"]);
    refused(&["optimize", "--strategy", "snes"], &["--dims"]);
    refused(&["optimize", "--strategy", "snes", "--dims", "0"], &["`dims` is 0"]);
    refused(&["optimize", "--strategy", "pgpe", "--dims", "3", "--population", "5"], &["even"]);
    refused(
        &["optimize", "--strategy", "snes", "--dims", "3", "--deviation", "nan"],
        &["`deviation` is NaN"],
    );
    refused(&["optimize", "--strategy", "snes", "--dims", "999999999999999"], &["memory"]);
    refused(&["optimize", "--strategy", "snes", "--dims", "3", "--target", "nan"], &["the target is NaN"]);
    for members in ["0", "1", "18446744073709551615"] {
        refused(
            &["optimize", "--strategy", "snes", "--dims", "3", "--population", members],
            &["`population`"],
        );
    }
    refused(&["optimize", "--strategy", "snes", "--dims", "3", "--start", "inf"], &["the start is inf"]);
    for (change, part) in [
        ("activ=false", "there is no setting `activ`"),
        ("active=maybe", "`active` is maybe; expected true or false"),
        ("step_size=three-point", "`step_size` is three-point; expected"),
        ("active", "`active` is no setting; expected key=value"),
        ("deviation=2", "`--set deviation=2` says what `--deviation` says"),
        ("name=sep-cma-es", "name"),
        ("elite_ratio=0", "`elite_ratio` is 0"),
    ] {
        refused(&["optimize", "--strategy", "cma-es", "--dims", "3", "--set", change], &[part]);
    }
    refused(&["bench", "convergence", "--dims", "0"], &["no functions of 0 coordinates"]);
    refused(
        &["bench", "convergence", "--dims", "1"],
        &["rosenbrock's function of 1 coordinate", "--functions"],
    );
    for starts in [&["--starts"][..], &[]] {
        let words = [&["bench", "convergence", "--dims", "999999999999999999"][..], starts].concat();
        refused(&words, &["`population` is"]);
        let words = [&["bench", "convergence", "--dims", "999999999999999"][..], starts].concat();
        refused(&words, &["memory"]);
    }
    let mut talk = Talk::new(&["optimize", "--strategy", "snes", "--protocol", "bbob"]);
    talk.say("START 2 5 -5 100 1");
    let (code, message) = talk.end();
    assert!(code == Some(2) && message.contains("line 1 of the input is no `START"), "{message}");
}

#[test]
fn what_a_driver_says_is_refused_as_a_flag() {
    for flags in [
        &["--start", "0"][..],
        &["--seed", "0"],
        &["--maximise"],
        &["--target", "1e-8"],
        &["--evaluations", "100"],
    ] {
        let words = [&["optimize", "--strategy", "snes", "--protocol", "bbob"][..], flags].concat();
        refused(&words, &[&format!("`{}` means nothing in the bbob protocol", flags[0])]);
    }
    let mut talk = Talk::new(&["optimize", "--strategy", "snes", "--protocol", "bbob", "--dims", "3"]);
    talk.say("START 3 -5 5 1 1");
    assert!(talk.hear().starts_with("EVAL "));
    (0..7).for_each(|_| drop(talk.hear()));
    talk.say("STOP");
    assert_eq!(talk.hear(), "DONE");
    talk.say("START 2 -5 5 100 1");
    let (code, message) = talk.end();
    assert!(code == Some(2) && message.contains("asks for 2 dimensions; `--dims` is 3"), "{message}");
}

#[test]
fn an_input_that_ends_in_the_middle_of_a_problem_is_an_error() {
    let mut talk = Talk::new(&["optimize", "--strategy", "snes", "--protocol", "bbob"]);
    talk.say("START 2 -5 5 100 1");
    assert!(talk.hear().starts_with("EVAL "));
    let (code, message) = talk.end();
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("line 2 of the input is missing: the input ended in the middle"), "{message}");
    // Between problems it is only the end.
    let talk = Talk::new(&["optimize", "--strategy", "snes", "--protocol", "bbob"]);
    assert_eq!(talk.end(), (Some(0), String::new()));
}

fn trace(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces").join(name)
}

fn output_path(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

#[test]
fn a_replay_prints_errors_and_writes_the_arrays_of_the_record() {
    let (record, out) = (trace("CMA_ES__mnist__d5_p8__ellipsoid__f64.npz"), output_path("redone.npz"));
    for mode in ["one-step", "free-run"] {
        let paths = [record.to_str().expect("text"), out.to_str().expect("text")];
        let output = tombola(&["replay", "strategy", "--trace", paths[0], "--out", paths[1], "--mode", mode]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let table = String::from_utf8(output.stdout).expect("text");
        let errors = table.lines().skip(1).map(|line| line.split_whitespace().last().expect("a number"));
        let errors: Vec<f64> = errors.map(|error| error.parse().expect("a number")).collect();
        assert!(errors.len() >= 9 && errors.iter().all(|&error| error < 1e-11), "{table}");
        let read = |path: &Path| npz::read(&fs::read(path).expect("a file")).expect("an archive");
        let shape = |arrays: &[npz::Array]| -> Vec<(String, Vec<usize>)> {
            arrays.iter().map(|array| (array.name.clone(), array.shape.clone())).collect()
        };
        assert_eq!(shape(&read(&out)), shape(&read(&record)));
    }
}

#[test]
fn damaged_traces_are_refused_and_nothing_is_written() {
    let whole = fs::read(trace("SNES__mnist__d5_p8__ellipsoid__f64.npz")).expect("a trace");
    let (damaged, out) = (output_path("damaged.npz"), output_path("nothing.npz"));
    let arrays = npz::read(&whole).expect("an archive");
    let without = |name: &str| {
        let rest: Vec<npz::Array> = arrays.iter().filter(|array| array.name != name).cloned().collect();
        npz::write(&rest)
    };
    let wild = |name: &str| {
        let mut wild = arrays.clone();
        let array = wild.iter_mut().find(|array| array.name == name).expect("an array of the trace");
        array.values = npz::Values::F64(vec![f64::NAN; array.values.len()]);
        npz::write(&wild)
    };
    let changed = |name: &str, change: &dyn Fn(&mut npz::Array)| {
        let mut changed = arrays.clone();
        change(changed.iter_mut().find(|array| array.name == name).expect("an array of the trace"));
        npz::write(&changed)
    };
    let number = |name: &str, place: f64, value: f64| {
        changed(name, &|array| {
            let mut values = array.values.wide();
            let at = (place * (values.len() - 1) as f64) as usize;
            values[at] = value;
            array.values = npz::Values::F64(values);
        })
    };
    let typed = |name: &str, typed: &dyn Fn(&[f64]) -> npz::Values| {
        changed(name, &|array| array.values = typed(&array.values.wide()))
    };
    let text = |from: &str, to: &str| {
        changed("meta_json", &|array| {
            let npz::Values::U8(bytes) = &array.values else { panic!("text") };
            let text = String::from_utf8(bytes.clone()).expect("text");
            assert!(text.contains(from), "{text}");
            let bytes = text.replace(from, to).into_bytes();
            (array.shape, array.values) = (vec![bytes.len()], npz::Values::U8(bytes));
        })
    };
    // Shapes that take no bytes, however many coordinates they claim.
    let claims = |strategy: &str, [generations, members, dims]: [usize; 3]| {
        let meta = json!({
            "strategy": strategy, "config": {}, "popsize": members, "dims": dims, "generations": generations,
            "dtype": "f64", "hyper": {},
        });
        let text = meta.to_string().into_bytes();
        let zeros = |name: &str, shape: &[usize]| npz::Array {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values: npz::Values::F64(vec![0.0; shape.iter().product()]),
        };
        let meta = npz::Array {
            name: "meta_json".to_owned(),
            shape: vec![text.len()],
            values: npz::Values::U8(text),
        };
        let x = zeros("x", &[generations, members, dims]);
        npz::write(&[meta, x, zeros("fitness", &[generations, members])])
    };
    let hollow = |strategy: &str| claims(strategy, [1, 0, 1 << 58]);
    // Few bytes once they are packed, and a matrix that no memory holds.
    let wide = claims("CMA_ES", [1, 2, 1_000_000]);
    for (bytes, part) in [
        (number("s_mean", 0.5, f64::NAN), "`s_mean` of the trace has a number that is not finite"),
        (number("s_mean", 1.0, f64::NAN), "`s_mean` of the trace has a number that is not finite"),
        (
            number("s_best_fitness", 0.5, f64::INFINITY),
            "`s_best_fitness` of the trace has a number that is not",
        ),
        (number("s_sigma", 0.5, 0.0), "`s_sigma` of the trace has 0; expected deviations above 0"),
        (number("s_sigma", 1.0, -0.5), "`s_sigma` of the trace has -0.5; expected deviations above 0"),
        (number("init_sigma", 0.0, -1.0), "`init_sigma` of the trace has -1; expected deviations above 0"),
        (without("init_mean"), "has no array `init_mean`"),
        (hollow("SNES"), "setting `population` is 0"),
        (hollow("CMA_ES"), "setting `population` is 0"),
        (wide, "has no array `ask_B`"),
        (
            typed("z", &|z| npz::Values::I32(z.iter().map(|&z| z as i32).collect())),
            "`z` of the trace has type i32; expected f64",
        ),
        (
            typed("s_mean", &|mean| npz::Values::F32(mean.iter().map(|&x| x as f32).collect())),
            "`s_mean` of the trace has type f32; expected f64",
        ),
        (text("\"f64\"", "\"f32\""), "has type f64; expected f32"),
        (text("\"f64\"", "\"f16\""), "the trace has type `f16`; known are f32 and f64"),
        (
            changed("s_mean", &|array| array.shape = vec![array.shape.iter().product()]),
            "array `s_mean` of the trace has shape [",
        ),
        (whole[..whole.len() / 2].to_vec(), "no zip archive"),
        (Vec::new(), "no zip archive"),
        (without("z"), "has no array `z`"),
        (without("meta_json"), "has no array `meta_json`"),
        (without("s_sigma"), "has no array `s_sigma`"),
        (wild("fitness"), "`fitness` of the trace has a number that is not finite"),
        (wild("init_mean"), "`init_mean` of the trace has a number that is not finite"),
    ] {
        fs::write(&damaged, bytes).expect("a small file");
        let paths = [damaged.to_str().expect("text"), out.to_str().expect("text")];
        refused(&["replay", "strategy", "--trace", paths[0], "--out", paths[1]], &["cannot replay", part]);
        assert!(!out.exists(), "{part}");
    }
    let missing = ["replay", "strategy", "--trace", "no such file", "--out", "x.npz"];
    refused(&missing, &["cannot read no such file"]);
    let one = damaged.to_str().expect("text");
    refused(
        &["replay", "strategy", "--trace", one, "--out", one],
        &["--out names", "which is read and would be lost", "name another place"],
    );
}
