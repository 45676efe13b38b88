//! Training in worlds: what is learned of observations is part of a run.

use networks::{Mask, MaskedNetwork, Preset};
use numerics::Isa;
use numerics::random::Stream;
use sparse_kernels::Threads;
use strategies::{Goal, Method};
use tasks::control::scoring::{Control, Scoring};
use tasks::{How, Task};

use super::*;

/// A small network in a world of short episodes.
struct Setting {
    task: Control,
    network: MaskedNetwork,
    start: Vec<f32>,
}

impl Setting {
    fn new(name: &str) -> Setting {
        let task = Control::named(name).unwrap();
        let scoring = Scoring { repeats: 2, steps: 12, tests: 5, ..task.scoring() };
        let task = task.with_scoring(scoring);
        let preset = Preset::named("policy-4-4", task.input(), task.outputs()).unwrap();
        let architecture = &preset.architecture;
        let mask = Mask::random(architecture.prunable(), architecture.prunable() / 2, Stream::new(0, "mask"));
        let network = MaskedNetwork::new(architecture, &mask).unwrap();
        let start = network.gather(&preset.start.draw(architecture, Stream::new(2, "start")));
        Setting { task, network, start }
    }

    fn trial(&self, isa: Isa) -> Box<dyn Trial + '_> {
        let how = How { isa, compile: None, stream: Stream::new(7, "fitness") };
        self.task.trial(&self.network, how).unwrap()
    }

    /// All bits that a whole run leaves.
    fn run(&self, execution: &Execution<'_>) -> String {
        let mut training = Training::new(&plan(), self.trial(execution.isa), &self.start).unwrap();
        while !training.is_done() {
            training.generation(execution);
        }
        serde_json::to_string(&training.checkpoint()).unwrap()
    }
}

fn plan() -> Plan {
    let search = Settings { goal: Goal::Maximise, ..Settings::new(Method::named("snes").unwrap(), 18) };
    Plan { checkpoint: Which::Best, ..Plan::new(search, 4, 2) }
}

#[test]
fn threads_blocks_and_instruction_sets_change_no_bit() {
    for name in ["hopper", "CartPole-v1", "fetch"] {
        let setting = Setting::new(name);
        let expected = setting.run(&Execution::default());
        for isa in Isa::available() {
            let found = setting.run(&Execution { isa, ..Execution::default() });
            assert_eq!(found, expected, "{name} on {isa}");
        }
        for (count, block) in [(1, 1), (2, 5), (3, 16), (7, 64), (16, 1000)] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
            let execution = Execution { threads: Threads::Pool(&pool), block, ..Execution::default() };
            assert_eq!(setting.run(&execution), expected, "{name} on {count} threads");
        }
    }
}

#[test]
fn a_run_goes_on_from_every_checkpoint_with_what_it_learned() {
    for name in ["hopper", "Pendulum-v1"] {
        let setting = Setting::new(name);
        let execution = Execution::default();
        let expected = setting.run(&execution);
        let mut training = Training::new(&plan(), setting.trial(execution.isa), &setting.start).unwrap();
        loop {
            let text = serde_json::to_string(&training.checkpoint()).unwrap();
            let checkpoint: Checkpoint = serde_json::from_str(&text).unwrap();
            assert_eq!(checkpoint.normaliser.is_some(), name == "hopper");
            let dims = setting.network.dims();
            let mut resumed =
                Training::resume(&plan(), setting.trial(execution.isa), dims, &checkpoint).unwrap();
            while !resumed.is_done() {
                resumed.generation(&execution);
            }
            assert_eq!(serde_json::to_string(&resumed.checkpoint()).unwrap(), expected, "{name}");
            if training.is_done() {
                break;
            }
            training.generation(&execution);
        }
    }
}

