use networks::{Mask, Preset};
use rayon::ThreadPoolBuilder;

use super::*;
use crate::control::rollouts::Played;
use crate::control::{Actions, Draws, Outcome, naive};
use numerics::LANES;

/// Steps of each task's episodes in the order of their names: few where a step or what is seen is large.
const STEPS: [u32; 18] = [6, 40, 40, 60, 40, 20, 40, 40, 6, 6, 4, 4, 6, 60, 6, 6, 4, 60];

/// More than two registers of members, so that lanes are taken over.
const MEMBERS: usize = 35;

/// A task with short episodes, a sparse network for it, and members.
struct Setting {
    task: Control,
    network: MaskedNetwork,
    members: Vec<f32>,
}

impl Setting {
    fn new(name: &str, steps: u32) -> Setting {
        let task = Control::named(name).unwrap();
        let task = Scoring { repeats: 3, steps, tests: 21, ..task.scoring() };
        let task = Control::named(name).unwrap().with_scoring(task);
        let preset = Preset::named("policy-6-5", task.input(), task.outputs()).unwrap();
        let architecture = &preset.architecture;
        let mask = Mask::random(architecture.prunable(), architecture.prunable() / 2, Stream::new(0, "mask"));
        let network = MaskedNetwork::new(architecture, &mask).unwrap();
        let member = |member| {
            let start = preset.start.draw(architecture, Stream::new(member, "start"));
            // far apart, so that some fall early
            network.gather(&start).into_iter().map(|value| 3.0 * value)
        };
        let members = (0..MEMBERS as u64).flat_map(member).collect();
        Setting { task, network, members }
    }

    fn trial(&self, isa: Isa) -> Box<dyn Trial + '_> {
        let how = How { isa, compile: None, stream: Stream::new(9, "fitness") };
        self.task.trial(&self.network, how).unwrap()
    }

    fn member(&self, member: usize) -> &[f32] {
        &self.members[member * self.network.dims()..][..self.network.dims()]
    }

    /// Fitness of the members and what is learned, by definition.
    fn expected(&self, generation: u64, normaliser: Option<&Normaliser>) -> (Vec<f64>, Option<Normaliser>) {
        let starts = self.task.starts(Stream::new(9, "fitness"), generation);
        let scale = normaliser.map(Scale::new);
        let play = |member| {
            let (environment, network) = (self.task.environment(), self.network.network());
            let steps = self.task.scoring().steps;
            naive::member(environment, network, self.member(member), scale.as_ref(), &starts, steps)
        };
        let (scores, sums): (Vec<f64>, Vec<Sums>) = (0..MEMBERS).map(play).unzip();
        (scores, normaliser.map(|normaliser| naive::learned(normaliser, &sums)))
    }
}

/// Two generations: fitness, and the normaliser after it.
fn generations(
    trial: &mut dyn Trial,
    threads: Threads<'_>,
    members: &[f32],
) -> Vec<(Vec<f64>, Option<Normaliser>)> {
    let generation = |generation| {
        let mut fitness = vec![0.0; MEMBERS];
        trial.prepare(threads, generation);
        trial.fitness(threads, members, &mut fitness);
        trial.learn();
        (fitness, trial.normaliser().cloned())
    };
    (0..2).map(generation).collect()
}

#[test]
fn fitness_and_what_is_learned_are_as_by_definition_on_all_threads_and_instructions() {
    let mut alike = Vec::new();
    // balance and legs end early, dogs and hands get new targets
    for (name, steps) in crate::control::NAMES.into_iter().zip(STEPS) {
        let setting = Setting::new(name, steps);
        let fresh = setting.trial(Isa::detected()).normaliser().cloned();
        let first = setting.expected(0, fresh.as_ref());
        let second = setting.expected(1, first.1.as_ref());
        let expected = [first, second];
        for isa in Isa::available() {
            let found = generations(&mut *setting.trial(isa), Threads::Sequential, &setting.members);
            assert_eq!(found, expected, "{name} on {isa}");
        }
        for count in [1, 2, 3, 7, 16] {
            let pool = ThreadPoolBuilder::new().num_threads(count).build().unwrap();
            let mut trial = setting.trial(Isa::detected());
            let found = generations(&mut *trial, Threads::Pool(&pool), &setting.members);
            assert_eq!(found, expected, "{name} on {count} threads");
        }
        let all: Vec<f64> = expected.iter().flat_map(|(scores, _)| scores.clone()).collect();
        if all.iter().all(|&score| score == all[0]) {
            alike.push(name);
        }
        if let [(_, Some(first)), (_, Some(second))] = &expected {
            assert!(0.0 < first.count && first.count < second.count && first.mean != second.mean, "{name}");
        }
    }
    // in six steps nobody swings up, and few cross a road in forty
    assert_eq!(alike, ["Acrobot-v1", "Freeway-MinAtar"], "all other members and generations differ");
}

