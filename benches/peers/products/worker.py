"""Products of MKL, SciPy, torch or numba, timed on request; the matrices are those that our worker left in a folder.

`worker.py SYSTEM` reads one JSON object a line and answers each with one line, as our worker does:

    {"do": "hello"}                                                          -> {"ready": 1}
    {"do": "prepare", "rows": R, "middle": K, "columns": N, "folder": F}    -> {"systems": [[product, system], ..]}
    {"do": "burst", "product": P, "system": S, "seconds": T}                -> {"seconds": best of a call}

`prepare` calls each product once and compares every number with what our worker expects.
"""

import ctypes
import json
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from harness.buffers import aligned  # noqa: E402


class Case:
    """The matrices of a folder."""

    def __init__(self, rows, middle, columns, folder):
        def read(name, kind):
            return aligned(np.fromfile(Path(folder) / name, kind))

        self.shape, self.columns = (rows, middle), columns
        self.starts, self.indices = read("starts", np.int32), read("indices", np.int32)
        self.values = read("values", np.float32)
        self.x = read("x", np.float32).reshape(middle, columns)
        self.g = read("g", np.float32).reshape(rows, columns)
        self.folder = Path(folder)

    def check(self, product, found):
        """Every number is as near to the one expected as another order of its sum explains: see `src/expected.rs`."""
        expected, bounds = (np.fromfile(self.folder / name, np.float32) for name in (product, f"{product}-bounds"))
        found = np.asarray(found).reshape(-1)
        assert found.shape == expected.shape, f"{product}: {found.shape} numbers of {expected.shape}"
        # written so that what is no number is not near either
        far = np.flatnonzero(~(np.abs(found - expected) <= bounds))
        assert len(far) == 0, f"{product}: {found[far[0]]} at {far[0]}, ours {expected[far[0]]}, bound {bounds[far[0]]}"


class Description(ctypes.Structure):
    """MKL's `matrix_descr`; only the kind counts for a general matrix."""

    _fields_ = [("kind", ctypes.c_int), ("triangle", ctypes.c_int), ("diagonal", ctypes.c_int)]


NO_TRANSPOSE, TRANSPOSE, ROW_MAJOR, GENERAL = 10, 11, 101, Description(20, 0, 0)
# How often a product is said to be computed, so that MKL's plan may cost something.
CALLS_PLANNED = 100_000


class Call:
    """A function of C with its arguments, and what such a call costs where it does nothing."""

    def __init__(self, function, arguments, handle):
        self.function, self.arguments = function, arguments
        nothing = list(arguments)
        nothing[handle] = ctypes.c_void_p()
        self.nothing = nothing
        self()

    def __call__(self):
        assert self.function(*self.arguments) == 0, "MKL's status"

    def overhead(self):
        """Seconds of the way through ctypes: of the same call with no matrix, which is refused at once."""
        return best_of_ten(lambda: self.function(*self.nothing))


class Compiled:
    """A function that numba compiled with its arguments, and what such a call costs where it does nothing."""

    def __init__(self, function, nothing, arguments):
        self.function, self.nothing, self.arguments = function, nothing, arguments

    def __call__(self):
        self.function(*self.arguments)

    def overhead(self):
        """Seconds of the way to compiled code: arguments are looked at and unpacked."""
        return best_of_ten(lambda: self.nothing(*self.arguments))


def best_of_ten(call):
    """Seconds of a call, the best of many times ten."""
    best = float("inf")
    for _ in range(200):
        start = time.perf_counter()
        for _ in range(10):
            call()
        best = min(best, (time.perf_counter() - start) / 10)
    return best


def mkl_calls(case):
    """The inspector-executor interface, on buffers that begin at a cache line."""
    library = ctypes.CDLL(os.environ["MKL_LIBRARY"], mode=ctypes.RTLD_GLOBAL)
    rows, middle = case.shape
    address = lambda array, skip=0: ctypes.c_void_p(array.ctypes.data + skip)  # noqa: E731
    calls = {}
    case.kept = []
    for product, operation, source, height in (
        ("spmm", NO_TRANSPOSE, case.x, rows),
        ("transposed", TRANSPOSE, case.g, middle),
    ):
        handle, target = ctypes.c_void_p(), aligned(np.zeros((height, case.columns), np.float32))
        starts = (address(case.starts), address(case.starts, 4))
        made = library.mkl_sparse_s_create_csr(
            ctypes.byref(handle), 0, rows, middle, *starts, address(case.indices), address(case.values)
        )
        assert made == 0, "MKL's status"
        # hints may be refused, then the plan is the plain one
        if case.columns == 1:
            library.mkl_sparse_set_mv_hint(handle, operation, GENERAL, CALLS_PLANNED)
        else:
            library.mkl_sparse_set_mm_hint(handle, operation, GENERAL, ROW_MAJOR, case.columns, CALLS_PLANNED)
        assert library.mkl_sparse_optimize(handle) == 0, "MKL's status"
        one, zero, width = ctypes.c_float(1.0), ctypes.c_float(0.0), ctypes.c_int(case.columns)
        head = [ctypes.c_int(operation), one, handle, GENERAL]
        if case.columns == 1:
            function, rest = library.mkl_sparse_s_mv, [address(source), zero, address(target)]
        else:
            matrix = [ctypes.c_int(ROW_MAJOR), address(source), width, width]
            function, rest = library.mkl_sparse_s_mm, [*matrix, zero, address(target), width]
        calls[product, "mkl"] = Call(function, head + rest, 2), lambda _, target=target: target
        case.kept += [target, handle]
    return calls


