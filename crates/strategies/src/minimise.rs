//! The loop around ask and tell, for functions of one vector.

use crate::execution::Execution;
use crate::outcome::{SearchError, StopReason};
use crate::population::{Population, PopulationMut};
use crate::real::Real;
use crate::search::Search;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the target was reached.
    pub reached: bool,
    /// Evaluations up to and with the first one that reached the target, else all.
    pub evaluations: u64,
    /// Why it ended before its evaluations were spent and without reaching the target.
    pub stopped: Option<StopReason>,
}

/// Evaluates `cost` generation by generation until it is at or below `target`, `evaluations` are spent, or the search
/// says that it is of no use to go on. The best candidate is [`Search::best`].
///
/// ```
/// use strategies::{Execution, Method, Search, Settings, minimise};
///
/// // A function of your own: here a valley with a bend.
/// let cost = |x: &[f32]| f64::from((x[0] - 1.0).powi(2) + 10.0 * (x[1] - x[0].sin()).powi(2));
/// let mut search = Search::new(Settings::new(Method::named("sep-cma-es")?, 16), &[0.0, 0.0])?;
/// let outcome = minimise(&mut search, &Execution::default(), cost, 1e-6, 10_000)?;
/// assert!(outcome.reached);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn minimise<T: Real>(
    search: &mut Search<T>,
    execution: &Execution<'_>,
    mut cost: impl FnMut(&[T]) -> f64,
    target: f64,
    evaluations: u64,
) -> Result<Outcome, SearchError> {
    let dims = search.dims();
    let mut rows = vec![T::ZERO; search.members() * dims];
    let mut costs = vec![0.0; search.members()];
    while search.evaluations() < evaluations {
        search.ask(execution, PopulationMut::Rows(&mut rows))?;
        for (cost_of, row) in costs.iter_mut().zip(rows.chunks_exact(dims)) {
            *cost_of = cost(row);
        }
        let before = search.evaluations();
        search.tell(execution, Population::Rows(&rows), &costs)?;
        if let Some(first) = costs.iter().position(|&cost| cost <= target) {
            return Ok(Outcome { reached: true, evaluations: before + first as u64 + 1, stopped: None });
        }
        if let Some(reason) = search.stop() {
            return Ok(Outcome { reached: false, evaluations: search.evaluations(), stopped: Some(reason) });
        }
    }
    Ok(Outcome { reached: false, evaluations: search.evaluations(), stopped: None })
}
