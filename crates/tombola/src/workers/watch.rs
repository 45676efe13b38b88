//! Whether the owner of a unit lives, as somebody sees it who has one clock: his own.

use std::time::{Duration, SystemTime};

use crate::progress::Timer;
use crate::results::{Found, Holding};

/// Beats after which an owner without one counts as dead.
pub const BEATS: u32 = 6;

/// A unit in other hands, and since when nothing has been seen to change about it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Option<(String, Vec<u8>)>,
    since: Option<Timer>,
}

impl Watch {
    /// Looks at the unit as it is now. How long nothing has changed.
    pub(super) fn observe(&mut self, found: &Found) -> Duration {
        let sign = match found {
            Found::Held(holding) | Found::Free(holding) => {
                let (name, beat) = holding.sign_of_life();
                (name.to_owned(), beat.to_vec())
            }
            Found::Nothing | Found::Unsettled => (String::new(), Vec::new()),
        };
        if self.seen.as_ref() != Some(&sign) {
            self.seen = Some(sign);
            self.since = Some(Timer::start());
        }
        self.since.as_ref().map_or(Duration::ZERO, Timer::elapsed)
    }

    /// How long an owner may be silent. Who beats seldom is given the time; a beat that nobody could believe is not.
    pub(super) fn patience(holding: Option<&Holding>, own_beat: f64) -> Duration {
        let theirs = holding.and_then(|holding| holding.owner.as_ref()).map(|owner| owner.beat_seconds);
        let beat = theirs.filter(|beat| (0.0..=3600.0).contains(beat)).unwrap_or(own_beat);
        Duration::from_secs_f64(beat) * BEATS
    }
}

/// Who has a unit, and how long ago that one showed that it lives, as far as clocks agree.
#[expect(clippy::disallowed_methods, reason = "told to people; no result depends on it")]
pub fn who_and_when(holding: &Holding) -> String {
    let age = holding.beaten.and_then(|beaten| SystemTime::now().duration_since(beaten).ok());
    match age {
        Some(age) => format!("{}, last sign of life {} s ago", holding.who(), age.as_secs()),
        None => holding.who(),
    }
}
