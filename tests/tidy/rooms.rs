//! Which room of the program may use which. A room is a module of `crates/tombola/src`; the compiler would let each use
//! every other.

use crate::code::{code_only, without_tests};
use crate::{assert_none, project_files, read};

/// Which rooms each room may name, from the bottom up. A new edge is a design decision: it is made here and seen in
/// review. `main` is no row: it calls the library.
const MAY_USE: &[(&str, &[&str])] = &[
    ("base64", &[]),
    ("suggest", &[]),
    ("store", &[]),
    ("download", &[]),
    ("memory", &["store"]),
    ("timing", &[]),
    ("roofs", &["timing"]),
    ("workloads", &[]),
    ("npz", &[]),
    ("traces", &["npz"]),
    ("episodes", &["npz"]),
    ("convergence", &[]),
    ("watch", &["base64"]),
    ("progress", &[]),
    ("run", &["suggest", "store"]),
    ("spec", &["suggest", "run"]),
    ("grid", &["suggest", "run", "spec"]),
    ("papers", &["spec", "grid"]),
    ("cost", &["run", "spec", "grid"]),
    ("quirks", &["run", "spec", "grid"]),
    ("rows", &[]),
    ("events", &["rows"]),
    ("stats", &[]),
    ("tables", &["rows", "stats"]),
    ("claims", &["tables", "stats"]),
    ("figures", &["base64", "rows", "tables", "stats"]),
    ("anatomy", &["figures", "rows", "stats"]),
    ("artifacts", &["rows", "tables", "figures", "claims"]),
    ("report", &["rows", "tables", "figures", "stats", "claims"]),
    ("results", &["store"]),
    // runs units of work, and knows nothing of strategies or tasks
    ("workers", &["store", "progress", "results"]),
    ("cells", &["run", "grid", "rows", "workers", "results", "store", "progress"]),
    (
        "commands",
        &[
            "anatomy",
            "events",
            "suggest",
            "store",
            "download",
            "memory",
            "timing",
            "roofs",
            "workloads",
            "npz",
            "traces",
            "episodes",
            "convergence",
            "watch",
            "progress",
            "run",
            "spec",
            "grid",
            "papers",
            "cost",
            "quirks",
            "rows",
            "stats",
            "tables",
            "claims",
            "figures",
            "artifacts",
            "report",
            "results",
            "workers",
            "cells",
        ],
    ),
];

/// The folder of the rooms.
const HOUSE: &str = "crates/tombola/src/";

/// The room that a file belongs to: `x` for `x.rs` and for all below `x/`. None for the roots.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(HOUSE)?.strip_suffix(".rs")?;
    let room = inside.split('/').next().unwrap_or(inside);
    (room != "lib" && room != "main").then_some(room)
}

/// The rooms that `code` names, each with its line.
fn rooms_named(code: &str) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (start, path) in code.match_indices("crate::") {
        let line = code[..start].matches('\n').count() + 1;
        let rest = &code[start + path.len()..];
        let names = if rest.starts_with('{') { group_names(rest) } else { vec![first_name(rest)] };
        named.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (line, name)));
    }
    named
}

/// The first names of a group that begins `rest`: `grid` and `store` of `{grid, store::{Store, Row}}`.
fn group_names(rest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && (c == '{' || c == ',') {
            names.push(first_name(&rest[at + 1..]));
        }
    }
    names
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// What one file names that its room may not use.
fn room_complaints(path: &str, text: &str, table: &[(&str, &[&str])]) -> Vec<String> {
    let Some(room) = room_of(path) else { return Vec::new() };
    let Some((_, allowed)) = table.iter().find(|(row, _)| *row == room) else {
        return vec![format!("{path}: the room `{room}` is not in the table of tests/tidy/rooms.rs")];
    };
    let code = code_only(text);
    let named = rooms_named(without_tests(&code)).into_iter();
    let wrong = named.filter(|(_, used)| used != room && !allowed.contains(&used.as_str()));
    wrong.map(|(line, used)| format!("{path}:{line}: `{room}` may not use `{used}`")).collect()
}

#[test]
fn rooms_only_use_the_rooms_below_them() {
    assert_none(
        project_files().iter().flat_map(|path| room_complaints(path, &read_room(path), MAY_USE)).collect(),
    );
}

fn read_room(path: &str) -> String {
    if room_of(path).is_some() { read(path) } else { String::new() }
}

#[test]
fn every_row_of_the_table_is_a_room_and_names_rooms_above_it_only() {
    let files = project_files();
    for (index, (room, uses)) in MAY_USE.iter().enumerate() {
        assert!(files.iter().any(|path| room_of(path) == Some(room)), "there is no room `{room}`");
        for used in *uses {
            assert!(
                MAY_USE[..index].iter().any(|(row, _)| row == used),
                "`{room}` names `{used}` before its row"
            );
        }
    }
}

#[test]
fn a_wrong_use_is_found() {
    let table: &[(&str, &[&str])] = &[("grid", &[]), ("store", &["grid"]), ("cell", &["grid"])];
    let complaints = |file: &str, text: &str| room_complaints(&format!("{HOUSE}{file}"), text, table).len();
    assert_eq!(complaints("store.rs", "use crate::grid::Cell;\nuse crate::store::x; // crate::cell"), 0);
    assert_eq!(complaints("grid.rs", "fn f() { crate::store::save() }"), 1);
    assert_eq!(
        complaints("cell/level.rs", "use crate::{\n    grid,\n    store::{Store, Row},\n    tables,\n};"),
        2
    );
    assert_eq!(complaints("attic.rs", ""), 1, "not in the table");
    assert_eq!(complaints("main.rs", "use crate::store;"), 0);
    assert_eq!(complaints("grid.rs", "#[cfg(test)]\nmod tests {\n    use crate::store;\n}"), 0);
}
