//! Which departures of the published code from the published algorithms a search copies.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::method::Method;

/// Writes the flags, and the two sets of them that have names, from one list.
macro_rules! quirks {
    ($(#[$doc:meta])* first: $($first:ident)*; others: $($other:ident)*; later: $($later:ident)*;) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[allow(missing_docs, reason = "the table above says what each flag does")]
        pub struct Quirks {
            $(pub $first: bool,)*
            $(pub $other: bool,)*
            $(pub $later: bool,)*
        }

        impl Quirks {
            /// The algorithms as their papers give them: the variant called `corrected`.
            pub const NONE: Quirks =
                Quirks { $($first: false,)* $($other: false,)* $($later: false,)* };

            /// The reference implementation (evosax 0.1.4): the variant called `as-published`.
            pub const ALL: Quirks =
                Quirks { $($first: true,)* $($other: true,)* $($later: false,)* };

            /// Whether these are those of the reference, whatever the later flags say of other strategies.
            pub(crate) fn are_published(self) -> bool {
                $(self.$first)&&*
            }

            /// What its later release (0.3.2) departs in, of the strategies of which there are records.
            pub const LATER: Quirks =
                Quirks { $($first: false,)* $($other: false,)* $($later: true,)* };
        }

        impl fmt::Debug for Quirks {
            /// Flags that came after the first saved states are written where they are on: the checksum of a state is made
            /// of this text, and must not change.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = f.debug_struct("Quirks");
                $(text.field(stringify!($first), &self.$first);)*
                $(if self.$other {
                    text.field(stringify!($other), &true);
                })*
                $(if self.$later {
                    text.field(stringify!($later), &true);
                })*
                text.finish()
            }
        }
    };
}

