//! The corrected strategies against their papers' equations, written here once more: a coordinate at a time, with sums in
//! the order of ranks and the platform's functions.
//!
//! Both sides do some hundred operations a generation on numbers near 1, so they may differ by some hundred units of
//! roundoff, and more where differences cancel; an error in a constant is a thousand million times that.

use strategies::cma_es::CmaEsSettings;
use strategies::{Method, Schedule, Search, Settings, StepRule};

use crate::{ask, generation_told, start};

pub(crate) const DIMS: usize = 5;
pub(crate) const MEMBERS: usize = 40;
pub(crate) const GENERATIONS: usize = 6;
pub(crate) const BOUND: f64 = 1e5 * f64::EPSILON;

/// Mean and deviation of each coordinate.
pub(crate) struct Spread {
    pub(crate) mean: Vec<f64>,
    pub(crate) deviation: Vec<f64>,
}

/// A candidate and its fitness.
pub(crate) type Told = (Vec<f64>, f64);

/// Runs a strategy beside its definition, which is given the members in order and may sort them.
pub(crate) fn check(name: &str, generations: usize, definition: impl FnMut(usize, &[Told], &mut Spread)) {
    check_method(Method::named(name).expect("a name of the list"), generations, definition);
}

/// The same with settings of its own.
pub(crate) fn check_method(
    method: Method,
    generations: usize,
    mut definition: impl FnMut(usize, &[Told], &mut Spread),
) {
    let name = method.name();
    let mut search = Search::new(Settings::new(method, MEMBERS), &start::<f64>(DIMS)).expect("good settings");
    let deviation = search.deviation().expect("it has one").at(0);
    let mut spread = Spread { mean: start(DIMS), deviation: vec![deviation; DIMS] };
    for turn in 0..generations {
        let told = generation_told(&mut search, |x| {
            x.iter().zip(1..).map(|(x, weight)| f64::from(weight) * (x - 0.3) * (x - 0.3)).sum()
        });
        definition(turn, &told, &mut spread);
        let deviation = search.deviation().expect("it has one");
        for coordinate in 0..DIMS {
            for (what, found, expected) in [
                ("mean", search.mean()[coordinate], spread.mean[coordinate]),
                ("deviation", deviation.at(coordinate), spread.deviation[coordinate]),
            ] {
                assert!(
                    (found - expected).abs() < BOUND,
                    "{name}, generation {turn}: {what} {found}, by definition {expected}"
                );
            }
        }
    }
    assert_ne!(spread.mean, start::<f64>(DIMS), "{name} moved");
}

pub(crate) fn best_first(told: &[Told]) -> Vec<Told> {
    let mut sorted = told.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    sorted
}

/// `sum_i w_i f(x_i)` of one coordinate.
pub(crate) fn weighted(told: &[Told], weights: &[f64], coordinate: usize, f: impl Fn(f64) -> f64) -> f64 {
    told.iter().zip(weights).map(|((x, _), weight)| weight * f(x[coordinate])).sum()
}

