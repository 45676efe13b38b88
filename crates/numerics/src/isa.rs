//! What this CPU can do, as a proof.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{Kernel, Portable, Simd};

/// Proof that this machine has some vector instructions.
///
/// The field is private: a value can only come from [`Isa::detected`], [`Isa::available`], [`Isa::PORTABLE`] or a name
/// that was checked, so code that runs on it cannot meet an unknown instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isa(Level);

/// Slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// Plain Rust: runs everywhere and defines every result. Slow where the compiler may not assume fused
    /// multiply-add (a call an element on plain x86-64), vectorised by the compiler where it may (aarch64).
    pub const PORTABLE: Isa = Isa(Level::Portable);

    /// The fastest on this machine; asked once a process.
    pub fn detected() -> Isa {
        static DETECTED: OnceLock<Isa> = OnceLock::new();
        *DETECTED.get_or_init(|| *Isa::available().last().expect("the portable path is always there"))
    }

    /// Every one that this machine has, slowest first. Tests and benches loop over it.
    pub fn available() -> Vec<Isa> {
        #[allow(unused_mut, reason = "only x86-64 adds to it")]
        let mut levels = vec![Level::Portable];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            levels.push(Level::Avx2);
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
            {
                levels.push(Level::Avx512);
            }
        }
        levels.into_iter().map(Isa).collect()
    }

    /// These instructions, or narrower ones if a register of theirs holds so many `f32`: reading half of a wide one costs as
    /// much as all of it, twice as much where that crosses a cache line, and more where half of it was just written.
    pub fn for_lanes(self, lanes: usize) -> Isa {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // AVX-512 is detected only where AVX2 was
            Level::Avx512 if lanes <= <Avx2 as Simd>::LANES => Isa(Level::Avx2),
            _ => self,
        }
    }

    /// The name in flags, benches and reports: `portable`, `avx2`, `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
        }
    }

    /// Runs `kernel`, compiled for these instructions.
    // PERF: one out-of-line function per instruction set, so that a kernel is compiled once with each set's features.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Level::Portable => kernel.run(Portable::new()),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: an `Isa` of this level exists only where AVX2 and FMA were detected.
            Level::Avx2 => unsafe { run_avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: an `Isa` of this level exists only where these parts of AVX-512 were detected.
            Level::Avx512 => unsafe { run_avx512(kernel) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx2::new())
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512bw,avx512vl")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx512::new())
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Isa({})", self.name())
    }
}

impl FromStr for Isa {
    type Err = UnknownIsa;

    fn from_str(name: &str) -> Result<Isa, UnknownIsa> {
        let available = Isa::available();
        let found = available.iter().find(|isa| isa.name() == name);
        found.copied().ok_or_else(|| UnknownIsa { name: name.to_owned(), available })
    }
}

/// A name that is no instruction set of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownIsa {
    name: String,
    available: Vec<Isa>,
}

impl fmt::Display for UnknownIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.available.iter().map(|isa| isa.name()).collect();
        write!(f, "this machine has no instruction set `{}`; it has {}", self.name, names.join(", "))
    }
}

impl std::error::Error for UnknownIsa {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_unknown_ones_list_what_there_is() {
        for isa in Isa::available() {
            assert_eq!(isa.name().parse(), Ok(isa));
        }
        let error = "avx9000".parse::<Isa>().unwrap_err().to_string();
        assert!(error.contains("avx9000") && error.contains("portable"), "{error}");
    }

    #[test]
    fn few_lanes_take_no_wider_registers_than_they_need() {
        struct Lanes;
        impl Kernel for Lanes {
            type Output = usize;

            fn run<S: Simd>(self, _: S) -> usize {
                S::LANES
            }
        }
        for isa in Isa::available() {
            for lanes in 0..=crate::LANES {
                let found = isa.for_lanes(lanes);
                assert!(found <= isa);
                assert_eq!(found.run(Lanes), if lanes <= 8 { 8 } else { isa.run(Lanes) }, "{lanes} on {isa}");
            }
        }
    }

    #[test]
    fn detected_is_the_last_of_the_available() {
        assert_eq!(Isa::available().last(), Some(&Isa::detected()));
        assert_eq!(Isa::available().first(), Some(&Isa::PORTABLE));
        assert!(Isa::available().is_sorted());
    }
}
