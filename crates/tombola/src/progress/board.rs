//! How far many pieces of work are, some of them at once, for people.
//!
//! On a terminal: one bar over all and one for each piece in hand, rewritten in place, with events scrolling above.
//!
//! ```text
//!   [#########-----------] 12/27 units, 1 failed, 3 min 20 s left
//!   [################----] 400/500, 12.5/s, best 0.91, 8 s left: 3f2a41bc.. cell task=mnist
//! ```
//!
//! Elsewhere, and on a terminal that calls itself `dumb`: a plain line an event, and now and then one for each piece in
//! hand. Colour stands beside words, never for them, and only on a terminal without `NO_COLOR`.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{OFTEN, Timer, is_rewritten, words};

/// Between two plain lines about one piece of work.
const SELDOM: Duration = Duration::from_secs(30);

/// Characters of a bar, and of a line: what every terminal has.
const BAR: usize = 20;
const LINE: usize = 79;

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Terminal {
        has_colour: bool,
    },
    File,
    /// Only what went wrong.
    Quiet,
    /// Nobody.
    #[cfg(test)]
    Nobody,
}

/// Tells on stderr how far all is. It decides nothing.
#[derive(Debug)]
pub struct Board {
    audience: Audience,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    what: &'static str,
    total: usize,
    done: usize,
    failed: usize,
    /// When the first piece was begun here, and how many were done then: those that were found done took no time.
    begun: Option<(Timer, usize)>,
    rows: Vec<Option<Row>>,
    drawn: usize,
    told: Option<Timer>,
}

/// A piece of work in hand.
#[derive(Debug)]
struct Row {
    name: String,
    begun: Timer,
    /// Steps that were done when it was begun here.
    first: Option<u64>,
    done: u64,
    of: u64,
    note: String,
    told: Timer,
}

impl Board {
    /// For `total` pieces of work, `slots` at once.
    pub fn new(what: &'static str, total: usize, slots: usize, quiet: bool) -> Board {
        let audience = match (quiet, is_rewritten(&std::io::stderr())) {
            (true, _) => Audience::Quiet,
            (_, true) => Audience::Terminal { has_colour: has_colour() },
            (_, false) => Audience::File,
        };
        Board::for_audience(audience, what, total, slots)
    }

    /// For nobody.
    #[cfg(test)]
    pub(crate) fn mute(slots: usize) -> Board {
        Board::for_audience(Audience::Nobody, "units", 0, slots)
    }

