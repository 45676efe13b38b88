//! Tickets as commands take them: from a file, or refused with its name and what would do.

use std::path::Path;

use networks::{Ticket, TicketError};

use super::{CommandError, with_causes};
use crate::store;

/// Longest file of weights that is read.
pub(super) const MOST_BYTES: u64 = 1 << 33;

/// The ticket in a file.
pub(super) fn read(path: &Path) -> Result<Ticket, CommandError> {
    let bytes = store::read_whole(path, MOST_BYTES)?;
    Ticket::decode(&bytes).map_err(|error| refused(path, &error))
}

/// Why a file is no ticket.
fn refused(path: &Path, error: &TicketError) -> CommandError {
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
