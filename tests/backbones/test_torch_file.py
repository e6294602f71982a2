"""Weights in PyTorch's older form: read to the last stride, and nothing else is ever done."""

import io
import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from tl_core.backbones import torch_file


class Named:
    """Pickles as a global of another module, which need not exist."""

    def __init__(self, module: str, name: str) -> None:
        self.place = module, name


class Stored:
    """Pickles as the place of numbers that lie further on."""

    def __init__(self, kind: str, key: str, count: int) -> None:
        self.told = ("storage", Named("torch", kind), key, "cpu", count, None)


class Call:
    """Pickles as a call of a global."""

    def __init__(self, module: str, name: str, *arguments: object) -> None:
        self.function, self.arguments = Named(module, name), arguments


class Writer(pickle._Pickler):  # pyright: ignore[reportAttributeAccessIssue]
    """Writes what PyTorch would, without it."""

    def persistent_id(self, obj):
        return obj.told if isinstance(obj, Stored) else None

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Named):
            self.write(b"c" + "\n".join(obj.place).encode() + b"\n")
        elif isinstance(obj, Call):
            self.save(obj.function)
            self.save(obj.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


def tensor(kind, key, count, offset, shape, strides):
    storage = Stored(kind, key, count)
    return Call(
        "torch._utils", "_rebuild_tensor_v2", storage, offset, shape, strides, False, OrderedDict()
    )


def written(path: Path, tensors: dict, storages: dict[str, np.ndarray], protocol=1001) -> Path:
    out = io.BytesIO()
    for part in (torch_file.MAGIC, protocol, {"little_endian": True}, OrderedDict(tensors)):
        Writer(out, 2).dump(part)
    Writer(out, 2).dump(list(storages))
    for numbers in storages.values():
        out.write(struct.pack("<q", numbers.size) + numbers.tobytes())
    path.write_bytes(out.getvalue())
    return path


NUMBERS = np.arange(12, dtype="<f4")


def test_tensors_come_back_in_the_order_of_their_shape_whatever_their_strides(tmp_path):
    file = written(
        tmp_path / "x.pth",
        {
            "plain": tensor("FloatStorage", "1", 12, 0, (3, 4), (4, 1)),
            "turned": tensor("FloatStorage", "1", 12, 0, (4, 3), (1, 4)),
            "part": tensor("FloatStorage", "1", 12, 5, (2,), (3,)),
            "count": tensor("LongStorage", "2", 1, 0, (), ()),
        },
        {"1": NUMBERS, "2": np.array([7], "<i8")},
    )
    found = torch_file.read(file)
    assert found["plain"].tolist() == NUMBERS.reshape(3, 4).tolist()
    assert found["turned"].tolist() == NUMBERS.reshape(3, 4).T.tolist()
    assert found["turned"].flags["C_CONTIGUOUS"]
    assert found["part"].tolist() == [5, 8]
    assert found["count"] == 7


@pytest.mark.parametrize(
    "asked", [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("collections", "deque")]
)
def test_whatever_else_a_file_asks_for_is_refused_before_it_happens(tmp_path, asked):
    canary = tmp_path / "canary"
    file = written(tmp_path / "x.pth", {"a": Call(*asked, f"touch {canary}")}, {})
    with pytest.raises(torch_file.NoWeightsError, match=asked[0]):
        torch_file.read(file)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (13,), (1,)),
        (11, (2,), (1,)),
        (0, (2, 2), (-1, 1)),
        (-1, (1,), (1,)),
        (0, (2,), (10**9,)),
    ],
)
def test_a_tensor_outside_of_its_numbers_is_refused(tmp_path, offset, shape, strides):
    tensors = {"a": tensor("FloatStorage", "1", 12, offset, shape, strides)}
    with pytest.raises(torch_file.NoWeightsError):
        torch_file.read(written(tmp_path / "x.pth", tensors, {"1": NUMBERS}))


def test_a_cut_or_foreign_file_is_refused(tmp_path):
    tensors = {"a": tensor("FloatStorage", "1", 12, 0, (12,), (1,))}
    file = written(tmp_path / "x.pth", tensors, {"1": NUMBERS})
    whole = file.read_bytes()
    for content in (
        b"",
        whole[:9],
        whole[: len(whole) // 2],
        whole[:-1],
        b"PK\3\4",
        os.urandom(80),
    ):
        file.write_bytes(content)
        with pytest.raises(torch_file.NoWeightsError):
            torch_file.read(file)
    with pytest.raises(torch_file.NoWeightsError):
        torch_file.read(written(file, tensors, {"1": NUMBERS}, protocol=1002))
    with pytest.raises(torch_file.NoWeightsError):
        torch_file.read(written(file, tensors, {"1": NUMBERS[:5]}))
