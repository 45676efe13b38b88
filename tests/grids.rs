//! `tombola run` as people and batch systems treat it: many threads and processes, kills, signals, full disks, owners that
//! sleep. Whatever happens, the bytes under `results/` are those of an unbroken run.
//!
//! `scripts/check-store` does the same for longer: it sets `TOMBOLA_CHECK_KILLS` and the like, how often each is done.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "reads and damages files of results folders")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use numerics::random::Stream;
use tombola::results::{Owner, Results};
use tombola::rows;

mod common;

use common::{Files, Folder, PAIR, digits, files, program, signal, told};

/// Every strategy and every criterion on images and in a world, three levels: 112 cells and 14 dense levels, a second of
/// work. What was seen so far, by which the world's observations are normalised, has to survive too.
const GRID: &str = r#"
task = ["./digits", "Pendulum-v1"]
strategy = ["open-es", "pgpe", "ars", "snes", "des", "sep-cma-es", "cma-es"]
criterion = [
    "snr", "magnitude", "random", "layer-random", "movement",
    "mask-reinitialised", "permuted-weights", "permuted-mask-and-weights",
]
levels = 3
keep = 0.5
generations = 4
test_every = 2
population = 6

["./digits"]
network = "conv 2 5x5 same step 4x4 relu; conv 3 4x4 valid step 3x3 relu; dense 10"
batch = 16

[Pendulum-v1]
network = "dense 16 tanh; dense 1 tanh"
repeats = 2
steps = 20
tests = 4
normalise = true
"#;

/// Units of the grid.
const UNITS: usize = 126;

/// A folder with a small image set and two specs.
struct Study(Folder);

impl Study {
    fn new(name: &str) -> Study {
        let folder = Folder::in_memory(name);
        digits(&folder.join("digits"), 1);
        fs::write(folder.join("grid.toml"), GRID).expect("a file");
        fs::write(folder.join("pair.toml"), PAIR).expect("a file");
        Study(folder)
    }

    /// A run of a spec into the folder `out`, with some more arguments.
    fn run(&self, spec: &str, more: &[&str]) -> Command {
        let mut command = program();
        command.current_dir(&self.0).args(["run", spec, "--out", "out"]).args(more);
        command
    }

    fn done(&self, spec: &str, more: &[&str]) -> String {
        told(&self.run(spec, more).output().expect("the program starts"), 0)
    }

    /// The files under `results/`, by path and content.
    fn results(&self) -> Files {
        files(&self.0.join("out/results"))
    }

    /// Everything is done, and nothing is left over.
    fn is_whole(&self, expected: &Files, context: &str) {
        let found = self.results();
        let names = |files: &Files| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(expected), "{context}");
        let differs = found.iter().zip(expected).find(|(found, expected)| found != expected);
        assert!(differs.is_none(), "{context}: {:?}", differs.map(|((name, _), _)| name));
        let left = files(&self.0.join("out/work"));
        assert!(left.is_empty(), "{context}: {left:?}");
    }

    fn begin_anew(&self) {
        let _ = fs::remove_dir_all(self.0.join("out"));
    }
}

/// What an unbroken run of the grid leaves.
fn expected() -> &'static Files {
    &unbroken().0
}

/// What an unbroken run leaves, and how long it took: a busy machine takes longer to begin, and is given longer.
fn unbroken() -> &'static (Files, Duration) {
    static UNBROKEN: OnceLock<(Files, Duration)> = OnceLock::new();
    UNBROKEN.get_or_init(|| {
        let folder = Study::new("unbroken");
        let begun = Instant::now();
        folder.done("grid.toml", &["--threads", "1"]);
        let took = begun.elapsed();
        let results = folder.results();
        assert_eq!(results.iter().filter(|(name, _)| name.ends_with("/manifest.json")).count(), UNITS);
        assert!(results.iter().any(|(name, _)| name.ends_with("/level-02.safetensors")));
        (results, took)
    })
}

/// A moment within a part of an unbroken run.
fn moment(moments: Stream, number: u64, part: f64) -> Duration {
    unbroken().1.mul_f64(part * moments.uniform_f64(number))
}

/// How often something is done: so often in the gate, and as the environment says in longer checks.
fn times(name: &str, gate: u64) -> u64 {
    std::env::var(name).map_or(gate, |text| text.parse().unwrap_or_else(|_| panic!("{name}: `{text}`")))
}

