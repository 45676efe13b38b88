//! Populations in parts, and between bounds.

use strategies::open_es::OpenEsSettings;
use strategies::{
    Execution, Layout, Method, Optimizer, Population, PopulationMut, Schedule, Search, SearchError, Settings,
    Shaping,
};

use crate::{ask, every_strategy, generation, name, sphere, start};

const DIMS: usize = 41;

#[test]
fn parts_of_the_candidates_are_the_candidates() {
    for settings in every_strategy(34) {
        let mut search = Search::new(settings.clone(), &start::<f32>(DIMS)).expect("good settings");
        generation(&mut search, sphere);
        let whole = ask(&search);
        for block in [1, 16, 1000] {
            let here = Execution { block, ..Execution::default() };
            for part in [0..DIMS, 0..1, 3..4, 5..40, 32..DIMS, 7..7] {
                let width = part.len();
                let mut rows = vec![0.0; Layout::Rows.len(34, width)];
                let mut lanes = vec![0.0; Layout::Lanes.len(34, width)];
                search.ask_part(&here, part.clone(), PopulationMut::Rows(&mut rows)).expect("a part");
                search.ask_part(&here, part.clone(), PopulationMut::Lanes(&mut lanes)).expect("a part");
                for (member, coordinate) in (0..34 * width).map(|index| (index / width, index % width)) {
                    let expected = whole[member * DIMS + part.start + coordinate];
                    assert_eq!(rows[Layout::Rows.index(member, coordinate, width)], expected);
                    assert_eq!(lanes[Layout::Lanes.index(member, coordinate, width)], expected);
                }
                // The lanes that belong to nobody hold the mean.
                for (coordinate, mean) in search.mean()[part.clone()].iter().enumerate() {
                    assert_eq!(
                        lanes[Layout::Lanes.index(47, coordinate, width)],
                        *mean,
                        "{}",
                        name(&settings)
                    );
                }
            }
        }
        let refused = |part, len: usize| {
            let (here, mut rows) = (Execution::default(), vec![0.0; len]);
            search.ask_part(&here, part, PopulationMut::Rows(&mut rows)).expect_err("no such part")
        };
        assert!(matches!(refused(0..2, 34), SearchError::Length { found: 34, expected: 68, .. }));
        let message = refused(40..42, 68).to_string();
        assert_eq!(message, "there are no coordinates 40..42 among 41, counted from 0");
    }
}

#[test]
fn candidates_stay_between_the_bounds_and_are_learned_from_as_they_were_evaluated() {
    let bounds = [0.2f64, 0.9];
    for settings in every_strategy(20) {
        let within = Settings { bounds: Some(bounds), ..settings.clone() };
        // Bounds that nothing reaches: steps need not be opposite, whoever clips them.
        let wide = Settings { bounds: Some([-1e9, 1e9]), ..settings };
        let mut free = Search::new(wide, &start::<f64>(5)).expect("good settings");
        let mut search = Search::new(within.clone(), &start::<f64>(5)).expect("good settings");
        let (rows, expected) = (ask(&search), ask(&free));
        let clipped: Vec<f64> = expected.iter().map(|x| x.clamp(bounds[0], bounds[1])).collect();
        assert_eq!(rows, clipped, "{}", name(&within));
        assert_ne!(rows, expected, "some are outside");
        // Who tells the free search what was evaluated has the same search.
        let fitness: Vec<f64> = rows.chunks(5).map(sphere).collect();
        free.tell(&Execution::default(), Population::Rows(&rows), &fitness).expect("lengths are right");
        search.tell(&Execution::default(), Population::AsAsked, &fitness).expect("lengths are right");
        assert_eq!((search.mean(), search.deviation()), (free.mean(), free.deviation()), "{}", name(&within));
        assert_eq!(search.best(), free.best());

        for wrong in [[1.0, 1.0], [1.0, 0.0], [f64::NAN, 1.0], [0.0, f64::INFINITY]] {
            let settings = Settings { bounds: Some(wrong), ..within.clone() };
            let error = Search::new(settings, &start::<f64>(5)).expect_err("no bounds").to_string();
            assert!(error.contains("setting `bounds` is"), "{error}");
        }
    }
}

/// OpenAI-ES sums over members, and between bounds the steps of a pair are not opposite.
#[test]
fn open_es_learns_from_both_members_of_a_clipped_pair() {
    const RATE: f64 = 0.05;
    const DEVIATION: f64 = 0.5;
    let own = OpenEsSettings {
        optimizer: Optimizer::Sgd { momentum: 0.0 },
        learning_rate: Schedule::constant(RATE),
        deviation: Schedule::constant(DEVIATION),
    };
    let settings =
        Settings { shaping: Shaping::Raw, bounds: Some([0.4, 1.2]), ..Settings::new(Method::OpenEs(own), 8) };
    let mut search = Search::new(settings, &start::<f64>(3)).expect("good settings");
    let (rows, before) = (ask(&search), search.mean().to_vec());
    let fitness: Vec<f64> = rows.chunks(3).map(sphere).collect();
    search.tell(&Execution::default(), Population::Rows(&rows), &fitness).expect("lengths are right");
    for (coordinate, m) in before.into_iter().enumerate() {
        let steps = rows.chunks(3).map(|row| (row[coordinate] - m) / DEVIATION);
        let gradient: f64 = steps.zip(&fitness).map(|(step, f)| f * step).sum::<f64>() / (8.0 * DEVIATION);
        let apart = (search.mean()[coordinate] - (m - RATE * gradient)).abs();
        // Two dozen operations on numbers near 1.
        assert!(apart < 24.0 * f64::EPSILON, "coordinate {coordinate}: {apart:e} apart");
    }
}