pub(crate) fn scaled_to_one(weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// Ranks from -1/2, best, to 1/2, worst, in the order of members.
pub(crate) fn centred_ranks(told: &[Told]) -> Vec<f64> {
    let rank = |f: f64| told.iter().filter(|(_, other)| *other < f).count() as f64;
    told.iter().map(|&(_, f)| rank(f) / (told.len() - 1) as f64 - 0.5).collect()
}

/// Adam with the constants of its paper.
#[derive(Default)]
pub(crate) struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Adam {
    pub(crate) fn step(&mut self, turn: usize, rate: f64, mean: &mut [f64], gradient: &[f64]) {
        self.first.resize(DIMS, 0.0);
        self.second.resize(DIMS, 0.0);
        let steps = turn as i32 + 1;
        for (coordinate, g) in gradient.iter().enumerate() {
            let (first, second) = (&mut self.first[coordinate], &mut self.second[coordinate]);
            *first = 0.9 * *first + 0.1 * g;
            *second = 0.999 * *second + 0.001 * g * g;
            let (m, v) = (*first / (1.0 - 0.9f64.powi(steps)), *second / (1.0 - 0.999f64.powi(steps)));
            mean[coordinate] -= rate * m / (v.sqrt() + 1e-8);
        }
    }
}

#[test]
fn snes_is_its_definition() {
    let half = MEMBERS as f64 / 2.0;
    let raw = (1..=MEMBERS).map(|rank| ((half + 1.0).ln() - (rank as f64).ln()).max(0.0)).collect();
    let weights: Vec<f64> = scaled_to_one(raw).iter().map(|weight| weight - 1.0 / MEMBERS as f64).collect();
    let rate = (3.0 + (DIMS as f64).ln()) / (5.0 * (DIMS as f64).sqrt());
    check("snes", GENERATIONS, |_, told, Spread { mean, deviation }| {
        let told = best_first(told);
        for coordinate in 0..DIMS {
            let (m, s) = (mean[coordinate], deviation[coordinate]);
            let slope = weighted(&told, &weights, coordinate, |x| (x - m) / s);
            let curvature = weighted(&told, &weights, coordinate, |x| ((x - m) / s).powi(2) - 1.0);
            mean[coordinate] += s * slope;
            deviation[coordinate] *= (0.5 * rate * curvature).exp();
        }
    });
}

#[test]
fn des_is_its_definition() {
    let place = |rank: usize| rank as f64 / (MEMBERS - 1) as f64 - 0.5;
    let raw = (0..MEMBERS).map(|rank| (-20.0 / (1.0 + (-12.5 * place(rank)).exp())).exp()).collect();
    let weights = scaled_to_one(raw);
    check("des", GENERATIONS, |_, told, Spread { mean, deviation }| {
        let told = best_first(told);
        for coordinate in 0..DIMS {
            let m = mean[coordinate];
            let seen = weighted(&told, &weights, coordinate, |x| (x - m) * (x - m)).sqrt();
            mean[coordinate] = weighted(&told, &weights, coordinate, |x| x);
            deviation[coordinate] += 0.1 * (seen - deviation[coordinate]);
        }
    });
}

/// What CMA-ES and Sep-CMA-ES share: rate, damping and the length of a normal vector.
fn step_size(parents: f64, added: f64) -> [f64; 3] {
    let dims = DIMS as f64;
    let rate = (parents + 2.0) / (dims + parents + added);
    let damping = 1.0 + 2.0 * (((parents - 1.0) / (dims + 1.0)).sqrt() - 1.0).max(0.0) + rate;
    [rate, damping, dims.sqrt() * (1.0 - 1.0 / (4.0 * dims) + 1.0 / (21.0 * dims * dims))]
}

pub(crate) fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn sep_cma_es_is_its_definition() {
    let (half, dims) = (MEMBERS / 2, DIMS as f64);
    let raw = (1..=half).map(|rank| ((half + 1) as f64).ln() - (rank as f64).ln()).collect();
    let weights = scaled_to_one(raw);
    let parents = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
    let many = ((2.0 * parents - 1.0) / ((dims + 2.0).powi(2) + parents)).min(1.0);
    let full = 2.0 / parents / (dims + 2f64.sqrt()).powi(2) + (1.0 - 1.0 / parents) * many;
    let learned = ((dims + 2.0) / 3.0 * full).min(1.0);
    let (one, many, path): (f64, f64, f64) =
        (learned / parents, learned * (1.0 - 1.0 / parents), 4.0 / (dims + 4.0));
    let [rate, damping, normal] = step_size(parents, 3.0);
    let mut sigma = 1.0f64;
    let (mut variance, mut step_path, mut long_path) =
        (vec![1.0f64; DIMS], vec![0.0f64; DIMS], vec![0.0f64; DIMS]);
    check("sep-cma-es", GENERATIONS, |turn, told, Spread { mean, deviation }| {
        let told = best_first(told);
        let old = mean.clone();
        let (keep, take) = (1.0 - rate, (rate * (2.0 - rate) * parents).sqrt());
        let step =
            |coordinate: usize| weighted(&told, &weights, coordinate, |x| (x - old[coordinate]) / sigma);
        for coordinate in 0..DIMS {
            let pulled = step(coordinate) / variance[coordinate].sqrt();
            step_path[coordinate] = keep * step_path[coordinate] + take * pulled;
        }
        let settled = (1.0 - keep.powi(2 * (turn as i32 + 1))).sqrt();
        let grows = length(&step_path) / settled < (1.4 + 2.0 / (dims + 1.0)) * normal;
        let h = f64::from(u8::from(grows));
        for coordinate in 0..DIMS {
            let pull = h * (path * (2.0 - path) * parents).sqrt() * step(coordinate);
            long_path[coordinate] = (1.0 - path) * long_path[coordinate] + pull;
            let seen = weighted(&told, &weights, coordinate, |x| ((x - old[coordinate]) / sigma).powi(2));
            let kept = 1.0 + one * (1.0 - h) * path * (2.0 - path) - one - many;
            variance[coordinate] =
                kept * variance[coordinate] + one * long_path[coordinate].powi(2) + many * seen;
            mean[coordinate] += sigma * step(coordinate);
        }
        sigma *= (rate / damping * (length(&step_path) / normal - 1.0)).exp();
        for (deviation, variance) in deviation.iter_mut().zip(&variance) {
            *deviation = sigma * variance.sqrt();
        }
    });
}

#[test]
fn open_es_is_its_definition() {
    let mut adam = Adam::default();
    check("open-es", GENERATIONS, |turn, told, Spread { mean, deviation }| {
        let (ranks, s, m) = (centred_ranks(told), deviation[0], mean.clone());
        let slope = |coordinate: usize| weighted(told, &ranks, coordinate, |x| (x - m[coordinate]) / s);
        let gradient: Vec<f64> = (0..DIMS).map(|c| slope(c) / (MEMBERS as f64 * s)).collect();
        adam.step(turn, 0.05, mean, &gradient);
    });
}

#[test]
fn ars_is_its_definition() {
    let (mut adam, half) = (Adam::default(), MEMBERS / 2);
    check("ars", GENERATIONS, |turn, told, Spread { mean, deviation }| {
        let best = |pair: &usize| told[*pair].1.min(told[pair + half].1);
        let mut pairs: Vec<usize> = (0..half).collect();
        pairs.sort_by(|a, b| best(a).total_cmp(&best(b)));
        pairs.truncate(half / 10);
        let values: Vec<f64> = pairs.iter().flat_map(|&pair| [told[pair].1, told[pair + half].1]).collect();
        let average = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|f| (f - average).powi(2)).sum::<f64>() / values.len() as f64;
        let scale = 1.0 / (pairs.len() as f64 * (variance.sqrt() + 1e-5));
        let of_pair = |&pair: &usize, c: usize, m: f64| {
            scale * (told[pair].1 - told[pair + half].1) * (told[pair].0[c] - m) / deviation[c]
        };
        let gradient: Vec<f64> =
            (0..DIMS).map(|c| pairs.iter().map(|pair| of_pair(pair, c, mean[c])).sum()).collect();
        adam.step(turn, 0.05, mean, &gradient);
    });
}

