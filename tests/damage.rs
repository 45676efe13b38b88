//! 20,000 damaged records of every control task: redone, or refused with the file and what is wrong with it; no panic, no
//! more memory than twice what is unpacked (three times in double precision, where arrays are redone in numbers that are
//! twice as wide), no long wait. And as many damaged models.
//!
//! Damage is done to files, where checksums find most of it, to arrays under right checksums, and to their numbers, shapes
//! and names. Alone in its program, so that what the system says of memory is of these files.

#![expect(
    clippy::disallowed_methods,
    reason = "reads records and the clock, and asks the system how much memory there was"
)]

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::Crc;
use flate2::write::DeflateEncoder;
use numerics::random::Stream;
use numerics::{Isa, LANES};
use physics::{Model, models};
use tasks::control::{Actions, BodyEnvironment, Environment, NAMES, Outcome, named};
use tombola::episodes::{self, Mode, Precision, Replayed, Request};
use tombola::npz::{self, Array, Values};

const CASES: u64 = 20_000;
/// Rows of each record, so that a case costs little.
const ROWS: usize = 3;
/// What a replay may hold beside the numbers of a trace.
const FIXED: u64 = 16 << 20;
/// Far more than a record of three steps takes, on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(10);

/// Memory is the whole program's, so tests take turns.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn array(name: String, shape: &[usize], numbers: Vec<f32>) -> Array {
    Array { name, shape: shape.to_vec(), values: Values::F32(numbers) }
}

/// States, observations, rewards and ends of a few steps, and the actions of each.
struct Episode {
    first_sight: Vec<f32>,
    states: Vec<Vec<f32>>,
    actions: Vec<f32>,
    targets: Vec<f32>,
    seen: Vec<f32>,
    rewards: Vec<f32>,
    ends: Vec<f32>,
}

fn play(task: &dyn Environment) -> Episode {
    let one = |block: &[f32]| block.chunks(LANES).map(|row| row[0]).collect::<Vec<f32>>();
    let stream = Stream::new(8, "episode");
    let mut block: Vec<f32> = task.start(stream).into_iter().flat_map(|number| [number; LANES]).collect();
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let mut outcome = Outcome::NONE;
    task.look(&block, &mut sight);
    let mut episode = Episode {
        first_sight: one(&sight),
        states: vec![one(&block)],
        actions: Vec::new(),
        targets: Vec::new(),
        seen: Vec::new(),
        rewards: Vec::new(),
        ends: Vec::new(),
    };
    for step in 0..ROWS as u64 {
        let draw = stream.child(step);
        let action = |row: u64| match task.actions() {
            Actions::Numbers(_) => 2.0 * draw.uniform(row) - 1.0,
            Actions::OneOf(count) => draw.below(row, count as u64) as f32,
        };
        let actions: Vec<f32> = (0..task.actions().rows() as u64).map(action).collect();
        let spread: Vec<f32> = actions.iter().flat_map(|&action| [action; LANES]).collect();
        let target = task.draw(draw.child(0));
        task.step(&mut block, &spread, &mut |_| target, &mut sight, &mut outcome);
        episode.states.push(one(&block));
        episode.actions.extend(actions);
        episode.targets.extend(&target[..3]);
        episode.seen.extend(one(&sight));
        episode.rewards.push(outcome.reward[0]);
        episode.ends.push(outcome.done[0].into());
    }
    episode
}

