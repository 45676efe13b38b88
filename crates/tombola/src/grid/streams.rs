//! Where the randomness of a cell comes from, and which cells have the same.
//!
//! | purpose | depends on | so that |
//! |---|---|---|
//! | `start` | seed | every strategy, criterion and level of a seed that goes back to its start begins at the same weights: tickets are paired |
//! | `fitness` | seed, level | all that is compared at a level saw the same batches and the same worlds |
//! | `search` | seed, level | it drew the same noise, as far as it has as many coordinates |
//! | what masks, shuffles and fresh starts are drawn from | seed, level | named in [`lottery::Procedure`]; each is used by the criteria that need it |
//!
//! None depends on the criterion, the strategy or the task. Differences between criteria are thus differences of paired
//! runs, with what they have in common taken out; a criterion that draws its masks has a stream that no other purpose has.
//! Level 0 has the streams of a plain run with the same seed (`tombola train`), and belongs to all criteria.

use numerics::random::Stream;

use super::cell::Cell;
use crate::run::settings::RunSettings;

/// The name of a purpose at a level. A child of the first level's stream would not do: generations count its children.
fn at_level(purpose: &str, level: u32) -> String {
    if level == 0 { purpose.to_owned() } else { format!("{purpose}/{level}") }
}

impl Cell {
    /// What fitness draws from at a level.
    pub fn fitness_stream(&self, level: u32) -> Stream {
        Stream::new(self.run.seed, &at_level("fitness", level))
    }

    /// The settings of the run of a level: the search draws from a stream of its own.
    pub fn level_run(&self, level: u32) -> RunSettings {
        let mut run = self.run.clone();
        run.plan.search.stream = at_level(&run.plan.search.stream, level);
        run
    }
}
