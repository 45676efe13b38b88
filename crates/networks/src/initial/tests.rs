use super::*;
use crate::Preset;

fn tensor(fan_in: usize, fan_out: usize, len: usize) -> Tensor {
    Tensor {
        name: "x.weight".into(),
        layer: 0,
        role: Role::Weight,
        shape: vec![len],
        start: 0,
        prunable: true,
        fan_in,
        fan_out,
    }
}

fn drawn(initialiser: Initialiser, fan_in: usize, fan_out: usize, len: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; len];
    initialiser.draw(&tensor(fan_in, fan_out, len), Stream::new(5, "initial"), &mut out);
    out
}

/// Mean, deviation, and the largest magnitude.
fn moments(values: &[f32]) -> (f64, f64, f64) {
    let len = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / len;
    let square = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / len;
    (mean, square.sqrt(), values.iter().fold(0.0, |most, &value| most.max(f64::from(value.abs()))))
}

#[test]
fn deviations_and_bounds_are_those_of_the_definitions() {
    use Initialiser::*;
    let (fan_in, fan_out, len) = (25, 200, 200_000);
    let lecun = (1.0 / 25.0_f64).sqrt();
    // what, deviation, bound on the magnitude
    let cases = [
        (LecunNormal, lecun, 2.0 * lecun / CUT_DEVIATION),
        (HeNormal, (2.0 / 25.0_f64).sqrt(), 2.0 * (2.0 / 25.0_f64).sqrt() / CUT_DEVIATION),
        (GlorotNormal, (2.0 / 225.0_f64).sqrt(), 2.0 * (2.0 / 225.0_f64).sqrt() / CUT_DEVIATION),
        (KaimingNormal, (2.0 / 25.0_f64).sqrt(), f64::INFINITY),
        (LecunUniform, lecun, 3.0_f64.sqrt() * lecun),
        (FanInUniform, lecun / 3.0_f64.sqrt(), lecun),
        (KaimingConstant, (2.0 / 25.0_f64).sqrt(), (2.0 / 25.0_f64).sqrt()),
    ];
    for (initialiser, deviation, bound) in cases {
        let (mean, found, most) = moments(&drawn(initialiser, fan_in, fan_out, len));
        // Five deviations of a mean, and of a deviation: the fourth moments here are below 3 squared variances, so the
        // deviation of `found` is below deviation / sqrt(2 len).
        let of_mean = deviation / (len as f64).sqrt();
        assert!(mean.abs() <= 5.0 * of_mean, "{initialiser:?}: mean {mean}");
        assert!((found - deviation).abs() <= 5.0 * of_mean, "{initialiser:?}: {found} for {deviation}");
        assert!(most <= bound * (1.0 + 1e-6), "{initialiser:?}: {most} beyond {bound}");
        assert!(bound == f64::INFINITY || most > 0.98 * bound, "{initialiser:?}: {most} of {bound}");
    }
}

#[test]
fn one_sided_biases_are_uniform_and_constants_constant() {
    let values = drawn(Initialiser::Uniform { low: 0.0, high: 0.05 }, 1, 1, 100_000);
    let (mean, deviation, _) = moments(&values);
    assert!(values.iter().all(|value| (0.0..0.05).contains(value)));
    // the deviation of the mean is 0.05 / sqrt(12 len)
    assert!((mean - 0.025).abs() < 5.0 * 0.05 / (12.0 * 1e5_f64).sqrt(), "{mean}");
    assert!((deviation - 0.05 / 12.0_f64.sqrt()).abs() < 5.0 * 0.05 / (12.0 * 1e5_f64).sqrt(), "{deviation}");
    assert!(drawn(Initialiser::Constant(-1.5), 1, 1, 9).iter().all(|&value| value == -1.5));
    let signs = drawn(Initialiser::KaimingConstant, 8, 1, 1000);
    assert!(signs.iter().all(|value| value.abs() == 0.5));
    assert!((400..600).contains(&signs.iter().filter(|&&value| value > 0.0).count()));
}

#[test]
fn an_element_depends_on_stream_tensor_and_index_alone() {
    let long = drawn(Initialiser::LecunNormal, 9, 9, 1000);
    assert_eq!(long[..300], drawn(Initialiser::LecunNormal, 9, 9, 300));
    let preset = Preset::named("cnn", "1x28x28".parse().expect("an input"), 10).expect("a preset");
    let start = preset.start.draw(&preset.architecture, Stream::new(3, "initial weights"));
    assert_eq!(start, preset.start.draw(&preset.architecture, Stream::new(3, "initial weights")));
    assert_ne!(start, preset.start.draw(&preset.architecture, Stream::new(4, "initial weights")));
    let tensors = preset.architecture.tensors();
    assert!(start[tensors[5].range()].iter().all(|&bias| bias == 0.0), "the last biases");
    assert!(start[tensors[3].range()].iter().all(|&bias| bias > 0.0), "the others");
}

/// Starts of runs that exist depend on these. If this test fails, the change is wrong, not the test.
#[test]
fn starts_are_pinned_for_ever() {
    let preset = Preset::named("mlp-2", "3".parse().expect("an input"), 1).expect("a preset");
    let start = preset.start.draw(&preset.architecture, Stream::new(0, "initial weights"));
    let weights = [-0.4308429, 0.25159028, -0.23976323, -0.44535595, -0.29400724, 0.3267036];
    let biases = [0.044453144, 0.03425925];
    assert_eq!(start[..6], weights);
    assert_eq!(start[6..8], biases);
    assert_eq!(start[8..], [-0.0737952, -1.1652552, 0.0]);
}
