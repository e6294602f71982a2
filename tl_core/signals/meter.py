"""How far a piece of work is, told a few times a second with a guess of what is left.

A `Meter` counts one thing; a `PhaseMeter` turns the counting of work in several phases into the
events that a live page reads.
"""

import time
from collections.abc import Callable, Mapping

TELL_EVERY_S = 0.25

Tell = Callable[[int, int, float | None], None]
"""Told (done, total, seconds left); nobody knows how long before anything is done."""


class Meter:
    """Passes counts on, the first and the last always, those between a few times a second.

    The rest is guessed from what was done since the first count, so that a download that goes on
    from its middle is not taken for a quick one.
    """

    def __init__(self, tell: Tell, every_s: float = TELL_EVERY_S) -> None:
        self._tell, self._every_s = tell, every_s
        self._told_at = -float("inf")
        self._began: tuple[float, int] | None = None

    def begin(self) -> None:
        """Take the time from now, with nothing done."""
        self._began = time.monotonic(), 0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._began is None:
            self._began = now, done
        if now - self._told_at < self._every_s and done < total:
            return
        self._told_at = now
        since, before = self._began
        left = (total - done) * (now - since) / (done - before) if done > before else None
        self._tell(done, total, left)


class PhaseMeter:
    """Tells a `phase` event when a phase begins, then `progress` events.

    Args:
        emit: called as emit(event, **fields).
        texts: what each phase is to a person; its name where there is none.
    """

    def __init__(self, emit: Callable[..., None], texts: Mapping[str, str]) -> None:
        self._emit, self._texts = emit, texts
        self._phase = ""
        self._meter = Meter(self._tell)

    def __call__(self, phase: str, done: int, total: int) -> None:
        if phase != self._phase:
            self._phase, self._meter = phase, Meter(self._tell)
            self._meter.begin()
            self._emit("phase", phase=phase, text=self._texts.get(phase, phase))
        self._meter(done, total)

    def _tell(self, done: int, total: int, left: float | None) -> None:
        self._emit("progress", phase=self._phase, done=done, total=total, seconds_left=left)