#[test]
fn threads_and_jobs_change_no_byte() {
    let folder = Study::new("threads");
    for more in [&["--threads", "2"][..], &["--threads", "4"], &["--threads", "4", "--jobs", "1"]] {
        folder.done("grid.toml", more);
        folder.is_whole(expected(), &more.join(" "));
        let again = folder.run("grid.toml", &[]).output().expect("the program starts");
        let text = String::from_utf8_lossy(&again.stdout);
        assert!(text.starts_with("126 units done, 0 of them now"), "what is done is never run again: {text}");
        folder.begin_anew();
    }
    println!("1, 2 and 4 threads, 1, 2 and 4 jobs: same bytes");
}

#[test]
fn processes_that_share_a_folder_do_every_cell_once() {
    let folder = Study::new("processes");
    for processes in [2, 4, 8] {
        let start = || folder.run("grid.toml", &["--threads", "1"]).spawn().expect("the program starts");
        let children: Vec<Child> = (0..processes).map(|_| start()).collect();
        let mut done_by_one = 0;
        for child in children {
            let output = child.wait_with_output().expect("a child");
            told(&output, 0);
            let text = String::from_utf8_lossy(&output.stdout);
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(words[0], "126", "{text}");
            done_by_one += words[3].parse::<usize>().expect("a number");
        }
        assert_eq!(done_by_one, UNITS, "{processes} processes");
        folder.is_whole(expected(), &format!("{processes} processes"));
        folder.begin_anew();
    }
    println!("2, 4 and 8 processes begun together: each of {UNITS} units done once, same bytes");
}

#[test]
fn kills_at_random_moments_change_no_byte() {
    let folder = Study::new("kills");
    let seed = 5;
    let moments = Stream::new(seed, "moments of death");
    let is_manifest = |(name, _): &&(String, Vec<u8>)| name.ends_with("/manifest.json");
    let (kills, mut grids, mut units) = (times("TOMBOLA_CHECK_KILLS", 50), 0, 0);
    for kill in 0..kills {
        let pause = moment(moments, kill, 0.25);
        // every other run saves after each generation
        let save = if kill % 2 == 0 { "0" } else { "20" };
        let run = folder.run("grid.toml", &["--threads", "2", "--save-every", save]).spawn();
        let mut child = run.expect("the program starts");
        std::thread::sleep(pause);
        child.kill().expect("a child");
        child.wait().expect("a child");
        let done = folder.results().iter().filter(is_manifest).count();
        if done == UNITS {
            (grids, units) = (grids + 1, units + done);
            folder.done("grid.toml", &[]);
            folder.is_whole(expected(), &format!("kill {kill} of seed {seed}"));
            folder.begin_anew();
        }
    }
    units += folder.results().iter().filter(is_manifest).count();
    folder.done("grid.toml", &[]);
    folder.is_whole(expected(), &format!("the last of {kills} kills of seed {seed}"));
    println!(
        "{kills} kills at random moments (seed {seed}), in which {units} units were done and {grids} grids ended: same \
         bytes each time"
    );
}

/// Which step, and what happens there: one of two harms, or both where there is time.
fn faults() -> impl Iterator<Item = (u32, &'static str)> {
    let both = times("TOMBOLA_CHECK_HARMS", 1) > 1;
    (1..).flat_map(move |nth: u32| {
        let is_odd = nth % 2 == 1;
        [("error", both || is_odd), ("abort", both || !is_odd)]
            .into_iter()
            .filter(|(_, is_done)| *is_done)
            .map(move |(harm, _)| (nth, harm))
    })
}

#[test]
fn a_fault_at_any_step_is_told_and_the_next_run_finishes() {
    let folder = Study::new("faults");
    folder.done("pair.toml", &["--threads", "1"]);
    let expected = folder.results();
    assert_eq!(expected.iter().filter(|(name, _)| name.ends_with("/manifest.json")).count(), 2);
    let mut struck = 0;
    for site in ["write", "sync", "rename", "mkdir", "remove"] {
        for (nth, harm) in faults() {
            folder.begin_anew();
            let fault = format!("{site}:{nth}:{harm}");
            let mut command = folder.run("pair.toml", &["--threads", "1", "--save-every", "0"]);
            let output = command.env("TOMBOLA_FAULT", &fault).output().expect("the program starts");
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            if !text.contains("fault: ") {
                told(&output, 0);
                break;
            }
            struck += 1;
            match (harm, output.status.code()) {
                // what is left over may be removed later
                ("error", Some(0)) => assert!(["remove", "rename"].contains(&site), "{fault}: {text}"),
                ("error", code) => {
                    assert_eq!(code, Some(1), "{fault}: {text}");
                    for part in [
                        "error: the disk is full: cannot ",
                        "out",
                        "is still good",
                        "go on with `tombola run",
                    ] {
                        assert!(text.contains(part), "{fault} should tell `{part}`: {text}");
                    }
                    assert!(site != "write" || text.contains(" bytes are needed"), "{text}");
                }
                (_, code) => assert_eq!(code, None, "{fault}: it was to end there: {text}"),
            }
            folder.done("pair.toml", &["--threads", "1"]);
            folder.is_whole(&expected, &fault);
        }
    }
    assert!(struck > 60, "{struck}");
    println!(
        "{struck} faults, one at each write, sync, rename, mkdir and remove: same bytes after the next run"
    );
}

