//! The definitions of `definitions.rs`, for the strategies that came later.

use strategies::{Execution, Method, Population, Search, Settings};

use crate::definitions::{
    Adam, DIMS, GENERATIONS, MEMBERS, Spread, Told, best_first, centred_ranks, check, check_method, eigen,
    length, scaled_to_one, weighted,
};
use crate::{ask, sphere, start};

type Square = [[f64; DIMS]; DIMS];

fn unit() -> Square {
    std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))))
}

fn product(a: &Square, b: &Square) -> Square {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..DIMS).map(|k| a[i][k] * b[k][j]).sum()))
}

/// The first terms of the series of a matrix's exponential, until they vanish.
fn exponential(matrix: &Square) -> Square {
    let (mut sum, mut term) = (unit(), unit());
    for index in 1..80 {
        term = product(&term, matrix);
        term.iter_mut().flatten().for_each(|entry| *entry /= f64::from(index));
        sum.iter_mut().flatten().zip(term.iter().flatten()).for_each(|(sum, term)| *sum += term);
    }
    sum
}

/// `A^-1 b`, by elimination.
fn solved(matrix: &Square, right: &[f64]) -> Vec<f64> {
    let (mut a, mut b) = (*matrix, right.to_vec());
    for column in 0..DIMS {
        let pivot = (column..DIMS).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()));
        a.swap(column, pivot.expect("rows"));
        b.swap(column, pivot.expect("rows"));
        for row in (0..DIMS).filter(|&row| row != column) {
            let (factor, own) = (a[row][column] / a[column][column], a[column]);
            a[row].iter_mut().zip(own).for_each(|(entry, own)| *entry -= factor * own);
            b[row] -= factor * b[column];
        }
    }
    (0..DIMS).map(|row| b[row] / a[row][row]).collect()
}

fn steps(told: &[Told], mean: &[f64], scale: f64) -> Vec<Vec<f64>> {
    told.iter().map(|(x, _)| x.iter().zip(mean).map(|(x, m)| (x - m) / scale).collect()).collect()
}

#[test]
fn xnes_is_its_definition() {
    let (half, dims) = (MEMBERS as f64 / 2.0, DIMS as f64);
    let raw = (1..=MEMBERS).map(|rank| ((half + 1.0).ln() - (rank as f64).ln()).max(0.0)).collect();
    let weights: Vec<f64> = scaled_to_one(raw).iter().map(|weight| weight - 1.0 / MEMBERS as f64).collect();
    let rate = (9.0 + 3.0 * dims.ln()) / (5.0 * dims * dims.sqrt());
    let (mut sigma, mut transform) = (1.0f64, unit());
    check("xnes", GENERATIONS, |_, told, Spread { mean, deviation }| {
        let told = best_first(told);
        let z: Vec<Vec<f64>> = steps(&told, mean, sigma).iter().map(|y| solved(&transform, y)).collect();
        let mut gradient: Square = std::array::from_fn(|i| {
            std::array::from_fn(|j| z.iter().zip(&weights).map(|(z, w)| w * z[i] * z[j]).sum())
        });
        let total: f64 = weights.iter().sum();
        (0..DIMS).for_each(|i| gradient[i][i] -= total);
        let along = (0..DIMS).map(|i| gradient[i][i]).sum::<f64>() / dims;
        for (i, mean) in mean.iter_mut().enumerate() {
            let slope = |j: usize| z.iter().zip(&weights).map(|(z, w)| w * z[j]).sum::<f64>();
            *mean += sigma * (0..DIMS).map(|j| transform[i][j] * slope(j)).sum::<f64>();
        }
        sigma *= (0.5 * rate * along).exp();
        (0..DIMS).for_each(|i| gradient[i][i] -= along);
        gradient.iter_mut().flatten().for_each(|entry| *entry *= 0.5 * rate);
        transform = product(&transform, &exponential(&gradient));
        for (deviation, row) in deviation.iter_mut().zip(&transform) {
            *deviation = sigma * length(row);
        }
    });
}

