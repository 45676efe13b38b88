use networks::{Mask, MaskedNetwork, Preset};
use numerics::Isa;
use numerics::random::Stream;
use sparse_kernels::Threads;
use sparse_kernels::compile::{Mode, Summary};
use strategies::{Goal, Method};
use tasks::vision::classification::Classification;
use tasks::vision::glyphs::{self, Kind};
use tasks::{How, Task};

use super::*;

/// A network on glyphs, ready to be trained.
struct Setting {
    task: Classification,
    network: MaskedNetwork,
    start: Vec<f32>,
}

impl Setting {
    fn new(preset: &str) -> Setting {
        let task = Classification::new(glyphs::draw(Kind::Digits, 3, 120, 60)).with_batch(40);
        let preset = Preset::named(preset, task.input(), task.outputs()).unwrap();
        let architecture = &preset.architecture;
        let mask =
            Mask::random(architecture.prunable(), architecture.prunable() / 20, Stream::new(0, "mask"));
        let network = MaskedNetwork::new(architecture, &mask).unwrap();
        let start = network.gather(&preset.start.draw(architecture, Stream::new(2, "start")));
        Setting { task, network, start }
    }

    fn trial(&self, isa: Isa, compile: Option<Mode>) -> Box<dyn Trial + '_> {
        let how = How { isa, compile, stream: Stream::new(7, "batches") };
        self.task.trial(&self.network, how).unwrap()
    }

    fn training(&self, plan: &Plan) -> Training<'_> {
        Training::new(plan, self.trial(Isa::detected(), None), &self.start).unwrap()
    }

    fn resume(&self, plan: &Plan, checkpoint: &Checkpoint) -> Result<Training<'_>, CheckpointError> {
        Training::resume(plan, self.trial(Isa::detected(), None), self.network.dims(), checkpoint)
    }
}

fn plan(strategy: &str, generations: u64, test_every: u64) -> Plan {
    let mut method = Method::named(strategy).unwrap();
    method.set_deviation(0.05);
    let search = Settings { goal: Goal::Maximise, mean_decay: 1e-4, ..Settings::new(method, 12) };
    Plan::new(search, generations, test_every)
}

/// All bits of where a run is.
fn bits(training: &Training<'_>) -> (Vec<u32>, String) {
    let mean = training.search().mean().iter().map(|x| x.to_bits()).collect();
    (mean, serde_json::to_string(&training.checkpoint()).unwrap())
}

fn run(training: &mut Training<'_>, execution: &Execution<'_>) {
    while !training.is_done() {
        training.generation(execution);
    }
}

/// A trial whose members are as good as their first coordinate is near 1; every third member fails.
struct Fragile {
    generations: Vec<u64>,
    tests: usize,
}

impl Trial for Fragile {
    fn prepare(&mut self, _: Threads<'_>, generation: u64) {
        self.generations.push(generation);
    }

    fn fitness(&mut self, _: Threads<'_>, members: &[f32], fitness: &mut [f64]) {
        let dims = members.len() / fitness.len();
        for (index, (fitness, member)) in fitness.iter_mut().zip(members.chunks(dims)).enumerate() {
            *fitness = if index % 3 == 0 { f64::NAN } else { -f64::from((member[0] - 1.0).powi(2)) };
        }
    }

    fn test(&mut self, _: Threads<'_>, member: &[f32]) -> f64 {
        self.tests += 1;
        f64::from(member[0])
    }

    fn compiled(&self) -> Option<Summary> {
        None
    }
}

#[test]
fn a_network_learns() {
    let setting = Setting::new("mlp-16");
    let mut training = setting.training(&plan("snes", 60, 30));
    run(&mut training, &Execution::default());
    let curve = training.curve();
    assert!(curve[2].score > curve[0].score + 0.1, "{curve:?}");
    assert!(curve[2].fitness_mean > curve[1].fitness_mean, "{curve:?}");
}

