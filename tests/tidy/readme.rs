//! The README's tree against the disk, both ways, its two commands, and the list of scripts.

use crate::{assert_none, project_files, read};
use std::collections::BTreeSet;

/// The heading under which the tree stands.
const TREE: &str = "## What is where";

/// The first fenced block after `heading`.
fn block_after<'a>(text: &'a str, heading: &str) -> &'a str {
    let section =
        text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading `{heading}`")).1;
    let (_, block) = section.split_once("```").expect("a fenced block");
    let (_, block) = block.split_once('\n').expect("a fence ends its line");
    block.split_once("\n```").expect("the fence is closed").0
}

/// Every path of a tree whose lines are indented by two spaces a level: `name/  what it is`. Paths end in `/` where
/// the tree says that they are folders.
fn tree_paths(tree: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut parents: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let indent = line.len() - line.trim_start().len();
        let name = line.split_whitespace().next().expect("no empty lines in the tree");
        assert!(indent.is_multiple_of(2) && indent / 2 <= parents.len(), "indentation of `{line}`");
        parents.truncate(indent / 2);
        paths.insert(format!("{}{name}", parents.concat()));
        if name.ends_with('/') {
            parents.push(name);
        }
    }
    paths
}

/// Every folder (with `/` at its end) and file of the project.
fn paths_of(files: &[String]) -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = files.iter().cloned().collect();
    for file in files {
        paths.extend(file.match_indices('/').map(|(slash, _)| file[..=slash].to_owned()));
    }
    paths
}

/// Where the tree and the project differ: paths that are gone, and top-level entries or crates that are not shown.
fn tree_complaints(tree: &BTreeSet<String>, files: &[String]) -> Vec<String> {
    let disk = paths_of(files);
    let gone =
        tree.difference(&disk).map(|path| format!("README's tree names `{path}`, which does not exist"));
    let must_show = disk.iter().filter(|path| {
        let depth = path.trim_end_matches('/').matches('/').count();
        depth == 0 || (depth == 1 && path.starts_with("crates/"))
    });
    let hidden = must_show.filter(|path| !tree.contains(*path));
    gone.chain(hidden.map(|path| format!("`{path}` is missing from README's tree"))).collect()
}

/// The commands of all `sh` blocks, without their comments.
fn commands(text: &str) -> Vec<&str> {
    let blocks = text.split("\n```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default());
    let lines = blocks.flat_map(str::lines).map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_tree_of_the_readme_is_the_tree_on_disk() {
    let readme = read("README.md");
    assert_none(tree_complaints(&tree_paths(block_after(&readme, TREE)), &project_files()));
}

#[test]
fn the_readme_gives_two_commands_one_runs_and_one_tests() {
    assert_eq!(commands(&read("README.md")), ["cargo run --release -- quickstart", "cargo test"]);
}

/// The names in the first column of a Markdown table: `name` of "| `name` | text |".
fn table_names(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_script_is_in_the_list_of_scripts_and_the_other_way_round() {
    let files = project_files();
    let scripts =
        files.iter().filter_map(|path| path.strip_prefix("scripts/")).filter(|name| *name != "README.md");
    // of a folder the folder is listed
    let scripts = scripts.map(|name| name.split_inclusive('/').next().unwrap_or(name).to_owned());
    assert_eq!(
        table_names(&read("scripts/README.md")),
        scripts.collect(),
        "scripts/README.md against scripts/"
    );
}

#[test]
fn a_tree_that_is_not_the_disk_is_found() {
    let files = ["Cargo.toml", "crates/a/src/lib.rs", "tests/x.rs"].map(str::to_owned);
    let complaints = |tree: &str| tree_complaints(&tree_paths(tree), &files);
    let good = "Cargo.toml   workspace\ncrates/\n  a/         a crate\n    src/\ntests/";
    assert_eq!(complaints(good), [""; 0]);
    assert_eq!(complaints("Cargo.toml\ncrates/\n  a/\n  b/\ntests/").len(), 1, "`b` does not exist");
    assert_eq!(complaints("Cargo.toml\ncrates/\ntests/").len(), 1, "the crate `a` is not shown");
    assert_eq!(complaints("crates/\n  a/").len(), 2, "two top-level entries are not shown");
    assert_eq!(complaints("Cargo.toml\ncrates/\n  a\ntests/").len(), 2, "`a` is a folder");
}

#[test]
fn commands_blocks_and_tables_are_read_as_written() {
    let text = "x\n```sh\ncargo run   # does\n\ncargo test # tests\n```\n```text\nno command\n```\n";
    assert_eq!(commands(text), ["cargo run", "cargo test"]);
    assert_eq!(table_names("| a | b |\n|---|\n| `x-y` | `z` |\n").into_iter().collect::<Vec<_>>(), ["x-y"]);
    assert_eq!(block_after("a\n## B\n\n```text\nc/\n  d\n```\n", "## B"), "c/\n  d");
}