#[test]
fn a_file_system_that_fills_up_is_told_and_what_is_there_is_good() {
    let folder = Study::new("limits");
    folder.done("pair.toml", &["--threads", "1"]);
    let expected = folder.results();
    let mut refused = 0;
    // files of at most so many blocks of 512 bytes: a write beyond fails, as on a full disk
    for blocks in 0..40 {
        folder.begin_anew();
        let program = env!("CARGO_BIN_EXE_tombola");
        let script =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' run pair.toml --out out --threads 1");
        let output =
            Command::new("sh").current_dir(&folder.0).args(["-c", &script]).output().expect("a shell");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() != Some(0) {
            assert_eq!(output.status.code(), Some(1), "{blocks}: {text}");
            assert!(
                text.contains("the disk is full: ") && text.contains("is still good"),
                "{blocks}: {text}"
            );
            refused += 1;
        }
        folder.done("pair.toml", &["--threads", "1"]);
        folder.is_whole(&expected, &format!("{blocks} blocks"));
    }
    assert!(refused > 3, "{refused}");
}

/// A file system of so many kibibytes over the folder `out`; gone afterwards.
struct Small<'a>(&'a Study);

impl Small<'_> {
    fn mount(folder: &Study, kibibytes: u64) -> Small<'_> {
        fs::create_dir_all(folder.0.join("out")).expect("a folder");
        let small = Small(folder);
        small.call(&["mount", "-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tombola", "out"]);
        small
    }

    fn grow(&self) {
        self.call(&["mount", "-o", "remount,size=256m", "out"]);
    }

    fn call(&self, words: &[&str]) {
        let output =
            Command::new(words[0]).args(&words[1..]).current_dir(&self.0.0).output().expect(words[0]);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.0.join("out")).status();
    }
}

/// Real file systems of many sizes, where the environment asks for them: only some users may mount.
#[test]
fn disks_of_many_sizes_fill_up_and_grow_and_the_bytes_are_the_same() {
    let sizes = times("TOMBOLA_CHECK_SIZES", 0);
    let all: u64 = expected().iter().map(|(_, bytes)| (bytes.len() as u64).div_ceil(4096) * 4).sum();
    assert!(all > 1000, "a grid of {all} KiB");
    let folder = Study::new("sizes");
    let mut filled = 0;
    for size in 1..=sizes {
        let kibibytes = 4 * (size * all / 4).div_ceil(sizes).max(1);
        let small = Small::mount(&folder, kibibytes);
        let output = folder.run("grid.toml", &["--threads", "2"]).output().expect("the program starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() != Some(0) {
            assert_eq!(output.status.code(), Some(1), "{kibibytes} KiB: {text}");
            for part in ["error: the disk is full: ", " are free", "is still good", "go on with `tombola run"]
            {
                assert!(text.contains(part), "{kibibytes} KiB should tell `{part}`: {text}");
            }
            filled += 1;
        }
        small.grow();
        folder.done("grid.toml", &["--threads", "2"]);
        folder.is_whole(expected(), &format!("{kibibytes} KiB"));
    }
    assert!(filled > sizes / 2 || sizes == 0, "{filled}");
    println!(
        "{sizes} file systems of 4 to {all} KiB, {filled} of which filled up: told, and same bytes when grown"
    );
}

/// Whether a child has a unit in hand.
fn holds(folder: &Study, child: &Child) -> bool {
    let own = format!("-{}.", child.id());
    files(&folder.0.join("out/work")).iter().any(|(name, _)| name.contains("/owner-") && name.contains(&own))
}

