//! Fake units on real folders: any number of threads, jobs and processes, any stop and any fault, leaves the same bytes.

#![expect(clippy::disallowed_methods, reason = "reads and damages files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::fake::{Fake, Manner};
use super::*;
use crate::progress::Timer;
use crate::progress::board::Board;
use crate::results::tests::scratch;
use crate::results::{Outcome, Owner, Results, State};
use crate::store::disk::{self, Disk, Fault, Harm, Site};

/// Seconds between two beats: short, so that the dead are found soon.
pub(super) const BEAT: f64 = 0.02;

/// A folder that is gone afterwards.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Folder {
        let path = scratch().join(format!("tombola-workers-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder(path)
    }

    fn results(&self, pid: u32, disk: Disk) -> Results {
        Results::open(&self.0, owner(pid), disk).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An owner on a machine of which nothing is known.
fn owner(pid: u32) -> Owner {
    Owner { pid, machine: format!("elsewhere{pid}"), ..Owner::this_process(BEAT) }
}

pub(super) fn how(threads: usize, jobs: usize) -> How {
    let split = Split::new(threads, Some(jobs), usize::MAX);
    How { split, save_every: Duration::ZERO, retry_failed: false, steal: false, from_scratch: false }
}

/// Two starts and three units on each.
pub(super) fn units() -> Vec<Fake> {
    let starts = [(1, None, 12), (2, None, 7)];
    let others = (0..6).map(|n| (10 + n, Some(1 + n % 2), 6 + n));
    // what is needed comes last in the list, and is done first all the same
    others.chain(starts).map(|(number, needs, steps)| Fake::new(number, needs, steps)).collect()
}

fn run(results: &Results, how: How, units: &[Fake]) -> Summary {
    stoppable(results, how, units, Stop::default())
}

pub(super) fn stoppable(results: &Results, how: How, units: &[Fake], stop: Stop) -> Summary {
    let board = Board::mute(how.split.jobs);
    let list: Vec<&dyn Unit> = units.iter().map(|unit| unit as &dyn Unit).collect();
    Workers::new(results, how, &board, stop).run(&list).unwrap()
}

/// The files below a folder, by path and content. What a process at work takes away meanwhile is not there.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for name in disk::names(folder).unwrap_or_default() {
        let path = folder.join(&name);
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.extend(fs::read(path).ok().map(|bytes| (name, bytes)));
        }
    }
    found
}

/// What an unbroken run leaves under `results/`.
pub(super) fn expected() -> Vec<(String, Vec<u8>)> {
    let folder = Folder::new(&format!("expected-{:?}", std::thread::current().id()).replace(['(', ')'], ""));
    let summary = run(&folder.results(1, Disk::default()), how(1, 1), &units());
    assert_eq!((summary.done, summary.done_here), (8, 8));
    assert!(summary.trouble.is_none() && summary.failed.is_empty());
    let files = files(&folder.0.join("results"));
    assert_eq!(files.iter().filter(|(name, _)| name.ends_with("manifest.json")).count(), 8);
    files
}

#[test]
fn threads_jobs_and_processes_change_no_byte() {
    let expected = expected();
    for (processes, threads, jobs) in [(1, 4, 1), (1, 2, 2), (1, 7, 3), (2, 1, 1), (3, 2, 2), (8, 1, 1)] {
        let folder = Folder::new("many");
        let all: Vec<Vec<Fake>> = (0..processes).map(|_| units()).collect();
        std::thread::scope(|scope| {
            for (pid, units) in all.iter().enumerate() {
                let results = folder.results(pid as u32, Disk::default());
                scope.spawn(move || {
                    let summary = run(&results, how(threads, jobs), units);
                    assert_eq!(summary.done, 8, "{summary:?}");
                });
            }
        });
        assert_eq!(files(&folder.0.join("results")), expected, "{processes} {threads} {jobs}");
        let left = disk::names(&folder.0.join("work")).unwrap();
        assert!(left.is_empty(), "{left:?}");
        // an owner that is merely slow may be held dead; what it had done is kept, so nothing is begun without need
        let begun: usize = all.iter().flatten().map(|unit| unit.begun.load(Ordering::SeqCst)).sum();
        assert!(begun >= 8, "{begun}");
    }
}

