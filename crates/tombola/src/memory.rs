//! How much memory this process may still take: what the system has free, and what it lets this process have.
//!
//! | from | what |
//! |---|---|
//! | `/proc/meminfo` | memory that programs can have without swapping, as the kernel sees it |
//! | control groups, version 1 and 2, from the process's own up to the root | limit, less use, and what of that use is files that can be forgotten |
//! | `/proc/self/limits` | the limit of addresses, less those that are taken |
//!
//! The least of what is known counts.
//!
//! # Invariants
//!
//! - **Decides no result:** only whether work is begun, and how much of it at once.
//! - **Unknown is no answer,** and no number that was made up: other systems have none of these files.
//! - **Absent:** what anything needs.

use std::path::{Path, PathBuf};

use crate::store;

/// Most bytes of a file of the kernel.
const MOST_BYTES: u64 = 1 << 20;

/// Bytes that this process may still take, where that is known.
pub fn free() -> Option<f64> {
    let read = |path: &Path| String::from_utf8(store::read_whole(path, MOST_BYTES).ok()?).ok();
    free_by(&read)
}

/// The same of a system whose files are read so.
fn free_by(read: &dyn Fn(&Path) -> Option<String>) -> Option<f64> {
    let file = |path: &str| read(Path::new(path));
    let mut known: Vec<f64> = Vec::new();
    known.extend(file("/proc/meminfo").and_then(|text| kilobytes(&text, "MemAvailable:")));
    known.extend(addresses(file("/proc/self/limits"), file("/proc/self/status")));
    for line in file("/proc/self/cgroup").unwrap_or_default().lines() {
        known.extend(group(line, read));
    }
    known.into_iter().reduce(f64::min)
}

/// The number in a line `NAME 123 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse::<f64>().ok().map(|number| number * 1024.0)
}

/// Addresses that are left below a limit of them.
fn addresses(limits: Option<String>, status: Option<String>) -> Option<f64> {
    let limits = limits?;
    let rest = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: f64 = rest.split_whitespace().next()?.parse().ok()?;
    let taken = kilobytes(&status.unwrap_or_default(), "VmSize:").unwrap_or(0.0);
    Some((limit - taken).max(0.0))
}

/// What the tightest group leaves, of the one that a line of `/proc/self/cgroup` names and those around it.
fn group(line: &str, read: &dyn Fn(&Path) -> Option<String>) -> Option<f64> {
    let mut parts = line.splitn(3, ':');
    let (_, kinds, path) = (parts.next()?, parts.next()?, parts.next()?);
    let (root, [limit, used, cache]) = match kinds {
        "" => ("/sys/fs/cgroup", ["memory.max", "memory.current", "inactive_file "]),
        kinds if kinds.split(',').any(|kind| kind == "memory") => (
            "/sys/fs/cgroup/memory",
            ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "],
        ),
        _ => return None,
    };
    let own = PathBuf::from(root).join(path.trim_start_matches('/'));
    let above = own.ancestors().take_while(|folder| folder.starts_with(root));
    let left = |folder: &Path| {
        let number = |name: &str| read(&folder.join(name))?.trim().parse::<f64>().ok();
        let statistics = read(&folder.join("memory.stat")).unwrap_or_default();
        let forgettable = statistics.lines().find_map(|line| line.strip_prefix(cache)?.parse::<f64>().ok());
        let left = number(limit)? - number(used)? + forgettable.unwrap_or(0.0);
        Some(left.max(0.0))
    };
    above.filter_map(left).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Option<f64> {
        free_by(&|path| {
            files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| (*text).to_owned())
        })
    }

    const MEMINFO: (&str, &str) =
        ("/proc/meminfo", "MemTotal:       100 kB\nMemFree:  1 kB\nMemAvailable:   70 kB\n");

    #[test]
    fn the_tightest_of_what_is_known_counts() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[MEMINFO]), Some(71_680.0));
        let second = [
            MEMINFO,
            ("/proc/self/cgroup", "0::/a/b\n"),
            ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("/sys/fs/cgroup/a/b/memory.current", "9000\n"),
            ("/sys/fs/cgroup/a/memory.max", "20000\n"),
            ("/sys/fs/cgroup/a/memory.current", "15000\n"),
            ("/sys/fs/cgroup/a/memory.stat", "anon 7\ninactive_file 4000\nactive_file 1\n"),
        ];
        assert_eq!(of(&second), Some(9000.0));
        let first = [
            MEMINFO,
            ("/proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/x\n3:cpuset:/\n"),
            ("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "5000\n"),
            ("/sys/fs/cgroup/memory/x/memory.usage_in_bytes", "6000\n"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "6000\n"),
        ];
        assert_eq!(of(&first), Some(0.0));
        let limited = [
            MEMINFO,
            (
                "/proc/self/limits",
                "Limit  Soft Limit  Hard Limit\nMax address space   30720  unlimited  bytes\n",
            ),
            ("/proc/self/status", "Name:\tx\nVmSize:\t      10 kB\n"),
        ];
        assert_eq!(of(&limited), Some(20_480.0));
        let unlimited = [MEMINFO, ("/proc/self/limits", "Max address space   unlimited  unlimited  bytes\n")];
        assert_eq!(of(&unlimited), Some(71_680.0));
    }

    #[test]
    fn files_that_say_nothing_are_no_answer() {
        for text in ["", "MemAvailable:", "MemAvailable: many kB", "\0"] {
            assert_eq!(of(&[("/proc/meminfo", text), ("/proc/self/cgroup", text)]), None);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_some() {
        assert!(free().is_some_and(|free| free > 1e6));
    }
}
