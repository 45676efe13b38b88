//! Being asked to stop: by Ctrl-C, by a batch system, by whoever ends processes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What an interrupted process returns.
const INTERRUPTED: i32 = 130;

/// Whether the process is to stop. Copies are one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// SIGINT, SIGTERM and SIGUSR1 ask this process to stop from now on. A second SIGINT ends it there and then, which
    /// harms nothing but the work since the last checkpoint.
    pub fn on_signals() -> io::Result<Stop> {
        let stop = Stop::default();
        flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(&stop.0))?;
        flag::register(SIGINT, Arc::clone(&stop.0))?;
        flag::register(SIGTERM, Arc::clone(&stop.0))?;
        #[cfg(unix)]
        flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&stop.0))?;
        Ok(stop)
    }

    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
