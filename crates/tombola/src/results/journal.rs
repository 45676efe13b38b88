//! Who worked at a unit, when, on what, for how long, and why it failed: `runs/ID.json`. People and estimates read it; no
//! result does.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{MOST_BYTES, Owner};
use crate::store;

/// How a turn at a unit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The unit is done.
    Done,
    /// The unit is done, and what it did diverged.
    Diverged,
    /// Somebody asked the process to stop.
    Stopped,
    /// The unit failed.
    Failed,
    /// The owner was held dead.
    Vanished,
}

/// One owner's turn at a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// How it ended.
    pub outcome: Outcome,
    /// Who it was, where that is known.
    pub owner: Option<Owner>,
    /// When it ended, in seconds since 1970 by the owner's clock; 0 where unknown.
    pub ended: u64,
    /// How long it took; for who vanished, counted in beats.
    pub seconds: f64,
    /// Threads that computed; 0 where unknown.
    pub threads: usize,
    /// Why it failed.
    pub error: Option<String>,
}

/// All turns at a unit, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What it is, in words.
    pub unit: String,
    /// The turns.
    pub turns: Vec<Turn>,
}

impl Record {
    /// A record that is missing or damaged is empty: nothing depends on it.
    pub(super) fn read(path: &Path) -> Record {
        let bytes = store::read_whole(path, MOST_BYTES).ok();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("records are data");
        text.push(b'\n');
        text
    }

    /// The turn that failed, if the last one did.
    pub fn failure(&self) -> Option<&Turn> {
        self.turns.last().filter(|turn| turn.outcome == Outcome::Failed)
    }

    /// Seconds of all turns, each times its threads.
    pub fn thread_seconds(&self) -> f64 {
        self.turns.iter().map(|turn| turn.seconds * turn.threads.max(1) as f64).sum()
    }
}
