//! Each departure of the published code shows, where its table says, and nowhere else.

use strategies::{
    Execution, Goal, Method, Optimizer, Population, Quirks, Schedule, Search, Settings, Shaping, State,
};

use crate::{ask, deviations, generation, start};

/// One flag alone, with its name and settings in which it shows.
struct Case {
    name: &'static str,
    quirks: Quirks,
    settings: Settings,
}

fn settings(name: &str, change: impl Fn(&mut Method)) -> Settings {
    let mut method = crate::method(name);
    change(&mut method);
    Settings { seed: 5, ..Settings::new(method, 12) }
}

fn descent(optimizer: &str, limit: f64) -> Settings {
    settings("open-es", |method| {
        if let Method::OpenEs(own) = method {
            own.optimizer = Optimizer::named(optimizer).expect("a name of the list");
            own.learning_rate = Schedule { initial: 0.05, decay: 1.0, limit };
        }
    })
}

/// With plain descent, which does not divide by the size of a gradient.
fn plain_guided() -> Settings {
    settings("guided-es", |method| {
        if let Method::GuidedEs(own) = method {
            own.optimizer = Optimizer::Sgd { momentum: 0.0 };
        }
    })
}

fn cases() -> Vec<Case> {
    let none = Quirks::NONE;
    let case = |name, quirks, settings| Case { name, quirks, settings };
    let elite = settings("cma-es", |method| {
        if let Method::CmaEs(own) = method {
            own.elite_ratio = 0.25;
        }
    });
    let sharp = settings("snes", |method| {
        if let Method::Snes(own) = method {
            own.temperature = 4.0;
        }
    });
    let tiny = settings("des", |method| method.set_deviation(1e-4));
    let range = Settings { shaping: Shaping::Range, ..settings("open-es", |_| ()) };
    vec![
        case("ties_by_index", Quirks { ties_by_index: true, ..none }, settings("snes", |_| ())),
        case("range_one_to_three", Quirks { range_one_to_three: true, ..none }, range),
        case("limits_lift", Quirks { limits_lift: true, ..none }, descent("adam", 0.1)),
        case("sgd_late", Quirks { sgd_late: true, ..none }, descent("sgd", 0.0)),
        case("clipup_rate_twice", Quirks { clipup_rate_twice: true, ..none }, descent("clipup", 0.0)),
        case(
            "pgpe_deviation_upward",
            Quirks { pgpe_deviation_upward: true, ..none },
            settings("pgpe", |_| ()),
        ),
        case("pgpe_pairs_mixed", Quirks { pgpe_pairs_mixed: true, ..none }, settings("pgpe", |_| ())),
        case("pgpe_neighbours", Quirks { pgpe_neighbours: true, ..none }, settings("pgpe", |_| ())),
        case("snes_no_baseline", Quirks { snes_no_baseline: true, ..none }, sharp),
        case("des_floor", Quirks { des_floor: true, ..none }, tiny),
        case("sep_cma_constants", Quirks { sep_cma_constants: true, ..none }, settings("sep-cma-es", |_| ())),
        case("cma_ridge", Quirks { cma_ridge: true, ..none }, settings("cma-es", |_| ())),
        case("cma_weights_cut", Quirks { cma_weights_cut: true, ..none }, elite),
        case("guided_everywhere", Quirks { guided_everywhere: true, ..none }, settings("guided-es", |_| ())),
        case("les_paths", Quirks { les_paths: true, ..none }, settings("les", |_| ())),
        case("guided_short", Quirks { guided_short: true, ..none }, plain_guided()),
        case("guided_sum", Quirks { guided_sum: true, ..none }, plain_guided()),
        case(
            "guided_forgets_goal",
            Quirks { guided_forgets_goal: true, ..none },
            Settings { mean_decay: 0.1, ..settings("guided-es", |_| ()) },
        ),
        case("asebo_unit_steps", Quirks { asebo_unit_steps: true, ..none }, settings("asebo", |_| ())),
        case(
            "amalgam_unscaled",
            Quirks { amalgam_unscaled: true, ..none },
            settings("iamalgam-indep", |method| {
                // The best member alone: it is further than a deviation away in some coordinate.
                if let Method::IamalgamIndep(own) = method {
                    own.elite_ratio = 0.1;
                }
            }),
        ),
        case(
            "amalgam_variance_ratio",
            Quirks { amalgam_variance_ratio: true, ..none },
            settings("iamalgam-indep", |method| method.set_deviation(0.5)),
        ),
        case("xnes_isotropic", Quirks { xnes_isotropic: true, ..none }, settings("xnes", |_| ())),
        case(
            "signs_mixed",
            Quirks { signs_mixed: true, ..none },
            Settings { goal: Goal::Maximise, ..settings("random-search", |_| ()) },
        ),
        case(
            "shaped_compared",
            Quirks { shaped_compared: true, ..none },
            Settings { shaping: Shaping::ZScore, ..settings("simple-ga", |_| ()) },
        ),
    ]
}

