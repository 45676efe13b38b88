//! Which crate may use which, and what every manifest has in common.

use crate::{assert_none, project_files, read};

/// What each crate may depend on, from the bottom up. A new crate, a new edge or a new package is a design decision:
/// it is made here, seen in review, and its commit says why.
const MAY_USE: &[(&str, &[&str])] = &[
    // the ground: nothing below it
    ("numerics", &[]),
    // one type, so that every crate takes the same pool; `rayon` only runs what was split before
    ("threads", &["rayon"]),
    // `ndarray`, `sprs` and `wide` only exchange data with callers that have them
    ("sparse-kernels", &["numerics", "threads", "ndarray", "sprs", "wide"]),
    // models are text, hence `serde`
    ("physics", &["numerics", "serde", "serde_json"]),
    // sees neither what it optimises nor files
    ("strategies", &["numerics", "threads", "serde"]),
    // what is computed, and the file that is left of it; sees neither who searches nor what for
    ("networks", &["numerics", "sparse-kernels", "serde", "serde_json"]),
    // never sees who asks; `flate2` and `sha2` for the files of data sets
    ("tasks", &["numerics", "sparse-kernels", "networks", "physics", "flate2", "sha2"]),
    // the only crate that sees strategies and tasks
    ("lottery", &["networks", "numerics", "sparse-kernels", "strategies", "tasks", "threads", "serde"]),
    // the program: all of the crates
    (
        "tombola",
        &[
            "lottery",
            "networks",
            "numerics",
            "physics",
            "sparse-kernels",
            "strategies",
            "tasks",
            "clap",
            "csv",
            "flate2",
            "rayon",
            "serde",
            "serde_json",
            "signal-hook",
            "strsim",
            "toml",
            "ureq",
        ],
    ),
];

/// Pairs that may not meet, neither way, nor through others: a strategy never sees a task, a task never sees who asks.
const APART: &[(&str, &str)] =
    &[("strategies", "tasks"), ("strategies", "networks"), ("strategies", "physics")];

/// A dependency in a manifest.
#[derive(Debug, PartialEq, Eq)]
struct Edge {
    line: usize,
    package: String,
    /// Only for tests, benches and examples.
    for_tests: bool,
}

/// The package's name and its dependencies, for any target.
fn edges(manifest: &str) -> (String, Vec<Edge>) {
    let (mut name, mut edges, mut section) = (String::new(), Vec::new(), "");
    for (index, line) in manifest.lines().enumerate().map(|(index, line)| (index, line.trim())) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default();
            // a table of its own: `[dependencies.package]`
            if let Some((kind, package)) = section.split_once("dependencies.") {
                let for_tests = kind.ends_with("dev-");
                edges.push(Edge { line: index + 1, package: package.to_owned(), for_tests });
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let key = key.trim().split('.').next().unwrap_or_default().trim_matches('"');
        if section == "package" && key == "name" {
            name = value.trim().trim_matches('"').to_owned();
        } else if section.ends_with("dependencies") && section != "workspace.dependencies" {
            let for_tests = section.ends_with("dev-dependencies");
            edges.push(Edge { line: index + 1, package: key.to_owned(), for_tests });
        }
    }
    (name, edges)
}

/// What is wrong with the edges of one manifest. For tests a crate may use any package, but no other crate than usual
/// (itself excepted, with more features).
fn edge_complaints(path: &str, manifest: &str, table: &[(&str, &[&str])]) -> Vec<String> {
    let (name, edges) = edges(manifest);
    let Some((_, allowed)) = table.iter().find(|(row, _)| *row == name) else {
        return vec![format!("{path}: crate `{name}` is not in the table of tests/tidy/crates.rs")];
    };
    let is_crate = |package: &str| table.iter().any(|(row, _)| *row == package);
    let wrong = edges.into_iter().filter(|edge| {
        let package = edge.package.as_str();
        let fine_for_tests = edge.for_tests && (!is_crate(package) || package == name);
        !allowed.contains(&package) && !fine_for_tests
    });
    wrong.map(|edge| format!("{path}:{}: `{name}` may not use `{}`", edge.line, edge.package)).collect()
}

/// Whether `table` lets `from` reach `to`, directly or through others.
fn reaches(table: &[(&str, &[&str])], from: &str, to: &str) -> bool {
    let row = table.iter().find(|(row, _)| *row == from);
    row.is_some_and(|(_, uses)| uses.iter().any(|&used| used == to || reaches(table, used, to)))
}

/// Manifests of the workspace: what the root excludes needs further tools.
fn manifests() -> Vec<String> {
    let root = read("Cargo.toml");
    let excluded = list(&root, "exclude");
    let is_inside = |file: &str| !excluded.iter().any(|folder| file.starts_with(&format!("{folder}/")));
    project_files().into_iter().filter(|file| file.ends_with("Cargo.toml") && is_inside(file)).collect()
}

/// The quoted strings of a list like `members = ["a", "b"]`, which may span lines.
fn list<'a>(manifest: &'a str, key: &str) -> Vec<&'a str> {
    let start = manifest.find(&format!("\n{key} = [")).unwrap_or_else(|| panic!("no list `{key}`"));
    let items = manifest[start..].split(']').next().unwrap_or_default();
    items.split('"').skip(1).step_by(2).collect()
}

#[test]
fn crates_only_use_the_crates_below_them() {
    assert_none(manifests().iter().flat_map(|path| edge_complaints(path, &read(path), MAY_USE)).collect());
}

