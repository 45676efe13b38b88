//! The grids of the papers, as specs inside the program: to be run as they are, or printed, changed and run.
//!
//! | paper | what it asks |
//! |---|---|
//! | `lottery` | Lange and Sprekeler, "Lottery tickets in evolutionary optimization", ICML 2023: which weights does an evolution strategy need? |
//! | `twelve` | the same, of its figures 1 and 2 alone: twelve tasks, each with one strategy |
//! | `transfer` | the same, of its figure 4: do tickets serve other tasks and strategies? |
//!
//! Each comes at three scales: `smoke` runs everything once, on networks so small that it takes minutes; `small` shows
//! the effect on reduced networks in hours; `paper` has the exact numbers. A spec says at each number where it is from.
//!
//! # Invariants
//!
//! - **A grid of a paper is a spec like any other:** what `tombola papers show` prints, and is then read from a file, makes
//!   the same cells.
//! - **Absent:** code of a paper. What a paper needs and a spec cannot say is a setting that is missing.

use crate::spec::{Spec, SpecError};

/// How much of a paper is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Everything once, in minutes.
    Smoke,
    /// The effect, in hours.
    Small,
    /// As published.
    Paper,
}

/// One paper.
#[derive(Clone, Copy, Debug)]
pub struct Paper {
    /// The name in commands.
    pub name: &'static str,
    /// Authors, title, where and when it appeared.
    pub title: &'static str,
    /// Its specs, by scale.
    specs: [&'static str; 3],
}

/// The spec of `tombola quickstart`: the effect, in a minute.
pub const QUICKSTART: &str = include_str!("papers/quickstart.toml");

/// The spec of `tombola quirks`: what the published code does otherwise, in minutes.
pub const QUIRKS: &str = include_str!("papers/quirks.toml");

/// All papers.
pub const PAPERS: [Paper; 3] = [
    Paper {
        name: "lottery",
        title: "Lange and Sprekeler, \"Lottery tickets in evolutionary optimization\", ICML 2023",
        specs: [
            include_str!("papers/lottery/smoke.toml"),
            include_str!("papers/lottery/small.toml"),
            include_str!("papers/lottery/paper.toml"),
        ],
    },
    Paper {
        name: "twelve",
        title: "the same, its figures 1 and 2: twelve tasks, each with one strategy",
        specs: [
            include_str!("papers/twelve/smoke.toml"),
            include_str!("papers/twelve/small.toml"),
            include_str!("papers/twelve/paper.toml"),
        ],
    },
    Paper {
        name: "transfer",
        title: "the same, its figure 4: tickets that change tasks and strategies",
        specs: [
            include_str!("papers/transfer/smoke.toml"),
            include_str!("papers/transfer/small.toml"),
            include_str!("papers/transfer/paper.toml"),
        ],
    },
];

impl Scale {
    /// All of them, the smallest first.
    pub const ALL: [Scale; 3] = [Scale::Smoke, Scale::Small, Scale::Paper];

    /// The name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Smoke => "smoke",
            Scale::Small => "small",
            Scale::Paper => "paper",
        }
    }

    /// The scale of a name.
    pub fn named(name: &str) -> Option<Scale> {
        Scale::ALL.into_iter().find(|scale| scale.name() == name)
    }
}

