//! Owners in one process: who wins, what survives, what is refused.

#![expect(clippy::disallowed_methods, reason = "damages files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::store::disk::{Fault, Harm};

pub(super) const ID: &str = "00000000000000aa";

/// Where temporary files go: to memory where there is such a place, for a sync takes long on a busy disk.
pub(crate) fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let fits = memory.metadata().is_ok_and(|data| data.is_dir() && !data.permissions().readonly());
    if fits { memory } else { std::env::temp_dir() }
}

/// A folder that is gone afterwards.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Folder {
        let path = scratch().join(format!("tombola-results-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder(path)
    }

    /// The folder as an owner with a number of its own sees it, on a machine of which nothing is known.
    pub(super) fn owner(&self, pid: u32) -> Results {
        self.failing(pid, Disk::default())
    }

    fn failing(&self, pid: u32, disk: Disk) -> Results {
        Results::open(&self.0, owner(pid), disk).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn owner(pid: u32) -> Owner {
    Owner { pid, machine: format!("elsewhere{pid}"), ..Owner::this_process(1.0) }
}

/// The unit, taken as it is found.
pub(super) fn taken(results: &Results) -> Lease<'_> {
    let found = results.look(ID).unwrap();
    let mut lease = results.take(ID, &found).unwrap().expect("nobody else wants it");
    lease.open(false).unwrap();
    lease
}

/// The files below a folder, by path and content.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for name in disk::names(folder).unwrap() {
        let path = folder.join(&name);
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.push((name, fs::read(path).unwrap()));
        }
    }
    found
}

#[test]
fn a_unit_is_begun_taken_over_and_committed_once() {
    let folder = Folder::new("once");
    let [one, two] = [1, 2].map(|pid| folder.owner(pid));
    assert_eq!(one.look(ID).unwrap(), Found::Nothing);
    let mut first = taken(&one);
    assert!(two.take(ID, &Found::Nothing).unwrap().is_none(), "it is begun");
    first.write("a", b"1").unwrap();
    first.save(b"on the way").unwrap();

    let found = two.look(ID).unwrap();
    let Found::Held(holding) = &found else { panic!("{found:?}") };
    assert_eq!(holding.owner, Some(owner(1)));
    assert!(!two.is_dead(holding));
    // an owner may be ended before it has told who it is
    let untold = Holding { owner: None, ..holding.clone() };
    assert!(holding.who().starts_with("process 1 on "), "{}", holding.who());
    assert_eq!(untold.who(), "process 1");
    let mut second = two.take(ID, &found).unwrap().expect("it is there");
    assert!(two.take(ID, &found).unwrap().is_none(), "its old name is gone");
    assert!(second.open(false).unwrap().is_empty());
    assert_eq!((second.epoch(), second.read("a").unwrap()), (2, Some(b"1".to_vec())));
    assert_eq!(second.checkpoint().unwrap(), (Some(b"on the way".to_vec()), vec![]));

    first.pulse().beat();
    assert!(first.pulse().is_lost() && !second.pulse().is_lost());
    assert!(matches!(first.write("b", b"2"), Err(ResultsError::Lost { .. })));
    assert!(matches!(first.save(b"late"), Err(ResultsError::Lost { .. })));
    assert!(matches!(first.read("a"), Err(ResultsError::Lost { .. })));
    assert!(matches!(first.commit(), Err(ResultsError::Lost { .. })));
    assert_eq!(two.check(ID).unwrap(), State::Missing);

    second.write("b", b"2").unwrap();
    let manifest = second.commit().unwrap();
    assert_eq!(one.check(ID).unwrap(), State::Done(manifest));
    assert_eq!(one.read(ID, "b").unwrap(), b"2");
    assert!(matches!(one.read(ID, "c"), Err(ResultsError::Missing { .. })));
    assert_eq!(one.look(ID).unwrap(), Found::Nothing);
    assert!(disk::names(&folder.0.join("work")).unwrap().is_empty());
}

