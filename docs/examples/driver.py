"""One MatMul through bfq.h, in Python (ctypes, no package). `Driver` is all that a program of your own needs.

    python3 driver.py build/libbfq.so sim q4_0 144 [made_up3.bfqf]

The weights are ROWS x K of equal bytes: not a model, but every call is shown.
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_float, c_int, c_uint32, c_uint64, c_void_p

ROWS, K, COLUMNS = 16, 256, 2


class Job(ctypes.Structure):
    """bfq_job."""

    _fields_ = [
        ("weights", c_void_p),
        ("x", POINTER(c_float)),
        ("y", POINTER(c_float)),
        ("columns", c_uint64),
        ("x_stride", c_uint64),
        ("y_stride", c_uint64),
    ]


class Driver:
    """An open accelerator."""

    def __init__(self, library, device):
        self.library = ctypes.CDLL(library)
        for name, result, arguments in [
            ("bfq_error", c_char_p, []),
            ("bfq_open", c_void_p, [c_char_p]),
            ("bfq_close", None, [c_void_p]),
            ("bfq_add_format", c_char_p, [c_char_p]),
            ("bfq_load", c_void_p, [c_void_p, c_char_p, c_char_p, c_uint64, c_uint64]),
            ("bfq_unload", None, [c_void_p]),
            ("bfq_run", c_int, [c_void_p, POINTER(Job), c_uint32]),
        ]:
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments
        self.device = self._check(self.library.bfq_open(device.encode()))

    def close(self):
        self.library.bfq_close(self.device)

    def add_format(self, file):
        """Of a file of `bfq formats add`: a format that the driver was built without. Its name."""
        return self._check(self.library.bfq_add_format(file.encode())).decode()

    def load(self, format, stored, rows, k):
        """A matrix of stored blocks (bytes), repacked into device memory."""
        return self._check(self.library.bfq_load(self.device, format.encode(), stored, rows, k))

    def unload(self, weights):
        self.library.bfq_unload(weights)

    def matmul(self, weights, rows, x, k):
        """`x`: columns of k floats, one after another. Columns of `rows` floats."""
        columns = len(x) // k
        y = (c_float * (rows * columns))()
        job = Job(weights, (c_float * len(x))(*x), y, columns, k, rows)
        if self.library.bfq_run(self.device, byref(job), 1) != 0:
            raise RuntimeError(self.library.bfq_error().decode())
        return list(y)

    def _check(self, pointer):
        if pointer is None:
            raise RuntimeError(self.library.bfq_error().decode())
        return pointer


def main(library, device, format, row_bytes, format_file=None):
    driver = Driver(library, device)
    if format_file is not None:
        format = driver.add_format(format_file)
    weights = driver.load(format, bytes([0x21]) * (ROWS * int(row_bytes)), ROWS, K)
    y = driver.matmul(weights, ROWS, [i % 7 - 3.0 for i in range(COLUMNS * K)], K)
    for column in range(COLUMNS):
        print(f"{y[column * ROWS]:.9g}")
    driver.unload(weights)
    driver.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
