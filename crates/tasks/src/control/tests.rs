//! Laws that every task of control keeps.

use super::*;

fn all() -> impl Iterator<Item = Box<dyn Environment>> {
    NAMES.iter().map(|name| named(name, Isa::detected()).unwrap_or_else(|| panic!("no task {name}")))
}

/// A block of copies that begin by these streams.
fn block(task: &dyn Environment, streams: &[u64]) -> Vec<f32> {
    let mut block = vec![0.0; task.rows() * LANES];
    for lane in 0..LANES {
        let state = task.start(Stream::new(3, "start").child(streams[lane % streams.len()]));
        assert_eq!(state.len(), task.rows(), "{}", task.name());
        state.iter().enumerate().for_each(|(row, &number)| block[row * LANES + lane] = number);
    }
    block
}

/// The action of a copy in a step.
fn action(task: &dyn Environment, copy: u64, step: u64, row: usize) -> f32 {
    let draw = Stream::new(5, "action").child(copy).child(step);
    match task.actions() {
        Actions::Numbers(_) => 2.0 * draw.uniform(row as u64) - 1.0,
        Actions::OneOf(count) => draw.below(0, count as u64) as f32,
    }
}

/// What a lane saw and got over some steps, and its state at the end: bits.
fn run(task: &dyn Environment, streams: &[u64], steps: u64, lane: usize) -> Vec<u32> {
    let mut block = block(task, streams);
    let copy = |lane: usize| streams[lane % streams.len()];
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let mut outcome = Outcome::NONE;
    let mut seen = Vec::new();
    task.look(&block, &mut sight);
    for step in 0..steps {
        let rows = task.actions().rows();
        let actions: Vec<f32> =
            (0..rows * LANES).map(|at| action(task, copy(at % LANES), step, at / LANES)).collect();
        seen.extend(sight.chunks(LANES).map(|row| row[lane].to_bits()));
        let mut draws = |lane: usize| task.draw(Stream::new(9, "draw").child(copy(lane)).child(step));
        task.step(&mut block, &actions, &mut draws, &mut sight, &mut outcome);
        seen.extend([outcome.reward[lane].to_bits(), u32::from(outcome.done[lane])]);
    }
    seen.extend(block.chunks(LANES).map(|row| row[lane].to_bits()));
    seen
}

#[test]
fn a_copy_does_not_notice_its_neighbours() {
    for task in all() {
        let expected = run(&*task, &[7, 1, 2, 3, 4], 8, 0);
        assert!(run(&*task, &[9, 8, 6, 7], 8, 3) == expected, "{}", task.name());
        assert!(run(&*task, &[9, 8, 6, 5], 8, 3) != expected, "{}: the streams decide", task.name());
    }
}

#[test]
fn instruction_sets_agree() {
    for name in NAMES {
        let of = |isa: Isa| run(&*named(name, isa).expect("it is listed"), &[1, 2, 3], 5, 1);
        let expected = of(Isa::PORTABLE);
        for isa in Isa::available() {
            assert!(of(isa) == expected, "{name}: {isa}");
        }
    }
}

#[test]
fn observations_and_actions_have_names_of_their_own() {
    let sizes = [6, 400, 400, 4, 700, 3, 1000, 600, 87, 87, 101, 132, 18, 11, 227, 11, 66, 17];
    let actions = [3, 5, 3, 2, 3, 1, 6, 4, 8, 8, 10, 19, 6, 3, 17, 2, 6, 6];
    for ((task, size), count) in all().zip(sizes).zip(actions) {
        for (names, expected) in [(task.observation_names(), size), (task.action_names(), count)] {
            assert_eq!(names.len(), expected, "{}", task.name());
            let mut sorted = names.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), expected, "{}: {names:?}", task.name());
            assert!(names.iter().all(|name| !name.is_empty()), "{}: {names:?}", task.name());
        }
    }
}

#[test]
fn fields_are_the_rows_of_a_state_and_draws_have_room() {
    for task in all() {
        let fields = task.fields();
        assert_eq!(fields.iter().map(Field::rows).sum::<usize>(), task.rows(), "{}", task.name());
        assert!(task.drawn().iter().map(|drawn| drawn.1).sum::<usize>() <= 16, "{}", task.name());
        if let Some(image) = task.image() {
            let seen = image.iter().product::<usize>();
            assert_eq!(seen, task.observation_names().len(), "{}", task.name());
        }
    }
}

