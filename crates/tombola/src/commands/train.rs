//! `tombola train`: one run of an evolution strategy on one network, dense, masked, or begun from a ticket.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lottery::{Checkpoint, Divergence, Training, TrainingError};
use networks::ticket::Contents;
use networks::{Mask, MaskedNetwork, Preset, Ticket};
use numerics::Isa;
use numerics::random::Stream;
use rayon::ThreadPool;
use sparse_kernels::Threads;
use sparse_kernels::compile::Mode;
use strategies::{Execution, Method, Quirks, Settings};
use tasks::{How, Task};

use super::memory::Held;
use super::{CommandError, Variant, must_be_no_file, strategy_help, task, tickets, with_causes};
use crate::cost::{self, Memory};
use crate::progress::{Progress, Timer};
use crate::roofs::threads;
use crate::run::folder::{FolderError, RunFolder};
use crate::run::settings::{RunSettings, SettingsError};

/// Between two checkpoints, when no test comes earlier.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(20);

/// Train one network with an evolution strategy.
///
/// Settings are the papers' unless changed. A run lives in a folder; the same command goes on where an earlier one was
/// ended, and leaves the same bytes as one that nobody ended. Prints the curve as CSV.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola train --task glyphs --strategy snes\n  \
    tombola train --task mnist --strategy sep-cma-es --density 0.2 --set generations=500\n  \
    tombola train --task Pendulum-v1 --strategy sep-cma-es --set generations=200\n  \
    tombola train --task mnist --strategy snes --ticket runs/a/ticket.safetensors --out runs/b\n\n\
    A setting is named by the end of its path: `--set temperature=12`, `--set learning_rate.initial=0.1`.\n\
    `--print-settings` shows them all and trains nothing.")]
pub(super) struct TrainArguments {
    #[command(flatten)]
    pub(super) run: RunArguments,
    /// The folder of the run [default: runs/TASK-STRATEGY-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the settings and train nothing
    #[arg(long)]
    print_settings: bool,
}

/// What names a run, here and where generations are timed.
#[derive(Args, Debug)]
pub(super) struct RunArguments {
    /// An image set: glyphs (needs no file), mnist, fashion-mnist, kmnist .. (`tombola data list`); or a control task: ant,
    /// halfcheetah, Pendulum-v1 ..
    #[arg(long, value_name = "NAME")]
    pub(super) task: String,
    #[arg(long, value_name = "NAME", help = strategy_help(), value_parser = Method::named, default_value = "sep-cma-es")]
    strategy: Method,
    /// Fraction of the prunable weights that a random mask keeps
    #[arg(long, value_name = "D", conflicts_with = "ticket")]
    density: Option<f64>,
    /// Take network, mask and start of a ticket
    #[arg(long, value_name = "FILE")]
    ticket: Option<PathBuf>,
    /// Change a setting; may be given many times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    changes: Vec<String>,
    /// Seed of every stream of the run
    #[arg(long)]
    seed: Option<u64>,
    /// Copy the departures of the published code, or not
    #[arg(long, value_enum, default_value = "corrected")]
    variant: Variant,
    /// Where to look for image files first
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Threads to compute on; changes no result [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Instruction set; changes no result [default: the fastest that there is]
    #[arg(long, value_name = "NAME", value_parser = super::bench::instruction_set)]
    isa: Option<Isa>,
}

/// A run, ready to begin.
pub(super) struct Prepared {
    pub(super) settings: RunSettings,
    pub(super) task: Box<dyn Task>,
    /// Network, mask and start, as a ticket that nobody trained.
    pub(super) start: Ticket,
    pool: Option<ThreadPool>,
    isa: Isa,
}

impl RunArguments {
    /// The settings: the papers', then what the arguments change.
    pub(super) fn settings(&self) -> Result<RunSettings, CommandError> {
        let mut settings = RunSettings::paper(&self.task, self.strategy, Quirks::from(self.variant));
        settings.density = self.density.unwrap_or(settings.density);
        settings.seed = self.seed.unwrap_or(settings.seed);
        for change in &self.changes {
            settings = settings.with(change)?;
        }
        settings.plan.search.seed = settings.seed;
        Ok(settings)
    }

