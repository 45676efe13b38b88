//! Where networks begin, against what the reference drew with 200 seeds: mean, deviation and extremes of every tensor.
//!
//! Both are samples of `n` numbers, so they differ by chance. Of means the deviation of the difference is `s sqrt(2 / n)`;
//! of deviations, with tails no heavier than a normal distribution's, at most `s sqrt(2 / 2n)`; the largest of `n` is below
//! the end of its range by what is drawn from an exponential distribution with mean `1 / (n f)`, where `f` is the density
//! at the end. Refused is what is beyond five deviations (by chance once in a million), or beyond twelve such means.

use networks::order::flax_tensors;
use networks::{Input, Preset};
use numerics::random::Stream;
use serde_json::Value;
use sparse_kernels::network::Image;

use crate::records::folder;

const SEEDS: u64 = 200;

/// Density of a normal deviate cut at two deviations at its ends, and its deviation.
const DENSITY_AT_CUT: f64 = 0.053_990_966_513 / 0.954_499_736_1;
const CUT_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// Mean, deviation, least and largest.
struct Moments {
    count: f64,
    mean: f64,
    deviation: f64,
    range: [f64; 2],
}

fn moments(numbers: &[f32]) -> Moments {
    let count = numbers.len() as f64;
    let all = || numbers.iter().map(|&number| f64::from(number));
    let mean = all().sum::<f64>() / count;
    let deviation = (all().map(|number| (number - mean).powi(2)).sum::<f64>() / count).sqrt();
    let range = all().fold([f64::MAX, f64::MIN], |[low, high], number| [low.min(number), high.max(number)]);
    Moments { count, mean, deviation, range }
}

/// What is true of a tensor: mean, deviation, ends of the range, and the density there.
fn law(name: &str, fan_in: usize, is_last_of_images: bool) -> (f64, f64, [f64; 2], f64) {
    if name.ends_with("bias") {
        let width = if is_last_of_images { 0.0 } else { 0.05 };
        return (width / 2.0, width / 12f64.sqrt(), [0.0, width], 1.0 / width);
    }
    let deviation = (1.0 / fan_in as f64).sqrt();
    let before_cut = deviation / CUT_DEVIATION;
    (0.0, deviation, [-2.0 * before_cut, 2.0 * before_cut], DENSITY_AT_CUT / before_cut)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its records")]
fn networks_begin_like_those_of_the_reference() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("evojax/networks.json")).expect("the statistics");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    let recorded = &recorded["init_statistics_200_seeds"];
    let grid = Input::Image(Image { channels: 4, height: 10, width: 10 });
    for (family, preset, input, outputs) in
        [("brax", "policy-32-32", Input::Vector(11), 3), ("minatar", "minatar-cnn", grid, 3)]
    {
        let Preset { architecture, start, .. } = Preset::named(preset, input, outputs).expect("a network");
        let starts: Vec<Vec<f32>> =
            (0..SEEDS).map(|seed| start.draw(&architecture, Stream::new(seed, "start"))).collect();
        let tensors = flax_tensors(&architecture);
        assert_eq!(tensors.len(), recorded[family].as_object().expect("tensors").len(), "{family}");
        for flax in &tensors {
            let (name, tensor) = (&flax.name, &architecture.tensors()[flax.tensor]);
            let theirs = &recorded[family][name];
            let number =
                |what: &str| theirs[what].as_f64().unwrap_or_else(|| panic!("{family}, {name}: {what}"));
            let ours: Vec<f32> =
                starts.iter().flat_map(|start| start[tensor.range()].iter().copied()).collect();
            let ours = moments(&ours);
            assert_eq!(ours.count, number("n"), "{family}, {name}: as many numbers");
            let is_last_of_images = family == "minatar" && name == "params/Dense_1/bias";
            let (mean, deviation, range, density) = law(name, tensor.fan_in, is_last_of_images);
            let by_chance = 5.0 * deviation * (2.0 / ours.count).sqrt();
            // numbers of the reference are summed in single precision
            let rounding = f64::from(f32::EPSILON) * 4.0;
            for (what, found, wanted, chance) in [
                ("mean", ours.mean, number("mean"), by_chance),
                ("deviation", ours.deviation, number("std"), by_chance / 2f64.sqrt()),
                ("mean by law", ours.mean, mean, by_chance),
                ("deviation by law", ours.deviation, deviation, by_chance),
            ] {
                let off = (found - wanted).abs();
                assert!(off <= chance + rounding, "{family}, {name}: {what} is {found}, not {wanted}");
            }
            let short = if density.is_finite() { 12.0 / (ours.count * density) } else { 0.0 };
            for ([low, high], whose) in [(ours.range, "ours"), ([number("min"), number("max")], "theirs")] {
                let is_within = low >= range[0] - rounding && high <= range[1] + rounding;
                let fills = low <= range[0] + short + rounding && high >= range[1] - short - rounding;
                assert!(
                    is_within && fills,
                    "{family}, {name}: {whose} are from {low} to {high}, not {range:?}"
                );
            }
        }
    }
}
