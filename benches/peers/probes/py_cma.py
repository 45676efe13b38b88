"""pycma: an object with ask and tell."""

import cma


class Search:
    def __init__(self, name, start, members, deviation):
        settings = {"popsize": members, "verbose": -9, "seed": 1, "CMA_diagonal": name == "diagonal"}
        self.search = cma.CMAEvolutionStrategy(list(start), deviation, settings)

    def ask(self):
        self.population = self.search.ask()
        return self.population

    def tell(self, costs):
        self.search.tell(self.population, list(costs))
