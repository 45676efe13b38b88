"""What takes part in a run: our program, called anew for each burst, and peers, which wait between theirs."""

import json
import os
import select
import shlex
import subprocess
from pathlib import Path

from harness.environments import Missing

WORKER = Path(__file__).parent / "worker.py"
ANSWER_SECONDS = 300

# Every library a peer may compute with takes one thread.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


class Peer:
    """A worker process in its own environment."""

    def __init__(self, module, interpreter, log):
        environment = {**os.environ, **ONE_THREAD, "PYTHONDONTWRITEBYTECODE": "1"}
        with open(log, "w", encoding="utf-8") as stderr:
            self.process = subprocess.Popen(
                [str(interpreter), str(WORKER), module],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                bufsize=1,
            )
        self.version = self.answer()["version"]

    def ask(self, **request):
        """The worker's answer; `Missing` with its reason if it has none."""
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
        except OSError as error:
            raise Missing(f"worker is gone: {error}") from error
        return self.answer()

    def answer(self):
        # A worker sends one line a request, so nothing is left in the buffer that select cannot see.
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.close()
            ended = f"ended with code {self.process.returncode}"
            raise Missing(ended if ready else f"no answer in {ANSWER_SECONDS} s")
        answer = json.loads(line)
        if "error" in answer:
            raise Missing(answer["error"])
        return answer

    def close(self):
        """Ends the worker and waits for it."""
        self.process.kill()
        self.process.wait()


class Ours:
    """`tombola bench kernels`, or a command that prints the same lines."""

    def __init__(self, command, seconds):
        self.command = shlex.split(command)
        self.effort = ["--seconds", str(seconds), "--threads", "1", "--json"]

    def row(self, name):
        """The printed row of one name, such as `paper-cnn/0.05`."""
        command = [*self.command, "--filter", name, *self.effort]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(str(error)) from error
        if done.returncode != 0:
            raise Missing((done.stderr.strip() or f"exit code {done.returncode}").splitlines()[0][:200])
        # A filter lets through whatever contains it.
        for row in map(json.loads, done.stdout.splitlines()):
            if row["name"] == name:
                return row
        raise Missing(f"printed no row {name}")