#[test]
fn what_is_let_go_is_taken_up_at_once_and_what_was_done_is_done() {
    let folder = Folder::new("free");
    let [one, two] = [1, 2].map(|pid| folder.owner(pid));
    let mut first = taken(&one);
    first.write("a", b"1").unwrap();
    first.release();
    assert!(!first.is_current());
    let found = two.look(ID).unwrap();
    assert!(matches!(found, Found::Free(_)), "{found:?}");
    let mut second = taken(&two);
    assert_eq!(second.files().len(), 1);
    second.write("a", b"1").unwrap();
    let expected = second.commit().unwrap();

    // who begins again all the same finds that it was done, and the same
    let mut third = taken(&one);
    assert_eq!(third.epoch(), 1);
    third.write("a", b"1").unwrap();
    assert_eq!(third.commit().unwrap(), expected);
    let mut fourth = taken(&two);
    fourth.write("a", b"2").unwrap();
    let error = fourth.commit().unwrap_err();
    assert!(matches!(&error, ResultsError::Differs { name, .. } if name == "a"), "{error}");
    assert_eq!(one.check(ID).unwrap(), State::Done(expected));
}

#[test]
fn a_damaged_result_is_found_moved_aside_and_done_anew() {
    let folder = Folder::new("damaged");
    let results = folder.owner(1);
    let mut lease = taken(&results);
    let long: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
    lease.write("a", &long).unwrap();
    lease.write("empty", b"").unwrap();
    lease.commit().unwrap();
    let done = results.done_path(ID);
    let whole = files(&done);
    let mut count = 0;
    for (name, bytes) in &whole {
        let ends = (0..bytes.len()).step_by(512).map(|end| bytes[..end].to_vec());
        let flips = (0..bytes.len()).step_by(512).map(|at| {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            flipped
        });
        let longer = [[&bytes[..], b"x"].concat()];
        for broken in ends.chain(flips).chain(longer) {
            fs::write(done.join(name), broken).unwrap();
            assert!(matches!(results.check(ID).unwrap(), State::Damaged(_)), "{name}");
            assert!(results.read(ID, name).is_err() || name == MANIFEST);
            count += 1;
        }
        fs::remove_file(done.join(name)).unwrap();
        assert!(matches!(results.check(ID).unwrap(), State::Damaged(_)), "{name} is missing");
        fs::write(done.join(name), bytes).unwrap();
    }
    assert!(count > 20, "{count}");
    fs::write(done.join("a"), b"").unwrap();

    let mut lease = taken(&results);
    let Aside::Moved(aside) = lease.set_aside().unwrap() else { panic!("it is damaged") };
    assert!(aside.ends_with(format!("damaged/{ID}-1")), "{}", aside.display());
    lease.write("empty", b"").unwrap();
    lease.write("a", &long).unwrap();
    lease.commit().unwrap();
    assert_eq!(files(&done), whole, "the order of writing does not matter");
}

#[test]
fn what_others_leave_beside_the_files_of_a_result_harms_nobody() {
    let folder = Folder::new("strangers");
    let results = folder.owner(1);
    let mut lease = taken(&results);
    lease.write("a", b"1").unwrap();
    let manifest = lease.commit().unwrap();
    let done = results.done_path(ID);
    for name in [".DS_Store", ".~lock.a#", ".nfs000000000001", "notes.txt"] {
        fs::write(done.join(name), b"").unwrap();
    }
    assert_eq!(results.check(ID).unwrap(), State::Done(manifest.clone()));
    assert_eq!(results.glance(ID).unwrap(), State::Done(manifest.clone()));
    assert_eq!(results.strangers(ID, &manifest).unwrap(), [done.join("notes.txt")]);
}

#[test]
fn a_file_that_cannot_be_read_is_not_damaged_for_that() {
    let folder = Folder::new("unread");
    let results = folder.owner(1);
    let mut lease = taken(&results);
    lease.write("a", b"1").unwrap();
    let stage = lease.stage().to_owned();
    // a folder in its place is there, and nobody can read it, whoever they are
    let in_the_way = |path: &Path| {
        fs::rename(path, path.with_extension("kept")).unwrap();
        fs::create_dir(path).unwrap();
    };
    let as_before = |path: &Path| {
        fs::remove_dir(path).unwrap();
        fs::rename(path.with_extension("kept"), path).unwrap();
    };
    in_the_way(&stage.join("a"));
    assert!(matches!(lease.read("a"), Err(ResultsError::Store(_))));
    assert!(matches!(lease.open(false), Err(ResultsError::Store(_))), "it is not forgotten");
    as_before(&stage.join("a"));
    in_the_way(&results.work_path(ID).join("written"));
    assert!(matches!(lease.open(false), Err(ResultsError::Store(_))));
    as_before(&results.work_path(ID).join("written"));
    assert!(lease.open(false).unwrap().is_empty());
    let manifest = lease.commit().unwrap();

    for name in ["a", MANIFEST] {
        let path = results.done_path(ID).join(name);
        in_the_way(&path);
        for read in
            [results.check(ID).map(drop), results.glance(ID).map(drop), results.read(ID, "a").map(drop)]
        {
            let Err(ResultsError::Store(error)) = read else { panic!("{name}: {read:?}") };
            assert!(error.path() == path && error.to_string().contains("directory"), "{error}");
        }
        as_before(&path);
    }
    assert_eq!(results.check(ID).unwrap(), State::Done(manifest));
    // of a name that leads through a file nobody can say that it is not there
    fs::remove_dir_all(results.done_path(ID)).unwrap();
    fs::write(results.done_path(ID), b"").unwrap();
    assert!(matches!(results.check(ID), Err(ResultsError::Store(_))));
}