/// PGPE's update; deviations follow `schedule`.
fn pgpe(schedule: Schedule) -> impl FnMut(usize, &[Told], &mut Spread) {
    let (mut adam, half) = (Adam::default(), MEMBERS / 2);
    move |turn, told, Spread { mean, deviation }| {
        let ranks = centred_ranks(told);
        let baseline = ranks.iter().sum::<f64>() / MEMBERS as f64;
        let mut gradient = vec![0.0; DIMS];
        for coordinate in 0..DIMS {
            let (m, s) = (mean[coordinate], deviation[coordinate]);
            let mut ascent = 0.0;
            for pair in 0..half {
                let (step, plus, minus) = (told[pair].0[coordinate] - m, ranks[pair], ranks[pair + half]);
                gradient[coordinate] += 0.5 * (plus - minus) * step / half as f64;
                ascent += (0.5 * (plus + minus) - baseline) * (step * step - s * s) / s / half as f64;
            }
            let moved = (s - 0.1 * ascent).clamp(0.8 * s, 1.2 * s);
            // The limit is where the decay ends; it does not hold back what was learned.
            let decays = moved > schedule.limit;
            deviation[coordinate] = if decays { (moved * schedule.decay).max(schedule.limit) } else { moved };
        }
        adam.step(turn, 0.15, mean, &gradient);
    }
}

#[test]
fn pgpe_is_its_definition() {
    check("pgpe", GENERATIONS, pgpe(Schedule { initial: 0.1, decay: 1.0, limit: 0.01 }));
}

/// From just above the limit: some deviations come to rest on it, and some are learned to be smaller.
#[test]
fn pgpe_is_its_definition_at_its_limit() {
    let schedule = Schedule { initial: 0.0102, decay: 0.99, limit: 0.01 };
    let Ok(Method::Pgpe(own)) = Method::named("pgpe") else { panic!("pgpe is PGPE") };
    let own = strategies::pgpe::PgpeSettings { deviation: schedule, ..own };
    let mut definition = pgpe(schedule);
    let (mut below, mut on) = (0, 0);
    check_method(Method::Pgpe(own), 10, |turn, told, spread| {
        definition(turn, told, spread);
        below += spread.deviation.iter().filter(|&&deviation| deviation < schedule.limit).count();
        on += spread.deviation.iter().filter(|&&deviation| deviation == schedule.limit).count();
    });
    assert!(below > 0 && on > 0, "both are reached: {below} below, {on} on the limit");
}

