use super::*;
use crate::grid::cells;
use crate::spec::Spec;

fn one(text: &str) -> Cell {
    cells(&Spec::parse("x", text, &[]).unwrap()).unwrap().remove(0)
}

const MNIST: &str = "task='mnist'\nstrategy='sep-cma-es'\n";

#[test]
fn the_paper_network_has_its_multiply_adds() {
    // 28 x 28 x 200, 14 x 14 x 3200, 7840 of a forward; 128 members, 1024 images, 4000 generations; 41 tests
    let forward = 28.0 * 28.0 * 200.0 + 14.0 * 14.0 * 3200.0 + 7840.0;
    let forwards = 128.0 * 1024.0 * 4000.0 + 41.0 * 10_000.0;
    let dense = Estimator::default().dense(&one(MNIST));
    assert_eq!(dense.multiply_adds, forward * forwards);
    let policy = one("task='ant'\nstrategy='pgpe'");
    let steps = (256.0 * 8.0 * 3000.0 + 31.0 * 64.0) * 500.0;
    assert_eq!(Estimator::default().dense(&policy).multiply_adds, 4064.0 * steps);
}

#[test]
fn a_chain_costs_its_levels() {
    let mut estimator = Estimator::default();
    let whole = estimator.dense(&one(MNIST)).multiply_adds;
    let chain = estimator.chain(&one(&format!("{MNIST}levels=3"))).multiply_adds;
    assert!((chain / whole - (0.8 + 0.64)).abs() < 1e-9);
    assert_eq!(estimator.chain(&one(&format!("{MNIST}levels=1"))), Cost::default());
}

#[test]
fn sparse_levels_take_less_time_and_fast_cores_too() {
    let mut estimator = Estimator::default();
    let mut last = f64::INFINITY;
    for levels in 2..60 {
        let more = estimator.chain(&one(&format!("{MNIST}levels={levels}"))).seconds;
        let fewer = estimator.chain(&one(&format!("{MNIST}levels={}", levels - 1))).seconds;
        assert!(more - fewer > 0.0 && more - fewer < last, "level {levels}");
        last = more - fewer;
    }
    let dense = Estimator::default().dense(&one(MNIST)).seconds;
    let fast = Estimator::new(Rates { speed: 2.0 }).dense(&one(MNIST)).seconds;
    assert_eq!(dense, 2.0 * fast);
    // benches/peers/RESULTS.md: 2.19 s a generation on one core, 4000 generations
    assert!((dense / (2.19 * 4000.0) - 1.0).abs() < 0.02, "{dense}");
}

#[test]
fn what_was_taken_counts_more_than_the_model() {
    let mut estimator = Estimator::default();
    let [one_seed, other] = [0, 7].map(|seed| one(&format!("{MNIST}seed={seed}")));
    estimator.learn(chain_kind(&one_seed), 10.0);
    estimator.learn(chain_kind(&one_seed), 20.0);
    assert_eq!(estimator.chain(&other).seconds, 15.0);
    assert!(estimator.dense(&other).seconds > 1000.0, "another kind of unit");
}

#[test]
fn cma_es_holds_squares() {
    let mut estimator = Estimator::default();
    let [cma, snes] = ["cma-es", "snes"].map(|strategy| one(&format!("task='mnist'\nstrategy='{strategy}'")));
    let more = estimator.dense(&cma).bytes - estimator.dense(&snes).bytes;
    let dims = 11_274.0;
    // saved: two matrices, their copy, and their text twice; members copied, and as steps in f64
    assert_eq!(more, 116.0 * dims * dims + 128.0 * dims * 12.0);
    let method = strategies::Method::named("cma-es").unwrap();
    let held = Memory::of_search(&strategies::Settings::new(method, 128), dims, 8.0, false);
    assert_eq!((held.square, held.members), (48.0 * dims * dims, 128.0 * (dims * 24.0 + 128.0)));
}