#[test]
fn a_run_that_is_stopped_goes_on_where_it_was() {
    let expected = expected();
    let folder = Folder::new("stopped");
    let mut rounds = 0;
    loop {
        let stop = Stop::default();
        let units = units();
        let results = folder.results(rounds, Disk::default());
        let summary = std::thread::scope(|scope| {
            let asker = stop.clone();
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(u64::from(rounds % 5)));
                asker.ask();
            });
            stoppable(&results, how(1, 1), &units, stop)
        });
        assert!(summary.trouble.is_none() && summary.failed.is_empty(), "{summary:?}");
        rounds += 1;
        if summary.done == 8 {
            break;
        }
        assert!(rounds < 500, "it never ends");
    }
    assert_eq!(files(&folder.0.join("results")), expected, "{rounds} rounds");
}

#[test]
fn a_stop_at_once_keeps_the_checkpoint_and_frees_the_unit() {
    let folder = Folder::new("at-once");
    let stop = Stop::default();
    let units = [Fake::new(1, None, 20)];
    struct Asks<'a>(&'a Fake, Stop);
    impl Unit for Asks<'_> {
        fn id(&self) -> &str {
            self.0.id()
        }
        fn text(&self) -> String {
            self.0.text()
        }
        fn needs(&self) -> &[String] {
            &[]
        }
        fn run(&self, desk: &mut dyn Desk, threads: Threads<'_>) -> Result<End, UnitError> {
            self.1.ask();
            self.0.run(desk, threads)
        }
    }
    let results = folder.results(1, Disk::default());
    let asks = Asks(&units[0], stop.clone());
    let board = Board::mute(1);
    let summary = Workers::new(&results, how(1, 1), &board, stop).run(&[&asks]).unwrap();
    assert_eq!((summary.done, summary.done_here), (0, 0));
    let turns = results.record(&units[0].id).turns;
    assert_eq!(turns.last().unwrap().outcome, Outcome::Stopped);
    let summary = run(&folder.results(2, Disk::default()), how(1, 1), &units);
    assert_eq!(summary.done, 1);
    let turns: Vec<Outcome> = results.record(&units[0].id).turns.iter().map(|turn| turn.outcome).collect();
    assert_eq!(turns, [Outcome::Stopped, Outcome::Done]);
}

/// A unit to which something happens just before it runs for the first time.
struct Meddled<'a>(&'a Fake, &'a (dyn Fn() + Sync));

impl Unit for Meddled<'_> {
    fn id(&self) -> &str {
        self.0.id()
    }

    fn text(&self) -> String {
        self.0.text()
    }

    fn needs(&self) -> &[String] {
        self.0.needs()
    }

    fn run(&self, desk: &mut dyn Desk, threads: Threads<'_>) -> Result<End, UnitError> {
        if self.0.begun.load(Ordering::SeqCst) == 0 {
            self.1();
        }
        self.0.run(desk, threads)
    }
}

#[test]
fn damage_that_is_found_when_it_is_read_is_mended_first() {
    let folder = Folder::new("spoils");
    let [first, second] = [Fake::new(1, None, 12), Fake::new(10, Some(1), 6)];
    let results = folder.results(1, Disk::default());
    let last = results.done_path(&first.id).join("last.txt");
    let spoil = || fs::write(&last, b"12345678901234567890\n").unwrap();
    let spoils = Meddled(&second, &spoil);
    let board = Board::mute(1);
    let summary = Workers::new(&results, how(1, 1), &board, Stop::default()).run(&[&spoils, &first]).unwrap();
    assert!(summary.trouble.is_none() && summary.done == 2, "{summary:?}");
    assert_eq!([&first, &second].map(|unit| unit.begun.load(Ordering::SeqCst)), [2, 2]);
    let own = |(name, _): &(String, Vec<u8>)| name.starts_with(&first.id) || name.starts_with(&second.id);
    assert_eq!(files(&folder.0.join("results")), expected().into_iter().filter(own).collect::<Vec<_>>());
}

