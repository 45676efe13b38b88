//! Rules about single files: what is absent where its absence is promised, size, and paths of one machine.

use crate::code::{code_only, without_tests};
use crate::{assert_none, project_files, read};

/// Crates that may hold unsafe code. All others forbid it.
const UNSAFE_CRATES: [&str; 3] = ["numerics", "sparse-kernels", "physics"];

/// What no crate of pure computation names, its tests excepted: the world, the clock, hidden state, other randomness.
const EFFECTS: [&str; 10] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "rand::",
    "static mut",
    "thread_local!",
];

/// The crates of pure computation, and what more each promises to do without.
const PURE_CRATES: &[(&str, &[&str])] = &[
    ("numerics", &["rayon"]),
    ("threads", &[]),
    ("physics", &["tasks"]),
    ("sparse-kernels", &[]),
    ("strategies", &["tasks"]),
    ("networks", &["tasks", "strategies"]),
    ("tasks", &["strategies"]),
    ("lottery", &[]),
];

/// The rooms of such crates that read files.
const FILE_ROOMS: [&str; 1] = ["crates/tasks/src/vision/files.rs"];

/// Functions of the platform's mathematical library: their last bits differ from machine to machine.
const PLATFORM_FUNCTIONS: [&str; 22] = [
    ".acos()",
    ".asin()",
    ".atan()",
    ".atan2(",
    ".cbrt()",
    ".cos()",
    ".cosh()",
    ".exp()",
    ".exp2()",
    ".exp_m1()",
    ".hypot(",
    ".ln()",
    ".ln_1p()",
    ".log10()",
    ".log2()",
    ".powf(",
    ".powi(",
    ".sin()",
    ".sin_cos()",
    ".sinh()",
    ".tan()",
    ".tanh()",
];

/// Longest file, in lines. A guide says 300.
const MAX_LINES: usize = 600;

/// The crate whose library or program a file belongs to; none for its tests, benches and examples.
fn crate_of(path: &str) -> Option<&str> {
    let (name, inside) = path.strip_prefix("crates/")?.split_once('/')?;
    (path.ends_with(".rs") && inside.starts_with("src/")).then_some(name)
}

/// Whether a file holds nothing but tests.
fn is_test_file(path: &str) -> bool {
    path.ends_with("tests.rs") || path.split('/').any(|part| part == "tests")
}

/// The lines of `code` that hold `word` as a word of its own.
fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (begins, ends) = (is_word(word.chars().next()), is_word(word.chars().last()));
    let whole = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + word.len()..].chars().next();
            let is_part = (begins && is_word(before)) || (ends && is_word(after));
            !is_part
        })
    };
    code.lines().enumerate().filter(|(_, line)| whole(line)).map(|(index, _)| index + 1).collect()
}

fn unsafe_complaints(path: &str, text: &str) -> Vec<String> {
    let inside = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next());
    if inside.is_some_and(|name| UNSAFE_CRATES.contains(&name)) {
        return Vec::new();
    }
    let lines = lines_with(&code_only(text), "unsafe");
    let mut complaints: Vec<String> = lines
        .into_iter()
        .map(|line| format!("{path}:{line}: unsafe code belongs to {UNSAFE_CRATES:?}"))
        .collect();
    let is_root = path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs");
    if is_root && !text.contains("\n#![forbid(unsafe_code)]\n") {
        complaints.push(format!("{path}: lacks `#![forbid(unsafe_code)]`"));
    }
    complaints
}

fn absent_complaints(path: &str, text: &str) -> Vec<String> {
    let Some(name) = crate_of(path).filter(|_| !is_test_file(path) && !FILE_ROOMS.contains(&path)) else {
        return Vec::new();
    };
    let code = code_only(text);
    let code = without_tests(&code);
    let Some((_, more)) = PURE_CRATES.iter().find(|(row, _)| *row == name) else { return Vec::new() };
    let words = EFFECTS.iter().chain(&PLATFORM_FUNCTIONS).chain(*more);
    let found = words.flat_map(|word| lines_with(code, word).into_iter().map(move |line| (line, word)));
    found.map(|(line, word)| format!("{path}:{line}: `{name}` promises to do without `{word}`")).collect()
}

/// Tests that are switched off, and code that is not written.
fn unfinished_complaints(path: &str, text: &str) -> Vec<String> {
    let code = code_only(text);
    let marks = [concat!("#[", "ignore"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    let found =
        marks.iter().flat_map(|mark| lines_with(&code, mark).into_iter().map(move |line| (line, mark)));
    found.map(|(line, mark)| format!("{path}:{line}: `{mark}`: finish it or leave it out")).collect()
}

/// Folders that only one machine has, and build flags that make a program of one machine.
fn machine_complaints(path: &str, text: &str) -> Vec<String> {
    let folders = ["home", "root", "tmp", "work", "farm", "Users"].map(|name| format!("/{name}/"));
    let flag = ["target", "cpu"].join("-");
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        for folder in &folders {
            // a path of one machine begins a word; `a/tmp/b` lies somewhere else
            let begins =
                |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.})".contains(c));
            if line.match_indices(folder.as_str()).any(|(at, _)| begins(at)) {
                complaints.push(format!("{path}:{line_number}: `{folder}` exists on one machine only"));
            }
        }
        // one script measures what the flag would do to a probe of its own, outside the tree; one builds other packages
        // for the machine, so that they are compared at their best
        let measures_it =
            path.ends_with("scripts/disassemble-wide") || path.ends_with("benches/peers/product-times");
        let sets_flag =
            !measures_it && (line.contains(&format!("{flag}=")) || line.contains(&format!("-C {flag}")));
        if sets_flag && !line.trim_start().starts_with("//") && !path.ends_with(".md") {
            complaints.push(format!(
                "{path}:{line_number}: instruction sets are chosen when running, not by `{flag}`"
            ));
        }
    }
    complaints
}

