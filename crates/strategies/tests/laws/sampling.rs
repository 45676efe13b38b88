//! What a search says of its distribution is what its samples show.

use strategies::{Checkpoint, Deviation, Method, Search, Settings};

use crate::{ask, deviations, every_strategy, generation, name, sphere, start};

#[test]
fn the_deviation_is_what_a_large_sample_shows() {
    const DIMS: usize = 3;
    const MEMBERS: usize = 6000;
    for settings in every_strategy(MEMBERS) {
        let mut search = Search::new(settings.clone(), &start::<f64>(DIMS)).expect("good settings");
        for _ in 0..3 {
            generation(&mut search, |x| sphere(x) + 9.0 * x[0] * x[0]);
        }
        let Some(deviations) = deviations(&search) else { continue };
        let (rows, around) = (ask(&search), search.around_mean());
        // Members that a strategy moves ahead are no sample of the deviation.
        let count = around.iter().filter(|&&around| around).count() as f64;
        // Mirrored members are no independent samples of a mean, and half as many of a deviation.
        let samples = count / 2.0;
        for (coordinate, expected) in deviations.into_iter().enumerate() {
            let drawn = rows.chunks(DIMS).zip(&around).filter(|(_, around)| **around);
            let steps = drawn.map(|(row, _)| row[coordinate] - search.mean()[coordinate]);
            let steps: Vec<f64> = steps.collect();
            let mean = steps.iter().sum::<f64>() / count;
            let squares = steps.iter().map(|step| step * step).sum::<f64>() / count;
            // Five standard errors of a mean, and of a standard deviation.
            assert!(mean.abs() < 5.0 * expected / samples.sqrt(), "{}: mean {mean}", name(&settings));
            let apart = (squares.sqrt() / expected - 1.0).abs();
            assert!(apart < 5.0 / (2.0 * samples).sqrt(), "{}: {apart} of {expected}", name(&settings));
        }
    }
}

#[test]
fn two_members_and_one_dimension_work() {
    for settings in every_strategy(2) {
        let mut search = Search::new(settings.clone(), &[0.7f32]).expect("the smallest search");
        for _ in 0..300 {
            generation(&mut search, sphere);
            let deviations = deviations(&search).unwrap_or_default();
            let sound = deviations.iter().all(|&deviation| deviation > 0.0 && deviation.is_finite());
            assert!(search.mean()[0].is_finite() && sound, "{}", name(&settings));
        }
    }
}

#[test]
fn what_the_published_code_called_sigma_is_apart_from_the_deviation() {
    for name in Method::NAMES {
        let settings = Settings::new(Method::named(name).expect("a name of the list"), 12);
        let mut search = Search::new(settings, &start::<f64>(4)).expect("good settings");
        (0..9).for_each(|_| _ = generation(&mut search, |x| sphere(x) + 30.0 * x[1] * x[1]));
        let called = |checkpoint| search.published_sigma(checkpoint);
        let state = search.state();
        match name {
            "sep-cma-es" => {
                let variances = state.get("variances").expect("it has variances");
                let sigma = state.get("sigma").expect("and a step size")[0];
                assert_eq!(called(Checkpoint::Final), Ok(variances.clone()));
                let scaled: Vec<f64> = variances.iter().map(|variance| sigma * variance).collect();
                assert_eq!(called(Checkpoint::Best), Ok(scaled));
                let Ok(Deviation::Each(deviations)) = search.deviation() else { panic!("one each") };
                for (deviation, variance) in deviations.iter().zip(variances) {
                    assert_eq!(*deviation, sigma * variance.sqrt());
                }
            }
            "snes" | "pgpe" | "des" => {
                for checkpoint in [Checkpoint::Final, Checkpoint::Best] {
                    let sigma = called(checkpoint).expect("the published code knows it");
                    assert_eq!(search.deviation(), Ok(Deviation::Each(&sigma)));
                }
            }
            _ => {
                let reason = called(Checkpoint::Final).expect_err("the published code raises").to_string();
                assert!(reason.contains("published"), "{reason}");
            }
        }
    }
}
