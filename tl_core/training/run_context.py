"""What every step of a run needs: its folder, job and clock, who is told, and what a person asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from tl_core.base.clock import Clock
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.job import Job
from tl_core.methods import registry
from tl_core.methods.method import Method
from tl_core.pricing.stock import Stock
from tl_core.signals import stopping
from tl_core.training import checkpoint

Emit = Callable[..., None]

JUDGE_WITHIN_S = 4.0
"""A stopped run that cannot be judged within this long after the wish tells its end first."""


@dataclass(slots=True)
class RunContext:
    """One run, as all its steps see it.

    Attributes:
        folder: the run's.
        emit: called as emit(event, **fields).
        job: pictures and settings.
        clock: counts the seconds of every step.
        only_finish: train no further; make a usable model of the last checkpoint.
        wishes: the folder where a person asks it to stop; the run's own when None.
        until: when to stop at the latest, as `time.monotonic` tells it.
        stock: what the cache holds for the job.
        expected_s: seconds that the plan expects of each phase, by its name; of a run that has to end in
            time also those of its "first epoch".
    """

    folder: Path
    emit: Emit
    job: Job
    clock: Clock
    only_finish: bool = False
    wishes: Path | None = None
    until: float = inf
    stock: Stock = field(default_factory=Stock, init=False)
    expected_s: dict[str, float] = field(default_factory=dict, init=False)

    @property
    def method(self) -> Method:
        return registry.of(self.job.config)

    @property
    def checkpoints(self) -> Path:
        return self.folder / checkpoint.FOLDER

    def phase(self, phase: str, text: str) -> None:
        """Tell that a phase begins, and how long it is expected to take."""
        self.emit("phase", phase=phase, text=text, expected_s=self.expected_s.get(phase))

    def progress(self, done: int, total: int, seconds_left: float) -> None:
        """Tell how many pictures are encoded."""
        # Before the first pictures are done nobody knows.
        left = round(seconds_left, 1) if done else None
        self.emit("progress", phase="encode", done=done, total=total, seconds_left=left)

    def should_stop(self) -> bool:
        is_over = self.only_finish or time.monotonic() > self.until
        return is_over or stopping.is_asked(self.wishes or self.folder)

    def should_give_up(self) -> bool:
        """Say whether to end before training: to pause, or where no checkpoint is there to be judged."""
        if not self.should_stop():
            return False
        return checkpoint.newest(self.checkpoints) is None or self.is_paused()

    def require_time(self, part: str) -> None:
        """Refuse to begin what cannot be stopped and would not end in time.

        Raises:
            StoppedError: there is too little time left.
        """
        if time.monotonic() + self.expected_s.get(part, 0.0) > self.until:
            raise StoppedError

    def is_paused(self) -> bool:
        return stopping.is_to_pause(self.folder) and not self.only_finish

    def is_out_of_time(self) -> bool:
        waited_s = stopping.waited_s(self.folder)
        return waited_s is None or waited_s > JUDGE_WITHIN_S

    def is_wanted_back(self) -> bool:
        """Say whether the stopped run was taken up again, by another process that waits."""
        return not stopping.is_asked(self.folder)
