"""The page and the picture of BBOB.md from rows: nothing here runs anything."""

import math
from itertools import product
from statistics import fmean, stdev

TARGETS = 51
BUDGETS = (10, 30, 100, 300, 1000)
GROUPS = {
    "separable": range(1, 6),
    "moderate": range(6, 10),
    "ill-conditioned": range(10, 15),
    "multimodal": range(15, 20),
    "weak structure": range(20, 25),
    "all": range(1, 25),
}
# Ours, and the form of pycma that it is held against.
PAIRS = {"cma-es": "pycma", "sep-cma-es": "pycma diagonal"}
SYSTEMS = [*PAIRS, *PAIRS.values(), "random"]
# What a share may be lower by in one number of dimensions.
SLACK = 0.02

HEAD = """# BBOB beside pycma

Written by `benches/peers/bbob`. 24 functions, {instances} instances, 1000 D evaluations. A search starts with a deviation
of 2 somewhere in the middle four fifths of the box, with 4 + 3 ln D members, and starts again elsewhere when it can go no
further: pycma with as many members, {policy}. Ours gives a run up that is far behind those before it and hardly gains any
more (`crates/strategies/src/stopping.rs`); that rule was made when first results were known, its constant not searched
for. Without it CMA-ES was 0.025 below pycma with ten dimensions (those runs were not kept), and else within the bounds;
`bbob-again` has ten dimensions with other seeds, which nobody had seen when it was made. All have the same seeds, and random
numbers of their own. Nothing is set by function or dimension.

A figure is the share of pairs of a problem and a target that were reached; there are 51 targets f - f_opt from 10^2 to
10^-8. [bbob.jsonl](bbob.jsonl) has after how many evaluations each was.

- **versions:** commit {commit}; {versions}; {date}

![Share of targets by evaluations](bbob.svg)

## After 1000 D evaluations

The difference is ours less pycma's; behind it stands its standard error over problems. Wanted: at least -{slack:g} in every
row, and above 0 on the mean.

"""


def page(head, rows):
    """The whole text."""
    rows = compared(rows)
    shares = {(row["system"], *place(row)): row for row in rows}
    systems = [system for system in SYSTEMS if any(row["system"] == system for row in rows)]
    dims = sorted({row["dims"] for row in rows})
    peers = sorted({version for version in head["versions"].values() if " " in version})
    names = {"cma": "pycma", "numpy": "numpy"}
    facts = {
        "instances": len({row["instance"] for row in rows}),
        "policy": head["policy"],
        "commit": head["commit"],
        "date": head["date"],
        "versions": "; ".join(f"{names[one.split()[0]]} {one.split()[1]}" for one in peers),
        "slack": SLACK,
    }
    parts = [HEAD.format(**facts), bars(shares, dims), by_function(shares, systems, dims)]
    parts += [by_group(shares, systems, dims), variants(shares, dims)]
    return "".join(parts)


def compared(rows):
    """Rows without those of instances that not all systems of the table have been run on, in so many dimensions."""
    main = [row for row in rows if row["system"] in SYSTEMS]
    wanted = {(row["system"], row["function"]) for row in main}
    found = {}
    for row in main:
        found.setdefault((row["dims"], row["instance"]), set()).add((row["system"], row["function"]))
    return [row for row in rows if found.get((row["dims"], row["instance"]), set()) >= wanted]


def place(row):
    return row["dims"], row["function"], row["instance"]


def share(row, budget):
    """The share of the targets within so many evaluations a dimension."""
    return sum(count <= budget * row["dims"] for count in row["reached"]) / TARGETS


def of(shares, system, dims=None, functions=GROUPS["all"], budget=1000, places=None):
    """Shares of a system's problems, by their place."""
    return {
        key[1:]: share(row, budget)
        for key, row in shares.items()
        if key[0] == system and (dims is None or key[1] == dims) and key[2] in functions
        if places is None or key[1:] in places
    }


def difference(ours, theirs):
    """Mean difference over the problems that both have, and its standard error."""
    both = [ours[key] - theirs[key] for key in ours if key in theirs]
    if len(both) < 2:
        return ""
    return f"**{fmean(both):+.3f}** ± {stdev(both) / math.sqrt(len(both)):.3f}"


def mean(values):
    return f"{fmean(values.values()):.3f}" if values else ""


def table(columns, lines):
    align = ["---", *["---:"] * (len(columns) - 1)]
    return "".join("| " + " | ".join(line) + " |\n" for line in [columns, align, *lines])


def bars(shares, dims):
    columns, lines = ["D"], []
    for ours, theirs in PAIRS.items():
        columns += [ours, theirs, "difference"]
    columns.append("random")
    for one in [*dims, None]:
        line = ["mean" if one is None else label(shares, one)]
        for names in PAIRS.items():
            ours, theirs = (of(shares, name, one) for name in names)
            line += [mean(ours), mean(theirs), difference(ours, theirs)]
        lines.append([*line, mean(of(shares, "random", one))])
    return table(columns, lines)


def label(shares, dims):
    """A number of dimensions; with its instances, where others have more."""
    instances = {one: len({key[3] for key in shares if key[1] == one}) for one in {key[1] for key in shares}}
    few = instances[dims] < max(instances.values())
    return f"{dims} ({instances[dims]} instances)" if few else str(dims)