/// Mean and deviations after some generations; costs are rounded so that some are equal, and are what is told whatever the
/// goal.
fn outcome(settings: &Settings) -> Vec<f64> {
    let mut search = Search::new(settings.clone(), &start::<f64>(4)).expect("good settings");
    for _ in 0..3 {
        generation(&mut search, |x| x.iter().map(|x| x * x).sum::<f64>().round());
    }
    let deviations = deviations(&search).unwrap_or_default();
    search.mean().iter().copied().chain(deviations).collect()
}

#[test]
fn every_flag_has_a_case_and_changes_what_it_names() {
    let cases = cases();
    let text = serde_json::to_value(Quirks::NONE).expect("data");
    let flags: Vec<&String> = text.as_object().expect("an object").keys().collect();
    let mut named: Vec<&str> = cases.iter().map(|case| case.name).collect();
    named.sort_unstable();
    assert_eq!(flags, named, "every flag, once");
    for Case { name, quirks, settings } in cases {
        let flags = serde_json::to_value(quirks).expect("data");
        let on = flags.as_object().expect("an object").iter().filter(|(_, on)| **on == true);
        assert_eq!(on.map(|(flag, _)| flag.as_str()).collect::<Vec<_>>(), [name], "that flag alone");
        let (corrected, published) = (outcome(&settings), outcome(&Settings { quirks, ..settings.clone() }));
        // Mirrored strategies take differences, in which a constant is lost but for rounding, and so is the order of pairs.
        if ["range_one_to_three", "pgpe_neighbours"].contains(&name) {
            let apart = corrected.iter().zip(&published).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            // Differences of numbers up to 3 instead of 1, of which adam keeps the relative error.
            assert!(apart < 1000.0 * f64::EPSILON, "{apart}");
        } else {
            assert_ne!(corrected, published, "`{name}` shows");
        }
    }
}

#[test]
fn effects_are_those_of_the_table() {
    let first = |settings: &Settings, quirks| {
        let settings = Settings { quirks, ..settings.clone() };
        let mut search = Search::new(settings, &start::<f64>(4)).expect("good settings");
        generation(&mut search, |x| x.iter().map(|x| x * x).sum());
        (search.mean().to_vec(), search.deviation().expect("it has one").at(0))
    };
    let all = Quirks::ALL;
    // Plain descent does not move in the published first generation, and does in the corrected one.
    let sgd = descent("sgd", 0.0);
    assert_eq!(first(&sgd, all).0, start::<f64>(4));
    assert_ne!(first(&sgd, Quirks::NONE).0, start::<f64>(4));
    // A deviation below its limit is lifted to it; corrected, it stays.
    let small = settings("open-es", |method| method.set_deviation(0.002));
    assert_eq!((first(&small, all).1, first(&small, Quirks::NONE).1), (0.01, 0.002));
    // The published floor holds deviations up: one of 1e-5 grows a thousandfold in units of itself.
    let tiny = settings("des", |method| method.set_deviation(1e-5));
    assert!(first(&tiny, all).1 > 1e-4 && first(&tiny, Quirks::NONE).1 < 2e-5);
    // PGPE's pairs stand side by side, and are otherwise the same.
    let candidates = |quirks| {
        let settings = Settings { quirks, ..settings("pgpe", |_| ()) };
        ask(&Search::new(settings, &start::<f64>(4)).expect("good settings"))
    };
    let halves = candidates(Quirks::NONE);
    let neighbours = candidates(Quirks { pgpe_neighbours: true, ..Quirks::NONE });
    for (pair, both) in neighbours.chunks(8).enumerate() {
        assert_eq!(both, [&halves[4 * pair..][..4], &halves[4 * (pair + 6)..][..4]].concat());
    }
    // PGPE's deviations go opposite ways.
    let pgpe = Settings { shaping: Shaping::Raw, ..settings("pgpe", |_| ()) };
    let (up, down) = (
        first(&pgpe, Quirks { pgpe_deviation_upward: true, ..Quirks::NONE }).1,
        first(&pgpe, Quirks::NONE).1,
    );
    assert!((up - 0.1) * (down - 0.1) < 0.0, "{up}, {down}");
}

#[test]
fn flags_are_kept_in_states() {
    for Case { name, quirks, settings } in cases() {
        let settings = Settings { quirks, ..settings };
        let mut search = Search::new(settings, &start::<f64>(3)).expect("good settings");
        search.tell(&Execution::default(), Population::AsAsked, &[1.0; 12]).expect("lengths are right");
        let text = serde_json::to_string(&search.state()).expect("data");
        let state: State<f64> = serde_json::from_str(&text).expect("and back");
        assert_eq!(Search::restore(&state).expect("whole").settings().quirks, quirks, "{name}");
    }
}