/// A symmetric matrix as eigenvectors (rows) and eigenvalues: Jacobi's rotations, until nothing is left beside the diagonal.
pub(crate) fn eigen(matrix: &[[f64; DIMS]; DIMS]) -> ([[f64; DIMS]; DIMS], [f64; DIMS]) {
    let mut a = *matrix;
    let mut vectors = [[0.0; DIMS]; DIMS];
    (0..DIMS).for_each(|i| vectors[i][i] = 1.0);
    for _ in 0..60 {
        for p in 0..DIMS {
            for q in p + 1..DIMS {
                if a[p][q] == 0.0 {
                    continue;
                }
                let angle = 0.5 * (2.0 * a[p][q]).atan2(a[q][q] - a[p][p]);
                let (sin, cos) = angle.sin_cos();
                for row in &mut a {
                    (row[p], row[q]) = (cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]);
                }
                for k in 0..DIMS {
                    (a[p][k], a[q][k]) = (cos * a[p][k] - sin * a[q][k], sin * a[p][k] + cos * a[q][k]);
                    (vectors[p][k], vectors[q][k]) = (
                        cos * vectors[p][k] - sin * vectors[q][k],
                        sin * vectors[p][k] + cos * vectors[q][k],
                    );
                }
            }
        }
    }
    (vectors, std::array::from_fn(|i| a[i][i]))
}

/// `C^-1/2 y`
fn whitened(covariance: &[[f64; DIMS]; DIMS], y: &[f64]) -> Vec<f64> {
    let (vectors, values) = eigen(covariance);
    let mut white = vec![0.0; DIMS];
    for (vector, value) in vectors.iter().zip(values) {
        let along: f64 = vector.iter().zip(y).map(|(v, y)| v * y).sum();
        white.iter_mut().zip(vector).for_each(|(white, v)| *white += along / value.sqrt() * v);
    }
    white
}

/// With so many members per dimension a tenth of the covariance is new in each generation, so the decomposition is too.
#[test]
fn cma_es_is_its_definition() {
    let usual = CmaEsSettings::default();
    check_cma_es(usual);
    check_cma_es(CmaEsSettings { active: false, ..usual });
    check_cma_es(CmaEsSettings { step_size: StepRule::TwoPoint, ..usual });
}

