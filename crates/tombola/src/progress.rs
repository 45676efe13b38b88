//! How far long work is, for people: one line that is rewritten on a terminal, plain lines elsewhere.

pub mod board;

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two lines on a terminal, and elsewhere.
const OFTEN: Duration = Duration::from_millis(200);
const SELDOM: Duration = Duration::from_secs(10);

/// Whether lines that were written there can be written over: on a terminal, unless that has said that it cannot.
pub fn is_rewritten(stream: &impl IsTerminal) -> bool {
    #[expect(clippy::disallowed_methods, reason = "how messages look is the user's to say")]
    let kind = std::env::var("TERM").ok();
    stream.is_terminal() && can_rewrite(kind.as_deref())
}

fn can_rewrite(kind: Option<&str>) -> bool {
    kind != Some("dumb")
}

/// Tells on stderr how far work is that takes a known number of steps. It decides nothing.
#[derive(Debug)]
pub struct Progress {
    what: String,
    steps: u64,
    first: u64,
    is_terminal: bool,
    begun: Instant,
    told: Option<Instant>,
}

#[expect(clippy::disallowed_methods, reason = "times are told to people, and decide nothing")]
fn now() -> Instant {
    Instant::now()
}

impl Progress {
    /// Of `steps` steps, `first` are done already.
    pub fn new(what: impl Into<String>, first: u64, steps: u64) -> Progress {
        let is_terminal = is_rewritten(&std::io::stderr());
        Progress { what: what.into(), steps, first, is_terminal, begun: now(), told: None }
    }

    /// So many steps are done; `note` says what came of it.
    pub fn at(&mut self, done: u64, note: &str) {
        let pause = if self.is_terminal { OFTEN } else { SELDOM };
        if done < self.steps && self.told.is_some_and(|told| told.elapsed() < pause) {
            return;
        }
        self.told = Some(now());
        let line = self.line(done, note, self.begun.elapsed());
        let mut stderr = std::io::stderr().lock();
        // A closed stderr leaves nobody to tell.
        let _ = match (self.is_terminal, done < self.steps) {
            (true, true) => write!(stderr, "\r\x1b[2K{line}"),
            (true, false) => writeln!(stderr, "\r\x1b[2K{line}"),
            (false, _) => writeln!(stderr, "{line}"),
        };
        let _ = stderr.flush();
    }

    fn line(&self, done: u64, note: &str, elapsed: Duration) -> String {
        let Progress { what, steps, .. } = self;
        let since = done.saturating_sub(self.first);
        let left = steps.saturating_sub(done);
        let time = match since {
            0 => String::new(),
            _ if left == 0 => format!(", took {}", words(elapsed)),
            _ => format!(", {} left", words(elapsed.mul_f64(left as f64 / since as f64))),
        };
        let note = if note.is_empty() { String::new() } else { format!(", {note}") };
        format!("{what} {done}/{steps}{note}{time}")
    }
}

/// A duration as people say it.
fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A moment, to know when it is time for something that changes no result.
#[derive(Debug)]
pub struct Timer(Instant);

impl Timer {
    /// Begins now.
    pub fn start() -> Timer {
        Timer(now())
    }

    /// How long since then.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_and_how_long_still() {
        let progress = Progress::new("generation", 10, 30);
        let line = |done| progress.line(done, "score 0.5", Duration::from_secs(65));
        assert_eq!(line(10), "generation 10/30, score 0.5");
        assert_eq!(line(20), "generation 20/30, score 0.5, 1 min 5 s left");
        assert_eq!(line(30), "generation 30/30, score 0.5, took 1 min 5 s");
        assert_eq!(words(Duration::from_secs(59)), "59 s");
        assert!(can_rewrite(None) && can_rewrite(Some("xterm")) && !can_rewrite(Some("dumb")));
        assert_eq!(words(Duration::from_secs(7380)), "2 h 3 min");
    }
}
