//! The names of the arrays of a trace, sorted: each is found in a few looks, and none is there twice.

use super::{EpisodesError, Held};

/// The order of the arrays by their names. Names are not copied: there may be as many as bytes.
pub(super) struct Names {
    sorted: Vec<usize>,
}

impl Names {
    /// Sorts the names of some arrays.
    pub(super) fn of(arrays: &[Held]) -> Result<Names, EpisodesError> {
        let mut sorted: Vec<usize> = (0..arrays.len()).collect();
        sorted.sort_unstable_by(|&one, &other| arrays[one].name.cmp(&arrays[other].name));
        match sorted.windows(2).find(|pair| arrays[pair[0]].name == arrays[pair[1]].name) {
            Some(pair) => Err(EpisodesError::Twice { name: arrays[pair[0]].name.clone() }),
            None => Ok(Names { sorted }),
        }
    }

    /// Where the array of a name is among those that were sorted.
    pub(super) fn find(&self, arrays: &[Held], name: &str) -> Option<usize> {
        let at = self.sorted.binary_search_by(|&array| arrays[array].name.as_str().cmp(name)).ok()?;
        Some(self.sorted[at])
    }
}
