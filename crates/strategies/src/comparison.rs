//! Which strategy when.
