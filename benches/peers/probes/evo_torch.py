"""EvoTorch: the search calls the function, so a generation is a step, and ask and tell are its two ends."""

import queue
import threading
import warnings

warnings.filterwarnings("ignore")
import torch  # noqa: E402
from evotorch import Problem, algorithms  # noqa: E402

# What has no default there.
NEEDED = {"PGPE": {"center_learning_rate": 0.1, "stdev_learning_rate": 0.1}}


class Search:
    def __init__(self, name, start, members, deviation):
        self.asked, self.told = queue.Queue(), queue.Queue()

        @torch.no_grad()
        def evaluate(population):
            self.asked.put(population.numpy().astype(float))
            return torch.as_tensor(self.told.get(), dtype=torch.float64)

        class_name, _, variant = name.partition(" ")
        given = dict(NEEDED.get(class_name, {}), **({"separable": True} if variant else {}))
        problem = Problem("min", evaluate, solution_length=len(start), initial_bounds=(-1, 1), vectorized=True,
                          dtype=torch.float64, seed=0)  # fmt: skip
        self.search = getattr(algorithms, class_name)(
            problem, popsize=members, stdev_init=deviation, center_init=torch.tensor(start, dtype=torch.float64), **given
        )
        threading.Thread(target=self.steps, daemon=True).start()

    def steps(self):
        try:
            while True:
                self.search.step()
        except BaseException as error:  # goes to whoever asks
            self.asked.put(error)

    def ask(self):
        asked = self.asked.get()
        if isinstance(asked, BaseException):
            raise asked
        return asked

    def tell(self, costs):
        self.told.put(list(costs))
