"""Loading Keras, which takes seconds: only once something needs it, or beside work that does not."""

import sys
import threading
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from tl_core.training.run_context import RunContext

if TYPE_CHECKING:
    from tl_core.training.network import Network

LIBRARIES = "tl_core.training.network"
"""The module that imports Keras."""


def are_loaded() -> bool:
    """Say whether this process has Keras loaded."""
    return LIBRARIES in sys.modules


class Ahead(threading.Thread):
    """Imports Keras beside other work.

    No daemon: a process that ended in the middle of an import could crash.

    Attributes:
        worked_s: processor time that it took, 0 until it is done.
    """

    def __init__(self) -> None:
        super().__init__(name="load")
        self.worked_s = 0.0

    def run(self) -> None:
        import_module(LIBRARIES)
        self.worked_s = time.thread_time()


def load_ahead() -> Ahead | None:
    """Import Keras beside encoding, which needs none of it; None where it is loaded."""
    if are_loaded():
        return None
    ahead = Ahead()
    ahead.start()
    return ahead


@dataclass(slots=True)
class NetworkOnDemand:
    """The network of a run, built when something first asks for it.

    Attributes:
        run: whose network it is.
        outputs: how many numbers come out of it.
    """

    run: RunContext
    outputs: int
    _network: "Network | None" = field(default=None, init=False)

    def loaded(self) -> "Network":
        """Return the network with the weights that training starts from.

        Raises:
            StoppedError: there is no time left to build it.
        """
        if self._network is None:
            self.run.require_time("load")
            self.run.phase("load", "Loading Keras and the network")
            with self.run.clock.timing("import"):
                from tl_core.training import network
            # A head alone has nothing to be loaded.
            has_tail = self.run.job.config.network.trainable_stages
            with self.run.clock.timing("load" if has_tail else "fit"):
                self._network = network.build_network(self.run.job, self.outputs)
        return self._network
