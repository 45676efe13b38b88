//! Which strategy when.
//!
//! `D` is the number of coordinates, `P` the population. Memory is what the strategy keeps beside the population, in
//! numbers: the mean, a deviation a coordinate, and what is its own. The best candidate takes `D` more, and telling 1 or
//! 2 `D` for its time. The population itself (`P D`) need not be kept
//! ([`Population::AsAsked`](crate::Population::AsAsked)). Cost is per generation, beside drawing (`P D` deviates, half of
//! that where members are mirrored).
//!
//! | strategy | adapts | invariant under increasing maps of fitness | memory | cost | population |
//! |---|---|---|---|---|---|
//! | `open-es` | the mean | by its shaping (ranks) | `2 D`, and 1 to 4 `D` of the optimiser | `P/2 D` | even |
//! | `ars` | the mean | no | as `open-es` | `P/2 D` at most | even |
//! | `pgpe` | mean, a deviation a coordinate | by its shaping (ranks) | `2 D`, and the optimiser | `P D` | even |
//! | `snes` | mean, a deviation a coordinate | yes | `2 D` | `P D` | any |
//! | `des` | mean, a deviation a coordinate | yes | `2 D` | `P D` | any |
//! | `sep-cma-es` | mean, step size, a variance a coordinate | yes | `5 D` | `P D` | any |
//! | `cma-es` | mean, step size, all covariances | yes | `2 D^2` in `f64` | `P D^2`, and `6 D^3` now and then | any |
//! | `xnes` | mean, step size, a full matrix | yes | `2 D^2` in `f64` | `P D^2`, and `12 D^3` in each generation | any |
//! | `lm-ma-es` | mean, step size, `k = 4 + 3 ln D` directions of the covariance | yes | `(k + 5) D` | `2 P k D`, and `k^2 D` | any |
//! | `iamalgam-full` | mean, all covariances, a shift | yes | `2 D^2` in `f64` | `P D^2`, and `D^3 / 3` | any |
//! | `iamalgam-indep` | mean, a variance a coordinate, a shift | yes | `6 D` | `P D` | any |
//! | `guided-es` | the mean; steps along `k` gradients | by its shaping (ranks) | `(2 k + 3) D`, and the optimiser | `P k D` | even |
//! | `asebo` | the mean; steps where `k` gradients differ | by its shaping (ranks) | `3 k D`, and the optimiser | `P k D`, and `k^2 D` | even |
//! | `sv-open-es` | `n` means that keep apart | yes | `4 n D`, and the optimiser | `P D`, and `n^2 D` | even |
//! | `simple-ga` | parents | yes | `P D` | `P D` | any |
//! | `random-search` | nothing | yes | `3 D` | `P D` | any |
//!
//! Strategies from `cma-es` downward in the table draw members whole: their population is in memory once more while it is
//! told. Those with `D^2` in the table are refused by the commands where that does not fit.
//!
//! With `D` = 10^7, `P` = 128 and `f32` numbers, a whole process takes 196 MiB with `snes`, 234 MiB with `open-es`, 272 MiB
//! with `pgpe` and 311 MiB with `sep-cma-es`; the population alone would take 4.8 GiB. Measured as the largest resident set by
//! `/usr/bin/time -v target/release/examples/ten_million STRATEGY`, on Linux.
//!
//! Evaluations to 1e-8 with 10 coordinates and 10 members, medians of 7 seeds (`tombola bench convergence --dims 10 --seeds 7
//! --strategies ..`, which has the functions and the rules); the ellipsoid's condition is 10^6, and it is turned for those
//! that learn correlations:
//!
//! | strategy | sphere | rosenbrock | ellipsoid |
//! |---|---:|---:|---:|
//! | `cma-es` | 1302 | 5324 | 3889 |
//! | `lm-ma-es` | 1559 | 10,638 (1 missed) | 133,716 |
//! | `iamalgam-full` | 3281 | 10,629 (1 missed) | 6579 |
//! | `xnes` | 5708 | 9523 | 8433 |
//! | `sep-cma-es` | 1087 | 86,548 (1 missed) | 2434, not turned |
//! | `snes` | 1741 | none arrived | 2542, not turned |
//! | `iamalgam-indep` | 3384 | 60,027 | 5442, not turned |
//! | `des` | 3728 | none arrived | 5467, not turned |
//!
//! With 100,000 coordinates, 64 members and 8 directions in `f32`, `lm-ma-es` comes within 1e-8 of a sphere after 7.54 million
//! evaluations, and of a banded ellipsoid of condition 4 after 8.59 million (`examples/hundred_thousand.rs`; the lines and what
//! they do not show are in `records`).
//!
//! - **Up to a few hundred coordinates, expensive fitness:** `cma-es`. It alone learns that coordinates are correlated,
//!   and needs the fewest evaluations where they are.
//! - **Separable or nearly so, any size:** `sep-cma-es`; on a badly scaled separable function it needs the fewest
//!   evaluations of the diagonal ones.
//! - **Thousands of coordinates that are correlated:** `lm-ma-es`; it learns a few directions, in the memory of a few
//!   vectors: more than those it cannot know. Where there is room for a covariance, `cma-es` needs far fewer evaluations.
//! - **A gradient that is nearly right** (of a surrogate, or with a bias): `guided-es`, which is told it with
//!   [`Search::guide`](crate::Search::guide). Without one it guides itself by its own last steps, as `asebo` does.
//! - **Several optima:** `sv-open-es` keeps its particles apart; `simple-ga` keeps several parents.
//! - **A mark to pass:** `random-search`.
//! - **Networks of thousands of weights and more:** `snes` as the plain choice (two numbers a weight, no learning rate to
//!   find), `pgpe` or `open-es` with an optimiser where learning rates can be tuned; mirrored draws take what is even in
//!   the fitness out of the step, and halve the cost of drawing.
//! - **Pruning by signal to noise** needs a deviation of each coordinate that has learned something: `snes`, `des`,
//!   `sep-cma-es`, `pgpe`, `cma-es`, `xnes`, `lm-ma-es`, both `iamalgam`. With `open-es`, `ars`, `sv-open-es` and, nearly,
//!   `guided-es` and `asebo` all deviations are one number, and signal to noise orders weights as their magnitude does.
//!   `simple-ga` and `random-search` have no deviation ([`Search::deviation`](crate::Search::deviation) says why).
//! - **High precision:** `cma-es`, `sep-cma-es`, `snes`, `des`, `xnes`, `lm-ma-es` and `iamalgam` shrink their steps by
//!   themselves. `open-es`, `ars`, `guided-es`, `asebo`, `sv-open-es` and `simple-ga` shrink them by schedule only, and never
//!   end on the optimum by themselves; `pgpe` shrinks its deviations slowly and its steps by schedule only, and ends there
//!   only where coordinates are few.
//!
//! What the published code does otherwise is the table of [`Quirks`](crate::Quirks).
