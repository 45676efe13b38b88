//! The `tombola` program.
fn main() {}
