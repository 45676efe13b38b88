//! Results folders that are none, may only be read, or hold what nobody listed or can read.

#![expect(clippy::disallowed_methods, reason = "makes files where folders are meant")]

use std::fs;

mod common;

use common::{Folder, files, program, refused, told};

const SPEC: &str = "task = 'Pendulum-v1'\nstrategy = 'snes'\ncriterion = 'magnitude'\nlevels = 2\ngenerations = 2\n\
    steps = 5\nrepeats = 1\ntests = 2\npopulation = 4\nnetwork = 'dense 4 tanh; dense 1'\n";

#[test]
fn a_file_where_a_folder_is_meant_is_refused_and_left_alone() {
    let folder = Folder::new("file");
    let (spec, out) = (folder.path("grid.toml"), folder.path("out"));
    fs::write(&spec, SPEC).expect("a spec");
    fs::write(&out, "precious").expect("a file");
    let parts = [out.as_str(), " is a file, and --out names a folder", "move the file away"];
    for verb in ["run", "plan", "status", "report"] {
        refused(&[verb, &spec, "--out", &out], &parts);
    }
    refused(&["quickstart", "--out", &out], &parts);
    refused(&["train", "--task", "glyphs", "--out", &out], &parts);
    let below = format!("{out}/y/z");
    let parts = [format!("{out} is a file, and --out names a folder in it, {below}")];
    refused(&["run", &spec, "--out", &below], &parts.each_ref().map(String::as_str));
    refused(&["run", &spec, "--out", &format!("{out}/")], &[" is a file, and --out names a folder"]);
    assert_eq!(fs::read_to_string(&out).expect("a file"), "precious");
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_nowhere_is_refused_and_left_alone() {
    let folder = Folder::new("link");
    let (spec, out) = (folder.path("grid.toml"), folder.path("out"));
    fs::write(&spec, SPEC).expect("a spec");
    std::os::unix::fs::symlink("nowhere", &out).expect("a link");
    for place in [out.clone(), format!("{out}/"), format!("{out}/y")] {
        refused(
            &["run", &spec, "--out", &place],
            &[&format!("{out} is a link that leads nowhere, and --out names a folder"), "move the link away"],
        );
    }
    assert!(!folder.join("nowhere").exists());
}

#[test]
fn a_table_is_printed_where_no_page_can_be_written() {
    let folder = Folder::in_memory("page");
    fs::write(folder.join("grid.toml"), SPEC).expect("a spec");
    let run = |verb: &str| {
        let output = program().current_dir(&folder).args([verb, "grid.toml", "--out", "out"]).output();
        output.expect("the program starts")
    };
    told(&run("run"), 0);
    // a folder of that name is in the way of whoever it is
    fs::create_dir(folder.join("out/report.html")).expect("a folder");
    let output = run("report");
    let text = told(&output, 1);
    assert!(text.contains("cannot write out/report.html"), "{text}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("test return on Pendulum-v1") && table.contains("| magnitude |"), "{table}");
}

#[test]
fn what_lies_beside_results_harms_nothing_and_what_cannot_be_read_is_left_where_it_is() {
    let folder = Folder::in_memory("beside");
    fs::write(folder.join("grid.toml"), SPEC).expect("a spec");
    let ended = |verb: &str, code: i32| {
        let output = program().current_dir(&folder).args([verb, "grid.toml", "--out", "out"]).output();
        let output = output.expect("the program starts");
        (told(&output, code), String::from_utf8(output.stdout).expect("text"))
    };
    ended("run", 0);
    let expected = files(&folder.join("out/results"));
    let ticket = expected.iter().find(|(name, _)| name.ends_with("/level-01.safetensors"));
    let levels = folder.join("out/results").join(&ticket.expect("a cell").0).with_file_name("levels.csv");
    let strangers = [".~lock.levels.csv#", ".DS_Store", ".nfs0001", "notes.txt"];
    for name in strangers {
        fs::write(levels.with_file_name(name), "").expect("a file");
    }
    let (text, shown) = ended("run", 0);
    assert!(text.contains("notes.txt is no result: it is left there"), "{text}");
    assert_eq!(text.matches("is no result").count(), 1, "{text}");
    assert!(shown.starts_with("2 units done, 0 of them now"), "{shown}");
    assert!(ended("status", 0).1.ends_with(": 2 done of 2 units\n"));
    for name in strangers {
        fs::remove_file(levels.with_file_name(name)).expect("a file");
    }

    // a folder in its place cannot be read by anybody
    let kept = folder.join("kept.csv");
    fs::rename(&levels, &kept).expect("a file");
    fs::create_dir(&levels).expect("a folder");
    let (text, _) = ended("run", 1);
    for part in ["error: cannot read ", "levels.csv: ", "is still good", "go on with `tombola run grid.toml"]
    {
        assert!(text.contains(part), "it should tell `{part}`: {text}");
    }
    for verb in ["status", "report"] {
        let (text, _) = ended(verb, 1);
        assert!(text.contains("error: cannot read ") && text.contains("levels.csv: "), "{text}");
    }
    assert!(levels.is_dir() && !folder.join("out/damaged").exists());
    fs::remove_dir(&levels).expect("a folder");
    fs::rename(&kept, &levels).expect("a file");
    assert!(ended("run", 0).1.starts_with("2 units done, 0 of them now"));
    assert!(files(&folder.join("out/results")) == expected, "nothing was done anew");
}