/// A run of a task of bodies or of classic control, as the references record it.
fn recorded(name: &str) -> Vec<Array> {
    let bodies = BodyEnvironment::named(name, Isa::detected());
    let task = named(name, Isa::detected()).expect("it is listed");
    let episode = play(&*task);
    let parts: Vec<(&str, Vec<usize>, Vec<usize>)> = match &bodies {
        None => vec![("state", vec![task.rows()], (0..task.rows()).collect())],
        Some(bodies) => {
            let (layout, count) = (bodies.layout(), bodies.layout().bodies());
            let part = |name, width: usize, first: &dyn Fn(usize) -> usize| {
                let rows = (0..count).flat_map(|body| first(body)..first(body) + width).collect();
                (name, vec![count, width], rows)
            };
            vec![
                part("pos", 3, &|body| layout.position(body)),
                part("rot", 4, &|body| layout.rotation(body)),
                part("vel", 3, &|body| layout.velocity(body)),
                part("ang", 3, &|body| layout.angular(body)),
            ]
        }
    };
    let run = "rand0";
    let mut arrays = Vec::new();
    let (name, shape) = match task.actions() {
        Actions::Numbers(width) => ("actions", vec![ROWS, width]),
        Actions::OneOf(_) => ("action", vec![ROWS]),
    };
    arrays.push(array(format!("{run}_{name}"), &shape, episode.actions));
    for (name, shape, rows) in parts {
        let of = |state: &Vec<f32>| rows.iter().map(|&row| state[row]).collect::<Vec<f32>>();
        arrays.push(array(format!("{run}_init_{name}"), &shape, of(&episode.states[0])));
        let after = episode.states[1..].iter().flat_map(of).collect();
        arrays.push(array(format!("{run}_{name}"), &[&[ROWS], &shape[..]].concat(), after));
    }
    if !task.drawn().is_empty() {
        arrays.push(array(format!("{run}_next_target_draw"), &[ROWS, 3], episode.targets));
    }
    let width = episode.seen.len() / ROWS;
    arrays.push(array(format!("{run}_init_obs"), &[width], episode.first_sight));
    arrays.push(array(format!("{run}_obs"), &[ROWS, width], episode.seen));
    arrays.push(array(format!("{run}_reward"), &[ROWS], episode.rewards));
    arrays.push(array(format!("{run}_done"), &[ROWS], episode.ends));
    arrays
}

/// The first rows of a committed record of a game.
fn shortened(name: &str) -> Vec<Array> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/physics/records/{name}.npz"));
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut arrays = npz::read(&file).expect("it is whole");
    arrays.retain(|array| array.name != "origin");
    for array in &mut arrays {
        let width: usize = array.shape.iter().skip(1).product();
        array.shape[0] = ROWS;
        array.values = array.values.like(&array.values.wide()[..ROWS * width]);
    }
    arrays
}

/// A record of every task.
fn records() -> Vec<(&'static str, Vec<Array>)> {
    let record = |name: &'static str| {
        (name, if name.ends_with("-MinAtar") { shortened(name) } else { recorded(name) })
    };
    NAMES.into_iter().map(record).collect()
}

/// A member of an archive: its name, its bytes, and whether it is packed.
type Member = (String, Vec<u8>, bool);

/// The `.npy` file of an array.
fn member(array: &Array, is_packed: bool) -> Member {
    let file = npz::write(std::slice::from_ref(array));
    let name = array.name.len() + 4;
    (array.name.clone(), file[30 + name..file.len() - 22 - 46 - name].to_vec(), is_packed)
}

/// An archive of members, with the checksums that they have.
fn archive(members: &[Member]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data, is_packed) in members {
        let mut sum = Crc::new();
        sum.update(data);
        let packed = if *is_packed {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(data).and_then(|()| encoder.finish()).expect("a vector takes all")
        } else {
            data.clone()
        };
        let (start, name) = (out.len() as u32, format!("{name}.npy"));
        let mut shared: Vec<u8> = vec![20, 0, 0, 0, if *is_packed { 8 } else { 0 }, 0, 0, 0, 0x21, 0];
        shared.extend(
            [sum.sum(), packed.len() as u32, data.len() as u32].iter().flat_map(|word| word.to_le_bytes()),
        );
        shared.extend((name.len() as u16).to_le_bytes());
        shared.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&shared);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = members.len() as u16;
    let (start, length) = (out.len() as u32, directory.len() as u32);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count, count].iter().flat_map(|half| half.to_le_bytes()));
    out.extend([length, start].iter().flat_map(|word| word.to_le_bytes()));
    out.extend([0, 0]);
    out
}

