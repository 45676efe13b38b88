//! Nothing but the arguments changes a bit.

use numerics::Isa;
use rayon::{ThreadPool, ThreadPoolBuilder};
use strategies::arrivals::Arrivals;
use strategies::open_es::OpenEsSettings;
use strategies::{
    Execution, Layout, Method, Optimizer, Population, PopulationMut, Real, Search, Settings, State, Threads,
};

use crate::{ask, deviations, every_strategy, generation, name, sphere, start};

const GENERATIONS: usize = 4;

fn pools() -> Vec<ThreadPool> {
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    [1, 2, 3, 7, 16].map(pool).into()
}

/// Every number of threads with some block size, and every instruction set.
fn executions(pools: &[ThreadPool]) -> Vec<Execution<'_>> {
    let pooled = pools.iter().zip([1, 3, 64, 100, 1000]);
    let pooled =
        pooled.map(|(pool, block)| Execution { threads: Threads::Pool(pool), block, ..Execution::default() });
    let sets = Isa::available().into_iter().map(|isa| Execution { isa, block: 17, ..Execution::default() });
    pooled.chain(sets).collect()
}

/// Every strategy; and every optimiser, in a strategy that takes one.
fn every_search(population: usize) -> Vec<Settings> {
    let mut all = every_strategy(population);
    for settings in every_strategy(population) {
        if let Method::OpenEs(own) = settings.method {
            let optimizers = Optimizer::NAMES.into_iter().filter_map(Optimizer::named);
            let methods = optimizers.map(|optimizer| Method::OpenEs(OpenEsSettings { optimizer, ..own }));
            all.extend(methods.map(|method| Settings { method, ..settings.clone() }));
        }
    }
    all
}

/// How the told population reaches the search.
#[derive(Clone, Copy, Debug)]
enum Way {
    Rows,
    Lanes,
    AsAsked,
}

/// A run on the sphere; the state after each generation.
fn run<T: Real>(settings: &Settings, dims: usize, execution: &Execution<'_>, way: Way) -> Vec<State<T>> {
    let mut search = Search::new(settings.clone(), &start::<T>(dims)).expect("good settings");
    let (members, mut states) = (search.members(), Vec::new());
    for _ in 0..GENERATIONS {
        let mut rows = vec![T::ZERO; Layout::Rows.len(members, dims)];
        let mut lanes = vec![T::ZERO; Layout::Lanes.len(members, dims)];
        search.ask(execution, PopulationMut::Rows(&mut rows)).expect("the length is right");
        search.ask(execution, PopulationMut::Lanes(&mut lanes)).expect("the length is right");
        let mut used = vec![false; lanes.len()];
        for member in 0..members {
            for coordinate in 0..dims {
                let place = Layout::Lanes.index(member, coordinate, dims);
                used[place] = true;
                let row = rows[Layout::Rows.index(member, coordinate, dims)];
                assert_eq!(lanes[place].bits(), row.bits(), "layouts hold the same numbers");
            }
        }
        // Whatever somebody writes into lanes that belong to nobody is not read.
        let unused = lanes.iter_mut().zip(&used).filter(|(_, used)| !**used);
        unused.for_each(|(lane, _)| *lane = T::of(f64::NAN));
        let fitness: Vec<f64> = rows.chunks(dims).map(sphere).collect();
        let population = match way {
            Way::Rows => Population::Rows(&rows),
            Way::Lanes => Population::Lanes(&lanes),
            Way::AsAsked => Population::AsAsked,
        };
        search.tell(execution, population, &fitness).expect("lengths are right");
        states.push(search.state());
    }
    states
}

/// States are compared whole; their checksums cover all bits.
fn check<T: Real>(settings: &Settings, dims: usize, pools: &[ThreadPool]) {
    let sequential = Execution::default();
    let expected = run::<T>(settings, dims, &sequential, Way::Rows);
    for execution in executions(pools) {
        for way in [Way::Rows, Way::Lanes, Way::AsAsked] {
            let found = run::<T>(settings, dims, &execution, way);
            assert!(
                found == expected,
                "{}, {dims} dimensions of {}: {way:?}, {execution:?}",
                name(settings),
                T::NAME
            );
        }
    }
}

#[test]
fn threads_instructions_blocks_layouts_and_keeping_do_not_change_a_bit() {
    let pools = pools();
    for (population, dims) in [(2, 1), (6, 33), (34, 70), (64, 5)] {
        for mut settings in every_search(population) {
            (settings.fitness_decay, settings.mean_decay) = (0.1, 1e-3);
            settings.bounds = (dims == 70).then_some([0.1, 1.6]);
            check::<f32>(&settings, dims, &pools);
            check::<f64>(&settings, dims, &pools);
        }
    }
}

