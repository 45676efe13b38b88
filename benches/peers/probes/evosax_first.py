"""evosax 0.1: strategies by name, one function of state after the other."""

import os

os.environ["JAX_PLATFORMS"] = "cpu"
import evosax  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402


class Search:
    def __init__(self, name, start, members, deviation):
        # Some take the first deviation as an argument, some as a setting; some have none.
        try:
            self.search = evosax.Strategies[name](popsize=members, num_dims=len(start), sigma_init=deviation)
        except TypeError:
            self.search = evosax.Strategies[name](popsize=members, num_dims=len(start))
        self.settings = self.search.default_params
        self.key, draw = jax.random.split(jax.random.PRNGKey(0))
        try:
            self.state = self.search.initialize(draw, self.settings, init_mean=jnp.asarray(start, jnp.float32))
        except TypeError:
            # Those that restart begin where they like.
            self.state = self.search.initialize(draw, self.settings)

    def ask(self):
        self.key, draw = jax.random.split(self.key)
        self.population, self.state = self.search.ask(draw, self.state, self.settings)
        return np.asarray(self.population, float)

    def tell(self, costs):
        costs = jnp.asarray(costs, jnp.float32)
        self.state = self.search.tell(self.population, costs, self.state, self.settings)
