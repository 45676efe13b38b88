//! Failed evaluations, wild numbers and wrong lengths.

use strategies::{
    Execution, Goal, Population, PopulationMut, Real, Search, SearchError, Settings, Shaping, State,
    StateError, StopReason,
};

use crate::{ask, deviations, every_strategy, generation, goals, name, sphere, start};

const DIMS: usize = 5;
const MEMBERS: usize = 16;

fn assert_sound<T: Real>(search: &Search<T>, settings: &Settings) {
    assert!(search.mean().iter().all(|mean| mean.is_finite()), "{}", name(settings));
    for deviation in deviations(search).unwrap_or_default() {
        assert!(deviation.is_finite() && deviation > T::ZERO, "{}", name(settings));
    }
    assert!(Search::restore(&search.state()).is_ok(), "{}: its state can be continued", name(settings));
}

#[test]
fn failed_evaluations_are_counted_and_never_win() {
    for settings in every_strategy(MEMBERS) {
        for goal in [Goal::Minimise, Goal::Maximise] {
            let settings = Settings { goal, ..settings.clone() };
            let sign = if goal == Goal::Minimise { 1.0 } else { -1.0 };
            let mut search = Search::new(settings.clone(), &start::<f64>(DIMS)).expect("good settings");
            let mut failures = 0;
            for _ in 0..60 {
                let rows = ask(&search);
                let mut fitness: Vec<f64> = rows.chunks(DIMS).map(|x| sign * sphere(x)).collect();
                // Also the infinity that would win, were it a number.
                for (member, wild) in [(1, f64::NAN), (4, f64::INFINITY), (9, f64::NEG_INFINITY)] {
                    fitness[member] = wild;
                }
                failures += 3;
                let told =
                    search.tell(&Execution::default(), Population::Rows(&rows), &fitness).expect("lengths");
                assert_eq!((told.failed, search.failures()), (3, failures));
                assert_sound(&search, &settings);
            }
            assert!(search.best().expect("most did not fail").fitness.is_finite());
            assert!(
                sphere(search.mean()) < sphere(&start::<f64>(DIMS)),
                "{} still improves",
                name(&settings)
            );
        }
    }
}

#[test]
fn a_generation_in_which_all_fail_teaches_nothing() {
    for settings in every_strategy(MEMBERS) {
        let mut search = Search::new(settings.clone(), &start::<f32>(DIMS)).expect("good settings");
        generation(&mut search, sphere);
        let before = search.clone();
        for _ in 0..10 {
            assert_eq!(search.stop(), None);
            let told = generation(&mut search, |_| f64::NAN);
            assert_eq!((told.failed, told.improved), (MEMBERS, false));
        }
        assert_eq!(search.stop(), Some(StopReason::NoFitness), "{}", name(&settings));
        assert_eq!((search.mean(), search.deviation()), (before.mean(), before.deviation()));
        assert_eq!(search.generation(), 11);
    }
}

/// Thirty generations in which nobody is better, and not one before.
#[test]
fn flat_fitness_is_a_reason_to_stop() {
    for settings in every_strategy(MEMBERS) {
        let mut search = Search::new(settings.clone(), &start::<f64>(DIMS)).expect("good settings");
        for flat in 0..30 {
            assert_eq!(search.stop(), None, "{}, {flat} flat generations", name(&settings));
            generation(&mut search, |_| 1.5);
        }
        assert_eq!(search.stop(), Some(StopReason::FlatFitness), "{}", name(&settings));
        generation(&mut search, sphere);
        assert_eq!(search.stop(), None, "{}", name(&settings));
    }
}

#[test]
fn deviations_that_vanish_explode_or_are_lopsided_are_reasons_to_stop() {
    let mut lopsided = 0;
    for settings in every_strategy(MEMBERS) {
        // What is not drawn around a mean has no deviation that could vanish.
        if settings.method.no_deviation(settings.quirks).is_some() {
            continue;
        }
        let stop = |deviation: f64| {
            let mut settings = settings.clone();
            settings.method.set_deviation(deviation);
            Search::new(settings, &start::<f32>(DIMS)).expect("good settings").stop()
        };
        // Far below the last place of numbers near 1, around them, and as large as is kept.
        let found = [1e-12, 1.0, 1e18].map(stop);
        let expected = [Some(StopReason::DeviationVanished), None, Some(StopReason::DeviationExploded)];
        assert_eq!(found, expected, "{}", name(&settings));

        let mut state = Search::new(settings.clone(), &start::<f64>(DIMS)).expect("good settings").state();
        // Variances from 1 to 10^14 and a little more; axes are their roots.
        for (number, longest) in [("variances", 1.1e14), ("axes", 1.1e7)] {
            let Some(mut numbers) = state.get(number) else { continue };
            numbers[0] = longest;
            state.set(number, &numbers).expect("a number of this search");
            let search = Search::restore(&state).expect("a search may have this");
            assert_eq!(search.stop(), Some(StopReason::Condition), "{}", name(&settings));
            lopsided += 1;
        }
    }
    assert_eq!(lopsided, 10, "both CMA strategies, one in three ways, and one iAMaLGaM, in both variants");
}