    /// Loads the data, and makes network, mask and start.
    pub(super) fn prepare(&self, mut settings: RunSettings) -> Result<Prepared, CommandError> {
        let task = task::of_run(&settings, self.data.as_deref())?;
        let start = match &self.ticket {
            None => drawn(&settings, &*task)?,
            Some(path) => {
                let ticket = rewound(tickets::read(path)?, path, &*task)?;
                check_memory(&settings, ticket.contents().start.len(), ticket.network().parameters())?;
                ticket
            }
        };
        if self.ticket.is_some() {
            settings.density = start.mask().density();
            settings.network = start.contents().preset.clone().unwrap_or_else(|| start.network().to_string());
        }
        let available = || std::thread::available_parallelism().map_or(1, usize::from);
        let count = self.threads.map_or_else(available, usize::from);
        let pool = if count == 1 { None } else { Some(threads::pool(count)) };
        let pool = pool.transpose().map_err(|error| CommandError::Failed(error.into()))?;
        Ok(Prepared { settings, task, start, pool, isa: self.isa.unwrap_or(Isa::detected()) })
    }
}

/// A random mask and a fresh start, each from its own stream.
fn drawn(settings: &RunSettings, task: &dyn Task) -> Result<Ticket, CommandError> {
    let preset = Preset::named(&settings.network, task.input(), task.outputs()).map_err(|error| {
        let like = crate::suggest::nearest(&settings.network, networks::presets::NAMES);
        CommandError::Request {
            message: with_causes(&error),
            hint: like.map(|like| format!("did you mean `{like}`?")),
        }
    })?;
    let prunable = preset.architecture.prunable();
    let kept = (settings.density * prunable as f64).round() as usize;
    let parameters = preset.architecture.parameters();
    check_memory(settings, parameters - prunable + kept, parameters)?;
    let mask = Mask::random(prunable, kept, Stream::new(settings.seed, "mask"));
    let network =
        MaskedNetwork::new(&preset.architecture, &mask).map_err(|error| CommandError::refused(&error))?;
    let flat = preset.start.draw(&preset.architecture, Stream::new(settings.seed, "start"));
    let start = network.gather(&flat);
    let contents = Contents {
        preset: Some(preset.name),
        task: settings.task.clone(),
        mean: start.clone(),
        start,
        ..Contents::default()
    };
    Ticket::new(preset.architecture, &mask, contents).map_err(|error| CommandError::refused(&error))
}

/// Refuses a run that this machine has no memory for.
fn check_memory(settings: &RunSettings, coordinates: usize, parameters: usize) -> Result<(), CommandError> {
    let Settings { method, population, .. } = &settings.plan.search;
    let (members, coordinates) = (*population as f64, coordinates as f64);
    let memory = Memory::of_search(&settings.plan.search, coordinates, 4.0, true);
    let memory = memory.and(parameters as f64 * cost::OF_PARAMETER);
    Held { method, members, coordinates, memory }.check()
}

/// A ticket before it was trained, for this task.
fn rewound(ticket: Ticket, path: &std::path::Path, task: &dyn Task) -> Result<Ticket, CommandError> {
    let network = ticket.network();
    if let Some(mismatch) = tickets::mismatch(network, task, task.name()) {
        return Err(CommandError::Request {
            message: format!("{}: its {mismatch}", path.display()),
            hint: None,
        });
    }
    let old = ticket.contents();
    let contents = Contents {
        preset: old.preset.clone(),
        task: task.name().to_owned(),
        start: old.start.clone(),
        mean: old.start.clone(),
        ..Contents::default()
    };
    Ticket::new(network.clone(), &ticket.mask(), contents).map_err(|error| CommandError::refused(&error))
}

impl Prepared {
    /// With which threads and instructions.
    pub(super) fn execution(&self) -> Execution<'_> {
        let threads = self.pool.as_ref().map_or(Threads::Sequential, Threads::Pool);
        Execution { threads, isa: self.isa, ..Execution::default() }
    }