/// What a task came to in one step from a state that was changed: whether any copy was done.
fn ends(task: &dyn Environment, change: impl Fn(&mut [f32])) -> bool {
    let mut block = block(task, &[1, 2, 3]);
    change(&mut block);
    let actions = vec![0.0; task.actions().rows() * LANES];
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let mut outcome = Outcome::NONE;
    task.step(&mut block, &actions, &mut |_| [0.0; 16], &mut sight, &mut outcome);
    outcome.done.contains(&true)
}

/// How an episode of bodies may end, in the words of the table: all bodies are put higher or lower, or the root is turned.
fn ends_of_bodies(name: &str) -> String {
    let task = BodyEnvironment::named(name, Isa::detected()).expect("a task of bodies");
    let layout = task.layout();
    let moves = |body: usize| task.model().description().bodies[body].moves != [0; 3];
    let moved = |by: f32| {
        move |block: &mut [f32]| {
            for body in (0..layout.bodies()).filter(|&body| moves(body)) {
                block[(layout.position(body) + 2) * LANES..][..LANES].iter_mut().for_each(|z| *z += by);
            }
        }
    };
    // a flat body is turned about its root as a whole; the legs of others would go into the ground, so the root alone is
    let description = task.model().description();
    let is_flat = description.bodies[0].moves[1] == 0;
    let turns = |body: usize| body == 0 || (is_flat && moves(body));
    let turned = |block: &mut [f32]| {
        // about y, by 1.4
        let (cosine, sine) = (0.7648_f32, 0.6442_f32);
        for lane in 0..LANES {
            let root = [0, 1, 2].map(|axis| block[(layout.position(0) + axis) * LANES + lane]);
            for body in (0..layout.bodies()).filter(|&body| turns(body)) {
                let place = [0, 1, 2].map(|axis| (layout.position(body) + axis) * LANES + lane);
                let (x, z) = (block[place[0]] - root[0], block[place[2]] - root[2]);
                let (c, s) = (cosine * cosine - sine * sine, 2.0 * cosine * sine);
                (block[place[0]], block[place[2]]) = (root[0] + c * x + s * z, root[2] + c * z - s * x);
                let parts = [0, 1, 2, 3].map(|part| (layout.rotation(body) + part) * LANES + lane);
                let [w, x, y, z] = parts.map(|part| block[part]);
                let product = [
                    cosine * w - sine * y,
                    cosine * x + sine * z,
                    cosine * y + sine * w,
                    cosine * z - sine * x,
                ];
                parts.into_iter().zip(product).for_each(|(part, value)| block[part] = value);
            }
        }
    };
    let words = [
        ("low", ends(&task, moved(-0.75))),
        ("high", ends(&task, moved(3.0))),
        ("leans", ends(&task, turned)),
    ];
    let words: Vec<&str> = words.into_iter().filter_map(|(word, ends)| ends.then_some(word)).collect();
    words.join(" ")
}

/// Whether a random game of another task ends in so many steps.
fn ever_ends(task: &dyn Environment) -> bool {
    let mut block = block(task, &[1, 2, 3, 4]);
    let mut sight = vec![0.0; task.observation_names().len() * LANES];
    let mut outcome = Outcome::NONE;
    (0..300).any(|step| {
        let rows = task.actions().rows() * LANES;
        let actions: Vec<f32> = (0..rows).map(|at| action(task, at as u64, step, 0)).collect();
        let mut draws = |lane: usize| task.draw(Stream::new(9, "draw").child(lane as u64).child(step));
        task.step(&mut block, &actions, &mut draws, &mut sight, &mut outcome);
        outcome.done.contains(&true)
    })
}

#[test]
fn the_table_of_the_module_says_what_tasks_are() {
    let text = include_str!("../control.rs");
    for task in all() {
        let name = task.name();
        let start = format!("//! | `{name}` |");
        let line =
            text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row {start}"));
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let model = physics::models::named(name);
        let bodies = model.as_ref().map(|model| model.description().bodies.len().to_string());
        assert_eq!(cells[3], bodies.unwrap_or_default(), "{line}");
        assert_eq!(cells[4], task.observation_names().len().to_string(), "{line}");
        let actions = match task.actions() {
            Actions::Numbers(count) => count.to_string(),
            Actions::OneOf(count) => format!("1 of {count}"),
        };
        assert_eq!(cells[5], actions, "{line}");
        let says_when = match cells[6] {
            // as the row above
            "likewise" => "where the torso is low or high",
            said => said,
        };
        if model.is_some() {
            let words = ["low", "high", "leans"].into_iter().filter(|word| says_when.contains(word));
            assert_eq!(words.collect::<Vec<_>>().join(" "), ends_of_bodies(name), "{line}");
        } else if says_when == "at the goal" {
            let up = |block: &mut [f32]| block[..LANES].fill(3.1);
            assert!(ends(&*task, up) && !ends(&*task, |_| ()), "{line}");
        } else {
            assert_eq!(says_when != "never", ever_ends(&*task), "{line}");
        }
    }
}

