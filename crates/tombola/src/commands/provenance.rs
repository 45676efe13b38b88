//! Where rows are from: which cells of each task and strategy are done, of which seeds; and on which machines, by which
//! program and in how much time, where their folder is there to say so.

use std::collections::{BTreeMap, BTreeSet};

use super::shown::Rows;
use crate::cells::Kind;
use crate::grid::Cell;
use crate::results::{Record, Results};

/// What is known of the cells of one task and strategy.
#[derive(Default)]
struct Origin {
    cells: usize,
    seeds: BTreeSet<u64>,
    units: BTreeSet<String>,
}

/// What is known of the runs of some units.
#[derive(Default)]
struct Runs {
    thread_seconds: f64,
    hosts: BTreeSet<String>,
    programs: BTreeSet<String>,
}

impl Runs {
    fn add(&mut self, record: &Record) {
        self.thread_seconds += record.thread_seconds();
        for owner in record.turns.iter().filter_map(|turn| turn.owner.as_ref()) {
            self.hosts.insert(owner.host.clone());
            self.programs.insert(owner.program.clone());
        }
    }
}

/// A row a task and strategy, the first row the head. A dense level that cells share is counted once.
pub(super) fn table(cells: &[Cell], rows: &Rows, results: Option<&Results>) -> Vec<Vec<String>> {
    let mut origins: BTreeMap<(String, &str), Origin> = BTreeMap::new();
    let done: BTreeSet<usize> = rows.iter().map(|(index, _)| *index).collect();
    for cell in done.into_iter().map(|index| &cells[index]) {
        let origin = origins.entry((cell.run.task.to_string(), cell.strategy())).or_default();
        origin.cells += 1;
        origin.seeds.insert(cell.run.seed);
        origin.units.extend([Kind::Dense, Kind::Cell].map(|kind| kind.id(cell).to_string()));
    }
    let mut heads = vec!["task", "strategy", "cells done", "seeds"];
    if results.is_some() {
        heads.extend(["core hours", "machines", "program"]);
    }
    let mut table = vec![heads.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for ((task, strategy), origin) in origins {
        let mut row = vec![task, strategy.to_owned(), origin.cells.to_string(), listed(&origin.seeds)];
        if let Some(results) = results {
            let mut runs = Runs::default();
            origin.units.iter().for_each(|unit| runs.add(&results.record(unit)));
            row.push(format!("{:.2}", runs.thread_seconds / 3600.0));
            row.extend([listed(&runs.hosts), listed(&runs.programs)]);
        }
        table.push(row);
    }
    table
}

/// Names beside each other; the first few, where they are many.
fn listed<T: ToString>(all: &BTreeSet<T>) -> String {
    const MOST: usize = 8;
    let mut names: Vec<String> = all.iter().take(MOST).map(T::to_string).collect();
    if all.len() > MOST {
        names.push(format!("{} more", all.len() - MOST));
    }
    if names.is_empty() { "unknown".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;
    use crate::spec::Spec;
    use crate::tables::sample::row;

    #[test]
    fn cells_are_counted_once_and_those_that_are_not_done_not_at_all() {
        let text = "task='glyphs'\nstrategy=['snes','pgpe']\ncriterion=['snr','random']\nseeds=12\nlevels=2";
        let cells = grid::cells(&Spec::parse("x", text, &[]).expect("a spec")).expect("cells");
        let is_done = |cell: &Cell| cell.strategy() == "snes" && cell.run.seed < 10;
        let done = cells.iter().enumerate().filter(|(_, cell)| is_done(cell));
        let rows: Rows = done
            .flat_map(|(index, _)| [0, 1].map(|level| (index, row("snr", 0, level, Some(0.5)))))
            .collect();
        let found = table(&cells, &rows, None);
        assert_eq!(found[1..], [["glyphs", "snes", "20", "0, 1, 2, 3, 4, 5, 6, 7, 2 more"]]);
    }
}
