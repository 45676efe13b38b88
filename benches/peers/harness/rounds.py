"""The order of a run: bursts of ours and of every peer by turns, the best of each kept.

For each workload and density every peer is prepared first; then rounds follow, and in each round every system
has one burst. What slows the machine for a while (another tenant, a lower clock) so meets all of them alike.
"""

import statistics
import sys

from harness.environments import Missing

OURS = "tombola"
# What is timed of ours: networks as their masks are given, and with what cannot matter compiled away.
OUR_VARIANTS = {"as given": "", "compiled": "-compiled"}
# A call of an MLP peer: 256 members with 8 inputs each.
MLP_FORWARDS = 256 * 8


class Times:
    """Seconds of one system and variant, a number a burst, with what else its best burst said."""

    def __init__(self):
        self.seconds, self.facts = [], {}

    def add(self, seconds, **facts):
        # A peak that something slowed would flatter what was timed beside it.
        peaks = [source["peak_gflops"] for source in (self.facts, facts) if "peak_gflops" in source]
        if not self.seconds or seconds < min(self.seconds):
            self.facts = facts
        if peaks:
            self.facts["peak_gflops"] = max(peaks)
        self.seconds.append(seconds)

    def row(self):
        return {
            "seconds": min(self.seconds),
            "median": statistics.median(self.seconds),
            "bursts": len(self.seconds),
            **self.facts,
        }


def point(workload, density, ours, peers, rounds, burst):
    """Rows of one workload at one density; a system that fails leaves a row with the reason."""
    missing, turns = {}, {}
    for variant, suffix in OUR_VARIANTS.items():
        turns[OURS, variant] = lambda name=f"{workload}{suffix}/{density}": our_burst(
            ours.row(name), workload
        )
    for system, peer in peers.items():
        try:
            batches = peer.ask(do="prepare", workload=workload, density=density)["batches"]
        except Missing as reason:
            missing[system, ""] = str(reason)
            continue
        for batch in batches:
            request = {"do": "burst", "batch": batch, "seconds": burst}
            turns[system, f"batch {batch}"] = lambda peer=peer, request=request: peer.ask(**request)
    times = {turn: Times() for turn in turns}
    for _ in range(rounds):
        for turn, time in turns.items():
            if turn not in missing:
                try:
                    times[turn].add(**time())
                except Missing as reason:
                    missing[turn] = str(reason)
    names = {"workload": workload, "density": density}
    rows = [
        {**names, "system": system, "variant": variant, **found.row()}
        for (system, variant), found in times.items()
        if found.seconds
    ]
    for row in rows:
        print(
            f"{workload} {density} {row['system']} {row['variant']}: {row['seconds']:.4g} s", file=sys.stderr
        )
    for (system, variant), reason in missing.items():
        print(f"{workload} {density} {system} {variant}: {reason}", file=sys.stderr)
        rows.append({**names, "system": system, "variant": variant, "missing": reason})
    return rows


def our_burst(row, workload):
    """What is kept of a printed row; the MLP's seconds become those of one forward pass of every member."""
    seconds = row["seconds"]
    if workload == "paper-mlp":
        seconds = MLP_FORWARDS / row["member_forwards_per_second"]
    kept = ("isa", "gflops", "peak_gflops", "effective_density")
    return {"seconds": seconds, **{name: row[name] for name in kept if name in row}}
