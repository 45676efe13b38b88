#!/usr/bin/env python3
"""Writes outputs.csv: what the networks of `harness/networks.py` compute, in double precision.

    target/peers/onnxruntime/bin/python benches/peers/outputs.py     (any Python with NumPy)

`run --check` compares the peers with the same reference, and `tests/peers.rs` compares ours with this file:
so what is timed on both sides is one function.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True

import numpy as np  # noqa: E402

from harness import networks  # noqa: E402

DENSITIES = (1.0, 0.2, 0.05)
# Inputs of member 0 that are written.
INPUTS = 3


def main():
    lines = [
        f"# benches/peers/outputs.py, NumPy {np.__version__}, double precision; outputs of member 0",
        "# bound: what single precision may differ by, in any order of addition",
        "workload,density,input,output,value,bound",
    ]
    for workload in (networks.CNN, networks.MLP):
        for density in DENSITIES:
            network = networks.draw(workload, density, members=1)
            inputs = network.inputs if workload == networks.CNN else network.inputs[0]
            values, bounds = networks.reference(workload, network, 0, inputs[:INPUTS])
            for (place, output), value in np.ndenumerate(values):
                # A thousandth more, for the digits that are not written.
                bound = bounds[place, output] * 1.001
                lines.append(f"{workload},{density},{place},{output},{value:.12f},{bound:.3e}")
    Path(__file__).with_name("outputs.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
