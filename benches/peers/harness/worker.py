"""Times one system inside its own environment, on request.

`worker.py SYSTEM` reads one JSON object a line from standard input and answers each with one line:

    {"do": "prepare", "workload": W, "density": D}       -> {"batches": [..]}
    {"do": "burst", "batch": B, "seconds": S}            -> {"seconds": best, scaled to the whole workload}
    {"do": "check", "batch": B}                          -> {"worst": largest error over its bound}

Between requests it waits for input and takes no processor time, so that others can be timed. What libraries
print goes to standard error: standard output carries answers only.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np  # noqa: E402

from harness import networks  # noqa: E402


class Bench:
    """The prepared workload of one system: a forward function for each batch size."""

    def __init__(self, system):
        self.system = system
        self.forwards = {}

    def prepare(self, workload, density):
        # CNN peers take one member at a time, so one is enough.
        members = 1 if workload == networks.CNN else None
        self.workload, self.network = workload, networks.draw(workload, density, members)
        self.forwards.clear()
        for batch in self.system.BATCHES.get(workload, ()):
            self.forwards[batch] = self.system.build(workload, self.network, batch)
        return {"batches": list(self.forwards)}

    def burst(self, batch, seconds):
        """Best time of one call within a burst, scaled to every member and input."""
        forward, _ = self.forwards[batch]
        forward()
        best, end = float("inf"), time.perf_counter() + seconds
        while True:
            start = time.perf_counter()
            forward()
            now = time.perf_counter()
            best = min(best, now - start)
            if now >= end:
                break
        return {"seconds": best * self.calls(batch)}

    def calls(self, batch):
        if self.workload == networks.MLP:
            return 1
        return networks.MEMBERS[networks.CNN] * networks.INPUTS[networks.CNN] / batch

    def check(self, batch):
        """Largest error against double precision, as a fraction of the derived bound."""
        forward, collect = self.forwards[batch]
        found = collect(forward())
        worst = 0.0
        inputs = self.network.inputs
        if self.workload == networks.CNN:
            found, inputs = found[None], inputs[None, :batch]
        for member, outputs in enumerate(found):
            expected, bound = networks.reference(self.workload, self.network, member, inputs[member])
            worst = max(worst, float((np.abs(outputs - expected) / bound).max()))
        return {"worst": worst}


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        system = importlib.import_module(f"systems.{sys.argv[1]}")
        bench = Bench(system)
        print(json.dumps({"version": system.version()}), file=answers)
    except Exception as error:  # whatever a library throws while loading is the reason it is missing
        traceback.print_exc()
        print(json.dumps({"error": reason(error)}), file=answers)
        return
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(bench, request.pop("do"))(**request)
        except Exception as error:  # the same, while running
            traceback.print_exc()
            answer = {"error": reason(error)}
        print(json.dumps(answer), file=answers)


def reason(error):
    """One line that says what went wrong."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:200]


if __name__ == "__main__":
    main()