#[test]
fn the_step_that_ends_an_episode_counts_and_what_was_seen_before_it_does_not() {
    let task = Control::named("CartPole-v1").unwrap();
    let preset = Preset::named("policy-2", task.input(), task.outputs()).unwrap();
    let network =
        MaskedNetwork::new(&preset.architecture, &Mask::full(preset.architecture.prunable())).unwrap();
    // a network of zeros always pushes to the left, and the pole falls
    let parameters = vec![0.0; network.dims()];
    let scale = Scale::new(&Normaliser::new(4));
    let start = Start::at(task.environment(), vec![0.0, 0.0, 0.01, 0.0], Stream::new(0, ""));
    let play = |steps| {
        naive::episode(task.environment(), network.network(), &parameters, Some(&scale), &start, steps)
    };
    let fallen = play(500);
    assert!(fallen.steps > 5 && fallen.steps < 15, "{fallen:?}");
    assert_eq!((fallen.score, fallen.seen.len()), (fallen.steps.into(), fallen.steps as usize - 1));
    // cut off by time, two steps before it would fall
    let cut = play(fallen.steps - 2);
    assert_eq!((cut.steps, cut.seen.len()), (fallen.steps - 2, cut.steps as usize - 1));
}

#[test]
fn a_test_is_the_mean_over_episodes_of_its_own_whatever_the_run() {
    for (name, steps) in [("hopper", 40), ("Pendulum-v1", 10)] {
        let setting = Setting::new(name, steps);
        let mut trial = setting.trial(Isa::detected());
        let normaliser = generations(&mut *trial, Threads::Sequential, &setting.members)[1].1.clone();
        let scale = normaliser.as_ref().map(Scale::new);
        let (member, starts) = (setting.member(4), setting.task.tests());
        let (environment, network) = (setting.task.environment(), setting.network.network());
        let scores = starts
            .iter()
            .map(|start| naive::episode(environment, network, member, scale.as_ref(), start, steps).score);
        let expected = scores.sum::<f64>() / starts.len() as f64;
        assert_eq!(trial.test(Threads::Sequential, member), expected, "{name}");
        for count in [2, 3, 7] {
            let pool = ThreadPoolBuilder::new().num_threads(count).build().unwrap();
            assert_eq!(trial.test(Threads::Pool(&pool), member), expected, "{name} on {count} threads");
        }
        let how = How { isa: Isa::detected(), compile: None, stream: Stream::new(77, "another run") };
        let mut other = setting.task.trial(&setting.network, how).unwrap();
        if let Some(normaliser) = &normaliser {
            other.restore(normaliser);
        }
        assert_eq!(other.test(Threads::Sequential, member), expected, "{name}");
    }
}

#[test]
fn members_share_their_starts_and_do_not_notice_each_other() {
    let setting = Setting::new("hopper", 30);
    let dims = setting.network.dims();
    let fitness = |members: &[f32]| {
        let mut trial = setting.trial(Isa::detected());
        let mut fitness = vec![0.0; members.len() / dims];
        trial.prepare(Threads::Sequential, 3);
        trial.fitness(Threads::Sequential, members, &mut fitness);
        fitness
    };
    let mut expected = fitness(&setting.members);
    let twice = fitness(&[setting.member(7), setting.member(7)].concat());
    assert_eq!(twice, [expected[7]; 2], "the same network has the same luck");
    let turned: Vec<f32> = setting.members.chunks(dims).rev().flatten().copied().collect();
    expected.reverse();
    assert_eq!(fitness(&turned), expected);
}

/// A world that is worth the same in each step and blows up after so many: rows are the steps, what a step is worth, and
/// the steps that it holds.
struct Fuse;

impl Environment for Fuse {
    fn name(&self) -> &str {
        "fuse"
    }

    fn observation_names(&self) -> Vec<String> {
        vec!["step".to_owned()]
    }

