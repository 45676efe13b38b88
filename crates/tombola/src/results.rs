//! The results folder: what units of work leave, safe for many processes and hosts on one shared folder, without a
//! database.
//!
//! ```text
//!   OUT/results/ID/          a unit that is done: its files, and manifest.json with size and SHA-256 of each
//!   OUT/work/ID/E-OWNER/     a unit at work: the files so far. The name of the folder is the lease
//!   OUT/work/ID/...          written, checkpoint, checkpoint.before, beat-OWNER, owner-OWNER.json
//!   OUT/runs/ID.json         who worked at it, when, for how long, and why it failed
//!   OUT/damaged/ID-N/        what was found damaged, moved aside
//! ```
//!
//! Under `results/` is nothing but functions of the unit: no time, no host, no version. So two people who did the same have
//! the same bytes there, and may compare folders.
//!
//! # The lease
//!
//! A unit at work has one folder, `E-OWNER`: the epoch, and who has it (`host.machine-pid.start-count`, unlike any other
//! that ever was). All that can go wrong between two owners is settled by renaming that folder, which file systems do at
//! one stroke, NFS included, where the server does it:
//!
//! | step | rename | why only one does it |
//! |---|---|---|
//! | begin | `work/.new-OWNER` (with `1-OWNER` in it) to `work/ID` | a folder never replaces one that is not empty |
//! | take over | `work/ID/3-OLD` to `work/ID/4-NEW` | the name `3-OLD` is there once |
//! | let go | `work/ID/3-OLD` to `work/ID/3-free` | the same |
//! | commit | `work/ID/3-OLD` to `results/ID` | the same |
//!
//! So a late owner, one that was stopped, was held dead, and wakes, commits nothing: the name it renames is gone. That is no
//! check with a moment behind it but the commit itself, and on NFS it is the server that looks the name up, whatever
//! a client remembers. Everything an owner writes besides goes by that name too, or is preceded by a look at it; what may
//! still slip through on NFS, while a client remembers a folder under its old name, is a result file (equal bytes, for
//! a result is a function of its unit), a line of `written` (true, or found out by its checksum) or an older checkpoint
//! (from which the same bytes follow). An answer that the network lost is not believed: after a refused rename the owner
//! looks whether the new name is there, which nobody else could have made. Hard links and locks would need more of the file
//! system, `O_EXCL` leaves a file that is there and empty, and a number in a file can be read before and written after.
//!
//! What a client of NFS remembers of other hosts' work may be a minute old. Who then finds nothing where a unit is at work,
//! or done, begins it; the server refuses the rename, or the commit finds the same bytes there. Beats are read with an
//! open of their own, for which NFS asks the server.
//!
//! Whether an owner lives is for the observer to see: its `beat` counts on, or it does not for several beats *on the
//! observer's clock*. Clocks of two hosts are never compared. An owner on the same machine whose process is gone is dead at
//! once. Who takes a lease from a living owner wastes work, and spoils nothing.
//!
//! # The commit
//!
//! A result is written under a temporary name, synced, renamed; then a line with its checksum goes to `written`. The next
//! owner keeps what is listed there and has that checksum. The manifest is the last file; then the folder is synced and
//! gets its name in `results/`. A unit without a manifest that fits its files to the byte is not done: it is moved to
//! `damaged/`, said so, and done anew. A file that is there and cannot be read now (it is refused, the disk or the network
//! does not answer) is no damage: that stops the work, and nothing is moved. Files that the manifest does not name harm
//! nobody, and are left where they are.
//!
//! # Invariants
//!
//! - **Whatever ends the process,** or fills the disk: what is under `results/` is whole, and the rest is taken up or redone.
//! - **What does not have its checksum is never used.**
//! - **Absent:** clocks, threads, and any notion of what a unit is.

mod checkpoint;
mod journal;
mod lease;
mod manifest;
#[cfg(test)]
mod mutations;
mod owner;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub use journal::{Outcome, Record, Turn};
pub use lease::{Aside, Lease, Pulse};
pub use manifest::{Entry, Manifest};
pub use owner::Owner;

use crate::store::disk::{self, Disk};
use crate::store::{self, StoreError};
use owner::Token;

/// Name of the file that makes a folder a result.
pub const MANIFEST: &str = "manifest.json";

/// Longest manifest, record or list that is read.
const MOST_BYTES: u64 = 1 << 26;

