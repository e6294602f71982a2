"""What the tests of runs share: an engine that starts nothing."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tl_core.runs import dispatcher
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

    def get_ready(self, *, is_idle: bool) -> None:
        self.was_idle = is_idle

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
