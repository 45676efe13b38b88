//! Committed runs at the paper's settings: that curves are whole, that tables say what they end with, and that tickets score it.

#![expect(clippy::disallowed_methods, reason = "reads committed files")]

use std::fs;
use std::path::{Path, PathBuf};

mod common;

use common::done;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/tombola/records/paper")
}

/// Rows of the table: file, task, strategy, variant, scores after half and all generations, the paper's.
fn told() -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder().join("README.md")).expect("the table");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('|').map(|cell| cell.trim().trim_end_matches('`').to_owned()).collect())
        .collect()
}

/// Generation and score of each test.
fn curve(file: &str, task: &str, strategy: &str) -> Vec<(usize, String)> {
    let text = fs::read_to_string(folder().join(format!("{file}.csv"))).expect("a curve");
    assert!(text.ends_with('\n'), "{file} is cut off");
    let rows = text.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    rows.map(|row| {
        assert_eq!(row[..5], [task, strategy, "dense", "0", "0"], "{file}");
        (row[5].parse().expect("a generation"), row[11].to_owned())
    })
    .collect()
}

#[test]
fn committed_curves_are_whole_and_tables_say_what_they_end_with() {
    let rows = told();
    assert!(!rows.is_empty());
    for row in rows {
        let curve = curve(&row[0], &row[1], &row[2]);
        assert!(curve.iter().map(|&(generation, _)| generation).eq((0..=4000).step_by(100)), "{}", row[0]);
        assert_eq!([&curve[20].1, &curve[40].1], [&row[4], &row[5]], "{}", row[0]);
    }
}

#[test]
fn committed_scores_come_near_the_papers() {
    for row in told() {
        let [score, paper] = [&row[5], &row[6]].map(|cell| cell.parse::<f64>().expect("a score"));
        assert!((score - paper).abs() < 0.01, "{}: {score}, the paper {paper}", row[0]);
    }
}

#[test]
fn committed_tickets_are_those_of_their_curves() {
    for row in told() {
        let bytes = fs::read(folder().join(format!("{}.safetensors", row[0]))).expect("a ticket");
        let ticket = networks::Ticket::decode(&bytes).expect("a ticket");
        let provenance = |key: &str| ticket.contents().provenance.get(key).map_or("", String::as_str);
        assert_eq!(provenance("test_accuracy"), row[5], "{}", row[0]);
        let cell = provenance("cell");
        let is_published = cell.contains("quirks");
        assert!(cell.contains(&format!("task={} strategy={} seed=0", row[1], row[2])), "{cell}");
        assert_eq!(if is_published { "as-published" } else { "corrected" }, row[3], "{cell}");
    }
}

/// Where `TOMBOLA_DATA` leads to the published files.
#[test]
fn committed_tickets_score_what_their_curves_end_with() {
    let Some(data) = std::env::var_os("TOMBOLA_DATA") else { return };
    for row in told() {
        if !Path::new(&data).join(&row[1]).is_dir() {
            continue;
        }
        let ticket = folder().join(format!("{}.safetensors", row[0]));
        let text = done(&["evaluate", "--ticket", &ticket.display().to_string(), "--json"]);
        let found: serde_json::Value = serde_json::from_str(&text).expect("an object");
        let scored = [found["measure"].to_string(), found["score"].to_string()];
        assert_eq!(scored, ["\"test_accuracy\"", &row[5]], "{}: {text}", row[0]);
    }
}
