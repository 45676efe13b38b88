//! Where the published code departs from its paper, one departure at a time: the same cell with and without it.
//!
//! ```text
//! cell ──► concerned? ──► with the departure:    as-published ─┐
//!                    └──► without it:            corrected    ─┴─► the difference, seed by seed
//! ```
//!
//! Everything else of the cell stays as it is, so that a difference is the departure's own. What a flag does is told where it
//! is defined: [`lottery::Pruning`], [`strategies::Quirks`], [`lottery::Plan`].
//!
//! # Invariants
//!
//! - **A departure is data:** a row of [`DEPARTURES`].
//! - **A pair differs in one setting,** and a cell that a departure does not concern makes no pair.
//! - **Absent:** searches and files.

use std::collections::BTreeSet;

use lottery::criterion::{Score, Shape};
use lottery::{Criterion, Selection};
use strategies::Method;

use crate::grid::Cell;
use crate::run::settings::Evaluation;

/// One departure.
#[derive(Clone, Copy, Debug)]
pub struct Departure {
    /// Short and fixed.
    pub name: &'static str,
    /// What the published code does, and what is done otherwise.
    pub says: &'static str,
    /// Whether a cell can show it.
    concerns: fn(&Cell) -> bool,
    /// Makes a cell as published (true), or corrected.
    set: fn(&mut Cell, bool),
}

/// The departures that change numbers of the paper's grid: first those of pruning, then those of its strategies.
pub const DEPARTURES: [Departure; 11] = [
    Departure {
        name: "variance",
        says: "signal to noise of Sep-CMA-ES divides by variances, not by deviations",
        concerns: |cell| is(cell, "sep-cma-es") && cell.pruning.criterion.score() == Score::SignalToNoise,
        set: |cell, published| cell.pruning.quirks.variance = published,
    },
    Departure {
        name: "percentile",
        says: "weights at or above an interpolated percentile stay, not an exact number of the best",
        concerns: |cell| cell.pruning.criterion.score() != Score::Chance,
        set: |cell, published| {
            cell.pruning.selection = if published { Selection::Percentile } else { Selection::Count };
        },
    },
    Departure {
        name: "random",
        says: "random masks are of the whole network, not with as many weights in each layer as a ticket has",
        concerns: |cell| cell.pruning.criterion == Criterion::Random,
        set: |cell, published| {
            cell.pruning.criterion = if published { Criterion::Random } else { Criterion::LayerRandom };
        },
    },
    Departure {
        name: "rows",
        says: "masks are permuted in whole rows along the first axis of a tensor, not weight by weight",
        concerns: |cell| cell.pruning.criterion.shape() == Shape::Shuffled,
        set: |cell, published| cell.pruning.quirks.rows = published,
    },
    Departure {
        name: "alias",
        says: "biases that start at zero are not searched, and are read from the weights after them",
        // the biases of control networks start above zero
        concerns: |cell| matches!(cell.run.evaluation, Evaluation::Images { .. }),
        set: |cell, published| cell.run.plan.alias = published,
    },
    Departure {
        name: "adam",
        says: "Adam's first moment keeps 0.99 of itself, not 0.9",
        concerns: |cell| cell.run.plan.search.method.has_adam(),
        set: |cell, published| {
            let method = &mut cell.run.plan.search.method;
            if published { method.use_published_adam() } else { method.use_adam() }
        },
    },
    Departure {
        name: "pgpe-deviation",
        says: "PGPE moves its deviations against the estimated descent",
        concerns: |cell| is(cell, "pgpe"),
        set: |cell, published| cell.run.plan.search.quirks.pgpe_deviation_upward = published,
    },
    Departure {
        name: "pgpe-pairs",
        says: "PGPE multiplies fitness in order of rank with steps in order of sampling where it learns deviations",
        concerns: |cell| is(cell, "pgpe"),
        set: |cell, published| cell.run.plan.search.quirks.pgpe_pairs_mixed = published,
    },
    Departure {
        name: "snes-baseline",
        says: "SNES with a temperature does not subtract the mean weight",
        concerns: |cell| matches!(&cell.run.plan.search.method, Method::Snes(settings) if settings.temperature > 0.0),
        set: |cell, published| cell.run.plan.search.quirks.snes_no_baseline = published,
    },
    Departure {
        name: "sep-cma-constants",
        says: "Sep-CMA-ES has the rank-one rate of full CMA-ES and no bound on the sum of its rates",
        concerns: |cell| is(cell, "sep-cma-es"),
        set: |cell, published| cell.run.plan.search.quirks.sep_cma_constants = published,
    },
    Departure {
        name: "des-floor",
        says: "DES adds 1e-6 under the root of its new deviations",
        concerns: |cell| is(cell, "des"),
        set: |cell, published| cell.run.plan.search.quirks.des_floor = published,
    },
];