#[test]
fn a_restored_search_goes_on_as_if_nothing_had_been() {
    for settings in every_search(10) {
        let mut whole = Search::new(settings.clone(), &start::<f32>(9)).expect("good settings");
        let mut broken = whole.clone();
        for _ in 0..12 {
            generation(&mut whole, sphere);
            generation(&mut broken, sphere);
            let text = serde_json::to_string(&broken.state()).expect("a state is data");
            let state: State<f32> = serde_json::from_str(&text).expect("and comes back");
            broken = Search::restore(&state).expect("whole");
            assert!(broken.state() == whole.state(), "{}", name(&settings));
            assert_eq!(broken.best(), whole.best());
            assert_eq!(broken.deviation(), whole.deviation());
        }
    }
}

#[test]
fn asking_again_or_for_one_member_gives_the_same_candidates() {
    for settings in every_strategy(18) {
        let mut search = Search::new(settings.clone(), &start::<f32>(21)).expect("good settings");
        generation(&mut search, sphere);
        let rows = ask(&search);
        assert_eq!(rows, ask(&search));
        for (member, row) in rows.chunks(21).enumerate().rev() {
            let mut alone = [0.0; 21];
            search.ask_member(member, &mut alone).expect("there is this member");
            assert_eq!(alone, row, "{}, member {member}", name(&settings));
        }
    }
}

#[test]
fn draws_are_addressed_by_seed_stream_generation_member_and_coordinate() {
    for settings in every_strategy(8) {
        let search =
            |settings: &Settings| Search::new(settings.clone(), &[0.0f64; 6]).expect("good settings");
        let here = search(&settings);
        let deviates = |search: &Search<f64>, generation| -> Vec<f64> {
            (0..48).map(|index| search.deviate(generation, index / 6, index % 6)).collect()
        };
        // From the origin, a candidate is its deviates in units of the deviation; correlated or not, for a start.
        let deviations = deviations(&here).unwrap_or_default();
        let draws = ask(&here).into_iter().zip(deviates(&here, 0)).enumerate();
        for (index, (x, deviate)) in draws.filter(|_| !deviations.is_empty()) {
            let expected = deviations[index % 6] * deviate;
            // The published covariance starts with 1e-10 everywhere, and so with other axes.
            if settings.quirks == strategies::Quirks::NONE {
                assert_eq!(x, expected, "{}", name(&settings));
            }
        }
        let others = [
            deviates(&here, 1),
            deviates(&search(&Settings { seed: 8, ..settings.clone() }), 0),
            deviates(&search(&Settings { stream: "other".into(), ..settings.clone() }), 0),
        ];
        for other in others {
            assert!(deviates(&here, 0).iter().zip(&other).all(|(a, b)| a != b), "{}", name(&settings));
        }
    }
}

/// In any order, some of them twice, with a stop in the middle of a generation.
#[test]
fn members_that_arrive_one_by_one_leave_the_bits_of_a_whole_generation() {
    let here = Execution::default();
    for settings in every_strategy(12) {
        let mut whole = Search::new(settings.clone(), &start::<f64>(5)).expect("good settings");
        let mut slow = whole.clone();
        let mut arrivals = Arrivals::of(&slow);
        for turn in 0..5 {
            let fitness: Vec<f64> = ask(&whole).chunks(5).map(sphere).collect();
            let fails = |member: usize| (member + turn).is_multiple_of(5);
            let of = |member: usize| if fails(member) { f64::INFINITY } else { fitness[member] };
            let told: Vec<f64> = (0..12).map(of).collect();
            whole.tell(&here, Population::AsAsked, &told).expect("lengths are right");
            for place in 0..12 {
                let member = (5 * place + turn) % 12;
                assert_eq!(arrivals.tell(&mut slow, &here), Ok(None), "not all have arrived");
                arrivals.arrive(member, of(member)).expect("a member");
                arrivals.arrive(member, -1.0).expect("again, too late");
                let text = serde_json::to_string(&(&arrivals, slow.state())).expect("data");
                let (read, state) = serde_json::from_str(&text).expect("and back");
                (arrivals, slow) = (read, Search::restore(&state).expect("whole"));
            }
            arrivals.tell(&mut slow, &here).expect("of this generation").expect("all have arrived");
            assert!(slow.state() == whole.state(), "{}, generation {turn}", name(&settings));
        }
        let error = Arrivals::of(&Search::new(settings, &start::<f64>(5)).expect("good settings"))
            .tell(&mut slow, &here)
            .expect_err("of another generation");
        assert_eq!(error.to_string(), "members of generation 0 arrived; the search is in generation 5");
        assert!(arrivals.arrive(12, 0.0).expect_err("counted from 0").to_string().contains("member 12"));
    }
}
