"""Where the seconds of a run went, and how many of them others took."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tl_core.base import contention
from tl_core.base.contention import Usage

OTHERS = "others"


@dataclass(slots=True)
class Clock:
    """Seconds by name; importing libraries is timed apart and left out of the total."""

    seconds: dict[str, float] = field(default_factory=dict)
    _usage: dict[str, Usage] = field(default_factory=dict)
    _at_first: Usage = field(default_factory=lambda: contention.usage())

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Add the block's seconds to `name`."""
        before = contention.usage()
        try:
            yield
        finally:
            used = contention.usage() - before
            self.seconds[name] = self.seconds.get(name, 0.0) + used.wall_s
            self._usage[name] = self._usage.get(name, Usage()) + used

    def got(self) -> dict[str, float]:
        """Return by name which share of its work the process could do at once; see `contention`."""
        return {name: used.got() for name, used in self._usage.items()}

    def told(self) -> dict[str, float]:
        """Return the seconds of every name; as `total` those since the start, as `others` what others took of it.

        Imports are left out of both.
        """
        whole = contention.usage() - self._at_first
        total = whole.wall_s - self.seconds.get("import", 0.0)
        timed = [used for name, used in self._usage.items() if name != "import"]
        lost = sum(used.wall_s * (1 - used.got()) for used in timed)
        # What lies between the parts was held up as the whole was.
        between = max(0.0, total - sum(used.wall_s for used in timed))
        lost += between * (1 - whole.got())
        told = self.seconds | {"total": total, OTHERS: min(lost, total)}
        return {name: round(s, 3) for name, s in told.items()}
