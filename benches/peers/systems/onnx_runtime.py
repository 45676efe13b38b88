"""ONNX Runtime with its CPU provider; all graph optimisations on (the default)."""

import numpy as np
import onnxruntime

from harness.networks import CNN, MLP
from systems import graph

BATCHES = {CNN: (64, 256), MLP: (8,)}


def version():
    return onnxruntime.__version__


def build(workload, network, batch):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    model = graph.model(workload, network, batch)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {"x": np.ascontiguousarray(network.inputs[:batch] if workload == CNN else network.inputs)}
    return (lambda: session.run(None, feed)), lambda outputs: outputs[0]
