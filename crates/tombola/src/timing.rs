//! Times that hold on a machine that others use too.
//!
//! A neighbour can only slow a routine down, so the best of many short bursts is what the machine can do. Routines that
//! are compared take turns, burst by burst, so that a slow minute or a change of clock speed meets all of them.

use std::time::{Duration, Instant};

/// How long a burst of a routine with adjustable length is made: long against the clock's resolution (some 30 ns),
/// short against a scheduler's time slice (some ms), so that many bursts run undisturbed.
pub const BURST: Duration = Duration::from_micros(500);

/// How long a comparison may last.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Turns are taken until this much time has gone by,
    pub time: Duration,
    /// but at least this many.
    pub turns: usize,
}

impl Effort {
    /// One turn: enough to see that everything runs, not for figures.
    pub const ONE: Effort = Effort { time: Duration::ZERO, turns: 1 };
}

/// Something to time, and the shortest time it took.
pub struct Routine<'a> {
    work: Box<dyn FnMut(u64) + 'a>,
    repeats: u64,
    /// What a burst should last, in seconds; zero where one repeat is a burst.
    burst: f64,
    best: f64,
}

impl<'a> Routine<'a> {
    /// A routine that does its unit of work as many times as told; bursts are made [`BURST`] long.
    pub fn repeated(work: impl FnMut(u64) + 'a) -> Routine<'a> {
        Routine::lasting(BURST, work)
    }

    /// The same with longer bursts, for work that takes long to begin, such as waking threads.
    pub fn lasting(burst: Duration, work: impl FnMut(u64) + 'a) -> Routine<'a> {
        let burst = burst.as_secs_f64();
        let mut routine = Routine { work: Box::new(work), repeats: 1, burst, best: f64::INFINITY };
        // A burst that is too short says little; it only tells how long the next should be.
        while routine.time() < burst / 4.0 {
            routine.best = f64::INFINITY;
        }
        routine.best = f64::INFINITY;
        routine
    }

    /// A routine whose unit of work is long enough to be a burst.
    pub fn once(mut work: impl FnMut() + 'a) -> Routine<'a> {
        Routine { work: Box::new(move |_| work()), repeats: 1, burst: 0.0, best: f64::INFINITY }
    }

    /// The shortest time of a unit of work so far.
    pub fn seconds(&self) -> f64 {
        self.best
    }

    /// The time of one burst, which may make the best shorter and the next burst longer.
    fn time(&mut self) -> f64 {
        let time = seconds(|| (self.work)(self.repeats));
        self.take(time);
        time
    }

    /// Notes the time of a burst. Where a neighbour made the first bursts seem long, they had too few repeats: the best
    /// time so far says how many there should be, and never too many.
    fn take(&mut self, time: f64) {
        self.best = self.best.min(time / self.repeats as f64);
        let fitting = self.burst / self.best.max(1e-12);
        self.repeats = self.repeats.max(fitting as u64);
    }
}

/// Runs the routines in turns, one burst each.
#[expect(clippy::disallowed_methods, reason = "the clock says when the effort is made")]
pub fn alternate(routines: &mut [&mut Routine<'_>], effort: Effort) {
    let start = Instant::now();
    let mut turns = 0;
    while turns < effort.turns || start.elapsed() < effort.time {
        for routine in &mut *routines {
            routine.time();
        }
        turns += 1;
    }
}

#[expect(clippy::disallowed_methods, reason = "times are what is asked for")]
fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::thread::sleep;

    use super::*;

    #[test]
    fn routines_take_turns_and_keep_their_best() {
        let log = RefCell::new(Vec::new());
        let waits = RefCell::new([9, 3, 6].into_iter());
        let mut first = Routine::once(|| {
            log.borrow_mut().push('a');
            sleep(Duration::from_millis(waits.borrow_mut().next().expect("three turns")));
        });
        let mut second = Routine::once(|| log.borrow_mut().push('b'));
        assert_eq!(first.seconds(), f64::INFINITY);
        alternate(&mut [&mut first, &mut second], Effort { time: Duration::ZERO, turns: 3 });
        let best = first.seconds();
        drop((first, second));
        assert_eq!(log.into_inner(), ['a', 'b', 'a', 'b', 'a', 'b']);
        // A sleep may be longer than asked for, never shorter: 3 ms is the lower bound of the best of the three.
        assert!(best >= 0.003, "{best}");
    }

    /// A routine whose times the test says.
    fn told(burst: f64) -> Routine<'static> {
        Routine { work: Box::new(|_| ()), repeats: 1, burst, best: f64::INFINITY }
    }

    #[test]
    fn short_work_is_repeated_until_it_fills_a_burst() {
        let mut routine = told(0.5);
        // disturbed: it seems that one repeat takes a whole burst
        routine.take(0.7);
        assert_eq!(routine.repeats, 1);
        // undisturbed: a repeat takes 1/1024 of a second
        routine.take(1.0 / 1024.0);
        assert_eq!((routine.repeats, routine.seconds()), (512, 1.0 / 1024.0));
        // disturbed again: neither the best nor the burst is changed
        routine.take(3.0);
        assert_eq!((routine.repeats, routine.seconds()), (512, 1.0 / 1024.0));
        // the start, 1/2048 s, counts less in a longer burst
        routine.take(0.5 - 1.0 / 8.0);
        assert_eq!(routine.repeats, 682);
    }

    #[test]
    fn work_that_is_a_burst_is_never_repeated() {
        let mut routine = told(0.0);
        routine.take(1e-9);
        assert_eq!(routine.repeats, 1);
    }

    #[test]
    fn the_time_is_that_of_one_repeat() {
        let nap = Duration::from_micros(20);
        let mut routine = Routine::repeated(|repeats| sleep(nap * repeats as u32));
        routine.time();
        assert!(routine.seconds() >= nap.as_secs_f64(), "{}", routine.seconds());
    }
}
