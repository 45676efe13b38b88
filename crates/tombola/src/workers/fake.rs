//! Units that do little, deterministically, and check that they are treated as promised.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sparse_kernels::Threads;

use super::{Desk, End, Unit, UnitError};
use crate::results::Manifest;

/// How a fake unit behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Manner {
    /// Does its work.
    #[default]
    Good,
    /// Does its work and says that it diverged.
    Diverges,
    /// Fails at the last step.
    Fails,
    /// Panics at the last step.
    Panics,
}

/// Adds up numbers in steps; leaves one result every few steps. Its start is the sum of results of the units that it needs.
#[derive(Debug)]
pub(super) struct Fake {
    pub(super) id: String,
    pub(super) needs: Vec<String>,
    pub(super) steps: u64,
    pub(super) manner: Manner,
    /// How long a step takes at least.
    pub(super) pause: Duration,
    /// How often it was begun.
    pub(super) begun: AtomicUsize,
}

/// Steps between two results.
const EVERY: u64 = 5;

impl Fake {
    pub(super) fn new(number: u64, needs: Option<u64>, steps: u64) -> Fake {
        let id = |number: u64| format!("{number:016x}");
        let begun = AtomicUsize::new(0);
        Fake {
            id: id(number),
            needs: needs.map(id).into_iter().collect(),
            steps,
            manner: Manner::Good,
            pause: Duration::ZERO,
            begun,
        }
    }
}

impl Unit for Fake {
    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> String {
        format!("fake {}\nsteps {}\n", self.id, self.steps)
    }

    fn needs(&self) -> &[String] {
        &self.needs
    }

    fn has_diverged(&self, _: &Manifest) -> bool {
        self.manner == Manner::Diverges
    }

    fn run(&self, desk: &mut dyn Desk, _threads: Threads<'_>) -> Result<End, UnitError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let (mut step, mut sum) = (0, u64::from_str_radix(&self.id, 16).expect("an id"));
        for needed in &self.needs {
            sum = sum.wrapping_add(number(&desk.read_needed(needed, "last.txt")?));
        }
        if let Some(bytes) = desk.checkpoint()? {
            let text = String::from_utf8(bytes).expect("it has its checksum");
            let (at, was) = text.split_once(' ').expect("two numbers");
            (step, sum) = (at.parse().expect("a number"), was.parse().expect("a number"));
            for before in (EVERY..=step).step_by(EVERY as usize) {
                let there = desk.read(&format!("sum-{before:03}.txt"))?;
                assert!(there.is_some(), "a checkpoint has the results before it");
            }
        }
        while step < self.steps {
            std::thread::sleep(self.pause);
            step += 1;
            sum = sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
            if step.is_multiple_of(EVERY) {
                desk.write(&format!("sum-{step:03}.txt"), format!("{sum}\n").repeat(40).as_bytes())?;
            }
            desk.progress(step, self.steps, "");
            if desk.saving_is_due() {
                desk.save(format!("{step} {sum}").as_bytes())?;
                if desk.is_stopping() {
                    return Ok(End::Stopped);
                }
            }
        }
        match self.manner {
            Manner::Fails => return Err(UnitError::Failed("the last step is too much".into())),
            Manner::Panics => panic!("the last step is too much"),
            Manner::Good | Manner::Diverges => {}
        }
        desk.write("last.txt", format!("{sum}\n").as_bytes())?;
        Ok(if self.manner == Manner::Diverges { End::Diverged } else { End::Done })
    }
}

fn number(bytes: &[u8]) -> u64 {
    let text = std::str::from_utf8(bytes).expect("it has its checksum");
    text.trim().parse().expect("a number")
}
