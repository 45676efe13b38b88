//! One JSON object a line, both ways.

use std::io::{BufRead, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strategies::arrivals::Arrivals;
use strategies::{
    Criteria, Execution, Goal, Policy, Population, PopulationMut, Restarts, RestartsState, Settings,
};

use super::{Lines, OptimizeArguments, check_memory};
use crate::commands::{CommandError, with_causes};
use crate::store;
use crate::suggest::nearest;

/// What is written in each generation.
#[derive(Serialize)]
struct Asked<'a> {
    /// Counted from 0, where there may be several.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<usize>,
    generation: u64,
    population: Vec<&'a [f64]>,
    /// Members that have not been told, where others have been.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<usize>,
}

/// What is read after it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    member: Option<usize>,
    fitness: Option<Fitness>,
    #[serde(default)]
    stop: bool,
}

/// Of one member, or of all.
#[derive(Deserialize)]
#[serde(untagged)]
enum Fitness {
    One(f64),
    All(Vec<Option<f64>>),
}

impl Answer {
    fn read(text: &str, lines: &Lines<impl BufRead>) -> Result<Answer, CommandError> {
        let error = match serde_json::from_str(text) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // The answer is one line, and the message names that of the input.
        let problem = error.to_string().replace(" at line 1 column ", ", at column ");
        let problem = problem.replace(
            "data did not match any variant of untagged enum Fitness",
            "a fitness is a number or null, or a list of them",
        );
        let hint = match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(object) => object.keys().find_map(|key| {
                let like = nearest(key, ["fitness", "member", "stop"])?;
                (like != key).then(|| format!("did you mean `{like}`?"))
            }),
            Err(_) if text.contains("NaN") || text.contains("Infinity") => {
                Some("write `null` where an evaluation gave no number".to_owned())
            }
            Err(_) => None,
        };
        Err(lines.wrong_with(&format!("is no answer: {problem}"), hint))
    }
}

/// A search between two messages, as it is kept.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    search: RestartsState<f64>,
    arrivals: Arrivals,
}

/// The search of a file that [`keep`] wrote, if there is one; it must be the one that was asked for.
fn kept(file: &Path, asked: &Restarts<f64>) -> Result<Option<(Restarts<f64>, Arrivals)>, CommandError> {
    let refused = |problem: &str, hint: &str| CommandError::Request {
        message: format!("{}: {problem}", file.display()),
        hint: Some(hint.to_owned()),
    };
    let bytes = match store::read_whole(file, MOST_STATE_BYTES) {
        Err(error) if error.is_missing() => return Ok(None),
        bytes => bytes?,
    };
    let away = "move the file away, or name another --state";
    let kept: Kept = serde_json::from_slice(&bytes)
        .map_err(|error| refused(&format!("is no search that was kept: {error}"), away))?;
    if !kept.search.is_of(&asked.state()) {
        return Err(refused(
            "is another search",
            "give the flags that it began with, or name another --state",
        ));
    }
    let search = Restarts::restore(&kept.search).map_err(|error| refused(&with_causes(&error), away))?;
    kept.arrivals.check(search.search()).map_err(|error| refused(&with_causes(&error), away))?;
    Ok(Some((search, kept.arrivals)))
}

/// Writes a search where it is to be kept, if anywhere.
fn keep(file: Option<&Path>, search: &Restarts<f64>, arrivals: &Arrivals) -> Result<(), CommandError> {
    let Some(file) = file else { return Ok(()) };
    let kept = Kept { search: search.state(), arrivals: arrivals.clone() };
    let bytes = serde_json::to_vec(&kept).expect("a search is data");
    store::write_whole(file, &bytes).map_err(|error| CommandError::Failed(error.into()))
}

/// The longest file of a search that is read.
const MOST_STATE_BYTES: u64 = 1 << 34;

/// What is written last.
#[derive(Serialize)]
struct Done<'a> {
    done: End<'a>,
}

#[derive(Serialize)]
struct End<'a> {
    reason: String,
    evaluations: u64,
    failures: u64,
    best: Option<Best<'a>>,
}

#[derive(Serialize)]
struct Best<'a> {
    fitness: f64,
    member: &'a [f64],
}

