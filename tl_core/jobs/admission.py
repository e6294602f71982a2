"""How much of each kind of work this machine does at once; the rest waits its turn.

Imports wait as rows of the store, which the dispatcher takes up one after another. Packing and
answering begin in many places, so they wait at files that only so many can lock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tl_core.base import machine, settings
from tl_core.base.locks import Lock

Kind = Literal["import", "export", "predict", "trial"]

GIB = 1024**3
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Need:
    """What one piece of work takes at its height: bytes of memory, and cores that it keeps busy."""

    memory_bytes: int
    cores: int


NEEDS: dict[Kind, Need] = {
    "import": Need(GIB, 1),
    "export": Need(3 * GIB // 2, 2),
    "predict": Need(GIB // 2, 1),
    "trial": Need(GIB // 2, 2),
}


def at_most(kind: Kind) -> int:
    """Return how many of a kind go on at once: what half the memory and all cores bear, at least one."""
    need = NEEDS[kind]
    by_memory = machine.memory_bytes() // 2 // need.memory_bytes
    return max(1, min(machine.cores() // need.cores, by_memory))


@contextmanager
def admitted(kind: Kind, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold one of the places for work of a kind, waiting for it as long as it takes.

    A process that dies gives its place back.

    Args:
        kind: of the work.
        on_wait: called once if every place is taken.
    """
    folder = settings.current().home / "admission"
    locks = [Lock(folder / f"{kind}-{number}.lock") for number in range(at_most(kind))]
    has_waited = False
    while (mine := next((lock for lock in locks if lock.take() is None), None)) is None:
        if not has_waited:
            has_waited = True
            on_wait()
        time.sleep(LOOK_EVERY_S)
    try:
        yield
    finally:
        mine.release()
