"""tombola, by `tombola optimize` and lines of JSON."""

import json
import os
import subprocess


class Refused(Exception):
    """With the program's own words."""


class Search:
    def __init__(self, name, start, members, deviation):
        assert len(set(start)) == 1, "every coordinate starts alike"
        name, *further = name.split()
        command = [os.environ["TOMBOLA"], "optimize", "--strategy", name, *further, "--dims", len(start), "--population", members,
                   "--start", start[0]]  # fmt: skip
        if name != "random-search":
            command += ["--deviation", deviation]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([str(part) for part in command], **pipes)

    def ask(self):
        line = self.process.stdout.readline()
        if not line:
            raise Refused(self.process.stderr.read().strip().removeprefix("error: "))
        message = json.loads(line)
        if "done" in message:
            raise StopIteration(message["done"]["reason"])
        return message["population"]

    def tell(self, costs):
        fitness = [None if cost != cost else cost for cost in costs]
        print(json.dumps({"fitness": fitness}), file=self.process.stdin, flush=True)
