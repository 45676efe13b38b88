"""One strategy of one system on four small trials; prints what became of each as an object on one line.

    probe.py MODULE NAME
"""

import importlib
import json
import math
import signal
import sys

# Trial: coordinates, members, whether one member a generation fails, generations.
TRIALS = {
    "sphere": (10, 20, False, 500),
    "one coordinate": (1, 20, False, 200),
    "odd population": (10, 21, False, 200),
    "a failure a generation": (10, 20, True, 500),
}
DEVIATION = 0.3
# Of one trial.
SECONDS = 1200


def cost(x):
    """The sphere around 1; a search starts at 0."""
    return sum((float(x) - 1.0) ** 2 for x in x)


def trial(module, name, dims, members, fails, generations):
    search = module.Search(name, [0.0] * dims, members, DEVIATION)
    best = math.inf
    for generation in range(generations):
        try:
            population = search.ask()
        except StopIteration:
            break
        costs = [cost(x) for x in population]
        if any(math.isnan(value) for value in costs):
            return {"nan": generation, "left": best / dims if math.isfinite(best) else None}
        best = min(best, *costs)
        if fails:
            costs[generation % members] = math.nan
        search.tell(costs)
    return {"left": best / dims}


def main():
    module, name = importlib.import_module(sys.argv[1]), sys.argv[2]

    def late(*_):
        raise TimeoutError(f"no end after {SECONDS} s")

    signal.signal(signal.SIGALRM, late)
    found = {}
    for title, setting in TRIALS.items():
        signal.alarm(SECONDS)
        try:
            found[title] = trial(module, name, *setting)
        except Exception as error:
            words = str(error).replace(sys.prefix, "..").strip().splitlines() or ["without a word"]
            found[title] = {"error": f"{type(error).__name__}: {words[0]}"[:160]}
        signal.alarm(0)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