#[test]
fn lm_ma_es_is_its_definition() {
    let (half, dims, members) = (MEMBERS / 2, DIMS as f64, MEMBERS as f64);
    let raw = (1..=half).map(|rank| (half as f64 + 0.5).ln() - (rank as f64).ln()).collect();
    let weights = scaled_to_one(raw);
    let parents = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
    let count = 4 + (3.0 * dims.ln()) as usize;
    let rate = (2.0 * members / dims).min(0.5);
    let turns: Vec<f64> = (0..count as i32).map(|j| (1.0 / (1.5f64.powi(j) * dims)).min(0.5)).collect();
    let learns: Vec<f64> = (0..count as i32).map(|j| (members / (4f64.powi(j) * dims)).min(0.5)).collect();
    let mut sigma = 1.0f64;
    let (mut path, mut directions) = (vec![0.0; DIMS], vec![vec![0.0; DIMS]; count]);
    let transform = |turn: usize, directions: &[Vec<f64>]| {
        let mut all = unit();
        for (v, rate) in directions.iter().zip(&turns).take(turn) {
            let one: Square = std::array::from_fn(|i| {
                std::array::from_fn(|j| (1.0 - rate) * f64::from(u8::from(i == j)) + rate * v[i] * v[j])
            });
            all = product(&one, &all);
        }
        all
    };
    check("lm-ma-es", GENERATIONS, |turn, told, Spread { mean, deviation }| {
        let told = best_first(told);
        let all = transform(turn, &directions);
        let old = mean.clone();
        let moved: Vec<f64> =
            (0..DIMS).map(|c| weighted(&told, &weights, c, |x| (x - old[c]) / sigma)).collect();
        mean.iter_mut().zip(&moved).for_each(|(mean, moved)| *mean += sigma * moved);
        let z = solved(&all, &moved);
        let blend = |old: &mut Vec<f64>, rate: f64| {
            for (old, z) in old.iter_mut().zip(&z) {
                *old = (1.0 - rate) * *old + (rate * (2.0 - rate) * parents).sqrt() * z;
            }
        };
        blend(&mut path, rate);
        directions.iter_mut().zip(&learns).for_each(|(v, &rate)| blend(v, rate));
        sigma *= (0.5 * rate * (length(&path).powi(2) / dims - 1.0)).exp();
        for (deviation, row) in deviation.iter_mut().zip(transform(turn + 1, &directions)) {
            *deviation = sigma * length(&row);
        }
    });
}

/// What both forms of iAMaLGaM do, but for the covariance: the elite, its mean and the multiplier.
struct Amalgam {
    least: f64,
    multiplier: f64,
    stalled: u32,
}

impl Amalgam {
    fn tell(&mut self, told: &[Told], ratio: impl Fn(&[f64]) -> f64) -> (Vec<Told>, Vec<f64>) {
        let elite = best_first(told)[..MEMBERS * 35 / 100].to_vec();
        let mean = |chosen: &[Told]| -> Vec<f64> {
            (0..DIMS).map(|c| chosen.iter().map(|(x, _)| x[c]).sum::<f64>() / chosen.len() as f64).collect()
        };
        let better: Vec<Told> = elite.iter().filter(|(_, cost)| *cost < self.least).cloned().collect();
        if better.is_empty() {
            let k = self.multiplier;
            self.stalled += u32::from(k <= 1.0);
            if k > 1.0 || self.stalled >= 50 {
                self.multiplier *= 0.9;
            }
            if self.stalled < 50 {
                self.multiplier = self.multiplier.max(1.0);
            }
        } else {
            self.stalled = 0;
            self.multiplier = self.multiplier.max(1.0);
            if ratio(&mean(&better)) > 1.0 {
                self.multiplier /= 0.9;
            }
        }
        self.least = elite[0].1.min(self.least);
        let centre = mean(&elite);
        (elite, centre)
    }
}

fn amalgam_rate() -> f64 {
    let elite = (MEMBERS * 35 / 100) as f64;
    1.0 - (-1.1 * elite.powf(1.2) / (DIMS as f64).powf(1.6)).exp()
}