def scipy_calls(case):
    import scipy.sparse

    matrix = scipy.sparse.csr_matrix((case.values, case.indices, case.starts), case.shape)
    returned = lambda result: result  # noqa: E731
    return {
        ("spmm", "scipy"): (lambda: matrix @ case.x, returned),
        ("transposed", "scipy"): (lambda: matrix.T @ case.g, returned),
    }


def torch_calls(case):
    import torch

    # its sparse matrices are called beta
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    starts, indices = (torch.from_numpy(part.astype(np.int64)) for part in (case.starts, case.indices))
    matrix = torch.sparse_csr_tensor(starts, indices, torch.from_numpy(case.values), size=case.shape)
    zeros = torch.sparse_csr_tensor(starts, indices, torch.zeros(len(case.values)), size=case.shape)
    x, g = torch.from_numpy(case.x), torch.from_numpy(case.g)
    turned = torch.from_numpy(aligned(case.x.T))
    sampled = torch.sparse.sampled_addmm
    return {
        ("spmm", "torch"): (lambda: matrix @ x, lambda result: result.numpy()),
        ("sampled", "torch"): (
            lambda: sampled(zeros, g, turned, beta=0.0, alpha=1.0),
            lambda result: result.values().numpy(),
        ),
    }


def numba_calls(case):
    import numba

    @numba.njit(fastmath=True)
    def product(starts, indices, values, x, y):
        for row in range(len(starts) - 1):
            y[row] = 0
            for entry in range(starts[row], starts[row + 1]):
                value, source = values[entry], indices[entry]
                for column in range(x.shape[1]):
                    y[row, column] += value * x[source, column]

    @numba.njit(fastmath=True)
    def sampled(starts, indices, g, x, values):
        for row in range(len(starts) - 1):
            for entry in range(starts[row], starts[row + 1]):
                source, total = indices[entry], np.float32(0)
                for column in range(x.shape[1]):
                    total += g[row, column] * x[source, column]
                values[entry] = total

    @numba.njit
    def nothing(starts, indices, values, x, y):
        pass

    y, values = aligned(np.zeros_like(case.g)), np.zeros_like(case.values)
    return {
        ("spmm", "numba"): (Compiled(product, nothing, (case.starts, case.indices, case.values, case.x, y)), lambda _: y),
        ("sampled", "numba"): (
            Compiled(sampled, nothing, (case.starts, case.indices, case.g, case.x, values)),
            lambda _: values,
        ),
    }


# Of each system, by product: the call to time, and which numbers it left, given what it returned.
CALLS = {"mkl": mkl_calls, "scipy": scipy_calls, "torch": torch_calls, "numba": numba_calls}


def burst(call, seconds):
    """Best time of one call; short ones are timed several together. Of a call of compiled code the way to it is taken off."""
    overhead = call.overhead() if isinstance(call, (Call, Compiled)) else 0.0
    call()
    start = time.perf_counter()
    call()
    together = max(1, int(20e-6 / max(time.perf_counter() - start, 1e-9)))
    best, end = float("inf"), time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        for _ in range(together):
            call()
        now = time.perf_counter()
        best = min(best, (now - start) / together)
        if now >= end:
            return max(best - overhead, best / 2)


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    calls = {}
    for line in sys.stdin:
        request = json.loads(line)
        asked = request.pop("do")
        if asked == "hello":
            answer = {"ready": 1}
        elif asked == "prepare":
            case = Case(**request)
            made, calls = CALLS[sys.argv[1]](case), {}
            for (product, system), (call, numbers) in made.items():
                case.check(product, numbers(call()))
                calls[product, system] = call
            answer = {"systems": list(calls)}
        else:
            answer = {"seconds": burst(calls[request["product"], request["system"]], request["seconds"])}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