/// Why the folder does not serve.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum ResultsError {
    Store(StoreError),
    /// Another owner has the unit now.
    Lost {
        id: String,
    },
    /// What another version of the program left half done.
    OtherVersion {
        path: PathBuf,
        there: String,
        here: String,
    },
    /// A unit that was done with other data than those of its name now.
    OtherData {
        path: PathBuf,
        there: String,
        here: String,
    },
    /// A result that is not what its manifest says.
    Damaged(Damage),
    /// A unit was done twice, and not the same.
    Differs {
        path: PathBuf,
        name: String,
    },
    /// A unit that is not done.
    Missing {
        path: PathBuf,
    },
}

impl ResultsError {
    /// What would do instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            ResultsError::OtherVersion { there, .. } => {
                Some(format!("go on with {there}, or begin what is not done anew with --from-scratch"))
            }
            ResultsError::OtherData { .. } => Some(
                "bring back the data that were there, or take another folder with --out: results of two data sets are not \
                 mixed"
                    .to_owned(),
            ),
            ResultsError::Differs { path, .. } => Some(format!(
                "results do not depend on the machine: please report this; {} is as it was",
                path.display()
            )),
            _ => None,
        }
    }
}

impl From<StoreError> for ResultsError {
    fn from(error: StoreError) -> ResultsError {
        ResultsError::Store(error)
    }
}

impl From<Damage> for ResultsError {
    fn from(damage: Damage) -> ResultsError {
        ResultsError::Damaged(damage)
    }
}

impl fmt::Display for ResultsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResultsError::Store(error) => error.fmt(f),
            ResultsError::Lost { id } => write!(f, "another process has taken over {id}"),
            ResultsError::OtherVersion { path, there, here } => write!(
                f,
                "{} was left half done by {there}, and this is {here}: its numbers may differ",
                path.display()
            ),
            ResultsError::OtherData { path, there, here } => {
                write!(f, "{} was done with other data: {there} there, and {here} now", path.display())
            }
            ResultsError::Damaged(damage) => damage.fmt(f),
            ResultsError::Differs { path, name } => {
                write!(f, "{} was done twice, and {name} is not the same", path.display())
            }
            ResultsError::Missing { path } => write!(f, "{} is not done", path.display()),
        }
    }
}

impl std::error::Error for ResultsError {}

/// A file that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

impl Damage {
    fn missing(path: &Path) -> Damage {
        Damage { path: path.to_owned(), problem: "it is missing".to_owned() }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is damaged: {}", self.path.display(), self.problem)
    }
}

/// What `results/` has of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Missing,
    /// All of it.
    Done(Manifest),
    /// Something that is not to be used.
    Damaged(Damage),
}

/// What `work/` has of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: nobody began it, or it is done.
    Nothing,
    /// Begun, and let go.
    Free(Holding),
    /// Somebody's.
    Held(Holding),
    /// A folder without an owner: somebody was ended between two steps, or is between them now.
    Unsettled,
}

/// A unit in somebody's hands, as seen at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    epoch: u64,
    name: String,
    token: Option<Token>,
    beat: Vec<u8>,
    /// When it last showed that it lives, by the clock of the disk: for people, as clocks of two hosts may differ.
    pub beaten: Option<std::time::SystemTime>,
    /// Who it is, where that could be read.
    pub owner: Option<Owner>,
}

impl Holding {
    /// Unlike what it was before, while the owner lives.
    pub fn sign_of_life(&self) -> (&str, &[u8]) {
        (&self.name, &self.beat)
    }

    /// Who has it, for people. An owner that has not told who it is yet is named by what it took the unit with.
    pub fn who(&self) -> String {
        match (&self.owner, &self.token) {
            (Some(owner), _) => owner.to_string(),
            (None, Some(token)) => token.to_string(),
            (None, None) => "another process".to_owned(),
        }
    }

    /// The turn of an owner that was held dead.
    pub fn vanished(&self) -> Turn {
        let beats = std::str::from_utf8(&self.beat).ok().and_then(|text| text.trim().parse().ok());
        let every = self.owner.as_ref().map_or(0.0, |owner| owner.beat_seconds);
        Turn {
            outcome: Outcome::Vanished,
            owner: self.owner.clone(),
            ended: 0,
            seconds: beats.unwrap_or(0.0) * every,
            threads: 0,
            error: None,
        }
    }
}

