//! A unit in this process's hands: its files so far, its checkpoints, and the commit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::manifest::{self, Entry, Manifest};
use super::{Damage, FREE, MANIFEST, MOST_BYTES, Results, ResultsError, State, Turn, checkpoint, stage_name};
use crate::store::disk::{self, Disk};
use crate::store::{self, StoreError};

/// Longest checkpoint that is read.
const MOST_CHECKPOINT_BYTES: u64 = 1 << 33;

/// The newer checkpoint and the older one.
const CHECKPOINTS: [&str; 2] = ["checkpoint", "checkpoint.before"];

/// Program, and the files so far: a line each.
const WRITTEN: &str = "written";

/// The owner's sign of life.
#[derive(Debug)]
pub struct Pulse {
    disk: Disk,
    stage: PathBuf,
    path: PathBuf,
    count: AtomicU64,
    is_lost: AtomicBool,
}

impl Pulse {
    /// Shows that the owner lives; finds out whether it still is the owner.
    pub fn beat(&self) {
        if !disk::exists(&self.stage) {
            self.is_lost.store(true, Ordering::SeqCst);
            return;
        }
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        // who cannot show that it lives may lose the unit, and nothing else
        let _ = self.disk.overwrite(&self.path, format!("{count:020}\n").as_bytes());
    }

    /// Whether the unit was found to be another's.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst)
    }
}

/// What became of a result that was to be moved aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aside {
    /// It lies there now.
    Moved(PathBuf),
    /// It is whole, and where it was.
    Whole(Manifest),
}

/// A unit in this process's hands.
#[derive(Debug)]
pub struct Lease<'r> {
    results: &'r Results,
    id: String,
    epoch: u64,
    token: String,
    /// `work/ID` and `work/ID/E-OWNER`.
    folder: PathBuf,
    stage: PathBuf,
    files: Vec<Entry>,
    pulse: Arc<Pulse>,
}

