//! Who works at a unit: a process on a machine, named unlike any other that ever was.

use serde::{Deserialize, Serialize};
use tasks::vision::checksum::Checksum;

use crate::store;

/// A process that works in a results folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// Name of the host.
    pub host: String,
    /// Digits of the machine since it was switched on, and of what counts processes on it; empty where unknown.
    pub machine: String,
    /// Number of the process.
    pub pid: u32,
    /// When the process began, as the machine counts; 0 where unknown.
    pub start: u64,
    /// The job of a queue that it is part of.
    pub job: Option<String>,
    /// Program and version.
    pub program: String,
    /// Seconds between two beats.
    pub beat_seconds: f64,
}

impl Eq for Owner {}

impl Owner {
    /// This process.
    pub fn this_process(beat_seconds: f64) -> Owner {
        let boot = text("/proc/sys/kernel/random/boot_id");
        let processes = std::fs::read_link("/proc/self/ns/pid");
        let machine = match (boot, processes) {
            (Some(boot), Ok(processes)) => {
                Checksum::of(format!("{} {}", boot.trim(), processes.display()).as_bytes())[..8].to_owned()
            }
            _ => String::new(),
        };
        let host = text("/proc/sys/kernel/hostname").or_else(|| variable("HOSTNAME"));
        let pid = std::process::id();
        Owner {
            host: host.map_or("unknown".to_owned(), |host| host.trim().to_owned()),
            machine,
            pid,
            start: process(pid).map_or(0, |(start, _)| start),
            job: job(),
            program: concat!("tombola ", env!("CARGO_PKG_VERSION")).to_owned(),
            beat_seconds,
        }
    }

    /// A name for the `count`th thing that this owner takes.
    pub(super) fn token(&self, count: u64) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let host: String =
            self.host.split('.').next().unwrap_or_default().chars().map(plain).take(40).collect();
        let Owner { machine, pid, start, .. } = self;
        format!("{host}.{machine}-{pid}.{start}-{count}")
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)?;
        match &self.job {
            Some(job) => write!(f, " (job {job})"),
            None => Ok(()),
        }
    }
}

/// An owner, as the names of folders tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    machine: String,
    pid: u32,
    start: u64,
}

impl Token {
    pub(super) fn parse(text: &str) -> Option<Token> {
        let mut parts = text.split('-');
        let (_, machine) = parts.next()?.split_once('.')?;
        let (pid, start) = parts.next()?.split_once('.')?;
        parts.next()?.parse::<u64>().ok()?;
        let token = Token { machine: machine.to_owned(), pid: pid.parse().ok()?, start: start.parse().ok()? };
        parts.next().is_none().then_some(token)
    }

    /// Whether it ran where `me` runs, and runs no more. A process that nobody has taken leave of yet runs no more.
    pub(super) fn is_gone_from(&self, me: &Owner) -> bool {
        let is_here = !me.machine.is_empty() && self.machine == me.machine && me.start != 0;
        is_here && process(self.pid).is_none_or(|(start, is_ended)| is_ended || start != self.start)
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}", self.pid)
    }
}

/// When a process of this machine began, and whether it has ended.
fn process(pid: u32) -> Option<(u64, bool)> {
    let line = text(&format!("/proc/{pid}/stat"))?;
    // the name of the program stands in parentheses and may hold anything
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let state = *fields.first()?;
    Some((fields.get(19)?.parse().ok()?, matches!(state, "Z" | "X")))
}

fn text(path: &str) -> Option<String> {
    // files of the kernel have no length, and end when they end
    let bytes = store::read_whole(path.as_ref(), 1 << 16).ok()?;
    String::from_utf8(bytes).ok()
}

#[expect(clippy::disallowed_methods, reason = "who this process is, for people; no result depends on it")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The job of Slurm that this process is part of.
fn job() -> Option<String> {
    let part = |array, task| Some(format!("{}_{}", variable(array)?, variable(task)?));
    part("SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID").or_else(|| variable("SLURM_JOB_ID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_where_the_owner_ran_and_whether_it_still_does() {
        let me = Owner::this_process(1.0);
        let token = Token::parse(&me.token(3)).unwrap();
        assert_eq!((token.pid, token.start), (me.pid, me.start));
        assert!(!token.is_gone_from(&me));
        if me.start != 0 {
            let gone = |token: Token| token.is_gone_from(&me);
            assert!(
                gone(Token { start: me.start + 1, ..token.clone() }),
                "another process of the same number"
            );
            assert!(gone(Token { pid: u32::MAX, ..token.clone() }));
        }
        let elsewhere = Token { machine: "elsewhere".to_owned(), pid: u32::MAX, ..token };
        assert!(!elsewhere.is_gone_from(&me), "nothing is known of other machines");
        let odd = Owner { host: "Näh-Maschine.example.org".to_owned(), ..me };
        assert!(odd.token(0).starts_with("n_h_maschine."), "{}", odd.token(0));
        assert!(Token::parse(&odd.token(0)).is_some());
        for wrong in ["free", "", "a-1.2-3", "a.b-1-3", "a.b-1.2", "a.b-1.2-3-4", "a.b-x.2-3"] {
            assert!(Token::parse(wrong).is_none(), "{wrong}");
        }
    }
}
