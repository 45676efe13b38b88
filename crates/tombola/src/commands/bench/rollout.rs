//! `tombola bench rollout`: how many steps of control tasks a second, with policies, and where the time goes.

use std::io::Write;
use std::sync::Mutex;
use std::time::Instant;

use clap::Args;
use networks::{Mask, MaskedNetwork, Normaliser, Preset};
use numerics::Isa;
use numerics::random::Stream;
use rayon::ThreadPool;
use serde::Serialize;
use sparse_kernels::Threads;
use tasks::Task;
use tasks::control::named;
use tasks::control::normaliser::{Scale, Sums};
use tasks::control::rollouts::{AtEnd, Played, Rollouts, Rules, Seen, Start, Watch};
use tasks::control::scoring::Control;

use crate::commands::{CommandError, task, train, with_causes};
use crate::roofs::threads;

/// Time whole episodes of control tasks: observation, policy, action and step of many copies.
///
/// Every copy takes all steps: where an episode ends, it begins again, as in engines that reset by themselves. `training`
/// is the same as training does it: who is done is left out, and only steps that count are counted. The best of some runs
/// counts, for whatever else the machine does can only add time.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tombola bench rollout --task ant --copies 2048 --steps 500 --threads 2 --json\n  \
    tombola bench rollout --task ant --task reacher --copies 256 --steps 100 --density 0.05")]
pub(in crate::commands) struct RolloutArguments {
    /// A control task; may be given many times
    #[arg(long = "task", value_name = "NAME", required = true)]
    tasks: Vec<String>,
    /// Copies of the world
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    copies: u32,
    /// Steps of each copy
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Copies that share a network: episodes of a member [default: 8, or the most below it that divide the copies]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 10))]
    repeats: Option<u32>,
    /// Widths of the hidden layers
    #[arg(long, value_name = "W,W", default_value = "32,32", value_delimiter = ',')]
    policy: Vec<usize>,
    /// Fraction of the weights that a random mask keeps
    #[arg(long, value_name = "D", default_value_t = 1.0)]
    density: f64,
    /// Threads to compute on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// Instruction set [default: the fastest that there is]
    #[arg(long, value_name = "NAME", value_parser = super::instruction_set)]
    isa: Option<Isa>,
    /// Runs, of which the best counts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Serialize)]
struct Line<'a> {
    task: String,
    copies: u32,
    members: usize,
    repeats: u32,
    steps: u32,
    policy: &'a [usize],
    density: f64,
    threads: usize,
    isa: &'static str,
    seconds: f64,
    steps_per_second: f64,
    /// Copies whose world blew up, each time that one did.
    lost: u64,
    /// Shares of the time.
    parts: Parts,
    training: Training,
}

/// Shares of the time of all threads.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Parts {
    observe: f64,
    policy: f64,
    step: f64,
}

/// What it is like where who is done is left out.
#[derive(Serialize)]
struct Training {
    steps: u64,
    seconds: f64,
    steps_per_second: f64,
    /// Copies that were left out because their world blew up.
    lost: u64,
}

pub(super) fn run(arguments: &RolloutArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    let pool = match arguments.threads {
        1 => None,
        count => Some(threads::pool(count.into()).map_err(|error| CommandError::Failed(error.into()))?),
    };
    for (row, name) in arguments.tasks.iter().enumerate() {
        let mut bench = Bench::new(arguments, name, pool.as_ref())?;
        if row == 0 && !arguments.json {
            let header = ["observe", "policy", "step", "training"].map(|name| format!("{name:>9}")).concat();
            writeln!(out, "{:16}{:>14}{header}", "task", "steps/s")?;
        }
        let line = bench.line()?;
        if line.lost > 0 {
            train::tell(&format!(
                "{name}: bodies of {} copies blew up, and began again: what is timed is partly no world",
                line.lost
            ));
        }
        if arguments.json {
            writeln!(out, "{}", serde_json::to_string(&line).map_err(std::io::Error::from)?)?;
            continue;
        }
        let Parts { observe, policy, step } = line.parts;
        let shares = [observe, policy, step].map(|share| format!("{:>8.1}%", 100.0 * share)).concat();
        let training = line.training.steps_per_second;
        writeln!(out, "{:16}{:>14.0}{shares} {training:>14.0}", line.task, line.steps_per_second)?;
    }
    Ok(())
}

/// A task with its population.
struct Bench<'a> {
    arguments: &'a RolloutArguments,
    repeats: u32,
    threads: Threads<'a>,
    isa: Isa,
    task: Control,
    network: MaskedNetwork,
    members: Vec<f32>,
    scores: Vec<f64>,
}

