//! `tombola quirks`: the same cells as published and corrected, what differs between them, and the committed page of committed
//! rows.

#![expect(clippy::disallowed_methods, reason = "makes specs and rows")]

use std::fs;

mod common;

use common::{Folder, done, refused};

const SPEC: &str = "name = 'few'\ntask = 'Pendulum-v1'\nstrategy = 'snes'\ncriterion = ['snr', 'random']\nlevels = 3\n\
    keep = 0.5\nseeds = 3\ngenerations = 2\nsteps = 5\nrepeats = 1\ntests = 2\npopulation = 4\n\
    network = 'dense 4 tanh; dense 1'\n";

#[test]
fn each_departure_is_run_with_and_without_and_told_apart() {
    let folder = Folder::in_memory("quirks");
    let [spec, out, rows, page] = ["grid.toml", "out", "rows.csv", "page.html"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    let found = done(&["quirks", &spec, "--out", &out]);
    for wanted in [
        "| percentile ",
        "| random ",
        "| snes-baseline ",
        "as published minus corrected, seed by seed",
        "(n = 3)",
        "25.0 % |",
    ] {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
    for unwanted in ["| variance ", "| pgpe", "| alias "] {
        assert!(!found.contains(unwanted), "{unwanted}: {found}");
    }
    let row = |name: &str| {
        let is_row = |line: &&str| line.starts_with(&format!("| {name} ")) && line.contains("snes ");
        found.lines().find(is_row).unwrap_or_else(|| panic!("{name}: {found}")).to_owned()
    };
    // the dense level is one for both ways of choosing masks
    let dense = |name: &str| row(name).split('|').nth(7).map(str::trim).map(str::to_owned);
    assert_eq!(dense("percentile").as_deref(), Some("+0.000 ±0.000"));
    assert!(fs::read_to_string(folder.join("out/quirks.html")).expect("a page").contains("as published"));

    fs::write(&rows, done(&["quirks", &spec, "--out", &out, "--csv"])).expect("rows");
    assert_eq!(done(&["quirks", &spec, "--rows", &rows, "--page", &page]), found);
    assert_eq!(done(&["quirks", &spec, "--out", &out, "--quiet"]), found, "nothing runs twice, or differs");
    let one = done(&["quirks", &spec, "--out", &out, "--only", "random"]);
    assert!(one.contains("| random ") && !one.contains("| percentile "), "{one}");
}

#[test]
fn what_no_cell_can_show_is_refused() {
    let folder = Folder::in_memory("no-quirks");
    let [spec, out] = ["grid.toml", "out"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    refused(&["quirks", &spec, "--out", &out, "--only", "variances"], &["did you mean `variance`?"]);
    refused(
        &["quirks", &spec, "--out", &out, "--only", "variance"],
        &["no cell of few can show variance", "tombola help quirks"],
    );
    assert!(!folder.join("out").exists(), "nothing is made for a request that is refused");
}

#[test]
fn the_committed_table_is_that_of_the_committed_rows() {
    let found = done(&["quirks", "--rows", "crates/tombola/records/quirks.csv"]);
    let page = fs::read_to_string("crates/tombola/reports/quirks.md").expect("a page");
    let (_, tables) = page.split_once("<!-- from here on as printed -->\n\n").expect("a page with a mark");
    assert!(tables == found, "the command prints another table than the rows have: {found}");
}
