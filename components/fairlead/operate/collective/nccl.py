"""All-reduce by NCCL on one accelerator, called in the image's own libraries: libnccl.so.2 and libcudart.

What an image's NCCL and its network plugins do is what is measured. Constants and signatures: nccl.h.in of NCCL 2
(ncclFloat32 = 7, ncclSum = 0, NCCL_UNIQUE_ID_BYTES = 128), cuda_runtime_api.h.
"""

from __future__ import annotations

import base64
import ctypes
import glob
import os
from typing import Any

from .star import Star

FLOAT32, SUM, ID_BYTES, TO_HOST = 7, 0, 128, 2
FILL = 0x3F
"""Byte that the message is filled with: as 32-bit numbers of equal value, about 0.747."""
SAMPLE = 1024
"""Numbers at the message's end that are compared with the sum that they must be."""
SEARCHED = (
    "/opt/nccl/build/lib",
    "/usr/local/cuda/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/local/lib/python3*/dist-packages/nvidia/*/lib",
    "/usr/local/lib/python3*/site-packages/nvidia/*/lib",
    "/opt/conda/lib/python3*/site-packages/nvidia/*/lib",
)
"""Folders beside those of the loader in which images keep the two libraries."""


class UniqueId(ctypes.Structure):
    """ncclUniqueId: passed by value."""

    _fields_ = [("internal", ctypes.c_byte * ID_BYTES)]


class Nccl:
    """One rank of a communicator over all ranks, with room for messages up to a size in bytes."""

    type_name, place = "float", "accelerator"

    def __init__(self, star: Star, local: int, most: int) -> None:
        self._cuda = _library("libcudart.so*")
        self._nccl = _library("libnccl.so*")
        self._world, self.rank = star.world, star.rank
        self._check("cudaSetDevice", self._cuda.cudaSetDevice(local))
        self._source, self._target = self._room(most), self._room(most)
        self._stream = ctypes.c_void_p()
        self._check("cudaStreamCreate", self._cuda.cudaStreamCreate(ctypes.byref(self._stream)))
        self._comm = self._join(star)

    def version(self) -> str:
        """Of the image's NCCL, as its header writes it: 23004."""
        found = ctypes.c_int()
        self._ask("ncclGetVersion", ctypes.byref(found))
        return f"NCCL {found.value}"

    def reduce(self, size: int, in_place: bool) -> None:
        """Starts one all-reduce of so many bytes."""
        source = self._target if in_place else self._source
        count, kinds = ctypes.c_size_t(size // 4), (ctypes.c_int(FLOAT32), ctypes.c_int(SUM))
        self._ask("ncclAllReduce", source, self._target, count, *kinds, self._comm, self._stream)

    def wait(self) -> None:
        """Ends when everything that was started is done."""
        self._check("cudaStreamSynchronize", self._cuda.cudaStreamSynchronize(self._stream))

    def wrong(self, size: int, in_place: bool) -> int:
        """How many of the last numbers of one all-reduce are not the sum that they must be."""
        for room in (self._source, self._target):
            self._check("cudaMemset", self._cuda.cudaMemset(room, FILL, ctypes.c_size_t(size)))
        self._check("cudaDeviceSynchronize", self._cuda.cudaDeviceSynchronize())
        self.reduce(size, in_place)
        self.wait()
        number = min(SAMPLE, size // 4)
        got: Any = (ctypes.c_float * number)()
        start = ctypes.c_void_p((self._target.value or 0) + size - 4 * number)
        amount = ctypes.c_size_t(4 * number)
        self._check("cudaMemcpy", self._cuda.cudaMemcpy(got, start, amount, ctypes.c_int(TO_HOST)))
        wanted = self._world * ctypes.c_float.from_buffer_copy(bytes([FILL] * 4)).value
        return sum(abs(one - wanted) > 1e-4 * wanted for one in got)

    def _join(self, star: Star) -> ctypes.c_void_p:
        unique = UniqueId()
        if star.rank == 0:
            self._ask("ncclGetUniqueId", ctypes.byref(unique))
        shared = star.all_gather(base64.b64encode(bytes(unique)).decode())[0]
        unique = UniqueId.from_buffer_copy(base64.b64decode(shared))
        made = ctypes.c_void_p()
        self._ask(
            "ncclCommInitRank", ctypes.byref(made), ctypes.c_int(star.world), unique, ctypes.c_int(star.rank)
        )
        return made

    def _room(self, size: int) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        self._check("cudaMalloc", self._cuda.cudaMalloc(ctypes.byref(made), ctypes.c_size_t(size)))
        return made

    def _ask(self, name: str, *arguments: Any) -> None:
        code = getattr(self._nccl, name)(*arguments)
        if code:
            self._nccl.ncclGetErrorString.restype = ctypes.c_char_p
            raise SystemExit(
                f"{name}: {self._nccl.ncclGetErrorString(code).decode()}; NCCL_DEBUG=INFO says more"
            )

    def _check(self, name: str, code: int) -> None:
        if code:
            self._cuda.cudaGetErrorString.restype = ctypes.c_char_p
            raise SystemExit(f"{name}: {self._cuda.cudaGetErrorString(code).decode()}")


def _library(pattern: str) -> ctypes.CDLL:
    """The library of an image: where the loader is told to look first, then where images keep it."""
    told = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    for folder in (*told, *SEARCHED):
        found = sorted(glob.glob(f"{folder}/{pattern}"))
        if found:
            return ctypes.CDLL(found[-1], ctypes.RTLD_GLOBAL)
    raise SystemExit(f"the image has no {pattern}: name one with NCCL and the CUDA runtime by --image")
