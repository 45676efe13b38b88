use super::*;
use crate::tests::{bound, cases, draw::Draw};

#[test]
fn networks_stay_within_the_bound() {
    for seed in 0..cases(1000) {
        let mut draw = Draw::new(seed);
        let density = draw.density();
        let drawn = draw.network(density);
        let (parameters, input) = (draw.values(drawn.parameters()), draw.values(drawn.inputs()));
        let outputs = network(&drawn, &parameters, &input);
        let exact = bound::network(&drawn, &parameters, &input);
        assert_eq!(outputs.len(), exact.len());
        for (output, exact) in outputs.into_iter().zip(exact) {
            let distance = (f64::from(output) - exact.value).abs();
            assert!(distance <= exact.error, "seed {seed}: {output} is {distance} from {exact:?}");
        }
    }
}

/// With `u` half a unit in the last place of 1, a row of `n` entries rounds each term at most `n` times, by `1 + u` each, so
/// the sum is within `g (|y| + sum |a x|)` of the exact one, `g = n u / (1 - n u)`; numbers are far from subnormal.
#[test]
fn products_stay_within_the_bound() {
    for seed in 0..cases(300) {
        let mut draw = Draw::new(seed);
        let (rows, middle, density) = (draw.size(), draw.size(), draw.density());
        let pattern = draw.pattern(rows, middle, density);
        let (values, x, y) = (draw.values(pattern.nnz()), draw.values(middle), draw.values(rows));
        let mut found = y.clone();
        let view = View::by_rows(&x, middle, 1);
        product(&pattern, &values, view, &mut ViewMut::by_rows(&mut found, rows, 1), true);
        for row in 0..rows {
            let n = pattern.row(row).len() as f64;
            let (mut exact, mut magnitude) = (f64::from(y[row]), f64::from(y[row]).abs());
            for entry in pattern.row_range(row) {
                // exact: a product of two numbers of 24 bits
                let term = f64::from(values[entry]) * f64::from(x[pattern.indices()[entry] as usize]);
                exact += term;
                magnitude += term.abs();
            }
            let u = f64::from(f32::EPSILON) / 2.0;
            let bound = (n * u / (1.0 - n * u) + n * f64::EPSILON) * magnitude;
            let distance = (f64::from(found[row]) - exact).abs();
            assert!(distance <= bound, "seed {seed}, row {row}: {distance} beyond {bound}");
        }
    }
}

#[test]
fn the_best_is_the_first_of_the_largest() {
    for (logits, expected) in [
        (&[1.0, 2.0, 2.0][..], 1),
        (&[0.0, -0.0], 0),
        (&[f32::NAN, 7.0], 0),
        (&[7.0, f32::NAN, 8.0], 2),
        (&[f32::NEG_INFINITY, f32::NEG_INFINITY], 0),
        (&[], 0),
    ] {
        assert_eq!(best(logits), expected, "{logits:?}");
    }
}

#[test]
fn cross_entropy_is_near_the_exact_one() {
    for seed in 0..cases(1000) {
        let mut draw = Draw::new(seed);
        let classes = 1 + draw.below(20);
        let scale = draw.of(&[0.0, 1.0, 30.0]);
        let logits: Vec<f32> = draw.values(classes).iter().map(|value| value * scale).collect();
        let label = draw.below(classes);
        let largest = logits.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
        let margin = largest - f64::from(logits[label]);
        let exact = sum.ln() + margin;
        // With u = 2^-24: differences are off by u of themselves, at most 60 here, which exp turns into a relative error;
        // exp and ln are off by a unit in the last place, 2u, each; a sum of n numbers by (n - 1) u; ln(1 + d) by d.
        let u = f64::from(f32::EPSILON) / 2.0;
        let bound = (60.0 + 2.0 + classes as f64 - 1.0) * u + 2.0 * u * sum.ln() + u * margin + u * exact;
        let found = cross_entropy(&logits, label);
        // Products of these errors are below a thousandth of them.
        assert!((f64::from(found) - exact).abs() <= 1.001 * bound, "seed {seed}: {found} for {exact}");
    }
}

#[test]
fn cross_entropy_of_what_is_no_number_is_none() {
    assert!(cross_entropy(&[0.0, f32::NAN], 0).is_nan());
    assert!(cross_entropy(&[f32::NAN, 0.0], 1).is_nan());
    assert!(cross_entropy(&[f32::INFINITY, 0.0], 1).is_nan());
    assert!(cross_entropy(&[0.0, 1.0], 2).is_nan());
    assert!(cross_entropy(&[], 0).is_nan());
    assert_eq!(cross_entropy(&[0.0, f32::NEG_INFINITY], 0), 0.0);
    assert_eq!(cross_entropy(&[0.0, f32::NEG_INFINITY], 1), f32::INFINITY);
}
