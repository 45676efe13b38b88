//! The claims of the main paper, as data.

use crate::tables::pairs::Range;

/// What a difference should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Above 0.
    More,
    /// Within [`MARGIN`] of 0.
    NoDifference,
    /// Above 0 in some tasks and strategies, and not in others.
    MoreInSome,
}

/// What counts as no difference, as a share of the range of a task's scores.
pub const MARGIN: f64 = 0.05;

/// How much a criterion scores more than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gain {
    /// The one.
    pub of: &'static str,
    /// The other.
    pub against: &'static str,
}

/// What a claim compares, seed by seed but for the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum About {
    /// How much one criterion scores more than another.
    Gain {
        /// Which two.
        gain: Gain,
        /// Less how much another pair does, where parts are compared.
        less: Option<Gain>,
        /// On the mean of these densities.
        range: Range,
    },
    /// How much more of what a dense network scores above a guess the paper's printed curve of gradients loses than a criterion,
    /// at the paper's sparsest level.
    Loss {
        /// The criterion.
        of: &'static str,
    },
    /// How much better the ranks of weights by size and by signal to noise agree in networks of many weights than in those
    /// of few.
    Agreement {
        /// The criterion.
        of: &'static str,
        /// Many.
        many: Range,
        /// Few.
        few: Range,
    },
    /// Whether that loss of agreement goes with a gain, from one task and strategy to another: the correlation of their ranks.
    Prediction {
        /// The criterion whose networks lose it.
        of: &'static str,
        /// Many weights.
        many: Range,
        /// Few weights.
        few: Range,
        /// The gain.
        gain: Gain,
        /// On the mean of these densities.
        range: Range,
    },
}

/// One claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// Short and fixed.
    pub name: &'static str,
    /// In words.
    pub says: &'static str,
    /// What it compares.
    pub about: About,
    /// What the difference should be.
    pub expected: Expected,
}

/// The claims of the main paper that rows bear out, at the densities of the levels that they are about. M3 is the gap of
/// curves on the mean of levels, where the paper has their area, and at the last of its levels. What is not here is
/// in [`UNCHECKED`].
pub const CLAIMS: [Claim; 16] = [
    Claim {
        name: "M1",
        says: "tickets exist: magnitude beats random networks that are sparse",
        about: gain("magnitude", "random", Range { from: 0.0, to: 0.057 }),
        expected: Expected::More,
    },
    Claim {
        name: "M1, snr",
        says: "so does signal to noise",
        about: gain("snr", "random", Range { from: 0.0, to: 0.057 }),
        expected: Expected::More,
    },
    Claim {
        name: "M2",
        says: "with few weights gone, magnitude and random do not differ",
        about: gain("magnitude", "random", Range { from: 0.4, to: 0.99 }),
        expected: Expected::NoDifference,
    },
    Claim {
        name: "M2, snr",
        says: "nor do signal to noise and random, down to a third",
        about: gain("snr", "random", Range { from: 0.32, to: 0.99 }),
        expected: Expected::NoDifference,
    },
    Claim {
        name: "figure 1",
        says: "from a fifth of the weights to a tenth, random is behind already",
        about: gain("snr", "random", Range { from: 0.1, to: 0.215 }),
        expected: Expected::More,
    },
    Claim {
        name: "M3",
        says: "signal to noise trains sparser networks than magnitude does",
        about: gain("snr", "magnitude", Range { from: 0.0, to: 0.088 }),
        expected: Expected::More,
    },
    Claim {
        name: "M3, last",
        says: "also where networks are sparsest, at 1.4 % (the paper: 0.16)",
        about: gain("snr", "magnitude", Range { from: 0.0135, to: 0.0155 }),
        expected: Expected::More,
    },
    Claim {
        name: "M4",
        says: "on some tasks only",
        about: gain("snr", "magnitude", Range { from: 0.0, to: 0.088 }),
        expected: Expected::MoreInSome,
    },
    Claim {
        name: "M5",
        says: "on images evolution loses less of what it learnt than the printed gradients do, at 1.4 %",
        about: About::Loss { of: "snr" },
        expected: Expected::More,
    },
    Claim {
        name: "M8",
        says: "a ticket serves another task or strategy: it beats random networks that are sparse",
        about: gain("transferred", "random", Range { from: 0.0, to: 0.036 }),
        expected: Expected::More,
    },
    Claim {
        name: "M9",
        says: "though not as well as tickets of its own, where they are sparsest",
        about: gain("snr", "transferred", Range { from: 0.0, to: 0.0155 }),
        expected: Expected::More,
    },
    Claim {
        name: "M17",
        says: "size and signal to noise agree less in sparse networks, chosen by size",
        about: About::Agreement { of: "magnitude", many: MANY, few: FEW },
        expected: Expected::More,
    },
    Claim {
        name: "M17, snr",
        says: "and in those chosen by signal to noise",
        about: About::Agreement { of: "snr", many: MANY, few: FEW },
        expected: Expected::More,
    },
    Claim {
        name: "M17, gain",
        says: "where they agree less, signal to noise gains more",
        about: About::Prediction {
            of: "magnitude",
            many: MANY,
            few: FEW,
            gain: Gain { of: "snr", against: "magnitude" },
            range: Range { from: 0.0, to: 0.088 },
        },
        expected: Expected::More,
    },
    Claim {
        name: "M18, weights",
        says: "of the effect more is the mask's than the weights'",
        about: About::Gain {
            gain: MASK,
            less: Some(Gain { of: "magnitude", against: "permuted-weights" }),
            range: Range { from: 0.0, to: 0.057 },
        },
        expected: Expected::More,
    },
    Claim {
        name: "M18, layers",
        says: "and more than how many weights each layer has",
        about: About::Gain {
            gain: MASK,
            less: Some(Gain { of: "permuted-mask-and-weights", against: "random" }),
            range: Range { from: 0.0, to: 0.057 },
        },
        expected: Expected::More,
    },
];

/// How much one criterion scores more than another.
const fn gain(of: &'static str, against: &'static str, range: Range) -> About {
    About::Gain { gain: Gain { of, against }, less: None, range }
}

/// Networks of many weights, for [`About::Agreement`].
const MANY: Range = Range { from: 0.4, to: 1.0 };
/// Networks of few.
const FEW: Range = Range { from: 0.0, to: 0.057 };

/// Where in a layer the weights are that stay.
const MASK: Gain = Gain { of: "permuted-weights", against: "permuted-mask-and-weights" };

/// The claims of the main paper that rows of levels cannot bear out: name, what it says, and what would.
pub const UNCHECKED: [[&str; 3]; 9] = [
    ["M6", "at 1.4 % evolution is ahead of gradients on the whole", "training by gradients"],
    ["M7", "dense networks of images do better with gradients", "training by gradients"],
    [
        "M10",
        "another strategy is nearer than another task",
        "differences between tasks, of which M9 shows each",
    ],
    ["M11", "tickets of evolution help gradients", "tickets that change to gradients"],
    ["M12", "neighbours of a chain by gradients are connected", "losses between networks, gradients"],
    ["M13", "those by evolution are not, at first", "losses between networks"],
    ["M14", "nor are networks of one with networks of the other", "losses between networks, gradients"],
    ["M15", "evolution ends where the loss is flatter", "curvatures, gradients"],
    ["M16", "gradients leave larger weights, and more in the first layer", "training by gradients"],
];