fn is(cell: &Cell, strategy: &str) -> bool {
    cell.strategy() == strategy
}

/// A cell with a departure and without it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Which.
    pub departure: &'static Departure,
    /// What was asked for: the criterion that the pair is shown under.
    pub criterion: Criterion,
    /// With it.
    pub published: Cell,
    /// Without it.
    pub corrected: Cell,
}

impl Departure {
    /// The departure of a name.
    pub fn named(name: &str) -> Option<&'static Departure> {
        DEPARTURES.iter().find(|departure| departure.name == name)
    }

    /// A cell with and without the departure; none where it does not concern the cell.
    fn pair(&'static self, cell: &Cell) -> Option<Pair> {
        let with = |published: bool| {
            let mut cell = cell.clone();
            (self.set)(&mut cell, published);
            cell
        };
        (self.concerns)(cell).then(|| Pair {
            departure: self,
            criterion: cell.pruning.criterion,
            published: with(true),
            corrected: with(false),
        })
    }
}

/// The pairs of some cells, departure by departure, each once.
pub fn pairs(cells: &[Cell], departures: &[&'static Departure]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for departure in departures {
        let mut seen = BTreeSet::new();
        for pair in cells.iter().filter_map(|cell| departure.pair(cell)) {
            if seen.insert(pair.published.id()) {
                pairs.push(pair);
            }
        }
    }
    pairs
}

/// What cells do about the departures that concern them, a row each, the first row the head; empty where none does.
pub fn table(cells: &[Cell]) -> Vec<Vec<String>> {
    let head = ["departure", "the published code", "these cells"].map(str::to_owned).to_vec();
    let row = |departure: &'static Departure| {
        let published: Vec<bool> =
            cells.iter().filter_map(|cell| Some(departure.pair(cell)?.published == *cell)).collect();
        let count = published.iter().filter(|published| **published).count();
        let does = match (count, published.len() - count) {
            (0, 0) => return None,
            (_, 0) => "as published".to_owned(),
            (0, _) => "corrected".to_owned(),
            (count, rest) => format!("{count} as published, {rest} corrected"),
        };
        Some(vec![departure.name.to_owned(), departure.says.to_owned(), does])
    };
    let rows: Vec<Vec<String>> = DEPARTURES.iter().filter_map(row).collect();
    if rows.is_empty() { rows } else { std::iter::once(head).chain(rows).collect() }
}

