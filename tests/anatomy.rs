//! `tombola anatomy`: what the tickets of a results folder look like inside.

#![expect(clippy::disallowed_methods, reason = "makes specs and rows")]

use std::fs;

mod common;

use common::{Folder, done, refused};

const SPEC: &str = "task = 'Pendulum-v1'\nstrategy = ['snes', 'open-es']\ncriterion = 'magnitude'\nlevels = 3\nkeep = 0.5\n\
    seeds = 3\ngenerations = 2\nsteps = 5\nrepeats = 1\ntests = 2\npopulation = 4\nnetwork = 'dense 4 tanh; dense 1'\n";

#[test]
fn layers_of_all_levels_are_told_and_taken_along() {
    let folder = Folder::in_memory("anatomy");
    let [spec, out, rows] = ["grid.toml", "out", "rows.csv"].map(|name| folder.path(name));
    fs::write(&spec, SPEC).expect("a spec");
    assert_eq!(done(&["anatomy", &spec, "--out", &out]), "Nothing is done yet.\n");
    done(&["run", &spec, "--out", &out]);
    let found = done(&["anatomy", &spec, "--out", &out]);
    for wanted in [
        "Share of each layer's weights that is kept",
        "that an output depends on",
        "Mean size",
        "Spearman",
        "multiply-adds",
        "bytes of the ticket",
        "| dense_0.weight |",
        "25.0 % |",
    ] {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
    let csv = done(&["anatomy", &spec, "--out", &out, "--csv"]);
    // two strategies, three seeds, three levels, two layers and all together; and the head
    assert_eq!(csv.lines().count(), 2 * 3 * 3 * 3 + 1);
    let whole: Vec<&str> = csv.lines().filter(|line| line.contains(",2,0.25,all,")).collect();
    assert_eq!(whole.len(), 6);
    assert!(
        whole.iter().all(|line| line.contains(",all,16,4,")),
        "a quarter of 3 x 4 + 4 weights: {whole:?}"
    );
    let measured = done(&["anatomy", &spec, "--out", &out, "--csv", "--seconds"]);
    let seconds = |line: &str| line.rsplit(',').next().and_then(|number| number.parse::<f64>().ok());
    let whole = measured.lines().filter(|line| line.contains(",all,"));
    assert!(whole.clone().count() == 2 * 3 * 3 && whole.into_iter().all(|line| seconds(line) > Some(0.0)));
    fs::write(&rows, &measured).expect("rows");
    let table = done(&["anatomy", &spec, "--rows", &rows]);
    assert!(table.contains("Milliseconds of a generation") && !found.contains("Milliseconds"), "{table}");
    fs::write(&rows, &csv).expect("rows");
    assert_eq!(done(&["anatomy", &spec, "--rows", &rows]), found);
    fs::write(&rows, csv.replacen(",16,4,", ",16,17,", 1)).expect("rows");
    refused(&["anatomy", &spec, "--rows", &rows], &["rows.csv, line ", "17 of 16 weights"]);
}
