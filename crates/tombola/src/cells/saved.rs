//! Where a unit is: the rows of the levels that are done, and the search of the one at work.

use lottery::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::rows::{CurveRow, LevelRow};

/// What a unit saves between two results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    /// Of the levels that are done. Their tickets are among the results.
    pub(super) levels: Vec<LevelRow>,
    /// All their tests.
    pub(super) curves: Vec<CurveRow>,
    /// The level after them, if it has begun.
    pub(super) training: Option<Checkpoint>,
}

impl Saved {
    /// What was saved; nothing, where that is not to be read. Checksums are the folder's business, so this is of another
    /// version, whose work is redone.
    pub(super) fn read(bytes: Option<&[u8]>) -> Saved {
        bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("checkpoints are data")
    }
}
