"""Runs searches on problems of the BBOB suite, inside an environment that has the suite and pycma.

Reads one run a line from standard input and answers each with one line:

    {"system": .., "function": 1..24, "instance": .., "dims": .., "seed": .., "evaluations": most, "command": [..]}
        -> the same without the last two, and {"spent": .., "gap": least f - f_opt, "reached": [..]}

`reached` holds, target by target from the easiest on, after how many evaluations it was reached; those that were not are
left out. A run ends with its budget, or with the hardest target. `pycma`, `pycma diagonal` and `random` are searches in
this process; any other is the command, which stays and serves all its runs by the line protocol of `tombola optimize`.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import warnings

import cma
import cocoex
import numpy as np

# Of f - f_opt.
TARGETS = [10 ** (2 - step / 5) for step in range(51)]
OPTIMUM = "._bbob_problem_best_parameter.txt"


class Cost:
    """A problem with a budget, which remembers when each target was reached."""

    def __init__(self, dims, function, instance, evaluations):
        self.problem = problem(dims, function, instance)
        self.least, self.budget = lowest(dims, function, instance), evaluations
        self.spent, self.gap, self.reached = 0, math.inf, []

    def __call__(self, point):
        value = float(self.problem(np.asarray(point, dtype=float)))
        self.spent += 1
        self.gap = min(self.gap, value - self.least)
        while len(self.reached) < len(TARGETS) and self.gap <= TARGETS[len(self.reached)]:
            self.reached.append(self.spent)
        return value

    @property
    def left(self):
        return 0 if len(self.reached) == len(TARGETS) else self.budget - self.spent


def problem(dims, function, instance):
    suite = cocoex.Suite("bbob", f"instances: {instance}", f"dimensions: {dims} function_indices: {function}")
    return next(iter(suite))


def lowest(dims, function, instance):
    """The value at the optimum, which the suite writes down when it is asked; another copy of the problem counts it."""
    copy = problem(dims, function, instance)
    copy._best_parameter("print")
    return float(copy(np.loadtxt(OPTIMUM)))


def search_at_random(cost, dims, seed):
    draws = np.random.RandomState(seed)
    while cost.left:
        cost(draws.uniform(-5, 5, dims))


def search_with_pycma(cost, dims, seed, diagonal):
    """Its defaults from a deviation of 2, again and again from new starts in the middle of the box."""
    draws = np.random.RandomState(seed)
    run = 0
    while cost.left:
        options = {"CMA_diagonal": diagonal, "maxfevals": cost.left, "seed": seed + 1000 * run + 1, "verbose": -9}
        search = cma.CMAEvolutionStrategy(draws.uniform(-4, 4, dims), 2.0, options)
        while cost.left and not search.stop():
            points = search.ask()
            values = [cost(point) for point in points[: cost.left]]
            if len(values) < len(points):
                break
            search.tell(points, values)
        run += 1


class Served:
    """A program that searches when its messages are answered."""

    def __init__(self, command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended with code {self.process.wait()}")
        return line

    def search(self, cost, dims, seed):
        self.say(f"START {dims} -5 5 {cost.budget} {seed}")
        while (line := self.hear().split()) != ["DONE"]:
            word, count = line
            if word != "EVAL":
                raise RuntimeError(f"{self.process.args} says {line}; expected EVAL or DONE")
            points = [np.fromstring(self.hear(), sep=" ") for _ in range(int(count))]
            if not cost.left:
                self.say("STOP")
                continue
            values = [cost(point) if cost.spent < cost.budget else math.inf for point in points]
            self.say(" ".join(map(repr, values)))


def main():
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    # What the suite prints is no answer.
    os.dup2(2, 1)
    served = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for run in map(json.loads, sys.stdin):
            dims, seed, system = run["dims"], run["seed"], run["system"]
            command, most = run.pop("command"), run.pop("evaluations")
            cost = Cost(dims, run["function"], run["instance"], most)
            if system == "random":
                search_at_random(cost, dims, seed)
            elif system in ("pycma", "pycma diagonal"):
                search_with_pycma(cost, dims, seed, system == "pycma diagonal")
            else:
                if system not in served:
                    served[system] = Served(command)
                served[system].search(cost, dims, seed)
            row = {**run, "spent": cost.spent, "gap": float(f"{cost.gap:.6g}"), "reached": cost.reached}
            answers.write(json.dumps(row, separators=(",", ":")) + "\n")
            answers.flush()
    for program in served.values():
        program.say("QUIT")


if __name__ == "__main__":
    main()
