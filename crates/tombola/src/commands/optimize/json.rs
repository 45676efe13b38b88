//! One JSON object a line, both ways.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strategies::{Criteria, Execution, Goal, Policy, Population, PopulationMut, Restarts, Settings};

use super::{Lines, OptimizeArguments, check_memory};
use crate::commands::CommandError;
use crate::suggest::nearest;

/// What is written in each generation.
#[derive(Serialize)]
struct Asked<'a> {
    /// Counted from 0, where there may be several.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<usize>,
    generation: u64,
    population: Vec<&'a [f64]>,
}

/// What is read after it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    fitness: Option<Vec<Option<f64>>>,
    #[serde(default)]
    stop: bool,
}

impl Answer {
    fn read(text: &str, lines: &Lines<impl BufRead>) -> Result<Answer, CommandError> {
        let error = match serde_json::from_str(text) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // The answer is one line, and the message names that of the input.
        let problem = error.to_string().replace(" at line 1 column ", ", at column ");
        let hint = match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(object) => object.keys().find_map(|key| {
                let like = nearest(key, ["fitness", "stop"])?;
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
        stagnation: policy != Policy::Never,
    };
    let start = vec![arguments.start.unwrap_or(0.0); dims];
    let mut restarts = Restarts::new(settings, policy, criteria, &start, None)
        .map_err(|error| CommandError::refused(&error))?;
    let here = Execution::default();
    let mut rows = vec![0.0; restarts.search().members() * dims];
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
        let asked = Asked { run, generation: search.generation(), population: rows.chunks(dims).collect() };
        line(out, &asked)?;
        let Some(text) = lines.next()? else { break "the input ended".to_owned() };
        let answer = Answer::read(&text, lines)?;
        if answer.stop {
            break "stopped by request".to_owned();
        }
        let fitness = answer.fitness.ok_or_else(|| lines.wrong("has neither `fitness` nor `stop`"))?;
        let fitness: Vec<f64> = fitness.into_iter().map(|fitness| fitness.unwrap_or(f64::NAN)).collect();
        restarts
            .tell(&here, Population::Rows(&rows), &fitness)
            .map_err(|error| lines.wrong(&format!("does not fit: {error}")))?;
    };
    let best = restarts.best().map(|best| Best { fitness: best.fitness, member: best.member });
    let (evaluations, failures) = (restarts.evaluations(), restarts.failures());
    line(out, &Done { done: End { reason, evaluations, failures, best } })
}

/// Writes a line that the other side can read at once.
fn line(out: &mut dyn Write, message: &impl Serialize) -> Result<(), CommandError> {
    serde_json::to_writer(&mut *out, message).map_err(|error| CommandError::Output(error.into()))?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}
