//! Times that hold on a machine that others use too.
//!
//! A neighbour can only slow a routine down, so the best of many short bursts is what the machine can do. Routines that
//! are compared take turns, burst by burst, so that a slow minute or a change of clock speed meets all of them.

use std::time::{Duration, Instant};

/// How long a burst of a routine with adjustable length is made: long against the clock's resolution (some 30 ns),
/// short against a scheduler's time slice (some ms), so that many bursts run undisturbed.
const BURST: Duration = Duration::from_micros(500);

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
    best: f64,
}

impl<'a> Routine<'a> {
    /// A routine that does its unit of work as many times as told; bursts are made long enough to be timed.
    pub fn repeated(mut work: impl FnMut(u64) + 'a) -> Routine<'a> {
        let repeats = repeats_of_a_burst(|repeats| seconds(|| work(repeats)));
        Routine { work: Box::new(work), repeats, best: f64::INFINITY }
    }

    /// A routine whose unit of work is long enough to be a burst.
    pub fn once(mut work: impl FnMut() + 'a) -> Routine<'a> {
        Routine { work: Box::new(move |_| work()), repeats: 1, best: f64::INFINITY }
    }

    /// The shortest time of a unit of work so far.
    pub fn seconds(&self) -> f64 {
        self.best
    }

    fn burst(&mut self) {
        let time = seconds(|| (self.work)(self.repeats)) / self.repeats as f64;
        self.best = self.best.min(time);
    }
}

/// How often work fits a burst, by the seconds that some repeats of it take.
fn repeats_of_a_burst(mut seconds: impl FnMut(u64) -> f64) -> u64 {
    let mut repeats = 1;
    let mut time = seconds(repeats);
    while time < BURST.as_secs_f64() / 4.0 {
        repeats *= 2;
        time = seconds(repeats);
    }
    (repeats as f64 * BURST.as_secs_f64() / time).ceil().max(1.0) as u64
}

/// Runs the routines in turns, one burst each.
#[expect(clippy::disallowed_methods, reason = "the clock says when the effort is made")]
pub fn alternate(routines: &mut [&mut Routine<'_>], effort: Effort) {
    let start = Instant::now();
    let mut turns = 0;
    while turns < effort.turns || start.elapsed() < effort.time {
        for routine in &mut *routines {
            routine.burst();
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

    #[test]
    fn short_work_is_repeated_until_it_fills_a_burst() {
        let burst = BURST.as_secs_f64();
        assert_eq!(repeats_of_a_burst(|repeats| repeats as f64 * burst / 1024.0), 1024);
        assert_eq!(repeats_of_a_burst(|repeats| repeats as f64 * burst * 7.0), 1);
        // with a start-up time beside, the burst is not overrun
        assert_eq!(repeats_of_a_burst(|repeats| burst * (0.2 + repeats as f64 / 10.0)), 4);
    }

    #[test]
    fn the_time_is_that_of_one_repeat() {
        let nap = Duration::from_micros(20);
        let mut routine = Routine::repeated(|repeats| sleep(nap * repeats as u32));
        routine.burst();
        assert!(routine.seconds() >= nap.as_secs_f64(), "{}", routine.seconds());
    }
}