#[test]
fn a_normaliser_of_another_task_is_refused() {
    let setting = Setting::new("hopper");
    let mut training = Training::new(&plan(), setting.trial(Isa::detected()), &setting.start).unwrap();
    training.generation(&Execution::default());
    let checkpoint = training.checkpoint();
    assert!(checkpoint.normaliser.as_ref().is_some_and(|normaliser| normaliser.count > 0.0));
    let resume = |checkpoint: &Checkpoint| {
        let trial = setting.trial(Isa::detected());
        Training::resume(&plan(), trial, setting.network.dims(), checkpoint).err()
    };
    assert!(resume(&checkpoint).is_none());
    let negative = Normaliser { count: -1.0, ..Normaliser::new(11) };
    for normaliser in [None, Some(Normaliser::new(10)), Some(negative)] {
        let error = resume(&Checkpoint { normaliser, ..checkpoint.clone() });
        assert!(matches!(error, Some(CheckpointError::Normaliser)), "{error:?}");
    }
}

#[test]
fn a_ticket_scores_as_its_curve_says() {
    let setting = Setting::new("hopper");
    let preset = Preset::named("policy-4-4", setting.task.input(), setting.task.outputs()).unwrap();
    let mask = Mask::random(preset.architecture.prunable(), 20, Stream::new(0, "mask"));
    let network = MaskedNetwork::new(&preset.architecture, &mask).unwrap();
    let start = network.gather(&preset.start.draw(&preset.architecture, Stream::new(2, "start")));
    let contents = Contents { task: "hopper".to_owned(), mean: start.clone(), start, ..Contents::default() };
    let start = Ticket::new(preset.architecture, &mask, contents).unwrap();
    let how = How { isa: Isa::detected(), compile: None, stream: Stream::new(7, "fitness") };
    for checkpoint in [Which::Best, Which::Final] {
        let plan = Plan { checkpoint, ..plan() };
        let mut training = Training::of_ticket(&plan, &setting.task, &start, how, None).unwrap();
        while !training.is_done() {
            training.generation(&Execution::default());
        }
        let ticket = training.ticket(&start, BTreeMap::new()).unwrap();
        let trained = &training.curve()[1..];
        let expected = match checkpoint {
            Which::Best => trained.iter().map(|point| point.score).reduce(f64::max),
            Which::Final => trained.last().map(|point| point.score),
        };
        let other = How { stream: Stream::new(8, "another run"), ..how };
        let mut trial = setting.task.trial(&network, other).unwrap();
        trial.restore(ticket.contents().normaliser.as_ref().expect("what was learned"));
        assert_eq!(
            Some(trial.test(Threads::Sequential, &ticket.contents().mean)),
            expected,
            "{checkpoint:?}"
        );
    }
}

#[test]
fn a_score_that_is_no_number_survives_a_checkpoint() {
    let point = Point {
        generation: 1,
        evaluations: 2,
        failures: 2,
        fitness_mean: None,
        fitness_best: None,
        deviation: None,
        score: f64::NAN,
    };
    let read: Point = serde_json::from_str(&serde_json::to_string(&point).unwrap()).unwrap();
    assert!(read.score.is_nan() && read.failures == 2);
}

/// What a number, a text or a list of a file may have become.
fn odd(stream: Stream) -> serde_json::Value {
    let odd = [
        "null",
        "-1",
        "0",
        "1e300",
        "-1e-40",
        "18446744073709551615",
        "0.5",
        "\"\"",
        "[]",
        "{}",
        "true",
        "7",
    ];
    serde_json::from_str(odd[stream.below(0, odd.len() as u64) as usize]).expect("JSON")
}

/// Damages one place of a value: on the way down a child is chosen by chance.
fn disturb(value: &mut serde_json::Value, stream: Stream, depth: u64) {
    use serde_json::Value;
    let draw = |index: u64, bound: usize| stream.child(depth).below(index, bound as u64) as usize;
    match value {
        Value::Array(entries) if !entries.is_empty() && draw(0, 6) > 0 => {
            let at = draw(1, entries.len());
            match draw(2, 8) {
                0 => entries.truncate(at),
                1 => entries.push(entries[at].clone()),
                _ => disturb(&mut entries[at], stream, depth + 1),
            }
        }
        Value::Object(entries) if !entries.is_empty() && draw(0, 12) > 0 => {
            let at = draw(1, entries.len());
            let key = entries.keys().nth(at).expect("there are so many").clone();
            match draw(2, 12) {
                0 => drop(entries.remove(&key)),
                _ => disturb(&mut entries[&key], stream, depth + 1),
            }
        }
        other => *other = odd(stream.child(99)),
    }
}

