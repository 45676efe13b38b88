use super::*;
use crate::Pattern;
use crate::naive;
use crate::tests::{cases, draw::Draw};

impl Scalar for f64 {
    fn exp_of(self) -> f64 {
        self.exp()
    }
    fn ln_of(self) -> f64 {
        self.ln()
    }
    fn activated(self, activation: Activation) -> f64 {
        match activation {
            Activation::Identity => self,
            Activation::Relu => self.max(0.0),
            Activation::Tanh => self.tanh(),
            Activation::Sigmoid => 1.0 / (1.0 + (-self).exp()),
            Activation::Softplus => self.max(0.0) + (-self.abs()).exp().ln_1p(),
            Activation::Swish => self / (1.0 + (-self).exp()),
            #[cfg(feature = "wide")]
            Activation::Wide(_) => unreachable!("functions of one's own have no gradient"),
        }
    }
}

/// A network, parameters, and a batch.
struct Case {
    network: Network,
    parameters: Vec<f32>,
    images: Vec<Vec<f32>>,
    labels: Vec<u32>,
}

impl Case {
    /// None where a network was drawn that has no outputs or too many parameters.
    fn draw(seed: u64, most: usize) -> Option<Case> {
        let mut draw = Draw::new(seed);
        let density = draw.density();
        let network = draw.network(density);
        if network.outputs() == 0 || network.parameters() > most {
            return None;
        }
        let count = draw.of(&[1, 2, 3, 17]);
        let parameters = draw.values(network.parameters());
        let images = (0..count).map(|_| draw.values(network.inputs())).collect();
        let labels = (0..count).map(|_| draw.below(network.outputs()) as u32).collect();
        Some(Case { network, parameters, images, labels })
    }
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&number| number.into()).collect()
}

/// Which sums won and which outputs are positive: while none of it changes, the loss is a smooth function.
fn branches(network: &Network, parameters: &[f64], images: &[Vec<f64>]) -> Vec<(Vec<usize>, Vec<bool>)> {
    let passed = images.iter().flat_map(|image| forward(network, parameters, image));
    passed.map(|layer| (layer.winners, layer.output.iter().map(|&y| y > 0.0).collect())).collect()
}

/// A symmetric difference over `h` is off by a third derivative times `h^2 / 6`, so over `h / 2` by a quarter of that: by a
/// third of how far the two are from each other, and terms in `h^4`; here it may be off by all of it. A loss is off by
/// `n` roundings along a path, of numbers that are as large as the loss and its logits, so a difference by that over `h / 2`.
#[test]
fn gradients_are_differences_of_the_loss() {
    let step = 1.0 / 4096.0;
    let (mut compared, mut beside_a_kink) = (0, 0);
    for seed in 0..cases(600) {
        let Some(Case { network, parameters, images, labels }) = Case::draw(seed, 400) else { continue };
        let (parameters, images) =
            (wide(&parameters), images.iter().map(|image| wide(image)).collect::<Vec<_>>());
        let (_, gradient) = loss_gradient_of(&network, &parameters, &images, &labels);
        let here = branches(&network, &parameters, &images);
        let loss = |parameters: &[f64]| {
            let losses = images.iter().zip(&labels).map(|(image, &label)| {
                let passed = forward(&network, parameters, image);
                head(&passed[passed.len() - 1].output, label as usize, 1.0).0
            });
            losses.sum::<f64>() / images.len() as f64
        };
        let longest = |layer: &Layer| layer.inputs() + 8;
        let roundings = (network.layers().iter().map(longest).sum::<usize>() + network.outputs()) as f64;
        let logits = images.iter().flat_map(|image| forward(&network, &parameters, image).pop());
        let largest = logits.flat_map(|last| last.output).fold(1.0, |most: f64, logit| most.max(logit.abs()));
        for (place, &found) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut parameters = parameters.clone();
                parameters[place] += by;
                (loss(&parameters), branches(&network, &parameters, &images) == here)
            };
            let [far, near] =
                [step, step / 2.0].map(|h| [moved(h), moved(-h)].map(|(loss, same)| (loss / h, same)));
            if !far.iter().chain(&near).all(|(_, same)| *same) {
                beside_a_kink += 1;
                continue;
            }
            let [far, near] = [far, near].map(|[more, less]| (more.0 - less.0) / 2.0);
            let allowed = (far - near).abs() + 4.0 * roundings * f64::EPSILON * largest / step;
            assert!(
                (found - near).abs() <= allowed,
                "seed {seed}, parameter {place}: {found}, {near} +- {allowed}"
            );
            compared += 1;
        }
    }
    assert!(cfg!(miri) || compared > 20 * beside_a_kink.max(100), "{compared} compared, {beside_a_kink} not");
}

