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
//!
//! Two points can take the place of the path ([`StepRule::TwoPoint`]): the first two members lie on both sides of the
//! mean, along its last step `w`, as far as the first member's deviates `z` are long.
//!
//! ```text
//! x_0, x_1 = m +- s |z| w / |C^-1/2 w|                        where the mean has moved
//! a = 0.7 a + 0.3 (rank of x_1 - rank of x_0) / (P - 1)       0 at the start
//! s = s exp(a / d)                                            d = 4 - 3.6 / sqrt D
//! ```
//!
//! A mean that would better have gone further makes steps longer; a point that failed says nothing, and two members alone
//! have no rank to speak of, so that the path decides. `h` is that of the path, which learns on. Sources:
//! Hansen, "CMA-ES with two-point step-size adaptation" (2008); Hansen, Atamna and Auger, "How to assess step-size
//! adaptation mechanisms in randomised search" (2014); the damping: Akimoto and Hansen, "Diagonal acceleration for
//! covariance matrix adaptation evolution strategies" (2020).

use serde::{Deserialize, Serialize};

use crate::real::{exp, power};

/// What a step size learns from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepRule {
    /// The length of a path of the mean's steps.
    #[default]
    Cumulative,
    /// Two members along the mean's last step.
    TwoPoint,
}

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
        self.multiply(exp(self.rate / self.damping * (length / self.chi - 1.0)));
        self.grows(length, generation)
    }

    /// Changes the step size by what two points say: the average of their differences in rank.
    pub(crate) fn adapt_to_points(&mut self, average: f64) {
        self.multiply(exp(average / (4.0 - 3.6 / self.dims.sqrt())));
    }

    fn multiply(&mut self, factor: f64) {
        self.sigma = (self.sigma * factor).clamp(LEAST, MOST);
    }

    /// Whether the other path may grow.
    pub(crate) fn grows(&self, length: f64, generation: u64) -> bool {
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
