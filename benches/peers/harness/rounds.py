"""The order of a run: bursts of ours and of every peer by turns, the best of each kept.

For each workload and density every peer is prepared first; then rounds follow, and in each round every system
has one burst. What slows the machine for a while (another tenant, a lower clock) so meets all of them alike.
"""

import statistics
import sys

from harness.environments import Missing

OURS = "tombola"


class Times:
    """Seconds of one system and variant, a number a burst, with what else its best burst said."""

    def __init__(self):
        self.seconds, self.facts = [], {}

    def add(self, seconds, **facts):
        if not self.seconds or seconds < min(self.seconds):
            self.facts = facts
        self.seconds.append(seconds)

    def row(self, **names):
        return {
            **names,
            "seconds": min(self.seconds),
            "median": statistics.median(self.seconds),
            "bursts": len(self.seconds),
            **self.facts,
        }


def point(workload, density, ours, peers, rounds, burst):
    """Rows of one workload at one density; a system that fails leaves a row with the reason."""
    names = {"workload": workload, "density": density}
    missing, turns = {}, []
    for system, peer in peers.items():
        try:
            batches = peer.ask(do="prepare", workload=workload, density=density)["batches"]
            turns += [(system, peer, batch) for batch in batches]
        except Missing as reason:
            missing[system] = str(reason)
    times = {}
    for _ in range(rounds):
        if OURS not in missing:
            try:
                for row in ours.rows(workload, density):
                    facts = {name: row[name] for name in ("gflops", "peak_percent")}
                    times.setdefault((OURS, variant(row)), Times()).add(row["seconds"], **facts)
            except Missing as reason:
                missing[OURS] = str(reason)
        for system, peer, batch in turns:
            if system in missing:
                continue
            try:
                seconds = peer.ask(do="burst", batch=batch, seconds=burst)["seconds"]
                times.setdefault((system, f"batch {batch}"), Times()).add(seconds)
            except Missing as reason:
                missing[system] = str(reason)
    rows = [kept.row(**names, system=system, variant=kind) for (system, kind), kept in times.items()]
    for row in rows:
        print(
            f"{workload} {density} {row['system']} {row['variant']}: {row['seconds']:.4g} s", file=sys.stderr
        )
    for system, reason in missing.items():
        print(f"{workload} {density} {system}: {reason}", file=sys.stderr)
    return rows + [{**names, "system": system, "missing": reason} for system, reason in missing.items()]


def variant(row):
    """What of a row's name is not its density, and the instruction set."""
    parts = [part for part in row["name"].split("/")[1:] if not is_number(part)]
    return ", ".join([*parts, row["isa"]])


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