#[test]
fn a_late_owner_puts_back_what_it_moves_aside_and_is_whole() {
    let folder = Folder::new("aside");
    let [one, two] = [1, 2].map(|pid| folder.owner(pid));
    let mut first = taken(&one);
    first.write("a", b"1").unwrap();
    first.commit().unwrap();
    let done = one.done_path(ID);
    fs::write(done.join("a"), b"2").unwrap();
    let late = taken(&one);
    let aside = |number: u32| folder.0.join("damaged").join(format!("{ID}-{number}"));

    // it is stopped between finding the damage and moving it, and followed
    let found = two.look(ID).unwrap();
    let mut next = two.take(ID, &found).unwrap().unwrap();
    assert_eq!(next.set_aside().unwrap(), Aside::Moved(aside(1)));
    next.open(false).unwrap();
    next.write("a", b"1").unwrap();
    let manifest = next.commit().unwrap();
    assert_eq!(late.moved_aside(aside(2)).unwrap(), Aside::Whole(manifest.clone()));
    assert_eq!(one.check(ID).unwrap(), State::Done(manifest.clone()));
    assert!(!aside(2).exists() && aside(1).exists());
    assert!(matches!(late.set_aside(), Err(ResultsError::Lost { .. })));

    // what cannot be read may be whole
    fs::remove_file(done.join("a")).unwrap();
    fs::create_dir(done.join("a")).unwrap();
    assert!(matches!(late.moved_aside(aside(2)), Err(ResultsError::Store(_))));
    assert!(done.join("a").is_dir() && !aside(2).exists());
}

#[test]
fn what_was_half_done_is_kept_as_far_as_it_is_whole() {
    let folder = Folder::new("torn");
    let results = folder.owner(1);
    let begin = || {
        let mut lease = taken(&results);
        lease.write("a", &[7; 1500]).unwrap();
        lease.save(b"after a").unwrap();
        lease.write("b", &[8; 600]).unwrap();
        lease.save(b"after b").unwrap();
        lease.release();
    };
    begin();
    let work = folder.0.join("work").join(ID);
    let names: Vec<String> = files(&work).into_iter().map(|(name, _)| name).collect();
    for name in names.iter().filter(|name| !name.starts_with("owner") && !name.starts_with("beat")) {
        results.discard(ID).unwrap();
        begin();
        let length = fs::metadata(work.join(name)).unwrap().len() as usize;
        for at in (0..length).step_by(512).chain([length - 1]) {
            for cut in [true, false] {
                results.discard(ID).unwrap();
                begin();
                let found = files(&work).into_iter().find(|(found, _)| found == name).unwrap().1;
                let mut broken = found.clone();
                if cut {
                    broken.truncate(at)
                } else {
                    broken[at] ^= 1
                }
                fs::write(work.join(name), broken).unwrap();
                let mut lease = match results.other_version(ID) {
                    Some(error) => {
                        assert!(name == "written" && !cut, "{name} {at}: {error}");
                        continue;
                    }
                    None => taken(&results),
                };
                for (file, bytes) in [("a", vec![7; 1500]), ("b", vec![8; 600])] {
                    if let Some(found) = lease.read(file).unwrap() {
                        assert_eq!(found, bytes, "{name} {at}");
                    }
                    lease.write(file, &bytes).unwrap();
                }
                match lease.checkpoint().unwrap().0.as_deref() {
                    None | Some(b"after a" | b"after b") => {}
                    Some(other) => panic!("{name} {at}: {other:?}"),
                }
                lease.release();
            }
        }
    }
}