#[test]
fn iamalgam_with_variances_is_its_definition() {
    let mut model = Amalgam { least: f64::MAX, multiplier: 1.0, stalled: 0 };
    let mut variance = [1.0f64; DIMS];
    let rate = amalgam_rate();
    check("iamalgam-indep", 12, |_, told, Spread { mean, deviation }| {
        let far =
            |x: &[f64]| (0..DIMS).map(|c| ((x[c] - mean[c]) / variance[c].sqrt()).abs()).fold(0.0, f64::max);
        let (elite, centre) = model.tell(told, far);
        for c in 0..DIMS {
            let seen =
                elite.iter().map(|(x, _)| (x[c] - centre[c]).powi(2)).sum::<f64>() / elite.len() as f64;
            variance[c] = (1.0 - rate) * variance[c] + rate * seen;
            deviation[c] = (model.multiplier * variance[c]).sqrt();
        }
        mean.copy_from_slice(&centre);
    });
}

#[test]
fn iamalgam_with_a_covariance_is_its_definition() {
    let mut model = Amalgam { least: f64::MAX, multiplier: 1.0, stalled: 0 };
    let mut covariance = unit();
    let rate = amalgam_rate();
    check("iamalgam-full", 12, |_, told, Spread { mean, deviation }| {
        // L^-1 d, row by row of the Cholesky factor
        let far = |x: &[f64]| {
            let (mut root, mut solved) = ([[0.0; DIMS]; DIMS], [0.0; DIMS]);
            for i in 0..DIMS {
                for j in 0..=i {
                    let rest = covariance[i][j] - (0..j).map(|k| root[i][k] * root[j][k]).sum::<f64>();
                    root[i][j] = if i == j { rest.sqrt() } else { rest / root[j][j] };
                }
                let known: f64 = (0..i).map(|k| root[i][k] * solved[k]).sum();
                solved[i] = (x[i] - mean[i] - known) / root[i][i];
            }
            solved.iter().fold(0.0f64, |largest, entry| largest.max(entry.abs()))
        };
        let (elite, centre) = model.tell(told, far);
        for i in 0..DIMS {
            for j in 0..DIMS {
                let along = |(x, _): &Told| (x[i] - centre[i]) * (x[j] - centre[j]);
                let seen = elite.iter().map(along).sum::<f64>() / elite.len() as f64;
                covariance[i][j] = (1.0 - rate) * covariance[i][j] + rate * seen;
            }
            deviation[i] = (model.multiplier * covariance[i][i]).sqrt();
        }
        mean.copy_from_slice(&centre);
    });
}

#[test]
fn guided_es_is_its_definition() {
    let (mut adam, half) = (Adam::default(), MEMBERS / 2);
    check("guided-es", GENERATIONS, |turn, told, Spread { mean, deviation }| {
        let (ranks, m) = (centred_ranks(told), mean.clone());
        let pull = |c: usize| {
            (0..half).map(|pair| (ranks[pair] - ranks[pair + half]) * (told[pair].0[c] - m[c])).sum::<f64>()
        };
        let square = 0.03 * 0.03 * DIMS as f64;
        let gradient: Vec<f64> = (0..DIMS).map(|c| pull(c) / (2.0 * square * half as f64)).collect();
        adam.step(turn, 0.05, mean, &gradient);
        // Half of the variance goes anywhere, half along the gradient.
        let size = length(&gradient);
        for (deviation, g) in deviation.iter_mut().zip(&gradient) {
            let along = (g / size).powi(2);
            *deviation = (square * (0.5 / DIMS as f64 + 0.5 * along)).sqrt();
        }
    });
}

