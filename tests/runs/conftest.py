"""What the tests of runs share: a data set that is ready, an engine that starts nothing."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tl_core.data import datasets
from tl_core.runs import dispatcher, store
from tl_core.runs.engines import Command


class FakeEngine:
    """Remembers what was asked; work goes on until `finish` or `cancel`."""

    def __init__(self) -> None:
        self.submitted: list[tuple[str, str]] = []
        self.cancelled: list[str] = []
        self.working: set[tuple[int, str]] = set()

    def submit(
        self, command: Command, identifier: str, folder: Path, environment: Mapping[str, str]
    ) -> int:
        self.submitted.append((command, identifier))
        pid = 1_000_000 + len(self.submitted)
        self.working.add((pid, identifier))
        return pid

    def cancel(self, pid: int, identifier: str) -> None:
        self.cancelled.append(identifier)
        self.working.discard((pid, identifier))

    def alive(self, pid: int, identifier: str) -> bool:
        return (pid, identifier) in self.working

    def kill(self, identifier: str) -> None:
        self.working = {work for work in self.working if work[1] != identifier}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr(dispatcher, "ENGINE", fake)
    return fake


@pytest.fixture
def dataset_id(home: Path) -> str:
    """A data set of two classes that is ready; its pictures do not exist."""
    identifier = store.create_dataset(store.default_project().id, "shapes")
    count = 12
    datasets.save(
        datasets.Dataset(
            id=identifier,
            name="shapes",
            classes=("round", "square"),
            targets=(),
            hashes=np.array([f"{index:064x}" for index in range(count)]),
            names=np.array([f"{index}.png" for index in range(count)], dtype=object),
            labels=np.arange(count, dtype=np.int32) % 2,
            splits=(np.arange(count) // 2 % 3).astype(np.int8),
            widths=np.full(count, 8, np.int32),
            heights=np.full(count, 8, np.int32),
        )
    )
    store.dataset_ready(identifier, {"pictures": count, "classes": {"round": 6, "square": 6}})
    return identifier
