"""Weights in PyTorch's older form (a pickle, then plain numbers), read without PyTorch.

A pickle can ask for any function to be called. Ours knows four names, all of them made here:
whatever else a file asks for is refused before it happens.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

Tensors = dict[str, npt.NDArray[Any]]


class NoWeightsError(Exception):
    """The file is not in this form, damaged, or asks for more than weights need."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """Numbers of one kind that lie further on in the file, under `key`."""

    dtype: np.dtype[Any]
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class _TensorLayout:
    """A tensor as a view of a storage; strides count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _FloatStorage:
    dtype = np.dtype("<f4")


class _LongStorage:
    dtype = np.dtype("<i8")


def _rebuilt(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _TensorLayout:
    return _TensorLayout(storage, offset, tuple(shape), tuple(strides))


_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
    ("torch", "FloatStorage"): _FloatStorage,
    ("torch", "LongStorage"): _LongStorage,
}


class _Reader(pickle.Unpickler):
    """An unpickler that can make nothing but tensors in dictionaries."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        try:
            return _KNOWN[module_name, global_name]
        except KeyError:
            raise NoWeightsError(f"it asks for {module_name}.{global_name}") from None

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, count, *_ = pid
        return _Storage(kind.dtype, str(key), int(count))


def read(file: Path) -> Tensors:
    """Return every tensor of a file by its name, contiguous, as float32 or int64.

    Raises:
        NoWeightsError: the file is not in PyTorch's older form, is damaged, or holds something
            else than tensors.
    """
    with file.open("rb") as stream:
        try:
            if _Reader(stream).load() != MAGIC or _Reader(stream).load() != PROTOCOL:
                raise NoWeightsError("it does not begin as such files do")
            if not _Reader(stream).load()["little_endian"]:
                raise NoWeightsError("its numbers are written the other way round")
            views = _Reader(stream).load()
            keys = _Reader(stream).load()
            needed = {view.storage.key: view.storage for view in views.values()}
            numbers = {key: _numbers(stream, needed[key]) for key in keys}
            return {name: _viewed(numbers[view.storage.key], view) for name, view in views.items()}
        except (pickle.UnpicklingError, EOFError, KeyError, AttributeError) as error:
            raise NoWeightsError(str(error)) from error
        except (TypeError, ValueError, IndexError, MemoryError) as error:
            raise NoWeightsError(str(error)) from error


def _numbers(stream: IO[bytes], storage: _Storage) -> npt.NDArray[Any]:
    count = int.from_bytes(stream.read(8), "little")
    size = count * storage.dtype.itemsize
    data = stream.read(size) if count == storage.count else b""
    if len(data) != size:
        raise NoWeightsError("it is cut short")
    return np.frombuffer(data, storage.dtype)


def _viewed(numbers: npt.NDArray[Any], view: _TensorLayout) -> npt.NDArray[Any]:
    """Return what a view shows, in the order of its shape; it may step through its storage."""
    steps = zip(view.shape, view.strides, strict=True)
    last = view.offset + sum((length - 1) * step for length, step in steps)
    if min((view.offset, *view.shape, *view.strides), default=0) < 0 or last >= len(numbers):
        raise NoWeightsError("a tensor lies outside of its numbers")
    size = numbers.dtype.itemsize
    strides = [step * size for step in view.strides]
    shown = np.lib.stride_tricks.as_strided(numbers[view.offset :], view.shape, strides)
    return np.ascontiguousarray(shown)
