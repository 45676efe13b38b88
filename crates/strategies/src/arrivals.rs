//! Fitness that arrives member by member, in any order: stragglers, several machines, a stop in the middle of a generation.
//!
//! Any member can be had alone at any time ([`Search::ask_member`]), so whoever has a number of a member needs nothing else.
//! When all have arrived, the search is told; its bits are those of a search that was told at once.
//!
//! ```
//! use strategies::arrivals::Arrivals;
//! use strategies::{Execution, Method, Search, Settings};
//!
//! let here = Execution::default();
//! let mut search = Search::<f64>::new(Settings::new(Method::named("cma-es")?, 6), &[1.0, -1.0])?;
//! let mut arrivals = Arrivals::of(&search);
//! for member in [4, 0, 5, 2, 1, 3] {
//!     let mut x = [0.0; 2];
//!     search.ask_member(member, &mut x)?;
//!     arrivals.arrive(member, x[0] * x[0] + x[1] * x[1])?;
//! }
//! assert!(arrivals.missing().next().is_none() && arrivals.tell(&mut search, &here)?.is_some());
//! assert_eq!((search.generation(), arrivals.missing().count()), (1, 6));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::execution::Execution;
use crate::outcome::{SearchError, Told};
use crate::population::Population;
use crate::real::Real;
use crate::search::Search;

/// What is known of a member.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Member {
    Missing,
    /// It gave no finite fitness.
    Failed,
    Worth(f64),
}

/// The members of one generation that have arrived. It is data, beside the state of its search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrivals {
    generation: u64,
    members: Vec<Member>,
}

impl Arrivals {
    /// Nobody yet, of the generation that a search asks for now.
    pub fn of<T: Real>(search: &Search<T>) -> Arrivals {
        Arrivals { generation: search.generation(), members: vec![Member::Missing; search.members()] }
    }

    /// Which members have not arrived, in order.
    pub fn missing(&self) -> impl Iterator<Item = usize> {
        let missing = |(_, member): &(usize, &Member)| **member == Member::Missing;
        self.members.iter().enumerate().filter(missing).map(|(index, _)| index)
    }

    /// The fitness of a member; NaN or infinite where its evaluation failed. One that arrives again counts as it did first.
    ///
    /// # Errors
    ///
    /// If there is no such member.
    pub fn arrive(&mut self, member: usize, fitness: f64) -> Result<(), SearchError> {
        let members = self.members.len();
        let place = self.members.get_mut(member).ok_or(SearchError::Member { member, members })?;
        if *place == Member::Missing {
            *place = if fitness.is_finite() { Member::Worth(fitness) } else { Member::Failed };
        }
        Ok(())
    }

    /// The fitness of all members, NaN where an evaluation failed; none while some are missing.
    pub fn fitness(&self) -> Option<Vec<f64>> {
        let worth = |member: &Member| match member {
            Member::Missing => None,
            Member::Failed => Some(f64::NAN),
            Member::Worth(fitness) => Some(*fitness),
        };
        self.members.iter().map(worth).collect()
    }

    /// Whether these are of the generation that a search asks for now.
    ///
    /// # Errors
    ///
    /// If they are of another generation, or of another count of members.
    pub fn check<T: Real>(&self, search: &Search<T>) -> Result<(), SearchError> {
        if self.generation != search.generation() {
            let (found, expected) = (self.generation, search.generation());
            return Err(SearchError::Generation { found, expected });
        }
        let (found, expected) = (self.members.len(), search.members());
        if found != expected {
            return Err(SearchError::Length { what: "fitness", found, expected });
        }
        Ok(())
    }

    /// Tells the search if all have arrived, and begins with its next generation; nothing happens before. Of searches that
    /// follow each other, [`Restarts::tell_arrivals`](crate::Restarts::tell_arrivals) does the same.
    ///
    /// # Errors
    ///
    /// If these are arrivals of another generation, or of another count of members.
    pub fn tell<T: Real>(
        &mut self,
        search: &mut Search<T>,
        execution: &Execution<'_>,
    ) -> Result<Option<Told>, SearchError> {
        self.check(search)?;
        let Some(fitness) = self.fitness() else { return Ok(None) };
        let told = search.tell(execution, Population::AsAsked, &fitness)?;
        *self = Arrivals::of(search);
        Ok(Some(told))
    }
}