def by_function(shares, systems, dims):
    text = "\n## By function\n\nAfter 1000 D evaluations, the mean over dimensions.\n\n"
    lines = []
    for function in GROUPS["all"]:
        found = {system: of(shares, system, functions=[function]) for system in systems}
        line = [str(function), *(mean(found[system]) for system in systems)]
        for names in PAIRS.items():
            ours, theirs = (found.get(name, {}) for name in names)
            line.append(difference(ours, theirs))
        lines.append(line)
    return text + table(["f", *systems, *(f"{ours} less {theirs}" for ours, theirs in PAIRS.items())], lines)


def by_group(shares, systems, dims):
    budgets = ", ".join(f"{budget} D" for budget in BUDGETS)
    text = f"\n## By group and budget\n\nAfter {budgets} evaluations, in hundredths.\n\n"
    lines = []
    for one, (group, functions) in product(dims, GROUPS.items()):
        line = [f"{one}, {group}"]
        for system in systems:
            found = [of(shares, system, one, functions, budget) for budget in BUDGETS]
            line.append(" ".join(f"{100 * fmean(one.values()):.0f}" for one in found if one))
        lines.append(line)
    return text + table(["D, group", *systems], lines)


SETTINGS = """
## Settings

Other settings and restarts of ours after 1000 D evaluations, less the usual on the same problems; below 0 the usual is
better. As usual bad members teach the covariance what to avoid (`active`), the step size follows a path
(`step_size = "cumulative"`), and each run has as many members as the first.

"""


def variants(shares, dims):
    """Other forms of ours, on the problems that they were run on."""
    names = sorted({key[0] for key in shares} - set(SYSTEMS))
    if not names:
        return ""
    text = SETTINGS
    lines = []
    for name in names:
        usual = "sep-cma-es" if name.startswith("sep-cma-es") else "cma-es"
        line = [name, str(len({key[3] for key in shares if key[0] == name}))]
        for one in [*dims, None]:
            found = of(shares, name, one)
            line.append(difference(found, of(shares, usual, one, places=found)))
        lines.append(line)
    return text + table(["setting", "instances", *(f"D = {one}" for one in dims), "mean"], lines)


# Blue, orange and their lighter kin of Okabe and Ito; grey for chance. Peers are dashed.
LINES = {
    "cma-es": ("#0072b2", ""),
    "pycma": ("#56b4e9", "6 3"),
    "sep-cma-es": ("#d55e00", ""),
    "pycma diagonal": ("#e69f00", "6 3"),
    "random": ("#7f7f7f", "2 3"),
}
WIDTH, HEIGHT, LEFT, TOP, ACROSS, DOWN = 760, 640, 52, 36, 320, 235
STYLE = (
    "svg{font:12px sans-serif;fill:#1c1f23;background:#fff}.title{font-weight:600}.end{text-anchor:end}"
    ".middle{text-anchor:middle}.grid{stroke:#d8dde3}path{fill:none;stroke-width:2}"
)


def figure(rows):
    """Share of targets reached against evaluations a dimension, a panel a number of dimensions."""
    rows = compared(rows)
    dims = sorted({row["dims"] for row in rows})
    height = TOP + (len(dims) + 1) // 2 * (DOWN + 50) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="Share of targets reached by evaluations">',
        f"<style>{STYLE}</style>",
    ]
    for index, one in enumerate(dims):
        x, y = LEFT + index % 2 * (ACROSS + 50), TOP + index // 2 * (DOWN + 50)
        parts += panel(x, y, one, [row for row in rows if row["dims"] == one])
    parts += legend(height - 14)
    return "\n".join([*parts, "</svg>"]) + "\n"


def panel(x, y, dims, rows):
    yield f'<text x="{x}" y="{y - 8}" class="title">D = {dims}</text>'
    if x == LEFT:
        yield f'<text x="{x + ACROSS}" y="{y - 8}" class="end">share of targets</text>'
    for step in range(6):
        at = y + DOWN * (1 - step / 5)
        yield f'<line x1="{x}" x2="{x + ACROSS}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>'
        yield f'<text x="{x - 6}" y="{at + 4:.1f}" class="end">{step / 5:.1f}</text>'
    for tick in range(4):
        at = x + ACROSS * tick / 3
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y}" y2="{y + DOWN}" class="grid"/>'
        yield f'<text x="{at:.1f}" y="{y + DOWN + 16}" class="middle">{10**tick}</text>'
    yield f'<text x="{x + ACROSS / 2:.1f}" y="{y + DOWN + 30}" class="middle">evaluations / D</text>'
    for system, (colour, dash) in LINES.items():
        found = [row for row in rows if row["system"] == system]
        if found:
            line = curve(found, x, y, dims)
            yield f'<path stroke="{colour}" stroke-dasharray="{dash or "none"}" d="{line}"/>'


def curve(rows, x, y, dims):
    """Points at equal distances of the logarithm: what lies between two of them is no wider than the line."""
    pairs = TARGETS * len(rows)
    counts = sorted(count for row in rows for count in row["reached"])
    points, reached = [], 0
    for step in range(161):
        budget = dims * 10 ** (3 * step / 160)
        while reached < len(counts) and counts[reached] <= budget * (1 + 1e-12):
            reached += 1
        points.append(f"{x + ACROSS * step / 160:.1f},{y + DOWN * (1 - reached / pairs):.1f}")
    return "M" + "L".join(points)


def legend(y):
    for index, (system, (colour, dash)) in enumerate(LINES.items()):
        x = LEFT + 140 * index
        stroke = f'stroke="{colour}" stroke-dasharray="{dash or "none"}"'
        yield f'<path {stroke} d="M{x},{y - 4}L{x + 28},{y - 4}"/><text x="{x + 34}" y="{y}">{system}</text>'
