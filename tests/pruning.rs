//! The published selection: masks and thresholds of the reference implementation, from its own means and deviations.
//!
//! Seven levels are in `tests/pruning`; where `TOMBOLA_GOLDEN` names a folder with `prune/`, all of them are compared.

#![expect(clippy::disallowed_methods, reason = "reads recorded masks")]

use std::path::{Path, PathBuf};

use lottery::{Criterion, Procedure, Pruning, Selection};
use networks::ticket::Contents;
use networks::{Mask, MaskedNetwork, Preset, Ticket, order};
use tombola::npz::{self, Array};

/// The recorded levels of one network.
struct Recorded {
    arrays: Vec<Array>,
    name: &'static str,
    preset: Preset,
}

impl Recorded {
    fn of(path: &Path, name: &'static str) -> Recorded {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let preset = match name {
            "cnn" => Preset::named("cnn", "1x28x28".parse().expect("a recorded level"), 10),
            _ => Preset::named("policy-32-32", "87".parse().expect("a recorded level"), 8),
        };
        Recorded {
            arrays: npz::read(&bytes).expect("a recorded level"),
            name,
            preset: preset.expect("a recorded level"),
        }
    }

    fn array(&self, level: u32, what: &str) -> Option<Vec<f64>> {
        let name = format!("{}_{level:02}_{what}", self.name);
        self.arrays.iter().find(|array| array.name == name).map(|array| array.values.wide())
    }

    /// Bits of coordinates in flax's order, as coordinates of ours.
    fn bits(&self, level: u32, what: &str) -> Option<Vec<bool>> {
        let bytes = self.array(level, what)?;
        let order = order::flax(&self.preset.architecture);
        let mut bits = vec![false; order.len()];
        for (place, &coordinate) in order.iter().enumerate() {
            bits[coordinate as usize] = bytes[place / 8] as u8 >> (7 - place % 8) & 1 == 1;
        }
        Some(bits)
    }

    fn mask(&self, bits: &[bool]) -> Mask {
        let tensors = self.preset.architecture.tensors().iter();
        let prunable: Vec<bool> = tensors
            .filter(|tensor| tensor.prunable)
            .flat_map(|tensor| &bits[tensor.range()])
            .copied()
            .collect();
        Mask::from_bools(&prunable)
    }

    /// The trained network that the level was pruned from.
    fn ticket(&self, level: u32) -> Option<Ticket> {
        let alive = self.bits(level, "alive")?;
        let architecture = &self.preset.architecture;
        // values of what is alive, in flax's order
        let flat = |what: &str| {
            let mut values = self.array(level, what).expect("a recorded level").into_iter();
            let mut flat = vec![0.0_f32; architecture.parameters()];
            for &coordinate in order::flax(architecture).iter().filter(|at| alive[**at as usize]) {
                flat[coordinate as usize] = values.next().expect("a recorded level") as f32;
            }
            assert_eq!(values.next(), None, "a value for each coordinate that is alive");
            flat
        };
        let mask = self.mask(&alive);
        let network = MaskedNetwork::new(architecture, &mask).expect("a recorded level");
        let mean = network.gather(&flat("mean"));
        let contents = Contents {
            start: mean.clone(),
            mean,
            deviation: Some(network.gather(&flat("sigma"))),
            ..Contents::default()
        };
        Some(Ticket::new(architecture.clone(), &mask, contents).expect("a recorded level"))
    }

    /// Compares all levels that there are; how many.
    fn compare(&self) -> usize {
        let mut compared = 0;
        for level in 1..=20 {
            let Some(ticket) = self.ticket(level) else { continue };
            for (criterion, mode) in [(Criterion::SignalToNoise, "snr"), (Criterion::Magnitude, "mag")] {
                let pruning = Pruning { selection: Selection::Percentile, criterion, ..Pruning::default() };
                let procedure =
                    Procedure::new(self.preset.clone(), "", pruning.clone(), 0).expect("a recorded level");
                let pruned = procedure.next(level, &ticket, None).expect("a recorded level");
                let expected =
                    self.mask(&self.bits(level, &format!("{mode}_mask")).expect("a recorded level"));
                let place = format!("{} level {level} {mode}", self.name);
                assert_eq!(pruned.ticket.mask(), expected, "{place}");
                let threshold = self.array(level, &format!("{mode}_thr")).expect("a recorded level")[0];
                let limit = self.threshold_limit(&ticket, criterion, pruning.density(level));
                let found = f64::from(pruned.threshold.expect("a recorded level"));
                assert!((found - threshold).abs() <= limit, "{place}: {found} {threshold} {limit:e}");
                // exact counts keep the same weights here: no two scores are equal at the border
                let counted = Pruning { selection: Selection::Count, ..pruning };
                if counted.kept(level, expected.len()) == expected.kept() {
                    let counted =
                        Procedure::new(self.preset.clone(), "", counted, 0).expect("a recorded level");
                    assert_eq!(
                        counted.next(level, &ticket, None).expect("a recorded level").ticket.mask(),
                        expected,
                        "{place}"
                    );
                }
            }
            compared += 1;
        }
        compared
    }

    /// The reference computes the place of the threshold in single precision. Three roundings of a place below `n` move it by
    /// `3 n 2^-24`, which is worth that part of the distance between the neighbours; two more roundings follow.
    fn threshold_limit(&self, ticket: &Ticket, criterion: Criterion, density: f64) -> f64 {
        let mut scores = lottery::score::of(ticket, criterion.score(), false)
            .expect("a recorded level")
            .expect("a recorded level");
        scores.sort_by(f32::total_cmp);
        let place = (1.0 - density) * (scores.len() - 1) as f64;
        // the place may fall on either side of a score
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        let gap = scores[(above + 1).min(scores.len() - 1)] - scores[below.saturating_sub(1)];
        let rounding = f64::from(f32::EPSILON) / 2.0;
        3.0 * rounding * scores.len() as f64 * f64::from(gap) + 4.0 * rounding * f64::from(scores[above])
    }
}

fn compare_all(path: &Path) -> usize {
    ["ant", "cnn"].into_iter().map(|name| Recorded::of(path, name).compare()).sum()
}

#[test]
fn masks_and_thresholds_of_the_published_functions_are_reproduced() {
    assert_eq!(compare_all(Path::new("tests/pruning/prune_levels.npz")), 7);
    if let Some(folder) = std::env::var_os("TOMBOLA_GOLDEN").map(PathBuf::from) {
        let path = folder.join("prune/prune_levels.npz");
        if path.exists() {
            assert_eq!(compare_all(&path), 40);
        }
    }
}
