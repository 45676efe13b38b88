use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lottery::criterion::Score;
use lottery::{Pruning, Selection};
use networks::{Input, MaskedNetwork, Ticket};
use sparse_kernels::Threads;
use strategies::own::{Generation, OwnStrategy};
use strategies::{Method, Quirks};
use tasks::vision::classification::Classification;
use tasks::vision::glyphs::{self, Kind};
use tasks::{How, Trial, TrialError};

use super::*;
use crate::progress::board::Board;
use crate::results::{Owner, Results, ResultsError};
use crate::rows::{self, LevelRow, Status};
use crate::store::disk::Disk;
use crate::workers::{self, Desk, Split, Stop, Summary, Workers};

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tombola-cells-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn images() -> Arc<dyn Task + Send + Sync> {
    Arc::new(Classification::new(glyphs::draw(Kind::Digits, 3, 60, 40)).with_batch(20))
}

fn cell(strategy: &str, criterion: Criterion) -> Cell {
    let mut run = RunSettings::paper("glyphs", Method::named(strategy).unwrap(), Quirks::NONE);
    run.density = 1.0;
    run.network = "mlp-4".to_owned();
    (run.plan.search.population, run.plan.generations, run.plan.test_every) = (8, 3, 2);
    Cell { run, pruning: Pruning { criterion, levels: 3, keep: 0.5, ..Pruning::default() }, donor: None }
}