impl Paper {
    /// The paper of a name.
    pub fn named(name: &str) -> Option<&'static Paper> {
        PAPERS.iter().find(|paper| paper.name == name)
    }

    /// Its spec at a scale, as text.
    pub fn text(&self, scale: Scale) -> &'static str {
        self.specs[scale as usize]
    }

    /// What messages call that text.
    pub fn file(&self, scale: Scale) -> String {
        format!("{}-{}.toml", self.name, scale.name())
    }

    /// Its spec at a scale, with changes: `key=value`.
    pub fn spec(&self, scale: Scale, changes: &[String]) -> Result<Spec, SpecError> {
        Spec::parse(&self.file(scale), self.text(scale), changes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lottery::Criterion;
    use networks::Preset;
    use strategies::Method;

    use super::*;
    use crate::grid::{Cell, cells, shape};

    fn lottery(scale: Scale) -> Vec<Cell> {
        of_paper("lottery", scale)
    }

    fn of_paper(name: &str, scale: Scale) -> Vec<Cell> {
        let paper = Paper::named(name).unwrap();
        cells(&paper.spec(scale, &[]).unwrap()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn count<T: Ord>(cells: &[Cell], of: impl Fn(&Cell) -> T) -> usize {
        cells.iter().map(of).collect::<BTreeSet<_>>().len()
    }

    /// Those of the main paper and its code's configurations.
    const STRATEGIES: [&str; 7] = ["ars", "cma-es", "des", "open-es", "pgpe", "sep-cma-es", "snes"];

    #[test]
    fn the_smoke_grid_has_every_strategy_of_the_paper_and_every_criterion_on_small_networks() {
        let cells = lottery(Scale::Smoke);
        let strategies: BTreeSet<&str> = cells.iter().map(Cell::strategy).collect();
        assert_eq!(strategies.into_iter().collect::<Vec<_>>(), STRATEGIES);
        assert!(STRATEGIES.iter().all(|name| Method::NAMES.contains(name)));
        // tickets that change tasks or strategies are a grid of their own
        assert_eq!(cells.len(), 2 * STRATEGIES.len() * (Criterion::ALL.len() - 1));
        assert_eq!(count(&cells, Cell::dense_id), 2 * STRATEGIES.len());
        let in_worlds = cells.iter().filter(|cell| cell.run.batch().is_none()).count();
        assert_eq!(in_worlds, cells.len() / 2, "one task of images, one of control");
        for cell in &cells {
            let task = shape(&cell.run.task).unwrap();
            let preset = Preset::named(&cell.run.network, task.input, task.outputs).unwrap();
            assert!(preset.architecture.parameters() <= 300);
            assert_eq!(cell.pruning.levels, 3);
        }
    }

    #[test]
    fn the_small_grid_is_81_chains() {
        let cells = lottery(Scale::Small);
        assert_eq!((cells.len(), count(&cells, Cell::dense_id)), (81, 27));
        assert!(cells.iter().all(|cell| cell.pruning.levels == 20 && cell.pruning.keep == 0.8));
    }

    #[test]
    fn the_paper_grid_has_every_task_strategy_and_criterion_as_published() {
        let cells = lottery(Scale::Paper);
        assert_eq!(cells.len(), 21 * 6 * 8 * 5);
        // nothing but seed and criterion is said in any name: all else is as published
        let is_published = |text: &str| !text.contains("run.") && !text.contains("pruning.");
        assert!(cells.iter().all(|cell| is_published(&cell.canonical())));
        // the paper's own pairs come first
        let first = |cell: usize| (cells[cell].run.task.as_str(), cells[cell].strategy());
        assert_eq!(
            [0, 2, 3].map(first),
            [("ant", "sep-cma-es"), ("ant", "sep-cma-es"), ("Pendulum-v1", "sep-cma-es")]
        );
        assert_eq!([60, 120].map(first), [("fetch", "snes"), ("reacher", "pgpe")]);
    }

    #[test]
    fn the_twelve_tasks_have_one_strategy_each_and_share_their_cells_with_the_whole_paper() {
        for scale in Scale::ALL {
            let cells = of_paper("twelve", scale);
            assert_eq!(count(&cells, |cell| cell.run.task.clone()), 12);
            assert_eq!(count(&cells, |cell| (cell.run.task.clone(), cell.strategy())), 12);
            assert_eq!(cells.len() % (12 * 3), 0, "three criteria, some seeds");
        }
        let whole: BTreeSet<String> =
            Scale::ALL.iter().flat_map(|scale| lottery(*scale)).map(|cell| cell.canonical()).collect();
        let is_shared = |cell: &&Cell| whole.contains(&cell.canonical());
        let small = of_paper("twelve", Scale::Small);
        // bodies are reduced there, and `lottery` has none at that scale
        assert_eq!((small.len(), small.iter().filter(is_shared).count()), (108, 27));
        assert!(of_paper("twelve", Scale::Paper).iter().all(|cell| is_shared(&cell)));
    }

    #[test]
    fn tickets_change_tasks_or_strategies_and_their_donors_are_cells_like_any() {
        let donors = |scale| {
            let cells = of_paper("transfer", scale);
            let transferred = cells.iter().filter(|cell| cell.pruning.criterion == Criterion::Transferred);
            let donors: Vec<Cell> = transferred.map(|cell| *cell.donor.clone().unwrap()).collect();
            assert_eq!(cells.len(), 3 * donors.len(), "each beside tickets of its own, and random networks");
            donors
        };
        let pairs = |donors: &[Cell]| {
            let pairs: BTreeSet<String> =
                donors.iter().map(|donor| format!("{} {}", donor.run.task, donor.strategy())).collect();
            pairs.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(pairs(&donors(Scale::Smoke)), ["glyphs snes", "glyphs-letters snes"]);
        let of_figure_4 = ["ant sep-cma-es", "fashion-mnist snes"];
        assert_eq!(pairs(&donors(Scale::Small)), of_figure_4);
        assert_eq!(pairs(&donors(Scale::Paper)), of_figure_4);
        // what was done for the other figures serves here
        for scale in [Scale::Small, Scale::Paper] {
            let twelve: BTreeSet<String> =
                of_paper("twelve", scale).iter().map(|cell| cell.canonical()).collect();
            assert!(donors(scale).iter().all(|donor| twelve.contains(&donor.canonical())), "{scale:?}");
        }
    }

    #[test]
    fn every_paper_is_in_the_table_of_the_module() {
        for paper in PAPERS {
            assert!(include_str!("papers.rs").contains(&format!("//! | `{}` |", paper.name)));
        }
    }
}
