"""What pages ask of installing a package that an export format needs; see `kinds.installing`."""

from tl_core.export import installing
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds.installing import INSTALL, InstallArguments


def start(name: str) -> None:
    """Begin to install, unless that is under way.

    Raises:
        UserError: "package" where no format needs it.
    """
    queue.ask(INSTALL, installing.needed(name).name, InstallArguments())
    watch.take_up(INSTALL)


def stop(name: str) -> None:
    """End installing; what is half there is not kept."""
    watch.stop(INSTALL, name)


def is_working(name: str) -> bool:
    """Say whether it is being installed, or waits for its turn."""
    return watch.state(INSTALL, name).is_under_way


def refusal(name: str) -> None:
    """Say why it could not be installed, where it could not.

    Raises:
        UserError: the reason.
    """
    error = watch.state(INSTALL, name).error
    if error is not None:
        raise error
