//! The `tombola` program as a library.
