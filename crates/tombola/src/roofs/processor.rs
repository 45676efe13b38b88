//! The processor's name, cores, instructions and caches, as far as the system tells.

use std::fs;
use std::thread::available_parallelism;

use numerics::Isa;

/// What the system says about the processor.
#[derive(Clone, Debug, PartialEq)]
pub struct Processor {
    /// Its name in `/proc/cpuinfo`, or `unknown`.
    pub name: String,
    /// Threads that this process may run at once.
    pub cores: usize,
    /// Instruction sets of kernels that it has, slowest first.
    pub sets: Vec<Isa>,
    /// Further vector instructions that it has.
    pub flags: Vec<&'static str>,
    /// Sizes at which reading and writing are measured, smallest first.
    pub levels: Vec<Level>,
}

/// A place for data, and an amount that fits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// `L1`, `L2`, `L3`, `memory`.
    pub name: &'static str,
    /// Bytes read and written: half of a cache, four times the last for memory.
    pub bytes: usize,
}

/// Asks the system.
pub fn processor() -> Processor {
    let information = read("/proc/cpuinfo").unwrap_or_default();
    Processor {
        name: name(&information).unwrap_or("unknown").to_owned(),
        cores: available_parallelism().map_or(1, usize::from),
        sets: Isa::available(),
        flags: flags(),
        levels: levels(cache_sizes()),
    }
}

#[expect(clippy::disallowed_methods, reason = "files in which the system describes the machine")]
fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn name(information: &str) -> Option<&str> {
    let line = information.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim())
}

#[cfg(target_arch = "x86_64")]
fn flags() -> Vec<&'static str> {
    macro_rules! present {
        ($($flag:tt),*) => { [$(($flag, is_x86_feature_detected!($flag))),*] };
    }
    let all = present!(
        "sse4.2",
        "avx",
        "f16c",
        "fma",
        "avx2",
        "avx512f",
        "avx512dq",
        "avx512bw",
        "avx512vl",
        "avx512vnni",
        "avx512bf16",
        "avx512fp16"
    );
    all.into_iter().filter_map(|(flag, present)| present.then_some(flag)).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn flags() -> Vec<&'static str> {
    Vec::new()
}

/// Bytes of the data caches of the first core, by level; of a usual machine where the system does not tell.
fn cache_sizes() -> [usize; 3] {
    let mut sizes = [32 << 10, 512 << 10, 16 << 20];
    for index in 0..8 {
        let about = |what: &str| read(&format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{what}"));
        let (Some(level), Some(kind), Some(size)) = (about("level"), about("type"), about("size")) else {
            break;
        };
        let level: Option<usize> = level.trim().parse().ok();
        let kibibytes: Option<usize> = size.trim().strip_suffix('K').and_then(|size| size.parse().ok());
        if let (Some(level @ 1..=3), Some(kibibytes), "Data" | "Unified") = (level, kibibytes, kind.trim()) {
            sizes[level - 1] = kibibytes << 10;
        }
    }
    sizes
}

fn levels([first, second, third]: [usize; 3]) -> Vec<Level> {
    // A cache of hundreds of MiB is shared by many cores; less than half of it is ours.
    const MOST: usize = 256 << 20;
    vec![
        Level { name: "L1", bytes: first / 2 },
        Level { name: "L2", bytes: second / 2 },
        Level { name: "L3", bytes: (third / 2).min(MOST / 8) },
        Level { name: "memory", bytes: (third * 4).min(MOST) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_text_behind_the_colon() {
        let text = "processor\t: 0\nmodel name\t: A CPU: the best @ 3 GHz\nmodel name\t: another\n";
        assert_eq!(name(text), Some("A CPU: the best @ 3 GHz"));
        assert_eq!(name("processor : 0"), None);
    }

    #[test]
    fn levels_grow_and_stay_affordable() {
        for sizes in [[32 << 10, 512 << 10, 32 << 20], [48 << 10, 2 << 20, 1 << 30], cache_sizes()] {
            let bytes: Vec<usize> = levels(sizes).iter().map(|level| level.bytes).collect();
            assert!(bytes.is_sorted_by(|a, b| a < b) && bytes[3] <= 256 << 20, "{bytes:?}");
        }
    }
}