#[test]
fn what_is_gone_when_it_is_read_is_done_again_first() {
    let folder = Folder::new("robbed");
    let [first, second] = [Fake::new(1, None, 12), Fake::new(2, None, 7)];
    let mut both = Fake::new(10, Some(1), 6);
    both.needs.push(second.id.clone());
    let results = folder.results(1, Disk::default());
    // somebody found one of the two damaged, and does it anew
    let place = results.done_path(&second.id);
    let rob = || fs::remove_dir_all(&place).unwrap();
    let robbed = Meddled(&both, &rob);
    let board = Board::mute(1);
    let units: [&dyn Unit; 3] = [&robbed, &second, &first];
    let summary = Workers::new(&results, how(1, 1), &board, Stop::default()).run(&units).unwrap();
    assert!(summary.trouble.is_none() && summary.done == 3 && summary.failed.is_empty(), "{summary:?}");
    assert_eq!([&first, &second, &both].map(|unit| unit.begun.load(Ordering::SeqCst)), [1, 2, 2]);
    assert_eq!(width(&units), 2, "two must come before the third");
}

#[test]
fn a_unit_that_needs_two_waits_for_both_and_is_blocked_by_either() {
    for lost in [1, 2] {
        let folder = Folder::new(&format!("two-{lost}"));
        let mut list = [Fake::new(10, Some(1), 6), Fake::new(1, None, 5), Fake::new(2, None, 5)];
        let second = list[2].id.clone();
        list[0].needs.push(second);
        list[lost].manner = Manner::Fails;
        let results = folder.results(1, Disk::default());
        let summary = run(&results, how(2, 2), &list);
        assert_eq!((summary.done, summary.failed.len(), summary.blocked), (1, 1, 1), "{lost}");
        list[lost].manner = Manner::Good;
        let summary = run(&results, How { retry_failed: true, ..how(2, 2) }, &list);
        assert_eq!((summary.done, summary.done_here), (3, 2), "{lost}");
    }
}

#[test]
fn a_list_is_as_wide_as_the_units_that_need_not_wait_for_each_other() {
    let width_of = |list: &[Fake]| width(&list.iter().map(|unit| unit as &dyn Unit).collect::<Vec<_>>());
    let fake = |number, needs| Fake::new(number, needs, 5);
    assert_eq!(width_of(&[]), 0);
    assert_eq!(width_of(&[fake(1, None), fake(2, Some(1)), fake(3, Some(2))]), 1, "a chain");
    assert_eq!(width_of(&[fake(2, Some(1)), fake(1, None), fake(3, Some(1)), fake(4, Some(3))]), 2);
    assert_eq!(width_of(&units()), 6);
    let circle = [fake(1, Some(2)), fake(2, Some(1))];
    assert_eq!(width_of(&circle), 2);
    let folder = Folder::new("circle");
    assert_eq!(run(&folder.results(1, Disk::default()), how(2, 2), &circle).done, 0, "it ends all the same");
}

#[test]
fn a_unit_that_needs_what_is_not_there_fails_and_stops_no_other() {
    let folder = Folder::new("needs");
    let list = [Fake::new(10, Some(99), 6), Fake::new(1, None, 5)];
    let summary = run(&folder.results(1, Disk::default()), how(1, 1), &list);
    assert_eq!((summary.done, summary.failed.len()), (1, 1));
    assert!(summary.failed[0].1.ends_with("0000000000000063 is not done"), "{summary:?}");
}

#[test]
fn a_unit_that_fails_stops_no_other_and_is_tried_again_when_asked() {
    let folder = Folder::new("fails");
    let mut list = units();
    list[0].manner = Manner::Fails;
    list[1].manner = Manner::Diverges;
    list[6].manner = Manner::Panics; // needed by units 0, 2, 4
    let results = folder.results(1, Disk::default());
    let summary = run(&results, how(2, 2), &list);
    assert_eq!((summary.done, summary.done_here, summary.diverged, summary.blocked), (4, 4, 1, 3));
    let (name, why) = &summary.failed[0];
    assert!(name.starts_with("0000000000000001 fake"), "{name}");
    assert_eq!(why, "a mistake in the program: the last step is too much");
    let turn = results.record(&list[6].id).failure().cloned().unwrap();
    assert!(turn.owner.is_some() && turn.error.is_some());

    list[6].manner = Manner::Good;
    let summary = run(&results, how(1, 1), &list);
    assert_eq!((summary.done, summary.done_here, summary.failed.len()), (4, 0, 1), "not unless asked");
    assert!(summary.failed[0].1.contains("--retry-failed"), "{summary:?}");
    let again = How { retry_failed: true, ..how(1, 1) };
    let summary = run(&results, again.clone(), &list);
    assert_eq!((summary.done, summary.failed.len(), summary.blocked), (7, 1, 0));
    assert_eq!(summary.failed[0].1, "the last step is too much");
    list[0].manner = Manner::Good;
    let summary = run(&results, again, &list);
    assert_eq!(
        (summary.done, summary.done_here, summary.diverged),
        (8, 1, 1),
        "what diverged earlier counts"
    );
    let diverged = results.record(&list[1].id);
    assert_eq!(diverged.turns[0].outcome, Outcome::Diverged);
    assert!(diverged.thread_seconds() > 0.0 && diverged.unit.starts_with("fake"));
    assert_eq!(files(&folder.0.join("results")), expected());
}

