//! How commands work at units in a results folder, and what they say when that ends early.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::CommandError;
use super::memory::Held;
use super::plan::size;
use super::sources::Tasks;
use super::specs::quoted;
use crate::cells::{self, Kind};
use crate::cost::Estimator;
use crate::grid::Cell;
use crate::memory;
use crate::progress::board::Board;
use crate::results::{Owner, Results, ResultsError, State};
use crate::store::StoreError;
use crate::store::disk::{self, Disk};
use crate::workers::{How, Split, Stop, Summary, Unit, Workers, available, other_data, width};

/// How to work, whatever at.
#[derive(Args, Clone, Debug)]
pub(super) struct WorkingArguments {
    /// Threads in all; changes no result [default: all that this process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Units at once, each with its share of the threads; changes no result [default: as many as there are threads, or
    /// units that need not wait for each other]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Try units again that failed
    #[arg(long)]
    retry_failed: bool,
    /// Take units from the processes that work at them, without waiting for a sign of life
    #[arg(long)]
    steal: bool,
    /// Begin anew what another version of the program left half done
    #[arg(long)]
    from_scratch: bool,
    /// Say only what went wrong
    #[arg(long, short)]
    quiet: bool,
    /// Seconds between two signs of life; who gives none for six of them is held dead
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds, hide = true)]
    heartbeat: f64,
    /// Seconds between two checkpoints of a unit
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds, hide = true)]
    save_every: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if (0.0..=3600.0).contains(&seconds) { Ok(seconds) } else { Err("expected 0 to 3600 seconds".to_owned()) }
}

/// Hears from now on who asks the process to stop. The first thing that a command does that works: who asks while data are
/// read is told how to go on, too.
pub(super) fn listening() -> Result<Stop, CommandError> {
    Stop::on_signals().map_err(|error| CommandError::Failed(error.into()))
}

/// Ends where somebody has asked for that before any work began.
fn not_asked(stop: &Stop) -> Result<(), CommandError> {
    if !stop.is_asked() {
        return Ok(());
    }
    Err(CommandError::Unfinished {
        message: "stopped before any work began; what is done stays done".to_owned(),
        hint: format!("go on with `{}`", again("")),
        was_asked: true,
    })
}

impl WorkingArguments {
    /// Whether nobody wants to know how far it is.
    pub(super) fn quiet(&self) -> bool {
        self.quiet
    }

    /// Does the units of some cells in `out`, which is a folder if it is there, until `stop` is asked. When all are done, how
    /// many there are.
    pub(super) fn work(
        &self,
        cells: &[Cell],
        tasks: &Tasks,
        out: &Path,
        stop: Stop,
    ) -> Result<Summary, CommandError> {
        // what is missing is said before a folder is made
        // each dense level has the run of a cell behind it
        for (_, cell) in cells::pieces(cells).into_iter().filter(|(kind, _)| *kind == Kind::Cell) {
            not_asked(&stop)?;
            tasks.load(&cell.run)?;
            tasks.check(&cell)?;
        }
        let jobs = self.most_jobs(cells, out)?;
        not_asked(&stop)?;
        let units = cells::units(cells, tasks);
        let units: Vec<&dyn Unit> = units.iter().map(AsRef::as_ref).collect();
        let units = &units[..];
        let results = Results::open(out, Owner::this_process(self.heartbeat.max(0.01)), Disk::of_process())
            .map_err(|error| unfinished(out, error.into()))?;
        if !self.from_scratch
            && let Some(other) = units.iter().find_map(|unit| results.other_version(unit.id()))
        {
            return Err(unfinished(out, other));
        }
        if let Some(other) = units.iter().find_map(|unit| other_data(&results, *unit)) {
            return Err(unfinished(out, other));
        }
        let threads = self.threads.map_or_else(available, usize::from);
        let split = Split::new(threads, self.jobs.map(usize::from), width(units).min(jobs));
        let how = How {
            split,
            save_every: Duration::from_secs_f64(self.save_every),
            retry_failed: self.retry_failed,
            steal: self.steal,
            from_scratch: self.from_scratch,
        };
        let board = Board::new("units", units.len(), split.jobs, self.quiet);
        not_asked(&stop)?;
        let workers = Workers::new(&results, how, &board, stop);
        let summary = workers.run(units).map_err(|error| CommandError::Failed(error.into()))?;
        ended(summary, units.len(), out)
    }