fn length_complaint(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES)
        .then(|| format!("{path}: {lines} lines, at most {MAX_LINES}: perhaps it is two things"))
}

/// The module text of a crate's root must say what the crate keeps, and what it does without.
fn invariants_complaint(path: &str, text: &str) -> Option<String> {
    let docs = text.lines().filter_map(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join("\n");
    let invariants = docs.split_once(" # Invariants\n").map(|(_, section)| section);
    let names_absence = invariants.is_some_and(|section| section.contains("Absent"));
    (!names_absence).then(|| format!("{path}: the `//!` text lacks `# Invariants` with an `Absent:` line"))
}

fn rust_files() -> impl Iterator<Item = (String, String)> {
    project_files().into_iter().filter(|path| path.ends_with(".rs")).map(|path| (path.clone(), read(&path)))
}

#[test]
fn unsafe_code_stays_in_its_crates() {
    assert_none(rust_files().flat_map(|(path, text)| unsafe_complaints(&path, &text)).collect());
}

#[test]
fn what_is_promised_to_be_absent_is_absent() {
    assert_none(rust_files().flat_map(|(path, text)| absent_complaints(&path, &text)).collect());
}

#[test]
fn nothing_is_unfinished_or_switched_off() {
    assert_none(rust_files().flat_map(|(path, text)| unfinished_complaints(&path, &text)).collect());
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    assert_none(rust_files().filter_map(|(path, text)| length_complaint(&path, &text)).collect());
}

#[test]
fn every_crate_names_its_invariants() {
    let roots = rust_files().filter(|(path, _)| path.starts_with("crates/") && path.ends_with("/src/lib.rs"));
    assert_none(roots.filter_map(|(path, text)| invariants_complaint(&path, &text)).collect());
}

#[test]
fn nothing_belongs_to_one_machine() {
    let kinds = ["rs", "toml", "md", "py", "sh", "yml"];
    let is_text = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let kind = name.rsplit_once('.').map(|(_, kind)| kind);
        kind.is_none_or(|kind| kinds.contains(&kind)) && !name.starts_with("LICENSE")
    };
    let files = project_files().into_iter().filter(is_text);
    assert_none(files.flat_map(|path| machine_complaints(&path, &read(&path))).collect());
}

#[test]
fn each_rule_finds_what_it_forbids() {
    let outside = "crates/tasks/src/lib.rs";
    assert_eq!(unsafe_complaints(outside, "//! x\n#![forbid(unsafe_code)]\nfn f() {} // unsafe\n").len(), 0);
    assert_eq!(unsafe_complaints(outside, "//! x\nfn f() { unsafe { g() } }\n").len(), 2);
    assert_eq!(unsafe_complaints("tests/x.rs", "unsafe fn f() {}").len(), 1);
    assert_eq!(unsafe_complaints("crates/physics/src/lib.rs", "unsafe fn f() {}").len(), 0);

    let kernel = "crates/numerics/src/isa.rs";
    assert_eq!(absent_complaints(kernel, "use std::fs;").len(), 1);
    assert_eq!(absent_complaints(kernel, "let y = x.tanh();").len(), 1);
    assert_eq!(absent_complaints(kernel, "// rand::random() and std::fs\nlet brand::X = 1;").len(), 0);
    assert_eq!(absent_complaints(kernel, "#[cfg(test)]\nmod tests {\n    use std::fs;\n}").len(), 0);
    assert_eq!(absent_complaints("crates/numerics/src/simd/tests.rs", "x.tanh()").len(), 0);
    assert_eq!(absent_complaints("crates/numerics/examples/x.rs", "use std::fs;").len(), 0);

    assert_eq!(unfinished_complaints("x.rs", concat!("#[", "ignore]\nfn f() { todo", "!() }")).len(), 2);
    assert_eq!(unfinished_complaints("x.rs", "// to do").len(), 0);

    let folder = ["", "home", "me"].join("/");
    assert_eq!(machine_complaints("x.rs", &format!("let path = \"{folder}/x\";")).len(), 1);
    assert_eq!(machine_complaints("x.rs", &format!("let path = \"over{folder}/x\";")).len(), 0);
    assert_eq!(machine_complaints("x.toml", &["flags = \"-C target", "cpu=native\""].join("-")).len(), 1);

    assert!(length_complaint("x.rs", &"x\n".repeat(MAX_LINES)).is_none());
    assert!(length_complaint("x.rs", &"x\n".repeat(MAX_LINES + 1)).is_some());

    assert!(
        invariants_complaint("x.rs", "//! X.\n//!\n//! # Invariants\n//!\n//! - **Absent:** files.\n")
            .is_none()
    );
    assert!(invariants_complaint("x.rs", "//! X.\n//!\n//! # Invariants\n//!\n//! None.\n").is_some());
    assert!(invariants_complaint("x.rs", "//! X. Absent: files.\n").is_some());
}
