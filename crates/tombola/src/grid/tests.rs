use lottery::Criterion;

use crate::run::settings::Evaluation;
use crate::spec::{Spec, SpecError};

use super::*;

fn cells_of(text: &str) -> Result<Vec<Cell>, SpecError> {
    cells(&Spec::parse("mine.toml", text, &[])?)
}

fn one(text: &str) -> Cell {
    let cells = cells_of(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let [cell] = &cells[..] else { panic!("{text}: {} cells", cells.len()) };
    cell.clone()
}

/// If this fails, stored results have lost their names. Restore the old defaults; do not update the constants.
#[test]
fn ids_never_change() {
    let pins = [
        ("task='mnist'\nstrategy='sep-cma-es'", "927ab1efaa631dfa", "d025f5b6e4cb79f0"),
        (
            "task='mnist'\nstrategy='sep-cma-es'\ncriterion='magnitude'",
            "ddec7d2f42bbed6d",
            "d025f5b6e4cb79f0",
        ),
        ("task='ant'\nstrategy='sep-cma-es'\nseed=3", "9299f60140e366bf", "02924a76ef942e71"),
        (
            "task='glyphs'\nstrategy='pgpe'\ncriterion='random'\nlevels=6\nkeep=0.5\ngenerations=100",
            "fbc89621cdbfe493",
            "3365924f09248fac",
        ),
        ("task='kmnist'\nstrategy='pgpe'\nvariant='as-published'", "8238794267e13e2b", "d52a631573f8d014"),
        (
            "task='fetch'\nstrategy='snes'\nexcluded=['dense_0']\ncheckpoint='best'\nrepeats=2",
            "a1bf9df852723ad1",
            "552c6267adb905db",
        ),
    ];
    let found = pins.map(|(text, ..)| {
        let cell = one(text);
        (text, cell.id().to_string(), cell.dense_id().to_string())
    });
    assert_eq!(found, pins.map(|(text, id, dense)| (text, id.to_owned(), dense.to_owned())));
}

#[test]
fn a_test_after_the_first_generation_is_a_setting_that_no_variant_has() {
    let base = "task='mnist'\nstrategy='pgpe'\n";
    for variant in ["corrected", "as-published"] {
        assert!(!one(&format!("{base}variant='{variant}'")).run.plan.test_first);
    }
    let said = one(&format!("{base}test_first=true"));
    assert_eq!(
        said.canonical(),
        "cell task=mnist strategy=pgpe seed=0 criterion=snr run.plan.test_first=true"
    );
}

#[test]
fn a_name_says_what_is_not_as_published() {
    let cell = one("task='mnist'\nstrategy='sep-cma-es'");
    assert_eq!(cell.canonical(), "cell task=mnist strategy=sep-cma-es seed=0 criterion=snr");
    assert_eq!(cell.canonical_dense(), "dense task=mnist strategy=sep-cma-es seed=0");
    let cell = one("task='./my set'\nstrategy='snes'\nseed=7\nexcluded=['conv_0']\ndeviation=0.5\nlevels=3");
    let common = "task=\"./my set\" strategy=snes seed=7";
    let run = "run.plan.search.method.deviation=0.5";
    let pruning = "pruning.excluded=[conv_0] pruning.levels=3";
    assert_eq!(cell.canonical(), format!("cell {common} criterion=snr {run} {pruning}"));
    assert_eq!(cell.canonical_dense(), format!("dense {common} {run}"));
}

#[test]
fn what_is_said_at_its_default_is_not_said() {
    let plain = one("task='mnist'\nstrategy='snes'");
    let said =
        one("task='mnist'\nstrategy='snes'\ntemperature=12\nlevels=20\nkeep=0.80\nbatch=1024\nnetwork='cnn'");
    assert_eq!(plain.id(), said.id());
    let cells = cells_of("task='mnist'\nstrategy='snes'\ntemperature=[12, 12.0, 13]\ngrid=[{}, {levels=20}]");
    assert_eq!(cells.unwrap().len(), 2, "two cells with the same text are one");
}

#[test]
fn layers_are_one_name_however_they_are_written() {
    let base = "task='glyphs'\nstrategy='snes'\nnetwork=";
    let [one, other] =
        ["'dense 8 relu; dense 10'", "' dense 8  relu ;dense 10'"].map(|name| one(&format!("{base}{name}")));
    assert_eq!((one.id(), one.run.network.as_str()), (other.id(), "dense 8 relu; dense 10"));
}

#[test]
fn criteria_share_their_dense_level_and_nothing_else_does() {
    let text = "task=['mnist','kmnist']\nstrategy=['snes','pgpe']\ncriterion=['snr','random']\nseeds=2\nkeep=[0.5,0.8]";
    let cells = cells_of(text).unwrap();
    let distinct =
        |name: fn(&Cell) -> CellId| cells.iter().map(name).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!((cells.len(), distinct(Cell::id), distinct(Cell::dense_id)), (32, 32, 8));
    for cell in &cells {
        assert_eq!(cell.run.plan.search.seed, cell.run.seed);
        assert_eq!(cell.run.density, 1.0);
    }
}

#[test]
fn the_variant_as_published_copies_everything() {
    let cell = one("task='mnist'\nstrategy='pgpe'\nvariant='as-published'");
    let all = strategies::Quirks::ALL.of(&cell.run.plan.search.method);
    assert_eq!(cell.run.plan.search.quirks, all);
    assert!(cell.run.plan.alias && cell.pruning.quirks.variance);
    let cell = one("task='mnist'\nstrategy='pgpe'\npgpe_pairs_mixed=true\nvariance=true");
    assert!(cell.run.plan.search.quirks.pgpe_pairs_mixed && !cell.run.plan.search.quirks.sgd_late);
    assert!(cell.pruning.quirks.variance && !cell.pruning.quirks.rows);
}

#[test]
fn a_setting_of_one_strategy_leaves_the_others_alone() {
    let text =
        "task=['ant','mnist']\nstrategy=['snes','pgpe']\nsnes.temperature=[1,2]\nant.repeats=3\nbatch=7";
    let error = cells_of(text).unwrap_err().to_string();
    assert!(error.contains("there is no setting `batch`"), "{error}");
    let cells = cells_of(&text.replace("batch", "mnist.batch")).unwrap();
    assert_eq!(cells.len(), 2 * 3);
    for cell in cells {
        match cell.run.evaluation {
            Evaluation::Images { batch } => assert_eq!(batch, 7),
            Evaluation::Control { repeats, .. } => assert_eq!(repeats, 3),
        }
    }
}

#[test]
fn a_setting_of_what_no_grid_has_must_be_one_all_the_same() {
    let base = "task='mnist'\nstrategy='pgpe'\ncriterion='snr'\n";
    for (more, message, hint) in [
        (
            "[snes]\nlearnig_rate=1",
            "mine.toml:5:1: there is no setting `learnig_rate`",
            "known are task, strategy",
        ),
        ("snes.tempreature=1", "mine.toml:4:6: there is no setting `tempreature`", "`temperature`"),
        ("[[grid]]\nsnes.tempreature=1", "mine.toml:5:6: there is no setting `tempreature`", ""),
        ("ant.stps=3", "mine.toml:4:5: there is no setting `stps`", "did you mean `steps`"),
        ("random.levles=3", "mine.toml:4:8: there is no setting `levles`", "did you mean `levels`"),
        (
            "snes.temperature='hot'",
            "mine.toml:4:6: `run.plan.search.method.temperature` is hot; expected a number",
            "",
        ),
        ("snes.elite_ratio=1", "mine.toml:4:6: `snes` has no setting `elite_ratio`", ""),
        ("[[grid]]\nstrategy='snes'\n[[grid]]\nsnes.temprature=1", "mine.toml:7:6: there is no setting", ""),
    ] {
        let error = cells_of(&format!("{base}{more}")).expect_err(more);
        assert!(error.to_string().starts_with(message), "{more}: {error}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{more}: {error:?}");
    }
    let fine = "snes.temperature=1\nant.steps=3\nrandom.levels=3\n[[grid]]\n[[grid]]\nstrategy='snes'";
    assert_eq!(cells_of(&format!("{base}{fine}")).map(|cells| cells.len()), Ok(2));
}

#[test]
fn what_no_cell_has_is_refused_with_what_was_meant() {
    let base = "task='mnist'\nstrategy='snes'\n";
    let mut wrong = Vec::new();
    for (more, message, hint) in [
        ("temprature=3", "mine.toml:3:1: there is no setting `temprature`", "did you mean `temperature`?"),
        ("levles=3", "there is no setting `levles`", "did you mean `levels`"),
        ("quirks.sgd_lat=true", "mine.toml:3:8: there is no setting `quirks.sgd_lat`", "`sgd_late`"),
        ("seedz=3", "there is no setting `seedz`", "did you mean `seeds` or `seed`?"),
        ("density=0.5", "there is no setting `density`", "known are task, strategy"),
        ("elite_ratio=0.5", "`snes` has no setting `elite_ratio`", "written `STRATEGY.elite_ratio`"),
        ("criterion='srn'", "mine.toml:3:1: there is no criterion `srn`", "did you mean `snr`?"),
        ("variant='published'", "there is no variant `published`", "did you mean `as-published`?"),
        ("network='cnnn'", "mine.toml:3:1: there is no network `cnnn`", "did you mean `cnn`?"),
        ("network='dense 3'", "`network` is dense 3; expected", ""),
        ("keep=1.2", "mine.toml:3:1: `keep` is 1.2; expected a fraction above 0 and below 1: what stays", ""),
        (
            "excluded=['conv_7']",
            "mine.toml:3:1: `excluded` is conv_7; expected layers that can be pruned: conv_0",
            "",
        ),
        ("levels=0", "`levels` is 0; expected 1 to 1000, the first of them dense", ""),
        ("batch=0", "`batch` is 0; expected 1 to 60000", ""),
        ("generations='many'", "`run.plan.generations` is many; expected a whole number from 0", ""),
        ("keep='x'", "`pruning.keep` is x; expected a number", ""),
        ("alias=1", "`run.plan.alias` is 1; expected true or false", ""),
        ("generations=0", "`generations` is 0; expected 1 to", ""),
        ("population=1", "mine.toml:3:1: `population` is 1; expected at least 2 members", ""),
        ("deviation=0", "mine.toml:3:1: `deviation` is 0; expected above 0", ""),
        ("selection='percentil'", "`pruning.selection` is percentil; expected `count` or `percentile`", ""),
        ("seeds=0", "`seeds` is 0; expected 1 to", ""),
        ("seed=-1", "`seed` is -1; expected whole numbers from 0", ""),
        ("seeds=[1,2]", "others are `seed = [7, 11]`", ""),
        (
            "seeds=100000\nkeep=[0.5,0.6]",
            "mine.toml:1:1: this makes 200000 cells; at most 100000",
            "shorten one",
        ),
        ("task=3", "duplicate key", ""),
    ] {
        let error = cells_of(&format!("{base}{more}")).unwrap_err();
        let hints = error.hint().unwrap_or_default();
        if !error.to_string().contains(message) || !hints.contains(hint) {
            wrong.push(format!("{more}: {error}\n  {hints}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let error = cells_of("strategy='snse'\ntask='mnist'").unwrap_err();
    assert_eq!(error.to_string(), "mine.toml:1:1: there is no strategy `snse`");
    assert!(error.hint().unwrap().starts_with("did you mean `snes`"), "{error:?}");
    let error = cells_of("strategy='snes'\n[[grid]]\ntask='mnsit'").unwrap_err();
    assert_eq!(error.to_string(), "mine.toml:3:1: there is no task `mnsit`");
    assert!(error.hint().unwrap().contains("`mnist`"), "{error:?}");
    let error = cells_of("strategy='snes'\n\n[[grid]]\nlevels=3").unwrap_err();
    assert_eq!(error.to_string(), "mine.toml:3:1: this grid names no task");
    let changes = ["populaton=3".to_owned()];
    let error = cells(&Spec::parse("x", base, &changes).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "--set populaton=3: there is no setting `populaton`");
}

#[test]
fn levels_have_streams_of_their_own_and_the_first_those_of_a_plain_run() {
    let cells = cells_of("task='glyphs'\nstrategy='snes'\ncriterion=['snr','random']").unwrap();
    let [snr, random] = &cells[..] else { panic!() };
    assert_eq!(snr.fitness_stream(0), numerics::random::Stream::new(0, "fitness"));
    assert_eq!(snr.level_run(0), snr.run);
    assert_eq!(snr.fitness_stream(3), random.fitness_stream(3));
    assert_ne!(snr.fitness_stream(3), snr.fitness_stream(4));
    assert_eq!(snr.level_run(3).plan.search.stream, "search/3");
}

/// Cells that take tickets, and the ids of those that a grid lists itself.
fn takers(text: &str) -> (Vec<Cell>, Vec<CellId>) {
    let cells = cells_of(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let (takers, others): (Vec<Cell>, Vec<Cell>) =
        cells.into_iter().partition(|cell| cell.pruning.criterion == Criterion::Transferred);
    (takers, others.iter().map(Cell::id).collect())
}

#[test]
fn a_donor_is_the_cell_that_the_grid_has_of_its_task_and_strategy() {
    for text in [
        // values that depart from what is published, and such as are published of one side alone
        "task=['glyphs','mnist']\nstrategy='snes'\ncriterion=['snr']\ngenerations=4000\nbatch=1024\npopulation=128\n\
         network='mlp-4'\nkeep=0.5\nseeds=2\n[[grid]]\n[[grid]]\ntask='mnist'\ncriterion='transferred'\ndonor_task='glyphs'",
        "task=['ant','ant_modified']\nstrategy='sep-cma-es'\ncriterion='snr'\ndeviation=0.1\n[[grid]]\n[[grid]]\n\
         task='ant_modified'\ncriterion='transferred'\ndonor_task='ant'",
        "task='mnist'\nstrategy=['snes','pgpe']\ncriterion='snr'\ndeviation=0.2\nsnes.temperature=3\nvariant='as-published'\n\
         [[grid]]\n[[grid]]\nstrategy='pgpe'\ncriterion='transferred'\ndonor_strategy='snes'",
        // lists pair up
        "task=['mnist','kmnist']\nstrategy='snes'\ncriterion=['snr','transferred']\nkeep=[0.5,0.8]\n\
         transferred.donor_task='fashion-mnist'\n[[grid]]\ntask='fashion-mnist'\ncriterion='snr'\n[[grid]]",
    ] {
        let (takers, natives) = takers(text);
        assert!(!takers.is_empty());
        for taker in takers {
            let donor = taker.donor.as_deref().expect("a donor");
            assert!(natives.contains(&donor.id()), "{text}\n{}", donor.canonical());
            assert_eq!(taker.pruning.keep, donor.pruning.keep);
            let name = format!("criterion=transferred donor={}", donor.id());
            assert!(taker.canonical().contains(&name), "{}", taker.canonical());
        }
    }
    let base = "task='mnist'\nstrategy='snes'\ncriterion='transferred'\n";
    let name = |more: &str| one(&format!("{base}{more}")).criterion();
    assert_eq!(name("donor_task='kmnist'"), "transferred from kmnist");
    assert_eq!(name("donor_strategy='pgpe'"), "transferred from pgpe");
    assert_eq!(name("donor_strategy='pgpe'\ndonor_task='kmnist'"), "transferred from kmnist pgpe");
    assert_eq!(cells_of(&format!("{base}donor_task=['kmnist','fashion-mnist']")).unwrap().len(), 2);
}

#[test]
fn donors_that_cannot_be_are_refused_where_they_are_named() {
    let refused = |more: &str| {
        let text = format!("task='mnist'\nstrategy='snes'\ncriterion='transferred'\n{more}");
        let error = cells_of(&text).unwrap_err();
        (error.to_string(), error.hint().unwrap_or_default())
    };
    for (more, line, part) in [
        ("", 3, "a `donor_task` or a `donor_strategy` beside it"),
        ("donor_task='mnist'", 4, "takes no tickets from itself"),
        ("donor_strategy='snes'", 4, "`donor_strategy` is mnist snes"),
        ("donor_task='fashion-mnits'", 4, "there is no donor_task `fashion-mnits`"),
        ("donor_strategy='sness'", 4, "there is no donor_strategy `sness`"),
        ("donor_strategy=3", 4, "a name in quotes"),
        ("donor_task=['kmnist',\n 'ant']", 5, "one with the network of mnist snes"),
        ("\ntransferred.donor_task='ant'", 5, "one with the network of mnist snes"),
        ("donor_task='kmnist'\nkmnist.keep=[0.5,0.6]", 4, "one donor for each of 1 cells, where 2 are"),
    ] {
        let (message, hint) = refused(more);
        assert!(
            message.contains(part) && message.contains(&format!("mine.toml:{line}:")),
            "{more}: {message}"
        );
        assert!(!more.ends_with("mnits'") || hint.contains("fashion-mnist"), "{hint}");
    }
    let of = |text: &str| cells_of(&format!("task='mnist'\nstrategy='snes'\n{text}"));
    let error = of("donor_task='kmnist'").unwrap_err().to_string();
    assert!(error.contains("others take no tickets"), "{error}");
    // a donor of a criterion that is not asked for is checked by its names
    let named = "criterion='snr'\ntransferred.donor_task='mnist'\ntransferred.donor_strategy='pgpe'";
    assert_eq!(of(named).unwrap().len(), 1);
    assert!(of(&named.replace("pgpe", "pgep")).is_err());
    // what is in a folder is seen when it is read
    assert_eq!(of("criterion='transferred'\ndonor_task='./mine'").unwrap().len(), 1);
}

#[test]
fn values_of_a_list_have_places_of_their_own() {
    for (text, place, part) in [
        ("task=[\n 'mnist',\n 'kmnits',\n]\nstrategy='snes'", "mine.toml:3:2: ", "`kmnits`"),
        ("task='mnist'\nstrategy='snes'\nkeep=[0.5,\n  1.5]", "mine.toml:4:3: ", "`keep` is 1.5"),
        ("task='mnist'\nstrategy='snes'\nlevels=[3,\n\n  5000]", "mine.toml:5:3: ", "`levels` is 5000"),
        ("task='mnist'\nstrategy='snes'\nnetwork=['cnn',\n 'cn']", "mine.toml:4:2: ", "network `cn`"),
    ] {
        let message = cells_of(text).unwrap_err().to_string();
        assert!(message.contains(place) && message.contains(part), "{text}: {message}");
    }
}

#[test]
fn a_setting_is_said_once_however_much_of_its_path_is_said() {
    let base = "task='mnist'\nstrategy='snes'\n";
    for twice in ["generations=2\nplan.generations=3", "pruning.keep=0.5\nkeep=0.6", "seed=1\nseeds=2"] {
        let message = cells_of(&format!("{base}{twice}")).unwrap_err().to_string();
        assert!(message.contains("mine.toml:4:") && message.contains("twice"), "{message}");
    }
    // of one strategy, and of a grid, it is said once more
    let own = format!("{base}generations=2\nsnes.plan.generations=3");
    assert_eq!(one(&own).run.plan.generations, 3);
    assert_eq!(one(&format!("{own}\n[[grid]]\ngenerations=4")).run.plan.generations, 4);
}

#[test]
fn what_concerns_no_cell_is_checked_all_the_same() {
    let base = "task='glyphs'\nstrategy='snes'\n";
    for (more, part) in [
        ("pgpe.elite_ratio=7", "elite_ratio"),
        ("mnist.batch=0", "`batch` is 0"),
        ("random.keep=7", "`keep` is 7"),
    ] {
        let error = cells_of(&format!("{base}{more}")).map(|cells| cells.len());
        let message = error.unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("mine.toml:3:"), "{message}");
    }
    assert_eq!(
        cells_of(&format!("{base}pgpe.elite_ratio=0.5\nmnist.batch=9\nrandom.keep=0.7")).unwrap().len(),
        1
    );
}

#[test]
fn batches_are_of_the_images_that_a_set_has() {
    let of = |task: &str, batch: u32| cells_of(&format!("task='{task}'\nstrategy='snes'\nbatch={batch}"));
    for (task, images) in [("glyphs", 10_000), ("mnist", 60_000), ("kmnist+noise-3", 60_000)] {
        assert_eq!(of(task, images).unwrap().len(), 1);
        let message = of(task, images + 1).unwrap_err().to_string();
        assert!(message.contains(&format!("expected 1 to {images}, the training images")), "{message}");
    }
    assert!(of("./mine", 70_000).is_ok(), "what is in a folder is seen when it is read");
}

#[test]
fn a_network_is_the_cells_own_also_where_a_strategy_has_one() {
    // the numbers of its own are not part of the program, and none of them is a name
    let message = cells_of("task='glyphs'\nstrategy='les'\nnetwork='mlp-4'").unwrap_err().to_string();
    assert!(
        message.contains("246 numbers of a trained network") && !message.contains("could be any"),
        "{message}"
    );
}