fn check_cma_es(settings: CmaEsSettings) {
    let (half, dims, members) = (MEMBERS / 2, DIMS as f64, MEMBERS as f64);
    let raw: Vec<f64> = (1..=MEMBERS).map(|rank| ((members + 1.0) / 2.0).ln() - (rank as f64).ln()).collect();
    let effective = |weights: &[f64]| {
        weights.iter().sum::<f64>().powi(2) / weights.iter().map(|weight| weight * weight).sum::<f64>()
    };
    let (parents, against) = (effective(&raw[..half]), effective(&raw[half..]));
    let one = 2.0 / ((dims + 1.3).powi(2) + parents);
    let many =
        (2.0 * (parents - 2.0 + 1.0 / parents) / ((dims + 2.0).powi(2) + parents)).min(1.0 - one - 1e-8);
    assert!((one + many) * dims > 0.1, "the decomposition is new in each generation");
    let bound =
        (1.0 + one / many).min(1.0 + 2.0 * against / (parents + 2.0)).min((1.0 - one - many) / (dims * many));
    let positive: f64 = raw[..half].iter().sum();
    let negative: f64 = -raw[half..].iter().sum::<f64>();
    let bound = if settings.active { bound } else { 0.0 };
    let scaled = |weight: &f64| if *weight > 0.0 { weight / positive } else { bound * weight / negative };
    let weights: Vec<f64> = raw.iter().map(scaled).collect();
    let all: f64 = weights.iter().sum();
    let path = (4.0 + parents / dims) / (dims + 4.0 + 2.0 * parents / dims);
    let [rate, damping, normal] = step_size(parents, 5.0);
    let mut sigma = 1.0f64;
    let mut covariance: [[f64; DIMS]; DIMS] =
        std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    let (mut step_path, mut long_path) = (vec![0.0f64; DIMS], vec![0.0f64; DIMS]);
    let mut average = 0.0f64;
    check_method(Method::CmaEs(settings), GENERATIONS, |turn, told, Spread { mean, deviation }| {
        let place = |member: usize| told.iter().filter(|(_, cost)| *cost < told[member].1).count() as f64;
        // In the first generation no step was made that two points could try.
        let lead = if turn > 0 { (place(1) - place(0)) / (members - 1.0) } else { 0.0 };
        let told = best_first(told);
        let old = mean.clone();
        let steps: Vec<Vec<f64>> =
            told.iter().map(|(x, _)| x.iter().zip(&old).map(|(x, m)| (x - m) / sigma).collect()).collect();
        let step: Vec<f64> =
            (0..DIMS).map(|c| weighted(&told, &weights[..half], c, |x| (x - old[c]) / sigma)).collect();
        let white = whitened(&covariance, &step);
        for c in 0..DIMS {
            step_path[c] = (1.0 - rate) * step_path[c] + (rate * (2.0 - rate) * parents).sqrt() * white[c];
        }
        let settled = (1.0 - (1.0 - rate).powi(2 * (turn as i32 + 1))).sqrt();
        let grows = length(&step_path) / settled < (1.4 + 2.0 / (dims + 1.0)) * normal;
        let h = f64::from(u8::from(grows));
        for c in 0..DIMS {
            let pull = h * (path * (2.0 - path) * parents).sqrt() * step[c];
            long_path[c] = (1.0 - path) * long_path[c] + pull;
        }
        let scale = |rank: usize| match weights[rank] {
            weight if weight < 0.0 => weight * dims / length(&whitened(&covariance, &steps[rank])).powi(2),
            weight => weight,
        };
        let scales: Vec<f64> = (0..MEMBERS).map(scale).collect();
        let kept = 1.0 + one * (1.0 - h) * path * (2.0 - path) - one - many * all;
        for i in 0..DIMS {
            for j in 0..DIMS {
                let seen: f64 = steps.iter().zip(&scales).map(|(y, scale)| scale * y[i] * y[j]).sum();
                covariance[i][j] = kept * covariance[i][j] + one * long_path[i] * long_path[j] + many * seen;
            }
        }
        mean.iter_mut().zip(&step).for_each(|(mean, step)| *mean += sigma * step);
        average = 0.7 * average + 0.3 * lead;
        sigma *= match settings.step_size {
            StepRule::Cumulative => (rate / damping * (length(&step_path) / normal - 1.0)).exp(),
            StepRule::TwoPoint => (average / (4.0 - 3.6 / dims.sqrt())).exp(),
        };
        for (c, deviation) in deviation.iter_mut().enumerate() {
            *deviation = sigma * covariance[c][c].sqrt();
        }
    });
}

#[test]
fn two_points_lie_on_both_sides_of_the_mean_along_its_last_step() {
    let settings = CmaEsSettings { step_size: StepRule::TwoPoint, ..CmaEsSettings::default() };
    let settings = Settings::new(Method::CmaEs(settings), MEMBERS);
    let mut search = Search::new(settings, &start::<f64>(DIMS)).expect("good settings");
    assert!(search.around_mean().iter().all(|&around| around), "no step to go along");
    for generation in 1..5 {
        let before = search.mean().to_vec();
        generation_told(&mut search, |x| {
            x.iter().zip(1..).map(|(x, weight)| f64::from(weight) * x * x).sum()
        });
        let around = search.around_mean();
        assert_eq!(around[..3], [false, false, true]);
        let rows = ask(&search);
        let ends: Vec<Vec<f64>> = rows
            .chunks(DIMS)
            .take(2)
            .map(|row| row.iter().zip(search.mean()).map(|(x, mean)| x - mean).collect())
            .collect();
        let step: Vec<f64> = search.mean().iter().zip(&before).map(|(new, old)| new - old).collect();
        let ratio = ends[0][0] / step[0];
        assert!(ratio > 0.0, "the first goes on");
        for c in 0..DIMS {
            assert!((ends[0][c] - ratio * step[c]).abs() < BOUND, "{ends:?} along {step:?}");
            assert!((ends[0][c] + ends[1][c]).abs() < BOUND, "{ends:?}");
        }
        // As far as the first member's own draws, by the covariance that members are drawn from.
        let state = search.state();
        let [vectors, axes, sigma] =
            ["eigenvectors", "axes", "sigma"].map(|name| state.get(name).expect("it is kept"));
        let along = |axis: usize| -> f64 { (0..DIMS).map(|c| vectors[c * DIMS + axis] * ends[0][c]).sum() };
        let far: Vec<f64> = (0..DIMS).map(|axis| along(axis) / (axes[axis] * sigma[0])).collect();
        let drawn: Vec<f64> = (0..DIMS).map(|c| search.deviate(generation, 0, c)).collect();
        assert!((length(&far) - length(&drawn)).abs() < BOUND, "{far:?} and {drawn:?}");
    }
}
