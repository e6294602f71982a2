"""How much of the work that a process had to do it could do at once, beside whatever else kept the cores busy.

A second that was measured on a busy machine says little of a quiet one. Two bounds follow from what the
system counts. While a process wants `d` cores of `c` and others want `k`, each thread runs for the same share
of the time: as many threads as cores or more get `d / (d + k)` of what they would have alone, which is what
others leave of the cores; fewer get `c / (d + k)`, the share of their time that threads ran while they could.
The larger of the two is the answer in both cases.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tl_core.base import cores

NANOSECONDS = 1e-9
THREADS = Path("/proc/self/task")
LEAST = 0.05
"""A process that got less is taken to have got so much: what follows from it is divided by it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was counted since some moment, or between two.

    Attributes:
        wall_s: seconds that went by.
        own_s: seconds of processor time of this process and of its children that ended.
        waited_s: seconds that its threads could have run and had no core; None where the system does not tell.
        busy_s: seconds that anything at all kept the cores busy which this process may use.
    """

    wall_s: float = 0.0
    own_s: float = 0.0
    waited_s: float | None = 0.0
    busy_s: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return self._with(other, 1)

    def __sub__(self, other: "Usage") -> "Usage":
        return self._with(other, -1)

    def _with(self, other: "Usage", sign: int) -> "Usage":
        waited_s = None
        if self.waited_s is not None and other.waited_s is not None:
            waited_s = self.waited_s + sign * other.waited_s
        return Usage(
            self.wall_s + sign * other.wall_s,
            self.own_s + sign * other.own_s,
            waited_s,
            self.busy_s + sign * other.busy_s,
        )

    def got(self) -> float:
        """Return the share of its work that the process could do at once, above 0 to 1; 1 on a quiet machine."""
        if self.wall_s <= 0 or self.own_s <= 0:
            return 1.0
        others = max(0.0, self.busy_s - self.own_s) / (cores.available() * self.wall_s)
        left = 1 - min(1.0, others)
        if self.waited_s is None:  # between that and all of it; in the middle it is wrong by least
            return max(LEAST, left**0.5)
        # Threads that ended took what they had waited for with them.
        ran = self.own_s / (self.own_s + max(0.0, self.waited_s))
        return max(LEAST, left, ran)


def usage() -> Usage:
    """Return what was counted since the system began; only differences of two say anything."""
    spent = os.times()
    return Usage(
        time.monotonic(),
        time.process_time() + spent.children_user + spent.children_system,
        _waited_s(),
        _busy_s(),
    )


def _busy_s() -> float:
    """Return the seconds that the cores which this process may use were not idle, up to a constant."""
    each = psutil.cpu_times(percpu=True)
    if hasattr(os, "sched_getaffinity"):
        each = [each[core] for core in os.sched_getaffinity(0) if core < len(each)]
    idle_s = sum(one.idle + getattr(one, "iowait", 0.0) for one in each)
    return len(each) * time.monotonic() - idle_s


def _waited_s() -> float | None:
    """Return the seconds that threads of this process waited for a core; None where nobody counts them."""
    waited_ns, told = 0, False
    for thread in THREADS.glob("*/schedstat"):
        try:
            waited_ns += int(thread.read_text("ascii").split()[1])
        except (OSError, ValueError, IndexError):  # it has just ended, or the kernel counts nothing
            continue
        told = True
    return waited_ns * NANOSECONDS if told else None