/// With more generations than coordinates, so that the subspace is in use; the directions are orthogonalised twice over
/// there and come from products, so small ones keep half of their digits.
#[test]
fn asebo_is_its_definition() {
    let (mut adam, half) = (Adam::default(), MEMBERS / 2);
    let size = 0.03 * (DIMS as f64).sqrt();
    let (mut alpha, mut archive): (f64, Vec<Vec<f64>>) = (1.0, Vec::new());
    let mut along: Vec<[f64; DIMS]> = Vec::new();
    let Ok(Method::Asebo(own)) = Method::named("asebo") else { panic!("asebo is ASEBO") };
    // Fewer directions than coordinates: otherwise nothing is off them.
    let own = strategies::asebo::AseboSettings { subspace: 4, ..own };
    check_method(Method::Asebo(own), 8, |turn, told, Spread { mean, deviation }| {
        let (ranks, m) = (centred_ranks(told), mean.clone());
        let pull = |c: usize| {
            (0..half).map(|pair| (ranks[pair] - ranks[pair + half]) * (told[pair].0[c] - m[c])).sum::<f64>()
        };
        let gradient: Vec<f64> = (0..DIMS).map(|c| 0.5 * pull(c) / size).collect();
        if !along.is_empty() {
            let shares: Vec<f64> =
                along.iter().map(|v| v.iter().zip(&gradient).map(|(v, g)| v * g).sum()).collect();
            let rest: Vec<f64> = (0..DIMS)
                .map(|c| gradient[c] - along.iter().zip(&shares).map(|(v, share)| v[c] * share).sum::<f64>())
                .collect();
            alpha = (length(&rest) / length(&shares)).min(1.0);
        }
        let scale = length(&gradient) / DIMS as f64 + 1e-8;
        let unit: Vec<f64> = gradient.iter().map(|g| g / scale).collect();
        adam.step(turn, 0.05, mean, &unit);
        archive.push(gradient);
        if archive.len() >= 4 {
            let recent = &archive[archive.len() - 4..];
            let centre: Vec<f64> =
                (0..DIMS).map(|c| recent.iter().map(|g| g[c]).sum::<f64>() / 4.0).collect();
            let scatter: Square = std::array::from_fn(|i| {
                std::array::from_fn(|j| recent.iter().map(|g| (g[i] - centre[i]) * (g[j] - centre[j])).sum())
            });
            let (vectors, values) = eigen(&scatter);
            let mut order: Vec<usize> = (0..DIMS).collect();
            order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
            // Four gradients differ in three directions.
            along = order[..3].iter().map(|&index| vectors[index]).collect();
        }
        let (anywhere, within) = match along.len() {
            0 => (1.0 / DIMS as f64, 0.0),
            count => (alpha / DIMS as f64, (1.0 - alpha) / count as f64),
        };
        for (c, deviation) in deviation.iter_mut().enumerate() {
            let share: f64 = along.iter().map(|v| v[c] * v[c]).sum();
            *deviation = size * (anywhere + within * share).sqrt();
        }
    });
}

#[test]
fn sv_open_es_is_its_definition() {
    const PARTICLES: usize = 4;
    let each = MEMBERS / PARTICLES;
    let mut adam: Vec<Adam> = (0..PARTICLES).map(|_| Adam::default()).collect();
    let mut particles: Vec<Vec<f64>> = vec![start(DIMS); PARTICLES];
    check("sv-open-es", GENERATIONS, |turn, told, Spread { mean, .. }| {
        let gradient = |(centre, told): (&Vec<f64>, &[Told])| -> Vec<f64> {
            let ranks = centred_ranks(told);
            let slope = |c: usize| weighted(told, &ranks, c, |x| (x - centre[c]) / 0.1);
            (0..DIMS).map(|c| slope(c) / (each as f64 * 0.1)).collect()
        };
        let gradients: Vec<Vec<f64>> = particles.iter().zip(told.chunks(each)).map(gradient).collect();
        let old = particles.clone();
        for ((particle, own), adam) in particles.iter_mut().zip(&old).zip(&mut adam) {
            let mut direction = vec![0.0; DIMS];
            for (other, gradient) in old.iter().zip(&gradients) {
                let square: f64 = other.iter().zip(own).map(|(a, b)| (a - b) * (a - b)).sum();
                for c in 0..DIMS {
                    direction[c] +=
                        (-0.5 * square).exp() * (gradient[c] + 0.1 * (other[c] - own[c])) / PARTICLES as f64;
                }
            }
            adam.step(turn, 0.05, particle, &direction);
        }
        let best = (0..MEMBERS).min_by(|&a, &b| told[a].1.total_cmp(&told[b].1)).expect("members");
        mean.copy_from_slice(&particles[best / each]);
    });
}