    /// How many of the units that are left fit in memory at once. Refuses where one is too large, or the jobs that were
    /// asked for are.
    fn most_jobs(&self, cells: &[Cell], out: &Path) -> Result<usize, CommandError> {
        let results = Results::at(out, Owner::this_process(1.0));
        let Some(free) = memory::free() else { return Ok(usize::MAX) };
        let mut estimator = Estimator::default();
        let mut most = 0.0;
        for (kind, cell) in cells::pieces(cells) {
            let (memory, members, coordinates) = estimator.memory(&cell, u32::from(kind == Kind::Cell));
            let together = f64::from(self.jobs.unwrap_or(1));
            let is_more = memory.bytes() > most;
            if !is_more {
                continue;
            }
            let state =
                results.glance(&kind.id(&cell).to_string()).map_err(|error| unfinished(out, error))?;
            if !matches!(state, State::Done(_)) {
                most = memory.bytes();
                let method = &cell.run.plan.search.method;
                let held = Held { method, members, coordinates, memory };
                if most > free {
                    return Err(held.refused(free));
                }
                if most * together > free {
                    let message = format!(
                        "{together} units at once would take about {} of memory, and {} are free",
                        size(most * together),
                        size(free)
                    );
                    let hint = format!("take fewer: --jobs {:.0}", (free / most).floor());
                    return Err(CommandError::Request { message, hint: Some(hint) });
                }
            }
        }
        Ok(if most > 0.0 { ((free / most) as usize).max(1) } else { usize::MAX })
    }
}

/// All done, or why not.
fn ended(mut summary: Summary, units: usize, out: &Path) -> Result<Summary, CommandError> {
    if let Some(trouble) = summary.trouble.take() {
        return Err(unfinished(out, trouble));
    }
    let Summary { done, failed, blocked, .. } = &summary;
    if done + failed.len() + blocked < units {
        return Err(CommandError::Unfinished {
            message: format!("stopped: {done} of {units} units are done, and where the others are is saved"),
            hint: format!("go on with `{}`", again("")),
            was_asked: true,
        });
    }
    if failed.is_empty() && *blocked == 0 {
        return Ok(summary);
    }
    let blocked = match blocked {
        0 => String::new(),
        blocked => format!(", and {blocked} need one that failed"),
    };
    let each: String = failed.iter().map(|(name, why)| format!("\n  {name}: {why}")).collect();
    Err(CommandError::Unfinished {
        message: format!("{} of {units} units failed{blocked}{each}", failed.len()),
        hint: format!(
            "`{}` tries them again; {} has the details",
            again("--retry-failed"),
            out.join("runs").display()
        ),
        was_asked: false,
    })
}

/// What was in the way of all.
fn unfinished(out: &Path, trouble: ResultsError) -> CommandError {
    let hint = trouble.hint();
    match trouble {
        ResultsError::Store(error) => {
            let lacks_files = || disk::has_too_many_files(error.path());
            let message = if error.is_full() { full(&error, lacks_files()) } else { error.to_string() };
            CommandError::Unfinished {
                message: format!("{message}; what is in {} is still good", out.display()),
                hint: format!("when that is mended, go on with `{}`", again("")),
                was_asked: false,
            }
        }
        ResultsError::OtherVersion { .. } | ResultsError::OtherData { .. } => {
            CommandError::Request { message: trouble.to_string(), hint }
        }
        other => CommandError::Unfinished {
            message: other.to_string(),
            hint: hint.unwrap_or_else(|| format!("`{}` tries again", again(""))),
            was_asked: false,
        },
    }
}

/// That the disk is full: where, what is needed, what is free. Bytes are of no use to who lacks files.
fn full(error: &StoreError, lacks_files: bool) -> String {
    if lacks_files {
        return format!("the file system has no room for more files, however small: {error}");
    }
    let needed = error.needed().map_or(String::new(), |bytes| format!(", {bytes} bytes are needed"));
    let free = disk::free_bytes(error.path()).map_or(String::new(), |bytes| format!(", {bytes} are free"));
    format!("the disk is full: {error}{needed}{free}")
}

/// The command that was given, and one more argument.
fn again(more: &str) -> String {
    let mut words: Vec<String> = std::env::args().collect();
    if let Some(first) = words.first_mut() {
        let name = PathBuf::from(&*first).file_name().map(|name| name.to_string_lossy().into_owned());
        *first = name.unwrap_or_else(|| "tombola".to_owned());
    }
    if !more.is_empty() && !words.iter().any(|word| word == more) {
        words.push(more.to_owned());
    }
    quoted(&words)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::disk::{Fault, Harm};

    #[test]
    fn a_full_disk_lacks_bytes_or_files() {
        let disk = Disk::with_fault(Arc::new(Fault::new(None, 1, Harm::Error)));
        let error = disk.make_folder(Path::new("no/such/folder")).expect_err("it is made to fail");
        let [bytes, files] = [false, true].map(|lacks_files| full(&error, lacks_files));
        assert!(bytes.starts_with("the disk is full: cannot make the folder no/such/folder: "), "{bytes}");
        let wanted = "the file system has no room for more files, however small: cannot make the folder";
        assert!(files.starts_with(wanted) && !files.contains("free"), "{files}");
    }
}
