//! Reading a made-up file takes less memory than twice the file and 64 MiB, whatever the file claims.
//!
//! One test, so that the process has this alone in its memory. Where the system does not say how much a process has had
//! at most, the files are read all the same.

#![expect(clippy::disallowed_methods, reason = "asks the system how much memory was used")]

use std::io::Write;

use networks::Ticket;
use networks::safetensors;

/// Forgets the most memory that this process has had so far, and says what it has. None where the system cannot.
fn memory_now() -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    most_memory()
}

/// The most memory that this process has had since, in bytes.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// A file with a header of `count` items between two texts, and no data. Made in one piece of memory.
fn file(begin: &str, item: impl Fn(usize) -> String, count: usize, end: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(17 << 20);
    bytes.extend([0; 8]);
    bytes.extend(begin.as_bytes());
    (0..count).for_each(|k| bytes.extend(item(k).as_bytes()));
    bytes.extend(end.as_bytes());
    let len = (bytes.len() - 8) as u64;
    bytes[..8].copy_from_slice(&len.to_le_bytes());
    bytes
}

fn array(dtype: &str, shape: &str, end: u64) -> String {
    format!("{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[0,{end}]}}")
}

/// Reads a file, and says by how much memory grew beyond what it had with the file.
fn growth(file: &[u8], is_file: bool) -> Option<u64> {
    let before = memory_now();
    let error = Ticket::decode(file).expect_err("no ticket");
    let after = most_memory();
    assert!(error.to_string().len() < 1000, "{} letters", error.to_string().len());
    assert_eq!(safetensors::read(file).is_ok(), is_file);
    Some(after?.saturating_sub(before?))
}

#[test]
fn claims_cost_no_memory() {
    let ticket =
        "{\"__metadata__\":{\"format\":\"tombola ticket\",\"version\":\"1\",\"checksum\":\"\",\"network\":\"";
    let one = |text: &str| text.to_owned();
    let large = array("F32", "[2305843009213693952]", 1 << 63);
    let no_array = "],\"data_offsets\":[0,1]}}";
    let long_name = format!("\":{}}}", array("U8", "[2]", 1));
    let files: [&dyn Fn() -> Vec<u8>; 7] = [
        &|| file("{\"x\":", |_| large.clone(), 1, "}"),
        &|| file("{", |k| format!("\"{k:x}\":{},", array("U8", "[0]", 0)), 200_000, "}"),
        &|| file("{\"__metadata__\":{", |k| format!("\"{k:x}\":\"\","), 1_000_000, "}}"),
        &|| file("{\"x\":{\"dtype\":\"U8\",\"shape\":[", |_| one("1,"), 7_000_000, no_array),
        &|| file("", |_| one("["), 16_000_000, ""),
        &|| file("{\"", |_| one("n"), 16_000_000, &long_name),
        &|| file(ticket, |_| one("4: dense 99999;"), 1_000_000, "\"}}"),
    ];
    if memory_now().is_none() {
        // past the harness, which shows what a test prints only where it fails; a closed stream is no failure
        let _ = writeln!(
            std::io::stderr(),
            "skipped: /proc/self/clear_refs cannot be written, so nothing is said of memory"
        );
    }
    for (index, make) in files.into_iter().enumerate() {
        let file = make();
        let grown = growth(&file, index == 6);
        // the file itself is there before
        let limit = file.len() as u64 + (64 << 20);
        assert!(grown.is_none_or(|grown| grown <= limit), "file {index}: {grown:?} for {}", file.len());
    }
}