#[test]
fn tasks_and_strategies_stay_apart() {
    for &(one, other) in APART {
        assert!(!reaches(MAY_USE, one, other) && !reaches(MAY_USE, other, one), "`{one}` and `{other}` meet");
    }
    for (name, _) in MAY_USE {
        assert!(!reaches(MAY_USE, name, name), "`{name}` uses itself in a circle");
    }
}

#[test]
fn every_crate_is_a_member_and_a_default_member() {
    let root = read("Cargo.toml");
    let mut expected: Vec<String> = manifests().iter().map(|path| path.replace("/Cargo.toml", "")).collect();
    expected.iter_mut().filter(|path| *path == "Cargo.toml").for_each(|path| *path = ".".to_owned());
    expected.sort();
    for key in ["members", "default-members"] {
        let mut found = list(&root, key);
        found.sort_unstable();
        assert_eq!(found, expected, "`{key}` of the root manifest: plain `cargo test` must test everything");
    }
}

#[test]
fn every_crate_takes_version_edition_and_licence_from_the_workspace() {
    for path in manifests() {
        let manifest = read(&path);
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            assert!(
                manifest.contains(&format!("\n{key}.workspace = true\n")),
                "{path}: `{key}.workspace = true`"
            );
        }
    }
}

/// The features of a crate that are neither on by default nor switched on by the root package, which is what plain
/// `cargo test` builds with.
fn untested_features(manifest: &str, root: &str) -> Vec<String> {
    let Some((_, section)) = manifest.split_once("\n[features]\n") else { return Vec::new() };
    let section = section.split("\n[").next().unwrap_or_default();
    let names =
        section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let names = names.map(|(name, _)| name).filter(|name| *name != "default");
    let name = edges(manifest).0;
    let switched: Vec<&str> = root.lines().filter(|line| line.starts_with(&format!("{name} = {{"))).collect();
    let on = |feature: &str| {
        let is_default = section.lines().any(|line| line.starts_with("default = ") && line.contains(feature));
        is_default || switched.iter().any(|line| line.contains(&format!("\"{feature}\"")))
    };
    names.filter(|feature| !on(feature)).map(|feature| format!("{name}: feature `{feature}`")).collect()
}

#[test]
fn plain_cargo_test_tests_every_feature() {
    let root = read("Cargo.toml");
    assert_none(manifests().iter().flat_map(|path| untested_features(&read(path), &root)).collect());
    let manifest = "[package]\nname = \"a\"\n\n[features]\ndefault = [\"x\"]\nx = []\n# why\ny = [\"dep:y\"]\n\n[lints]\n";
    assert_eq!(untested_features(manifest, "a = { path = \"a\" }\n"), ["a: feature `y`"]);
    assert!(untested_features(manifest, "a = { path = \"a\", features = [\"y\"] }\n").is_empty());
}

/// The packages of the list of shared versions, workspace crates included.
fn shared(root: &str) -> Vec<&str> {
    let section = root.split("\n[workspace.dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter(|line| !line.starts_with(['#', ' ', '}']));
    names.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect()
}

#[test]
fn every_shared_version_is_of_a_package_that_some_crate_uses() {
    let root = read("Cargo.toml");
    let used: Vec<String> =
        manifests().iter().flat_map(|path| edges(&read(path)).1).map(|edge| edge.package).collect();
    let unused = shared(&root).into_iter().filter(|name| !used.iter().any(|package| package == name));
    assert_none(unused.map(|name| format!("Cargo.toml: no crate uses `{name}`")).collect());
    let list = "x\n[workspace.dependencies]\na = \"1\"\n# why\nb = { path = \"b\", features = [\n    \"c\",\n] }\n[d]\n";
    assert_eq!(shared(list), ["a", "b"]);
}

#[test]
fn a_wrong_edge_is_found() {
    let table: &[(&str, &[&str])] = &[("low", &[]), ("high", &["low", "rayon"])];
    let complaints = |text: &str| edge_complaints("x", &format!("[package]\nname = {text}"), table).len();
    assert_eq!(complaints("\"high\"\n[dependencies]\nlow.workspace = true\nrayon = { version = \"1\" }"), 0);
    assert_eq!(complaints("\"low\"\n[dependencies]\nhigh.workspace = true"), 1);
    assert_eq!(
        complaints("\"low\"\n[dev-dependencies]\nhigh = \"1\"\nproptest = \"1\"\nlow.path = \".\""),
        1
    );
    assert_eq!(complaints("\"low\"\n[target.'cfg(unix)'.dependencies]\nlibc = \"1\""), 1);
    assert_eq!(complaints("\"low\"\n[build-dependencies]\ncc = \"1\""), 1);
    assert_eq!(complaints("\"low\"\n[dependencies.rand]\nversion = \"1\""), 1);
    assert_eq!(complaints("\"low\"\n[dependencies]\n# rand = \"1\"\n[features]\nx = []"), 0);
    assert_eq!(complaints("\"unknown\"\n"), 1);
}

#[test]
fn a_meeting_through_others_is_found() {
    let table: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["c"]), ("c", &[])];
    assert!(reaches(table, "a", "c") && !reaches(table, "c", "a"));
    assert_eq!(list("x\nmembers = [\n  \"a\",\n  \"b\",\n]\n", "members"), ["a", "b"]);
}