/// The file of each task.
const TEXTS: [(&str, &str); 18] = [
    ("Acrobot-v1", include_str!("acrobot.rs")),
    ("Asterix-MinAtar", include_str!("games/asterix.rs")),
    ("Breakout-MinAtar", include_str!("games/breakout.rs")),
    ("CartPole-v1", include_str!("cartpole.rs")),
    ("Freeway-MinAtar", include_str!("games/freeway.rs")),
    ("Pendulum-v1", include_str!("pendulum.rs")),
    ("Seaquest-MinAtar", include_str!("games/seaquest.rs")),
    ("SpaceInvaders-MinAtar", include_str!("games/space_invaders.rs")),
    ("ant", include_str!("ant.rs")),
    ("ant_modified", include_str!("ant_modified.rs")),
    ("fetch", include_str!("fetch.rs")),
    ("grasp", include_str!("grasp.rs")),
    ("halfcheetah", include_str!("cheetah.rs")),
    ("hopper", include_str!("hopper.rs")),
    ("humanoid", include_str!("humanoid.rs")),
    ("reacher", include_str!("reacher.rs")),
    ("ur5e", include_str!("arm.rs")),
    ("walker2d", include_str!("walker2d.rs")),
];

/// The headings of every task's file.
const HEADINGS: [&str; 5] = ["Observations", "Actions", "Reward", "End", "Start"];

/// What the file of a task says below a heading, a line each.
fn section<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let lines = lines.skip_while(|line| line.strip_prefix("# ") != Some(heading)).skip(1);
    lines.take_while(|line| !line.starts_with("# ")).filter(|line| !line.is_empty()).collect()
}

/// The rows of a section's table: first and last number, first and last name, unit.
fn rows<'a>(lines: &[&'a str]) -> Vec<([usize; 2], [&'a str; 2], &'a str)> {
    let both = |cell: &'a str| cell.split_once(" to ").unwrap_or((cell, cell));
    let row = |line: &&'a str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, numbers, names, unit, _] = cells[..] else { panic!("three cells: {line}") };
        let (first, last) = both(numbers);
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{text}` in {line}"));
        // a name may hold "to" itself
        let (begin, end) = names.split_once("` to `").unwrap_or((names, names));
        let name = |text: &'a str| text.trim_matches('`');
        ([number(first), number(last)], [name(begin), name(end)], unit)
    };
    lines.iter().filter(|line| line.starts_with('|')).skip(2).map(row).collect()
}

/// What is wrong with a table of names; each row is of numbers that follow each other.
fn complaint(rows: &[([usize; 2], [&str; 2], &str)], names: &[String]) -> Option<String> {
    let mut next = 0;
    for &([first, last], [begin, end], unit) in rows {
        if first != next || last < first || last >= names.len() {
            return Some(format!("{first} to {last} do not follow {next} of {}", names.len()));
        }
        if [begin, end] != [&names[first], &names[last]] {
            return Some(format!("{first} to {last} are `{}` to `{}`", names[first], names[last]));
        }
        if unit.is_empty() {
            return Some(format!("{first} has no unit"));
        }
        next = last + 1;
    }
    (next != names.len()).then(|| format!("{next} rows of {}", names.len()))
}

#[test]
fn the_file_of_every_task_has_the_same_headings_and_tables_that_hold() {
    for (task, (name, text)) in all().zip(TEXTS) {
        assert_eq!(task.name(), name);
        let intro = text.split("# Observations").next().expect("a text");
        assert!(intro.contains(&format!("`{name}`")), "{name}: its text says which task it is");
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//! # ")).collect();
        assert_eq!(headings, HEADINGS, "{name}");
        for heading in HEADINGS {
            assert!(!section(text, heading).is_empty(), "{name}: nothing below {heading}");
        }
        for (heading, names) in [("Observations", task.observation_names()), ("Actions", task.action_names())]
        {
            let complaint = complaint(&rows(&section(text, heading)), &names);
            assert_eq!(complaint, None, "{name}, {heading}");
        }
        // a torque of so many newton metres is the model's
        let Some(model) = physics::models::named(name) else { continue };
        for ([first, last], _, unit) in rows(&section(text, "Actions")) {
            let Some(strength) = unit.strip_suffix(" N m") else { continue };
            for action in first..=last {
                let drives = |actuator: &&physics::description::Actuator| actuator.actions.contains(&action);
                let actuator = model.description().actuators.iter().find(drives).expect("a motor");
                assert_eq!(strength, actuator.strength.to_string(), "{name}, action {action}");
            }
        }
    }
}