fn work(folder: &Folder, units: &[Box<dyn Unit + '_>], jobs: usize) -> Summary {
    let results = Results::open(&folder.0, Owner::this_process(1.0), Disk::default()).unwrap();
    let how = workers::How {
        split: Split { threads: jobs + 1, jobs },
        save_every: Duration::ZERO,
        retry_failed: false,
        steal: false,
        from_scratch: false,
    };
    let board = Board::new("units", units.len(), jobs, true);
    let units: Vec<&dyn Unit> = units.iter().map(AsRef::as_ref).collect();
    Workers::new(&results, how, &board, Stop::default()).run(&units).unwrap()
}

fn levels(folder: &Folder, id: CellId) -> Vec<LevelRow> {
    let results = Results::at(&folder.0, Owner::this_process(1.0));
    rows::levels("levels.csv", &results.read(&id.to_string(), LEVELS).unwrap()).unwrap()
}

fn ticket(folder: &Folder, id: CellId, level: u32) -> Ticket {
    let results = Results::at(&folder.0, Owner::this_process(1.0));
    Ticket::decode(&results.read(&id.to_string(), &ticket_name(level)).unwrap()).unwrap()
}

#[test]
fn cells_share_their_dense_level_and_bring_what_they_are_matched_to() {
    let task = images();
    let cells = [Criterion::SignalToNoise, Criterion::Random].map(|criterion| cell("snes", criterion));
    let shared = units(&cells, &task);
    assert_eq!(shared.len(), 3);
    assert!(shared[1..].iter().all(|unit| unit.needs() == [shared[0].id().to_owned()]));
    let matched = units(&[cell("snes", Criterion::LayerRandom)], &task);
    assert_eq!(matched.len(), 3);
    assert_eq!(matched[1].id(), cell("snes", Criterion::Magnitude).id().to_string());
    assert_eq!(matched[2].needs(), [matched[1].id().to_owned()]);
}

#[test]
fn every_criterion_of_every_strategy_leaves_its_levels() {
    let (folder, task) = (Folder::new("all"), images());
    // squares of thousands of weights would take minutes; what has no deviation cannot be pruned by it
    let can_be = |cell: &Cell| {
        if cell.pruning.criterion == Criterion::Transferred {
            return false;
        }
        let method = &cell.run.plan.search.method;
        let has_deviation = method.no_deviation(Quirks::NONE).is_none();
        !method.is_square() && (has_deviation || cell.pruning.criterion.score() != Score::SignalToNoise)
    };
    let all =
        Method::NAMES.into_iter().flat_map(|name| Criterion::ALL.map(|criterion| cell(name, criterion)));
    let cells: Vec<Cell> = all.filter(can_be).collect();
    let summary = work(&folder, &units(&cells, &task), 2);
    assert!(summary.failed.is_empty(), "{:?}", summary.failed);
    for cell in &cells {
        let rows = levels(&folder, cell.id());
        assert_eq!(rows.len(), 3, "{}", cell.canonical());
        for (level, row) in (0..).zip(&rows) {
            assert_eq!((row.level, row.status), (level, Status::Done));
            assert_eq!(row.kept, cell.pruning.kept(level, row.weights));
            assert_eq!((row.generations, row.evaluations), (3, 24));
            assert_eq!(row.criterion, cell.pruning.criterion.name());
        }
        assert_eq!(rows[0].score, levels(&folder, cell.dense_id())[0].score);
        assert_eq!(ticket(&folder, cell.id(), 2).mask().kept(), rows[2].kept);
    }
}

#[test]
fn tickets_of_another_strategy_are_taken_from_its_cell() {
    let (folder, task) = (Folder::new("transferred"), images());
    let mut taker = cell("pgpe", Criterion::Transferred);
    let donor = cell("snes", Criterion::SignalToNoise);
    taker.donor = Some(Box::new(donor.clone()));
    let all = units(std::slice::from_ref(&taker), &task);
    let ids = [donor.dense_id(), donor.id(), taker.dense_id(), taker.id()].map(|id| id.to_string());
    assert_eq!(all.iter().map(|unit| unit.id().to_owned()).collect::<Vec<_>>(), ids);
    assert_eq!(all[3].needs(), [ids[2].clone(), ids[1].clone()]);
    assert_eq!(work(&folder, &all, 2).done, 4);
    let rows = levels(&folder, taker.id());
    assert_eq!(rows[0].score, levels(&folder, taker.dense_id())[0].score, "its own dense network");
    for level in 1..3 {
        let [own, theirs] = [&taker, &donor].map(|cell| ticket(&folder, cell.id(), level));
        assert_eq!(own.mask(), theirs.mask());
        assert_eq!(own.contents().start, theirs.contents().start);
        assert_ne!(own.contents().mean, theirs.contents().mean, "it is trained anew");
        let row = &rows[level as usize];
        assert_eq!(
            (&row.criterion[..], &row.strategy[..], row.threshold),
            ("transferred from snes", "pgpe", None)
        );
    }
}

#[test]
fn a_cell_that_cannot_be_pruned_leaves_the_dense_level_to_others() {
    let (folder, task) = (Folder::new("wrong"), images());
    let [mut wrong, mut right] =
        [Criterion::Magnitude, Criterion::Random].map(|criterion| cell("snes", criterion));
    wrong.pruning.excluded = vec!["nope".to_owned()];
    right.pruning.excluded = vec!["dense_0".to_owned()];
    assert_eq!(wrong.dense_id(), right.dense_id());
    let error = check(&wrong, &task).unwrap_err().to_string();
    assert!(error.contains("there is no layer `nope`"), "{error}");
    assert!(check(&right, &task).is_ok());
    let summary = work(&folder, &units(&[wrong, right], &task), 1);
    assert_eq!((summary.done, summary.failed.len(), summary.blocked), (2, 1, 0));
}

#[test]
fn a_ticket_says_the_score_of_the_mean_that_it_has() {
    let (folder, task) = (Folder::new("best"), images());
    for which in [lottery::Which::Final, lottery::Which::Best] {
        let mut cell = cell("snes", Criterion::Magnitude);
        cell.run.plan.checkpoint = which;
        // a search that forgets, so that its best test is not its last
        cell.run.plan.search.method.set_deviation(3.0);
        (cell.run.plan.generations, cell.run.plan.test_every) = (12, 1);
        work(&folder, &units(std::slice::from_ref(&cell), &task), 1);
        let rows = levels(&folder, cell.id());
        let ticket = ticket(&folder, cell.id(), 2);
        let told: f64 = ticket.contents().provenance["test_accuracy"].parse().unwrap();
        let masked = ticket.masked().unwrap();
        let how =
            tasks::How { isa: numerics::Isa::detected(), compile: None, stream: cell.fitness_stream(2) };
        let tested = task.trial(&masked, how).unwrap().test(Threads::Sequential, &ticket.contents().mean);
        assert_eq!(told, tested, "{which:?}");
        let row = if which == lottery::Which::Best { rows[2].best } else { rows[2].score };
        assert_eq!(Some(told), row, "{which:?}");
    }
}

#[test]
fn rows_that_a_cell_cannot_have_are_not_its() {
    let (folder, task) = (Folder::new("rows"), images());
    let cell = cell("snes", Criterion::Magnitude);
    work(&folder, &units(std::slice::from_ref(&cell), &task), 1);
    let rows = levels(&folder, cell.id());
    assert_eq!(mismatch(&cell, &rows), None);
    let changed = |change: fn(&mut LevelRow)| {
        let mut rows = rows.clone();
        change(&mut rows[1]);
        mismatch(&cell, &rows).unwrap_or_default()
    };
    for (change, part) in [
        ((|row| row.start = Some(1.5)) as fn(&mut LevelRow), "level 1: an accuracy of 1.5 is none"),
        (|row| (row.score, row.best) = (Some(-0.3), Some(0.1)), "an accuracy of -0.3"),
        (|row| row.score = Some(0.999), "above its best"),
        (|row| row.generations = 2, "it has 2 generations, and the cell has 3"),
        (|row| row.kept += 1, "and the cell"),
    ] {
        let why = changed(change);
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn a_level_is_what_the_procedure_makes_of_the_level_before() {
    let (folder, task) = (Folder::new("chain"), images());
    let cell = Cell {
        pruning: Pruning {
            selection: Selection::Percentile,
            ..cell("snes", Criterion::SignalToNoise).pruning
        },
        ..cell("snes", Criterion::SignalToNoise)
    };
    work(&folder, &units(std::slice::from_ref(&cell), &task), 1);
    let preset = networks::Preset::named("mlp-4", task.input(), task.outputs()).unwrap();
    let procedure = lottery::Procedure::new(preset, "glyphs", cell.pruning.clone(), cell.run.seed).unwrap();
    let dense = ticket(&folder, cell.dense_id(), 0);
    assert_eq!(dense.contents().start, procedure.first().contents().start);
    let first = ticket(&folder, cell.id(), 1);
    let pruned = procedure.next(1, &dense, None).unwrap();
    assert_eq!(
        (first.mask(), &first.contents().start),
        (pruned.ticket.mask(), &pruned.ticket.contents().start)
    );
    let second = ticket(&folder, cell.id(), 2);
    assert_eq!(second.mask(), procedure.next(2, &first, None).unwrap().ticket.mask());
    let rows = levels(&folder, cell.id());
    assert_eq!(rows[1].threshold, pruned.threshold.map(f64::from));
    // the score of the row is that of the ticket
    let how = How { isa: numerics::Isa::detected(), compile: None, stream: cell.fitness_stream(2) };
    let mut trial = task.trial(&second.masked().unwrap(), how).unwrap();
    assert_eq!(Some(trial.test(Threads::Sequential, &second.contents().mean)), rows[2].score);
}

/// A task with trials of its own.
struct Odd {
    name: &'static str,
    trial: fn() -> Box<dyn Trial>,
}

impl Task for Odd {
    fn name(&self) -> &str {
        self.name
    }

    fn input(&self) -> Input {
        Input::Vector(4)
    }

    fn outputs(&self) -> usize {
        2
    }

    fn score_name(&self) -> &'static str {
        "score"
    }

    fn trial(&self, _: &MaskedNetwork, _: How) -> Result<Box<dyn Trial + '_>, TrialError> {
        Ok((self.trial)())
    }
}

/// What no network can do: no fitness is a number.
struct Hopeless;

impl Trial for Hopeless {
    fn prepare(&mut self, _: Threads<'_>, _: u64) {}

    fn fitness(&mut self, _: Threads<'_>, _: &[f32], fitness: &mut [f64]) {
        fitness.fill(f64::NAN);
    }

    fn test(&mut self, _: Threads<'_>, _: &[f32]) -> f64 {
        f64::NAN
    }

    fn compiled(&self) -> Option<sparse_kernels::compile::Summary> {
        None
    }
}

#[test]
fn a_search_that_diverges_is_a_result_and_ends_its_cell() {
    let folder = Folder::new("diverged");
    let task: Arc<dyn Task + Send + Sync> = Arc::new(Odd { name: "hopeless", trial: || Box::new(Hopeless) });
    let mut cell = cell("snes", Criterion::Magnitude);
    cell.run.plan.generations = 40;
    let matched = Cell {
        pruning: Pruning { criterion: Criterion::LayerRandom, ..cell.pruning.clone() },
        ..cell.clone()
    };
    let summary = work(&folder, &units(&[cell.clone(), matched.clone()], &task), 1);
    assert_eq!((summary.done, summary.diverged, summary.failed.len()), (3, 3, 0));
    for cell in [cell, matched] {
        let rows = levels(&folder, cell.id());
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].status, rows[0].score), (Status::Diverged, None));
        assert!(rows[0].failures > 0 && rows[0].generations < 40);
    }
}