/// A results folder, and who this process is in it.
#[derive(Debug)]
pub struct Results {
    root: PathBuf,
    disk: Disk,
    me: Owner,
    count: AtomicU64,
}

impl Results {
    /// The folder, as it is; nothing is made or changed. For who only reads.
    pub fn at(root: &Path, me: Owner) -> Results {
        Results { root: root.to_owned(), disk: Disk::default(), me, count: AtomicU64::new(0) }
    }

    /// The folder, to work in: made where it is missing, and rid of what ended processes left.
    pub fn open(root: &Path, me: Owner, disk: Disk) -> Result<Results, StoreError> {
        if let Some(above) = root.parent() {
            store::make_folder(above)?;
        }
        let results = Results { disk, ..Results::at(root, me) };
        results.disk.make_folder(root)?;
        for name in ["results", "work", "runs"] {
            results.disk.make_folder(&root.join(name))?;
        }
        results.sweep()?;
        Ok(results)
    }

    /// Removes what means nothing: half-made names of processes that have ended, and folders on their way out.
    fn sweep(&self) -> Result<(), StoreError> {
        let is_left = |name: &str, kind: &str| {
            let token = name.strip_prefix(kind).and_then(Token::parse);
            token.is_some_and(|token| token.is_gone_from(&self.me))
        };
        let (work, runs) = (self.root.join("work"), self.root.join("runs"));
        for name in disk::names(&work)? {
            if name.starts_with(".old-") || is_left(&name, ".new-") {
                self.disk.remove_folder(&work.join(name))?;
            }
        }
        for name in disk::names(&runs)?.iter().filter(|name| is_left(name, ".part-")) {
            self.disk.remove(&runs.join(name))?;
        }
        Ok(())
    }

    /// The folder of all.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Who this process is.
    pub fn me(&self) -> &Owner {
        &self.me
    }

    /// Where a unit lies when it is done.
    pub fn done_path(&self, id: &str) -> PathBuf {
        self.root.join("results").join(id)
    }

    fn work_path(&self, id: &str) -> PathBuf {
        self.root.join("work").join(id)
    }

    fn runs_path(&self, id: &str) -> PathBuf {
        self.root.join("runs").join(format!("{id}.json"))
    }

    /// Whether a unit is done, by its manifest and the lengths of its files. No file is read.
    pub fn glance(&self, id: &str) -> Result<State, ResultsError> {
        manifest::state(&self.done_path(id), id, false)
    }

    /// Whether a unit is done, with the checksum of every file.
    pub fn check(&self, id: &str) -> Result<State, ResultsError> {
        manifest::state(&self.done_path(id), id, true)
    }

