//! Tickets as commands take them: from a file, or refused with its name and what would do.

use std::path::Path;

use networks::{Architecture, Ticket, TicketError};
use tasks::Task;

use super::{CommandError, with_causes};
use crate::store;

/// Longest file of weights that is read.
pub(super) const MOST_BYTES: u64 = 1 << 33;

/// The ticket in a file.
pub(super) fn read(path: &Path) -> Result<Ticket, CommandError> {
    let bytes = store::read_whole(path, MOST_BYTES)?;
    Ticket::decode(&bytes).map_err(|error| refused(path, &error))
}

/// Why a network does not fit a task, after "the" or "its"; none where it does.
pub(super) fn mismatch(network: &Architecture, task: &dyn Task, name: &str) -> Option<String> {
    let found = (network.input().len(), network.outputs());
    let expected = (task.input().len(), task.outputs());
    (found != expected).then(|| {
        let ((reads, gives), (inputs, outputs)) = (found, expected);
        format!(
            "network reads {reads} numbers and gives {gives}; the task `{name}` has {inputs} and {outputs}"
        )
    })
}

/// Why a file is no ticket.
pub(super) fn refused(path: &Path, error: &TicketError) -> CommandError {
    let hint = match error {
        TicketError::Foreign { .. } => {
            Some("`tombola import-weights` makes a ticket of other programs' weights".into())
        }
        TicketError::Checksum { .. } | TicketError::File(_) => {
            Some("copy the ticket again, or train it again".into())
        }
        _ => None,
    };
    CommandError::Request { message: format!("{}: {}", path.display(), with_causes(error)), hint }
}