#[test]
fn tests_come_first_regularly_and_last() {
    for (generations, every, expected) in
        [(7, 3, &[0, 3, 6, 7][..]), (6, 3, &[0, 3, 6]), (2, 5, &[0, 2]), (3, 0, &[0, 1, 2, 3])]
    {
        let plan = plan("snes", generations, every);
        let trial = Fragile { generations: Vec::new(), tests: 0 };
        let mut training = Training::new(&plan, Box::new(trial), &[0.0, 0.0]).unwrap();
        run(&mut training, &Execution::default());
        let found: Vec<u64> = training.curve().iter().map(|point| point.generation).collect();
        assert_eq!(found, expected, "{generations} generations, tests every {every}");
        assert_eq!(training.curve().last().unwrap().score, f64::from(training.search().mean()[0]));
    }
}

#[test]
fn failed_members_are_counted_and_never_win() {
    let trial = Fragile { generations: Vec::new(), tests: 0 };
    let mut training = Training::new(&plan("snes", 100, 50), Box::new(trial), &[0.0, 0.0]).unwrap();
    run(&mut training, &Execution::default());
    let last = training.curve().last().unwrap();
    assert_eq!((last.evaluations, last.failures), (1200, 400));
    assert!((last.score - 1.0).abs() < 0.1, "{last:?}");
    assert!(last.fitness_best.unwrap() <= 0.0 && last.fitness_mean <= last.fitness_best);
}

#[test]
fn parts_of_a_generation_end_in_their_order() {
    let setting = Setting::new("mlp-16");
    let mut training = setting.training(&plan("pgpe", 2, 1));
    let mut seen = Vec::new();
    training.generation_watched(&Execution::default(), &mut |phase| seen.push(phase));
    assert_eq!(seen, [Phase::Ask, Phase::Prepare, Phase::Evaluate, Phase::Tell]);
}

#[test]
fn threads_and_instruction_sets_change_no_bit_of_twenty_generations() {
    for preset in ["cnn", "mlp-16", "lenet-300-100", "conv-2-4", "conv-4-2"] {
        let setting = Setting::new(preset);
        let plan = plan("sep-cma-es", 20, 10);
        let mut reference = setting.training(&plan);
        run(&mut reference, &Execution::default());
        let expected = bits(&reference);
        for isa in Isa::available() {
            // the portable path multiplies and adds by a function call where the compiler knows no better
            let generations = if isa.name() == "portable" { 3 } else { 20 };
            let plan = Plan { generations, ..plan.clone() };
            let mut found = Training::new(&plan, setting.trial(isa, None), &setting.start).unwrap();
            run(&mut found, &Execution { isa, ..Execution::default() });
            let mut twin = setting.training(&plan);
            run(&mut twin, &Execution::default());
            assert_eq!(bits(&found), bits(&twin), "{preset} on {isa}");
        }
        for count in [2, 3, 7, 16] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
            let execution = Execution { threads: Threads::Pool(&pool), ..Execution::default() };
            let mut found = setting.training(&plan);
            run(&mut found, &execution);
            assert_eq!(bits(&found), expected, "{preset} on {count} threads");
        }
    }
}

#[test]
fn a_run_goes_on_from_every_checkpoint_with_the_same_bits() {
    // small, because some strategies keep the square of its coordinates
    let setting = Setting::new("mlp-4");
    for strategy in Method::NAMES {
        let plan = plan(strategy, 9, 4);
        let mut unbroken = setting.training(&plan);
        let mut checkpoints = vec![unbroken.checkpoint()];
        while !unbroken.is_done() {
            unbroken.generation(&Execution::default());
            checkpoints.push(unbroken.checkpoint());
        }
        for checkpoint in checkpoints {
            let text = serde_json::to_string(&checkpoint).unwrap();
            let read = serde_json::from_str(&text).unwrap();
            let mut resumed = setting.resume(&plan, &read).unwrap();
            run(&mut resumed, &Execution::default());
            assert_eq!(bits(&resumed), bits(&unbroken), "{strategy}");
        }
    }
}

