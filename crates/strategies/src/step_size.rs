//! Cumulative step-size adaptation, and the constants that CMA-ES and Sep-CMA-ES share.
//!
//! ```text
//! p = (1 - c) p + sqrt(c (2 - c) mu) w                        w the weighted step in standardised coordinates
//! s = s exp(c / d (|p| / chi - 1))
//! h = 1 if |p| / sqrt(1 - (1 - c)^(2 (t + 1))) < (1.4 + 2 / (D + 1)) chi, else 0
//! d = 1 + 2 max(0, sqrt((mu - 1) / (D + 1)) - 1) + c
//! chi = sqrt D (1 - 1 / (4 D) + 1 / (21 D^2))                 near the length of a normal vector
//! ```
//!
//! with `mu` the variance-effective count of parents. Source: Hansen, "The CMA evolution strategy: a tutorial" (2016).

use crate::real::{exp, power};

/// The smallest and the largest step size that is kept.
pub(crate) const LEAST: f64 = 1e-300;
pub(crate) const MOST: f64 = 1e150;

/// A longer step of a coordinate, in units of the step size, is left out: no sum of its squares may overflow.
pub(crate) const LONGEST: f64 = 1e100;

/// A step size, and how it learns.
#[derive(Clone, Debug)]
pub(crate) struct StepSize {
    pub(crate) sigma: f64,
    rate: f64,
    damping: f64,
    chi: f64,
    dims: f64,
    parents: f64,
}

impl StepSize {
    /// `added` is what the rate's denominator adds to `D` and `mu`; `known` the dimensions that its constants know of.
    pub(crate) fn new(sigma: f64, dims: usize, known: usize, parents: f64, added: f64) -> StepSize {
        let (dims, known) = (dims as f64, known as f64);
        let rate = (parents + 2.0) / (dims + parents + added);
        let spread = (((parents - 1.0) / (dims + 1.0)).max(0.0).sqrt() - 1.0).max(0.0);
        let chi = dims.sqrt() * (1.0 - 1.0 / (4.0 * dims) + 1.0 / (21.0 * known * known));
        let sigma = sigma.clamp(LEAST, MOST);
        StepSize { sigma, rate, damping: 1.0 + 2.0 * spread + rate, chi, dims, parents }
    }

    /// What the path keeps of itself, and takes of the step.
    pub(crate) fn path(&self) -> [f64; 2] {
        blend(self.rate, self.parents)
    }

    /// Changes the step size by the path's length. Whether the other path may grow.
    pub(crate) fn adapt(&mut self, length: f64, generation: u64) -> bool {
        self.sigma *= exp(self.rate / self.damping * (length / self.chi - 1.0));
        self.sigma = self.sigma.clamp(LEAST, MOST);
        let settled = (1.0 - power(1.0 - self.rate, 2 * (generation + 1))).sqrt();
        length / settled < (1.4 + 2.0 / (self.dims + 1.0)) * self.chi
    }
}

/// What a path of this rate keeps of itself, and takes of the step, so that its variance stays.
pub(crate) fn blend(rate: f64, parents: f64) -> [f64; 2] {
    [1.0 - rate, (rate * (2.0 - rate) * parents).sqrt()]
}

/// `(sum w)^2 / sum w^2`
pub(crate) fn effective(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    sum * sum / weights.iter().map(|weight| weight * weight).sum::<f64>()
}
