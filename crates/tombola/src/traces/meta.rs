//! What a trace says of its run, and what that is here: settings of the reference as settings of a search.
//!
//! `config` has the arguments that the run was made with, `hyper` the constants that the reference derived from them. A
//! constant that is there counts; one that is not has its usual value. What follows from others (the learning rates of
//! the CMA family and of SNES) is not read: it is ours to derive.

use serde::{Deserialize, Deserializer};
use strategies::les::{LATER_FLOOR, Network};
use strategies::{Goal, Method, Optimizer, Quirks, Schedule, Settings, Shaping};

use super::TraceError;

/// The reference's names of strategies, and ours. LM-MA-ES is in no release that recorded runs.
pub const STRATEGIES: [(&str, &str); 17] = [
    ("OpenES", "open-es"),
    ("PGPE", "pgpe"),
    ("ARS", "ars"),
    ("SNES", "snes"),
    ("DES", "des"),
    ("Sep_CMA_ES", "sep-cma-es"),
    ("CMA_ES", "cma-es"),
    ("xNES", "xnes"),
    ("SimpleGA", "simple-ga"),
    ("RandomSearch", "random-search"),
    ("SV_OpenES", "sv-open-es"),
    ("GuidedES", "guided-es"),
    ("GuidedES_new", "guided-es"),
    ("ASEBO", "asebo"),
    ("LES", "les"),
    ("Indep_iAMaLGaM", "iamalgam-indep"),
    ("Full_iAMaLGaM", "iamalgam-full"),
];

/// What the record says of its run.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Meta {
    strategy: String,
    config: Config,
    /// Of each particle, where there are some.
    pub(super) popsize: usize,
    #[serde(default)]
    pub(super) particles: Option<usize>,
    pub(super) dims: usize,
    pub(super) generations: usize,
    pub(super) dtype: String,
    /// Which release of the reference recorded it.
    #[serde(default)]
    evosax: String,
    #[serde(default)]
    hyper: Hyper,
}

/// Arguments of the reference's constructor.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    #[serde(deserialize_with = "truth")]
    maximize: bool,
    #[serde(deserialize_with = "truth")]
    centered_rank: bool,
    #[serde(deserialize_with = "truth")]
    z_score: bool,
    #[serde(deserialize_with = "truth")]
    norm_range: bool,
    w_decay: f64,
    mean_decay: f64,
    opt_name: Option<String>,
    elite_ratio: Option<f64>,
    subspace_dims: Option<usize>,
    // What the later release has in place of the constants.
    optimizer: Option<String>,
    sigma: Option<f64>,
    sigma_init: Option<f64>,
    lrate: Option<f64>,
    kernel_std: Option<f64>,
    alpha: Option<f64>,
    beta: Option<f64>,
}

/// A truth as the reference takes it: true or false, or a number that is 0 or not.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Truth {
        Truth(bool),
        Number(f64),
    }
    Ok(match Truth::deserialize(deserializer)? {
        Truth::Truth(truth) => truth,
        Truth::Number(number) => number != 0.0,
    })
}

/// Constants that the reference derived from them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Hyper {
    clip_min: Option<f64>,
    clip_max: Option<f64>,
    sigma_init: Option<f64>,
    sigma_decay: Option<f64>,
    sigma_limit: Option<f64>,
    sigma_lrate: Option<f64>,
    sigma_max_change: Option<f64>,
    temperature: Option<f64>,
    lrate_mean: Option<f64>,
    lrate_sigma: Option<f64>,
    cross_over_rate: Option<f64>,
    alpha: Option<f64>,
    beta: Option<f64>,
    range_min: Option<f64>,
    range_max: Option<f64>,
    opt_params_lrate_init: Option<f64>,
    opt_params_lrate_decay: Option<f64>,
    opt_params_lrate_limit: Option<f64>,
    opt_params_beta_1: Option<f64>,
    opt_params_beta_2: Option<f64>,
    opt_params_beta_3: Option<f64>,
    opt_params_momentum: Option<f64>,
    opt_params_max_speed: Option<f64>,
    opt_params_eps: Option<f64>,
}

impl Hyper {
    /// Where candidates are clipped. By default that is at the largest number, which clips nothing.
    fn bounds(&self) -> Option<[f64; 2]> {
        let widest = [f64::from(f32::MIN), f64::from(f32::MAX)];
        let bounds = [self.clip_min.unwrap_or(widest[0]), self.clip_max.unwrap_or(widest[1])];
        (bounds != widest).then_some(bounds)
    }
}