impl<'a> Bench<'a> {
    fn new(
        arguments: &'a RolloutArguments,
        name: &str,
        pool: Option<&'a ThreadPool>,
    ) -> Result<Bench<'a>, CommandError> {
        let request = |message: String, hint| CommandError::Request { message, hint };
        let task = Control::named(name).ok_or_else(|| task::unknown(name))?;
        let repeats = repeats(arguments)?;
        let widths = arguments.policy.iter().map(|width| format!("-{width}")).collect::<String>();
        let linear = if task.scoring().normalise { "" } else { "-linear" };
        let preset = Preset::named(&format!("policy{widths}{linear}"), task.input(), task.outputs())
            .map_err(|error| request(with_causes(&error), None))?;
        if !(0.0..=1.0).contains(&arguments.density) {
            return Err(request(format!("--density {}: a fraction from 0 to 1", arguments.density), None));
        }
        let prunable = preset.architecture.prunable();
        let kept = (arguments.density * prunable as f64).round() as usize;
        let mask = Mask::random(prunable, kept, Stream::new(0, "bench/mask"));
        let network = MaskedNetwork::new(&preset.architecture, &mask)
            .map_err(|error| request(with_causes(&error), None))?;
        let count = (arguments.copies / repeats) as usize;
        let start = |member| preset.start.draw(&preset.architecture, Stream::new(member, "bench/start"));
        let members = (0..count as u64).flat_map(|member| network.gather(&start(member))).collect();
        let threads = pool.map_or(Threads::Sequential, Threads::Pool);
        let isa = arguments.isa.unwrap_or(Isa::detected());
        Ok(Bench { arguments, repeats, threads, isa, task, network, members, scores: vec![0.0; count] })
    }

    fn line(&mut self) -> Result<Line<'a>, CommandError> {
        let arguments = self.arguments;
        let mut all = self.rollouts(AtEnd::Restart)?;
        // one run warms up, and says where the time goes
        let parts = self.parts(&mut all);
        let (Played { steps, lost, .. }, seconds) = self.best(&mut all);
        let expected = u64::from(arguments.copies) * u64::from(arguments.steps);
        assert_eq!(steps, expected, "every copy takes every step");
        let (left, short) = {
            let mut trained = self.rollouts(AtEnd::Leave)?;
            self.best(&mut trained)
        };
        let training = Training {
            steps: left.steps,
            seconds: short,
            steps_per_second: left.steps as f64 / short,
            lost: left.lost,
        };
        Ok(Line {
            task: self.task.name().to_owned(),
            copies: arguments.copies,
            members: self.scores.len(),
            repeats: self.repeats,
            steps: arguments.steps,
            policy: &arguments.policy,
            density: arguments.density,
            threads: self.threads.count(),
            isa: self.isa.name(),
            seconds,
            steps_per_second: steps as f64 / seconds,
            lost,
            parts,
            training,
        })
    }

    fn rollouts(&self, at_end: AtEnd) -> Result<Rollouts, CommandError> {
        let rules = Rules { repeats: self.repeats as usize, steps: self.arguments.steps, at_end };
        let environment = named(self.task.name(), self.isa).expect("it was found by its name before");
        Rollouts::new(self.isa, environment, &self.network, None, rules)
            .map_err(|error| CommandError::Request { message: with_causes(&error), hint: None })
    }

    /// What became of the copies in a run, and the seconds of the shortest.
    fn best(&mut self, rollouts: &mut Rollouts) -> (Played, f64) {
        let mut best = (Played::default(), f64::INFINITY);
        for _ in 0..self.arguments.runs {
            let start = clock();
            let played = self.play(rollouts, &|_, _| ());
            best = (played, start.elapsed().as_secs_f64().min(best.1));
        }
        best
    }

    /// Which part of a step takes which share of the threads' time.
    fn parts(&mut self, rollouts: &mut Rollouts) -> Parts {
        let begun = clock();
        let desks: Vec<Mutex<(Instant, [f64; 3])>> =
            (0..self.threads.count()).map(|_| Mutex::new((begun, [0.0; 3]))).collect();
        self.play(rollouts, &|desk, part| {
            let mut desk = desks[desk].lock().expect("nobody panics with it");
            let now = clock();
            let (last, seconds) = &mut *desk;
            seconds[part as usize] += now.duration_since(*last).as_secs_f64();
            *last = now;
        });
        let sums = desks.into_iter().map(|desk| desk.into_inner().expect("nobody panicked").1);
        let sums = sums.fold([0.0; 3], |sums, next| [0, 1, 2].map(|part| sums[part] + next[part]));
        let all: f64 = sums.iter().sum();
        let [observe, policy, step] = sums.map(|sum| sum / all);
        Parts { observe, policy, step }
    }

    /// All episodes once.
    fn play(&mut self, rollouts: &mut Rollouts, watch: Watch<'_>) -> Played {
        let environment = self.task.environment();
        let episode = |repeat| Start::drawn(environment, Stream::new(0, "bench/starts").child(repeat));
        let starts: Vec<Start> = (0..self.repeats.into()).map(episode).collect();
        let observations = self.task.input().len();
        // as in the middle of a training: around 0, with a deviation of 1
        let normaliser =
            Normaliser { count: 1e6, mean: vec![0.0; observations], squares: vec![1e6; observations] };
        let scale = self.task.scoring().normalise.then(|| Scale::new(&normaliser));
        let count = if scale.is_some() { self.scores.len() } else { 0 };
        let mut sums = vec![Sums::new(observations); count];
        let seen = Seen { scale: scale.as_ref(), sums: &mut sums };
        rollouts.population(self.threads, &self.members, &starts, seen, &mut self.scores, watch)
    }
}

/// Episodes of a member, so that all members together have all copies.
fn repeats(arguments: &RolloutArguments) -> Result<u32, CommandError> {
    let RolloutArguments { copies, repeats, .. } = *arguments;
    let most = (1..=repeats.unwrap_or(8).min(copies)).rev().find(|&count| copies.is_multiple_of(count));
    let most = most.expect("one divides every number");
    match repeats.filter(|&repeats| repeats != most) {
        None => Ok(most),
        Some(repeats) => Err(CommandError::Request {
            message: format!(
                "--copies {copies}: members of --repeats {repeats} have a multiple of {repeats} copies together"
            ),
            hint: Some(format!(
                "--copies {} or --repeats {most} would do",
                u64::from(copies).next_multiple_of(repeats.into())
            )),
        }),
    }
}

#[expect(clippy::disallowed_methods, reason = "a command that measures time")]
fn clock() -> Instant {
    Instant::now()
}
