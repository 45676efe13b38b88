//! The line protocol of a benchmark driver: many problems one after the other, each with a budget, minimised.
//!
//! A search that can go no further is started again elsewhere, until the driver says that the budget is spent.

use std::io::{BufRead, Write};

use numerics::Isa;
use numerics::random::Stream;
use strategies::{Criteria, Execution, Policy, Population, PopulationMut, Restarts, Settings};

use super::{Lines, OptimizeArguments, check_memory};
use crate::commands::CommandError;

/// One problem.
struct Problem {
    dims: usize,
    lower: f64,
    upper: f64,
    evaluations: u64,
    seed: u64,
}

/// What the driver said to a population.
enum Answer {
    Values(Vec<f64>),
    Stop,
}

/// Serves problems until the driver quits.
pub(super) fn serve(
    arguments: &OptimizeArguments,
    lines: &mut Lines<impl BufRead>,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    while let Some(line) = lines.next()? {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[0] {
            "QUIT" => break,
            "START" => {
                let problem = problem(&words).ok_or_else(|| {
                    lines.wrong("is no `START dims lower upper evaluations seed` with lower below upper")
                })?;
                if let Some(dims) = arguments.dims.filter(|&dims| dims != problem.dims) {
                    let problem = format!("asks for {} dimensions; `--dims` is {dims}", problem.dims);
                    return Err(lines.wrong(&problem));
                }
                solve(arguments, &problem, lines, out)?;
                writeln!(out, "DONE")?;
                out.flush()?;
            }
            other => return Err(lines.wrong(&format!("begins with `{other}`; expected START or QUIT"))),
        }
    }
    Ok(())
}

fn problem(words: &[&str]) -> Option<Problem> {
    let [_, dims, lower, upper, evaluations, seed] = words else { return None };
    let problem = Problem {
        dims: dims.parse().ok()?,
        lower: lower.parse().ok()?,
        upper: upper.parse().ok()?,
        evaluations: evaluations.parse().ok()?,
        seed: seed.parse().ok()?,
    };
    let sound = problem.lower.is_finite() && problem.upper.is_finite() && problem.lower < problem.upper;
    sound.then_some(problem)
}

/// Searches again and again until the budget is spent or the driver has enough.
fn solve(
    arguments: &OptimizeArguments,
    problem: &Problem,
    lines: &mut Lines<impl BufRead>,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let dims = problem.dims;
    let usual = arguments.settings(dims, Some(0.2 * (problem.upper - problem.lower)));
    usual.check(dims).map_err(|error| CommandError::refused(&error))?;
    check_memory(&usual, dims)?;
    let here = Execution::default();
    let usual = Settings { seed: problem.seed, stream: "bbob restart".to_owned(), ..usual };
    let start = start(problem, &usual.stream);
    let (policy, region) = (arguments.policy(Policy::Same), Some([problem.lower, problem.upper]));
    let criteria = Criteria { evaluations: Some(problem.evaluations), ..Criteria::default() };
    let mut restarts = Restarts::new(usual, policy, criteria, &start, region)
        .map_err(|error| CommandError::refused(&error))?;
    if problem.evaluations == 0 {
        return Ok(());
    }
    let mut rows = vec![0.0; restarts.search().members() * dims];
    while restarts.ended().is_none() {
        let search = restarts.search();
        lines.expect_numbers(search.members());
        if rows.len() != search.members() * dims {
            check_memory(search.settings(), dims)?;
            rows = vec![0.0; search.members() * dims];
        }
        search.ask(&here, PopulationMut::Rows(&mut rows)).map_err(|error| CommandError::refused(&error))?;
        let Answer::Values(values) = evaluate(&rows, dims, lines, out)? else { return Ok(()) };
        restarts
            .tell(&here, Population::Rows(&rows), &values)
            .map_err(|error| lines.wrong(&format!("does not fit: {error}")))?;
    }
    Ok(())
}

/// Uniform in the middle four fifths of the box.
fn start(problem: &Problem, stream: &str) -> Vec<f64> {
    let mut uniform = vec![0.0; problem.dims];
    Stream::new(problem.seed, stream).child(0).uniform_into(Isa::detected(), 0, &mut uniform);
    let width = problem.upper - problem.lower;
    uniform.iter().map(|&u| problem.lower + width * (0.1 + 0.8 * f64::from(u))).collect()
}

/// Has a population evaluated.
fn evaluate(
    rows: &[f64],
    dims: usize,
    lines: &mut Lines<impl BufRead>,
    out: &mut dyn Write,
) -> Result<Answer, CommandError> {
    writeln!(out, "EVAL {}", rows.len() / dims)?;
    for row in rows.chunks(dims) {
        // The shortest digits that give the same number.
        let words: Vec<String> = row.iter().map(|x| format!("{x:e}")).collect();
        writeln!(out, "{}", words.join(" "))?;
    }
    out.flush()?;
    let Some(line) = lines.next()? else {
        return Err(lines.wrong("is missing: the input ended in the middle of a problem"));
    };
    if line == "STOP" {
        return Ok(Answer::Stop);
    }
    let values: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
    values.map(Answer::Values).map_err(|_| lines.wrong("is neither `STOP` nor a list of numbers"))
}
