"""Loading Keras, which takes seconds: only once something needs it, or beside work that does not."""

import sys
import threading
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


def load_ahead() -> None:
    """Import Keras beside encoding, which needs none of it.

    The thread is no daemon: a process that ended in the middle of an import could crash.
    """
    if not are_loaded():
        threading.Thread(target=import_module, args=(LIBRARIES,), name="load").start()


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
        """Return the network with the weights that training starts from."""
        if self._network is None:
            self.run.phase("load", "Loading Keras and the network")
            with self.run.clock.timing("import"):
                from tl_core.training import network
            # A head alone has nothing to be loaded.
            has_tail = self.run.job.config.network.trainable_stages
            with self.run.clock.timing("load" if has_tail else "fit"):
                self._network = network.build_network(self.run.job, self.outputs)
        return self._network