/// A world of which every test loses three episodes, and every generation those of one member.
struct Losing;

impl Trial for Losing {
    fn prepare(&mut self, _: Threads<'_>, _: u64) {}

    fn fitness(&mut self, _: Threads<'_>, _: &[f32], fitness: &mut [f64]) {
        (0..).zip(fitness).for_each(|(member, fitness)| *fitness = f64::from(member));
    }

    fn test(&mut self, _: Threads<'_>, _: &[f32]) -> f64 {
        1.0
    }

    fn lost(&self) -> tasks::Lost {
        tasks::Lost { members: 1, tests: 3 }
    }

    fn compiled(&self) -> Option<sparse_kernels::compile::Summary> {
        None
    }
}

/// A desk in memory that hears what is told.
#[derive(Default)]
struct Ear {
    files: std::collections::BTreeMap<String, Vec<u8>>,
    events: Vec<String>,
}

impl Desk for Ear {
    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ResultsError> {
        Ok(self.files.get(name).cloned())
    }

    fn read_needed(&mut self, _: &str, name: &str) -> Result<Vec<u8>, ResultsError> {
        panic!("{name} is of a unit that is not needed")
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
        self.files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, ResultsError> {
        Ok(None)
    }

    fn save(&mut self, _: &[u8]) -> Result<(), ResultsError> {
        Ok(())
    }

    fn saving_is_due(&self) -> bool {
        false
    }

    fn is_stopping(&self) -> bool {
        false
    }

    fn remark(&mut self, _: &str) {}

    fn event(&mut self, text: &str) {
        self.events.push(text.to_owned());
    }

    fn progress(&mut self, _: u64, _: u64, _: &str) {}
}

#[test]
fn episodes_that_a_test_lost_are_told_of_and_change_no_row() {
    let (task, mut desk): (Arc<dyn Task + Send + Sync>, Ear) =
        (Arc::new(Odd { name: "losing", trial: || Box::new(Losing) }), Ear::default());
    let cells = [cell("snes", Criterion::Magnitude)];
    let unit = units(&cells, &task).swap_remove(0);
    assert!(matches!(unit.run(&mut desk, Threads::Sequential), Ok(workers::End::Done)));
    let told = |generation: u32| {
        format!(
            "level 0, test after generation {generation}: 3 episodes were lost, for a body blew up, and count with the \
             task's penalty for each missing step"
        )
    };
    assert_eq!(desk.events, [0, 2, 3].map(told));
    // failures are of members, as ever
    let rows = rows::levels(LEVELS, &desk.files[LEVELS]).unwrap();
    assert_eq!((rows.len(), rows[0].failures, rows[0].score), (1, 3, Some(1.0)));
}

/// Images of which the third network that is trained sees nothing.
struct Failing {
    images: Classification,
    trials: AtomicU32,
}

impl Task for Failing {
    fn name(&self) -> &str {
        self.images.name()
    }