    /// The run, from its start or a checkpoint.
    pub(super) fn training(&self, checkpoint: Option<&Checkpoint>) -> Result<Training<'_>, TrainingError> {
        let compile = self.settings.compile.then_some(Mode::Fold);
        let how = How { isa: self.isa, compile, stream: Stream::new(self.settings.seed, "fitness") };
        Training::of_ticket(&self.settings.plan, &*self.task, &self.start, how, checkpoint)
    }

    /// What the run leaves.
    fn ticket(&self, training: &Training<'_>) -> Result<Ticket, CommandError> {
        let score = training.curve().last().map_or(String::new(), |point| point.score.to_string());
        let settings = serde_json::to_string(&self.settings).expect("settings are data");
        let told = [
            ("program", concat!("tombola ", env!("CARGO_PKG_VERSION")).to_owned()),
            ("settings", settings),
            (self.task.score_name(), score),
        ];
        let provenance = told.map(|(key, value)| (key.to_owned(), value)).into();
        training.ticket(&self.start, provenance).map_err(|error| CommandError::refused(&error))
    }
}

pub(super) fn run(arguments: &TrainArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let settings = arguments.run.settings()?;
    if arguments.print_settings {
        let text = serde_json::to_string_pretty(&settings).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
        return Ok(());
    }
    let prepared = arguments.run.prepare(settings)?;
    let Prepared { settings, task, start, .. } = &prepared;
    let name = format!("{}-{}-{}", settings.task, settings.plan.search.method.name(), settings.seed);
    let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(name));
    must_be_no_file("--out", &path)?;
    // a run that cannot begin leaves no folder
    let mut training = prepared.training(None).map_err(|error| CommandError::refused(&error))?;
    let folder = RunFolder::open(&path, settings, start)?;
    if let Some(checkpoint) = folder.checkpoint()? {
        training = prepared
            .training(Some(&checkpoint))
            .map_err(|error| folder.damaged("checkpoint.json", &error))?;
    }
    let is_done = folder.ticket()?.is_some() && training.is_done();
    if !is_done {
        train(&prepared, &mut training, &folder)?;
        folder.finish(&prepared.ticket(&training)?, training.curve(), task.score_name())?;
    }
    write!(out, "{}", crate::run::folder::curve_csv(training.curve(), task.score_name()))?;
    out.flush()?;
    if let Some(last) = training.curve().last().filter(|last| last.failures > 0) {
        tell(&format!(
            "{} of {} evaluations failed: they gave no number, or a world of theirs blew up and cost its penalty",
            last.failures, last.evaluations
        ));
    }
    tell(&format!("ticket: {}", folder.file("ticket.safetensors").display()));
    Ok(())
}

/// All generations that are left.
fn train(prepared: &Prepared, training: &mut Training<'_>, folder: &RunFolder) -> Result<(), CommandError> {
    let execution = prepared.execution();
    let score = prepared.task.score_name();
    let mut progress =
        Progress::new("generation", training.search().generation(), training.plan().generations);
    let mut saved = Timer::start();
    let mut divergence = training.divergence();
    while divergence.is_none() && !training.is_done() {
        let tests = training.curve().len();
        training.generation(&execution);
        divergence = training.divergence();
        let last = training.curve().last().expect("a test comes first").score;
        progress.at(training.search().generation(), &format!("{score} {last:.4}"));
        let is_tested = training.curve().len() > tests;
        if let Some(lost) = training.lost().told_of_tests().filter(|_| is_tested) {
            let tested = training.curve().last().expect("it was tested").generation;
            tell(&format!("test after generation {tested}: {lost}"));
        }
        let is_due = is_tested || saved.elapsed() > CHECKPOINT_EVERY;
        if is_due || divergence.is_some() {
            folder.save(&training.checkpoint(), training.curve(), score)?;
            saved = Timer::start();
        }
    }
    divergence.map_or(Ok(()), |divergence| Err(diverged(prepared, &divergence, folder)))
}

/// The error of a search that has diverged: more generations would not help, and there is no ticket to save.
fn diverged(prepared: &Prepared, divergence: &Divergence, folder: &RunFolder) -> CommandError {
    let (told, curve) = (divergence.told(&prepared.start), folder.file("curve.csv"));
    let message = format!(
        "the search {told}; its curve until then is {}. A smaller deviation or learning rate may do: \
         `--print-settings` shows both, `--set` changes them, and --out names another folder",
        curve.display()
    );
    CommandError::Failed(message.into())
}

/// A line for people.
pub(super) fn tell(line: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> CommandError {
        CommandError::Request { hint: error.hint(), message: error.to_string() }
    }
}

impl From<FolderError> for CommandError {
    fn from(error: FolderError) -> CommandError {
        CommandError::Request { hint: error.hint(), message: error.to_string() }
    }
}
