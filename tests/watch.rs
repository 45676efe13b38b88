//! Films as users and browsers meet them: refusals, damaged tickets, and pages that a browser shows without asking for
//! anything.
//!
//! A browser is used where one is installed; where there is none, a line says so.

#![expect(clippy::disallowed_methods, reason = "tests make and read files")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use networks::ticket::{Contents, Normaliser};
use networks::{Mask, MaskedNetwork, Preset, Ticket};
use numerics::random::Stream;
use serde_json::Value;

mod common;

use common::Folder;
use common::browser::{browser, shown};

fn watch(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tombola"))
        .arg("watch")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

/// A page, whole.
fn page(folder: &Path, arguments: &[&str]) -> String {
    let output = watch(folder, &[arguments, &["--out", "page.html"]].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {message}");
    fs::read_to_string(folder.join("page.html")).expect("a page")
}

/// A wrong request: exit code 2, no page, and all of `parts` on stderr.
fn refused(folder: &Path, arguments: &[&str], parts: &[&str]) {
    let output = watch(folder, &[arguments, &["--out", "never.html"]].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(!folder.join("never.html").exists(), "{arguments:?}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?} should be told `{part}`:\n{message}");
    }
}

/// A ticket for the hopper that keeps so much, which has seen observations of so many numbers.
fn ticket(path: &Path, density: f64, seen: usize) {
    let preset = Preset::named("policy-8-8", "11".parse().expect("an input"), 3).expect("a network");
    let network = preset.architecture;
    let kept = (network.prunable() as f64 * density) as usize;
    let mask = Mask::random(network.prunable(), kept, Stream::new(0, "mask"));
    let masked = MaskedNetwork::new(&network, &mask).expect("a network");
    let start = masked.gather(&preset.start.draw(&network, Stream::new(1, "start")));
    let normaliser = Normaliser { count: 9.0, mean: vec![0.1; seen], squares: vec![4.0; seen] };
    let contents = Contents {
        task: "hopper".into(),
        mean: start.clone(),
        start,
        normaliser: Some(normaliser),
        ..Contents::default()
    };
    fs::write(path, Ticket::new(network, &mask, contents).expect("a ticket").encode()).expect("written");
}

#[test]
fn wrong_requests_are_refused_with_what_would_do() {
    let folder = Folder::new("refused");
    ticket(&folder.join("hopper.safetensors"), 1.0, 11);
    ticket(&folder.join("seen.safetensors"), 1.0, 12);
    refused(&folder, &["--task", "antt"], &["there is no control task `antt`", "did you mean `ant`?"]);
    refused(&folder, &["--task", "ant", "--steps", "0"], &["'0'", "1..=10000"]);
    refused(&folder, &["--task", "ant", "--against", "x"], &["--ticket"]);
    refused(&folder, &["--task", "ant", "--ticket", "missing"], &["cannot read missing"]);
    let of_hopper = ["--ticket", "hopper.safetensors"];
    refused(
        &folder,
        &[&["--task", "ant"], &of_hopper[..]].concat(),
        &["hopper.safetensors: its network reads 11 numbers and gives 3; the task `ant` has 87 and 8"],
    );
    refused(
        &folder,
        &["--task", "hopper", "--ticket", "seen.safetensors"],
        &["its normaliser is of 12 observations; the task has 11"],
    );
}

#[test]
fn damaged_tickets_are_refused() {
    let folder = Folder::new("damaged");
    ticket(&folder.join("ticket"), 0.5, 11);
    let whole = fs::read(folder.join("ticket")).expect("it was written");
    for case in 0..24 {
        let stream = Stream::new(3, "damage").child(case);
        let mut bytes = whole.clone();
        let at = stream.below(0, whole.len() as u64) as usize;
        if case % 3 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << stream.below(1, 8);
        }
        fs::write(folder.join("damaged"), bytes).expect("written");
        refused(&folder, &["--task", "hopper", "--ticket", "damaged"], &["damaged: "]);
    }
}

#[test]
fn two_tickets_are_seen_side_by_side() {
    let folder = Folder::new("beside");
    ticket(&folder.join("dense.safetensors"), 1.0, 11);
    ticket(&folder.join("sparse.safetensors"), 0.2, 11);
    let both = ["--task", "hopper", "--ticket", "dense.safetensors", "--against", "sparse.safetensors"];
    let first = page(&folder, &both);
    assert!(first.contains("\"label\":\"dense\"") && first.contains("\"label\":\"sparse\""));
    assert_eq!(first, page(&folder, &both), "the same every time");
    assert_ne!(first, page(&folder, &[&both[..], &["--seed", "1"]].concat()), "another episode");
}

#[test]
fn a_page_that_cannot_be_small_says_how_large_it_is() {
    let folder = Folder::new("large");
    let watched = |steps: &str| {
        let output = watch(&folder, &["--task", "grasp", "--steps", steps, "--out", "page.html"]);
        assert_eq!(output.status.code(), Some(0), "{steps}");
        let size = fs::metadata(folder.join("page.html")).expect("a page").len();
        (size, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (size, said) = watched("4000");
    assert!(size > 100_000 && said.contains(&format!("page.html has {size} bytes")), "{size}: {said}");
    assert!(said.contains("--steps"), "{said}");
    let (size, said) = watched("40");
    assert!(size <= 100_000 && said.is_empty(), "{size}: {said}");
}

#[test]
fn a_browser_shows_pages_without_a_complaint() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new("browser");
    for (task, flags, state) in [
        ("hopper", &[][..], "playing"),
        ("Breakout-MinAtar", &[], "playing"),
        ("ant", &["--disable-3d-apis"], "strip: no WebGL"),
    ] {
        page(&folder, &["--task", task, "--steps", "20"]);
        let (dom, log) = shown(browser, &folder, "#step=5", flags);
        assert!(
            dom.contains(&format!("data-state=\"{state}\"")),
            "{task} {flags:?} should be `{state}`:\n{log}"
        );
        // what the page's policy forbids it to ask for would be a complaint too
        assert!(!log.contains("CONSOLE"), "{task} {flags:?} complains:\n{log}");
    }
}

/// A clock of sixty frames in a second of the browser's own time. Without a screen a browser makes hardly any.
const FRAMES: &str = "<head><script>
let queue = [];
window.requestAnimationFrame = call => queue.push(call);
const frames = setInterval(() => {
  const calls = queue;
  queue = [];
  calls.forEach(call => call(performance.now()));
}, 1000 / 60);
</script>";

/// What a viewer does with a film of two hoppers, and what comes of it; the page begins at step 5, and stands still.
///
/// A picture is read in the frame in which it was drawn: later the browser has taken it away.
const VIEWER: &str = "<script>
(async () => {
  const find = id => document.getElementById(id), view = find('view'), root = document.documentElement;
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const wait = async count => { while (count--) await frame(); };
  for (let k = 0; k < 200 && !root.dataset.state; k++) await frame();
  const pixels = async canvas => {
    await wait(2);
    const copy = document.createElement('canvas').getContext('2d');
    [copy.canvas.width, copy.canvas.height] = [canvas.width, canvas.height];
    copy.drawImage(canvas, 0, 0);
    return copy.getImageData(0, 0, canvas.width, canvas.height);
  };
  const seen = async () => (await pixels(view)).data.reduce((sum, part, at) => (sum * 31 + part * (at % 7 + 1)) % 1e9, 7);
  const time = () => find('time').textContent;
  const step = () => +/step (\\d+)/.exec(time())[1];
  const moves = async () => { await wait(2); const before = time(); await wait(9); return time() !== before; };
  const point = (kind, on, x, y, more) => on.dispatchEvent(new PointerEvent(kind,
    { pointerId: 1, clientX: x, clientY: y, bubbles: true, ...more }));
  const key = key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const found = {};
  try {
    const orange = (r, g, b) => r > b + 50, blue = (r, g, b) => b > r + 50;
    const count = ({ data, width }, is, from, to) => {
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) {
        const x = at / 4 % width / width;
        sum += x >= from && x < to && data[at + 3] > 100 && is(data[at], data[at + 1], data[at + 2]);
      }
      return sum;
    };
    const both = await pixels(view);
    found.sides = [[orange, 0, .5], [orange, .5, 1], [blue, 0, .5], [blue, .5, 1]].map(a => count(both, ...a));
    found.names = find('labels').innerText;
    found.rests = !await moves();

    const first = await seen();
    point('pointermove', view, 300, 100);
    found.hovers = await seen() === first;
    point('pointerdown', view, 200, 100);
    point('pointermove', view, 300, 120);
    point('pointerup', view, 300, 120);
    const turned = await seen();
    point('pointermove', view, 400, 160);
    found.orbit = turned !== first && await seen() === turned;
    find('home').click();
    found.home = await seen() === first;
    view.dispatchEvent(new WheelEvent('wheel', { deltaY: 400, cancelable: true }));
    found.zoom = await seen() !== first;
    find('home').click();

    find('scrub').value = 9;
    find('scrub').dispatchEvent(new Event('input'));
    found.scrub = await seen() !== first && step() === 9;
    key('ArrowRight');
    await wait(2);
    found.arrow = step();

    find('play').click();
    found.plays = [find('play').textContent, await moves()];
    find('play').click();
    found.pauses = [find('play').textContent, await moves()];
    key(' ');
    found.keyPlays = await moves();
    key(' ');
    found.keyPauses = !await moves();

    found.traces = [];
    for (const figure of document.querySelectorAll('figure')) {
      const canvas = figure.querySelector('canvas'), drawn = await pixels(canvas), box = canvas.getBoundingClientRect();
      const [x, y] = [box.left + (box.width + 58) / 2, box.top + 8];
      point('pointermove', canvas, x, y);
      const reading = find('reading').textContent;
      find('scrub').value = 1;
      find('scrub').dispatchEvent(new Event('input'));
      point('pointerdown', canvas, x, y, { buttons: 1 });
      await wait(2);
      found.traces.push({ title: figure.textContent, orange: count(drawn, orange, .1, 1), blue: count(drawn, blue, .1, 1),
        reading, step: step() });
    }
    found.wide = root.scrollWidth <= innerWidth;
  } catch (error) { found.error = String(error); }
  document.title = JSON.stringify(found);
  clearInterval(frames);
})();
</script></body>";

#[test]
fn a_viewer_turns_zooms_scrubs_pauses_and_compares_in_a_browser() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new("viewer");
    ticket(&folder.join("dense.safetensors"), 1.0, 11);
    ticket(&folder.join("sparse.safetensors"), 0.2, 11);
    let both = ["--task", "hopper", "--ticket", "dense.safetensors", "--against", "sparse.safetensors"];
    let whole = page(&folder, &both);
    let watched = whole.replacen("<head>", FRAMES, 1).replace("</body>", VIEWER);
    fs::write(folder.join("page.html"), watched).expect("a page");
    for size in ["--window-size=1000,700", "--window-size=400,700"] {
        let (dom, log) = shown(browser, &folder, "#step=5", &[size, "--virtual-time-budget=20000"]);
        assert!(!log.contains("CONSOLE"), "{log}");
        let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        let (title, _) = title.expect("a title");
        let found: Value = serde_json::from_str(title).unwrap_or_else(|_| panic!("{title}\n{log}"));
        assert_eq!(found["error"], Value::Null, "{title}");

        let sides: Vec<u64> = serde_json::from_value(found["sides"].clone()).expect("four counts");
        assert!(sides[0] > 100 && sides[1] == 0, "the first is orange, on the left: {title}");
        assert!(sides[2] == 0 && sides[3] > 100, "the second is blue, on the right: {title}");
        let names = found["names"].as_str().expect("text");
        assert!(names.contains("dense") && names.contains("sparse") && names.contains("return"), "{title}");

        for key in ["rests", "hovers", "orbit", "home", "zoom", "scrub", "keyPlays", "keyPauses", "wide"] {
            assert_eq!(found[key], true, "{key}, {size}: {title}");
        }
        assert_eq!(found["arrow"], 10, "{title}");
        assert_eq!(found["plays"], serde_json::json!(["Pause", true]), "{title}");
        assert_eq!(found["pauses"], serde_json::json!(["Play", false]), "{title}");

        let traces = found["traces"].as_array().expect("a list");
        let titles: Vec<&str> = traces.iter().filter_map(|trace| trace["title"].as_str()).collect();
        let parts = ["return so far", "reward of a step", "dense: actions", "sparse: actions"];
        assert!(titles.len() == 4 && titles.iter().zip(parts).all(|(title, part)| title.contains(part)));
        for trace in traces {
            let count = |key: &str| trace[key].as_u64().expect("a count");
            let title = trace["title"].as_str().expect("text");
            // a curve has its agent's colour; the colours of actions say below and above 0
            let is_drawn = match title.contains("actions") {
                true => count("orange") + count("blue") > 30,
                false => count("orange") > 30 && count("blue") > 30,
            };
            assert!(is_drawn, "{trace}");
            let reading = trace["reading"].as_str().expect("text");
            assert!(reading.starts_with("step ") || reading.ends_with("has ended"), "{trace}");
            assert!(count("step") > 1, "a touch goes there: {trace}");
        }
    }
}