#[test]
fn the_loss_is_that_of_the_outputs() {
    for seed in 0..cases(300) {
        let Some(Case { network, parameters, images, labels }) = Case::draw(seed, 4000) else { continue };
        let outputs: Vec<Vec<f32>> =
            images.iter().map(|image| naive::network(&network, &parameters, image)).collect();
        let (score, _) = loss_gradient(&network, &parameters, &images, &labels);
        let expected = naive::score(&outputs, &labels);
        assert_eq!(
            (score.loss.to_bits(), score.correct),
            (expected.loss.to_bits(), expected.correct),
            "seed {seed}"
        );
    }
}

/// Two classes, one of which reads the input: with logits `w x` and 0 and the first for a label the gradient of `w` is
/// `(1 / (1 + e^(-w x)) - 1) x`.
#[test]
fn a_gradient_worked_by_hand() {
    let pattern = Pattern::from_triplets(2, 1, &[(0, 0)]).unwrap();
    let network = Network::new([Layer::Dense(Dense::new(pattern, Activation::Identity))]).unwrap();
    let (w, x) = (0.75_f64, 1.5_f64);
    let (score, gradient) = loss_gradient_of(&network, &[w, 0.0, 0.0], &[vec![x]], &[0]);
    let off = 1.0 / (1.0 + (-w * x).exp()) - 1.0;
    let close = |found: f64, expected: f64| (found - expected).abs() < 8.0 * f64::EPSILON;
    assert!(
        close(gradient[0], off * x) && close(gradient[1], off) && close(gradient[2], -off),
        "{gradient:?}"
    );
    assert!(close(score.loss, (-w * x).exp().ln_1p()) && score.correct == 1);
}

/// A weight of nobody's output, and an image that counts half where there are two.
#[test]
fn gradients_are_of_the_mean() {
    let Some(case) = (0..).find_map(|seed| Case::draw(seed, 400).filter(|case| case.images.len() == 1))
    else {
        unreachable!("there are endless seeds")
    };
    let one = loss_gradient(&case.network, &case.parameters, &case.images, &case.labels);
    let images = [case.images.clone(), case.images].concat();
    let labels = [case.labels.clone(), case.labels].concat();
    let two = loss_gradient(&case.network, &case.parameters, &images, &labels);
    // halves are exact
    assert_eq!(one.1, two.1);
    assert_eq!((2.0 * one.0.loss, 2 * one.0.correct), (two.0.loss, two.0.correct));
}

#[test]
#[should_panic(expected = "label 2; there are 2 classes")]
fn a_label_that_is_no_class_is_refused() {
    head(&[0.5, 0.25], 2, 1.0);
}

#[test]
fn the_slope_of_swish_has_its_limits() {
    let slope = |x: f32| before_activation(Activation::Swish, x, x.activated(Activation::Swish), 1.0);
    let points = [f32::NEG_INFINITY, f32::MIN, 0.0, 40.0, f32::MAX, f32::INFINITY];
    assert_eq!(points.map(slope), [0.0, 0.0, 0.5, 1.0, 1.0, 1.0]);
    assert!(slope(f32::NAN).is_nan());
    // it falls before it rises
    assert!(slope(-1.28) < 0.0 && slope(-1.27) > 0.0);
}