    fn input(&self) -> Input {
        self.images.input()
    }

    fn outputs(&self) -> usize {
        self.images.outputs()
    }

    fn score_name(&self) -> &'static str {
        self.images.score_name()
    }

    fn trial(&self, network: &MaskedNetwork, how: How) -> Result<Box<dyn Trial + '_>, TrialError> {
        match self.trials.fetch_add(1, Ordering::SeqCst) {
            2 => Ok(Box::new(Hopeless)),
            _ => self.images.trial(network, how),
        }
    }
}

#[test]
fn a_cell_whose_match_diverged_later_says_so_at_that_level() {
    let folder = Folder::new("unmatched");
    let images = Classification::new(glyphs::draw(Kind::Digits, 3, 60, 40)).with_batch(20);
    // one after the other: the dense level, levels 1 and 2 of the magnitude cell, level 1 of the matched one
    let task: Arc<dyn Task + Send + Sync> = Arc::new(Failing { images, trials: AtomicU32::new(0) });
    let mut matched = cell("snes", Criterion::LayerRandom);
    matched.run.plan.generations = 12;
    let mut magnitude = matched.clone();
    magnitude.pruning.criterion = Criterion::Magnitude;
    let summary = work(&folder, &units(std::slice::from_ref(&matched), &task), 1);
    assert_eq!((summary.done, summary.diverged, summary.failed.len()), (3, 2, 0));
    for (cell, searched) in [(magnitude, true), (matched, false)] {
        let rows = levels(&folder, cell.id());
        let statuses: Vec<Status> = rows.iter().map(|row| row.status).collect();
        assert_eq!(statuses, [Status::Done, Status::Done, Status::Diverged], "{}", cell.canonical());
        assert_eq!(rows[2].kept, cell.pruning.kept(2, rows[2].weights));
        let results = Results::at(&folder.0, Owner::this_process(1.0));
        let record = results.record(&cell.id().to_string());
        let told = record.turns.last().and_then(|turn| turn.error.clone()).unwrap_or_default();
        let expected = if searched {
            "level 2 diverged in generation 10: no evaluation of ten generations gave a finite fitness; \
             level-01.safetensors is the last good ticket"
        } else {
            "level 2 has nothing to match: the magnitude cell diverged there"
        };
        assert_eq!(told, expected);
        assert_eq!((rows[2].score, rows[2].generations > 0), (None, searched));
    }
}

