//! The desk of a unit at work on a results folder.

use std::sync::Arc;
use std::time::Duration;

use super::Desk;
use super::crew::Shared;
use crate::progress::Timer;
use crate::results::{Lease, Pulse, ResultsError};

/// A lease, and the process around it.
pub(super) struct UnitDesk<'d, 'r> {
    pub(super) shared: &'d Shared<'r>,
    pub(super) lease: Lease<'r>,
    pulse: Arc<Pulse>,
    name: String,
    job: usize,
    saved: Timer,
    save_every: Duration,
    pub(super) remark: Option<String>,
}

impl<'d, 'r> UnitDesk<'d, 'r> {
    pub(super) fn new(
        shared: &'d Shared<'r>,
        lease: Lease<'r>,
        name: String,
        job: usize,
    ) -> UnitDesk<'d, 'r> {
        let pulse = lease.pulse();
        UnitDesk {
            shared,
            lease,
            pulse,
            name,
            job,
            saved: Timer::start(),
            save_every: shared.how.save_every,
            remark: None,
        }
    }

    pub(super) fn job(&self) -> usize {
        self.job
    }
}

impl Desk for UnitDesk<'_, '_> {
    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ResultsError> {
        self.lease.read(name)
    }

    fn read_needed(&mut self, unit: &str, name: &str) -> Result<Vec<u8>, ResultsError> {
        self.shared.results.read(unit, name)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
        self.lease.write(name, bytes)
    }

    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, ResultsError> {
        let (found, damages) = self.lease.checkpoint()?;
        for damage in damages {
            self.shared.board.warn(&format!("{damage}; not used"));
        }
        Ok(found)
    }

    fn save(&mut self, checkpoint: &[u8]) -> Result<(), ResultsError> {
        self.lease.save(checkpoint)?;
        self.saved = Timer::start();
        Ok(())
    }

    fn saving_is_due(&self) -> bool {
        self.is_stopping() || self.saved.elapsed() >= self.save_every
    }

    fn is_stopping(&self) -> bool {
        self.shared.is_stopping() || self.pulse.is_lost()
    }

    fn remark(&mut self, text: &str) {
        self.remark = Some(text.to_owned());
    }

    fn event(&mut self, text: &str) {
        self.shared.board.warn(&format!("{text}: {}", self.name));
    }

    fn progress(&mut self, done: u64, of: u64, note: &str) {
        self.shared.board.at(self.job, done, of, note);
    }
}