/// All cells of some pairs, each once: seed by seed, so that what is not done yet has something of everything.
pub fn cells(pairs: &[Pair]) -> Vec<Cell> {
    let mut seen = BTreeSet::new();
    let both = pairs.iter().flat_map(|pair| [&pair.corrected, &pair.published]);
    let mut cells: Vec<Cell> = both.filter(|cell| seen.insert(cell.id())).cloned().collect();
    cells.sort_by_key(|cell| cell.run.seed);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;
    use crate::spec::Spec;

    fn of(text: &str) -> Vec<Cell> {
        grid::cells(&Spec::parse("x", text, &[]).expect("a spec")).expect("cells")
    }

    fn all() -> Vec<&'static Departure> {
        DEPARTURES.iter().collect()
    }

    #[test]
    fn a_pair_differs_in_its_departure_alone_whatever_the_cell_has() {
        let base = "task=['glyphs','Pendulum-v1']\nstrategy=['snes','sep-cma-es','pgpe','des']\nseeds=2\n\
            criterion=['snr','magnitude','random','permuted-mask-and-weights']\n";
        for variant in ["corrected", "as-published"] {
            let cells = of(&format!("{base}variant='{variant}'\n"));
            let pairs = pairs(&cells, &all());
            let mut found = BTreeSet::new();
            for Pair { departure, published, corrected, .. } in &pairs {
                found.insert(departure.name);
                assert_ne!(published.id(), corrected.id(), "{}", departure.name);
                let mut back = published.clone();
                (departure.set)(&mut back, false);
                assert_eq!(&back, corrected, "{}", departure.name);
                (departure.set)(&mut back, true);
                assert_eq!(&back, published, "{}", departure.name);
                let is_one = cells.contains(published) || cells.contains(corrected);
                assert!(is_one, "{} of {variant} changed more than itself", departure.name);
            }
            assert_eq!(found, DEPARTURES.iter().map(|departure| departure.name).collect(), "{variant}");
        }
    }

    #[test]
    fn only_cells_that_can_show_a_departure_make_pairs() {
        let counts = |text: &str| {
            let cells = of(text);
            let count = |departure: &'static Departure| {
                let made = pairs(&cells, &[departure]).len();
                (made > 0).then_some((departure.name, made))
            };
            DEPARTURES.iter().filter_map(count).collect::<Vec<_>>()
        };
        let images =
            "task='glyphs'\nstrategy='sep-cma-es'\nseeds=3\ncriterion=['snr','magnitude','random']\n";
        let expected =
            [("variance", 3), ("percentile", 6), ("random", 3), ("alias", 9), ("sep-cma-constants", 9)];
        assert_eq!(counts(images), expected);
        let control = "task='Pendulum-v1'\nstrategy='snes'\ncriterion='magnitude'\n";
        assert_eq!(counts(control), [("percentile", 1), ("snes-baseline", 1)]);
    }

    #[test]
    fn cells_stand_once_and_seed_by_seed() {
        let cells = cells(&pairs(&of("task='glyphs'\nstrategy='pgpe'\nseeds=2\n"), &all()));
        // corrected, percentile, alias, adam, two of PGPE
        assert_eq!(cells.len(), 2 * 6);
        assert!(cells.is_sorted_by_key(|cell| cell.run.seed));
    }

    #[test]
    fn what_cells_do_is_said_of_each_departure_that_concerns_them() {
        let does = |text: &str| -> Vec<(String, String)> {
            table(&of(text)).into_iter().map(|row| (row[0].clone(), row[2].clone())).collect()
        };
        let spec =
            "task='glyphs'\nstrategy='sep-cma-es'\nseeds=2\ncriterion=['snr','random','layer-random']\n";
        let expected = |rows: [(&str, &str); 5]| {
            let head = [("departure", "these cells")];
            head.into_iter()
                .chain(rows)
                .map(|(one, other)| (one.to_owned(), other.to_owned()))
                .collect::<Vec<_>>()
        };
        let corrected = [("variance", "corrected"), ("percentile", "corrected")];
        let rest = [("alias", "corrected"), ("sep-cma-constants", "corrected")];
        let random = ("random", "as published");
        assert_eq!(does(spec), expected([corrected[0], corrected[1], random, rest[0], rest[1]]));
        let both = does(&format!("{spec}variant=['corrected','as-published']\n"));
        assert!(
            both.contains(&("variance".to_owned(), "2 as published, 2 corrected".to_owned())),
            "{both:?}"
        );
        assert!(table(&[]).is_empty());
    }

    #[test]
    fn departures_are_found_by_name() {
        assert!(DEPARTURES.iter().all(|one| Departure::named(one.name).is_some()));
        assert!(Departure::named("variances").is_none());
    }
}
