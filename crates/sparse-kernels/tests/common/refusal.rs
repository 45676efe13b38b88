//! What kernels say to what does not fit.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Panics unless `work` panics, and says so.
pub(crate) fn assert_refused(says: &str, work: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("what does not fit was taken");
    let said = match panic.downcast::<String>() {
        Ok(said) => *said,
        Err(panic) => (*panic.downcast::<&str>().expect("a panic with words")).to_owned(),
    };
    assert!(said.contains(says), "{says:?} is not in {said:?}");
}