#[test]
fn an_owner_that_sleeps_is_followed_and_commits_nothing_when_it_wakes() {
    use std::os::unix::fs::MetadataExt;
    let folder = Study::new("sleeps");
    let moments = Stream::new(6, "moments of sleep");
    let quick = ["--threads", "1", "--heartbeat", "0.05"];
    let (rounds, mut followed) = (times("TOMBOLA_CHECK_SLEEPS", 5), 0);
    for round in 0..rounds {
        folder.begin_anew();
        let late = folder.run("grid.toml", &quick).spawn().expect("the program starts");
        while !holds(&folder, &late) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(moment(moments, round, 0.4));
        signal(&late, "STOP");
        // between two units it has none: it is to sleep with one
        for _ in 0..100 {
            if holds(&folder, &late) {
                break;
            }
            signal(&late, "CONT");
            std::thread::sleep(Duration::from_millis(1));
            signal(&late, "STOP");
        }
        let next = folder.done("grid.toml", &quick);
        let held = files(&folder.0.join("out/runs"))
            .iter()
            .any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("\"vanished\""));
        assert!(!held || next.contains("taking over from process "), "round {round}: {next}");
        let identities = || -> Vec<_> {
            let names = expected().iter().map(|(name, _)| name);
            names
                .map(|name| fs::metadata(folder.0.join("out/results").join(name)).expect("a result").ino())
                .collect()
        };
        let before = identities();
        signal(&late, "CONT");
        told(&late.wait_with_output().expect("a child"), 0);
        assert_eq!(identities(), before, "round {round}: a result was replaced");
        folder.is_whole(expected(), &format!("round {round}"));
        followed += u32::from(held);
    }
    println!(
        "{rounds} owners stopped and woken when the work was done: {followed} had a unit, which another took over and \
         committed; none committed late"
    );
}

#[test]
fn who_asks_a_run_to_stop_is_told_how_to_go_on() {
    let folder = Study::new("signals");
    for name in ["INT", "TERM", "USR1"] {
        folder.begin_anew();
        let more = ["--threads", "1", "--set", "generations=400"];
        let child = folder.run("grid.toml", &more).spawn().expect("the program starts");
        while files(&folder.0.join("out/work")).len() < 4 {
            std::thread::sleep(Duration::from_millis(2));
        }
        signal(&child, name);
        let text = told(&child.wait_with_output().expect("a child"), 130);
        for part in ["stopped: ", " of 126 units are done", "go on with `tombola run grid.toml --out out"] {
            assert!(text.contains(part), "{name} should tell `{part}`: {text}");
        }
        assert!(!text.contains("error"), "{text}");
        let work = files(&folder.0.join("out/work"));
        assert!(work.iter().any(|(name, _)| name.ends_with("/checkpoint")), "{name}: it saved nothing");
        assert!(work.iter().any(|(name, _)| name.contains("-free/")), "{name}: it let nothing go");
    }
}

#[test]
fn who_asks_before_any_work_began_is_told_how_to_go_on() {
    let folder = Study::new("early");
    let pipe = folder.0.join("early.toml");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    for (verb, name) in [("run", "INT"), ("run", "TERM"), ("run", "USR1"), ("quirks", "TERM")] {
        let mut command = program();
        command.current_dir(&folder.0).args([verb, "early.toml", "--out", "out"]);
        let child = command.spawn().expect("the program starts");
        // it is opened when the program opens it, which then waits for a spec
        let mut spec = fs::File::options().write(true).open(&pipe).expect("a pipe");
        signal(&child, name);
        spec.write_all(PAIR.as_bytes()).expect("the program reads it");
        drop(spec);
        let text = told(&child.wait_with_output().expect("a child"), 130);
        for part in ["stopped before any work began", &format!("go on with `tombola {verb} early.toml")] {
            assert!(text.contains(part), "{name} should tell `{part}`: {text}");
        }
        assert!(!text.contains("error") && !folder.0.join("out").exists(), "{text}");
    }
}