fn draw(stream: Stream, index: u64, bound: usize) -> usize {
    stream.below(index, bound.max(1) as u64) as usize
}

/// Flipped bits, or a part that is missing, or one that is there twice.
fn hurt(mut bytes: Vec<u8>, stream: Stream, most: usize) -> Vec<u8> {
    let bound = bytes.len().min(most);
    match draw(stream, 0, 4) {
        0 => bytes.truncate(draw(stream, 1, bound)),
        1 => {
            let (at, length) = (draw(stream, 1, bound), draw(stream, 2, 40));
            let again = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, again);
        }
        _ => {
            for flip in 0..1 + draw(stream, 2, 4) as u64 {
                let at = draw(stream, 10 + flip, bound);
                bytes[at] ^= 1 << draw(stream, 20 + flip, 8);
            }
        }
    }
    bytes
}

/// Odd numbers, another shape, type or name, one missing or there twice; and the name of the array.
fn disturb(arrays: &mut Vec<Array>, stream: Stream) -> String {
    let odd = [f64::NAN, f64::INFINITY, -1.0, 0.0, 3.0, 10.0, 1e9, -1e30, 1e300, 0.5, -99.0, 255.0];
    let at = draw(stream, 0, arrays.len());
    let (name, length) = (arrays[at].name.clone(), arrays[at].values.len());
    let array = &mut arrays[at];
    match draw(stream, 1, 10) {
        0..5 => {
            let mut numbers = array.values.wide();
            for place in 0..1 + draw(stream, 2, 6) as u64 {
                numbers[draw(stream, 10 + place, length)] = odd[draw(stream, 20 + place, odd.len())];
            }
            array.values =
                if draw(stream, 3, 2) == 0 { array.values.like(&numbers) } else { Values::F64(numbers) };
        }
        5 => array.shape.reverse(),
        6 => array.shape = vec![length],
        7 => array.name = format!("{}x", array.name),
        8 => {
            let again = Array { values: array.values.like(&vec![0.0; length]), ..array.clone() };
            arrays.insert(0, again);
        }
        _ => _ = arrays.remove(at),
    }
    name
}

fn replay(task: &str, bytes: Vec<u8>, case: u64) -> Result<Replayed, String> {
    let mode = if case.is_multiple_of(3) { Mode::FreeRun } else { Mode::OneStep };
    let precision = if case.is_multiple_of(5) { Precision::Double } else { Precision::Single };
    replay_in(precision, task, bytes, mode)
}

fn replay_in(precision: Precision, task: &str, bytes: Vec<u8>, mode: Mode) -> Result<Replayed, String> {
    let request = Request { task, prefix: None, mode, precision };
    episodes::replay("damaged.npz", bytes, &request).map_err(|error| error.to_string())
}

/// Whether a message is one line (but for a damaged type, which it quotes) and names the file, and the array; or says that the file is no archive, or that there is no run left.
fn is_clear(message: &str, array: Option<&str>) -> bool {
    let Some(said) = message.strip_prefix("cannot replay damaged.npz: ") else { return false };
    let names_array = match array {
        Some(name) => said.contains(&format!("`{name}`")) || said.contains("no run of this task"),
        None => said.contains("array `") || said.contains("arrays `"),
    };
    let is_no_archive = said.contains("zip archive") || said.contains("directory is damaged at entry");
    (!said.contains("  ") || said.contains("has type")) && (names_array || array.is_none() && is_no_archive)
}

#[test]
fn records_of_every_task_are_redone() {
    let _alone = alone();
    for (name, arrays) in records() {
        for case in [0, 1, 3, 5] {
            let replayed =
                replay(name, npz::write(&arrays), case).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(replayed.redone.len() >= 3, "{name}");
            for redone in replayed.redone {
                let is_rounded = case % 5 == 0 && !name.ends_with("-MinAtar");
                // an ant's lowest foot is at the ground but for rounding, and whether it touches it is rounding too
                if is_rounded && name.starts_with("ant") && redone.array.name.ends_with("_init_obs") {
                    continue;
                }
                let exact = if is_rounded { 0.2 } else { 0.0 };
                assert!(redone.error <= exact, "{name}, {case}: {} {}", redone.array.name, redone.error);
            }
        }
    }
}