/// Serves one search.
pub(super) fn serve(
    arguments: &OptimizeArguments,
    lines: &mut Lines<impl BufRead>,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let dims = arguments.dims.ok_or_else(|| CommandError::Request {
        message: "the json protocol needs the number of coordinates".to_owned(),
        hint: Some("add `--dims D`".to_owned()),
    })?;
    let goal = if arguments.maximise { Goal::Maximise } else { Goal::Minimise };
    let settings = Settings { goal, ..arguments.settings(dims, None) };
    // Checked before the start is made, which may be too long for memory.
    settings.check(dims).map_err(|error| CommandError::refused(&error))?;
    check_memory(&settings, dims)?;
    let policy = arguments.policy(Policy::Never);
    let criteria = Criteria {
        target: arguments.target,
        evaluations: arguments.evaluations,
        stagnation: arguments.stagnation || policy != Policy::Never,
    };
    let start = vec![arguments.start.unwrap_or(0.0); dims];
    let mut restarts = Restarts::new(settings, policy, criteria, &start, region(arguments)?)
        .map_err(|error| CommandError::refused(&error))?;
    let mut arrivals = Arrivals::of(restarts.search());
    let state = arguments.state.as_deref();
    if let Some(found) = state.map(|file| kept(file, &restarts)).transpose()?.flatten() {
        (restarts, arrivals) = found;
    }
    let here = Execution::default();
    let mut rows = Vec::new();
    let nothing = criteria.reached(goal, None, 0);
    let reason = loop {
        if let Some(reason) = nothing.or(restarts.ended()) {
            break reason.to_string();
        }
        let search = restarts.search();
        lines.expect_numbers(search.members());
        if rows.len() != search.members() * dims {
            check_memory(search.settings(), dims)?;
            rows = vec![0.0; search.members() * dims];
        }
        search.ask(&here, PopulationMut::Rows(&mut rows)).map_err(|error| CommandError::refused(&error))?;
        let run = (policy != Policy::Never).then_some(restarts.stopped().len());
        let mut missing: Vec<usize> = arrivals.missing().collect();
        if missing.len() == search.members() {
            missing.clear();
        }
        let population = rows.chunks(dims).collect();
        line(out, &Asked { run, generation: search.generation(), population, missing })?;
        let fitness = match told(&mut arrivals, lines, |arrivals| keep(state, &restarts, arrivals))? {
            Heard::All(fitness) => fitness,
            Heard::End(reason) => break reason.to_owned(),
        };
        restarts
            .tell(&here, Population::Rows(&rows), &fitness)
            .map_err(|error| lines.wrong(&format!("does not fit: {error}")))?;
        arrivals = Arrivals::of(restarts.search());
        keep(state, &restarts, &arrivals)?;
    };
    let best = restarts.best().map(|best| Best { fitness: best.fitness, member: best.member });
    let (evaluations, failures) = (restarts.evaluations(), restarts.failures());
    line(out, &Done { done: End { reason, evaluations, failures, best } })
}

/// Where runs after the first begin.
fn region(arguments: &OptimizeArguments) -> Result<Option<[f64; 2]>, CommandError> {
    let Some(&[low, high]) = arguments.region.as_deref() else { return Ok(None) };
    if low.is_finite() && high.is_finite() && low < high {
        return Ok(Some([low, high]));
    }
    let message =
        format!("the region is from {low} to {high}; expected two finite numbers, the lower one first");
    Err(CommandError::Request { message, hint: None })
}

/// What was said of a generation.
enum Heard {
    /// The fitness of all members.
    All(Vec<f64>),
    /// Why nothing more will be.
    End(&'static str),
}

/// Listens until all members of a generation have their fitness, all at once or one after the other.
fn told(
    arrivals: &mut Arrivals,
    lines: &mut Lines<impl BufRead>,
    mut keep: impl FnMut(&Arrivals) -> Result<(), CommandError>,
) -> Result<Heard, CommandError> {
    loop {
        if let Some(fitness) = arrivals.fitness() {
            return Ok(Heard::All(fitness));
        }
        let Some(text) = lines.next()? else { return Ok(Heard::End("the input ended")) };
        let worth = |fitness: Option<f64>| fitness.unwrap_or(f64::NAN);
        match Answer::read(&text, lines)? {
            Answer { stop: true, .. } => return Ok(Heard::End("stopped by request")),
            Answer { member: None, fitness: Some(Fitness::All(fitness)), .. } => {
                return Ok(Heard::All(fitness.into_iter().map(worth).collect()));
            }
            Answer { member: Some(_), fitness: Some(Fitness::All(_)), .. } => {
                return Err(lines.wrong("is no answer: a member has one fitness"));
            }
            Answer { member: None, fitness: Some(Fitness::One(_)), .. } => {
                return Err(lines.wrong("is no answer: it does not say of which `member` the fitness is"));
            }
            Answer { member: None, fitness: None, .. } => {
                return Err(lines.wrong("has neither `fitness` nor `stop`"));
            }
            Answer { member: Some(member), fitness, .. } => {
                let one = match fitness {
                    Some(Fitness::One(one)) => Some(one),
                    _ => None,
                };
                let fits = arrivals.arrive(member, worth(one));
                fits.map_err(|error| lines.wrong(&format!("does not fit: {error}")))?;
                keep(arrivals)?;
            }
        }
    }
}

/// Writes a line that the other side can read at once.
fn line(out: &mut dyn Write, message: &impl Serialize) -> Result<(), CommandError> {
    serde_json::to_writer(&mut *out, message).map_err(|error| CommandError::Output(error.into()))?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}
