//! Settings of cells beside those that the main paper has for the same tasks.

use std::collections::BTreeSet;

use super::CommandError;
use crate::grid::{self, Cell};
use crate::papers::{Paper, Scale};
use crate::run::settings::Evaluation;

/// A setting, and what a cell has for it; none where it has no such thing.
type Setting = (&'static str, fn(&Cell) -> Option<String>);

/// What decides how far networks come, in the order of the table.
const SETTINGS: [Setting; 11] = [
    ("strategy", |cell| Some(cell.strategy().to_owned())),
    ("network", |cell| Some(cell.run.network.clone())),
    ("members a generation", |cell| Some(cell.run.plan.search.population.to_string())),
    ("generations a level", |cell| Some(cell.run.plan.generations.to_string())),
    ("images a batch", |cell| match cell.run.evaluation {
        Evaluation::Images { batch } => Some(batch.to_string()),
        Evaluation::Control { .. } => None,
    }),
    ("episodes of a member", |cell| of_control(cell).map(|(repeats, ..)| repeats.to_string())),
    ("steps of an episode", |cell| of_control(cell).map(|(_, steps, _)| steps.to_string())),
    ("episodes of a test", |cell| of_control(cell).map(|(.., tests)| tests.to_string())),
    ("kept of each level", |cell| Some(cell.pruning.keep.to_string())),
    ("levels", |cell| Some(cell.pruning.levels.to_string())),
    ("seeds", |cell| Some(cell.run.seed.to_string())),
];

fn of_control(cell: &Cell) -> Option<(usize, usize, usize)> {
    match cell.run.evaluation {
        Evaluation::Control { repeats, steps, tests, .. } => Some((repeats, steps, tests)),
        Evaluation::Images { .. } => None,
    }
}

/// A row a setting in which cells differ from the paper's, the first row the head; empty where none of their tasks is the
/// paper's, or nothing differs.
pub(super) fn table(cells: &[Cell]) -> Result<Vec<Vec<String>>, CommandError> {
    let paper = Paper::named("twelve").expect("a paper of the program");
    let printed = grid::cells(&paper.spec(Scale::Paper, &[])?)?;
    let tasks = |cells: &[Cell]| cells.iter().map(|cell| cell.run.task.clone()).collect::<BTreeSet<String>>();
    let shared: BTreeSet<String> = tasks(cells).intersection(&tasks(&printed)).cloned().collect();
    let of_shared = |cells: &[Cell]| {
        cells.iter().filter(|cell| shared.contains(&cell.run.task)).cloned().collect::<Vec<Cell>>()
    };
    let (ours, theirs) = (of_shared(cells), of_shared(&printed));
    let mut rows = Vec::new();
    for (name, of) in SETTINGS {
        let [here, there] = [&ours, &theirs].map(|cells| told(name, cells, of));
        if here != there {
            rows.push(vec![name.to_owned(), here, there]);
        }
    }
    if !rows.is_empty() {
        rows.insert(0, ["setting", "here", "the paper"].map(str::to_owned).to_vec());
    }
    Ok(rows)
}

/// What cells have for a setting: of seeds how many, of others each once, numbers by size.
fn told(name: &str, cells: &[Cell], of: fn(&Cell) -> Option<String>) -> String {
    let mut found: Vec<String> = cells.iter().filter_map(of).collect::<BTreeSet<_>>().into_iter().collect();
    if name == "seeds" {
        return found.len().to_string();
    }
    found.sort_by_key(|text| text.parse::<usize>().unwrap_or(usize::MAX));
    if found.is_empty() { "-".to_owned() } else { found.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn of(text: &str) -> Vec<Vec<String>> {
        table(&grid::cells(&Spec::parse("x", text, &[]).expect("a spec")).expect("cells")).expect("a table")
    }

    #[test]
    fn settings_stand_beside_the_papers_where_they_differ() {
        let found = of(
            "task='mnist'\nstrategy='snes'\nseeds=3\ngenerations=500\npopulation=64\nlevels=20\nbatch=1024",
        );
        let expected = [
            ["setting", "here", "the paper"],
            ["strategy", "snes", "sep-cma-es"],
            ["members a generation", "64", "128"],
            ["generations a level", "500", "4000"],
            ["seeds", "3", "5"],
        ];
        assert_eq!(found, expected);
        assert!(of("task='glyphs'\nstrategy='snes'\nseeds=3").is_empty(), "not a task of the paper");
    }

    #[test]
    fn the_papers_own_grid_differs_in_nothing() {
        let paper = Paper::named("twelve").expect("a paper").spec(Scale::Paper, &[]).expect("a spec");
        assert!(table(&grid::cells(&paper).expect("cells")).expect("a table").is_empty());
    }
}