impl Meta {
    /// The strategy of the run, by our name.
    pub(super) fn our_name(&self) -> Result<&'static str, TraceError> {
        let found = STRATEGIES.iter().find(|(theirs, _)| *theirs == self.strategy);
        found.map(|(_, ours)| *ours).ok_or_else(|| TraceError::Strategy { found: self.strategy.clone() })
    }

    /// Whether the later release recorded it, and with it less of a state.
    pub(super) fn is_later(&self) -> bool {
        self.evosax.starts_with("0.3")
    }

    /// Whether it is a run of LES, whose network is in the record.
    pub(super) fn is_les(&self) -> bool {
        self.strategy == "LES"
    }

    /// Members of a generation.
    pub(super) fn members(&self) -> usize {
        self.popsize.saturating_mul(self.particles.unwrap_or(1))
    }

    /// The box of a random search.
    pub(super) fn range(&self) -> [f64; 2] {
        let Hyper { range_min, range_max, .. } = self.hyper;
        [range_min.unwrap_or(0.0), range_max.unwrap_or(1.0)]
    }

    /// The settings of a search that redoes the run; `network` is that of the record, where it brings one.
    pub(super) fn settings(&self, quirks: Quirks, network: Option<Network>) -> Result<Settings, TraceError> {
        let Meta { config, hyper, .. } = self;
        let mut method = Method::named(self.our_name()?).expect("the table of strategies has our names");
        let rate = Schedule {
            initial: hyper.opt_params_lrate_init.or(config.lrate).unwrap_or(0.05),
            decay: hyper.opt_params_lrate_decay.unwrap_or(1.0),
            limit: hyper.opt_params_lrate_limit.unwrap_or(0.0),
        };
        let deviation = Schedule {
            initial: hyper.sigma_init.or(config.sigma_init).or(config.sigma).unwrap_or(1.0),
            decay: hyper.sigma_decay.unwrap_or(1.0),
            limit: hyper.sigma_limit.unwrap_or(0.0),
        };
        // What theirs have for the length of a step, ours have for each coordinate.
        let root = (self.dims as f64).sqrt();
        let shortened =
            Schedule { initial: deviation.initial / root, limit: deviation.limit / root, ..deviation };
        let temperature = |usual| hyper.temperature.unwrap_or(usual);
        // The reference takes a share of 0 too, and learns from one.
        let elite_ratio = |usual: f64| match config.elite_ratio.unwrap_or(usual) {
            0.0 => f64::MIN_POSITIVE,
            share => share,
        };
        match &mut method {
            Method::OpenEs(own) => {
                (own.optimizer, own.learning_rate, own.deviation) = (self.optimizer()?, rate, deviation);
            }
            Method::Ars(own) => {
                (own.optimizer, own.learning_rate, own.deviation) = (self.optimizer()?, rate, deviation);
                own.elite_ratio = elite_ratio(own.elite_ratio);
            }
            Method::Pgpe(own) => {
                (own.optimizer, own.learning_rate, own.deviation) = (self.optimizer()?, rate, deviation);
                own.elite_ratio = elite_ratio(own.elite_ratio);
                own.deviation_rate = hyper.sigma_lrate.unwrap_or(own.deviation_rate);
                own.deviation_max_change = hyper.sigma_max_change.unwrap_or(own.deviation_max_change);
            }
            Method::Snes(own) => {
                (own.deviation, own.temperature) = (deviation.initial, temperature(own.temperature));
            }
            Method::Des(own) => {
                (own.deviation, own.temperature) = (deviation.initial, temperature(own.temperature));
                own.mean_rate = hyper.lrate_mean.unwrap_or(own.mean_rate);
                own.deviation_rate = hyper.lrate_sigma.unwrap_or(own.deviation_rate);
            }
            Method::SepCmaEs(own) => {
                own.deviation = deviation.initial;
                own.elite_ratio = elite_ratio(own.elite_ratio);
            }
            Method::CmaEs(own) => {
                own.deviation = deviation.initial;
                own.elite_ratio = elite_ratio(own.elite_ratio);
            }
            Method::Xnes(own) => own.deviation = deviation.initial,
            Method::SimpleGa(own) => {
                own.deviation = deviation;
                own.elite_ratio = elite_ratio(own.elite_ratio);
                own.crossover_rate = hyper.cross_over_rate.unwrap_or(own.crossover_rate);
            }
            Method::RandomSearch(own) => {
                let [low, high] = self.range();
                own.deviation = (high - low) / 12f64.sqrt();
            }
            Method::SvOpenEs(own) => {
                (own.optimizer, own.learning_rate) = (self.optimizer()?, rate);
                own.deviation = deviation.initial;
                own.particles = self.particles.unwrap_or(1);
                own.width = config.kernel_std.unwrap_or(1.0);
                own.repulsion = config.alpha.unwrap_or(1.0);
            }
            Method::GuidedEs(own) => {
                (own.optimizer, own.learning_rate, own.deviation) = (self.optimizer()?, rate, shortened);
                own.subspace = config.subspace_dims.unwrap_or(1);
                own.alpha = hyper.alpha.or(config.alpha).unwrap_or(own.alpha);
                own.beta = hyper.beta.or(config.beta).unwrap_or(own.beta);
            }
            Method::Asebo(own) => {
                (own.optimizer, own.learning_rate, own.deviation) = (self.optimizer()?, rate, shortened);
                own.subspace = config.subspace_dims.unwrap_or(own.subspace);
            }
            Method::IamalgamIndep(own) | Method::IamalgamFull(own) => {
                own.elite_ratio = elite_ratio(own.elite_ratio);
                own.added = hyper.sigma_init.unwrap_or(own.added);
                own.added_decay = deviation.decay;
                own.added_limit = deviation.limit;
            }
            Method::Les(own) => {
                own.network = network;
                own.deviation = deviation.initial;
                own.floor = if self.is_later() { LATER_FLOOR } else { own.floor };
            }
            _ => return Err(TraceError::Strategy { found: self.strategy.clone() }),
        }
        Ok(Settings {
            goal: if config.maximize { Goal::Maximise } else { Goal::Minimise },
            shaping: match (config.centered_rank, config.z_score, config.norm_range) {
                (true, _, _) => Shaping::CentredRank,
                (_, true, _) => Shaping::ZScore,
                (_, _, true) => Shaping::Range,
                _ => Shaping::Raw,
            },
            fitness_decay: config.w_decay,
            mean_decay: config.mean_decay,
            bounds: hyper.bounds(),
            quirks,
            ..Settings::new(method, self.members())
        })
    }

    /// The run's optimiser, with the constants that the record gives.
    fn optimizer(&self) -> Result<Optimizer, TraceError> {
        let Meta { config, hyper, .. } = self;
        let usual = if self.strategy.starts_with("GuidedES") { "sgd" } else { "adam" };
        let name = config.opt_name.as_deref().or(config.optimizer.as_deref()).unwrap_or(usual);
        let unknown = || TraceError::Optimizer { found: name.to_owned() };
        let mut optimizer = Optimizer::named(name).ok_or_else(unknown)?;
        let momentum_of = hyper.opt_params_momentum;
        let [of_beta1, of_beta2, of_beta3] =
            [hyper.opt_params_beta_1, hyper.opt_params_beta_2, hyper.opt_params_beta_3];
        let given = match &mut optimizer {
            Optimizer::Adam { beta1, beta2, epsilon } => {
                vec![(beta1, of_beta1), (beta2, of_beta2), (epsilon, hyper.opt_params_eps)]
            }
            Optimizer::Sgd { momentum } => vec![(momentum, momentum_of)],
            Optimizer::RmsProp { decay, momentum, epsilon } => {
                vec![(decay, of_beta1), (momentum, momentum_of), (epsilon, hyper.opt_params_eps)]
            }
            Optimizer::ClipUp { momentum, max_speed, .. } => {
                vec![(momentum, momentum_of), (max_speed, hyper.opt_params_max_speed)]
            }
            Optimizer::Adan { beta1, beta2, beta3, epsilon } => {
                vec![(beta1, of_beta1), (beta2, of_beta2), (beta3, of_beta3), (epsilon, hyper.opt_params_eps)]
            }
            // The reference has none.
            Optimizer::AdamW { .. } => return Err(unknown()),
        };
        for (ours, theirs) in given {
            *ours = theirs.unwrap_or(*ours);
        }
        Ok(optimizer)
    }
}
