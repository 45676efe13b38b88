"""DeepSparse: an engine that compiles a sparse ONNX graph for this machine.

Operators it does not know it hands to ONNX Runtime, which is timed on its own; such a graph is refused here.
"""

import os
import tempfile

import numpy as np

os.environ["NM_DISABLE_ANALYTICS"] = "True"

import deepsparse  # noqa: E402

from harness.networks import CNN, MLP  # noqa: E402
from systems import graph  # noqa: E402

BATCHES = {CNN: (64, 256), MLP: (8,)}


def version():
    return deepsparse.__version__


def build(workload, network, batch):
    # The engine reads a file; it is compiled when built, so the file may go afterwards.
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(graph.model(workload, network, batch))
        file.flush()
        size = batch if workload == CNN else len(network.inputs)
        engine = deepsparse.compile_model(file.name, batch_size=size, num_cores=1)
    if engine.fraction_of_supported_ops < 1.0:
        share = engine.fraction_of_supported_ops
        raise RuntimeError(f"compiles {share:.0%} of the graph and hands the rest to ONNX Runtime")
    feed = [np.ascontiguousarray(network.inputs[:batch] if workload == CNN else network.inputs)]
    return (lambda: engine.run(feed)), lambda outputs: outputs[0]