#[test]
fn a_fault_at_any_step_leaves_what_the_next_process_finishes() {
    // a shorter list than elsewhere: every step of it is made to fail
    let list = || vec![Fake::new(2, Some(1), 6), Fake::new(1, None, 5)];
    let whole = Folder::new("fault-none");
    run(&whole.results(1, Disk::default()), how(1, 1), &list());
    let expected = files(&whole.0.join("results"));
    let mut struck = 0;
    for (site, harm) in
        [(None, Harm::Silence)].into_iter().chain(Site::ALL.map(|site| (Some(site), Harm::Error)))
    {
        for nth in 1.. {
            let folder = Folder::new("fault");
            let fault = Arc::new(Fault::new(site, nth, harm));
            let units = list();
            let disk = Disk::with_fault(Arc::clone(&fault));
            let summary = match Results::open(&folder.0, owner(1), disk) {
                Ok(results) => run(&results, how(1, 1), &units),
                Err(_) => Summary::default(),
            };
            if !fault.has_struck() {
                assert_eq!(summary.done, 2);
                break;
            }
            struck += 1;
            let context = format!("{site:?} {nth} {harm:?}");
            assert!(summary.failed.is_empty(), "{context}: a disk that fails is no failure of a unit");
            assert!(
                summary.done == 2 || summary.trouble.is_some() || !folder.0.join("runs").exists(),
                "{context}"
            );
            if harm == Harm::Error
                && let Some(ResultsError::Store(error)) = &summary.trouble
            {
                assert!(error.is_full(), "{context}: {error}");
            }
            let summary = run(&folder.results(2, Disk::default()), how(1, 1), &list());
            assert_eq!(summary.done, 2, "{context}: {summary:?}");
            assert_eq!(files(&folder.0.join("results")), expected, "{context}");
        }
    }
    assert!(struck > 150, "{struck}");
}

#[test]
fn damaged_results_are_done_anew_with_what_needs_them() {
    let expected = expected();
    let folder = Folder::new("damaged");
    run(&folder.results(1, Disk::default()), how(1, 1), &units());
    for (name, bytes) in &expected {
        for at in (0..bytes.len()).step_by(512) {
            let path = folder.0.join("results").join(name);
            fs::write(&path, &bytes[..at]).unwrap();
            let results = folder.results(2, Disk::default());
            let summary = run(&results, how(1, 1), &units());
            assert_eq!((summary.done, summary.done_here), (8, 1), "{name} {at}");
            assert_eq!(fs::read(&path).unwrap(), *bytes, "{name} {at}");
        }
    }
    assert_eq!(files(&folder.0.join("results")), expected);
    assert!(disk::names(&folder.0.join("damaged")).unwrap().len() >= expected.len());
}