#[test]
fn a_checkpoint_that_is_torn_leaves_the_one_before_and_one_that_follows_on_a_lost_file_is_none() {
    let folder = Folder::new("checkpoints");
    let results = folder.owner(1);
    let mut lease = taken(&results);
    lease.write("a", b"1").unwrap();
    lease.save(b"one").unwrap();
    lease.save(b"two").unwrap();
    let path = folder.0.join("work").join(ID).join("checkpoint");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let (found, damages) = lease.checkpoint().unwrap();
    assert_eq!((found.as_deref(), damages.len()), (Some(&b"one"[..]), 1));
    fs::write(&path, &whole).unwrap();
    lease.release();

    let stage = results.work_path(ID).join(stage_name(1, FREE));
    fs::write(stage.join("a"), b"2").unwrap();
    let found = results.look(ID).unwrap();
    let mut lease = results.take(ID, &found).unwrap().unwrap();
    let damages = lease.open(false).unwrap();
    assert!(damages[0].to_string().contains("expected SHA-256"), "{damages:?}");
    assert_eq!(lease.read("a").unwrap(), None);
    let (found, damages) = lease.checkpoint().unwrap();
    assert_eq!((found, damages.len()), (None, 2));
    assert!(damages[0].to_string().contains("it follows on a, which is not there"), "{damages:?}");
}

#[test]
fn what_another_version_left_half_done_is_refused_or_begun_anew() {
    let folder = Folder::new("versions");
    let old = Owner { program: "tombola 0.0.1".to_owned(), ..owner(1) };
    let old = Results::open(&folder.0, old, Disk::default()).unwrap();
    let mut lease = taken(&old);
    lease.write("a", b"1").unwrap();
    lease.save(b"old").unwrap();
    lease.release();
    let new = folder.owner(2);
    let error = new.other_version(ID).unwrap();
    assert!(error.to_string().contains("left half done by tombola 0.0.1, and this is tombola "), "{error}");
    assert!(error.hint().unwrap().contains("--from-scratch"));
    let found = new.look(ID).unwrap();
    let mut lease = new.take(ID, &found).unwrap().unwrap();
    assert!(matches!(lease.open(false), Err(ResultsError::OtherVersion { .. })));
    lease.open(true).unwrap();
    assert!(lease.files().is_empty() && lease.checkpoint().unwrap().0.is_none());
    assert!(new.other_version(ID).is_none());
}

/// Takes the unit and does it, going on from what is there; sometimes lets go in between.
fn work(results: &Results) -> Result<(), ResultsError> {
    for lets_go in [true, false] {
        if let State::Done(_) = results.check(ID)? {
            return Ok(results.discard(ID)?);
        }
        let found = results.look(ID)?;
        let Some(mut lease) = results.take(ID, &found)? else { continue };
        lease.open(false)?;
        for (name, bytes) in [("a", vec![1; 700]), ("b", vec![2; 10])] {
            if lease.read(name)?.is_none() {
                lease.write(name, &bytes)?;
            }
            lease.save(name.as_bytes())?;
        }
        if lets_go {
            lease.release();
        } else {
            lease.commit()?;
        }
    }
    Ok(())
}

#[test]
fn a_process_that_ends_at_any_step_leaves_what_the_next_one_finishes() {
    let whole = Folder::new("whole");
    work(&whole.owner(1)).unwrap();
    let expected = files(&whole.0.join("results"));
    assert_eq!(expected.len(), 3);
    for harm in [Harm::Silence, Harm::Error] {
        let mut steps = 0;
        for nth in 1.. {
            let folder = Folder::new("steps");
            let fault = Arc::new(Fault::new(None, nth, harm));
            let failed = Results::open(&folder.0, owner(1), Disk::with_fault(Arc::clone(&fault)))
                .map_err(ResultsError::from)
                .and_then(|results| work(&results));
            if !fault.has_struck() {
                failed.unwrap();
                break;
            }
            steps += 1;
            let next = folder.owner(2);
            work(&next).unwrap_or_else(|error| panic!("after step {nth}: {error}"));
            assert_eq!(files(&folder.0.join("results")), expected, "after step {nth}");
            let left = disk::names(&folder.0.join("work")).unwrap();
            assert!(left.iter().all(|name| name.starts_with(".new-")), "after step {nth}: {left:?}");
        }
        assert!(steps > 40, "{steps}");
    }
}
