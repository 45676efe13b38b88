"""MKL's inspector-executor product on the block-diagonal population.

The library is called directly. Buffers start at multiples of 64 bytes: NumPy promises 16 only, and with that
the product takes up to twice as long. The bias is in the output before the product is added to it. The tanh
is MKL's or NumPy's, whichever is faster here: MKL keeps its wide code for processors of its maker.
"""

import ctypes
import os
import sys
import time
from pathlib import Path

os.environ["MKL_THREADING_LAYER"] = "SEQUENTIAL"
os.environ["MKL_INTERFACE_LAYER"] = "LP64"

import numpy as np  # noqa: E402

from harness.buffers import aligned  # noqa: E402
from harness.networks import INPUTS, MLP  # noqa: E402
from systems import blocks  # noqa: E402

BATCHES = {MLP: (8,)}

# Values of the C headers.
NO_TRANSPOSE, ROW_MAJOR, GENERAL, ZERO_BASED = 10, 101, 20, 0
# Accuracy of the vector functions: below four units in the last place.
LOW_ACCURACY = 1

library = ctypes.CDLL(str(next((Path(sys.prefix) / "lib").glob("libmkl_rt.so*"))), mode=ctypes.RTLD_GLOBAL)


class Description(ctypes.Structure):
    """`matrix_descr`: kind, triangle and diagonal; only the kind counts for a general matrix."""

    _fields_ = [("kind", ctypes.c_int), ("triangle", ctypes.c_int), ("diagonal", ctypes.c_int)]


def version():
    text = ctypes.create_string_buffer(200)
    library.mkl_get_version_string(text, len(text))
    return text.value.decode().split("Version")[1].split("-")[0].strip()


class Product:
    """`y += matrix x`, planned once for many calls."""

    def __init__(self, matrix):
        self.parts = [aligned(part) for part in (matrix.indptr, matrix.indices, matrix.data)]
        starts, columns, values = self.parts
        assert starts.dtype == columns.dtype == np.int32 and values.dtype == np.float32
        self.handle, self.description = ctypes.c_void_p(), Description(GENERAL, 0, 0)
        ends = ctypes.c_void_p(starts.ctypes.data + starts.itemsize)
        succeed(
            library.mkl_sparse_s_create_csr(
                ctypes.byref(self.handle),
                ZERO_BASED,
                *matrix.shape,
                address(starts),
                ends,
                address(columns),
                address(values),
            )
        )
        calls = 100_000
        succeed(
            library.mkl_sparse_set_mm_hint(
                self.handle, NO_TRANSPOSE, self.description, ROW_MAJOR, INPUTS[MLP], calls
            )
        )
        succeed(library.mkl_sparse_optimize(self.handle))

    def add(self, x, y):
        one, width = ctypes.c_float(1.0), INPUTS[MLP]
        succeed(
            library.mkl_sparse_s_mm(
                NO_TRANSPOSE,
                one,
                self.handle,
                self.description,
                ROW_MAJOR,
                address(x),
                width,
                width,
                one,
                address(y),
                width,
            )
        )


def vector_tanh(array):
    accuracy = ctypes.c_longlong(LOW_ACCURACY)
    library.vmsTanh(array.size, address(array), address(array), accuracy)


def numpy_tanh(array):
    np.tanh(array, out=array)


def cost(tanh):
    """Best of a few runs on one layer's activations, in seconds."""
    array, best = aligned(np.ones(1 << 16, np.float32)), float("inf")
    for _ in range(20):
        start = time.perf_counter()
        tanh(array)
        best = min(best, time.perf_counter() - start)
    return best


def address(array):
    return ctypes.c_void_p(array.ctypes.data)


def succeed(status):
    if status != 0:
        raise RuntimeError(f"MKL returned status {status}")


def build(_workload, network, _batch):
    products = [Product(matrix) for matrix in blocks.matrices(network)]
    biases = [aligned(bias) for bias in blocks.bias_columns(network)]
    outputs = [aligned(np.zeros_like(bias)) for bias in biases]
    x = aligned(blocks.columns(network))
    tanh = min((vector_tanh, numpy_tanh), key=cost)

    def forward():
        last = x
        for product, bias, output in zip(products, biases, outputs):
            np.copyto(output, bias)
            product.add(last, output)
            tanh(output)
            last = output
        return last

    return forward, blocks.collect(network)
