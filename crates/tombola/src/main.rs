//! The `tombola` program: arguments, exit code, nothing else.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use tombola::commands::{self, Arguments};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match commands::run(&arguments, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Who closes the pipe has read enough: `tombola ... | head`.
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr leaves nobody to tell.
            let _ = error.report(&mut std::io::stderr().lock());
            ExitCode::from(error.exit_code())
        }
    }
}