#[test]
fn a_table_that_does_not_hold_is_found() {
    let names = ["a", "b to c", "d"].map(str::to_owned);
    let complaint = |table: &str| {
        let text = format!(
            "//! # Actions\n//!\n//! | n | n | u |\n//! |---|---|---|\n{table}//! # End\n//! Never.\n"
        );
        complaint(&rows(&section(&text, "Actions")), &names).is_some()
    };
    assert!(!complaint("//! | 0 | `a` | m |\n//! | 1 to 2 | `b to c` to `d` | 1 |\n"));
    assert!(complaint("//! | 0 | `a` | m |\n"), "two are missing");
    assert!(complaint("//! | 0 | `a` | m |\n//! | 2 | `d` | 1 |\n"), "one is missing");
    assert!(complaint("//! | 0 | `a` | m |\n//! | 1 to 2 | `b to c` to `e` | 1 |\n"), "another name");
    assert!(complaint("//! | 0 | `a` | |\n//! | 1 to 2 | `b to c` to `d` | 1 |\n"), "no unit");
    assert!(complaint("//! | 0 to 3 | `a` to `d` | m |\n"), "one too many");
}

#[test]
fn a_hit_moves_the_target_after_it_was_seen() {
    let task = named("grasp", Isa::detected()).expect("it is listed");
    let mut block = block(&*task, &[1]);
    let names = task.observation_names();
    let rest = names.iter().position(|name| name == "distance of ball and target").expect("it is seen");
    let mut sight = vec![0.0; names.len() * LANES];
    let (mut outcome, mut asked) = (Outcome::NONE, Vec::new());
    let actions = vec![0.0; 19 * LANES];
    let mut target = [0.0; 16];
    target[..3].copy_from_slice(&[20.0, 0.0, 3.0]);
    let mut targets = |lane: usize| {
        asked.push(lane);
        target
    };
    task.step(&mut block, &actions, &mut targets, &mut sight, &mut outcome);
    assert!(sight[rest * LANES] < 1.1 && outcome.reward[0] > 4.9, "the first step always hits");
    task.step(&mut block, &actions, &mut targets, &mut sight, &mut outcome);
    assert!(sight[rest * LANES] > 15.0 && outcome.reward[0] < 1.0);
    assert_eq!(asked, (0..LANES).collect::<Vec<_>>(), "once for each lane");
}

#[test]
fn tasks_of_bodies_can_be_varied_and_have_one_name() {
    let name = |name: &str| named(name, Isa::detected()).map(|task| task.name().to_owned());
    assert_eq!(name("ant+strength-0.5+mass-2.0").unwrap(), "ant+mass-2+strength-0.5");
    assert_eq!(canonical("walker+corrected").unwrap(), "walker2d+corrected");
    assert_eq!((base("walker+corrected"), base("walkr+corrected")), (Some("walker2d"), None));
    assert_eq!(name("ant+mass-1").unwrap(), "ant");
    for (wrong, why) in [
        ("ant+mass", "no variation `mass`"),
        ("ant+size-2", "no variation `size-2`"),
        ("CartPole-v1+mass-2", "has no bodies"),
        ("Breakout-MinAtar+corrected", "has no bodies"),
        ("ant+mass-0.05", "its mass can be varied by 0.1 to 100"),
        ("half-cheetah+friction-2", "its friction can be varied by 0.01 to 1.5"),
        (
            "ant+corrected",
            "`ant` is the same with and without corrected: nothing in it is known to be unphysical",
        ),
        ("fetch+mass-2+corrected", "nothing in it is known to be unphysical"),
        ("reacher+gravity-2", "nothing in it can fall"),
        ("ur5e+friction-2", "nothing in it touches"),
    ] {
        assert!(name(wrong).is_none() && canonical(wrong).is_none(), "{wrong}");
        let found = refusal(wrong).unwrap_or_default();
        assert!(found.contains(why), "{wrong}: {found}");
    }
    assert!(
        ["ant", "ant+mass-2", "walker+corrected", "humanoid+corrected", "mnist+noise-2"]
            .iter()
            .all(|right| refusal(right).is_none())
    );
    // the same start, another world
    let steps = |name: &str| run(&*named(name, Isa::detected()).unwrap(), &[1, 2], 3, 0);
    let plain = steps("ant");
    assert!(steps("ant+friction-1") == plain);
    for varied in
        ["ant+mass-2", "ant+gravity-0.5", "ant+strength-0.5", "humanoid+corrected", "hopper+corrected"]
    {
        let (base, _) = varied.split_once('+').unwrap();
        assert!(steps(varied) != steps(base), "{varied}");
    }
}
