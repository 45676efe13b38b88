//! What may be changed about a problem without changing a run.

use strategies::{Execution, Goal, Method, Population, Search, Settings};

use crate::{
    ask, deviations, every_corrected, every_strategy, generation, goals, name, other_settings, sphere, start,
};

const DIMS: usize = 6;
const MEMBERS: usize = 12;

fn run(settings: &Settings, shift: f64, cost: impl Fn(&[f64]) -> f64, generations: usize) -> Search<f64> {
    let start: Vec<f64> = start::<f64>(DIMS).iter().map(|x| x + shift).collect();
    let mut search = Search::new(settings.clone(), &start).expect("good settings");
    for _ in 0..generations {
        generation(&mut search, &cost);
    }
    search
}

/// How far members are from each other: the deviation, or 1 where there is none.
fn scales(search: &Search<f64>) -> Vec<f64> {
    deviations(search).unwrap_or_else(|| vec![1.0; DIMS])
}

/// Whether a goal may be turned by turning signs: not where the published code mixes them up.
fn keeps_signs(settings: &Settings) -> bool {
    !settings.quirks.of(&settings.method).signs_mixed && goals(settings).len() == 2
}

#[test]
fn every_strategy_improves_the_sphere() {
    for settings in every_strategy(32) {
        let first = sphere(&start::<f64>(DIMS));
        let search = run(&settings, 0.0, sphere, 150);
        let last = sphere(search.mean());
        assert!(last < 0.1 * first, "{}: from {first} to {last}", name(&settings));
        let best = search.best().expect("something was told").fitness;
        // Where steps have a length of their own, no member comes nearer than that allows.
        let is_free = settings.method.no_deviation(settings.quirks).is_none();
        assert!(best < if is_free { 0.1 } else { 0.2 } * first, "{}: best {best}", name(&settings));
    }
}

#[test]
fn increasing_maps_of_fitness_change_nothing_where_ranks_decide() {
    let mapped = |x: &[f64]| (sphere(x) + 1.0).powi(3) - 5.0;
    let mut rank_based = 0;
    for settings in every_strategy(MEMBERS) {
        let shaped_by_rank = settings.shaping == strategies::Shaping::CentredRank;
        if !settings.method.is_rank_based() && !shaped_by_rank {
            continue;
        }
        rank_based += 1;
        let (plain, mapped) = (run(&settings, 0.0, sphere, 20), run(&settings, 0.0, mapped, 20));
        assert_eq!(plain.mean(), mapped.mean(), "{}", name(&settings));
        assert_eq!(deviations(&plain), deviations(&mapped), "{}", name(&settings));
    }
    let all = Method::NAMES.len() + other_settings().len();
    // GuidedES departs in the later release too
    assert_eq!(rank_based, 2 * (all - 1) + 1, "all but one, in both variants");
}

#[test]
fn maximising_the_negative_is_minimising() {
    for settings in every_strategy(MEMBERS).into_iter().filter(keeps_signs) {
        let down = run(&settings, 0.0, sphere, 15);
        let up = run(&Settings { goal: Goal::Maximise, ..settings.clone() }, 0.0, |x| -sphere(x), 15);
        assert_eq!(down.mean(), up.mean(), "{}", name(&settings));
        assert_eq!(down.best().map(|best| best.fitness), up.best().map(|best| -best.fitness));
    }
}

/// Sums of `P` terms, each below ten deviations, err by less than `10 P^2` units of roundoff; a thousand times that is
/// left for divisions by what nearly cancels.
fn rounding(deviation: f64) -> f64 {
    1e4 * (MEMBERS * MEMBERS) as f64 * f64::EPSILON * deviation
}

#[test]
fn the_order_of_members_changes_nothing_but_rounding() {
    for settings in every_corrected(MEMBERS) {
        let mut ordered = run(&settings, 0.0, sphere, 3);
        let mut turned = ordered.clone();
        let rows = ask(&ordered);
        let fitness: Vec<f64> = rows.chunks(DIMS).map(sphere).collect();
        // Members keep their centre, and pairs stay pairs: in a mirrored population the halves are turned alike. Members
        // before the first that is drawn around the mean keep their place.
        let part = MEMBERS / settings.method.parts(MEMBERS);
        let half = if settings.method.is_mirrored() { part / 2 } else { part };
        let first = ordered.around_mean().iter().position(|&around| around).unwrap_or(0);
        let turn = |place: usize| {
            if place < first { place } else { first + (place - first + 5) % (half - first) }
        };
        let from = |member: usize| member / half * half + turn(member % half);
        let moved: Vec<f64> =
            (0..MEMBERS).flat_map(|member| rows[from(member) * DIMS..][..DIMS].to_vec()).collect();
        let moved_fitness: Vec<f64> = (0..MEMBERS).map(|member| fitness[from(member)]).collect();
        let before = scales(&ordered);
        let here = Execution::default();
        ordered.tell(&here, Population::Rows(&rows), &fitness).expect("lengths are right");
        turned.tell(&here, Population::Rows(&moved), &moved_fitness).expect("lengths are right");
        for (coordinate, deviation) in before.into_iter().enumerate() {
            let apart = (ordered.mean()[coordinate] - turned.mean()[coordinate]).abs();
            assert!(apart <= rounding(deviation), "{}: means {apart:e} apart", name(&settings));
            let apart = (scales(&ordered)[coordinate] - scales(&turned)[coordinate]).abs();
            assert!(apart <= rounding(deviation), "{}: deviations {apart:e} apart", name(&settings));
        }
    }
}

#[test]
fn a_shifted_start_shifts_the_run() {
    const SHIFT: f64 = 4.0;
    for settings in every_strategy(MEMBERS) {
        let here = run(&settings, 0.0, sphere, 5);
        let there = run(&settings, SHIFT, |x| sphere(&x.iter().map(|x| x - SHIFT).collect::<Vec<_>>()), 5);
        for (coordinate, deviation) in scales(&here).into_iter().enumerate() {
            let apart = (here.mean()[coordinate] + SHIFT - there.mean()[coordinate]).abs();
            // Candidates are rounded to the scale of the shift, in each of five generations.
            let bound = 5.0 * SHIFT / deviation.min(1.0) * rounding(1.0);
            assert!(apart <= bound, "{}: {apart:e} apart, at most {bound:e}", name(&settings));
        }
    }
}

#[test]
fn mirrored_pairs_of_equal_members_pull_nowhere() {
    for settings in every_corrected(MEMBERS).into_iter().filter(|settings| settings.method.is_mirrored()) {
        let search = run(&settings, 0.0, |_| 1.0, 3);
        assert_eq!(search.mean(), start::<f64>(DIMS), "{}", name(&settings));
    }
}
