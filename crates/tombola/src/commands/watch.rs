//! `tombola watch`: an episode as a page for browsers.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use networks::{Mask, MaskedNetwork, Normaliser, Preset, Ticket};
use numerics::random::Stream;
use strategies::{Method, Quirks};
use tasks::Task;
use tasks::control::naive;
use tasks::control::normaliser::Scale;
use tasks::control::rollouts::Start;
use tasks::control::scoring::Control;

use super::{CommandError, task, tickets, train, with_causes};
use crate::run::settings::RunSettings;
use crate::store;
use crate::watch::{self, Agent, Words};

/// Film an episode, and write it as one page that needs no network.
///
/// Shows a ticket's network, two tickets side by side from the same start, or a network that nobody trained.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tombola watch --task ant --out ant.html\n  \
    tombola watch --task ant --ticket dense.safetensors --against sparse.safetensors --out ant.html")]
pub(super) struct WatchArguments {
    /// The control task
    #[arg(long, value_name = "NAME")]
    task: String,
    /// Whose network acts; the papers' network as it starts where this is not given
    #[arg(long, value_name = "FILE")]
    ticket: Option<PathBuf>,
    /// Another ticket, to be seen beside it
    #[arg(long, value_name = "FILE", requires = "ticket")]
    against: Option<PathBuf>,
    /// Which of the test episodes; of a network without a ticket also which start
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Steps after which the film ends
    #[arg(long, value_name = "N", default_value_t = STEPS, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// Where to write the page
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Steps of a film, if nothing else is said.
const STEPS: u32 = 500;

/// Who acts: everything that an [`Agent`] borrows.
struct Actor {
    label: String,
    notes: Vec<String>,
    network: MaskedNetwork,
    parameters: Vec<f32>,
    scale: Option<Scale>,
}

impl Actor {
    fn agent(&self) -> Agent<'_> {
        Agent {
            label: self.label.clone(),
            notes: self.notes.clone(),
            network: self.network.network(),
            parameters: &self.parameters,
            scale: self.scale.clone(),
        }
    }
}

pub(super) fn run(arguments: &WatchArguments) -> Result<(), CommandError> {
    let task = Control::named(&arguments.task).ok_or_else(|| task::unknown(&arguments.task))?;
    let paths: Vec<&Path> = arguments.ticket.iter().chain(&arguments.against).map(PathBuf::as_path).collect();
    let label = labels(&paths);
    let read = |(path, label): (&&Path, &String)| trained(&task, path, label);
    let mut actors = paths.iter().zip(&label).map(read).collect::<Result<Vec<Actor>, _>>()?;
    if actors.is_empty() {
        actors.push(untrained(&task, arguments.seed)?);
    }
    for actor in &mut actors {
        let Some(step) = lost(&task, actor, arguments.seed, arguments.steps) else { continue };
        let note = format!("lost in step {step}: a body blew up");
        train::tell(&format!("{}: {note}, and the film ends there", actor.label));
        actor.notes.push(note);
    }
    let page = filmed(&task, &actors, arguments.seed, arguments.steps);
    store::write_whole(&arguments.out, page.as_bytes())?;
    let (size, most) = (page.len(), watch::MOST_BYTES);
    if size > most {
        let name = arguments.out.display();
        // the page is there and works: whoever reads no such lines has lost nothing
        let _ = writeln!(
            std::io::stderr(),
            "{name} has {size} bytes, more than the {most} that pages are made for, although it is as coarse as it may \
             be; fewer --steps make it smaller"
        );
    }
    Ok(())
}

/// The page of one episode: the networks of tickets side by side, each with its label.
pub(super) fn film(task: &Control, shown: &[(String, &Ticket)]) -> Result<String, CommandError> {
    let one = |(label, ticket): &(String, &Ticket)| {
        actor(task, label, ticket).map_err(|problem| refused(&format!("{}, {label}", task.name()), &problem))
    };
    let actors = shown.iter().map(one).collect::<Result<Vec<Actor>, _>>()?;
    Ok(filmed(task, &actors, 0, STEPS))
}

fn filmed(task: &Control, actors: &[Actor], seed: u64, steps: u32) -> String {
    let agents: Vec<Agent<'_>> = actors.iter().map(Actor::agent).collect();
    let words = Words {
        subtitle: format!("test episode {seed}, at most {steps} steps"),
        footer: format!("Made by tombola {}.", env!("CARGO_PKG_VERSION")),
    };
    watch::page(task.environment(), &agents, &start(task, seed), steps, &words)
}