#[test]
fn damaged_records_are_refused_clearly_or_redone() {
    let _alone = alone();
    let records = records();
    let (mut refused, mut redone, mut slowest) = ([0; 3], [0; 3], Duration::ZERO);
    let before = forget_most_memory();
    let (mut longest, mut unclear): (usize, Vec<String>) = (0, Vec::new());
    for case in 0..CASES {
        let stream = Stream::new(8, "damage").child(case);
        let (task, arrays) = &records[case as usize % records.len()];
        let level = draw(stream.child(0), 0, 4).min(2);
        let mut touched = None;
        let bytes = match level {
            // the file
            0 => hurt(npz::write(arrays), stream, usize::MAX),
            // an array in it, half of the time its header
            1 => {
                let mut members: Vec<Member> =
                    arrays.iter().map(|array| member(array, case % 2 == 0)).collect();
                let at = draw(stream.child(1), 0, members.len());
                let most = if draw(stream.child(1), 1, 2) == 0 { 128 } else { usize::MAX };
                members[at].1 = hurt(std::mem::take(&mut members[at].1), stream, most);
                touched = Some(members[at].0.clone());
                archive(&members)
            }
            // what it holds
            _ => {
                let mut arrays = arrays.clone();
                touched = Some(disturb(&mut arrays, stream));
                archive(&arrays.iter().map(|array| member(array, case % 2 == 0)).collect::<Vec<_>>())
            }
        };
        longest = longest.max(bytes.len());
        let begun = Instant::now();
        let replayed = replay(task, bytes, case);
        slowest = slowest.max(begun.elapsed());
        match replayed {
            Ok(replayed) => {
                for it in replayed.redone {
                    let finite = it.array.values.wide().iter().all(|number| number.is_finite());
                    assert!(finite && it.mixed_error.is_finite(), "case {case}, {task}: {}", it.array.name);
                }
                redone[level] += 1;
            }
            Err(message) => {
                if !is_clear(&message, touched.as_deref()) {
                    unclear.push(format!("case {case}, {task}, {touched:?}: {message}"));
                }
                refused[level] += 1;
            }
        }
    }
    let some = unclear.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(unclear.is_empty(), "{} messages are not clear:\n{some}", unclear.len());
    assert!(refused.iter().all(|&count| count > 2000), "{refused:?} refused, {redone:?} redone");
    assert!(redone[1..].iter().all(|&count| count > 200), "{refused:?} refused, {redone:?} redone");
    assert!(slowest < LONGEST, "a file took {slowest:?}");
    // records are kilobytes, and all that is unpacked of one is not longer than a hundred times the file
    if let (Some(before), Some(most)) = (before, most_memory()) {
        let allowed = before + 200 * longest as u64 + FIXED;
        assert!(most < allowed, "{most} bytes for files of up to {longest}, at most {allowed}");
    }
}

#[test]
fn damaged_models_take_no_memory_and_no_time() {
    let _alone = alone();
    let before = forget_most_memory();
    let (mut slowest, mut longest) = (Duration::ZERO, 0);
    for name in models::names() {
        let text = models::named(name).expect("it is listed").description().to_json();
        longest = longest.max(text.len());
        for case in 0..CASES / 10 {
            let bytes = hurt(text.clone().into_bytes(), Stream::new(8, name).child(case), usize::MAX);
            let begun = Instant::now();
            // what is said, and that what is a model can be stepped, is tested in the crate
            let _ = Model::from_json(&String::from_utf8_lossy(&bytes));
            slowest = slowest.max(begun.elapsed());
        }
        let deep = "[".repeat(1 << 20);
        assert!(Model::from_json(&deep).is_err());
    }
    assert!(slowest < LONGEST, "a model took {slowest:?}");
    if let (Some(before), Some(most)) = (before, most_memory()) {
        let allowed = before + 2 * longest as u64 + FIXED;
        assert!(most < allowed, "{most} bytes for models of up to {longest}, at most {allowed}");
    }
}

