"""The MLP of a whole population as one block-diagonal sparse matrix a layer.

Inputs are the columns: activations are `[member unit][input]`, so a layer is a sparse matrix times a dense
one with eight columns.
"""

import numpy as np
import scipy.sparse

from harness.networks import INPUTS, MLP


def matrices(network):
    """One compressed-row matrix a layer, without the zeros of the mask."""
    whole = []
    for weight in network.weights:
        matrix = scipy.sparse.block_diag(list(weight), format="csr", dtype=np.float32)
        matrix.eliminate_zeros()
        matrix.sort_indices()
        whole.append(matrix)
    return whole


def columns(network):
    """The inputs of all members, one row a unit and one column an input."""
    return np.ascontiguousarray(network.inputs.transpose(0, 2, 1).reshape(-1, INPUTS[MLP]))


def bias_columns(network):
    """Each layer's biases, repeated for every input."""
    return [np.repeat(bias.reshape(-1, 1), INPUTS[MLP], axis=1) for bias in network.biases]


def collect(network):
    """Turns the last activations back into `[member][input][output]`."""
    members, outputs = network.biases[-1].shape
    return lambda last: last.reshape(members, outputs, INPUTS[MLP]).transpose(0, 2, 1)
