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
//!
//! With `D` = 10^7, `P` = 128 and `f32` numbers, a whole process takes 196 MiB with `snes`, 234 MiB with `open-es`, 272 MiB
//! with `pgpe` and 311 MiB with `sep-cma-es`; the population alone would take 4.8 GiB. Measured as the largest resident set by
//! `/usr/bin/time -v target/release/examples/ten_million STRATEGY`, on Linux.
//!
//! - **Up to a few hundred coordinates, expensive fitness:** `cma-es`. It alone learns that coordinates are correlated,
//!   and needs the fewest evaluations where they are.
//! - **Separable or nearly so, any size:** `sep-cma-es`; on a badly scaled separable function it needs the fewest
//!   evaluations of the diagonal ones.
//! - **Networks of thousands of weights and more:** `snes` as the plain choice (two numbers a weight, no learning rate to
//!   find), `pgpe` or `open-es` with an optimiser where learning rates can be tuned; mirrored draws take what is even in
//!   the fitness out of the step, and halve the cost of drawing.
//! - **Pruning by signal to noise** needs a deviation of each coordinate that has learned something: `snes`, `des`,
//!   `sep-cma-es`, `pgpe`, `cma-es`. With `open-es` and `ars` all deviations are one number, and signal to noise orders
//!   weights as their magnitude does.
//! - **High precision:** `cma-es`, `sep-cma-es`, `snes` and `des` shrink their steps by themselves. `open-es` and `ars`
//!   shrink them by schedule only, and never end on the optimum by themselves; `pgpe` shrinks its deviations slowly and its
//!   steps by schedule only, and ends there only where coordinates are few.
//!
//! What the published code does otherwise is the table of [`Quirks`](crate::Quirks).