/// A `.npy` file of zeros.
fn zeros(name: &str, shape: &[usize], is_packed: bool) -> Member {
    member(&array(name.to_owned(), shape, vec![0.0; shape.iter().product()]), is_packed)
}

/// What was redone of which arrays, or what is said; and the memory that a replay took beside the file, at most: with the
/// file that is written of it.
fn memory_of(precision: Precision, task: &str, bytes: Vec<u8>) -> (Result<Vec<Array>, String>, Option<u64>) {
    let before = forget_most_memory();
    let replayed = replay_in(precision, task, bytes, Mode::OneStep);
    let redone = replayed.map(|replayed| {
        let arrays: Vec<Array> = replayed.redone.into_iter().map(|redone| redone.array).collect();
        assert!(!npz::write(&arrays).is_empty());
        arrays
    });
    (redone, most_memory().zip(before).map(|(most, before)| most.saturating_sub(before)))
}

/// A directory of as many entries as there can be, all of one array with as many axes as there can be.
fn shared() -> Vec<u8> {
    let array = zeros("a", &[1; 64], false);
    let bytes = archive(std::slice::from_ref(&array));
    let entry = bytes.windows(4).position(|word| word == b"PK\x01\x02").expect("a directory");
    let (files, count) = (&bytes[..entry], usize::from(u16::MAX));
    let end = bytes.len() - 22;
    let directory = bytes[entry..end].repeat(count);
    let mut last = bytes[end..].to_vec();
    last[8..10].fill(0xff);
    last[10..12].fill(0xff);
    last[12..16].copy_from_slice(&(directory.len() as u32).to_le_bytes());
    [files, &directory, &last].concat()
}

#[test]
fn an_array_that_is_listed_over_and_over_takes_no_memory() {
    let _alone = alone();
    let once = shared();
    // the same under names of their own
    let mut renamed = once.clone();
    let entry = renamed.windows(4).position(|word| word == b"PK\x01\x02").expect("a directory");
    let length = 46 + "a.npy".len();
    for index in 0..usize::from(u16::MAX) {
        let name = format!("{index:05}");
        renamed[entry + index * length + 46..][..5].copy_from_slice(name.as_bytes());
    }
    for (bytes, said) in
        [(once, "array `a` is there more than once"), (renamed, "in the same bytes of the file")]
    {
        let allowed = 2 * bytes.len() as u64 + FIXED;
        let (replayed, memory) = memory_of(Precision::Single, "Pendulum-v1", bytes);
        let message = replayed.expect_err("it cannot be there so often");
        assert!(message.contains(said), "{message}");
        assert!(memory.is_none_or(|memory| memory < allowed), "{memory:?} bytes, at most {allowed}");
    }
}

