"""Where the seconds of a run went."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Clock:
    """Seconds by name; importing libraries is timed apart and left out of the total."""

    seconds: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Add the block's seconds to `name`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - began

    def told(self) -> dict[str, float]:
        """Return the seconds of every name, and as `total` those since the start, without imports."""
        total = time.monotonic() - self._began - self.seconds.get("import", 0.0)
        return {name: round(s, 3) for name, s in (self.seconds | {"total": total}).items()}