    /// What else lies with the files of a unit that is done. What is hidden does not count: file systems and programs that
    /// show folders leave such things.
    pub fn strangers(&self, id: &str, manifest: &Manifest) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.done_path(id);
        let is_known =
            |name: &String| name == MANIFEST || name.starts_with('.') || manifest.entry(name).is_some();
        let names = disk::names(&folder)?.into_iter().filter(|name| !is_known(name));
        Ok(names.map(|name| folder.join(name)).collect())
    }

    /// A file of a unit that is done.
    pub fn read(&self, id: &str, name: &str) -> Result<Vec<u8>, ResultsError> {
        let path = self.done_path(id);
        let manifest = match self.glance(id)? {
            State::Done(manifest) => manifest,
            State::Missing => return Err(ResultsError::Missing { path }),
            State::Damaged(damage) => return Err(ResultsError::Damaged(damage)),
        };
        let entry = manifest.entry(name).ok_or(ResultsError::Missing { path: path.join(name) })?;
        entry.read(&path)
    }

    /// Who has a unit.
    pub fn look(&self, id: &str) -> Result<Found, StoreError> {
        let folder = self.work_path(id);
        if !disk::exists(&folder) {
            return Ok(Found::Nothing);
        }
        let names = disk::names(&folder)?;
        let epochs = names.iter().filter_map(|name| {
            let (epoch, rest) = name.split_once('-')?;
            Some((epoch.parse::<u64>().ok()?, name, rest))
        });
        let Some((epoch, name, rest)) = epochs.max() else {
            return Ok(if disk::exists(&folder) { Found::Unsettled } else { Found::Nothing });
        };
        let read = |name: String| store::read_whole(&folder.join(name), MOST_BYTES).ok();
        let beat = read(format!("beat-{rest}")).unwrap_or_default();
        let owner = read(format!("owner-{rest}.json")).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let token = Token::parse(rest);
        let beaten = disk::written(&folder.join(format!("beat-{rest}")));
        let holding = Holding { epoch, name: name.clone(), token, beat, beaten, owner };
        Ok(if rest == FREE { Found::Free(holding) } else { Found::Held(holding) })
    }

    /// Whether the owner ran on this machine and its process is no more.
    pub fn is_dead(&self, holding: &Holding) -> bool {
        holding.token.as_ref().is_some_and(|token| token.is_gone_from(&self.me))
    }

    /// Takes a unit, as it was found; none where somebody was faster.
    pub fn take(&self, id: &str, found: &Found) -> Result<Option<Lease<'_>>, StoreError> {
        let token = self.me.token(self.count.fetch_add(1, Ordering::Relaxed));
        let folder = self.work_path(id);
        let (epoch, taken) = match found {
            Found::Nothing => (1, self.begin(id, &token)?),
            Found::Unsettled => {
                self.discard(id)?;
                (1, self.begin(id, &token)?)
            }
            Found::Free(old) | Found::Held(old) => {
                let epoch = old.epoch + 1;
                let (from, to) = (folder.join(&old.name), folder.join(stage_name(epoch, &token)));
                (epoch, self.renamed(&from, &to, &to)?)
            }
        };
        if taken { Lease::begin(self, id, epoch, token) } else { Ok(None) }
    }

    /// Makes the folder of a unit at work, with this owner's folder in it; no where there is one.
    fn begin(&self, id: &str, token: &str) -> Result<bool, StoreError> {
        let new = self.root.join("work").join(format!(".new-{token}"));
        let stage = stage_name(1, token);
        self.disk.make_folder(&new)?;
        let begun = self
            .disk
            .make_folder(&new.join(&stage))
            .and_then(|()| self.renamed(&new, &self.work_path(id), &self.work_path(id).join(stage)));
        if !matches!(begun, Ok(true)) {
            let _ = self.disk.remove_folder(&new);
        }
        begun
    }

    /// Renames, and tells whether it was this process that did; `proof` is there only if so.
    fn renamed(&self, from: &Path, to: &Path, proof: &Path) -> Result<bool, StoreError> {
        match self.disk.rename(from, to) {
            Ok(()) => Ok(true),
            // an answer may have been lost on the way, and the question asked again
            Err(_) if disk::exists(proof) => Ok(true),
            Err(error) if error.is_missing() || error.is_taken() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes what `work/` has of a unit, which somebody may have in hand: that one then has lost it.
    pub fn discard(&self, id: &str) -> Result<(), StoreError> {
        let folder = self.work_path(id);
        if !disk::exists(&folder) {
            return Ok(());
        }
        let token = self.me.token(self.count.fetch_add(1, Ordering::Relaxed));
        let old = self.root.join("work").join(format!(".old-{token}"));
        match self.disk.rename(&folder, &old) {
            Err(error) if error.is_missing() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.disk.remove_folder(&old),
        }
    }

    /// Whether another version of the program left something half done.
    pub fn other_version(&self, id: &str) -> Option<ResultsError> {
        let path = self.work_path(id);
        let there = lease::program_of(&path)?;
        let here = self.me.program.clone();
        (there != here).then_some(ResultsError::OtherVersion { path, there, here })
    }

    /// What else than `text` a unit is that is done: the text that its result `name` has instead.
    pub fn other_text(&self, id: &str, name: &str, text: &str) -> Result<Option<String>, ResultsError> {
        let State::Done(manifest) = self.glance(id)? else { return Ok(None) };
        let is_same = manifest.entry(name) == Some(&Entry::of(name, text.as_bytes()));
        let there =
            || self.read(id, name).map_or(String::new(), |bytes| String::from_utf8_lossy(&bytes).into());
        Ok((!is_same).then(there))
    }

    /// What is known of the runs of a unit.
    pub fn record(&self, id: &str) -> Record {
        Record::read(&self.runs_path(id))
    }
}

/// What stands for the owner of a unit that was let go.
const FREE: &str = "free";

fn stage_name(epoch: u64, token: &str) -> String {
    format!("{epoch:06}-{token}")
}