#[test]
fn checkpoints_of_other_runs_and_damaged_ones_are_refused() {
    let setting = Setting::new("mlp-16");
    let mine = plan("snes", 6, 2);
    let mut training = setting.training(&mine);
    training.generation(&Execution::default());
    training.generation(&Execution::default());
    let checkpoint = training.checkpoint();
    assert!(setting.resume(&mine, &checkpoint).is_ok());

    let longer = Plan { generations: 7, ..mine.clone() };
    assert!(matches!(setting.resume(&longer, &checkpoint), Err(CheckpointError::Plan)));
    let other = Setting::new("mlp-24");
    let error = other.resume(&mine, &checkpoint).err().unwrap();
    assert!(matches!(error, CheckpointError::Coordinates { .. }), "{error}");
    let mut cut = checkpoint.clone();
    cut.curve.pop();
    let error = setting.resume(&mine, &cut).err().unwrap();
    assert!(matches!(error, CheckpointError::Curve { generation: 2, tests: 1 }), "{error}");
    let damaged =
        serde_json::to_string(&checkpoint).unwrap().replacen("\"evaluations\":24", "\"evaluations\":25", 1);
    let damaged = serde_json::from_str(&damaged).unwrap();
    let error = setting.resume(&mine, &damaged).err().unwrap();
    assert!(matches!(error, CheckpointError::State(_) | CheckpointError::Curve { .. }), "{error}");
}

#[test]
fn compilation_is_a_setting_that_changes_what_is_computed_by_rounding_alone() {
    let setting = Setting::new("cnn");
    let plan = plan("snes", 1, 1);
    let score = |compile| {
        let mut training =
            Training::new(&plan, setting.trial(Isa::detected(), compile), &setting.start).unwrap();
        training.generation(&Execution::default());
        training.curve()[1].fitness_mean.unwrap()
    };
    let (given, compiled) = (score(None), score(Some(Mode::Fold)));
    assert!((given - compiled).abs() < 1e-4 * given.abs(), "{given} {compiled}");
}

/// A ticket of a network on glyphs that nobody trained.
fn ticket(setting: &Setting, preset: &str) -> Ticket {
    let preset = Preset::named(preset, setting.task.input(), setting.task.outputs()).unwrap();
    let pruning =
        crate::Pruning { keep: 0.05, criterion: crate::Criterion::Random, ..crate::Pruning::default() };
    let procedure = crate::Procedure::new(preset, "glyphs", pruning, 2).unwrap();
    procedure.next(1, &procedure.first(), None).unwrap().ticket
}

fn how() -> How {
    How { isa: Isa::detected(), compile: None, stream: Stream::new(7, "batches") }
}

#[test]
fn a_ticket_is_trained_from_its_start_and_keeps_what_was_found() {
    let setting = Setting::new("mlp-16");
    let start = ticket(&setting, "mlp-16");
    let plan = plan("snes", 6, 2);
    let mut training = Training::of_ticket(&plan, &setting.task, &start, how(), None).unwrap();
    run(&mut training, &Execution::default());
    let trained = training.ticket(&start, BTreeMap::new()).unwrap();
    assert_eq!(trained.contents().mean, training.search().mean());
    assert_eq!(trained.contents().start, start.contents().start);
    assert_eq!((trained.mask(), trained.network()), (start.mask(), start.network()));
    let deviation = trained.contents().deviation.as_ref().unwrap();
    assert_eq!(deviation.len(), start.indices().len());
    // its score is that of the last test
    let masked = trained.masked().unwrap();
    let score =
        setting.task.trial(&masked, how()).unwrap().test(Threads::Sequential, &trained.contents().mean);
    assert_eq!(score, training.curve().last().unwrap().score);
}

