//! `tombola papers`, `list` and `plan` as people meet them, and specs that somebody damaged.

#![expect(clippy::disallowed_methods, reason = "reads and writes specs")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use numerics::random::Stream;
use serde_json::Value;
use tombola::cost::Estimator;
use tombola::grid;
use tombola::papers::{Paper, Scale};
use tombola::spec::Spec;

/// A spec that is gone afterwards.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &[u8]) -> File {
        let path = std::env::temp_dir().join(format!("tombola-specs-{name}-{}.toml", std::process::id()));
        fs::write(&path, text).expect("a file");
        File(path)
    }

    fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tombola"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().expect("the program starts")
}

fn done(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = program(arguments);
    assert_eq!(status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text")
}

/// A wrong request: exit code 2, nothing on stdout, and all of `parts` on stderr.
fn refused(arguments: &[&str], parts: &[&str]) {
    let Output { status, stdout, stderr } = program(arguments);
    let message = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{arguments:?}: {message}");
    assert!(stdout.is_empty(), "{arguments:?}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
}

#[test]
fn what_papers_show_prints_makes_the_cells_of_the_paper() {
    let listed = done(&["papers"]);
    assert!(
        listed.contains("lottery: Lange and Sprekeler") && listed.contains("  small     81 cells"),
        "{listed}"
    );
    for scale in ["smoke", "small", "paper"] {
        let text = done(&["papers", "show", "lottery", "--scale", scale]);
        let file = File::new(scale, text.as_bytes());
        let ours = done(&["list", "--paper", "lottery", "--scale", scale]);
        assert_eq!(done(&["list", &file.path()]), ours);
    }
}

#[test]
fn cells_are_listed_as_rows_and_as_objects() {
    let file = File::new("rows", b"task='glyphs'\nstrategy=['snes','pgpe']\nseeds=2\nlevels=3");
    let rows = done(&["list", &file.path(), "--set", "keep=0.5"]);
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines[0], "id,dense,task,strategy,criterion,seed,levels,keep,text");
    assert_eq!(lines.len(), 1 + 4);
    assert!(lines[1].ends_with(
        ",glyphs,snes,snr,0,3,0.5,cell task=glyphs strategy=snes seed=0 criterion=snr pruning.keep=0.5 pruning.levels=3"
    ), "{rows}");
    let objects = done(&["list", &file.path(), "--json"]);
    let first: Value = serde_json::from_str(objects.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["run"]["plan"]["search"]["method"]["name"], "snes");
    assert_eq!(first["pruning"]["levels"], 3);
    assert_eq!(first["id"].as_str().map(str::len), Some(16));
}

#[test]
fn a_plan_says_what_cells_take() {
    let text = done(&["plan", "--paper", "lottery", "--scale", "small"]);
    assert!(
        text.starts_with("lottery-small: 81 cells and 27 dense levels that they share, 1566 levels in all\n"),
        "{text}"
    );
    let sum = text.lines().find(|line| line.starts_with("all ")).expect("a row");
    assert!(sum.contains(" 1566 ") && sum.ends_with("MB"), "{text}");
    assert!(
        text.contains("   108 new: was never begun\n") && text.contains(" cores that do nothing else, "),
        "{text}"
    );
    let units = done(&["plan", "--paper", "lottery", "--scale", "small", "--json"]);
    let units: Vec<Value> = units.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(units.len(), 81 + 27);
    assert!(units.iter().all(|unit| unit["core_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0)));
}

#[test]
fn the_full_paper_grid_with_every_strategy_is_planned_in_two_seconds() {
    let strategies = "strategy=['open-es', 'pgpe', 'ars', 'snes', 'des', 'sep-cma-es', 'cma-es']";
    // the fastest of some: a machine that does other things too adds time, and never takes it away
    let times = (0..5).map(|_| {
        let begun = Instant::now();
        let text = done(&["plan", "--paper", "lottery", "--scale", "paper", "--set", strategies]);
        assert!(text.starts_with("lottery: 5880 cells and 735 dense levels"), "{text}");
        begun.elapsed()
    });
    let fastest = times.min().expect("it was planned");
    assert!(fastest < Duration::from_secs(2), "{fastest:?}");
}

#[test]
fn wrong_specs_are_refused_with_place_and_cure() {
    let base = "strategy = \"snes\"\ntask = \"glyphs\"\n";
    for (more, parts) in [
        ("simga = 0.1", &[".toml:3:1: there is no setting `simga`"][..]),
        (
            "temprature = 3",
            &[".toml:3:1: ", "`temprature`", "did you mean `temperature`?", "known are task, strategy"],
        ),
        (
            "keep = 1.2",
            &[
                ".toml:3:1: `keep` is 1.2; expected a fraction above 0 and below 1",
                "what stays of the weights",
            ],
        ),
        ("levels = 0", &[".toml:3:1: `levels` is 0; expected 1 to 1000, the first of them dense"]),
        (
            "criterion = [\"snr\", \"magnitud\"]",
            &[".toml:3:21: there is no criterion `magnitud`", "did you mean `magnitude`?", "known are"],
        ),
        ("network = \"cn\"", &[".toml:3:1: there is no network `cn`", "did you mean `cnn`?"]),
        ("keep 0.5", &[".toml:3:6: "]),
        (
            "[pgpe]\ndeviation_rte = 1",
            &[".toml:4:1: there is no setting `deviation_rte`", "did you mean `deviation_rate`"],
        ),
    ] {
        let file = File::new("wrong", format!("{base}{more}\n").as_bytes());
        for verb in ["list", "plan"] {
            refused(&[verb, &file.path()], parts);
        }
    }
    let file = File::new("names", b"task = \"glyphs\"\n\n\n\nstrategy = \"pgep\"\n");
    refused(
        &["plan", &file.path()],
        &[".toml:5:1: there is no strategy `pgep`", "did you mean `pgpe`?", "known are open-es"],
    );
    refused(
        &["list", &file.path(), "--set", "strategy=pgpe", "--set", "tsak=3"],
        &["--set tsak=3: there is no setting `tsak`", "`task`"],
    );
    refused(
        &["list", &file.path(), "--set", "task=glyphs+nois-2"],
        &["there is no corruption `nois-2`", "did you mean `noise`"],
    );
    refused(
        &["list", &file.path(), "--set", "strategy"],
        &["--set strategy: this is no assignment", "key=value"],
    );
    let makes_one = "`tombola papers show lottery --scale smoke > mine.toml` makes one";
    refused(&["plan", "no/such/spec.toml"], &["cannot read no/such/spec.toml", makes_one]);
    let near = file.path().replace(".toml", "");
    refused(&["run", &near], &[&format!("did you mean `{}`? ", file.path()), makes_one]);
    let file = File::new("bytes", b"task = \"\xff\"\n");
    refused(&["plan", &file.path()], &["is no text: the byte at 8 is not UTF-8"]);
    refused(&["plan", "--paper", "lotery"], &["there is no paper `lotery`", "did you mean `lottery`?"]);
    refused(
        &["plan", "--paper", "lottery", "--scale", "tiny"],
        &["there is no scale `tiny`; there are smoke, small, paper"],
    );
    refused(&["plan"], &["which cells? Name a spec"]);
    refused(
        &["report", "--paper", "lottery", "--set", "seeds=2", "--out", "no/such folder"],
        &[
            "there is no folder no/such folder",
            "`tombola run --paper lottery --scale smoke --set seeds=2 --out 'no/such folder'` does the cells",
        ],
    );
}

/// A damaged text: some bytes flipped, cut off, put in, or moved.
fn mutated(text: &[u8], stream: Stream) -> Vec<u8> {
    let mut bytes = text.to_vec();
    let mut draws = 0;
    let mut below = |limit: usize| {
        draws += 1;
        stream.below(draws, limit.max(1) as u64) as usize
    };
    for _ in 0..1 + below(4) {
        let (at, other) = (below(bytes.len() + 1), below(bytes.len() + 1));
        match below(6) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << below(8)),
            1 => bytes.truncate(at),
            2 => {
                let word = WORDS[below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
            3 => {
                let (from, to) = (at.min(other), at.max(other));
                let piece = bytes[from..to.min(from + 40)].to_vec();
                let to = below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            4 => {
                let (from, to) = (at.min(other), at.max(other));
                bytes.drain(from..to.min(from + 12));
            }
            _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = BYTES[below(BYTES.len())]),
        }
    }
    bytes
}

/// What a byte may become.
const BYTES: &[u8] = b" =[]{}.,\"'#\n-0198eE_+\xff\0";

/// What a damaged spec may hold too.
const WORDS: [&str; 24] = [
    "[[grid]]\n",
    "[",
    "]",
    "{",
    "99999999999999999999",
    "-1",
    "1e308",
    "nan",
    "inf",
    "seeds = 100000\n",
    "seed = [0, 0, 1]\n",
    "keep = 0.99999\n",
    "levels = 1000\n",
    "population = 1099511627776\n",
    "batch = 18446744073709551615\n",
    "generations = 9223372036854775807\n",
    "network = \"conv 99999999 9x9 same; dense 10\"\n",
    "network = \"mlp-4294967295\"\n",
    "bounds = [[1, -1]]\n",
    "snes.",
    "task = \"ant\"\n",
    "steps = 1073741824\n",
    "variant = \"as-published\"\n",
    "'",
];

#[test]
fn twenty_thousand_damaged_specs_are_refused_or_make_cells() {
    let stream = Stream::new(5, "damaged specs");
    let paper = Paper::named("lottery").expect("it is listed");
    let rich = "name='x'\ntask=['glyphs','cartpole']\nstrategy=['snes','cma-es']\nseeds=2\nsnes.temperature=[1,2]\n\
        glyphs.batch=8\nexcluded=[[],['dense_0']]\n[[grid]]\nkeep=0.5\nlevels=3\n[[grid]]\nvariant='as-published'\n";
    let small = paper.text(Scale::Small);
    let (mut valid, mut cells_made) = (0, 0);
    for round in 0..20_000 {
        let text = [rich, small, rich][round as usize % 3];
        let bytes = mutated(text.as_bytes(), stream.child(round));
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let cells = match Spec::parse("x.toml", &text, &[]).and_then(|spec| grid::cells(&spec)) {
            Ok(cells) => cells,
            Err(error) => {
                let message = error.to_string();
                let is_placed =
                    message.starts_with("x.toml:") && message.contains(": ") && message.len() < 2000;
                assert!(is_placed, "{message}\n{text}");
                continue;
            }
        };
        valid += 1;
        cells_made += cells.len();
        let mut estimator = Estimator::default();
        for cell in cells.iter().take(3) {
            let cost = estimator.dense(cell).and(estimator.chain(cell));
            let numbers = [cost.seconds, cost.multiply_adds, cost.bytes];
            assert!(numbers.iter().all(|number| number.is_finite() && *number >= 0.0), "{cost:?}\n{text}");
        }
    }
    assert!(valid > 1000 && cells_made > valid, "{valid} valid, {cells_made} cells");
}
