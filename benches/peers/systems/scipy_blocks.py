"""SciPy's sparse product on the block-diagonal population."""

import numpy as np
import scipy

from harness.networks import MLP
from systems import blocks

BATCHES = {MLP: (8,)}


def version():
    return scipy.__version__


def build(_workload, network, _batch):
    matrices, biases, x = blocks.matrices(network), blocks.bias_columns(network), blocks.columns(network)

    def forward():
        last = x
        for matrix, bias in zip(matrices, biases):
            last = matrix @ last
            last += bias
            np.tanh(last, out=last)
        return last

    return forward, blocks.collect(network)
