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

#[test]
fn the_table_of_the_module_says_what_tasks_are() {
    let text = include_str!("../control.rs");
    for task in all() {
        let start = format!("//! | `{}` |", task.name());
        let line =
            text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row {start}"));
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(cells[4], task.observation_names().len().to_string(), "{line}");
        let actions = match task.actions() {
            Actions::Numbers(count) => count.to_string(),
            Actions::OneOf(count) => format!("1 of {count}"),
        };
        assert_eq!(cells[5], actions, "{line}");
    }
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
