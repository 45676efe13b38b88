//! The folder of a training run. It holds all that is needed to go on, and to know what was done.
//!
//! | file | holds | written |
//! |---|---|---|
//! | `settings.json` | what decides the run | first |
//! | `start.safetensors` | network, mask and start, as a ticket that nobody trained | second |
//! | `checkpoint.json` | the search and the curve, after some generation | now and then |
//! | `curve.csv` | the tests, a row each | with each checkpoint |
//! | `ticket.safetensors` | the trained network | last: a folder that has it is done |
//! | `lock` | nothing; held by the process that writes | |
//!
//! Each file appears whole or not at all ([`crate::store`]), and none depends on the moment at which a process was
//! ended: the next one goes on from the checkpoint and leaves the same bytes as a run that nobody ended.

use std::fs::File;
use std::path::{Path, PathBuf};

use lottery::{Checkpoint, Point};
use networks::Ticket;
use serde::de::DeserializeOwned;

use super::settings::RunSettings;
use crate::store::{self, StoreError};

/// Files longer than this are not a run's.
const MOST_BYTES: u64 = 1 << 33;

/// The folder of one run, held by this process.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Held until the process ends, however it does.
    _lock: File,
}

/// Why a folder does not serve.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum FolderError {
    Store(StoreError),
    /// Another process writes there.
    Held {
        path: PathBuf,
    },
    /// Another run lives there.
    Other {
        path: PathBuf,
        key: String,
        there: String,
        asked: String,
    },
    /// A file is not what it should be.
    Damaged {
        path: PathBuf,
        problem: String,
    },
}

impl From<StoreError> for FolderError {
    fn from(error: StoreError) -> FolderError {
        FolderError::Store(error)
    }
}

impl FolderError {
    /// What would do instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            FolderError::Store(_) => None,
            FolderError::Held { .. } => Some("wait for it to end, or give another --out".to_owned()),
            FolderError::Other { path, .. } => Some(format!(
                "give another --out, or the settings of the run there; or delete {}",
                path.display()
            )),
            FolderError::Damaged { path, .. } => {
                Some(format!("delete {} to begin anew from what is left", path.display()))
            }
        }
    }
}

impl std::fmt::Display for FolderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FolderError::Store(error) => error.fmt(f),
            FolderError::Held { path } => write!(f, "another process trains in {}", path.display()),
            FolderError::Other { path, key, there, asked } => {
                write!(
                    f,
                    "{} holds another run: `{key}` is {there} there, and {asked} was asked for",
                    path.display()
                )
            }
            FolderError::Damaged { path, problem } => write!(f, "{} is damaged: {problem}", path.display()),
        }
    }
}

impl std::error::Error for FolderError {}

impl RunFolder {
    /// Takes a folder for a run: a new one, or that of the same run.
    pub fn open(path: &Path, settings: &RunSettings, start: &Ticket) -> Result<RunFolder, FolderError> {
        store::make_folder(path)?;
        let lock =
            store::lock(&path.join("lock"))?.ok_or_else(|| FolderError::Held { path: path.to_owned() })?;
        let folder = RunFolder { path: path.to_owned(), _lock: lock };
        let other = |(key, there, asked)| FolderError::Other { path: path.to_owned(), key, there, asked };
        match folder.read_json::<RunSettings>("settings.json")? {
            Some(there) => {
                if let Some(difference) = there.difference(settings) {
                    return Err(other(difference));
                }
            }
            None => {
                let text = serde_json::to_string_pretty(settings).expect("settings are data");
                store::write_whole(&folder.file("settings.json"), format!("{text}\n").as_bytes())?;
            }
        }
        let name = "start.safetensors";
        match folder.read(name)? {
            Some(bytes) => {
                let there = Ticket::decode(&bytes).map_err(|error| folder.damaged(name, &error))?;
                if there != *start {
                    let [there, asked] =
                        [&there, start].map(|ticket| format!("{} weights", ticket.mask().kept()));
                    return Err(other(("the mask and the start".to_owned(), there, asked)));
                }
            }
            None => store::write_whole(&folder.file(name), &start.encode())?,
        }
        Ok(folder)
    }

    /// Where a file of the run lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The ticket, if the run is done.
    pub fn ticket(&self) -> Result<Option<Ticket>, FolderError> {
        let name = "ticket.safetensors";
        let decode = |bytes: Vec<u8>| Ticket::decode(&bytes).map_err(|error| self.damaged(name, &error));
        self.read(name)?.map(decode).transpose()
    }

    /// Where the run was last, if it has begun.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, FolderError> {
        self.read_json("checkpoint.json")
    }

    /// What is wrong with a file of the run.
    pub fn damaged(&self, name: &str, problem: &dyn std::fmt::Display) -> FolderError {
        FolderError::Damaged { path: self.file(name), problem: problem.to_string() }
    }

    /// Writes where the run is, and its curve.
    pub fn save(&self, checkpoint: &Checkpoint, curve: &[Point], score: &str) -> Result<(), FolderError> {
        let text = serde_json::to_vec(checkpoint).expect("checkpoints are data");
        store::write_whole(&self.file("checkpoint.json"), &text)?;
        self.write_curve(curve, score)
    }

    fn write_curve(&self, curve: &[Point], score: &str) -> Result<(), FolderError> {
        Ok(store::write_whole(&self.file("curve.csv"), curve_csv(curve, score).as_bytes())?)
    }

    /// Writes the trained network: the run is done. The curve once more, since the process that saved the last checkpoint may
    /// have ended before it wrote that.
    pub fn finish(&self, ticket: &Ticket, curve: &[Point], score: &str) -> Result<(), FolderError> {
        self.write_curve(curve, score)?;
        Ok(store::write_whole(&self.file("ticket.safetensors"), &ticket.encode())?)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        match store::read_whole(&self.file(name), MOST_BYTES) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, FolderError> {
        let parse =
            |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| self.damaged(name, &error));
        self.read(name)?.map(parse).transpose()
    }
}

/// The tests of a run, a row each; `score` names the last column.
pub fn curve_csv(curve: &[Point], score: &str) -> String {
    let mut text = format!("generation,evaluations,failures,fitness_mean,fitness_best,deviation,{score}\n");
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for point in curve {
        let Point { generation, evaluations, failures, .. } = point;
        let [mean, best, deviation] = [point.fitness_mean, point.fitness_best, point.deviation].map(number);
        text += &format!("{generation},{evaluations},{failures},{mean},{best},{deviation},{}\n", point.score);
    }
    text
}