#[test]
fn results_that_cannot_be_read_stop_the_work_and_are_left_where_they_are() {
    let folder = Folder::new("unread");
    let list = [Fake::new(10, Some(1), 6), Fake::new(1, None, 5)];
    run(&folder.results(1, Disk::default()), how(1, 1), &list);
    let whole = files(&folder.0.join("results"));
    let last = folder.0.join("results").join(&list[1].id).join("last.txt");
    let kept = folder.0.join("kept");
    fs::rename(&last, &kept).unwrap();
    fs::create_dir(&last).unwrap();
    let summary = run(&folder.results(2, Disk::default()), how(1, 1), &list);
    let Some(ResultsError::Store(error)) = &summary.trouble else { panic!("{summary:?}") };
    assert_eq!((error.path(), summary.done_here), (&*last, 0));
    assert!(!folder.0.join("damaged").exists() && last.is_dir());
    fs::remove_dir(&last).unwrap();
    fs::rename(&kept, &last).unwrap();
    let summary = run(&folder.results(3, Disk::default()), how(1, 1), &list);
    assert_eq!((summary.done, summary.done_here), (2, 0));
    assert_eq!(files(&folder.0.join("results")), whole);
}

#[test]
fn an_owner_without_a_sign_of_life_is_followed_and_a_living_one_is_waited_for() {
    let expected = expected();
    let folder = Folder::new("silent");
    // long beats, so that a busy machine makes no living owner look dead
    let open = |pid| {
        let slow = Owner { beat_seconds: 0.1, ..owner(pid) };
        Results::open(&folder.0, slow, Disk::default()).unwrap()
    };
    let (silent, results) = (open(7), open(8));
    let id = units()[0].id.clone();
    let lease = silent.take(&id, &silent.look(&id).unwrap()).unwrap().unwrap();
    let list = units();
    let began = Timer::start();
    std::thread::scope(|scope| {
        let pulse = lease.pulse();
        scope.spawn(move || {
            for _ in 0..60 {
                pulse.beat();
                assert!(!pulse.is_lost(), "a living owner is left alone");
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let summary = run(&results, how(1, 1), &list);
        assert_eq!((summary.done, summary.done_here), (8, 8));
    });
    assert!(began.elapsed() >= Duration::from_millis(300 + 600), "six beats of silence");
    assert!(!lease.is_current());
    assert!(matches!(lease.commit(), Err(ResultsError::Lost { .. })));
    assert_eq!(files(&folder.0.join("results")), expected);
    let turns = results.record(&id).turns;
    assert_eq!(turns[0].outcome, Outcome::Vanished);
    assert_eq!(turns[0].owner.as_ref().map(|owner| owner.pid), Some(7));
    assert!(turns[0].seconds > 0.0);
}

#[test]
fn a_living_owner_is_robbed_only_by_who_wants_that_and_only_once() {
    let folder = Folder::new("steal");
    let list = [Fake::new(1, None, 5)];
    let living = folder.results(7, Disk::default());
    let lease = living.take(&list[0].id, &living.look(&list[0].id).unwrap()).unwrap().unwrap();
    let summary = run(&folder.results(8, Disk::default()), How { steal: true, ..how(1, 1) }, &list);
    assert_eq!(summary.done_here, 1);
    assert!(!lease.is_current());
    assert!(matches!(living.check(&list[0].id).unwrap(), State::Done(_)));
}

#[test]
fn two_hundred_times_a_late_owner_commits_nothing() {
    let expected = expected();
    let list = units();
    let id = list[7].id.clone();
    let mut refused = 0;
    for round in 0..200_u32 {
        let folder = Folder::new("late");
        let late = folder.results(1, Disk::default());
        let mut lease = late.take(&id, &late.look(&id).unwrap()).unwrap().unwrap();
        lease.open(false).unwrap();
        let next = folder.results(2, Disk::default());
        let other = next.take(&id, &next.look(&id).unwrap()).unwrap().unwrap();
        // it wakes before one of its steps
        let woken = match round % 3 {
            0 => lease.write("last.txt", b"wrong"),
            1 => lease.save(b"wrong"),
            _ => lease.commit().map(drop),
        };
        assert!(matches!(woken, Err(ResultsError::Lost { .. })), "round {round}");
        if round % 2 == 0 {
            other.release();
            let units = units();
            assert_eq!(run(&next, how(1, 1), &units[7..]).done, 1);
        }
        assert!(matches!(lease.commit(), Err(ResultsError::Lost { .. })), "round {round}");
        refused += 1;
        let found = files(&folder.0.join("results"));
        let own: Vec<_> = expected.iter().filter(|(name, _)| name.starts_with(&id)).cloned().collect();
        assert_eq!(found, if round % 2 == 0 { own } else { Vec::new() }, "round {round}");
    }
    assert_eq!(refused, 200);
}