    fn for_audience(audience: Audience, what: &'static str, total: usize, slots: usize) -> Board {
        let rows = (0..slots).map(|_| None).collect();
        let inner = Inner { what, total, done: 0, failed: 0, begun: None, rows, drawn: 0, told: None };
        Board { audience, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event.
    pub fn line(&self, text: &str) {
        if self.audience != Audience::Quiet {
            self.print(&mut self.lock(), Some(text));
        }
    }

    /// Something that went wrong: told to everybody.
    pub fn warn(&self, text: &str) {
        let text = match self.audience {
            Audience::Terminal { has_colour: true } => format!("\x1b[31m{text}\x1b[0m"),
            _ => text.to_owned(),
        };
        self.print(&mut self.lock(), Some(&text));
    }

    /// A piece of work is taken in hand; `is_new` where nothing of it was done before.
    pub fn begin(&self, slot: usize, name: &str, is_new: bool) {
        let mut inner = self.lock();
        if inner.begun.is_none() {
            inner.begun = Some((Timer::start(), inner.done));
        }
        let name = name.to_owned();
        if self.audience == Audience::File {
            self.print(&mut inner, Some(&format!("{}: {name}", if is_new { "begin" } else { "go on" })));
        }
        let (note, begun, told) = (String::new(), Timer::start(), Timer::start());
        inner.rows[slot] = Some(Row { name, begun, first: None, done: 0, of: 0, note, told });
    }

    /// So many of so many steps of it are done; `note` says what came of it.
    pub fn at(&self, slot: usize, done: u64, of: u64, note: &str) {
        let mut inner = self.lock();
        let is_time = inner.told.as_ref().is_none_or(|told| told.elapsed() >= OFTEN);
        let Some(row) = &mut inner.rows[slot] else { return };
        row.first.get_or_insert(done);
        (row.done, row.of) = (done, of);
        note.clone_into(&mut row.note);
        match self.audience {
            Audience::Terminal { .. } if is_time => self.print(&mut inner, None),
            Audience::File if row.told.elapsed() >= SELDOM => {
                row.told = Timer::start();
                let line = row.line();
                self.print(&mut inner, Some(&line));
            }
            _ => {}
        }
    }

    /// It is out of hand, however it ended.
    pub fn end(&self, slot: usize) {
        self.lock().rows[slot] = None;
    }

    /// A piece of work is done, or failed.
    pub fn settled(&self, done: bool) {
        let mut inner = self.lock();
        inner.done += usize::from(done);
        inner.failed += usize::from(!done);
        if matches!(self.audience, Audience::Terminal { .. }) {
            self.print(&mut inner, None);
        }
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        let mut inner = self.lock();
        if inner.drawn > 0 {
            let text = erase(inner.drawn);
            inner.drawn = 0;
            say(&text);
        }
    }

    fn print(&self, inner: &mut Inner, event: Option<&str>) {
        #[cfg(test)]
        if self.audience == Audience::Nobody {
            return;
        }
        let Audience::Terminal { has_colour } = self.audience else {
            if let Some(event) = event {
                say(&format!("{event}\n"));
            }
            return;
        };
        let mut text = erase(inner.drawn);
        if let Some(event) = event {
            text += event;
            text.push('\n');
        }
        let mut bars = vec![inner.overall()];
        bars.extend(inner.rows.iter().flatten().map(|row| (part(row.done, row.of), row.line())));
        inner.drawn = bars.len();
        for (part, line) in bars {
            let line: String = line.chars().take(LINE - BAR - 3).collect();
            let _ = writeln!(text, "{} {line}", bar(part, has_colour));
        }
        inner.told = Some(Timer::start());
        say(&text);
    }
}

impl Inner {
    fn overall(&self) -> (f64, String) {
        let Inner { what, total, done, failed, .. } = self;
        let settled = done + failed;
        let mut line = format!("{done}/{total} {what}");
        if *failed > 0 {
            let _ = write!(line, ", {failed} failed");
        }
        if let Some((begun, before)) = &self.begun
            && settled > *before
            && *total > settled
        {
            let each = begun.elapsed().as_secs_f64() / (settled - before) as f64;
            let left = Duration::from_secs_f64(each * (total - settled) as f64);
            let _ = write!(line, ", {} left", words(left));
        }
        (part(settled as u64, *total as u64), line)
    }
}

impl Row {
    fn line(&self) -> String {
        self.line_after(self.begun.elapsed())
    }

    fn line_after(&self, elapsed: Duration) -> String {
        let Row { name, done, of, note, .. } = self;
        let mut line = format!("{done}/{of}");
        let since = done - self.first.unwrap_or(0).min(*done);
        let seconds = elapsed.as_secs_f64();
        if since > 0 && seconds > 0.0 {
            let rate = since as f64 / seconds;
            let digits = if rate < 10.0 { 2 } else { 0 };
            let _ = write!(line, ", {rate:.digits$}/s");
        }
        if !note.is_empty() {
            let _ = write!(line, ", {note}");
        }
        if since > 0 && of > done {
            let left = elapsed.mul_f64((of - done) as f64 / since as f64);
            let _ = write!(line, ", {} left", words(left));
        }
        // last, for it is what may be cut off
        let _ = write!(line, ": {name}");
        line
    }
}

fn part(done: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { done as f64 / of as f64 }
}

fn bar(part: f64, has_colour: bool) -> String {
    let full = ((part.clamp(0.0, 1.0) * BAR as f64) as usize).min(BAR);
    let (full, rest) = ("#".repeat(full), "-".repeat(BAR - full));
    if has_colour { format!("[\x1b[32m{full}\x1b[0m{rest}]") } else { format!("[{full}{rest}]") }
}

/// Moves up so many lines and clears all below.
fn erase(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\x1b[{lines}A\r\x1b[J") }
}

fn say(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // A closed stderr leaves nobody to tell.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[expect(clippy::disallowed_methods, reason = "how messages look is the user's to say")]
fn has_colour() -> bool {
    std::env::var("NO_COLOR").ok().is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_far_how_fast_and_how_long_still() {
        let (note, begun, told) = (String::new(), Timer::start(), Timer::start());
        let mut row = Row { name: "a".to_owned(), begun, first: Some(100), done: 100, of: 400, note, told };
        let minute = Duration::from_secs(60);
        assert_eq!(row.line_after(minute), "100/400: a");
        (row.done, row.note) = (220, "best 0.5".to_owned());
        assert_eq!(row.line_after(minute), "220/400, 2.00/s, best 0.5, 1 min 30 s left: a");
        row.done = 400;
        assert_eq!(row.line_after(minute), "400/400, 5.00/s, best 0.5: a");
    }

    #[test]
    fn a_bar_is_as_full_as_the_work() {
        assert_eq!(bar(part(0, 0), false), format!("[{}]", "-".repeat(20)));
        assert_eq!(bar(part(1, 4), false), format!("[{}{}]", "#".repeat(5), "-".repeat(15)));
        assert_eq!(bar(part(9, 4), true), format!("[\x1b[32m{}\x1b[0m]", "#".repeat(20)));
        let board = Board::for_audience(Audience::Quiet, "units", 3, 1);
        board.settled(true);
        board.settled(false);
        assert_eq!(board.lock().overall(), (2.0 / 3.0, "1/3 units, 1 failed".to_owned()));
    }
}
