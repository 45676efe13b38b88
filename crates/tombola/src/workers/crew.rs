//! The jobs of a process, and the thread that shows that it lives.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rayon::ThreadPoolBuildError;
use sparse_kernels::Threads;

use super::desk::UnitDesk;
use super::table::{Pick, Status, Table};
use super::watch::{Watch, who_and_when};
use super::{BEATS, DATA, Desk, End, Split, Stop, TEXT, Unit, UnitError};
use crate::progress::Timer;
use crate::progress::board::Board;
use crate::results::{Aside, Found, Lease, Manifest, Outcome, Pulse, Results, ResultsError, State, Turn};

/// How to work.
#[derive(Clone, Debug)]
pub struct How {
    /// Threads and jobs.
    pub split: Split,
    /// Between two checkpoints of a unit.
    pub save_every: Duration,
    /// Whether units that failed are tried again.
    pub retry_failed: bool,
    /// Whether units that others hold are taken from them, once.
    pub steal: bool,
    /// Whether what another version of the program left half done is begun anew.
    pub from_scratch: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Summary {
    /// Units that are done, by whomever.
    pub done: usize,
    /// Units that this process did.
    pub done_here: usize,
    /// Those among all that are done that diverged.
    pub diverged: usize,
    /// Units that failed, now or earlier: what it is, and why.
    pub failed: Vec<(String, String)>,
    /// Units that need one that failed.
    pub blocked: usize,
    /// What was in the way of all.
    pub trouble: Option<ResultsError>,
}

/// Does a list of units on a results folder.
#[derive(Debug)]
pub struct Workers<'r> {
    shared: Shared<'r>,
}

/// What the jobs have in common.
#[derive(Debug)]
pub(super) struct Shared<'r> {
    pub(super) results: &'r Results,
    pub(super) how: How,
    pub(super) board: &'r Board,
    stop: Stop,
    /// Something is in the way of all.
    is_halted: AtomicBool,
    pulses: Mutex<Vec<Arc<Pulse>>>,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner {
    table: Table,
    summary: Summary,
    jobs_left: usize,
    /// The places of units that are done and diverged.
    diverged: BTreeSet<usize>,
    told: BTreeSet<String>,
    /// Who holds units, and when each was last seen to live.
    seen: BTreeMap<String, String>,
}

/// How a look at a unit ended.
enum After {
    Done {
        here: bool,
        diverged: bool,
    },
    Elsewhere(String),
    Failed(String),
    Stopped,
    /// What it needs is not done any more, and what was said: somebody found it damaged.
    Unmade(String),
}

impl<'r> Workers<'r> {
    /// On a folder; `board` tells people, `stop` says when to end.
    pub fn new(results: &'r Results, how: How, board: &'r Board, stop: Stop) -> Workers<'r> {
        let inner = Inner {
            table: Table::new(&[]),
            summary: Summary::default(),
            jobs_left: 0,
            diverged: BTreeSet::new(),
            told: BTreeSet::new(),
            seen: BTreeMap::new(),
        };
        let shared = Shared {
            results,
            how,
            board,
            stop,
            is_halted: AtomicBool::new(false),
            pulses: Mutex::default(),
            inner: Mutex::new(inner),
            changed: Condvar::new(),
        };
        Workers { shared }
    }

    /// Does the units, until all are done or failed, or somebody asks to stop.
    pub fn run(self, units: &[&dyn Unit]) -> Result<Summary, ThreadPoolBuildError> {
        let shared = &self.shared;
        let Split { jobs, .. } = shared.how.split;
        let pools = (0..jobs).map(|job| shared.how.split.pool(job)).collect::<Result<Vec<_>, _>>()?;
        {
            let mut inner = shared.lock();
            (inner.table, inner.jobs_left) = (Table::new(units), jobs);
        }
        std::thread::scope(|scope| {
            scope.spawn(|| shared.beat());
            for (job, pool) in pools.iter().enumerate() {
                let threads = pool.as_ref().map_or(Threads::Sequential, Threads::Pool);
                scope.spawn(move || shared.job(units, job, threads));
            }
        });
        shared.board.finish();
        let mut inner = self.shared.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner.summary.diverged = inner.diverged.len();
        for (unit, status) in units.iter().zip(inner.table.statuses()) {
            match status {
                Status::Done => inner.summary.done += 1,
                Status::Blocked => inner.summary.blocked += 1,
                Status::Failed(why) => inner.summary.failed.push((name(*unit), why.clone())),
                Status::Waiting | Status::Working | Status::Elsewhere { .. } => {}
            }
        }
        Ok(inner.summary)
    }
}