    fn action_names(&self) -> Vec<String> {
        vec!["nothing".to_owned()]
    }

    fn actions(&self) -> Actions {
        Actions::Numbers(1)
    }

    fn rows(&self) -> usize {
        3
    }

    fn start(&self, _: Stream) -> Vec<f32> {
        vec![0.0; 3]
    }

    fn lost(&self, block: &[f32]) -> [bool; LANES] {
        std::array::from_fn(|lane| block[lane] > block[2 * LANES + lane])
    }

    fn penalty(&self) -> f64 {
        3.0
    }

    fn look(&self, block: &[f32], observation: &mut [f32]) {
        observation.copy_from_slice(&block[..LANES]);
    }

    fn step(
        &self,
        block: &mut [f32],
        _: &[f32],
        _: Draws<'_>,
        observation: &mut [f32],
        outcome: &mut Outcome,
    ) {
        block[..LANES].iter_mut().for_each(|step| *step += 1.0);
        self.look(block, observation);
        outcome.reward.copy_from_slice(&block[LANES..2 * LANES]);
    }
}

#[test]
fn a_lost_copy_forfeits_what_it_has_and_pays_for_every_missing_step() {
    let preset = Preset::named("policy-2", Input::Vector(1), 1).unwrap();
    let architecture = &preset.architecture;
    let network = MaskedNetwork::new(architecture, &Mask::full(architecture.prunable())).unwrap();
    let start = |worth: f32, holds: f32| Start::at(&Fuse, vec![0.0, worth, holds], Stream::new(0, "none"));
    // it never pays to be lost: 2 a step are forfeited, -2 a step are kept, and each missing one costs 3
    let starts = [
        (start(2.0, 99.0), 20.0),
        (start(2.0, 10.0), 20.0),
        (start(2.0, 9.0), -3.0),
        (start(2.0, 0.0), -30.0),
        (start(-2.0, 9.0), -18.0 - 3.0),
        (start(-2.0, 3.0), -6.0 - 21.0),
        (start(f32::NAN, 99.0), -30.0),
        (start(f32::INFINITY, 99.0), -30.0),
    ];
    let rollouts = |repeats, at_end| {
        let rules = Rules { repeats, steps: 10, at_end };
        Rollouts::new(Isa::detected(), Box::new(Fuse), &network, None, rules).unwrap()
    };
    let members = vec![0.5; 3 * network.dims()];
    let member = &members[..network.dims()];
    let (alone, expected): (Vec<Start>, Vec<f64>) = starts.into_iter().unzip();
    let mut scores = vec![0.0; alone.len()];
    let played = rollouts(2, AtEnd::Leave).single(Threads::Sequential, member, &alone, None, &mut scores);
    assert_eq!(scores, expected);
    assert_eq!(played, Played { steps: 10 + 10 + 10 + 1 + 10 + 4 + 1 + 1, lost: 6, failed: 0 });
    for (start, score) in alone.iter().zip(expected) {
        let episode = naive::episode(&Fuse, network.network(), member, None, start, 10);
        assert_eq!((episode.score, episode.is_lost), (score, score != 20.0));
    }

    // of a member the other repeats count as they are
    let mut means = [0.0; 3];
    let mut play = |starts: &[Start], at_end| {
        let seen = Seen::default();
        let mut rollouts = rollouts(starts.len(), at_end);
        rollouts.population(Threads::Sequential, &members, starts, seen, &mut means, &|_, _| ())
    };
    let played = play(&alone[1..3], AtEnd::Leave);
    assert_eq!(played, Played { steps: 60, lost: 3, failed: 3 });
    let played = play(&alone[..2], AtEnd::Leave);
    assert_eq!(played, Played { steps: 60, lost: 0, failed: 0 });
    // one that begins again is lost after every fourth step, at the price of one
    let played = play(&alone[5..6], AtEnd::Restart);
    assert_eq!(played, Played { steps: 30, lost: 6, failed: 3 });
    assert_eq!(means, [-6.0 - 3.0 - 6.0 - 3.0 - 4.0; 3]);
}