/// The start of a test episode.
fn start(task: &Control, seed: u64) -> Start {
    Start::drawn(task.environment(), Stream::new(0, "test episodes").child(seed))
}

/// The step in which somebody's world blows up, if it does.
fn lost(task: &Control, actor: &Actor, seed: u64, steps: u32) -> Option<u32> {
    let Actor { network, parameters, scale, .. } = actor;
    let (world, start) = (task.environment(), start(task, seed));
    let episode = naive::episode(world, network.network(), parameters, scale.as_ref(), &start, steps);
    episode.is_lost.then_some(episode.steps)
}

/// What tickets are called: by their files' names, and where those are the same by their folders' too.
fn labels(paths: &[&Path]) -> Vec<String> {
    let name =
        |path: &Path| path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let is_plain =
        paths.iter().all(|path| paths.iter().filter(|other| name(other) == name(path)).count() == 1);
    let label = |path: &&Path| match path.parent().and_then(Path::file_name) {
        Some(folder) if !is_plain => format!("{}/{}", folder.to_string_lossy(), name(path)),
        _ => name(path),
    };
    paths.iter().map(label).collect()
}

/// The network of a ticket in a file.
fn trained(task: &Control, path: &Path, label: &str) -> Result<Actor, CommandError> {
    let ticket = tickets::read(path)?;
    actor(task, label, &ticket).map_err(|problem| refused(&path.display().to_string(), &problem))
}

fn refused(what: &str, problem: &str) -> CommandError {
    CommandError::Request { message: format!("{what}: {problem}"), hint: None }
}

/// The network of a ticket; or what is wrong with it.
fn actor(task: &Control, label: &str, ticket: &Ticket) -> Result<Actor, String> {
    if let Some(mismatch) = tickets::mismatch(ticket.network(), task, task.name()) {
        return Err(format!("its {mismatch}"));
    }
    let network = ticket.masked().map_err(|error| with_causes(&error))?;
    let seen = task.input().len();
    let normaliser = ticket.contents().normaliser.as_ref();
    if let Some(other) = normaliser.filter(|normaliser| !normaliser.is_of(seen)) {
        let found = other.mean.len();
        return Err(format!("its normaliser is of {found} observations; the task has {seen}"));
    }
    Ok(Actor {
        label: label.to_owned(),
        notes: notes(task, ticket),
        parameters: parameters(&network, &ticket.contents().mean),
        network,
        scale: normaliser.map(Scale::new),
    })
}

/// What is said of a ticket: how sparse it is, and what it scored.
fn notes(task: &Control, ticket: &Ticket) -> Vec<String> {
    let mask = ticket.mask();
    let kept = format!("{} of {} weights ({:.1} %)", mask.kept(), mask.len(), 100.0 * mask.density());
    let name = task.score_name();
    let score = ticket.contents().provenance.get(name);
    // of a number as few digits as a glance takes; what is no number is shown as it is
    let digits = |score: &String| score.parse::<f64>().map_or(score.clone(), |score| format!("{score:.1}"));
    let score = score.map(|score| format!("{} {}", name.replace('_', " "), digits(score)));
    [Some(kept), score].into_iter().flatten().collect()
}

/// The papers' network for the task as it starts.
fn untrained(task: &Control, seed: u64) -> Result<Actor, CommandError> {
    let method = Method::named("snes").expect("it is listed");
    let name = RunSettings::paper(task.name(), method, Quirks::NONE).network;
    let preset =
        Preset::named(&name, task.input(), task.outputs()).map_err(|error| CommandError::refused(&error))?;
    let architecture = &preset.architecture;
    let network = MaskedNetwork::new(architecture, &Mask::full(architecture.prunable()))
        .map_err(|error| CommandError::refused(&error))?;
    let member = network.gather(&preset.start.draw(architecture, Stream::new(seed, "initial weights")));
    // as in the first generation
    let scale = task.scoring().normalise.then(|| Scale::new(&Normaliser::new(task.input().len())));
    let parameters = parameters(&network, &member);
    let notes = vec![format!("{name}, {} weights", architecture.prunable())];
    Ok(Actor { label: "untrained".to_owned(), notes, network, parameters, scale })
}

/// What kernels take of free coordinates.
fn parameters(network: &MaskedNetwork, member: &[f32]) -> Vec<f32> {
    if network.is_direct() {
        return member.to_vec();
    }
    let mut parameters = vec![0.0; network.network().parameters()];
    network.place(1, member, &mut parameters);
    parameters
}