#[test]
fn the_mean_of_what_only_remembers_is_the_best_member() {
    for name in ["simple-ga", "random-search"] {
        let settings = Settings::new(Method::named(name).expect("a name of the list"), MEMBERS);
        let mut search = Search::new(settings, &start::<f64>(DIMS)).expect("good settings");
        for _ in 0..20 {
            let rows = ask(&search);
            let costs: Vec<f64> = rows.chunks(DIMS).map(sphere).collect();
            search.tell(&Execution::default(), Population::Rows(&rows), &costs).expect("lengths are right");
            assert_eq!(search.mean(), search.best().expect("something was told").member, "{name}");
        }
    }
}

#[test]
fn children_are_parents_moved_a_little_and_points_fill_their_box() {
    let settings = |name| Settings::new(Method::named(name).expect("a name of the list"), 2000);
    let mut search = Search::new(settings("simple-ga"), &start::<f64>(2)).expect("good settings");
    for _ in 0..3 {
        let rows = ask(&search);
        let costs: Vec<f64> = rows.chunks(2).map(sphere).collect();
        search.tell(&Execution::default(), Population::Rows(&rows), &costs).expect("lengths are right");
    }
    let parents = search.state().get("parents").expect("it has parents");
    for child in ask(&search).chunks(2) {
        let apart = |parent: &[f64]| (parent[0] - child[0]).hypot(parent[1] - child[1]);
        // 1 in 10^12 normal pairs is longer than 7.5 deviations.
        assert!(parents.chunks(2).map(apart).fold(f64::MAX, f64::min) < 7.5 * 0.1);
    }
    let search = Search::new(settings("random-search"), &[10.0f64, -4.0]).expect("good settings");
    let rows = ask(&search);
    for (coordinate, centre) in [10.0, -4.0].into_iter().enumerate() {
        let mut all: Vec<f64> = rows.chunks(2).map(|x| x[coordinate] - centre).collect();
        all.sort_by(f64::total_cmp);
        // The largest gap between uniform points and their places, by Kolmogorov: beyond 2.5 once in 10^5.
        let gap = all.iter().enumerate().map(|(index, x)| (x - (index as f64 / 1000.0 - 1.0)).abs());
        assert!(gap.fold(0.0, f64::max) < 2.0 * 2.5 / 2000f64.sqrt() && all[0] >= -1.0 && all[1999] < 1.0);
    }
}

#[test]
fn a_gradient_that_somebody_knows_leads_most_of_the_way() {
    let with = |guided: bool| {
        let method = Method::named("guided-es").expect("a name of the list");
        let mut search = Search::new(Settings::new(method, 4), &[1.0f64; 200]).expect("good settings");
        for _ in 0..40 {
            if guided {
                let gradient: Vec<f64> = search.mean().iter().map(|x| 2.0 * (x - 0.3)).collect();
                search.guide(&gradient).expect("it has a use for one");
            }
            let rows = ask(&search);
            let costs: Vec<f64> = rows.chunks(200).map(sphere).collect();
            search.tell(&Execution::default(), Population::Rows(&rows), &costs).expect("lengths are right");
        }
        sphere(search.mean())
    };
    assert!(with(true) < 0.5 * with(false), "{} with, {} without", with(true), with(false));
    let method = Method::named("snes").expect("a name of the list");
    let mut snes = Search::new(Settings::new(method, 4), &[0.0f64; 2]).expect("good settings");
    let error = snes.guide(&[1.0, 1.0]).expect_err("it has none").to_string();
    assert_eq!(error, "snes has no use for a gradient; guided-es has");
    assert!(snes.guide(&[f64::NAN, 1.0]).expect_err("not finite").to_string().contains("coordinate 0"));
}