#[test]
fn the_best_test_counts_where_the_plan_says_so_and_survives_a_checkpoint() {
    let setting = Setting::new("mlp-16");
    let start = ticket(&setting, "mlp-16");
    let mut plan = Plan { checkpoint: Which::Best, ..plan("snes", 30, 1) };
    // wide steps, so that late means are not always better
    let strategies::Method::Snes(snes) = &mut plan.search.method else { panic!() };
    snes.deviation = 1.0;
    let mut training = Training::of_ticket(&plan, &setting.task, &start, how(), None).unwrap();
    for _ in 0..17 {
        training.generation(&Execution::default());
    }
    let middle: Checkpoint =
        serde_json::from_str(&serde_json::to_string(&training.checkpoint()).unwrap()).unwrap();
    let mut resumed = Training::of_ticket(&plan, &setting.task, &start, how(), Some(&middle)).unwrap();
    for training in [&mut training, &mut resumed] {
        run(training, &Execution::default());
    }
    let trained = training.ticket(&start, BTreeMap::new()).unwrap();
    assert_eq!(resumed.ticket(&start, BTreeMap::new()).unwrap(), trained);
    let scores = || training.curve()[1..].iter().map(|point| point.score);
    let best = scores().fold(0.0, f64::max);
    assert!(best > scores().next_back().unwrap(), "the last test is not the best, or this tests nothing");
    let mut trial = setting.task.trial(&trained.masked().unwrap(), how()).unwrap();
    assert_eq!(trial.test(Threads::Sequential, &trained.contents().mean), best);
}

#[test]
fn aliased_biases_are_not_searched_and_read_other_weights() {
    let setting = Setting::new("cnn");
    let start = ticket(&setting, "cnn");
    let plan = Plan { alias: true, ..plan("snes", 3, 3) };
    let mut training = Training::of_ticket(&plan, &setting.task, &start, how(), None).unwrap();
    run(&mut training, &Execution::default());
    assert_eq!(training.search().dims() + 10, start.indices().len());
    let trained = training.ticket(&start, BTreeMap::new()).unwrap();
    let flat = trained.dense();
    assert!(
        flat[11_264..].iter().all(|bias| *bias != 0.0 && flat[..11_264].contains(bias)),
        "{:?}",
        &flat[11_264..]
    );
    let mut trial = setting.task.trial(&trained.masked().unwrap(), how()).unwrap();
    let score = trial.test(Threads::Sequential, &trained.contents().mean);
    assert_eq!(score, training.curve().last().unwrap().score);
}

#[test]
fn a_test_after_the_first_generation_is_one_more_and_changes_no_search() {
    let setting = Setting::new("mlp-4");
    let execution = Execution::default();
    for (generations, every, expected) in
        [(7, 3, vec![0, 1, 3, 6, 7]), (6, 3, vec![0, 1, 3, 6]), (3, 1, vec![0, 1, 2, 3]), (1, 3, vec![0, 1])]
    {
        let without = plan("snes", generations, every);
        let with = Plan { test_first: true, ..without.clone() };
        let [mut plain, mut tested] = [&without, &with].map(|plan| setting.training(plan));
        run(&mut plain, &execution);
        // interrupted after each generation, it goes on
        while !tested.is_done() {
            tested.generation(&execution);
            tested = setting.resume(&with, &tested.checkpoint()).unwrap_or_else(|error| panic!("{error}"));
        }
        let at: Vec<u64> = tested.curve().iter().map(|point| point.generation).collect();
        assert_eq!(at, expected);
        assert_eq!(tested.search().mean(), plain.search().mean());
        assert!(plain.curve().iter().all(|point| tested.curve().contains(point)));
    }
}

#[test]
fn a_divergence_names_its_generation_and_its_layer() {
    let setting = Setting::new("mlp-4");
    let plan = plan("snes", 5, 5);
    let mut training = setting.training(&plan);
    training.generation(&Execution::default());
    assert_eq!(training.divergence(), None);
    let preset = Preset::named("mlp-4", setting.task.input(), setting.task.outputs()).unwrap();
    let contents = Contents {
        start: setting.start.clone(),
        mean: setting.start.clone(),
        task: "glyphs".to_owned(),
        ..Contents::default()
    };
    // that of the setting
    let prunable = preset.architecture.prunable();
    let mask = Mask::random(prunable, prunable / 20, Stream::new(0, "mask"));
    let ticket = Ticket::new(preset.architecture, &mask, contents).unwrap();
    let last = setting.start.len() - 1;
    for (coordinate, place) in
        [(Some(0), " in layer dense_0"), (Some(last), " in layer dense_1"), (Some(last + 1), ""), (None, "")]
    {
        let divergence = Divergence { generation: 1, why: "the mean is no number".to_owned(), coordinate };
        let told = format!("diverged in generation 1: the mean is no number{place}");
        assert_eq!(divergence.told(&ticket), told);
    }
}
