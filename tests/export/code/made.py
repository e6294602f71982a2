"""Data sets and texts of programs, without pictures and without Keras."""

import ast
from dataclasses import replace
from typing import Any

import numpy as np

from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.export.code import script


def dataset(**columns: Any) -> Dataset:
    """Return twelve examples of two classes, divided into three parts, whose pictures do not exist."""
    count = 12
    plain = Dataset(
        id="2" * 24,
        name="made",
        classes=("a", "b"),
        targets=(),
        hashes=np.array([f"{row:064x}" for row in range(count)]),
        names=np.array([f"{row}.png" for row in range(count)], dtype=object),
        labels=np.arange(count, dtype=np.int32) % 2,
        splits=(np.arange(count) // 2 % 3).astype(np.int8),
    )
    return replace(plain, **columns)


def numbers() -> Dataset:
    """Return the same with two numbers each."""
    values = np.stack([np.arange(12.0) + 1, np.arange(12.0) - 5], axis=1)
    labels = np.zeros(12, np.int32)
    return dataset(classes=(), targets=("price", "age"), values=values, labels=labels)


def labels() -> Dataset:
    """Return the same where each shows one class, both or none."""
    shows = np.array([[row % 2 == 0, row % 3 == 0] for row in range(12)])
    return dataset(shows=shows)


def text_of(config: TrainConfig, data: Dataset | None = None) -> str:
    """Return the program, which has to be Python."""
    made = script.of(data or dataset(), config)
    ast.parse(made.script)
    ast.parse(made.opener)
    return made.script
