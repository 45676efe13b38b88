//! What a search holds at once, at most: counted, so that what no machine has is refused before it is asked for.
//!
//! ```text
//! members    P D numbers; strategies that draw members whole copy them, and those of a square once more in f64: their
//!            steps.  And some numbers for each member
//! square     of CMA-ES, D x D in f64: C and its eigenvectors, and while it decomposes C made symmetric, the copy that is
//!            worked at, and new eigenvectors before and after they are put in order; of xNES its matrix, its inverse and
//!            as much for the exponential; of iAMaLGaM less
//!            .. while it is saved: C and its eigenvectors, their copy, and twice their text
//! vectors    of D: mean, best, deviations, paths, what a strategy remembers; and the network's: mask, start, mean, what is
//!            written of them
//! ```

use strategies::Settings;

/// Numbers of a search for each member: fitness, ranks, weights.
const OF_MEMBER: f64 = 16.0;

/// Vectors of a search, and of the network around it.
const VECTORS: f64 = 16.0;

/// Squares in `f64` while CMA-ES decomposes.
const SQUARES: f64 = 6.0;

/// Squares in `f64` that are saved, and bytes of the text of a number.
const SAVED: f64 = 2.0;
const TEXT: f64 = 21.0;

/// Bytes, by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// The population.
    pub members: f64,
    /// What grows with the square of the coordinates.
    pub square: f64,
    /// Everything else.
    pub rest: f64,
}

impl Memory {
    /// Of a search of so many coordinates, in numbers of so many bytes. What is saved is written as text.
    pub fn of_search(search: &Settings, coordinates: f64, number: f64, is_saved: bool) -> Memory {
        let (method, members, is_full) = (&search.method, search.population as f64, search.is_square());
        let copies = match method {
            _ if is_full => 2.0 * number + 8.0,
            _ if method.draws_whole_members() => 2.0 * number,
            _ => number,
        };
        let each = SQUARES * 8.0;
        let saving = SAVED * (2.0 * 8.0 + 2.0 * TEXT);
        let each = if is_saved { each.max(saving) } else { each };
        Memory {
            members: members * (coordinates * copies + OF_MEMBER * 8.0),
            square: if is_full { coordinates * coordinates * each } else { 0.0 },
            rest: coordinates * (VECTORS + method.remembers(members, coordinates)) * number,
        }
    }

    /// The same and so many bytes.
    #[must_use]
    pub fn and(self, bytes: f64) -> Memory {
        Memory { rest: self.rest + bytes, ..self }
    }

    /// All.
    pub fn bytes(&self) -> f64 {
        self.members + self.square + self.rest
    }
}
