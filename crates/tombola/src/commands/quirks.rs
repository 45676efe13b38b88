//! `tombola quirks`: what each departure of the published code does to the curve, on cells with it and without it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::CommandError;
use super::shown::{Reader, Rows, ShownArguments, rows_of_file, write_csv};
use super::sources::Tasks;
use super::specs::{SpecArguments, Study};
use super::units::OutArguments;
use super::working::{WorkingArguments, listening};
use crate::grid::CellId;
use crate::papers::QUIRKS;
use crate::quirks::{self, DEPARTURES, Departure, Pair};
use crate::report::{self, Said, Words};
use crate::rows::LevelRow;
use crate::store;
use crate::suggest::nearest;
use crate::tables::densities;
use crate::tables::effects::{self, Side, SideRow};

/// Run the same cells as published and corrected, one departure of the published code at a time, and tell what each does.
///
/// Every cell of the grid that a departure concerns is run with it and without it; all else stays as the grid says. Without
/// a grid a small one on digits is taken, that the program draws: minutes on two cores. End it when you like, the same command
/// goes on.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola quirks\n  tombola quirks --only variance --only percentile\n  \
    tombola quirks --paper lottery --scale small --out runs/quirks-small")]
pub struct QuirksArguments {
    #[command(flatten)]
    specs: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    #[command(flatten)]
    shown: ShownArguments,
    /// One departure alone; may be given many times [default: all that concern the grid]
    #[arg(long, value_name = "NAME", value_parser = departure)]
    only: Vec<&'static Departure>,
    /// Where to look for image files first
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    working: WorkingArguments,
}

fn departure(name: &str) -> Result<&'static Departure, String> {
    let names = DEPARTURES.map(|departure| departure.name);
    Departure::named(name).ok_or_else(|| {
        let like = nearest(name, names).map_or(String::new(), |like| format!("; did you mean `{like}`?"));
        format!("there is no departure `{name}`; there are {}{like}", names.join(", "))
    })
}

pub(super) fn run(arguments: &QuirksArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    arguments.shown.check()?;
    // who only reads is ended by a signal like any program
    let stop = arguments.shown.rows.is_none().then(listening).transpose()?;
    let study = arguments.specs.study_or(Some(("quirks.toml", QUIRKS)))?;
    let folder = arguments.out.folder(&study)?;
    let pairs = pairs(&study, &arguments.only)?;
    let cells = quirks::cells(&pairs);
    let command = arguments.specs.command_of("quirks", &folder);
    let (rows, ended) = match &arguments.shown.rows {
        Some(file) => (rows_of_file(file, &cells)?, Ok(())),
        None => {
            let tasks = Tasks::new(arguments.data.clone());
            arguments.working.work(&cells, &tasks, &folder, stop.unwrap_or_default())?;
            let mut reader = Reader::new(&folder);
            (reader.rows(&cells)?, reader.end(&command))
        }
    };
    if arguments.shown.csv {
        return write_csv(out, &cells, &rows).and(ended);
    }
    let places: BTreeMap<CellId, usize> =
        cells.iter().enumerate().map(|(place, cell)| (cell.id(), place)).collect();
    let sides = sides(&pairs, &places, &rows);
    let effects = effects::effects(sides.iter().copied());
    let legend = legend(&pairs);
    write!(out, "{}\n{}", densities::aligned(&legend), effects::text(&effects))?;
    out.flush()?;
    if let Some(page) = arguments.shown.page(&folder, "quirks.html") {
        let mut said = Said::default();
        said.push("quirks", "What the published code does, and what is done here otherwise", legend);
        effects::tables(&effects).into_iter().for_each(|(caption, rows)| said.push("quirks", &caption, rows));
        let text = report::page(&words(&study, command), &lines(&sides), &said);
        store::write_whole(&page, text.as_bytes()).map_err(|error| CommandError::Failed(error.into()))?;
        // a closed stderr leaves nobody to tell
        let _ = writeln!(std::io::stderr(), "{}", page.display());
    }
    ended
}

/// The pairs of a study; refuses where there are none.
fn pairs(study: &Study, only: &[&'static Departure]) -> Result<Vec<Pair>, CommandError> {
    let all: Vec<&Departure> = DEPARTURES.iter().collect();
    let pairs = quirks::pairs(&study.cells, if only.is_empty() { &all } else { only });
    if !pairs.is_empty() {
        return Ok(pairs);
    }
    let names: Vec<&str> = if only.is_empty() { &all } else { only }.iter().map(|one| one.name).collect();
    Err(CommandError::Request {
        message: format!("no cell of {} can show {}", study.name, names.join(", ")),
        hint: Some("`tombola help quirks` says which strategies and criteria each is about".to_owned()),
    })
}

/// The rows of all pairs, side by side.
fn sides<'a>(pairs: &'a [Pair], places: &BTreeMap<CellId, usize>, rows: &'a Rows) -> Vec<SideRow<'a>> {
    let mut by_place: BTreeMap<usize, Vec<&LevelRow>> = BTreeMap::new();
    for (place, row) in rows {
        by_place.entry(*place).or_default().push(row);
    }
    let order = |pair: &Pair| DEPARTURES.iter().position(|one| one.name == pair.departure.name).unwrap_or(0);
    let mut sides = Vec::new();
    for pair in pairs {
        for (side, cell) in [(Side::Corrected, &pair.corrected), (Side::Published, &pair.published)] {
            let rows = by_place.get(&places[&cell.id()]).into_iter().flatten();
            sides.extend(rows.map(|row| {
                let departure = (order(pair), pair.departure.name);
                SideRow { departure, criterion: pair.criterion.name(), side, row }
            }));
        }
    }
    sides
}

/// The curves of both sides, a figure for each departure and strategy.
fn lines(sides: &[SideRow<'_>]) -> Vec<densities::Line> {
    let named: Vec<(&str, LevelRow)> = sides
        .iter()
        .map(|SideRow { departure, criterion, side, row }| {
            let criterion = format!("{criterion}, {}", side.name());
            (departure.1, LevelRow { criterion, ..(*row).clone() })
        })
        .collect();
    densities::lines_by_settings(named.iter().map(|(name, row)| (*name, row)))
}

/// What each departure of some pairs is.
fn legend(pairs: &[Pair]) -> Vec<Vec<String>> {
    let is_there = |one: &&Departure| pairs.iter().any(|pair| pair.departure.name == one.name);
    let head = ["departure", "what the published code does"].map(str::to_owned).to_vec();
    let row = |one: &Departure| vec![one.name.to_owned(), one.says.to_owned()];
    std::iter::once(head).chain(DEPARTURES.iter().filter(is_there).map(row)).collect()
}

fn words(study: &Study, command: String) -> Words {
    Words {
        title: format!("{}: departures of the published code", study.name),
        about: vec![
            "The same cells as published and corrected, one departure at a time. What is different between the two lines of a \
             figure's criterion is the departure and nothing else."
                .to_owned(),
        ],
        command,
        ..Words::default()
    }
}
