"""The two networks of the papers: their sizes, their numbers, and a reference in double precision.

A network holds dense arrays, zero where its mask is zero: peers that know no sparsity multiply those zeros.
All numbers are functions of a place, written in a few lines in any language (`uniform`); `tests/peers.rs`
builds the same networks. Masks are uniform (an entry is kept with probability `density`); weights are uniform
with a standard deviation that keeps activations near one, `sqrt(2 / (density fan_in))`.

`reference` evaluates one member in double precision and bounds what a single-precision system may differ
from it, in whatever order it adds:

    e' = |W| e + g (|W| |x| + |b|),   g = n u / (1 - n u),   u = 2^-24,   n = (terms in the longest row) + 2

with `e` the bound of the layer's input. Rectifier, maximum and tanh do not enlarge `e`; tanh adds its own
error.
"""

import math
from collections import namedtuple

import numpy as np

Network = namedtuple("Network", "inputs weights biases")

CNN = "paper-cnn"
MLP = "paper-mlp"

# What one timed unit is: a generation of the CNN, one forward pass of every member of the MLP.
MEMBERS = {CNN: 128, MLP: 256}
INPUTS = {CNN: 1024, MLP: 8}

# Weights as [output][input], convolutions as [output][input][row][column]; images are 28 x 28, one channel.
SHAPES = {CNN: ((8, 1, 5, 5), (16, 8, 5, 5), (10, 784)), MLP: ((32, 87), (32, 32), (8, 32))}

# Biases lie within a quarter of zero.
BIAS_WIDTH = 0.5

UNIT = 2.0**-24
# Error allowed to one tanh: four units in the last place of values below one.
TANH_ERROR = 4 * 2 * UNIT


def uniform(part, count):
    """Numbers `0 .. count` of one part of a network: 24 random bits each, in `[0, 1)`.

    The generator is SplitMix64 (Steele, Lea, Flood 2014), started at `part 2^40`.
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    state = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(part << 40)) * golden
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(40)) * 2.0**-24


def draw(workload, density, members=None):
    """The network of a workload at a density; `members` limits how many are made."""
    members = members or MEMBERS[workload]
    weights, biases = [], []
    for layer, shape in enumerate(SHAPES[workload]):
        size, fan_in = math.prod(shape), math.prod(shape[1:])
        mask = uniform(3 * layer, size).reshape(shape) < density
        width = 2.0 * math.sqrt(6.0 / (density * fan_in))
        values = (uniform(3 * layer + 1, members * size) - 0.5) * width
        weights.append((values.reshape(members, *shape) * mask).astype(np.float32))
        values = (uniform(3 * layer + 2, members * shape[0]) - 0.5) * BIAS_WIDTH
        biases.append(values.reshape(members, -1).astype(np.float32))
    shape = (INPUTS[CNN], 1, 28, 28) if workload == CNN else (members, INPUTS[MLP], 87)
    inputs = uniform(3 * len(SHAPES[workload]), math.prod(shape)).reshape(shape)
    return Network(inputs.astype(np.float32), weights, biases)


def reference(workload, network, member, inputs):
    """Outputs of one member in double precision, and the bound on a single-precision system's error."""
    value = inputs.astype(np.float64)
    error = np.zeros_like(value)
    for weight, bias in zip(network.weights, network.biases):
        weight, bias = weight[member].astype(np.float64), bias[member].astype(np.float64)
        if weight.ndim == 4:
            value, error = _affine(_patches(value), _patches(error), weight.reshape(len(weight), -1), bias)
            value, error = (_pool(_to_planes(part)) for part in (np.maximum(value, 0.0), error))
            continue
        if value.ndim == 4:
            value, error = value.reshape(len(value), -1), error.reshape(len(error), -1)
        value, error = _affine(value, error, weight, bias)
        if workload == MLP:
            value, error = np.tanh(value), error + TANH_ERROR
    return value, error


def _affine(value, error, weight, bias):
    terms = int((weight != 0).sum(axis=1).max()) + 2
    gamma = terms * UNIT / (1 - terms * UNIT)
    size = np.abs(value) @ np.abs(weight).T + np.abs(bias)
    return value @ weight.T + bias, error @ np.abs(weight).T * (1 + gamma) + gamma * size


def _patches(images):
    """`[image][row][column][channel 5 5]`: what a 5 x 5 convolution with SAME padding reads."""
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(len(images), *images.shape[2:], -1)


def _to_planes(pixels):
    return pixels.transpose(0, 3, 1, 2)


def _pool(planes):
    images, channels, rows, columns = planes.shape
    return planes.reshape(images, channels, rows // 2, 2, columns // 2, 2).max(axis=(3, 5))
