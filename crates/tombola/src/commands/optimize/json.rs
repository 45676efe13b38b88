//! One JSON object a line, both ways.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strategies::{Execution, Goal, Population, PopulationMut, Search, Settings};

use super::{Lines, OptimizeArguments, check_memory};
use crate::commands::CommandError;
use crate::suggest::nearest;

/// What is written in each generation.
#[derive(Serialize)]
struct Asked<'a> {
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
    let mut search = Search::new(settings, &vec![arguments.start.unwrap_or(0.0); dims])
        .map_err(|error| CommandError::refused(&error))?;
    let here = Execution::default();
    lines.expect_numbers(search.members());
    let mut rows = vec![0.0; search.members() * dims];
    let reason = loop {
        if let Some(reason) = reached(arguments, &search) {
            break reason;
        }
        search.ask(&here, PopulationMut::Rows(&mut rows)).map_err(|error| CommandError::refused(&error))?;
        let asked = Asked { generation: search.generation(), population: rows.chunks(dims).collect() };
        line(out, &asked)?;
        let Some(text) = lines.next()? else { break "the input ended".to_owned() };
        let answer = Answer::read(&text, lines)?;
        if answer.stop {
            break "stopped by request".to_owned();
        }
        let fitness = answer.fitness.ok_or_else(|| lines.wrong("has neither `fitness` nor `stop`"))?;
        let fitness: Vec<f64> = fitness.into_iter().map(|fitness| fitness.unwrap_or(f64::NAN)).collect();
        search
            .tell(&here, Population::Rows(&rows), &fitness)
            .map_err(|error| lines.wrong(&format!("does not fit: {error}")))?;
    };
    let best = search.best().map(|best| Best { fitness: best.fitness, member: best.member });
    let (evaluations, failures) = (search.evaluations(), search.failures());
    line(out, &Done { done: End { reason, evaluations, failures, best } })
}

/// Why there is nothing more to ask for.
fn reached(arguments: &OptimizeArguments, search: &Search<f64>) -> Option<String> {
    let good = |target: f64| {
        search.best().is_some_and(|best| {
            if arguments.maximise { best.fitness >= target } else { best.fitness <= target }
        })
    };
    if arguments.target.is_some_and(good) {
        Some("the target was reached".to_owned())
    } else if arguments.evaluations.is_some_and(|most| search.evaluations() >= most) {
        Some("the evaluations are spent".to_owned())
    } else {
        search.stop().map(|reason| reason.to_string())
    }
}

/// Writes a line that the other side can read at once.
fn line(out: &mut dyn Write, message: &impl Serialize) -> Result<(), CommandError> {
    serde_json::to_writer(&mut *out, message).map_err(|error| CommandError::Output(error.into()))?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}
