"""The Markdown page: a pure function of the rows of `results.jsonl`."""

from collections import defaultdict

from harness.rounds import OURS

TITLES = {
    "torch_eager": "torch eager",
    "torchscript": "TorchScript, frozen",
    "onnx_runtime": "ONNX Runtime",
    "deep_sparse": "DeepSparse",
    "mkl_blocks": "MKL, block-diagonal",
    "scipy_blocks": "SciPy, block-diagonal",
}
# How many times faster ours is to be: workload, peer, density -> ratio.
BARS = {
    ("paper-cnn", "deep_sparse", 1.0): 1.2,
    ("paper-cnn", "deep_sparse", 0.0144): 35.0,
    ("paper-cnn", "onnx_runtime", 1.0): 3.0,
    ("paper-cnn", "onnx_runtime", 0.0144): 80.0,
    ("paper-cnn", "torchscript", 1.0): 3.0,
    ("paper-cnn", "torchscript", 0.0144): 80.0,
}
WORKLOADS = {
    "paper-cnn": (
        "Seconds a generation of the CNN",
        "128 members, 1024 images of 28 x 28: 5x5x8, rectifier, 2x2 maximum, 5x5x16, rectifier, 2x2 maximum, "
        "dense 10.",
        lambda seconds: digits(seconds),
    ),
    "paper-mlp": (
        "Millions of member-forwards a second of the MLP",
        "87-32-32-8 with tanh, 256 members, 8 inputs each; one forward is one member on one input.",
        lambda seconds: digits(256 * 8 / seconds / 1e6),
    ),
}


def digits(number):
    """Three significant digits, without an exponent."""
    decimals = next((count for count, limit in enumerate((100, 10, 1, 0.1, 0.01)) if number >= limit), 5)
    return f"{number:.{decimals}f}"


def page(head, rows):
    """The whole page."""
    parts = [heading(head)]
    for workload, text in WORKLOADS.items():
        mine = [row for row in rows if row["workload"] == workload]
        if timed(mine):
            parts += times_table(*text, mine), ratio_table(workload, mine)
    return "\n\n".join(part for part in [*parts, missing_list(rows)] if part).rstrip() + "\n"


def heading(head):
    instructions = ", ".join(head["instructions"])
    versions = ", ".join(f"{TITLES[system]} {version}" for system, version in head["versions"].items())
    return "\n".join(
        [
            "<!-- benches/peers/run --table: written from results.jsonl, do not edit -->",
            "# Ours and its peers, one thread",
            "",
            f"- Processor: {head['processor']} (family {head['family']}; {instructions}), "
            f"{head['cores']} cores seen, all systems pinned to core {head['core']}",
            f"- System: {head['system']}, Python {head['python']}; load when the run began: {head['load']}",
            f"- Ours: commit {head['commit']}; {head['date']}",
            f"- Peers: {versions}",
            f"- {head['repeats']} runs of {head['rounds']} rounds; in a round every system has one burst "
            f"(a peer's lasts {head['burst']} s), and the best burst counts",
            "- What is compared, and whom it favours: README.md",
        ]
    )


def times_table(title, note, show, rows):
    densities = sorted({row["density"] for row in rows}, reverse=True)
    best = {}
    for row in timed(rows):
        key = row["system"], row["variant"], row["density"]
        best[key] = min(best.get(key, row), row, key=lambda one: one["seconds"])
    peak = max((row["peak_gflops"] for row in timed(rows) if row["system"] == OURS), default=0)
    note = f"{note} Best of all runs; columns are densities."
    lines = [f"## {title}", "", note, "", *head_of("system", densities)]
    for system, variant in sorted({key[:2] for key in best}, key=order):
        cells = [best.get((system, variant, density)) for density in densities]
        name = f"**{OURS}**, {variant}" if system == OURS else f"{TITLES[system]}, {variant}"
        lines.append(line(name, (show(cell["seconds"]) if cell else "-" for cell in cells)))
        if system == OURS:
            lines.append(line("of the multiply-add peak", (percent(cell, peak) for cell in cells)))
            if any(cell and "effective_density" in cell for cell in cells):
                lines.append(line("density after compilation", (effective(cell) for cell in cells)))
    return "\n".join(lines)


def percent(cell, peak):
    return f"{100 * cell['gflops'] / peak:.0f} %" if cell else "-"


def effective(cell):
    return f"{cell['effective_density']:.3g}" if cell else "-"


def ratio_table(workload, rows):
    """Peer's seconds over ours, each peer at its better batch; the least and the greatest of the runs."""
    densities = sorted({row["density"] for row in rows}, reverse=True)
    seconds = defaultdict(dict)
    for row in timed(rows):
        key = row["system"], row["variant"] if row["system"] == OURS else ""
        runs = seconds[key, row["density"]]
        runs[row["repeat"]] = min(runs.get(row["repeat"], row["seconds"]), row["seconds"])
    systems = sorted({key for key, _ in seconds}, key=order)
    if not any(key[0] == OURS for key in systems) or all(key[0] == OURS for key in systems):
        return ""
    lines = ["### How many times faster ours is", "", *head_of("against", densities)]
    for ours in (key for key in systems if key[0] == OURS):
        for peer in (key for key in systems if key[0] != OURS):
            cells = []
            for density in densities:
                mine, theirs = seconds[ours, density], seconds[peer, density]
                ratios = [theirs[run] / mine[run] for run in sorted(mine.keys() & theirs.keys())]
                cells.append(cell_of(ratios, BARS.get((workload, peer[0], density))))
            lines.append(line(f"{TITLES[peer[0]]} ({ours[1]})", cells))
    asked = "A bar is kept where the least ratio of the runs reaches it." if "asked" in "".join(lines) else ""
    return "\n".join([*lines, "", asked]).rstrip()


def cell_of(ratios, bar):
    if not ratios:
        return "-"
    least, most = digits(min(ratios)), digits(max(ratios))
    text = least if least == most else f"{least} to {most}"
    if bar is None:
        return text
    return f"{text} (asked {bar:g}: {'kept' if min(ratios) >= bar else '**missed**'})"


def missing_list(rows):
    reasons = defaultdict(set)
    for row in rows:
        if "missing" in row:
            reasons[row["system"], row["missing"]].add((row["workload"], row["density"]))
    if not reasons:
        return ""
    lines = ["## Missing", ""]
    for (system, reason), points in sorted(reasons.items()):
        workloads = sorted({workload for workload, _ in points if workload})
        where = ", ".join(workloads) or "everywhere"
        lines.append(f"- {TITLES.get(system, system)}, {where}: {reason}")
    return "\n".join(lines)


def timed(rows):
    return [row for row in rows if "seconds" in row]


def order(key):
    system, variant = key[:2]
    # Ours first, then peers as listed, batches by size.
    place = -1 if system == OURS else list(TITLES).index(system)
    return place, len(variant), variant


def head_of(name, densities):
    return [line(name, (f"{density:g}" for density in densities)), "|---|" + "---:|" * len(densities)]


def line(name, cells):
    return f"| {name} | " + " | ".join(cells) + " |"