#[test]
fn a_test_counts_lost_episodes_and_says_how_many() {
    let setting = Setting::new("hopper", 12);
    let mut trial = setting.trial(Isa::detected());
    trial.prepare(Threads::Sequential, 0);
    let mut fitness = vec![0.0; MEMBERS];
    trial.fitness(Threads::Sequential, &setting.members, &mut fitness);
    trial.test(Threads::Sequential, setting.member(0));
    assert_eq!(trial.lost(), Lost::default(), "a hopper as it is holds together");

    // weights that are no numbers push with what is none
    let mut members = setting.members.clone();
    members[..setting.network.dims()].fill(f32::NAN);
    let sound = fitness.clone();
    trial.fitness(Threads::Sequential, &members, &mut fitness);
    assert_eq!((fitness[0], &fitness[1..]), (-30.0 * 12.0, &sound[1..]));
    assert_eq!(trial.lost(), Lost { members: 1, tests: 0 });
    assert_eq!(trial.test(Threads::Sequential, &members[..setting.network.dims()]), -30.0 * 12.0);
    assert_eq!(trial.lost(), Lost { members: 1, tests: 21 });
    trial.fitness(Threads::Sequential, &setting.members, &mut fitness);
    assert_eq!((fitness, trial.lost().members), (sound, 0), "it is of the last generation");
}

#[test]
fn a_copy_that_is_lost_is_lost_alone() {
    let setting = Setting::new("hopper", 12);
    let environment = setting.task.environment();
    let mut starts = setting.task.tests();
    let rules = Rules { repeats: 2, steps: 12, at_end: AtEnd::Leave };
    let rollouts = |rules| {
        let environment = named("hopper", Isa::detected()).unwrap();
        Rollouts::new(Isa::detected(), environment, &setting.network, None, rules).unwrap()
    };
    let play = |starts: &[Start]| {
        let mut scores = vec![0.0; starts.len()];
        let played =
            rollouts(rules).single(Threads::Sequential, setting.member(0), starts, None, &mut scores);
        (scores, played.lost)
    };
    let (expected, lost) = play(&starts);
    assert_eq!(lost, 0);
    // the last is a number in every step
    for value in [f32::NAN, 1e30, 500.0] {
        let mut state = starts[5].state.clone();
        // the velocity of the torso
        state[7] = value;
        starts[5] = Start::at(environment, state, starts[5].draws);
        let (found, lost) = play(&starts);
        assert_eq!((found[5], lost), (-30.0 * 12.0, 1), "{value}");
        let others = |scores: &[f64]| [&scores[..5], &scores[6..]].concat();
        assert_eq!(others(&found), others(&expected));
    }
    // the other repeat counts, and nothing of this one is learned but what was seen before
    let mut scores = [0.0; 3];
    let scale = Scale::new(&Normaliser::new(11));
    let mut sums = vec![Sums::new(11); 3];
    let seen = Seen { scale: Some(&scale), sums: &mut sums };
    let members = &setting.members[..3 * setting.network.dims()];
    let starts = &starts[4..6];
    let played =
        rollouts(rules).population(Threads::Sequential, members, starts, seen, &mut scores, &|_, _| ());
    assert_eq!((played.lost, played.failed), (3, 3));
    for (member, (score, sums)) in scores.iter().zip(&sums).enumerate() {
        let network = setting.network.network();
        let (expected, seen) =
            naive::member(environment, network, setting.member(member), Some(&scale), starts, 12);
        assert_eq!((score, sums), (&expected, &seen));
        assert!(expected < -100.0 && expected > -180.0, "{expected}");
    }
    assert!(naive::learned(&Normaliser::new(11), &sums).is_of(11));
}

#[test]
fn copies_that_begin_again_take_all_steps() {
    let setting = Setting::new("hopper", 1);
    let environment = || named("hopper", Isa::detected()).unwrap();
    let starts = &setting.task.tests()[..2];
    let steps = |at_end| {
        let rules = Rules { repeats: 2, steps: 50, at_end };
        let mut rollouts =
            Rollouts::new(Isa::detected(), environment(), &setting.network, None, rules).unwrap();
        let seen = Seen::default();
        let mut scores = vec![0.0; MEMBERS];
        let members = &setting.members;
        let played = rollouts.population(Threads::Sequential, members, starts, seen, &mut scores, &|_, _| ());
        assert!(scores.iter().all(|score| score.is_finite()));
        assert_eq!((played.lost, played.failed), (0, 0));
        played.steps
    };
    let all = 2 * 50 * MEMBERS as u64;
    assert_eq!(steps(AtEnd::Restart), all);
    assert!(steps(AtEnd::Leave) < all, "some fall");
}
