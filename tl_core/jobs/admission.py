"""How much of each kind of work this machine does at once; the rest waits its turn.

Jobs wait in the queue (`watch`). What is done here and now, for a page or a command that waits for the
answer, begins in many places, so it waits at files that only so many can lock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tl_core.base import cores, machine, settings
from tl_core.base.locks import Lock

Kind = Literal["export", "predict"]

GIB = 1024**3
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Needs:
    """What one piece of work takes at its height.

    Attributes:
        memory_bytes: of working memory.
        cores: that it keeps busy; 0 for hardly any.
        is_exclusive: whether one is at work at a time, however large the machine is.
    """

    memory_bytes: int
    cores: int
    is_exclusive: bool = False


NEEDS: dict[Kind, Needs] = {
    "export": Needs(3 * GIB // 2, 2),
    "predict": Needs(GIB // 2, 1),
}


def at_most(needs: Needs) -> int:
    """Return how many of a kind go on at once: what half the memory and all cores bear, at least one."""
    by_memory = machine.memory_bytes() // 2 // needs.memory_bytes
    by_cores = cores.available() // needs.cores if needs.cores else by_memory
    return max(1, min(by_cores, by_memory))


@contextmanager
def admitted(kind: Kind, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold one of the places for work of a kind, waiting for it as long as it takes.

    A process that dies gives its place back.

    Args:
        kind: of the work.
        on_wait: called once if every place is taken.
    """
    folder = settings.current().home / "admission"
    locks = [Lock(folder / f"{kind}-{number}.lock") for number in range(at_most(NEEDS[kind]))]
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