/// Counts how often it is asked for.
struct Counting(AtomicU32);

impl Source for Counting {
    fn task(&self, _: &RunSettings) -> Result<Arc<dyn Task + Send + Sync>, Box<dyn Error + Send + Sync>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(images())
    }
}

#[test]
fn what_is_done_is_not_done_again() {
    let (folder, source) = (Folder::new("again"), Counting(AtomicU32::new(0)));
    let cells = [cell("snes", Criterion::Magnitude)];
    assert_eq!(work(&folder, &units(&cells, &source), 1).done_here, 2);
    let asked = source.0.load(Ordering::SeqCst);
    let again = work(&folder, &units(&cells, &source), 1);
    assert_eq!((again.done, again.done_here), (2, 0));
    assert_eq!(source.0.load(Ordering::SeqCst), asked);
}

/// Keeps the last weights.
struct Last;

impl Source for Last {
    fn task(&self, _: &RunSettings) -> Result<Arc<dyn Task + Send + Sync>, Box<dyn Error + Send + Sync>> {
        Ok(images())
    }

    fn scores(&self, _: &Cell, trained: &Ticket) -> Option<Vec<f32>> {
        Some((0..trained.network().prunable()).map(|weight| weight as f32).collect())
    }

    fn strategy(&self, _: &RunSettings, coordinates: usize) -> Option<Box<dyn OwnStrategy<f32>>> {
        Some(Box::new(Still { deviations: vec![0.25; coordinates] }))
    }
}

/// A strategy that never moves.
#[derive(Clone, Debug)]
struct Still {
    deviations: Vec<f32>,
}

impl OwnStrategy<f32> for Still {
    fn deviations(&self) -> &[f32] {
        &self.deviations
    }

    fn tell(&mut self, _: &Generation<'_, f32>, _: &mut [f32]) {}

    fn numbers(&mut self) -> Vec<(&'static str, &mut Vec<f32>)> {
        vec![("deviations", &mut self.deviations)]
    }

    fn boxed(&self) -> Box<dyn OwnStrategy<f32>> {
        Box::new(self.clone())
    }
}

#[test]
fn scores_and_strategies_of_ones_own_count_where_a_source_has_some() {
    let folder = Folder::new("own");
    let mut cell = cell("snes", Criterion::Magnitude);
    cell.run.plan.search.mean_decay = 0.0;
    work(&folder, &units(std::slice::from_ref(&cell), &Last), 1);
    let trained = ticket(&folder, cell.id(), 2);
    assert_eq!(trained.contents().mean, trained.contents().start);
    assert!(trained.contents().deviation.as_ref().unwrap().iter().all(|deviation| *deviation == 0.25));
    let mask = trained.mask();
    let first = mask.len() - mask.kept();
    assert!((first..mask.len()).all(|weight| mask.keeps(weight)));
}

/// The bar of the paper's network at 1.44 %: 3 % of the bytes of its dense vector, and 4 kB.
#[test]
fn a_sparse_ticket_is_small() {
    let task = images();
    let preset = networks::Preset::named("cnn", task.input(), task.outputs()).unwrap();
    let mut cell = cell("sep-cma-es", Criterion::SignalToNoise);
    (cell.run.network, cell.pruning) =
        ("cnn".to_owned(), Pruning { levels: 2, keep: 0.0144, ..Pruning::default() });
    let folder = Folder::new("small");
    work(&folder, &units(std::slice::from_ref(&cell), &task), 1);
    let results = Results::at(&folder.0, Owner::this_process(1.0));
    let bytes = results.read(&cell.id().to_string(), &ticket_name(1)).unwrap().len();
    let dense = 4 * preset.architecture.parameters();
    assert_eq!(ticket(&folder, cell.id(), 1).mask().kept(), 162);
    assert!(bytes as f64 <= 0.03 * dense as f64 + 4096.0, "{bytes} bytes");
    println!("{bytes} bytes of {dense}");
}