#[test]
fn wild_fitness_and_wild_candidates_leave_the_distribution_finite() {
    for settings in every_strategy(MEMBERS) {
        for shaping in [Shaping::Raw, Shaping::CentredRank, Shaping::ZScore, Shaping::Range] {
            let settings = Settings { shaping, fitness_decay: 1.0, ..settings.clone() };
            let mut search = Search::new(settings.clone(), &start::<f32>(DIMS)).expect("good settings");
            for step in 0..20 {
                generation(
                    &mut search,
                    |x| if x[0] > x[1] { f64::MAX } else { f64::MIN / f64::from(step + 1) },
                );
                assert_sound(&search, &settings);
            }
            let mut rows = ask(&search);
            for (index, wild) in [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN, 0.0].into_iter().enumerate() {
                rows[index * DIMS + index] = wild;
            }
            let fitness: Vec<f64> = (0..MEMBERS).map(|member| member as f64).collect();
            search.tell(&Execution::default(), Population::Rows(&rows), &fitness).expect("lengths are right");
            assert_sound(&search, &settings);
            generation(&mut search, sphere);
            assert_sound(&search, &settings);
        }
    }
}

/// One wild coordinate in each of the first members, the best fitness to them.
fn assert_wild_candidates_never_win<T: Real>(wild: &[f64]) {
    for settings in every_strategy(MEMBERS) {
        for goal in goals(&settings) {
            let sign = if goal == Goal::Minimise { 1.0 } else { -1.0 };
            let mut search =
                Search::new(Settings { goal, ..settings.clone() }, &start::<T>(DIMS)).expect("good settings");
            let mut rows = ask(&search);
            for (index, &wild) in wild.iter().enumerate() {
                rows[index * DIMS + index % DIMS] = T::of(wild);
            }
            let nowhere = wild.iter().filter(|&&wild| !T::of(wild).is_finite()).count();
            let fitness: Vec<f64> = (0..MEMBERS).map(|member| sign * member as f64).collect();
            let told = search
                .tell(&Execution::default(), Population::Rows(&rows), &fitness)
                .expect("lengths are right");
            assert_eq!((told.failed, told.improved), (nowhere, true), "{}", name(&settings));
            let best = search.best().expect("some are somewhere");
            assert_eq!(best.member, &rows[nowhere * DIMS..][..DIMS], "{}", name(&settings));
            assert_eq!(best.fitness, fitness[nowhere], "{}", name(&settings));
            assert_sound(&search, &settings);
            for _ in 0..50 {
                generation(&mut search, |x| sign * sphere(x));
                assert_sound(&search, &settings);
            }
        }
    }
}

#[test]
fn candidates_that_are_nowhere_never_win_and_huge_ones_leave_states_whole() {
    assert_wild_candidates_never_win::<f32>(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 3e38, -1e30, 1e19]);
    assert_wild_candidates_never_win::<f64>(&[f64::NAN, f64::INFINITY, 1e308, -1e300, 1e200, 1e155]);
}

/// The decay turns a fitness that is a number into a cost that is none: the evaluation failed, and cannot win.
#[test]
fn a_candidate_whose_cost_is_infinite_never_wins() {
    for settings in every_strategy(MEMBERS) {
        let settings = Settings { fitness_decay: 1.0, ..settings };
        let mut search = Search::new(settings.clone(), &start::<f64>(DIMS)).expect("good settings");
        let mut rows = ask(&search);
        rows[0] = 1e200;
        let fitness: Vec<f64> = (0..MEMBERS).map(|member| member as f64).collect();
        let told =
            search.tell(&Execution::default(), Population::Rows(&rows), &fitness).expect("lengths are right");
        assert_eq!(told.failed, 1, "{}", name(&settings));
        let best = search.best().expect("others did not fail");
        assert_eq!((best.fitness, best.member), (1.0, &rows[DIMS..2 * DIMS]), "{}", name(&settings));
    }
}

