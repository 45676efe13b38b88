//! `tombola quickstart`: the ticket effect on one's own machine, in a minute, without any file.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::cell_pages::{self, Place};
use super::shown::Reader;
use super::sources::Tasks;
use super::working::{WorkingArguments, listening};
use super::{CommandError, must_be_no_file};
use crate::figures::{Chart, braille};
use crate::grid::{self, Cell};
use crate::papers::QUICKSTART;
use crate::quirks;
use crate::report::{self, Words};
use crate::spec::Spec;
use crate::tables::densities::{self, Line};
use crate::{cells, store};

/// Columns and rows of the plots: what every terminal has.
const PLOT: (usize, usize) = (60, 12);

/// See the ticket effect: prune networks to 1.6 % of their weights by three criteria, with two strategies and three seeds.
///
/// Takes a minute on two cores and needs no file. Results go to a folder; the same command goes on where an earlier one was
/// ended.
#[derive(Args, Debug)]
pub struct QuickstartArguments {
    /// The folder of the results
    #[arg(long, value_name = "DIR", default_value = "runs/quickstart")]
    out: PathBuf,
    #[command(flatten)]
    working: WorkingArguments,
}

pub(super) fn run(arguments: &QuickstartArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let stop = listening()?;
    let cells = grid::cells(&Spec::parse("quickstart.toml", QUICKSTART, &[])?)?;
    let folder = &arguments.out;
    must_be_no_file("--out", folder)?;
    let tasks = Tasks::new(None);
    if !arguments.working.quiet() {
        tell(&format!(
            "{} chains of {} levels: 3 criteria x 2 strategies x 3 seeds on digits that the program draws.\n\
             Results go to {}; end it when you like, the same command goes on.\n\
             About a minute on two cores.",
            cells.len(),
            cells[0].pruning.levels,
            folder.display(),
        ));
    }
    arguments.working.work(&cells, &tasks, folder, stop)?;

    let mut reader = Reader::new(folder);
    let rows = reader.rows(&cells)?;
    let (lines, said) = super::report::shown(&cells, &rows, &[]);
    let page = folder.join("report.html");
    let words = words();
    let place = Place { report: &page, command: &words.command };
    let links = cell_pages::write(&place, &cells, rows, &mut reader)?;
    let words = Words { cells: links, departures: quirks::table(&cells), ..words };
    store::write_whole(&page, report::page(&words, &lines, &said).as_bytes())?;
    writeln!(out, "{}", densities::text(&lines))?;
    for chart in Chart::of(&lines) {
        writeln!(out, "{}", braille(&chart, PLOT.0, PLOT.1))?;
    }
    writeln!(out, "{}\n", verdict(&lines))?;
    write!(
        out,
        "next:\n  open {}\n  tombola evaluate --ticket {}\n  \
         tombola papers show lottery --scale small > mine.toml && tombola plan mine.toml\n",
        page.display(),
        sparsest(folder, &cells[0]).display(),
    )?;
    reader.end(&format!("tombola quickstart --out {}", folder.display()))
}

/// A ticket to look at.
fn sparsest(folder: &std::path::Path, cell: &Cell) -> PathBuf {
    let name = cells::ticket_name(cell.pruning.levels - 1);
    folder.join("results").join(cell.id().to_string()).join(name)
}

/// What the numbers say about the effect, at the sparsest level.
fn verdict(lines: &[Line]) -> String {
    let last = |criterion: &str, strategy: &str| {
        let line = lines.iter().find(|line| line.criterion == criterion && line.strategy == strategy)?;
        line.points.last().and_then(|point| Some((point.density, point.score?)))
    };
    let mut said = Vec::new();
    for strategy in ["snes", "sep-cma-es"] {
        let (Some((density, ticket)), Some((_, random))) = (last("snr", strategy), last("random", strategy))
        else {
            continue;
        };
        let (low, high) =
            (ticket.mean - ticket.half.unwrap_or(0.0), random.mean + random.half.unwrap_or(0.0));
        let apart = if low > high { "the intervals are apart" } else { "the intervals overlap" };
        said.push(format!(
            "{strategy}: with {} of the weights, tickets name {:.0} % of the images rightly and random networks \
             {:.0} %; {apart}.",
            densities::percent(density),
            100.0 * ticket.mean,
            100.0 * random.mean,
        ));
    }
    said.join("\n")
}

fn words() -> Words {
    Words {
        title: "Lottery tickets in a minute".to_owned(),
        about: vec![
            "A network of 12,704 weights is trained by an evolution strategy, pruned to half, started again where it \
             began, and so on, down to 1.6 %. snr keeps the weights whose sign the search is surest of, magnitude the \
             large ones, random any (and starts them anew)."
                .to_owned(),
            "The digits are drawn by the program: this shows the effect, not the paper's numbers.".to_owned(),
        ],
        command: "tombola quickstart".to_owned(),
        ..Words::default()
    }
}

/// A line for people.
fn tell(line: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}
