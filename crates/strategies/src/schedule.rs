//! A number that shrinks from generation to generation.

use serde::{Deserialize, Serialize};

use crate::settings::{SettingError, check};

/// Starts at `initial`, is multiplied by `decay` after every generation, and stops at `limit`.
///
/// A number that starts below its limit stays where it is. The published code lifts it to the limit instead
/// ([`Quirks::limits_lift`](crate::Quirks)).
///
/// ```
/// use strategies::Schedule;
///
/// let schedule = Schedule { initial: 0.5, decay: 0.9, limit: 0.4 };
/// assert_eq!(schedule.after(0.5, false), 0.45);
/// assert_eq!(schedule.after(0.41, false), 0.4);
/// assert_eq!(schedule.after(0.1, false), 0.1);
/// assert_eq!(schedule.after(0.1, true), 0.4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// In the first generation; above 0.
    pub initial: f64,
    /// Factor from one generation to the next; above 0, at most 1.
    #[serde(default = "one")]
    pub decay: f64,
    /// Where it stops; at least 0.
    #[serde(default)]
    pub limit: f64,
}

fn one() -> f64 {
    1.0
}

impl Schedule {
    /// The same number for ever.
    pub const fn constant(value: f64) -> Schedule {
        Schedule { initial: value, decay: 1.0, limit: 0.0 }
    }

    /// The next generation's number. `lift` says whether a number below the limit is raised to it.
    pub fn after(&self, now: f64, lift: bool) -> f64 {
        let floor = if lift { self.limit } else { self.limit.min(now) };
        (now * self.decay).max(floor)
    }

    pub(crate) fn check(&self, name: &'static str) -> Result<(), SettingError> {
        check(name, self.initial, self.initial > 0.0, "a start above 0")?;
        check(name, self.decay, self.decay > 0.0 && self.decay <= 1.0, "a decay above 0, at most 1")?;
        check(name, self.limit, self.limit >= 0.0, "a limit of at least 0")
    }
}
