//! One search after the other.

use strategies::arrivals::Arrivals;
use strategies::{
    Criteria, Execution, Goal, Method, Policy, Population, PopulationMut, Restarts, RestartsState, Settings,
    StopReason,
};

use crate::{every_corrected, name, sphere, start};

const DIMS: usize = 3;

/// One generation of the search at work.
fn generation(restarts: &mut Restarts<f64>, cost: impl Fn(&[f64]) -> f64) {
    let here = Execution::default();
    let mut rows = vec![0.0; restarts.search().members() * DIMS];
    restarts.search().ask(&here, PopulationMut::Rows(&mut rows)).expect("the length is right");
    let fitness: Vec<f64> = rows.chunks(DIMS).map(cost).collect();
    restarts.tell(&here, Population::Rows(&rows), &fitness).expect("lengths are right");
}

fn of(settings: Settings, policy: Policy, criteria: Criteria) -> Restarts<f64> {
    Restarts::new(settings, policy, criteria, &start::<f64>(DIMS), Some([-3.0, 5.0])).expect("good settings")
}

#[test]
fn every_strategy_is_started_again_elsewhere_when_nothing_comes_of_it() {
    for settings in every_corrected(8) {
        let mut restarts = of(settings.clone(), Policy::Same, Criteria::default());
        for expected in [StopReason::NoFitness, StopReason::Stagnation] {
            let before = restarts.search().mean().to_vec();
            let mut generations = 0;
            while restarts.stopped().last() != Some(&expected) {
                generation(&mut restarts, |_| if expected == StopReason::NoFitness { f64::NAN } else { 1.0 });
                generations += 1;
                assert!(generations < 40, "{}: {:?}", name(&settings), restarts.stopped());
            }
            let after = restarts.search();
            assert!(after.mean() != before && after.generation() == 0, "{}", name(&settings));
            assert_eq!((after.members(), restarts.ended()), (8, None));
        }
        assert_eq!(restarts.evaluations(), 8 * (10 + 22), "{}", name(&settings));
        assert_eq!(restarts.failures(), 80);
    }
}

#[test]
fn members_that_arrive_one_by_one_lead_to_the_same_runs() {
    let settings = Settings::new(Method::named("sep-cma-es").expect("a name of the list"), 6);
    let cost = |x: &[f64]| sphere(x).max(0.5);
    let mut whole = of(settings, Policy::Ipop, Criteria::default());
    let mut single = whole.clone();
    let mut arrivals = Arrivals::of(single.search());
    let here = Execution::default();
    while whole.stopped().len() < 3 {
        generation(&mut whole, cost);
        for member in (0..single.search().members()).rev() {
            assert_eq!(single.tell_arrivals(&here, &mut arrivals), Ok(None), "not all have arrived");
            let mut x = [0.0; DIMS];
            single.search().ask_member(member, &mut x).expect("a member");
            arrivals.arrive(member, cost(&x)).expect("a member");
        }
        single.tell_arrivals(&here, &mut arrivals).expect("of this generation").expect("all have arrived");
        assert_eq!((single.stopped(), single.best()), (whole.stopped(), whole.best()));
        assert_eq!(single.search().state(), whole.search().state());
    }
    // of the generation before
    let late = arrivals.clone();
    generation(&mut single, cost);
    assert!(single.tell_arrivals(&here, &mut late.clone()).is_err());
}

#[test]
fn one_population_doubles_and_two_take_turns() {
    let flat = |policy| {
        let settings = Settings::new(Method::named("cma-es").expect("a name of the list"), 10);
        let mut restarts = of(settings, policy, Criteria::default());
        let mut sizes = vec![(10, 1.0)];
        while sizes.len() < 9 {
            let runs = restarts.stopped().len();
            generation(&mut restarts, |_| 1.0);
            if restarts.stopped().len() > runs {
                let settings = restarts.search().settings();
                sizes.push((settings.population, settings.method.deviation()));
            }
        }
        sizes
    };
    let doubled: Vec<(usize, f64)> = (0..9).map(|power| (10 << power, 1.0)).collect();
    assert_eq!(flat(Policy::Ipop), doubled);
    let turns = flat(Policy::Bipop);
    let large: Vec<usize> =
        turns.iter().filter(|(_, deviation)| *deviation == 1.0).map(|run| run.0).collect();
    let expected: Vec<usize> = (0..large.len()).map(|power| 10 << power).collect();
    assert_eq!(large, expected, "{turns:?}");
    let small: Vec<&(usize, f64)> = turns.iter().filter(|(_, deviation)| *deviation < 1.0).collect();
    assert!(small.len() >= 3, "{turns:?}");
    for (members, deviation) in small {
        assert!((10..=large[large.len() - 1] / 2).contains(members) && *deviation >= 0.01, "{turns:?}");
    }
}

#[test]
fn it_ends_at_the_target_the_budget_or_where_nothing_follows() {
    let settings = Settings::new(Method::named("snes").expect("a name of the list"), 10);
    let target = Criteria { target: Some(1e-6), ..Criteria::default() };
    let mut restarts = of(settings.clone(), Policy::Ipop, target);
    while restarts.ended().is_none() {
        generation(&mut restarts, sphere);
    }
    assert_eq!(restarts.ended(), Some(StopReason::Target));
    assert!(restarts.best().is_some_and(|best| best.fitness <= 1e-6 && sphere(best.member) == best.fitness));

    let budget = Criteria { evaluations: Some(95), ..Criteria::default() };
    let maximised = Settings { goal: Goal::Maximise, ..settings.clone() };
    let mut restarts = of(maximised, Policy::Ipop, budget);
    while restarts.ended().is_none() {
        generation(&mut restarts, |x| -sphere(x));
    }
    assert_eq!((restarts.ended(), restarts.evaluations()), (Some(StopReason::Budget), 100));

    let mut restarts = of(settings, Policy::Never, Criteria::default());
    while restarts.ended().is_none() {
        generation(&mut restarts, |_| f64::INFINITY);
    }
    assert_eq!(restarts.ended(), Some(StopReason::NoFitness));
}

#[test]
fn restored_restarts_go_on_as_if_nothing_had_been() {
    for policy in [Policy::Same, Policy::Ipop, Policy::Bipop] {
        let settings = Settings::new(Method::named("sep-cma-es").expect("a name of the list"), 6);
        let mut whole = of(settings, policy, Criteria::default());
        let mut broken = whole.clone();
        // Stairs: flat often enough for some restarts.
        let stairs = |x: &[f64]| (sphere(x) * 4.0).floor();
        for turn in 0..300 {
            generation(&mut whole, stairs);
            generation(&mut broken, stairs);
            if turn % 7 == 0 {
                let text = serde_json::to_string(&broken.state()).expect("a state is data");
                let state: RestartsState<f64> = serde_json::from_str(&text).expect("and comes back");
                broken = Restarts::restore(&state).expect("whole");
            }
            assert!(broken.state() == whole.state(), "{policy:?}, generation {turn}");
        }
        assert!(whole.stopped().len() >= 2, "{policy:?}: {:?}", whole.stopped());
        let later = serde_json::to_string(&whole.state()).expect("data").replacen(
            "\"version\":1",
            "\"version\":2",
            1,
        );
        let later: RestartsState<f64> = serde_json::from_str(&later).expect("data");
        assert!(Restarts::restore(&later).expect_err("of the future").to_string().contains("version 2"));
    }
}
