//! The `tombola` program.

#![forbid(unsafe_code)]

fn main() {}