#[test]
fn states_with_numbers_that_no_search_has_are_refused_by_name() {
    let mut seen = Vec::new();
    for settings in every_strategy(MEMBERS) {
        let mut search = Search::new(settings.clone(), &start::<f64>(DIMS)).expect("good settings");
        generation(&mut search, sphere);
        let whole = search.state();
        let cases: [(&'static str, &[f64]); 16] = [
            ("generation", &[1e308, -1.0, 0.5, f64::NAN]),
            ("evaluations", &[1e308, -1.0, 9_007_199_254_740_992.0]),
            ("optimizer_steps", &[1e308, -1.0, f64::INFINITY]),
            ("decomposition_age", &[1e308, -1.0]),
            ("sigma", &[1e308, 0.0, -1.0, f64::NAN]),
            ("axes", &[0.0, -1.0, 1e308, f64::INFINITY]),
            ("transform", &[1e308, f64::NAN]),
            ("parents", &[f64::NAN]),
            ("multiplier", &[0.0, -1.0, f64::NAN]),
            ("alpha", &[-1.0, f64::NAN]),
            ("particles", &[f64::NAN]),
            ("directions", &[f64::INFINITY]),
            ("eigenvectors", &[1e308, f64::NAN]),
            ("covariance", &[1e308, f64::NAN]),
            ("learning_rate", &[-1.0, f64::NAN]),
            ("mean", &[f64::NAN, f64::INFINITY]),
        ];
        for (number, values) in cases {
            let Some(all) = whole.get(number) else { continue };
            seen.push(number);
            for &wild in values {
                let mut state = whole.clone();
                let mut numbers = all.clone();
                *numbers.last_mut().expect("a number") = wild;
                let result = state.set(number, &numbers).and_then(|()| Search::restore(&state).map(drop));
                let message = result.expect_err("no search has this").to_string();
                assert!(message.contains(&format!("`{number}`")), "{}: {message}", name(&settings));
            }
        }
        // As many generations as may be counted: the search goes on.
        let mut state = whole.clone();
        state.set("generation", &[9_007_199_254_740_991.0]).expect("a count");
        let mut late = Search::restore(&state).expect("as late as can be");
        generation(&mut late, sphere);
        assert!(late.mean().iter().all(|mean| mean.is_finite()), "{}", name(&settings));
    }
    for number in ["optimizer_steps", "decomposition_age", "axes", "eigenvectors", "learning_rate", "sigma"] {
        assert!(seen.contains(&number), "some strategy has {number}");
    }
}

#[test]
fn deviations_neither_vanish_nor_explode_unseen() {
    for settings in every_strategy(MEMBERS) {
        for start in [1e-30f32, 1.0, 1e30] {
            let mut search = Search::new(settings.clone(), &[start; DIMS]).expect("good settings");
            // Fitness that rewards standing still, then running away.
            for inward in [true, false] {
                for _ in 0..400 {
                    let centre = search.mean().to_vec();
                    let away =
                        |x: &[f32]| x.iter().zip(&centre).map(|(x, m)| f64::from(x - m).abs()).sum::<f64>();
                    generation(&mut search, |x| if inward { away(x) } else { -away(x) });
                }
                assert_sound(&search, &settings);
            }
        }
    }
}

#[test]
fn wrong_lengths_are_refused_and_change_nothing() {
    for settings in every_strategy(MEMBERS) {
        let mut search = Search::new(settings.clone(), &start::<f64>(DIMS)).expect("good settings");
        let before = search.state();
        let here = Execution::default();
        let mut short = vec![0.0; MEMBERS * DIMS - 1];
        let long = vec![0.0; 2 * MEMBERS * DIMS];
        let length = |result: Result<(), SearchError>| matches!(result, Err(SearchError::Length { .. }));
        assert!(length(search.ask(&here, PopulationMut::Rows(&mut short))));
        assert!(length(search.ask_member(0, &mut short)));
        assert!(length(search.ask_with(&here, &[], PopulationMut::Rows(&mut short))));
        assert!(length(search.tell(&here, Population::Rows(&short), &[0.0; MEMBERS]).map(drop)));
        assert!(length(search.tell(&here, Population::Lanes(&long), &[0.0; MEMBERS]).map(drop)));
        assert!(length(search.tell(&here, Population::AsAsked, &[0.0; MEMBERS - 1]).map(drop)));
        let error = search.ask_member(MEMBERS, &mut [0.0; DIMS]).expect_err("counted from 0").to_string();
        assert_eq!(error, "there is no member 16 among 16, counted from 0");
        assert!(search.state() == before, "{}", name(&settings));
        let start = Search::new(settings, &[0.0, f64::NAN]).expect_err("not finite").to_string();
        assert_eq!(start, "coordinate 1 of the start is NaN; expected a finite number");
    }
}

#[test]
fn a_damaged_state_is_refused() {
    for settings in every_strategy(4) {
        let mut search = Search::new(settings.clone(), &start::<f64>(2)).expect("good settings");
        generation(&mut search, sphere);
        let text = serde_json::to_string(&search.state()).expect("a state is data");
        let restored = |text: &str| {
            let state: State<f64> = serde_json::from_str(text).ok()?;
            Search::restore(&state).ok()
        };
        assert!(restored(&text).is_some(), "{}", name(&settings));
        for cut in (1..text.len()).step_by(7) {
            assert!(restored(&text[..cut]).is_none());
        }
        // Any digit may be damaged: it is noticed, or the number is the same.
        for (at, digit) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            let mut damaged = text.clone();
            damaged.replace_range(at..=at, if digit == '3' { "4" } else { "3" });
            if let Some(found) = restored(&damaged) {
                assert!(found.state() == search.state(), "{}: {damaged}", name(&settings));
            }
        }
        let version = text.replace("\"version\":1", "\"version\":2");
        let state: State<f64> = serde_json::from_str(&version).expect("data");
        assert_eq!(Search::restore(&state).expect_err("of the future"), StateError::Version { found: 2 });
        let narrow: State<f32> = serde_json::from_str(&text).expect("data");
        assert!(matches!(Search::restore(&narrow), Err(StateError::Precision { .. })));
    }
}