impl<'r> Lease<'r> {
    /// Of a folder that has this owner's name already; none where it has lost it again.
    pub(super) fn begin(
        results: &'r Results,
        id: &str,
        epoch: u64,
        token: String,
    ) -> Result<Option<Lease<'r>>, StoreError> {
        let folder = results.work_path(id);
        let stage = folder.join(stage_name(epoch, &token));
        let pulse = Arc::new(Pulse {
            disk: results.disk.clone(),
            stage: stage.clone(),
            path: folder.join(format!("beat-{token}")),
            count: AtomicU64::new(0),
            is_lost: AtomicBool::new(false),
        });
        let lease =
            Lease { results, id: id.to_owned(), epoch, token, folder, stage, files: Vec::new(), pulse };
        lease.pulse.beat();
        let me = serde_json::to_vec(&results.me).expect("owners are data");
        let told = results.disk.write(&lease.folder.join(format!("owner-{}.json", lease.token)), &me);
        match told {
            Ok(()) => Ok(Some(lease)),
            Err(_) if !lease.is_current() => Ok(None),
            Err(error) => {
                lease.release();
                Err(error)
            }
        }
    }

    /// The unit.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many owners it has had, this one included.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The sign of life, for who gives it.
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Whether the unit is still this owner's.
    pub fn is_current(&self) -> bool {
        disk::exists(&self.stage)
    }

    fn must_be_current(&self) -> Result<(), ResultsError> {
        if self.is_current() { Ok(()) } else { Err(ResultsError::Lost { id: self.id.clone() }) }
    }

    /// An error of a step: where the unit is another's by now, that is the reason.
    fn fenced<T, E: Into<ResultsError>>(&self, step: Result<T, E>) -> Result<T, ResultsError> {
        step.map_err(|error| {
            if self.is_current() { error.into() } else { ResultsError::Lost { id: self.id.clone() } }
        })
    }

    #[cfg(test)]
    pub(super) fn stage(&self) -> &Path {
        &self.stage
    }

    fn part(&self) -> PathBuf {
        self.folder.join(format!("part-{}", self.token))
    }

    /// Takes up what earlier owners left, as far as it has its checksums; answers with what has not, and is gone.
    /// `from_scratch` takes up nothing of another version of the program.
    pub fn open(&mut self, from_scratch: bool) -> Result<Vec<Damage>, ResultsError> {
        let mut damages = Vec::new();
        if let Some(other) = self.results.other_version(&self.id) {
            if !from_scratch {
                return Err(other);
            }
            self.forget()?;
        }
        let before = match store::read_whole(&self.folder.join(WRITTEN), MOST_BYTES) {
            Err(error) if error.is_missing() || error.is_too_long() => Vec::new(),
            before => self.fenced(before)?,
        };
        for entry in listed(&before) {
            match entry.read(&self.stage) {
                Err(ResultsError::Damaged(damage)) => damages.push(damage),
                read => self.fenced(read).map(|_| self.enter(entry))?,
            }
        }
        self.must_be_current()?;
        self.tidy()?;
        let now = self.list();
        if now.as_bytes() != before {
            let written =
                self.results.disk.write_whole(&self.part(), &self.folder.join(WRITTEN), now.as_bytes());
            self.fenced(written)?;
        }
        Ok(damages)
    }

    /// Forgets what is there: to be opened again.
    pub fn forget(&mut self) -> Result<(), ResultsError> {
        for name in CHECKPOINTS.iter().chain(&[WRITTEN]) {
            self.fenced(self.results.disk.remove(&self.folder.join(name)))?;
        }
        self.files.clear();
        Ok(())
    }

    /// Removes files that are not listed, and what earlier owners had for themselves.
    fn tidy(&self) -> Result<(), ResultsError> {
        let disk = &self.results.disk;
        for name in self.fenced(disk::names(&self.stage))? {
            if !self.files.iter().any(|entry| entry.name == name) {
                self.fenced(disk.remove(&self.stage.join(name)))?;
            }
        }
        for name in self.fenced(disk::names(&self.folder))? {
            let owner = ["part-", "beat-", "owner-"].iter().find_map(|kind| name.strip_prefix(kind));
            if owner.is_some_and(|owner| owner.trim_end_matches(".json") != self.token) {
                self.fenced(disk.remove(&self.folder.join(name)))?;
            }
        }
        Ok(())
    }

    fn enter(&mut self, entry: Entry) {
        self.files.retain(|old| old.name != entry.name);
        self.files.push(entry);
    }

    fn list(&self) -> String {
        let lines: String = self.files.iter().map(|entry| format!("{}\n", entry.line())).collect();
        format!("{PROGRAM}{}\n{lines}", self.results.me.program)
    }

    /// The files that are there, in the order in which they were written.
    pub fn files(&self) -> &[Entry] {
        &self.files
    }

    /// A file that this owner or an earlier one wrote.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ResultsError> {
        let Some(entry) = self.files.iter().find(|entry| entry.name == name) else { return Ok(None) };
        self.fenced(entry.read(&self.stage)).map(Some)
    }

    /// Writes a result, which must be a function of the unit alone.
    ///
    /// # Panics
    ///
    /// If `name` is none that a result can have.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
        assert!(manifest::is_plain(name), "`{name}` is no name of a result");
        let disk = &self.results.disk;
        let (entry, part) = (Entry::of(name, bytes), self.part());
        self.fenced(disk.write(&part, bytes))?;
        self.must_be_current()?;
        self.fenced(disk.rename(&part, &self.stage.join(name)))?;
        let line = format!("{}\n", entry.line());
        self.fenced(disk.append(&self.folder.join(WRITTEN), line.as_bytes()))?;
        self.enter(entry);
        Ok(())
    }

    /// The newest checkpoint that serves, and what is wrong with newer ones.
    pub fn checkpoint(&self) -> Result<(Option<Vec<u8>>, Vec<Damage>), ResultsError> {
        let mut damages = Vec::new();
        for path in CHECKPOINTS.map(|name| self.folder.join(name)) {
            let bytes = match store::read_whole(&path, MOST_CHECKPOINT_BYTES) {
                Err(error) if error.is_missing() => continue,
                bytes => self.fenced(bytes)?,
            };
            match checkpoint::decode(&bytes, &self.id, &self.files) {
                Ok(found) if found.program == self.results.me.program => {
                    return Ok((Some(found.bytes), damages));
                }
                Ok(found) => damages.push(Damage { path, problem: format!("{} wrote it", found.program) }),
                Err(problem) => damages.push(Damage { path, problem }),
            }
        }
        self.must_be_current()?;
        Ok((None, damages))
    }

    /// Keeps a checkpoint, and the one before it.
    pub fn save(&self, bytes: &[u8]) -> Result<(), ResultsError> {
        let disk = &self.results.disk;
        let [newer, older] = CHECKPOINTS.map(|name| self.folder.join(name));
        let part = self.part();
        let file = checkpoint::encode(&self.results.me.program, &self.id, &self.files, bytes);
        self.fenced(disk.write(&part, &file))?;
        self.must_be_current()?;
        if disk::exists(&newer) {
            self.fenced(disk.rename(&newer, &older))?;
        }
        self.fenced(disk.rename(&part, &newer))?;
        self.fenced(disk.sync_folder(&self.folder))
    }

    /// Moves aside a result that was found damaged, so that the unit can be done anew.
    pub fn set_aside(&self) -> Result<Aside, ResultsError> {
        let folder = self.results.root.join("damaged");
        self.fenced(self.results.disk.make_folder(&folder))?;
        let free = |number: &u32| !disk::exists(&folder.join(format!("{}-{number}", self.id)));
        let number = (1..).find(free).expect("some number is free");
        self.must_be_current()?;
        self.moved_aside(folder.join(format!("{}-{number}", self.id)))
    }

    /// Moves the result aside, and looks at what that was. This owner may be late: stopped since it found the damage, and
    /// followed by one that has done the unit anew. What is whole goes back, unless somebody has done it once more.
    pub(super) fn moved_aside(&self, aside: PathBuf) -> Result<Aside, ResultsError> {
        let (disk, done) = (&self.results.disk, self.results.done_path(&self.id));
        match disk.rename(&done, &aside) {
            Err(error) if error.is_missing() => return Ok(Aside::Moved(aside)),
            moved => self.fenced(moved)?,
        }
        let whole = match manifest::state(&aside, &self.id, true) {
            Ok(State::Done(manifest)) => Ok(Aside::Whole(manifest)),
            Ok(State::Damaged(_) | State::Missing) => return Ok(Aside::Moved(aside)),
            // it may be whole
            Err(trouble) => Err(trouble),
        };
        match disk.rename(&aside, &done) {
            Err(error) if error.is_taken() => {}
            back => back?,
        }
        whole
    }

    /// Makes the files so far the result of the unit: all of them, or none.
    pub fn commit(&self) -> Result<Manifest, ResultsError> {
        let disk = &self.results.disk;
        let manifest = Manifest::new(&self.id, self.files.clone());
        let written = disk.write_whole(&self.part(), &self.stage.join(MANIFEST), &manifest.encode());
        self.fenced(written)?;
        self.fenced(disk.sync_folder(&self.stage))?;
        let done = self.results.done_path(&self.id);
        self.must_be_current()?;
        if let Err(error) = disk.rename(&self.stage, &done) {
            self.settle(&manifest, error)?;
        }
        self.results.disk.sync_folder(&self.results.root.join("results"))?;
        // the unit is done; what is left in `work/` means nothing, and goes with the next run at the latest
        let _ = self.results.discard(&self.id);
        Ok(manifest)
    }

    /// After a refused commit: somebody was faster, something damaged lies there, or an answer was lost on the way.
    fn settle(&self, manifest: &Manifest, error: StoreError) -> Result<(), ResultsError> {
        let path = self.results.done_path(&self.id);
        let there = match self.results.check(&self.id)? {
            State::Done(there) => there,
            State::Damaged(_) if error.is_taken() => match self.set_aside()? {
                Aside::Whole(there) => there,
                Aside::Moved(_) => return self.fenced(self.results.disk.rename(&self.stage, &path)),
            },
            _ => return self.fenced(Err(error)),
        };
        if there == *manifest {
            return Ok(());
        }
        let entries = manifest.files().iter().chain(there.files());
        let differs = |entry: &&Entry| [manifest, &there].iter().any(|all| !all.files().contains(entry));
        let name = entries.clone().find(differs).map_or(String::new(), |entry| entry.name.clone());
        Err(ResultsError::Differs { path, name })
    }

    /// Lets the unit go: the next owner takes it up at once.
    pub fn release(&self) {
        // where that fails, the next owner waits until this one counts as dead
        let _ = self.results.disk.rename(&self.stage, &self.folder.join(stage_name(self.epoch, FREE)));
    }

    /// Notes a turn at the unit.
    pub fn note(&self, unit: &str, turn: Turn) -> Result<(), ResultsError> {
        let path = self.results.runs_path(&self.id);
        let mut record = self.results.record(&self.id);
        record.unit = unit.to_owned();
        record.turns.push(turn);
        self.must_be_current()?;
        let part = self.results.root.join("runs").join(format!(".part-{}", self.token));
        self.fenced(self.results.disk.write_whole(&part, &path, &record.encode()))
    }
}

const PROGRAM: &str = "program ";

/// The files that a list names whole lines for.
pub(super) fn listed(written: &[u8]) -> Vec<Entry> {
    let text = String::from_utf8_lossy(written);
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(Entry::parse).collect()
}

/// The program that began what is half done in `folder`.
pub(super) fn program_of(folder: &Path) -> Option<String> {
    let bytes = store::read_whole(&folder.join(WRITTEN), MOST_BYTES).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (first, _) = text.split_once('\n')?;
    first.strip_prefix(PROGRAM).map(str::to_owned)
}
