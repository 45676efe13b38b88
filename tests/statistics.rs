//! The statistics of reports beside SciPy and rliable: the numbers of `scripts/statistics-goldens`.

use serde_json::Value;
use tombola::stats::{self, Seeds};

const GOLDENS: &str = include_str!("statistics/goldens.json");

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn lists(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("a list").iter().map(numbers).collect()
}

fn cases() -> Vec<Value> {
    let goldens: Value = serde_json::from_str(GOLDENS).expect("JSON");
    let cases = goldens["cases"].as_array().expect("cases").clone();
    assert!(cases.len() >= 7);
    cases
}

fn close(found: f64, expected: &Value, allowed: f64, what: &str) {
    let expected = expected.as_f64().expect("a number");
    assert!((found - expected).abs() <= allowed, "{what}: {found} for {expected}");
}

#[test]
fn means_and_chances_are_theirs() {
    for case in cases() {
        let (ours, theirs) = (lists(&case["ours"]), lists(&case["theirs"]));
        let middle = stats::interquartile_mean(&ours, Seeds::Apart).expect("scores").mean;
        close(middle, &case["interquartile_mean"], 1e-12, "interquartile mean");
        let chance = stats::probability_of_improvement(&ours, &theirs).expect("scores");
        close(chance, &case["probability_of_improvement"], 1e-12, "probability of improvement");
        let profile = stats::profile(&ours.concat(), &[-0.25, 0.0, 0.125, 0.5]).expect("scores");
        for (place, share) in profile.into_iter().enumerate() {
            close(share, &case["profile"][place], 1e-12, "share above a threshold");
        }
        let student = stats::mean(&ours[0]).expect("scores");
        let half = student.half.expect("three seeds");
        // points of the t distribution are a table of four digits
        for (found, place) in [(student.mean, 0), (student.mean - half, 1), (student.mean + half, 2)] {
            close(found, &case["student_of_first"][place], 1e-5, "Student's interval");
        }
    }
}

#[test]
fn p_values_and_their_correction_are_theirs() {
    for case in cases() {
        let pairs: Vec<(Vec<f64>, Vec<f64>)> =
            lists(&case["ours"]).into_iter().zip(lists(&case["theirs"])).collect();
        let difference = |(a, b): &(Vec<f64>, Vec<f64>)| {
            let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            stats::p_value(stats::mean(&differences).expect("pairs")).expect("three seeds")
        };
        let found: Vec<f64> = pairs.iter().map(difference).collect();
        for (place, found) in found.iter().enumerate() {
            close(*found, &case["p_values"][place], 1e-5, "p value");
        }
        // the correction is exact where the values are theirs
        for (place, found) in stats::holm(&numbers(&case["p_values"])).into_iter().enumerate() {
            close(found, &case["holm"][place], 1e-12, "Holm's correction");
        }
    }
}

#[test]
fn correlations_of_ranks_and_their_chances_are_theirs() {
    let goldens: Value = serde_json::from_str(GOLDENS).expect("JSON");
    let cases = goldens["rank_correlations"].as_array().expect("cases").clone();
    let counts: Vec<usize> = cases.iter().map(|case| lists(&case["pairs"]).len()).collect();
    assert_eq!(counts, [4, 5, 7, 8, 9, 10, 12, 15, 40], "those of which all orders are tried, and others");
    for case in cases {
        let pairs: Vec<(f64, f64)> = lists(&case["pairs"]).iter().map(|pair| (pair[0], pair[1])).collect();
        let found = stats::rank_correlation(&pairs).expect("both sides vary");
        close(found.rho, &case["rho"], 1e-12, "Spearman's correlation");
        close(found.chance, &case["chance"], 1e-9, "its chance");
    }
}

/// Both are ends of a bootstrap: theirs of 50,000 draws, ours of fewer. Means of a few scores are a few numbers, and the ends
/// may be two of them that are next to each other: then they are farther apart.
#[test]
fn intervals_are_theirs_but_for_chance() {
    for (index, case) in cases().iter().enumerate() {
        let found = stats::interquartile_mean(&lists(&case["ours"]), Seeds::Apart).expect("scores");
        let expected = numbers(&case["interquartile_mean_interval"]);
        let scores: usize = lists(&case["ours"]).iter().map(Vec::len).sum();
        let allowed = if scores < 20 { 0.2 } else { 0.05 } * (expected[1] - expected[0]);
        close(
            found.low,
            &case["interquartile_mean_interval"][0],
            allowed,
            &format!("case {index}, lower end"),
        );
        close(
            found.high,
            &case["interquartile_mean_interval"][1],
            allowed,
            &format!("case {index}, upper end"),
        );
    }
}