/// Waits until a child has said something on its stderr, which is a file.
fn hears(file: &Path, what: &str) -> String {
    for _ in 0..30_000 {
        let text = fs::read_to_string(file).unwrap_or_default();
        if text.contains(what) {
            return text;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("it never said `{what}`: {}", fs::read_to_string(file).unwrap_or_default());
}

#[test]
fn a_folder_in_use_says_by_whom_and_what_can_be_done() {
    let folder = Study::new("in-use");
    let more = ["--threads", "1", "--set", "generations=1000000", "--heartbeat", "0.1"];
    let start = |name: &str, more: &[&str]| {
        let file = folder.0.join(name);
        let stderr = fs::File::create(&file).expect("a file");
        let mut command = folder.run("pair.toml", more);
        command.env("SLURM_JOB_ID", name).stderr(stderr);
        (command.spawn().expect("the program starts"), file)
    };
    let (mut owner, owner_says) = start("4711", &more);
    hears(&owner_says, "begin: ");
    let (mut patient, patient_says) = start("4712", &more);
    let text = hears(&patient_says, "waiting for ");
    let process = format!("process {} on ", owner.id());
    for part in ["waiting for ", " of out ", &process, "(job 4711), last sign of life ", " s ago", "--steal"]
    {
        assert!(text.contains(part), "it should tell `{part}`: {text}");
    }
    signal(&patient, "INT");
    assert_eq!(patient.wait().expect("a child").code(), Some(130));
    let (mut thief, thief_says) = start("4713", &[&more[..], &["--steal"]].concat());
    hears(&thief_says, &format!("taking over from {process}"));
    // the owner finds out at its next beat, and waits in turn
    hears(&owner_says, "another process has taken over ");
    for child in [&mut owner, &mut thief] {
        signal(child, "INT");
        assert_eq!(child.wait().expect("a child").code(), Some(130));
    }
}

#[test]
fn what_another_version_left_half_done_is_refused() {
    let folder = Study::new("version");
    let more = ["--threads", "1", "--set", "generations=100000"];
    let child = folder.run("pair.toml", &more).spawn().expect("the program starts");
    let list = || files(&folder.0.join("out/work")).into_iter().find(|(name, _)| name.ends_with("/written"));
    while list().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(&child, "INT");
    told(&child.wait_with_output().expect("a child"), 130);
    let (name, bytes) = list().expect("a list of what is written");
    let text = String::from_utf8(bytes).expect("text");
    let version = concat!("program tombola ", env!("CARGO_PKG_VERSION"), "\n");
    assert!(text.starts_with(version), "{text}");
    fs::write(folder.0.join("out/work").join(name), text.replace(version, "program tombola 0.0.9\n"))
        .expect("a file");
    let text = told(&folder.run("pair.toml", &more).output().expect("the program starts"), 2);
    for part in ["left half done by tombola 0.0.9", "this is tombola ", "--from-scratch"] {
        assert!(text.contains(part), "it should tell `{part}`: {text}");
    }
    // the same work, at its own length
    folder.begin_anew();
    folder.done("pair.toml", &["--from-scratch", "--quiet"]);
}

/// A flip, a cut, a piece more, or a piece less, by a few draws.
fn damaged(file: &[u8], stream: Stream) -> Vec<u8> {
    let draw = |index: u64, bound: usize| stream.below(index, bound.max(1) as u64) as usize;
    let (mut file, at) = (file.to_vec(), draw(0, file.len()));
    let end = (at + 1 + draw(2, 40)).min(file.len());
    match draw(1, 4) {
        0 => file[at] ^= 1 << draw(3, 8),
        1 => file.truncate(at),
        2 => {
            let piece = file[at..end].to_vec();
            file.splice(at..at, piece);
        }
        _ => drop(file.drain(at..end)),
    }
    file
}

#[test]
fn twenty_thousand_damaged_tables_are_refused_or_read_and_none_is_believed() {
    let folder = Study::new("tables");
    folder.done("pair.toml", &["--threads", "1"]);
    let results = Results::at(&folder.0.join("out"), Owner::this_process(1.0));
    let tables: Files = folder.results().into_iter().filter(|(name, _)| name.ends_with(".csv")).collect();
    assert_eq!(tables.len(), 4);
    let stream = Stream::new(7, "damaged tables");
    let mut refused = 0;
    for number in 0..20_000 {
        let (name, whole) = &tables[number as usize % tables.len()];
        let bytes = damaged(whole, stream.child(number));
        // what is read of it may be wrong, for a digit more is a number too ..
        let error = match name.ends_with("levels.csv") {
            true => rows::levels(name, &bytes).err(),
            false => rows::curves(name, &bytes).err(),
        };
        refused += u32::from(error.is_some());
        assert!(
            error.is_none_or(|error| error.to_string().starts_with(&format!("{name}, line "))),
            "{number}"
        );
        // .. hence nobody gets to read it
        let (id, file) = name.split_once('/').expect("a file of a unit");
        fs::write(results.done_path(id).join(file), &bytes).expect("a file");
        match results.read(id, file) {
            Ok(found) => assert!(found == bytes && bytes == *whole, "{name}, {number}"),
            Err(error) => assert!(error.to_string().contains(&format!("{file} is damaged: ")), "{error}"),
        }
        fs::write(results.done_path(id).join(file), whole).expect("a file");
    }
    assert!(refused > 5_000, "{refused}");
}