impl<'r> Shared<'r> {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_asked() || self.is_halted.load(Ordering::SeqCst)
    }

    fn halt(&self, trouble: ResultsError) {
        self.is_halted.store(true, Ordering::SeqCst);
        self.lock().summary.trouble.get_or_insert(trouble);
    }

    fn beat_every(&self) -> Duration {
        Duration::from_secs_f64(self.results.me().beat_seconds)
    }

    /// Between two looks at what others hold.
    fn pause(&self) -> Duration {
        (self.beat_every() / 2).clamp(Duration::from_millis(5), Duration::from_secs(1))
    }

    /// Shows that all units in hand are in living hands, until the jobs have ended.
    fn beat(&self) {
        let mut inner = self.lock();
        while inner.jobs_left > 0 {
            let waited = self.changed.wait_timeout(inner, self.beat_every());
            let (guard, ended) = waited.unwrap_or_else(PoisonError::into_inner);
            if ended.timed_out() {
                drop(guard);
                let pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner).clone();
                pulses.iter().for_each(|pulse| pulse.beat());
                inner = self.lock();
            } else {
                inner = guard;
            }
        }
    }

    fn job(&self, units: &[&dyn Unit], job: usize, threads: Threads<'_>) {
        while !self.is_stopping() {
            let mut inner = self.lock();
            match inner.table.pick(self.pause()) {
                Pick::End => break,
                Pick::Wait => {
                    self.tell_holders(&mut inner);
                    drop(self.changed.wait_timeout(inner, self.pause()));
                }
                Pick::Work { index, mut watch, is_new } => {
                    drop(inner);
                    let after = self.look_at(units[index], job, threads, &mut watch, is_new);
                    self.settle(index, units[index], watch, after);
                }
            }
        }
        self.lock().jobs_left -= 1;
        self.changed.notify_all();
    }

    /// Says once of everybody who is waited for that he is.
    fn tell_holders(&self, inner: &mut Inner) {
        let (count, holders) = inner.table.holders();
        let new: Vec<String> = holders.into_iter().filter(|who| !inner.told.contains(who)).collect();
        let seen = |who: &String| inner.seen.get(who).unwrap_or(who).clone();
        if new.is_empty() {
            return;
        }
        self.board.line(&format!(
            "waiting for {count} units of {} that others work at: {}; who shows no sign of life for {BEATS} beats is \
             followed, and --steal waits for nobody",
            self.results.root().display(),
            new.iter().map(seen).collect::<Vec<_>>().join("; "),
        ));
        inner.told.extend(new);
    }

    /// Tells of something odd that is seen whenever somebody looks.
    fn warn_once(&self, text: String) {
        let mut inner = self.lock();
        if inner.told.insert(text.clone()) {
            self.board.warn(&text);
        }
    }

    /// Enters how a look at a unit ended.
    fn settle(&self, index: usize, unit: &dyn Unit, watch: Watch, after: Result<After, ResultsError>) {
        let mut trouble = None;
        {
            let mut inner = self.lock();
            let elsewhere = |who| Status::Elsewhere { watch, looked: Timer::start(), who };
            let after = match after {
                // unless it never comes back
                Ok(After::Unmade(why)) if !inner.table.again(index) => Ok(After::Failed(why)),
                after => after,
            };
            match after {
                Ok(After::Done { here, diverged }) => {
                    inner.table.set(index, Status::Done);
                    inner.summary.done_here += usize::from(here);
                    if diverged {
                        inner.diverged.insert(index);
                    }
                    self.board.settled(true);
                }
                Ok(After::Elsewhere(who)) => inner.table.set(index, elsewhere(who)),
                Ok(After::Failed(why)) => {
                    self.board.warn(&format!("{} failed: {why}", name(unit)));
                    inner.table.set(index, Status::Failed(why));
                    self.board.settled(false);
                }
                Ok(After::Stopped) => inner.table.set(index, Status::Waiting),
                Ok(After::Unmade(_)) => {}
                Err(error @ ResultsError::Lost { .. }) => {
                    self.board.warn(&format!("{error}: {}", name(unit)));
                    inner.table.set(index, elsewhere("another process".to_owned()));
                }
                Err(ResultsError::Damaged(damage)) => {
                    if inner.table.again(index) {
                        self.board.warn(&damage.to_string());
                    } else {
                        trouble = Some(ResultsError::Damaged(damage));
                    }
                }
                Err(error) => {
                    inner.table.set(index, Status::Waiting);
                    trouble = Some(error);
                }
            }
        }
        if let Some(trouble) = trouble {
            self.halt(trouble);
        }
        self.changed.notify_all();
    }

    /// Does a unit, unless it is done, has failed, or is another's.
    fn look_at(
        &self,
        unit: &dyn Unit,
        job: usize,
        threads: Threads<'_>,
        watch: &mut Watch,
        is_new: bool,
    ) -> Result<After, ResultsError> {
        let id = unit.id();
        if let State::Done(files) = self.results.check(id)? {
            if let Some(other) = other_data(self.results, unit) {
                return Err(other);
            }
            // who did it may have ended before it had cleaned up
            let _ = self.results.discard(id);
            for stranger in self.results.strangers(id, &files)? {
                let stranger = stranger.display();
                self.warn_once(format!(
                    "{stranger} is no result: it is left there, and nothing is done anew"
                ));
            }
            return Ok(After::Done { here: false, diverged: unit.has_diverged(&files) });
        }
        if let Some(turn) = self.results.record(id).failure().filter(|_| !self.how.retry_failed) {
            let why = turn.error.clone().unwrap_or_default();
            return Ok(After::Failed(format!("{why} (earlier; --retry-failed tries again)")));
        }
        let found = self.results.look(id)?;
        let silence = watch.observe(&found);
        if let Found::Held(holding) = &found {
            self.lock().seen.insert(holding.who(), who_and_when(holding));
        }
        let patience = |holding| Watch::patience(holding, self.results.me().beat_seconds);
        let (is_free, who) = match &found {
            Found::Nothing | Found::Free(_) => (true, String::new()),
            Found::Unsettled => (silence >= patience(None), "another process".to_owned()),
            Found::Held(holding) => {
                let gone = self.results.is_dead(holding) || silence >= patience(Some(holding));
                (gone || (is_new && self.how.steal), holding.who())
            }
        };
        if !is_free {
            return Ok(After::Elsewhere(who));
        }
        if !who.is_empty() {
            self.board.warn(&format!("taking over from {who}: {}", name(unit)));
        }
        let Some(lease) = self.results.take(id, &found)? else { return Ok(After::Elsewhere(who)) };
        let pulse = lease.pulse();
        self.pulses.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&pulse));
        let after = self.with_lease(unit, lease, &found, job, threads);
        self.board.end(job);
        let mut pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        pulses.retain(|other| !Arc::ptr_eq(other, &pulse));
        after
    }

    fn with_lease(
        &self,
        unit: &dyn Unit,
        lease: Lease<'r>,
        found: &Found,
        job: usize,
        threads: Threads<'_>,
    ) -> Result<After, ResultsError> {
        let timer = Timer::start();
        let turn = |outcome, error| Turn {
            outcome,
            owner: Some(self.results.me().clone()),
            ended: seconds_since_1970(),
            seconds: timer.elapsed().as_secs_f64(),
            threads: threads.count(),
            error,
        };
        let text = unit.text();
        let mut desk = UnitDesk::new(self, lease, name(unit), job);
        let ended = match self.prepare(unit, &mut desk, found) {
            Ok(None) => worked(unit, &mut desk, threads),
            Ok(Some(files)) => {
                // done by somebody between the look and the taking
                let _ = self.results.discard(unit.id());
                return Ok(After::Done { here: false, diverged: unit.has_diverged(&files) });
            }
            Err(error) => Err(error.into()),
        };
        let is_stopping = desk.is_stopping();
        let (lease, remark) = (desk.lease, desk.remark);
        let after = match ended {
            Ok(end @ (End::Done | End::Diverged)) => {
                let diverged = end == End::Diverged;
                let outcome = if diverged { Outcome::Diverged } else { Outcome::Done };
                let noted = lease.note(&text, turn(outcome, remark.clone()));
                noted.map(|()| After::Done { here: true, diverged })
            }
            Ok(End::Stopped) if is_stopping => {
                lease.note(&text, turn(Outcome::Stopped, None)).map(|()| After::Stopped)
            }
            Ok(End::Stopped) => {
                fail(&lease, &text, turn, "it stopped, and nobody had asked for that".to_owned())
            }
            Err(UnitError::Failed(error)) => fail(&lease, &text, turn, UnitError::Failed(error).to_string()),
            Err(UnitError::Results(error @ ResultsError::Missing { .. })) if !self.has_all(unit)? => {
                lease.note(&text, turn(Outcome::Stopped, None)).map(|()| After::Unmade(error.to_string()))
            }
            // a file that the needed unit does not leave: no try will find it
            Err(UnitError::Results(error @ ResultsError::Missing { .. })) => {
                fail(&lease, &text, turn, error.to_string())
            }
            Err(UnitError::Results(error)) => Err(error),
        };
        match after {
            Ok(After::Done { diverged, .. }) => {
                let files = lease.commit().inspect_err(|_| lease.release())?;
                let (seconds, told) = (timer.elapsed(), if diverged { "diverged" } else { "done" });
                let remark = remark.map_or(String::new(), |remark| format!(": {remark}"));
                let line = format!("{told}: {} ({:.1} s){remark}", name(unit), seconds.as_secs_f64());
                self.board.line(&line);
                Ok(After::Done { here: true, diverged: unit.has_diverged(&files) })
            }
            _ => {
                lease.release();
                after
            }
        }
    }

    /// Whether all units are done that one needs.
    fn has_all(&self, unit: &dyn Unit) -> Result<bool, ResultsError> {
        for id in unit.needs() {
            if !matches!(self.results.glance(id)?, State::Done(_)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes up what is there; or answers what the unit left, where it was found done after all.
    fn prepare(
        &self,
        unit: &dyn Unit,
        desk: &mut UnitDesk<'_, '_>,
        found: &Found,
    ) -> Result<Option<Manifest>, ResultsError> {
        let lease = &mut desk.lease;
        match self.results.check(unit.id())? {
            State::Missing => {}
            State::Done(files) => return Ok(Some(files)),
            State::Damaged(damage) => match lease.set_aside()? {
                Aside::Whole(files) => return Ok(Some(files)),
                Aside::Moved(aside) => {
                    self.board.warn(&format!("{damage}; moved to {}, and done anew", aside.display()));
                }
            },
        }
        let text = unit.text();
        if let Found::Held(holding) = found {
            lease.note(&text, holding.vanished())?;
        }
        for damage in lease.open(self.how.from_scratch)? {
            self.board.warn(&format!("{damage}; not used"));
        }
        if lease.read(TEXT)?.is_some_and(|there| there != text.as_bytes()) {
            self.board.warn(&format!("{} was begun with other data: begun anew", name(unit)));
            lease.forget()?;
            lease.open(false)?;
        }
        let is_new = lease.files().is_empty();
        self.board.begin(desk.job(), &name(unit), is_new);
        if desk.lease.read(TEXT)?.is_none() {
            desk.lease.write(TEXT, text.as_bytes())?;
        }
        Ok(None)
    }
}

/// Why a unit that is done is not believed, if so: it was done with other data than it has now, or nobody can read that.
pub fn other_data(results: &Results, unit: &dyn Unit) -> Option<ResultsError> {
    let here = unit.text();
    let there = match results.other_text(unit.id(), TEXT, &here) {
        Ok(there) => there?,
        Err(trouble) => return Some(trouble),
    };
    let data = |text: &str| {
        let line = text.lines().skip(1).find_map(|line| line.strip_prefix(DATA));
        line.map_or_else(|| text.lines().next().unwrap_or_default().to_owned(), str::to_owned)
    };
    let path = results.done_path(unit.id());
    Some(ResultsError::OtherData { path, there: data(&there), here: data(&here) })
}

/// Notes a failure.
fn fail(
    lease: &Lease<'_>,
    text: &str,
    turn: impl Fn(Outcome, Option<String>) -> Turn,
    why: String,
) -> Result<After, ResultsError> {
    lease.note(text, turn(Outcome::Failed, Some(why.clone()))).map(|()| After::Failed(why))
}

/// Runs the unit; a panic is a failure of the unit, not of the process.
fn worked(unit: &dyn Unit, desk: &mut UnitDesk<'_, '_>, threads: Threads<'_>) -> Result<End, UnitError> {
    catch_unwind(AssertUnwindSafe(|| unit.run(desk, threads))).unwrap_or_else(|panic| {
        let said = panic_text(&*panic);
        Err(UnitError::Failed(format!("a mistake in the program: {said}").into()))
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it did not say what")
}

#[expect(clippy::disallowed_methods, reason = "told to people; no result depends on it")]
fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// A unit in a line that is not too long.
fn name(unit: &dyn Unit) -> String {
    const MOST: usize = 90;
    let text = unit.text();
    let first = text.lines().next().unwrap_or_default().trim_end();
    let mut short: String = first.chars().take(MOST).collect();
    if short.len() < first.len() {
        short.truncate(short.rfind(' ').unwrap_or(short.len()));
        short.push_str(" ..");
    }
    format!("{} {short}", unit.id())
}
