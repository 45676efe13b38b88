//! `tombola status`: how far a study is, from any terminal and any host that sees its folder.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::specs::{SpecArguments, Study};
use super::units::{OutArguments, State, Unit, Watcher, units};
use super::{CommandError, report};
use crate::progress::{self, Timer};
use crate::store;

/// Between two looks.
const OFTEN: Duration = Duration::from_secs(2);

/// Seconds after which a browser looks at a live page again.
const REFRESH: u32 = 10;

/// A live page is written at most so small a part of the time: one in ten.
const SHARE: u32 = 10;

/// Most units of a state that are named.
const MOST: usize = 10;

/// Say how far a study is: what is done, who works at what, and what failed.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tombola status mine.toml\n  tombola status mine.toml --out runs/a --watch\n  \
    tombola status mine.toml --watch --page live.html\n  \
    tombola status mine.toml --json | grep failed"
)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    spec: SpecArguments,
    #[command(flatten)]
    out: OutArguments,
    /// Look again every two seconds, until nothing is left to do
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Write the page of `tombola report` meanwhile, again and again: a browser that shows it follows
    #[arg(long, value_name = "FILE", requires = "watch")]
    page: Option<PathBuf>,
    /// One JSON object a line for each unit of work
    #[arg(long)]
    json: bool,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    unit: String,
    state: &'static str,
    /// Of one that is done.
    diverged: bool,
    why: String,
}

pub(super) fn run(arguments: &StatusArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    arguments.spec.check_page(arguments.page.as_deref())?;
    let study = arguments.spec.study()?;
    let folder = arguments.out.folder(&study)?;
    let units = units(&study);
    let mut live = arguments.page.as_deref().map(|file| Live {
        file,
        command: arguments.spec.command(&folder),
        last: None,
    });
    let mut drawn = 0;
    loop {
        let states = Watcher::new(&folder).states(&units)?;
        if arguments.json {
            return json(&units, &states, out);
        }
        let text = summary(&format!("{} in {}", study.name, folder.display()), &units, &states);
        if drawn > 0 && progress::is_rewritten(&std::io::stdout()) {
            // up to the first line of the last look, and away with it
            write!(out, "\x1b[{drawn}A\x1b[0J")?;
        }
        write!(out, "{text}")?;
        out.flush()?;
        drawn = text.lines().count();
        let is_over = !arguments.watch || !is_left(&units, &states);
        live.as_mut().map_or(Ok(()), |live| live.look(&study, &folder, &text, is_over))?;
        if is_over {
            return Ok(());
        }
        std::thread::sleep(OFTEN);
    }
}

/// A page that is written while others work.
struct Live<'a> {
    file: &'a Path,
    /// The command that does the work.
    command: String,
    /// What the last one said, when it was begun, and how long it took.
    last: Option<(String, Timer, Duration)>,
}

impl Live<'_> {
    /// Writes it where there is something new to say, and the last one is long enough ago; once more when nothing is left to do.
    fn look(&mut self, study: &Study, folder: &Path, text: &str, is_over: bool) -> Result<(), CommandError> {
        let is_due = |(said, since, took): &(String, Timer, Duration)| {
            said != text && since.elapsed() >= *took * SHARE
        };
        if !is_over && self.last.as_ref().is_some_and(|last| !is_due(last)) {
            return Ok(());
        }
        let timer = Timer::start();
        let words = (text.lines().map(str::to_owned).collect(), self.command.clone());
        let page = report::live_page(study, folder, words, if is_over { 0 } else { REFRESH })?;
        let written = store::write_whole(self.file, page.as_bytes());
        written.map_err(|error| CommandError::Failed(error.into()))?;
        let took = timer.elapsed();
        self.last = Some((text.to_owned(), timer, took));
        Ok(())
    }
}

/// Whether something can still be done: what needs a unit that failed cannot.
fn is_left(units: &[Unit], states: &[State]) -> bool {
    let mut ended = BTreeSet::new();
    // what is needed stands before what needs it
    let mut can_be_done = |(unit, state): (&'_ Unit, &State)| {
        let needs_one = unit.needs.iter().any(|needs| ended.contains(needs));
        if matches!(state, State::Failed(_)) || needs_one {
            ended.insert(unit.id.clone());
            return false;
        }
        !state.is_done()
    };
    units.iter().zip(states).any(&mut can_be_done)
}

fn json(units: &[Unit], states: &[State], out: &mut dyn Write) -> Result<(), CommandError> {
    for (unit, state) in units.iter().zip(states) {
        let (label, diverged) = (unit.label(), state.has_diverged());
        let line = Line { id: &unit.id, unit: label, state: state.name(), diverged, why: state.why() };
        writeln!(out, "{}", serde_json::to_string(&line).map_err(std::io::Error::from)?)?;
    }
    Ok(())
}

/// A line of counts, and the units that a person may want to know by name.
fn summary(title: &str, units: &[Unit], states: &[State]) -> String {
    let counts = State::NAMES.map(|name| (name, states.iter().filter(|state| state.name() == name).count()));
    let diverged = match states.iter().filter(|state| state.has_diverged()).count() {
        0 => String::new(),
        diverged => format!(" ({diverged} of them diverged)"),
    };
    let counts: Vec<String> = counts
        .iter()
        .filter(|(name, count)| *count > 0 || *name == "done")
        .map(|(name, count)| format!("{count} {name}{}", if *name == "done" { &diverged } else { "" }))
        .collect();
    let mut text = format!("{title}: {} of {} units\n", counts.join(", "), units.len());
    for name in ["running", "failed", "damaged"] {
        let named = units.iter().zip(states).filter(|(_, state)| state.name() == name);
        let named: Vec<_> = named.collect();
        for (unit, state) in named.iter().take(MOST) {
            text += &format!("  {} {} {}\n", unit.id, unit.label(), state.why());
        }
        if named.len() > MOST {
            text += &format!("  and {} more that are {name}\n", named.len() - MOST);
        }
    }
    text
}