quirks! {
    /// Which departures of the published code from the published algorithms a search copies.
    ///
    /// [`Quirks::NONE`] is the default and follows the algorithms' own papers. [`Quirks::ALL`] replays the reference
    /// implementation (evosax 0.1.4) to its rounding. Each can be chosen alone, to see what it does.
    ///
    /// | flag | what the published code does | effect |
    /// |---|---|---|
    /// | `ties_by_index` | members of equal fitness are ranked by their index, and not given their ranks' average; ranks are those of shaped fitness, so what the range normalisation cuts off at 1e10 is equal | equal members get different weights; the result depends on their order |
    /// | `range_one_to_three` | the range normalisation goes to 1 .. 3, and not to -1 .. 1 | none in mirrored strategies, which take differences |
    /// | `limits_lift` | a step size or learning rate that starts below its limit jumps up to it after one generation | a smaller start than the limit (0.01 by default) is not possible, and no deviation of PGPE stays below it; corrected, the limit stops the decay alone, and what PGPE learns may go below |
    /// | `sgd_late` | plain gradient descent steps along the gradient of the generation before | no move in the first generation |
    /// | `clipup_rate_twice` | the learning rate scales the velocity, and the step again; steps are not counted | far slower; the greatest speed is no speed; the count, which nothing else reads, stays 0 |
    /// | `pgpe_deviation_upward` | PGPE moves its deviations against the estimated descent: sign turned | deviations grow where they should shrink |
    /// | `pgpe_pairs_mixed` | PGPE multiplies fitness in order of rank with steps in order of sampling | what it learns about deviations is noise |
    /// | `pgpe_neighbours` | the members of a PGPE pair are neighbours, and not half a population apart | none but the order |
    /// | `snes_no_baseline` | SNES with a temperature does not subtract the mean weight | a bias of the deviations where the squared steps of a sample are not 1 on average |
    /// | `des_floor` | DES adds 1e-6 under the root of its new deviation | deviations never fall below about 0.001 |
    /// | `sep_cma_constants` | Sep-CMA-ES has the rank-one rate of full CMA-ES, no bound on the sum of rates, and takes at most 40,000 dimensions into account | learns slowly from its path; above 40,000 dimensions the rates no longer fall as they should |
    /// | `cma_ridge` | CMA-ES adds 1e-10 to every entry of the first covariance (not only to its diagonal), decomposes in every generation, and goes on with the product of the parts | a slight correlation of all coordinates, and more time |
    /// | `cma_weights_cut` | CMA-ES cuts the mean's weights off at the elite without making them sum to 1 | with an elite other than half, steps that are too short or too long |
    /// | `signs_mixed` | iAMaLGaM, the genetic algorithm, random search and LES compare costs with the best fitness as it was told, whose sign is another where fitness is maximised | with rewards above 0 everything seems better than the best, with rewards below 0 nothing does |
    /// | `xnes_isotropic` | xNES has a scalar product where an outer product belongs, and the exponential of each entry in place of that of the matrix; its matrix and its step size both start at the deviation | the matrix never changes: an isotropic search that starts at the square of the deviation |
    /// | `shaped_compared` | the same strategies compare shaped fitness of this generation with fitness of others | with ranks for fitness, parents that were ever ranked well stay for ever |
    /// | `guided_everywhere` | GuidedES decomposes the transposed matrix of gradients, which works for one gradient and gives the number 1 | the same random number is added to all coordinates; the gradient guides nothing |
    /// | `guided_short` | the gradient of GuidedES is divided by the deviation once, not twice | with plain descent, steps shorter by the deviation |
    /// | `guided_forgets_goal` | GuidedES keeps the smallest fitness as the best, whatever the goal, and does not apply the mean decay | under rewards the best is the worst |
    /// | `guided_sum` | a later release (0.3.2) of GuidedES sums over pairs instead of averaging | with plain descent, steps as many times as long as there are pairs |
    /// | `asebo_unit_steps` | ASEBO scales each step to length 1, and takes the deviation for a variance; its share of isotropic steps may pass 1 | the deviation has no effect; the covariance may not be positive, and then the reference goes on with NaN |
    /// | `amalgam_unscaled` | iAMaLGaM does not widen its distribution by the multiplier it adapts | steps ahead alone grow |
    /// | `amalgam_variance_ratio` | iAMaLGaM measures improvements in variances, or by the transposed Cholesky factor | the multiplier grows where deviations are small, whatever the step |
    /// | `les_paths` | the paths of LES take in one minus their rate of a new step, where the rate belongs | the paths with the longest memory are the largest |
    /// | none: a setting, [`Method::use_published_adam`] | adam's first moment keeps 0.99 of itself, and not 0.9 | slower to start and to turn |
    /// | none: settings | random search draws from the box from 0 to 1 wherever it starts; GuidedES descends plainly at a rate of 0.01; LES has another floor in its later release | other defaults |
    /// | none: not copied | PGPE with an elite below 1 raises an error | none; here it runs in both variants |
    /// | none: [`Search::published_sigma`](crate::Search::published_sigma) | pruning calls a variance of Sep-CMA-ES a deviation | other weights are pruned |
    first: ties_by_index range_one_to_three limits_lift sgd_late clipup_rate_twice pgpe_deviation_upward
        pgpe_pairs_mixed pgpe_neighbours snes_no_baseline des_floor sep_cma_constants cma_ridge cma_weights_cut;
    others: signs_mixed shaped_compared xnes_isotropic guided_everywhere guided_short guided_forgets_goal
        asebo_unit_steps amalgam_unscaled amalgam_variance_ratio les_paths;
    later: guided_sum;
}

impl Quirks {
    /// These, without the later flags that say nothing of a strategy, so that what is called by its settings keeps its
    /// name when other strategies get flags.
    ///
    /// ```
    /// use strategies::{Method, Quirks};
    ///
    /// let of = |name| Ok::<Quirks, strategies::UnknownStrategy>(Quirks::ALL.of(&Method::named(name)?));
    /// assert!(of("xnes")?.xnes_isotropic && !of("snes")?.xnes_isotropic);
    /// # Ok::<(), strategies::UnknownStrategy>(())
    /// ```
    #[must_use]
    pub fn of(self, method: &Method) -> Quirks {
        let compares = method.compares_with_best();
        let is = |name: &str| method.name() == name;
        let is_amalgam = matches!(method, Method::IamalgamIndep(_) | Method::IamalgamFull(_));
        Quirks {
            signs_mixed: self.signs_mixed && compares,
            xnes_isotropic: self.xnes_isotropic && is("xnes"),
            guided_everywhere: self.guided_everywhere && is("guided-es"),
            guided_short: self.guided_short && is("guided-es"),
            guided_forgets_goal: self.guided_forgets_goal && is("guided-es"),
            guided_sum: self.guided_sum && is("guided-es"),
            asebo_unit_steps: self.asebo_unit_steps && is("asebo"),
            les_paths: self.les_paths && is("les"),
            amalgam_unscaled: self.amalgam_unscaled && is_amalgam,
            amalgam_variance_ratio: self.amalgam_variance_ratio && is_amalgam,
            shaped_compared: self.shaped_compared && compares,
            ..self
        }
    }
}