#[test]
fn damaged_checkpoints_are_refused_or_go_on() {
    let setting = Setting::new("hopper");
    let mut training = Training::new(&plan(), setting.trial(Isa::detected()), &setting.start).unwrap();
    (0..2).for_each(|_| training.generation(&Execution::default()));
    let checkpoint = training.checkpoint();
    let whole = serde_json::to_value(&checkpoint).unwrap();
    let text = serde_json::to_string(&checkpoint).unwrap();
    assert!(whole["best"].is_object() && whole["normaliser"].is_object(), "everything is in it");
    let (mut unread, mut refused, mut resumed) = (0, 0, 0);
    for case in 0..4000 {
        let stream = Stream::new(12, "damage").child(case);
        let read = if case % 4 == 0 {
            let mut bytes = text.clone().into_bytes();
            let at = stream.below(0, bytes.len() as u64) as usize;
            if stream.below(1, 3) == 0 {
                bytes.truncate(at)
            } else {
                bytes[at] ^= 1 << stream.below(2, 7)
            }
            serde_json::from_slice::<Checkpoint>(&bytes)
        } else {
            let mut value = whole.clone();
            disturb(&mut value, stream, 0);
            serde_json::from_value(value)
        };
        let found = match read {
            Ok(found) => found,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                unread += 1;
                continue;
            }
        };
        match Training::resume(&plan(), setting.trial(Isa::detected()), setting.network.dims(), &found) {
            Err(error) => {
                assert!(error.to_string().len() > 20, "case {case}: {error}");
                refused += 1;
            }
            Ok(mut training) => {
                if !training.is_done() && resumed % 8 == 0 {
                    training.generation(&Execution::default());
                }
                resumed += 1;
            }
        }
    }
    assert!(
        unread > 500 && refused > 500 && resumed > 50,
        "{unread} unread, {refused} refused, {resumed} resumed"
    );
}

#[test]
fn members_that_lose_an_episode_are_failures_and_survive_a_checkpoint() {
    let Setting { task, .. } = Setting::new("hopper");
    // weights as large as can be, and outputs that nothing bounds
    let preset = Preset::named("policy-4-4-linear", task.input(), task.outputs()).unwrap();
    let architecture = &preset.architecture;
    let network = MaskedNetwork::new(architecture, &Mask::full(architecture.prunable())).unwrap();
    let start = vec![3e38; network.dims()];
    let setting = Setting { task, start: vec![0.0; network.dims()], network };
    let execution = Execution::default();
    let run = |resumes: bool| {
        let mut training = Training::new(&plan(), setting.trial(execution.isa), &start).unwrap();
        training.generation(&execution);
        if resumes {
            let text = serde_json::to_string(&training.checkpoint()).unwrap();
            let checkpoint: Checkpoint = serde_json::from_str(&text).unwrap();
            let trial = setting.trial(execution.isa);
            training = Training::resume(&plan(), trial, start.len(), &checkpoint).unwrap();
        }
        training.generation(&execution);
        (training.failures(), training.curve().last().unwrap().failures, training.lost())
    };
    let (failures, in_curve, lost) = run(false);
    assert!(failures > 0 && failures <= 36, "{failures}");
    assert_eq!((in_curve, lost.tests), (failures, 5));
    assert_eq!(run(true), (failures, in_curve, lost));
    // where nothing was lost nothing is said
    let mut training = Training::new(&plan(), setting.trial(execution.isa), &setting.start).unwrap();
    training.generation(&execution);
    assert_eq!(training.failures(), 0);
    assert!(!serde_json::to_string(&training.checkpoint()).unwrap().contains("\"lost\""));
}
