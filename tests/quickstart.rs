//! What the README promises to whoever tries the program for the first time.

#![expect(clippy::disallowed_methods, reason = "reads the README, and what the program wrote")]

use std::fs;

mod common;

use common::{Folder, done, links};

#[test]
fn the_quickstart_shows_the_effect_and_the_readme_its_numbers() {
    let folder = Folder::new("quickstart");
    let out = folder.path("results");
    let shown = done(&["quickstart", "--out", &out, "--quiet"]);
    // both strategies: tickets and random networks are apart by more than their intervals
    assert_eq!(shown.matches("the intervals are apart").count(), 2, "{shown}");
    let page = fs::read_to_string(folder.join("results/report.html")).expect("a page");
    // a figure of each strategy; of both, one of means and one of runs at each density of which the paper speaks
    assert!(page.starts_with("<!doctype html>") && page.matches("<svg").count() == 2 + 1 + 4);
    assert!(page.contains("<h2>Claims</h2>"));
    let links = links(&page);
    assert_eq!(links.len(), 18, "a page a cell");
    for link in links {
        let cell = fs::read_to_string(folder.join("results").join(link)).expect("a page");
        // the first and the last level and four between, two layers each
        assert_eq!((cell.matches("<svg").count(), cell.matches("<img").count()), (3, 12), "{link}");
    }

    // the same bits on every machine: the numbers of the README are these
    let readme = fs::read_to_string("README.md").expect("the README");
    let rows = shown.lines().filter(|line| line.starts_with("| s")).map(numbers).collect::<Vec<_>>();
    let told: Vec<Vec<&str>> =
        readme.lines().filter(|line| line.starts_with("| s") && line.contains('±')).map(numbers).collect();
    assert_eq!(rows.len(), 7, "six rows and a head: {shown}");
    assert_eq!(rows[1..], told[..]);

    // what is done is not done again, and shown again
    assert_eq!(done(&["quickstart", "--out", &out, "--quiet"]), shown);
}

/// The cells of a row of a table.
fn numbers(row: &str) -> Vec<&str> {
    row.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_spec_of_the_readme_is_one() {
    let readme = fs::read_to_string("README.md").expect("the README");
    let spec = readme.split("\n```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a spec");
    let folder = Folder::new("spec");
    fs::write(folder.path("mine.toml"), spec).expect("a file");
    let plan = done(&["plan", &folder.path("mine.toml")]);
    assert!(plan.starts_with("mine: 80 cells and 20 dense levels"), "{plan}");
}
