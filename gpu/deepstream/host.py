"""One picture out of the GPU's memory: a DLPack tensor's bytes, copied by CUDA's own function.

pyservicemaker hands out a view of the surface; neither torch nor cupy is needed to copy it.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

CPU, CUDA = 1, 2  # kDLCPU, kDLCUDA
_TO_HOST = 2  # cudaMemcpyDeviceToHost
CUDART = ("libcudart.so.13", "libcudart.so.12", "libcudart.so")

Copy = Callable[[int, int, int], None]  # to, from, bytes


class CopyError(RuntimeError):
    """The picture could not be had."""


class _Tensor(ctypes.Structure):
    """DLTensor, as dlpack.h has it."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


def pixels(tensor: Any, copy: Copy | None = None) -> NDArray[np.uint8]:
    """[height, width, 3] uint8 on the host; `tensor` has `__dlpack__`, its rows may be padded."""
    capsule = tensor.__dlpack__()
    view = _Tensor.from_address(_address(capsule))
    shape = tuple(view.shape[i] for i in range(view.ndim))
    if (view.code, view.bits, view.lanes) != (1, 8, 1) or len(shape) != 3 or shape[2] < 3:
        raise CopyError(f"The picture is {view.bits}-bit {shape}, not 8-bit RGB.")
    pitch = view.strides[0] if view.strides else shape[1] * shape[2]
    flat = np.empty(pitch * shape[0], np.uint8)
    move = copy or (_cuda() if view.device_type == CUDA else _plain)
    move(
        flat.ctypes.data, view.data + view.byte_offset, pitch * (shape[0] - 1) + shape[1] * shape[2]
    )
    rows = flat.reshape(shape[0], pitch)[:, : shape[1] * shape[2]]
    return np.ascontiguousarray(rows.reshape(shape)[:, :, :3])


def _address(capsule: Any) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    address = get(capsule, b"dltensor")
    assert isinstance(address, int), "a null capsule raises"
    return address


def _plain(to: int, start: int, size: int) -> None:
    ctypes.memmove(to, start, size)


@cache
def _cuda() -> Copy:
    for name in CUDART:
        try:
            library = ctypes.CDLL(name)
            break
        except OSError:
            continue
    else:
        raise CopyError("libcudart is not there; the DeepStream container has it.")
    memcpy = library.cudaMemcpy
    memcpy.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

    def copy(to: int, start: int, size: int) -> None:
        if (code := memcpy(to, start, size, _TO_HOST)) != 0:
            raise CopyError(f"cudaMemcpy failed with the error {code}.")

    return copy