#[test]
fn claims_of_many_steps_take_no_memory() {
    let _alone = alone();
    // beyond 32 MB what was freed is given back to the system, and is not what later arrays are put in
    for steps in [200_000, 40_000_000] {
        let action = Array { name: "action".into(), shape: vec![steps], values: Values::U8(vec![0; steps]) };
        let bytes = archive(&[member(&action, true)]);
        assert!(bytes.len() < steps / 100, "{}", bytes.len());
        let allowed = 2 * bytes.len() as u64 + FIXED;
        let (replayed, memory) = memory_of(Precision::Single, "Seaquest-MinAtar", bytes);
        let message = replayed.expect_err("no state is there");
        assert!(message.contains("no array `state_scalars`"), "{message}");
        assert!(memory.is_none_or(|memory| memory < allowed), "{memory:?} bytes, at most {allowed}");
    }
    for is_packed in [true, false] {
        let bytes = archive(&[zeros("rand0_actions", &[4_000_000, 3], is_packed)]);
        let allowed = 2 * bytes.len() as u64 + FIXED;
        let (replayed, memory) = memory_of(Precision::Single, "hopper", bytes);
        let message = replayed.expect_err("no state is there");
        assert!(message.contains("no array `rand0_init_pos`"), "{message}");
        assert!(memory.is_none_or(|memory| memory < allowed), "{memory:?} bytes, at most {allowed}");
    }
    // one array that says to be as long as all that is read
    let mut bytes = archive(&[
        zeros("tr_action", &[1], false),
        zeros("tr_state", &[1, 2], false),
        zeros("tr_reward", &[1], false),
    ]);
    let at = bytes.windows(4).position(|word| word == b"PK\x01\x02").expect("a directory") + 24;
    bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let (replayed, memory) = memory_of(Precision::Single, "Pendulum-v1", bytes);
    assert!(
        replayed
            .expect_err("nobody has so many")
            .contains("longer than 268435456 bytes together, array `tr_action`")
    );
    assert!(memory.is_none_or(|memory| memory < FIXED), "{memory:?} bytes");
}

#[test]
fn many_runs_take_no_more_memory_and_little_time() {
    let _alone = alone();
    let run = |run: usize| {
        [("action", vec![1]), ("init_state", vec![2]), ("state", vec![1, 2])]
            .map(|(name, shape)| zeros(&format!("r{run}_{name}"), &shape, false))
    };
    let members: Vec<Member> = (0..20_000).flat_map(run).collect();
    let bytes = archive(&members);
    drop(members);
    let (allowed, begun) = (2 * bytes.len() as u64 + FIXED, Instant::now());
    let (redone, memory) = memory_of(Precision::Single, "Pendulum-v1", bytes);
    assert_eq!(redone.expect("it is whole").len(), 20_000);
    assert!(memory.is_none_or(|memory| memory < allowed), "{memory:?} bytes, at most {allowed}");
    // each run looked for in a list of all of them would take hours
    assert!(begun.elapsed() < 6 * LONGEST, "{:?}", begun.elapsed());
}

#[test]
fn long_records_take_twice_their_numbers_and_three_times_in_double_precision() {
    let _alone = alone();
    let steps = 600_000;
    let arrays = [
        ("tr_action", vec![steps]),
        ("tr_state", vec![steps, 2]),
        ("tr_next_state", vec![steps, 2]),
        ("tr_next_obs", vec![steps, 3]),
        ("tr_reward", vec![steps]),
    ];
    for (is_packed, (precision, times)) in [true, false]
        .into_iter()
        .flat_map(|is_packed| [(Precision::Single, 2), (Precision::Double, 3)].map(|how| (is_packed, how)))
    {
        let members: Vec<Member> = arrays.iter().map(|(name, shape)| zeros(name, shape, is_packed)).collect();
        let unpacked: usize = members.iter().map(|member| member.1.len()).sum();
        let bytes = archive(&members);
        drop(members);
        // the file is let go as soon as it is unpacked, and what is measured is what comes beside it
        let allowed = times * unpacked as u64 + FIXED;
        let (redone, memory) = memory_of(precision, "Pendulum-v1", bytes);
        assert_eq!(redone.expect("it is whole").len(), 3);
        assert!(memory.is_none_or(|memory| memory < allowed), "{memory:?} bytes, at most {allowed}");
    }
}

/// Makes the most memory that this process ever held what it holds now, where the system can; and says how much it is. Where
/// it cannot, a line says so.
fn forget_most_memory() -> Option<u64> {
    static TOLD: Once = Once::new();
    let now = std::fs::write("/proc/self/clear_refs", "5").ok().and_then(|()| most_memory());
    if now.is_none() {
        TOLD.call_once(|| {
            // past the harness, which shows what a test prints only where it fails; a closed stream is no failure
            let _ = writeln!(
                std::io::stderr(),
                "skipped: /proc/self/clear_refs cannot be written, so nothing is said of memory"
            );
        });
    }
    now
}

/// The most memory that this process held, where the system says it.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}
