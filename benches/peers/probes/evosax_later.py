"""evosax 0.3: classes by name, a key for everything."""

import inspect
import os

os.environ["JAX_PLATFORMS"] = "cpu"
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from evosax import algorithms  # noqa: E402


# What has no default there.
NEEDED = {
    "SV_Open_ES": {"num_populations": 2},
    "RandomSearch": {"sampling_fn": lambda key: jax.random.normal(key, SHAPE)},
}
SHAPE = (1,)


class Search:
    def __init__(self, name, start, members, deviation):
        solution = jnp.asarray(start, jnp.float32)
        global SHAPE
        SHAPE = solution.shape
        needed = NEEDED.get(name, {})
        members = members // needed.get("num_populations", 1)
        self.search = getattr(algorithms, name)(population_size=members, solution=solution, **needed)
        self.settings = self.search.default_params
        if "std_init" in self.settings.__dataclass_fields__:
            self.settings = self.settings.replace(std_init=deviation)
        self.key, draw = jax.random.split(jax.random.PRNGKey(0))
        wanted = inspect.signature(self.search.init).parameters
        if "means" in wanted:
            means = jnp.tile(solution, (needed["num_populations"], 1))
            self.state = self.search.init(draw, means, self.settings)
        elif "mean" in wanted:
            self.state = self.search.init(draw, solution, self.settings)
        else:
            # Those without a distribution want a population that was evaluated.
            population = solution + deviation * jax.random.normal(draw, (members, len(start)))
            costs = jnp.full(members, jnp.inf)
            self.state = self.search.init(draw, population, costs, self.settings)

    def ask(self):
        self.key, draw = jax.random.split(self.key)
        self.population, self.state = self.search.ask(draw, self.state, self.settings)
        return np.asarray(self.population, float)

    def tell(self, costs):
        self.key, draw = jax.random.split(self.key)
        costs = jnp.asarray(costs, jnp.float32)
        self.state, _ = self.search.tell(draw, self.population, costs, self.state, self.settings)
