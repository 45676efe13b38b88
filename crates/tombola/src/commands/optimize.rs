//! `tombola optimize`: ask and tell over standard input and output, for programs in any language.

use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use strategies::les::LATER_FLOOR;
use strategies::{Method, Policy, Quirks, Settings};

use super::memory::Held;
use super::{CommandError, Variant, strategy_help};
use crate::cost::Memory;
use crate::run::change::assigned;

mod bbob;
mod json;
mod weights;

/// Search with an evolution strategy; another program evaluates.
///
/// Candidates are written to standard output and their fitness is read from standard input, a line a message.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Protocol json: the program writes {\"generation\":0,\"population\":[[..],..]} and reads
{\"fitness\":[1.5,null,..]} (null where an evaluation failed), or a line a member in any order,
{\"member\":3,\"fitness\":1.5}, or {\"stop\":true}; at the end it writes
{\"done\":{\"reason\":..,\"evaluations\":..,\"failures\":..,\"best\":{\"fitness\":..,\"member\":[..]}}}.

With --restarts each message also says its \"run\", and runs may have other populations. With
--state a search that was ended goes on, also in the middle of a generation: the message then says
which members are \"missing\".

Protocol bbob: it reads `START dims lower upper evaluations seed`, writes `EVAL k` and k lines of
numbers, reads k values or `STOP`, answers `DONE`, restarts by itself, and ends at `QUIT`. What the
driver says cannot be said by flags too (--start, --seed, --maximise, --target, --evaluations), and
a problem of other dimensions than --dims, where that is given, is refused.

Example:
  tombola optimize --strategy cma-es --dims 10 --evaluations 20000 --target 1e-8")]
pub(super) struct OptimizeArguments {
    #[arg(long, value_name = "NAME", help = strategy_help(), value_parser = Method::named)]
    strategy: Method,
    /// Coordinates; in bbob only a check of what the driver names
    #[arg(long, value_name = "D")]
    dims: Option<usize>,
    /// How messages look
    #[arg(long, value_enum, default_value = "json")]
    protocol: Protocol,
    /// Members of a generation [default: 4 + 3 ln D, even where members are mirrored]
    #[arg(long, value_name = "P")]
    population: Option<usize>,
    /// Standard deviation at the start [default: the strategy's; a fifth of the box in bbob]
    #[arg(long, value_name = "X")]
    deviation: Option<f64>,
    /// Every coordinate of the start, in json [default: 0]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    start: Option<f64>,
    /// Seed of the draws, in json [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Large fitness is good, in json
    #[arg(long)]
    maximise: bool,
    /// End when the best fitness is as good as this, in json
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    target: Option<f64>,
    /// End after so many evaluations, in json
    #[arg(long, value_name = "N")]
    evaluations: Option<u64>,
    /// A trained network, for les (`scripts/les-weights` makes the published one): `.npz` with arrays Wk, bk, Wq, bq, Wv, bv, Wh, bh, Wmean, bmean, Wsigma, bsigma
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Change a setting of the strategy, as `elite_ratio=0.3`; may be given many times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    changes: Vec<String>,
    /// What follows a run that can go no further: the same again, twice as many members, or large and small runs in
    /// turns; elsewhere, if --region says where [default: never in json, same in bbob]
    #[arg(long, value_name = "POLICY", value_parser = Policy::NAMES)]
    restarts: Option<String>,
    /// Lowest and highest coordinate of where runs after the first begin, in json [default: where the first began]
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"], allow_negative_numbers = true, requires = "restarts")]
    region: Option<Vec<f64>>,
    /// End, or restart, where a run hardly gains any more, in json; with --restarts this is always so
    #[arg(long)]
    stagnation: bool,
    /// Keep the search here after each message, and go on from here, in json
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Copy the departures of the published code, its adam (first moment 0.99) among them, or not
    #[arg(long, value_enum, default_value = "corrected")]
    variant: Variant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protocol {
    Json,
    Bbob,
}

impl OptimizeArguments {
    /// Settings of a search of so many dimensions, in both protocols.
    fn settings(&self, dims: usize, deviation: Option<f64>) -> Settings {
        let mut method = self.strategy;
        if let Some(deviation) = self.deviation.or(deviation) {
            method.set_deviation(deviation);
        }
        match (self.variant, &mut method) {
            (Variant::AsPublished, method) => method.use_published_adam(),
            (Variant::Later, Method::Les(settings)) => settings.floor = LATER_FLOOR,
            (Variant::Corrected | Variant::Later, _) => {}
        }
        let usual = 4 + (3.0 * (dims.max(1) as f64).ln()) as usize;
        let usual = if method.is_mirrored() { usual.next_multiple_of(2) } else { usual };
        Settings {
            seed: self.seed.unwrap_or(0),
            quirks: Quirks::from(self.variant).of(&method),
            ..Settings::new(method, self.population.unwrap_or(usual))
        }
    }

    /// What follows a run.
    fn policy(&self, usual: Policy) -> Policy {
        self.restarts.as_deref().and_then(Policy::named).unwrap_or(usual)
    }

    /// What was given that the driver of the bbob protocol says itself.
    fn beside_driver(&self) -> Option<&'static str> {
        let given = [
            ("--start", self.start.is_some()),
            ("--seed", self.seed.is_some()),
            ("--maximise", self.maximise),
            ("--target", self.target.is_some()),
            ("--evaluations", self.evaluations.is_some()),
            ("--region", self.region.is_some()),
            ("--stagnation", self.stagnation),
            ("--state", self.state.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }
}

pub(super) fn run(arguments: &OptimizeArguments, out: &mut dyn Write) -> Result<(), CommandError> {
    if arguments.target.is_some_and(f64::is_nan) {
        return Err(CommandError::Request {
            message: "the target is NaN; expected a number".into(),
            hint: None,
        });
    }
    if let (Protocol::Bbob, Some(flag)) = (arguments.protocol, arguments.beside_driver()) {
        return Err(CommandError::Request {
            message: format!("`{flag}` means nothing in the bbob protocol, in which the driver says that"),
            hint: Some(format!("leave `{flag}` out, or take `--protocol json`")),
        });
    }
    let strategy = weights::with_network(arguments.strategy, arguments.weights.as_deref())?;
    let strategy = changed(strategy, &arguments.changes)?;
    let arguments = &OptimizeArguments { strategy, ..arguments.clone() };
    let mut lines = Lines { input: io::stdin().lock(), number: 0, longest: SHORT };
    let out = &mut BufWriter::new(out);
    match arguments.protocol {
        Protocol::Json => json::serve(arguments, &mut lines, out),
        Protocol::Bbob => bbob::serve(arguments, &mut lines, out),
    }
}

/// A strategy with other settings of its own.
fn changed(usual: Method, changes: &[String]) -> Result<Method, CommandError> {
    let mut method = usual;
    for change in changes {
        method = assigned(&method, change)
            .map_err(|error| CommandError::Request { message: error.to_string(), hint: error.hint() })?;
        for (flag, is_same) in [
            ("--strategy", method.name() == usual.name()),
            ("--deviation", method.deviation() == usual.deviation()),
        ] {
            if !is_same {
                let message = format!("`--set {change}` says what `{flag}` says");
                return Err(CommandError::Request { message, hint: Some(format!("take `{flag}`")) });
            }
        }
    }
    Ok(method)
}

/// Lines of the other program, counted.
struct Lines<I> {
    input: I,
    number: usize,
    /// Bytes of a line; more are not read.
    longest: u64,
}

/// Bytes of the longest line that is no list of numbers.
const SHORT: u64 = 1 << 16;

impl<I: BufRead> Lines<I> {
    /// From now on a line may have so many numbers.
    fn expect_numbers(&mut self, count: usize) {
        self.longest = SHORT + 64 * count as u64;
    }

    /// The next line that is not empty; none at the end.
    fn next(&mut self) -> Result<Option<String>, CommandError> {
        loop {
            let mut line = String::new();
            self.number += 1;
            match (&mut self.input).take(self.longest + 1).read_line(&mut line) {
                Ok(0) => return Ok(None),
                Ok(read) if read as u64 > self.longest => {
                    let problem = format!("is longer than {} bytes, more than an answer takes", self.longest);
                    return Err(self.wrong(&problem));
                }
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) => return Ok(Some(line.trim().to_owned())),
                Err(error) => return Err(self.wrong(&format!("cannot be read: {error}"))),
            }
        }
    }

    /// What is wrong with the line that was read last.
    fn wrong(&self, problem: &str) -> CommandError {
        self.wrong_with(problem, None)
    }

    /// The same and what would do instead.
    fn wrong_with(&self, problem: &str, hint: Option<String>) -> CommandError {
        CommandError::Request { message: format!("line {} of the input {problem}", self.number), hint }
    }
}

/// Refuses a search that this machine has no memory for.
pub(super) fn check_memory(settings: &Settings, dims: usize) -> Result<(), CommandError> {
    let (members, coordinates) = (settings.population as f64, dims as f64);
    let method = &settings.method;
    let memory = Memory::of_search(settings, coordinates, 8.0, false);
    Held { method, members, coordinates, memory }.check()
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use strategies::Optimizer;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: OptimizeArguments,
    }

    #[test]
    fn the_published_variant_has_the_published_adam() {
        for (variant, expected) in
            [("corrected", Optimizer::ADAM), ("as-published", Optimizer::PUBLISHED_ADAM)]
        {
            let words = ["tombola", "--strategy", "open-es", "--dims", "3", "--variant", variant];
            let settings = Line::parse_from(words).arguments.settings(3, None);
            let Method::OpenEs(own) = settings.method else { panic!("{settings:?}") };
            assert_eq!(own.optimizer, expected, "{variant}");
        }
    }

    #[test]
    fn lines_are_counted_and_empty_ones_left_out() {
        let mut lines = Lines { input: &b"a\n\n b \nc"[..], number: 0, longest: 4 };
        let mut next = || lines.next().expect("text").map(|line| (lines.number, line));
        assert_eq!(next(), Some((1, "a".to_owned())));
        assert_eq!(next(), Some((3, "b".to_owned())));
        assert_eq!(next(), Some((4, "c".to_owned())));
        assert_eq!(next(), None);
    }

    #[test]
    fn a_line_without_end_is_not_read_to_its_end() {
        let mut lines = Lines { input: io::BufReader::new(io::repeat(b'1')), number: 0, longest: 0 };
        lines.expect_numbers(4);
        let message = lines.next().expect_err("it has no end").to_string();
        assert_eq!(message, "line 1 of the input is longer than 65792 bytes, more than an answer takes");
    }
}
